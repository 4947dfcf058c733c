#include "time/period.h"

#include "time/instant.h"

gint64
tu_period_due_us(gint64 every_us, gint64 last_us, gint64 now_us)
{
    /* Another worker's clock may be ahead by moments, but not by a whole period. */
    if (last_us == TU_PERIOD_NEVER || last_us - now_us > every_us)
        return now_us;
    return last_us + every_us;
}

/* A minute is what systemd's timers are exact to by default. */
gint64
tu_period_early_us(gint64 every_us)
{
    return MIN(every_us / 10, TU_MINUTE_US);
}

/* The same day of an earlier month, or its last. */
static TuDate
months_before(TuDate date, int months)
{
    int year, month, day;

    tu_date_to_civil(date, &year, &month, &day);
    int first = year * 12 + month - 1 - months;
    TuDate start = tu_date_from_civil(first / 12, first % 12 + 1, 1);

    return MIN(start + day - 1, tu_date_next(TU_GRAIN_MONTH, start) - 1);
}

TuDate
tu_period_back(TuGrain grain, TuDate date, int months)
{
    date = months_before(date, months);
    return tu_grain_is_dated(grain) ? tu_date_floor(grain, date) : date;
}

/* No clock of the world is a day behind UTC, or a day ahead of it. */
TuDate
tu_period_window_from(TuGrain grain, gint64 back_us, int back_months, gint64 now_us)
{
    TuDate date = tu_instant_local_date(now_us - back_us - TU_DAY_US);

    return tu_period_back(grain, date, back_months);
}

TuDate
tu_period_window_to(gint64 now_us)
{
    return tu_instant_local_date(now_us + TU_DAY_US) + 1;
}
