#include "keep/old/sealing_blind.h"

#include <string.h>

#include "keep/rows.h"
#include "keep/old/sealing.h"
#include "keep/build/stretch.h"

typedef struct {
    const TuSnapshot *snapshot;
    const TuSummaryModel *summary;
    const TuDate *wanted;
    const TuStretch *stretch;
    GHashTable *parked; /* set of "tenant_key bucket": those fail for ever, and hold nobody up */
    TuDate held[TU_GRAINS]; /* begins of the oldest buckets that failed now */
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

/* ---- what failed ---- */

static gboolean
take_parked(const TuValue *row, gpointer data, GError **error)
{
    g_hash_table_add(data, g_strdup_printf("%.*s %.*s", (int)row[0].bytes, row[0].text,
                                           (int)row[1].bytes, row[1].text));
    return TRUE;
}

static gboolean
read_parked(const Blind *blind, GError **error)
{
    TuValue values[] = {tu_value_text(blind->summary->spec->name),
                        tu_value_integer(blind->summary->spec->refresh.attempts)};
    return tu_rows_each(blind->snapshot->keeper->db,
                        "SELECT tenant_key, bucket FROM trueup_pending "
                        "WHERE summary = ?1 AND attempts >= ?2",
                        values, G_N_ELEMENTS(values), FALSE, take_parked, blind->parked, error);
}

static void
hold(Blind *blind, const TuPendingRow *row)
{
    const TuTenant *tenant = tu_tenants_find(blind->snapshot->tenants, &row->tenant);
    TuGrain grain = blind->summary->unit;
    TuBucket unit = 0;
    if (tenant == NULL || tenant->zone == NULL ||
        !tu_bucket_parse(grain, row->bucket, strlen(row->bucket), &unit))
        return;
    TuDate date = tu_bucket_date(tenant->zone, grain, unit);
    for (int i = 0; i < TU_GRAINS; i++)
        blind->held[i] = MIN(
            blind->held[i], tu_grain_is_dated((TuGrain)i) ? tu_date_floor((TuGrain)i, date) : date);
}

/* With each slice: what it puts on the pending list is not right yet. */
static void
hold_failed(TuChanges *changes, gpointer data)
{
    Blind *blind = data;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, changes->pending);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TuPendingRow *row = key;
        g_autofree char *name = g_strdup_printf("%s %s", row->tenant_key, row->bucket);
        if (row->summary == blind->summary && !g_hash_table_contains(blind->parked, name))
            hold(blind, row);
    }
}

/* ---- sealing ---- */

/* With the last cells: buckets that begin in the stretch are sealed. */
static void
note_sealed(TuChanges *changes, gpointer data)
{
    const Blind *blind = data;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuBoundary now =
            tu_boundary_of(blind->snapshot->boundaries, blind->summary, (TuGrain)grain);
        TuDate below = MIN(MIN(blind->wanted[grain], blind->stretch->range.to), blind->held[grain]);
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
    if (newer.n_slices > stretch->n_slices)
        stretch->n_slices = newer.n_slices;
    else
        stretch->range.to = newer.range.from;
    return TRUE;
}

gboolean
tu_sealing_seal_blind(TuSnapshot *snapshot, TuSummaryModel *summary, const TuDate *wanted,
                      TuSealingSize *size, TuResult *result, GError **error)
{
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GHashTable) parked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_ptr_array_add(summaries, summary);
    Blind blind = {.snapshot = snapshot, .summary = summary, .wanted = wanted, .parked = parked};
    TuStretch stretch = {.summaries = summaries,
                         .range = range_of(snapshot, summary, wanted),
                         .n_slices = size->n_slices,
                         .counts_drift = TRUE,
                         .on_slice = hold_failed,
                         .on_slice_data = &blind};
    blind.stretch = &stretch;
    stretch.range.to = MIN(stretch.range.to, size->to);
    if ((size->is_again && !keep_older_half(snapshot, &stretch, error)) ||
        !read_parked(&blind, error))
        return FALSE;
    size->is_again = FALSE;
    for (;;) {
        g_autoptr(GError) local = NULL;
        for (int grain = 0; grain < TU_GRAINS; grain++)
            blind.held[grain] = G_MAXINT32;
        if (tu_stretch_write(snapshot, &stretch, note_sealed, &blind, result, &local))
            return TRUE;
        if (!tu_error_is(local, TU_ERROR_LIMIT)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        /* A later slice was: what is written is right, and is done again with another snapshot. */
        if (snapshot->txn.db == NULL) {
            *size = (TuSealingSize){stretch.n_slices, stretch.range.to, TRUE};
            return TRUE;
        }
        if (!keep_older_half(snapshot, &stretch, error))
            return FALSE;
    }
}
