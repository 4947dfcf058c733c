#include "keep/truth.h"

#include "db/stop.h"
#include "keep/bisect.h"
#include "keep/read_ranges.h"
#include "keep/rows.h"
#include "keep/stored.h"
#include "schema/source_sql.h"

/* ---- what is wanted ---- */

/* All history: nothing of a coarse bucket lies outside, so finer cells that are counted here make
 * it. */
static gboolean
is_unbounded(const TuDateRange *range)
{
    return range->from == G_MININT32 && range->to == G_MAXINT32;
}

/* The dates before which no bucket of the grain is written: all of them, or only those removed. */
static TuDate
written_from(const TuTally *tally, const TuSummaryModel *summary, TuGrain grain)
{
    const TuBoundaries *boundaries = tally->snapshot->boundaries;
    return tally->writes_sealed ? tu_boundary_of(boundaries, summary, grain).removed_below
                                : tu_boundary_written_from(boundaries, summary, grain);
}

/* What of the range is wanted at the grain. A stretch may ask for buckets that begin before it and
 * reach into it (overlapping); new rules of a zone move only some (moved). */
static TuWanted
range_of_grain(const TuTally *tally, const TuSummaryModel *summary, const TuDateRange *range,
               TuGrain grain)
{
    static const TuWanted nothing = {.kind = TU_WANT_NONE};
    TuWanted wanted = {.kind = TU_WANT_RANGE, .from = range->from, .to = range->to};
    if (range->overlapping && range->from != G_MININT32 && tu_grain_is_dated(grain))
        wanted.from = tu_date_floor(grain, range->from);
    if (range->since != NULL)
        wanted.from = MAX(wanted.from, range->since[grain]);
    wanted.from = MAX(wanted.from, written_from(tally, summary, grain));
    if (tally->moved != NULL && tu_grain_is_dated(grain) &&
        !tu_zone_diff_begins_in(tally->moved, grain, wanted.from, wanted.to))
        return nothing;
    return wanted.from < wanted.to ? wanted : nothing;
}

/* TRUE if coarser cells from that date on cannot be made from the finer ones: some of those were
 * removed, or are sealed and no longer what the source has; or they are cut by older rules. */
static gboolean
has_no_finer(const TuTally *tally, const TuSummaryModel *summary, TuGrain grain, TuDate from)
{
    int finer = summary->parent[grain];
    return finer < 0 || tu_snapshot_is_rezoning(tally->snapshot, summary) ||
           from < tu_boundary_written_from(tally->snapshot->boundaries, summary, (TuGrain)finer);
}

/* TRUE if stored finer cells may stand for what of the grain's buckets lies outside the range. */
static gboolean
may_roll_up(const TuDateRange *range, TuGrain grain)
{
    if (!range->rolls_up || range->stored_to == G_MAXINT32 || !tu_grain_is_dated(grain))
        return range->rolls_up;
    return range->to < TU_DATE_GREATEST &&
           tu_date_next(grain, tu_date_floor(grain, range->to - 1)) <= range->stored_to;
}

/* Where a grain is not read from the source, tu_tally_roll_up makes it: what of a coarse bucket
 * lies outside the range comes from stored finer cells, if those are exact. */
void
tu_truth_want_range(TuTally *tally, const TuSummaryModel *summary, TuDateRange range)
{
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            if (series->target[grain] < 0 || series->problem != NULL)
                continue;
            TuWanted *wanted = &tally->wanted[series->target[grain]];
            *wanted = range_of_grain(tally, summary, &range, (TuGrain)grain);
            wanted->from_source = wanted->kind != TU_WANT_NONE &&
                                  (has_no_finer(tally, summary, (TuGrain)grain, wanted->from) ||
                                   (!is_unbounded(&range) &&
                                    !(may_roll_up(&range, (TuGrain)grain) && series->is_rollable)));
        }
    }
}

/* The bucket of a grain that a pending unit lies in: a date has no clock, an hour has its
 * tenant's. */
static TuBucket
bucket_in_grain(TuTally *tally, guint32 tenant, TuGrain unit, TuBucket bucket, TuGrain grain)
{
    if (tu_grain_is_dated(unit))
        return tu_bucket_of_date(grain, (TuDate)bucket);
    return tu_bucket_parent(tu_tally_tenant(tally, tenant)->zone, unit, bucket, grain);
}

