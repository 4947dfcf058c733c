/*
 * Nights: the moment of every local date from which on the days before it are repaired.
 *
 *   wall clock   ──────┬────────────────┬───────────────╳───────────────┬──▶
 *   at 04:00      night 12          night 13     (no 14 here)       night 15
 *                      └ done ┘└──────────── one run catches up ────────┘
 *
 * The night of a date begins at the first instant at which the clock of the zone shows that time of
 * that date or later. So a time that a clock change skips begins at the next instant there is, one
 * that comes twice at its first, and a date that the clock never shows (Apia, 2011-12-30) has no
 * night. Nights begin in the order of their dates.
 *
 * What was done is kept as a date, the last night that is done. That alone makes nights safe: rules
 * of the zone may change, a worker may have slept for weeks, a tenant may move to another zone; a
 * date that is done is not done again, and all later ones are due.
 */
#pragma once

#include "time/calendar.h"
#include "time/zone.h"

/* A night missed longer ago than this is `repair`'s or `rebuild`'s, not caught up by itself: one
 * run over more than a month would not end before the next night. */
#define TU_NIGHT_CATCH_UP_DAYS 31

/* No night was done yet. */
#define TU_NIGHT_NONE G_MININT32

/* What the spec asks for. */
typedef struct {
    guint minute; /* of the day, on the clock of the zone */
    guint days;   /* local days before the night's date that it repairs */
    gint64 grace_us;
} TuNightly;

/* How it stands with one zone. */
typedef struct {
    TuDate night;    /* the last one that has begun: to be noted as done after the run */
    gint64 next_us;  /* when the next one begins */
    gboolean is_due; /* it is not done; only then the rest means something, and else it is 0 */
    TuDate from, to; /* the local days [from, to) that one run has to repair */
    guint missed;    /* nights before `night` that the run catches up */
    guint left_out;  /* nights too long ago to be caught up */
    gint64 late_us;  /* when the oldest night that is not done becomes an alarm; without a record
                        never, since nobody knows since when it was wanted: G_MAXINT64 */
    gboolean is_late;
} TuNightState;

/* When the night of `date` begins. For a date that the clock never shows: when a later one
 * starts. */
gint64 tu_night_begin_us(const TuZone *zone, guint minute, TuDate date);

/* FALSE if the zone's clock never shows that date. */
gboolean tu_night_exists(const TuZone *zone, TuDate date);

/* The last night that has begun at `now_us`. */
TuDate tu_night_last(const TuZone *zone, guint minute, gint64 now_us);

/* The night that is due, if any. `done` is the record of the zone or TU_NIGHT_NONE, with which the
 * last night alone is due. A record from a future that no zone has yet was left by a clock that
 * went wrong: it counts as none. */
TuNightState tu_night_state(const TuNightly *nightly, const TuZone *zone, TuDate done,
                            gint64 now_us);
