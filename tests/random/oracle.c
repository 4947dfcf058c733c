/* Everything that GROUP BY can do is left to SQLite; only time and sums are the harness's own. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "cellkey.h"
#include "exact.h"

struct RtOracle {
    sqlite3 *db;
    const RtPlan *plan;
    GHashTable *zones;        /* name -> RtZone, or NULL where there is no such zone */
    GHashTable *tenants;      /* canonical value -> RtZone (NULL: a bad zone) */
    GHashTable *skipped;      /* canonical values */
    const RtZone *fixed_zone; /* without a tenants table */
    guint bad_zones;
};

/* The zone of that name; NULL if there is none, which is remembered as well. */
static RtZone *
zone_named(RtOracle *oracle, const char *name)
{
    gpointer zone;

    if (name == NULL)
        return NULL;
    if (!g_hash_table_lookup_extended(oracle->zones, name, NULL, &zone)) {
        zone = rt_zone_read(name);
        g_hash_table_insert(oracle->zones, g_strdup(name), zone);
    }
    return zone;
}

/* ---- rt_bucket(grain, source, tenant, time) ---- */

/* Brings the value that a source's time expression gave to microseconds. FALSE: NULL, infinite,
 * unreadable or out of range. */
static gboolean
read_instant(RtOracle *oracle, const RtSource *source, sqlite3_value *value, gint64 *ret_us)
{
    static const gint64 unit_us[] = {1000000, 1000, 1};

    if (source->unit == RT_TEXT_TIME)
        return sqlite3_value_type(value) == SQLITE_TEXT &&
               rt_instant_read((const char *)sqlite3_value_text(value),
                               zone_named(oracle, source->zone), ret_us);
    return sqlite3_value_type(value) == SQLITE_INTEGER &&
           !__builtin_mul_overflow(sqlite3_value_int64(value), unit_us[source->unit], ret_us);
}

/* The zone of the row's tenant; NULL if the row counts nowhere. */
static const RtZone *
row_zone(RtOracle *oracle, const RtSource *source, sqlite3_value *tenant)
{
    g_autoptr(GString) canonical = g_string_new(NULL);

    if (source->tenant == NULL)
        return oracle->fixed_zone;
    if (sqlite3_value_type(tenant) == SQLITE_NULL)
        return NULL;
    rt_cell_append_value(canonical, tenant);
    if (g_hash_table_contains(oracle->skipped, canonical->str))
        return NULL;
    if (!oracle->plan->world->has[RT_TENANTS_TABLE])
        return oracle->fixed_zone;
    return g_hash_table_lookup(oracle->tenants, canonical->str);
}

/* NULL means that the row counts nowhere. */
static void
bucket_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    RtOracle *oracle = sqlite3_user_data(context);
    RtGrain grain = (RtGrain)sqlite3_value_int(values[0]);
    const RtSource *source = oracle->plan->sources->pdata[sqlite3_value_int(values[1])];
    const RtZone *zone = row_zone(oracle, source, values[2]);
    gint64 at;
    char text[RT_TEXT_BYTES];

    if (zone == NULL)
        return; /* NULL */
    if (source->unit == RT_DATE) {
        if (sqlite3_value_type(values[3]) != SQLITE_TEXT ||
            !rt_date_read((const char *)sqlite3_value_text(values[3]), &at))
            return;
        rt_bucket_text_of_day(grain, at, text);
    } else {
        if (!read_instant(oracle, source, values[3], &at))
            return;
        rt_bucket_text(zone, grain, at, text);
    }
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* ---- rt_sum, rt_avg ---- */

static void
sum_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    RtExact *sum = sqlite3_aggregate_context(context, sizeof *sum);

    switch (sqlite3_value_type(values[0])) {
    case SQLITE_NULL:
        break;
    case SQLITE_INTEGER:
        rt_exact_add_integer(sum, sqlite3_value_int64(values[0]));
        break;
    case SQLITE_FLOAT:
        rt_exact_add_real(sum, sqlite3_value_double(values[0]));
        break;
    default:
        sqlite3_result_error(context, "text in a summed column", -1);
    }
}

