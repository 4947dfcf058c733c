/*
 * Values as databases give and take them: one of a few types, 16 bytes.
 *
 * A value does not own its bytes. Text, blobs and long decimals point into whatever produced them:
 * a statement's current row, a batch, a dictionary.
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_TYPE_NULL,
    TU_TYPE_INTEGER, /* booleans too: 0 and 1 */
    TU_TYPE_REAL,
    TU_TYPE_TEXT,
    TU_TYPE_BLOB,
    TU_TYPE_DECIMAL,      /* integer / 10^scale */
    TU_TYPE_LONG_DECIMAL, /* one whose digits do not fit 64 bits: text, "-123.45" */
    TU_TYPE_DATE,         /* integer: days since 1970-01-01 */
    TU_TYPE_TIMESTAMP,    /* integer: microseconds of a wall clock that names no zone */
    TU_TYPE_INSTANT,      /* integer: microseconds UTC */
} TuType;

/* Dates, timestamps and instants before and after all others (PostgreSQL's -infinity, infinity). */
#define TU_TIME_BEFORE_ALL G_MININT64
#define TU_TIME_AFTER_ALL G_MAXINT64

/* Beside those and what a calendar has, a time may be one that only can be written: month 0, day 0,
 * a 31st of February (MariaDB's 0000-00-00, 2024-00-10). Its number is that of no other time, and
 * only tu_value_compare knows where it lies among them (value_time.c). */

/* The most digits after the point that a decimal may have here. */
#define TU_SCALE_LIMIT 38

typedef struct {
    TuType type;
    union {
        guint32 bytes; /* length of text, blob or long decimal */
        guint32 scale; /* of a decimal: digits after the point */
    };
    union {
        gint64 integer;
        double real;
        const char *text;
    };
} TuValue;

#define TU_NULL_VALUE ((TuValue){.type = TU_TYPE_NULL})

static inline TuValue
tu_value_integer(gint64 integer)
{
    return (TuValue){.type = TU_TYPE_INTEGER, .integer = integer};
}

static inline TuValue
tu_value_real(double real)
{
    return (TuValue){.type = TU_TYPE_REAL, .real = real};
}

static inline TuValue
tu_value_decimal(gint64 integer, guint32 scale)
{
    return (TuValue){.type = TU_TYPE_DECIMAL, .scale = scale, .integer = integer};
}

/* DATE, TIMESTAMP or INSTANT. */
static inline TuValue
tu_value_time(TuType type, gint64 integer)
{
    return (TuValue){.type = type, .integer = integer};
}

/* TRUE where the value points to bytes. */
static inline gboolean
tu_value_has_bytes(const TuValue *value)
{
    return value->type == TU_TYPE_TEXT || value->type == TU_TYPE_BLOB ||
           value->type == TU_TYPE_LONG_DECIMAL;
}

/* NUL-terminated text, not copied; NULL gives the NULL value. */
TuValue tu_value_text(const char *text);

/* The one form of equal values: an integral real that fits 64 bits and an integral decimal become
 * an integer, other decimals lose their trailing zeros, -0 becomes 0, NaN has one form. */
TuValue tu_value_normalise(TuValue value);

/* Equality as GROUP BY has it with a binary collation, NULLs equal; both normalised. */
gboolean tu_value_equal(const TuValue *a, const TuValue *b);

/* The order: NULL, numbers (NaN after all), dates and instants, text by bytes, blobs. Negative, 0
 * or positive. */
int tu_value_compare(const TuValue *a, const TuValue *b);

guint64 tu_value_hash(const TuValue *value);

/* For people: 12, 1.5, an ISO date, text as it is (cut after 60 bytes with an ellipsis), NULL. */
char *tu_value_to_text(const TuValue *value);

/* ---- decimals ---- */

/* Bytes that tu_decimal_format may need: a sign, 39 digits, a point, zeros before and after. */
#define TU_DECIMAL_TEXT_BYTES 96

/* Reads "[-]digits[.digits]" as a decimal (LONG_DECIMAL, pointing to `text`, where the digits do
 * not fit 64 bits; NaN and infinities as REAL). FALSE: it is no number. */
gboolean tu_decimal_parse(const char *text, gsize bytes, TuValue *ret_value);

/* A number's digits as an integer of 128 bits and a scale; zeros that end a fraction are left out
 * where it would be too long with them. FALSE: REAL, or more than 38 digits or TU_SCALE_LIMIT after
 * the point, or no number at all. */
gboolean tu_decimal_digits(const TuValue *value, __int128 *ret_integer, guint32 *ret_scale);

/* The reverse: DECIMAL where it fits, else LONG_DECIMAL pointing to `text`. */
TuValue tu_decimal_value(__int128 integer, guint32 scale, char *text);

/* Writes integer / 10^scale and a NUL into `text`; how many bytes before that. */
gsize tu_decimal_format(__int128 integer, guint32 scale, char *text);

/* integer * 10^by; FALSE: beyond 128 bits. */
gboolean tu_decimal_shift(__int128 *integer, guint32 by);

/* ---- time ---- */

/* What a column of instants holds: an INSTANT; a TIMESTAMP, taken as UTC; ISO text. FALSE: none of
 * those, or before or after all, or a time that no calendar has. */
gboolean tu_value_read_instant(const TuValue *value, gint64 *ret_at_us);

/* The same for dates: a DATE; the day of a TIMESTAMP; ISO text of a date. */
gboolean tu_value_read_date(const TuValue *value, gint32 *ret_date);

/* A time by its fields: year 0 to 9999, month 0 to 12, day 0 to 31, microseconds of the day. */
typedef struct {
    int year, month, day;
    gint64 rest_us;
} TuWrittenTime;

/* DATE, TIMESTAMP or INSTANT, whether a calendar has that day or not. */
TuValue tu_value_from_written(TuType type, const TuWrittenTime *written);

/* The reverse. Years before 0 or after 9999 may come out: no type of MariaDB has them. */
TuWrittenTime tu_value_written(const TuValue *value);

/* The order of two times of one type: by their fields. Negative, 0 or positive. */
int tu_value_compare_times(const TuValue *a, const TuValue *b);

/* Writes DATE, TIMESTAMP or INSTANT as ISO 8601 ("2026-11-22", "2026-11-22T04:00:00.5",
 * "2026-11-22T04:00:00Z") into `text` (TU_TIME_TEXT_BYTES). */
#define TU_TIME_TEXT_BYTES 40
void tu_value_format_time(const TuValue *value, char *text);

/* The reverse, of a time that `type` has: infinities and days that no calendar has too. */
gboolean tu_value_parse_time(TuType type, const char *text, gsize bytes,
                             TuValue *ret_value) G_GNUC_WARN_UNUSED_RESULT;

/* Gives an instant's text, of tu_value_format_time, all six digits behind its point: such texts
 * sort. */
void tu_value_lengthen_time(char *text);
