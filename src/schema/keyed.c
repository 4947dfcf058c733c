#include "schema/keyed.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"
#include "schema/model_source.h"

static void
dependency_free(gpointer data)
{
    TuDependencyModel *dependency = data;
    g_ptr_array_unref(dependency->others);
    g_free(dependency->row_alias);
    g_free(dependency);
}

static void
type_clear(gpointer data)
{
    tu_sql_type_clear(data);
}

void
tu_keyed_model_free(gpointer data)
{
    TuKeyedModel *keyed = data;
    g_free(keyed->table);
    g_free(keyed->state);
    g_free(keyed->view);
    g_free(keyed->problem);
    g_ptr_array_unref(keyed->tables);
    g_ptr_array_unref(keyed->dependencies);
    g_ptr_array_unref(keyed->values);
    g_array_unref(keyed->value_types);
    g_free(keyed);
}

TuKeyedModel *
tu_model_keyed(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->keyed->len; i++) {
        TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        if (g_str_equal(keyed->spec->name, name))
            return keyed;
    }
    return NULL;
}

/* What the parts of resolving one share. */
typedef struct {
    TuModel *model;
    TuKeyedModel *keyed;
    TuDatabase *db;
    GPtrArray *findings;
    char *where;
} Resolving;

/* Of what is wrong with a summary that may be left out, the first is its problem. */
static void
add_finding(const Resolving *resolving, gboolean is_error, char *message, const char *help)
{
    g_autofree char *owned = message;
    if (is_error && resolving->model->leaves_out) {
        if (resolving->keyed->problem == NULL)
            resolving->keyed->problem = g_steal_pointer(&owned);
        return;
    }
    tu_finding_add(resolving->findings, is_error, resolving->where, g_steal_pointer(&owned),
                   g_strdup(help));
}

/* ---- tables and their columns ---- */

static void
use_listed_columns(const Resolving *resolving, const TuDependency *spec, TuCaptured *captured)
{
    if (spec->columns == NULL)
        tu_captured_use_all(captured);
    for (guint i = 0; spec->columns != NULL && i < spec->columns->len; i++) {
        const char *name = g_ptr_array_index(spec->columns, i);
        const TuColumnInfo *column = tu_table_info_column(captured->info, name);
        if (column != NULL)
            tu_captured_use_column(captured, column->name);
        else
            add_finding(resolving, TRUE,
                        g_strdup_printf("table %s has no column %s", captured->name, name),
                        "correct `columns` in the spec");
    }
}

/* ---- dependencies ---- */

static void
add_other(TuDependencyModel *dependency, TuCaptured *captured)
{
    guint position = 0;
    gboolean is_known = g_ptr_array_find(dependency->others, captured, &position);
    if (!is_known) {
        position = dependency->others->len;
        g_ptr_array_add(dependency->others, captured);
    }
    if (is_known)
        dependency->twice |= G_GUINT64_CONSTANT(1) << position;
    if (is_known || captured == dependency->captured)
        dependency->doubled |= G_GUINT64_CONSTANT(1) << position;
}

/* One SELECT whose FROM stands outside brackets, and which neither groups nor unites: then a column
 * more changes nothing else in it. */
static gboolean
may_tell_time(const TuDependencyModel *dependency)
{
    static const char *const others[] = {"union", "except", "intersect", "group", "having",
                                         "limit", "fetch",  "order",     "with",  "window"};
    int depth = 0;
    guint n_from = 0;
    const char *text = dependency->spec->keys->text;
    const TuTemplate *sql = dependency->spec->keys;
    for (TuToken token = tu_sql_token(text); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        depth += tu_token_is_symbol(&token, '(') - tu_token_is_symbol(&token, ')');
        n_from += depth == 0 && tu_token_is(&token, "from");
        for (guint i = 0; depth == 0 && i < G_N_ELEMENTS(others); i++)
            if (tu_token_is(&token, others[i]))
                return FALSE;
        for (guint i = 0; depth > 0 && i < sql->slots->len; i++) {
            const TuSlot *slot = &g_array_index(sql->slots, TuSlot, i);
            if (g_ascii_strcasecmp(slot->name, "row") == 0 && token.start == text + slot->start)
                return FALSE;
        }
    }
    return n_from == 1;
}

