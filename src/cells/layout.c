#include "cells/layout.h"

#include <math.h>
#include <string.h>

/* Beyond this an integer sum and the double nearest to it may differ. */
#define EXACT_DOUBLE (G_GINT64_CONSTANT(1) << 53)

static gboolean
is_exact_double(gint64 integer)
{
    return integer >= -EXACT_DOUBLE && integer <= EXACT_DOUBLE;
}

/* ---- counts ---- */

static gboolean
count_add(void *state, TuValue input, int weight, TuDictionary *dictionary, GPtrArray *wides)
{
    ((TuCountState *)state)->n += weight;
    return TRUE;
}

static void
count_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
    ((TuCountState *)into)->n += weight * ((const TuCountState *)from)->n;
}

static gboolean
count_result(const TuLayoutMeasure *measure, const void *state, TuValue *ret_result,
             TuValue *ret_sum, gint64 *ret_n)
{
    *ret_n = ((const TuCountState *)state)->n;
    *ret_sum = TU_NULL_VALUE;
    *ret_result = tu_value_integer(*ret_n);
    return TRUE;
}

static gboolean
count_from_stored(void *state, TuValue result, TuValue sum, TuValue n, TuDictionary *dictionary)
{
    if (result.type != TU_TYPE_INTEGER)
        return FALSE;
    ((TuCountState *)state)->n = result.integer;
    return TRUE;
}

/* ---- sums, and averages, which are a sum and a count ---- */

void
tu_wide_free(gpointer data)
{
    TuWide *wide = data;
    tu_exact_clear(&wide->real);
    g_free(wide);
}

static TuWide *
wide_of(TuSumState *state, GPtrArray *wides)
{
    if (state->wide == NULL) {
        state->wide = g_new0(TuWide, 1);
        g_ptr_array_add(wides, state->wide);
    }
    return state->wide;
}

static void
add_integer(TuSumState *state, gint64 x, int weight, GPtrArray *wides)
{
    gint64 signed_x;
    if (!__builtin_mul_overflow(x, weight, &signed_x) &&
        !__builtin_add_overflow(state->integer, signed_x, &signed_x))
        state->integer = signed_x;
    else
        wide_of(state, wides)->integer += (__int128)x * weight;
}

/* Integral reals up to 2^53 are added as integers, so that sums of them can be folded; larger ones
 * stay reals, whose sum has no overflow. */
static TuValue
as_summand(TuValue input)
{
    gboolean is_large = input.type == TU_TYPE_REAL && fabs(input.real) > (double)EXACT_DOUBLE;
    return is_large ? input : tu_value_normalise(input);
}

static gboolean
sum_add(void *data, TuValue input, int weight, TuDictionary *dictionary, GPtrArray *wides)
{
    TuSumState *state = data;
    input = as_summand(input);
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    if (input.type == TU_TYPE_INTEGER) {
        add_integer(state, input.integer, weight, wides);
    } else if (input.type == TU_TYPE_REAL) {
        TuWide *wide = wide_of(state, wides);
        tu_exact_add(&wide->real, input.real, weight);
        wide->n_real += weight;
    } else {
        return FALSE;
    }
    state->n += weight;
    return TRUE;
}

static void
sum_merge(void *data, const void *other, int weight, GPtrArray *wides)
{
    TuSumState *into = data;
    const TuSumState *from = other;
    add_integer(into, from->integer, weight, wides);
    into->n += weight * from->n;
    if (from->wide == NULL)
        return;
    TuWide *wide = wide_of(into, wides);
    wide->integer += weight * from->wide->integer;
    wide->n_real += weight * from->wide->n_real;
    g_assert(weight == 1 || from->wide->n_real == 0);
    tu_exact_merge(&wide->real, &from->wide->real);
}

static double
sum_as_double(const TuSumState *state)
{
    if (state->wide == NULL && is_exact_double(state->integer))
        return (double)state->integer;
    TuExact total = {0};
    tu_exact_add_integer(&total, state->integer);
    if (state->wide != NULL) {
        tu_exact_add_integer(&total, state->wide->integer);
        tu_exact_merge(&total, &state->wide->real);
    }
    double nearest = tu_exact_round(&total);
    tu_exact_clear(&total);
    return nearest;
}

