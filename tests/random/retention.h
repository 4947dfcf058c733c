/*
 * What tables should hold where `keep` removes and `sealed_after` freezes:
 *
 *   removed: nothing │ sealed: what was true when it was sealed │ the rest: the truth now
 *                 removed_below                            sealed_below
 *
 * The dates are trueup's own (trueup_boundary); that they are where the clock says is checked
 * apart. What was true when a bucket was sealed is known if no writer was there: durations change
 * mostly at quiet points, before pending changes are settled. What was sealed under writers is
 * taken as it is found first, and must stay so.
 */
#pragma once

#include "history.h"

typedef struct RtRetention RtRetention;

RtRetention *rt_retention_new(const RtPlan *plan);
void rt_retention_free(RtRetention *retention);

/* Draws anew how long the buckets of each summary and grain are kept, and after how long they are
 * sealed. */
void rt_retention_draw(RtPlan *plan, RtRng *rng);

/* Reads the boundaries; they may lie nowhere else than where the clock says. `adopts`: what was
 * sealed since the last comparison was sealed under writers. FALSE: the history has failed. */
gboolean rt_retention_look(RtHistory *history, gboolean adopts);

/* When all is settled: no boundary lags behind either. */
void rt_retention_check(RtHistory *history);

/* Whose cells are compared, for the function below. */
typedef struct {
    const RtSummary *summary;
    RtGrain grain;
    gboolean has_tenant;
    gconstpointer oracle;
    /* NULL: no tenant of that canonical value has a clock. */
    const RtZone *(*zone_of)(gconstpointer oracle, const char *tenant);
    char *(*text_of)(gconstpointer cell);
    void (*complain)(gpointer table, const char *what, const char *key, const char *detail);
    gpointer table; /* of `complain` */
} RtRetained;

/* Compares what is removed and sealed, and takes it out of both: hash tables of cells by canonical
 * keys. NULL: nothing is. */
void rt_retention_part(RtRetention *retention, const RtRetained *retained, GHashTable *stored,
                       GHashTable *truth);

/* After a comparison: what is sealed by now was right, and stays as it is stored. */
void rt_retention_commit(RtRetention *retention, gboolean is_right);

/* The grain's table was dropped: what is made anew is sealed anew. */
void rt_retention_forget(RtRetention *retention, const RtSummary *summary, RtGrain grain);
