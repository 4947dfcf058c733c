#include "db/decimal.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

/* Every number of so many digits fits 128 bits. */
#define MOST_DIGITS 38
/* A double as "%.1074f": a sign, 309 digits, a point, 1,074 digits. */
#define REAL_TEXT_BYTES 1400
#define GREATEST ((__int128)(~(unsigned __int128)0 >> 1))

/* A decimal's text in parts, without the zeros before it. */
typedef struct {
    gboolean is_negative;
    const char *whole, *rest; /* before and after the point */
    gsize n_whole, n_rest;
} Digits;

/* ---- powers of ten ---- */

static const gint64 powers[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};
#define MOST_SHORT (G_N_ELEMENTS(powers) - 1)

gboolean
tu_decimal_shift(__int128 *integer, guint32 by)
{
    if (by == 0 || *integer == 0)
        return TRUE;
    if (by > MOST_DIGITS)
        return FALSE;
    /* 64 bits by a power of 60 need no check. */
    if (by <= MOST_SHORT && *integer == (gint64)*integer) {
        *integer *= powers[by];
        return TRUE;
    }
    __int128 power = 1;
    for (; by > MOST_SHORT; by -= (guint32)MOST_SHORT)
        power *= powers[MOST_SHORT];
    power *= powers[by];
    /* Not __builtin_mul_overflow: clang makes it a call that libgcc does not have. */
    __int128 limit = GREATEST / power;
    if (*integer > limit || *integer < -limit)
        return FALSE;
    *integer *= power;
    return TRUE;
}

/* ---- text ---- */

