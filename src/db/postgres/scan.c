/*
 * Scans: a SELECT with many rows, as the stream of a COPY in binary, so that memory does not grow
 * with the rows and no cursor has to be fetched from.
 *
 *   SAVEPOINT s; COPY (SELECT ...) TO STDOUT (FORMAT binary); RELEASE SAVEPOINT s     one round
 * trip
 *
 * COPY takes no parameters: values are put in as literals, with the types that the server inferred
 * for them. The savepoint lets the transaction go on after a scan that failed, or was given up.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/postgres/bytes.h"

#define SAVEPOINT "trueup_scan"

/* "PGCOPY\n\377\r\n\0", flags, and the length of what follows them. */
#define HEADER_BYTES 19

struct TuPostgresScan {
    gboolean is_own; /* the transaction was opened for this scan */
    gboolean past_header;
    gboolean asked;    /* the server was asked to cancel */
    char *row;         /* of PQgetCopyData; NULL: none yet */
    const char **data; /* of each column; NULL: NULL */
    guint *lengths;
};

/* ---- the text ---- */

static void
append_literal(GString *sql, const TuPostgresStatement *statement, guint i, Oid type)
{
    const char *name = tu_postgres_binary_name(type);
    if (statement->offsets[i] < 0) {
        g_string_append(sql, "NULL");
    } else {
        const char *bytes = (const char *)statement->bytes->data + statement->offsets[i];
        gboolean is_blob = statement->formats[i] == 1;
        g_string_append(sql, is_blob ? "'\\x" : "'");
        for (int at = 0; at < statement->lengths[i]; at++) {
            if (is_blob)
                g_string_append_printf(sql, "%02x", (guchar)bytes[at]);
            else if (bytes[at] == '\'')
                g_string_append(sql, "''");
            else
                g_string_append_c(sql, bytes[at]);
        }
        g_string_append_c(sql, '\'');
    }
    if (name != NULL)
        g_string_append_printf(sql, "::%s", name);
}

/* The text with `$1` as the first value, and so on; where quotes are, nothing is replaced. */
static char *
with_literals(const TuPostgresStatement *statement, const TuPostgresShape *shape)
{
    GString *sql = g_string_new(NULL);
    const char *copied = shape->sql;
    TuToken token = tu_postgres_token(copied);
    for (; token.kind < TU_TOKEN_END; token = tu_postgres_token(token.start + token.length)) {
        if (!tu_token_is_symbol(&token, '$') || !g_ascii_isdigit(token.start[1]))
            continue;
        char *end = NULL;
        guint number = (guint)g_ascii_strtoull(token.start + 1, &end, 10);
        g_assert(number >= 1 && number <= statement->n_values && number <= shape->n_parameters);
        g_string_append_len(sql, copied, token.start - copied);
        append_literal(sql, statement, number - 1, shape->parameters[number - 1]);
        copied = end;
    }
    g_string_append(sql, copied);
    return g_string_free(sql, FALSE);
}

/* ---- start and end ---- */

static void
scan_free(TuPostgresStatement *statement)
{
    TuPostgresScan *scan = statement->scan;
    if (scan->row != NULL)
        PQfreemem(scan->row);
    g_free(scan->data);
    g_free(scan->lengths);
    g_free(scan);
    statement->scan = NULL;
    if (statement->db->scanning == &statement->base)
        statement->db->scanning = NULL;
}

/* The scan is over: the transaction goes on as if it had not been there. */
static gboolean
end_scan(TuPostgresStatement *statement, gboolean is_good, GError **error)
{
    TuPostgres *db = statement->db;
    gboolean is_own = statement->scan->is_own;
    scan_free(statement);
    if (!is_own && PQtransactionStatus(db->connection) == PQTRANS_INERROR)
        (void)tu_postgres_back_to(db, SAVEPOINT);
    return tu_postgres_unwrap(db, is_own, is_good, error);
}

void
tu_postgres_scan_stop(TuPostgresStatement *statement)
{
    TuPostgres *db = statement->db;
    if (statement->scan == NULL)
        return;
    db->ignores_cancel = TRUE;
    tu_postgres_ask_to_cancel(db);
    PQclear(tu_postgres_finish(db, NULL, NULL));
    db->ignores_cancel = FALSE;
    (void)end_scan(statement, FALSE, NULL);
}

/* Waits for the COPY to begin; the SAVEPOINT before it has a result of its own. */
static gboolean
wait_for_copy(TuPostgres *db, const char *sql, GError **error)
{
    for (;;) {
        if (!tu_postgres_wait(db, error))
            return FALSE;
        g_autoptr(PGresult) result = PQgetResult(db->connection);
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_OUT)
            return TRUE;
        if (result != NULL && status == PGRES_COMMAND_OK)
            continue;
        tu_postgres_set_error(db, result, sql, error);
        PQclear(tu_postgres_finish(db, NULL, NULL));
        return FALSE;
    }
}

