/*
 * Prepared statements of MariaDB, in its binary protocol.
 *
 *   prepare ──▶ bind ──▶ step: execute ──▶ rows stored in the client: other statements may run
 *                                     └──▶ scan: rows as they come, nothing else may run
 *
 * A scan that is given up before its last row is killed first: the protocol would else have the
 * client read all that is left.
 */
#include "db/mariadb/mariadb.h"

#include "db/portable.h"
#include "db/sql.h"
#include "db/sqlscan.h"

#include <string.h>

typedef struct {
    TuStatement base;
    TuMariadb *db;
    MYSQL_STMT *handle;
    char *sql;
    GArray *order; /* of guint: the value that each question mark stands for */
    guint n_values;
    TuMariadbParameter *parameters; /* one a question mark */
    MYSQL_BIND *parameter_binds;
    TuMariadbCell *cells;
    MYSQL_BIND *cell_binds;
    guint n_cells;
    gboolean is_scan;
    gboolean has_rows; /* executed, and not at the end */
    guint n_fetched;   /* since the flag was looked at */
    gint64 changes;
} Statement;

/* Rows of a scan between two looks at the cancel flag: under a millisecond. */
#define CANCEL_CHECK_ROWS 1024

/* An error that comes among a scan's rows is the connection's, not the statement's. */
static gboolean
fail(Statement *statement, GError **error)
{
    MYSQL *connection = statement->db->handle;
    guint number = mysql_stmt_errno(statement->handle);
    if (number != 0)
        tu_mariadb_set_error(statement->db, number, mysql_stmt_error(statement->handle),
                             statement->sql, error);
    else
        tu_mariadb_set_error(statement->db, mysql_errno(connection), mysql_error(connection),
                             statement->sql, error);
    return FALSE;
}

/* ---- life ---- */

/* What reads may take as long as it takes: nobody waits for it, and a client that is gone is
 * noticed when rows are sent to it. */
static const char without_limit[] = "SET STATEMENT max_statement_time = 0 FOR ";

static gboolean
reads(const char *sql)
{
    TuToken first = tu_sql_token(sql);
    return tu_token_is(&first, "select") || tu_token_is(&first, "with");
}

gboolean
tu_mariadb_prepare(TuDatabase *base, const char *sql, gboolean is_scan, TuStatement **ret_statement,
                   GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    Statement *statement = g_new0(Statement, 1);
    statement->base.driver = base->driver;
    statement->db = db;
    statement->is_scan = is_scan;
    statement->order = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree char *text = g_strconcat(is_scan || reads(sql) ? without_limit : "", sql, NULL);
    statement->sql =
        tu_sql_portable(text, TU_PARAMETERS_IN_ORDER, NULL, &statement->n_values, statement->order);
    g_autoptr(TuStatement) guard = &statement->base;
    statement->handle = mysql_stmt_init(db->handle);
    if (statement->handle == NULL) {
        tu_mariadb_set_error(db, mysql_errno(db->handle), mysql_error(db->handle), NULL, error);
        return FALSE;
    }
    tu_mariadb_watch_begin(db);
    gboolean is_good =
        mysql_stmt_prepare(statement->handle, statement->sql, strlen(statement->sql)) == 0;
    tu_mariadb_watch_end(db);
    if (!is_good)
        return fail(statement, error);
    g_assert(mysql_stmt_param_count(statement->handle) == statement->order->len);
    statement->parameters = g_new0(TuMariadbParameter, statement->order->len);
    statement->parameter_binds = g_new0(MYSQL_BIND, statement->order->len);
    *ret_statement = g_steal_pointer(&guard);
    return TRUE;
}

/* A killed statement's interruption may arrive when it had ended already, and would hit the next
 * one. */
static void
take_interruption(TuMariadb *db)
{
    (void)mysql_query(db->handle, "DO 0");
}

/* What is stored in the client is just dropped; a scan's rows are still on their way. */
static void
leave_rows(Statement *statement)
{
    if (!statement->has_rows)
        return;
    statement->has_rows = FALSE;
    if (!statement->is_scan) {
        mysql_stmt_free_result(statement->handle);
        return;
    }
    tu_mariadb_kill_query(statement->db);
    mysql_stmt_free_result(statement->handle);
    take_interruption(statement->db);
}

