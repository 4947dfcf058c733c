#include "keep/compare/stored.h"

#include <math.h>

#include "cells/ahead.h"
#include "db/given.h"
#include "keep/rows.h"
#include "time/instant.h"

/* ---- a row of a summary table ---- */

/* NULL: a label of no series, such as one that left the spec. */
static const TuSeriesModel *
series_of_label(const TuSummaryModel *summary, const TuValue *label)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (series->spec->name == NULL)
            return series;
        TuValue name = tu_value_text(series->spec->name);
        if (tu_value_equal(&name, label))
            return series;
    }
    return NULL;
}

/* Tables may hold rows that trueup would never write; a bucket that cannot be read is kept as its
 * text, so that the row can still be named and deleted. */
void
tu_stored_read_key(TuTally *tally, const TuSummaryTable *table, const TuValue *row,
                   guint32 *dimensions, TuStoredCell *ret_stored)
{
    TuDictionary *dictionary = tu_cells_dictionary(tally->cells);
    const TuSeriesModel *series = series_of_label(table->summary, &row[TU_STORED_SERIES]);
    TuBucket bucket = 0;
    gboolean has_bucket = tu_database_bucket_parse(tally->snapshot->keeper->db, table->grain,
                                                   &row[TU_STORED_BUCKET], &bucket);
    for (guint i = 0; i < table->summary->spec->dimensions->len; i++)
        dimensions[i] = tu_dictionary_intern(dictionary, row[TU_STORED_DIMENSIONS + i]);
    *ret_stored = (TuStoredCell){
        .table = table,
        .series = series,
        .target = series != NULL ? series->target[table->grain] : -1,
        .tenant = tu_dictionary_intern(dictionary, row[TU_STORED_TENANT]),
        .label = tu_dictionary_intern(dictionary, row[TU_STORED_SERIES]),
        .bucket = bucket,
        .has_bucket = has_bucket,
        .bucket_text = has_bucket ? 0 : tu_dictionary_intern(dictionary, row[TU_STORED_BUCKET]),
        .dimensions = dimensions,
        .values = row,
    };
}

/* ---- the stored rows of wanted buckets ---- */

typedef struct {
    TuTally *tally;
    const TuSummaryTable *table;
    TuStoredVisit visit;
    gpointer data;
    guint any_target;   /* the first series' target: its range is every series' */
    gboolean takes_all; /* the range has no lower bound: rows without a bucket's name too */
} Reading;

/* Cells of a tenant whose zone is unknown are neither right nor wrong: they stay. */
static gboolean
is_wanted(const Reading *reading, const TuStoredCell *stored)
{
    const TuTallyTenant *tenant = tu_tally_tenant(reading->tally, stored->tenant);
    if (tenant->is_left_out || (tenant->tenant != NULL && tenant->zone == NULL))
        return FALSE;
    guint target = stored->target >= 0 ? (guint)stored->target : reading->any_target;
    return stored->has_bucket
               ? tu_tally_wants(reading->tally, target, stored->tenant, stored->bucket)
               : reading->takes_all;
}

/* Wanted rows that were read, whose cells are looked up together. */
typedef struct {
    guint n;
    TuStoredCell rows[TU_AHEAD_KEYS];
    guint32 dimensions[TU_AHEAD_KEYS * TU_DIMENSIONS_LIMIT]; /* of those */
    TuAhead ahead;                                           /* the keys of those that have one */
} Read;

/* The next row of `read`, if it is wanted. */
static void
read_one(const Reading *reading, const TuValue *row, Read *read)
{
    guint n_dimensions = reading->table->summary->spec->dimensions->len;
    TuStoredCell *stored = &read->rows[read->n];
    guint32 *dimensions = read->dimensions + (gsize)read->n * n_dimensions;
    tu_stored_read_key(reading->tally, reading->table, row, dimensions, stored);
    if (!is_wanted(reading, stored))
        return;
    read->n++;
    if (stored->target >= 0 && stored->has_bucket)
        tu_ahead_add(&read->ahead, tu_cells_table(reading->tally->cells, (guint)stored->target),
                     stored->tenant, stored->bucket, dimensions);
}