static gboolean
add_dependency(const Resolving *resolving, const TuDependency *spec, gboolean *ret_is_there,
               GError **error)
{
    TuKeyedModel *keyed = resolving->keyed;
    TuCaptured *captured = NULL;
    if (!tu_model_capture(resolving->model, resolving->db, spec->table, resolving->where,
                          resolving->findings, &captured, error))
        return FALSE;
    *ret_is_there = captured != NULL;
    if (captured == NULL)
        return TRUE;
    if (captured->gone != NULL)
        add_finding(resolving, TRUE, g_strdup(captured->gone), NULL);
    tu_captured_add_hazards(captured, TRUE, resolving->findings);
    captured->has_time = TRUE;
    use_listed_columns(resolving, spec, captured);
    TuDependencyModel *dependency = g_new0(TuDependencyModel, 1);
    dependency->spec = spec;
    dependency->captured = captured;
    dependency->others = g_ptr_array_new();
    g_ptr_array_add(keyed->dependencies, dependency);
    if (!g_ptr_array_find(keyed->tables, captured, NULL))
        g_ptr_array_add(keyed->tables, captured);
    return TRUE;
}

/* When all tables are known: those in braces, and what the query reads of them. */
static void
resolve_slots(TuKeyedModel *keyed, TuDependencyModel *dependency)
{
    const TuTemplate *sql = dependency->spec->keys;
    for (guint i = 0; i < sql->slots->len; i++) {
        const TuSlot *slot = &g_array_index(sql->slots, TuSlot, i);
        const TuDependency *meant = tu_keyed_dependency(keyed->spec, slot->name);
        if (g_ascii_strcasecmp(slot->name, "row") == 0) {
            dependency->row_alias = tu_template_alias(sql, slot);
            if (dependency->row_alias == NULL)
                dependency->row_alias = g_strdup("trueup_row");
        } else if (meant != NULL) {
            add_other(dependency, tu_keyed_captured(keyed, meant->table));
        }
    }
    dependency->tells_time = may_tell_time(dependency);
    tu_dependency_use_columns(keyed, dependency);
}

/* ---- what the database says of the queries ---- */

/* *ret_info NULL, with a finding: the query is wrong. */
static gboolean
describe(const Resolving *resolving, const char *what, const char *sql, TuTableInfo **ret_info,
         GError **error)
{
    g_autoptr(GError) local = NULL;
    if (tu_database_describe_query(resolving->db, sql, ret_info, &local))
        return TRUE;
    if (!tu_error_is(local, TU_ERROR_DATABASE)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    add_finding(resolving, TRUE, g_strdup_printf("%s: %s", what, local->message),
                "correct it in the spec");
    return TRUE;
}

/* A query for keys gives just those, in the key's order. */
static gboolean
check_keys_query(const Resolving *resolving, const char *what, const char *sql, GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    guint n = tu_keyed_key_columns(resolving->keyed);
    if (!describe(resolving, what, sql, &info, error))
        return FALSE;
    if (info != NULL && info->columns->len != n)
        add_finding(
            resolving, TRUE,
            g_strdup_printf("%s gives %u columns, and the key has %u", what, info->columns->len, n),
            "select the key's columns, in the key's order");
    return TRUE;
}

static gboolean
is_key_column(const TuKeyedModel *keyed, const char *name)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        if (g_ascii_strcasecmp(tu_keyed_key_column(keyed, i)->name, name) == 0)
            return TRUE;
    return FALSE;
}

static void
take_value(const Resolving *resolving, const TuColumnInfo *column)
{
    TuKeyedModel *keyed = resolving->keyed;
    TuSqlType type = tu_sql_type_copy(&column->type);
    if (g_ascii_strncasecmp(column->name, "trueup_", 7) == 0)
        add_finding(
            resolving, TRUE,
            g_strdup_printf("`query`: column %s: names that begin with trueup_ are trueup's "
                            "own",
                            column->name),
            "name it otherwise");
    for (guint i = 0; i < keyed->values->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(keyed->values, i), column->name) == 0)
            add_finding(resolving, TRUE,
                        g_strdup_printf("`query` gives two columns %s", column->name),
                        "name each otherwise: ... AS name");
    g_ptr_array_add(keyed->values, g_strdup(column->name));
    g_array_append_val(keyed->value_types, type);
}

