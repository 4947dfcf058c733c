/*
 * Periods: work that comes back after a time, over a window of whole buckets.
 *
 *   last began ──── every ────▶ due     however many periods were missed, one run follows them
 *
 * The window reaches from the first local date of the bucket that held "window ago" to today, so
 * that no bucket is recomputed from a part of its rows.
 */
#pragma once

#include "time/calendar.h"

/* Work that never began. */
#define TU_PERIOD_NEVER G_MININT64

/* When work that began last at `last_us` (or TU_PERIOD_NEVER) is due again; not later than now if
 * it never began, or if a clock that went wrong wrote a time that no other worker's can be. */
gint64 tu_period_due_us(gint64 every_us, gint64 last_us, gint64 now_us);

/* How long before it is due it may begin. A scheduler that starts `run --once` once a period is not
 * exact to the second; without this every second start would find that it came a moment too
 * early. */
gint64 tu_period_early_us(gint64 every_us);

/* The first local date of the window that looks `back_us` and `back_months` back from `now_us`, on
 * whatever clock a tenant may have. Of hours and minutes all of the date, of a longer grain the
 * first date of its bucket. */
TuDate tu_period_window_from(TuGrain grain, gint64 back_us, int back_months, gint64 now_us);

/* The first local date of the bucket that holds the date so many months before `date`; for hours
 * and minutes that date itself. */
TuDate tu_period_back(TuGrain grain, TuDate date, int months);

/* The date after the last one that any clock shows at `now_us`. */
TuDate tu_period_window_to(gint64 now_us);
