/*
 * What SQLite says about an expression: what it reads and calls, told by SQLite's authorizer while
 * it prepares a query; and what makes it give another answer another time.
 */
#include "db/sqlite/sqlite.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

/* ---- what makes an expression give another answer tomorrow ---- */

static const char *const volatile_functions[] = {
    "random",        "randomblob",        "changes",      "total_changes", "last_insert_rowid",
    "sqlite_offset", "current_timestamp", "current_date", "current_time",  "load_extension",
};

static const char *const date_functions[] = {
    "date", "time", "datetime", "julianday", "strftime", "unixepoch", "timediff",
};

/* Arguments of date functions that mean the clock or the zone of the machine. */
static const char *const session_words[] = {"'now'", "'localtime'", "'utc'"};

static gboolean
is_one_of(const char *const *names, guint n, const char *name)
{
    for (guint i = 0; i < n; i++)
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* The authorizer names every function that the statement would call. */
static char *
find_volatile_function(GHashTable *functions)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, functions);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (is_one_of(volatile_functions, G_N_ELEMENTS(volatile_functions), name))
            return g_strdup(name);
    return NULL;
}

/* date() and its kin read the clock only for some arguments: these are looked at by their text. */
static gboolean
uses_date_function(GHashTable *functions)
{
    for (guint i = 0; i < G_N_ELEMENTS(date_functions); i++)
        if (g_hash_table_contains(functions, date_functions[i]))
            return TRUE;
    return FALSE;
}

/* `date()` without arguments is the clock too; so is a text 'now'. */
static char *
find_session_word(const char *expression, GHashTable *functions)
{
    if (!uses_date_function(functions))
        return NULL;
    TuToken before = {TU_TOKEN_END, expression, 0};
    gboolean is_call = FALSE;
    for (TuToken token = tu_sql_token(expression); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        g_autofree char *text = g_strndup(token.start, token.length);
        if (is_one_of(session_words, G_N_ELEMENTS(session_words), text))
            return g_steal_pointer(&text);
        if (is_call && g_str_equal(text, ")"))
            return g_strdup_printf("%.*s()", (int)before.length, before.start);
        g_autofree char *word = g_strndup(before.start, before.length);
        is_call =
            g_str_equal(text, "(") && is_one_of(date_functions, G_N_ELEMENTS(date_functions), word);
        if (!is_call)
            before = token;
    }
    return NULL;
}

/* ---- rowids: an image in a log has another one ---- */

static gboolean
some_table_has_column(const TuProbe *probe, const char *column)
{
    for (guint i = 0; i < probe->n_tables; i++)
        if (tu_table_info_column(probe->tables[i], column) != NULL)
            return TRUE;
    return FALSE;
}

/* A rowid may change by VACUUM, without a trigger: nothing may depend on it. */
static gboolean
names_rowid(const TuProbe *probe, const char *expression)
{
    static const char *const rowids[] = {"rowid", "_rowid_", "oid"};
    for (TuToken token = tu_sql_token(expression); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        if (token.kind != TU_TOKEN_WORD && token.kind != TU_TOKEN_QUOTED)
            continue;
        g_autofree char *name = tu_token_name(&token);
        if (is_one_of(rowids, G_N_ELEMENTS(rowids), name) && !some_table_has_column(probe, name))
            return TRUE;
    }
    return FALSE;
}

/* ---- type ---- */

/* "table.column" of what the authorizer noted. */
static const TuColumnInfo *
column_of(const TuProbe *probe, const char *table_and_column)
{
    const char *newline = strchr(table_and_column, '\n');
    g_autofree char *table = g_strndup(table_and_column, (gsize)(newline - table_and_column));
    for (guint i = 0; i < probe->n_tables; i++)
        if (g_ascii_strcasecmp(probe->tables[i]->name, table) == 0)
            return tu_table_info_column(probe->tables[i], newline + 1);
    return NULL;
}

/* Words and signs that keep integers integers; anything else makes the type uncertain. */
static gboolean
keeps_integers(const char *expression)
{
    static const char *const words[] = {"case",   "when",     "then",    "else", "end", "and",
                                        "or",     "not",      "is",      "null", "in",  "between",
                                        "abs",    "coalesce", "ifnull",  "iif",  "min", "max",
                                        "length", "nullif",   "unicode", "sign"};
    TuToken next;
    for (TuToken token = tu_sql_token(expression); token.kind != TU_TOKEN_END; token = next) {
        next = tu_sql_token(token.start + token.length);
        gboolean is_call = next.kind == TU_TOKEN_SYMBOL && next.start[0] == '(';
        g_autofree char *text = g_strndup(token.start, token.length);
        if (token.kind == TU_TOKEN_NUMBER && strpbrk(text, ".eE") != NULL &&
            !g_str_has_prefix(text, "0x") && !g_str_has_prefix(text, "0X"))
            return FALSE;
        if (token.kind == TU_TOKEN_STRING || token.kind == TU_TOKEN_BROKEN)
            return FALSE;
        if (token.kind == TU_TOKEN_WORD && is_call && !is_one_of(words, G_N_ELEMENTS(words), text))
            return FALSE;
        if (token.kind == TU_TOKEN_WORD && g_ascii_strcasecmp(text, "cast") == 0)
            return FALSE;
    }
    return TRUE;
}

