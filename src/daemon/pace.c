#include "daemon/pace.h"

/* ---- how much ---- */

void
tu_batch_init(TuBatch *ret_batch, guint min, guint max)
{
    *ret_batch = (TuBatch){.min = min, .max = max, .size = min};
}

/* What would take the allowed time if time went with the number of changes. */
static guint
fitting(const TuBatch *batch, guint changes, gint64 allowed_us, gint64 took_us)
{
    double size = (double)changes * (double)allowed_us / (double)MAX(took_us, 1);

    return (guint)CLAMP(size, (double)batch->min, (double)batch->max);
}

/* A whole batch took no less for being smaller than the one before, or cannot be smaller. */
static gboolean
is_no_quicker(const TuBatch *batch, guint changes, gint64 left, gint64 took_us)
{
    if (left <= 0 || changes < batch->size)
        return FALSE;
    return batch->size <= batch->min ||
           (batch->size <= batch->before / 2 && took_us > batch->before_us * 3 / 4);
}

/* One that took too long. */
static guint
shorter(TuBatch *batch, guint changes, gint64 left, gint64 allowed_us, gint64 took_us)
{
    guint size = batch->size;
    if (is_no_quicker(batch, changes, left, took_us)) {
        guint before = batch->before;
        batch->allowed_us = 2 * MIN(took_us, G_MAXINT64 / 2);
        batch->before = 0;
        batch->proof = TU_BATCH_PROOF;
        return MAX(before, size > batch->max / 2 ? batch->max : size * 2);
    }
    batch->before = changes >= size ? size : 0;
    batch->before_us = took_us;
    return changes < size / 2 ? size / 2
                              : MIN(size / 2, fitting(batch, changes, allowed_us, took_us));
}

/* Doubling finds the right size in a few transactions from min to max (100 to 10,000: seven). It
 * grows only after a whole batch: a part of one says nothing about what a larger one takes. What a
 * transaction costs however little it does (a commit to disk, a lock it waited for) makes the
 * fitting size smaller than it is, all the more when it had few changes: those only halve it. */
void
tu_batch_note(TuBatch *batch, guint changes, gint64 left, gint64 took_us)
{
    guint size = batch->size;
    gboolean is_short = took_us <= TU_BATCH_TARGET_US;

    if (is_short || batch->proof == 0)
        batch->allowed_us = 0;
    if (is_short)
        batch->before = 0;
    batch->proof -= batch->proof > 0;
    gint64 allowed_us = MAX(batch->allowed_us, TU_BATCH_TARGET_US);
    if (took_us > allowed_us)
        size = shorter(batch, changes, left, allowed_us, took_us);
    else if (left > 0 && changes >= size)
        size = MAX(size, MIN(size > batch->max / 2 ? batch->max : size * 2,
                             fitting(batch, changes, allowed_us, took_us)));
    else if (left <= 0 && changes < size / 2)
        size /= 2;
    batch->size = CLAMP(size, batch->min, batch->max);
}

/* ---- how often ---- */

void
tu_interval_init(TuInterval *ret_interval, gint64 settle_us)
{
    *ret_interval = (TuInterval){.settle_us = settle_us, .wait_us = settle_us};
}

/* Within two seconds of the last change the full rate stays; then each wait is half as long again,
 * up to a second. What comes sets it back at once. */
gint64
tu_interval_next_us(TuInterval *interval, gboolean came)
{
    if (came) {
        interval->quiet_us = 0;
        interval->wait_us = interval->settle_us;
        return interval->wait_us;
    }
    interval->quiet_us = MIN(interval->quiet_us + interval->wait_us, TU_INTERVAL_LINGER_US);
    if (interval->quiet_us >= TU_INTERVAL_LINGER_US && interval->wait_us < TU_INTERVAL_IDLE_US)
        interval->wait_us = MIN(interval->wait_us * 3 / 2 + 1, TU_INTERVAL_IDLE_US);
    return interval->wait_us;
}

gint64
tu_interval_rest_us(gint64 wait_us, gboolean has_more, gboolean is_held)
{
    if (has_more)
        return 2 * TU_HELD_US;
    return MAX(is_held ? MIN(wait_us, TU_HELD_US) : wait_us, 0);
}

/* ---- the backlog ---- */

/* One quiet look ends the streak: what a single batch clears is no backlog, however it came. */
TuBacklogSign
tu_backlog_tick(TuBacklog *backlog, gint64 waiting, guint batch_max, gint64 settle_us,
                gint64 now_us, guint *ret_ticks)
{
    *ret_ticks = backlog->streak;
    if (waiting <= (gint64)batch_max) {
        gboolean was_warned = backlog->streak >= TU_BACKLOG_WARN_TICKS;
        *backlog = (TuBacklog){0};
        return was_warned ? TU_BACKLOG_RECOVERED : TU_BACKLOG_QUIET;
    }
    /* A clock that was set back begins a new tick. */
    if (backlog->streak > 0 && now_us >= backlog->ticked_us &&
        now_us - backlog->ticked_us < settle_us)
        return TU_BACKLOG_QUIET;
    backlog->ticked_us = now_us;
    *ret_ticks = ++backlog->streak;
    return backlog->streak >= TU_BACKLOG_WARN_TICKS &&
                   (backlog->streak - TU_BACKLOG_WARN_TICKS) % TU_BACKLOG_AGAIN_TICKS == 0
               ? TU_BACKLOG_WARN
               : TU_BACKLOG_QUIET;
}

char *
tu_backlog_warning(gint64 waiting, guint batch_max, gint64 settle_us, guint ticks)
{
    return g_strdup_printf(
        "%" G_GINT64_FORMAT " changes are waiting, for %u ticks more than one batch clears: raise "
        "`refresh: batch: max` (now %u), lower `refresh: settle` (now %" G_GINT64_FORMAT
        "ms), or run another worker",
        waiting, ticks, batch_max, settle_us / 1000);
}

/* ---- how hard ---- */

void
tu_throttle_init(TuThrottle *ret_throttle, guint load_percent)
{
    g_assert(load_percent >= 1 && load_percent <= 100);
    *ret_throttle = (TuThrottle){.load_percent = load_percent};
}

/* At a load of 25 % three times as long as the work took. Rests that were not taken add up, so that
 * many small pieces owe what one large piece does. */
gint64
tu_throttle_worked(TuThrottle *throttle, gint64 took_us)
{
    double rest_us =
        (double)MAX(took_us, 0) * (100 - throttle->load_percent) / throttle->load_percent;

    throttle->owed_us =
        (gint64)MIN((double)throttle->owed_us + rest_us, (double)TU_THROTTLE_LONGEST_REST_US);
    return throttle->owed_us;
}

void
tu_throttle_rested(TuThrottle *throttle, gint64 rested_us)
{
    throttle->owed_us = MAX(throttle->owed_us - MAX(rested_us, 0), 0);
}
