/* Zones: names and complaints, the laws of the table of segments, lookup and digest. That offsets
 * are right is test_allzones's. */
#include <glib/gstdio.h>
#include <string.h>

#include "error.h"
#include "time/instant.h"
#include "time/zone.h"
#include "time/zonename.h"

static TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(tu_zone_name(zone), ==, name);
    return zone;
}

static void
test_refused(void)
{
    /* `advice` NULL: the message suggests nothing in particular. */
    static const struct {
        const char *label, *name, *what, *advice;
    } rows[] = {
        {"another case", "America/New_york", "unknown", "America/New_York"},
        {"all small", "europe/paris", "unknown", "Europe/Paris"},
        {"small utc", "utc", "unknown", "UTC"},
        {"a space", "America/New York", "unknown", "America/New_York"},
        {"a letter lost", "America/Chcago", "unknown", "America/Chicago"},
        {"two letters swapped", "Europe/Belrin", "unknown", "Europe/Berlin"},
        {"no region", "Paris", "unknown", "Europe/Paris"},
        {"another region", "US/New_York", "unknown", "America/New_York"},
        {"nothing like it", "Middle-earth/Shire", "unknown", NULL},
        {"too short to guess", "XX", "unknown", NULL},
        {"empty", "", "unknown", NULL},
        {"a directory", "America", "not fit", NULL},
        {"posixrules", "posixrules", "not fit", NULL},
        {"localtime", "localtime", "not fit", NULL},
        {"Factory", "Factory", "not fit", NULL},
        {"right", "right/Europe/Paris", "not fit", "Europe/Paris"},
        {"posix", "posix/Europe/Paris", "not fit", "Europe/Paris"},
        {"a table", "zone1970.tab", "not fit", NULL},
        {"an offset", "+05:30", "unknown", NULL},
        {"a POSIX rule", "CET-1CEST,M3.5.0,M10.5.0/3", "unknown", NULL},
        {"a path that leads out", "Europe/../../../../etc/passwd", "", NULL},
        {"a path", "/usr/share/zoneinfo/Europe/Paris", "unknown", "Europe/Paris"},
        {"not text", "Europe/P\xff\x01", "unknown", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *question = g_strdup_printf("did you mean %s?", rows[i].advice);

        g_test_message("%s", rows[i].label);
        g_assert_null(tu_zone_new(rows[i].name, &error));
        g_assert_error(error, TU_ERROR, TU_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, rows[i].name));
        g_assert_nonnull(strstr(error->message, rows[i].what));
        if (rows[i].advice != NULL)
            g_assert_nonnull(strstr(error->message, question));
        else
            g_assert_null(strstr(error->message, "did you mean"));
    }
}

static void
test_long_name(void)
{
    g_autofree char *name = g_strnfill(5000, 'A');
    g_autoptr(GError) error = NULL;

    g_assert_null(tu_zone_new(name, &error));
    g_assert_error(error, TU_ERROR, TU_ERROR_CONFIG);
}

