#include "cli/freshness.h"
#include "cli/output.h"
#include "cli/query_reading.h"
#include "keep/old/boundary.h"
#include "keep/rows.h"
#include "keep/compare/stored.h"
#include "time/instant.h"

/* An answer is held in memory and read by people and pages: more rows than this are a mistake in
 * the question. */
#define ANSWER_ROWS 1000000

static void
error_free(gpointer data)
{
    TuQueryError *entry = data;
    g_free(entry->series);
    g_free(entry->measure);
    g_free(entry->error);
    g_free(entry);
}

void
tu_answer_clear(TuAnswer *answer)
{
    g_clear_pointer(&answer->shown, g_array_unref);
    g_clear_pointer(&answer->is_unreadable, g_free);
    g_clear_pointer(&answer->sums, tu_query_sums_free);
    g_clear_pointer(&answer->errors, g_ptr_array_unref);
}

void
tu_answer_fail(TuAnswer *answer, const char *series, const char *measure, char *message)
{
    g_autofree char *taken = message;
    for (guint i = 0; i < answer->errors->len; i++) {
        const TuQueryError *known = g_ptr_array_index(answer->errors, i);
        if (g_strcmp0(known->series, series) == 0 && g_strcmp0(known->measure, measure) == 0 &&
            g_str_equal(known->error, message))
            return;
    }
    TuQueryError *entry = g_new0(TuQueryError, 1);
    entry->series = g_strdup(series);
    entry->measure = g_strdup(measure);
    entry->error = g_steal_pointer(&taken);
    g_ptr_array_add(answer->errors, entry);
}

static gboolean
is_unreadable(const TuReading *reading, guint series, guint measure)
{
    return reading->answer->is_unreadable[series * reading->query->measures->len + measure];
}

static const TuLayoutMeasure *
layout_measure(const TuReading *reading, guint series, guint measure)
{
    const TuLayout *layout = tu_reading_series(reading, series)->layout;
    return &layout->measures[tu_reading_measure(reading, measure)];
}

/* ---- rows ---- */

static gboolean
refuse_size(GError **error)
{
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "the answer has more than %d rows: ask for a coarser grain, fewer days, or one "
                "tenant",
                ANSWER_ROWS);
    return FALSE;
}

/* The bucket of the answer that a stored row belongs to. FALSE: to none. */
static gboolean
place_row(TuReading *reading, const TuValue *row, guint32 tenant, TuBucket *ret_bucket)
{
    const TuAnswer *answer = reading->answer;
    const TuZone *zone = NULL;
    TuBucket bucket;
    if (!tu_database_bucket_parse(reading->session->db, answer->base, &row[TU_STORED_BUCKET],
                                  &bucket) ||
        (!tu_grain_is_dated(answer->base) && !tu_reading_zone(reading, tenant, &zone)))
        return FALSE;
    TuDate date = tu_bucket_date(zone, answer->base, bucket);
    *ret_bucket = tu_bucket_parent(zone, answer->base, bucket, answer->grain);
    return date >= answer->from && date <= answer->to;
}

static void
add_measures(TuReading *reading, guint row_number, guint series, const TuValue *row)
{
    for (guint m = 0; m < reading->query->measures->len; m++) {
        guint column = tu_stored_measure_column(reading->table, tu_reading_measure(reading, m));
        TuStoredMeasure stored = {row[column], row[column + 1], row[column + 2]};
        const TuLayoutMeasure *measure = layout_measure(reading, series, m);
        if (is_unreadable(reading, series, m) ||
            tu_query_sums_add(reading->answer->sums, row_number, m, &stored))
            continue;
        char bucket_text[TU_INSTANT_TEXT_BYTES];
        TuValue shown = tu_output_bucket(reading->session->db, reading->answer->base,
                                         &row[TU_STORED_BUCKET], bucket_text);
        g_autofree char *value = tu_value_to_text(&stored.value);
        g_autofree char *bucket = tu_value_to_text(&shown);
        tu_reading_fail(
            reading, series, m,
            g_strdup_printf("table %s holds %s in bucket %s, which is no %s: run `trueup "
                            "repair`",
                            reading->table->name, value, bucket,
                            tu_measure_kind_name(measure->kind)));
    }
}

/* The place of a row's series among those asked for. FALSE: it is none of them. */
static gboolean
find_label(const TuReading *reading, const TuValue *label, guint *ret_series)
{
    *ret_series = 0;
    if (!reading->query->summary->spec->is_long)
        return TRUE;
    guint32 id = tu_dictionary_intern(tu_query_sums_dictionary(reading->answer->sums), *label);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(reading->labels, GUINT_TO_POINTER(id)));
    *ret_series = place - 1;
    return place != 0;
}

