/* Periods, and agendas of many clocks: what is one run, what is late, when to look again. */
#include "clock_words.h"

#include "daemon/schedule.h"
#include "time/bucket.h"
#include "time/instant.h"
#include "time/zonename.h"

/* ---- periods ---- */

static void
test_period_due(void)
{
    gint64 now_us = at("2026-11-22T12:00:00Z");
    gint64 every_us = 15 * TU_MINUTE_US;
    const struct {
        const char *label;
        gint64 last_us, due_us;
    } rows[] = {
        {"never began", TU_PERIOD_NEVER, now_us},
        {"began now", now_us, now_us + every_us},
        {"a while ago", now_us - 5 * TU_MINUTE_US, now_us + 10 * TU_MINUTE_US},
        {"exactly a period ago", now_us - every_us, now_us},
        {"days ago", now_us - 3 * TU_DAY_US, now_us - 3 * TU_DAY_US + every_us},
        {"by a clock a little ahead", now_us + TU_SECOND_US, now_us + TU_SECOND_US + every_us},
        {"by a clock gone wrong", now_us + TU_DAY_US, now_us},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_assert_cmpint(tu_period_due_us(every_us, rows[i].last_us, now_us), ==, rows[i].due_us);
    }
}

typedef struct {
    const char *label;
    TuGrain grain;
    gint64 back_us;
    int months;
    const char *now, *from;
} WindowRow;

static const WindowRow window_rows[] = {
    {"hours", TU_GRAIN_HOUR, 24 * TU_HOUR_US, 0, "2026-11-22T12:00:00Z", "2026-11-20"},
    {"hours over two midnights", TU_GRAIN_HOUR, 47 * TU_HOUR_US, 0, "2026-11-22T00:00:00Z",
     "2026-11-19"},
    {"minutes", TU_GRAIN_MINUTE, 2 * TU_HOUR_US, 0, "2026-11-22T01:00:00Z", "2026-11-20"},
    {"days", TU_GRAIN_DAY, 7 * TU_DAY_US, 0, "2026-11-22T12:00:00Z", "2026-11-14"},
    {"weeks begin on Monday", TU_GRAIN_WEEK, 14 * TU_DAY_US, 0, "2026-11-22T12:00:00Z",
     "2026-11-02"},
    {"months are whole", TU_GRAIN_MONTH, 0, 2, "2026-11-22T12:00:00Z", "2026-09-01"},
    {"months over new year", TU_GRAIN_MONTH, 0, 2, "2026-01-15T12:00:00Z", "2025-11-01"},
    {"the first of a month is the last of the one before, somewhere", TU_GRAIN_MONTH, 0, 2,
     "2026-11-01T12:00:00Z", "2026-08-01"},
    {"quarters are whole", TU_GRAIN_QUARTER, 0, 6, "2026-11-22T12:00:00Z", "2026-04-01"},
    {"years are whole", TU_GRAIN_YEAR, 0, 24, "2026-11-22T12:00:00Z", "2024-01-01"},
    {"a day in months: the 31st becomes the 28th", TU_GRAIN_DAY, 0, 1, "2026-04-01T12:00:00Z",
     "2026-02-28"},
    {"a day in months, leap year", TU_GRAIN_DAY, 0, 1, "2024-04-01T12:00:00Z", "2024-02-29"},
    {"a century", TU_GRAIN_YEAR, 0, 1200, "2026-11-22T12:00:00Z", "1926-01-01"},
};

static void
test_windows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(window_rows); i++) {
        const WindowRow *row = &window_rows[i];
        TuDate from = tu_period_window_from(row->grain, row->back_us, row->months, at(row->now));
        char text[TU_DATE_TEXT_BYTES];
        tu_date_format(from, text);
        g_test_message("%s", row->label);
        g_assert_cmpstr(text, ==, row->from);
    }
}

/* On every clock the window holds the bucket of "window ago" whole, and today. */
static void
test_windows_hold(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(TuZone) zone = zone_named(g_ptr_array_index(names, i));
        for (guint hour = 0; hour < 24; hour++) {
            gint64 now_us = at("2011-12-30T00:00:00Z") + hour * TU_HOUR_US;
            gint64 back_us = (hour + 1) * 7 * TU_HOUR_US;
            TuDate to = tu_period_window_to(now_us);
            g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_DAY, now_us, NULL), <, to);
            for (int grain = 0; grain < TU_GRAINS; grain++) {
                TuBucket first = tu_bucket_of(zone, (TuGrain)grain, now_us - back_us, NULL);
                TuDate from = tu_period_window_from((TuGrain)grain, back_us, 0, now_us);
                g_assert_cmpint(from, <=, tu_bucket_date(zone, (TuGrain)grain, first));
            }
        }
    }
}

