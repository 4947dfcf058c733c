/* Plain calendar arithmetic by years and months, in the open rather than fast. */
#include "buckets.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    gint64 seconds; /* of the clock: minutes and hours only */
} grains[RT_GRAINS] = {
    [RT_MINUTE] = {"minute", 60}, [RT_HOUR] = {"hour", 3600}, [RT_DAY] = {"day", 0},
    [RT_WEEK] = {"week", 0},      [RT_MONTH] = {"month", 0},  [RT_QUARTER] = {"quarter", 0},
    [RT_YEAR] = {"year", 0},
};

const char *
rt_grain_name(RtGrain grain)
{
    return grains[grain].name;
}

gint64
rt_floor_div(gint64 value, gint64 by)
{
    return value / by - (value % by < 0);
}

static gboolean
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days before 1 January of `year`, counted from 1 January of the year 1. */
static gint64
days_before_year(int year)
{
    gint64 past = year - 1;

    return past * 365 + rt_floor_div(past, 4) - rt_floor_div(past, 100) + rt_floor_div(past, 400);
}

gint64
rt_days_from_civil(int year, int month, int day)
{
    gint64 days = days_before_year(year) - days_before_year(1970) + day - 1;

    for (int earlier = 1; earlier < month; earlier++)
        days += month_days(year, earlier);
    return days;
}

int
rt_year_of_days(gint64 days)
{
    int year = 1970 + (int)rt_floor_div(days * 400, 146097);

    while (rt_days_from_civil(year, 1, 1) > days)
        year--;
    while (rt_days_from_civil(year + 1, 1, 1) <= days)
        year++;
    return year;
}

void
rt_civil_from_days(gint64 days, int *ret_year, int *ret_month, int *ret_day)
{
    int year = rt_year_of_days(days), month = 1;
    gint64 rest = days - rt_days_from_civil(year, 1, 1);

    for (; rest >= month_days(year, month); month++)
        rest -= month_days(year, month);
    *ret_year = year;
    *ret_month = month;
    *ret_day = (int)rest + 1;
}

void
rt_date_text(gint64 days, char *ret_text)
{
    int year, month, day;

    rt_civil_from_days(days, &year, &month, &day);
    g_snprintf(ret_text, RT_TEXT_BYTES, "%04d-%02d-%02d", year, month, day);
}

void
rt_bucket_text_of_day(RtGrain grain, gint64 days, char *ret_text)
{
    int year, month, day;

    g_assert(grain >= RT_DAY);
    rt_civil_from_days(days, &year, &month, &day);
    if (grain == RT_WEEK)
        days -= (((days + 3) % 7) + 7) % 7; /* 1970-01-01 was a Thursday, weeks begin on Monday */
    if (grain == RT_MONTH)
        days = rt_days_from_civil(year, month, 1);
    if (grain == RT_QUARTER)
        days = rt_days_from_civil(year, month - (month - 1) % 3, 1);
    if (grain == RT_YEAR)
        days = rt_days_from_civil(year, 1, 1);
    rt_date_text(days, ret_text);
}

/* The first instant whose local reading lies in the same `unit_s` of the clock and has the same
 * offset. That is where the hour begins on this clock, or, if another offset held then, the change
 * that brought this offset. */
static gint64
clock_unit_start(const RtZone *zone, gint64 unit_s, gint64 at_s)
{
    gint32 offset = rt_zone_offset(zone, at_s);
    gint64 start_s = rt_floor_div(at_s + offset, unit_s) * unit_s - offset;
    guint segment = rt_zone_segment(zone, start_s);

    if (zone->offset_s[segment] == offset)
        return start_s;
    while (zone->offset_s[++segment] != offset)
        ;
    return zone->start_s[segment];
}

