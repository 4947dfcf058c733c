/* Hour and minute buckets around clock changes, and the laws that every bucket keeps. Days are
 * test_tzdays's too. */
#include <glib/gstdio.h>
#include <string.h>

#include "time/bucket.h"
#include "time/instant.h"

/* Zones whose changes are unlike each other: half hours, seconds, whole days, two in one hour. */
static const char *const sampled_zones[] = {
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "America/Caracas",
    "Africa/Monrovia",
    "Africa/Casablanca",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
};

static TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);

    g_assert_no_error(error);
    return zone;
}

static gint64
instant_of(const char *text)
{
    gint64 at_us = 0;

    g_assert_true(tu_instant_parse(text, strlen(text), NULL, &at_us));
    return at_us;
}

static void
test_known(void)
{
    static const struct {
        const char *label, *zone;
        TuGrain grain;
        const char *at, *bucket;
    } rows[] = {
        {"Lord Howe, hour 01 at +11", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-04-06T14:00:00Z",
         "2024-04-06T14:00:00Z"},
        {"its last instant", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-04-06T14:59:59.999999Z",
         "2024-04-06T14:00:00Z"},
        {"hour 01 at +10:30", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-04-06T15:00:00Z",
         "2024-04-06T15:00:00Z"},
        {"its last instant", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-04-06T15:29:59.999999Z",
         "2024-04-06T15:00:00Z"},
        {"hour 02 begins at :30", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-04-06T15:30:00Z",
         "2024-04-06T15:30:00Z"},
        {"Lord Howe in October, hour 01", "Australia/Lord_Howe", TU_GRAIN_HOUR,
         "2024-10-05T15:29:59Z", "2024-10-05T14:30:00Z"},
        {"hour 02 has half an hour", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-10-05T15:30:00Z",
         "2024-10-05T15:30:00Z"},
        {"its last instant", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-10-05T15:59:59Z",
         "2024-10-05T15:30:00Z"},
        {"hour 03", "Australia/Lord_Howe", TU_GRAIN_HOUR, "2024-10-05T16:00:00Z",
         "2024-10-05T16:00:00Z"},
        {"Havana, hour 00 at -4", "America/Havana", TU_GRAIN_HOUR, "2024-11-03T04:59:59Z",
         "2024-11-03T04:00:00Z"},
        {"hour 00 again at -5", "America/Havana", TU_GRAIN_HOUR, "2024-11-03T05:00:00Z",
         "2024-11-03T05:00:00Z"},
        {"its last instant", "America/Havana", TU_GRAIN_HOUR, "2024-11-03T05:59:59.999999Z",
         "2024-11-03T05:00:00Z"},
        {"both are one day", "America/Havana", TU_GRAIN_DAY, "2024-11-03T05:30:00Z", "2024-11-03"},
        {"Kolkata begins at :30", "Asia/Kolkata", TU_GRAIN_HOUR, "2024-01-01T00:29:59Z",
         "2023-12-31T23:30:00Z"},
        {"the next", "Asia/Kolkata", TU_GRAIN_HOUR, "2024-01-01T00:30:00Z", "2024-01-01T00:30:00Z"},
        {"St John's, one minute of the 7th", "America/St_Johns", TU_GRAIN_HOUR,
         "2010-11-07T02:30:59Z", "2010-11-07T02:30:00Z"},
        {"23:01 of the 6th", "America/St_Johns", TU_GRAIN_HOUR, "2010-11-07T02:31:00Z",
         "2010-11-07T02:31:00Z"},
        {"is not the 23:00 before", "America/St_Johns", TU_GRAIN_HOUR, "2010-11-07T02:29:59Z",
         "2010-11-07T01:30:00Z"},
        {"hour 00 of the 7th again", "America/St_Johns", TU_GRAIN_HOUR, "2010-11-07T03:30:00Z",
         "2010-11-07T03:30:00Z"},
        {"minute 23:01", "America/St_Johns", TU_GRAIN_MINUTE, "2010-11-07T02:31:59Z",
         "2010-11-07T02:31:00Z"},
        {"Monrovia, 23:00 ends at :44:30", "Africa/Monrovia", TU_GRAIN_HOUR,
         "1972-01-07T00:44:29.999999Z", "1972-01-06T23:44:30Z"},
        {"hour 00 has 15 minutes", "Africa/Monrovia", TU_GRAIN_HOUR, "1972-01-07T00:44:30Z",
         "1972-01-07T00:44:30Z"},
        {"its last instant", "Africa/Monrovia", TU_GRAIN_HOUR, "1972-01-07T00:59:59Z",
         "1972-01-07T00:44:30Z"},
        {"a minute of 30 seconds", "Africa/Monrovia", TU_GRAIN_MINUTE, "1972-01-07T00:44:59Z",
         "1972-01-07T00:44:30Z"},
        {"the minute before", "Africa/Monrovia", TU_GRAIN_MINUTE, "1972-01-07T00:44:29Z",
         "1972-01-07T00:43:30Z"},
        {"hour before 1970", "UTC", TU_GRAIN_HOUR, "1969-12-31T23:59:59.999999Z",
         "1969-12-31T23:00:00Z"},
        {"minute before 1970", "UTC", TU_GRAIN_MINUTE, "1969-12-31T23:58:00.000001Z",
         "1969-12-31T23:58:00Z"},
        {"day before 1970", "UTC", TU_GRAIN_DAY, "1969-12-31T00:00:00Z", "1969-12-31"},
        {"week", "Asia/Kolkata", TU_GRAIN_WEEK, "2024-01-07T18:30:00Z", "2024-01-08"},
        {"month", "America/New_York", TU_GRAIN_MONTH, "2024-03-01T04:59:59Z", "2024-02-01"},
        {"quarter", "America/New_York", TU_GRAIN_QUARTER, "2024-04-01T03:59:59Z", "2024-01-01"},
        {"year", "Pacific/Apia", TU_GRAIN_YEAR, "2023-12-31T11:00:00Z", "2024-01-01"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TuZone) zone = zone_named(rows[i].zone);
        TuBucket bucket = tu_bucket_of(zone, rows[i].grain, instant_of(rows[i].at), NULL);
        char text[TU_INSTANT_TEXT_BYTES];
        TuBucket back;

        g_test_message("%s", rows[i].label);
        tu_bucket_format(rows[i].grain, bucket, text);
        g_assert_cmpstr(text, ==, rows[i].bucket);
        g_assert_true(tu_bucket_parse(rows[i].grain, text, strlen(text), &back));
        g_assert_cmpint(back, ==, bucket);
    }
}

