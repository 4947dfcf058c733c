#include "time/calendar.h"

#include <string.h>

#include "time/digits.h"

#define BIT(grain) (1u << (grain))
#define DATED_FROM_MONTH (BIT(TU_GRAIN_MONTH) | BIT(TU_GRAIN_QUARTER) | BIT(TU_GRAIN_YEAR))
#define DATED (BIT(TU_GRAIN_DAY) | BIT(TU_GRAIN_WEEK) | DATED_FROM_MONTH)

/* A grain's name, and the grains of which each bucket holds whole buckets of it. */
static const struct {
    const char *name;
    guint nests_in;
} grains[TU_GRAINS] = {
    [TU_GRAIN_MINUTE] = {"minute", BIT(TU_GRAIN_MINUTE) | BIT(TU_GRAIN_HOUR) | DATED},
    [TU_GRAIN_HOUR] = {"hour", BIT(TU_GRAIN_HOUR) | DATED},
    [TU_GRAIN_DAY] = {"day", DATED},
    [TU_GRAIN_WEEK] = {"week", BIT(TU_GRAIN_WEEK)},
    [TU_GRAIN_MONTH] = {"month", DATED_FROM_MONTH},
    [TU_GRAIN_QUARTER] = {"quarter", BIT(TU_GRAIN_QUARTER) | BIT(TU_GRAIN_YEAR)},
    [TU_GRAIN_YEAR] = {"year", BIT(TU_GRAIN_YEAR)},
};

static const int days_of_month[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

const char *
tu_grain_name(TuGrain grain)
{
    return grains[grain].name;
}

gboolean
tu_grain_parse(const char *name, TuGrain *ret_grain)
{
    for (guint i = 0; i < TU_GRAINS; i++) {
        if (strcmp(grains[i].name, name) == 0) {
            *ret_grain = (TuGrain)i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
tu_grain_nests(TuGrain fine, TuGrain coarse)
{
    return (grains[fine].nests_in & BIT(coarse)) != 0;
}

gboolean
tu_grain_is_dated(TuGrain grain)
{
    return grain >= TU_GRAIN_DAY;
}

/*
 * Civil dates are counted in eras of 400 years, which all have 146,097 days, and in years that
 * begin on 1 March, so that the leap day is a year's last day and months follow a straight line:
 * the months before the one numbered m (March = 0) have (153 m + 2) / 5 days. 1970-01-01 is day
 * 719,468 from 0000-03-01. This way of counting is described by H. Hinnant, "chrono-compatible
 * low-level date algorithms".
 */
#define ERA_DAYS 146097
#define EPOCH_FROM_MARCH_0000 719468

TuDate
tu_date_from_civil(int year, int month, int day)
{
    int march_year = year - (month <= 2 ? 1 : 0);
    int march_month = month > 2 ? month - 3 : month + 9;
    int era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int year_of_era = march_year - era * 400;
    int day_of_year = (153 * march_month + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (TuDate)((gint64)era * ERA_DAYS + day_of_era - EPOCH_FROM_MARCH_0000);
}

void
tu_date_to_civil(TuDate date, int *ret_year, int *ret_month, int *ret_day)
{
    gint64 days = (gint64)date + EPOCH_FROM_MARCH_0000;
    int era = (int)((days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS);
    int day_of_era = (int)(days - (gint64)era * ERA_DAYS);
    /* Taking the leap days away makes every year 365 days long: one each 4 years (1,460 days), not
     * at the end of a century (36,524), but at the end of the era (146,096). */
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;

    *ret_day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
    *ret_year = era * 400 + year_of_era + (*ret_month <= 2 ? 1 : 0);
}

/* 0 for a Monday. 1970-01-01 was a Thursday. */
static int
weekday(TuDate date)
{
    int from_monday = (int)(((gint64)date + 3) % 7);

    return from_monday < 0 ? from_monday + 7 : from_monday;
}

TuDate
tu_date_floor(TuGrain grain, TuDate date)
{
    int year, month, day;

    switch (grain) {
    case TU_GRAIN_DAY:
        return date;
    case TU_GRAIN_WEEK:
        return date - weekday(date);
    case TU_GRAIN_MONTH:
        tu_date_to_civil(date, &year, &month, &day);
        return date - (day - 1);
    case TU_GRAIN_QUARTER:
        tu_date_to_civil(date, &year, &month, &day);
        return tu_date_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    case TU_GRAIN_YEAR:
        tu_date_to_civil(date, &year, &month, &day);
        return tu_date_from_civil(year, 1, 1);
    case TU_GRAIN_MINUTE:
    case TU_GRAIN_HOUR:
        break;
    }
    g_assert_not_reached();
}

/* The first of the month that comes `months` after the month of `first`. */
static TuDate
add_months(TuDate first, int months)
{
    int year, month, day;

    tu_date_to_civil(first, &year, &month, &day);
    month += months;
    return month <= 12 ? tu_date_from_civil(year, month, 1)
                       : tu_date_from_civil(year + 1, month - 12, 1);
}

TuDate
tu_date_next(TuGrain grain, TuDate date)
{
    TuDate first = tu_date_floor(grain, date);

    switch (grain) {
    case TU_GRAIN_DAY:
        return first + 1;
    case TU_GRAIN_WEEK:
        return first + 7;
    case TU_GRAIN_MONTH:
        return add_months(first, 1);
    case TU_GRAIN_QUARTER:
        return add_months(first, 3);
    case TU_GRAIN_YEAR:
        return add_months(first, 12);
    case TU_GRAIN_MINUTE:
    case TU_GRAIN_HOUR:
        break;
    }
    g_assert_not_reached();
}

static gboolean
day_exists(int year, int month, int day)
{
    gboolean is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month < 1 || month > 12 || day < 1)
        return FALSE;
    return day <= days_of_month[month] + (month == 2 && is_leap ? 1 : 0);
}

gboolean
tu_date_parse(const char *text, gsize length, TuDate *ret_date)
{
    int year, month, day;

    if (length != 10 || text[4] != '-' || text[7] != '-' || !tu_digits_read(text, 4, &year) ||
        !tu_digits_read(text + 5, 2, &month) || !tu_digits_read(text + 8, 2, &day) ||
        !day_exists(year, month, day))
        return FALSE;
    *ret_date = tu_date_from_civil(year, month, day);
    return TRUE;
}

void
tu_date_format(TuDate date, char ret_text[TU_DATE_TEXT_BYTES])
{
    int year, month, day;

    tu_date_to_civil(CLAMP(date, TU_DATE_LEAST, TU_DATE_GREATEST), &year, &month, &day);
    tu_digits_write(ret_text, 4, year);
    ret_text[4] = '-';
    tu_digits_write(ret_text + 5, 2, month);
    ret_text[7] = '-';
    tu_digits_write(ret_text + 8, 2, day);
    ret_text[10] = '\0';
}
