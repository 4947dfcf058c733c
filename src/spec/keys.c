#include "spec/keys.h"

#include <string.h>

#include "spec/suggest.h"

typedef struct {
    TuKeys keys;
    const char *name;
    const char *later; /* the stage that brings it; NULL: it is there */
} Key;

static const Key all_keys[] = {
    {TU_KEYS_SPEC, "database", NULL},
    {TU_KEYS_SPEC, "control_schema", NULL},
    {TU_KEYS_SPEC, "tenants", NULL},
    {TU_KEYS_SPEC, "time_zone", NULL},
    {TU_KEYS_SPEC, "sources", NULL},
    {TU_KEYS_SPEC, "summaries", NULL},
    {TU_KEYS_SPEC, "refresh", NULL},
    {TU_KEYS_SPEC, "keep_runs", NULL},
    {TU_KEYS_SPEC, "server", "E"},

    {TU_KEYS_TENANTS, "table", NULL},
    {TU_KEYS_TENANTS, "key", NULL},
    {TU_KEYS_TENANTS, "time_zone", NULL},
    {TU_KEYS_TENANTS, "where", NULL},
    {TU_KEYS_TENANTS, "capture", NULL},

    {TU_KEYS_SOURCE, "from", NULL},
    {TU_KEYS_SOURCE, "join", NULL},
    {TU_KEYS_SOURCE, "tenant", NULL},
    {TU_KEYS_SOURCE, "time", NULL},
    {TU_KEYS_SOURCE, "time_unit", NULL},
    {TU_KEYS_SOURCE, "time_zone", NULL},
    {TU_KEYS_SOURCE, "where", NULL},
    {TU_KEYS_SOURCE, "capture", NULL},

    {TU_KEYS_SUMMARY, "source", NULL},
    {TU_KEYS_SUMMARY, "table", NULL},
    {TU_KEYS_SUMMARY, "grains", NULL},
    {TU_KEYS_SUMMARY, "columns", NULL},
    {TU_KEYS_SUMMARY, "where", NULL},
    {TU_KEYS_SUMMARY, "dimensions", NULL},
    {TU_KEYS_SUMMARY, "measures", NULL},
    {TU_KEYS_SUMMARY, "series", NULL},
    {TU_KEYS_SUMMARY, "refresh", NULL},

    {TU_KEYS_KEYED, "table", NULL},
    {TU_KEYS_KEYED, "key", NULL},
    {TU_KEYS_KEYED, "keys", NULL},
    {TU_KEYS_KEYED, "query", NULL},
    {TU_KEYS_KEYED, "depends_on", NULL},
    {TU_KEYS_KEYED, "refresh", NULL},

    {TU_KEYS_DEPENDS_ON, "columns", NULL},
    {TU_KEYS_DEPENDS_ON, "keys", NULL},

    {TU_KEYS_COLUMNS, "tenant", NULL},
    {TU_KEYS_COLUMNS, "bucket", NULL},
    {TU_KEYS_COLUMNS, "series", NULL},

    {TU_KEYS_SERIES, "source", NULL},
    {TU_KEYS_SERIES, "where", NULL},
    {TU_KEYS_SERIES, "dimensions", NULL},
    {TU_KEYS_SERIES, "measures", NULL},

    {TU_KEYS_REFRESH, "settle", NULL},
    {TU_KEYS_REFRESH, "batch", NULL},
    {TU_KEYS_REFRESH, "nightly", NULL},
    {TU_KEYS_REFRESH, "every", NULL},
    {TU_KEYS_REFRESH, "window", NULL},
    {TU_KEYS_REFRESH, "attempts", NULL},
    {TU_KEYS_REFRESH, "memory", NULL},
    {TU_KEYS_REFRESH, "grace", NULL},
    {TU_KEYS_REFRESH, "keep", NULL},
    {TU_KEYS_REFRESH, "keep_runs", NULL},
    {TU_KEYS_REFRESH, "sealed_after", NULL},
    {TU_KEYS_REFRESH, "load", NULL},

    {TU_KEYS_BATCH, "min", NULL},
    {TU_KEYS_BATCH, "max", NULL},

    {TU_KEYS_NIGHTLY, "at", NULL},
    {TU_KEYS_NIGHTLY, "zone", NULL},
    {TU_KEYS_NIGHTLY, "days", NULL},

    {TU_KEYS_GRAINS, "minute", NULL},
    {TU_KEYS_GRAINS, "hour", NULL},
    {TU_KEYS_GRAINS, "day", NULL},
    {TU_KEYS_GRAINS, "week", NULL},
    {TU_KEYS_GRAINS, "month", NULL},
    {TU_KEYS_GRAINS, "quarter", NULL},
    {TU_KEYS_GRAINS, "year", NULL},
};

/* The row of a key in one kind of map; NULL if it is unknown there. */
static const Key *
find_key(TuKeys keys, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(all_keys); i++) {
        if (all_keys[i].keys == keys && strcmp(all_keys[i].name, name) == 0)
            return &all_keys[i];
    }
    return NULL;
}

/* The place of templates that anchors name: nothing reads it. */
static gboolean
is_template(TuKeys keys, const char *name)
{
    return keys == TU_KEYS_SPEC && g_str_has_prefix(name, "x-");
}

/* Suggests the key that was meant. Keys of later versions are not suggested. */
static void
complain_unknown(TuKeys keys, const TuYamlPair *pair, TuProblems *problems)
{
    const char *known[G_N_ELEMENTS(all_keys) + 1];
    gsize n = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(all_keys); i++) {
        if (all_keys[i].keys == keys && all_keys[i].later == NULL)
            known[n++] = all_keys[i].name;
    }
    known[n] = NULL;

    const char *meant = tu_suggest(pair->key, known);
    if (meant != NULL) {
        tu_problems_add(problems, pair->mark, "unknown key `%.60s`; did you mean `%s`?", pair->key,
                        meant);
        return;
    }
    g_autofree char *list = tu_suggest_list(known, ", ");
    tu_problems_add(problems, pair->mark, "unknown key `%.60s`; the keys here are %s", pair->key,
                    list);
}

void
tu_keys_check(TuKeys keys, const TuYaml *map, TuProblems *problems)
{
    for (guint i = 0; i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        const Key *key = find_key(keys, pair->key);
        /* Without a value it may be the rest of one that a comma cut: that was reported. */
        if (key == NULL && !is_template(keys, pair->key) && !pair->value->is_broken)
            complain_unknown(keys, pair, problems);
        else if (key != NULL && key->later != NULL)
            tu_problems_add(problems, pair->mark,
                            "`%s` comes with a later version (stage %s): take it out for now",
                            key->name, key->later);
    }
}

const TuYamlPair *
tu_keys_own(const TuYaml *map, TuKeys kind)
{
    TuKeys other = kind == TU_KEYS_KEYED ? TU_KEYS_SUMMARY : TU_KEYS_KEYED;
    for (guint i = 0; i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        if (find_key(kind, pair->key) != NULL && find_key(other, pair->key) == NULL)
            return pair;
    }
    return NULL;
}

gboolean
tu_keys_is_keyed(const TuYaml *map)
{
    return tu_keys_own(map, TU_KEYS_KEYED) != NULL;
}
