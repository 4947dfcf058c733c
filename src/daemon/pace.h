/*
 * Pace: how much at once, how often, and how hard.
 *
 *   batch      grows while changes are left over, shrinks when a transaction takes too long,
 *              unless a smaller one takes as long; goes back when little comes   min ≤ batch ≤ max
 *   interval   `settle` while something comes, then slower and slower, up to a second
 *   backlog    warns when more waits than the largest batch takes, tick after tick
 *   throttle   rests after work, so that work has its share of the time and no more
 *
 * Four small machines without a clock, a database or a log: they are told what happened and say
 * what to do.
 */
#pragma once

#include <glib.h>

/* ---- how much: the changes taken in one transaction ---- */

/* A transaction that takes longer holds others up for longer than a person notices. */
#define TU_BATCH_TARGET_US (250 * G_GINT64_CONSTANT(1000))

/* On a machine that has no time for it a transaction takes long however little it does. Smaller
 * ones would then only be more of them, until fewer changes are settled than come: so one may take
 * twice as long as a smaller one was seen to take. That is shown anew every TU_BATCH_PROOF batches,
 * or single ones that were held up would make all of them larger and larger. */
#define TU_BATCH_PROOF 48

typedef struct {
    guint min, max;
    guint size;        /* of the next transaction */
    gint64 allowed_us; /* what it may take; 0: TU_BATCH_TARGET_US */
    guint before;      /* the size before it shrank; 0: it did not */
    gint64 before_us;  /* what that took */
    guint proof;       /* batches until allowed_us is shown anew */
} TuBatch;

/* Begins at `min`: after a reload too, which opens sessions anew. */
void tu_batch_init(TuBatch *ret_batch, guint min, guint max);

/* A transaction took `changes` in `took_us`, and `left` more were waiting when it began or came
 * since. */
void tu_batch_note(TuBatch *batch, guint changes, gint64 left, gint64 took_us);

/* ---- how often: the time between two questions whether something came ---- */

/* Who asks once a second for nothing costs nobody anything; slower would be noticed. */
#define TU_INTERVAL_IDLE_US (1000 * G_GINT64_CONSTANT(1000))
/* How long after the last change it is still asked at the full rate: applications write in
 * bursts. */
#define TU_INTERVAL_LINGER_US (2000 * G_GINT64_CONSTANT(1000))

typedef struct {
    gint64 settle_us;
    gint64 quiet_us; /* since something came last */
    gint64 wait_us;
} TuInterval;

void tu_interval_init(TuInterval *ret_interval, gint64 settle_us);

/* Something came or nothing did; says how long to wait before asking again. */
gint64 tu_interval_next_us(TuInterval *interval, gboolean came);

/* How often somebody looks whether another has let go of a group's lock. */
#define TU_HELD_US (20 * G_GINT64_CONSTANT(1000))

/* The same behind a round: `wait_us` is what the interval has left of it. Where work is left over
 * (`has_more`) its lock is free long enough to be found so by whoever looks each TU_HELD_US, or a
 * backlog would keep nights, jobs and builds of its group waiting until it ends. `is_held`: another
 * has a group that there is work for. */
gint64 tu_interval_rest_us(gint64 wait_us, gboolean has_more, gboolean is_held);

/* ---- the backlog ---- */

/* A backlog this many ticks long is no burst; then again every so many. */
#define TU_BACKLOG_WARN_TICKS 5
#define TU_BACKLOG_AGAIN_TICKS 30

typedef enum {
    TU_BACKLOG_QUIET,
    TU_BACKLOG_WARN,
    TU_BACKLOG_RECOVERED,
} TuBacklogSign;

typedef struct {
    guint streak; /* ticks so far with more waiting than one batch of `max` clears */
    gint64 ticked_us;
} TuBacklog;

/* What to log after settling. A tick is a `settle` interval: transactions that follow each other
 * faster are one. `ret_ticks` is the streak's length so far, or at its end. */
TuBacklogSign tu_backlog_tick(TuBacklog *backlog, gint64 waiting, guint batch_max, gint64 settle_us,
                              gint64 now_us, guint *ret_ticks);

/* The sentence of a warning: what waits, and which settings of the spec change it. */
char *tu_backlog_warning(gint64 waiting, guint batch_max, gint64 settle_us, guint ticks);

/* ---- how hard: rebuilds ---- */

/* No rest is longer: a piece of work that took unusually long must not stop a rebuild for hours. */
#define TU_THROTTLE_LONGEST_REST_US (60 * G_GINT64_CONSTANT(1000000))

typedef struct {
    guint load_percent; /* 1 to 100 */
    gint64 owed_us;
} TuThrottle;

void tu_throttle_init(TuThrottle *ret_throttle, guint load_percent);

/* Work that took so long is over: says how long to rest now. */
gint64 tu_throttle_worked(TuThrottle *throttle, gint64 took_us);

/* It rested so long, for that or for another reason (a pause, waiting for a lock): that counts. */
void tu_throttle_rested(TuThrottle *throttle, gint64 rested_us);
