#include "keep/truth.h"

#include "db/stop.h"
#include "keep/read_ranges.h"
#include "keep/rows.h"
#include "keep/stored.h"
#include "schema/source_sql.h"

/* ---- what is wanted ---- */

static gboolean
is_unbounded(const TuDateRange *range)
{
    return range->from == G_MININT32 && range->to == G_MAXINT32;
}

static TuWanted
range_of_grain(const TuDateRange *range, TuGrain grain)
{
    TuWanted wanted = {.kind = TU_WANT_RANGE, .from = range->from, .to = range->to};
    if (range->overlapping && range->from != G_MININT32 && tu_grain_is_dated(grain))
        wanted.from = tu_date_floor(grain, range->from);
    return wanted;
}

void
tu_truth_want_range(TuTally *tally, const TuSummaryModel *summary, TuDateRange range)
{
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            if (series->target[grain] < 0)
                continue;
            TuWanted *wanted = &tally->wanted[series->target[grain]];
            *wanted = range_of_grain(&range, (TuGrain)grain);
            wanted->from_source = summary->parent[grain] < 0 || !is_unbounded(&range);
        }
    }
}

static TuBucket
bucket_in_grain(TuTally *tally, guint32 tenant, TuGrain unit, TuBucket bucket, TuGrain grain)
{
    if (tu_grain_is_dated(unit))
        return tu_bucket_of_date(grain, (TuDate)bucket);
    return tu_bucket_parent(tu_tally_tenant(tally, tenant)->zone, unit, bucket, grain);
}

void
tu_truth_want_unit(TuTally *tally, const TuSourceModel *source, const TuSummaryModel *summary,
                   guint32 tenant, TuBucket unit, gboolean all_from_source)
{
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        for (int grain = 0; grain < TU_GRAINS && series->source == source; grain++) {
            if (series->target[grain] < 0)
                continue;
            guint target = (guint)series->target[grain];
            tu_tally_want(tally, target, tenant,
                          bucket_in_grain(tally, tenant, summary->unit, unit, (TuGrain)grain));
            tally->wanted[target].from_source =
                all_from_source || summary->parent[grain] < 0 || !series->is_rollable;
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
    return scan->has_tenant &&
           tu_dictionary_intern(tu_cells_dictionary(scan->tally->cells),
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
    return tu_rows_each(scan->tally->snapshot->keeper->db, sql, parameters, n, TRUE, add_row, scan,
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

static gboolean
read_source(TuTally *tally, const TuSourceModel *source, GError **error)
{
    g_autoptr(GArray) ranges = tu_read_ranges(tally, source);
    Scan scan = {tally, source, FALSE, 0};
    if (ranges->len == 0)
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

static gboolean
take_away_image(const TuValue *row, gpointer data, GError **error)
{
    const Scan *scan = data;
    guint weight_column = scan->source->expressions->len;
    return tu_tally_add(scan->tally, scan->source, row, -(int)row[weight_column].integer,
                        does_not_fold, NULL, error);
}

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

static gboolean
take_away_pending(TuTally *tally, const TuSourceModel *source, GError **error)
{
    if (!wants_some_folded(tally, source))
        return TRUE;
    TuUncounted before = tally->uncounted[source->spec->index];
    Scan scan = {tally, source, FALSE, 0};
    TuDatabase *db = tally->snapshot->keeper->db;
    g_autofree char *sql = tu_source_select_images(source, tu_database_dialect(db));
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue all[] = {tu_database_entry_value(db, 0, texts[0]),
                     tu_database_entry_value(db, G_MAXINT64, texts[1])};
    if (!tu_rows_each(db, sql, all, G_N_ELEMENTS(all), FALSE,
                      take_away_image, &scan, error))
        return FALSE;
    tally->uncounted[source->spec->index] = before;
    return TRUE;
}

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
