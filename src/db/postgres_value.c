/*
 * From PostgreSQL's binary form to values. Everything comes in network byte order; dates and times
 * count from 2000-01-01, and their least and greatest numbers mean -infinity and infinity.
 *
 * A numeric is a list of digits to the base 10,000 with the place of the first one:
 *
 *   -1234567.80   n 3, weight 1, negative, scale 2, digits 123 4567 8000
 */
#include "db/postgres.h"

#include <math.h>
#include <string.h>

#include "time/instant.h"

#define EPOCH_DAYS 10957 /* 2000-01-01 */
#define EPOCH_US (EPOCH_DAYS * TU_DAY_US)

/* ---- whole numbers in network byte order ---- */

static guint16
read_16(const char *data)
{
    guint16 value;
    memcpy(&value, data, sizeof value);
    return GUINT16_FROM_BE(value);
}

static guint32
read_32(const char *data)
{
    guint32 value;
    memcpy(&value, data, sizeof value);
    return GUINT32_FROM_BE(value);
}

static gint64
read_64(const char *data)
{
    guint64 value;
    memcpy(&value, data, sizeof value);
    return (gint64)GUINT64_FROM_BE(value);
}

static TuValue
decode_bool(const char *data, guint length, GString *scratch)
{
    g_assert(length == 1);
    return tu_value_integer(data[0] != 0);
}

static TuValue
decode_int2(const char *data, guint length, GString *scratch)
{
    g_assert(length == 2);
    return tu_value_integer((gint16)read_16(data));
}

static TuValue
decode_int4(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    return tu_value_integer((gint32)read_32(data));
}

static TuValue
decode_int8(const char *data, guint length, GString *scratch)
{
    g_assert(length == 8);
    return tu_value_integer(read_64(data));
}

static TuValue
decode_oid(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    return tu_value_integer(read_32(data));
}

/* The address of a row: its block, then its place there, which has 16 bits. */
static TuValue
decode_tid(const char *data, guint length, GString *scratch)
{
    g_assert(length == 6);
    return tu_value_integer((gint64)read_32(data) << 16 | read_16(data + 4));
}

/* ---- floats ---- */

static TuValue
decode_float4(const char *data, guint length, GString *scratch)
{
    float real;
    guint32 bits = read_32(data);
    g_assert(length == 4);
    memcpy(&real, &bits, sizeof real);
    return tu_value_real((double)real);
}

static TuValue
decode_float8(const char *data, guint length, GString *scratch)
{
    double real;
    gint64 bits = read_64(data);
    g_assert(length == 8);
    memcpy(&real, &bits, sizeof real);
    return tu_value_real(real);
}

/* ---- numeric ---- */

enum { NUMERIC_NEGATIVE = 0x4000, NUMERIC_NAN = 0xC000, NUMERIC_INF = 0xD000, NUMERIC_MINUS_INF = 0xF000 };

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
    return index < 0 || index >= numeric->n ? 0 : (gint16)read_16(numeric->digits + 2 * index);
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

static TuValue
decode_numeric(const char *data, guint length, GString *scratch)
{
    g_assert(length >= 8);
    Numeric numeric = {.n = read_16(data),
                       .weight = (gint16)read_16(data + 2),
                       .sign = read_16(data + 4),
                       .scale = read_16(data + 6),
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

/* ---- texts ---- */

static TuValue
decode_text(const char *data, guint length, GString *scratch)
{
    return (TuValue){.type = TU_TYPE_TEXT, .bytes = length, .text = data};
}

/* char(n): the blanks at the end are not part of it. */
static TuValue
decode_bpchar(const char *data, guint length, GString *scratch)
{
    while (length > 0 && data[length - 1] == ' ')
        length--;
    return decode_text(data, length, scratch);
}

static TuValue
decode_jsonb(const char *data, guint length, GString *scratch)
{
    g_assert(length >= 1);
    return decode_text(data + 1, length - 1, scratch); /* behind its version */
}

static TuValue
decode_bytea(const char *data, guint length, GString *scratch)
{
    return (TuValue){.type = TU_TYPE_BLOB, .bytes = length, .text = data};
}

static TuValue
decode_uuid(const char *data, guint length, GString *scratch)
{
    static const char hexadecimal[] = "0123456789abcdef";
    g_assert(length == 16);
    g_string_truncate(scratch, 0);
    for (guint i = 0; i < length; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            g_string_append_c(scratch, '-');
        g_string_append_c(scratch, hexadecimal[(guchar)data[i] >> 4]);
        g_string_append_c(scratch, hexadecimal[data[i] & 15]);
    }
    return decode_text(scratch->str, (guint)scratch->len, scratch);
}

static TuValue
decode_void(const char *data, guint length, GString *scratch)
{
    return TU_NULL_VALUE;
}

/* ---- dates and times ---- */

static TuValue
decode_date(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    gint32 days = (gint32)read_32(data);
    return tu_value_time(TU_TYPE_DATE, days == G_MININT32   ? TU_TIME_BEFORE_ALL
                                       : days == G_MAXINT32 ? TU_TIME_AFTER_ALL
                                                            : (gint64)days + EPOCH_DAYS);
}

/* The server's range ends long before the sum would overflow, its infinities are the ends themselves. */
static TuValue
decode_time(TuType type, const char *data, guint length)
{
    g_assert(length == 8);
    gint64 us = read_64(data);
    return tu_value_time(type, us == G_MININT64 || us == G_MAXINT64 ? us : us + EPOCH_US);
}

static TuValue
decode_timestamp(const char *data, guint length, GString *scratch)
{
    return decode_time(TU_TYPE_TIMESTAMP, data, length);
}

static TuValue
decode_instant(const char *data, guint length, GString *scratch)
{
    return decode_time(TU_TYPE_INSTANT, data, length);
}

TuPostgresDecode
tu_postgres_decoder(Oid type)
{
    static const struct {
        Oid type;
        TuPostgresDecode decode;
    } rows[] = {
        {TU_OID_INT8, decode_int8},
        {TU_OID_INT4, decode_int4},
        {TU_OID_NUMERIC, decode_numeric},
        {TU_OID_TEXT, decode_text},
        {TU_OID_TIMESTAMPTZ, decode_instant},
        {TU_OID_TIMESTAMP, decode_timestamp},
        {TU_OID_DATE, decode_date},
        {TU_OID_VARCHAR, decode_text},
        {TU_OID_BOOL, decode_bool},
        {TU_OID_INT2, decode_int2},
        {TU_OID_FLOAT8, decode_float8},
        {TU_OID_FLOAT4, decode_float4},
        {TU_OID_BPCHAR, decode_bpchar},
        {TU_OID_UUID, decode_uuid},
        {TU_OID_TID, decode_tid},
        {TU_OID_BYTEA, decode_bytea},
        {TU_OID_NAME, decode_text},
        {TU_OID_CHAR, decode_text},
        {TU_OID_OID, decode_oid},
        {TU_OID_XID, decode_oid},
        {TU_OID_JSON, decode_text},
        {TU_OID_JSONB, decode_jsonb},
        {TU_OID_UNKNOWN, decode_text},
        {TU_OID_VOID, decode_void},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return rows[i].decode;
    return NULL;
}
