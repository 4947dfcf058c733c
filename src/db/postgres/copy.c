/*
 * COPY into a table: rows that are new, in binary by the types of the table's columns. Where one of
 * them has a type whose binary form this driver does not write (an enum, inet), all go as text.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/sql.h"

/* What is collected before it is sent. */
#define PIECE_BYTES (64 * 1024)

typedef struct {
    TuPostgres *db;
    char *table;
    guint n_columns;
    char **columns;
    Oid *types;
    gboolean is_binary;
    gboolean is_own; /* the transaction */
    GByteArray *bytes;
    GString *text;
} Copy;

/* Between begin and end the connection takes rows and nothing else. */
static void
copy_free(Copy *copy)
{
    g_free(copy->table);
    g_strfreev(copy->columns);
    g_free(copy->types);
    g_byte_array_unref(copy->bytes);
    g_string_free(copy->text, TRUE);
    g_free(copy);
}

/* libpq copies the bytes. It may wait for the server here, for as long as that waits for a lock. */
static gboolean
flush(Copy *copy, GError **error)
{
    if (copy->bytes->len > 0 && PQputCopyData(copy->db->connection, (const char *)copy->bytes->data,
                                              (int)copy->bytes->len) != 1) {
        tu_postgres_set_error(copy->db, NULL, NULL, error);
        return FALSE;
    }
    g_byte_array_set_size(copy->bytes, 0);
    return TRUE;
}

/* ---- begin ---- */

/* A domain is sent as what it is made of, which the server checks. Column -1 is the ctid. */
static const char types_sql[] =
    "WITH RECURSIVE base(attname, oid) AS (SELECT attname, atttypid FROM pg_catalog.pg_attribute "
    "WHERE attrelid = pg_catalog.to_regclass($1) AND (attnum > 0 OR attnum = -1) AND NOT "
    "attisdropped UNION ALL "
    "SELECT b.attname, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND "
    "t.typtype = 'd') SELECT b.attname, b.oid, pg_catalog.format_type(b.oid, -1) FROM base b "
    "JOIN pg_catalog.pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd'";

/* A domain is what it is over: its binary form is the base type's. Columns that are not there keep
 * type 0. */
gboolean
tu_postgres_column_types(TuPostgres *db, const char *table, const char *const *columns, guint n,
                         Oid *ret_types, char **ret_names, GError **error)
{
    g_autofree char *quoted = tu_postgres_quote_table(table);
    const char *values[] = {quoted};
    g_autoptr(PGresult) result = tu_postgres_query(db, types_sql, values, 1, error);
    for (guint i = 0; result != NULL && i < n; i++)
        for (int row = 0; row < PQntuples(result); row++) {
            if (!g_str_equal(tu_postgres_field(result, row, 0), columns[i]))
                continue;
            ret_types[i] = (Oid)g_ascii_strtoull(tu_postgres_field(result, row, 1), NULL, 10);
            if (ret_names == NULL)
                continue;
            g_free(ret_names[i]);
            ret_names[i] = g_strdup(tu_postgres_field(result, row, 2));
        }
    return result != NULL;
}

/* One column whose type has no encoder makes the whole COPY a text one. */
static gboolean
read_types(Copy *copy, GError **error)
{
    if (!tu_postgres_column_types(copy->db, copy->table, (const char *const *)copy->columns,
                                  copy->n_columns, copy->types, NULL, error))
        return FALSE;
    copy->is_binary = TRUE;
    for (guint i = 0; i < copy->n_columns; i++)
        copy->is_binary = copy->is_binary && tu_postgres_binary_name(copy->types[i]) != NULL;
    return TRUE;
}

/* The server answers "go on" or an error; after an error the connection is read to its end, so that
 * the next statement begins clean. */
static gboolean
wait_for_copy(TuPostgres *db, const char *sql, GError **error)
{
    if (PQsendQuery(db->connection, sql) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return FALSE;
    }
    if (!tu_postgres_wait(db, error))
        return FALSE;
    g_autoptr(PGresult) result = PQgetResult(db->connection);
    if (PQresultStatus(result) == PGRES_COPY_IN)
        return TRUE;
    tu_postgres_set_error(db, result, sql, error);
    PQclear(tu_postgres_finish(db, NULL, NULL));
    return FALSE;
}

