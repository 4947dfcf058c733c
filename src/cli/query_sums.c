#include "cli/query_sums.h"

#include <string.h>

/* What a row remembers of one measure. */
typedef struct {
    __int128 integer;
    TuExact *real;    /* the floats among what was added; NULL: none */
    TuValue value;    /* min, max; the one value of what cannot be added up */
    gint64 n;         /* avg: values behind the sum */
    guint32 n_cells;  /* added so far, not above G_MAXUINT32 */
    gboolean is_null; /* no value was added yet */
    gboolean is_bad;
} State;

typedef struct {
    guint32 tenant, series;
    TuBucket bucket;
    const guint32 *dimensions;
    guint n_dimensions;
    State *states;
} Row;

struct TuQuerySums {
    TuDictionary *dictionary;
    guint n_dimensions, n_measures;
    GPtrArray *rows;    /* of Row */
    GHashTable *by_key; /* Row -> number + 1 */
};

static guint
row_hash(gconstpointer data)
{
    const Row *row = data;
    guint64 hash = (guint64)row->bucket ^ ((guint64)row->tenant << 32) ^ row->series;
    for (guint i = 0; i <= row->n_dimensions; i++) {
        hash *= G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);
        hash ^= (hash >> 29) ^ (i < row->n_dimensions ? row->dimensions[i] : 0);
    }
    return (guint)(hash >> 32) ^ (guint)hash;
}

static gboolean
row_equal(gconstpointer a, gconstpointer b)
{
    const Row *left = a;
    const Row *right = b;
    return left->bucket == right->bucket && left->tenant == right->tenant &&
           left->series == right->series &&
           (left->n_dimensions == 0 ||
            memcmp(left->dimensions, right->dimensions, left->n_dimensions * sizeof(guint32)) == 0);
}

TuQuerySums *
tu_query_sums_new(guint n_dimensions, guint n_measures)
{
    TuQuerySums *sums = g_new0(TuQuerySums, 1);
    sums->dictionary = tu_dictionary_new();
    sums->n_dimensions = n_dimensions;
    sums->n_measures = n_measures;
    sums->rows = g_ptr_array_new();
    sums->by_key = g_hash_table_new(row_hash, row_equal);
    return sums;
}

static void
row_free(Row *row, guint n_measures)
{
    for (guint i = 0; i < n_measures; i++) {
        if (row->states[i].real != NULL)
            tu_exact_clear(row->states[i].real);
        g_free(row->states[i].real);
    }
    g_free(row->states);
    g_free((gpointer)(gsize)row->dimensions);
    g_free(row);
}

void
tu_query_sums_free(TuQuerySums *sums)
{
    if (sums == NULL)
        return;
    for (guint i = 0; i < sums->rows->len; i++)
        row_free(g_ptr_array_index(sums->rows, i), sums->n_measures);
    g_hash_table_unref(sums->by_key);
    g_ptr_array_unref(sums->rows);
    tu_dictionary_free(sums->dictionary);
    g_free(sums);
}

TuDictionary *
tu_query_sums_dictionary(TuQuerySums *sums)
{
    return sums->dictionary;
}

guint
tu_query_sums_row(TuQuerySums *sums, const TuQueryKey *key)
{
    Row wanted = {key->tenant, key->series, key->bucket, key->dimensions, sums->n_dimensions, NULL};
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(sums->by_key, &wanted));
    if (number != 0)
        return number - 1;
    Row *row = g_memdup2(&wanted, sizeof wanted);
    row->dimensions = g_memdup2(key->dimensions, sums->n_dimensions * sizeof(guint32));
    row->states = g_new0(State, sums->n_measures);
    for (guint i = 0; i < sums->n_measures; i++)
        row->states[i].is_null = TRUE;
    g_ptr_array_add(sums->rows, row);
    g_hash_table_insert(sums->by_key, row, GUINT_TO_POINTER(sums->rows->len));
    return sums->rows->len - 1;
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
    return (TuQueryKey){of->tenant, of->series, of->bucket, of->dimensions};
}

/* ---- adding ---- */

/* 2^63 cells of the largest integer fit in 128 bits, so this never wraps. */
static gboolean
add_number(State *state, const TuValue *value)
{
    if (value->type == TU_TYPE_NULL)
        return TRUE;
    if (value->type == TU_TYPE_INTEGER) {
        state->integer += value->integer;
    } else if (value->type == TU_TYPE_REAL) {
        if (state->real == NULL)
            state->real = g_new0(TuExact, 1);
        tu_exact_add(state->real, value->real, 1);
    } else {
        return FALSE;
    }
    state->is_null = FALSE;
    return TRUE;
}

static gboolean
add_count(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    return stored->value.type == TU_TYPE_INTEGER && add_number(state, &stored->value);
}

static gboolean
add_sum(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    return add_number(state, &stored->value);
}

/* A value that outlives the statement it came from. */
static TuValue
keep_value(TuDictionary *dictionary, TuValue value)
{
    if (value.type != TU_TYPE_TEXT && value.type != TU_TYPE_BLOB)
        return value;
    return tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, value));
}