static gsize
count_digits(const char *text, gsize bytes)
{
    gsize n = 0;
    while (n < bytes && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* FALSE if the text is not "[-]digits[.digits]". */
static gboolean
scan(const char *text, gsize bytes, Digits *ret_digits)
{
    const char *end = text + bytes;
    Digits digits = {.is_negative = bytes > 0 && *text == '-'};
    digits.whole = text + (digits.is_negative ? 1 : 0);
    digits.n_whole = count_digits(digits.whole, (gsize)(end - digits.whole));
    const char *point = digits.whole + digits.n_whole;
    digits.rest = point < end ? point + 1 : end;
    digits.n_rest = count_digits(digits.rest, (gsize)(end - digits.rest));
    if (digits.n_whole == 0 || digits.rest + digits.n_rest != end ||
        (point < end && (*point != '.' || digits.n_rest == 0)))
        return FALSE;
    for (; digits.n_whole > 0 && *digits.whole == '0'; digits.n_whole--)
        digits.whole++;
    *ret_digits = digits;
    return TRUE;
}

/* Drops the zeros at the end, and the sign of 0. */
static void
trim(Digits *digits)
{
    while (digits->n_rest > 0 && digits->rest[digits->n_rest - 1] == '0')
        digits->n_rest--;
    digits->is_negative &= digits->n_whole + digits->n_rest > 0;
}

/* The digits as one integer. FALSE: there are too many. */
static gboolean
read_digits(const Digits *digits, __int128 *ret_integer)
{
    gsize zeros = 0;
    while (digits->n_whole == 0 && zeros < digits->n_rest && digits->rest[zeros] == '0')
        zeros++;
    if (digits->n_rest > TU_SCALE_LIMIT || digits->n_whole + digits->n_rest - zeros > MOST_DIGITS)
        return FALSE;
    __int128 integer = 0;
    for (gsize i = 0; i < digits->n_whole; i++)
        integer = integer * 10 + (digits->whole[i] - '0');
    for (gsize i = zeros; i < digits->n_rest; i++)
        integer = integer * 10 + (digits->rest[i] - '0');
    *ret_integer = digits->is_negative ? -integer : integer;
    return TRUE;
}

/* NaN and infinities, as databases write them. */
static gboolean
parse_name(const char *text, gsize bytes, TuValue *ret_value)
{
    static const struct {
        const char *name;
        double real;
    } names[] = {
        {"NaN", NAN},      {"Infinity", INFINITY}, {"-Infinity", -INFINITY},
        {"inf", INFINITY}, {"-inf", -INFINITY},
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strlen(names[i].name) == bytes &&
            g_ascii_strncasecmp(names[i].name, text, bytes) == 0) {
            *ret_value = tu_value_real(names[i].real);
            return TRUE;
        }
    return FALSE;
}

gboolean
tu_decimal_parse(const char *text, gsize bytes, TuValue *ret_value)
{
    Digits digits;
    __int128 integer;
    if (bytes == 0 || bytes > G_MAXINT32)
        return FALSE;
    if (!scan(text, bytes, &digits))
        return parse_name(text, bytes, ret_value);
    if (read_digits(&digits, &integer) && integer == (gint64)integer)
        *ret_value = tu_value_decimal((gint64)integer, (guint32)digits.n_rest);
    else
        *ret_value = (TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)bytes, .text = text};
    return TRUE;
}

gsize
tu_decimal_format(__int128 integer, guint32 scale, char *text)
{
    char reversed[TU_DECIMAL_TEXT_BYTES];
    unsigned __int128 left = integer < 0 ? -(unsigned __int128)integer : (unsigned __int128)integer;
    gsize n = 0;
    guint32 n_digits = 0;
    g_assert(scale <= TU_SCALE_LIMIT);
    for (; left > 0 || n_digits <= scale; left /= 10, n_digits++) {
        if (n_digits == scale && scale > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + (int)(left % 10));
    }
    if (integer < 0)
        reversed[n++] = '-';
    for (gsize i = 0; i < n; i++)
        text[i] = reversed[n - 1 - i];
    text[n] = '\0';
    return n;
}

/* ---- values ---- */

static Digits
digits_of_long(const TuValue *value)
{
    Digits digits = {0};
    gboolean is_decimal = scan(value->text, value->bytes, &digits);
    g_assert(is_decimal);
    trim(&digits);
    return digits;
}

gboolean
tu_decimal_digits(const TuValue *value, __int128 *ret_integer, guint32 *ret_scale)
{
    Digits digits;
    if (value->type == TU_TYPE_LONG_DECIMAL) {
        if (!scan(value->text, value->bytes, &digits))
            return FALSE;
        if (!read_digits(&digits, ret_integer)) {
            trim(&digits);
            if (!read_digits(&digits, ret_integer))
                return FALSE;
        }
        *ret_scale = (guint32)digits.n_rest;
        return TRUE;
    }
    if (value->type != TU_TYPE_INTEGER && value->type != TU_TYPE_DECIMAL)
        return FALSE;
    *ret_integer = value->integer;
    *ret_scale = value->type == TU_TYPE_DECIMAL ? value->scale : 0;
    return *ret_scale <= TU_SCALE_LIMIT;
}

TuValue
tu_decimal_value(__int128 integer, guint32 scale, char *text)
{
    if (integer == (gint64)integer)
        return tu_value_decimal((gint64)integer, scale);
    gsize bytes = tu_decimal_format(integer, scale, text);
    return (TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)bytes, .text = text};
}

/* The bytes are not ours, so a value is only made shorter: zeros between a sign and the digits
 * stay, and comparing and hashing look past them. */
static TuValue
normalise_long(TuValue value)
{
    __int128 integer;
    Digits digits = digits_of_long(&value);
    if (read_digits(&digits, &integer) && integer == (gint64)integer)
        return tu_decimal_normalise(tu_value_decimal((gint64)integer, (guint32)digits.n_rest));
    const char *begin = digits.n_whole > 0 ? digits.whole : digits.whole - 1;
    const char *end =
        digits.n_rest > 0 ? digits.rest + digits.n_rest : digits.whole + digits.n_whole;
    if (digits.is_negative)
        begin = value.text;
    return (TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)(end - begin), .text = begin};
}