static TuType
kind_of(const TuProbe *probe, GHashTable *columns)
{
    const char *expression = probe->expression;
    gboolean all_integers = keeps_integers(expression);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, columns);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const TuColumnInfo *column = column_of(probe, name);
        TuType kind = column != NULL ? column->kind : TU_TYPE_NULL;
        if (tu_sql_is_bare_name(expression))
            return kind == TU_TYPE_BLOB ? TU_TYPE_NULL : kind;
        all_integers = all_integers && kind == TU_TYPE_INTEGER;
    }
    return all_integers ? TU_TYPE_INTEGER : TU_TYPE_NULL;
}

/* ---- faults ---- */

/* What the authorizer told. */
typedef struct {
    GHashTable *columns;   /* set of char *: "table\ncolumn"; an alias is resolved */
    GHashTable *functions; /* set of char *: lower case */
    guint selects;         /* SELECTs in it, sub-queries counted */
} Access;

static void
access_clear(Access *access)
{
    g_clear_pointer(&access->columns, g_hash_table_unref);
    g_clear_pointer(&access->functions, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Access, access_clear)

static void
find_fault(const TuProbe *probe, const Access *access, TuInspection *inspection)
{
    const char *expression = probe->expression;
    g_autofree char *function = find_volatile_function(access->functions);
    g_autofree char *word = find_session_word(expression, access->functions);
    if (function != NULL || word != NULL) {
        inspection->help = g_strdup("use only what depends on the row alone");
        inspection->fault =
            g_strdup_printf("`%s`: %s gives another answer another time, so cells could not be "
                            "kept exact",
                            expression, function != NULL ? function : word);
    } else if (names_rowid(probe, expression)) {
        inspection->help = g_strdup("name the primary key's column");
        inspection->fault = g_strdup_printf("`%s`: a rowid is not the row's own", expression);
    } else if (access->selects > 1) {
        inspection->help = g_strdup("put the table into the source's `join`");
        inspection->fault =
            g_strdup_printf("`%s`: a sub-query reads rows that would not be watched", expression);
    }
}

/* Called for each column and function while SQLite compiles; nothing is denied. */
static int
note_access(void *data, int action, const char *first, const char *second, const char *schema,
            const char *trigger)
{
    Access *access = data;
    if (action == SQLITE_SELECT)
        access->selects++;
    /* A table none of whose columns is read is reported with an empty name. */
    if (action == SQLITE_READ && second[0] != '\0')
        g_hash_table_add(access->columns, g_strconcat(first, "\n", second, NULL));
    if (action == SQLITE_FUNCTION)
        g_hash_table_add(access->functions, g_ascii_strdown(second, -1));
    return SQLITE_OK;
}

/* The tables side by side, without their ON: what is read is then the expression's own. */
static char *
probe_sql(const TuProbe *probe)
{
    GString *sql = g_string_new("SELECT 1 FROM ");
    for (guint i = 0; i < probe->n_tables; i++)
        tu_sql_append(sql, "%s%Q AS %I", i == 0 ? "" : ", ", probe->tables[i]->name,
                      probe->aliases[i]);
    tu_sql_append(sql, " WHERE (%s) IS NULL", probe->expression);
    return g_string_free(sql, FALSE);
}

/* The statement is prepared and never run. */
gboolean
tu_sqlite_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    g_autofree char *sql = probe_sql(probe);
    g_auto(Access) access = {
        .columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    sqlite3_stmt *statement = NULL;
    sqlite3_set_authorizer(db->handle, note_access, &access);
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    sqlite3_set_authorizer(db->handle, NULL, NULL);
    sqlite3_finalize(statement);
    if (code != SQLITE_OK) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE, "%s", sqlite3_errmsg(db->handle));
        return FALSE;
    }
    *ret = (TuInspection){.type = {.kind = kind_of(probe, access.columns), .scale = -1}};
    find_fault(probe, &access, ret);
    ret->columns = g_steal_pointer(&access.columns);
    return TRUE;
}

/* A column's values may be of any type, whatever it is made of. */
gboolean
tu_sqlite_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE, "%s", sqlite3_errmsg(db->handle));
        return FALSE;
    }
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        tu_table_info_add_column(info, sqlite3_column_name(statement, i))->type.scale = -1;
    sqlite3_finalize(statement);
    return TRUE;
}