/* $TZDIR is obeyed; a file that holds no rules is no zone; without tzdata there is still UTC. */
static void
test_tzdir(void)
{
    g_autofree char *directory = g_dir_make_tmp("trueup-zone-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(directory, "Bad", NULL);
    g_autofree char *nowhere = g_build_filename(directory, "nowhere", NULL);
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(GError) not_rules = NULL, damaged = NULL, no_directory = NULL;
    g_autoptr(TuZone) utc = NULL;

    g_assert_true(g_file_set_contents(file, "not a zone", -1, NULL));
    g_setenv("TZDIR", directory, TRUE);
    g_assert_null(tu_zone_new("Bad", &not_rules));
    g_assert_error(not_rules, TU_ERROR, TU_ERROR_CONFIG);
    names = tu_zone_name_list();
    g_assert_cmpuint(names->len, ==, 0);

    g_assert_true(g_file_set_contents(file, "TZif2 cut short", -1, NULL));
    g_assert_null(tu_zone_new("Bad", &damaged));
    g_assert_error(damaged, TU_ERROR, TU_ERROR_CONFIG);
    g_assert_nonnull(strstr(damaged->message, "damaged"));

    g_setenv("TZDIR", nowhere, TRUE);
    g_assert_null(tu_zone_new("Europe/Paris", &no_directory));
    g_assert_error(no_directory, TU_ERROR, TU_ERROR_CONFIG);
    g_assert_nonnull(strstr(no_directory->message, "install tzdata"));
    utc = zone_named("UTC");
    g_assert_cmpuint(tu_zone_segments(utc), ==, 1);

    g_unsetenv("TZDIR");
    g_assert_cmpint(g_remove(file), ==, 0);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* For every zone: segments are adjoining, from end to end of int64, neighbours differ, bounds are
 * met, and each end of each segment is found with every kind of hint. */
static void
test_table(void)
{
    g_autoptr(GPtrArray) names = tu_zone_name_list();

    g_assert_cmpuint(names->len, >, 400);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(TuZone) zone = zone_named(g_ptr_array_index(names, i));
        guint segments = tu_zone_segments(zone), kept = 0;
        gint64 least_us = G_MAXINT64, greatest_us = G_MININT64, got_least_us, got_greatest_us;
        TuZoneSegment before = {0};

        for (guint index = 0; index < segments; index++) {
            TuZoneSegment segment = tu_zone_segment(zone, index);
            guint hints[] = {0, index, index + 1, index == 0 ? 0 : index - 1, segments, G_MAXUINT};

            g_assert_cmpint(segment.start_us, <, segment.end_us);
            if (index == 0) {
                g_assert_cmpint(segment.start_us, ==, G_MININT64);
            } else {
                g_assert_cmpint(segment.start_us, ==, before.end_us);
                g_assert_cmpint(segment.offset_us, !=, before.offset_us);
            }
            for (guint h = 0; h < G_N_ELEMENTS(hints); h++) {
                guint hint = hints[h];

                g_assert_cmpuint(tu_zone_segment_of(zone, segment.start_us, &hint), ==, index);
                g_assert_cmpuint(hint, ==, index);
                hint = hints[h];
                g_assert_cmpuint(tu_zone_segment_of(zone, segment.end_us - 1, &hint), ==, index);
                g_assert_cmpuint(hint, ==, index);
            }
            g_assert_cmpuint(tu_zone_segment_of(zone, segment.end_us - 1, &kept), ==, index);
            g_assert_cmpuint(tu_zone_segment_of(zone, segment.start_us, NULL), ==, index);
            g_assert_cmpint(tu_zone_offset_us(zone, segment.start_us), ==, segment.offset_us);
            least_us = MIN(least_us, segment.offset_us);
            greatest_us = MAX(greatest_us, segment.offset_us);
            before = segment;
        }
        g_assert_cmpint(before.end_us, ==, G_MAXINT64);
        g_assert_cmpuint(tu_zone_segment_of(zone, G_MAXINT64, NULL), ==, segments - 1);
        tu_zone_offset_bounds_us(zone, &got_least_us, &got_greatest_us);
        g_assert_cmpint(got_least_us, ==, least_us);
        g_assert_cmpint(got_greatest_us, ==, greatest_us);
    }
}

static void
test_known_offsets(void)
{
    static const struct {
        const char *label, *zone, *at;
        int seconds;
    } rows[] = {
        {"before all rules", "America/New_York", "1700-01-01T00:00:00Z", -17762},
        {"the day of two noons", "America/New_York", "1883-11-18T17:00:00Z", -18000},
        {"just before", "America/New_York", "1883-11-18T16:59:59.999999Z", -17762},
        {"war time", "America/New_York", "1943-01-15T00:00:00Z", -14400},
        {"seconds", "Africa/Monrovia", "1972-01-07T00:44:29Z", -2670},
        {"after seconds", "Africa/Monrovia", "1972-01-07T00:44:30Z", 0},
        {"winter time is the daylight one", "Europe/Dublin", "2024-01-01T00:00:00Z", 0},
        {"2 hours of daylight saving", "Antarctica/Troll", "2024-07-01T00:00:00Z", 7200},
        {"Ramadan in 2086", "Africa/Casablanca", "2086-05-01T00:00:00Z", 0},
        {"after the last listed Ramadan", "Africa/Casablanca", "2120-05-01T00:00:00Z", 3600},
        {"the rule goes on", "America/New_York", "2100-07-01T00:00:00Z", -14400},
        {"the rule's last summer", "America/New_York", "2199-07-01T00:00:00Z", -14400},
        {"then the last offset", "America/New_York", "2200-07-01T00:00:00Z", -18000},
        {"the southern sentinel", "Australia/Sydney", "9999-12-31T00:00:00Z", 39600},
        {"hour 24 in the rule", "America/Santiago", "2150-09-06T03:59:59Z", -14400},
        {"hour -1 in the rule", "America/Nuuk", "2150-03-29T01:00:00Z", -3600},
        {"hour 50 in the rule", "Asia/Gaza", "2150-03-28T00:00:00Z", 10800},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TuZone) zone = zone_named(rows[i].zone);
        gint64 at_us;

        g_test_message("%s", rows[i].label);
        g_assert_true(tu_instant_parse(rows[i].at, strlen(rows[i].at), NULL, &at_us));
        g_assert_cmpint(tu_zone_offset_us(zone, at_us), ==, rows[i].seconds * TU_SECOND_US);
    }
}

