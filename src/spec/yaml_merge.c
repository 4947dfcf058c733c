#include "spec/yaml_merge.h"

#include <string.h>

static void
clear_pair(gpointer pair)
{
    g_free(((TuYamlPair *)pair)->key);
}

GArray *
tu_yaml_pairs_new(void)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(TuYamlPair));
    g_array_set_clear_func(pairs, clear_pair);
    return pairs;
}

/* Takes `pair` into the map unless its key is there; `lines` knows the line of each key. */
static gboolean
add_new(GArray *pairs, GHashTable *lines, const TuYamlPair *pair)
{
    if (g_hash_table_contains(lines, pair->key))
        return FALSE;
    TuYamlPair copy = {g_strdup(pair->key), pair->mark, pair->value};
    g_hash_table_insert(lines, copy.key, GUINT_TO_POINTER(copy.mark.line));
    g_array_append_val(pairs, copy);
    return TRUE;
}

/* Takes over the pairs of `from` whose keys the map has not. */
static void
merge_map(const TuYamlPair *merge, const TuYaml *from, GArray *pairs, GHashTable *lines,
          TuProblems *problems)
{
    if (from->is_broken)
        return;
    if (from->kind != TU_YAML_MAP) {
        tu_problems_add(problems, merge->mark,
                        "`<<` takes a map or a list of maps, as in `<<: *name`");
        return;
    }
    for (guint i = 0; i < from->pairs->len; i++)
        add_new(pairs, lines, &g_array_index(from->pairs, TuYamlPair, i));
}

/* Says where the first is, which may be far away. */
static void
complain_twice(TuProblems *problems, const TuYamlPair *pair, guint first_line)
{
    tu_problems_add(problems, pair->mark, "`%.60s` stands here twice; the first is in line %u",
                    pair->key, first_line);
}

void
tu_yaml_finish_map(TuYaml *map, TuProblems *problems)
{
    g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) own = g_steal_pointer(&map->pairs);
    const TuYamlPair *merge = NULL;

    map->pairs = tu_yaml_pairs_new();
    for (guint i = 0; i < own->len; i++) {
        const TuYamlPair *pair = &g_array_index(own, TuYamlPair, i);
        gboolean is_merge = strcmp(pair->key, "<<") == 0;
        if (is_merge && merge == NULL)
            merge = pair;
        else if (is_merge)
            complain_twice(problems, pair, merge->mark.line);
        else if (!add_new(map->pairs, lines, pair))
            complain_twice(problems, pair, GPOINTER_TO_UINT(g_hash_table_lookup(lines, pair->key)));
    }
    if (merge == NULL)
        return;
    if (merge->value->kind != TU_YAML_LIST) {
        merge_map(merge, merge->value, map->pairs, lines, problems);
        return;
    }
    for (guint i = 0; i < merge->value->items->len; i++)
        merge_map(merge, g_ptr_array_index(merge->value->items, i), map->pairs, lines, problems);
}
