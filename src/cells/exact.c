#include "cells/exact.h"

#include <math.h>
#include <string.h>

#define DIGIT_BITS 32
#define LOWEST_EXPONENT (-1074) /* of the least subnormal double */
#define MANTISSA_BITS 53
#define UNCARRIED_LIMIT (1u << 30)

void
tu_exact_clear(TuExact *sum)
{
    g_clear_pointer(&sum->digits, g_free);
    *sum = (TuExact){0};
}

/* Makes the window hold digits from..to, both included. */
static void
widen(TuExact *sum, guint from, guint to)
{
    if (sum->n_digits > 0 && from >= sum->lowest && to < (guint)sum->lowest + sum->n_digits)
        return;
    guint lowest = sum->n_digits > 0 ? MIN(from, sum->lowest) : from;
    guint highest = sum->n_digits > 0 ? MAX(to, (guint)sum->lowest + sum->n_digits - 1) : to;
    gint64 *digits = g_new0(gint64, highest - lowest + 1);
    if (sum->n_digits > 0)
        memcpy(digits + (sum->lowest - lowest), sum->digits, sum->n_digits * sizeof *digits);
    g_free(sum->digits);
    sum->digits = digits;
    sum->lowest = (guint16)lowest;
    sum->n_digits = (guint16)(highest - lowest + 1);
}

/* Moves carries up until every digit but the highest is in [0, 2^32). */
static void
carry(TuExact *sum)
{
    if (sum->n_digits == 0)
        return;
    for (guint i = 0; i + 1 < sum->n_digits; i++) {
        gint64 up = sum->digits[i] >> DIGIT_BITS;
        sum->digits[i] -= up * (G_GINT64_CONSTANT(1) << DIGIT_BITS);
        sum->digits[i + 1] += up;
    }
    sum->n_uncarried = 0;
    gint64 top = sum->digits[sum->n_digits - 1];
    if (top >= G_MAXINT32 || top <= G_MININT32) {
        guint highest = (guint)sum->lowest + sum->n_digits;
        widen(sum, highest, highest);
        gint64 up = top >> DIGIT_BITS;
        sum->digits[sum->n_digits - 2] -= up * (G_GINT64_CONSTANT(1) << DIGIT_BITS);
        sum->digits[sum->n_digits - 1] += up;
    }
}

/* Adds sign * magnitude * 2^(place - 1074). */
static void
add_bits(TuExact *sum, unsigned __int128 magnitude, guint place, int sign)
{
    guint digit = place / DIGIT_BITS;
    guint shift = place % DIGIT_BITS;
    if (sum->n_uncarried++ >= UNCARRIED_LIMIT)
        carry(sum);
    guint32 low = (guint32)((guint64)magnitude << shift);
    magnitude = shift == 0 ? magnitude >> DIGIT_BITS : magnitude >> (DIGIT_BITS - shift);
    widen(sum, digit, digit + 1);
    for (;; digit++) {
        widen(sum, digit, digit);
        sum->digits[digit - sum->lowest] += sign * (gint64)low;
        if (magnitude == 0)
            return;
        low = (guint32)magnitude;
        magnitude >>= DIGIT_BITS;
    }
}

void
tu_exact_add(TuExact *sum, double x, int weight)
{
    if (isnan(x)) {
        sum->n_nan += weight;
    } else if (isinf(x)) {
        *(x > 0 ? &sum->n_positive_infinity : &sum->n_negative_infinity) += weight;
    } else if (x != 0) {
        int exponent;
        double fraction = frexp(fabs(x), &exponent);
        int lowest_bit = MAX(exponent - MANTISSA_BITS, LOWEST_EXPONENT);
        guint64 mantissa = (guint64)ldexp(fraction, exponent - lowest_bit);
        add_bits(sum, mantissa, (guint)(lowest_bit - LOWEST_EXPONENT), x > 0 ? weight : -weight);
    }
}

void
tu_exact_add_integer(TuExact *sum, __int128 x)
{
    if (x != 0)
        add_bits(sum, x > 0 ? (unsigned __int128)x : -(unsigned __int128)x, (guint)-LOWEST_EXPONENT,
                 x > 0 ? 1 : -1);
}

void
tu_exact_merge(TuExact *sum, const TuExact *other)
{
    sum->n_positive_infinity += other->n_positive_infinity;
    sum->n_negative_infinity += other->n_negative_infinity;
    sum->n_nan += other->n_nan;
    if (other->n_digits == 0)
        return;
    carry(sum);
    widen(sum, other->lowest, (guint)other->lowest + other->n_digits - 1);
    for (guint i = 0; i < other->n_digits; i++)
        sum->digits[other->lowest + i - sum->lowest] += other->digits[i];
    sum->n_uncarried = UNCARRIED_LIMIT;
}

/* The magnitude of carried digits (all in [0, 2^32), the highest not zero) as the nearest
 * double. */
static double
round_magnitude(const TuExact *sum, int highest)
{
    guint64 top = (guint64)sum->digits[highest];
    int bits = 64 - __builtin_clzll(top);
    int place = (sum->lowest + highest) * DIGIT_BITS + bits; /* bits below the leading one, + 1 */
    int kept = MIN(MANTISSA_BITS, place);                    /* fewer for subnormals: exact */
    unsigned __int128 window = top;
    int next = highest - 1;
    int window_bits = bits;
    for (; next >= 0 && window_bits <= 64; next--, window_bits += DIGIT_BITS)
        window = window << DIGIT_BITS | (guint64)sum->digits[next];
    gboolean is_inexact = FALSE;
    for (; next >= 0; next--)
        is_inexact |= sum->digits[next] != 0;
    int dropped = window_bits - kept;
    if (dropped <= 0)
        return ldexp((double)(guint64)window, LOWEST_EXPONENT + place - window_bits);
    guint64 mantissa = (guint64)(window >> dropped);
    unsigned __int128 rest = window & (((unsigned __int128)1 << dropped) - 1);
    unsigned __int128 half = (unsigned __int128)1 << (dropped - 1);
    if (rest > half || (rest == half && (is_inexact || (mantissa & 1) != 0)))
        mantissa++;
    return ldexp((double)mantissa, LOWEST_EXPONENT + place - kept);
}

double
tu_exact_round(const TuExact *sum)
{
    if (sum->n_nan > 0 || (sum->n_positive_infinity > 0 && sum->n_negative_infinity > 0))
        return NAN;
    if (sum->n_positive_infinity > 0 || sum->n_negative_infinity > 0)
        return sum->n_positive_infinity > 0 ? INFINITY : -INFINITY;
    TuExact copy = {0};
    tu_exact_merge(
        &copy, &(TuExact){.digits = sum->digits, .lowest = sum->lowest, .n_digits = sum->n_digits});
    carry(&copy);
    gboolean is_negative = copy.n_digits > 0 && copy.digits[copy.n_digits - 1] < 0;
    for (guint i = 0; is_negative && i < copy.n_digits; i++)
        copy.digits[i] = -copy.digits[i];
    carry(&copy);
    int highest = (int)copy.n_digits - 1;
    while (highest >= 0 && copy.digits[highest] == 0)
        highest--;
    double magnitude = highest < 0 ? 0.0 : round_magnitude(&copy, highest);
    tu_exact_clear(&copy);
    return is_negative ? -magnitude : magnitude;
}
