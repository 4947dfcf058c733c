/* The database evaluates expressions, since they are its own SQL; everything else is done here. */
#include "truth.h"

#include <string.h>

#include "tally.h"

struct RtTruth {
    const RtPlan *plan;
    GHashTable *zones;   /* name -> RtZone, NULL where there is no such zone */
    GHashTable *tenants; /* canonical value -> RtZone (NULL: a bad zone) */
    GHashTable *skipped; /* canonical values */
    const RtZone *fixed_zone;
    const RtZone *utc;
    guint bad_zones;
    GHashTable *rows; /* RtSeries -> RtRows */
};

/* ---- Tenants and zones ---- */

static RtZone *
zone_named(const RtTruth *truth, const char *name)
{
    gpointer zone;

    if (name == NULL)
        return NULL;
    if (!g_hash_table_lookup_extended(truth->zones, name, NULL, &zone)) {
        zone = rt_zone_read(name);
        g_hash_table_insert(truth->zones, g_strdup(name), zone);
    }
    return zone;
}

static void
read_tenants(RtTruth *truth, RtServer *server)
{
    gboolean only_active = truth->plan->world->tenants_have_active;
    g_autofree char *sql = g_strdup_printf("SELECT code, tz FROM %s%s", RT_TENANTS_NAME,
                                           only_active ? " WHERE active = 1" : "");
    g_autoptr(RtRows) rows = rt_server_query(server, sql);

    for (guint i = 0; i < rows->rows->len; i++) {
        GString *canonical = g_string_new(NULL);
        RtDatum code = rt_datum_read(&rows->field[0], rt_rows_at(rows, i, 0));
        RtZone *zone = zone_named(truth, rt_rows_at(rows, i, 1)->bytes);

        rt_datum_append(canonical, &code);
        if (zone == NULL) {
            truth->bad_zones++;
            g_hash_table_add(truth->skipped, g_strdup(canonical->str));
        }
        g_hash_table_insert(truth->tenants, g_string_free(canonical, FALSE), zone);
    }
}

guint
rt_truth_bad_zones(const RtTruth *truth)
{
    return truth->bad_zones;
}

gboolean
rt_truth_skips(const RtTruth *truth, const char *tenant)
{
    return g_hash_table_contains(truth->skipped, tenant);
}

const RtZone *
rt_truth_zone(const RtTruth *truth, const char *tenant)
{
    if (!truth->plan->world->has[RT_TENANTS_TABLE])
        return truth->fixed_zone;
    return tenant != NULL ? g_hash_table_lookup(truth->tenants, tenant) : NULL;
}

/* ---- Reading the rows ---- */

/* Fields: tenant, time, dimensions..., and for each measure its input and whether it counts. */
static RtRows *
read_series(RtServer *server, const RtPlan *plan, const RtSummary *summary, const RtSeries *series)
{
    const RtSource *source = series->source;
    g_autofree char *from = rt_source_from(plan->world, source);
    g_autoptr(GString) sql = g_string_new("SELECT ");

    g_string_append_printf(sql, "(%s) AS t, (%s) AS b",
                           source->tenant != NULL ? source->tenant : "NULL", source->time);
    for (guint i = 0; i < series->dimensions->len; i++)
        g_string_append_printf(sql, ", (%s) AS d%u", (char *)series->dimensions->pdata[i], i);
    for (guint i = 0; i < series->measures->len; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        g_string_append_printf(sql, ", (%s) AS v%u, CASE WHEN (%s) THEN 1 ELSE 0 END AS w%u",
                               measure->expression != NULL ? measure->expression : "1", i,
                               measure->where != NULL ? measure->where : "1 = 1", i);
    }
    g_string_append_printf(sql, " %s", from);
    rt_series_append_wheres(sql, summary, series);
    return rt_server_query(server, sql->str);
}

