/*
 * Measures inside cells/: what each kind of measure does, a row of functions a kind, and the parts
 * that both sorts of sums share.
 */
#pragma once

#include "cells/layout.h"

struct TuMeasureMethods {
    gsize state_bytes;
    gboolean (*add)(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
                    TuDictionary *dictionary, GPtrArray *wides);
    void (*merge)(void *into, const void *from, int weight, GPtrArray *wides);
    gboolean (*result)(const TuLayoutMeasure *measure, const void *state, TuMeasureText *text,
                       TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n);
    gboolean (*from_stored)(const TuLayoutMeasure *measure, void *state, TuValue result,
                            TuValue sum, TuValue n, TuDictionary *dictionary, GPtrArray *wides);
    gboolean (*folds_exactly)(const TuLayoutMeasure *measure, const void *state);
    gboolean (*is_nothing)(const void *state);
};

extern const TuMeasureMethods tu_sum_methods, tu_avg_methods;             /* sum.c */
extern const TuMeasureMethods tu_whole_sum_methods, tu_whole_avg_methods; /* exact_sum.c */
extern const TuMeasureMethods tu_decimal_sum_methods, tu_decimal_avg_methods;

/* 10^38, the first number of 39 digits: those are too long to be read back (tu_decimal_digits), and
 * a sum of 128 bits stays well below its end. */
#define TU_SUM_LIMIT                                                                               \
    ((__int128)G_GINT64_CONSTANT(1000000000000000000) * G_GINT64_CONSTANT(1000000000000000000) *   \
     100)

/* What does not fit the state itself; made when it is first needed. */
TuWide *tu_sum_wide(TuSumState *state, GPtrArray *wides);

/* Adds x beside the state's 64 bits. A sum of more than 38 digits cannot be told any more. */
void tu_sum_add_wide(TuSumState *state, __int128 x, GPtrArray *wides);

/* The sum without reals. FALSE: it cannot be told. */
gboolean tu_sum_total(const TuSumState *state, __int128 *ret_total);

/* `weight` is +1 or -1. */
static inline void
tu_sum_add_integer(TuSumState *state, gint64 x, int weight, GPtrArray *wides)
{
    gint64 sum;
    if (!__builtin_mul_overflow(x, weight, &sum) &&
        !__builtin_add_overflow(state->integer, sum, &sum))
        state->integer = sum;
    else
        tu_sum_add_wide(state, (__int128)x * weight, wides);
}
