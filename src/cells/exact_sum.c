/*
 * Sums and averages of typed databases: of integers (WHOLE) and of decimals (DECIMAL). They are
 * exact in 128 bits, so rows and cells can be taken away again whatever their size.
 *
 *   WHOLE     TuSumState      scale 0; stored as an integer of 64 bits
 *   DECIMAL   TuDecimalState  the largest scale met, and not less than the declared one
 *
 * The only reals that stay reals here are NaN and the infinities, which PostgreSQL's numeric has.
 * They are counted beside the sum, so that they too can be taken away.
 */
#include <math.h>

#include "cells/measures.h"

/* What inputs of a scale that is not declared are taken to have, for their average's. */
#define UNDECLARED_SCALE 10

/* A double above this may stand for a sum that was rounded when it was stored. */
#define EXACT_DOUBLE 0x1p53

/* ---- rows ---- */

static void
add_total(TuSumState *state, __int128 x, GPtrArray *wides)
{
    if (x == (gint64)x)
        tu_sum_add_integer(state, (gint64)x, 1, wides);
    else
        tu_sum_add_wide(state, x, wides);
}

static gboolean
whole_add(const TuLayoutMeasure *measure, void *data, TuValue input, int weight,
          TuDictionary *dictionary, GPtrArray *wides)
{
    TuSumState *state = data;
    __int128 digits;
    guint32 scale;
    if (input.type == TU_TYPE_INTEGER) {
        tu_sum_add_integer(state, input.integer, weight, wides);
        state->n += weight;
        return TRUE;
    }
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    input = tu_value_normalise(input);
    if (!tu_decimal_digits(&input, &digits, &scale) || scale != 0)
        return FALSE;
    add_total(state, digits * weight, wides);
    state->n += weight;
    return TRUE;
}

/* Brings what is summed to a larger scale. */
static void
raise_scale(TuDecimalState *state, guint32 scale, GPtrArray *wides)
{
    __int128 total;
    if (scale <= state->scale)
        return;
    if (!tu_sum_total(&state->sum, &total) || !tu_decimal_shift(&total, scale - state->scale)) {
        tu_sum_wide(&state->sum, wides)->is_beyond = TRUE;
        total = 0;
    }
    state->scale = scale;
    state->sum.integer = 0;
    if (state->sum.wide != NULL)
        state->sum.wide->integer = 0;
    add_total(&state->sum, total, wides);
}

/* A number that is not of the state's scale. FALSE: it is none, or has too many digits. */
static gboolean
add_scaled(const TuLayoutMeasure *measure, TuDecimalState *state, const TuValue *input, int weight,
           GPtrArray *wides)
{
    __int128 digits;
    guint32 scale;
    if (!tu_decimal_digits(input, &digits, &scale))
        return FALSE;
    raise_scale(state, MAX(scale, (guint32)MAX(measure->scale, 0)), wides);
    if (tu_decimal_shift(&digits, state->scale - scale))
        add_total(&state->sum, digits * weight, wides);
    else
        tu_sum_wide(&state->sum, wides)->is_beyond = TRUE;
    return TRUE;
}

static gboolean
decimal_add(const TuLayoutMeasure *measure, void *data, TuValue input, int weight,
            TuDictionary *dictionary, GPtrArray *wides)
{
    TuDecimalState *state = data;
    if (input.type == TU_TYPE_DECIMAL && input.scale == state->scale &&
        (int)input.scale >= measure->scale) {
        tu_sum_add_integer(&state->sum, input.integer, weight, wides);
        state->sum.n += weight;
        return TRUE;
    }
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    if (input.type == TU_TYPE_REAL)
        input = tu_value_normalise(input);
    if (input.type == TU_TYPE_REAL && !isfinite(input.real))
        tu_exact_add(&tu_sum_wide(&state->sum, wides)->real, input.real, weight);
    else if (!add_scaled(measure, state, &input, weight, wides))
        return FALSE;
    state->sum.n += weight;
    return TRUE;
}