/* As SQL: NULL over nothing, an integer if all were integers, else a double (NaN becomes NULL). */
static void
sum_final(sqlite3_context *context)
{
    const RtExact *sum = sqlite3_aggregate_context(context, 0);
    gint64 whole;

    if (sum == NULL || sum->count == 0)
        return; /* NULL */
    if (sum->reals > 0)
        sqlite3_result_double(context, rt_exact_real(sum));
    else if (rt_exact_integer(sum, &whole))
        sqlite3_result_int64(context, whole);
    else
        sqlite3_result_error(context, "the harness made integers whose sum does not fit", -1);
}

static void
avg_final(sqlite3_context *context)
{
    const RtExact *sum = sqlite3_aggregate_context(context, 0);

    if (sum != NULL && sum->count > 0)
        sqlite3_result_double(context, rt_exact_real(sum) / (double)sum->count);
}

static void
register_functions(RtOracle *oracle)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

    sqlite3_create_function(oracle->db, "rt_bucket", 4, flags, oracle, bucket_function, NULL, NULL);
    sqlite3_create_function(oracle->db, "rt_sum", 1, flags, NULL, NULL, sum_step, sum_final);
    sqlite3_create_function(oracle->db, "rt_avg", 1, flags, NULL, NULL, sum_step, avg_final);
}

/* ---- Tenants ---- */

/* A tenant whose zone does not exist is reported and skipped by trueup; so its cells are not looked
 * at. */
static void
read_tenants(RtOracle *oracle)
{
    gboolean only_active = oracle->plan->world->tenants_have_active;
    g_autofree char *sql = g_strdup_printf("SELECT code, tz FROM %s%s", RT_TENANTS_NAME,
                                           only_active ? " WHERE active = 1" : "");
    sqlite3_stmt *statement = rt_database_prepare(oracle->db, sql);

    g_assert(statement != NULL);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        GString *canonical = g_string_new(NULL);
        RtZone *zone = zone_named(oracle, (const char *)sqlite3_column_text(statement, 1));

        rt_cell_append_value(canonical, sqlite3_column_value(statement, 0));
        if (zone == NULL) {
            oracle->bad_zones++;
            g_hash_table_add(oracle->skipped, g_strdup(canonical->str));
        }
        g_hash_table_insert(oracle->tenants, g_string_free(canonical, FALSE), zone);
    }
    sqlite3_finalize(statement);
}

static void
free_zone(gpointer zone)
{
    rt_zone_free(zone);
}

RtOracle *
rt_oracle_new(sqlite3 *db, const RtPlan *plan)
{
    RtOracle *oracle = g_new0(RtOracle, 1);

    oracle->db = db;
    oracle->plan = plan;
    oracle->zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_zone);
    oracle->tenants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    oracle->skipped = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (plan->world->has[RT_TENANTS_TABLE])
        read_tenants(oracle);
    else
        oracle->fixed_zone = plan->world->zones->pdata[0];
    register_functions(oracle);
    return oracle;
}

void
rt_oracle_free(RtOracle *oracle)
{
    if (oracle == NULL)
        return;
    g_hash_table_unref(oracle->zones);
    g_hash_table_unref(oracle->tenants);
    g_hash_table_unref(oracle->skipped);
    g_free(oracle);
}

guint
rt_oracle_bad_zones(const RtOracle *oracle)
{
    return oracle->bad_zones;
}

gboolean
rt_oracle_skips(const RtOracle *oracle, const char *tenant)
{
    return g_hash_table_contains(oracle->skipped, tenant);
}

const RtZone *
rt_oracle_zone(const RtOracle *oracle, const char *tenant)
{
    if (!oracle->plan->world->has[RT_TENANTS_TABLE])
        return oracle->fixed_zone;
    return tenant != NULL ? g_hash_table_lookup(oracle->tenants, tenant) : NULL;
}

/* ---- Queries ---- */

/* The rows of a series, before they are grouped: tenant AS t, bucket AS b, dimensions AS d0...,
 * inputs AS v0..., conditions AS w0.... */
static void
append_rows(GString *sql, const RtOracle *oracle, const RtSummary *summary, const RtSeries *series,
            RtGrain grain)
{
    const RtSource *source = series->source;
    const char *tenant = source->tenant != NULL ? source->tenant : "NULL";
    g_autofree char *from = rt_source_from(oracle->plan->world, source);

    g_string_append_printf(sql, "SELECT (%s) AS t, rt_bucket(%d, %u, (%s), (%s)) AS b", tenant,
                           (int)grain, source->index, tenant, source->time);
    for (guint i = 0; i < series->dimensions->len; i++)
        g_string_append_printf(sql, ", (%s) AS d%u", (char *)series->dimensions->pdata[i], i);
    for (guint i = 0; i < series->measures->len; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        g_string_append_printf(sql, ", (%s) AS v%u, (%s) AS w%u",
                               measure->expression != NULL ? measure->expression : "1", i,
                               measure->where != NULL ? measure->where : "1", i);
    }
    g_string_append_printf(sql, " %s", from);
    rt_series_append_wheres(sql, summary, series);
}