static void
read_rows(RtTruth *truth, RtServer *server)
{
    for (guint i = 0; i < truth->plan->summaries->len; i++) {
        const RtSummary *summary = truth->plan->summaries->pdata[i];

        for (guint j = 0; j < summary->series->len; j++) {
            RtSeries *series = summary->series->pdata[j];

            if (series->fails)
                continue;
            g_hash_table_insert(truth->rows, series,
                                read_series(server, truth->plan, summary, series));
        }
    }
}

RtTruth *
rt_truth_read(RtServer *server, const RtPlan *plan)
{
    RtTruth *truth = g_new0(RtTruth, 1);

    truth->plan = plan;
    truth->zones =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)rt_zone_free);
    truth->tenants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    truth->skipped = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    truth->rows = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)rt_rows_free);
    truth->utc = zone_named(truth, "Etc/UTC");
    if (plan->world->has[RT_TENANTS_TABLE])
        read_tenants(truth, server);
    else
        truth->fixed_zone = plan->world->zones->pdata[0];
    read_rows(truth, server);
    return truth;
}

void
rt_truth_free(RtTruth *truth)
{
    if (truth == NULL)
        return;
    g_hash_table_unref(truth->zones);
    g_hash_table_unref(truth->tenants);
    g_hash_table_unref(truth->skipped);
    g_hash_table_unref(truth->rows);
    g_free(truth);
}

/* ---- Where a row belongs ---- */

/* FALSE: NULL, infinite or unreadable. */
static gboolean
read_instant(const RtTruth *truth, const RtSource *source, const RtField *field, const RtText *text,
             gint64 *ret_us)
{
    static const gint64 unit_us[] = {1000000, 1000, 1};
    const RtZone *naive =
        field->type == RT_FIELD_INSTANT ? truth->utc : zone_named(truth, source->zone);

    if (source->unit >= RT_TEXT_TIME)
        return rt_instant_read(text->bytes, naive, ret_us);
    return !__builtin_mul_overflow(g_ascii_strtoll(text->bytes, NULL, 10), unit_us[source->unit],
                                   ret_us);
}

/* The zone of the row's tenant; NULL if the row counts nowhere. */
static const RtZone *
row_zone(const RtTruth *truth, const RtSource *source, const RtDatum *tenant)
{
    g_autoptr(GString) canonical = g_string_new(NULL);

    if (source->tenant == NULL)
        return truth->fixed_zone;
    if (tenant->sort == RT_DATUM_NULL)
        return NULL;
    if (!truth->plan->world->has[RT_TENANTS_TABLE])
        return truth->fixed_zone;
    rt_datum_append(canonical, tenant);
    return g_hash_table_lookup(truth->tenants, canonical->str);
}

/* Appends the bucket as a server shows it: "2024-03-10", "2024-03-10 05:00:00". FALSE: the row
 * counts nowhere. */
static gboolean
append_bucket(const RtTruth *truth, const RtSource *source, RtGrain grain, const RtRows *rows,
              guint row, GString *key)
{
    const RtText *time = rt_rows_at(rows, row, 1);
    RtDatum tenant = rt_datum_read(&rows->field[0], rt_rows_at(rows, row, 0));
    const RtZone *zone = row_zone(truth, source, &tenant);
    char text[RT_TEXT_BYTES];
    gint64 at;

    if (zone == NULL || time->bytes == NULL)
        return FALSE;
    if (source->unit == RT_DATE) {
        if (!rt_date_read(time->bytes, &at))
            return FALSE;
        rt_bucket_text_of_day(grain, at, text);
    } else {
        if (!read_instant(truth, source, &rows->field[1], time, &at))
            return FALSE;
        rt_bucket_text(zone, grain, at, text);
    }
    if (strchr(text, 'T') != NULL) {
        *strchr(text, 'T') = ' ';
        *strchr(text, 'Z') = '\0';
    }
    rt_datum_append_text(key, text, strlen(text));
    return TRUE;
}

