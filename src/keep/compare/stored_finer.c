/*
 * Stored finer cells that coarser ones are made from: one late row costs an hour of one tenant and
 * the stored hours of its day, not the rows of its month.
 */
#include "keep/rows.h"
#include "keep/compare/stored.h"
#include "time/instant.h"

/* One statement reads the finer cells of so many coarser buckets. */
#define BUCKETS_AT_ONCE 100

typedef struct {
    TuTally *tally;
    const TuSummaryTable *finer;
    TuGrain grain;    /* of the coarser cells */
    GHashTable *only; /* the coarser buckets being read (TuNamedBucket); others' rows are read for
                       * them; NULL: all */
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
    TuNamedBucket named = {stored.tenant, bucket};
    gboolean is_others = rolling->only != NULL && !g_hash_table_contains(rolling->only, &named);
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

/* The finer buckets of the dates [from, to), of all tenants. */
static gboolean
read_dates(Rolling *rolling, TuDate from, TuDate to, GError **error)
{
    TuDatabase *db = rolling->tally->snapshot->keeper->db;
    g_autofree char *sql = tu_summary_table_select_range(rolling->finer, FALSE);
    char texts[2][TU_INSTANT_TEXT_BYTES];
    TuValue bounds[2];
    tu_stored_bucket_bounds(db, rolling->finer, from, to, texts[0], texts[1], bounds);
    return tu_rows_each(db, sql, bounds, G_N_ELEMENTS(bounds), FALSE, add_finer, rolling, error);
}

/* The hours or minutes of a tenant's dates: no more than its clock has in them. */
static void
bounds_by_clock(const Rolling *rolling, const TuZone *zone, TuDate from, TuDate to,
                char (*texts)[TU_INSTANT_TEXT_BYTES], TuValue *ret_bounds)
{
    const TuDatabase *db = rolling->tally->snapshot->keeper->db;
    gint64 from_us = 0;
    gint64 to_us = 0;
    tu_bucket_envelope(zone, from, to, &from_us, &to_us);
    ret_bounds[0] = tu_database_bucket_value(db, rolling->finer->grain, from_us, texts[0]);
    ret_bounds[1] = tu_database_bucket_value(db, rolling->finer->grain, to_us, texts[1]);
}

/* Where the finer buckets of a coarser one lie: in its dates, or the minutes of an hour. The first
 * and the last date there are hold what lies outside too. */
static void
bounds_of(const Rolling *rolling, const TuNamedBucket *named, char (*texts)[TU_INSTANT_TEXT_BYTES],
          TuValue *ret_bounds)
{
    const TuDatabase *db = rolling->tally->snapshot->keeper->db;
    const TuZone *zone = tu_tally_tenant(rolling->tally, named->tenant)->zone;
    TuGrain finer = rolling->finer->grain;
    if (!tu_grain_is_dated(rolling->grain)) {
        ret_bounds[0] = tu_database_bucket_value(db, finer, named->bucket, texts[0]);
        ret_bounds[1] = tu_database_bucket_value(db, finer, named->bucket + TU_HOUR_US, texts[1]);
        return;
    }
    TuDate from = (TuDate)named->bucket;
    TuDate to = tu_date_next(rolling->grain, from);
    gboolean has_edge = from <= TU_DATE_LEAST + 1 || to >= TU_DATE_GREATEST - 1;
    if (zone == NULL || has_edge || tu_grain_is_dated(finer))
        tu_stored_bucket_bounds(db, rolling->finer, from, to, texts[0], texts[1], ret_bounds);
    else
        bounds_by_clock(rolling, zone, from, to, texts, ret_bounds);
}

/* Those of some coarser buckets; a row is given once, in however many of the ranges it lies. */
static gboolean
read_buckets(Rolling *rolling, GHashTable *buckets, GError **error)
{
    TuDatabase *db = rolling->tally->snapshot->keeper->db;
    gboolean by_tenant = rolling->finer->summary->spec->has_tenant;
    char texts[BUCKETS_AT_ONCE][2][TU_INSTANT_TEXT_BYTES];
    TuValue parameters[BUCKETS_AT_ONCE * 3];
    guint n_buckets = g_hash_table_size(buckets);
    guint n = 0;
    guint i = 0;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, buckets);
    for (; g_hash_table_iter_next(&iter, &key, NULL); i++) {
        const TuNamedBucket *named = key;
        if (by_tenant)
            parameters[n++] =
                tu_dictionary_value(tu_cells_dictionary(rolling->tally->cells), named->tenant);
        bounds_of(rolling, named, texts[i], parameters + n);
        n += 2;
    }
    g_autofree char *sql = tu_summary_table_select_ranges(rolling->finer, by_tenant, n_buckets);
    rolling->only = buckets;
    return tu_rows_each(db, sql, parameters, n, FALSE, add_finer, rolling, error);
}

/* All coarser buckets that are named, of all series: each is read once. */
static gboolean
roll_named(Rolling *rolling, const TuSummaryModel *summary, GError **error)
{
    g_autoptr(GHashTable) wanted = g_hash_table_new(tu_named_bucket_hash, tu_named_bucket_equal);
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
    g_autoptr(GHashTable) some = g_hash_table_new(tu_named_bucket_hash, tu_named_bucket_equal);
    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_hash_table_add(some, key);
        if (g_hash_table_size(some) < BUCKETS_AT_ONCE)
            continue;
        if (!read_buckets(rolling, some, error))
            return FALSE;
        g_hash_table_remove_all(some);
    }
    return g_hash_table_size(some) == 0 || read_buckets(rolling, some, error);
}

/* The coarser buckets of a range, up to the end of its last. Finer ones that are counted anew are
 * not read: as a rule all but those after the range. */
static gboolean
roll_range(Rolling *rolling, const TuWanted *coarse, const TuWanted *finer, GError **error)
{
    TuDate from = coarse->from;
    TuDate to = coarse->to;
    if (to < TU_DATE_GREATEST && tu_grain_is_dated(rolling->grain))
        to = tu_date_next(rolling->grain, tu_date_floor(rolling->grain, to - 1));
    if (finer->kind == TU_WANT_RANGE && finer->from <= from)
        from = MAX(from, finer->to);
    rolling->only = NULL;
    return from >= to || read_dates(rolling, from, to, error);
}

static gboolean
roll_table(TuTally *tally, const TuSummaryModel *summary, TuGrain grain,
           gboolean *ret_cannot_roll_up, GError **error)
{
    TuGrain parent = (TuGrain)summary->parent[grain];
    Rolling rolling = {tally, summary->tables[parent], grain, NULL, FALSE};
    gboolean has_named = FALSE;
    const TuWanted *ranged = NULL;
    const TuWanted *ranged_finer = NULL;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const TuWanted *coarse = &tally->wanted[series->target[grain]];
        has_named = has_named || (!coarse->from_source && coarse->kind == TU_WANT_SET);
        if (!coarse->from_source && coarse->kind == TU_WANT_RANGE &&
            (coarse->from != G_MININT32 || coarse->to != G_MAXINT32)) {
            ranged = coarse;
            ranged_finer = &tally->wanted[series->target[parent]];
        }
    }
    if ((has_named && !roll_named(&rolling, summary, error)) ||
        (ranged != NULL && !roll_range(&rolling, ranged, ranged_finer, error)))
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
