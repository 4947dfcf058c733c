#include "cells/measures.h"

/* ---- counts ---- */

static gboolean
count_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
          TuDictionary *dictionary, GPtrArray *wides)
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
count_result(const TuLayoutMeasure *measure, const void *state, TuMeasureText *text,
             TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    *ret_n = ((const TuCountState *)state)->n;
    *ret_sum = TU_NULL_VALUE;
    *ret_result = tu_value_integer(*ret_n);
    return TRUE;
}

static gboolean
count_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result, TuValue sum,
                  TuValue n, TuDictionary *dictionary, GPtrArray *wides)
{
    result = tu_value_normalise(result);
    if (result.type != TU_TYPE_INTEGER)
        return FALSE;
    ((TuCountState *)state)->n = result.integer;
    return TRUE;
}

static gboolean
count_folds_exactly(const TuLayoutMeasure *measure, const void *state)
{
    return TRUE;
}

static gboolean
count_is_nothing(const void *state)
{
    return ((const TuCountState *)state)->n == 0;
}

static gboolean
never_folds(const TuLayoutMeasure *measure, const void *state)
{
    return FALSE;
}

/* ---- all rows of a cell: it knows their number itself, and has every row before its measures
 * do ---- */

static gboolean
rows_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
         TuDictionary *dictionary, GPtrArray *wides)
{
    return TRUE;
}

static void
rows_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
}

/* ---- extremes ---- */

/* A decimal is kept as it came: only a number that a table could hold in two forms needs one. */
static gboolean
extreme_add(void *data, TuValue input, int sign, TuDictionary *dictionary)
{
    TuExtremeState *state = data;
    if (input.type == TU_TYPE_REAL)
        input = tu_value_normalise(input);
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    if (state->value.type != TU_TYPE_NULL && sign * tu_value_compare(&input, &state->value) <= 0)
        return TRUE;
    state->value = tu_value_has_bytes(&input)
                       ? tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, input))
                       : input;
    return TRUE;
}

static gboolean
min_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
        TuDictionary *dictionary, GPtrArray *wides)
{
    g_assert(weight == 1);
    return extreme_add(state, input, -1, dictionary);
}

static gboolean
max_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
        TuDictionary *dictionary, GPtrArray *wides)
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
extreme_result(const TuLayoutMeasure *measure, const void *state, TuMeasureText *text,
               TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    *ret_result = ((const TuExtremeState *)state)->value;
    *ret_sum = TU_NULL_VALUE;
    *ret_n = 0;
    return TRUE;
}

static gboolean
extreme_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result, TuValue sum,
                    TuValue n, TuDictionary *dictionary, GPtrArray *wides)
{
    ((TuExtremeState *)state)->value =
        tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, result));
    return TRUE;
}

static gboolean
extreme_is_nothing(const void *state)
{
    return ((const TuExtremeState *)state)->value.type == TU_TYPE_NULL;
}

/* ---- distinct values: the set is beside the cells, the state counts it; a stored count cannot be
 * added to ---- */

static gboolean
distinct_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result, TuValue sum,
                     TuValue n, TuDictionary *dictionary, GPtrArray *wides)
{
    return FALSE;
}

static gboolean
distinct_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
             TuDictionary *dictionary, GPtrArray *wides)
{
    g_assert_not_reached();
}

static void
distinct_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
}

/* ---- which measure does what ---- */

static const TuMeasureMethods count_methods = {
    sizeof(TuCountState), count_add,           count_merge,     count_result,
    count_from_stored,    count_folds_exactly, count_is_nothing};
static const TuMeasureMethods rows_methods = {0,
                                              rows_add,
                                              rows_merge,
                                              count_result,
                                              count_from_stored,
                                              count_folds_exactly,
                                              count_is_nothing};
static const TuMeasureMethods min_methods = {
    sizeof(TuExtremeState), min_add,     min_merge,         extreme_result,
    extreme_from_stored,    never_folds, extreme_is_nothing};
static const TuMeasureMethods max_methods = {
    sizeof(TuExtremeState), max_add,     max_merge,         extreme_result,
    extreme_from_stored,    never_folds, extreme_is_nothing};
