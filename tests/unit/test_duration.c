/* Durations, sizes and times of day: the text of each, and what is refused. */
#include <glib.h>

#include "error.h"
#include "spec/duration.h"
#include "time/instant.h"

typedef struct {
    const char *text;
    gint64 us;
    int months;
} DurationRow;

static const DurationRow duration_rows[] = {
    {"1ms", 1000, 0},
    {"200ms", 200000, 0},
    {"90s", 90 * TU_SECOND_US, 0},
    {"15m", 15 * TU_MINUTE_US, 0},
    {"24h", 24 * TU_HOUR_US, 0},
    {"24 h", 24 * TU_HOUR_US, 0},
    {"7d", 7 * TU_DAY_US, 0},
    {"2w", 14 * TU_DAY_US, 0},
    {"2mo", 0, 2},
    {"1y", 0, 12},
    {"100y", 0, 1200},
    {"1200mo", 0, 1200},
    {"36600d", 36600 * TU_DAY_US, 0},
    {"007d", 7 * TU_DAY_US, 0},
};

static void
test_durations(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(duration_rows); i++) {
        const DurationRow *row = &duration_rows[i];
        g_autoptr(GError) error = NULL;
        TuDuration duration = {0};
        g_test_message("%s", row->text);
        gboolean is_good = tu_duration_parse(row->text, &duration, &error);
        g_assert_no_error(error);
        g_assert_true(is_good);
        g_assert_cmpint(duration.us, ==, row->us);
        g_assert_cmpint(duration.months, ==, row->months);
    }
}

static const char *const no_durations[] = {
    "",
    "s",
    "1",
    "0s",
    "-1s",
    "+1s",
    "1.5h",
    "1h30m",
    "1 day",
    "1D",
    "1S",
    "1M",
    "1MO",
    " 1s",
    "1s ",
    "101y",
    "1201mo",
    "36601d",
    "1\ts",
    "soon",
    "18446744073709551616ms",
    "18446744073709551615ms",
    "99999999999999999999999y",
    "0x1s",
};

static void
test_no_durations(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(no_durations); i++) {
        g_autoptr(GError) error = NULL;
        TuDuration duration = {.us = 42, .months = 42};
        g_test_message("`%s`", no_durations[i]);
        g_assert_false(tu_duration_parse(no_durations[i], &duration, &error));
        g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));
        g_assert_cmpint(duration.us, ==, 42); /* written only on success */
        g_assert_cmpint(duration.months, ==, 42);
    }
}

static void
test_fixed_length(void)
{
    gint64 us = 42;
    g_autoptr(GError) error = NULL;
    g_assert_true(tu_duration_parse_us("2w", &us, NULL));
    g_assert_cmpint(us, ==, 14 * TU_DAY_US);
    g_assert_false(tu_duration_parse_us("1y", &us, &error));
    g_assert_cmpstr(error->message, ==, "`1y` has no fixed length: write it in ms s m h d or w");
    g_assert_false(tu_duration_parse_us("0s", &us, NULL));
    g_assert_cmpint(us, ==, 14 * TU_DAY_US);
}

typedef struct {
    const char *text;
    gsize bytes; /* 0: refused */
} SizeRow;

static const SizeRow size_rows[] = {
    {"1024B", 1024},
    {"1KiB", 1024},
    {"2KB", 2000},
    {"256MiB", 256 * 1024 * 1024},
    {"256 mib", 256 * 1024 * 1024},
    {"3MB", 3000000},
    {"1GB", 1000000000},
    {"1GiB", 1024 * 1024 * 1024},
    {"1024GiB", (gsize)1 << 40},
    {"1023B", 0},
    {"1KB", 0},
    {"0MiB", 0},
    {"1025GiB", 0},
    {"18446744073709551615GiB", 0},
    {"99999999999999999999GiB", 0},
    {"256", 0},
    {"256M", 0},
    {"-1MiB", 0},
    {"1.5GiB", 0},
    {"MiB", 0},
    {"", 0},
};

static void
test_sizes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(size_rows); i++) {
        g_autoptr(GError) error = NULL;
        gsize bytes = 0;
        g_test_message("%s", size_rows[i].text);
        gboolean is_good = tu_size_parse(size_rows[i].text, 1024, &bytes, &error);
        g_assert_cmpint(is_good, ==, size_rows[i].bytes > 0);
        g_assert_cmpuint(bytes, ==, size_rows[i].bytes);
        g_assert_cmpint(tu_error_is(error, TU_ERROR_CONFIG), ==, !is_good);
    }
}

typedef struct {
    const char *text;
    int minute; /* -1: refused */
} ClockRow;

static const ClockRow clock_rows[] = {
    {"00:00", 0}, {"04:00", 240}, {"23:59", 1439}, {"24:00", -1}, {"12:60", -1}, {"4:00", -1},
    {"", -1},     {"0400", -1},   {"04-00", -1},   {"04:0a", -1}, {"-1:00", -1}, {"04:00:00", -1},
};

static void
test_clocks(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(clock_rows); i++) {
        g_autoptr(GError) error = NULL;
        guint minute = 4242;
        g_test_message("%s", clock_rows[i].text);
        gboolean is_good = tu_clock_parse(clock_rows[i].text, &minute, &error);
        g_assert_cmpint(is_good, ==, clock_rows[i].minute >= 0);
        g_assert_cmpuint(minute, ==, is_good ? (guint)clock_rows[i].minute : 4242);
        g_assert_cmpint(tu_error_is(error, TU_ERROR_CONFIG), ==, !is_good);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/duration/durations", test_durations);
    g_test_add_func("/duration/no-durations", test_no_durations);
    g_test_add_func("/duration/fixed-length", test_fixed_length);
    g_test_add_func("/duration/sizes", test_sizes);
    g_test_add_func("/duration/clocks", test_clocks);
    return g_test_run();
}
