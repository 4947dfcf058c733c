/*
 * What an SQLite database has: tables, columns, unique keys, triggers; and what a query reads,
 * which SQLite itself tells through its authorizer while it prepares the query.
 */
#include "db/sqlite/sqlite.h"

#include <string.h>

#include "db/sqlscan.h"

/* ---- rows of a pragma ---- */

typedef gboolean (*TakeRow)(sqlite3_stmt *row, gpointer data);

/* Runs `sql` with `argument` bound to ?1 and gives every row to `take`. */
static gboolean
each_row(TuSqlite *db, const char *sql, const char *argument, TakeRow take, gpointer data,
         GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (code == SQLITE_OK && argument != NULL)
        code = sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW && !take(statement, data))
            code = SQLITE_DONE;
    }
    if (code != SQLITE_DONE)
        tu_sqlite_set_error(db, code, sql, error);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

static const char *
text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text != NULL ? text : "";
}

/* ---- columns ---- */

/* SQLite's rules of affinity, in their order (https://sqlite.org/datatype3.html, 3.1). */
static TuType
kind_of(const char *declared, gboolean is_strict)
{
    static const struct {
        const char *part;
        TuType kind;
    } rules[] = {
        {"INT", TU_TYPE_INTEGER}, {"CHAR", TU_TYPE_TEXT}, {"CLOB", TU_TYPE_TEXT},
        {"TEXT", TU_TYPE_TEXT},   {"BLOB", TU_TYPE_BLOB}, {"REAL", TU_TYPE_REAL},
        {"FLOA", TU_TYPE_REAL},   {"DOUB", TU_TYPE_REAL},
    };
    g_autofree char *upper = g_ascii_strup(declared, -1);
    if (upper[0] == '\0' || (is_strict && g_str_equal(upper, "ANY")))
        return TU_TYPE_BLOB;
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strstr(upper, rules[i].part) != NULL)
            return rules[i].kind;
    return TU_TYPE_NULL;
}

/* A log column has its source column's affinity and collation, so that an expression means the same
 * over both: values are past that affinity already, and it changes them no further
 * (docs/decisions/0003-log-columns.md). */
static char *
log_type_of(TuType kind, const char *collation)
{
    static const char *const affinity[] = {
        [TU_TYPE_NULL] = "NUMERIC", [TU_TYPE_INTEGER] = "INTEGER", [TU_TYPE_REAL] = "REAL",
        [TU_TYPE_TEXT] = "TEXT",    [TU_TYPE_BLOB] = "",
    };
    if (collation == NULL || g_ascii_strcasecmp(collation, "BINARY") == 0)
        return g_strdup(affinity[kind]);
    return g_strdup_printf("%s COLLATE %s", affinity[kind], collation);
}

typedef struct {
    TuSqlite *db;
    TuTableInfo *info;
    gboolean is_strict;
} Described;

/* name, type, notnull, dflt_value, pk, hidden of pragma_table_xinfo */
static gboolean
take_column(sqlite3_stmt *row, gpointer data)
{
    Described *described = data;
    TuColumnInfo *column = tu_table_info_add_column(described->info, text_of(row, 0));
    column->declared_type = g_strdup(text_of(row, 1));
    column->kind = kind_of(column->declared_type, described->is_strict);
    column->default_text =
        sqlite3_column_type(row, 3) != SQLITE_NULL ? g_strdup(text_of(row, 3)) : NULL;
    column->key_position = (guint)sqlite3_column_int(row, 4);
    column->is_nullable = sqlite3_column_int(row, 2) == 0;
    column->is_generated = sqlite3_column_int(row, 5) > 1;
    const char *collation = NULL;
    sqlite3_table_column_metadata(described->db->handle, "main", described->info->name,
                                  column->name, NULL, &collation, NULL, NULL, NULL);
    column->log_type = log_type_of(column->kind, collation);
    column->merges_text = strstr(column->log_type, "COLLATE") != NULL;
    return TRUE;
}

/* ---- unique keys ---- */

/* name, coll of pragma_index_xinfo, the key's columns only; name NULL where it is an expression */
static gboolean
take_key_column(sqlite3_stmt *row, gpointer data)
{
    TuUniqueKey *key = data;
    gboolean is_expression = sqlite3_column_type(row, 0) == SQLITE_NULL;
    g_ptr_array_add(key->columns, is_expression ? NULL : g_strdup(text_of(row, 0)));
    g_ptr_array_add(key->collations, g_strdup(text_of(row, 1)));
    return TRUE;
}