void
tu_mariadb_statement_free(TuStatement *base)
{
    Statement *statement = (Statement *)base;
    leave_rows(statement);
    if (statement->handle != NULL)
        mysql_stmt_close(statement->handle);
    for (guint i = 0; i < statement->n_cells; i++)
        tu_mariadb_cell_clear(&statement->cells[i]);
    g_free(statement->cells);
    g_free(statement->cell_binds);
    g_free(statement->parameters);
    g_free(statement->parameter_binds);
    g_array_unref(statement->order);
    g_free(statement->sql);
    g_free(statement);
}

/* What a value takes beside its own bytes, and a statement beside its values. */
#define VALUE_BYTES 16
#define STATEMENT_BYTES 64

/* The server would cut the connection, and say nothing. */
static gboolean
check_size(const Statement *statement, const TuValue *values, GError **error)
{
    gint64 n_bytes = STATEMENT_BYTES;
    for (guint i = 0; i < statement->order->len; i++) {
        const TuValue *value = &values[g_array_index(statement->order, guint, i)];
        n_bytes += VALUE_BYTES + (tu_value_has_bytes(value) ? value->bytes : 0);
    }
    if (n_bytes <= statement->db->most_bytes || statement->db->most_bytes == 0)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_DATA,
                "mariadb: values of %" G_GINT64_FORMAT " bytes are more than the server takes at "
                "once: raise max_allowed_packet (%" G_GINT64_FORMAT ")",
                n_bytes, statement->db->most_bytes);
    return FALSE;
}

gboolean
tu_mariadb_bind(TuStatement *base, const TuValue *values, guint n, GError **error)
{
    Statement *statement = (Statement *)base;
    g_assert(n == statement->n_values);
    leave_rows(statement);
    if (!check_size(statement, values, error))
        return FALSE;
    for (guint i = 0; i < statement->order->len; i++)
        tu_mariadb_parameter_bind(&statement->parameters[i],
                                  &values[g_array_index(statement->order, guint, i)],
                                  &statement->parameter_binds[i]);
    if (statement->order->len > 0 &&
        mysql_stmt_bind_param(statement->handle, statement->parameter_binds) != 0)
        return fail(statement, error);
    return TRUE;
}

/* ---- rows ---- */

/* The buffers of all columns, where libmariadb writes each row. */
static void
bind_cells(Statement *statement)
{
    for (guint i = 0; i < statement->n_cells; i++)
        tu_mariadb_cell_bind(&statement->cells[i], &statement->cell_binds[i]);
    (void)mysql_stmt_bind_result(statement->handle, statement->cell_binds);
}

/* The columns are known for certain only now: what a parameter is decides about some. */
static void
set_cells(Statement *statement)
{
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement->handle);
    g_assert(metadata != NULL);
    guint n = mysql_num_fields(metadata);
    g_assert(statement->n_cells == 0 || statement->n_cells == n);
    if (statement->n_cells == 0) {
        statement->cells = g_new0(TuMariadbCell, n);
        statement->cell_binds = g_new0(MYSQL_BIND, n);
        statement->n_cells = n;
    }
    for (guint i = 0; i < n; i++)
        tu_mariadb_cell_set(&statement->cells[i], mysql_fetch_field_direct(metadata, i));
    mysql_free_result(metadata);
    bind_cells(statement);
}

/* Sends the values. Rows that are to be stored are all here when it returns. */
static gboolean
execute(Statement *statement, GError **error)
{
    tu_mariadb_watch_begin(statement->db);
    gboolean is_good = mysql_stmt_execute(statement->handle) == 0;
    gboolean has_rows = is_good && mysql_stmt_field_count(statement->handle) > 0;
    if (has_rows)
        set_cells(statement);
    if (has_rows && !statement->is_scan)
        is_good = mysql_stmt_store_result(statement->handle) == 0;
    tu_mariadb_watch_end(statement->db);
    if (!is_good)
        return fail(statement, error);
    statement->has_rows = has_rows;
    statement->changes = has_rows ? 0 : (gint64)mysql_stmt_affected_rows(statement->handle);
    return TRUE;
}