/* The header of the binary format: its name, no flags, no extension. */
static gboolean
start(Copy *copy, GError **error)
{
    static const guint8 header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    g_autoptr(GString) sql = g_string_new(NULL);
    tu_sql_append(sql, "COPY %Q (", copy->table);
    for (guint i = 0; i < copy->n_columns; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ", copy->columns[i]);
    g_string_append(sql, ") FROM STDIN");
    if (!read_types(copy, error))
        return FALSE;
    if (copy->is_binary)
        g_string_append(sql, " (FORMAT binary)");
    if (!wait_for_copy(copy->db, sql->str, error))
        return FALSE;
    if (copy->is_binary)
        g_byte_array_append(copy->bytes, header, sizeof header);
    return TRUE;
}

/* While it is open nothing else may be sent on this connection. */
gboolean
tu_postgres_copy_begin(TuDatabase *base, const char *table, const char *const *columns,
                       guint n_columns, gpointer *ret_copy, GError **error)
{
    Copy *copy = g_new0(Copy, 1);
    copy->db = (TuPostgres *)base;
    copy->table = g_strdup(table);
    copy->n_columns = n_columns;
    copy->columns = g_new0(char *, n_columns + 1);
    for (guint i = 0; i < n_columns; i++)
        copy->columns[i] = g_strdup(columns[i]);
    copy->types = g_new0(Oid, n_columns);
    copy->bytes = g_byte_array_sized_new(PIECE_BYTES + 4096);
    copy->text = g_string_new(NULL);
    if (!tu_postgres_wrap(copy->db, &copy->is_own, error)) {
        copy_free(copy);
        return FALSE;
    }
    if (!start(copy, error)) {
        (void)tu_postgres_unwrap(copy->db, copy->is_own, FALSE, NULL);
        copy_free(copy);
        return FALSE;
    }
    *ret_copy = copy;
    return TRUE;
}

/* ---- rows ---- */

/* The text format: fields end with a tab, rows with a line feed, so neither may stand in a
 * field. */
static void
append_escaped(GByteArray *bytes, const char *text, gsize length)
{
    static const char special[] = "\b\f\n\r\t\v\\";
    static const char letters[] = "bfnrtv\\";
    for (gsize i = 0; i < length; i++) {
        const char *found = memchr(special, text[i], sizeof special - 1);
        guint8 escape = '\\';
        guint8 byte = (guint8)(found != NULL ? letters[found - special] : text[i]);
        if (found != NULL)
            g_byte_array_append(bytes, &escape, 1);
        g_byte_array_append(bytes, &byte, 1);
    }
}

/* As text, which the server reads with the column's own input function. */
static gboolean
append_field(Copy *copy, const TuValue *value, GError **error)
{
    g_string_truncate(copy->text, 0);
    if (!tu_postgres_check_text(value, error))
        return FALSE;
    if (value->type == TU_TYPE_NULL) {
        g_byte_array_append(copy->bytes, (const guint8 *)"\\N", 2);
        return TRUE;
    }
    if (value->type == TU_TYPE_BLOB) {
        g_string_append(copy->text, "\\x");
        for (guint i = 0; i < value->bytes; i++)
            g_string_append_printf(copy->text, "%02x", (guchar)value->text[i]);
    } else {
        tu_postgres_append_text(copy->text, value);
    }
    append_escaped(copy->bytes, copy->text->str, copy->text->len);
    return TRUE;
}

/* Collected and sent in pieces: a row is some dozens of bytes, and each send would be a system
 * call. */
gboolean
tu_postgres_copy_row(gpointer data, const TuValue *values, GError **error)
{
    Copy *copy = data;
    if (copy->is_binary) {
        guint16 n = GUINT16_TO_BE((guint16)copy->n_columns);
        g_byte_array_append(copy->bytes, (const guint8 *)&n, sizeof n);
    }
    for (guint i = 0; i < copy->n_columns; i++) {
        gboolean is_good = copy->is_binary ? tu_postgres_append_binary(copy->bytes, copy->types[i],
                                                                       &values[i], error)
                                           : append_field(copy, &values[i], error);
        if (!is_good) {
            g_prefix_error(error, "%s.%s: ", copy->table, copy->columns[i]);
            return FALSE;
        }
        if (!copy->is_binary)
            g_byte_array_append(copy->bytes,
                                (const guint8 *)(i + 1 < copy->n_columns ? "\t" : "\n"), 1);
    }
    return copy->bytes->len < PIECE_BYTES || flush(copy, error);
}

/* ---- end ---- */

/* A row that the server refuses is said here, at the end, not where it was sent. */
static gboolean
take_verdict(Copy *copy, GError **error)
{
    TuPostgres *db = copy->db;
    if (!tu_postgres_wait(db, error))
        return FALSE;
    g_autoptr(PGresult) result = PQgetResult(db->connection);
    gboolean is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!is_good)
        tu_postgres_set_error(db, result, NULL, error);
    PQclear(PQgetResult(db->connection));
    return is_good;
}

/* Given up or refused, the transaction has failed: its caller rolls it back. */
gboolean
tu_postgres_copy_end(gpointer data, gboolean is_good, GError **error)
{
    static const guint8 trailer[] = {0xff, 0xff};
    Copy *copy = data;
    gboolean is_own = copy->is_own;
    TuPostgres *db = copy->db;
    g_autoptr(GError) local = NULL;
    if (is_good && copy->is_binary)
        g_byte_array_append(copy->bytes, trailer, sizeof trailer);
    gboolean is_sent = is_good && flush(copy, &local);
    if (PQputCopyEnd(db->connection, is_sent ? NULL : "given up") != 1 && local == NULL)
        tu_postgres_set_error(db, NULL, NULL, &local);
    gboolean is_taken = take_verdict(copy, local == NULL ? &local : NULL) && is_sent;
    copy_free(copy);
    if (!is_taken && is_good)
        g_propagate_error(error, g_steal_pointer(&local));
    return tu_postgres_unwrap(db, is_own, is_taken, error) || !is_good;
}
