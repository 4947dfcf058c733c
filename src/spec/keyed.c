#include "spec/keyed.h"

#include <string.h>

#include "spec/keys.h"
#include "spec/names.h"
#include "spec/reader.h"

const char *const tu_key_type_names[TU_KEY_TYPES + 1] = {"integer", "text", "date", "uuid", NULL};

/* The names in braces that mean no table. */
#define SLOT_KEYS "keys"
#define SLOT_ROW "row"

static void
key_column_clear(gpointer data)
{
    g_free(((TuKeyColumn *)data)->name);
}

static void
dependency_free(gpointer data)
{
    TuDependency *dependency = data;
    g_free(dependency->table);
    g_clear_pointer(&dependency->columns, g_ptr_array_unref);
    tu_template_free(dependency->keys);
    g_free(dependency);
}

void
tu_keyed_free(TuKeyed *keyed)
{
    if (keyed == NULL)
        return;
    g_free(keyed->name);
    g_free(keyed->table);
    g_array_unref(keyed->key);
    tu_template_free(keyed->keys);
    tu_template_free(keyed->query);
    g_ptr_array_unref(keyed->depends_on);
    tu_refresh_clear(&keyed->refresh);
    g_free(keyed);
}

const TuDependency *
tu_keyed_dependency(const TuKeyed *keyed, const char *name)
{
    for (guint i = 0; i < keyed->depends_on->len; i++) {
        const TuDependency *dependency = g_ptr_array_index(keyed->depends_on, i);
        if (g_ascii_strcasecmp(dependency->table, name) == 0)
            return dependency;
    }
    return NULL;
}

/* ---- the key ---- */

/* Columns of <table>_state: a key column of that name could not be told from it. */
static gboolean
is_state_column(const char *name)
{
    static const char *const names[] = {"computed_at", "invalid_since", "attempts",
                                        "next_attempt_at", "error"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return TRUE;
    return FALSE;
}

static void
check_key_name(const TuSection *section, const TuKeyed *keyed, const TuYamlPair *pair)
{
    GError *error = NULL;
    if (!tu_name_check_column(pair->key, &error))
        tu_section_complain(section, pair->mark, "key", error);
    else if (tu_name_is_reserved(pair->key) || is_state_column(pair->key))
        tu_problems_add(section->problems, pair->mark,
                        "`key`: `%.60s` is a column of trueup's own: name it otherwise", pair->key);
    for (guint i = 0; i < keyed->key->len; i++)
        if (g_ascii_strcasecmp(g_array_index(keyed->key, TuKeyColumn, i).name, pair->key) == 0)
            tu_problems_add(section->problems, pair->mark, "`key`: `%.60s` stands there twice",
                            pair->key);
}

static void
read_key(const TuSection *section, TuKeyed *keyed)
{
    const TuYaml *map =
        tu_section_map(section, "key", TU_REQUIRED, "its columns and types, {run_number: integer}");
    if (map == NULL)
        return;
    TuSection inner = {section->problems, map, map->mark, "`key`"};
    if (map->pairs->len > TU_KEY_MOST_COLUMNS)
        tu_problems_add(section->problems, map->mark, "`key`: %u columns; %d is the most",
                        map->pairs->len, TU_KEY_MOST_COLUMNS);
    for (guint i = 0; i < MIN(map->pairs->len, TU_KEY_MOST_COLUMNS); i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        guint type = 0;
        check_key_name(section, keyed, pair);
        tu_section_choice(&inner, pair->key, tu_key_type_names, &type);
        TuKeyColumn column = {g_strdup(pair->key), (TuKeyType)type, pair->mark};
        g_array_append_val(keyed->key, column);
    }
}

/* ---- queries ---- */

static TuTemplate *
read_query(const TuSection *section, const char *key, const char *example, TuMark *ret_mark)
{
    const TuYaml *node = tu_section_text(section, key, TU_REQUIRED, example);
    GError *error = NULL;
    if (node == NULL)
        return NULL;
    *ret_mark = node->mark;
    TuTemplate *sql = tu_template_parse(node->text, &error);
    if (sql == NULL)
        tu_yaml_complain(node, key, error, section->problems);
    return sql;
}

/* `keys` reads tables; `query` reads the keys that it is asked for. */
static void
check_own_slots(const TuSection *section, const TuTemplate *sql, const char *key, guint n_keys,
                TuMark mark)
{
    if (sql == NULL)
        return;
    for (guint i = 0; i < sql->slots->len; i++) {
        const TuSlot *slot = &g_array_index(sql->slots, TuSlot, i);
        if (n_keys == 0 || g_ascii_strcasecmp(slot->name, SLOT_KEYS) != 0)
            tu_problems_add(section->problems, mark, "`%s`: {%.60s} means nothing here%s", key,
                            slot->name, n_keys == 0 ? "" : ": only {keys} does");
    }
    if (tu_template_count(sql, SLOT_KEYS) != n_keys && n_keys == 1)
        tu_problems_add(section->problems, mark,
                        "`%s` has {keys} %u times: it stands there once (name it in a WITH)", key,
                        tu_template_count(sql, SLOT_KEYS));
}

/* ---- what it depends on ---- */

static void
read_columns(const TuSection *section, TuDependency *dependency)
{
    const TuYaml *list = tu_section_list(section, "columns", TU_OPTIONAL, "a list of columns");
    if (list == NULL)
        return;
    dependency->columns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < list->items->len; i++) {
        const TuYaml *item = g_ptr_array_index(list->items, i);
        if (tu_yaml_expect_text(item, item->mark, "columns", "a column's name", section->problems))
            g_ptr_array_add(dependency->columns, g_strdup(item->text));
    }
}

