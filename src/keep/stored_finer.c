/*
 * Stored finer cells that coarser ones are made from: one late row costs an hour of one tenant and
 * the stored hours of its day, not the rows of its month.
 */
#include "keep/rows.h"
#include "keep/stored.h"
#include "time/instant.h"

typedef struct {
    TuTally *tally;
    const TuSummaryTable *finer;
    TuGrain grain; /* of the coarser cells */
    const TuNamedBucket *only; /* the coarser bucket being read; others' rows are read for them */
    gboolean cannot_roll_up;
} Rolling;

static gboolean
add_finer(const TuValue *row, gpointer data, GError **error)
{
    Rolling *rolling = data;
    TuTally *tally = rolling->tally;
    guint32 dimensions[TU_DIMENSIONS_LIMIT];
    TuStoredCell stored;
    tu_stored_read_key(tally, rolling->finer, row, dimensions, &stored);
    const TuZone *zone = tu_tally_tenant(tally, stored.tenant)->zone;
    if (stored.series == NULL || !stored.has_bucket || zone == NULL)
        return TRUE;
    guint coarse = (guint)stored.series->target[rolling->grain];
    TuBucket bucket = tu_bucket_parent(zone, rolling->finer->grain, stored.bucket, rolling->grain);
    gboolean is_others = rolling->only != NULL && rolling->only->bucket != bucket;
    if (is_others || tally->wanted[coarse].from_source ||
        !tu_tally_wants(tally, coarse, stored.tenant, bucket) ||
        tu_tally_wants(tally, (guint)stored.target, stored.tenant, stored.bucket))
        return TRUE;
    const TuLayout *layout = stored.series->layout;
    g_autofree TuCell *finer = g_malloc0(layout->cell_bytes);
    if (!tu_stored_into_cell(tally, (guint)stored.target, row, finer)) {
        rolling->cannot_roll_up = TRUE;
        return TRUE;
    }
    TuCellTable *table = tu_cells_table(tally->cells, coarse);
    tu_cell_merge(table, tu_cell_table_get(table, stored.tenant, bucket, dimensions), finer, 1);
    return TRUE;
}

/* The finer rows between two bounds, of one tenant (or of all). */
static gboolean
read_between(Rolling *rolling, gboolean by_tenant, guint32 tenant, const TuValue *bounds,
             GError **error)
{
    TuDatabase *db = rolling->tally->snapshot->keeper->db;
    by_tenant = by_tenant && rolling->finer->summary->spec->has_tenant;
    g_autofree char *sql = tu_summary_table_select_range(rolling->finer, by_tenant);
    TuValue parameters[3];
    parameters[0] = tu_dictionary_value(tu_cells_dictionary(rolling->tally->cells), tenant);
    parameters[1] = bounds[0];
    parameters[2] = bounds[1];
    return tu_rows_each(db, sql, parameters + !by_tenant, by_tenant ? 3 : 2, FALSE, add_finer,
                        rolling, error);
}

/* The finer buckets of the dates [from, to). */
static gboolean
read_dates(Rolling *rolling, gboolean by_tenant, guint32 tenant, TuDate from, TuDate to,
           GError **error)
{
    char texts[2][TU_INSTANT_TEXT_BYTES];
    TuValue bounds[2];
    tu_stored_bucket_bounds(rolling->tally->snapshot->keeper->db, rolling->finer, from, to,
                            texts[0], texts[1], bounds);
    return read_between(rolling, by_tenant, tenant, bounds, error);
}

/* The finer buckets of one coarser bucket: of its dates, or the minutes of an hour. */
static gboolean
read_bucket(Rolling *rolling, const TuNamedBucket *named, GError **error)
{
    TuDate from = (TuDate)named->bucket;
    rolling->only = named;
    if (tu_grain_is_dated(rolling->grain))
        return read_dates(rolling, TRUE, named->tenant, from, tu_date_next(rolling->grain, from),
                          error);
    const TuDatabase *db = rolling->tally->snapshot->keeper->db;
    char texts[2][TU_INSTANT_TEXT_BYTES];
    TuValue bounds[] = {
        tu_database_bucket_value(db, rolling->finer->grain, named->bucket, texts[0]),
        tu_database_bucket_value(db, rolling->finer->grain, named->bucket + TU_HOUR_US, texts[1]),
    };
    return read_between(rolling, TRUE, named->tenant, bounds, error);
}

/* All coarser buckets that are named, of all series: each is read once. */
static gboolean
roll_named(Rolling *rolling, const TuSummaryModel *summary, GError **error)
{
    g_autoptr(GHashTable) wanted =
        g_hash_table_new(tu_named_bucket_hash, tu_named_bucket_equal);
    GHashTableIter iter;
    gpointer key;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const TuWanted *own = &rolling->tally->wanted[series->target[rolling->grain]];
        if (own->from_source || own->set == NULL)
            continue;
        g_hash_table_iter_init(&iter, own->set);
        while (g_hash_table_iter_next(&iter, &key, NULL))
            g_hash_table_add(wanted, key);
    }
    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (!read_bucket(rolling, key, error))
            return FALSE;
    }
    return TRUE;
}

/* The coarser buckets of a range, up to the end of its last. */
static gboolean
roll_range(Rolling *rolling, const TuWanted *coarse, GError **error)
{
    TuDate to = coarse->to;
    if (to < TU_DATE_GREATEST && tu_grain_is_dated(rolling->grain))
        to = tu_date_next(rolling->grain, tu_date_floor(rolling->grain, to - 1));
    rolling->only = NULL;
    return read_dates(rolling, FALSE, 0, coarse->from, to, error);
}

static gboolean
roll_table(TuTally *tally, const TuSummaryModel *summary, TuGrain grain,
           gboolean *ret_cannot_roll_up, GError **error)
{
    TuGrain parent = (TuGrain)summary->parent[grain];
    Rolling rolling = {tally, summary->tables[parent], grain, NULL, FALSE};
    gboolean has_named = FALSE;
    const TuWanted *ranged = NULL;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const TuWanted *coarse = &tally->wanted[series->target[grain]];
        has_named = has_named || (!coarse->from_source && coarse->kind == TU_WANT_SET);
        if (!coarse->from_source && coarse->kind == TU_WANT_RANGE &&
            (coarse->from != G_MININT32 || coarse->to != G_MAXINT32))
            ranged = coarse;
    }
    if ((has_named && !roll_named(&rolling, summary, error)) ||
        (ranged != NULL && !roll_range(&rolling, ranged, error)))
        return FALSE;
    *ret_cannot_roll_up = *ret_cannot_roll_up || rolling.cannot_roll_up;
    return TRUE;
}

gboolean
tu_stored_add_finer(TuTally *tally, gboolean *ret_cannot_roll_up, GError **error)
{
    const TuGroup *group = tally->snapshot->group;
    *ret_cannot_roll_up = FALSE;
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL && summary->parent[grain] >= 0 &&
                !roll_table(tally, summary, (TuGrain)grain, ret_cannot_roll_up, error))
                return FALSE;
    }
    return TRUE;
}
