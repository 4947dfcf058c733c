/*
 * Buckets: the periods of a grain, as one tenant's wall clock cuts them.
 *
 *   instants   ──────┬───────────────┬──────────────▶ UTC
 *   local day   Nov 5│     Nov 6     │ Nov 7          may be 0, 23, 23.5 or 25 hours,
 *                    └ may come in two parts ┘        so ask for the bucket OF an instant,
 *                                                     never for "the interval of a day"
 *
 * A bucket is an int64: for a day and longer the date (days since 1970-01-01) of the period's first
 * day; for hours and minutes an instant in microseconds. An hour (minute) is the set of instants
 * with one local date, one hour (and minute) and one offset, named by the first instant in it: an
 * hour that a clock change repeats is two buckets; at Lord Howe on 2024-04-07 hour 01 is two
 * buckets, 14:00Z and 15:00Z.
 *
 * Every hour and minute bucket lies in one local date, so all grains nest over dates (calendar.h).
 *
 * Every bucket has a text with a year of four digits: what lies before the local date 0000-01-01 or
 * after 9999-12-31 belongs to the first or the last bucket there is.
 */
#pragma once

#include "time/calendar.h"
#include "time/zone.h"

typedef gint64 TuBucket;

/* The bucket of `grain` that holds `at_us` on the clock of `zone`. Never fails: every instant has
 * one. `hint` as in tu_zone_segment_of (may be NULL). */
TuBucket tu_bucket_of(const TuZone *zone, TuGrain grain, gint64 at_us, guint *hint);

/* The same for a source whose time is a local date already: grain of a day or longer. */
TuBucket tu_bucket_of_date(TuGrain grain, TuDate date);

/* The local date of a bucket: of its first day, or the day in which the hour or minute lies. */
TuDate tu_bucket_date(const TuZone *zone, TuGrain grain, TuBucket bucket);

/* The bucket of `coarse` in which `bucket` of `fine` lies; tu_grain_nests(fine, coarse) must
 * hold. */
TuBucket tu_bucket_parent(const TuZone *zone, TuGrain fine, TuBucket bucket, TuGrain coarse);

/* A tight interval [ret_from_us, ret_to_us) that holds every instant whose local date lies in
 * [from, to). It may hold others: the reader filters exactly by tu_bucket_of. Empty (both bounds
 * equal) if no instant has such a date. G_MININT32 and G_MAXINT32 as bounds mean "without bound"
 * and give G_MININT64, G_MAXINT64. */
void tu_bucket_envelope(const TuZone *zone, TuDate from, TuDate to, gint64 *ret_from_us,
                        gint64 *ret_to_us);

/* The text that SQLite stores: "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM:SSZ". Buffer of
 * TU_INSTANT_TEXT_BYTES (instant.h). */
void tu_bucket_format(TuGrain grain, TuBucket bucket, char *ret_text);

/* The reverse; FALSE if `text` is not exactly of that form. */
gboolean tu_bucket_parse(TuGrain grain, const char *text, gsize length, TuBucket *ret_bucket);