/* ---- agendas ---- */

static const TuNightly at_four = {.minute = 240, .days = 1, .grace_us = 2 * TU_HOUR_US};

static void
test_agenda_empty(void)
{
    g_autoptr(TuAgenda) agenda = tu_agenda_new(NULL, 0, NULL, 0, 1000);
    g_assert_cmpuint(agenda->nightly->len + agenda->periodic->len + agenda->late->len, ==, 0);
    g_assert_cmpint(agenda->next_us, ==, G_MAXINT64);
}

/* Zones with the same days are one run; one that missed nights is another; summaries are apart. */
static void
test_agenda_shares(void)
{
    g_autoptr(TuZone) paris = zone_named("Europe/Paris");
    g_autoptr(TuZone) rome = zone_named("Europe/Rome");
    g_autoptr(TuZone) cairo = zone_named("Africa/Cairo");
    g_autoptr(TuZone) honolulu = zone_named("Pacific/Honolulu");
    TuDate yesterday = date("2026-11-21");
    const TuScheduledNight nights[] = {
        {0, paris, at_four, yesterday},     {0, rome, at_four, yesterday},
        {0, cairo, at_four, yesterday - 2}, {0, honolulu, at_four, yesterday},
        {1, paris, at_four, yesterday},     {2, paris, at_four, yesterday + 1},
    };
    gint64 now_us = at("2026-11-22T03:30:00Z");
    g_autoptr(TuAgenda) agenda = tu_agenda_new(nights, G_N_ELEMENTS(nights), NULL, 0, now_us);
    g_assert_cmpuint(agenda->nightly->len, ==, 3);

    const TuNightlyRun *run = &g_array_index(agenda->nightly, TuNightlyRun, 0);
    g_assert_cmpuint(run->summary, ==, 0);
    g_assert_cmpuint(run->zones->len, ==, 1);
    g_assert_true(g_array_index(run->zones, TuZoneNight, 0).zone == cairo);
    g_assert_cmpint(run->from, ==, yesterday - 2);
    g_assert_cmpuint(run->missed, ==, 2);

    run = &g_array_index(agenda->nightly, TuNightlyRun, 1);
    g_assert_cmpuint(run->summary, ==, 0);
    g_assert_cmpuint(run->zones->len, ==, 2);
    g_assert_true(g_array_index(run->zones, TuZoneNight, 1).zone == rome);
    g_assert_cmpint(g_array_index(run->zones, TuZoneNight, 1).night, ==, yesterday + 1);
    g_assert_cmpint(run->from, ==, yesterday);
    g_assert_cmpint(run->to, ==, yesterday + 1);

    run = &g_array_index(agenda->nightly, TuNightlyRun, 2);
    g_assert_cmpuint(run->summary, ==, 1);

    g_assert_cmpuint(agenda->late->len, ==, 1);
    const TuLateNight *late = &g_array_index(agenda->late, TuLateNight, 0);
    g_assert_true(late->zone == cairo);
    g_assert_cmpint(late->since_us, ==, at("2026-11-20T04:00:00Z"));
    /* Next, Paris would be late at six on its clock. */
    g_assert_cmpint(agenda->next_us, ==, at("2026-11-22T05:00:00Z"));
}

static void
test_agenda_sleeps(void)
{
    g_autoptr(TuZone) utc = zone_named("UTC");
    const TuScheduledNight nights[] = {{0, utc, at_four, date("2026-11-22")}};
    gint64 now_us = at("2026-11-22T04:00:10Z");
    const TuScheduledPeriod periods[] = {
        {3, 15 * TU_MINUTE_US, now_us - 15 * TU_MINUTE_US + 97 * TU_SECOND_US}};
    g_autoptr(TuAgenda) agenda = tu_agenda_new(nights, 1, periods, 1, now_us);
    g_assert_cmpint(agenda->next_us, ==, now_us + 97 * TU_SECOND_US);
    g_assert_cmpuint(agenda->periodic->len, ==, 0);

    g_autoptr(TuAgenda) later = tu_agenda_new(nights, 1, periods, 1, now_us + 97 * TU_SECOND_US);
    g_assert_cmpuint(later->periodic->len, ==, 1);
    g_assert_cmpuint(g_array_index(later->periodic, guint, 0), ==, 3);
    g_assert_cmpint(later->next_us, ==, at("2026-11-23T04:00:00Z"));
}

