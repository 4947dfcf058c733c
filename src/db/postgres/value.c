/*
 * From PostgreSQL's binary form to values. Everything comes in network byte order; dates and times
 * count from 2000-01-01, and their least and greatest numbers mean -infinity and infinity.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/postgres/bytes.h"

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
    return tu_value_integer((gint16)tu_wire_read_16(data));
}

static TuValue
decode_int4(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    return tu_value_integer((gint32)tu_wire_read_32(data));
}

static TuValue
decode_int8(const char *data, guint length, GString *scratch)
{
    g_assert(length == 8);
    return tu_value_integer(tu_wire_read_64(data));
}

/* Unsigned, unlike the integers. */
static TuValue
decode_oid(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    return tu_value_integer(tu_wire_read_32(data));
}

/* The address of a row: its block, then its place there, which has 16 bits. */
static TuValue
decode_tid(const char *data, guint length, GString *scratch)
{
    g_assert(length == 6);
    return tu_value_integer((gint64)tu_wire_read_32(data) << 16 | tu_wire_read_16(data + 4));
}

/* ---- floats ---- */

static TuValue
decode_float4(const char *data, guint length, GString *scratch)
{
    float real;
    guint32 bits = tu_wire_read_32(data);
    g_assert(length == 4);
    memcpy(&real, &bits, sizeof real);
    return tu_value_real((double)real);
}

static TuValue
decode_float8(const char *data, guint length, GString *scratch)
{
    double real;
    gint64 bits = tu_wire_read_64(data);
    g_assert(length == 8);
    memcpy(&real, &bits, sizeof real);
    return tu_value_real(real);
}

/* ---- texts ---- */

/* The bytes as they came, which are UTF-8: sessions ask for it. */
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

/* Its version stands before the text. */
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

/* As PostgreSQL writes it, so that it is the same key wherever it comes from. */
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

/* infinity is kept as such: it is in no bucket, and no error for others. */
static TuValue
decode_date(const char *data, guint length, GString *scratch)
{
    g_assert(length == 4);
    gint32 days = (gint32)tu_wire_read_32(data);
    return tu_value_time(TU_TYPE_DATE, days == G_MININT32 ? TU_TIME_BEFORE_ALL
                                       : days == G_MAXINT32
                                           ? TU_TIME_AFTER_ALL
                                           : (gint64)days + TU_POSTGRES_EPOCH_DAYS);
}

/* The server's range ends long before the sum would overflow, its infinities are the ends
 * themselves. */
static TuValue
decode_time(TuType type, const char *data, guint length)
{
    g_assert(length == 8);
    gint64 us = tu_wire_read_64(data);
    return tu_value_time(type,
                         us == G_MININT64 || us == G_MAXINT64 ? us : us + TU_POSTGRES_EPOCH_US);
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

/* The most frequent types come first. */
TuPostgresDecode
tu_postgres_decoder(Oid type)
{
    static const struct {
        Oid type;
        TuPostgresDecode decode;
    } rows[] = {
        {TU_OID_INT8, decode_int8},
        {TU_OID_INT4, decode_int4},
        {TU_OID_NUMERIC, tu_postgres_decode_numeric},
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
