/*
 * Instants: microseconds since 1970-01-01T00:00:00Z as int64, and their text.
 *
 * Text that names no offset is a wall clock time in a zone that the caller gives. A wall clock time
 * that happens twice means its first time; one that a clock change skips is read with the offset
 * before the change.
 */
#pragma once

#include "time/calendar.h"
#include "time/zone.h"

#define TU_SECOND_US G_GINT64_CONSTANT(1000000)
#define TU_MINUTE_US (60 * TU_SECOND_US)
#define TU_HOUR_US (60 * TU_MINUTE_US)
#define TU_DAY_US (24 * TU_HOUR_US)

/* The first and the last instant of the years 0000 to 9999, which are those that text can name. */
#define TU_INSTANT_LEAST_US (TU_DATE_LEAST * TU_DAY_US)
#define TU_INSTANT_GREATEST_US ((TU_DATE_GREATEST + 1) * TU_DAY_US - 1)

/* The largest multiple of `unit_us` that is not above `at_us`. With a constant unit the compiler
 * makes it a multiplication, so give it one. */
static inline gint64
tu_instant_floor_us(gint64 at_us, gint64 unit_us)
{
    gint64 rest_us = at_us % unit_us;

    return at_us - rest_us - (rest_us < 0 ? unit_us : 0);
}

/* The date on a wall clock that shows `local_us` (an instant plus its zone's offset). */
static inline TuDate
tu_instant_local_date(gint64 local_us)
{
    return (TuDate)(local_us / TU_DAY_US) - (local_us % TU_DAY_US < 0 ? 1 : 0);
}

/* Reads ISO 8601 as databases write it: "YYYY-MM-DD", then optionally 'T' or ' ', "HH:MM[:SS[.f]]"
 * (f: 1 to 9 digits, cut to microseconds), then optionally 'Z' or an offset "+HH", "+HHMM",
 * "+HH:MM" ('-' too). A date alone is its midnight. `naive_zone` NULL means UTC. FALSE for anything
 * else
 * ("24:00", a 31st of April, trailing text); never an error. */
gboolean tu_instant_parse(const char *text, gsize length, const TuZone *naive_zone,
                          gint64 *ret_at_us);

#define TU_INSTANT_TEXT_BYTES 40
/* Writes "YYYY-MM-DDTHH:MM:SSZ", with ".ffffff" before the Z if there are microseconds. Instants
 * outside the years 0000 to 9999 are clamped to them. */
void tu_instant_format(gint64 at_us, char ret_text[TU_INSTANT_TEXT_BYTES]);

/* Now, by the system's clock (with stop points compiled in: ahead of it by TRUEUP_NOW seconds,
 * or by as many as stand in a file: TRUEUP_NOW=@FILE). */
gint64 tu_instant_now_us(void);
