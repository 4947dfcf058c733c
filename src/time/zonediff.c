#include "time/zonediff.h"

#include "time/instant.h"

/* Buckets [from, to), as numbers: dates, or instants. */
typedef struct {
    TuBucket from, to;
} Range;

struct TuZoneDiff {
    GArray *ranges[TU_GRAINS]; /* of Range: in order, apart from each other */
    gint64 first_us,
        last_us; /* of the instants at which the clocks, or the names of hours, differ */
};

typedef struct {
    TuZoneDiff *diff;
    const TuZone *before, *after;
    gint64 from_us, to_us; /* instants of this piece: one offset in each */
    gint64 before_offset_us, after_offset_us;
} Piece;

static void
add_range(TuZoneDiff *diff, TuGrain grain, TuBucket from, TuBucket to)
{
    Range range = {from, to};
    g_array_append_val(diff->ranges[grain], range);
}

static void
note_instants(TuZoneDiff *diff, gint64 from_us, gint64 to_us)
{
    diff->first_us = MIN(diff->first_us, from_us);
    diff->last_us = MAX(diff->last_us, to_us - 1);
}

/* ---- days and longer ---- */

/*
 * Where both clocks have not yet, or both have, passed the first midnight of a period, they agree
 * on which period it is. They disagree while one has passed it and the other has not:
 *
 *   midnight of k:  [k - greater offset, k - smaller offset)
 *
 * So the periods on both sides of k are moved for every k whose interval the piece touches.
 */
static void
add_dated(const Piece *piece, TuGrain grain)
{
    gint64 least_us = MIN(piece->before_offset_us, piece->after_offset_us);
    gint64 most_us = MAX(piece->before_offset_us, piece->after_offset_us);
    TuDate first = tu_instant_local_date(piece->from_us + least_us) + 1;
    TuDate last = tu_instant_local_date(piece->to_us + most_us - 1);
    if (least_us == most_us)
        return;
    if (tu_date_floor(grain, first) != first)
        first = tu_date_next(grain, first);
    last = tu_date_floor(grain, last);
    if (first > last)
        return;
    add_range(piece->diff, grain, tu_bucket_of_date(grain, first - 1),
              (TuBucket)tu_bucket_of_date(grain, last) + 1);
}

/* ---- hours and minutes ---- */

/* At one instant, for which nothing changes until the next boundary. */
static void
compare_at(const Piece *piece, TuGrain grain, gint64 at_us, gint64 until_us)
{
    TuBucket before = tu_bucket_of(piece->before, grain, at_us, NULL);
    TuBucket after = tu_bucket_of(piece->after, grain, at_us, NULL);
    if (before == after)
        return;
    add_range(piece->diff, grain, before, before + 1);
    add_range(piece->diff, grain, after, after + 1);
    note_instants(piece->diff, at_us, until_us);
}

static gint64
next_boundary(gint64 at_us, gint64 offset_us, gint64 unit_us)
{
    return tu_instant_floor_us(at_us + offset_us, unit_us) + unit_us - offset_us;
}

/*
 * Hours of a piece begin at the same instants if the offsets differ by whole hours: then only the
 * first hour of the piece may differ, which a change of clocks cut. Else all of them do, and in the
 * first one it depends on that cut.
 */
static void
add_timed(const Piece *piece, TuGrain grain, gint64 unit_us)
{
    gint64 begun_us = MIN(piece->from_us + unit_us, piece->to_us);
    for (gint64 at_us = piece->from_us; at_us < begun_us;) {
        gint64 next_us = MIN(next_boundary(at_us, piece->before_offset_us, unit_us),
                             next_boundary(at_us, piece->after_offset_us, unit_us));
        compare_at(piece, grain, at_us, MIN(next_us, piece->to_us));
        at_us = next_us;
    }
    if ((piece->before_offset_us - piece->after_offset_us) % unit_us == 0 ||
        begun_us >= piece->to_us)
        return;
    add_range(piece->diff, grain,
              MIN(tu_bucket_of(piece->before, grain, begun_us, NULL),
                  tu_bucket_of(piece->after, grain, begun_us, NULL)),
              piece->to_us);
    note_instants(piece->diff, begun_us, piece->to_us);
}

