/*
 * An exact sum of doubles: whatever the order and whatever was added and taken away again, the
 * result is the double nearest to the true sum (ties to even).
 *
 * The sum is held as digits of base 2^32, each in an int64 so that about 2^30 numbers can be added
 * before carries must move up. Digit k counts 2^(32 k - 1074). Only the window of digits that was
 * ever touched is kept: sums of prices need 4 of the 67 digits a double can reach.
 *
 * (The idea is that of the "small superaccumulator": R. M. Neal, Fast exact summation using small
 * and large superaccumulators, 2015.)
 */
#pragma once

#include <glib.h>

typedef struct {
    gint64 *digits; /* n_digits of them, the lowest first */
    guint16 lowest; /* which digit digits[0] is */
    guint16 n_digits;
    guint32 n_uncarried;                                    /* additions since carries last moved */
    gint64 n_positive_infinity, n_negative_infinity, n_nan; /* weights, not digits */
} TuExact;

void tu_exact_clear(TuExact *sum);

/* Adds weight * x, weight +1 or -1. */
void tu_exact_add(TuExact *sum, double x, int weight);

/* Adds an integer of 128 bits. */
void tu_exact_add_integer(TuExact *sum, __int128 x);

/* Adds another sum. */
void tu_exact_merge(TuExact *sum, const TuExact *other);

/* The nearest double; an infinity if the sum is beyond all doubles or an infinity was added, NAN
 * for infinities of both signs. */
double tu_exact_round(const TuExact *sum);