static gboolean
take_row(const TuValue *row, gpointer data, GError **error)
{
    TuReading *reading = data;
    TuQuerySums *sums = reading->answer->sums;
    TuDictionary *dictionary = tu_query_sums_dictionary(sums);
    guint32 dimensions[TU_DIMENSIONS_LIMIT];
    TuQueryKey key = {.dimensions = dimensions};
    if (!find_label(reading, &row[TU_STORED_SERIES], &key.series) ||
        !reading->has_measure[key.series])
        return TRUE;
    key.tenant = tu_dictionary_intern(dictionary, row[TU_STORED_TENANT]);
    if (!place_row(reading, row, key.tenant, &key.bucket))
        return TRUE;
    for (guint i = 0; i < reading->query->by->len; i++)
        dimensions[i] = tu_dictionary_intern(
            dictionary, row[TU_STORED_DIMENSIONS + g_array_index(reading->query->by, guint, i)]);
    guint number = tu_query_sums_row(sums, &key);
    if (number >= ANSWER_ROWS)
        return refuse_size(error);
    add_measures(reading, number, key.series, row);
    return TRUE;
}

static gboolean
read_rows(TuReading *reading, GError **error)
{
    TuDatabase *db = reading->session->db;
    g_autofree char *select = tu_summary_table_select_range(reading->table, reading->has_tenant);
    g_autoptr(GString) sql = g_string_new(select);
    g_autoptr(GArray) parameters = g_array_new(FALSE, FALSE, sizeof(TuValue));
    char texts[2][TU_INSTANT_TEXT_BYTES];
    TuValue bounds[2];
    tu_reading_append_tenant(reading, parameters);
    tu_stored_bucket_bounds(db, reading->table, reading->answer->from, reading->answer->to + 1,
                            texts[0], texts[1], bounds);
    g_array_append_vals(parameters, bounds, G_N_ELEMENTS(bounds));
    tu_reading_append_series(reading, sql, parameters);
    return tu_rows_each(db, sql->str, (const TuValue *)(gpointer)parameters->data, parameters->len,
                        TRUE, take_row, reading, error);
}

/* ---- rows for buckets without cells ---- */

/* What must have a row in each bucket: what has one in some. A single tenant or series that was
 * asked for by name counts as well, since its answer would otherwise be no rows instead of
 * zeros. */
static TuQuerySums *
find_groups(const TuReading *reading)
{
    const TuQuery *query = reading->query;
    const TuSummary *spec = query->summary->spec;
    TuQuerySums *groups = tu_query_sums_new(query->by->len, query->series->len, 0, NULL);
    TuQueryKey key = {0};
    for (guint i = 0; i < tu_query_sums_size(reading->answer->sums); i++) {
        key = tu_query_sums_key(reading->answer->sums, i);
        key.bucket = 0;
        tu_query_sums_row(groups, &key);
    }
    gboolean is_named = query->by->len == 0 && (reading->has_tenant || !spec->has_tenant) &&
                        (query->has_series || !spec->is_long);
    for (guint s = 0; is_named && s < query->series->len; s++) {
        key = (TuQueryKey){.tenant = reading->tenant, .series = s};
        if (reading->has_measure[s])
            tu_query_sums_row(groups, &key);
    }
    return groups;
}

/* A source of dates has days that no clock had. */
static gboolean
has_clock(const TuReading *reading, guint series)
{
    return tu_reading_series(reading, series)->source->spec->time_unit != TU_TIME_DATE;
}

static gboolean
fill_group(TuReading *reading, TuQueryKey key, GHashTable *ranges, GError **error)
{
    const TuAnswer *answer = reading->answer;
    const TuZone *zone = NULL;
    if (tu_grain_is_dated(answer->grain))
        zone = has_clock(reading, key.series) ? tu_query_clocks_zone(reading->clocks, key.tenant)
                                              : NULL;
    else if (!tu_reading_zone(reading, key.tenant, &zone))
        return TRUE;
    GArray *buckets = g_hash_table_lookup(ranges, zone);
    if (buckets == NULL) {
        buckets = tu_query_buckets(zone, answer->grain, answer->from, answer->to);
        g_hash_table_insert(ranges, (gpointer)(gsize)zone, buckets);
    }
    for (guint i = 0; i < buckets->len; i++) {
        key.bucket = g_array_index(buckets, TuBucket, i);
        if (tu_query_sums_row(answer->sums, &key) >= ANSWER_ROWS)
            return refuse_size(error);
    }
    return TRUE;
}

