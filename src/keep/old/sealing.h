/*
 * Sealing: may a boundary pass these buckets at this snapshot?
 *
 *   old sealed_below ──▶ buckets ──▶ wanted sealed_below
 *                           └ none if one of them is still to be built, waits on the pending
 *                             list or is named by an entry in a log, or if a table it is made of
 *                             is unguarded
 *
 * So what is stored of them is the truth at the snapshot (I-1), and stays what it is. A bucket that
 * is parked for good (`refresh: attempts`) holds nobody up: it is sealed as it is.
 */
#pragma once

#include "keep/compare/changes.h"

/* Moves the boundaries of a grain with the changes of a turn. */
void tu_sealing_add_move(TuChanges *changes, const TuSummaryModel *summary, TuGrain grain,
                         TuDate removed, TuDate sealed);

/* `wanted`: where sealed_below of each summary of the group (by its place there) and grain should
 * be; is set back to what it is where that may not be yet. */
gboolean tu_sealing_check(TuSnapshot *snapshot, TuDate (*wanted)[TU_GRAINS],
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
