#include "keep/sealing_blind.h"

#include "keep/sealing.h"
#include "keep/stretch.h"

typedef struct {
    const TuSnapshot *snapshot;
    const TuSummaryModel *summary;
    const TuDate *wanted;
    const TuStretch *stretch;
} Blind;

gboolean
tu_sealing_is_blind(const TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->series->len; i++)
        if (!((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source->captures)
            return TRUE;
    return FALSE;
}

/* From the oldest bucket that is to be sealed to the newest. */
static TuDateRange
range_of(const TuSnapshot *snapshot, const TuSummaryModel *summary, const TuDate *wanted)
{
    TuDateRange range = {.from = G_MAXINT32, .to = G_MININT32};
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuBoundary now = tu_boundary_of(snapshot->boundaries, summary, (TuGrain)grain);
        if (summary->tables[grain] == NULL || wanted[grain] <= now.sealed_below)
            continue;
        range.from = MIN(range.from, MAX(now.sealed_below, now.removed_below));
        range.to = MAX(range.to, wanted[grain]);
    }
    return range;
}

/* With the last cells: buckets that begin in the stretch are sealed. */
static void
note_sealed(TuChanges *changes, gpointer data)
{
    const Blind *blind = data;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuBoundary now =
            tu_boundary_of(blind->snapshot->boundaries, blind->summary, (TuGrain)grain);
        TuDate below = MIN(blind->wanted[grain], blind->stretch->range.to);
        if (blind->summary->tables[grain] != NULL && below > now.sealed_below)
            tu_sealing_add_move(changes, blind->summary, (TuGrain)grain, now.removed_below, below);
    }
}

/* The older half of a stretch that needs too much memory; of one day more slices. */
static gboolean
keep_older_half(TuSnapshot *snapshot, TuStretch *stretch, GError **error)
{
    TuStretch newer = *stretch;
    if (!tu_stretch_shrink(snapshot, &newer, error))
        return FALSE;
    stretch->n_slices = newer.n_slices;
    if (newer.n_slices == 1 && newer.range.from > stretch->range.from)
        stretch->range.to = newer.range.from;
    return TRUE;
}

gboolean
tu_sealing_seal_blind(TuSnapshot *snapshot, TuSummaryModel *summary, const TuDate *wanted,
                      TuResult *result, GError **error)
{
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_ptr_array_add(summaries, summary);
    TuStretch stretch = {.summaries = summaries,
                         .range = range_of(snapshot, summary, wanted),
                         .n_slices = 1,
                         .counts_drift = TRUE};
    Blind blind = {snapshot, summary, wanted, &stretch};
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (tu_stretch_write(snapshot, &stretch, note_sealed, &blind, result, &local))
            return TRUE;
        if (!tu_error_is(local, TU_ERROR_LIMIT) || snapshot->txn.db == NULL) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!keep_older_half(snapshot, &stretch, error))
            return FALSE;
    }
}
