/*
 * The rule at the end of a TZif file, which says how a zone goes on after the last change that the
 * file lists. It is a POSIX TZ string with the extensions of RFC 9636 (hours from -167 to 167):
 *
 *   EST5EDT,M3.2.0,M11.1.0       daylight saving between two dates of every year
 *   IST-1GMT0,M10.5.0,M3.5.0/1   the same turned round: Dublin's "daylight saving" is its winter
 *   <+0530>-5:30                 one offset for ever
 */
#pragma once

#include <glib.h>

/* From the second `at_s` (since 1970, UTC) on, the offset (wall clock minus UTC) is this. */
typedef struct {
    gint64 at_s;
    gint32 offset_s;
} TuZoneChange;

/* A day of every year and a time on it, in seconds from its midnight: may be negative or above a
 * day. How the day is written: Mm.w.d, Jn (never counts a leap day), n (counts it, from 0). */
typedef struct {
    enum { TU_TZ_MONTH_WEEK_DAY, TU_TZ_JULIAN, TU_TZ_DAY_OF_YEAR } form;
    int month, week, weekday;
    int day;
    gint32 time_s;
} TuTzDate;

typedef struct {
    gint32 standard_s; /* both offsets are wall clock minus UTC: not POSIX's sign */
    gboolean has_daylight;
    gint32 daylight_s;
    TuTzDate start, end; /* of daylight saving; on the wall clock that shows just before */
} TuTzRule;

/* FALSE if the `length` bytes at `text` are no such rule. */
gboolean tu_tz_rule_parse(const char *text, gsize length, TuTzRule *ret_rule);

/* The two changes of `year`, in order of time. The rule must have daylight saving. */
void tu_tz_rule_changes(const TuTzRule *rule, int year, TuZoneChange ret_changes[2]);
