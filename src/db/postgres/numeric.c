/*
 * Numerics, both ways. On the wire a numeric is a list of digits to the base 10,000 with the place
 * of the first one; nothing here passes through a double.
 *
 * A numeric is a list of digits to the base 10,000 with the place of the first one:
 *
 *   -1234567.80   n 3, weight 1, negative, scale 2, digits 123 4567 8000
 */
#include "db/postgres/postgres.h"

#include <math.h>

#include "db/postgres/bytes.h"

/* What stands where the sign is. */
enum {
    NUMERIC_POSITIVE = 0,
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_INF = 0xD000,
    NUMERIC_MINUS_INF = 0xF000,
};

/* ---- from the server ---- */

typedef struct {
    int n, weight, scale;
    guint16 sign;
    const char *digits;
} Numeric;

/* The digit to the base 10,000 that stands at the power `place`. */
static int
digit_at(const Numeric *numeric, int place)
{
    int index = numeric->weight - place;
    return index < 0 || index >= numeric->n ? 0
                                            : (gint16)tu_wire_read_16(numeric->digits + 2 * index);
}

/* Groups of four digits that the scale needs behind the point. */
static int
fraction_groups(const Numeric *numeric)
{
    return (numeric->scale + 3) / 4;
}

/* "-1234567.80": for numbers that 128 bits do not hold. */
static TuValue
long_decimal(const Numeric *numeric, GString *scratch)
{
    g_string_truncate(scratch, 0);
    if (numeric->sign == NUMERIC_NEGATIVE)
        g_string_append_c(scratch, '-');
    g_string_append_printf(scratch, "%d", digit_at(numeric, MAX(numeric->weight, 0)));
    for (int place = numeric->weight - 1; place >= 0; place--)
        g_string_append_printf(scratch, "%04d", digit_at(numeric, place));
    if (numeric->scale > 0) {
        g_string_append_c(scratch, '.');
        gsize point = scratch->len;
        for (int place = -1; place >= -fraction_groups(numeric); place--)
            g_string_append_printf(scratch, "%04d", digit_at(numeric, place));
        g_string_truncate(scratch, point + (gsize)numeric->scale);
    }
    return (TuValue){
        .type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)scratch->len, .text = scratch->str};
}

/* Zeros at the end are given up where the number fits 64 bits without them. */
static TuValue
decimal_of(__int128 integer, const Numeric *numeric, GString *scratch)
{
    int scale = numeric->scale;
    while (scale > 0 && integer % 10 == 0 &&
           (integer > G_MAXINT64 || integer < G_MININT64 || scale > TU_SCALE_LIMIT)) {
        integer /= 10;
        scale--;
    }
    if (integer > G_MAXINT64 || integer < G_MININT64 || scale > TU_SCALE_LIMIT)
        return long_decimal(numeric, scratch);
    return scale == 0 ? tu_value_integer((gint64)integer)
                      : tu_value_decimal((gint64)integer, (guint32)scale);
}

static const int tens[] = {1, 10, 100, 1000};

/* Up to 16 digits, as nearly every number has, need no more than 64 bits on the way. */
static TuValue
short_numeric(const Numeric *numeric, GString *scratch)
{
    gint64 integer = 0;
    int last = -fraction_groups(numeric);
    for (int place = numeric->weight; place >= last; place--)
        integer = integer * 10000 + digit_at(numeric, place);
    integer /= tens[-last * 4 - numeric->scale];
    if (numeric->sign == NUMERIC_NEGATIVE)
        integer = -integer;
    return decimal_of(integer, numeric, scratch);
}

static TuValue
wide_numeric(const Numeric *numeric, GString *scratch)
{
    __int128 integer = 0;
    int last = -fraction_groups(numeric);
    for (int place = numeric->weight; place >= last; place--)
        integer = integer * 10000 + digit_at(numeric, place);
    integer /= tens[-last * 4 - numeric->scale];
    return decimal_of(numeric->sign == NUMERIC_NEGATIVE ? -integer : integer, numeric, scratch);
}

TuValue
tu_postgres_decode_numeric(const char *data, guint length, GString *scratch)
{
    g_assert(length >= 8);
    Numeric numeric = {.n = tu_wire_read_16(data),
                       .weight = (gint16)tu_wire_read_16(data + 2),
                       .sign = tu_wire_read_16(data + 4),
                       .scale = tu_wire_read_16(data + 6),
                       .digits = data + 8};
    g_assert(length == 8 + 2 * (guint)numeric.n);
    switch (numeric.sign) {
    case NUMERIC_NAN:
        return tu_value_real((double)NAN);
    case NUMERIC_INF:
        return tu_value_real((double)INFINITY);
    case NUMERIC_MINUS_INF:
        return tu_value_real(-(double)INFINITY);
    }
    int groups = numeric.weight + 1 + fraction_groups(&numeric);
    if (numeric.n == 0)
        return tu_value_integer(0);
    if (groups <= 4)
        return short_numeric(&numeric, scratch);
    return groups <= 9 ? wide_numeric(&numeric, scratch) : long_decimal(&numeric, scratch);
}

