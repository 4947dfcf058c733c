/*
 * Types: what the values of each are here, and what columns hold them.
 *
 * A type that has no row below is text as PostgreSQL prints it: interval, inet, arrays, what
 * extensions bring. It has an order of its own, which is not that of its text.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#define TEXT_TYPE "text COLLATE \"C\""

/* Bytes that a character may need, and those that an index key may hold of one text. */
#define CHARACTER_BYTES 4
#define KEY_TEXT_BYTES 512

/* What PostgreSQL adds to a declared length in a modifier. */
#define MODIFIER_HEADER 4

typedef struct {
    Oid oid;
    TuType kind;
    const char *column; /* of a summary */
    gboolean is_unbounded, is_not_ordered;
} TypeRow;

static const TypeRow rows[] = {
    {TU_OID_BOOL, TU_TYPE_INTEGER, "boolean", FALSE, FALSE},
    {TU_OID_INT2, TU_TYPE_INTEGER, "smallint", FALSE, FALSE},
    {TU_OID_INT4, TU_TYPE_INTEGER, "integer", FALSE, FALSE},
    {TU_OID_INT8, TU_TYPE_INTEGER, "bigint", FALSE, FALSE},
    {TU_OID_OID, TU_TYPE_INTEGER, "bigint", FALSE, FALSE},
    {TU_OID_FLOAT4, TU_TYPE_REAL, "real", FALSE, FALSE},
    {TU_OID_FLOAT8, TU_TYPE_REAL, "double precision", FALSE, FALSE},
    {TU_OID_NUMERIC, TU_TYPE_DECIMAL, "numeric", FALSE, FALSE},
    {TU_OID_TEXT, TU_TYPE_TEXT, TEXT_TYPE, TRUE, FALSE},
    {TU_OID_VARCHAR, TU_TYPE_TEXT, TEXT_TYPE, TRUE, FALSE},
    {TU_OID_BPCHAR, TU_TYPE_TEXT, TEXT_TYPE, TRUE, FALSE},
    {TU_OID_NAME, TU_TYPE_TEXT, TEXT_TYPE, FALSE, FALSE},
    {TU_OID_CHAR, TU_TYPE_TEXT, TEXT_TYPE, FALSE, FALSE},
    {TU_OID_UNKNOWN, TU_TYPE_TEXT, TEXT_TYPE, TRUE, FALSE},
    {TU_OID_BYTEA, TU_TYPE_BLOB, "bytea", TRUE, FALSE},
    {TU_OID_DATE, TU_TYPE_DATE, "date", FALSE, FALSE},
    {TU_OID_TIMESTAMP, TU_TYPE_TIMESTAMP, "timestamp without time zone", FALSE, FALSE},
    {TU_OID_TIMESTAMPTZ, TU_TYPE_INSTANT, "timestamp with time zone", FALSE, FALSE},
    {TU_OID_UUID, TU_TYPE_TEXT, "uuid", FALSE, TRUE},
};

static const TypeRow other = {0, TU_TYPE_TEXT, TEXT_TYPE, TRUE, TRUE};

static const TypeRow *
row_of(Oid oid)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].oid == oid)
            return &rows[i];
    return &other;
}

/* numeric(12, 2): the scale is the lower part of the modifier, 11 bits with a sign. */
static int
scale_of(const TuPostgresType *type)
{
    if (type->oid != TU_OID_NUMERIC || type->modifier < MODIFIER_HEADER)
        return -1;
    int scale = (((type->modifier - MODIFIER_HEADER) & 0x7ff) ^ 1024) - 1024;
    return MAX(scale, 0);
}

static gboolean
is_short(const TuPostgresType *type)
{
    gboolean has_length = type->oid == TU_OID_VARCHAR || type->oid == TU_OID_BPCHAR;
    return has_length && type->modifier >= MODIFIER_HEADER &&
           type->modifier - MODIFIER_HEADER <= KEY_TEXT_BYTES / CHARACTER_BYTES;
}

void
tu_postgres_sql_type(const TuPostgresType *type, TuSqlType *ret_type)
{
    const TypeRow *row = row_of(type->oid);
    *ret_type = (TuSqlType){
        .kind = row->kind,
        .scale = scale_of(type),
        .column = g_strdup(type->is_enum ? type->name : row->column),
        .is_unbounded = row->is_unbounded && !type->is_enum && !is_short(type),
        .is_not_ordered = row->is_not_ordered,
    };
}

/* Lengths and precisions fall away, so that a column whose own grow can still be logged. Whole
 * numbers keep their width: an expression like day + n means another thing, or nothing, with a
 * wider n; the trigger sees that a column was widened (postgres/capture.c). */
char *
tu_postgres_log_type(const TuPostgresType *type, const char *collation)
{
    const char *name = type->oid == TU_OID_VARCHAR ? "text" : type->name;
    return collation[0] == '\0' ? g_strdup(name)
                                : g_strdup_printf("%s COLLATE %s", name, collation);
}
