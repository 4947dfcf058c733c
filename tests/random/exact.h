/*
 * Exact sums: every double and integer is added to a fixed-point number of 2,200 bits, which loses
 * nothing, and rounded once. So the answer does not depend on the order of the rows.
 */
#pragma once

#include <glib.h>

#define RT_EXACT_LIMBS 70

/* Zeroed = empty. Limbs hold 32 bits each, with room for carries; bit 0 is 2^-1074. */
typedef struct {
    gint64 limb[RT_EXACT_LIMBS];
    gint64 count; /* values added */
    gint64 reals; /* of these, doubles */
    gint64 plus_inf, minus_inf;
} RtExact;

void rt_exact_add_integer(RtExact *sum, gint64 value);
void rt_exact_add_real(RtExact *sum, double value);

/* Rounded to nearest, ties to even; infinities as IEEE adds them (inf - inf is NaN). */
double rt_exact_real(const RtExact *sum);

/* The sum of integers only; FALSE if it does not fit. */
gboolean rt_exact_integer(const RtExact *sum, gint64 *ret_value);
