#include "time/backoff.h"

#include "time/instant.h"

const TuBackoff tu_backoff_connection = {.first_us = TU_SECOND_US / 10,
                                         .longest_us = 2 * TU_SECOND_US,
                                         .retries = G_MAXUINT,
                                         .jitter = 0.5};

TuBackoff
tu_backoff_job(guint attempts)
{
    return (TuBackoff){.first_us = TU_SECOND_US,
                       .longest_us = 10 * TU_MINUTE_US,
                       .retries = attempts - 1,
                       .jitter = 0.25};
}

TuBackoff
tu_backoff_bucket(guint attempts)
{
    return (TuBackoff){.first_us = TU_SECOND_US,
                       .longest_us = TU_HOUR_US,
                       .retries = attempts,
                       .parked_us = TU_HOUR_US};
}

gboolean
tu_backoff_counts(const TuBackoff *backoff, guint64 failures, gint64 elapsed_us)
{
    gint64 pause_us = 0;
    for (guint64 i = 1; i < failures && elapsed_us >= 0; i++) {
        if (!tu_backoff_next(backoff, i, 0, &pause_us))
            return FALSE;
        elapsed_us -= pause_us;
    }
    return elapsed_us >= 0;
}

gboolean
tu_backoff_next(const TuBackoff *backoff, guint64 failures, double random, gint64 *ret_pause_us)
{
    gboolean is_over = backoff->retries != G_MAXUINT && failures > backoff->retries;
    gint64 pause_us = is_over ? backoff->parked_us : backoff->first_us;

    g_assert(failures >= 1 && random >= 0 && random <= 1);
    if (is_over && backoff->parked_us == 0)
        return FALSE;
    for (guint64 i = 1; i < failures && !is_over && pause_us < backoff->longest_us; i++)
        pause_us = MIN(pause_us * 2, backoff->longest_us);
    *ret_pause_us = pause_us - (gint64)((double)pause_us * backoff->jitter * random);
    return TRUE;
}
