/*
 * The calendar: grains, and dates as plain day numbers.
 *
 *   minute -> hour -> day -> week
 *                      \---> month -> quarter -> year
 *
 * A date is an int32 count of days since 1970-01-01 in the proleptic Gregorian calendar, without a
 * zone. A grain of a day or longer cuts dates into periods, each named by its first date; weeks
 * begin on Monday. Hours and minutes need a zone: see bucket.h.
 */
#pragma once

#include <glib.h>

typedef gint32 TuDate;

/* 0000-01-01 and 9999-12-31: the dates that "YYYY-MM-DD" can name. */
#define TU_DATE_LEAST (-719528)
#define TU_DATE_GREATEST 2932896

typedef enum {
    TU_GRAIN_MINUTE,
    TU_GRAIN_HOUR,
    TU_GRAIN_DAY,
    TU_GRAIN_WEEK,
    TU_GRAIN_MONTH,
    TU_GRAIN_QUARTER,
    TU_GRAIN_YEAR,
} TuGrain;
#define TU_GRAINS 7

/* "minute" .. "year". */
const char *tu_grain_name(TuGrain grain);

/* FALSE if `name` is no grain. */
gboolean tu_grain_parse(const char *name, TuGrain *ret_grain);

/* TRUE if every bucket of `fine` lies in exactly one bucket of `coarse` (a grain nests in itself;
 * a week nests in nothing longer). */
gboolean tu_grain_nests(TuGrain fine, TuGrain coarse);

/* TRUE for day and longer, whose buckets are dates; FALSE for minute and hour, which are
 * instants. */
gboolean tu_grain_is_dated(TuGrain grain);

/* A date and its year, month (1 to 12) and day of the month (1 to 31). Any int32 date has them. */
TuDate tu_date_from_civil(int year, int month, int day);
void tu_date_to_civil(TuDate date, int *ret_year, int *ret_month, int *ret_day);

/* The first date of the period of `grain` (day or longer) that holds `date`. */
TuDate tu_date_floor(TuGrain grain, TuDate date);

/* The first date of the period after the one that holds `date`. */
TuDate tu_date_next(TuGrain grain, TuDate date);

/* Exactly "YYYY-MM-DD", `length` bytes; years 0000 to 9999; FALSE for anything else, also for a day
 * that does not exist. */
gboolean tu_date_parse(const char *text, gsize length, TuDate *ret_date);

#define TU_DATE_TEXT_BYTES 16
/* Writes "YYYY-MM-DD" and a NUL. Years outside 0000..9999 are clamped to them. */
void tu_date_format(TuDate date, char ret_text[TU_DATE_TEXT_BYTES]);
