/*
 * Sending and waiting: what every statement of the driver goes through.
 *
 * Nothing waits inside libpq. A query is sent, then the socket is polled in short turns, so that a
 * signal ends a long statement: the server is asked to cancel it and the connection stays whole.
 */
#include "db/postgres/postgres.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "db/sql.h"

/* How long one poll lasts before the cancel flag is looked at again. */
#define POLL_MS 100

/* ---- errors ---- */

#define SQLSTATE_BYTES 5

typedef struct {
    const char *state; /* an SQLSTATE, or how it begins */
    TuErrorCode code;
    const char *help;     /* NULL: the message says it all */
    const char *contains; /* only messages with this, which no server translates; NULL: all */
} ErrorRow;

/* The first that fits counts. https://www.postgresql.org/docs/current/errcodes-appendix.html */
static const ErrorRow error_rows[] = {
    {"08", TU_ERROR_CONNECT, NULL, NULL},
    /* A wrong password, role: trying again changes nothing. */
    {"28P01", TU_ERROR_SYSTEM, "correct user and password in the database URL", NULL},
    {"28", TU_ERROR_SYSTEM, "correct the user in the database URL, or let it in (pg_hba.conf)",
     NULL},
    {"3D", TU_ERROR_SYSTEM, "create the database, or correct its name in the URL", NULL},
    {"57P03", TU_ERROR_BUSY, NULL, NULL}, /* it is starting or stopping */
    {"57P", TU_ERROR_CONNECT, NULL, NULL},
    {"25P03", TU_ERROR_CONNECT, NULL, NULL}, /* idle in a transaction for too long */
    {"53300", TU_ERROR_BUSY, "raise max_connections, or use fewer workers", NULL},
    {"40", TU_ERROR_BUSY, NULL, NULL}, /* deadlock, serialization failure */
    {"55P03", TU_ERROR_BUSY,
     "another session holds a lock on a table: end it (pg_locks says whose), or run this again",
     NULL},
    {"23505", TU_ERROR_BUSY, NULL, NULL}, /* a row that was not there at the snapshot */
    {"42P10", TU_ERROR_CONFIG,
     "the table has not the key that the spec needs now: run `trueup apply`", NULL},
    {"55006", TU_ERROR_BUSY, NULL, NULL},
    {"57014", TU_ERROR_BUSY, NULL, NULL}, /* cancelled by somebody else, or a time-out */
    {"72000", TU_ERROR_BUSY, NULL, NULL},
    {"53100", TU_ERROR_SYSTEM, "make room on the server's disk and run it again: nothing was lost",
     NULL},
    {"53", TU_ERROR_SYSTEM, NULL, NULL},
    {"58", TU_ERROR_SYSTEM, NULL, NULL},
    {"25006", TU_ERROR_SYSTEM, "this server, database or role only reads: name one that may write",
     NULL},
    {"XX000", TU_ERROR_BUSY, NULL, "concurrently"}, /* two that alter one table */
    {"XX001", TU_ERROR_SYSTEM, NULL, NULL},
    {"XX002", TU_ERROR_SYSTEM, NULL, NULL},
    {"22021", TU_ERROR_DATA, NULL, NULL}, /* bytes that are no text in the database's encoding */
    {"22P05", TU_ERROR_DATA, NULL, NULL},
    {"42501", TU_ERROR_DATABASE, "grant it: `trueup plan` prints the GRANTs", NULL},
};

/* NULL: the statement is wrong here. */
static const ErrorRow *
row_of(const char *state, const char *message)
{
    for (guint i = 0; i < G_N_ELEMENTS(error_rows); i++)
        if (g_str_has_prefix(state, error_rows[i].state) &&
            (error_rows[i].contains == NULL || strstr(message, error_rows[i].contains) != NULL))
            return &error_rows[i];
    return NULL;
}