/* What makes an hour or minute one bucket, worked out from the words of the definition. */
typedef struct {
    gint64 local_unit;
    gint64 offset_us;
} Key;

static Key
key_of(const TuZone *zone, gint64 unit_us, gint64 at_us)
{
    gint64 offset_us = tu_zone_offset_us(zone, at_us);
    gint64 local_us = at_us + offset_us;
    gint64 local_unit = local_us / unit_us;

    return (Key){local_us < local_unit * unit_us ? local_unit - 1 : local_unit, offset_us};
}

static gboolean
same_key(Key a, Key b)
{
    return a.local_unit == b.local_unit && a.offset_us == b.offset_us;
}

/* A bucket has the key of its instant, is its own bucket, and no earlier instant has that key: the
 * key's local hour, read with its offset, is the only place to look. */
static void
check_bucket(const TuZone *zone, TuGrain grain, gint64 at_us)
{
    gint64 unit_us = grain == TU_GRAIN_HOUR ? TU_HOUR_US : TU_MINUTE_US;
    TuBucket bucket = tu_bucket_of(zone, grain, at_us, NULL);
    Key key = key_of(zone, unit_us, at_us);
    TuDate date = (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, at_us, NULL);
    gint64 hour_us = key.local_unit * unit_us - key.offset_us;

    if (bucket > at_us || !same_key(key_of(zone, unit_us, bucket), key) || bucket < hour_us)
        g_error("%s: %s %" G_GINT64_FORMAT " of instant %" G_GINT64_FORMAT, tu_zone_name(zone),
                tu_grain_name(grain), bucket, at_us);
    g_assert_cmpint(tu_bucket_of(zone, grain, bucket, NULL), ==, bucket);
    g_assert_false(same_key(key_of(zone, unit_us, bucket - 1), key));
    g_assert_cmpint(tu_bucket_of(zone, grain, bucket - 1, NULL), !=, bucket);
    for (gint64 earlier_us = hour_us; earlier_us < bucket; earlier_us += 10 * TU_SECOND_US)
        g_assert_false(same_key(key_of(zone, unit_us, earlier_us), key));

    g_assert_cmpint(tu_bucket_date(zone, grain, bucket), ==, date);
    for (guint coarse = grain; coarse < TU_GRAINS; coarse++)
        g_assert_cmpint(tu_bucket_parent(zone, grain, bucket, (TuGrain)coarse), ==,
                        tu_bucket_of(zone, (TuGrain)coarse, at_us, NULL));
}

