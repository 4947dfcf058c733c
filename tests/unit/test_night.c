/*
 * Nights on every zone of this system, by a clock that the test turns: each date's night begins at
 * the first instant that shows the time or later, once, in order; downtime, moves and clocks that
 * went wrong neither skip nor double one.
 */
#include "clock_words.h"

#include "time/bucket.h"
#include "time/instant.h"
#include "time/night.h"
#include "time/zonename.h"

#define YEARS_FROM 1970
#define YEARS_TO 2040

/* All zones whose rules differ; the first name of each. */
static GPtrArray *
distinct_zones(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    GPtrArray *zones = g_ptr_array_new_with_free_func((GDestroyNotify)tu_zone_free);

    for (guint i = 0; i < names->len; i++) {
        TuZone *zone = zone_named(g_ptr_array_index(names, i));
        guint64 digest = tu_zone_digest(zone);

        if (g_hash_table_add(seen, g_memdup2(&digest, sizeof digest)))
            g_ptr_array_add(zones, zone);
        else
            tu_zone_free(zone);
    }
    g_assert_cmpuint(zones->len, >, 200);
    return zones;
}

/* ---- known nights ---- */

typedef struct {
    const char *label, *zone;
    guint minute;
    const char *date, *begin; /* begin NULL: the date has no night */
} BeginRow;

static const BeginRow begin_rows[] = {
    {"plain", "UTC", 240, "2026-11-22", "2026-11-22T04:00:00Z"},
    {"west of UTC", "America/New_York", 240, "2026-11-22", "2026-11-22T09:00:00Z"},
    {"spring forward: 02:30 is skipped", "America/New_York", 150, "2024-03-10",
     "2024-03-10T07:00:00Z"},
    {"spring forward: 03:00 is there", "America/New_York", 180, "2024-03-10",
     "2024-03-10T07:00:00Z"},
    {"fall back: 01:30 comes twice", "America/New_York", 90, "2024-11-03", "2024-11-03T05:30:00Z"},
    {"fall back: 02:00 comes once", "America/New_York", 120, "2024-11-03", "2024-11-03T07:00:00Z"},
    {"midnight is skipped", "Asia/Beirut", 0, "2024-03-31", "2024-03-30T22:00:00Z"},
    {"midnight comes twice", "America/Havana", 0, "2024-11-03", "2024-11-03T04:00:00Z"},
    {"half an hour", "Asia/Kolkata", 240, "2026-01-01", "2025-12-31T22:30:00Z"},
    {"three quarters", "Asia/Kathmandu", 240, "2026-01-01", "2025-12-31T22:15:00Z"},
    {"a change of half an hour", "Australia/Lord_Howe", 135, "2024-10-06", "2024-10-05T15:30:00Z"},
    {"quarters and a change", "Pacific/Chatham", 165, "2024-09-29", "2024-09-28T14:00:00Z"},
    {"the day before the one left out", "Pacific/Apia", 240, "2011-12-29", "2011-12-29T14:00:00Z"},
    {"the day left out", "Pacific/Apia", 240, "2011-12-30", NULL},
    {"the day after it", "Pacific/Apia", 240, "2011-12-31", "2011-12-30T14:00:00Z"},
    {"left out in Kwajalein", "Pacific/Kwajalein", 240, "1993-08-21", NULL},
    {"the last hour of a Saturday is skipped", "America/Nuuk", 1410, "2024-03-30",
     "2024-03-31T01:00:00Z"},
    {"the day after begins then as well", "America/Nuuk", 0, "2024-03-31", "2024-03-31T01:00:00Z"},
    {"a day in two parts, the first of it", "America/St_Johns", 1410, "2010-11-06",
     "2010-11-07T02:00:00Z"},
    {"a day that began before the clock went back into the last", "America/St_Johns", 0,
     "2010-11-07", "2010-11-07T02:30:00Z"},
};

static void
test_begin(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(begin_rows); i++) {
        const BeginRow *row = &begin_rows[i];
        g_autoptr(TuZone) zone = zone_named(row->zone);

        g_test_message("%s", row->label);
        g_assert_true(tu_night_exists(zone, date(row->date)) == (row->begin != NULL));
        if (row->begin != NULL)
            g_assert_cmpint(tu_night_begin_us(zone, row->minute, date(row->date)), ==,
                            at(row->begin));
    }
}

/* ---- all zones ---- */