/* cron starts `run --once` every quarter of an hour, now a moment late, now a moment early. */
static void
test_agenda_by_cron(void)
{
    gint64 started_us = at("2026-11-22T12:00:01Z");
    TuScheduledPeriod period = {0, 15 * TU_MINUTE_US, started_us,
                                tu_period_early_us(15 * TU_MINUTE_US)};
    for (int i = 1; i <= 8; i++) {
        gint64 now_us = started_us + i * 15 * TU_MINUTE_US - (i % 2) * 30 * TU_SECOND_US;
        g_autoptr(TuAgenda) agenda = tu_agenda_new(NULL, 0, &period, 1, now_us);
        g_assert_cmpuint(agenda->periodic->len, ==, 1);
        period.last_us = now_us;
    }
    g_autoptr(TuAgenda) soon =
        tu_agenda_new(NULL, 0, &period, 1, period.last_us + 13 * TU_MINUTE_US);
    g_assert_cmpuint(soon->periodic->len, ==, 0);
}

/* Some workers share a database of nights; each takes what its agenda says and notes it. However
 * they come and go, each zone has one run a night. */
static void
test_agenda_for_a_year(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func((GDestroyNotify)tu_zone_free);
    g_autofree TuScheduledNight *nights = g_new0(TuScheduledNight, names->len);
    g_autofree guint *runs = g_new0(guint, names->len);
    g_autofree TuDate *first = g_new0(TuDate, names->len);
    gint64 now_us = at("2011-06-01T00:00:00Z");
    gint64 end_us = at("2012-06-01T00:00:00Z");
    guint n_scans = 0;
    for (guint i = 0; i < names->len; i++) {
        TuZone *zone = zone_named(g_ptr_array_index(names, i));
        g_ptr_array_add(zones, zone);
        first[i] = tu_night_last(zone, 240, now_us);
        nights[i] = (TuScheduledNight){0, zone, at_four, first[i]};
    }
    while (now_us < end_us) {
        g_autoptr(TuAgenda) agenda = tu_agenda_new(nights, names->len, NULL, 0, now_us);
        n_scans += agenda->nightly->len;
        for (guint r = 0; r < agenda->nightly->len; r++) {
            const TuNightlyRun *run = &g_array_index(agenda->nightly, TuNightlyRun, r);
            for (guint z = 0; z < run->zones->len; z++) {
                const TuZoneNight *done = &g_array_index(run->zones, TuZoneNight, z);
                guint i = 0;
                while (nights[i].zone != done->zone)
                    i++;
                g_assert_cmpint(done->night, >, nights[i].done);
                nights[i].done = done->night;
                runs[i]++;
            }
        }
        now_us = agenda->next_us;
    }
    for (guint i = 0; i < names->len; i++) {
        guint lost = tu_night_exists(nights[i].zone, date("2011-12-30")) ? 0 : 1;
        g_assert_cmpint(nights[i].done, ==, tu_night_last(nights[i].zone, 240, end_us - 1));
        g_assert_cmpuint(runs[i] + lost, ==, nights[i].done - first[i]);
    }
    /* There are a few dozen offsets in use: so many scans a day, not one for each zone. */
    g_assert_cmpuint(n_scans, <, 45 * 366);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/period/due", test_period_due);
    g_test_add_func("/period/windows", test_windows);
    g_test_add_func("/period/windows-hold", test_windows_hold);
    g_test_add_func("/schedule/empty", test_agenda_empty);
    g_test_add_func("/schedule/shares", test_agenda_shares);
    g_test_add_func("/schedule/sleeps", test_agenda_sleeps);
    g_test_add_func("/schedule/by-cron", test_agenda_by_cron);
    g_test_add_func("/schedule/year", test_agenda_for_a_year);
    return g_test_run();
}
