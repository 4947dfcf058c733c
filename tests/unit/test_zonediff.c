/*
 * Which buckets a change of a zone's rules moved, against asking the bucket of every instant that
 * matters: for all zones of the system and for rules that were changed at random.
 */
#include <string.h>

#include "time/edition.h"
#include "time/instant.h"
#include "time/tzrule.h"
#include "time/zonediff.h"
#include "time/zonename.h"
#include "time/zonerules.h"

#define QUARTER_US (15 * TU_MINUTE_US)

static TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);
    g_assert_no_error(error);
    return zone;
}

static GArray *
changes_of(const TuZone *zone)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(TuZoneChange));
    for (guint i = 0; i < tu_zone_segments(zone); i++) {
        TuZoneSegment segment = tu_zone_segment(zone, i);
        TuZoneChange change = {i == 0 ? G_MININT64 : segment.start_us / TU_SECOND_US,
                               (gint32)(segment.offset_us / TU_SECOND_US)};
        g_array_append_val(changes, change);
    }
    return changes;
}

/* ---- rules as text ---- */

static void
test_rules_come_back(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    g_assert_cmpuint(names->len, >, 300);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(TuZone) zone = zone_named(g_ptr_array_index(names, i));
        g_autofree char *rules = tu_zone_rules(zone);
        g_autoptr(TuZone) again = tu_zone_of_rules("again", rules);
        g_assert_nonnull(again);
        g_assert_cmpuint(tu_zone_digest(again), ==, tu_zone_digest(zone));
        g_assert_cmpuint(strlen(rules), <, 12 * tu_zone_segments(zone) + 8);
    }
}

static void
test_bad_rules(void)
{
    static const char *const bad[] = {"", ";", "x;", "1;2", "1;2,", "1;2,3;", "1 ", "1;2,3 4"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_null(tu_zone_of_rules("bad", bad[i]));
}

/* ---- what is moved ---- */

/* At that instant either no bucket differs, or both are told. */
static void
check_instant(const TuZoneDiff *diff, const TuZone *before, const TuZone *after, gint64 at_us)
{
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuBucket left = tu_bucket_of(before, (TuGrain)grain, at_us, NULL);
        TuBucket right = tu_bucket_of(after, (TuGrain)grain, at_us, NULL);
        if (left == right)
            continue;
        g_assert_true(tu_zone_diff_holds(diff, (TuGrain)grain, left));
        g_assert_true(tu_zone_diff_holds(diff, (TuGrain)grain, right));
    }
}

/* TRUE if some instant from..to lies in that bucket by one clock only. */
static gboolean
is_moved(const TuZone *before, const TuZone *after, TuGrain grain, TuBucket bucket, gint64 from_us,
         gint64 to_us, gint64 step_us)
{
    for (gint64 at_us = from_us; at_us < to_us; at_us += step_us)
        if ((tu_bucket_of(before, grain, at_us, NULL) == bucket) !=
            (tu_bucket_of(after, grain, at_us, NULL) == bucket))
            return TRUE;
    return FALSE;
}

/* The buckets around an instant: told if and only if they are moved. Changes of clocks are at whole
 * quarters of an hour here. */
static void
check_buckets(const TuZoneDiff *diff, const TuZone *before, const TuZone *after, gint64 at_us)
{
    static const struct {
        TuGrain grain;
        gint64 around_us, step_us;
    } kinds[] = {
        {TU_GRAIN_MINUTE, 10 * TU_MINUTE_US, TU_MINUTE_US / 2},
        {TU_GRAIN_HOUR, 4 * TU_HOUR_US, QUARTER_US},
        {TU_GRAIN_DAY, 3 * TU_DAY_US, QUARTER_US},
        {TU_GRAIN_WEEK, 9 * TU_DAY_US, QUARTER_US},
        {TU_GRAIN_MONTH, 33 * TU_DAY_US, QUARTER_US},
    };
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        TuGrain grain = kinds[i].grain;
        const TuZone *const clocks[] = {before, after};
        for (guint c = 0; c < G_N_ELEMENTS(clocks); c++) {
            TuBucket bucket = tu_bucket_of(clocks[c], grain, at_us, NULL);
            gboolean moved = is_moved(before, after, grain, bucket, at_us - kinds[i].around_us,
                                      at_us + kinds[i].around_us, kinds[i].step_us);
            g_assert_cmpint(tu_zone_diff_holds(diff, grain, bucket), ==, moved);
        }
    }
}

