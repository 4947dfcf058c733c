/*
 * A connection to a server, by libpq or libmariadb: the harness's own, with results as text and the
 * type of every column.
 *
 *   rt_server_open ──▶ run (writers: errors are looked at) · query (everybody else: errors end us)
 *
 * Sessions of the harness read in UTC and with standard SQL literals, so that what they read does
 * not depend on the server's defaults.
 */
#pragma once

#include <glib.h>

#include "kind.h"

typedef struct RtServer RtServer;

typedef enum {
    RT_FIELD_INTEGER,
    RT_FIELD_DECIMAL,
    RT_FIELD_REAL,
    RT_FIELD_FLOAT, /* of 32 bits */
    RT_FIELD_BOOLEAN,
    RT_FIELD_DATE,
    RT_FIELD_STAMP,   /* a wall clock that names no zone */
    RT_FIELD_INSTANT, /* UTC */
    RT_FIELD_PADDED,  /* text whose trailing blanks mean nothing */
    RT_FIELD_TEXT,
    RT_FIELD_BLOB,
} RtFieldType;

typedef struct {
    RtFieldType type;
    int scale; /* of decimals: digits after the point; -1: not declared */
} RtField;

typedef struct {
    char *bytes; /* NULL: NULL. Ends with a NUL that is not counted. */
    gsize length;
} RtText;

typedef struct {
    guint fields;
    RtField *field;
    GPtrArray *rows; /* of RtText[fields] */
    gint64 changed;  /* by a statement without rows */
} RtRows;

void rt_rows_free(RtRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtRows, rt_rows_free)

/* The row's text; NULL for NULL. */
const RtText *rt_rows_at(const RtRows *rows, guint row, guint field);

/* What a writer must do about an error. */
typedef enum {
    RT_ERROR_AGAIN,      /* a deadlock, a serialization failure: run the transaction again */
    RT_ERROR_CONSTRAINT, /* the application's own schema refused the statement */
    RT_ERROR_CONNECTION, /* the connection is gone */
    RT_ERROR_OTHER,
} RtErrorSort;

typedef struct {
    RtErrorSort sort;
    char code[16]; /* SQLSTATE or errno */
    char message[400];
} RtServerError;

/* The URL with another database's name in it. Free with g_free. */
char *rt_url_with_database(const char *url, const char *database);

/* The URL with another user's name in it, and no password. Free with g_free. */
char *rt_url_with_user(const char *url, const char *user);

/* Ends the program if the server cannot be reached. */
RtServer *rt_server_open(RtKind kind, const char *url);
void rt_server_close(RtServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtServer, rt_server_close)

/* One statement. FALSE: *ret_error says what the server said. `ret_rows` may be NULL. */
gboolean rt_server_run(RtServer *server, const char *sql, RtRows **ret_rows,
                       RtServerError *ret_error);

/* The same, where an error means that the harness is wrong: it ends the program. */
RtRows *rt_server_query(RtServer *server, const char *sql);
gint64 rt_server_do(RtServer *server, const char *sql);
gint64 rt_server_number(RtServer *server, const char *sql);
