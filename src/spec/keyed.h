/*
 * Keyed summaries of the spec: any query, one row a key.
 *
 *   key          its columns and their types
 *   keys         a query for the keys that there should be
 *   query        {keys} stands for those wanted: key columns, then values
 *   depends_on   table ─▶ a query from {row}, its changed rows, to the keys that they may change
 */
#pragma once

#include "spec/spec.h"
#include "spec/template.h"

typedef enum {
    TU_KEY_INTEGER,
    TU_KEY_TEXT,
    TU_KEY_DATE,
    TU_KEY_UUID,
} TuKeyType;
#define TU_KEY_TYPES 4

/* As they are written in the spec, by TuKeyType. */
extern const char *const tu_key_type_names[TU_KEY_TYPES + 1];

/* A key is what one looks for; more columns are a report. It bounds arrays on the stack. */
#define TU_KEY_MOST_COLUMNS 8

/* Tables that one summary may depend on: far more than a query joins. */
#define TU_SPEC_MOST_TABLES 64

typedef struct {
    char *name;
    TuKeyType type;
    TuMark mark;
} TuKeyColumn;

/* One table that the query reads. */
typedef struct {
    char *table;
    GPtrArray *columns; /* of char *: whose change touches a key; NULL: all */
    TuTemplate *keys;
    TuMark mark;
} TuDependency;

struct TuKeyed {
    char *name;
    guint index; /* in TuSpec.keyed */
    char *table;
    GArray *key; /* of TuKeyColumn */
    TuTemplate *keys;
    TuTemplate *query;
    GPtrArray *depends_on; /* of TuDependency, in the file's order */
    TuRefresh refresh;
    TuMark mark;
};

void tu_keyed_free(TuKeyed *keyed);

/* The table of `depends_on` that a name in braces means, whatever its case; NULL: none. */
const TuDependency *tu_keyed_dependency(const TuKeyed *keyed, const char *name);