/* That at `begun_us` the clock shows `wanted_us` or later, and never did before: neither does the
 * last instant of an earlier segment, nor the instant before in its own. */
static void
assert_is_first(const TuZone *zone, gint64 begun_us, gint64 wanted_us)
{
    guint index = tu_zone_segment_of(zone, begun_us, NULL);
    TuZoneSegment segment = tu_zone_segment(zone, index);

    g_assert_cmpint(begun_us + segment.offset_us, >=, wanted_us);
    if (begun_us > segment.start_us)
        g_assert_cmpint(begun_us - 1 + segment.offset_us, <, wanted_us);
    while (index-- > 0) {
        segment = tu_zone_segment(zone, index);
        g_assert_cmpint(segment.end_us - 1 + segment.offset_us, <, wanted_us);
    }
}

/* Dates around every change of the zone, all kinds of times. */
static void
check_changes(const TuZone *zone)
{
    static const guint minutes[] = {0,   1,   29,  30,  90,  119,  120,
                                    150, 179, 180, 240, 720, 1380, 1439};

    for (guint i = 1; i < tu_zone_segments(zone); i += i < 40 ? 1 : 7) {
        gint64 start_us = tu_zone_segment(zone, i).start_us;
        TuDate middle = tu_instant_local_date(start_us + tu_zone_offset_us(zone, start_us));

        for (guint m = 0; m < G_N_ELEMENTS(minutes); m++) {
            for (TuDate day = middle - 2; day <= middle + 2; day++) {
                gint64 begun_us = tu_night_begin_us(zone, minutes[m], day);

                assert_is_first(zone, begun_us, day * TU_DAY_US + minutes[m] * TU_MINUTE_US);
                g_assert_cmpint(begun_us, <=, tu_night_begin_us(zone, minutes[m], day + 1));
            }
        }
    }
}

/* A worker that sleeps until the next night and does it, for decades. The run of a date is on that
 * date, or at the first instant after it where the clock skipped the rest of it. */
static void
live_for_decades(const TuZone *zone, guint minute)
{
    const TuNightly nightly = {.minute = minute, .days = 1, .grace_us = 2 * TU_HOUR_US};
    gint64 now_us = tu_date_from_civil(YEARS_FROM, 1, 1) * TU_DAY_US;
    TuDate done = tu_night_last(zone, minute, now_us);
    TuDate last = tu_date_from_civil(YEARS_TO, 1, 1);

    for (TuDate day = done + 1; day < last; day++) {
        if (!tu_night_exists(zone, day))
            continue;
        now_us = tu_night_state(&nightly, zone, done, now_us).next_us;
        g_assert_false(tu_night_state(&nightly, zone, done, now_us - 1).is_due);
        TuNightState state = tu_night_state(&nightly, zone, done, now_us);
        gint64 shown_us = now_us + tu_zone_offset_us(zone, now_us);

        g_assert_true(state.is_due && !state.is_late);
        g_assert_cmpint(state.night, ==, day);
        g_assert_cmpint(state.from, ==, done);
        g_assert_cmpint(state.to, ==, day);
        g_assert_cmpint(shown_us, >=, day * TU_DAY_US + minute * TU_MINUTE_US);
        if (shown_us >= (day + 1) * TU_DAY_US)
            g_assert_cmpint(now_us, ==, tu_zone_reaches_local_us(zone, (day + 1) * TU_DAY_US));
        done = state.night;
        g_assert_false(tu_night_state(&nightly, zone, done, now_us).is_due);
    }
}

/* A worker that is often down, for hours to weeks: every night is covered by exactly one run. */
static void
live_with_downtime(const TuZone *zone, guint minute, GRand *random)
{
    const TuNightly nightly = {.minute = minute, .days = 2, .grace_us = 2 * TU_HOUR_US};
    gint64 now_us = tu_date_from_civil(YEARS_FROM, 1, 1) * TU_DAY_US;
    gint64 end_us = tu_date_from_civil(YEARS_TO, 1, 1) * TU_DAY_US;
    TuDate done = tu_night_last(zone, minute, now_us);

    while (now_us < end_us) {
        gint32 most_hours = g_rand_boolean(random) ? 3 : 28 * 24;

        now_us += g_rand_int_range(random, 0, most_hours * 3600) * TU_SECOND_US;
        TuNightState state = tu_night_state(&nightly, zone, done, now_us);

        g_assert_cmpint(state.next_us, >, now_us);
        g_assert_cmpint(state.is_due, ==, state.night > done);
        if (!state.is_due)
            continue;
        guint nights = 0;
        for (TuDate day = done + 1; day <= state.night; day++)
            nights += tu_night_exists(zone, day) ? 1 : 0;
        g_assert_cmpuint(state.missed + 1, ==, nights);
        g_assert_cmpuint(state.left_out, ==, 0);
        g_assert_cmpint(state.from, ==, done - 1);
        g_assert_cmpint(state.to, ==, state.night);
        done = state.night;
    }
}

