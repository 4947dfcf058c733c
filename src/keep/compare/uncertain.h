/*
 * Uncertain buckets: those for which something is pending, so that a difference from the truth is
 * no drift. (Cells that fold are certain: what is pending for them is counted in.)
 */
#pragma once

#include "keep/compare/changes.h"

/* Marks every bucket that the pending list or an entry in the logs names (not those that fold). */
gboolean tu_uncertain_mark(TuChanges *changes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
