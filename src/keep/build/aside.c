#include "keep/build/aside.h"

#include <string.h>

#include "db/stop.h"
#include "keep/compare/apply.h"

/* Buckets that are listed rather than written: as many as one scan recomputes together
 * (keep/settle/recompute.c). */
#define LISTED_MOST 200

/* How often listing is begun again because somebody settled in this moment. */
#define LIST_ATTEMPTS 20

gboolean
tu_aside_helps(const TuSnapshot *snapshot, const TuStretch *stretch)
{
    return snapshot->keeper->let_go != NULL && stretch->n_slices <= 1 && stretch->counts_drift;
}

/* ---- the list ---- */

/* What is to be listed: found at one snapshot, and written at another. */
typedef struct {
    const TuChanges *found;
    TuChanges *into;
} Listing;

static gboolean
is_different(const TuCell *cell)
{
    return cell->mark == TU_MARK_NEW || cell->mark == TU_MARK_WRITE || cell->mark == TU_MARK_GONE;
}

static void
list_bucket(Listing *listing, guint target, guint32 tenant, TuBucket bucket)
{
    TuTally *tally = listing->found->tally;
    const TuSeriesModel *series = tally->snapshot->group->targets[target].series;
    TuValue key = tu_dictionary_value(tu_cells_dictionary(tally->cells), tenant);
    tu_changes_add_pending(listing->into, series->source, series->summary, &key,
                           tu_tally_unit_in(tally, target, tenant, bucket), NULL);
}

/* FALSE: they are too many. */
static gboolean
is_within(const Listing *listing)
{
    return g_hash_table_size(listing->into->pending) <= LISTED_MOST;
}

static gboolean
list_cells(Listing *listing, guint target)
{
    const TuCellTable *cells = tu_cells_table(listing->found->tally->cells, target);
    for (guint32 i = 0; i < tu_cell_table_size(cells) && is_within(listing); i++) {
        const TuCell *cell = tu_cell_table_cell(cells, i);
        if (is_different(cell))
            list_bucket(listing, target, cell->tenant, cell->bucket);
    }
    return is_within(listing);
}

/* TRUE if recomputing the row's bucket would find the row: its tenant is known, and has such a
 * bucket. */
static gboolean
is_in_a_bucket(TuTally *tally, const TuDelete *row)
{
    const TuTallyTenant *tenant = tu_tally_tenant(tally, row->tenant);
    if (!row->has_bucket || tenant->tenant == NULL || tenant->zone == NULL)
        return FALSE;
    if (tu_grain_is_dated(row->table->grain))
        return tu_date_floor(row->table->grain, (TuDate)row->bucket) == (TuDate)row->bucket;
    return tu_bucket_of(tenant->zone, row->table->grain, row->bucket, NULL) == row->bucket;
}

/* A row to delete belongs to its summary's series; one whose label is none's is in no bucket. */
static gboolean
target_of(const TuChanges *found, const TuDelete *row, guint *ret_target)
{
    const TuSummaryModel *summary = row->table->summary;
    const TuDictionary *dictionary = tu_cells_dictionary(found->tally->cells);
    TuValue label = tu_dictionary_value(dictionary, row->key[0]);
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        TuValue own = tu_value_text(series->spec->name);
        if (summary->spec->series_column != NULL && !tu_value_equal(&own, &label))
            continue;
        *ret_target = (guint)series->target[row->table->grain];
        return TRUE;
    }
    return FALSE;
}

/* FALSE: too many, or some row can only be deleted by whoever holds the turn of S. */
static gboolean
list_deletes(Listing *listing)
{
    const TuChanges *found = listing->found;
    for (guint i = 0; i < found->deletes->len && is_within(listing); i++) {
        const TuDelete *row = &g_array_index(found->deletes, TuDelete, i);
        guint target = 0;
        if (!is_in_a_bucket(found->tally, row) || !target_of(found, row, &target))
            return FALSE;
        list_bucket(listing, target, row->tenant, row->bucket);
    }
    return is_within(listing);
}

