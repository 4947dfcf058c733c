/*
 * At once: few changes are settled by the turn that takes their entries, without the pending list.
 *
 *   entries E, visible in S ─▶ places ─▶ buckets ─▶ truth(S) of the series that do not fold ─┐
 *                                                   E folded, for those that do              ├─▶
 * one turn E goes from the log                      ┘
 *
 * The changes behind E are in S as E is, so truth(S) has them: the list would only have a later
 * snapshot do the same. It is for what is much, what fails, and what folds but must be looked at.
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/compare/truth.h"

/* Buckets that were named, each once. */
typedef struct {
    GArray *units;     /* of TuUnit */
    GHashTable *known; /* those, by what they are */
} TuUnits;

void tu_units_init(TuUnits *units);
void tu_units_clear(TuUnits *units);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuUnits, tu_units_clear)
void tu_units_add(TuUnits *units, const TuUnit *unit);

/* TRUE if there are few enough of them to be counted while others wait for this turn. */
gboolean tu_units_are_few(const TuUnits *units);

/* Puts them on the pending list. */
void tu_units_to_list(TuChanges *changes, const TuUnits *units);

/* Brings the changes up to the truth of the series in those units that do not fold, and takes the
 * units off the pending list. To be called before anything is folded into the tally. *ret_is_done
 * FALSE: some cell cannot be told; the changes are of no use then. LIMIT if they need more memory
 * than the keeper allows. */
gboolean tu_at_once(TuChanges *changes, const TuUnits *units, gboolean *ret_is_done,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
