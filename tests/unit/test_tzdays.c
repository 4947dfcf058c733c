/*
 * The local days of data/tz_days.tsv, which four independent implementations agree on: each part of
 * each day at both ends, to the microsecond, and nothing of it anywhere near.
 */
#include <string.h>

#include "time/bucket.h"
#include "time/instant.h"

/* Every offset in the file is a multiple of this. */
#define STEP_US (30 * TU_SECOND_US)
#define MOST_PARTS 2
#define LINES 33

typedef struct {
    char *zone;
    char *date;
    gint64 start_us[MOST_PARTS];
    gint64 end_us[MOST_PARTS];
    guint parts;
} Day;

static void
day_free(Day *day)
{
    g_free(day->zone);
    g_free(day->date);
    g_free(day);
}

static gint64
instant_of(const char *text)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(text, NULL);

    g_assert_nonnull(at);
    return g_date_time_to_unix(at) * TU_SECOND_US;
}

/* The days in the file's order; the parts of one day are next to each other. */
static GPtrArray *
read_days(void)
{
    GPtrArray *days = g_ptr_array_new_with_free_func((GDestroyNotify)day_free);
    const char *directory = g_getenv("TRUEUP_TEST_DATA");
    g_autofree char *path = NULL, *content = NULL;
    g_auto(GStrv) lines = NULL;
    GError *error = NULL;
    guint count = 0;

    g_assert_nonnull(directory);
    path = g_build_filename(directory, "tz_days.tsv", NULL);
    g_file_get_contents(path, &content, NULL, &error);
    g_assert_no_error(error);
    lines = g_strsplit(content, "\n", -1);
    for (guint i = 1; lines[i] != NULL && lines[i][0] != '\0'; i++, count++) {
        g_auto(GStrv) field = g_strsplit(lines[i], "\t", -1);
        Day *day = days->len == 0 ? NULL : g_ptr_array_index(days, days->len - 1);

        g_assert_cmpuint(g_strv_length(field), ==, 5);
        if (day == NULL || strcmp(day->zone, field[0]) != 0 || strcmp(day->date, field[1]) != 0) {
            day = g_new0(Day, 1);
            day->zone = g_strdup(field[0]);
            day->date = g_strdup(field[1]);
            g_ptr_array_add(days, day);
        }
        g_assert_cmpuint(day->parts, <, MOST_PARTS);
        day->start_us[day->parts] = instant_of(field[2]);
        day->end_us[day->parts] = instant_of(field[3]);
        day->parts++;
    }
    g_assert_cmpuint(count, ==, LINES);
    return days;
}

static gboolean
is_in_day(const Day *day, gint64 at_us)
{
    for (guint i = 0; i < day->parts; i++) {
        if (at_us >= day->start_us[i] && at_us < day->end_us[i])
            return TRUE;
    }
    return FALSE;
}

static void
check_instant(const Day *day, const TuZone *zone, TuDate date, gint64 at_us)
{
    gboolean is_of_date = tu_bucket_of(zone, TU_GRAIN_DAY, at_us, NULL) == date;

    if (is_of_date != is_in_day(day, at_us)) {
        char text[TU_INSTANT_TEXT_BYTES];

        tu_instant_format(at_us, text);
        g_error("%s %s: %s is %s", day->zone, day->date, text, is_of_date ? "in it" : "not in it");
    }
}

static void
check_day(const Day *day)
{
    GError *error = NULL;
    g_autoptr(TuZone) zone = tu_zone_new(day->zone, &error);
    gint64 from_us = day->start_us[0], to_us = day->end_us[day->parts - 1];
    gint64 got_from_us, got_to_us;
    TuDate date;

    g_assert_no_error(error);
    g_assert_true(tu_date_parse(day->date, 10, &date));
    for (guint i = 0; i < day->parts; i++) {
        check_instant(day, zone, date, day->start_us[i] - 1);
        check_instant(day, zone, date, day->start_us[i]);
        check_instant(day, zone, date, day->end_us[i] - 1);
        check_instant(day, zone, date, day->end_us[i]);
    }
    for (gint64 at_us = from_us - 2 * TU_DAY_US; at_us < to_us + 2 * TU_DAY_US; at_us += STEP_US)
        check_instant(day, zone, date, at_us);

    tu_bucket_envelope(zone, date, date + 1, &got_from_us, &got_to_us);
    g_assert_cmpint(got_from_us, ==, from_us);
    g_assert_cmpint(got_to_us, ==, to_us);
}

static void
test_days(void)
{
    g_autoptr(GPtrArray) days = read_days();
    guint skipped = 0, split = 0;

    for (guint i = 0; i < days->len; i++) {
        const Day *day = g_ptr_array_index(days, i);

        g_test_message("%s %s", day->zone, day->date);
        skipped += day->start_us[0] == day->end_us[0] ? 1 : 0;
        split += day->parts == 2 ? 1 : 0;
        check_day(day);
    }
    g_assert_cmpuint(skipped, ==, 3);
    g_assert_cmpuint(split, ==, 3);
}

/* The coarser buckets of a day that was skipped: its neighbours' week and month hold no part of
 * it, and are otherwise whole. */
static void
test_skipped_day_in_week(void)
{
    GError *error = NULL;
    g_autoptr(TuZone) zone = tu_zone_new("Pacific/Apia", &error);
    gint64 from_us, to_us;
    TuDate monday = tu_date_from_civil(2011, 12, 26);

    g_assert_no_error(error);
    tu_bucket_envelope(zone, monday, monday + 7, &from_us, &to_us);
    g_assert_cmpint(to_us - from_us, ==, 6 * TU_DAY_US);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_WEEK, from_us, NULL), ==, monday);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_WEEK, from_us - 1, NULL), ==, monday - 7);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_WEEK, to_us - 1, NULL), ==, monday);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_WEEK, to_us, NULL), ==, monday + 7);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tzdays/days", test_days);
    g_test_add_func("/tzdays/skipped-day-in-week", test_skipped_day_in_week);
    return g_test_run();
}