/* ---- to the server ---- */

/* Digits to the base 10,000, the last one first, of which the first `fraction` are behind the
 * point. */
static void
append_numeric(GByteArray *bytes, const guint16 *groups, int n, int fraction, int sign, int scale)
{
    int zeros = 0;
    while (n > 0 && groups[n - 1] == 0)
        n--;
    while (zeros < n && groups[zeros] == 0)
        zeros++;
    tu_wire_append_32(bytes, 8 + 2 * (n - zeros));
    tu_wire_append_16(bytes, n - zeros);
    tu_wire_append_16(bytes, n == 0 ? 0 : n - 1 - fraction);
    tu_wire_append_16(bytes, n == 0 ? NUMERIC_POSITIVE : sign);
    tu_wire_append_16(bytes, scale);
    for (int i = n - 1; i >= zeros; i--)
        tu_wire_append_16(bytes, groups[i]);
}

/* A decimal is widened until its scale is a multiple of four digits: three more fit 128 bits. */
static gboolean
encode_decimal(GByteArray *bytes, gint64 integer, int scale)
{
    guint16 groups[8 + TU_SCALE_LIMIT / 4];
    int n = 0;
    int sign = integer < 0 ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE;
    unsigned __int128 rest = integer < 0 ? -(unsigned __int128)integer : (unsigned __int128)integer;
    int fraction = (scale + 3) / 4;
    for (int i = scale; i < 4 * fraction; i++)
        rest *= 10;
    for (; rest > 0 || n <= fraction; rest /= 10000)
        groups[n++] = (guint16)(rest % 10000);
    append_numeric(bytes, groups, n, fraction, sign, scale);
    return TRUE;
}

/* The digits of "-123.45e6" as a whole number with a scale; FALSE: it is no number. */
static gboolean
split_digits(const char *text, gsize length, GString *digits, int *ret_scale)
{
    gboolean has_point = FALSE;
    int scale = 0;
    for (gsize i = text[0] == '-' || text[0] == '+' ? 1 : 0; i < length; i++) {
        if (g_ascii_isdigit(text[i])) {
            g_string_append_c(digits, text[i]);
            scale += has_point;
        } else if (text[i] == '.' && !has_point) {
            has_point = TRUE;
        } else if ((text[i] == 'e' || text[i] == 'E') && digits->len > 0) {
            scale -= (int)g_ascii_strtoll(text + i + 1, NULL, 10);
            break;
        } else {
            return FALSE;
        }
    }
    for (; scale < 0; scale++)
        g_string_append_c(digits, '0');
    *ret_scale = scale;
    return digits->len > 0;
}

/* For what has more digits than 64 bits hold. */
static gboolean
encode_digits(GByteArray *bytes, const char *text, gsize length)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(guint16));
    int scale = 0;
    if (!split_digits(text, length, digits, &scale))
        return FALSE;
    int fraction = (scale + 3) / 4;
    for (int i = scale; i < 4 * fraction; i++)
        g_string_append_c(digits, '0');
    while (digits->len % 4 != 0 || digits->len < 4 * (gsize)fraction)
        g_string_prepend_c(digits, '0');
    for (gsize at = digits->len; at >= 4; at -= 4) {
        const char *d = digits->str + at - 4;
        guint16 group =
            (guint16)((d[0] - '0') * 1000 + (d[1] - '0') * 100 + (d[2] - '0') * 10 + (d[3] - '0'));
        g_array_append_val(groups, group);
    }
    append_numeric(bytes, (const guint16 *)(gpointer)groups->data, (int)groups->len, fraction,
                   text[0] == '-' ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE, scale);
    return TRUE;
}

/* By the fewest digits that name the double, as an INSERT of it would. Infinity keeps the scale
 * that PostgreSQL gives it. */
static gboolean
encode_real_as_numeric(GByteArray *bytes, double real)
{
    if (isfinite(real)) {
        TuValue value = tu_value_real(real);
        g_autoptr(GString) text = g_string_new(NULL);
        tu_postgres_append_text(text, &value);
        return encode_digits(bytes, text->str, text->len);
    }
    tu_wire_append_32(bytes, 8);
    tu_wire_append_32(bytes, 0);
    tu_wire_append_16(bytes, isnan(real) ? NUMERIC_NAN
                             : real > 0  ? NUMERIC_INF
                                         : NUMERIC_MINUS_INF);
    tu_wire_append_16(bytes, isnan(real) ? 0 : 0x20);
    return TRUE;
}

gboolean
tu_postgres_encode_numeric(GByteArray *bytes, const TuValue *value)
{
    if (value->type == TU_TYPE_INTEGER)
        return encode_decimal(bytes, value->integer, 0);
    if (value->type == TU_TYPE_DECIMAL)
        return encode_decimal(bytes, value->integer, (int)value->scale);
    if (value->type == TU_TYPE_REAL)
        return encode_real_as_numeric(bytes, value->real);
    return value->type == TU_TYPE_LONG_DECIMAL && encode_digits(bytes, value->text, value->bytes);
}