static gint64
whole_quarter(gint64 at_us)
{
    return tu_instant_floor_us(at_us, QUARTER_US);
}

/* Around each change of either zone since 1975, and anywhere in between. */
static void
check_pair(const TuZone *before, const TuZone *after, guint n_random)
{
    g_autoptr(TuZoneDiff) diff = tu_zone_diff_new(before, after);
    const TuZone *const zones[] = {before, after};
    const gint64 least_us = 5 * 365 * TU_DAY_US;
    const gint64 greatest_us = 75 * 365 * TU_DAY_US;
    for (guint z = 0; z < G_N_ELEMENTS(zones); z++)
        for (guint i = 1; i < tu_zone_segments(zones[z]); i++) {
            gint64 start_us = tu_zone_segment(zones[z], i).start_us;
            static const int steps[] = {-97, -5, -4, -1, 0, 1, 3, 4, 5, 96};
            for (guint s = 0; s < G_N_ELEMENTS(steps); s++)
                check_instant(diff, before, after, start_us + steps[s] * QUARTER_US);
        }
    for (guint i = 0; i < n_random; i++) {
        guint z = (guint)g_test_rand_int_range(0, 2);
        guint n = tu_zone_segments(zones[z]);
        gint64 at_us =
            tu_zone_segment(zones[z], (guint)g_test_rand_int_range(0, (gint32)n)).start_us;
        if (at_us < least_us || at_us > greatest_us || g_test_rand_int_range(0, 4) == 0)
            at_us = (gint64)g_test_rand_double_range((double)least_us, (double)greatest_us);
        at_us = whole_quarter(at_us) + g_test_rand_int_range(-200, 200) * QUARTER_US;
        check_instant(diff, before, after, at_us);
        check_buckets(diff, before, after, at_us);
    }
}

static void
test_same_rules(void)
{
    g_autoptr(TuZone) zone = zone_named("Europe/Paris");
    g_autoptr(TuZoneDiff) diff = tu_zone_diff_new(zone, zone);
    TuDate from = 0;
    TuDate to = 0;
    g_assert_false(tu_zone_diff_dates(diff, &from, &to));
    for (int grain = 0; grain < TU_GRAINS; grain++)
        g_assert_false(
            tu_zone_diff_holds(diff, (TuGrain)grain, tu_bucket_of(zone, (TuGrain)grain, 0, NULL)));
}

/* Summer time begins a week later in one year: seven days and the hour's two days, one week's two
 * weeks; no month, since all of it lies within March. */
static void
test_one_year(void)
{
    g_autoptr(TuZone) before = zone_named("Europe/Paris");
    g_autoptr(GArray) changes = changes_of(before);
    gint64 end_of_march_s = tu_date_from_civil(2024, 3, 31) * (gint64)86400 + 3600;
    for (guint i = 0; i < changes->len; i++)
        if (g_array_index(changes, TuZoneChange, i).at_s == end_of_march_s)
            g_array_index(changes, TuZoneChange, i).at_s -= 7 * 86400;
    g_autoptr(TuZone) after = tu_zone_of_changes("after", changes);
    g_autoptr(TuZoneDiff) diff = tu_zone_diff_new(before, after);
    static const struct {
        TuGrain grain;
        int month, day;
        gboolean is_moved;
    } rows[] = {
        {TU_GRAIN_DAY, 3, 23, FALSE},  {TU_GRAIN_DAY, 3, 24, TRUE},
        {TU_GRAIN_DAY, 3, 31, TRUE},   {TU_GRAIN_DAY, 4, 1, FALSE},
        {TU_GRAIN_WEEK, 3, 11, FALSE}, {TU_GRAIN_WEEK, 3, 18, TRUE},
        {TU_GRAIN_WEEK, 3, 25, TRUE},  {TU_GRAIN_WEEK, 4, 1, FALSE},
        {TU_GRAIN_MONTH, 3, 1, FALSE}, {TU_GRAIN_QUARTER, 1, 1, FALSE},
        {TU_GRAIN_YEAR, 1, 1, FALSE},
    };
    TuDate from = 0;
    TuDate to = 0;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(tu_zone_diff_holds(diff, rows[i].grain,
                                           tu_date_from_civil(2024, rows[i].month, rows[i].day)),
                        ==, rows[i].is_moved);
    g_assert_true(tu_zone_diff_dates(diff, &from, &to));
    g_assert_cmpint(from, <=, tu_date_from_civil(2024, 3, 24));
    g_assert_cmpint(to, >, tu_date_from_civil(2024, 3, 31));
    g_assert_cmpint(to - from, <, 16);
    for (int hour = -50; hour < 250; hour++)
        g_assert_false(tu_zone_diff_holds(
            diff, TU_GRAIN_HOUR, (end_of_march_s - 7 * 86400 + hour * 3600) * TU_SECOND_US));
}

