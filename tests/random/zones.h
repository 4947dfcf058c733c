/*
 * Zones, read from the system's TZif files by hand: neither trueup nor GLib has a say in what the
 * oracle takes for a local time.
 *
 *   TZif: transitions … last │ footer "EST5EDT,M3.2.0,M11.1.0" repeats for ever
 *   here: one array of (start, offset), the footer written out up to the year 2110
 */
#pragma once

#include <glib.h>

typedef struct {
    char *name;
    gint64 *start_s;  /* start_s[0] = G_MININT64; offset_s[i] holds from start_s[i] on */
    gint32 *offset_s; /* local time = UTC + offset */
    guint count;
} RtZone;

/* NULL if there is no such file or it is not TZif of version 2 or later. */
RtZone *rt_zone_read(const char *name);

/* From the file's bytes; NULL if they are not TZif. */
RtZone *rt_zone_parse(const char *name, const guint8 *bytes, gsize length);
void rt_zone_free(RtZone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtZone, rt_zone_free)

/* The segment that holds the instant: an index of start_s. */
guint rt_zone_segment(const RtZone *zone, gint64 at_s);
gint32 rt_zone_offset(const RtZone *zone, gint64 at_s);

/* The instant of a wall clock reading (seconds since 1970 as if it were UTC): its first if it
 * happens twice; with the offset before the change if a change skips it. */
gint64 rt_zone_instant(const RtZone *zone, gint64 local_s);

/* All names of the system's zones that may be tenant zones, sorted, of char *. */
GPtrArray *rt_zone_names(void);

/* A zone by chance: 2 of 3 times one with an odd history. */
const char *rt_zone_odd_name(guint index);
guint rt_zone_odd_count(void);
