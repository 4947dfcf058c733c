/*
 * From values to what PostgreSQL takes: its text for parameters and literals, whose types it infers,
 * and its binary form for COPY, where the column's type says what is meant.
 */
#include "db/postgres.h"

#include <math.h>
#include <string.h>

#include "time/instant.h"

#define EPOCH_DAYS 10957 /* 2000-01-01 */
#define EPOCH_US (EPOCH_DAYS * TU_DAY_US)

/* ---- text ---- */

/* The fewest digits that give the same double again, as PostgreSQL itself prints it. */
static void
append_real(GString *text, double real)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(real)) {
        g_string_append(text, isnan(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", precision);
        g_ascii_formatd(digits, sizeof digits, format, real);
        if (g_ascii_strtod(digits, NULL) == real)
            break;
    }
    g_string_append(text, digits);
}

/* "0044-03-15 BC": there is no year 0 in PostgreSQL's calendar, year 0 of ISO 8601 is 1 BC. */
static void
append_date(GString *text, gint64 days, gboolean *ret_is_bc)
{
    int year = 0;
    int month = 0;
    int day = 0;
    tu_date_to_civil((TuDate)days, &year, &month, &day);
    *ret_is_bc = year <= 0;
    g_string_append_printf(text, "%04d-%02d-%02d", year <= 0 ? 1 - year : year, month, day);
}

static void
append_time(GString *text, const TuValue *value)
{
    gboolean is_bc = FALSE;
    if (value->integer == TU_TIME_BEFORE_ALL || value->integer == TU_TIME_AFTER_ALL) {
        g_string_append(text, value->integer == TU_TIME_BEFORE_ALL ? "-infinity" : "infinity");
        return;
    }
    if (value->type == TU_TYPE_DATE) {
        append_date(text, value->integer, &is_bc);
    } else {
        gint64 midnight_us = tu_instant_floor_us(value->integer, TU_DAY_US);
        gint64 rest_us = value->integer - midnight_us;
        append_date(text, midnight_us / TU_DAY_US, &is_bc);
        g_string_append_printf(text, " %02d:%02d:%02d.%06d", (int)(rest_us / TU_HOUR_US),
                               (int)(rest_us % TU_HOUR_US / TU_MINUTE_US),
                               (int)(rest_us % TU_MINUTE_US / TU_SECOND_US),
                               (int)(rest_us % TU_SECOND_US));
        g_string_append(text, value->type == TU_TYPE_INSTANT ? "+00" : "");
    }
    g_string_append(text, is_bc ? " BC" : "");
}

void
tu_postgres_append_text(GString *text, const TuValue *value)
{
    char digits[TU_DECIMAL_TEXT_BYTES];
    switch (value->type) {
    case TU_TYPE_INTEGER:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, value->integer);
        return;
    case TU_TYPE_REAL:
        append_real(text, value->real);
        return;
    case TU_TYPE_DECIMAL:
        g_string_append_len(text, digits,
                            (gssize)tu_decimal_format(value->integer, value->scale, digits));
        return;
    case TU_TYPE_TEXT:
    case TU_TYPE_LONG_DECIMAL:
        g_string_append_len(text, value->text, value->bytes);
        return;
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        append_time(text, value);
        return;
    case TU_TYPE_NULL:
    case TU_TYPE_BLOB:
        break;
    }
    g_assert_not_reached();
}

gboolean
tu_postgres_check_text(const TuValue *value, GError **error)
{
    if (value->type != TU_TYPE_TEXT || value->bytes == 0 ||
        memchr(value->text, '\0', value->bytes) == NULL)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_DATA,
                        "postgresql: a text with a NUL byte in it cannot be stored");
    return FALSE;
}

/* ---- binary: pieces ---- */

