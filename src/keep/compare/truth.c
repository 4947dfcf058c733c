#include "keep/compare/truth.h"

#include "db/stop.h"
#include "keep/fail/bisect.h"
#include "keep/compare/read_ranges.h"
#include "keep/compare/read_source.h"
#include "keep/rows.h"
#include "keep/compare/stored.h"
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

/* Once a scan has failed (holes), rows are read in parts instead, so that the bad ones cost no
 * others. */
static gboolean
read_source(TuTally *tally, const TuSourceModel *source, GError **error)
{
    g_autoptr(GArray) ranges = tu_read_ranges(tally, source);
    if (tally->holes != NULL)
        return tu_bisect_rows(tally, source, ranges, error);
    gboolean is_ok = tu_read_source(tally, source, ranges, error);
    if (!is_ok)
        g_prefix_error(error, "source %s: ", source->spec->name);
    return is_ok;
}

/* ---- pending images ---- */

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
} Pending;

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
    const Pending *pending = data;
    guint weight_column = pending->source->expressions->len;
    return tu_tally_add(pending->tally, pending->source, row, -(int)row[weight_column].integer,
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
    Pending pending = {tally, source};
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
    if (!tu_rows_each(db, sql, all, G_N_ELEMENTS(all), FALSE, take_away_image, &pending, error))
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
