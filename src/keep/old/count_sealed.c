#include "keep/old/count_sealed.h"

static gboolean
count_cell(const TuStoredCell *stored, gpointer data, GError **error)
{
    TuResult *result = data;
    result->cells_sealed += stored->has_bucket;
    return TRUE;
}

/* The part of the range that is sealed and not removed, of every grain; FALSE: nothing is. */
static gboolean
want_sealed(TuTally *tally, const TuSummaryModel *summary, const TuDateRange *range)
{
    gboolean has_some = FALSE;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuBoundary boundary = tu_boundary_of(tally->snapshot->boundaries, summary, (TuGrain)grain);
        TuDate from = MAX(range->from, TU_DATE_LEAST);
        if (range->overlapping && tu_grain_is_dated((TuGrain)grain))
            from = tu_date_floor((TuGrain)grain, from);
        TuWanted wanted = {.kind = TU_WANT_RANGE,
                           .from = MAX(from, boundary.removed_below),
                           .to = MIN(range->to, boundary.sealed_below)};
        if (summary->tables[grain] == NULL || wanted.from >= wanted.to)
            continue;
        has_some = TRUE;
        for (guint s = 0; s < summary->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            tally->wanted[series->target[grain]] = wanted;
        }
    }
    return has_some;
}

gboolean
tu_count_sealed(TuSnapshot *snapshot, const TuStretch *stretch, TuResult *result, GError **error)
{
    g_autoptr(TuTally) tally = tu_stretch_tally(snapshot, stretch);
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        if (!want_sealed(tally, summary, &stretch->range))
            continue;
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !tu_stored_each_wanted(tally, summary->tables[grain], count_cell, result, error))
                return FALSE;
    }
    return TRUE;
}