/* Texts that were longer than their buffers: reads them again into larger ones, which the next rows
 * find as well. */
static gboolean
read_long_cells(Statement *statement)
{
    gboolean is_grown = FALSE;
    for (guint i = 0; i < statement->n_cells; i++) {
        TuMariadbCell *cell = &statement->cells[i];
        if (cell->bytes == NULL || cell->is_null || cell->length < cell->capacity)
            continue;
        cell->capacity = cell->length * 2;
        cell->bytes = g_realloc(cell->bytes, cell->capacity);
        tu_mariadb_cell_bind(cell, &statement->cell_binds[i]);
        if (mysql_stmt_fetch_column(statement->handle, &statement->cell_binds[i], i, 0) != 0)
            return FALSE;
        is_grown = TRUE;
    }
    if (is_grown)
        (void)mysql_stmt_bind_result(statement->handle, statement->cell_binds);
    return TRUE;
}

static gboolean
is_cancelled_scan(Statement *statement, GError **error)
{
    if (!statement->is_scan || ++statement->n_fetched < CANCEL_CHECK_ROWS)
        return FALSE;
    statement->n_fetched = 0;
    if (!tu_mariadb_is_cancelled(statement->db))
        return FALSE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
    return TRUE;
}

/* Only a scan waits for the server here. */
static int
fetch(Statement *statement)
{
    if (!statement->is_scan)
        return mysql_stmt_fetch(statement->handle);
    tu_mariadb_watch_begin(statement->db);
    int code = mysql_stmt_fetch(statement->handle);
    tu_mariadb_watch_end(statement->db);
    return code;
}

/* After its last row a statement starts anew with the next step, as in SQLite. */
gboolean
tu_mariadb_step(TuStatement *base, gboolean *ret_has_row, GError **error)
{
    Statement *statement = (Statement *)base;
    *ret_has_row = FALSE;
    if (!statement->has_rows && !execute(statement, error))
        return FALSE;
    if (!statement->has_rows)
        return TRUE;
    if (is_cancelled_scan(statement, error))
        return FALSE;
    int code = fetch(statement);
    if (code == MYSQL_NO_DATA) {
        statement->has_rows = FALSE;
        mysql_stmt_free_result(statement->handle);
        return TRUE;
    }
    if (code == 1 || !read_long_cells(statement)) {
        statement->has_rows = FALSE;
        return fail(statement, error);
    }
    *ret_has_row = TRUE;
    return TRUE;
}

TuValue
tu_mariadb_value(TuStatement *base, guint column)
{
    TuMariadbCell *cell = &((Statement *)base)->cells[column];
    return cell->is_null ? TU_NULL_VALUE : cell->take(cell);
}

guint
tu_mariadb_columns(const TuStatement *base)
{
    return mysql_stmt_field_count(((const Statement *)base)->handle);
}

gint64
tu_mariadb_changes(const TuStatement *base)
{
    return ((const Statement *)base)->changes;
}

MYSQL_RES *
tu_mariadb_metadata(TuStatement *base)
{
    return mysql_stmt_result_metadata(((Statement *)base)->handle);
}

/* ---- the driver's own queries ---- */

gboolean
tu_mariadb_each_row(TuMariadb *db, const char *sql, const TuValue *values, guint n,
                    TuMariadbTake take, gpointer data, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    if (!tu_mariadb_prepare(&db->base, sql, FALSE, &statement, error) ||
        !tu_mariadb_bind(statement, values, n, error))
        return FALSE;
    for (gboolean goes_on = TRUE; goes_on;) {
        if (!tu_mariadb_step(statement, &goes_on, error))
            return FALSE;
        goes_on = goes_on && take(statement, data);
    }
    return TRUE;
}

const char *
tu_mariadb_text(TuStatement *row, guint column)
{
    TuMariadbCell *cell = &((Statement *)row)->cells[column];
    if (cell->is_null || cell->bytes == NULL)
        return "";
    cell->bytes[cell->length] = '\0';
    return cell->bytes;
}

gint64
tu_mariadb_integer(TuStatement *row, guint column)
{
    TuValue value = tu_mariadb_value(row, column);
    return value.type == TU_TYPE_INTEGER ? value.integer : 0;
}
