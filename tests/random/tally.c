/* Sums in 128 bits, of reals in 2,200. */
#include "tally.h"

#include <math.h>
#include <string.h>

#define AVERAGE_DIGITS 6    /* an average has so many more than its input */
#define UNDECLARED_SCALE 10 /* of inputs whose type says nothing */

static void
add_number(RtTally *tally, const RtDatum *value)
{
    if (value->sort == RT_DATUM_NUMBER) {
        if (__builtin_add_overflow(tally->sum, rt_datum_scaled(value), &tally->sum))
            g_error("the harness made numbers whose sum does not fit");
        return;
    }
    g_assert(value->sort == RT_DATUM_REAL);
    if (tally->reals == NULL)
        tally->reals = g_new0(RtExact, 1);
    if (isnan(value->real))
        tally->has_nan = TRUE;
    else
        rt_exact_add_real(tally->reals, value->real);
}

static void
add_distinct(RtTally *tally, const RtDatum *value)
{
    GString *canonical = g_string_new(NULL);

    if (tally->distinct == NULL)
        tally->distinct = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    rt_datum_append(canonical, value);
    g_hash_table_add(tally->distinct, g_string_free(canonical, FALSE));
}

void
rt_tally_add(RtTally *tally, const char *kind, const RtDatum *value)
{
    tally->rows++;
    if (value->sort == RT_DATUM_NULL)
        return;
    if (strcmp(kind, "sum") == 0 || strcmp(kind, "avg") == 0)
        add_number(tally, value);
    else if (strcmp(kind, "count_distinct") == 0)
        add_distinct(tally, value);
    if (tally->values == 0 || rt_datum_compare(value, &tally->least) < 0)
        tally->least = *value;
    if (tally->values == 0 || rt_datum_compare(value, &tally->greatest) > 0)
        tally->greatest = *value;
    tally->values++;
}

/* ---- Results ---- */

static RtDatum
exact(__int128 number, int scale)
{
    return (RtDatum){.sort = RT_DATUM_NUMBER, .number = number, .scale = scale};
}

/* What the reals add up to; numbers among them have become reals on the way here. */
static double
real_sum(const RtTally *tally)
{
    return tally->has_nan ? (double)NAN : rt_exact_real(tally->reals);
}

/* sum / values, rounded half away from zero to `digits` after the point. */
static RtDatum
exact_average(const RtTally *tally, int digits)
{
    __int128 sum = tally->sum, by = tally->values, quotient, rest;
    int scale = RT_SCALE;

    for (; scale < digits; scale++)
        if (__builtin_mul_overflow(sum, 10, &sum))
            g_error("the harness made numbers whose average does not fit");
    for (; scale > digits; scale--)
        by *= 10;
    quotient = sum / by;
    rest = sum % by;
    if ((rest < 0 ? -rest : rest) >= by - (rest < 0 ? -rest : rest))
        quotient += sum < 0 ? -1 : 1;
    return exact(quotient, digits);
}

static RtDatum
average(const RtTally *tally, int scale)
{
    if (tally->values == 0)
        return (RtDatum){.sort = RT_DATUM_NULL};
    if (tally->reals != NULL)
        return (RtDatum){.sort = RT_DATUM_REAL, .real = real_sum(tally) / (double)tally->values};
    return exact_average(tally, (scale < 0 ? UNDECLARED_SCALE : scale) + AVERAGE_DIGITS);
}

static RtDatum
total(const RtTally *tally)
{
    if (tally->values == 0)
        return (RtDatum){.sort = RT_DATUM_NULL};
    if (tally->reals != NULL)
        return (RtDatum){.sort = RT_DATUM_REAL, .real = real_sum(tally)};
    return exact(tally->sum, RT_SCALE);
}

RtDatum
rt_tally_result(const RtTally *tally, const char *kind, int scale)
{
    if (strcmp(kind, "count") == 0)
        return exact(tally->rows, 0);
    if (strcmp(kind, "count_distinct") == 0)
        return exact(tally->distinct != NULL ? g_hash_table_size(tally->distinct) : 0, 0);
    if (strcmp(kind, "sum") == 0)
        return total(tally);
    if (strcmp(kind, "avg") == 0)
        return average(tally, scale);
    if (tally->values == 0)
        return (RtDatum){.sort = RT_DATUM_NULL};
    return strcmp(kind, "min") == 0 ? tally->least : tally->greatest;
}

void
rt_tally_clear(RtTally *tally)
{
    g_free(tally->reals);
    g_clear_pointer(&tally->distinct, g_hash_table_unref);
}
