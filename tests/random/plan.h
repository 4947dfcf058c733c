/*
 * The plan of a history: the sources and summaries of its trueup.yaml, as the harness knows them.
 *
 *   RtPlan ── sources ──▶ RtSource: joined tables, tenant, time, where
 *          └─ summaries ▶ RtSummary ── series ▶ RtSeries: where, dimensions, measures
 *
 * The same SQL texts go into trueup.yaml (yaml.c) and into the oracle's queries (oracle.c).
 */
#pragma once

#include "buckets.h"
#include "types.h"
#include "world.h"

#define RT_DIMENSIONS_MAX 3
#define RT_MEASURES_MAX 5

typedef struct {
    RtRole role;
    char *alias; /* as SQL writes it */
    char *on;    /* NULL for the first */
    gboolean is_left;
    gboolean has_alias; /* FALSE: the table's own name is used */
} RtJoin;

typedef struct {
    char *name;
    guint index;
    GPtrArray *joins; /* of RtJoin */
    char *tenant;     /* SQL; NULL: one tenant for all */
    char *time;       /* SQL */
    /* raising.c: what the spec says instead, which raises where those two are NULL; NULL: the
     * same */
    char *odd_tenant, *odd_time;
    char *odd; /* a query for how many rows one of those raises for; NULL: none */
    RtTimeUnit unit;
    char *zone; /* of text that names no offset */
    char *where;
    char *spoiled; /* raising.c: a query for how many rows `where` raises for; NULL: none */
    gboolean captures;
} RtSource;

typedef struct {
    const char *kind; /* count, sum, min, max, avg, count_distinct */
    char *expression; /* NULL for count */
    char *where;
} RtMeasure;

typedef struct {
    char *name; /* NULL in a wide summary */
    const RtSource *source;
    char *where;
    GPtrArray *dimensions; /* of char *: SQL */
    GPtrArray *measures;   /* of RtMeasure */
    char *spoiled;         /* raising.c: a query for how many rows it raises for; NULL: none */
    gboolean fails; /* there are such rows now, or of its source: its cells are not looked at */
} RtSeries;

typedef struct {
    char *name;
    char *where; /* beside the series' own; NULL for none */
    gboolean is_long;
    guint grains; /* bits 1 << RtGrain */
    char *table[RT_GRAINS];
    char *table_template; /* as the spec says it; NULL: left out, or a map */
    gboolean has_table_map;
    const char *tenant_column;
    const char *series_column;
    const char *bucket_column;
    GPtrArray *dimensions; /* of char *: column names, without quotes */
    GPtrArray *measures;   /* of char *: column names, without quotes */
    GPtrArray *series;     /* of RtSeries */
    guint keep_days[RT_GRAINS], sealed_days[RT_GRAINS]; /* 0: for ever, never */
    /* Bits 1 << RtClass: what the columns may still hold, given the series so far. */
    guint32 dimension_classes[RT_DIMENSIONS_MAX], measure_classes[RT_MEASURES_MAX];
} RtSummary;

typedef struct {
    const RtWorld *world;
    gboolean has_tenant;
    guint batch; /* 0: the spec says nothing */
    gboolean has_nightly;
    char *control_schema;    /* NULL: none is named */
    GPtrArray *sources;      /* of RtSource */
    GPtrArray *summaries;    /* of RtSummary */
    gboolean uses[RT_ROLES]; /* tables that a source reads */
} RtPlan;

RtPlan *rt_plan_new(const RtWorld *world, RtRng *rng);
void rt_plan_free(RtPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtPlan, rt_plan_free)

/* trueup.yaml for the database. */
char *rt_plan_yaml(const RtPlan *plan, const char *database, RtRng *rng);

/* "FROM a JOIN b ON ...", as the oracle writes it. */
char *rt_source_from(const RtWorld *world, const RtSource *source);

/* " WHERE ...": the source's condition, the summary's and the series' own. */
void rt_series_append_wheres(GString *sql, const RtSummary *summary, const RtSeries *series);