TuValue
tu_decimal_normalise(TuValue value)
{
    if (value.type == TU_TYPE_LONG_DECIMAL)
        return normalise_long(value);
    if (value.type == TU_TYPE_INTEGER || value.integer == 0)
        return tu_value_integer(value.integer);
    for (; value.scale > 0 && value.integer % 10 == 0; value.scale--)
        value.integer /= 10;
    return value.scale > 0 ? value : tu_value_integer(value.integer);
}

guint64
tu_decimal_hash_long(const TuValue *value)
{
    Digits digits = digits_of_long(value);
    const char *end =
        digits.n_rest > 0 ? digits.rest + digits.n_rest : digits.whole + digits.n_whole;
    return XXH3_64bits_withSeed(digits.whole, (gsize)(end - digits.whole),
                                digits.is_negative ? TU_TYPE_LONG_DECIMAL : ~TU_TYPE_LONG_DECIMAL);
}

/* ---- order ---- */

static int
sign_of(__int128 integer)
{
    return (integer > 0) - (integer < 0);
}

/* What outgrows 128 bits when it is brought to the other's scale is beyond anything the other
 * is. */
static int
compare_scaled(__int128 a, guint32 a_scale, __int128 b, guint32 b_scale)
{
    if (a_scale < b_scale && !tu_decimal_shift(&a, b_scale - a_scale))
        return sign_of(a);
    if (b_scale < a_scale && !tu_decimal_shift(&b, a_scale - b_scale))
        return -sign_of(b);
    return (a > b) - (a < b);
}

/* Both trimmed. */
static int
compare_digits(const Digits *a, const Digits *b)
{
    int sign = a->is_negative ? -1 : 1;
    if (a->is_negative != b->is_negative)
        return sign;
    if (a->n_whole != b->n_whole)
        return a->n_whole > b->n_whole ? sign : -sign;
    int order = memcmp(a->whole, b->whole, a->n_whole);
    if (order == 0)
        order = memcmp(a->rest, b->rest, MIN(a->n_rest, b->n_rest));
    if (order == 0)
        order = (a->n_rest > b->n_rest) - (a->n_rest < b->n_rest);
    return order > 0 ? sign : order < 0 ? -sign : 0;
}

/* `text` (TU_DECIMAL_TEXT_BYTES) holds the digits of what has none of its own. */
static Digits
digits_of(const TuValue *value, char *text)
{
    __int128 integer;
    guint32 scale;
    if (value->type == TU_TYPE_LONG_DECIMAL)
        return digits_of_long(value);
    gboolean has_digits = tu_decimal_digits(value, &integer, &scale);
    g_assert(has_digits);
    gsize bytes = tu_decimal_format(integer, scale, text);
    return digits_of_long(
        &(TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)bytes, .text = text});
}

int
tu_decimal_compare(const TuValue *a, const TuValue *b)
{
    __int128 a_integer, b_integer;
    guint32 a_scale, b_scale;
    char a_text[TU_DECIMAL_TEXT_BYTES], b_text[TU_DECIMAL_TEXT_BYTES];
    if (a->type == TU_TYPE_DECIMAL && b->type == TU_TYPE_DECIMAL && a->scale == b->scale)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (tu_decimal_digits(a, &a_integer, &a_scale) && tu_decimal_digits(b, &b_integer, &b_scale))
        return compare_scaled(a_integer, a_scale, b_integer, b_scale);
    Digits a_digits = digits_of(a, a_text);
    Digits b_digits = digits_of(b, b_text);
    return compare_digits(&a_digits, &b_digits);
}

int
tu_decimal_compare_real(const TuValue *a, double b)
{
    char a_text[TU_DECIMAL_TEXT_BYTES], b_text[REAL_TEXT_BYTES];
    g_ascii_formatd(b_text, sizeof b_text, "%.1074f", b);
    Digits a_digits = digits_of(a, a_text);
    Digits b_digits = digits_of_long(
        &(TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)strlen(b_text), .text = b_text});
    return compare_digits(&a_digits, &b_digits);
}
