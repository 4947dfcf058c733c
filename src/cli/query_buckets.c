/*
 * Which grain a query shows, from which table it is read, and which buckets a range has.
 */
#include "cli/query.h"
#include "time/instant.h"

gboolean
tu_query_base_grain(guint stored, TuGrain wanted, TuGrain *ret_base)
{
    for (int grain = (int)wanted; grain >= 0; grain--)
        if ((stored & (1u << grain)) != 0 && tu_grain_nests((TuGrain)grain, wanted)) {
            *ret_base = (TuGrain)grain;
            return TRUE;
        }
    return FALSE;
}

TuGrain
tu_query_default_grain(guint stored, gint64 n_days)
{
    static const struct {
        gint64 up_to_days;
        TuGrain grain;
    } preferred[] = {{14, TU_GRAIN_DAY}, {62, TU_GRAIN_WEEK}, {G_MAXINT64, TU_GRAIN_MONTH}};
    guint i = 0;
    TuGrain base;
    while (n_days > preferred[i].up_to_days)
        i++;
    for (int apart = 0; apart < TU_GRAINS; apart++) {
        const int candidates[] = {(int)preferred[i].grain - apart, (int)preferred[i].grain + apart};
        for (guint c = 0; c < G_N_ELEMENTS(candidates); c++)
            if (candidates[c] >= 0 && candidates[c] < TU_GRAINS &&
                tu_query_base_grain(stored, (TuGrain)candidates[c], &base))
                return (TuGrain)candidates[c];
    }
    g_assert_not_reached(); /* a summary has a grain, and a grain nests in itself */
}

/* ---- buckets ---- */

static gboolean
has_date(const TuZone *zone, TuDate date)
{
    gint64 from_us, to_us;
    if (zone == NULL)
        return TRUE;
    tu_bucket_envelope(zone, date, date + 1, &from_us, &to_us);
    return from_us < to_us;
}

static void
add_dated(GArray *buckets, const TuZone *zone, TuGrain grain, TuDate from, TuDate to)
{
    for (TuDate date = (TuDate)tu_bucket_of_date(grain, from); date <= to;
         date = tu_date_next(grain, date)) {
        TuBucket bucket = date;
        if (grain != TU_GRAIN_DAY || has_date(zone, date))
            g_array_append_val(buckets, bucket);
    }
}

static int
compare_buckets(gconstpointer a, gconstpointer b)
{
    TuBucket left = *(const TuBucket *)a;
    TuBucket right = *(const TuBucket *)b;
    return (left > right) - (left < right);
}

/* Goes through the instants of the dates from one edge to the next: where the wall clock reaches a
 * full hour (minute), or its offset changes. Between two edges all is one bucket. */
static void
add_instants(GArray *buckets, const TuZone *zone, TuGrain grain, TuDate from, TuDate to)
{
    const gint64 unit_us = grain == TU_GRAIN_HOUR ? TU_HOUR_US : TU_MINUTE_US;
    gint64 at_us, end_us;
    tu_bucket_envelope(zone, from, to + 1, &at_us, &end_us);
    at_us = MAX(at_us, TU_INSTANT_LEAST_US);
    end_us = MIN(end_us, TU_INSTANT_GREATEST_US);
    while (at_us < end_us) {
        TuZoneSegment segment = tu_zone_segment(zone, tu_zone_segment_of(zone, at_us, NULL));
        TuBucket bucket = tu_bucket_of(zone, grain, at_us, NULL);
        TuDate date = tu_bucket_date(zone, grain, bucket);
        if (date >= from && date <= to)
            g_array_append_val(buckets, bucket);
        gint64 local_us = at_us + segment.offset_us;
        gint64 next_us = tu_instant_floor_us(local_us, unit_us) + unit_us - segment.offset_us;
        at_us = MIN(next_us, segment.end_us);
    }
}

/* A bucket that a clock change cuts in two is met twice. */
static void
remove_repeats(GArray *buckets)
{
    guint n = 0;
    g_array_sort(buckets, compare_buckets);
    for (guint i = 0; i < buckets->len; i++) {
        TuBucket bucket = g_array_index(buckets, TuBucket, i);
        if (n == 0 || g_array_index(buckets, TuBucket, n - 1) != bucket)
            g_array_index(buckets, TuBucket, n++) = bucket;
    }
    g_array_set_size(buckets, n);
}

GArray *
tu_query_buckets(const TuZone *zone, TuGrain grain, TuDate from, TuDate to)
{
    GArray *buckets = g_array_new(FALSE, FALSE, sizeof(TuBucket));
    if (tu_grain_is_dated(grain)) {
        add_dated(buckets, zone, grain, from, to);
    } else {
        g_assert(zone != NULL);
        add_instants(buckets, zone, grain, from, to);
        remove_repeats(buckets);
    }
    return buckets;
}
