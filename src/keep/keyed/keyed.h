/*
 * Keyed summaries: rows made by any query, one a key.
 *
 *   entries ─▶ the keys that they name ─▶ states: invalid since ...      settled with the entries
 *   states, oldest first ─▶ query ─▶ rows that differ, states: computed at ...     a turn of its
 * own
 *
 * A key is what a bucket is to other summaries, and its state is its row of the pending list. All
 * of docs/correctness.md about recomputing holds for it; docs/decisions/0017-keyed.md says how.
 */
#pragma once

#include "keep/keyed/key_list.h"
#include "keep/result.h"
#include "keep/snapshot.h"

/* What one turn does to one keyed summary. */
typedef struct {
    const TuKeyedModel *keyed;
    TuKeyList *named;    /* keys that become invalid; NULL: none */
    TuKeyList *computed; /* keys whose rows are written, or which failed; NULL: none */
    gboolean must_list;  /* something changed, it is not known where: all keys become invalid */
    gboolean is_listed;  /* that was done */
} TuKeyedChange;
void tu_keyed_change_free(gpointer change);

/* ---- keyed/named.c ---- */

/* Adds the keys that the images of a batch name: `up_to` and `after` by the table's place in the
 * group. With `up_to` NULL: that any image names. *ret_unclear: something changed, it is not known
 * where. */
gboolean tu_keyed_find_named(TuSnapshot *snapshot, const TuKeyedModel *keyed, const gint64 *after,
                             const gint64 *up_to, TuKeyList *list, gboolean *ret_unclear,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- keyed/compare.c ---- */

/* Reads what is stored for the list's keys from number `from` on and before `to`, and what should
 * be; a key that fails has a problem then, and hinders no other. */
gboolean tu_keyed_compute(TuSnapshot *snapshot, TuKeyList *list, guint from, guint to,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if the row that is stored is not what should be. */
gboolean tu_key_row_differs(const TuKeyList *list, const TuKeyRow *row);

/* ---- keyed/write.c ---- */

/* Within the apply's transaction, behind its turn. *n_written grows by the rows that changed. */
gboolean tu_keyed_write(TuKeeper *keeper, const TuKeyedChange *change, gint64 *n_written,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- keyed/settle.c ---- */

/* How far a settling is with the keyed summaries of its group; in TuGoal. */
typedef struct {
    guint batch;   /* keys in one turn; 0: not known yet */
    guint at;      /* the summary that the last turn was for */
    guint n_alone; /* a batch could not be written: so many keys have a turn of their own */
    char *why;     /* ... and one of them could not: then it is parked */
    char *bad;     /* ... that one: "summary key" */
} TuKeyedGoal;
void tu_keyed_goal_clear(TuKeyedGoal *goal);

/* One turn, if a key or a listing is due; then the snapshot is gone. *ret_is_done: nothing was. */
gboolean tu_keyed_step(TuSnapshot *snapshot, TuKeyedGoal *goal, TuResult *result,
                       gboolean *ret_is_done, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Asks that all keys be computed again; within a transaction. */
gboolean tu_keyed_ask(TuDatabase *db, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- keyed/verify.c ---- */

/* A difference; `row->stored` or `row->right` NULL: no such row is, or should be. */
typedef void (*TuOnKeyDrift)(const TuKeyList *list, const TuKeyRow *row, gpointer data);

/* Compares all rows that are stored and all that should be, at one snapshot. */
gboolean tu_keyed_verify(TuKeeper *keeper, const TuKeyedModel *keyed, TuOnKeyDrift on_drift,
                         gpointer data, TuResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if a key is one of those chosen. */
typedef gboolean (*TuKeyWanted)(const TuValue *key, gpointer data);

/* Computes keys that there are, or should be, and writes what differs, unless `is_dry_run`: those
 * that are chosen (`wants` NULL: all). `kind` is for the run log. */
gboolean tu_keyed_repair(TuKeeper *keeper, const TuKeyedModel *keyed, const char *kind,
                         TuKeyWanted wants, gpointer data, gboolean is_dry_run, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
