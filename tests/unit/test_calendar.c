/* Dates and grains, against GLib's GDate (years 1 to 8000) and against their own laws elsewhere. */
#include <string.h>

#include "time/calendar.h"

static void
test_grain_table(void)
{
    static const char *const names[TU_GRAINS] = {"minute", "hour",    "day", "week",
                                                 "month",  "quarter", "year"};
    /* Row: the finer grain. Column: the coarser, in the order above. */
    static const char *const nests[TU_GRAINS] = {
        "1111111", "0111111", "0011111", "0001000", "0000111", "0000011", "0000001",
    };
    TuGrain grain;

    for (guint fine = 0; fine < TU_GRAINS; fine++) {
        g_assert_cmpstr(tu_grain_name((TuGrain)fine), ==, names[fine]);
        g_assert_true(tu_grain_parse(names[fine], &grain));
        g_assert_cmpuint(grain, ==, fine);
        g_assert_cmpint(tu_grain_is_dated((TuGrain)fine), ==, fine >= 2);
        for (guint coarse = 0; coarse < TU_GRAINS; coarse++)
            g_assert_cmpint(tu_grain_nests((TuGrain)fine, (TuGrain)coarse), ==,
                            nests[fine][coarse] == '1');
    }
    g_assert_false(tu_grain_parse("Day", &grain));
    g_assert_false(tu_grain_parse("", &grain));
    g_assert_false(tu_grain_parse("days", &grain));
}

static void
test_known_dates(void)
{
    static const struct {
        const char *label;
        int year, month, day;
        TuDate date;
    } rows[] = {
        {"epoch", 1970, 1, 1, 0},
        {"the day before", 1969, 12, 31, -1},
        {"leap day of a 400th year", 2000, 2, 29, 11016},
        {"no leap day in 1900", 1900, 3, 1, -25508},
        {"last of February 1900", 1900, 2, 28, -25509},
        {"2038", 2038, 1, 19, 24855},
        {"least", 0, 1, 1, TU_DATE_LEAST},
        {"greatest", 9999, 12, 31, TU_DATE_GREATEST},
        {"before year 0", -1, 12, 31, TU_DATE_LEAST - 1},
        {"year 1", 1, 1, 1, -719162},
        {"400 years before 0", -400, 3, 1, 60 - 719528 - 146097},
        {"int32 least", -5877641, 6, 23, G_MININT32},
        {"int32 greatest", 5881580, 7, 11, G_MAXINT32},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        int year, month, day;

        g_test_message("%s", rows[i].label);
        g_assert_cmpint(tu_date_from_civil(rows[i].year, rows[i].month, rows[i].day), ==,
                        rows[i].date);
        tu_date_to_civil(rows[i].date, &year, &month, &day);
        g_assert_cmpint(year, ==, rows[i].year);
        g_assert_cmpint(month, ==, rows[i].month);
        g_assert_cmpint(day, ==, rows[i].day);
    }
}

