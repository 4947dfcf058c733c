/*
 * Chores: the jobs of the queue (work/jobs.h) that concern a group, done by whoever settles it.
 *
 *   claim ─▶ check ─▶ rebuild: rows of trueup_build ─▶ chunks ──┐ between two pieces: progress is
 *              │      repair:  a range of dates     ─▶ parts  ──┘ noted; is it cancelled? does
 *              │                                                  another lane wait?
 *              └ cannot be done by anybody: FAILED, with the reason
 *
 * A job that concerns several groups is done group by group, each by whoever has that one.
 */
#pragma once

#include "keep/settle/settle.h"

/* Does one job of the group, or goes on with one: until it has ended or is put back. *ret_did
 * FALSE: none is due. The group should have been settled. What went wrong with the job is in
 * `result`, and in its row; an error here ends the worker: the connection is lost, a signal came,
 * the spec changed. `left` (a set of gint64: ids) are not taken; those that cannot be done now are
 * put there. */
gboolean tu_chore_next(TuKeeper *keeper, TuGroup *group, GHashTable *left, TuResult *result,
                       gboolean *ret_did, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A set for that. */
GHashTable *tu_chores_left_new(void);

/* All that are due. */
gboolean tu_chores_group(TuKeeper *keeper, TuGroup *group, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