/* name, unique, origin of pragma_index_list */
static gboolean
take_index(sqlite3_stmt *row, gpointer data)
{
    TuTableInfo *info = data;
    g_ptr_array_add(info->indexes, g_strdup(text_of(row, 0)));
    if (sqlite3_column_int(row, 1) != 0)
        tu_table_info_add_key(info, text_of(row, 0), g_str_equal(text_of(row, 2), "pk"));
    return TRUE;
}

static int
compare_key_position(gconstpointer a, gconstpointer b)
{
    const TuColumnInfo *const *left = a;
    const TuColumnInfo *const *right = b;
    return (int)(*left)->key_position - (int)(*right)->key_position;
}

/* An INTEGER PRIMARY KEY is the rowid itself and has no index of its own in the list. */
static void
add_rowid_key(TuTableInfo *info)
{
    g_autoptr(GPtrArray) columns = g_ptr_array_new();
    for (guint i = 0; i < info->unique->len; i++)
        if (((TuUniqueKey *)g_ptr_array_index(info->unique, i))->is_primary)
            return;
    for (guint i = 0; i < info->columns->len; i++) {
        TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (column->key_position > 0)
            g_ptr_array_add(columns, column);
    }
    if (columns->len == 0)
        return;
    g_ptr_array_sort(columns, compare_key_position);
    TuUniqueKey *key = tu_table_info_add_key(info, "the primary key", TRUE);
    for (guint i = 0; i < columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(columns, i);
        g_ptr_array_add(key->columns, g_strdup(column->name));
        g_ptr_array_add(key->collations, g_strdup("BINARY"));
    }
}

/* sql of sqlite_schema */
static gboolean
take_create(sqlite3_stmt *row, gpointer data)
{
    *(char **)data = g_strdup(text_of(row, 0));
    return FALSE;
}

static gboolean
is_symbol(const TuToken *token, char symbol)
{
    return token->kind == TU_TOKEN_SYMBOL && token->start[0] == symbol;
}

/* Where an indexed term ends: before its COLLATE, ASC or DESC. */
static gboolean
ends_term(const TuToken *token)
{
    return tu_token_is(token, "COLLATE") || tu_token_is(token, "ASC") || tu_token_is(token, "DESC");
}

/* The terms of CREATE UNIQUE INDEX name ON table(term, term ...), one text each. */
static void
add_expressions(TuUniqueKey *key, const char *create)
{
    int depth = 0;
    const char *begin = NULL;
    const char *end = NULL;
    TuToken token = tu_sql_token(create != NULL ? create : "");
    for (; token.kind < TU_TOKEN_END; token = tu_sql_token(token.start + token.length)) {
        depth += is_symbol(&token, '(') - is_symbol(&token, ')');
        gboolean is_end = depth == 0 || (depth == 1 && is_symbol(&token, ','));
        if (begin == NULL && depth == 1 && is_symbol(&token, '(')) {
            begin = token.start + 1;
        } else if (begin != NULL && depth == 1 && end == NULL && ends_term(&token)) {
            end = token.start;
        } else if (begin != NULL && is_end) {
            end = end != NULL ? end : token.start;
            g_ptr_array_add(key->expressions, g_strndup(begin, (gsize)(end - begin)));
            begin = depth == 1 ? token.start + 1 : NULL;
            end = NULL;
            if (depth == 0)
                return;
        }
    }
}

static gboolean
describe_keys(TuSqlite *db, TuTableInfo *info, GError **error)
{
    if (!each_row(db, "SELECT name, \"unique\", origin FROM pragma_index_list(?1)", info->name,
                  take_index, info, error))
        return FALSE;
    for (guint i = 0; i < info->unique->len; i++) {
        TuUniqueKey *key = g_ptr_array_index(info->unique, i);
        g_autofree char *create = NULL;
        if (!each_row(db,
                      "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1 AND "
                      "sql IS NOT NULL",
                      key->name, take_create, &create, error))
            return FALSE;
        add_expressions(key, create);
        if (!each_row(db,
                      "SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno",
                      key->name, take_key_column, key, error))
            return FALSE;
    }
    add_rowid_key(info);
    return TRUE;
}

/* ---- tables ---- */

/* name, sql of sqlite_schema */
static gboolean
take_trigger(sqlite3_stmt *row, gpointer data)
{
    TuTableInfo *info = data;
    tu_table_info_add_trigger(info, text_of(row, 0), info->name, text_of(row, 1));
    return TRUE;
}