/* Every day of 12,000 years follows the day before by the rules of the Gregorian calendar. */
static void
test_every_day(void)
{
    static const int lengths[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    TuDate date = tu_date_from_civil(-4000, 1, 1);

    for (int year = -4000; year < 8000; year++) {
        gboolean is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (int month = 1; month <= 12; month++) {
            int length = lengths[month] + (is_leap && month == 2 ? 1 : 0);

            for (int day = 1; day <= length; day++, date++) {
                int got_year, got_month, got_day;

                tu_date_to_civil(date, &got_year, &got_month, &got_day);
                if (got_year != year || got_month != month || got_day != day ||
                    tu_date_from_civil(year, month, day) != date)
                    g_error("%d-%d-%d is not day %d", year, month, day, date);
            }
        }
    }
}

/* GDate is another implementation: it counts days from 0001-01-01 = 1. */
static void
test_like_gdate(void)
{
    for (TuDate date = -719162; date < tu_date_from_civil(8000, 1, 1); date += 11) {
        GDate other;
        int year, month, day;
        char text[TU_DATE_TEXT_BYTES], other_text[TU_DATE_TEXT_BYTES];

        g_date_clear(&other, 1);
        g_date_set_julian(&other, (guint32)(date + 719163));
        tu_date_to_civil(date, &year, &month, &day);
        g_assert_cmpint(year, ==, g_date_get_year(&other));
        g_assert_cmpint(month, ==, g_date_get_month(&other));
        g_assert_cmpint(day, ==, g_date_get_day(&other));
        tu_date_format(date, text);
        g_snprintf(other_text, sizeof other_text, "%04d-%02d-%02d", year, month, day);
        g_assert_cmpstr(text, ==, other_text);
        /* The Monday of the week is as many days back as GDate's weekday says (Monday = 1). */
        g_assert_cmpint(tu_date_floor(TU_GRAIN_WEEK, date), ==,
                        date - (TuDate)g_date_get_weekday(&other) + 1);
    }
}

static void
test_floors(void)
{
    static const struct {
        const char *label, *date, *week, *month, *quarter, *year;
    } rows[] = {
        {"ISO week 1 of 2025 begins in 2024", "2025-01-01", "2024-12-30", "2025-01-01",
         "2025-01-01", "2025-01-01"},
        {"a Sunday of ISO week 53", "2021-01-03", "2020-12-28", "2021-01-01", "2021-01-01",
         "2021-01-01"},
        {"a Monday", "2021-01-04", "2021-01-04", "2021-01-01", "2021-01-01", "2021-01-01"},
        {"leap day", "2024-02-29", "2024-02-26", "2024-02-01", "2024-01-01", "2024-01-01"},
        {"end of a quarter", "1999-09-30", "1999-09-27", "1999-09-01", "1999-07-01", "1999-01-01"},
        {"begin of a quarter", "1999-10-01", "1999-09-27", "1999-10-01", "1999-10-01",
         "1999-01-01"},
        {"New Year's Eve", "1969-12-31", "1969-12-29", "1969-12-01", "1969-10-01", "1969-01-01"},
        {"long ago", "0004-12-31", "0004-12-27", "0004-12-01", "0004-10-01", "0004-01-01"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *wanted[TU_GRAINS] = {[TU_GRAIN_DAY] = rows[i].date,
                                         [TU_GRAIN_WEEK] = rows[i].week,
                                         [TU_GRAIN_MONTH] = rows[i].month,
                                         [TU_GRAIN_QUARTER] = rows[i].quarter,
                                         [TU_GRAIN_YEAR] = rows[i].year};
        TuDate date;

        g_test_message("%s", rows[i].label);
        g_assert_true(tu_date_parse(rows[i].date, 10, &date));
        for (guint grain = TU_GRAIN_DAY; grain < TU_GRAINS; grain++) {
            char text[TU_DATE_TEXT_BYTES];

            tu_date_format(tu_date_floor((TuGrain)grain, date), text);
            g_assert_cmpstr(text, ==, wanted[grain]);
        }
    }
}

/* Periods cover all dates without gap or overlap, have the right lengths, and nest as the table
 * says. */
static void
test_periods(void)
{
    static const struct {
        TuGrain grain;
        int least_days, greatest_days;
    } rows[] = {
        {TU_GRAIN_DAY, 1, 1},       {TU_GRAIN_WEEK, 7, 7},     {TU_GRAIN_MONTH, 28, 31},
        {TU_GRAIN_QUARTER, 90, 92}, {TU_GRAIN_YEAR, 365, 366},
    };
    TuDate from = tu_date_from_civil(-4000, 1, 1), to = tu_date_from_civil(8000, 1, 1);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuGrain grain = rows[i].grain;

        for (TuDate first = tu_date_floor(grain, from); first < to;) {
            TuDate next = tu_date_next(grain, first);

            g_assert_cmpint(tu_date_floor(grain, first), ==, first);
            g_assert_cmpint(tu_date_floor(grain, next - 1), ==, first);
            g_assert_cmpint(tu_date_floor(grain, next), ==, next);
            g_assert_cmpint(tu_date_next(grain, next - 1), ==, next);
            g_assert_cmpint(next - first, >=, rows[i].least_days);
            g_assert_cmpint(next - first, <=, rows[i].greatest_days);
            for (guint coarse = grain; coarse < TU_GRAINS; coarse++) {
                if (tu_grain_nests(grain, (TuGrain)coarse))
                    g_assert_cmpint(tu_date_floor((TuGrain)coarse, first), ==,
                                    tu_date_floor((TuGrain)coarse, next - 1));
            }
            first = next;
        }
    }
}

static void
test_text(void)
{
    static const struct {
        const char *label, *text;
        gboolean is_date;
    } rows[] = {
        {"plain", "2024-02-29", TRUE},
        {"least", "0000-01-01", TRUE},
        {"greatest", "9999-12-31", TRUE},
        {"year 0 is a leap year", "0000-02-29", TRUE},
        {"no leap day", "2023-02-29", FALSE},
        {"no leap day in 1900", "1900-02-29", FALSE},
        {"31st of April", "2024-04-31", FALSE},
        {"month 0", "2024-00-10", FALSE},
        {"month 13", "2024-13-10", FALSE},
        {"day 0", "2024-01-00", FALSE},
        {"day 32", "2024-01-32", FALSE},
        {"MySQL's zero date", "0000-00-00", FALSE},
        {"slashes", "2024/02/01", FALSE},
        {"one slash", "2024-02/01", FALSE},
        {"short", "2024-2-1", FALSE},
        {"space", "2024-02- 1", FALSE},
        {"sign", "+024-02-01", FALSE},
        {"trailing", "2024-02-01 ", FALSE},
        {"letters", "2024-o2-01", FALSE},
        {"high byte", "2024-02-0\xb1", FALSE},
        {"empty", "", FALSE},
    };
    char text[TU_DATE_TEXT_BYTES];
    TuDate date;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_assert_cmpint(tu_date_parse(rows[i].text, strlen(rows[i].text), &date), ==,
                        rows[i].is_date);
        if (rows[i].is_date) {
            tu_date_format(date, text);
            g_assert_cmpstr(text, ==, rows[i].text);
        }
    }
    g_assert_true(tu_date_parse("2024-02-01T", 10, &date));
    tu_date_format(G_MAXINT32, text);
    g_assert_cmpstr(text, ==, "9999-12-31");
    tu_date_format(G_MININT32, text);
    g_assert_cmpstr(text, ==, "0000-01-01");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calendar/grain-table", test_grain_table);
    g_test_add_func("/calendar/known-dates", test_known_dates);
    g_test_add_func("/calendar/every-day", test_every_day);
    g_test_add_func("/calendar/like-gdate", test_like_gdate);
    g_test_add_func("/calendar/floors", test_floors);
    g_test_add_func("/calendar/periods", test_periods);
    g_test_add_func("/calendar/text", test_text);
    return g_test_run();
}