/* The key's columns by their names, wherever they stand; the others are values. */
static gboolean
check_query(const Resolving *resolving, GError **error)
{
    TuKeyedModel *keyed = resolving->keyed;
    g_autoptr(TuTableInfo) info = NULL;
    g_autofree char *sql = tu_keyed_probe_query(keyed, tu_database_dialect(resolving->db));
    if (!describe(resolving, "`query`", sql, &info, error))
        return FALSE;
    for (guint i = 0; info != NULL && i < tu_keyed_key_columns(keyed); i++)
        if (tu_table_info_column(info, tu_keyed_key_column(keyed, i)->name) == NULL)
            add_finding(resolving, TRUE,
                        g_strdup_printf("`query` does not give the key's column %s",
                                        tu_keyed_key_column(keyed, i)->name),
                        "select it too, under that name");
    for (guint i = 0; info != NULL && i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (!is_key_column(keyed, column->name))
            take_value(resolving, column);
    }
    if (info != NULL && keyed->values->len == 0)
        add_finding(resolving, TRUE, g_strdup("`query` gives the key and nothing else"),
                    "select what is to be stored");
    return TRUE;
}

static gboolean
check_queries(const Resolving *resolving, GError **error)
{
    TuKeyedModel *keyed = resolving->keyed;
    if (!check_query(resolving, error) ||
        !check_keys_query(resolving, "`keys`", keyed->spec->keys->text, error))
        return FALSE;
    for (guint i = 0; i < keyed->dependencies->len; i++) {
        const TuDependencyModel *dependency = g_ptr_array_index(keyed->dependencies, i);
        g_autofree char *what =
            g_strdup_printf("`depends_on`: %s: `keys`", dependency->spec->table);
        g_autofree char *sql = tu_keyed_probe_dependency(keyed, dependency);
        g_auto(TuInspection) inspection = {0};
        if (!check_keys_query(resolving, what, sql, error))
            return FALSE;
        tu_dependency_inspect(resolving->db, keyed, dependency, &inspection);
        if (inspection.fault != NULL)
            add_finding(resolving, TRUE, g_strdup_printf("%s: %s", what, inspection.fault),
                        inspection.help);
    }
    return TRUE;
}

/* ---- tables that nobody watches ---- */

/* TRUE where a table's name may stand: behind FROM and JOIN, and behind a comma. */
static gboolean
may_name_table(const TuToken *before)
{
    return tu_token_is(before, "from") || tu_token_is(before, "join") ||
           tu_token_is_symbol(before, ',');
}

/* TRUE if the query has `name AS (` or `name(...) AS (`, which shadows a table of that name. */
static gboolean
is_shadowed(const char *query, const char *name)
{
    for (TuToken token = tu_sql_token(query); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        g_autofree char *word = tu_token_name(&token);
        TuToken after = tu_sql_token(token.start + token.length);
        if (g_ascii_strcasecmp(word, name) != 0)
            continue;
        if (tu_token_is_symbol(&after, '(')) {
            while (after.kind < TU_TOKEN_END && !tu_token_is_symbol(&after, ')'))
                after = tu_sql_token(after.start + after.length);
            after = tu_sql_token(after.start + after.length);
        }
        TuToken open = tu_sql_token(after.start + after.length);
        if (tu_token_is(&after, "as") && tu_token_is_symbol(&open, '('))
            return TRUE;
    }
    return FALSE;
}

/* The name at a token, with its schema: `shop.bill`. */
static char *
name_at(const TuToken *token)
{
    char *name = tu_token_name(token);
    TuToken dot = tu_sql_token(token->start + token->length);
    if (!tu_token_is_symbol(&dot, '.'))
        return name;
    TuToken second = tu_sql_token(dot.start + 1);
    g_autofree char *first = name;
    g_autofree char *last = tu_token_name(&second);
    return g_strconcat(first, ".", last, NULL);
}

static gboolean
check_watched(const Resolving *resolving, const char *what, const char *query, GHashTable *said,
              const char *help, GError **error)
{
    TuToken before = {.kind = TU_TOKEN_END};
    for (TuToken token = tu_sql_token(query); token.kind < TU_TOKEN_END;
         before = token, token = tu_sql_token(token.start + token.length)) {
        gboolean is_there = FALSE;
        if ((token.kind != TU_TOKEN_WORD && token.kind != TU_TOKEN_QUOTED) ||
            !may_name_table(&before))
            continue;
        g_autofree char *name = name_at(&token);
        if (g_hash_table_contains(said, name) || is_shadowed(query, name) ||
            (help == NULL && tu_keyed_captured(resolving->keyed, name) != NULL))
            continue;
        if (!tu_database_has_table(resolving->db, name, &is_there, error))
            return FALSE;
        if (!is_there)
            continue;
        g_hash_table_add(said, g_strdup(name));
        add_finding(resolving, FALSE,
                    g_strdup_printf("%s reads table %s, %s", what, name,
                                    help == NULL ? "which is not in `depends_on`: its changes "
                                                   "touch no key"
                                                 : "as it is now only"),
                    help == NULL ? "add it there, with the keys that a row of it touches" : help);
    }
    return TRUE;
}

