/* libmariadb, results as text. */
#include <string.h>

#include <errmsg.h>
#include <mysql.h>

#include "driver.h"

#define BINARY_CHARSET 63

/* ---- Types ---- */

/* What is not here is text, or bytes where its character set is binary. */
static const struct {
    enum enum_field_types server;
    RtFieldType type;
} types[] = {
    {MYSQL_TYPE_TINY, RT_FIELD_INTEGER},       {MYSQL_TYPE_SHORT, RT_FIELD_INTEGER},
    {MYSQL_TYPE_INT24, RT_FIELD_INTEGER},      {MYSQL_TYPE_LONG, RT_FIELD_INTEGER},
    {MYSQL_TYPE_LONGLONG, RT_FIELD_INTEGER},   {MYSQL_TYPE_YEAR, RT_FIELD_INTEGER},
    {MYSQL_TYPE_NEWDECIMAL, RT_FIELD_DECIMAL}, {MYSQL_TYPE_DECIMAL, RT_FIELD_DECIMAL},
    {MYSQL_TYPE_DOUBLE, RT_FIELD_REAL},        {MYSQL_TYPE_FLOAT, RT_FIELD_FLOAT},
    {MYSQL_TYPE_DATE, RT_FIELD_DATE},          {MYSQL_TYPE_NEWDATE, RT_FIELD_DATE},
    {MYSQL_TYPE_DATETIME, RT_FIELD_STAMP},     {MYSQL_TYPE_TIMESTAMP, RT_FIELD_INSTANT},
};

static RtField
field_of(const MYSQL_FIELD *from)
{
    RtField field = {RT_FIELD_TEXT, -1};
    gboolean is_text = TRUE;

    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].server == from->type) {
            field.type = types[i].type;
            is_text = FALSE;
        }
    if (field.type == RT_FIELD_DECIMAL)
        field.scale = (int)from->decimals;
    /* TIME has a binary character set but is text to everybody. */
    if (is_text && from->charsetnr == BINARY_CHARSET && from->type != MYSQL_TYPE_TIME &&
        from->type != MYSQL_TYPE_NULL)
        field.type = RT_FIELD_BLOB;
    return field;
}

static void
read_rows(MYSQL_RES *result, RtRows *rows)
{
    MYSQL_ROW row;

    rows->fields = mysql_num_fields(result);
    rows->field = g_new0(RtField, rows->fields);
    for (guint i = 0; i < rows->fields; i++)
        rows->field[i] = field_of(mysql_fetch_field_direct(result, i));
    while ((row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        RtText *texts = rt_rows_add(rows);

        for (guint i = 0; i < rows->fields; i++)
            if (row[i] != NULL)
                rt_text_set(&texts[i], row[i], lengths[i]);
    }
}

/* ---- Errors ---- */

/* 1020: a row changed since the snapshot, which some writers ask for. The rest are keys. */
static const struct {
    guint code;
    RtErrorSort sort;
} errors[] = {
    {1213, RT_ERROR_AGAIN},      {1020, RT_ERROR_AGAIN},      {1062, RT_ERROR_CONSTRAINT},
    {1451, RT_ERROR_CONSTRAINT}, {1452, RT_ERROR_CONSTRAINT}, {1761, RT_ERROR_CONSTRAINT},
    {2006, RT_ERROR_CONNECTION}, {2013, RT_ERROR_CONNECTION}, {1927, RT_ERROR_CONNECTION},
};

static void
note_error(MYSQL *connection, RtServerError *ret_error)
{
    guint code = mysql_errno(connection);

    g_snprintf(ret_error->code, sizeof ret_error->code, "%u", code);
    g_strlcpy(ret_error->message, mysql_error(connection), sizeof ret_error->message);
    ret_error->sort = RT_ERROR_OTHER;
    for (guint i = 0; i < G_N_ELEMENTS(errors); i++)
        if (errors[i].code == code)
            ret_error->sort = errors[i].sort;
}

/* ---- The client ---- */

/* mariadb://user:password@host:port/database?socket=PATH */
static gboolean
connect_by_url(MYSQL *connection, GUri *url)
{
    g_autoptr(GHashTable) options = g_uri_parse_params(
        g_uri_get_query(url) != NULL ? g_uri_get_query(url) : "", -1, "&", G_URI_PARAMS_NONE, NULL);
    const char *socket = options != NULL ? g_hash_table_lookup(options, "socket") : NULL;
    const char *host = g_uri_get_host(url);
    const char *database = g_uri_get_path(url) + (*g_uri_get_path(url) == '/');

    mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    return mysql_real_connect(connection, host != NULL && *host != '\0' ? host : NULL,
                              g_uri_get_user(url), g_uri_get_password(url),
                              *database != '\0' ? database : NULL,
                              g_uri_get_port(url) > 0 ? (guint)g_uri_get_port(url) : 0, socket,
                              CLIENT_MULTI_RESULTS) != NULL;
}

static gpointer
open_connection(const char *url, char *ret_message, gsize message_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GUri) parsed = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, &error);
    MYSQL *connection;

    if (parsed == NULL) {
        g_strlcpy(ret_message, error->message, message_bytes);
        return NULL;
    }
    connection = mysql_init(NULL);
    if (connect_by_url(connection, parsed))
        return connection;
    g_strlcpy(ret_message, mysql_error(connection), message_bytes);
    mysql_close(connection);
    return NULL;
}

static void
close_connection(gpointer connection)
{
    mysql_close(connection);
}

static gboolean
run(gpointer connection, const char *sql, RtRows *rows, RtServerError *ret_error)
{
    MYSQL_RES *result;

    if (mysql_real_query(connection, sql, strlen(sql)) != 0) {
        note_error(connection, ret_error);
        return FALSE;
    }
    result = mysql_store_result(connection);
    if (result == NULL && mysql_field_count(connection) > 0) {
        note_error(connection, ret_error);
        return FALSE;
    }
    if (result != NULL) {
        read_rows(result, rows);
        mysql_free_result(result);
        return TRUE;
    }
    rows->changed = (gint64)mysql_affected_rows(connection);
    return TRUE;
}

const RtClient rt_client_mariadb = {
    "SET time_zone = '+00:00';"
    "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES';"
    "SET group_concat_max_len = 1000000",
    open_connection,
    close_connection,
    run,
};
