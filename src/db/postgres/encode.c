/*
 * From values to PostgreSQL's binary form, for COPY: the column's type says what is meant. What the
 * type cannot hold is refused here, since the server would only see bytes.
 */
#include "db/postgres/postgres.h"

#include <math.h>
#include <string.h>

#include "db/postgres/bytes.h"

/* FALSE, here and below: the type cannot hold the value. */
static gboolean
append_integer(GByteArray *bytes, const TuValue *value, guint size, gint64 least, gint64 greatest)
{
    if (value->type != TU_TYPE_INTEGER || value->integer < least || value->integer > greatest)
        return FALSE;
    tu_wire_append_32(bytes, size);
    if (size == 2)
        tu_wire_append_16(bytes, (int)value->integer);
    else if (size == 4)
        tu_wire_append_32(bytes, value->integer);
    else
        tu_wire_append_64(bytes, value->integer);
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
    tu_wire_append_32(bytes, 8);
    tu_wire_append_64(bytes, bits);
    return TRUE;
}

/* A double that a float would make infinite does not fit; one that loses digits does. */
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
    tu_wire_append_32(bytes, 4);
    tu_wire_append_32(bytes, bits);
    return TRUE;
}

/* FALSE of any encoder: the value is not of that type, and the caller says which column it was
 * for. */
static gboolean
encode_bool(GByteArray *bytes, const TuValue *value)
{
    guint8 bit = value->integer != 0;
    if (value->type != TU_TYPE_INTEGER)
        return FALSE;
    tu_wire_append_32(bytes, 1);
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

/* ---- binary: texts and times ---- */

/* A number or a date in a text column is its text, as an INSERT would make it. */
static gboolean
encode_text(GByteArray *bytes, const TuValue *value)
{
    if (value->type == TU_TYPE_BLOB)
        return FALSE;
    if (value->type == TU_TYPE_TEXT) {
        tu_wire_append_32(bytes, value->bytes);
        g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
        return TRUE;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    tu_postgres_append_text(text, value);
    tu_wire_append_32(bytes, (gint64)text->len);
    g_byte_array_append(bytes, (const guint8 *)text->str, (guint)text->len);
    return TRUE;
}

/* The text with the number of the format before it. */
static gboolean
encode_jsonb(GByteArray *bytes, const TuValue *value)
{
    static const guint8 version = 1;
    if (value->type != TU_TYPE_TEXT)
        return FALSE;
    tu_wire_append_32(bytes, (gint64)value->bytes + 1);
    g_byte_array_append(bytes, &version, 1);
    g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
    return TRUE;
}

/* Bytes only: a text has an encoding, which a blob has not. */
static gboolean
encode_bytea(GByteArray *bytes, const TuValue *value)
{
    if (value->type != TU_TYPE_BLOB)
        return FALSE;
    tu_wire_append_32(bytes, value->bytes);
    g_byte_array_append(bytes, (const guint8 *)value->text, value->bytes);
    return TRUE;
}

/* 32 hexadecimal digits in pairs, with hyphens anywhere between two pairs. */
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
    tu_wire_append_32(bytes, 16);
    g_byte_array_append(bytes, uuid, 16);
    return n == 16;
}

/* PostgreSQL's own ends of time have the numbers that trueup gives them. */
static gboolean
is_endless(gint64 time)
{
    return time == TU_TIME_BEFORE_ALL || time == TU_TIME_AFTER_ALL;
}

/* Days since 2000-01-01. */
static gboolean
encode_date(GByteArray *bytes, const TuValue *value)
{
    gint32 parsed = 0;
    gint64 days = value->integer;
    if (value->type == TU_TYPE_TEXT && tu_value_read_date(value, &parsed))
        days = parsed;
    else if (value->type != TU_TYPE_DATE)
        return FALSE;
    tu_wire_append_32(bytes, 4);
    tu_wire_append_32(bytes, days == TU_TIME_BEFORE_ALL  ? G_MININT32
                             : days == TU_TIME_AFTER_ALL ? G_MAXINT32
                                                         : days - TU_POSTGRES_EPOCH_DAYS);
    return TRUE;
}

/* Microseconds since 2000-01-01, with zone and without alike: sessions are in UTC. */
static gboolean
encode_time(GByteArray *bytes, const TuValue *value)
{
    gint64 us = value->integer;
    gboolean is_time = value->type == TU_TYPE_INSTANT || value->type == TU_TYPE_TIMESTAMP;
    if (!is_time && !(value->type == TU_TYPE_TEXT && tu_value_read_instant(value, &us)))
        return FALSE;
    tu_wire_append_32(bytes, 8);
    tu_wire_append_64(bytes, is_endless(us) ? us : us - TU_POSTGRES_EPOCH_US);
    return TRUE;
}

/* As postgres/value.c reads it: the block, and 16 bits of the place in it. */
static gboolean
encode_tid(GByteArray *bytes, const TuValue *value)
{
    if (value->type != TU_TYPE_INTEGER)
        return FALSE;
    tu_wire_append_32(bytes, 6);
    tu_wire_append_32(bytes, value->integer >> 16);
    tu_wire_append_16(bytes, (int)(value->integer & 0xffff));
    return TRUE;
}

/* ---- binary: by type ---- */

static const struct {
    Oid type;
    const char *name;
    gboolean (*encode)(GByteArray *bytes, const TuValue *value);
} encoders[] = {
    {TU_OID_INT8, "bigint", encode_int8},
    {TU_OID_NUMERIC, "numeric", tu_postgres_encode_numeric},
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
    {TU_OID_TID, "tid", encode_tid},
};

/* NULL: no encoder, so the value goes as text. The name is for casts of arrays. */
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
        tu_wire_append_32(bytes, -1);
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
