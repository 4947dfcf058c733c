/*
 * What MariaDB says about an expression: its type, by preparing a query that reads it; and what
 * would make it give another answer another time, by its words.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

/* ---- what makes an expression give another answer tomorrow ---- */

/* Where parentheses follow. */
static const char *const volatile_functions[] = {
    "now",
    "sysdate",
    "curdate",
    "curtime",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "rand",
    "uuid",
    "uuid_v4",
    "uuid_v7",
    "uuid_short",
    "sys_guid",
    "random_bytes",
    "connection_id",
    "user",
    "current_user",
    "current_role",
    "session_user",
    "system_user",
    "database",
    "schema",
    "version",
    "last_insert_id",
    "found_rows",
    "row_count",
    "sleep",
    "benchmark",
    "get_lock",
    "release_lock",
    "release_all_locks",
    "is_free_lock",
    "is_used_lock",
    "master_pos_wait",
    "master_gtid_wait",
    "load_file",
    "nextval",
    "lastval",
    "setval",
    "encrypt",
    "binlog_gtid_pos",
};

/* Without them. */
static const char *const volatile_words[] = {
    "current_date", "current_time", "current_timestamp", "localtime",    "localtimestamp",
    "utc_date",     "utc_time",     "utc_timestamp",     "current_user", "current_role",
};

static gboolean
is_one_of(const char *const *names, guint n, const char *name)
{
    for (guint i = 0; i < n; i++)
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* Three tokens in a row: what stands before a word, and after it, decides what it is. */
typedef struct {
    TuToken before, token, after;
} Window;

static TuToken
token_after(const TuToken *token)
{
    return tu_sql_token(token->start + token->length);
}

/* What was next is in the middle now. */
static gboolean
window_next(Window *window)
{
    window->before = window->token;
    window->token = window->after;
    if (window->token.kind >= TU_TOKEN_END)
        return FALSE;
    window->after = token_after(&window->token);
    return TRUE;
}

static Window
window_new(const char *expression)
{
    return (Window){.token = {.kind = TU_TOKEN_END, .start = expression},
                    .after = tu_sql_token(expression)};
}

/* unix_timestamp() is the clock, unix_timestamp(x) is not. */
static gboolean
is_clock_call(const Window *window)
{
    TuToken second = token_after(&window->after);
    return tu_token_is(&window->token, "unix_timestamp") &&
           tu_token_is_symbol(&window->after, '(') && tu_token_is_symbol(&second, ')');
}

/* NEXT VALUE FOR s, PREVIOUS VALUE FOR s */
static gboolean
is_sequence(const Window *window)
{
    return tu_token_is(&window->after, "value") &&
           (tu_token_is(&window->token, "next") || tu_token_is(&window->token, "previous"));
}

/* The name of what is volatile in the window's middle; NULL: nothing is. Free with g_free. */
static char *
volatile_here(const Window *window)
{
    if (tu_token_is_symbol(&window->token, '@'))
        return g_strdup("a variable");
    if (window->token.kind != TU_TOKEN_WORD || tu_token_is_symbol(&window->before, '.'))
        return NULL;
    g_autofree char *word = tu_token_name(&window->token);
    gboolean is_call = tu_token_is_symbol(&window->after, '(');
    if ((is_call && is_one_of(volatile_functions, G_N_ELEMENTS(volatile_functions), word)) ||
        (!is_call && !tu_token_is_symbol(&window->after, '.') &&
         is_one_of(volatile_words, G_N_ELEMENTS(volatile_words), word)) ||
        is_clock_call(window) || is_sequence(window))
        return g_steal_pointer(&word);
    return NULL;
}

/* The first one is enough: the expression is refused by its name. */
static char *
find_volatile(const char *expression)
{
    for (Window window = window_new(expression); window_next(&window);) {
        char *name = volatile_here(&window);
        if (name != NULL)
            return name;
    }
    return NULL;
}

/* A table that only an expression reads would not be watched. */
static gboolean
has_sub_query(const char *expression)
{
    for (TuToken token = tu_sql_token(expression); token.kind < TU_TOKEN_END;
         token = token_after(&token))
        if (tu_token_is(&token, "select"))
            return TRUE;
    return FALSE;
}

/* ---- stored functions ---- */

static gboolean
take_found(TuStatement *row, gpointer data)
{
    *(gboolean *)data = tu_mariadb_integer(row, 0) != 0;
    return FALSE;
}

/* A stored function is kept exact only if it says of itself that it is. */
static gboolean
is_doubtful(TuMariadb *db, const char *schema, const char *function, gboolean *ret_is,
            GError **error)
{
    const TuValue values[] = {tu_value_text(schema), tu_value_text(function)};
    *ret_is = FALSE;
    return tu_mariadb_each_row(
        db,
        "SELECT count(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?1"
        " AND ROUTINE_NAME = ?2 AND ROUTINE_TYPE = 'FUNCTION'"
        " AND NOT (IS_DETERMINISTIC = 'YES' AND SQL_DATA_ACCESS = 'NO SQL')",
        values, G_N_ELEMENTS(values), take_found, ret_is, error);
}

/* `f(` or `schema.f(`: *ret_function is the first that is doubtful. */
static gboolean
find_doubtful_function(TuMariadb *db, const char *expression, char **ret_function, GError **error)
{
    g_autofree char *schema = g_strdup(db->database);
    for (Window window = window_new(expression); window_next(&window);) {
        gboolean is_name =
            window.token.kind == TU_TOKEN_WORD || window.token.kind == TU_TOKEN_QUOTED;
        if (!is_name)
            continue;
        g_autofree char *name = tu_token_name(&window.token);
        gboolean is_doubt = FALSE;
        const char *of = tu_token_is_symbol(&window.before, '.') ? schema : db->database;
        if (tu_token_is_symbol(&window.after, '(') && !is_doubtful(db, of, name, &is_doubt, error))
            return FALSE;
        if (is_doubt) {
            *ret_function = g_steal_pointer(&name);
            return TRUE;
        }
        g_free(schema);
        schema = g_steal_pointer(&name);
    }
    return TRUE;
}

/* ---- what it reads ---- */

/* `alias` NULL: the name stands alone, and may be any table's. */
static void
add_column(const TuProbe *probe, const char *alias, const char *name, GHashTable *columns)
{
    for (guint i = 0; i < probe->n_tables; i++) {
        const TuColumnInfo *column = tu_table_info_column(probe->tables[i], name);
        if (column != NULL && (alias == NULL || g_ascii_strcasecmp(alias, probe->aliases[i]) == 0))
            g_hash_table_add(columns,
                             g_strconcat(probe->tables[i]->name, "\n", column->name, NULL));
    }
}

/* Every word that is some column's name: more than it reads does no harm, but a column behind an
 * alias is that table's. */
static GHashTable *
columns_read(const TuProbe *probe)
{
    GHashTable *columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *before = NULL; /* the name before a dot */
    gboolean has_dot = FALSE;
    for (TuToken token = tu_sql_token(probe->expression); token.kind < TU_TOKEN_END;
         token = token_after(&token)) {
        gboolean is_name = token.kind == TU_TOKEN_WORD || token.kind == TU_TOKEN_QUOTED;
        has_dot = tu_token_is_symbol(&token, '.') || (is_name && has_dot);
        if (!is_name)
            continue;
        char *name = tu_token_name(&token);
        add_column(probe, has_dot ? before : NULL, name, columns);
        has_dot = FALSE;
        g_free(before);
        before = name;
    }
    return columns;
}

/* ---- the whole ---- */

/* In the WHERE too, where neither an aggregate nor a window function may stand. */
static char *
probe_sql(const TuProbe *probe)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT (%s) FROM ", probe->expression);
    for (guint i = 0; i < probe->n_tables; i++)
        tu_sql_append(sql, "%s%Q AS %I", i == 0 ? "" : ", ", probe->tables[i]->name,
                      probe->aliases[i]);
    tu_sql_append(sql, " WHERE (%s) IS NULL", probe->expression);
    return g_string_free(sql, FALSE);
}

