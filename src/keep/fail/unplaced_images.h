/*
 * Unplaced images: what a batch of a joined source's images meets, and cannot be placed.
 *
 *   images ⋈ rows ── some fail ──▶ by digests of what their places read (unplaced_search.h)
 *                        └─▶ the others name their places; those that failed count nowhere
 *
 * A combination that was counted in a bucket could be evaluated, and can be now, as it depends on
 * its own versions alone (I-9). So whoever leaves out what fails names every place that may have
 * changed (I-3).
 */
#pragma once

#include "keep/compare/tally.h"
#include "keep/fail/unplaced_search.h"
#include "schema/source_sql.h"

/* A query of tu_source_select_places, which has failed. */
typedef struct {
    const TuSourceModel *source;
    guint from_images, batch;
    const TuValue *range; /* its two parameters */
    const char *why;      /* the error */
} TuUnplacedImages;

/* Gives the rows of that query but those that fail to `visit`. The transaction has a mark.
 * *ret_is_found FALSE: nothing was given, since they could not be told (the transaction is at its
 * mark). Where one of them is of the tables as they are now, the tally notes it. */
gboolean tu_unplaced_images_each(TuTally *tally, const TuUnplacedImages *images, TuRowVisit visit,
                                 gpointer data, gboolean *ret_is_found,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
