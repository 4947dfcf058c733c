/*
 * Apply: the one place that writes. A transaction that begins with the turn.
 *
 *   BEGIN · turn + 1 WHERE turn = the snapshot's · cells · entries by id · lists · COMMIT
 *
 * If the turn is another's, nothing is written and the answer is BUSY: the work is done anew. Cells
 * that replace (never folds) may be split over several transactions, whole tenants in each: every
 * part is right by itself, and the turns of the parts follow each other without a gap (I-5).
 */
#pragma once

#include "keep/compare/changes.h"

/* Writes. The snapshot's read transaction must have ended; its turn is moved on. */
gboolean tu_apply(TuSnapshot *snapshot, TuChanges *changes,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