static void
read_dependency(const TuSection *section, TuKeyed *keyed, const TuYamlPair *pair)
{
    g_autofree char *what = g_strdup_printf("`depends_on`: `%.60s`", pair->key);
    TuSection inner = {section->problems, pair->value, pair->mark, what};
    GError *error = NULL;
    TuDependency *dependency = g_new0(TuDependency, 1);
    dependency->mark = pair->mark;
    dependency->table = tu_name_table(pair->key, &error);
    if (dependency->table == NULL) {
        tu_section_complain(section, pair->mark, "depends_on", error);
        dependency->table = g_strdup(pair->key);
    }
    g_ptr_array_add(keyed->depends_on, dependency);
    if (pair->value->is_broken)
        return;
    if (pair->value->kind != TU_YAML_MAP) {
        tu_problems_add(section->problems, pair->value->mark,
                        "%s is a map with `keys` and, where not all of them matter, `columns`",
                        what);
        return;
    }
    TuMark mark = pair->mark;
    tu_keys_check(TU_KEYS_DEPENDS_ON, pair->value, section->problems);
    read_columns(&inner, dependency);
    dependency->keys = read_query(&inner, "keys", "SELECT ... FROM {row} r", &mark);
}

/* Names in braces may be tables that come later in the file. */
static void
check_dependency_slots(const TuSection *section, const TuKeyed *keyed,
                       const TuDependency *dependency)
{
    const TuTemplate *sql = dependency->keys;
    if (sql == NULL)
        return;
    for (guint i = 0; i < sql->slots->len; i++) {
        const char *name = g_array_index(sql->slots, TuSlot, i).name;
        if (g_ascii_strcasecmp(name, SLOT_ROW) != 0 && tu_keyed_dependency(keyed, name) == NULL)
            tu_problems_add(section->problems, dependency->mark,
                            "`depends_on`: `%.60s`: {%.60s} is none of its tables: add it there",
                            dependency->table, name);
    }
    if (tu_template_count(sql, SLOT_ROW) != 1)
        tu_problems_add(section->problems, dependency->mark,
                        "`depends_on`: `%.60s`: its query has {row} %u times: it stands there once",
                        dependency->table, tu_template_count(sql, SLOT_ROW));
    if (sql->slots->len > TU_SOURCE_MAX_TABLES)
        tu_problems_add(section->problems, dependency->mark,
                        "`depends_on`: `%.60s`: %u tables in one query: at most %d can be followed",
                        dependency->table, sql->slots->len, TU_SOURCE_MAX_TABLES);
}