static gboolean
start_copy(TuPostgresStatement *statement, GError **error)
{
    TuPostgres *db = statement->db;
    TuPostgresShape *shape = tu_postgres_shape_read(db, statement->sql, error);
    if (shape == NULL)
        return FALSE;
    g_autofree char *select = with_literals(statement, shape);
    gboolean is_own = statement->scan->is_own;
    g_autofree char *copy = g_strdup_printf("%sCOPY (%s\n) TO STDOUT (FORMAT binary)%s",
                                            is_own ? "" : "SAVEPOINT " SAVEPOINT "; ", select,
                                            is_own ? "" : "; RELEASE SAVEPOINT " SAVEPOINT);
    gboolean is_good = tu_postgres_set_columns(statement, shape->n_columns, shape->types, error);
    statement->scan->data = g_new0(const char *, shape->n_columns);
    statement->scan->lengths = g_new0(guint, shape->n_columns);
    tu_postgres_shape_free(shape);
    if (!is_good)
        return FALSE;
    if (PQsendQuery(db->connection, copy) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return FALSE;
    }
    return wait_for_copy(db, statement->sql, error);
}

static gboolean
start(TuPostgresStatement *statement, GError **error)
{
    TuPostgres *db = statement->db;
    gboolean is_own = FALSE;
    g_assert(db->scanning == NULL);
    statement->is_bound = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    statement->scan = g_new0(TuPostgresScan, 1);
    statement->scan->is_own = is_own;
    if (!start_copy(statement, error)) {
        (void)end_scan(statement, FALSE, NULL);
        return FALSE;
    }
    db->scanning = &statement->base;
    return TRUE;
}

/* ---- rows ---- */

/* A number of columns, then each with its length before it. FALSE: the end, which has the number
 * -1, or a header without a row behind it. */
static gboolean
take_row(TuPostgresStatement *statement, int bytes)
{
    TuPostgresScan *scan = statement->scan;
    const char *at = scan->row;
    const char *end = at + bytes;
    if (!scan->past_header) {
        g_assert(bytes >= HEADER_BYTES);
        at += HEADER_BYTES + tu_wire_read_32(at + HEADER_BYTES - 4);
        scan->past_header = TRUE;
    }
    if (at == end)
        return FALSE;
    guint n = (guint)((guchar)at[0] << 8 | (guchar)at[1]);
    if (n == 0xffff)
        return FALSE;
    g_assert(n == statement->n_columns);
    at += 2;
    for (guint i = 0; i < n; i++) {
        guint32 length = tu_wire_read_32(at);
        gboolean is_null = length == 0xffffffff;
        at += 4;
        scan->data[i] = is_null ? NULL : at;
        scan->lengths[i] = is_null ? 0 : length;
        at += scan->lengths[i];
    }
    g_assert(at == end);
    return TRUE;
}

/* The next message of the COPY. *ret_bytes is -1 at its end. */
static gboolean
next_message(TuPostgresStatement *statement, int *ret_bytes, GError **error)
{
    TuPostgresScan *scan = statement->scan;
    PGconn *connection = statement->db->connection;
    if (scan->row != NULL)
        PQfreemem(scan->row);
    scan->row = NULL;
    while ((*ret_bytes = PQgetCopyData(connection, &scan->row, 1)) == 0)
        if (!tu_postgres_pump(statement->db, &scan->asked, error))
            return FALSE;
    return TRUE;
}

gboolean
tu_postgres_scan_step(TuPostgresStatement *statement, gboolean *ret_has_row, GError **error)
{
    int bytes = 0;
    *ret_has_row = FALSE;
    if (statement->is_bound && !start(statement, error))
        return FALSE;
    if (statement->scan == NULL)
        return TRUE; /* stepped once more after the last row */
    do {
        if (!next_message(statement, &bytes, error))
            return end_scan(statement, FALSE, NULL);
        *ret_has_row = bytes > 0 && take_row(statement, bytes);
    } while (bytes > 0 && !*ret_has_row);
    if (*ret_has_row)
        return TRUE;
    g_autoptr(PGresult) result = tu_postgres_finish(statement->db, statement->sql, error);
    return end_scan(statement, result != NULL, result != NULL ? error : NULL);
}

TuValue
tu_postgres_scan_value(TuPostgresStatement *statement, guint column)
{
    const TuPostgresScan *scan = statement->scan;
    g_assert(scan != NULL && column < statement->n_columns);
    if (scan->data[column] == NULL)
        return TU_NULL_VALUE;
    return statement->decode[column](scan->data[column], scan->lengths[column],
                                     statement->scratch[column]);
}
