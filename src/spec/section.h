/*
 * Sections: reading one map of the spec, key by key, into C values.
 *
 * Every function takes a value if it is there and right, and reports it if it is there and wrong;
 * so a reader lists what it wants and never asks what went wrong. Only what is there is taken:
 * defaults stay as they were.
 */
#pragma once

#include "spec/yaml.h"

typedef struct {
    TuProblems *problems;
    const TuYaml *map;
    TuMark mark;      /* of the name under which the map stands: where something missing is said */
    const char *what; /* "source `flight`" */
} TuSection;

typedef enum { TU_OPTIONAL, TU_REQUIRED } TuNeed;

/* The value of `key`; NULL if it is absent or already reported. `example` says what a required one
 * looks like. Null and empty values are reported here. */
const TuYaml *tu_section_value(const TuSection *section, const char *key, TuNeed need,
                               const char *example);

/* The same for a value of one kind. */
const TuYaml *tu_section_text(const TuSection *section, const char *key, TuNeed need,
                              const char *example);
const TuYaml *tu_section_list(const TuSection *section, const char *key, TuNeed need,
                              const char *example);
const TuYaml *tu_section_map(const TuSection *section, const char *key, TuNeed need,
                             const char *example);

/* TRUE if `key` is in the map, right or wrong. */
gboolean tu_section_has(const TuSection *section, const char *key);

/* TRUE if `node` is a text that may be used: not null, not a list or map, not reported yet. What it
 * should be is `wanted`: "a text". */
gboolean tu_yaml_expect_text(const TuYaml *node, TuMark mark, const char *name, const char *wanted,
                             TuProblems *problems);

/* An SQL expression, checked as far as possible without a database. Absent: NULL. There but wrong:
 * a text all the same, so that its absence is not complained about again. */
char *tu_section_sql(const TuSection *section, const char *key, TuNeed need, const char *example,
                     TuMark *ret_mark);

/* Reports `error` (which is freed) about the text `node`; where a quote or bracket is not closed,
 * with what YAML may have done to it. */
void tu_yaml_complain(const TuYaml *node, const char *name, GError *error, TuProblems *problems);

/* Checks and reports an SQL expression. */
gboolean tu_yaml_check_sql(const TuYaml *node, const char *name, TuProblems *problems);

/* The name of a column. */
void tu_section_column(const TuSection *section, const char *key, TuNeed need, const char *example,
                       char **ret_name);

/* An IANA name that the system knows. */
void tu_section_zone(const TuSection *section, const char *key, char **ret_zone);

/* One of the NULL-terminated `choices`: its index. */
void tu_section_choice(const TuSection *section, const char *key, const char *const *choices,
                       guint *ret_choice);

/* A whole number from `least` to `most`. */
void tu_section_number(const TuSection *section, const char *key, guint least, guint most,
                       guint *ret_number);

/* A duration without months and years. */
void tu_section_duration_us(const TuSection *section, const char *key, gint64 *ret_us);

/* Reports `error` (which is freed) at `mark`, as `key`'s. */
void tu_section_complain(const TuSection *section, TuMark mark, const char *key, GError *error);