/* ---- cells ---- */

/* `shift` brings `from` to the scale of `into`. */
static void
merge_totals(TuSumState *into, const TuSumState *from, guint32 shift, int weight, GPtrArray *wides)
{
    __int128 total;
    into->n += weight * from->n;
    if (tu_sum_total(from, &total) && tu_decimal_shift(&total, shift))
        add_total(into, total * weight, wides);
    else
        tu_sum_wide(into, wides)->is_beyond = TRUE;
    if (from->wide == NULL)
        return;
    TuExact *real = &tu_sum_wide(into, wides)->real;
    real->n_nan += weight * from->wide->real.n_nan;
    real->n_positive_infinity += weight * from->wide->real.n_positive_infinity;
    real->n_negative_infinity += weight * from->wide->real.n_negative_infinity;
}

static void
whole_merge(void *into, const void *from, int weight, GPtrArray *wides)
{
    merge_totals(into, from, 0, weight, wides);
}

static void
decimal_merge(void *data, const void *other, int weight, GPtrArray *wides)
{
    TuDecimalState *into = data;
    const TuDecimalState *from = other;
    raise_scale(into, from->scale, wides);
    merge_totals(&into->sum, &from->sum, into->scale - from->scale, weight, wides);
}

/* ---- what is stored ---- */

static gboolean
has_infinite(const TuSumState *state)
{
    return state->wide != NULL &&
           (state->wide->real.n_nan != 0 || state->wide->real.n_positive_infinity != 0 ||
            state->wide->real.n_negative_infinity != 0);
}

static guint32
scale_of(const TuLayoutMeasure *measure, const void *state)
{
    return measure->number == TU_NUMBER_WHOLE ? 0 : ((const TuDecimalState *)state)->scale;
}

static gboolean
sum_value(const TuLayoutMeasure *measure, const TuSumState *state, char *text, TuValue *ret_sum)
{
    __int128 total;
    if (has_infinite(state)) {
        *ret_sum = tu_value_real(tu_exact_round(&state->wide->real));
        return TRUE;
    }
    if (!tu_sum_total(state, &total) || total >= TU_SUM_LIMIT || total <= -TU_SUM_LIMIT)
        return FALSE;
    if (measure->number == TU_NUMBER_WHOLE) {
        *ret_sum = tu_value_integer((gint64)total);
        return total == (gint64)total;
    }
    *ret_sum = tu_decimal_value(total, scale_of(measure, state), text);
    return TRUE;
}

static gboolean
sum_result(const TuLayoutMeasure *measure, const void *data, TuMeasureText *text,
           TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    const TuSumState *state = data;
    *ret_n = state->n;
    *ret_sum = TU_NULL_VALUE;
    gboolean fits = state->n == 0 || sum_value(measure, state, text->sum, ret_sum);
    *ret_result = *ret_sum;
    return fits;
}

/* |total| / 10^*scale / n, rounded half up (so the average is half away from zero) to the scale
 * `to`: long division, digit by digit, since 10^to times the total need not fit 128 bits. An
 * average that ends before it would get too long keeps the scale it has, *scale. FALSE: it is too
 * long. */
static gboolean
divide(unsigned __int128 total, guint32 *scale, guint64 n, guint32 to, __int128 *ret_average)
{
    __int128 power = 1;
    if (*scale > to && !tu_decimal_shift(&power, *scale - to))
        return FALSE;
    unsigned __int128 cut_off = total % (unsigned __int128)power;
    unsigned __int128 average = total / (unsigned __int128)power;
    unsigned __int128 rest = average % n;
    average /= n;
    *scale = MIN(*scale, to);
    for (; *scale < to && (rest != 0 || average < TU_SUM_LIMIT / 10); (*scale)++) {
        if (average >= TU_SUM_LIMIT / 10)
            return FALSE;
        rest *= 10;
        average = average * 10 + rest / n;
        rest %= n;
    }
    /* (rest + cut_off / power) / n is a half or more; where rest alone falls short by less than 1,
     * what was cut off decides. */
    gboolean is_half =
        2 * rest >= n || (2 * rest + 1 == n && 2 * cut_off >= (unsigned __int128)power);
    *ret_average = (__int128)(average + (is_half ? 1 : 0));
    return *ret_average < TU_SUM_LIMIT;
}

