/* A fixed-point number as wide as the range of doubles. */
#include "exact.h"

#include <math.h>
#include <string.h>

#define UNIT_BIT 1074 /* where 2^0 is */

/* Adds magnitude * 2^bit. Limbs may grow beyond 32 bits: a history has far fewer rows than the 2^30
 * additions that they have room for. */
static void
add_shifted(RtExact *sum, guint64 magnitude, guint bit, gint64 sign)
{
    unsigned __int128 shifted = (unsigned __int128)magnitude << (bit % 32);

    for (guint i = bit / 32; shifted != 0; i++, shifted >>= 32)
        sum->limb[i] += sign * (gint64)(shifted & 0xffffffff);
}

void
rt_exact_add_integer(RtExact *sum, gint64 value)
{
    sum->count++;
    add_shifted(sum, value < 0 ? -(guint64)value : (guint64)value, UNIT_BIT, value < 0 ? -1 : 1);
}

void
rt_exact_add_real(RtExact *sum, double value)
{
    guint64 bits, exponent, magnitude;

    sum->count++;
    sum->reals++;
    if (isinf(value)) {
        sum->plus_inf += value > 0;
        sum->minus_inf += value < 0;
        return;
    }
    memcpy(&bits, &value, sizeof bits);
    exponent = bits >> 52 & 0x7ff;
    magnitude = bits & ((G_GUINT64_CONSTANT(1) << 52) - 1);
    if (exponent > 0)
        magnitude |= G_GUINT64_CONSTANT(1) << 52;
    add_shifted(sum, magnitude, exponent > 0 ? (guint)exponent - 1 : 0, bits >> 63 ? -1 : 1);
}

/* Brings every limb into 0 .. 2^32-1 and answers the sign; the limbs then hold the magnitude. */
static int
normalise(gint64 *limb)
{
    for (int pass = 0; pass < 2; pass++) {
        gint64 carry = 0;

        for (guint i = 0; i < RT_EXACT_LIMBS; i++) {
            gint64 total = limb[i] + carry;

            carry = total >> 32; /* rounds down, also below zero */
            limb[i] = total & 0xffffffff;
        }
        if (carry == 0)
            return pass == 0 ? 1 : -1;
        /* Negative: turn the sign and do it again. Limbs hold sum + 2^(32 * limbs). */
        for (guint i = 0; i < RT_EXACT_LIMBS; i++)
            limb[i] = -limb[i];
        limb[RT_EXACT_LIMBS - 1] += G_GINT64_CONSTANT(1) << 32;
    }
    g_assert_not_reached();
}

static gboolean
bit_of(const gint64 *limb, int bit)
{
    return bit >= 0 && (limb[bit / 32] >> (bit % 32) & 1) != 0;
}

static gboolean
any_bit_below(const gint64 *limb, int bit)
{
    for (int i = 0; i < bit; i++)
        if (bit_of(limb, i))
            return TRUE;
    return FALSE;
}

double
rt_exact_real(const RtExact *sum)
{
    gint64 limb[RT_EXACT_LIMBS];
    int top = RT_EXACT_LIMBS * 32 - 1, low, sign;
    guint64 mantissa = 0;

    if (sum->plus_inf > 0 || sum->minus_inf > 0)
        return sum->minus_inf == 0  ? (double)INFINITY
               : sum->plus_inf == 0 ? -(double)INFINITY
                                    : (double)NAN;
    memcpy(limb, sum->limb, sizeof limb);
    sign = normalise(limb);
    while (top >= 0 && !bit_of(limb, top))
        top--;
    low = MAX(top - 52, 0); /* the lowest of the 53 bits that a double has */
    for (int i = top; i >= low; i--)
        mantissa = mantissa << 1 | bit_of(limb, i);
    if (bit_of(limb, low - 1) && (mantissa & 1 || any_bit_below(limb, low - 1)))
        mantissa++;
    return sign * ldexp((double)mantissa, low - UNIT_BIT);
}

gboolean
rt_exact_integer(const RtExact *sum, gint64 *ret_value)
{
    gint64 limb[RT_EXACT_LIMBS];
    int sign;
    unsigned __int128 magnitude = 0;
    __int128 value;

    memcpy(limb, sum->limb, sizeof limb);
    sign = normalise(limb);
    for (int i = RT_EXACT_LIMBS * 32 - 1; i >= UNIT_BIT; i--) {
        if (magnitude >> 100 != 0)
            return FALSE;
        magnitude = magnitude << 1 | bit_of(limb, i);
    }
    value = sign * (__int128)magnitude;
    if (value < G_MININT64 || value > G_MAXINT64)
        return FALSE;
    *ret_value = (gint64)value;
    return TRUE;
}