/* COLLATE BINARY: text is compared by its bytes even where the column folds case. */
static void
append_aggregate(GString *sql, const RtMeasure *measure, guint index)
{
    static const struct {
        const char *kind, *before, *after;
    } forms[] = {
        {"count", "count(", ")"},
        {"sum", "rt_sum(", ")"},
        {"avg", "rt_avg(", ")"},
        {"min", "min(", " COLLATE BINARY)"},
        {"max", "max(", " COLLATE BINARY)"},
        {"count_distinct", "count(DISTINCT ", " COLLATE BINARY)"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
        if (strcmp(forms[i].kind, measure->kind) == 0)
            g_string_append_printf(sql, ", %sv%u%s FILTER (WHERE w%u)", forms[i].before, index,
                                   forms[i].after, index);
}

char *
rt_oracle_query(const RtOracle *oracle, const RtSummary *summary, const RtSeries *series,
                RtGrain grain)
{
    GString *sql = g_string_new("SELECT ");

    if (summary->is_long)
        g_string_append_printf(sql, "'%s', ", series->name);
    if (oracle->plan->has_tenant)
        g_string_append(sql, "t, ");
    g_string_append(sql, "b");
    for (guint i = 0; i < series->dimensions->len; i++)
        g_string_append_printf(sql, ", d%u", i);
    for (guint i = 0; i < series->measures->len; i++)
        append_aggregate(sql, series->measures->pdata[i], i);
    g_string_append(sql, " FROM (");
    append_rows(sql, oracle, summary, series, grain);
    g_string_append(sql, ") WHERE b IS NOT NULL GROUP BY t COLLATE BINARY, b");
    for (guint i = 0; i < series->dimensions->len; i++)
        g_string_append_printf(sql, ", d%u COLLATE BINARY", i);
    return g_string_free(sql, FALSE);
}

/* ---- Bad data ---- */

/* The tenants with text in the input of measure `index`. -1: a source without tenants has it. */
static int
skip_bad_rows(RtOracle *oracle, const RtSummary *summary, const RtSeries *series, guint index)
{
    g_autoptr(GString) sql = g_string_new("SELECT DISTINCT t COLLATE BINARY FROM (");
    sqlite3_stmt *statement;
    int found = 0;

    append_rows(sql, oracle, summary, series, RT_DAY);
    g_string_append_printf(sql, ") WHERE b IS NOT NULL AND w%u AND typeof(v%u) = 'text'", index,
                           index);
    statement = rt_database_prepare(oracle->db, sql->str);
    g_assert(statement != NULL);
    while (found >= 0 && sqlite3_step(statement) == SQLITE_ROW) {
        g_autoptr(GString) canonical = g_string_new(NULL);

        rt_cell_append_value(canonical, sqlite3_column_value(statement, 0));
        found = sqlite3_column_type(statement, 0) == SQLITE_NULL ? -1 : found + 1;
        g_hash_table_add(oracle->skipped, g_strdup(canonical->str));
    }
    sqlite3_finalize(statement);
    return found;
}

int
rt_oracle_skip_bad_data(RtOracle *oracle)
{
    GPtrArray *summaries = oracle->plan->summaries;
    int found = 0;

    for (guint s = 0; s < summaries->len; s++) {
        const RtSummary *summary = summaries->pdata[s];

        for (guint i = 0; i < summary->series->len; i++) {
            const RtSeries *series = summary->series->pdata[i];

            for (guint m = 0; m < series->measures->len; m++) {
                const char *kind = ((RtMeasure *)series->measures->pdata[m])->kind;
                int bad = strcmp(kind, "sum") == 0 || strcmp(kind, "avg") == 0
                              ? skip_bad_rows(oracle, summary, series, m)
                              : 0;

                if (bad < 0)
                    return -1;
                found += bad;
            }
        }
    }
    return found;
}