static gboolean
sum_value(const TuLayoutMeasure *measure, const TuSumState *state, TuValue *ret_sum)
{
    if (measure->number == TU_NUMBER_REAL || (state->wide != NULL && state->wide->n_real != 0)) {
        *ret_sum = tu_value_real(sum_as_double(state));
        return TRUE;
    }
    __int128 total = state->integer;
    if (state->wide != NULL)
        total += state->wide->integer;
    *ret_sum = tu_value_integer((gint64)total);
    return total == (gint64)total;
}

static gboolean
sum_result(const TuLayoutMeasure *measure, const void *data, TuValue *ret_result, TuValue *ret_sum,
           gint64 *ret_n)
{
    const TuSumState *state = data;
    *ret_n = state->n;
    *ret_sum = TU_NULL_VALUE;
    gboolean fits = state->n == 0 || sum_value(measure, state, ret_sum);
    *ret_result = *ret_sum;
    return fits;
}

/* The sum as the nearest double, divided once: what SQLite's avg gives for integers. */
static gboolean
avg_result(const TuLayoutMeasure *measure, const void *data, TuValue *ret_result, TuValue *ret_sum,
           gint64 *ret_n)
{
    const TuSumState *state = data;
    gboolean fits = sum_result(measure, data, ret_result, ret_sum, ret_n);
    if (state->n != 0)
        *ret_result = tu_value_real(sum_as_double(state) / (double)state->n);
    return fits;
}

static gboolean
sum_from_stored(void *data, TuValue result, TuValue sum, TuValue n, TuDictionary *dictionary)
{
    TuSumState *state = data;
    sum = tu_value_normalise(sum);
    if (n.type != TU_TYPE_INTEGER || (n.integer != 0) != (sum.type != TU_TYPE_NULL))
        return FALSE;
    if (sum.type != TU_TYPE_INTEGER && sum.type != TU_TYPE_NULL)
        return FALSE;
    state->n = n.integer;
    state->integer = sum.type == TU_TYPE_INTEGER ? sum.integer : 0;
    return TRUE;
}

/* ---- extremes ---- */

static gboolean
extreme_add(void *data, TuValue input, int sign, TuDictionary *dictionary)
{
    TuExtremeState *state = data;
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    input = tu_value_normalise(input);
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    if (state->value.type != TU_TYPE_NULL && sign * tu_value_compare(&input, &state->value) <= 0)
        return TRUE;
    gboolean has_bytes = input.type == TU_TYPE_TEXT || input.type == TU_TYPE_BLOB;
    state->value = has_bytes ? tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, input))
                             : input;
    return TRUE;
}

static gboolean
min_add(void *state, TuValue input, int weight, TuDictionary *dictionary, GPtrArray *wides)
{
    g_assert(weight == 1);
    return extreme_add(state, input, -1, dictionary);
}

static gboolean
max_add(void *state, TuValue input, int weight, TuDictionary *dictionary, GPtrArray *wides)
{
    g_assert(weight == 1);
    return extreme_add(state, input, 1, dictionary);
}

static void
extreme_merge(void *into, const void *from, int sign)
{
    TuExtremeState *state = into;
    const TuValue *value = &((const TuExtremeState *)from)->value;
    if (value->type != TU_TYPE_NULL &&
        (state->value.type == TU_TYPE_NULL || sign * tu_value_compare(value, &state->value) > 0))
        state->value = *value;
}

static void
min_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
    g_assert(weight == 1);
    extreme_merge(into, from, -1);
}

static void
max_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
    g_assert(weight == 1);
    extreme_merge(into, from, 1);
}

static gboolean
extreme_result(const TuLayoutMeasure *measure, const void *state, TuValue *ret_result,
               TuValue *ret_sum, gint64 *ret_n)
{
    *ret_result = ((const TuExtremeState *)state)->value;
    *ret_sum = TU_NULL_VALUE;
    *ret_n = 0;
    return TRUE;
}

static gboolean
extreme_from_stored(void *state, TuValue result, TuValue sum, TuValue n, TuDictionary *dictionary)
{
    ((TuExtremeState *)state)->value =
        tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, result));
    return TRUE;
}

/* ---- distinct values: the set is beside the cells, the state counts it; a stored count cannot be
 * added to ---- */

