/*
 * The model: the spec, resolved against one database.
 *
 *   TuModel ─ groups ─▶ TuGroup ─ sources ──▶ TuSourceModel ─ series ─▶ TuSeriesModel
 *                          ├──── captured ──▶ TuCaptured (a table that sources read, and its log)
 *                          └──── summaries ─▶ TuSummaryModel ─ tables ─▶ TuSummaryTable, one a
 * grain
 *
 * Keyed summaries are models of their own (schema/keyed.h), and join the group of their tables.
 *
 * A group is what settles together under one turn: sources that share a table or a summary. A
 * *target* is one series at one grain: the unit that gets cells; targets of a group are numbered.
 *
 * Everything the database must evaluate for a source is one list of SQL expressions, each text
 * once; series refer to them by number. Which columns those read, the database itself tells.
 */
#pragma once

#include "cells/layout.h"
#include "db/database.h"
#include "spec/spec.h"

typedef struct TuModel TuModel;
typedef struct TuGroup TuGroup;
typedef struct TuSourceModel TuSourceModel;
typedef struct TuSummaryModel TuSummaryModel;
typedef struct TuKeyedModel TuKeyedModel; /* schema/keyed.h */

/* A table that sources read, captured in trueup_change_<table>. */
typedef struct {
    char *name;
    char *log; /* name of its change log */
    TuGroup *group;
    TuTableInfo *info;
    GPtrArray *columns;    /* of char *: those that the spec uses, sorted */
    gboolean is_captured;  /* some source that reads it captures */
    gboolean is_described; /* its hazards are among the findings */
    gboolean has_time;     /* entries of the log say when they were written: trueup_at */
    char *gone; /* why there is no such table now: `info` is the log's; NULL: there is one */
} TuCaptured;

/* A series, with the numbers of its expressions in the source's list. -1 = none. */
typedef struct {
    const TuSeries *spec;
    TuSummaryModel *summary;
    TuSourceModel *source;
    TuLayout *layout;
    int filter; /* gives 1 where the row belongs */
    int *dimensions;
    TuSqlType *dimension_types; /* kind NULL where it is the constant NULL or not known */
    TuSqlType *input_types;     /* of each measure's input */
    int *inputs; /* of each measure; of `count where P`: P, counted where it is 1; count: -1 */
    gboolean is_foldable;
    gboolean is_rollable;  /* coarser cells may be made from stored finer ones */
    int target[TU_GRAINS]; /* number in the group; -1 where the grain is not kept */
    char *problem; /* why it cannot be evaluated now: nothing of it is read or written; NULL: it
                    * can */
} TuSeriesModel;

struct TuSourceModel {
    const TuSource *spec;
    TuGroup *group;
    GPtrArray *tables;         /* of TuCaptured *, one for each table of the source, repeats kept */
    GPtrArray *aliases;        /* of char *, of each: as the spec's expressions mean it */
    GPtrArray *expressions;    /* of char * */
    GHashTable *place_columns; /* set of char *, "table\ncolumn" in lower case: what tenant, time
                                * and every ON read */
    GHashTable *tenant_columns, *time_columns; /* likewise, what tenant or time alone reads */
    int tenant; /* number of the expression; -1: one tenant for all */
    TuSqlType tenant_type;
    int time;
    TuType time_kind;   /* of its values; NULL: not known (text or a number, by time_unit) */
    TuZone *naive_zone; /* of timestamps without a zone; NULL = UTC */
    GPtrArray *series;  /* of TuSeriesModel */
    gboolean is_joined;
    gboolean captures;
    gboolean has_time_index;   /* a range of instants is read through an index */
    gboolean has_tenant_index; /* one tenant's range of instants is read through an index */
    char *problem; /* its rows cannot be read now, so none of its series can; NULL: they can */
};

/* The hidden columns of one measure; NULL where there is none. */
typedef struct {
    char *column;
    char *n_column;        /* trueup_n_<measure> */
    char *sum_column;      /* trueup_sum_<measure> */
    TuNumberKind number;   /* what the column must hold: sums, averages, counts */
    int scale;             /* of a DECIMAL number; -1: not declared */
    int sum_scale;         /* of the hidden sum */
    gboolean holds_values; /* min or max: the column has their type */
    TuSqlType type;        /* that one */
    TuMeasureKind kind;    /* of a wide summary; of the first series of a long one */
} TuMeasureColumns;