void
tu_truth_want_unit(TuTally *tally, const TuUnit *unit, TuUnitManner manner)
{
    const TuSummaryModel *summary = unit->summary;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        if (series->source != unit->source || series->problem != NULL ||
            (manner.only_unfolded && series->is_foldable))
            continue;
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            if (series->target[grain] < 0)
                continue;
            guint target = (guint)series->target[grain];
            TuBucket bucket =
                bucket_in_grain(tally, unit->tenant, summary->unit, unit->unit, (TuGrain)grain);
            TuDate date = tu_tally_bucket_date(tally, (TuGrain)grain, unit->tenant, bucket);
            if (date < written_from(tally, summary, (TuGrain)grain))
                continue;
            tu_tally_want(tally, target, unit->tenant, bucket);
            /* One bucket that needs the source has all of them read from it. Without capture finer
             * cells may be older than what is known of the coarser one (refresh: window). */
            if (manner.all_from_source || !series->is_rollable || !series->source->captures ||
                has_no_finer(tally, summary, (TuGrain)grain, date))
                tally->wanted[target].from_source = TRUE;
        }
    }
}

/* ---- rows of the source ---- */

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    gboolean has_tenant; /* only this tenant's rows are wanted */
    guint32 tenant;
} Scan;

/* A column's collation may find more tenants equal than there are ('JFK' and 'jfk' under NOCASE):
 * each is read for itself. */
static gboolean
is_others(const Scan *scan, const TuValue *row)
{
    return scan->has_tenant && tu_dictionary_intern(tu_cells_dictionary(scan->tally->cells),
                                                    row[scan->source->tenant]) != scan->tenant;
}

static gboolean
add_row(const TuValue *row, gpointer data, GError **error)
{
    const Scan *scan = data;
    if (is_others(scan, row))
        return TRUE;
    return tu_tally_add(scan->tally, scan->source, row, 1, NULL, NULL, error);
}

/* The same for many rows: those of other tenants lie between. */
static gboolean
add_rows(const TuRows *rows, gpointer data, GError **error)
{
    const Scan *scan = data;
    tu_keeper_beat(scan->tally->snapshot->keeper);
    if (!scan->has_tenant)
        return tu_tally_add_rows(scan->tally, scan->source, rows, error);
    for (guint i = 0; i < rows->n; i++) {
        TuRows own = {tu_rows_at(rows, i), 0, rows->n_columns};
        for (; i < rows->n && !is_others(scan, tu_rows_at(rows, i)); i++)
            own.n++;
        if (own.n > 0 && !tu_tally_add_rows(scan->tally, scan->source, &own, error))
            return FALSE;
    }
    return TRUE;
}

/* One range goes by the driver's scan, which may be a COPY of millions of rows. */
static gboolean
read_whole_range(Scan *scan, const TuReadRange *range, GError **error)
{
    TuTimeBounds bounds;
    gboolean is_bounded = range->time.from_us != G_MININT64 || range->time.to_us != G_MAXINT64;
    TuScanFilter filter = {.by_tenant = range->has_tenant && scan->source->tenant >= 0,
                           .by_time = is_bounded};
    g_autofree char *sql = tu_source_select_rows(scan->source, filter);
    TuValue parameters[3];
    guint n = 0;
    tu_source_time_bounds(scan->source, &range->time, &bounds);
    scan->has_tenant = filter.by_tenant;
    scan->tenant = range->tenant;
    if (filter.by_tenant)
        parameters[n++] =
            tu_dictionary_value(tu_cells_dictionary(scan->tally->cells), range->tenant);
    if (filter.by_time) {
        parameters[n++] = bounds.from;
        parameters[n++] = bounds.to;
    }
    return tu_rows_scan(scan->tally->snapshot->keeper->db, sql, parameters, n, add_rows, scan,
                        error);
}

