#include "keep/old/late.h"

/* Changes of one summary's buckets of one grain. */
struct TuLate {
    gint64 to_removed, to_sealed;
};

/* One a summary of the spec and grain; made when the first is counted. */
static TuLate *
counts_of(TuTally *tally, const TuSummaryModel *summary)
{
    if (tally->late == NULL)
        tally->late = g_new0(TuLate, tally->snapshot->keeper->model->summaries->len * TU_GRAINS);
    return tally->late + summary->spec->index * TU_GRAINS;
}

/* TRUE: no grain of the summary is written at that place any more, so the change is dropped
 * whole. The date is that on which the bucket begins, as boundaries are (I-10). */
gboolean
tu_late_note(TuTally *tally, const TuSummaryModel *summary, const TuSourceModel *source,
             TuPlace *place)
{
    const TuBoundaries *boundaries = tally->snapshot->boundaries;
    gboolean is_written = FALSE;
    if (!tu_boundaries_has(boundaries, summary))
        return FALSE;
    TuDate date = (TuDate)tu_place_bucket(place, source, TU_GRAIN_DAY);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        if (summary->tables[grain] == NULL)
            continue;
        TuBoundary boundary = tu_boundary_of(boundaries, summary, (TuGrain)grain);
        TuDate begins =
            tu_grain_is_dated((TuGrain)grain) ? tu_date_floor((TuGrain)grain, date) : date;
        if (begins < boundary.removed_below)
            counts_of(tally, summary)[grain].to_removed++;
        else if (begins < boundary.sealed_below)
            counts_of(tally, summary)[grain].to_sealed++;
        else
            is_written = TRUE;
    }
    return !is_written;
}

/* The image has its place already if it is counted at all; `weight` 0 counts it no second time. */
void
tu_late_note_image(TuTally *tally, const TuSourceModel *source, const TuValue *row)
{
    static const TuValue no_tenant = {.type = TU_TYPE_NULL};
    const TuSummaryModel *last = NULL;
    TuPlace place;
    if (tally->snapshot->boundaries == NULL ||
        !tu_tally_place(tally, source, source->tenant >= 0 ? &row[source->tenant] : &no_tenant,
                        &row[source->time], 0, &place))
        return;
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        gboolean is_its = tu_snapshot_folds(tally->snapshot, series) &&
                          (series->filter < 0 || row[series->filter].integer == 1);
        if (!is_its || series->summary == last)
            continue;
        last = series->summary;
        tu_late_note(tally, last, source, &place);
    }
}

/* Since when changes come to what is sealed stays, however many follow. */
static void
write_one(TuChanges *changes, const TuSummaryModel *summary, TuGrain grain, const TuLate *late)
{
    TuValue now = tu_keeper_now();
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(tu_grain_name(grain)),
                        tu_value_integer(late->to_removed), tu_value_integer(late->to_sealed),
                        late->to_sealed > 0 ? now : TU_NULL_VALUE};
    if (late->to_removed > 0 || late->to_sealed > 0)
        tu_changes_add(changes,
                       "UPDATE trueup_boundary SET to_removed = to_removed + ?3, "
                       "to_sealed = to_sealed + ?4, "
                       "first_to_sealed_at = coalesce(first_to_sealed_at, ?5) "
                       "WHERE summary = ?1 AND grain = ?2",
                       values, G_N_ELEMENTS(values));
}

/* In the turn that drops the entries: counted and dropped together, or neither. */
void
tu_late_write(TuChanges *changes)
{
    const TuTally *tally = changes->tally;
    const TuGroup *group = tally->snapshot->group;
    for (guint i = 0; i < group->summaries->len && tally->late != NULL; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            write_one(changes, summary, (TuGrain)grain,
                      tally->late + summary->spec->index * TU_GRAINS + grain);
    }
}