/* libpq ends its messages with a line feed and may write several lines. */
static char *
first_line(const char *message)
{
    g_autofree char *line = g_strndup(message, strcspn(message, "\n"));
    g_autofree char *valid = g_utf8_make_valid(line, -1);
    return g_strdup(g_strchomp(valid));
}

/* A key that is there already: in trueup's own tables and the catalog two were at it at once. A
 * table of somebody's refuses the row, and will do so again: an index that he made, as a rule. */
static gboolean
is_refused_row(const PGresult *result, const char *state)
{
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    return g_str_equal(state, "23505") && table != NULL && !g_str_has_prefix(table, "trueup_") &&
           !g_str_has_prefix(table, "pg_");
}

static gboolean
is_cancel_wanted(const TuPostgres *db)
{
    return !db->ignores_cancel && db->is_cancelled != NULL && *db->is_cancelled != 0;
}

void
tu_postgres_set_error(const TuPostgres *db, const PGresult *result, const char *sql, GError **error)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (state == NULL) {
        g_autofree char *line = first_line(PQerrorMessage(db->connection));
        g_set_error(error, TU_ERROR, TU_ERROR_CONNECT, "postgresql: %s",
                    line[0] != '\0' ? line : "the connection was lost");
        return;
    }
    if (g_str_equal(state, "57014") && is_cancel_wanted(db)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
        return;
    }
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const ErrorRow *row = row_of(state, message != NULL ? message : "");
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    TuErrorCode code = is_refused_row(result, state) ? TU_ERROR_DATA
                       : row != NULL                 ? row->code
                                                     : TU_ERROR_DATABASE;
    g_autofree char *line = first_line(message != NULL ? message : "");
    g_autofree char *help = first_line(row != NULL && row->help != NULL ? row->help
                                       : hint != NULL                   ? hint
                                                                        : "");
    gboolean shows_sql = code == TU_ERROR_DATABASE && sql != NULL;
    g_autofree char *shown = tu_sql_excerpt(shows_sql ? sql : NULL);
    g_set_error(error, TU_ERROR, (gint)code, "postgresql: %s (%s)%s%s%s%s", line, state,
                help[0] != '\0' ? ": " : "", help, shows_sql ? ", in: " : "", shown);
}

/* The last SQLSTATE in "FATAL:  28P01: password ...", where the first word is in any language;
 * NULL: no server has answered. Taken out of the text. */
static char *
take_state(char *text)
{
    char *found = NULL;
    for (char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  "))
        if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SQLSTATE_BYTES &&
            strncmp(at + 3 + SQLSTATE_BYTES, ": ", 2) == 0)
            found = at + 3;
    if (found == NULL)
        return NULL;
    char *state = g_strndup(found, SQLSTATE_BYTES);
    memmove(found - 1, found + SQLSTATE_BYTES + 2, strlen(found + SQLSTATE_BYTES + 2) + 1);
    return state;
}

/* At the end of a server's answer, and news only to its developers. */
static void
cut_location(char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) kept = g_string_new(NULL);
    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '\0' && strstr(lines[i], ".c:") == NULL)
            g_string_append_printf(kept, "%s%s", kept->len > 0 ? " " : "", lines[i]);
    memcpy(text, kept->str, kept->len + 1); /* never longer than it was */
}

void
tu_postgres_set_refusal(const char *message, GError **error)
{
    g_autofree char *text = g_utf8_make_valid(message, -1);
    cut_location(text);
    g_autofree char *state = take_state(text);
    const ErrorRow *row = state != NULL ? row_of(state, text) : NULL;
    const char *help = row != NULL ? row->help : NULL;
    g_strdelimit(text, "\t", ' ');
    g_set_error(error, TU_ERROR, (gint)(row != NULL ? row->code : TU_ERROR_CONNECT),
                "postgresql: %s%s%s%s%s%s", text, state != NULL ? " (" : "",
                state != NULL ? state : "", state != NULL ? ")" : "", help != NULL ? ": " : "",
                help != NULL ? help : "");
}

