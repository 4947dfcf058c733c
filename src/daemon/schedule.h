/*
 * Schedule: what is due now on all clocks together, in as few scans as can be, and until when there
 * is nothing to do.
 *
 *   nights    (summary, zone, last night done) ──┐
 *   nights    (summary, zone, last night done) ──┼──▶ agenda: runs that are due
 *   periods   (summary, every, began last) ──────┘            nights that are late
 *                                                             when to look again
 *
 * An agenda is computed from what the database says and from the time, and nothing is kept between
 * two of them: whoever did a night, whatever happened to a zone's rules or to this machine's clock
 * meanwhile, the next agenda is right. What a night and a period are is said in time/night.h and
 * time/period.h.
 */
#pragma once

#include "time/night.h"
#include "time/period.h"

/* Nobody sleeps longer, so that a clock that was set, a suspended machine and new zone rules are
 * noticed within a minute. */
#define TU_SCHEDULE_LONGEST_SLEEP_US (60 * G_GINT64_CONSTANT(1000000))

/* The nights of a summary on one clock. */
typedef struct {
    guint summary; /* the caller's number of it */
    const TuZone *zone;
    TuNightly nightly;
    TuDate done; /* or TU_NIGHT_NONE */
} TuScheduledNight;

/* The periodic repair of a summary. */
typedef struct {
    guint summary;
    gint64 every_us;
    gint64 last_us;  /* when it began last, or TU_PERIOD_NEVER */
    gint64 early_us; /* so long before it is due it may begin (tu_period_early_us), or 0 */
} TuScheduledPeriod;

/* A zone in a run, and what to note as done when the run is over. */
typedef struct {
    const TuZone *zone;
    TuDate night;
} TuZoneNight;

/* One run: the local days [from, to) of a summary, for all tenants of these zones. */
typedef struct {
    guint summary;
    GArray *zones; /* of TuZoneNight, as they were given */
    TuDate from, to;
    guint missed, left_out; /* nights, of the zone that has most of them */
} TuNightlyRun;

typedef struct {
    guint summary;
    const TuZone *zone;
    gint64 since_us; /* when the grace of its oldest night that is not done ended */
} TuLateNight;

typedef struct {
    GArray *nightly;  /* of TuNightlyRun, oldest days first */
    GArray *periodic; /* of guint: the summaries whose period is over */
    GArray *late;     /* of TuLateNight */
    gint64 next_us;   /* the next moment at which there is more in it; G_MAXINT64: never */
} TuAgenda;

/* What is due at `now_us`. Zones of a summary whose nights ask for the same local days are one run.
 * A run that fails stays due: when to try again is the caller's. */
TuAgenda *tu_agenda_new(const TuScheduledNight *nights, guint n_nights,
                        const TuScheduledPeriod *periods, guint n_periods, gint64 now_us);
void tu_agenda_free(TuAgenda *agenda);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuAgenda, tu_agenda_free)
