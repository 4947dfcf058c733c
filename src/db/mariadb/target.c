/*
 * A MariaDB URL: mariadb://user:password@host:port/database?option=value, each part
 * percent-encoded. What it leaves out comes from MARIADB_PWD or MYSQL_PWD, then from the groups
 * [client] and [trueup] of the client's option files, then is the client's own default.
 */
#include "db/mariadb/mariadb.h"

#include <stdlib.h>
#include <string.h>

/* An unreachable host is noticed in this time, unless the URL has connect_timeout. */
#define CONNECT_TIMEOUT_S 5

/* ---- options ---- */

static gboolean
is_yes(const char *text)
{
    static const char *const words[] = {"1", "true", "yes", "on"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return TRUE;
    return FALSE;
}

/* A certificate can only be verified on an encrypted connection. */
static void
set_verify(TuMariadbTarget *target, const char *text)
{
    target->verifies_server = target->must_encrypt = is_yes(text);
}

static void
set_timeout(TuMariadbTarget *target, const char *text)
{
    guint64 seconds = 0;
    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &seconds, NULL))
        target->connect_timeout_s = (guint)seconds;
}

/* A text goes to the member at `offset`, anything else through `set`. */
static const struct {
    const char *name;
    gsize offset;
    void (*set)(TuMariadbTarget *target, const char *text);
} options[] = {
    {"socket", G_STRUCT_OFFSET(TuMariadbTarget, socket), NULL},
    {"ssl-ca", G_STRUCT_OFFSET(TuMariadbTarget, ssl_ca), NULL},
    {"ssl-cert", G_STRUCT_OFFSET(TuMariadbTarget, ssl_cert), NULL},
    {"ssl-key", G_STRUCT_OFFSET(TuMariadbTarget, ssl_key), NULL},
    {"ssl-verify", 0, set_verify},
    {"connect_timeout", 0, set_timeout},
};

/* An option that is not known is an error: a misspelt ssl-ca must not mean "without". */
static gboolean
set_option(TuMariadbTarget *target, const char *name, const char *text, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_string_append_printf(known, "%s%s", i == 0 ? "" : ", ", options[i].name);
        if (!g_str_equal(options[i].name, name))
            continue;
        if (options[i].set != NULL) {
            options[i].set(target, text);
        } else {
            char **member = (char **)((char *)target + options[i].offset);
            g_free(*member);
            *member = g_strdup(text);
        }
        return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "the database URL has the option `%s`, which is not known: there are %s", name,
                known->str);
    return FALSE;
}

/* What stands behind the question mark. */
static gboolean
set_options(TuMariadbTarget *target, const char *query, GError **error)
{
    GUriParamsIter iter;
    char *name = NULL;
    char *text = NULL;
    g_autoptr(GError) local = NULL;
    g_uri_params_iter_init(&iter, query, -1, "&", G_URI_PARAMS_NONE);
    while (g_uri_params_iter_next(&iter, &name, &text, &local)) {
        g_autofree char *own_name = name;
        g_autofree char *own_text = text;
        if (!set_option(target, own_name, own_text, error))
            return FALSE;
    }
    if (local == NULL)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "the options of the database URL: %s: write ?name=value&...", local->message);
    return FALSE;
}

/* ---- the whole ---- */

/* MYSQL_PWD is what all clients know; the other is MariaDB's own name for it. */
static const char *
environment_password(void)
{
    const char *password = g_getenv("MARIADB_PWD");
    return password != NULL ? password : g_getenv("MYSQL_PWD");
}

/* "mariadb:///shop" has a host that is empty, which means none. */
static char *
filled(char *text)
{
    if (text != NULL && text[0] == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}

/* The parts come decoded, except the query, whose values may hold an & of their own. */
static gboolean
parse_parts(const char *url, TuMariadbTarget *target, GError **error)
{
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;
    g_autofree char *fragment = NULL;
    g_autoptr(GError) local = NULL;
    int port = -1;
    if (!g_uri_split_with_user(url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY, NULL,
                               &target->user, &target->password, NULL, &target->host, &port, &path,
                               &query, &fragment, &local) ||
        fragment != NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "the database URL cannot be read%s%s: write "
                    "mariadb://user:password@host:port/database, with %%40 for an @ and the like",
                    local != NULL ? ": " : "", local != NULL ? local->message : "");
        return FALSE;
    }
    target->port = port > 0 ? (guint)port : 0;
    target->host = filled(target->host);
    target->user = filled(target->user);
    const char *database = path != NULL && path[0] == '/' ? path + 1 : path;
    if (database == NULL || database[0] == '\0' || strchr(database, '/') != NULL) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "the database URL names no database: write "
                            "mariadb://user@host/database");
        return FALSE;
    }
    target->database = g_strdup(database);
    return query == NULL || set_options(target, query, error);
}

gboolean
tu_mariadb_target_parse(const char *url, TuMariadbTarget *ret_target, GError **error)
{
    TuMariadbTarget target = {.connect_timeout_s = CONNECT_TIMEOUT_S};
    if (!parse_parts(url, &target, error)) {
        tu_mariadb_target_clear(&target);
        return FALSE;
    }
    if (target.password == NULL)
        target.password = g_strdup(environment_password());
    *ret_target = target;
    return TRUE;
}

void
tu_mariadb_target_clear(TuMariadbTarget *target)
{
    char **const texts[] = {&target->host,   &target->user,   &target->password, &target->database,
                            &target->socket, &target->ssl_ca, &target->ssl_cert, &target->ssl_key};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
}

/* Without the password: labels stand in messages and logs. */
char *
tu_mariadb_target_label(const TuMariadbTarget *target)
{
    GString *label = g_string_new("mariadb://");
    if (target->user != NULL)
        g_string_append_printf(label, "%s@", target->user);
    const char *host = target->host != NULL ? target->host : "localhost";
    gboolean is_ipv6 = strchr(host, ':') != NULL;
    g_string_append_printf(label, "%s%s%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "");
    if (target->port > 0)
        g_string_append_printf(label, ":%u", target->port);
    g_string_append_printf(label, "/%s", target->database);
    return g_string_free(label, FALSE);
}
