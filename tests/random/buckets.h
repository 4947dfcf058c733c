/*
 * The oracle's calendar: dates, the reading of ISO text, and the text of the bucket an instant lies
 * in. Written from the contract ("Buckets" in the reference), not from trueup's code.
 */
#pragma once

#include "zones.h"

typedef enum {
    RT_MINUTE,
    RT_HOUR,
    RT_DAY,
    RT_WEEK,
    RT_MONTH,
    RT_QUARTER,
    RT_YEAR,
    RT_GRAINS,
} RtGrain;

const char *rt_grain_name(RtGrain grain);

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
gint64 rt_days_from_civil(int year, int month, int day);
void rt_civil_from_days(gint64 days, int *ret_year, int *ret_month, int *ret_day);
int rt_year_of_days(gint64 days);

/* Division that rounds down, for instants before 1970. */
gint64 rt_floor_div(gint64 value, gint64 by);

#define RT_TEXT_BYTES 48

/* The bucket's text: its first day, or for hours and minutes the first instant that has this local
 * date, hour (minute) and offset. */
void rt_bucket_text(const RtZone *zone, RtGrain grain, gint64 at_us, char *ret_text);
void rt_bucket_text_of_day(RtGrain grain, gint64 days, char *ret_text);

/* "YYYY-MM-DD", then ' ' or 'T' and a time, then an offset; all but the date may be missing. Text
 * without an offset is a wall clock reading of `naive`. FALSE: nothing that can be read. */
gboolean rt_instant_read(const char *text, const RtZone *naive, gint64 *ret_us);
gboolean rt_date_read(const char *text, gint64 *ret_days);

/* "YYYY-MM-DD". */
void rt_date_text(gint64 days, char *ret_text);
