/*
 * What a query for keys reads of the tables in braces: its names are looked up as SQL would, by
 * what stands before their dots. More than it reads does no harm: a column more is logged.
 */
#include "schema/keyed.h"

#include <string.h>

#include "db/sqlscan.h"
#include "schema/model_source.h"

TuCaptured *
tu_keyed_captured(const TuKeyedModel *keyed, const char *name)
{
    for (guint i = 0; i < keyed->tables->len; i++) {
        TuCaptured *captured = g_ptr_array_index(keyed->tables, i);
        if (g_ascii_strcasecmp(captured->name, name) == 0)
            return captured;
    }
    return NULL;
}

/* What the names before dots in a query stand for. */
typedef struct {
    char *alias;
    TuCaptured *captured;
} Named;

static void
named_clear(gpointer data)
{
    g_free(((Named *)data)->alias);
}

static GArray *
list_names(const TuKeyedModel *keyed, const TuDependencyModel *dependency)
{
    GArray *names = g_array_new(FALSE, FALSE, sizeof(Named));
    const TuTemplate *sql = dependency->spec->keys;
    g_array_set_clear_func(names, named_clear);
    for (guint i = 0; i < sql->slots->len; i++) {
        const TuSlot *slot = &g_array_index(sql->slots, TuSlot, i);
        const TuDependency *meant = tu_keyed_dependency(keyed->spec, slot->name);
        TuCaptured *captured = meant != NULL ? tu_keyed_captured(keyed, meant->table) : NULL;
        g_autofree char *alias = tu_template_alias(sql, slot);
        if (captured == NULL)
            captured = dependency->captured;
        TuToken token = tu_sql_token(alias != NULL ? alias : slot->name);
        Named named = {tu_token_name(&token), captured};
        g_array_append_val(names, named);
    }
    return names;
}

/* A name alone, or behind one that is no table's, may be any table's column: more than it reads
 * does no harm. */
static void
use_name(GArray *names, const char *before, const char *name)
{
    gboolean is_of_one = FALSE;
    for (guint i = 0; i < names->len && before != NULL; i++)
        is_of_one =
            is_of_one || g_ascii_strcasecmp(g_array_index(names, Named, i).alias, before) == 0;
    for (guint i = 0; i < names->len; i++) {
        const Named *named = &g_array_index(names, Named, i);
        const TuColumnInfo *column = tu_table_info_column(named->captured->info, name);
        if (is_of_one && g_ascii_strcasecmp(named->alias, before) != 0)
            continue;
        if (g_str_equal(name, "*"))
            tu_captured_use_all(named->captured);
        else if (column != NULL)
            tu_captured_use_column(named->captured, column->name);
    }
}

/* NATURAL joins by columns that the query does not name. */
void
tu_dependency_use_columns(const TuKeyedModel *keyed, const TuDependencyModel *dependency)
{
    g_autoptr(GArray) names = list_names(keyed, dependency);
    g_autofree char *before = NULL;
    gboolean has_dot = FALSE;
    for (TuToken token = tu_sql_token(dependency->spec->keys->text); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        gboolean is_name = token.kind == TU_TOKEN_WORD || token.kind == TU_TOKEN_QUOTED ||
                           tu_token_is_symbol(&token, '*');
        if (is_name) {
            char *name = tu_token_name(&token);
            use_name(names, has_dot ? before : NULL, name);
            g_free(before);
            before = name;
        }
        if (tu_token_is(&token, "natural"))
            use_name(names, NULL, "*");
        has_dot = tu_token_is_symbol(&token, '.');
    }
}

/* The query's text is looked at as one condition over its tables: a test in what it selects is
 * refused too, which its author can write otherwise. */
void
tu_dependency_inspect(const TuDatabase *db, const TuKeyedModel *keyed,
                      const TuDependencyModel *dependency, TuInspection *inspection)
{
    g_autoptr(GArray) names = list_names(keyed, dependency);
    g_autofree const TuTableInfo **tables = g_new(const TuTableInfo *, names->len);
    g_autofree const char **aliases = g_new(const char *, names->len);
    for (guint i = 0; i < names->len; i++) {
        tables[i] = g_array_index(names, Named, i).captured->info;
        aliases[i] = g_array_index(names, Named, i).alias;
    }
    TuProbe probe = {dependency->spec->keys->text, tables, aliases, names->len};
    tu_database_inspect_condition(db, &probe, inspection);
}
