/*
 * Unwritable: cells that their table does not take: a sum that is too large for its column, a check
 * that somebody added.
 *
 *   the cells of a table ─▶ written, and rolled back
 *     └ fails ─▶ halves, down to one cell: it is left as it is stored, and its bucket goes on the
 *               pending list with the error
 *
 * Nothing is kept of what is tried, so it needs no turn; what is written afterwards begins with the
 * snapshot's as ever.
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/result.h"

/* Looks for them after the changes could not be written. *ret_found: some were set aside, it
 * may be tried again without them. */
gboolean tu_unwritable_set_aside(TuChanges *changes, TuResult *result, gboolean *ret_found,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
