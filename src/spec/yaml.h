/*
 * YAML: one document as a tree of texts, lists and maps, each with its place in the file.
 *
 *   events of libfyaml ──▶ stack of open lists and maps ──▶ tree
 *                          anchors: *name is the same node again (a tree that shares branches)
 *                          `<<`: the pairs of other maps, after the map's own
 *                          ${NAME}: replaced in values
 *
 * Keys are plain texts and stand in a map once. What the tree cannot hold is a problem; reading
 * goes on after it where YAML's own grammar allows.
 */
#pragma once

#include "spec/problems.h"

typedef enum { TU_YAML_TEXT, TU_YAML_LIST, TU_YAML_MAP } TuYamlKind;

typedef struct TuYaml TuYaml;

typedef struct {
    char *key;
    TuMark mark; /* of the key */
    const TuYaml *value;
} TuYamlPair;

struct TuYaml {
    TuYamlKind kind;
    TuMark mark;
    char *text;         /* of a text */
    gboolean is_plain;  /* text without quotes */
    gboolean in_flow;   /* inside { } or [ ] */
    gboolean is_broken; /* a problem was reported for it: do not complain again */
    GPtrArray *items;   /* of a list: TuYaml */
    GArray *pairs;      /* of a map: TuYamlPair */
    guint nodes;        /* it and all below, each anchor's nodes counted wherever they are used */
};

typedef struct TuYamlDocument TuYamlDocument;

/* A spec is written by people: no file needs to be larger. */
#define TU_YAML_MAX_BYTES (1024 * 1024)
/* A spec needs 6 levels; a stack of open brackets is no spec. */
#define TU_YAML_MAX_DEPTH 32
/* Anchors used by anchors multiply ("billion laughs"); a file of the greatest size without anchors
 * stays below this. */
#define TU_YAML_MAX_NODES 600000

/* The document; NULL if it is no YAML, is empty or too large, or does not begin with a map. */
TuYamlDocument *tu_yaml_parse(const char *text, gsize length, TuProblems *problems);
void tu_yaml_free(TuYamlDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuYamlDocument, tu_yaml_free)

/* The outermost map. */
const TuYaml *tu_yaml_root(const TuYamlDocument *document);

/* The pair of `key` in a map; NULL if there is none. */
const TuYamlPair *tu_yaml_pair(const TuYaml *map, const char *key);

/* null, ~ or nothing, without quotes. */
gboolean tu_yaml_is_null(const TuYaml *node);
