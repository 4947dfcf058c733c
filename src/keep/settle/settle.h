/*
 * Settling: brings the summaries of a group up to date with what its logs hold.
 *
 *   snapshot ─▶ batch of entries ─▶ one table, foldable ─▶ cells (weight ±1) ─▶ add to the stored
 *                                   everything else ─────▶ buckets ─▶ few, and nothing waits
 *                                                                     behind: their truth, at once
 *                                                                     else: pending list
 *   snapshot ─▶ pending list ──────▶ truth of those buckets ─────────────────▶ replace the stored
 *
 * Each snapshot is one turn. Only this removes entries, and only together with what they became.
 */
#pragma once

#include "keep/keyed/keyed.h"
#include "keep/result.h"
#include "keep/snapshot.h"

/* How far a settling goes: what was there when it began, so that it ends although writers do not.
 * It goes through each log once, from its first place to the goal: entries that come into places
 * behind it (PostgreSQL gives them away again) are the next settling's. */
typedef struct {
    gint64 *entries;           /* of each log of the group, the highest id; NULL: not found yet */
    gint64 *settled;           /* of each log, how far it has come */
    gboolean has_looked;       /* the guard and the tenants were asked, or were a moment ago */
    gboolean has_taken;        /* it has taken a batch before */
    gboolean has_no_entries;   /* the goal is reached, as far as the logs go */
    gboolean may_have_pending; /* something was put on the pending list, or was there */
    gboolean has_pending;
    gint64 pending;      /* the highest id of the pending list */
    gint64 pending_done; /* tried up to here: each once */
    guint batch;         /* buckets recomputed in one turn; 0: not known yet */
    gboolean no_fold;    /* the last batch could not be written: every entry only names a bucket */
    gboolean has_no_buckets; /* the pending list has nothing more that is due */
    TuKeyedGoal keyed;
    gint64 refused;    /* the pending row whose cells were not taken, once; 0: none */
    gint64 unwritable; /* the one whose cells cannot be written; 0: none */
    char *why;
} TuGoal;
void tu_goal_clear(TuGoal *goal);

/* TRUE while something was found that cannot be written, and is not set aside yet: who forgets the
 * goal now finds the same again, each time. */
gboolean tu_goal_is_about_to_park(const TuGoal *goal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuGoal, tu_goal_clear)

/* Settles what was there at its first snapshot, and what that put on the pending list. BUSY turns
 * are tried again, with pauses, for a while. Buckets that fail are in the result and stay on the
 * pending list. */
gboolean tu_settle_group(TuKeeper *keeper, TuGroup *group, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if some log has an entry now: asked without a snapshot, so only a hint. */
gboolean tu_settle_is_due(TuKeeper *keeper, TuGroup *group, gboolean *ret_is_due,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One snapshot and, if something was due, one turn. *ret_is_done: nothing is left. */
gboolean tu_settle_step(TuKeeper *keeper, TuGroup *group, TuGoal *goal, TuResult *result,
                        gboolean *ret_is_done, GError **error) G_GNUC_WARN_UNUSED_RESULT;
