#include "schema/expressions.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

void
tu_expression_info_clear(TuExpressionInfo *info)
{
    g_clear_pointer(&info->columns, g_hash_table_unref);
}

/* ---- what makes an expression give another answer tomorrow ---- */

static const char *const volatile_functions[] = {
    "random", "randomblob", "changes", "total_changes", "last_insert_rowid", "sqlite_offset",
    "current_timestamp", "current_date", "current_time", "load_extension",
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

static char *
find_volatile_function(const TuInspection *inspection)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, inspection->functions);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (is_one_of(volatile_functions, G_N_ELEMENTS(volatile_functions), name))
            return g_strdup(name);
    return NULL;
}

static gboolean
uses_date_function(const TuInspection *inspection)
{
    for (guint i = 0; i < G_N_ELEMENTS(date_functions); i++)
        if (g_hash_table_contains(inspection->functions, date_functions[i]))
            return TRUE;
    return FALSE;
}

/* `date()` without arguments is the clock too; so is a text 'now'. */
static char *
find_session_word(const char *expression, const TuInspection *inspection)
{
    if (!uses_date_function(inspection))
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
        is_call = g_str_equal(text, "(") &&
                  is_one_of(date_functions, G_N_ELEMENTS(date_functions), word);
        if (!is_call)
            before = token;
    }
    return NULL;
}

/* ---- rowids: an image in a log has another one ---- */

static gboolean
some_table_has_column(const TuSourceModel *source, const char *column)
{
    for (guint i = 0; i < source->tables->len; i++) {
        const TuCaptured *table = g_ptr_array_index(source->tables, i);
        if (tu_table_info_column(table->info, column) != NULL)
            return TRUE;
    }
    return FALSE;
}

static gboolean
names_rowid(const TuSourceModel *source, const char *expression)
{
    static const char *const rowids[] = {"rowid", "_rowid_", "oid"};
    for (TuToken token = tu_sql_token(expression); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        if (token.kind != TU_TOKEN_WORD && token.kind != TU_TOKEN_QUOTED)
            continue;
        g_autofree char *name = tu_token_name(&token);
        if (is_one_of(rowids, G_N_ELEMENTS(rowids), name) && !some_table_has_column(source, name))
            return TRUE;
    }
    return FALSE;
}

/* ---- type ---- */

static const TuColumnInfo *
column_of(const TuSourceModel *source, const char *table_and_column)
{
    const char *newline = strchr(table_and_column, '\n');
    g_autofree char *table = g_strndup(table_and_column, (gsize)(newline - table_and_column));
    for (guint i = 0; i < source->tables->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(source->tables, i);
        if (g_ascii_strcasecmp(captured->info->name, table) == 0)
            return tu_table_info_column(captured->info, newline + 1);
    }
    return NULL;
}

/* One name, or two with a dot between. */
static gboolean
is_bare_column(const char *expression)
{
    TuToken first = tu_sql_token(expression);
    if (first.kind != TU_TOKEN_WORD && first.kind != TU_TOKEN_QUOTED)
        return FALSE;
    TuToken second = tu_sql_token(first.start + first.length);
    if (second.kind == TU_TOKEN_END)
        return TRUE;
    if (second.kind != TU_TOKEN_SYMBOL || second.start[0] != '.')
        return FALSE;
    TuToken third = tu_sql_token(second.start + second.length);
    return tu_sql_token(third.start + third.length).kind == TU_TOKEN_END;
}

/* Words and signs that keep integers integers; anything else makes the type uncertain. */
static gboolean
keeps_integers(const char *expression)
{
    static const char *const words[] = {"case", "when",     "then",   "else", "end", "and",
                                        "or",   "not",      "is",     "null", "in",  "between",
                                        "abs",  "coalesce", "ifnull", "iif",  "min", "max",
                                        "length", "nullif", "unicode", "sign"};
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
        if (token.kind == TU_TOKEN_WORD && is_call &&
            !is_one_of(words, G_N_ELEMENTS(words), text))
            return FALSE;
        if (token.kind == TU_TOKEN_WORD && g_ascii_strcasecmp(text, "cast") == 0)
            return FALSE;
    }
    return TRUE;
}

