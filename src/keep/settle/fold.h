/*
 * Folding: a batch of images becomes deltas, deltas are added to the stored cells.
 *
 *   stored + delta, read at the snapshot, written as absolute values under its turn. Every doubt (a
 *   missing cell for a negative delta, a count below zero, a sum that may not be exact) puts the
 *   bucket on the pending list instead, and its stored cell stays as it is.
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/settle/places.h"

/* Counts the batch's images of every one-table source into the tally and brings the changes up to
 * what is to be written. Buckets not built yet are dropped. */
gboolean tu_fold_batch(TuChanges *changes, const TuBatch *batch, gint64 *ret_images,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