/* The key's columns in the table's order: series, tenant, bucket, dimensions. */
static gboolean
append_key(const RtTruth *truth, const RtSummary *summary, const RtSeries *series, RtGrain grain,
           const RtRows *rows, guint row, GString *key)
{
    if (summary->is_long) {
        rt_datum_append_text(key, series->name, strlen(series->name));
        g_string_append_c(key, '|');
    }
    if (truth->plan->has_tenant) {
        RtDatum tenant = rt_datum_read(&rows->field[0], rt_rows_at(rows, row, 0));

        rt_datum_append(key, &tenant);
        g_string_append_c(key, '|');
    }
    if (!append_bucket(truth, series->source, grain, rows, row, key))
        return FALSE;
    for (guint i = 0; i < series->dimensions->len; i++) {
        RtDatum dimension = rt_datum_read(&rows->field[2 + i], rt_rows_at(rows, row, 2 + i));

        g_string_append_c(key, '|');
        rt_datum_append(key, &dimension);
    }
    return TRUE;
}

/* ---- Cells ---- */

RtCell *
rt_cell_new(guint measures)
{
    RtCell *cell = g_malloc0(sizeof *cell + measures * sizeof cell->canonical[0]);

    cell->measures = measures;
    return cell;
}

void
rt_cell_free(gpointer data)
{
    RtCell *cell = data;

    for (guint i = 0; i < cell->measures; i++)
        g_free(cell->canonical[i]);
    g_free(cell);
}

/* The tallies of the cell with that key, new ones if there is none. */
static RtTally *
tallies_of(GHashTable *tallies, const char *key, guint measures)
{
    RtTally *found = g_hash_table_lookup(tallies, key);

    if (found == NULL) {
        found = g_new0(RtTally, measures);
        g_hash_table_insert(tallies, g_strdup(key), found);
    }
    return found;
}

static void
add_row(const RtSeries *series, const RtRows *rows, guint row, RtTally *tallies)
{
    guint field = 2 + series->dimensions->len;

    for (guint i = 0; i < series->measures->len; i++, field += 2) {
        const RtMeasure *measure = series->measures->pdata[i];
        RtDatum value = rt_datum_read(&rows->field[field], rt_rows_at(rows, row, field));

        if (*rt_rows_at(rows, row, field + 1)->bytes == '1')
            rt_tally_add(&tallies[i], measure->kind, &value);
    }
}

/* What an average's input declares after its point. */
static int
input_scale(const RtField *field)
{
    return field->type == RT_FIELD_DECIMAL ? field->scale : 0;
}

/* Turns the tallies of a series into cells, and clears them. */
static void
finish(const RtSeries *series, const RtRows *rows, GHashTable *tallies, GHashTable *cells)
{
    guint measures = series->measures->len, first = 2 + series->dimensions->len;
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, tallies);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        RtCell *cell = rt_cell_new(measures);
        RtTally *tally = value;

        for (guint i = 0; i < measures; i++) {
            const RtMeasure *measure = series->measures->pdata[i];
            RtDatum result =
                rt_tally_result(&tally[i], measure->kind, input_scale(&rows->field[first + 2 * i]));
            GString *canonical = g_string_new(NULL);

            rt_datum_append(canonical, &result);
            cell->canonical[i] = g_string_free(canonical, FALSE);
            rt_tally_clear(&tally[i]);
        }
        g_hash_table_insert(cells, g_strdup(key), cell);
    }
}

GHashTable *
rt_truth_cells(const RtTruth *truth, const RtSummary *summary, RtGrain grain)
{
    GHashTable *cells = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, rt_cell_free);

    for (guint i = 0; i < summary->series->len; i++) {
        const RtSeries *series = summary->series->pdata[i];
        const RtRows *rows = g_hash_table_lookup(truth->rows, series);
        g_autoptr(GHashTable) tallies =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        if (rows == NULL)
            continue; /* it fails */
        for (guint row = 0; row < rows->rows->len; row++) {
            g_autoptr(GString) key = g_string_new(NULL);

            if (append_key(truth, summary, series, grain, rows, row, key))
                add_row(series, rows, row, tallies_of(tallies, key->str, series->measures->len));
        }
        finish(series, rows, tallies, cells);
    }
    return cells;
}