typedef struct {
    TuSummaryModel *summary;
    TuGrain grain;
    char *name;
    char *bucket_column;
    gboolean exists;
} TuSummaryTable;

struct TuSummaryModel {
    const TuSummary *spec;
    TuGroup *group;
    GPtrArray *series;                 /* of TuSeriesModel *, owned by their sources */
    TuSummaryTable *tables[TU_GRAINS]; /* NULL where the grain is not kept */
    int parent[TU_GRAINS]; /* the finer grain that a grain is made from; -1: the source */
    TuGrain unit;          /* what pending buckets are counted in: minute, hour or day */
    char *rows_column;     /* trueup_rows; NULL: the table has none */
    TuMeasureColumns *measures;
    TuSqlType tenant_type;
    TuSqlType *dimension_types;
    gboolean has_hidden; /* the tables have the hidden columns */
};

/* One series at one grain. */
typedef struct {
    TuSeriesModel *series;
    TuGrain grain;
} TuTarget;

struct TuGroup {
    char *name;
    guint index;
    TuModel *model;
    GPtrArray *captured;  /* of TuCaptured *, owned by the model */
    GPtrArray *sources;   /* of TuSourceModel *, likewise */
    GPtrArray *summaries; /* of TuSummaryModel *, likewise */
    GPtrArray *keyed;     /* of TuKeyedModel *, likewise */
    TuTarget *targets;
    guint n_targets;
};

struct TuModel {
    const TuSpec *spec;
    GPtrArray *groups;
    GPtrArray *captured;
    GPtrArray *sources;   /* in the spec's order */
    GPtrArray *summaries; /* in the spec's order */
    GPtrArray *keyed;     /* in the spec's order */
    char *tenants_table, *tenants_key,
        *tenants_zone;   /* as the database names them; NULL: no tenants */
    TuCaptured *tenants; /* of that table; NULL: it is not captured, and looked at once a minute */
    TuType tenant_kind;  /* of the tenants' keys; NULL: a database without types, or none */
    GPtrArray *table_names; /* of char *: those captured; what schema_version is of */
    gint64 schema_version;  /* of those tables before anything else was read */
    char *digest;           /* of what the spec means: "the spec changed" compares it */
    gboolean leaves_out;    /* what cannot be evaluated is its series' problem, not a finding */
};

/* A finding about the database. `where` names a source, summary or table. */
typedef struct {
    gboolean is_error;      /* else a warning: it works, but somebody should know */
    gboolean is_of_capture; /* matters only to who makes triggers */
    char *where;
    char *message;
    char *help; /* what to do, or NULL */
} TuFinding;
GPtrArray *tu_findings_new(void);
void tu_finding_add(GPtrArray *findings, gboolean is_error, const char *where, char *message,
                    char *help);
gboolean tu_findings_have_error(GPtrArray *findings);
/* TRUE if one is an error also where the triggers are there already. */
gboolean tu_findings_forbid_work(GPtrArray *findings);

void tu_finding_add_hazard(GPtrArray *findings, const char *where, const TuHazard *hazard);

/* Hazards as findings. Those of capture are left out where nothing is captured. */
void tu_findings_add_hazards(GPtrArray *findings, const char *where, const GPtrArray *hazards,
                             gboolean is_captured);

/* Says of each error with a part of the spec where it begins: `file:line:column: source flight`. */
void tu_findings_place(GPtrArray *findings, const TuSpec *spec);

/* Resolves the spec. What is wrong or hazardous goes into `findings` (of TuFinding), all of it; a
 * model is returned unless an error among them makes one impossible, then NULL without `error`.
 * `error` is for the database itself failing. */
gboolean tu_model_new(const TuSpec *spec, TuDatabase *db, GPtrArray *findings, TuModel **ret_model,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same, for whoever goes on with the series that can be evaluated: what is wrong with an
 * expression of others (a column was dropped under it) is their `problem`, and no finding. */
gboolean tu_model_new_leaving_out(const TuSpec *spec, TuDatabase *db, GPtrArray *findings,
                                  TuModel **ret_model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_model_free(TuModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuModel, tu_model_free)

/* TRUE if some series or keyed summary has a problem: who keeps the model should resolve the spec
 * again some time. */
gboolean tu_model_leaves_some_out(const TuModel *model);

/* By name; NULL if there is none. */
TuSummaryModel *tu_model_summary(const TuModel *model, const char *name);
