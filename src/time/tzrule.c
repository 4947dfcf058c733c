#include "time/tzrule.h"

#include "time/calendar.h"

#define HOUR_S 3600
#define DAY_S 86400

/* The limits of RFC 9636. */
#define OFFSET_MOST_HOURS 24
#define TIME_MOST_HOURS 167

/* A text being read: every take_ function moves `at` only past what it took. */
typedef struct {
    const char *at;
    const char *end;
} Reader;

static gboolean
take_char(Reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted)
        return FALSE;
    reader->at++;
    return TRUE;
}

/* A number of one to three digits that lies in [least, greatest]. */
static gboolean
take_number(Reader *reader, int least, int greatest, int *ret_value)
{
    int value = 0, digits = 0;

    for (; reader->at < reader->end && g_ascii_isdigit(*reader->at) && digits < 3; digits++)
        value = value * 10 + (*reader->at++ - '0');
    *ret_value = value;
    return digits > 0 && value >= least && value <= greatest;
}

/* "EST" or "<+0530>"; what it says does not matter. */
static gboolean
take_name(Reader *reader)
{
    const char *from = reader->at;

    if (take_char(reader, '<')) {
        while (reader->at < reader->end && *reader->at != '>')
            reader->at++;
        return take_char(reader, '>');
    }
    while (reader->at < reader->end && g_ascii_isalpha(*reader->at))
        reader->at++;
    return reader->at - from >= 3;
}

/* "[+-]HH[:MM[:SS]]" in seconds. */
static gboolean
take_clock(Reader *reader, int most_hours, gint32 *ret_seconds)
{
    gboolean is_negative = take_char(reader, '-');
    int hours, minutes = 0, seconds = 0;

    if (!is_negative)
        take_char(reader, '+');
    if (!take_number(reader, 0, most_hours, &hours))
        return FALSE;
    if (take_char(reader, ':')) {
        if (!take_number(reader, 0, 59, &minutes))
            return FALSE;
        if (take_char(reader, ':') && !take_number(reader, 0, 59, &seconds))
            return FALSE;
    }
    *ret_seconds = (is_negative ? -1 : 1) * (hours * HOUR_S + minutes * 60 + seconds);
    return TRUE;
}

/* ",DATE[/TIME]"; without a time it is 02:00. */
static gboolean
take_date(Reader *reader, TuTzDate *ret_date)
{
    TuTzDate date = {.time_s = 2 * HOUR_S};

    if (!take_char(reader, ','))
        return FALSE;
    if (take_char(reader, 'M')) {
        date.form = TU_TZ_MONTH_WEEK_DAY;
        if (!take_number(reader, 1, 12, &date.month) || !take_char(reader, '.') ||
            !take_number(reader, 1, 5, &date.week) || !take_char(reader, '.') ||
            !take_number(reader, 0, 6, &date.weekday))
            return FALSE;
    } else if (take_char(reader, 'J')) {
        date.form = TU_TZ_JULIAN;
        if (!take_number(reader, 1, 365, &date.day))
            return FALSE;
    } else {
        date.form = TU_TZ_DAY_OF_YEAR;
        if (!take_number(reader, 0, 365, &date.day))
            return FALSE;
    }
    if (take_char(reader, '/') && !take_clock(reader, TIME_MOST_HOURS, &date.time_s))
        return FALSE;
    *ret_date = date;
    return TRUE;
}

gboolean
tu_tz_rule_parse(const char *text, gsize length, TuTzRule *ret_rule)
{
    Reader reader = {text, text + length};
    TuTzRule rule = {0};
    gint32 west_s;

    if (!take_name(&reader) || !take_clock(&reader, OFFSET_MOST_HOURS, &west_s))
        return FALSE;
    rule.standard_s = -west_s;
    if (reader.at < reader.end) {
        rule.has_daylight = TRUE;
        rule.daylight_s = rule.standard_s + HOUR_S;
        if (!take_name(&reader))
            return FALSE;
        if (reader.at < reader.end && *reader.at != ',') {
            if (!take_clock(&reader, OFFSET_MOST_HOURS, &west_s))
                return FALSE;
            rule.daylight_s = -west_s;
        }
        if (!take_date(&reader, &rule.start) || !take_date(&reader, &rule.end) ||
            reader.at < reader.end)
            return FALSE;
    }
    *ret_rule = rule;
    return TRUE;
}

/* Week 1 is the first in which the weekday (Sunday = 0) occurs in the month, week 5 the last. */
static TuDate
month_week_day(const TuTzDate *date, int year)
{
    TuDate first = tu_date_from_civil(year, date->month, 1);
    TuDate next_month = tu_date_next(TU_GRAIN_MONTH, first);
    /* Weeks begin on Monday in calendar.h, on Sunday here. */
    int first_weekday = (first - tu_date_floor(TU_GRAIN_WEEK, first) + 1) % 7;
    TuDate day = first + (date->weekday - first_weekday + 7) % 7 + 7 * (date->week - 1);

    return day < next_month ? day : day - 7;
}

static gint64
local_second(const TuTzDate *date, int year)
{
    TuDate new_year = tu_date_from_civil(year, 1, 1);
    gboolean is_leap = tu_date_from_civil(year, 3, 1) - new_year == 60;
    TuDate day = 0;

    switch (date->form) {
    case TU_TZ_MONTH_WEEK_DAY:
        day = month_week_day(date, year);
        break;
    case TU_TZ_JULIAN:
        /* Day 60 is 1 March in every year. */
        day = new_year + date->day - 1 + (is_leap && date->day >= 60 ? 1 : 0);
        break;
    case TU_TZ_DAY_OF_YEAR:
        day = new_year + date->day;
        break;
    }
    return (gint64)day * DAY_S + date->time_s;
}

void
tu_tz_rule_changes(const TuTzRule *rule, int year, TuZoneChange ret_changes[2])
{
    TuZoneChange start = {local_second(&rule->start, year) - rule->standard_s, rule->daylight_s};
    TuZoneChange end = {local_second(&rule->end, year) - rule->daylight_s, rule->standard_s};

    ret_changes[0] = start.at_s < end.at_s ? start : end;
    ret_changes[1] = start.at_s < end.at_s ? end : start;
}
