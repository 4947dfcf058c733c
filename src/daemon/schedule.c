#include "daemon/schedule.h"

static void
clear_run(gpointer run)
{
    g_array_unref(((TuNightlyRun *)run)->zones);
}

/* The run of these days of the summary, made if there is none: tenants of forty zones with one
 * midnight are read in one pass. */
static TuNightlyRun *
run_of(TuAgenda *agenda, guint summary, const TuNightState *state)
{
    for (guint i = agenda->nightly->len; i-- > 0;) {
        TuNightlyRun *run = &g_array_index(agenda->nightly, TuNightlyRun, i);
        if (run->summary == summary && run->from == state->from && run->to == state->to)
            return run;
    }
    TuNightlyRun run = {.summary = summary,
                        .zones = g_array_new(FALSE, FALSE, sizeof(TuZoneNight)),
                        .from = state->from,
                        .to = state->to};
    g_array_append_val(agenda->nightly, run);
    return &g_array_index(agenda->nightly, TuNightlyRun, agenda->nightly->len - 1);
}

/* What lies behind us is in the agenda already, or is nothing. */
static void
look_again_at(TuAgenda *agenda, gint64 at_us, gint64 now_us)
{
    if (at_us > now_us)
        agenda->next_us = MIN(agenda->next_us, at_us);
}

/* When a night that is due becomes late is a moment of its own: the next agenda has the alarm. */
static void
add_night(TuAgenda *agenda, const TuScheduledNight *night, gint64 now_us)
{
    TuNightState state = tu_night_state(&night->nightly, night->zone, night->done, now_us);
    look_again_at(agenda, state.next_us, now_us);
    if (!state.is_due)
        return;
    TuNightlyRun *run = run_of(agenda, night->summary, &state);
    TuZoneNight zone = {night->zone, state.night};
    g_array_append_val(run->zones, zone);
    run->missed = MAX(run->missed, state.missed);
    run->left_out = MAX(run->left_out, state.left_out);
    look_again_at(agenda, state.late_us, now_us);
    if (state.is_late) {
        TuLateNight late = {night->summary, night->zone, state.late_us};
        g_array_append_val(agenda->late, late);
    }
}

static void
add_period(TuAgenda *agenda, const TuScheduledPeriod *period, gint64 now_us)
{
    gint64 due_us = tu_period_due_us(period->every_us, period->last_us, now_us);
    look_again_at(agenda, due_us, now_us);
    if (due_us - period->early_us <= now_us)
        g_array_append_val(agenda->periodic, period->summary);
}

/* By their days, so that what was missed longest is made good first; runs of the same days as they
 * came. */
static int
compare_runs(gconstpointer a, gconstpointer b)
{
    const TuNightlyRun *left = a;
    const TuNightlyRun *right = b;
    return left->to != right->to ? (left->to < right->to ? -1 : 1)
                                 : (left->from > right->from) - (left->from < right->from);
}

TuAgenda *
tu_agenda_new(const TuScheduledNight *nights, guint n_nights, const TuScheduledPeriod *periods,
              guint n_periods, gint64 now_us)
{
    TuAgenda *agenda = g_new0(TuAgenda, 1);
    agenda->nightly = g_array_new(FALSE, FALSE, sizeof(TuNightlyRun));
    g_array_set_clear_func(agenda->nightly, clear_run);
    agenda->periodic = g_array_new(FALSE, FALSE, sizeof(guint));
    agenda->late = g_array_new(FALSE, FALSE, sizeof(TuLateNight));
    agenda->next_us = G_MAXINT64;
    for (guint i = 0; i < n_nights; i++)
        add_night(agenda, &nights[i], now_us);
    for (guint i = 0; i < n_periods; i++)
        add_period(agenda, &periods[i], now_us);
    g_array_sort(agenda->nightly, compare_runs);
    return agenda;
}

void
tu_agenda_free(TuAgenda *agenda)
{
    if (agenda == NULL)
        return;
    g_array_unref(agenda->nightly);
    g_array_unref(agenda->periodic);
    g_array_unref(agenda->late);
    g_free(agenda);
}
