/*
 * Keys: which keys each map of the spec knows, and which come with a later version.
 */
#pragma once

#include "spec/yaml.h"

typedef enum {
    TU_KEYS_SPEC,
    TU_KEYS_TENANTS,
    TU_KEYS_SOURCE,
    TU_KEYS_SUMMARY,
    TU_KEYS_KEYED, /* a summary of the keyed kind */
    TU_KEYS_DEPENDS_ON,
    TU_KEYS_COLUMNS,
    TU_KEYS_SERIES,
    TU_KEYS_REFRESH,
    TU_KEYS_BATCH,
    TU_KEYS_NIGHTLY,
    TU_KEYS_GRAINS, /* maps from grain to something */
} TuKeys;

/* Reports the keys of `map` that are unknown (with the one that was meant, or all that there are)
 * or that come later. */
void tu_keys_check(TuKeys keys, const TuYaml *map, TuProblems *problems);

/* TRUE if the map of a summary is one of the keyed kind: it has a key that only those know. */
gboolean tu_keys_is_keyed(const TuYaml *map);

/* The first key of the map that only a summary of that kind has; NULL: none. */
const TuYamlPair *tu_keys_own(const TuYaml *map, TuKeys kind);