/* Dates [date, date + days) have all their instants in the envelope, and its ends are theirs. */
static void
check_envelope(const TuZone *zone, gint64 at_us, int days)
{
    TuDate date = (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, at_us, NULL);
    gint64 from_us, to_us;

    tu_bucket_envelope(zone, date, date + days, &from_us, &to_us);
    g_assert_cmpint(from_us, <=, at_us);
    g_assert_cmpint(to_us, >, at_us);
    for (gint64 step_us = -60 * TU_HOUR_US; step_us <= 60 * TU_HOUR_US;
         step_us += 20 * TU_MINUTE_US) {
        TuDate other = (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, at_us + step_us, NULL);

        if (other >= date && other < date + days) {
            g_assert_cmpint(from_us, <=, at_us + step_us);
            g_assert_cmpint(to_us, >, at_us + step_us);
        }
    }
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_DAY, from_us, NULL), >=, date);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_DAY, from_us - 1, NULL), <, date);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_DAY, to_us, NULL), >=, date + days);
    g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_DAY, to_us - 1, NULL), <, date + days);
}

static void
test_laws(gconstpointer name)
{
    g_autoptr(TuZone) zone = zone_named(name);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    guint hint = 0;

    for (guint index = 1; index < tu_zone_segments(zone); index++) {
        gint64 start_us = tu_zone_segment(zone, index).start_us;

        for (int minutes = -200; minutes <= 200; minutes += 5) {
            gint64 at_us = start_us + minutes * TU_MINUTE_US;

            check_bucket(zone, TU_GRAIN_HOUR, at_us);
            check_bucket(zone, TU_GRAIN_HOUR, at_us - 1);
            check_bucket(zone, TU_GRAIN_MINUTE, at_us);
            check_bucket(zone, TU_GRAIN_MINUTE, at_us - 1);
            g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_HOUR, at_us, &hint), ==,
                            tu_bucket_of(zone, TU_GRAIN_HOUR, at_us, NULL));
        }
        check_envelope(zone, start_us, 1);
        check_envelope(zone, start_us - 1, 1);
        check_envelope(zone, start_us - TU_DAY_US, 3);
    }
    for (guint i = 0; i < 2000; i++) {
        gint64 at_us = g_rand_int_range(rand, -100000, 80000) * TU_DAY_US +
                       (gint64)(g_rand_double(rand) * (double)TU_DAY_US);

        check_bucket(zone, TU_GRAIN_HOUR, at_us);
        check_bucket(zone, TU_GRAIN_MINUTE, at_us);
        check_envelope(zone, at_us, 1);
    }
}

/*
 * An hour that another offset interrupts: o, then o', then o again, all within one local hour of o.
 * tzdata has no such hour, so a zone file is written for it: UTC, with 20 minutes of +05:00 in the
 * middle of 2001-09-09T01:00, and again 20 minutes later.
 */
