#include "db/value.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

/* An integral double from -2^63 to below this is an int64, exactly. */
#define INTEGER_BOUND 9223372036854775808.0

TuValue
tu_value_text(const char *text)
{
    if (text == NULL)
        return TU_NULL_VALUE;
    return (TuValue){.type = TU_TYPE_TEXT, .bytes = (guint32)strlen(text), .text = text};
}

TuValue
tu_value_normalise(TuValue value)
{
    if (value.type != TU_TYPE_REAL)
        return value;
    if (isnan(value.real))
        return TU_NULL_VALUE;
    if (value.real >= -INTEGER_BOUND && value.real < INTEGER_BOUND &&
        value.real == floor(value.real))
        return tu_value_integer((gint64)value.real);
    return value;
}

gboolean
tu_value_equal(const TuValue *a, const TuValue *b)
{
    if (a->type != b->type)
        return FALSE;
    switch (a->type) {
    case TU_TYPE_NULL:
        return TRUE;
    case TU_TYPE_INTEGER:
        return a->integer == b->integer;
    case TU_TYPE_REAL:
        return a->real == b->real;
    case TU_TYPE_TEXT:
    case TU_TYPE_BLOB:
        return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
    }
    g_assert_not_reached();
}

/* An integer against a real without loss: beyond 2^53 a double cannot tell neighbours apart. */
static int
compare_integer_real(gint64 integer, double real)
{
    if (real >= 9223372036854775808.0)
        return -1;
    if (real < -9223372036854775808.0)
        return 1;
    gint64 whole = (gint64)real;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = real - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

static int
compare_numbers(const TuValue *a, const TuValue *b)
{
    if (a->type == TU_TYPE_INTEGER && b->type == TU_TYPE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->type == TU_TYPE_INTEGER)
        return compare_integer_real(a->integer, b->real);
    if (b->type == TU_TYPE_INTEGER)
        return -compare_integer_real(b->integer, a->real);
    return (a->real > b->real) - (a->real < b->real);
}

static int
compare_bytes(const TuValue *a, const TuValue *b)
{
    int order = memcmp(a->text, b->text, MIN(a->bytes, b->bytes));
    return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int
tu_value_compare(const TuValue *a, const TuValue *b)
{
    static const int class_of[] = {
        [TU_TYPE_NULL] = 0, [TU_TYPE_INTEGER] = 1, [TU_TYPE_REAL] = 1,
        [TU_TYPE_TEXT] = 2, [TU_TYPE_BLOB] = 3,
    };
    int class = class_of[a->type];
    if (class != class_of[b->type])
        return class - class_of[b->type];
    if (class == 0)
        return 0;
    return class == 1 ? compare_numbers(a, b) : compare_bytes(a, b);
}

guint64
tu_value_hash(const TuValue *value)
{
    if (value->type == TU_TYPE_TEXT || value->type == TU_TYPE_BLOB)
        return XXH3_64bits_withSeed(value->text, value->bytes, value->type);
    return XXH3_64bits_withSeed(&value->integer, sizeof value->integer, value->type);
}

char *
tu_value_to_text(const TuValue *value)
{
    const guint32 longest = 60;
    switch (value->type) {
    case TU_TYPE_NULL:
        return g_strdup("NULL");
    case TU_TYPE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->integer);
    case TU_TYPE_REAL:
        return g_strdup_printf("%.15g", value->real);
    case TU_TYPE_TEXT: {
        g_autofree char *valid = g_utf8_make_valid(value->text, MIN(value->bytes, longest));
        return g_strconcat(valid, value->bytes > longest ? "…" : "", NULL);
    }
    case TU_TYPE_BLOB:
        return g_strdup_printf("a blob of %u bytes", value->bytes);
    }
    g_assert_not_reached();
}