void
rt_bucket_text(const RtZone *zone, RtGrain grain, gint64 at_us, char *ret_text)
{
    gint64 at_s = rt_floor_div(at_us, 1000000), start_s, in_day;
    char date[RT_TEXT_BYTES];

    if (grain >= RT_DAY) {
        rt_bucket_text_of_day(grain, rt_floor_div(at_s + rt_zone_offset(zone, at_s), 86400),
                              ret_text);
        return;
    }
    start_s = clock_unit_start(zone, grains[grain].seconds, at_s);
    in_day = start_s - rt_floor_div(start_s, 86400) * 86400;
    rt_date_text(rt_floor_div(start_s, 86400), date);
    g_snprintf(ret_text, RT_TEXT_BYTES,
               "%.10s"
               "T%02d:%02d:%02dZ",
               date, (int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60));
}

/* ---- Reading ---- */

/* Exactly `digits` digits. */
static gboolean
take_digits(const char **at, int digits, int *ret_number)
{
    int number = 0;

    for (int i = 0; i < digits; i++, (*at)++) {
        if (!g_ascii_isdigit(**at))
            return FALSE;
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    return TRUE;
}

static gboolean
take(const char **at, char expected)
{
    if (**at != expected)
        return FALSE;
    (*at)++;
    return TRUE;
}

static gboolean
take_date(const char **at, gint64 *ret_days)
{
    int year, month, day;

    if (!take_digits(at, 4, &year) || !take(at, '-') || !take_digits(at, 2, &month) ||
        !take(at, '-') || !take_digits(at, 2, &day) || year < 1 || month < 1 || month > 12 ||
        day < 1 || day > month_days(year, month))
        return FALSE;
    *ret_days = rt_days_from_civil(year, month, day);
    return TRUE;
}

/* One to nine digits; what is finer than a microsecond is cut off. */
static gboolean
take_fraction(const char **at, gint64 *ret_us)
{
    gint64 us = 0, unit = 100000;
    int digits = 0;

    for (; g_ascii_isdigit(**at); (*at)++, unit /= 10, digits++)
        us += (**at - '0') * unit;
    *ret_us = us;
    return digits >= 1 && digits <= 9;
}

static gboolean
take_clock(const char **at, gint64 *ret_us)
{
    int hour, minute, second = 0;
    gint64 fraction_us = 0;

    if (!take_digits(at, 2, &hour) || !take(at, ':') || !take_digits(at, 2, &minute))
        return FALSE;
    if (take(at, ':')) {
        if (!take_digits(at, 2, &second) || (take(at, '.') && !take_fraction(at, &fraction_us)))
            return FALSE;
    }
    *ret_us = ((gint64)hour * 3600 + minute * 60 + second) * 1000000 + fraction_us;
    return hour < 24 && minute < 60 && second < 60;
}

/* "Z", "+HH", "+HHMM", "+HH:MM" up to the end of the text. */
static gboolean
take_offset(const char **at, gint64 *ret_s)
{
    int hour, minute = 0;
    gint64 sign = **at == '-' ? -1 : 1;

    if (strcmp(*at, "Z") == 0) {
        *ret_s = 0;
        return TRUE;
    }
    if (!take(at, '+') && !take(at, '-'))
        return FALSE;
    if (!take_digits(at, 2, &hour))
        return FALSE;
    if (**at != '\0') {
        take(at, ':');
        if (!take_digits(at, 2, &minute))
            return FALSE;
    }
    *ret_s = sign * (hour * 3600 + minute * 60);
    return **at == '\0';
}

gboolean
rt_instant_read(const char *text, const RtZone *naive, gint64 *ret_us)
{
    gint64 days, clock_us = 0, offset_s, local_s;

    if (!take_date(&text, &days))
        return FALSE;
    if ((*text == 'T' || *text == ' ') && (text++, !take_clock(&text, &clock_us)))
        return FALSE;
    local_s = days * 86400 + clock_us / 1000000;
    if (*text == '\0')
        local_s = rt_zone_instant(naive, local_s);
    else if (take_offset(&text, &offset_s))
        local_s -= offset_s;
    else
        return FALSE;
    *ret_us = local_s * 1000000 + clock_us % 1000000;
    return TRUE;
}

gboolean
rt_date_read(const char *text, gint64 *ret_days)
{
    return take_date(&text, ret_days) && *text == '\0';
}
