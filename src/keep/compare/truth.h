/*
 * Truth: what the cells of the wanted buckets should be at the tally's snapshot.
 *
 *   rows of the source (+1)  ┐
 *   pending images (-weight) ┼─▶ cells of the finest grains ─▶ rolled up to the coarser ones
 *   stored finer cells       ┘   (images: of series that fold, because what is pending will be
 *                                 added when it is settled: I-1)
 */
#pragma once

#include "keep/compare/tally.h"

/* Says for a RANGE of local dates which buckets of every grain are wanted, of the summaries for
 * which `wants` says TRUE (NULL: all). With `overlapping` those that hold one of the dates, else
 * those that begin in them. */
typedef struct {
    TuDate from, to; /* G_MININT32, G_MAXINT32: without bound */
    gboolean overlapping;
    /* Coarser cells are made from stored finer ones outside the range, of grains of which every
     * period that begins in it ends by `stored_to`. */
    gboolean rolls_up;
    TuDate stored_to;
    /* The first date of each grain, where that is later than `from`; NULL: all begin there. With it
     * everything is counted from the source, as finer cells go back less far. */
    const TuDate *since;
} TuDateRange;
void tu_truth_want_range(TuTally *tally, const TuSummaryModel *summary, TuDateRange range);

/* The same for one unit bucket (minute, hour or day, see TuSummaryModel.unit) of a tenant, for the
 * series of one source. */
typedef struct {
    const TuSourceModel *source;
    const TuSummaryModel *summary;
    guint32 tenant;
    TuBucket unit;
} TuUnit;
typedef struct {
    gboolean all_from_source; /* do not use stored finer cells */
    gboolean only_unfolded;   /* not the series that fold */
} TuUnitManner;
void tu_truth_want_unit(TuTally *tally, const TuUnit *unit, TuUnitManner manner);

/* Reads all of it; with tally->holes what some row does not let be computed becomes a hole instead
 * of an error (keep/fail/bisect.h). *ret_cannot_roll_up: some stored finer cell cannot be added to
 * exactly; do it again with all_from_source. */
gboolean tu_truth_count(TuTally *tally, gboolean *ret_cannot_roll_up, GError **error);