static void
append_16(GByteArray *bytes, int value)
{
    guint16 wire = GUINT16_TO_BE((guint16)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}

static void
append_32(GByteArray *bytes, gint64 value)
{
    guint32 wire = GUINT32_TO_BE((guint32)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}

static void
append_64(GByteArray *bytes, gint64 value)
{
    guint64 wire = GUINT64_TO_BE((guint64)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}

static gboolean
append_integer(GByteArray *bytes, const TuValue *value, guint size, gint64 least, gint64 greatest)
{
    if (value->type != TU_TYPE_INTEGER || value->integer < least || value->integer > greatest)
        return FALSE;
    append_32(bytes, size);
    if (size == 2)
        append_16(bytes, (int)value->integer);
    else if (size == 4)
        append_32(bytes, value->integer);
    else
        append_64(bytes, value->integer);
    return TRUE;
}

/* A number as a double; FALSE: it is none. */
static gboolean
real_of(const TuValue *value, double *ret_real)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->type == TU_TYPE_REAL) {
        *ret_real = value->real;
        return TRUE;
    }
    if (value->type != TU_TYPE_INTEGER && value->type != TU_TYPE_DECIMAL &&
        value->type != TU_TYPE_LONG_DECIMAL)
        return FALSE;
    tu_postgres_append_text(text, value);
    *ret_real = g_ascii_strtod(text->str, NULL);
    return TRUE;
}

static gboolean
encode_float8(GByteArray *bytes, const TuValue *value)
{
    double real = 0;
    gint64 bits = 0;
    if (!real_of(value, &real))
        return FALSE;
    memcpy(&bits, &real, sizeof bits);
    append_32(bytes, 8);
    append_64(bytes, bits);
    return TRUE;
}

static gboolean
encode_float4(GByteArray *bytes, const TuValue *value)
{
    double real = 0;
    guint32 bits = 0;
    if (!real_of(value, &real))
        return FALSE;
    float narrow = (float)real;
    if (isinf(narrow) && !isinf(real))
        return FALSE;
    memcpy(&bits, &narrow, sizeof bits);
    append_32(bytes, 4);
    append_32(bytes, bits);
    return TRUE;
}

static gboolean
encode_bool(GByteArray *bytes, const TuValue *value)
{
    guint8 bit = value->integer != 0;
    if (value->type != TU_TYPE_INTEGER)
        return FALSE;
    append_32(bytes, 1);
    g_byte_array_append(bytes, &bit, 1);
    return TRUE;
}

static gboolean
encode_int2(GByteArray *bytes, const TuValue *value)
{
    return append_integer(bytes, value, 2, G_MININT16, G_MAXINT16);
}

static gboolean
encode_int4(GByteArray *bytes, const TuValue *value)
{
    return append_integer(bytes, value, 4, G_MININT32, G_MAXINT32);
}

static gboolean
encode_int8(GByteArray *bytes, const TuValue *value)
{
    return append_integer(bytes, value, 8, G_MININT64, G_MAXINT64);
}

/* ---- binary: numeric ---- */

enum { NUMERIC_POSITIVE = 0, NUMERIC_NEGATIVE = 0x4000, NUMERIC_NAN = 0xC000, NUMERIC_INF = 0xD000, NUMERIC_MINUS_INF = 0xF000 };

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
    append_32(bytes, 8 + 2 * (n - zeros));
    append_16(bytes, n - zeros);
    append_16(bytes, n == 0 ? 0 : n - 1 - fraction);
    append_16(bytes, n == 0 ? NUMERIC_POSITIVE : sign);
    append_16(bytes, scale);
    for (int i = n - 1; i >= zeros; i--)
        append_16(bytes, groups[i]);
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
        guint16 group = (guint16)((d[0] - '0') * 1000 + (d[1] - '0') * 100 + (d[2] - '0') * 10 +
                                  (d[3] - '0'));
        g_array_append_val(groups, group);
    }
    append_numeric(bytes, (const guint16 *)(gpointer)groups->data, (int)groups->len, fraction,
                   text[0] == '-' ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE, scale);
    return TRUE;
}

static gboolean
encode_real_as_numeric(GByteArray *bytes, double real)
{
    if (isfinite(real)) {
        g_autoptr(GString) text = g_string_new(NULL);
        append_real(text, real);
        return encode_digits(bytes, text->str, text->len);
    }
    append_32(bytes, 8);
    append_32(bytes, 0);
    append_16(bytes, isnan(real) ? NUMERIC_NAN : real > 0 ? NUMERIC_INF : NUMERIC_MINUS_INF);
    append_16(bytes, isnan(real) ? 0 : 0x20);
    return TRUE;
}

static gboolean
encode_numeric(GByteArray *bytes, const TuValue *value)
{
    if (value->type == TU_TYPE_INTEGER)
        return encode_decimal(bytes, value->integer, 0);
    if (value->type == TU_TYPE_DECIMAL)
        return encode_decimal(bytes, value->integer, (int)value->scale);
    if (value->type == TU_TYPE_REAL)
        return encode_real_as_numeric(bytes, value->real);
    return value->type == TU_TYPE_LONG_DECIMAL && encode_digits(bytes, value->text, value->bytes);
}

/* ---- binary: texts and times ---- */