static void
read_depends_on(const TuSection *section, TuKeyed *keyed)
{
    const TuYaml *map = tu_section_map(section, "depends_on", TU_REQUIRED,
                                       "every table that `query` reads, with its `keys`");
    if (map != NULL && map->pairs->len > TU_SPEC_MOST_TABLES)
        tu_problems_add(section->problems, map->mark, "`depends_on`: %u tables; %d is the most",
                        map->pairs->len, TU_SPEC_MOST_TABLES);
    for (guint i = 0; map != NULL && i < MIN(map->pairs->len, TU_SPEC_MOST_TABLES); i++)
        read_dependency(section, keyed, &g_array_index(map->pairs, TuYamlPair, i));
    for (guint i = 0; i < keyed->depends_on->len; i++)
        check_dependency_slots(section, keyed, g_ptr_array_index(keyed->depends_on, i));
}

/* ---- the whole ---- */

/* No other summary writes the table, and no query of its own reads it. */
static void
take_table(TuReader *reader, const TuSection *section, TuKeyed *keyed)
{
    const TuYaml *node = tu_section_text(section, "table", TU_OPTIONAL, "a table's name");
    GError *error = NULL;
    TuMark mark = node != NULL ? node->mark : section->mark;
    keyed->table = tu_name_table(node != NULL ? node->text : keyed->name, &error);
    if (keyed->table == NULL) {
        tu_section_complain(section, mark, "table", error);
        return;
    }
    g_autofree char *key = g_utf8_strdown(keyed->table, -1);
    const char *owner = g_hash_table_lookup(reader->tables, key);
    if (owner != NULL)
        tu_problems_add(section->problems, mark, "`table`: `%.80s` is written by %s too",
                        keyed->table, owner);
    else
        g_hash_table_insert(reader->tables, g_steal_pointer(&key), g_strdup(section->what));
    for (guint i = 0; i < keyed->depends_on->len; i++) {
        const TuDependency *dependency = g_ptr_array_index(keyed->depends_on, i);
        if (g_ascii_strcasecmp(dependency->table, keyed->table) == 0)
            tu_problems_add(section->problems, dependency->mark,
                            "`depends_on`: `%.60s` is what it writes itself", dependency->table);
    }
}

void
tu_read_keyed(TuReader *reader, const TuYamlPair *pair, const TuRefresh *refresh)
{
    g_autofree char *what = g_strdup_printf("summary `%.60s`", pair->key);
    TuSection section = {reader->problems, pair->value, pair->mark, what};
    TuKeyed *keyed = g_new0(TuKeyed, 1);
    TuMark keys_mark = pair->mark;
    TuMark query_mark = pair->mark;
    keyed->name = g_strdup(pair->key);
    keyed->index = reader->spec->keyed->len;
    keyed->mark = pair->mark;
    keyed->key = g_array_new(FALSE, FALSE, sizeof(TuKeyColumn));
    g_array_set_clear_func(keyed->key, key_column_clear);
    keyed->depends_on = g_ptr_array_new_with_free_func(dependency_free);
    g_ptr_array_add(reader->spec->keyed, keyed);

    tu_keys_check(TU_KEYS_KEYED, pair->value, reader->problems);
    read_key(&section, keyed);
    keyed->keys = read_query(&section, "keys", "SELECT DISTINCT run_number FROM ...", &keys_mark);
    check_own_slots(&section, keyed->keys, "keys", 0, keys_mark);
    keyed->query = read_query(&section, "query", "SELECT ... FROM {keys} k JOIN ...", &query_mark);
    check_own_slots(&section, keyed->query, "query", 1, query_mark);
    read_depends_on(&section, keyed);
    take_table(reader, &section, keyed);
    tu_read_refresh(&section, refresh, &keyed->refresh);
}