static char *
write_interrupted_zone(const char *directory)
{
    static const gint32 starts_s[] = {1000000000, 1000000600, 1000000900, 1000001100};
    static const guint8 types[] = {1, 0, 1, 0};
    g_autoptr(GByteArray) file = g_byte_array_new();
    char *path = g_build_filename(directory, "Interrupted", NULL);

    /* Twice the same, as TZif version 2 wants it, with 4 and with 8 bytes a time. */
    for (guint width = 4; width <= 8; width += 4) {
        const guint32 counts[] = {0, 0, 0, GUINT32_TO_BE(4), GUINT32_TO_BE(2), GUINT32_TO_BE(8)};
        const guint32 offsets[] = {0, GUINT32_TO_BE(18000)};

        g_byte_array_append(file, (const guint8 *)"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        g_byte_array_append(file, (const guint8 *)counts, sizeof counts);
        for (guint i = 0; i < 4; i++) {
            gint64 wide = GINT64_TO_BE(starts_s[i]);

            g_byte_array_append(file, (const guint8 *)&wide + (8 - width), width);
        }
        g_byte_array_append(file, types, sizeof types);
        g_byte_array_append(file, (const guint8 *)&offsets[0], 4);
        g_byte_array_append(file, (const guint8 *)"\0\0", 2);
        g_byte_array_append(file, (const guint8 *)&offsets[1], 4);
        g_byte_array_append(file, (const guint8 *)"\0\4", 2);
        g_byte_array_append(file, (const guint8 *)"AAA\0BBB", 8);
    }
    g_byte_array_append(file, (const guint8 *)"\nAAA0\n", 6);
    g_assert_true(g_file_set_contents(path, (const char *)file->data, file->len, NULL));
    return path;
}

static void
test_interrupted_hour(void)
{
    g_autofree char *directory = g_dir_make_tmp("trueup-bucket-XXXXXX", NULL);
    g_autofree char *path = write_interrupted_zone(directory);
    g_autoptr(TuZone) zone = NULL;
    gint64 hour_us = instant_of("2001-09-09T01:00:00Z");
    gint64 other_us = 1000000000 * TU_SECOND_US;

    g_setenv("TZDIR", directory, TRUE);
    zone = zone_named("Interrupted");
    g_unsetenv("TZDIR");
    g_assert_cmpuint(tu_zone_segments(zone), ==, 5);
    for (gint64 at_us = hour_us; at_us < hour_us + TU_HOUR_US; at_us += 10 * TU_SECOND_US) {
        gboolean is_other = tu_zone_offset_us(zone, at_us) != 0;

        g_assert_cmpint(tu_bucket_of(zone, TU_GRAIN_HOUR, at_us, NULL), ==,
                        is_other ? other_us : hour_us);
        check_bucket(zone, TU_GRAIN_HOUR, at_us);
        check_bucket(zone, TU_GRAIN_MINUTE, at_us);
    }
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* What no text can name belongs to the first or the last bucket, in every grain alike. */
static void
test_ends(void)
{
    static const gint64 instants_us[] = {
        G_MININT64,
        G_MININT64 + 1,
        TU_INSTANT_LEAST_US - 400 * TU_DAY_US,
        TU_INSTANT_LEAST_US - 1,
        TU_INSTANT_LEAST_US,
        TU_INSTANT_LEAST_US + TU_HOUR_US + 7,
        TU_INSTANT_LEAST_US + 2 * TU_DAY_US,
        TU_INSTANT_GREATEST_US - 2 * TU_DAY_US,
        TU_INSTANT_GREATEST_US,
        TU_INSTANT_GREATEST_US + 1,
        G_MAXINT64,
    };

    for (guint z = 0; z < G_N_ELEMENTS(sampled_zones); z++) {
        g_autoptr(TuZone) zone = zone_named(sampled_zones[z]);

        for (guint i = 0; i < G_N_ELEMENTS(instants_us); i++) {
            TuDate date = (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, instants_us[i], NULL);
            gint64 from_us, to_us;

            for (guint grain = 0; grain < TU_GRAINS; grain++) {
                TuBucket bucket = tu_bucket_of(zone, (TuGrain)grain, instants_us[i], NULL), back;
                char text[TU_INSTANT_TEXT_BYTES];

                tu_bucket_format((TuGrain)grain, bucket, text);
                g_assert_true(tu_bucket_parse((TuGrain)grain, text, strlen(text), &back));
                g_assert_cmpint(back, ==, bucket);
                if (grain <= TU_GRAIN_DAY)
                    g_assert_cmpint(tu_bucket_date(zone, (TuGrain)grain, bucket), ==, date);
                for (guint coarse = grain; coarse < TU_GRAINS; coarse++) {
                    if (tu_grain_nests((TuGrain)grain, (TuGrain)coarse))
                        g_assert_cmpint(
                            tu_bucket_parent(zone, (TuGrain)grain, bucket, (TuGrain)coarse), ==,
                            tu_bucket_of(zone, (TuGrain)coarse, instants_us[i], NULL));
                }
            }
            tu_bucket_envelope(zone, date, date + 1, &from_us, &to_us);
            g_assert_cmpint(from_us, <=, instants_us[i]);
            g_assert_true(to_us > instants_us[i] || to_us == G_MAXINT64);
        }
    }
}

static void
test_envelope_bounds(void)
{
    g_autoptr(TuZone) zone = zone_named("Asia/Kolkata");
    static const struct {
        const char *label;
        TuDate from, to;
        gint64 from_us, to_us;
    } rows[] = {
        {"without bounds", G_MININT32, G_MAXINT32, G_MININT64, G_MAXINT64},
        {"from the epoch", 0, G_MAXINT32, -19800 * TU_SECOND_US, G_MAXINT64},
        {"to the epoch", G_MININT32, 0, G_MININT64, -19800 * TU_SECOND_US},
        {"two days", 0, 2, -19800 * TU_SECOND_US, 153000 * TU_SECOND_US},
        {"empty", 0, 0, -19800 * TU_SECOND_US, -19800 * TU_SECOND_US},
        {"turned round", 0, -5, -19800 * TU_SECOND_US, -19800 * TU_SECOND_US},
        {"after all dates", TU_DATE_GREATEST + 1, G_MAXINT32, G_MAXINT64, G_MAXINT64},
        {"before all dates", G_MININT32, TU_DATE_LEAST, G_MININT64, G_MININT64},
        {"the last date", TU_DATE_GREATEST, TU_DATE_GREATEST + 1,
         TU_DATE_GREATEST * TU_DAY_US - 19800 * TU_SECOND_US, G_MAXINT64},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 from_us, to_us;

        g_test_message("%s", rows[i].label);
        tu_bucket_envelope(zone, rows[i].from, rows[i].to, &from_us, &to_us);
        g_assert_cmpint(from_us, ==, rows[i].from_us);
        g_assert_cmpint(to_us, ==, rows[i].to_us);
    }
}

static void
test_parse(void)
{
    static const struct {
        const char *label;
        TuGrain grain;
        const char *text;
        gboolean is_bucket;
    } rows[] = {
        {"day", TU_GRAIN_DAY, "2024-02-29", TRUE},
        {"year", TU_GRAIN_YEAR, "2024-01-01", TRUE},
        {"a day with a time", TU_GRAIN_DAY, "2024-02-29T00:00:00Z", FALSE},
        {"a day that is none", TU_GRAIN_DAY, "2023-02-29", FALSE},
        {"hour", TU_GRAIN_HOUR, "2024-02-29T12:30:00Z", TRUE},
        {"minute", TU_GRAIN_MINUTE, "2024-02-29T12:30:30Z", TRUE},
        {"an hour without a time", TU_GRAIN_HOUR, "2024-02-29", FALSE},
        {"an hour with a space", TU_GRAIN_HOUR, "2024-02-29 12:30:00Z", FALSE},
        {"an hour without Z", TU_GRAIN_HOUR, "2024-02-29T12:30:00", FALSE},
        {"an hour with micros", TU_GRAIN_HOUR, "2024-02-29T12:30:00.5Z", FALSE},
        {"an hour with an offset", TU_GRAIN_HOUR, "2024-02-29T12:30:00+00", FALSE},
        {"20 letters with an offset", TU_GRAIN_HOUR, "2024-02-29T12:30+000", FALSE},
        {"empty", TU_GRAIN_HOUR, "", FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuBucket bucket;
        char text[TU_INSTANT_TEXT_BYTES];

        g_test_message("%s", rows[i].label);
        g_assert_cmpint(tu_bucket_parse(rows[i].grain, rows[i].text, strlen(rows[i].text), &bucket),
                        ==, rows[i].is_bucket);
        if (rows[i].is_bucket) {
            tu_bucket_format(rows[i].grain, bucket, text);
            g_assert_cmpstr(text, ==, rows[i].text);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bucket/known", test_known);
    for (guint i = 0; i < G_N_ELEMENTS(sampled_zones); i++) {
        g_autofree char *path = g_strconcat("/bucket/laws/", sampled_zones[i], NULL);

        g_test_add_data_func(path, sampled_zones[i], test_laws);
    }
    g_test_add_func("/bucket/interrupted-hour", test_interrupted_hour);
    g_test_add_func("/bucket/ends", test_ends);
    g_test_add_func("/bucket/envelope-bounds", test_envelope_bounds);
    g_test_add_func("/bucket/parse", test_parse);
    return g_test_run();
}