/* ---- waiting ---- */

void
tu_postgres_ask_to_cancel(TuPostgres *db)
{
    char problem[256];
    PGcancel *cancel = PQgetCancel(db->connection);
    if (cancel != NULL)
        (void)PQcancel(cancel, problem, sizeof problem);
    PQfreeCancel(cancel);
}

gboolean
tu_postgres_pump(TuPostgres *db, gboolean *asked, GError **error)
{
    int to_send = PQflush(db->connection);
    struct pollfd socket = {.fd = PQsocket(db->connection),
                            .events = (short)(to_send > 0 ? POLLIN | POLLOUT : POLLIN)};
    int ready = to_send < 0 ? -1 : poll(&socket, 1, POLL_MS);
    if (!*asked && is_cancel_wanted(db) && ready <= 0) {
        tu_postgres_ask_to_cancel(db);
        *asked = TRUE;
    }
    gboolean is_broken = to_send < 0 || socket.fd < 0 || (ready < 0 && errno != EINTR);
    if (is_broken || (ready > 0 && PQconsumeInput(db->connection) == 0)) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return FALSE;
    }
    return TRUE;
}

gboolean
tu_postgres_wait(TuPostgres *db, GError **error)
{
    gboolean asked = FALSE;
    while (PQisBusy(db->connection))
        if (!tu_postgres_pump(db, &asked, error))
            return FALSE;
    return TRUE;
}

/* A COPY that nobody expected: its direction is ended, so that the connection is idle again. */
static void
refuse_copy(PGconn *connection, ExecStatusType status)
{
    char *row = NULL;
    if (status == PGRES_COPY_IN)
        (void)PQputCopyEnd(connection, "this COPY was not expected");
    if (status != PGRES_COPY_OUT)
        return;
    while (PQgetCopyData(connection, &row, 0) > 0)
        PQfreemem(row);
}

/* COPY_BOTH is replication's: nobody asked for it. */
static gboolean
is_failure(ExecStatusType status)
{
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
           status == PGRES_NONFATAL_ERROR || status == PGRES_COPY_BOTH;
}

PGresult *
tu_postgres_finish(TuPostgres *db, const char *sql, GError **error)
{
    g_autoptr(PGresult) kept = NULL;
    gboolean has_failed = FALSE;
    for (;;) {
        if (!tu_postgres_wait(db, has_failed ? NULL : error))
            return NULL;
        g_autoptr(PGresult) result = PQgetResult(db->connection);
        if (result == NULL)
            break;
        ExecStatusType status = PQresultStatus(result);
        refuse_copy(db->connection, status);
        if (is_failure(status) && !has_failed) {
            tu_postgres_set_error(db, result, sql, error);
            has_failed = TRUE;
        }
        if (kept == NULL || PQresultStatus(kept) != PGRES_TUPLES_OK || status == PGRES_TUPLES_OK) {
            PQclear(kept);
            kept = g_steal_pointer(&result);
        }
    }
    if (kept == NULL && !has_failed) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    return has_failed ? NULL : g_steal_pointer(&kept);
}

gboolean
tu_postgres_simple_as(TuPostgres *db, const char *sql, const char *shown, GError **error)
{
    if (PQsendQuery(db->connection, sql) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return FALSE;
    }
    g_autoptr(PGresult) result = tu_postgres_finish(db, shown, error);
    return result != NULL;
}

gboolean
tu_postgres_simple(TuPostgres *db, const char *sql, GError **error)
{
    return tu_postgres_simple_as(db, sql, sql, error);
}

PGresult *
tu_postgres_query(TuPostgres *db, const char *sql, const char *const *values, guint n,
                  GError **error)
{
    if (PQsendQueryParams(db->connection, sql, (int)n, NULL, values, NULL, NULL, 0) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    return tu_postgres_finish(db, sql, error);
}

const char *
tu_postgres_field(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column);
}

gboolean
tu_postgres_is_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}
