/*
 * Given rows: an array a column, in binary, of the types of the table's columns.
 *
 *   FROM unnest((SELECT $1::bigint[]), (SELECT $2::date[])) WITH ORDINALITY AS given("a", "b",
 * "trueup_n")
 *
 * The sub-selects keep from the planner how many rows there are. It takes ten for granted, and so
 * goes through the unique key, or hashes a table that is hardly larger; were it told of thousands,
 * it would rather read a large table from its beginning to its end.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/given.h"
#include "db/postgres/bytes.h"
#include "db/sql.h"

/* Of an array's binary form: dimensions, whether there are NULLs, the type; length, lower bound. */
#define HEADER_BYTES 20

typedef struct {
    TuGivenRows base;
    char *table;
    guint n_columns;
    char **columns;
    Oid *types;          /* of the elements */
    GByteArray **arrays; /* one a column, its header still to be written */
    TuValue *values;     /* the arrays as parameters */
} Rows;

static void
close_rows(TuGivenRows *base)
{
    Rows *rows = (Rows *)base;
    for (guint i = 0; i < rows->n_columns; i++)
        g_byte_array_unref(rows->arrays[i]);
    g_strfreev(rows->columns);
    g_free(rows->arrays);
    g_free(rows->types);
    g_free(rows->values);
    g_free(rows->table);
    g_free(base->from);
    g_free(rows);
}

static void
clear_rows(TuGivenRows *base)
{
    Rows *rows = (Rows *)base;
    for (guint i = 0; i < rows->n_columns; i++)
        g_byte_array_set_size(rows->arrays[i], HEADER_BYTES);
    base->n = 0;
    base->bytes = 0;
}

/* A column whose binary form this driver does not write (an enum, inet) is given as text, and
 * cast. */
static void
append_from(GString *sql, Rows *rows, char *const *names)
{
    g_string_append(sql, "unnest(");
    for (guint i = 0; i < rows->n_columns; i++) {
        gboolean is_known = tu_postgres_binary_name(rows->types[i]) != NULL;
        tu_sql_append(sql, "%s(SELECT ?%u", i == 0 ? "" : ", ", i + 1);
        tu_sql_append(sql, is_known ? "::%s[])" : "::text[]::%s[])",
                      is_known ? tu_postgres_binary_name(rows->types[i]) : names[i]);
        rows->types[i] = is_known ? rows->types[i] : TU_OID_TEXT;
    }
    g_string_append(sql, ") WITH ORDINALITY AS given(");
    for (guint i = 0; i < rows->n_columns; i++)
        tu_sql_append(sql, "%I, ", rows->columns[i]);
    g_string_append(sql, "\"trueup_n\")");
}

static gboolean
open_rows(TuDatabase *db, const char *table, const char *const *columns, guint n_columns,
          TuGivenRows **ret_rows, GError **error)
{
    Rows *rows = g_new0(Rows, 1);
    g_auto(GStrv) names = g_new0(char *, n_columns + 1);
    g_autoptr(GString) from = g_string_new(NULL);
    rows->table = g_strdup(table);
    rows->n_columns = n_columns;
    rows->columns = g_new0(char *, n_columns + 1);
    rows->types = g_new0(Oid, n_columns);
    rows->arrays = g_new(GByteArray *, n_columns);
    rows->values = g_new(TuValue, n_columns);
    for (guint i = 0; i < n_columns; i++) {
        rows->columns[i] = g_strdup(columns[i]);
        names[i] = g_strdup("text");
        rows->arrays[i] = g_byte_array_new();
    }
    clear_rows(&rows->base);
    if (!tu_postgres_column_types((TuPostgres *)db, table, columns, n_columns, rows->types, names,
                                  error)) {
        close_rows(&rows->base);
        return FALSE;
    }
    append_from(from, rows, names);
    rows->base.from = g_strdup(from->str);
    *ret_rows = &rows->base;
    return TRUE;
}

static gboolean
add_row(TuGivenRows *base, const TuValue *values, GError **error)
{
    Rows *rows = (Rows *)base;
    for (guint i = 0; i < rows->n_columns; i++) {
        guint before = rows->arrays[i]->len;
        if (!tu_postgres_append_binary(rows->arrays[i], rows->types[i], &values[i], error)) {
            g_prefix_error(error, "%s.%s: ", rows->table, rows->columns[i]);
            return FALSE;
        }
        base->bytes += rows->arrays[i]->len - before;
    }
    base->n++;
    return TRUE;
}

static void
write_32(GByteArray *array, guint at, guint32 number)
{
    guint32 wire = GUINT32_TO_BE(number);
    memcpy(array->data + at, &wire, sizeof wire);
}