/* name, type, wr, strict of pragma_table_list, sql of sqlite_schema */
static gboolean
take_table(sqlite3_stmt *row, gpointer data)
{
    Described *described = data;
    TuTableInfo *info = tu_table_info_new(text_of(row, 0));
    info->is_table = g_str_equal(text_of(row, 1), "table");
    info->has_rowid = sqlite3_column_int(row, 2) == 0;
    info->create_text = g_strdup(text_of(row, 4));
    described->info = info;
    described->is_strict = sqlite3_column_int(row, 3) != 0;
    return FALSE;
}

/* A trigger that may change the row after OLD was read (F12): what ours then log is not what
 * happens. */
static gboolean
has_before_trigger(const TuTableInfo *info)
{
    for (guint i = 0; i < info->triggers->len; i++) {
        const TuTriggerInfo *trigger = g_ptr_array_index(info->triggers, i);
        if (g_str_has_prefix(trigger->name, "trueup_"))
            continue;
        g_autofree char *upper = g_ascii_strup(trigger->text, -1);
        g_autoptr(GRegex) before = g_regex_new("\\bBEFORE\\s+(UPDATE|DELETE)\\b", 0, 0, NULL);
        g_autoptr(GRegex) after = g_regex_new("\\bAFTER\\s+(INSERT|UPDATE|DELETE)\\b", 0, 0, NULL);
        g_autoptr(GRegex) plain = g_regex_new("^\\s*CREATE\\s.*?\\b(UPDATE|DELETE)\\b.*?\\bON\\b",
                                              G_REGEX_DOTALL, 0, NULL);
        /* One before INSERT may make the very row that a REPLACE then removes (if it writes at
         * all). */
        g_autoptr(GRegex) insert =
            g_regex_new("\\bINSERT\\s+ON\\b.*\\bBEGIN\\b.*\\b(INSERT|UPDATE|DELETE|REPLACE)\\b",
                        G_REGEX_DOTALL, 0, NULL);
        /* Without BEFORE or AFTER a trigger is a BEFORE trigger. */
        if (g_regex_match(before, upper, 0, NULL) ||
            (!g_regex_match(after, upper, 0, NULL) && g_regex_match(insert, upper, 0, NULL)) ||
            (!g_regex_match(after, upper, 0, NULL) && g_regex_match(plain, upper, 0, NULL)))
            return TRUE;
    }
    return FALSE;
}

gboolean
tu_sqlite_describe(TuDatabase *base, const char *table, TuTableInfo **ret_info, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    Described described = {.db = db};
    if (!each_row(db,
                  "SELECT l.name, l.type, l.wr, l.strict, s.sql FROM pragma_table_list l "
                  "LEFT JOIN sqlite_schema s ON s.name = l.name AND s.type IN ('table', 'view') "
                  "WHERE l.schema = 'main' AND l.name = ?1 COLLATE NOCASE",
                  table, take_table, &described, error))
        return FALSE;
    g_autoptr(TuTableInfo) info = described.info;
    /* What a view is made of may be gone. */
    if (info != NULL && info->is_table &&
        (!each_row(db,
                   "SELECT name, type, \"notnull\", dflt_value, pk, hidden "
                   "FROM pragma_table_xinfo(?1) WHERE hidden <> 1",
                   info->name, take_column, &described, error) ||
         !describe_keys(db, info, error) ||
         !each_row(db,
                   "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND "
                   "tbl_name = ?1 COLLATE NOCASE ORDER BY name",
                   info->name, take_trigger, info, error)))
        return FALSE;
    if (info != NULL)
        info->has_before_trigger = has_before_trigger(info);
    *ret_info = g_steal_pointer(&info);
    return TRUE;
}

/* ---- queries ---- */

/* detail of EXPLAIN QUERY PLAN */
static gboolean
take_plan_step(sqlite3_stmt *row, gpointer data)
{
    const char *detail = text_of(row, 3);
    gboolean *uses_index = data;
    gboolean is_scan = g_str_has_prefix(detail, "SCAN ") && !g_str_has_prefix(detail, "SCAN CONST");
    if (is_scan || strstr(detail, "AUTOMATIC") != NULL)
        *uses_index = FALSE;
    return *uses_index;
}

gboolean
tu_sqlite_uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses, GError **error)
{
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    *ret_uses = TRUE;
    return each_row((TuSqlite *)base, explain, NULL, take_plan_step, ret_uses, error);
}

static gboolean
take_integer(sqlite3_stmt *row, gpointer data)
{
    *(gint64 *)data = sqlite3_column_int64(row, 0);
    return FALSE;
}

gboolean
tu_sqlite_schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version,
                         GError **error)
{
    return each_row((TuSqlite *)base, "PRAGMA schema_version", NULL, take_integer, ret_version,
                    error);
}