/* In the order of the rows; keys that were looked up are fewer, since some rows have none. */
static gboolean
visit_read(const Reading *reading, Read *read, GError **error)
{
    guint next = 0;
    tu_ahead_fetch(&read->ahead);
    for (guint i = 0; i < read->n; i++) {
        TuStoredCell *stored = &read->rows[i];
        if (stored->target >= 0 && stored->has_bucket)
            stored->cell = tu_ahead_find(&read->ahead, next++);
        if (!reading->visit(stored, reading->data, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
take_stored(const TuRows *rows, gpointer data, GError **error)
{
    const Reading *reading = data;
    Read read;
    for (guint i = 0; i < rows->n;) {
        read.n = 0;
        tu_ahead_clear(&read.ahead);
        for (; i < rows->n && read.n < TU_AHEAD_KEYS; i++)
            read_one(reading, tu_rows_at(rows, i), &read);
        if (!visit_read(reading, &read, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
take_stored_row(const TuValue *row, gpointer data, GError **error)
{
    TuRows rows = {row, 1, 0};
    return take_stored(&rows, data, error);
}

/* A range of dates as bounds on the bucket column. Instants are read a day wider: clocks differ. */
void
tu_stored_bucket_bounds(const TuDatabase *db, const TuSummaryTable *table, TuDate from, TuDate to,
                        char *from_text, char *to_text, TuValue *ret_bounds)
{
    const gint64 least = TU_DATE_LEAST * TU_DAY_US;
    const gint64 greatest = TU_DATE_GREATEST * TU_DAY_US;
    TuBucket low = MAX(from, TU_DATE_LEAST);
    TuBucket high = MIN(to, TU_DATE_GREATEST);
    if (!tu_grain_is_dated(table->grain)) {
        low = CLAMP((low - 1) * TU_DAY_US, least, greatest);
        high = CLAMP((high + 1) * TU_DAY_US, least, greatest);
    }
    ret_bounds[0] = tu_database_bucket_value(db, table->grain, low, from_text);
    ret_bounds[1] = tu_database_bucket_value(db, table->grain, high, to_text);
    if (to <= TU_DATE_GREATEST - 2)
        return;
    if (ret_bounds[1].type == TU_TYPE_TEXT)
        ret_bounds[1] = tu_value_text(":"); /* after every date that is written */
    else
        ret_bounds[1].integer = TU_TIME_AFTER_ALL;
}

/* Of some tenants only: one statement a tenant, which the table's key answers. */
static gboolean
read_range(Reading *reading, TuDate from, TuDate to, GError **error)
{
    TuDatabase *db = reading->tally->snapshot->keeper->db;
    char from_text[TU_INSTANT_TEXT_BYTES];
    char to_text[TU_INSTANT_TEXT_BYTES];
    TuValue parameters[3];
    if (reading->takes_all) {
        g_autofree char *sql = tu_summary_table_select_all(reading->table);
        return tu_rows_scan(db, sql, NULL, 0, take_stored, reading, error);
    }
    GHashTable *only = reading->tally->only;
    gboolean by_tenant = only != NULL && reading->table->summary->spec->has_tenant;
    g_autofree char *sql = tu_summary_table_select_range(reading->table, by_tenant);
    if (!by_tenant) {
        tu_stored_bucket_bounds(db, reading->table, from, to, from_text, to_text, parameters);
        return tu_rows_scan(db, sql, parameters, 2, take_stored, reading, error);
    }
    g_autoptr(GList) ids = g_hash_table_get_keys(only);
    for (GList *id = ids; id != NULL; id = id->next) {
        parameters[0] = tu_dictionary_value(tu_cells_dictionary(reading->tally->cells),
                                            GPOINTER_TO_UINT(id->data));
        tu_stored_bucket_bounds(db, reading->table, from, to, from_text, to_text, parameters + 1);
        if (!tu_rows_each(db, sql, parameters, 3, FALSE, take_stored_row, reading, error))
            return FALSE;
    }
    return TRUE;
}

/* The most buckets that one statement reads. */
#define BUCKETS_AT_ONCE 32

/* The parameters of one bucket; how many. */
static guint
bucket_parameters(const Reading *reading, const TuSeriesModel *series, const TuNamedBucket *named,
                  char *text, TuValue *parameters)
{
    const TuSummary *spec = reading->table->summary->spec;
    TuTally *tally = reading->tally;
    guint n = 0;
    if (spec->series_column != NULL)
        parameters[n++] = tu_value_text(series->spec->name);
    if (spec->has_tenant)
        parameters[n++] = tu_dictionary_value(tu_cells_dictionary(tally->cells), named->tenant);
    parameters[n++] = tu_database_bucket_value(tally->snapshot->keeper->db, reading->table->grain,
                                               named->bucket, text);
    return n;
}

/* The statement is prepared once and takes the same number of buckets each time. */
static gboolean
read_buckets(Reading *reading, TuStatement **statement, guint n_buckets, GArray *parameters,
             GError **error)
{
    TuDatabase *db = reading->tally->snapshot->keeper->db;
    if (*statement == NULL) {
        g_autofree char *sql = tu_summary_table_select_buckets(db, reading->table, n_buckets);
        if (!tu_database_prepare(db, sql, statement, error))
            return FALSE;
    }
    gboolean is_ok = tu_rows_each_of(*statement, &g_array_index(parameters, TuValue, 0),
                                     parameters->len, take_stored_row, reading, error);
    g_array_set_size(parameters, 0);
    return is_ok;
}

/* Statements that name some buckets each. */
static gboolean
read_few(Reading *reading, const TuSeriesModel *series, const GArray *named, GError **error)
{
    guint rows = tu_database_dialect(reading->tally->snapshot->keeper->db)->rows_per_statement;
    guint most = CLAMP(rows, 1, BUCKETS_AT_ONCE);
    g_autoptr(TuStatement) full = NULL;
    g_autoptr(TuStatement) rest = NULL;
    g_autoptr(GArray) parameters = g_array_new(FALSE, FALSE, sizeof(TuValue));
    char texts[BUCKETS_AT_ONCE][TU_INSTANT_TEXT_BYTES];
    guint n = 0;
    for (guint i = 0; i < named->len; i++) {
        TuValue one[3];
        guint n_values = bucket_parameters(reading, series, &g_array_index(named, TuNamedBucket, i),
                                           texts[n], one);
        g_array_append_vals(parameters, one, n_values);
        if (++n < most)
            continue;
        n = 0;
        if (!read_buckets(reading, &full, most, parameters, error))
            return FALSE;
    }
    return n == 0 || read_buckets(reading, &rest, n, parameters, error);
}

/* The same where a driver takes many keys at once (db/given.h). */
static gboolean
read_given(Reading *reading, const TuSeriesModel *series, const GArray *named, TuGiven *given,
           GError **error)
{
    for (guint i = 0; i < named->len; i++) {
        char text[TU_INSTANT_TEXT_BYTES];
        const TuNamedBucket *bucket = &g_array_index(named, TuNamedBucket, i);
        TuValue one[3];
        (void)bucket_parameters(reading, series, bucket, text, one);
        if (!tu_given_add(given, one, error) ||
            (tu_given_is_full(given) && !tu_given_each(given, take_stored_row, reading, error)))
            return FALSE;
    }
    return tu_given_each(given, take_stored_row, reading, error);
}

static int
compare_named(gconstpointer a, gconstpointer b)
{
    const TuNamedBucket *left = a;
    const TuNamedBucket *right = b;
    if (left->tenant != right->tenant)
        return left->tenant < right->tenant ? -1 : 1;
    return left->bucket < right->bucket ? -1 : left->bucket > right->bucket;
}

/* Tenant by tenant, as they lie in the key. */
static GArray *
sorted_buckets(GHashTable *set)
{
    GArray *named = g_array_new(FALSE, FALSE, sizeof(TuNamedBucket));
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_array_append_vals(named, key, 1);
    g_array_sort(named, compare_named);
    return named;
}

/* So few are named in one statement where others are given. */
#define FEW_BUCKETS 8

static gboolean
read_named(Reading *reading, const TuSeriesModel *series, GError **error)
{
    const TuSummaryTable *table = reading->table;
    const TuWanted *wanted = &reading->tally->wanted[series->target[table->grain]];
    if (wanted->set == NULL)
        return TRUE;
    g_autoptr(GArray) named = sorted_buckets(wanted->set);
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    g_autofree char *list = tu_summary_table_bucket_list(table);
    g_autoptr(TuGiven) given = NULL;
    if (named->len > FEW_BUCKETS &&
        !tu_given_new(reading->tally->snapshot->keeper->db, TU_GIVEN_FIND, table->name,
                      &g_array_index(columns, TuBulkColumn, 0),
                      tu_summary_table_bucket_values(table), 0, list, &given, error))
        return FALSE;
    return given != NULL ? read_given(reading, series, named, given, error)
                         : read_few(reading, series, named, error);
}

/* A range is the same for all series of a table, so it is read once; sets differ, and are read for
 * each. */
gboolean
tu_stored_each_wanted(TuTally *tally, const TuSummaryTable *table, TuStoredVisit visit,
                      gpointer data, GError **error)
{
    Reading reading = {tally, table, visit, data, 0, FALSE};
    for (guint s = 0; s < table->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(table->summary->series, s);
        guint target = (guint)series->target[table->grain];
        const TuWanted *wanted = &tally->wanted[target];
        if (wanted->kind == TU_WANT_RANGE) {
            reading.any_target = target;
            reading.takes_all = wanted->from == G_MININT32 && tally->only == NULL;
            return read_range(&reading, wanted->from, wanted->to, error);
        }
        if (wanted->kind == TU_WANT_SET && !read_named(&reading, series, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- one cell ---- */

/* A table without hidden columns says of its cells only that they have rows. */
gboolean
tu_stored_into_cell(TuTally *tally, guint target, const TuValue *values, TuCell *cell)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    const TuSummaryTable *table = where->series->summary->tables[where->grain];
    const TuLayout *layout = where->series->layout;
    const TuValue *rows = &values[tu_stored_rows_column(table)];
    cell->rows = rows->type == TU_TYPE_INTEGER ? rows->integer : 1;
    for (guint i = 0; i < layout->n_measures; i++) {
        const TuMeasureColumns *columns = &table->summary->measures[i];
        const TuValue *stored = &values[tu_stored_measure_column(table, i)];
        TuValue result = stored[0];
        TuValue n =
            columns->n_column != NULL ? stored[1] : tu_value_integer(result.type != TU_TYPE_NULL);
        TuValue sum = layout->measures[i].kind == TU_MEASURE_AVG ? stored[2] : result;
        if (!tu_cell_from_stored(tu_cells_table(tally->cells, target), cell, i, result, sum, n))
            return FALSE;
    }
    return TRUE;
}

guint
tu_stored_key(TuTally *tally, guint target, const TuCell *cell, char *text, TuValue *ret_values)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    const TuSummaryModel *summary = where->series->summary;
    const TuDictionary *dictionary = tu_cells_dictionary(tally->cells);
    TuValue *next = ret_values;
    if (summary->spec->series_column != NULL)
        *next++ = tu_value_text(where->series->spec->name);
    if (summary->spec->has_tenant)
        *next++ = tu_dictionary_value(dictionary, cell->tenant);
    *next++ =
        tu_database_bucket_value(tally->snapshot->keeper->db, where->grain, cell->bucket, text);
    for (guint i = 0; i < where->series->layout->n_dimensions; i++)
        *next++ = tu_dictionary_value(dictionary, cell->dimensions[i]);
    return (guint)(next - ret_values);
}

/* In the order of the table's columns: key, measures, then the hidden ones. */
void
tu_stored_values(TuTally *tally, guint target, TuCell *cell, char *text, TuValue *ret_values)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    const TuSummaryModel *summary = where->series->summary;
    const TuLayout *layout = where->series->layout;
    TuValue *next = ret_values + tu_stored_key(tally, target, cell, text, ret_values);
    TuValue *hidden = next + layout->n_measures;
    if (summary->rows_column != NULL)
        *hidden++ = tu_value_integer(cell->rows);
    for (guint i = 0; i < layout->n_measures; i++) {
        TuValue sum;
        gint64 n;
        gboolean fits =
            tu_cell_result(tu_cells_table(tally->cells, target), cell, i, next++, &sum, &n);
        g_assert(fits);
        if (summary->measures[i].n_column != NULL)
            *hidden++ = tu_value_integer(n);
        if (summary->measures[i].sum_column != NULL)
            *hidden++ = layout->measures[i].kind == TU_MEASURE_AVG ? sum : TU_NULL_VALUE;
    }
}

static gboolean
is_number(const TuValue *value)
{
    return value->type == TU_TYPE_INTEGER || value->type == TU_TYPE_REAL ||
           value->type == TU_TYPE_DECIMAL || value->type == TU_TYPE_LONG_DECIMAL;
}

static double
nearest_double(const TuValue *value)
{
    g_autofree char *digits = tu_value_to_text(value);
    return g_ascii_strtod(digits, NULL);
}

/* TRUE if `stored` is what a column makes of the value `is`: where NaN is no value of the
 * database's it is NULL; a column of doubles has the nearest one. */
static gboolean
same_value(const TuDialect *dialect, TuValue is, TuValue stored)
{
    is = tu_value_normalise(is);
    if (!dialect->has_nan && is.type == TU_TYPE_REAL && isnan(is.real))
        is = TU_NULL_VALUE;
    if (stored.type == TU_TYPE_REAL && is.type != TU_TYPE_REAL && is_number(&is) &&
        !dialect->has_dynamic_types)
        return stored.real == nearest_double(&is);
    stored = tu_value_normalise(stored);
    if (is_number(&is) && is_number(&stored))
        return tu_value_compare(&is, &stored) == 0;
    return tu_value_equal(&is, &stored);
}

/* Hidden columns count as much as shown ones: the next fold relies on them. */
gboolean
tu_stored_equals(TuTally *tally, guint target, TuCell *cell, const TuValue *values)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    const TuSummaryModel *summary = where->series->summary;
    const TuSummaryTable *table = summary->tables[where->grain];
    const TuLayout *layout = where->series->layout;
    const TuDialect *dialect = tu_database_dialect(tally->snapshot->keeper->db);
    const TuValue *rows = &values[tu_stored_rows_column(table)];
    if (summary->rows_column != NULL && !same_value(dialect, tu_value_integer(cell->rows), *rows))
        return FALSE;
    for (guint i = 0; i < layout->n_measures; i++) {
        const TuValue *stored = &values[tu_stored_measure_column(table, i)];
        TuValue result;
        TuValue sum;
        TuMeasureText text;
        gint64 n;
        if (!tu_measure_result(&layout->measures[i], tu_cell_state(layout, cell, i), &text, &result,
                               &sum, &n) ||
            !same_value(dialect, result, stored[0]))
            return FALSE;
        if (summary->measures[i].n_column != NULL &&
            !same_value(dialect, tu_value_integer(n), stored[1]))
            return FALSE;
        if (summary->measures[i].sum_column != NULL && layout->measures[i].kind == TU_MEASURE_AVG &&
            !same_value(dialect, sum, stored[2]))
            return FALSE;
    }
    return TRUE;
}
