#include "keep/compare/uncertain.h"

#include <string.h>

#include "keep/fail/bisect.h"
#include "keep/settle/places.h"
#include "keep/rows.h"

/* A unit on the list stands for its buckets in every grain that its summary keeps of that
 * source. */
static void
mark_unit(TuChanges *changes, const TuSummaryModel *summary, const TuSourceModel *source,
          guint32 tenant, TuBucket unit)
{
    TuTally *tally = changes->tally;
    const TuZone *zone = tu_tally_tenant(tally, tenant)->zone;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        for (int grain = 0; grain < TU_GRAINS && series->source == source; grain++) {
            if (series->target[grain] < 0 || zone == NULL)
                continue;
            TuBucket bucket = tu_grain_is_dated(summary->unit)
                                  ? tu_bucket_of_date((TuGrain)grain, (TuDate)unit)
                                  : tu_bucket_parent(zone, summary->unit, unit, (TuGrain)grain);
            tu_changes_uncertain(changes, (guint)series->target[grain], tenant, bucket);
        }
    }
}

/* ---- the pending list ---- */

/* A row of a summary or source that the spec has no more marks nothing. */
static gboolean
take_pending(const TuValue *row, gpointer data, GError **error)
{
    TuChanges *changes = data;
    const TuGroup *group = changes->tally->snapshot->group;
    TuDictionary *dictionary = tu_cells_dictionary(changes->tally->cells);
    TuValue key = tu_tenant_read(changes->tally->snapshot->keeper->model, dictionary, &row[2]);
    guint32 tenant = tu_dictionary_intern(dictionary, key);
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        TuValue name = tu_value_text(summary->spec->name);
        TuBucket unit = 0;
        if (!tu_value_equal(&name, &row[1]) ||
            !tu_bucket_parse(summary->unit, row[3].text, row[3].bytes, &unit))
            continue;
        for (guint s = 0; s < group->sources->len; s++) {
            const TuSourceModel *source = g_ptr_array_index(group->sources, s);
            TuValue source_name = tu_value_text(source->spec->name);
            if (tu_value_equal(&source_name, &row[0]))
                mark_unit(changes, summary, source, tenant, unit);
        }
    }
    return TRUE;
}

/* ---- entries in the logs ---- */

typedef struct {
    TuChanges *changes;
    const TuSummaryModel *summary;
} Marking;

/* A change that is not settled yet makes its bucket differ, rightly. */
static gboolean
mark_place(TuPlace *place, const TuSourceModel *source, gpointer data, GError **error)
{
    const Marking *marking = data;
    mark_unit(marking->changes, marking->summary, source, place->tenant_id,
              tu_place_bucket(place, source, marking->summary->unit));
    return TRUE;
}

/* Images that cannot be evaluated name what can be told of them; if that is not all, everything of
 * the summary may differ for their sake. */
static gboolean
mark_source(Marking *marking, const TuSourceModel *source, const TuBatch *everything,
            TuEntries entries, GError **error)
{
    TuTally *tally = marking->changes->tally;
    TuUncounted *uncounted = &tally->uncounted[source->spec->index];
    const TuUncounted before = *uncounted; /* what is pending is no row */
    g_autoptr(GError) local = NULL;
    if (!tu_transaction_mark(&tally->snapshot->txn, error))
        return FALSE;
    if (!tu_places_each(tally, source, everything, entries, mark_place, marking, &local)) {
        if (entries == TU_ENTRIES_ANY_PLACE || !tu_bisect_may_help(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_transaction_back(&tally->snapshot->txn, error) ||
            !tu_places_each(tally, source, everything, TU_ENTRIES_ANY_PLACE, mark_place, marking,
                            error))
            return FALSE;
    }
    if (uncounted->is_incomplete)
        marking->changes->is_unclear[marking->summary->spec->index] = TRUE;
    *uncounted = before;
    return TRUE;
}

/* *ret_uses: some series of the summary reads the source at all. */
static gboolean
has_unfolded(const TuSummaryModel *summary, const TuSourceModel *source, gboolean *ret_uses)
{
    gboolean has = FALSE;
    *ret_uses = FALSE;
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        *ret_uses = *ret_uses || series->source == source;
        has = has || (series->source == source && !series->is_foldable);
    }
    return has;
}

/* What was settled as "anything may have changed" asked for a rebuild that nobody asked for: until
 * it is done, what differs was waiting for it. */
static void
mark_asked_for(TuChanges *changes)
{
    const GArray *builds = changes->tally->snapshot->builds;
    for (guint i = 0; i < builds->len; i++) {
        const TuBuild *build = &g_array_index(builds, TuBuild, i);
        if (!build->is_dropping && build->run_id == 0)
            changes->is_unclear[build->summary->spec->index] = TRUE;
    }
}

/* Of a summary that folds only entries of weight 0 count, for the others are taken away from the
 * truth; where rows cannot be evaluated, neither can images, and all of them count. */
gboolean
tu_uncertain_mark(TuChanges *changes, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    g_autofree gint64 *up_to = g_new(gint64, group->captured->len);
    TuBatch everything = {.up_to = up_to};
    for (guint i = 0; i < group->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(group->captured, i);
        up_to[i] = captured->is_captured ? G_MAXINT64 : 0;
    }
    for (guint s = 0; s < group->summaries->len; s++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
        if (!tu_batch_is_unclear(changes->tally->snapshot, summary, &everything,
                                 &changes->is_unclear[summary->spec->index], error))
            return FALSE;
    }
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        for (guint s = 0; s < group->summaries->len && source->captures; s++) {
            Marking marking = {changes, g_ptr_array_index(group->summaries, s)};
            gboolean uses = FALSE;
            gboolean unfolded = has_unfolded(marking.summary, source, &uses);
            TuEntries entries = !unfolded                       ? TU_ENTRIES_LOOK_AGAIN
                                : changes->tally->holes != NULL ? TU_ENTRIES_ANY_PLACE
                                                                : TU_ENTRIES_ALL;
            if (uses && !mark_source(&marking, source, &everything, entries, error))
                return FALSE;
        }
    }
    mark_asked_for(changes);
    return tu_rows_each(changes->tally->snapshot->keeper->db,
                        "SELECT source, summary, tenant, bucket FROM trueup_pending", NULL, 0,
                        FALSE, take_pending, changes, error);
}