/* A fault is not an error: the spec's author is to be told, and the rest is looked at too. */
static gboolean
find_fault(TuMariadb *db, const char *expression, TuInspection *inspection, GError **error)
{
    g_autofree char *word = find_volatile(expression);
    g_autofree char *function = NULL;
    if (has_sub_query(expression)) {
        inspection->help = g_strdup("put the table into the source's `join`");
        inspection->fault =
            g_strdup_printf("`%s`: a sub-query reads rows that would not be watched", expression);
    } else if (word != NULL) {
        inspection->help = g_strdup("use only what depends on the row alone");
        inspection->fault = g_strdup_printf("`%s`: %s gives another answer another time, so cells "
                                            "could not be kept exact",
                                            expression, word);
    } else if (!find_doubtful_function(db, expression, &function, error)) {
        return FALSE;
    } else if (function != NULL) {
        inspection->help = g_strdup_printf(
            "declare the function DETERMINISTIC and NO SQL if it is, or do without it");
        inspection->fault = g_strdup_printf("`%s`: the stored function %s may give another answer "
                                            "another time, so cells could not be kept exact",
                                            expression, function);
    }
    return TRUE;
}

/* The server itself says what is wrong, by preparing a query with the expression; nothing is
 * run. */
gboolean
tu_mariadb_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_autofree char *sql = probe_sql(probe);
    g_autoptr(TuStatement) statement = NULL;
    g_auto(TuInspection) inspection = {0};
    if (!find_fault(db, probe->expression, &inspection, error))
        return FALSE;
    if (!tu_mariadb_prepare(base, sql, FALSE, &statement, error))
        return FALSE;
    MYSQL_RES *metadata = tu_mariadb_metadata(statement);
    g_assert(metadata != NULL);
    TuMariadbType type = tu_mariadb_type_of_field(mysql_fetch_field_direct(metadata, 0));
    mysql_free_result(metadata);
    inspection.type = tu_mariadb_sql_type(&type);
    inspection.columns = columns_read(probe);
    *ret = inspection;
    inspection = (TuInspection){0};
    return TRUE;
}

gboolean
tu_mariadb_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    if (!tu_mariadb_prepare(base, sql, FALSE, &statement, error))
        return FALSE;
    MYSQL_RES *metadata = tu_mariadb_metadata(statement);
    for (guint i = 0; metadata != NULL && i < mysql_num_fields(metadata); i++) {
        const MYSQL_FIELD *field = mysql_fetch_field_direct(metadata, i);
        TuMariadbType type = tu_mariadb_type_of_field(field);
        TuColumnInfo *column = tu_table_info_add_column(info, field->name);
        column->type = tu_mariadb_sql_type(&type);
        column->kind = column->type.kind;
    }
    if (metadata != NULL)
        mysql_free_result(metadata);
    return TRUE;
}