static const TuMeasureMethods distinct_methods = {
    sizeof(TuCountState), distinct_add, distinct_merge,  count_result,
    distinct_from_stored, never_folds,  count_is_nothing};

static const TuMeasureMethods *const methods_of[][TU_NUMBER_KINDS] = {
    /* INTEGER, REAL, EITHER, WHOLE, DECIMAL */
    [TU_MEASURE_COUNT] = {&count_methods, &count_methods, &count_methods, &count_methods,
                          &count_methods},
    [TU_MEASURE_SUM] = {&tu_sum_methods, &tu_sum_methods, &tu_sum_methods, &tu_whole_sum_methods,
                        &tu_decimal_sum_methods},
    [TU_MEASURE_AVG] = {&tu_avg_methods, &tu_avg_methods, &tu_avg_methods, &tu_whole_avg_methods,
                        &tu_decimal_avg_methods},
    [TU_MEASURE_MIN] = {&min_methods, &min_methods, &min_methods, &min_methods, &min_methods},
    [TU_MEASURE_MAX] = {&max_methods, &max_methods, &max_methods, &max_methods, &max_methods},
    [TU_MEASURE_COUNT_DISTINCT] = {&distinct_methods, &distinct_methods, &distinct_methods,
                                   &distinct_methods, &distinct_methods},
};

/* ---- layouts ---- */

/* States one behind the other, aligned to 8 bytes; what has none lies in the cell's own. */
static void
place_states(TuLayout *layout)
{
    gsize offset = (sizeof(TuCell) + layout->n_dimensions * sizeof(guint32) + 7) & ~(gsize)7;
    for (guint i = 0; i < layout->n_measures; i++) {
        TuLayoutMeasure *measure = &layout->measures[i];
        gboolean has_state = measure->methods->state_bytes > 0;
        measure->offset = has_state ? offset : G_STRUCT_OFFSET(TuCell, rows);
        offset += measure->methods->state_bytes;
    }
    layout->cell_bytes = offset;
}

TuLayout *
tu_layout_new(guint n_dimensions, const TuMeasureKind *kinds, const TuNumberKind *numbers,
              const int *scales, guint n_measures)
{
    TuLayout *layout = g_new0(TuLayout, 1);
    layout->n_dimensions = n_dimensions;
    layout->n_measures = n_measures;
    layout->measures = g_new0(TuLayoutMeasure, n_measures);
    for (guint i = 0; i < n_measures; i++) {
        layout->measures[i] = (TuLayoutMeasure){
            .kind = kinds[i],
            .number = numbers[i],
            .scale = scales != NULL ? scales[i] : -1,
            .methods = methods_of[kinds[i]][numbers[i]],
        };
        layout->has_distinct |= kinds[i] == TU_MEASURE_COUNT_DISTINCT;
    }
    place_states(layout);
    return layout;
}

void
tu_layout_count_rows(TuLayout *layout, guint measure)
{
    g_assert(layout->measures[measure].kind == TU_MEASURE_COUNT);
    layout->measures[measure].methods = &rows_methods;
    place_states(layout);
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
    return measure->methods->add(measure, state, input, weight, dictionary, wides);
}

void
tu_measure_merge(const TuLayoutMeasure *measure, void *into, const void *from, int weight,
                 GPtrArray *wides)
{
    measure->methods->merge(into, from, weight, wides);
}

gboolean
tu_measure_result(const TuLayoutMeasure *measure, const void *state, TuMeasureText *text,
                  TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    return measure->methods->result(measure, state, text, ret_result, ret_sum, ret_n);
}

gboolean
tu_measure_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result, TuValue sum,
                       TuValue n, TuDictionary *dictionary, GPtrArray *wides)
{
    return measure->methods->from_stored(measure, state, result, sum, n, dictionary, wides);
}

gboolean
tu_measure_folds_exactly(const TuLayoutMeasure *measure, const void *state)
{
    return measure->methods->folds_exactly(measure, state);
}

gboolean
tu_measure_is_nothing(const TuLayoutMeasure *measure, const void *state)
{
    return measure->methods->is_nothing(state);
}
