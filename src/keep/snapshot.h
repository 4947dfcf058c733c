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

#include "keep/tenants.h"

/* History that is still to be written: cells whose local date is below `below`. While is_dropping,
 * changes there are not settled, since the build reads them later; else (a rebuild of what is kept
 * already) they are. */
typedef struct {
    gint64 id;
    TuSummaryModel *summary;
    gboolean is_of_tenant;
    TuValue tenant; /* if is_of_tenant; its text belongs to the snapshot */
    TuDate below;   /* G_MAXINT32: nothing is written yet */
    gboolean is_dropping;
    gint64 run_id; /* of its row in trueup_run */
} TuBuild;

typedef struct {
    TuKeeper *keeper;
    TuGroup *group;
    TuTransaction txn;
    gint64 turn;
    gint64 schema_version; /* set by the guard */
    TuTenantSet *tenants;
    TuDictionary *values; /* keeps texts that were read */
    GArray *builds;       /* of TuBuild */
} TuSnapshot;

/* Begins a read transaction and reads the above. CONFIG if the spec is not the one applied last. */
gboolean tu_snapshot_begin(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the read transaction; what was read stays. */
void tu_snapshot_end(TuSnapshot *snapshot);

void tu_snapshot_clear(TuSnapshot *snapshot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuSnapshot, tu_snapshot_clear)

/* TRUE if changes of this summary, tenant and local date are dropped: its history is not built yet.
 * `tenant` as in the source. */
gboolean tu_snapshot_is_unbuilt(const TuSnapshot *snapshot, const TuSummaryModel *summary,
                                const TuValue *tenant, TuDate date);