static gboolean
encode_text(GByteArray *bytes, const TuValue *value)
{
    if (value->type == TU_TYPE_BLOB)
        return FALSE;
    if (value->type == TU_TYPE_TEXT) {
        append_32(bytes, value->bytes);
        g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
        return TRUE;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    tu_postgres_append_text(text, value);
    append_32(bytes, (gint64)text->len);
    g_byte_array_append(bytes, (const guint8 *)text->str, (guint)text->len);
    return TRUE;
}

static gboolean
encode_jsonb(GByteArray *bytes, const TuValue *value)
{
    static const guint8 version = 1;
    if (value->type != TU_TYPE_TEXT)
        return FALSE;
    append_32(bytes, (gint64)value->bytes + 1);
    g_byte_array_append(bytes, &version, 1);
    g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
    return TRUE;
}

static gboolean
encode_bytea(GByteArray *bytes, const TuValue *value)
{
    if (value->type != TU_TYPE_BLOB)
        return FALSE;
    append_32(bytes, value->bytes);
    g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
    return TRUE;
}

static gboolean
encode_uuid(GByteArray *bytes, const TuValue *value)
{
    guint8 uuid[16];
    guint n = 0;
    if (value->type != TU_TYPE_TEXT || value->bytes != 36)
        return FALSE;
    for (guint i = 0; i < 36; i++) {
        if (value->text[i] == '-')
            continue;
        int high = g_ascii_xdigit_value(value->text[i]);
        int low = i < 35 ? g_ascii_xdigit_value(value->text[i + 1]) : -1;
        if (high < 0 || low < 0 || n == 16)
            return FALSE;
        uuid[n++] = (guint8)(high << 4 | low);
        i++;
    }
    append_32(bytes, 16);
    g_byte_array_append(bytes, uuid, 16);
    return n == 16;
}

static gboolean
is_endless(gint64 time)
{
    return time == TU_TIME_BEFORE_ALL || time == TU_TIME_AFTER_ALL;
}

static gboolean
encode_date(GByteArray *bytes, const TuValue *value)
{
    gint32 parsed = 0;
    gint64 days = value->integer;
    if (value->type == TU_TYPE_TEXT && tu_value_read_date(value, &parsed))
        days = parsed;
    else if (value->type != TU_TYPE_DATE)
        return FALSE;
    append_32(bytes, 4);
    append_32(bytes, days == TU_TIME_BEFORE_ALL  ? G_MININT32
                     : days == TU_TIME_AFTER_ALL ? G_MAXINT32
                                                 : days - EPOCH_DAYS);
    return TRUE;
}

static gboolean
encode_time(GByteArray *bytes, const TuValue *value)
{
    gint64 us = value->integer;
    gboolean is_time = value->type == TU_TYPE_INSTANT || value->type == TU_TYPE_TIMESTAMP;
    if (!is_time && !(value->type == TU_TYPE_TEXT && tu_value_read_instant(value, &us)))
        return FALSE;
    append_32(bytes, 8);
    append_64(bytes, is_endless(us) ? us : us - EPOCH_US);
    return TRUE;
}

/* ---- binary: by type ---- */

static const struct {
    Oid type;
    const char *name;
    gboolean (*encode)(GByteArray *bytes, const TuValue *value);
} encoders[] = {
    {TU_OID_INT8, "bigint", encode_int8},
    {TU_OID_NUMERIC, "numeric", encode_numeric},
    {TU_OID_TEXT, "text", encode_text},
    {TU_OID_DATE, "date", encode_date},
    {TU_OID_TIMESTAMPTZ, "timestamp with time zone", encode_time},
    {TU_OID_TIMESTAMP, "timestamp", encode_time},
    {TU_OID_VARCHAR, "varchar", encode_text},
    {TU_OID_INT4, "integer", encode_int4},
    {TU_OID_INT2, "smallint", encode_int2},
    {TU_OID_FLOAT8, "double precision", encode_float8},
    {TU_OID_FLOAT4, "real", encode_float4},
    {TU_OID_BOOL, "boolean", encode_bool},
    {TU_OID_BPCHAR, "bpchar", encode_text},
    {TU_OID_NAME, "name", encode_text},
    {TU_OID_UUID, "uuid", encode_uuid},
    {TU_OID_BYTEA, "bytea", encode_bytea},
    {TU_OID_JSON, "json", encode_text},
    {TU_OID_JSONB, "jsonb", encode_jsonb},
};

const char *
tu_postgres_binary_name(Oid type)
{
    for (guint i = 0; i < G_N_ELEMENTS(encoders); i++)
        if (encoders[i].type == type)
            return encoders[i].name;
    return NULL;
}

gboolean
tu_postgres_append_binary(GByteArray *bytes, Oid type, const TuValue *value, GError **error)
{
    guint i = 0;
    if (value->type == TU_TYPE_NULL) {
        append_32(bytes, -1);
        return TRUE;
    }
    while (encoders[i].type != type)
        i++;
    if (!tu_postgres_check_text(value, error))
        return FALSE;
    if (encoders[i].encode(bytes, value))
        return TRUE;
    g_autofree char *text = tu_value_to_text(value);
    g_set_error(error, TU_ERROR, TU_ERROR_DATA, "%s does not fit type %s", text, encoders[i].name);
    return FALSE;
}