/* Reading the clock and asking for the instant of the reading gives the same instant, or the first
 * of two. */
static void
test_from_local(void)
{
    static const char *const names[] = {"America/New_York", "Australia/Lord_Howe",
                                        "Pacific/Apia",     "Asia/Manila",
                                        "Antarctica/Casey", "America/St_Johns"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(TuZone) zone = zone_named(names[i]);

        for (guint index = 1; index < tu_zone_segments(zone); index++) {
            gint64 start_us = tu_zone_segment(zone, index).start_us;

            for (gint64 at_us = start_us - 30 * TU_HOUR_US; at_us < start_us + 30 * TU_HOUR_US;
                 at_us += 5 * TU_MINUTE_US) {
                gint64 local_us = at_us + tu_zone_offset_us(zone, at_us);
                gint64 first_us = tu_zone_from_local_us(zone, local_us);

                g_assert_cmpint(first_us, <=, at_us);
                g_assert_cmpint(first_us + tu_zone_offset_us(zone, first_us), ==, local_us);
                for (gint64 other_us = at_us - 26 * TU_HOUR_US; other_us < first_us;
                     other_us += 5 * TU_MINUTE_US)
                    g_assert_cmpint(other_us + tu_zone_offset_us(zone, other_us), !=, local_us);
            }
        }
    }
}

static guint64
digest_of(const char *name)
{
    g_autoptr(TuZone) zone = zone_named(name);

    return tu_zone_digest(zone);
}

static void
test_digest(void)
{
    g_assert_cmphex(digest_of("UTC"), ==, digest_of("Etc/UTC"));
    g_assert_cmphex(digest_of("Asia/Calcutta"), ==, digest_of("Asia/Kolkata"));
    g_assert_cmphex(digest_of("Europe/Paris"), ==, digest_of("Europe/Paris"));
    g_assert_cmphex(digest_of("Europe/Paris"), !=, digest_of("Europe/Berlin"));
    g_assert_cmphex(digest_of("Etc/GMT+5"), !=, digest_of("Etc/GMT+6"));
    /* The value itself is kept in databases: it must not change with the machine or the version. */
    g_assert_cmphex(digest_of("UTC"), ==, G_GUINT64_CONSTANT(0x9f205b53c4272b04));
    tu_zone_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zone/refused", test_refused);
    g_test_add_func("/zone/long-name", test_long_name);
    g_test_add_func("/zone/tzdir", test_tzdir);
    g_test_add_func("/zone/table", test_table);
    g_test_add_func("/zone/known-offsets", test_known_offsets);
    g_test_add_func("/zone/from-local", test_from_local);
    g_test_add_func("/zone/digest", test_digest);
    return g_test_run();
}
