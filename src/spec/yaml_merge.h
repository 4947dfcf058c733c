/*
 * What a map of YAML is once it was read to its end: each key once, and with the pairs that `<<`
 * takes over from other maps.
 */
#pragma once

#include "spec/yaml.h"

/* An empty array of TuYamlPair that owns its keys. */
GArray *tu_yaml_pairs_new(void);

/* Reports keys that stand twice (the first counts) and replaces `<<` by the pairs that it names;
 * the map's own and those of earlier maps win. */
void tu_yaml_finish_map(TuYaml *map, TuProblems *problems);
