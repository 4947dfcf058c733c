#include "time/bucket.h"

#include <string.h>

#include "time/instant.h"

/* "YYYY-MM-DDTHH:MM:SSZ" */
#define HOUR_TEXT_LENGTH 20

/*
 * The first instant with the local date, hour (minute) and offset that `at_us` has; at_us lies in
 * the segment numbered `index`.
 *
 * With one offset, a local hour is one interval of UTC, [floor_us, floor_us + unit). The bucket is
 * that interval less what other offsets take out of it, so its first instant is where the earliest
 * segment of the same offset enters the interval. Nearly always the floor itself lies in the
 * segment, and there is nothing to walk.
 */
static gint64
first_instant(const TuZone *zone, guint index, gint64 floor_us)
{
    TuZoneSegment segment = tu_zone_segment(zone, index);
    gint64 first_us = MAX(floor_us, segment.start_us);
    gint64 offset_us = segment.offset_us;

    while (segment.start_us > floor_us) {
        segment = tu_zone_segment(zone, --index);
        if (segment.offset_us == offset_us)
            first_us = MAX(floor_us, segment.start_us);
    }
    return first_us;
}

TuBucket
tu_bucket_of(const TuZone *zone, TuGrain grain, gint64 at_us, guint *hint)
{
    gint64 within_us = CLAMP(at_us, TU_INSTANT_LEAST_US, TU_INSTANT_GREATEST_US);
    guint index = tu_zone_segment_of(zone, within_us, hint);
    gint64 offset_us = tu_zone_segment(zone, index).offset_us;
    gint64 local_us = within_us + offset_us;
    gint64 floor_us;

    if (tu_grain_is_dated(grain))
        return tu_bucket_of_date(grain, tu_instant_local_date(local_us));

    floor_us = grain == TU_GRAIN_HOUR ? tu_instant_floor_us(local_us, TU_HOUR_US)
                                      : tu_instant_floor_us(local_us, TU_MINUTE_US);
    return MAX(first_instant(zone, index, floor_us - offset_us), TU_INSTANT_LEAST_US);
}

/* The first week begins before 0000-01-01, where text ends; it is cut there. */
TuBucket
tu_bucket_of_date(TuGrain grain, TuDate date)
{
    TuDate first = tu_date_floor(grain, CLAMP(date, TU_DATE_LEAST, TU_DATE_GREATEST));

    return MAX(first, TU_DATE_LEAST);
}

TuDate
tu_bucket_date(const TuZone *zone, TuGrain grain, TuBucket bucket)
{
    if (tu_grain_is_dated(grain))
        return (TuDate)bucket;
    return (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, bucket, NULL);
}

TuBucket
tu_bucket_parent(const TuZone *zone, TuGrain fine, TuBucket bucket, TuGrain coarse)
{
    if (tu_grain_is_dated(fine))
        return tu_bucket_of_date(coarse, (TuDate)bucket);
    return tu_bucket_of(zone, coarse, bucket, NULL);
}

/* The instant after the last one at which the wall clock shows a date before `date`. No offset is
 * still before midnight once the least offset has reached it; from there back the last segment that
 * ends before midnight, or gets there, has the answer. */
static gint64
end_of_before(const TuZone *zone, TuDate date)
{
    gint64 midnight_us = date * TU_DAY_US, least_us, greatest_us;
    guint index;

    tu_zone_offset_bounds_us(zone, &least_us, &greatest_us);
    index = tu_zone_segment_of(zone, midnight_us - least_us, NULL);
    for (;; index--) {
        TuZoneSegment segment = tu_zone_segment(zone, index);
        gint64 left_us = MIN(segment.end_us, midnight_us - segment.offset_us);

        if (left_us > segment.start_us)
            return left_us;
    }
}

void
tu_bucket_envelope(const TuZone *zone, TuDate from, TuDate to, gint64 *ret_from_us,
                   gint64 *ret_to_us)
{
    /* The first and the last date hold everything beyond them, as in tu_bucket_of. */
    gint64 from_us = from <= TU_DATE_LEAST     ? G_MININT64
                     : from > TU_DATE_GREATEST ? G_MAXINT64
                                               : tu_zone_reaches_local_us(zone, from * TU_DAY_US);
    gint64 to_us = to <= TU_DATE_LEAST     ? G_MININT64
                   : to > TU_DATE_GREATEST ? G_MAXINT64
                                           : end_of_before(zone, to);

    *ret_from_us = from_us;
    *ret_to_us = from < to ? MAX(from_us, to_us) : from_us;
}

void
tu_bucket_format(TuGrain grain, TuBucket bucket, char *ret_text)
{
    if (tu_grain_is_dated(grain))
        tu_date_format((TuDate)bucket, ret_text);
    else
        tu_instant_format(bucket, ret_text);
}

gboolean
tu_bucket_parse(TuGrain grain, const char *text, gsize length, TuBucket *ret_bucket)
{
    TuDate date;

    if (!tu_grain_is_dated(grain)) {
        /* Of this length, with a T and a Z, there is one form only. */
        return length == HOUR_TEXT_LENGTH && text[10] == 'T' && text[length - 1] == 'Z' &&
               tu_instant_parse(text, length, NULL, ret_bucket);
    }
    if (!tu_date_parse(text, length, &date))
        return FALSE;
    *ret_bucket = date;
    return TRUE;
}