static gboolean
avg_value(const TuLayoutMeasure *measure, const TuSumState *state, char *text, TuValue *ret_average)
{
    __int128 total, average;
    guint32 scale = scale_of(measure, state);
    gboolean is_told = tu_sum_total(state, &total);
    gboolean is_negative = (total < 0) != (state->n < 0);
    guint declared = measure->number == TU_NUMBER_WHOLE ? 0
                     : measure->scale < 0               ? UNDECLARED_SCALE
                                                        : (guint)measure->scale;
    if (!is_told ||
        !divide((unsigned __int128)(total < 0 ? -total : total), &scale, (guint64)ABS(state->n),
                MIN(declared + TU_AVERAGE_DIGITS, TU_SCALE_LIMIT), &average))
        return FALSE;
    *ret_average = tu_decimal_value(is_negative ? -average : average, scale, text);
    return TRUE;
}

static gboolean
avg_result(const TuLayoutMeasure *measure, const void *data, TuMeasureText *text,
           TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    const TuSumState *state = data;
    if (!sum_result(measure, data, text, ret_result, ret_sum, ret_n))
        return FALSE;
    return state->n == 0 || ret_sum->type == TU_TYPE_REAL ||
           avg_value(measure, state, text->result, ret_result);
}

/* ---- from what is stored ---- */

static gboolean
exact_from_stored(const TuLayoutMeasure *measure, void *data, TuValue result, TuValue sum,
                  TuValue n, TuDictionary *dictionary, GPtrArray *wides)
{
    TuSumState *state = data;
    if (n.type != TU_TYPE_INTEGER || (n.integer != 0) != (sum.type != TU_TYPE_NULL))
        return FALSE;
    if (sum.type == TU_TYPE_REAL && !(fabs(sum.real) <= EXACT_DOUBLE))
        return FALSE;
    if (measure->number == TU_NUMBER_WHOLE || sum.type == TU_TYPE_REAL)
        sum = tu_value_normalise(sum);
    if (sum.type == TU_TYPE_REAL)
        return FALSE;
    if (!measure->methods->add(measure, state, sum, 1, dictionary, wides))
        return FALSE;
    state->n = n.integer;
    return TRUE;
}

/* ---- folding ---- */

/* What could not be stored is not folded either: it is counted anew, which tells what is wrong. */
static gboolean
exact_folds(const TuLayoutMeasure *measure, const void *data)
{
    TuMeasureText text;
    TuValue result, sum;
    __int128 total;
    gint64 n;
    return !has_infinite(data) && tu_sum_total(data, &total) &&
           measure->methods->result(measure, data, &text, &result, &sum, &n);
}

static gboolean
exact_is_nothing(const void *data)
{
    const TuSumState *state = data;
    __int128 total;
    return state->n == 0 && !has_infinite(state) && tu_sum_total(state, &total) && total == 0;
}

const TuMeasureMethods tu_whole_sum_methods = {sizeof(TuSumState), whole_add,         whole_merge,
                                               sum_result,         exact_from_stored, exact_folds,
                                               exact_is_nothing};
const TuMeasureMethods tu_whole_avg_methods = {sizeof(TuSumState), whole_add,         whole_merge,
                                               avg_result,         exact_from_stored, exact_folds,
                                               exact_is_nothing};
const TuMeasureMethods tu_decimal_sum_methods = {
    sizeof(TuDecimalState), decimal_add, decimal_merge,   sum_result,
    exact_from_stored,      exact_folds, exact_is_nothing};
const TuMeasureMethods tu_decimal_avg_methods = {
    sizeof(TuDecimalState), decimal_add, decimal_merge,   avg_result,
    exact_from_stored,      exact_folds, exact_is_nothing};
