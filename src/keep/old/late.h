/*
 * Late: changes of buckets that are written no more are dropped; how many they were is kept, by
 * grain.
 *
 *   image of a row ─▶ its bucket of each grain ─▶ before removed_below: to_removed + 1
 *                                                 before sealed_below:  to_sealed + 1
 *
 * They are counted in the turn that drops them, so none is counted twice, whatever crashes.
 */
#pragma once

#include "keep/compare/changes.h"

/* Counts one place that an entry of the log names. TRUE: the summary writes no bucket that holds
 * it. */
gboolean tu_late_note(TuTally *tally, const TuSummaryModel *summary, const TuSourceModel *source,
                      TuPlace *place);

/* The same for an image that is folded, in every summary that folds it. */
void tu_late_note_image(TuTally *tally, const TuSourceModel *source, const TuValue *row);

/* Adds the statements that note what was counted. */
void tu_late_write(TuChanges *changes);
