/*
 * A snapshot: one consistent state of the database, and what trueup knew about the group in it.
 *
 *   begin ─▶ turn · tenants · history still to build · (entries, rows, stored cells) ─▶ end
 *                                                                        │
 *                          apply begins with: turn + 1 WHERE turn is the one read here (I-2)
 *
 * Everything that decides what will be written is read inside; nothing is written inside.
 */
#pragma once

#include "keep/old/boundary.h"
#include "work/pause.h"

/* What a build does with what is stored: trueup_build.is_dropping. */
enum {
    TU_BUILD_COMPARES, /* it is kept true meanwhile */
    TU_BUILD_REPLACES, /* changes are dropped until the build has come to their bucket */
    TU_BUILD_FIRST,    /* the same, of a tenant of which nothing was ever built */
};

/* History that is still to be written: cells whose local date is below `below`. While is_dropping,
 * changes there are not settled, since the build reads them later; else (a rebuild of what is kept
 * already) they are. */
typedef struct {
    gint64 id;
    TuSummaryModel *summary;
    gboolean is_of_tenant;
    TuValue tenant; /* if is_of_tenant; its text belongs to the snapshot */
    TuDate below;   /* G_MAXINT32: nothing is written yet */
    TuDate since;   /* G_MININT32: all history; else only what touches dates from here on */
    gboolean is_dropping;
    gboolean is_first;   /* of a tenant that is new: what is sealed for others is written, once */
    gint64 run_id;       /* of its row in trueup_run */
    gboolean is_rezone;  /* what new rules of a zone moved: see keep/tenants/rezone.h */
    TuValue run_error;   /* what that row says failed */
    gboolean is_waiting; /* that row is FAILED, since this does not fit (keep/build/unfit.h) */
    gboolean is_of_job;  /* that is a job's, which may take this back */
} TuBuild;

typedef struct {
    TuKeeper *keeper;
    TuGroup *group;
    TuTransaction txn;
    gint64 turn;
    gint64 began_us;       /* monotonic */
    gint64 schema_version; /* set by the guard */
    gint64 noted_version;  /* the one that was checked last; see has_noted_version */
    gboolean has_noted_version;
    gint64 last_pending; /* the highest id of the pending list; 0: it is empty */
    gint64 notices;      /* how often the tenants table changed (trueup_notice.given) */
    gboolean has_notice; /* the group has not looked since */
    gboolean is_known;   /* tenants, zones and triggers were compared at this turn a moment ago */
    TuTenantSet *tenants;
    TuDictionary *values;     /* keeps texts that were read */
    GArray *builds;           /* of TuBuild */
    GPtrArray *pauses;        /* of TuPause; NULL: there are none */
    TuBoundaries *boundaries; /* NULL: there are none */
} TuSnapshot;

/* Begins a read transaction and reads the above. CONFIG if the spec is not the one applied last. */
gboolean tu_snapshot_begin(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for who comes back to the group at once: what this keeper knows already (keep/known.h)
 * is not asked again. */
gboolean tu_snapshot_begin_next(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the read transaction; what was read stays. */
void tu_snapshot_end(TuSnapshot *snapshot);

void tu_snapshot_clear(TuSnapshot *snapshot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuSnapshot, tu_snapshot_clear)

/* TRUE if changes of this summary, tenant and local date are dropped: its history is not built yet.
 * `tenant` as in the source. */
gboolean tu_snapshot_is_unbuilt(const TuSnapshot *snapshot, const TuSummaryModel *summary,
                                const TuValue *tenant, TuDate date);

/* TRUE while cells of the summary are still cut by older rules of a zone: coarser ones cannot be
 * made from them. */
gboolean tu_snapshot_is_rezoning(const TuSnapshot *snapshot, const TuSummaryModel *summary);

/* TRUE if nothing may be written into the summary: it is paused, or all are. */
gboolean tu_snapshot_is_paused(const TuSnapshot *snapshot, const TuSummaryModel *summary);

gboolean tu_snapshot_is_name_paused(const TuSnapshot *snapshot, const char *name);

/* TRUE if every summary of the group is. */
gboolean tu_snapshot_is_all_paused(const TuSnapshot *snapshot);

/* TRUE if entries are folded into the series: a paused one has its buckets listed instead. */
gboolean tu_snapshot_folds(const TuSnapshot *snapshot, const TuSeriesModel *series);
