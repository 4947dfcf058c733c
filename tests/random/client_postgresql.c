/* libpq, results as text. */
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "driver.h"

/* ---- Types ---- */

/* Of pg_type; what is not here is text. */
static const struct {
    Oid oid;
    RtFieldType type;
} types[] = {
    {16, RT_FIELD_BOOLEAN}, {17, RT_FIELD_BLOB},      {20, RT_FIELD_INTEGER},
    {21, RT_FIELD_INTEGER}, {23, RT_FIELD_INTEGER},   {700, RT_FIELD_FLOAT},
    {701, RT_FIELD_REAL},   {1042, RT_FIELD_PADDED},  {1082, RT_FIELD_DATE},
    {1114, RT_FIELD_STAMP}, {1184, RT_FIELD_INSTANT}, {1700, RT_FIELD_DECIMAL},
};

/* The modifier of a numeric holds its precision and scale, 4 more than they are. */
static RtField
field_of(Oid oid, int modifier)
{
    RtField field = {RT_FIELD_TEXT, -1};

    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].oid == oid)
            field.type = types[i].type;
    if (field.type == RT_FIELD_DECIMAL && modifier >= 4)
        field.scale = (modifier - 4) & 0x7ff;
    return field;
}

static void
read_rows(const PGresult *result, RtRows *rows)
{
    rows->fields = (guint)PQnfields(result);
    rows->field = g_new0(RtField, rows->fields);
    for (guint i = 0; i < rows->fields; i++)
        rows->field[i] = field_of(PQftype(result, (int)i), PQfmod(result, (int)i));
    for (int row = 0; row < PQntuples(result); row++) {
        RtText *texts = rt_rows_add(rows);

        for (int i = 0; i < (int)rows->fields; i++)
            if (!PQgetisnull(result, row, i))
                rt_text_set(&texts[i], PQgetvalue(result, row, i),
                            (gsize)PQgetlength(result, row, i));
    }
}

/* ---- Errors ---- */

/* 23: constraints. 21000: one statement of ON CONFLICT or MERGE meets a row twice. 55006: TRUNCATE
 * while a deferred key still waits to be checked. */
static const struct {
    const char *code;
    RtErrorSort sort;
} errors[] = {
    {"40001", RT_ERROR_AGAIN},      {"40P01", RT_ERROR_AGAIN},      {"23", RT_ERROR_CONSTRAINT},
    {"21000", RT_ERROR_CONSTRAINT}, {"55006", RT_ERROR_CONSTRAINT}, {"57P01", RT_ERROR_CONNECTION},
    {"08", RT_ERROR_CONNECTION},
};

static void
note_error(PGconn *connection, const PGresult *result, RtServerError *ret_error)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    g_strlcpy(ret_error->code, code != NULL ? code : "08000", sizeof ret_error->code);
    g_strlcpy(ret_error->message, message != NULL ? message : PQerrorMessage(connection),
              sizeof ret_error->message);
    ret_error->sort = RT_ERROR_OTHER;
    for (guint i = 0; i < G_N_ELEMENTS(errors); i++)
        if (g_str_has_prefix(ret_error->code, errors[i].code))
            ret_error->sort = errors[i].sort;
}

/* ---- The client ---- */

static void
ignore_notice(void *data, const char *message)
{
}

static gpointer
open_connection(const char *url, char *ret_message, gsize message_bytes)
{
    PGconn *connection = PQconnectdb(url);

    if (PQstatus(connection) == CONNECTION_OK) {
        PQsetNoticeProcessor(connection, ignore_notice, NULL);
        return connection;
    }
    g_strlcpy(ret_message, PQerrorMessage(connection), message_bytes);
    PQfinish(connection);
    return NULL;
}

static void
close_connection(gpointer connection)
{
    PQfinish(connection);
}

static gboolean
run(gpointer connection, const char *sql, RtRows *rows, RtServerError *ret_error)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    gboolean is_right =
        status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;

    if (is_right) {
        read_rows(result, rows);
        rows->changed = atoll(PQcmdTuples(result));
    } else {
        note_error(connection, result, ret_error);
    }
    PQclear(result);
    return is_right;
}

const RtClient rt_client_postgresql = {
    "SET TimeZone = 'UTC';SET DateStyle = 'ISO, YMD';SET standard_conforming_strings = on;"
    "SET bytea_output = 'hex';SET client_encoding = 'UTF8'",
    open_connection,
    close_connection,
    run,
};
