/*
 * Values, one form for each: whatever a driver gives is brought to it before anything is compared,
 * hashed or grouped, so that equal values of different types (1, 1.0, 1.00) are one key on every
 * database.
 */
#include "db/value.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "db/decimal.h"

/* An integral double from -2^63 to below this is an int64, exactly. */
#define INTEGER_BOUND 9223372036854775808.0

TuValue
tu_value_text(const char *text)
{
    if (text == NULL)
        return TU_NULL_VALUE;
    return (TuValue){.type = TU_TYPE_TEXT, .bytes = (guint32)strlen(text), .text = text};
}

/* ---- one form, equality, hash ---- */

/* An integral real or decimal becomes an integer; -0 becomes 0; every NaN is the same one. What is
 * too large for an integer stays what it was: no digit may be lost. */
TuValue
tu_value_normalise(TuValue value)
{
    if (value.type == TU_TYPE_DECIMAL || value.type == TU_TYPE_LONG_DECIMAL)
        return tu_decimal_normalise(value);
    if (value.type != TU_TYPE_REAL)
        return value;
    if (isnan(value.real))
        return tu_value_real(NAN);
    if (value.real >= -INTEGER_BOUND && value.real < INTEGER_BOUND &&
        value.real == floor(value.real))
        return tu_value_integer((gint64)value.real);
    return value;
}

/* Of normalised values: a type that differs is another value. Texts are equal by their bytes,
 * whatever the collation. */
gboolean
tu_value_equal(const TuValue *a, const TuValue *b)
{
    if (a->type != b->type)
        return FALSE;
    switch (a->type) {
    case TU_TYPE_NULL:
        return TRUE;
    case TU_TYPE_INTEGER:
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        return a->integer == b->integer;
    case TU_TYPE_DECIMAL:
        return a->integer == b->integer && a->scale == b->scale;
    case TU_TYPE_REAL:
        return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case TU_TYPE_TEXT:
    case TU_TYPE_BLOB:
        return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
    case TU_TYPE_LONG_DECIMAL:
        return tu_decimal_compare(a, b) == 0;
    }
    g_assert_not_reached();
}

/* Agrees with tu_value_equal. The scale is hashed: of normalised decimals it is part of the
 * value. */
guint64
tu_value_hash(const TuValue *value)
{
    guint64 seed = value->type;
    if (value->type == TU_TYPE_LONG_DECIMAL)
        return tu_decimal_hash_long(value);
    if (value->type == TU_TYPE_TEXT || value->type == TU_TYPE_BLOB)
        return XXH3_64bits_withSeed(value->text, value->bytes, seed);
    if (value->type == TU_TYPE_DECIMAL)
        seed |= (guint64)value->scale << 8;
    return XXH3_64bits_withSeed(&value->integer, sizeof value->integer, seed);
}

/* ---- order ---- */

/* An integer against a real without loss: beyond 2^53 a double cannot tell neighbours apart. */
static int
compare_integer_real(gint64 integer, double real)
{
    if (real >= INTEGER_BOUND)
        return -1;
    if (real < -INTEGER_BOUND)
        return 1;
    gint64 whole = (gint64)real;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = real - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

/* NaN comes after all numbers, as in PostgreSQL. */
static int
compare_with_real(const TuValue *a, double b)
{
    if (a->type == TU_TYPE_REAL && isnan(a->real))
        return isnan(b) ? 0 : 1;
    if (isnan(b))
        return -1;
    if (a->type == TU_TYPE_REAL)
        return (a->real > b) - (a->real < b);
    if (isinf(b))
        return b > 0 ? -1 : 1;
    return a->type == TU_TYPE_INTEGER ? compare_integer_real(a->integer, b)
                                      : tu_decimal_compare_real(a, b);
}

static int
compare_numbers(const TuValue *a, const TuValue *b)
{
    if (a->type == TU_TYPE_INTEGER && b->type == TU_TYPE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (b->type == TU_TYPE_REAL)
        return compare_with_real(a, b->real);
    if (a->type == TU_TYPE_REAL)
        return -compare_with_real(b, a->real);
    return tu_decimal_compare(a, b);
}

/* Times of different types have no order of their own: any fixed one will do. */
static int
compare_times(const TuValue *a, const TuValue *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return tu_value_compare_times(a, b);
}

static int
compare_bytes(const TuValue *a, const TuValue *b)
{
    int order = memcmp(a->text, b->text, MIN(a->bytes, b->bytes));
    return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static int
compare_nulls(const TuValue *a, const TuValue *b)
{
    return 0;
}

/* One order for all types, so that cells of any key can be sorted: NULL, numbers, times, texts,
 * blobs. */
int
tu_value_compare(const TuValue *a, const TuValue *b)
{
    static const struct {
        int rank;
        int (*compare)(const TuValue *a, const TuValue *b);
    } classes[] = {
        [TU_TYPE_NULL] = {0, compare_nulls},           [TU_TYPE_INTEGER] = {1, compare_numbers},
        [TU_TYPE_REAL] = {1, compare_numbers},         [TU_TYPE_DECIMAL] = {1, compare_numbers},
        [TU_TYPE_LONG_DECIMAL] = {1, compare_numbers}, [TU_TYPE_DATE] = {2, compare_times},
        [TU_TYPE_TIMESTAMP] = {2, compare_times},      [TU_TYPE_INSTANT] = {2, compare_times},
        [TU_TYPE_TEXT] = {3, compare_bytes},           [TU_TYPE_BLOB] = {4, compare_bytes},
    };
    int rank = classes[a->type].rank - classes[b->type].rank;
    return rank != 0 ? rank : classes[a->type].compare(a, b);
}

/* ---- for people ---- */

/* So much as fits a line of a message; bytes that are no UTF-8 are shown as such. */
static char *
shortened(const char *text, guint32 bytes)
{
    const guint32 longest = 60;
    g_autofree char *valid = g_utf8_make_valid(text, MIN(bytes, longest));
    return g_strconcat(valid, bytes > longest ? "…" : "", NULL);
}

char *
tu_value_to_text(const TuValue *value)
{
    char text[TU_DECIMAL_TEXT_BYTES];
    switch (value->type) {
    case TU_TYPE_NULL:
        return g_strdup("NULL");
    case TU_TYPE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->integer);
    case TU_TYPE_REAL:
        return isnan(value->real) ? g_strdup("NaN") : g_strdup_printf("%.15g", value->real);
    case TU_TYPE_DECIMAL:
        tu_decimal_format(value->integer, value->scale, text);
        return g_strdup(text);
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        tu_value_format_time(value, text);
        return g_strdup(text);
    case TU_TYPE_TEXT:
    case TU_TYPE_LONG_DECIMAL:
        return shortened(value->text, value->bytes);
    case TU_TYPE_BLOB:
        return g_strdup_printf("a blob of %u bytes", value->bytes);
    }
    g_assert_not_reached();
}
