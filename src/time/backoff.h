/*
 * Back-off: when to try again what has failed.
 *
 *   failures     1       2           3                       4                  5 = retries + 1
 *   pauses       ├─first─┼──2·first──┼───────4·first─────────┼── ... longest ───┤ given up, or
 * parked: once in `parked_us`
 *
 * Jitter takes a random share off each pause, so that many who failed together do not come back
 * together. It is a function of the number that the caller gives, so a test knows what it does.
 */
#pragma once

#include <glib.h>

typedef struct {
    gint64 first_us; /* the pause after the first failure; it doubles with each further one */
    gint64 longest_us;
    guint retries;    /* after so many pauses it is given up or parked; G_MAXUINT: never */
    gint64 parked_us; /* tried again in this time for ever; 0: given up */
    double jitter;    /* 0 to 1: the share of a pause that chance may take off */
} TuBackoff;

/* A connection that was lost or refused: somebody will bring the server back. */
extern const TuBackoff tu_backoff_connection;

/* A job of so many attempts in all (at least 1), after which it is FAILED. */
TuBackoff tu_backoff_job(guint attempts);

/* A bucket or key: parked after so many retries, tried once an hour for ever. Exact, so that people
 * who wait for one can be told when. */
TuBackoff tu_backoff_bucket(guint attempts);

/* TRUE if the failure numbered `failures` (from 1) counts as one: since the first, `elapsed_us`
 * ago, the pauses before it are over. What is tried sooner, since it changed, fails for free. */
gboolean tu_backoff_counts(const TuBackoff *backoff, guint64 failures, gint64 elapsed_us);

/* How long to wait after the failure numbered `failures` (from 1); FALSE: give up. `random` is from
 * 0 (nothing taken off) to 1. */
gboolean tu_backoff_next(const TuBackoff *backoff, guint64 failures, double random,
                         gint64 *ret_pause_us);