/* Failed buckets are on the comparison's own list. */
static void
list_failed(Listing *listing)
{
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, listing->found->pending);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TuPendingRow *row = key;
        TuBucket unit = 0;
        if (tu_bucket_parse(row->summary->unit, row->bucket, strlen(row->bucket), &unit))
            tu_changes_add_pending(listing->into, row->source, row->summary, &row->tenant, unit,
                                   row->problem);
    }
}

static gboolean
check_wanted(TuSnapshot *now, const TuPieceWork *work, GError **error)
{
    gboolean is_wanted = TRUE;
    if (work->is_wanted != NULL && !work->is_wanted(now, work->data, &is_wanted, error))
        return FALSE;
    if (!is_wanted)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_BUSY,
                            "somebody else did this work meanwhile, or ended it");
    return is_wanted;
}

/* One attempt, at a snapshot of its own. */
static gboolean
list_once(const TuSnapshot *before, const TuChanges *found, const TuStretch *stretch,
          const TuPieceWork *work, TuAsideEnd *ret_end, GError **error)
{
    g_auto(TuSnapshot) now = {.txn = TU_TRANSACTION_INIT};
    if (!tu_snapshot_begin(&now, before->keeper, before->group, error) ||
        !check_wanted(&now, work, error))
        return FALSE;
    g_autoptr(TuChanges) into = tu_changes_new(tu_tally_new(&now));
    Listing listing = {.found = found, .into = into};
    gboolean fits = TRUE;
    for (guint target = 0; target < now.group->n_targets && fits; target++)
        fits = list_cells(&listing, target);
    fits = fits && list_deletes(&listing);
    *ret_end = fits ? TU_ASIDE_LISTED : TU_ASIDE_TOO_MUCH;
    if (!fits)
        return TRUE;
    list_failed(&listing);
    tu_stretch_note(into, found, stretch, 0, work->finish, work->data);
    return tu_apply(&now, into, error);
}

static gboolean
list(const TuSnapshot *before, const TuChanges *found, const TuStretch *stretch,
     const TuPieceWork *work, TuAsideEnd *ret_end, GError **error)
{
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) local = NULL;
        if (list_once(before, found, stretch, work, ret_end, &local))
            return TRUE;
        if (!tu_error_is(local, TU_ERROR_BUSY) || attempt >= LIST_ATTEMPTS) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
}

/* ---- the scan ---- */

/* Without the lock; with it again afterwards, however the scan ended. */
static gboolean
compare(TuSnapshot *snapshot, const TuStretch *stretch, TuChanges **ret_changes, TuResult *result,
        GError **error)
{
    TuKeeper *keeper = snapshot->keeper;
    g_autoptr(GError) local = NULL;
    if (!keeper->let_go(keeper->yield_data, TRUE, error))
        return FALSE;
    gboolean is_compared = tu_stop("aside.scan", &local) &&
                           tu_stretch_compare(snapshot, stretch, 0, ret_changes, result, &local);
    /* A transaction that failed takes no more statements. */
    if (!is_compared && !tu_error_is(local, TU_ERROR_LIMIT))
        tu_snapshot_end(snapshot);
    if (!keeper->let_go(keeper->yield_data, FALSE, error)) {
        g_clear_pointer(ret_changes, tu_changes_free);
        return FALSE;
    }
    if (!is_compared)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_compared;
}

gboolean
tu_aside_write(TuSnapshot *snapshot, const TuStretch *stretch, const TuPieceWork *work,
               TuResult *result, TuAsideEnd *ret_end, GError **error)
{
    TuChanges *found = NULL;
    g_autoptr(GError) local = NULL;
    if (!compare(snapshot, stretch, &found, result, error))
        return FALSE;
    g_autoptr(TuChanges) changes = found;
    *ret_end = TU_ASIDE_WRITTEN;
    if (tu_stretch_apply(snapshot, stretch, 0, changes, work->finish, work->data, result, &local))
        return TRUE;
    if (!tu_error_is(local, TU_ERROR_BUSY)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    tu_snapshot_end(snapshot);
    return list(snapshot, changes, stretch, work, ret_end, error);
}