static TuType
kind_of(const TuSourceModel *source, const char *expression, GHashTable *columns)
{
    gboolean all_integers = keeps_integers(expression);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, columns);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const TuColumnInfo *column = column_of(source, name);
        TuType kind = column != NULL ? column->kind : TU_TYPE_NULL;
        if (is_bare_column(expression))
            return kind == TU_TYPE_BLOB ? TU_TYPE_NULL : kind;
        all_integers = all_integers && kind == TU_TYPE_INTEGER;
    }
    return all_integers ? TU_TYPE_INTEGER : TU_TYPE_NULL;
}

static gboolean
is_never_null(const TuSourceModel *source, const char *expression, GHashTable *columns)
{
    if (!is_bare_column(expression) || source->is_joined || g_hash_table_size(columns) != 1)
        return FALSE;
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, columns);
    g_hash_table_iter_next(&iter, &name, NULL);
    const TuColumnInfo *column = column_of(source, name);
    return column != NULL && !column->is_nullable;
}

/* ---- the whole ---- */

static char *
find_fault(const TuSourceModel *source, const char *expression, const TuInspection *inspection,
           char **ret_help)
{
    g_autofree char *function = find_volatile_function(inspection);
    g_autofree char *word = find_session_word(expression, inspection);
    if (function != NULL || word != NULL) {
        *ret_help = g_strdup("use only what depends on the row alone");
        return g_strdup_printf("`%s`: %s gives another answer another time, so cells could not be "
                               "kept exact",
                               expression, function != NULL ? function : word);
    }
    if (names_rowid(source, expression)) {
        *ret_help = g_strdup("name the primary key's column");
        return g_strdup_printf("`%s`: a rowid is not the row's own", expression);
    }
    if (inspection->selects > 1) {
        *ret_help = g_strdup("put the table into the source's `join`");
        return g_strdup_printf("`%s`: a sub-query reads rows that would not be watched", expression);
    }
    return NULL;
}

/* The tables side by side, without their ON: what is read is then the expression's own. */
static char *
probe_sql(const TuSourceModel *source, const char *expression)
{
    GString *sql = g_string_new("SELECT 1 FROM ");
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
        const TuCaptured *table = g_ptr_array_index(source->tables, i);
        tu_sql_append(sql, "%s%I AS %I", i == 0 ? "" : ", ", table->name, part->alias);
    }
    tu_sql_append(sql, " WHERE (%s) IS NULL", expression);
    return g_string_free(sql, FALSE);
}

gboolean
tu_expression_inspect(TuDatabase *db, const TuSourceModel *source, const char *expression,
                      const char *where, GPtrArray *findings, TuExpressionInfo *ret_info,
                      GError **error)
{
    g_autofree char *sql = probe_sql(source, expression);
    g_auto(TuInspection) inspection = {0};
    g_autoptr(GError) local = NULL;
    *ret_info = (TuExpressionInfo){0};
    if (!tu_database_inspect(db, sql, &inspection, &local)) {
        if (!tu_error_is(local, TU_ERROR_DATABASE)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("`%s`: %s", expression, local->message),
                       g_strdup("correct it in the spec"));
        return TRUE;
    }
    char *help = NULL;
    char *fault = find_fault(source, expression, &inspection, &help);
    if (fault != NULL) {
        tu_finding_add(findings, TRUE, where, fault, help);
        return TRUE;
    }
    ret_info->columns = g_steal_pointer(&inspection.columns);
    ret_info->kind = kind_of(source, expression, ret_info->columns);
    ret_info->is_never_null = is_never_null(source, expression, ret_info->columns);
    return TRUE;
}
