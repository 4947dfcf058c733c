#include "time/night.h"

#include "time/bucket.h"
#include "time/instant.h"

/* How many dates clocks of the world may be apart, and how far a clock may go back: 26 hours, and a
 * day that was left out. */
#define DATES_APART 3

gint64
tu_night_begin_us(const TuZone *zone, guint minute, TuDate date)
{
    return tu_zone_reaches_local_us(zone, date * TU_DAY_US + minute * TU_MINUTE_US);
}

gboolean
tu_night_exists(const TuZone *zone, TuDate date)
{
    gint64 from_us, to_us;

    tu_bucket_envelope(zone, date, date + 1, &from_us, &to_us);
    return from_us < to_us;
}

/* Beginning with a date that no clock shows yet, so that going back finds the last. */
TuDate
tu_night_last(const TuZone *zone, guint minute, gint64 now_us)
{
    TuDate date = tu_instant_local_date(now_us + tu_zone_offset_us(zone, now_us)) + DATES_APART;

    while (tu_night_begin_us(zone, minute, date) > now_us || !tu_night_exists(zone, date))
        date--;
    return date;
}

static TuDate
night_after(const TuZone *zone, TuDate night)
{
    do
        night++;
    while (!tu_night_exists(zone, night));
    return night;
}

static guint
count_nights(const TuZone *zone, TuDate from, TuDate to)
{
    guint n = 0;

    for (TuDate date = from; date < to; date++)
        n += tu_night_exists(zone, date) ? 1 : 0;
    return n;
}

static void
describe_due(const TuNightly *nightly, const TuZone *zone, TuDate done, gint64 now_us,
             TuNightState *state)
{
    TuDate oldest = MAX(done, state->night - TU_NIGHT_CATCH_UP_DAYS);

    state->is_due = TRUE;
    state->from = oldest + 1 - (TuDate)nightly->days;
    state->to = state->night;
    state->missed = count_nights(zone, oldest + 1, state->night);
    state->left_out = (guint)(oldest - done);
    state->late_us =
        tu_night_begin_us(zone, nightly->minute, night_after(zone, done)) + nightly->grace_us;
    state->is_late = now_us >= state->late_us;
}

TuNightState
tu_night_state(const TuNightly *nightly, const TuZone *zone, TuDate done, gint64 now_us)
{
    TuNightState state = {.night = tu_night_last(zone, nightly->minute, now_us)};
    gboolean has_record = done != TU_NIGHT_NONE && done <= state.night + DATES_APART;

    done = has_record ? MAX(done, TU_DATE_LEAST) : state.night - 1;
    state.next_us = tu_night_begin_us(zone, nightly->minute, night_after(zone, state.night));
    if (done >= state.night)
        return state;
    describe_due(nightly, zone, done, now_us, &state);
    if (!has_record) {
        state.late_us = G_MAXINT64;
        state.is_late = FALSE;
    }
    return state;
}