/* ---- all of it ---- */

static void
add_piece(const Piece *piece)
{
    if (piece->before_offset_us != piece->after_offset_us)
        note_instants(piece->diff, piece->from_us, piece->to_us);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        if (tu_grain_is_dated((TuGrain)grain))
            add_dated(piece, (TuGrain)grain);
        else
            add_timed(piece, (TuGrain)grain, grain == TU_GRAIN_HOUR ? TU_HOUR_US : TU_MINUTE_US);
    }
}

static int
compare_ranges(gconstpointer a, gconstpointer b)
{
    const Range *left = a;
    const Range *right = b;
    return (left->from > right->from) - (left->from < right->from);
}

static void
put_in_order(GArray *ranges)
{
    guint kept = 0;
    g_array_sort(ranges, compare_ranges);
    for (guint i = 1; i < ranges->len; i++) {
        Range range = g_array_index(ranges, Range, i);
        Range *last = &g_array_index(ranges, Range, kept);
        if (range.from <= last->to)
            last->to = MAX(last->to, range.to);
        else
            g_array_index(ranges, Range, ++kept) = range;
    }
    g_array_set_size(ranges, MIN(kept + 1, ranges->len));
}

TuZoneDiff *
tu_zone_diff_new(const TuZone *before, const TuZone *after)
{
    TuZoneDiff *diff = g_new0(TuZoneDiff, 1);
    guint b = 0;
    guint a = 0;
    diff->first_us = G_MAXINT64;
    diff->last_us = G_MININT64;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        diff->ranges[grain] = g_array_new(FALSE, FALSE, sizeof(Range));
    while (b < tu_zone_segments(before) && a < tu_zone_segments(after)) {
        TuZoneSegment left = tu_zone_segment(before, b);
        TuZoneSegment right = tu_zone_segment(after, a);
        Piece piece = {diff,
                       before,
                       after,
                       MAX(MAX(left.start_us, right.start_us), TU_INSTANT_LEAST_US),
                       MIN(MIN(left.end_us, right.end_us), TU_INSTANT_GREATEST_US + 1),
                       left.offset_us,
                       right.offset_us};
        if (piece.from_us < piece.to_us)
            add_piece(&piece);
        b += left.end_us <= right.end_us;
        a += right.end_us <= left.end_us;
    }
    for (int grain = 0; grain < TU_GRAINS; grain++)
        put_in_order(diff->ranges[grain]);
    return diff;
}

void
tu_zone_diff_free(TuZoneDiff *diff)
{
    if (diff == NULL)
        return;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        g_array_unref(diff->ranges[grain]);
    g_free(diff);
}

/* The first range that ends after `bucket`; NULL: none does. */
static const Range *
range_after(const TuZoneDiff *diff, TuGrain grain, TuBucket bucket)
{
    const GArray *ranges = diff->ranges[grain];
    guint low = 0;
    guint high = ranges->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(ranges, Range, middle).to <= bucket)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->len ? &g_array_index(ranges, Range, low) : NULL;
}

gboolean
tu_zone_diff_holds(const TuZoneDiff *diff, TuGrain grain, TuBucket bucket)
{
    const Range *range = range_after(diff, grain, bucket);
    return range != NULL && range->from <= bucket;
}

gboolean
tu_zone_diff_begins_in(const TuZoneDiff *diff, TuGrain grain, TuDate from, TuDate to)
{
    const Range *range = range_after(diff, grain, from);
    return from < to && range != NULL && range->from < to;
}

/* A clock is less than two days off from UTC. */
#define CLOCK_DAYS 2

gboolean
tu_zone_diff_dates(const TuZoneDiff *diff, TuDate *ret_from, TuDate *ret_to)
{
    if (diff->first_us > diff->last_us)
        return FALSE;
    *ret_from = MAX(tu_instant_local_date(diff->first_us) - CLOCK_DAYS, TU_DATE_LEAST);
    *ret_to = MIN(tu_instant_local_date(diff->last_us) + CLOCK_DAYS, TU_DATE_GREATEST) + 1;
    return TRUE;
}