/* Many small ranges of single tenants, through one prepared statement. */
static gboolean
read_small_ranges(Scan *scan, GArray *ranges, GError **error)
{
    TuScanFilter filter = {.by_tenant = scan->source->tenant >= 0, .by_time = TRUE};
    g_autofree char *sql = tu_source_select_rows(scan->source, filter);
    g_autoptr(TuStatement) statement = NULL;
    if (!tu_database_prepare(scan->tally->snapshot->keeper->db, sql, &statement, error))
        return FALSE;
    for (guint i = 0; i < ranges->len; i++) {
        const TuReadRange *range = &g_array_index(ranges, TuReadRange, i);
        TuTimeBounds bounds;
        TuValue parameters[3];
        guint n = 0;
        tu_source_time_bounds(scan->source, &range->time, &bounds);
        scan->has_tenant = filter.by_tenant;
        scan->tenant = range->tenant;
        if (filter.by_tenant)
            parameters[n++] =
                tu_dictionary_value(tu_cells_dictionary(scan->tally->cells), range->tenant);
        parameters[n++] = bounds.from;
        parameters[n++] = bounds.to;
        if (!tu_rows_each_of(statement, parameters, n, add_row, scan, error))
            return FALSE;
    }
    return TRUE;
}

/* Once a scan has failed (holes), rows are read in parts instead, so that the bad ones cost no
 * others. */
static gboolean
read_source(TuTally *tally, const TuSourceModel *source, GError **error)
{
    g_autoptr(GArray) ranges = tu_read_ranges(tally, source);
    Scan scan = {tally, source, FALSE, 0};
    for (guint i = 0; i < ranges->len && tally->holes != NULL; i++)
        if (!tu_bisect_rows(tally, source, &g_array_index(ranges, TuReadRange, i), error))
            return FALSE;
    if (ranges->len == 0 || tally->holes != NULL)
        return TRUE;
    gboolean is_ok = ranges->len == 1
                         ? read_whole_range(&scan, &g_array_index(ranges, TuReadRange, 0), error)
                         : read_small_ranges(&scan, ranges, error);
    if (!is_ok)
        g_prefix_error(error, "source %s: ", source->spec->name);
    return is_ok;
}

/* ---- pending images ---- */

static gboolean
does_not_fold(const TuSeriesModel *series, gpointer data)
{
    return !series->is_foldable;
}

/* An image with its weight turned round: the cell is then what it was before the entry was
 * written. */
static gboolean
take_away_image(const TuValue *row, gpointer data, GError **error)
{
    const Scan *scan = data;
    guint weight_column = scan->source->expressions->len;
    return tu_tally_add(scan->tally, scan->source, row, -(int)row[weight_column].integer,
                        does_not_fold, NULL, error);
}

/* Only series that fold keep stored + pending = truth; the others' cells are the truth itself
 * (I-1). */
static gboolean
wants_some_folded(const TuTally *tally, const TuSourceModel *source)
{
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        for (int grain = 0; grain < TU_GRAINS && series->is_foldable; grain++)
            if (series->target[grain] >= 0 &&
                tally->wanted[series->target[grain]].kind != TU_WANT_NONE)
                return TRUE;
    }
    return FALSE;
}

/* All entries of the log that the snapshot sees, not only a batch: each is still to be folded. The
 * counts of rows without a place are restored, for those were counted as rows already. */
static gboolean
take_away_pending(TuTally *tally, const TuSourceModel *source, GError **error)
{
    if (!wants_some_folded(tally, source))
        return TRUE;
    TuUncounted before = tally->uncounted[source->spec->index];
    Scan scan = {tally, source, FALSE, 0};
    if (tally->holes != NULL) {
        gboolean is_ok = tu_bisect_images(tally, source, error);
        tally->uncounted[source->spec->index] = before;
        return is_ok;
    }
    TuDatabase *db = tally->snapshot->keeper->db;
    g_autofree char *sql = tu_source_select_images(source, tu_database_dialect(db));
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue all[] = {tu_database_entry_value(db, 0, texts[0]),
                     tu_database_entry_value(db, G_MAXINT64, texts[1])};
    if (!tu_rows_each(db, sql, all, G_N_ELEMENTS(all), FALSE, take_away_image, &scan, error))
        return FALSE;
    tally->uncounted[source->spec->index] = before;
    return TRUE;
}

/* The order matters: images are taken from cells that are read, finer cells are added before they
 * are rolled up, and only whole cells are checked. */
gboolean
tu_truth_count(TuTally *tally, gboolean *ret_cannot_roll_up, GError **error)
{
    const TuGroup *group = tally->snapshot->group;
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        if (!read_source(tally, source, error) || !take_away_pending(tally, source, error))
            return FALSE;
    }
    if (!tu_stored_add_finer(tally, ret_cannot_roll_up, error))
        return FALSE;
    tu_tally_roll_up(tally);
    tu_tally_check(tally);
    return tu_stop("cells.computed", error);
}
