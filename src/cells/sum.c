/* Sums and averages where any row may bring an integer or a real (SQLite), and those of reals. */
#include <math.h>

#include "cells/measures.h"

/* Beyond this an integer sum and the double nearest to it may differ. */
#define EXACT_DOUBLE (G_GINT64_CONSTANT(1) << 53)

static gboolean
is_exact_double(gint64 integer)
{
    return integer >= -EXACT_DOUBLE && integer <= EXACT_DOUBLE;
}

/* ---- beyond 64 bits ---- */

void
tu_wide_free(gpointer data)
{
    TuWide *wide = data;
    tu_exact_clear(&wide->real);
    g_free(wide);
}

TuWide *
tu_sum_wide(TuSumState *state, GPtrArray *wides)
{
    if (state->wide == NULL) {
        state->wide = g_new0(TuWide, 1);
        g_ptr_array_add(wides, state->wide);
    }
    return state->wide;
}

void
tu_sum_add_wide(TuSumState *state, __int128 x, GPtrArray *wides)
{
    TuWide *wide = tu_sum_wide(state, wides);
    gboolean overflows = __builtin_add_overflow(wide->integer, x, &wide->integer);
    if (overflows || wide->integer >= TU_SUM_LIMIT || wide->integer <= -TU_SUM_LIMIT) {
        wide->is_beyond = TRUE;
        wide->integer = 0;
    }
}

gboolean
tu_sum_total(const TuSumState *state, __int128 *ret_total)
{
    *ret_total = state->integer + (state->wide != NULL ? state->wide->integer : 0);
    return state->wide == NULL || !state->wide->is_beyond;
}

/* ---- rows and cells ---- */

/* Integral reals up to 2^53 are added as integers, so that sums of them can be folded; larger ones
 * stay reals, whose sum has no overflow. */
static TuValue
as_summand(TuValue input)
{
    gboolean is_large = input.type == TU_TYPE_REAL && fabs(input.real) > (double)EXACT_DOUBLE;
    return is_large ? input : tu_value_normalise(input);
}

static gboolean
sum_add(const TuLayoutMeasure *measure, void *data, TuValue input, int weight,
        TuDictionary *dictionary, GPtrArray *wides)
{
    TuSumState *state = data;
    if (input.type != TU_TYPE_INTEGER)
        input = as_summand(input);
    if (input.type == TU_TYPE_NULL)
        return TRUE;
    if (input.type == TU_TYPE_INTEGER) {
        tu_sum_add_integer(state, input.integer, weight, wides);
    } else if (input.type == TU_TYPE_REAL) {
        TuWide *wide = tu_sum_wide(state, wides);
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
    tu_sum_add_integer(into, from->integer, weight, wides);
    into->n += weight * from->n;
    if (from->wide == NULL)
        return;
    tu_sum_add_wide(into, weight * from->wide->integer, wides);
    into->wide->is_beyond |= from->wide->is_beyond;
    into->wide->n_real += weight * from->wide->n_real;
    g_assert(weight == 1 || from->wide->n_real == 0);
    tu_exact_merge(&into->wide->real, &from->wide->real);
}

/* ---- what is stored ---- */

/* The nearest double to the sum less `less`. */
static double
round_sum(const TuSumState *state, double less)
{
    TuExact total = {0};
    tu_exact_add_integer(&total, state->integer);
    if (state->wide != NULL) {
        tu_exact_add_integer(&total, state->wide->integer);
        tu_exact_merge(&total, &state->wide->real);
    }
    tu_exact_add(&total, less, -1);
    double nearest = tu_exact_round(&total);
    tu_exact_clear(&total);
    return nearest;
}

static double
sum_as_double(const TuSumState *state)
{
    if (state->wide == NULL && is_exact_double(state->integer))
        return (double)state->integer;
    return round_sum(state, 0);
}

static gboolean
sum_value(const TuLayoutMeasure *measure, const TuSumState *state, TuValue *ret_sum)
{
    __int128 total;
    gboolean is_told = tu_sum_total(state, &total);
    if (measure->number == TU_NUMBER_REAL || (state->wide != NULL && state->wide->n_real != 0)) {
        *ret_sum = tu_value_real(sum_as_double(state));
        return is_told;
    }
    *ret_sum = tu_value_integer((gint64)total);
    return is_told && total == (gint64)total;
}

/* Rounding may hide a fraction: 5 and 1e-20 make 5.0, which a column of numbers holds as 5. It must
 * not be taken for a sum of integers, since what hides the fraction may be subtracted again. */
static gboolean
hides_fractions(const TuSumState *state, TuValue sum)
{
    return state->wide != NULL && state->wide->n_real != 0 && sum.type == TU_TYPE_REAL &&
           tu_value_normalise(sum).type == TU_TYPE_INTEGER && round_sum(state, sum.real) != 0;
}

static gboolean
sum_result(const TuLayoutMeasure *measure, const void *data, TuMeasureText *text,
           TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    const TuSumState *state = data;
    *ret_sum = TU_NULL_VALUE;
    gboolean fits = state->n == 0 || sum_value(measure, state, ret_sum);
    *ret_n = hides_fractions(state, *ret_sum) ? -state->n : state->n;
    *ret_result = *ret_sum;
    return fits;
}

/* The sum as the nearest double, divided once: what SQLite's avg gives for integers. */
static gboolean
avg_result(const TuLayoutMeasure *measure, const void *data, TuMeasureText *text,
           TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n)
{
    const TuSumState *state = data;
    gboolean fits = sum_result(measure, data, text, ret_result, ret_sum, ret_n);
    if (state->n != 0)
        *ret_result = tu_value_real(sum_as_double(state) / (double)state->n);
    return fits;
}

static gboolean
sum_from_stored(const TuLayoutMeasure *measure, void *data, TuValue result, TuValue sum, TuValue n,
                TuDictionary *dictionary, GPtrArray *wides)
{
    TuSumState *state = data;
    sum = tu_value_normalise(sum);
    if (n.type != TU_TYPE_INTEGER || n.integer < 0 ||
        (n.integer != 0) != (sum.type != TU_TYPE_NULL))
        return FALSE;
    if (sum.type != TU_TYPE_INTEGER && sum.type != TU_TYPE_NULL)
        return FALSE;
    state->n = n.integer;
    state->integer = sum.type == TU_TYPE_INTEGER ? sum.integer : 0;
    return TRUE;
}

/* ---- folding ---- */

static gboolean
sum_folds_exactly(const TuLayoutMeasure *measure, const void *data)
{
    const TuSumState *state = data;
    return measure->number != TU_NUMBER_REAL && state->wide == NULL &&
           is_exact_double(state->integer);
}

static gboolean
sum_is_nothing(const void *data)
{
    const TuSumState *state = data;
    return state->n == 0 && state->integer == 0 && state->wide == NULL;
}

const TuMeasureMethods tu_sum_methods = {sizeof(TuSumState), sum_add,         sum_merge,
                                         sum_result,         sum_from_stored, sum_folds_exactly,
                                         sum_is_nothing};
const TuMeasureMethods tu_avg_methods = {sizeof(TuSumState), sum_add,         sum_merge,
                                         avg_result,         sum_from_stored, sum_folds_exactly,
                                         sum_is_nothing};