static void
test_all_zones(void)
{
    g_autoptr(GPtrArray) zones = distinct_zones();
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    gint64 started_us = g_get_monotonic_time();

    for (guint i = 0; i < zones->len; i++) {
        const TuZone *zone = g_ptr_array_index(zones, i);

        check_changes(zone);
        live_with_downtime(zone, g_rand_int_range(random, 0, 1440), random);
        if (i % 8 == 0)
            live_for_decades(zone, g_rand_int_range(random, 0, 1440));
    }
    g_test_message("%u zones in %" G_GINT64_FORMAT " ms", zones->len,
                   (g_get_monotonic_time() - started_us) / 1000);
}

static void
test_strange_zones(void)
{
    static const char *const names[] = {
        "Pacific/Apia",        "Pacific/Kwajalein", "America/Nuuk",   "Asia/Kathmandu",
        "Australia/Lord_Howe", "Asia/Beirut",       "America/Havana", "America/St_Johns",
        "Pacific/Chatham",     "Africa/Casablanca", "Europe/Dublin",  "Africa/Monrovia"};
    static const guint minutes[] = {0, 30, 150, 240, 1410};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(TuZone) zone = zone_named(names[i]);

        for (guint m = 0; m < G_N_ELEMENTS(minutes); m++)
            live_for_decades(zone, minutes[m]);
    }
}

/* ---- records ---- */

typedef struct {
    const char *label, *zone, *now, *done; /* done NULL: no record */
    gboolean is_due;
    const char *night, *from, *to;
    guint missed, left_out;
    gboolean is_late;
} StateRow;

/* at 04:00, days: 3, grace: 2h */
static const StateRow state_rows[] = {
    {"done", "UTC", "2026-11-22T05:00:00Z", "2026-11-22", FALSE, "2026-11-22"},
    {"not yet", "UTC", "2026-11-22T03:59:59Z", "2026-11-21", FALSE, "2026-11-21"},
    {"just now", "UTC", "2026-11-22T04:00:00Z", "2026-11-21", TRUE, "2026-11-22", "2026-11-19",
     "2026-11-22"},
    {"within grace", "UTC", "2026-11-22T05:59:59Z", "2026-11-21", TRUE, "2026-11-22", "2026-11-19",
     "2026-11-22"},
    {"past grace", "UTC", "2026-11-22T06:00:00Z", "2026-11-21", TRUE, "2026-11-22", "2026-11-19",
     "2026-11-22", 0, 0, TRUE},
    {"a night missed is late already", "UTC", "2026-11-22T04:00:00Z", "2026-11-20", TRUE,
     "2026-11-22", "2026-11-18", "2026-11-22", 1, 0, TRUE},
    {"down for two weeks", "UTC", "2026-11-22T04:00:00Z", "2026-11-08", TRUE, "2026-11-22",
     "2026-11-06", "2026-11-22", 13, 0, TRUE},
    {"down for a year", "UTC", "2026-11-22T04:00:00Z", "2025-11-22", TRUE, "2026-11-22",
     "2026-10-20", "2026-11-22", 30, 334, TRUE},
    {"no record: the last night alone", "UTC", "2026-11-22T12:00:00Z", NULL, TRUE, "2026-11-22",
     "2026-11-19", "2026-11-22"},
    {"a zone that is a date ahead did it", "UTC", "2026-11-22T04:00:00Z", "2026-11-23", FALSE,
     "2026-11-22"},
    {"a clock that went wrong wrote next year", "UTC", "2026-11-22T04:00:00Z", "2027-11-23", TRUE,
     "2026-11-22", "2026-11-19", "2026-11-22"},
    {"over the day that was left out", "Pacific/Apia", "2011-12-30T14:00:00Z", "2011-12-29", TRUE,
     "2011-12-31", "2011-12-27", "2011-12-31"},
    {"on the day after it, before its time", "Pacific/Apia", "2011-12-30T13:59:59Z", "2011-12-29",
     FALSE, "2011-12-29"},
    {"a record from before all dates", "UTC", "2026-11-22T04:00:00Z", "0000-01-01", TRUE,
     "2026-11-22", "2026-10-20", "2026-11-22", 30, 740276, TRUE},
};

