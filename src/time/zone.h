/*
 * Zones: the offset of a place's wall clock from UTC, at any instant.
 *
 * The rules come from the system's tzdata (tzif.h), flattened once into sorted arrays of
 * segments with one offset each (neighbours with the same offset are one segment):
 *
 *   start_us   -inf ------ s1 ------- s2 ------ ... ------ sn -------- +inf
 *   offset          o0          o1         o2          on
 *
 * The table is exact until the end of the year 2199; from then on the last offset stays.
 *
 * A zone is immutable after it was made and may be used by several threads.
 */
#pragma once

#include <glib.h>

typedef struct TuZone TuZone;

/* The zone with IANA name `name`. CONFIG if the system does not have it, or if it is not fit for a
 * tenant (posixrules, localtime, right/..., posix/..., Factory). The message suggests a near name
 * if there is one. */
TuZone *tu_zone_new(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The zone with those changes of offset (of TuZoneChange, as tu_tzif_changes gives them). */
TuZone *tu_zone_of_changes(const char *name, const GArray *changes);
void tu_zone_free(TuZone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuZone, tu_zone_free)

const char *tu_zone_name(const TuZone *zone);

/* When the file with its rules was made; 0 where they are of no file. */
gint64 tu_zone_dated_us(const TuZone *zone);

/* TRUE while the file is the one that was read. Costs one stat. */
gboolean tu_zone_is_current(const TuZone *zone);

/* One segment: instants in [start_us, end_us) have offset_us. The first starts at G_MININT64, the
 * last ends at G_MAXINT64. */
typedef struct {
    gint64 start_us;
    gint64 end_us;
    gint64 offset_us;
} TuZoneSegment;

/* How many segments there are, and the one numbered `index`. */
guint tu_zone_segments(const TuZone *zone);
TuZoneSegment tu_zone_segment(const TuZone *zone, guint index);

/* The number of the segment that holds `at_us`. `hint` (may be NULL) is the caller's: the answer of
 * the last call, tried first, so that runs of near instants cost no search. */
guint tu_zone_segment_of(const TuZone *zone, gint64 at_us, guint *hint);

/* Wall clock minus UTC at `at_us`, in microseconds. */
gint64 tu_zone_offset_us(const TuZone *zone, gint64 at_us);

/* The instant at which the zone's wall clock shows `local_us` (microseconds since 1970-01-01T00:00
 * on that clock, years 0000 to 9999). A reading that comes twice means its first time; one that a
 * clock change skips is taken with the offset before the change. */
gint64 tu_zone_from_local_us(const TuZone *zone, gint64 local_us);

/* The first instant at which the zone's wall clock shows `local_us` or anything later. It shows
 * later if a clock change skips that reading. */
gint64 tu_zone_reaches_local_us(const TuZone *zone, gint64 local_us);

/* The least and the greatest offset that the zone ever has. */
void tu_zone_offset_bounds_us(const TuZone *zone, gint64 *ret_least_us, gint64 *ret_greatest_us);

/* A digest of the segments: two zones with the same digest cut every bucket alike. The same on
 * every machine (xxHash64 of the little-endian starts and offsets). */
guint64 tu_zone_digest(const TuZone *zone);
