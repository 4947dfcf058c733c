/*
 * The plan of an answer: its dates, its grain, the table that it is read from, and what that table
 * cannot give.
 */
#include "cli/query_reading.h"
#include "db/sqlscan.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "schema/summary_table.h"

const TuSeriesModel *
tu_reading_series(const TuReading *reading, guint series)
{
    return g_ptr_array_index(reading->query->series, series);
}

guint
tu_reading_measure(const TuReading *reading, guint measure)
{
    return g_array_index(reading->query->measures, guint, measure);
}

static const char *
measure_name(const TuReading *reading, guint index)
{
    return g_ptr_array_index(reading->query->summary->spec->measures,
                             tu_reading_measure(reading, index));
}

void
tu_reading_fail(TuReading *reading, guint series, guint measure, char *message)
{
    gboolean *has_entry = &reading->has_entry[series * reading->query->measures->len + measure];
    if (*has_entry)
        g_free(message);
    else
        tu_answer_fail(reading->answer, tu_reading_series(reading, series)->spec->name,
                       measure_name(reading, measure), message);
    *has_entry = TRUE;
}

char *
tu_reading_tenant_text(const TuReading *reading, guint32 tenant)
{
    TuValue value = tu_dictionary_value(tu_query_sums_dictionary(reading->answer->sums), tenant);
    return tu_value_to_text(&value);
}

gboolean
tu_reading_zone(TuReading *reading, guint32 tenant, const TuZone **ret_zone)
{
    *ret_zone = tu_query_clocks_zone(reading->clocks, tenant);
    if (*ret_zone != NULL)
        return TRUE;
    g_autofree char *text = tu_reading_tenant_text(reading, tenant);
    tu_answer_fail(reading->answer, NULL, NULL,
                   g_strdup_printf("tenant %s has no known time zone: it is left out", text));
    return FALSE;
}

/* ---- the range of what is stored ---- */

/* Days say it best; else the longest of the shorter grains, else whatever there is. */
static const TuSummaryTable *
table_for_range(const TuReading *reading)
{
    static const TuGrain best_first[] = {TU_GRAIN_DAY,  TU_GRAIN_HOUR,  TU_GRAIN_MINUTE,
                                         TU_GRAIN_WEEK, TU_GRAIN_MONTH, TU_GRAIN_QUARTER,
                                         TU_GRAIN_YEAR};
    TuSummaryTable *const *tables = reading->query->summary->tables;
    if (reading->query->has_grain)
        return tables[reading->answer->base];
    for (guint i = 0; i < G_N_ELEMENTS(best_first); i++)
        if (tables[best_first[i]] != NULL)
            return tables[best_first[i]];
    g_assert_not_reached();
}

typedef struct {
    TuReading *reading;
    const TuSummaryTable *table;
    gboolean found;
    TuDate from, to;
} Span;

/* One tenant's first and last bucket. */
static gboolean
take_span(const TuValue *row, gpointer data, GError **error)
{
    Span *span = data;
    TuReading *reading = span->reading;
    TuGrain grain = span->table->grain;
    TuBucket first, last;
    const TuZone *zone = NULL;
    guint32 tenant = tu_dictionary_intern(tu_query_sums_dictionary(reading->answer->sums), row[0]);
    if (!tu_database_bucket_parse(reading->session->db, grain, &row[1], &first) ||
        !tu_database_bucket_parse(reading->session->db, grain, &row[2], &last) ||
        (!tu_grain_is_dated(grain) && !tu_reading_zone(reading, tenant, &zone)))
        return TRUE;
    TuDate from = tu_bucket_date(zone, grain, first);
    TuDate to = tu_grain_is_dated(grain) ? tu_date_next(grain, (TuDate)last) - 1
                                         : tu_bucket_date(zone, grain, last);
    span->from = span->found ? MIN(span->from, from) : from;
    span->to = span->found ? MAX(span->to, to) : to;
    span->found = TRUE;
    return TRUE;
}

void
tu_reading_append_series(const TuReading *reading, GString *sql, GArray *parameters)
{
    const TuQuery *query = reading->query;
    if (!query->has_series)
        return;
    tu_sql_append(sql, " AND %I IN (", query->summary->spec->series_column);
    tu_sql_append_parameters(sql, parameters->len + 1, query->series->len);
    g_string_append_c(sql, ')');
    for (guint i = 0; i < query->series->len; i++) {
        TuValue label = tu_value_text(tu_reading_series(reading, i)->spec->name);
        g_array_append_val(parameters, label);
    }
}

void
tu_reading_append_tenant(const TuReading *reading, GArray *parameters)
{
    TuValue tenant =
        tu_dictionary_value(tu_query_sums_dictionary(reading->answer->sums), reading->tenant);
    if (reading->has_tenant)
        g_array_append_val(parameters, tenant);
}

static gboolean
read_span(Span *span, GError **error)
{
    const TuReading *reading = span->reading;
    const TuSummary *spec = reading->query->summary->spec;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    g_autoptr(GArray) parameters = g_array_new(FALSE, FALSE, sizeof(TuValue));
    if (spec->has_tenant)
        tu_sql_append(sql, "%I", spec->tenant_column);
    else
        g_string_append(sql, "NULL");
    tu_sql_append(sql, ", min(%I), max(%I) FROM %Q WHERE 1 = 1", span->table->bucket_column,
                  span->table->bucket_column, span->table->name);
    if (reading->has_tenant)
        tu_sql_append(sql, " AND %I = ?1", spec->tenant_column);
    tu_reading_append_tenant(reading, parameters);
    tu_reading_append_series(reading, sql, parameters);
    if (spec->has_tenant)
        tu_sql_append(sql, " GROUP BY %I", spec->tenant_column);
    return tu_rows_each(reading->session->db, sql->str, (const TuValue *)(gpointer)parameters->data,
                        parameters->len, FALSE, take_span, span, error);
}