/* What `query` and `keys` read must be watched; in `depends_on` a table without braces is seen only
 * as it is, not as it was when a row changed. */
static gboolean
check_tables(const Resolving *resolving, GError **error)
{
    const TuKeyed *spec = resolving->keyed->spec;
    g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!check_watched(resolving, "`query`", spec->query->text, said, NULL, error) ||
        !check_watched(resolving, "`keys`", spec->keys->text, said, NULL, error))
        return FALSE;
    for (guint i = 0; i < spec->depends_on->len; i++) {
        const TuDependency *dependency = g_ptr_array_index(spec->depends_on, i);
        g_autofree char *what = g_strdup_printf("`depends_on`: %s", dependency->table);
        g_autoptr(GHashTable) own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (!check_watched(resolving, what, dependency->keys->text, own,
                           "write its name in braces, and add it to `depends_on`", error))
            return FALSE;
    }
    return TRUE;
}

/* ---- what cannot be evaluated ---- */

/* What its query would give is not known: who reads is shown what the table has. */
static gboolean
take_stored(const Resolving *resolving, GError **error)
{
    TuKeyedModel *keyed = resolving->keyed;
    g_autoptr(TuTableInfo) info = NULL;
    if (!tu_database_describe(resolving->db, keyed->table, &info, error))
        return FALSE;
    g_ptr_array_set_size(keyed->values, 0);
    g_array_set_size(keyed->value_types, 0);
    for (guint i = 0; info != NULL && i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (!is_key_column(keyed, column->name))
            take_value(resolving, column);
    }
    return TRUE;
}

/* ---- the whole ---- */

static void
name_parts(const Resolving *resolving)
{
    TuKeyedModel *keyed = resolving->keyed;
    const char *dot = strrchr(keyed->spec->table, '.');
    g_autofree char *plain = tu_sql_short_name("trueup_state_", keyed->spec->table);
    gsize schema = dot != NULL ? (gsize)(dot + 1 - keyed->spec->table) : 0;
    g_autofree char *own = g_strconcat(keyed->spec->table + schema, "_state", NULL);
    g_autofree char *view = tu_sql_short_name("", own);
    keyed->table = g_strdup(keyed->spec->table);
    keyed->state = tu_database_control_name(resolving->db, plain);
    keyed->view = g_strdup_printf("%.*s%s", (int)schema, keyed->spec->table, view);
}

static gboolean
resolve(const Resolving *resolving, GError **error)
{
    TuKeyedModel *keyed = resolving->keyed;
    gboolean is_complete = TRUE;
    for (guint i = 0; i < keyed->spec->depends_on->len; i++) {
        gboolean is_there = FALSE;
        if (!add_dependency(resolving, g_ptr_array_index(keyed->spec->depends_on, i), &is_there,
                            error))
            return FALSE;
        is_complete = is_complete && is_there;
    }
    if (!is_complete)
        return TRUE;
    for (guint i = 0; i < keyed->dependencies->len; i++)
        resolve_slots(keyed, g_ptr_array_index(keyed->dependencies, i));
    name_parts(resolving);
    if (!tu_database_has_table(resolving->db, keyed->table, &keyed->exists, error) ||
        (keyed->problem == NULL && !check_queries(resolving, error)))
        return FALSE;
    return keyed->problem != NULL ? take_stored(resolving, error) : check_tables(resolving, error);
}

gboolean
tu_model_add_keyed(TuModel *model, TuDatabase *db, const TuKeyed *spec, GPtrArray *findings,
                   GError **error)
{
    g_autofree char *where = g_strdup_printf("summary %s", spec->name);
    TuKeyedModel *keyed = g_new0(TuKeyedModel, 1);
    Resolving resolving = {model, keyed, db, findings, where};
    keyed->spec = spec;
    keyed->tables = g_ptr_array_new();
    keyed->dependencies = g_ptr_array_new_with_free_func(dependency_free);
    keyed->values = g_ptr_array_new_with_free_func(g_free);
    keyed->value_types = g_array_new(FALSE, FALSE, sizeof(TuSqlType));
    g_array_set_clear_func(keyed->value_types, type_clear);
    g_ptr_array_add(model->keyed, keyed);
    return resolve(&resolving, error);
}

void
tu_keyed_bulk_key(const TuKeyedModel *keyed, TuBulkColumn *columns)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        columns[i] = (TuBulkColumn){tu_keyed_key_column(keyed, i)->name, TU_PUT_KEY, FALSE, NULL};
}