static void
test_states(void)
{
    const TuNightly nightly = {.minute = 240, .days = 3, .grace_us = 2 * TU_HOUR_US};

    for (guint i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const StateRow *row = &state_rows[i];
        g_autoptr(TuZone) zone = zone_named(row->zone);
        TuDate done = row->done != NULL ? date(row->done) : TU_NIGHT_NONE;
        TuNightState state = tu_night_state(&nightly, zone, done, at(row->now));

        g_test_message("%s", row->label);
        g_assert_cmpint(state.is_due, ==, row->is_due);
        g_assert_cmpint(state.night, ==, date(row->night));
        g_assert_cmpint(state.from, ==, row->is_due ? date(row->from) : 0);
        g_assert_cmpint(state.to, ==, row->is_due ? date(row->to) : 0);
        g_assert_cmpuint(state.missed, ==, row->missed);
        g_assert_cmpuint(state.left_out, ==, row->left_out);
        g_assert_cmpint(state.is_late, ==, row->is_late);
    }
}

/* A tenant moves from zone to zone; its zones have no other tenants. Each local date that its
 * clocks come to has one night, none twice. */
static void
test_moves(void)
{
    g_autoptr(GPtrArray) zones = distinct_zones();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    const TuNightly nightly = {.minute = 240, .days = 1, .grace_us = TU_HOUR_US};

    for (guint tenant = 0; tenant < 200; tenant++) {
        gint64 now_us = at("2024-01-01T00:00:00Z");
        const TuZone *zone = g_ptr_array_index(zones, tenant % zones->len);
        TuDate done = tu_night_last(zone, nightly.minute, now_us);

        for (guint step = 0; step < 400; step++) {
            now_us += g_rand_int_range(random, 1, 12) * TU_HOUR_US;
            if (g_rand_int_range(random, 0, 5) == 0)
                zone = g_ptr_array_index(zones, g_rand_int_range(random, 0, (gint32)zones->len));
            TuNightState state = tu_night_state(&nightly, zone, done, now_us);

            /* Never a date again; and whatever came is covered at once. */
            if (state.is_due)
                g_assert_cmpint(state.from, ==, done);
            done = MAX(done, state.is_due ? state.night : done);
            g_assert_cmpint(done, >=, tu_night_last(zone, nightly.minute, now_us));
        }
    }
}

/* New rules between two nights: the zone's clock is suddenly hours off, in either direction. */
static void
test_new_rules(void)
{
    const TuNightly nightly = {.minute = 240, .days = 1, .grace_us = TU_HOUR_US};
    g_autoptr(TuZone) before = zone_named("Asia/Tokyo");
    g_autoptr(TuZone) ahead = zone_named("Pacific/Kiritimati");
    g_autoptr(TuZone) behind = zone_named("Pacific/Honolulu");
    gint64 now_us = at("2026-11-21T19:00:00Z"); /* 04:00 in Tokyo */
    TuDate night = tu_night_state(&nightly, before, TU_NIGHT_NONE, now_us).night;

    g_assert_cmpint(night, ==, date("2026-11-22"));
    g_assert_false(tu_night_state(&nightly, ahead, night, now_us).is_due);
    g_assert_false(tu_night_state(&nightly, behind, night, now_us).is_due);
    /* 04:00 of the 22nd comes once more in Honolulu: it was done. The 23rd is next. */
    g_assert_false(tu_night_state(&nightly, behind, night, at("2026-11-22T14:00:00Z")).is_due);
    g_assert_true(tu_night_state(&nightly, behind, night, at("2026-11-23T14:00:00Z")).is_due);
    g_assert_true(tu_night_state(&nightly, ahead, night, at("2026-11-22T14:00:00Z")).is_due);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/night/begin", test_begin);
    g_test_add_func("/night/all-zones", test_all_zones);
    g_test_add_func("/night/strange-zones", test_strange_zones);
    g_test_add_func("/night/states", test_states);
    g_test_add_func("/night/moves", test_moves);
    g_test_add_func("/night/new-rules", test_new_rules);
    return g_test_run();
}