static gboolean
fill(TuReading *reading, GError **error)
{
    static const gint64 a_day[TU_GRAINS] = {
        [TU_GRAIN_MINUTE] = 1440, [TU_GRAIN_HOUR] = 24, [TU_GRAIN_DAY] = 1};
    const TuAnswer *answer = reading->answer;
    g_autoptr(TuQuerySums) groups = find_groups(reading);
    g_autoptr(GHashTable) ranges =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    gint64 n_days = (gint64)answer->to - answer->from + 1;
    if (tu_query_sums_size(groups) > 0 && n_days * a_day[answer->grain] > 2 * ANSWER_ROWS)
        return refuse_size(error);
    for (guint i = 0; i < tu_query_sums_size(groups); i++)
        if (!fill_group(reading, tu_query_sums_key(groups, i), ranges, error))
            return FALSE;
    return TRUE;
}

/* ---- buckets that could not be computed ---- */

typedef struct {
    TuReading *reading;
    guint n;
    char *first; /* the first one, for people */
} Parked;

static gboolean
take_parked(const TuValue *row, gpointer data, GError **error)
{
    Parked *parked = data;
    TuReading *reading = parked->reading;
    TuGrain unit = reading->query->summary->unit;
    TuDictionary *dictionary = tu_query_sums_dictionary(reading->answer->sums);
    guint32 tenant = tu_dictionary_intern(
        dictionary, tu_tenant_read(reading->session->model, dictionary, &row[0]));
    const TuZone *zone = tu_query_clocks_zone(reading->clocks, tenant);
    TuBucket bucket;
    if ((reading->has_tenant && tenant != reading->tenant) || row[1].type != TU_TYPE_TEXT ||
        !tu_bucket_parse(unit, row[1].text, row[1].bytes, &bucket) ||
        (zone == NULL && !tu_grain_is_dated(unit)))
        return TRUE;
    TuDate date = tu_bucket_date(zone, unit, bucket);
    if (date < reading->answer->from || date > reading->answer->to)
        return TRUE;
    if (parked->n++ == 0) {
        gboolean is_of_tenant = row[0].type != TU_TYPE_NULL;
        g_autofree char *of = is_of_tenant ? tu_value_to_text(&row[0]) : NULL;
        g_autofree char *why = tu_value_to_text(&row[2]);
        char text[TU_INSTANT_TEXT_BYTES];
        tu_bucket_format(unit, bucket, text);
        parked->first = g_strdup_printf("%s%s%s: %s", text, is_of_tenant ? " of tenant " : "",
                                        is_of_tenant ? of : "", why);
    }
    return TRUE;
}

/* What is stored for them is what was right before they failed: the reader must be told. */
static gboolean
report_parked(TuReading *reading, GError **error)
{
    Parked parked = {.reading = reading};
    TuValue name = tu_value_text(reading->query->summary->spec->name);
    gboolean is_read = tu_rows_each(reading->session->db,
                                    "SELECT tenant, bucket, error FROM trueup_pending "
                                    "WHERE summary = ?1 AND error IS NOT NULL ORDER BY id",
                                    &name, 1, FALSE, take_parked, &parked, error);
    g_autofree char *first = parked.first;
    if (is_read && parked.n > 0)
        tu_answer_fail(reading->answer, NULL, NULL,
                       g_strdup_printf("%u of the buckets could not be computed and may be wrong "
                                       "(%s): see `trueup status`",
                                       parked.n, first));
    return is_read;
}

/* ---- the whole ---- */

/* Sums that fit nowhere, and what else shows only in the end. */
static void
check_values(TuReading *reading)
{
    TuAnswer *answer = reading->answer;
    for (guint i = 0; i < tu_query_sums_size(answer->sums); i++) {
        TuQueryKey key = tu_query_sums_key(answer->sums, i);
        for (guint m = 0; m < reading->query->measures->len; m++) {
            TuValue value;
            char bucket[TU_INSTANT_TEXT_BYTES];
            if (is_unreadable(reading, key.series, m) ||
                tu_query_sums_value(answer->sums, i, m, &value))
                continue;
            gboolean is_decimal =
                layout_measure(reading, key.series, m)->number == TU_NUMBER_DECIMAL;
            g_autofree char *tenant = tu_reading_tenant_text(reading, key.tenant);
            tu_bucket_format(answer->grain, key.bucket, bucket);
            tu_reading_fail(reading, key.series, m,
                            g_strdup_printf("the sum does not fit in %s (first at %s, tenant %s)",
                                            is_decimal ? "38 digits" : "64 bits", bucket, tenant));
        }
    }
}

static gboolean
read_state(TuReading *reading, GError **error)
{
    TuAnswer *answer = reading->answer;
    TuDatabase *db = reading->session->db;
    TuHistory history;
    TuWaiting waiting;
    TuValue tenant = tu_dictionary_value(tu_query_sums_dictionary(answer->sums), reading->tenant);
    if (!tu_history_read(db, reading->query->summary, reading->has_tenant ? &tenant : NULL,
                         &history, error) ||
        !tu_waiting_read(db, reading->query->summary, &waiting, error) ||
        !tu_as_of(db, reading->query->summary, &waiting, &answer->as_of_us, error))
        return FALSE;
    if (answer->as_of_us == TU_AS_OF_NOW)
        answer->as_of_us = tu_instant_now_us();
    answer->is_built = !history.is_building || (answer->has_range && history.has_right_from &&
                                                answer->from >= history.right_from);
    return TRUE;
}

