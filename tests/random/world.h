/*
 * The world of a history: an application's schema, its tenants, and the values its rows may take.
 *
 *   customer ◀── orders ◀── line ──▶ product ◀── event     reading
 *                  └─▶ orders (the order that it follows)
 *
 * Each history draws its own columns, types, keys, constraints and triggers for these tables.
 */
#pragma once

#include "feature.h"
#include "kind.h"
#include "zones.h"

typedef enum {
    RT_CUSTOMER,
    RT_PRODUCT,
    RT_ORDERS,
    RT_LINE,
    RT_EVENT,
    RT_READING,
    RT_ROLES,
} RtRole;

typedef enum {
    RT_SECONDS,
    RT_MILLISECONDS,
    RT_MICROSECONDS,
    RT_TEXT_TIME,
    RT_DATE,
    RT_STAMP,   /* servers: a timestamp without a zone */
    RT_INSTANT, /* servers: one with */
    RT_TIME_UNITS,
} RtTimeUnit;

const char *rt_time_unit_name(RtTimeUnit unit);

typedef enum {
    RT_KEY,
    RT_PART, /* second column of a composite key */
    RT_REFERENCE,
    RT_TENANT,
    RT_TIME,
    RT_LABEL,  /* text, grouped by its bytes */
    RT_FOLDED, /* text with COLLATE NOCASE */
    RT_CODE,   /* text, may be unique */
    RT_WHOLE,  /* integers */
    RT_AMOUNT, /* integers and reals */
    RT_MIXED,  /* no declared type: numbers, text, text that looks like numbers */
    RT_FLAG,
    RT_GENERATED,
    RT_NOTE, /* named by no spec */
    RT_COLUMN_KINDS,
} RtColumnKind;

typedef struct {
    char *name; /* as SQL writes it, with quotes where they are needed */
    RtColumnKind kind;
    char *type;                       /* declared; "" for none */
    RtRole target;                    /* of a reference */
    gboolean is_text;                 /* KEY, REFERENCE: 'k12' or '12' instead of 12 */
    RtTimeUnit unit;                  /* TIME */
    const struct RtType *server_type; /* NULL on SQLite */
} RtColumn;

typedef struct {
    char *name; /* as SQL writes it */
    RtRole role;
    GPtrArray *columns;     /* of RtColumn */
    GPtrArray *statements;  /* that create it: the table, its indexes, its triggers */
    gboolean key_is_unique; /* the first column names one row */
    gboolean code_is_unique;
    gboolean is_partitioned;
    gboolean key_is_rowid; /* INTEGER PRIMARY KEY: NULL means the next */
    gint64 keys;           /* keys are drawn from 1 .. keys */
    gint64 rows;           /* at the start */
} RtTable;

typedef struct {
    RtKind kind;
    const char *collation; /* MariaDB: COLLATE ... of texts that are compared with each other */
    gboolean has[RT_FEATURES];
    gint64 now_s;
    RtTable *tables[RT_ROLES];
    gboolean tenant_is_text;
    gboolean tenants_have_active;
    GPtrArray *tenants;    /* of char *: SQL literals of the known tenants */
    GPtrArray *zone_names; /* of char *: the system's */
    GPtrArray *zones; /* of RtZone: a tenant's each; the first is `time_zone` without a table */
    GPtrArray *texts; /* of char *: what labels say */
    GArray *hot_us;   /* instants where rows cluster */
} RtWorld;

#define RT_TENANTS_NAME "tenant_list" /* (code, tz, active) */

RtWorld *rt_world_new(RtKind kind, RtRng *rng, const RtForce *force, gint64 now_s);
void rt_world_free(RtWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtWorld, rt_world_free)

/* The first column of the kind, by chance among several; NULL if the table has none. */
const RtColumn *rt_table_column(const RtTable *table, RtColumnKind kind, RtRng *rng);

/* A zone's name: two of three odd ones. */
const char *rt_world_zone_name(const RtWorld *world, RtRng *rng);
