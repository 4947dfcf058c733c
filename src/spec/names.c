#include "spec/names.h"

#include <string.h>

#include "error.h"

/* database.schema.table is the most that any database knows. */
#define TABLE_MAX_PARTS 3

/* Bytes, not characters: that is what databases count. */
static gboolean
check_length(const char *name, GError **error)
{
    if (strlen(name) <= TU_NAME_MAX_BYTES)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "`%.20s...` is too long a name: at most %d bytes, more is cut by databases", name,
                TU_NAME_MAX_BYTES);
    return FALSE;
}

gboolean
tu_name_is_reserved(const char *name)
{
    return g_ascii_strncasecmp(name, TU_NAME_RESERVED, strlen(TU_NAME_RESERVED)) == 0;
}

/* These names stand on command lines and in table names, so they are kept plain. */
gboolean
tu_name_check(const char *name, GError **error)
{
    gboolean is_usable = g_ascii_isalpha(*name) || *name == '_';
    for (const char *c = name; *c != '\0'; c++)
        is_usable &= g_ascii_isalnum(*c) || *c == '_' || *c == '-';
    if (!is_usable) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s` cannot be a name: use a letter, then letters, digits, `_` or `-`",
                    name);
        return FALSE;
    }
    if (tu_name_is_reserved(name)) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s`: names that begin with `%s` are trueup's own; choose another", name,
                    TU_NAME_RESERVED);
        return FALSE;
    }
    return check_length(name, error);
}

/* Columns are always quoted in SQL, so they may hold nearly anything; SQL quotes in the spec would
 * be doubled, and never match. */
gboolean
tu_name_check_column(const char *name, GError **error)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c) || *c == '"' || *c == '`') {
            g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                        "`%.60s` is no usable name: write it in one line, without SQL quotes",
                        name);
            return FALSE;
        }
    }
    if (*name == '\0' || g_ascii_isspace(*name) || g_ascii_isspace(name[strlen(name) - 1])) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s` is no usable name: it is empty or has spaces around it", name);
        return FALSE;
    }
    return check_length(name, error);
}

/* One part of a table's name as the database knows it; NULL if the token is none. */
static char *
table_part(const TuToken *token, GError **error)
{
    if (token->kind != TU_TOKEN_WORD && token->kind != TU_TOKEN_QUOTED) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    tu_token_is_symbol(token, '(')
                        ? "a sub-query is no table that could be watched: name a table"
                        : "a table's name is wanted, not `%.40s` (one with other characters than "
                          "letters, digits and _ needs SQL quotes)",
                    token->start);
        return NULL;
    }
    g_autofree char *part = tu_token_name(token);
    if (*part == '\0' || strchr(part, '.') != NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "a table whose name is empty or has a dot in it (`%.60s`) cannot be used",
                    part);
        return NULL;
    }
    return g_steal_pointer(&part);
}

char *
tu_name_parse_table(TuToken *token, GError **error)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (guint parts = 1;; parts++) {
        g_autofree char *part = table_part(token, error);
        if (part == NULL)
            return NULL;
        g_string_append(name, part);
        *token = tu_sql_token(token->start + token->length);
        if (!tu_token_is_symbol(token, '.') || parts == TABLE_MAX_PARTS)
            return g_string_free(g_steal_pointer(&name), FALSE);
        g_string_append_c(name, '.');
        *token = tu_sql_token(token->start + 1);
    }
}

char *
tu_name_table(const char *text, GError **error)
{
    TuToken token = tu_sql_token(text);
    g_autofree char *name = tu_name_parse_table(&token, error);
    if (name == NULL)
        return NULL;
    if (token.kind != TU_TOKEN_END) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s` is no table's name: after `%s` comes `%.20s` (one with other "
                    "characters than letters, digits and _ needs SQL quotes)",
                    text, name, token.start);
        return NULL;
    }
    return g_steal_pointer(&name);
}

const char *
tu_name_last_part(const char *table)
{
    const char *dot = strrchr(table, '.');
    return dot == NULL ? table : dot + 1;
}
