/*
 * Rows are cells of one table a series. What a cell's state cannot tell is beside it: whether
 * anything was added at all (a count of nothing is 0, a sum of NULLs is not), and the stored value
 * itself, which is shown as it is where nothing had to be added up.
 */
#include "cli/query_sums.h"

/* What a row remembers of a measure beside its state in the cell. */
typedef struct {
    TuValue value;   /* the first one, as it is stored: what a row of one cell shows */
    guint32 n_cells; /* added so far, not above G_MAXUINT32 */
    gboolean is_bad;
} Added;

typedef struct {
    guint32 series;
    TuCell *cell; /* its mark is the row's number + 1 */
    Added *added; /* one a measure */
} Row;

struct TuQuerySums {
    guint n_measures;
    TuQueryMeasure *measures;
    GPtrArray *layouts; /* of TuLayout, one a series; a table of the cells each */
    TuCells *cells;
    GPtrArray *rows; /* of Row */
};

/* ---- what a measure is summed as ---- */

static gboolean
is_count(TuMeasureKind kind)
{
    return kind == TU_MEASURE_COUNT || kind == TU_MEASURE_COUNT_DISTINCT;
}

/* The measure of a cell whose rows are stored cells. An average's sum may be longer than the sums
 * that are stored. */
static TuQueryMeasure
summed_as(TuQueryMeasure measure)
{
    static const TuQueryMeasure counts = {TU_MEASURE_SUM, TU_NUMBER_WHOLE, -1};
    if (is_count(measure.kind))
        return counts;
    if (measure.kind == TU_MEASURE_AVG && measure.number == TU_NUMBER_WHOLE)
        return (TuQueryMeasure){TU_MEASURE_AVG, TU_NUMBER_DECIMAL, 0};
    if (measure.kind == TU_MEASURE_AVG && measure.number != TU_NUMBER_DECIMAL)
        return (TuQueryMeasure){TU_MEASURE_AVG, TU_NUMBER_REAL, -1};
    return measure;
}

static TuLayout *
layout_of(guint n_dimensions, const TuQueryMeasure *measures, guint n)
{
    g_autofree TuMeasureKind *kinds = g_new(TuMeasureKind, n);
    g_autofree TuNumberKind *numbers = g_new(TuNumberKind, n);
    g_autofree int *scales = g_new(int, n);
    for (guint i = 0; i < n; i++) {
        TuQueryMeasure measure = summed_as(measures[i]);
        kinds[i] = measure.kind;
        numbers[i] = measure.number;
        scales[i] = measure.scale;
    }
    return tu_layout_new(n_dimensions, kinds, numbers, scales, n);
}

/* ---- rows ---- */

static void
row_free(gpointer data)
{
    Row *row = data;
    g_free(row->added);
    g_free(row);
}

TuQuerySums *
tu_query_sums_new(guint n_dimensions, guint n_series, guint n_measures,
                  const TuQueryMeasure *measures)
{
    TuQuerySums *sums = g_new0(TuQuerySums, 1);
    sums->n_measures = n_measures;
    sums->measures = g_memdup2(measures, (gsize)n_series * n_measures * sizeof *measures);
    sums->layouts = g_ptr_array_new_with_free_func((GDestroyNotify)tu_layout_free);
    for (guint s = 0; s < n_series; s++)
        g_ptr_array_add(sums->layouts,
                        layout_of(n_dimensions,
                                  n_measures > 0 ? &sums->measures[s * n_measures] : NULL,
                                  n_measures));
    sums->cells = tu_cells_new((const TuLayout *const *)(gpointer)sums->layouts->pdata, n_series);
    sums->rows = g_ptr_array_new_with_free_func(row_free);
    return sums;
}

void
tu_query_sums_free(TuQuerySums *sums)
{
    if (sums == NULL)
        return;
    g_ptr_array_unref(sums->rows);
    tu_cells_free(sums->cells);
    g_ptr_array_unref(sums->layouts);
    g_free(sums->measures);
    g_free(sums);
}