static gboolean
distinct_from_stored(void *state, TuValue result, TuValue sum, TuValue n,
                     TuDictionary *dictionary)
{
    return FALSE;
}

static gboolean
distinct_add(void *state, TuValue input, int weight, TuDictionary *dictionary, GPtrArray *wides)
{
    g_assert_not_reached();
}

static void
distinct_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
}

static const struct {
    gsize state_bytes;
    gboolean (*add)(void *state, TuValue input, int weight, TuDictionary *dictionary,
                    GPtrArray *wides);
    void (*merge)(void *into, const void *from, int weight, GPtrArray *wides);
    gboolean (*result)(const TuLayoutMeasure *measure, const void *state, TuValue *ret_result,
                       TuValue *ret_sum, gint64 *ret_n);
    gboolean (*from_stored)(void *state, TuValue result, TuValue sum, TuValue n,
                            TuDictionary *dictionary);
} measures[] = {
    [TU_MEASURE_COUNT] = {sizeof(TuCountState), count_add, count_merge, count_result,
                          count_from_stored},
    [TU_MEASURE_SUM] = {sizeof(TuSumState), sum_add, sum_merge, sum_result, sum_from_stored},
    [TU_MEASURE_AVG] = {sizeof(TuSumState), sum_add, sum_merge, avg_result, sum_from_stored},
    [TU_MEASURE_MIN] = {sizeof(TuExtremeState), min_add, min_merge, extreme_result,
                        extreme_from_stored},
    [TU_MEASURE_MAX] = {sizeof(TuExtremeState), max_add, max_merge, extreme_result,
                        extreme_from_stored},
    [TU_MEASURE_COUNT_DISTINCT] = {sizeof(TuCountState), distinct_add, distinct_merge,
                                   count_result, distinct_from_stored},
};

TuLayout *
tu_layout_new(guint n_dimensions, const TuMeasureKind *kinds, const TuNumberKind *numbers,
              guint n_measures)
{
    TuLayout *layout = g_new0(TuLayout, 1);
    layout->n_dimensions = n_dimensions;
    layout->n_measures = n_measures;
    layout->measures = g_new0(TuLayoutMeasure, n_measures);
    gsize offset = (sizeof(TuCell) + n_dimensions * sizeof(guint32) + 7) & ~(gsize)7;
    for (guint i = 0; i < n_measures; i++) {
        layout->measures[i] = (TuLayoutMeasure){kinds[i], numbers[i], offset};
        layout->has_distinct |= kinds[i] == TU_MEASURE_COUNT_DISTINCT;
        offset += measures[kinds[i]].state_bytes;
    }
    layout->cell_bytes = offset;
    return layout;
}

void
tu_layout_free(TuLayout *layout)
{
    if (layout != NULL)
        g_free(layout->measures);
    g_free(layout);
}

gboolean
tu_measure_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
               TuDictionary *dictionary, GPtrArray *wides)
{
    return measures[measure->kind].add(state, input, weight, dictionary, wides);
}

void
tu_measure_merge(const TuLayoutMeasure *measure, void *into, const void *from, int weight,
                 GPtrArray *wides)
{
    measures[measure->kind].merge(into, from, weight, wides);
}

gboolean
tu_measure_result(const TuLayoutMeasure *measure, const void *state, TuValue *ret_result,
                  TuValue *ret_sum, gint64 *ret_n)
{
    return measures[measure->kind].result(measure, state, ret_result, ret_sum, ret_n);
}

gboolean
tu_measure_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result, TuValue sum,
                       TuValue n, TuDictionary *dictionary)
{
    return measures[measure->kind].from_stored(state, result, sum, n, dictionary);
}

gboolean
tu_measure_folds_exactly(const TuLayoutMeasure *measure, const void *state)
{
    switch (measure->kind) {
    case TU_MEASURE_COUNT:
        return TRUE;
    case TU_MEASURE_SUM:
    case TU_MEASURE_AVG: {
        const TuSumState *sum = state;
        return measure->number != TU_NUMBER_REAL && sum->wide == NULL &&
               is_exact_double(sum->integer);
    }
    case TU_MEASURE_MIN:
    case TU_MEASURE_MAX:
    case TU_MEASURE_COUNT_DISTINCT:
        return FALSE;
    }
    g_assert_not_reached();
}
