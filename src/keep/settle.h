/*
 * Settling: brings the summaries of a group up to date with what its logs hold.
 *
 *   snapshot ─▶ batch of entries ─▶ one table, foldable ─▶ cells (weight ±1) ─▶ add to the stored
 *                                   everything else ─────▶ buckets ─▶ pending list
 *   snapshot ─▶ pending list ──────▶ truth of those buckets ─────────────────▶ replace the stored
 *
 * Each arrow is one turn. Only this removes entries, and only together with what they became.
 */
#pragma once

#include "keep/snapshot.h"

/* What was done; added to, never reset. */
typedef struct {
    gint64 rows_read;
    gint64 changes;
    gint64 cells_checked, cells_drifted, cells_written, cells_pending;
    gint64 cells_unbuilt; /* of the pending ones */
    GPtrArray *failures; /* of TuFailure */
} TuResult;

typedef struct {
    char *summary; /* NULL: not about one */
    char *tenant;  /* NULL likewise */
    char *error;
} TuFailure;

void tu_result_init(TuResult *result);
void tu_result_clear(TuResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuResult, tu_result_clear)
/* Takes back the counts of a step that failed; its failures stay. */
void tu_result_restore(TuResult *result, const TuResult *before);

/* Notes a failure once. */
void tu_result_fail(TuResult *result, const char *summary, const char *tenant, const char *error);

/* How far a settling goes: what was there when it began, so that it ends although writers do not. */
typedef struct {
    gint64 *entries; /* of each log of the group, the highest id; NULL: not found yet */
    gboolean has_pending;
    gint64 pending;      /* the highest id of the pending list */
    gint64 pending_done; /* tried up to here: each once */
    gboolean no_fold;    /* the last batch could not be written: every entry only names a bucket */
    gboolean only_one;   /* some buckets could not be written: one at a time */
    gint64 unwritable;   /* the pending row that could not; 0: none */
    char *why;
} TuGoal;
void tu_goal_clear(TuGoal *goal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuGoal, tu_goal_clear)

/* Settles what was there at its first snapshot, and what that put on the pending list. BUSY turns are tried again, with pauses, for a while.
 * Buckets that fail are in the result and stay on the pending list. */
gboolean tu_settle_group(TuKeeper *keeper, TuGroup *group, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One snapshot and, if something was due, one turn. *ret_is_done: nothing is left. */
gboolean tu_settle_step(TuKeeper *keeper, TuGroup *group, TuGoal *goal, TuResult *result,
                        gboolean *ret_is_done, GError **error) G_GNUC_WARN_UNUSED_RESULT;