TuDictionary *
tu_query_sums_dictionary(TuQuerySums *sums)
{
    return tu_cells_dictionary(sums->cells);
}

guint
tu_query_sums_row(TuQuerySums *sums, const TuQueryKey *key)
{
    const guint32 no_dimension = 0;
    TuCellTable *table = tu_cells_table(sums->cells, key->series);
    const guint32 *dimensions = key->dimensions != NULL ? key->dimensions : &no_dimension;
    TuCell *cell = tu_cell_table_get(table, key->tenant, key->bucket, dimensions);
    if (cell->mark != 0)
        return cell->mark - 1;
    Row *row = g_new0(Row, 1);
    row->series = key->series;
    row->cell = cell;
    row->added = g_new0(Added, sums->n_measures);
    g_ptr_array_add(sums->rows, row);
    cell->mark = sums->rows->len;
    return cell->mark - 1;
}

guint
tu_query_sums_size(const TuQuerySums *sums)
{
    return sums->rows->len;
}

TuQueryKey
tu_query_sums_key(const TuQuerySums *sums, guint row)
{
    const Row *of = g_ptr_array_index(sums->rows, row);
    return (TuQueryKey){of->cell->tenant, of->series, of->cell->bucket, of->cell->dimensions};
}

static TuMeasureKind
kind_of(const TuQuerySums *sums, const Row *row, guint measure)
{
    return sums->measures[row->series * sums->n_measures + measure].kind;
}

/* ---- adding ---- */

/* The part of a row that a stored measure is added to. */
typedef struct {
    TuCellTable *table;
    TuCell *cell;
    guint measure;
    const Added *before; /* as it was */
} Place;

/* Decimals in what is kept as reals: another series made the column so, or an older spec. */
static TuValue
nearest_real(TuValue decimal)
{
    char text[TU_DECIMAL_TEXT_BYTES];
    if (decimal.type == TU_TYPE_LONG_DECIMAL) {
        g_autofree char *digits = g_strndup(decimal.text, decimal.bytes);
        return tu_value_real(g_ascii_strtod(digits, NULL));
    }
    tu_decimal_format(decimal.integer, decimal.scale, text);
    return tu_value_real(g_ascii_strtod(text, NULL));
}

static gboolean
add_input(const Place *place, TuValue input)
{
    const TuLayout *layout = tu_cell_table_layout(place->table);
    if (layout->measures[place->measure].number == TU_NUMBER_REAL &&
        (input.type == TU_TYPE_DECIMAL || input.type == TU_TYPE_LONG_DECIMAL))
        input = nearest_real(input);
    return tu_cell_add(place->table, place->cell, place->measure, input, 1);
}

/* Extremes compare values of all types, and keep them as they are. */
static gboolean
add_value(const Place *place, const TuStoredMeasure *stored)
{
    return tu_cell_add(place->table, place->cell, place->measure, stored->value, 1);
}

static gboolean
add_sum(const Place *place, const TuStoredMeasure *stored)
{
    return add_input(place, stored->value);
}

/* Another series may have made the column one of decimals or reals. */
static gboolean
add_count(const Place *place, const TuStoredMeasure *stored)
{
    TuValue count = tu_value_normalise(stored->value);
    return count.type == TU_TYPE_INTEGER && add_input(place, count);
}

/* The same value may be in several cells. */
static gboolean
add_distinct(const Place *place, const TuStoredMeasure *stored)
{
    return place->before->n_cells == 0 && add_count(place, stored);
}

/* A stored sum stands for n values, not for one. A cell that was not written since its
 * table got the hidden columns has only the average of itself. */
static gboolean
add_avg(const Place *place, const TuStoredMeasure *stored)
{
    TuSumState *state =
        tu_cell_state(tu_cell_table_layout(place->table), place->cell, place->measure);
    TuValue n = tu_value_normalise(stored->n);
    gint64 before = state->n;
    if (n.type != TU_TYPE_INTEGER)
        return place->before->n_cells == 0;
    return (n.integer != 0) == (stored->sum.type != TU_TYPE_NULL) &&
           add_input(place, stored->sum) &&
           !__builtin_add_overflow(before, ABS(n.integer), &state->n);
}

