/* Instants and their text. Wanted values are microseconds worked out with date(1) -u. */
#include <string.h>

#include "time/instant.h"

static TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);

    g_assert_no_error(error);
    return zone;
}

static void
test_parse(void)
{
    static const struct {
        const char *label, *text;
        gint64 at_us;
    } rows[] = {
        {"date alone", "2024-02-29", 1709164800000000},
        {"minutes", "2024-02-29T12:34", 1709210040000000},
        {"seconds, space", "2024-02-29 12:34:56", 1709210096000000},
        {"Z", "2024-02-29T12:34:56Z", 1709210096000000},
        {"Z after minutes", "2024-02-29T12:34Z", 1709210040000000},
        {"tenths", "2024-02-29 12:34:56.7", 1709210096700000},
        {"micros", "2024-02-29 12:34:56.789012", 1709210096789012},
        {"nanos are cut", "2024-02-29 12:34:56.789012999", 1709210096789012},
        {"fraction and Z", "2024-02-29T12:34:56.000001Z", 1709210096000001},
        {"east", "2024-02-29T12:34:56+05:30", 1709190296000000},
        {"east, PostgreSQL", "2024-02-29 12:34:56.5+02", 1709202896500000},
        {"west, four digits", "2024-02-29T12:34:56-0330", 1709222696000000},
        {"into the day before", "2024-03-01T01:00:00+02:00", 1709247600000000},
        {"before 1970", "1969-12-31T23:59:59.999999Z", -1},
        {"long before", "0000-01-01T00:00:00Z", TU_INSTANT_LEAST_US},
        {"the last", "9999-12-31T23:59:59.999999Z", TU_INSTANT_GREATEST_US},
        {"minus nothing", "1970-01-01T00:00:00-00:00", 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 at_us = 42;

        g_test_message("%s", rows[i].label);
        g_assert_true(tu_instant_parse(rows[i].text, strlen(rows[i].text), NULL, &at_us));
        g_assert_cmpint(at_us, ==, rows[i].at_us);
    }
}

static void
test_refuse(void)
{
    static const struct {
        const char *label, *text;
    } rows[] = {
        {"empty", ""},
        {"word", "now"},
        {"infinity", "infinity"},
        {"24:00", "2024-02-29T24:00:00Z"},
        {"minute 60", "2024-02-29T12:60"},
        {"second 60", "2024-02-29T12:59:60Z"},
        {"31st of April", "2024-04-31T00:00:00Z"},
        {"no time", "2024-02-29T"},
        {"space at the end", "2024-02-29 "},
        {"hour only", "2024-02-29T12"},
        {"colon at the end", "2024-02-29T12:34:"},
        {"point at the end", "2024-02-29T12:34:56."},
        {"point and Z", "2024-02-29T12:34:56.Z"},
        {"ten digits", "2024-02-29T12:34:56.0123456789"},
        {"comma", "2024-02-29T12:34:56,5"},
        {"fraction of minutes", "2024-02-29T12:34.5"},
        {"text after Z", "2024-02-29T12:34:56ZZ"},
        {"text after an offset", "2024-02-29T12:34:56+05:30x"},
        {"half an offset", "2024-02-29T12:34:56+5"},
        {"three digits", "2024-02-29T12:34:56+053"},
        {"colon without minutes", "2024-02-29T12:34:56+05:"},
        {"offset hour 24", "2024-02-29T12:34:56+24:00"},
        {"offset minute 60", "2024-02-29T12:34:56+05:60"},
        {"sign alone", "2024-02-29T12:34:56-"},
        {"date and offset", "2024-02-29Z"},
        {"lower case t", "2024-02-29t12:34:56Z"},
        {"basic form", "20240229T123456Z"},
        {"leading space", " 2024-02-29"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 at_us = 42;

        g_test_message("%s", rows[i].label);
        g_assert_false(tu_instant_parse(rows[i].text, strlen(rows[i].text), NULL, &at_us));
        g_assert_cmpint(at_us, ==, 42);
    }
}

/* No byte after `length` is read, wherever the text is cut (the sanitizer watches the copy). */
static void
test_cut_short(void)
{
    static const char text[] = "2024-02-29T12:34:56.789012+05:30";

    for (gsize length = 0; length < strlen(text); length++) {
        g_autofree char *copy = g_memdup2(text, length);
        gint64 at_us;
        gboolean is_whole = length == 10 || length == 16 || length == 19 ||
                            (length > 20 && length <= 26) || length == 29;

        g_assert_cmpint(tu_instant_parse(copy, length, NULL, &at_us), ==, is_whole);
    }
}

static void
test_naive_zone(void)
{
    static const struct {
        const char *label, *zone, *text, *instant;
    } rows[] = {
        {"winter", "America/New_York", "2024-01-15 12:00", "2024-01-15T17:00:00Z"},
        {"summer", "America/New_York", "2024-07-15 12:00", "2024-07-15T16:00:00Z"},
        {"its offset wins", "America/New_York", "2024-07-15 12:00+02", "2024-07-15T10:00:00Z"},
        {"date alone", "Asia/Kolkata", "2024-01-01", "2023-12-31T18:30:00Z"},
        {"just before the gap", "America/New_York", "2024-03-10 01:59:59.999999",
         "2024-03-10T06:59:59.999999Z"},
        {"in the gap", "America/New_York", "2024-03-10 02:30", "2024-03-10T07:30:00Z"},
        {"after the gap", "America/New_York", "2024-03-10 03:00", "2024-03-10T07:00:00Z"},
        {"twice: the first", "America/New_York", "2024-11-03 01:30", "2024-11-03T05:30:00Z"},
        {"before the repeat", "America/New_York", "2024-11-03 00:59", "2024-11-03T04:59:00Z"},
        {"after the repeat", "America/New_York", "2024-11-03 02:00", "2024-11-03T07:00:00Z"},
        {"half an hour", "Australia/Lord_Howe", "2024-04-07 01:45", "2024-04-06T14:45:00Z"},
        {"a day that was skipped", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T22:00:00Z"},
        {"the day after it", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
        {"repeated across midnight", "America/St_Johns", "2010-11-07 00:00:30",
         "2010-11-07T02:30:30Z"},
        {"seconds in the offset", "Africa/Monrovia", "1971-06-01", "1971-06-01T00:44:30Z"},
        {"local mean time", "Europe/Paris", "1850-01-01", "1849-12-31T23:50:39Z"},
        {"far ahead", "Europe/Berlin", "2199-07-01", "2199-06-30T22:00:00Z"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TuZone) zone = zone_named(rows[i].zone);
        char text[TU_INSTANT_TEXT_BYTES];
        gint64 at_us;

        g_test_message("%s", rows[i].label);
        g_assert_true(tu_instant_parse(rows[i].text, strlen(rows[i].text), zone, &at_us));
        tu_instant_format(at_us, text);
        g_assert_cmpstr(text, ==, rows[i].instant);
    }
}

static void
test_format(void)
{
    static const struct {
        gint64 at_us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {-TU_DAY_US, "1969-12-31T00:00:00Z"},
        {1709210096789012, "2024-02-29T12:34:56.789012Z"},
        {1709210096700000, "2024-02-29T12:34:56.700000Z"},
        {TU_INSTANT_LEAST_US, "0000-01-01T00:00:00Z"},
        {TU_INSTANT_LEAST_US - 1, "0000-01-01T00:00:00Z"},
        {G_MININT64, "0000-01-01T00:00:00Z"},
        {TU_INSTANT_GREATEST_US + 1, "9999-12-31T23:59:59.999999Z"},
        {G_MAXINT64, "9999-12-31T23:59:59.999999Z"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        char text[TU_INSTANT_TEXT_BYTES];

        tu_instant_format(rows[i].at_us, text);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

static void
test_round_trip(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    for (guint i = 0; i < 200000; i++) {
        gint64 at_us =
            ((gint64)g_rand_int_range(rand, TU_DATE_LEAST, TU_DATE_GREATEST + 1)) * TU_DAY_US;
        char text[TU_INSTANT_TEXT_BYTES];
        gint64 back_us;

        at_us += g_rand_int_range(rand, 0, 86400) * TU_SECOND_US;
        at_us += i % 2 == 0 ? 0 : g_rand_int_range(rand, 0, 1000000);
        tu_instant_format(at_us, text);
        g_assert_true(tu_instant_parse(text, strlen(text), NULL, &back_us));
        g_assert_cmpint(back_us, ==, at_us);
    }
}

static void
test_floor(void)
{
    static const gint64 units_us[] = {TU_SECOND_US, TU_MINUTE_US, TU_HOUR_US, TU_DAY_US};

    for (guint i = 0; i < G_N_ELEMENTS(units_us); i++) {
        gint64 unit_us = units_us[i];

        for (int multiple = -3; multiple <= 3; multiple++) {
            gint64 at_us = multiple * unit_us;

            g_assert_cmpint(tu_instant_floor_us(at_us, unit_us), ==, at_us);
            g_assert_cmpint(tu_instant_floor_us(at_us + unit_us - 1, unit_us), ==, at_us);
            g_assert_cmpint(tu_instant_floor_us(at_us + 1, unit_us), ==, at_us);
        }
    }
    g_assert_cmpint(tu_instant_local_date(-1), ==, -1);
    g_assert_cmpint(tu_instant_local_date(-TU_DAY_US), ==, -1);
    g_assert_cmpint(tu_instant_local_date(-TU_DAY_US - 1), ==, -2);
    g_assert_cmpint(tu_instant_local_date(TU_DAY_US - 1), ==, 0);
    g_assert_cmpint(tu_instant_local_date(TU_DAY_US), ==, 1);
}

static void
test_now(void)
{
    gint64 before_us = g_get_real_time();
    gint64 now_us = tu_instant_now_us();

    g_assert_cmpint(ABS(now_us - before_us), <, TU_MINUTE_US);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/instant/parse", test_parse);
    g_test_add_func("/instant/refuse", test_refuse);
    g_test_add_func("/instant/cut-short", test_cut_short);
    g_test_add_func("/instant/naive-zone", test_naive_zone);
    g_test_add_func("/instant/format", test_format);
    g_test_add_func("/instant/round-trip", test_round_trip);
    g_test_add_func("/instant/floor", test_floor);
    g_test_add_func("/instant/now", test_now);
    return g_test_run();
}
