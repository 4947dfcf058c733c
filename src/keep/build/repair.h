/*
 * Repair: recompute a range of local dates now, whether or not a change was seen; and verify: the
 * same comparison, which writes nothing.
 */
#pragma once

#include "keep/build/stretch.h"

typedef struct {
    TuSummaryModel *summary;  /* NULL: all of the group */
    const char *kind;         /* for the run log; NULL: "repair" */
    const char *tenant;       /* as text; NULL: all */
    const char *const *zones; /* only tenants on these clocks, NULL-terminated; NULL: all */
    guint grains;             /* bits 1 << TuGrain: only the tables of these; 0: all */
    TuDate from, to;          /* `to` excluded; G_MININT32, G_MAXINT32: without bound */
    const TuDate *since;      /* of each grain, where later than `from`; NULL: all from there */
    gboolean is_dry_run;
    /* Both may be NULL: is it still to be done, asked at each snapshot; and statements that are
     * written together with its last cells, by which others know that it is done. */
    gboolean (*is_wanted)(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error);
    TuFinish finish;
    gpointer data;
    gboolean is_unfit; /* set: some of it does not fit into its `memory`, and was left */
} TuRepair;

/* Repairs, newest days first, in pieces of about keeper->piece_us, settling between them; what is
 * done is taken off `repair`, so that a call after one that failed goes on. The run is recorded:
 * STARTED, then COMPLETED or FAILED, in the turn that writes its last cells. Summaries that are
 * paused are left, and named in the result, unless one is asked for. One that does not fit into its
 * own `memory` is a failure of the result (`is_unfit`), and the others are repaired. What cannot be
 * begun (USAGE: no such tenant; it is paused) leaves no run. */
gboolean tu_repair_group(TuKeeper *keeper, TuGroup *group, TuRepair *repair, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Marks runs FAILED that still say STARTED although their worker is gone, or lost its connection:
 * it may be this one, which begins another (work/runs.h). */
gboolean tu_runs_close_dead(TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Compares at one snapshot; every difference goes to `on_drift`. A summary that does not fit into
 * its `memory` is a failure of the result, and the others are compared. */
gboolean tu_verify_group(TuKeeper *keeper, TuGroup *group, const TuRepair *what, TuOnDrift on_drift,
                         gpointer data, TuResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;