/* A value that outlives the statement it came from. */
static TuValue
keep_value(TuDictionary *dictionary, TuValue value)
{
    if (!tu_value_has_bytes(&value))
        return value;
    return tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, value));
}

gboolean
tu_query_sums_add(TuQuerySums *sums, guint row_number, guint measure, const TuStoredMeasure *stored)
{
    static gboolean (*const add[])(const Place *place, const TuStoredMeasure *stored) = {
        [TU_MEASURE_COUNT] = add_count, [TU_MEASURE_SUM] = add_sum,
        [TU_MEASURE_MIN] = add_value,   [TU_MEASURE_MAX] = add_value,
        [TU_MEASURE_AVG] = add_avg,     [TU_MEASURE_COUNT_DISTINCT] = add_distinct,
    };
    Row *row = g_ptr_array_index(sums->rows, row_number);
    Added *added = &row->added[measure];
    TuMeasureKind kind = kind_of(sums, row, measure);
    Place place = {tu_cells_table(sums->cells, row->series), row->cell, measure, added};
    if (!add[kind](&place, stored))
        added->is_bad = TRUE;
    if (added->n_cells == 0)
        added->value = keep_value(tu_cells_dictionary(sums->cells), stored->value);
    if (added->n_cells < G_MAXUINT32)
        added->n_cells++;
    return !added->is_bad;
}

/* ---- results ---- */

gboolean
tu_query_sums_value(TuQuerySums *sums, guint row_number, guint measure, TuValue *ret_value)
{
    const Row *row = g_ptr_array_index(sums->rows, row_number);
    const Added *added = &row->added[measure];
    TuMeasureKind kind = kind_of(sums, row, measure);
    TuValue sum;
    gint64 n;
    if (added->is_bad)
        return FALSE;
    if (added->n_cells == 0 && (is_count(kind) || kind == TU_MEASURE_SUM)) {
        *ret_value = tu_value_integer(0);
        return TRUE;
    }
    if (added->n_cells == 1) {
        *ret_value = is_count(kind) ? tu_value_normalise(added->value) : added->value;
        return TRUE;
    }
    return tu_cell_result(tu_cells_table(sums->cells, row->series), row->cell, measure, ret_value,
                          &sum, &n);
}

/* ---- order ---- */

static int
compare_numbers(gint64 a, gint64 b)
{
    return (a > b) - (a < b);
}

typedef struct {
    const guint32 *ranks;
    guint n_dimensions;
} Order;

/* Ranks order tenants and dimensions by their values, not by when they came. */
static int
compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const Row *left = *(const Row *const *)a;
    const Row *right = *(const Row *const *)b;
    const guint32 *ranks = ((const Order *)data)->ranks;
    int order = compare_numbers(ranks[left->cell->tenant], ranks[right->cell->tenant]);
    if (order == 0)
        order = compare_numbers(left->series, right->series);
    if (order == 0)
        order = compare_numbers(left->cell->bucket, right->cell->bucket);
    for (guint i = 0; order == 0 && i < ((const Order *)data)->n_dimensions; i++)
        order =
            compare_numbers(ranks[left->cell->dimensions[i]], ranks[right->cell->dimensions[i]]);
    return order;
}

void
tu_query_sums_sort(TuQuerySums *sums)
{
    g_autofree guint32 *ranks = tu_dictionary_ranks(tu_cells_dictionary(sums->cells));
    if (sums->rows->len == 0)
        return;
    const TuLayout *layout = g_ptr_array_index(sums->layouts, 0);
    Order order = {ranks, layout->n_dimensions};
    g_ptr_array_sort_with_data(sums->rows, compare_rows, &order);
    for (guint i = 0; i < sums->rows->len; i++)
        ((Row *)g_ptr_array_index(sums->rows, i))->cell->mark = i + 1;
}