/* The dates asked for, the missing ends taken from what is stored; then the grain, then the whole
 * buckets that hold them. */
static gboolean
find_range(TuReading *reading, GError **error)
{
    const TuQuery *query = reading->query;
    TuAnswer *answer = reading->answer;
    guint stored = query->summary->spec->grains;
    answer->grain = query->grain;
    gboolean can_be_made =
        !query->has_grain || tu_query_base_grain(stored, answer->grain, &answer->base);
    Span span = {.reading = reading, .table = table_for_range(reading)};
    if ((!query->has_from || !query->has_to) && !read_span(&span, error))
        return FALSE;
    answer->has_range = span.found || (query->has_from && query->has_to);
    answer->from = query->has_from ? query->from : span.from;
    answer->to = query->has_to ? query->to : span.to;
    if (!query->has_grain) {
        answer->grain = tu_query_default_grain(stored, (gint64)answer->to - answer->from + 1);
        can_be_made = tu_query_base_grain(stored, answer->grain, &answer->base);
    }
    g_assert(can_be_made);
    answer->has_range = answer->has_range && answer->from <= answer->to;
    if (answer->has_range && tu_grain_is_dated(answer->grain)) {
        answer->from = (TuDate)tu_bucket_of_date(answer->grain, answer->from);
        answer->to = MIN(tu_date_next(answer->grain, answer->to) - 1, TU_DATE_GREATEST);
    }
    reading->table = query->summary->tables[answer->base];
    return TRUE;
}

/* ---- what cannot be read ---- */

/* TRUE if all cells of the series have the same value there. */
static gboolean
is_constant(const TuSeriesModel *series, guint dimension)
{
    const char *expression = g_ptr_array_index(series->spec->dimensions, dimension);
    g_autofree char *text = tu_sql_constant(expression);
    return text != NULL || tu_sql_is_null(expression);
}

/* What the cells of a row must be added up over; NULL: each row is one cell. */
static char *
added_up_over(const TuReading *reading, const TuSeriesModel *series)
{
    const GPtrArray *dimensions = reading->query->summary->spec->dimensions;
    GString *over = g_string_new(NULL);
    for (guint d = 0; d < dimensions->len; d++) {
        gboolean is_kept = is_constant(series, d);
        for (guint i = 0; i < reading->query->by->len; i++)
            is_kept = is_kept || g_array_index(reading->query->by, guint, i) == d;
        if (!is_kept)
            g_string_append_printf(over, "%s%s", over->len > 0 ? ", " : "",
                                   (const char *)g_ptr_array_index(dimensions, d));
    }
    if (reading->answer->base != reading->answer->grain)
        g_string_append_printf(over, "%sthe %ss of a %s", over->len > 0 ? " and " : "",
                               tu_grain_name(reading->answer->base),
                               tu_grain_name(reading->answer->grain));
    return g_string_free(over, over->len == 0);
}

/* Why the measure cannot be added up; NULL: it can. */
static char *
why_not(const TuReading *reading, const TuSeriesModel *series, guint measure, const char *over)
{
    const char *help = "ask for a grain that is stored, and for every dimension with --by";
    switch (series->layout->measures[tu_reading_measure(reading, measure)].kind) {
    case TU_MEASURE_COUNT_DISTINCT:
        return g_strdup_printf(
            "count_distinct cannot be added up over %s, since the same value may "
            "be in several of them: %s",
            over, help);
    case TU_MEASURE_COUNT:
    case TU_MEASURE_SUM:
    case TU_MEASURE_MIN:
    case TU_MEASURE_MAX:
    case TU_MEASURE_AVG: /* its tables have trueup_sum_ and trueup_n_ */
        return NULL;
    }
    g_assert_not_reached();
}

/* What is stored of a series that fails now may be old: it is not given, and why is said once. */
static gboolean
is_failing(TuReading *reading, guint index)
{
    const TuSeriesModel *series = tu_reading_series(reading, index);
    if (series->problem == NULL)
        return FALSE;
    tu_answer_fail(reading->answer, series->spec->name, NULL,
                   g_strdup_printf("it cannot be computed now: %s", series->problem));
    return TRUE;
}

static void
find_unreadable(TuReading *reading)
{
    guint n_measures = reading->query->measures->len;
    guint n_series = reading->query->series->len;
    reading->has_entry = g_new0(gboolean, n_series * n_measures);
    reading->answer->is_unreadable = g_new0(gboolean, n_series * n_measures);
    reading->has_measure = g_new0(gboolean, n_series);
    reading->answer->shown = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint m = 0; m < n_measures; m++) {
        gboolean is_shown = FALSE;
        for (guint s = 0; s < n_series; s++) {
            if (is_failing(reading, s)) {
                reading->answer->is_unreadable[s * n_measures + m] = TRUE;
                continue;
            }
            g_autofree char *over = added_up_over(reading, tu_reading_series(reading, s));
            char *problem =
                over != NULL ? why_not(reading, tu_reading_series(reading, s), m, over) : NULL;
            if (problem != NULL) {
                tu_reading_fail(reading, s, m, problem);
                reading->answer->is_unreadable[s * n_measures + m] = TRUE;
                continue;
            }
            is_shown = reading->has_measure[s] = TRUE;
        }
        if (is_shown)
            g_array_append_val(reading->answer->shown, m);
    }
}

gboolean
tu_reading_plan(TuReading *reading, GError **error)
{
    if (!find_range(reading, error))
        return FALSE;
    find_unreadable(reading);
    return TRUE;
}