static const TuValue *
values_of(TuGivenRows *base, guint *ret_n)
{
    Rows *rows = (Rows *)base;
    for (guint i = 0; i < rows->n_columns; i++) {
        GByteArray *array = rows->arrays[i];
        const guint32 header[] = {1, 1, rows->types[i], base->n, 1};
        for (guint h = 0; h < G_N_ELEMENTS(header); h++)
            write_32(array, h * 4, header[h]);
        rows->values[i] =
            (TuValue){.type = TU_TYPE_BLOB, .bytes = array->len, .text = (const char *)array->data};
    }
    *ret_n = rows->n_columns;
    return rows->values;
}

/* ---- the key ---- */

/* NULLs are equal by the index itself. A text that no index page holds is in the key by its digest,
 * and by being long, which no text has that looks like a digest. NULL: the column itself is in
 * it. */
static const char *
long_key_format(const TuSqlType *type)
{
    if (type == NULL || !type->is_unbounded)
        return NULL;
    return type->kind == TU_TYPE_BLOB
               ? "(CASE WHEN octet_length(%s) > 512 THEN decode(md5(%s), 'hex') || "
                 "decode(md5('\\x2e' || %s), 'hex') ELSE %s END), (octet_length(%s) > 512)"
               : "(CASE WHEN octet_length(%s) > 512 THEN md5(%s) || md5('.' || %s) ELSE %s END), "
                 "(octet_length(%s) > 512)";
}

void
tu_postgres_append_key(GString *sql, const char *column, const TuSqlType *type,
                       gboolean is_nullable)
{
    g_autofree char *name = tu_sql_format("%I", column);
    const char *format = long_key_format(type);
    tu_sql_append(sql, format != NULL ? format : "%s", name, name, name, name, name);
}

/* ROW(a, b) = ROW(c, d) is a = c AND b = d to the planner. The values themselves are compared too:
 * two long texts may have one digest. */
static void
append_same_key(GString *sql, const char *stored, const char *other, const TuSqlType *type)
{
    const char *format = long_key_format(type);
    if (format != NULL) {
        g_string_append(sql, "(");
        tu_sql_append(sql, format, stored, stored, stored, stored, stored);
        g_string_append(sql, ") = (");
        tu_sql_append(sql, format, other, other, other, other, other);
        g_string_append(sql, ") AND ");
    }
    g_string_append_printf(sql, "%s = %s", stored, other);
}

static void
append_same(GString *sql, const char *column, const TuSqlType *type, gboolean is_nullable,
            gboolean is_null)
{
    g_autofree char *stored = tu_sql_format("stored.%I", column);
    g_autofree char *given = tu_sql_format("given.%I", column);
    if (is_null)
        g_string_append_printf(sql, "%s IS NULL", stored);
    else
        append_same_key(sql, stored, given, type);
}

/* A ctid names a row of one table: not of its partitions, nor of what inherits from it. A trigger
 * of the user's may move rows on while others of the statement are changed. */
static void
append_place(GString *sql, const char *table)
{
    g_autoptr(GString) name = g_string_new(NULL);
    tu_sql_append(name, "%Q", table);
    g_string_replace(name, "'", "''", 0);
    g_string_append_printf(sql,
                           "CASE WHEN stored.tableoid = '%s'::pg_catalog.regclass AND NOT (SELECT "
                           "relhastriggers FROM pg_catalog.pg_class WHERE oid = "
                           "'%s'::pg_catalog.regclass) THEN stored.ctid END",
                           name->str, name->str);
}

void
tu_postgres_append_equals(GString *sql, const char *column, guint number, const TuSqlType *type,
                          gboolean is_nullable)
{
    g_autofree char *name = tu_sql_format("%I", column);
    gboolean is_long = long_key_format(type) != NULL;
    const char *cast = !is_long ? "" : type->kind == TU_TYPE_BLOB ? "::bytea" : "::text";
    g_autofree char *parameter = g_strdup_printf("?%u%s", number, cast);
    if (number == 0)
        g_string_append_printf(sql, "%s IS NULL", name);
    else
        append_same_key(sql, name, parameter, type);
}

const TuGivenDriver tu_postgres_given = {
    .forms = {[TU_GIVEN_FIND] = "SELECT * FROM # JOIN @ AS stored ON =",
              [TU_GIVEN_CHANGE] = "UPDATE @ AS stored SET * FROM # WHERE =",
              [TU_GIVEN_REMOVE] = "DELETE FROM @ AS stored USING # WHERE =",
              [TU_GIVEN_CHANGE_AT] = "UPDATE ONLY @ AS stored SET * FROM # WHERE ="},
    .target = "",
    .place = "ctid",
    .append_place = append_place,
    .open = open_rows,
    .close = close_rows,
    .add = add_row,
    .values = values_of,
    .clear = clear_rows,
    .append_same = append_same,
};
