/*
 * Comparing the tables of a plan's summaries with the truth, in both directions: cells that are
 * missing, ghosts, wrong measures. What a cell is, and how both sides are read, is the database's
 * own (compare.c, server_compare.c).
 *
 *   each summary, each grain ──▶ RtSides.compare ──▶ two hash tables of cells ──▶ rt_compared_judge
 */
#pragma once

#include "retention.h"

typedef struct {
    gint64 cells;
    gint64 wrong;
    GString *report; /* the first few, a line each */
} RtComparison;
void rt_comparison_clear(RtComparison *comparison);

typedef struct RtCompared RtCompared;

/* What the two kinds of comparison do differently. */
typedef struct {
    /* Reads the cells of the table and of the truth, by their canonical keys; then judges. */
    void (*compare)(RtCompared *table);
    gboolean (*are_equal)(const RtCompared *table, gconstpointer stored, gconstpointer truth);
    char *(*measures_text)(gconstpointer cell); /* " I3 N" */
    const RtZone *(*zone_of)(gconstpointer oracle, const char *tenant);
} RtSides;

/* One table of one summary. */
struct RtCompared {
    const RtSides *sides;
    gpointer db; /* sqlite3, RtServer */
    const RtPlan *plan;
    gconstpointer oracle; /* RtOracle, RtTruth */
    RtRetention *retention;
    const RtSummary *summary;
    RtGrain grain;
    guint keys, measures;
    int tenant_key;   /* index of the tenant among the key columns, or -1 */
    gpointer of_side; /* servers: RtField of each measure as stored */
    RtComparison *result;
};

/* All tables of the plan; `retention`: what is removed or sealed, NULL for nothing. */
void rt_compared_all(const RtSides *sides, gpointer db, const RtPlan *plan, gconstpointer oracle,
                     RtRetention *retention, RtComparison *ret_comparison);

/* SELECT of the table's rows: key columns, then measures. */
char *rt_compared_query(const RtCompared *table);

void rt_compared_complain(RtCompared *table, const char *what, const char *key, const char *detail);

/* Each cell of the one is looked up in the other; what is removed or sealed is taken out of
 * both. */
void rt_compared_judge(RtCompared *table, GHashTable *stored, GHashTable *truth);