static void
number_labels(TuReading *reading)
{
    TuDictionary *dictionary = tu_query_sums_dictionary(reading->answer->sums);
    reading->labels = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < reading->query->series->len; i++) {
        guint32 id = tu_dictionary_intern(dictionary,
                                          tu_value_text(tu_reading_series(reading, i)->spec->name));
        g_hash_table_insert(reading->labels, GUINT_TO_POINTER(id), GUINT_TO_POINTER(i + 1));
    }
}

/* What `keep` removed is not there: neither zeros nor a part of a bucket may stand for it. */
static gboolean
leave_removed(TuReading *reading, GError **error)
{
    TuAnswer *answer = reading->answer;
    const TuSummaryModel *summary = reading->query->summary;
    g_autoptr(TuBoundaries) boundaries = NULL;
    if (!tu_boundaries_read(&reading->session->keeper, &boundaries, error))
        return FALSE;
    TuDate below = tu_boundary_of(boundaries, summary, answer->base).removed_below;
    if (!answer->has_range || answer->from >= below)
        return TRUE;
    answer->removed_below = below;
    gboolean is_whole =
        !tu_grain_is_dated(answer->grain) || tu_date_floor(answer->grain, below) == below;
    answer->from = is_whole ? below : tu_date_next(answer->grain, below);
    answer->has_range = answer->from <= answer->to;
    return TRUE;
}

static gboolean
read_all(TuReading *reading, GError **error)
{
    const TuQuery *query = reading->query;
    TuDictionary *dictionary = tu_query_sums_dictionary(reading->answer->sums);
    if (!tu_query_clocks_read(&reading->session->keeper, query->summary, dictionary,
                              &reading->clocks, error))
        return FALSE;
    reading->has_tenant = query->tenant != NULL;
    if (reading->has_tenant &&
        !tu_query_clocks_find(reading->clocks, query->tenant, &reading->tenant, error))
        return FALSE;
    /* Its cells are not kept: no rows would look as if nothing had happened there. */
    const TuZone *zone = NULL;
    if (reading->has_tenant && query->summary->spec->has_tenant)
        tu_reading_zone(reading, reading->tenant, &zone);
    number_labels(reading);
    if (!tu_reading_plan(reading, error) || !leave_removed(reading, error))
        return FALSE;
    if (reading->answer->has_range &&
        (!read_rows(reading, error) || (query->fills && !fill(reading, error)) ||
         !report_parked(reading, error)))
        return FALSE;
    tu_query_sums_sort(reading->answer->sums);
    check_values(reading);
    return read_state(reading, error);
}

/* A column holds every series: where another one made it a column of reals, so are these sums. */
static TuQuerySums *
new_sums(const TuReading *reading)
{
    const TuQuery *query = reading->query;
    guint n = query->measures->len;
    g_autofree TuQueryMeasure *measures = g_new(TuQueryMeasure, (gsize)query->series->len * n);
    for (guint s = 0; s < query->series->len; s++)
        for (guint m = 0; m < n; m++) {
            const TuLayoutMeasure *own = layout_measure(reading, s, m);
            TuNumberKind column = query->summary->measures[tu_reading_measure(reading, m)].number;
            measures[s * n + m] = (TuQueryMeasure){
                own->kind, column == TU_NUMBER_REAL ? column : own->number, own->scale};
        }
    return tu_query_sums_new(query->by->len, query->series->len, n, measures);
}

gboolean
tu_query_read(const TuQuery *query, TuSession *session, TuAnswer *ret_answer, GError **error)
{
    g_auto(TuAnswer) answer = {.removed_below = G_MININT32,
                               .errors = g_ptr_array_new_with_free_func(error_free)};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuReading reading = {.query = query, .session = session, .answer = &answer};
    answer.sums = new_sums(&reading);
    answer.has_tenant = query->summary->spec->has_tenant && query->tenant == NULL;
    gboolean is_read =
        tu_transaction_begin_read(&txn, session->db, NULL, error) && read_all(&reading, error);
    tu_query_clocks_free(reading.clocks);
    g_clear_pointer(&reading.labels, g_hash_table_unref);
    g_free(reading.has_entry);
    g_free(reading.has_measure);
    if (!is_read)
        return FALSE;
    *ret_answer = answer;
    answer = (TuAnswer){0};
    return TRUE;
}