/* Each zone against itself with one of its changes moved, taken out, or of another size. */
static void
test_all_zones(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(TuZone) before = zone_named(g_ptr_array_index(names, i));
        g_autoptr(GArray) changes = changes_of(before);
        guint first = 0;
        while (first < changes->len && g_array_index(changes, TuZoneChange, first).at_s < 0)
            first++;
        /* Before 1970 clocks differed by seconds; a zone that has kept its offset since is as good
         * as any other with one that differs. */
        if (first == changes->len) {
            TuZoneChange made = {1000000800, 0};
            g_array_append_val(changes, made);
        }
        guint at = (guint)g_test_rand_int_range((gint32)first, (gint32)changes->len);
        gint32 quarters = g_test_rand_int_range(-40, 40) * (g_test_rand_bit() ? 4 : 1);
        TuZoneChange *change = &g_array_index(changes, TuZoneChange, at);
        switch (g_test_rand_int_range(0, 3)) {
        case 0:
            change->at_s += quarters * 900;
            break;
        case 1:
            change->offset_s = CLAMP(change->offset_s + quarters / 4 * 900, -50400, 50400);
            break;
        default:
            g_array_remove_index(changes, at);
        }
        g_autoptr(TuZone) after = tu_zone_of_changes("after", changes);
        check_pair(before, after, 20);
    }
}

/* Two zones of the system, as when a zone's whole history is corrected. */
static void
test_any_two(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();
    for (guint i = 0; i < 60; i++) {
        g_autoptr(TuZone) before = zone_named(
            g_ptr_array_index(names, (guint)g_test_rand_int_range(0, (gint32)names->len)));
        g_autoptr(TuZone) after = zone_named(
            g_ptr_array_index(names, (guint)g_test_rand_int_range(0, (gint32)names->len)));
        check_pair(before, after, 30);
    }
}

/* ---- editions ---- */

static gint64
date_us(int year, int month, int day)
{
    return tu_date_from_civil(year, month, day) * TU_DAY_US;
}

/* In their order; each is older than all behind it. */
static void
test_editions(void)
{
    const TuEdition rows[] = {
        {NULL, date_us(2019, 5, 1)},    {"2024a", date_us(2025, 1, 1)},
        {"2024b", date_us(2024, 9, 4)}, {NULL, date_us(2024, 11, 1)},
        {"2025a", date_us(2025, 1, 1)}, {"2025b", date_us(2025, 3, 1)},
        {"2025b", date_us(2025, 3, 2)}, {NULL, date_us(2025, 6, 1)},
        {"2099a", date_us(2025, 1, 1)},
    };
    for (guint a = 0; a < G_N_ELEMENTS(rows); a++)
        for (guint b = 0; b < G_N_ELEMENTS(rows); b++) {
            int order = tu_edition_compare(&rows[a], &rows[b]);
            g_assert_cmpint((order > 0) - (order < 0), ==, (a > b) - (a < b));
        }
    g_autofree char *known = tu_edition_text(&rows[5]);
    g_autofree char *unknown = tu_edition_text(&rows[0]);
    g_assert_cmpstr(known, ==, "2025b (file of 2025-03-01)");
    g_assert_cmpstr(unknown, ==, "of unknown release, file of 2019-05-01");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zonediff/rules come back", test_rules_come_back);
    g_test_add_func("/zonediff/bad rules", test_bad_rules);
    g_test_add_func("/zonediff/same rules", test_same_rules);
    g_test_add_func("/zonediff/one year", test_one_year);
    g_test_add_func("/zonediff/all zones", test_all_zones);
    g_test_add_func("/zonediff/any two", test_any_two);
    g_test_add_func("/zonediff/editions", test_editions);
    return g_test_run();
}
