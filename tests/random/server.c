/* Rows, URLs, and the way to the client library of a kind. */
#include "server.h"

#include <string.h>

#include "driver.h"

struct RtServer {
    const RtClient *client;
    gpointer connection;
};

/* ---- Rows ---- */

static RtRows *
rows_new(void)
{
    RtRows *rows = g_new0(RtRows, 1);

    rows->rows = g_ptr_array_new();
    return rows;
}

void
rt_rows_free(RtRows *rows)
{
    if (rows == NULL)
        return;
    for (guint i = 0; i < rows->rows->len; i++) {
        RtText *row = rows->rows->pdata[i];

        for (guint j = 0; j < rows->fields; j++)
            g_free(row[j].bytes);
        g_free(row);
    }
    g_ptr_array_unref(rows->rows);
    g_free(rows->field);
    g_free(rows);
}

RtText *
rt_rows_add(RtRows *rows)
{
    RtText *row = g_new0(RtText, MAX(rows->fields, 1));

    g_ptr_array_add(rows->rows, row);
    return row;
}

void
rt_text_set(RtText *text, const char *bytes, gsize length)
{
    text->bytes = g_malloc(length + 1);
    text->length = length;
    memcpy(text->bytes, bytes, length);
    text->bytes[length] = '\0';
}

const RtText *
rt_rows_at(const RtRows *rows, guint row, guint field)
{
    return (const RtText *)rows->rows->pdata[row] + field;
}

/* ---- URLs ---- */

/* scheme://[user[:password]@]host[/path][?options]: the path is the database's name. */
static const char *
authority_of(const char *url)
{
    const char *authority = strstr(url, "://");

    if (authority == NULL)
        g_error("not a URL: %s", url);
    return authority + strlen("://");
}

char *
rt_url_with_user(const char *url, const char *user)
{
    const char *authority = authority_of(url);
    const char *end = authority + strcspn(authority, "/?");
    const char *at = g_strrstr_len(authority, end - authority, "@");

    return g_strdup_printf("%.*s%s@%s", (int)(authority - url), url, user,
                           at != NULL ? at + 1 : authority);
}

char *
rt_url_with_database(const char *url, const char *database)
{
    const char *authority = authority_of(url);
    gsize head, tail;

    head = (gsize)(authority - url) + strcspn(authority, "/?");
    tail = head + strcspn(url + head, "?");
    return g_strdup_printf("%.*s/%s%s", (int)head, url, database, url + tail);
}

/* ---- Connections ---- */

RtServer *
rt_server_open(RtKind kind, const char *url)
{
    RtServer *server = g_new0(RtServer, 1);
    g_auto(GStrv) pins = NULL;
    char message[400] = "";

    server->client = kind == RT_POSTGRESQL ? &rt_client_postgresql : &rt_client_mariadb;
    server->connection = server->client->open(url, message, sizeof message);
    if (server->connection == NULL)
        g_error("cannot open %s: %s", url, message);
    pins = g_strsplit(server->client->pins, ";", -1);
    for (guint i = 0; pins[i] != NULL; i++)
        rt_server_do(server, pins[i]);
    return server;
}

void
rt_server_close(RtServer *server)
{
    if (server == NULL)
        return;
    server->client->close(server->connection);
    g_free(server);
}

gboolean
rt_server_run(RtServer *server, const char *sql, RtRows **ret_rows, RtServerError *ret_error)
{
    g_autoptr(RtRows) rows = rows_new();

    if (!server->client->run(server->connection, sql, rows, ret_error))
        return FALSE;
    if (ret_rows != NULL)
        *ret_rows = g_steal_pointer(&rows);
    return TRUE;
}

RtRows *
rt_server_query(RtServer *server, const char *sql)
{
    RtRows *rows = NULL;
    RtServerError error;

    if (!rt_server_run(server, sql, &rows, &error))
        g_error("%s (%s): %s", error.message, error.code, sql);
    return rows;
}

gint64
rt_server_do(RtServer *server, const char *sql)
{
    g_autoptr(RtRows) rows = rt_server_query(server, sql);

    return rows->changed;
}

gint64
rt_server_number(RtServer *server, const char *sql)
{
    g_autoptr(RtRows) rows = rt_server_query(server, sql);
    const RtText *text = rows->rows->len > 0 ? rt_rows_at(rows, 0, 0) : NULL;

    return text != NULL && text->bytes != NULL ? g_ascii_strtoll(text->bytes, NULL, 10) : 0;
}
