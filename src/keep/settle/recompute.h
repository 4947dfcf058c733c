/*
 * Recomputing what is on the pending list: read the source for those buckets, replace their cells.
 */
#pragma once

#include "keep/settle/settle.h"

/* Recomputes the next buckets that are due, one turn. *ret_is_done: none is, of those that
 * the goal has. A bucket that fails
 * stays on the list with its error and is tried again later, later each time; it holds up
 * nobody. */
gboolean tu_recompute_pending(TuSnapshot *snapshot, TuGoal *goal, TuResult *result,
                              gboolean *ret_is_done, GError **error) G_GNUC_WARN_UNUSED_RESULT;