static gboolean
add_extreme(State *state, TuValue value, int sign, TuDictionary *dictionary)
{
    if (value.type == TU_TYPE_NULL ||
        (!state->is_null && sign * tu_value_compare(&value, &state->value) <= 0))
        return TRUE;
    state->value = keep_value(dictionary, value);
    state->is_null = FALSE;
    return TRUE;
}

static gboolean
add_min(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    return add_extreme(state, stored->value, -1, dictionary);
}

static gboolean
add_max(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    return add_extreme(state, stored->value, 1, dictionary);
}

/* The value of the only cell is kept as it is; with a second one the hidden columns count. */
static gboolean
add_avg(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    gboolean has_hidden = stored->n.type == TU_TYPE_INTEGER;
    state->value = keep_value(dictionary, stored->value);
    state->is_null = FALSE;
    if (!has_hidden)
        return state->n_cells == 0;
    return !__builtin_add_overflow(state->n, stored->n.integer, &state->n) &&
           add_number(state, &stored->sum);
}

static gboolean
add_distinct(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary)
{
    return state->n_cells == 0 && add_count(state, stored, dictionary);
}

/* ---- results ---- */

static double
nearest_double(const State *state)
{
    TuExact total = {0};
    tu_exact_add_integer(&total, state->integer);
    if (state->real != NULL)
        tu_exact_merge(&total, state->real);
    double nearest = tu_exact_round(&total);
    tu_exact_clear(&total);
    return nearest;
}

static gboolean
sum_value(const State *state, TuValue *ret_value)
{
    gboolean fits = state->real != NULL || state->integer == (gint64)state->integer;
    if (state->is_null)
        *ret_value = state->n_cells == 0 ? tu_value_integer(0) : TU_NULL_VALUE;
    else if (state->real != NULL)
        *ret_value = tu_value_real(nearest_double(state));
    else
        *ret_value = tu_value_integer((gint64)state->integer);
    return fits;
}

static gboolean
extreme_value(const State *state, TuValue *ret_value)
{
    *ret_value = state->is_null ? TU_NULL_VALUE : state->value;
    return TRUE;
}

/* The sum as the nearest double, divided once, as the summary itself has it. */
static gboolean
avg_value(const State *state, TuValue *ret_value)
{
    if (state->n_cells <= 1)
        return extreme_value(state, ret_value);
    *ret_value =
        state->n == 0 ? TU_NULL_VALUE : tu_value_real(nearest_double(state) / (double)state->n);
    return TRUE;
}

static const struct {
    gboolean (*add)(State *state, const TuStoredMeasure *stored, TuDictionary *dictionary);
    gboolean (*value)(const State *state, TuValue *ret_value);
} measures[] = {
    [TU_MEASURE_COUNT] = {add_count, sum_value},
    [TU_MEASURE_SUM] = {add_sum, sum_value},
    [TU_MEASURE_MIN] = {add_min, extreme_value},
    [TU_MEASURE_MAX] = {add_max, extreme_value},
    [TU_MEASURE_AVG] = {add_avg, avg_value},
    [TU_MEASURE_COUNT_DISTINCT] = {add_distinct, sum_value},
};

gboolean
tu_query_sums_add(TuQuerySums *sums, guint row, guint measure, TuMeasureKind kind,
                  const TuStoredMeasure *stored)
{
    State *state = &((Row *)g_ptr_array_index(sums->rows, row))->states[measure];
    if (!measures[kind].add(state, stored, sums->dictionary))
        state->is_bad = TRUE;
    if (state->n_cells < G_MAXUINT32)
        state->n_cells++;
    return !state->is_bad;
}

gboolean
tu_query_sums_value(const TuQuerySums *sums, guint row, guint measure, TuMeasureKind kind,
                    TuValue *ret_value)
{
    const State *state = &((const Row *)g_ptr_array_index(sums->rows, row))->states[measure];
    if (state->is_bad)
        return FALSE;
    return measures[kind].value(state, ret_value);
}

/* ---- order ---- */

static int
compare_numbers(gint64 a, gint64 b)
{
    return (a > b) - (a < b);
}

static int
compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const Row *left = *(const Row *const *)a;
    const Row *right = *(const Row *const *)b;
    const guint32 *ranks = data;
    int order = compare_numbers(ranks[left->tenant], ranks[right->tenant]);
    if (order == 0)
        order = compare_numbers(left->series, right->series);
    if (order == 0)
        order = compare_numbers(left->bucket, right->bucket);
    for (guint i = 0; order == 0 && i < left->n_dimensions; i++)
        order = compare_numbers(ranks[left->dimensions[i]], ranks[right->dimensions[i]]);
    return order;
}

void
tu_query_sums_sort(TuQuerySums *sums)
{
    g_autofree guint32 *ranks = tu_dictionary_ranks(sums->dictionary);
    g_ptr_array_sort_with_data(sums->rows, compare_rows, ranks);
    for (guint i = 0; i < sums->rows->len; i++)
        g_hash_table_insert(sums->by_key, g_ptr_array_index(sums->rows, i),
                            GUINT_TO_POINTER(i + 1));
}
