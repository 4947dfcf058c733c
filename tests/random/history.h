/*
 * A history: a world and a plan from one seed, trueup applied, writers and trueup's processes at
 * the same time, and quiet points at which every summary must equal the oracle.
 *
 *   load ─ apply ─┬─ writers ∥ run --once, repair, rebuild, verify, kills ─ quiet point ─┬─ …
 *                 └────────────────────── two or three times ────────────────────────────┘
 */
#pragma once

#include "kind.h"
#include "process.h"
#include "report.h"
#include "plan.h"

typedef enum {
    RT_TRUEUP,  /* the program */
    RT_NAIVE,   /* a stand-in that fills the summaries by the oracle's own SQL */
    RT_MUTATED, /* the same, and one cell is falsified before the first comparison */
} RtMode;

typedef struct RtStore RtStore; /* store.h */

typedef struct {
    RtKind kind;
    const char *url;          /* of a server, any database there */
    gboolean keeps_databases; /* of failing histories */
    const char *trueup;       /* path; unused unless mode is RT_TRUEUP */
    RtMode mode;
    guint64 seed;
    gint64 now_s; /* what the history takes for today */
    const char *keep;
    RtForce force[RT_FEATURES];
} RtOptions;

typedef struct {
    const RtOptions *options;
    RtReport *report;
    RtRng rng;
    RtWorld *world;
    RtPlan *plan;
    RtSubject subject;
    const RtStore *store;
    struct RtRetention *retention; /* NULL: nothing is removed or sealed */
    RtRng yaml_rng;                /* what the spec draws for itself stays what it is */
    char *locator;                 /* the database as the spec names it */
    struct RtServer *held;         /* the connection of a transaction that stays open; NULL: none */
    char *directory, *spec;
    char *database;        /* SQLite: the file; servers: the URL */
    guint commands;        /* trueup's processes so far */
    guint writers;         /* so far */
    gboolean is_failing;   /* a stop point failed: buckets may wait for another try */
    gboolean is_unguarded; /* a table was swapped: exit 1 is right until the next apply */
    gboolean has_bad_zone;
    gboolean has_bad_data;
    gboolean may_raise; /* writers may spoil a series at any moment */
    guint failing;      /* at the last comparison: series that rows spoil */
    int bad_tenants;    /* at the last comparison: with text in summed columns; -1: untold */
    gboolean is_mutated;
} RtHistory;

/* How the message of a history begins whose cells were falsified (RT_MUTATED). */
#define RT_FOUND_FALSIFIED "as it must"
#define RT_NOTHING_TO_FALSIFY "no cell to falsify"

/* Of the directory, under options->keep, in which a history's files lie. */
char *rt_history_name(const RtOptions *options, guint index);

/* Of the history's database on a server; the schema of trueup's own tables may be named after
 * it. */
char *rt_history_database_name(const RtHistory *history);

/* Writes trueup.yaml as the plan is now. */
void rt_history_write_spec(RtHistory *history);

/* Runs history number `index` and fills the report. */
void rt_history_run(const RtOptions *options, guint index, RtReport *report);

/* Notes the first failure; later ones are only consequences. */
void rt_history_fail(RtHistory *history, const char *format, ...) G_GNUC_PRINTF(2, 3);
gboolean rt_history_has_failed(const RtHistory *history);
