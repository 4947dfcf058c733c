/*
 * Times as values: real ones count days or microseconds from 1970; the ends of time are the ends of
 * an int64; and dates that no calendar has, which MariaDB stores (0000-00-00, 2024-00-10), are
 * numbers between those, in their own order.
 *
 *   -infinity   UNREAL_LEAST .. UNREAL_END              TU_INSTANT_LEAST_US ..            infinity
 *   ┼───────────┼── year, month, day and time, packed ──┼────────── real ─────────────────┼
 *
 * So equality and hashes need to know nothing of it, whoever asks for an instant gets none, and
 * only the order takes a year, month and day apart.
 */
#include "db/value.h"

#include <string.h>

#include "time/instant.h"

/* Of "2026-11-22". */
#define DATE_CHARACTERS 10

/* PostgreSQL's first timestamp (4714 BC) is far above these, and its -infinity below. A packed date
 * counts 13 months a year and 32 days a month: room for month 0 and day 0. */
#define UNREAL_LEAST (-(G_GINT64_CONSTANT(1) << 62))
#define UNREAL_END (UNREAL_LEAST + G_GINT64_CONSTANT(10000) * 13 * 32 * TU_DAY_US)

/* ---- as it is written ---- */

/* As MariaDB packs them to compare them. */
static gint64
pack(const TuWrittenTime *written)
{
    gint64 days = ((gint64)written->year * 13 + written->month) * 32 + written->day;
    return days * TU_DAY_US + written->rest_us;
}

static gboolean
is_unreal(const TuValue *value)
{
    return value->integer >= UNREAL_LEAST && value->integer < UNREAL_END;
}

TuValue
tu_value_from_written(TuType type, const TuWrittenTime *written)
{
    TuWrittenTime real = {0};
    TuDate date = tu_date_from_civil(written->year, MAX(written->month, 1), written->day);
    tu_date_to_civil(date, &real.year, &real.month, &real.day);
    if (real.month != written->month || real.day != written->day)
        return tu_value_time(type, UNREAL_LEAST + pack(written));
    return tu_value_time(type, type == TU_TYPE_DATE ? date : date * TU_DAY_US + written->rest_us);
}

TuWrittenTime
tu_value_written(const TuValue *value)
{
    TuWrittenTime written = {0};
    gboolean is_date = value->type == TU_TYPE_DATE;
    if (is_unreal(value)) {
        gint64 packed = value->integer - UNREAL_LEAST;
        int days = (int)(packed / TU_DAY_US);
        return (TuWrittenTime){.year = days / 32 / 13,
                               .month = days / 32 % 13,
                               .day = days % 32,
                               .rest_us = packed % TU_DAY_US};
    }
    gint64 date = is_date ? CLAMP(value->integer, G_MININT32, G_MAXINT32)
                          : tu_instant_local_date(value->integer);
    gint64 rest_us = is_date ? 0 : value->integer % TU_DAY_US;
    written.rest_us = rest_us < 0 ? rest_us + TU_DAY_US : rest_us;
    tu_date_to_civil((TuDate)date, &written.year, &written.month, &written.day);
    return written;
}

/* Of one type, so that numbers of one sort have the order of their times. */
int
tu_value_compare_times(const TuValue *a, const TuValue *b)
{
    gint64 a_number = a->integer;
    gint64 b_number = b->integer;
    if (is_unreal(a) != is_unreal(b)) {
        TuWrittenTime a_written = tu_value_written(a);
        TuWrittenTime b_written = tu_value_written(b);
        a_number = pack(&a_written);
        b_number = pack(&b_written);
    }
    return (a_number > b_number) - (a_number < b_number);
}

/* ---- what is read as a time ---- */

/* PostgreSQL's infinity and MariaDB's 0000-00-00 are in no bucket. */
static gboolean
is_real(const TuValue *value)
{
    return value->integer != TU_TIME_BEFORE_ALL && value->integer != TU_TIME_AFTER_ALL &&
           !is_unreal(value);
}

/* FALSE: it is no instant, and its row counts as one without a time. */
gboolean
tu_value_read_instant(const TuValue *value, gint64 *ret_at_us)
{
    if (value->type == TU_TYPE_TEXT)
        return tu_instant_parse(value->text, value->bytes, NULL, ret_at_us);
    if ((value->type != TU_TYPE_INSTANT && value->type != TU_TYPE_TIMESTAMP) || !is_real(value))
        return FALSE;
    *ret_at_us = value->integer;
    return TRUE;
}

/* A timestamp is the date that it names; no zone is applied to what is a local date already. */
gboolean
tu_value_read_date(const TuValue *value, gint32 *ret_date)
{
    if (value->type == TU_TYPE_TEXT)
        return tu_date_parse(value->text, value->bytes, ret_date);
    if (value->type == TU_TYPE_TIMESTAMP && is_real(value)) {
        *ret_date = tu_instant_local_date(value->integer);
        return TRUE;
    }
    if (value->type != TU_TYPE_DATE || value->integer != (gint32)value->integer)
        return FALSE;
    *ret_date = (gint32)value->integer;
    return TRUE;
}

/* ---- text ---- */

static const struct {
    const char *name;
    gint64 time;
} ends[] = {
    {"-infinity", TU_TIME_BEFORE_ALL},
    {"infinity", TU_TIME_AFTER_ALL},
};

/* Drops the zeros that end the microseconds, and the Z of what names no zone. */
static void
shorten_time(char *text, gboolean is_instant)
{
    char *end = text + strlen(text) - 1;
    if (strchr(text, '.') != NULL)
        while (end[-1] == '0')
            end--;
    g_strlcpy(end, is_instant ? "Z" : "", 2);
}

/* The time of day is that of a real date, whose own text it takes. */
static void
format_unreal(const TuValue *value, char *text)
{
    TuWrittenTime written = tu_value_written(value);
    if (value->type != TU_TYPE_DATE) {
        tu_instant_format(written.rest_us, text);
        shorten_time(text, value->type == TU_TYPE_INSTANT);
    }
    char date[TU_DATE_TEXT_BYTES];
    g_snprintf(date, sizeof date, "%04d-%02d-%02d", written.year, written.month, written.day);
    memcpy(text, date, DATE_CHARACTERS);
    if (value->type == TU_TYPE_DATE)
        text[DATE_CHARACTERS] = '\0';
}

void
tu_value_format_time(const TuValue *value, char *text)
{
    G_STATIC_ASSERT(TU_TIME_TEXT_BYTES >= TU_INSTANT_TEXT_BYTES);
    if (is_unreal(value)) {
        format_unreal(value, text);
    } else if (!is_real(value)) {
        const char *name = ends[value->integer == TU_TIME_AFTER_ALL].name;
        g_strlcpy(text, name, TU_TIME_TEXT_BYTES);
    } else if (value->type == TU_TYPE_DATE) {
        tu_date_format((TuDate)CLAMP(value->integer, TU_DATE_LEAST, TU_DATE_GREATEST), text);
    } else {
        tu_instant_format(value->integer, text);
        shorten_time(text, value->type == TU_TYPE_INSTANT);
    }
}

static gboolean
read_digits(const char *text, guint n, int *ret_number)
{
    int number = 0;
    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return TRUE;
}

/* "2024-00-10", "0000-00-00T00:00:00Z": whatever tu_value_format_time makes of an unreal one. */
static gboolean
parse_unreal(TuType type, const char *text, gsize bytes, TuValue *ret_value)
{
    TuWrittenTime written = {0};
    TuValue day = TU_NULL_VALUE;
    char own[TU_TIME_TEXT_BYTES] = "1970-01-01";
    const char *rest = own + DATE_CHARACTERS;
    if (bytes < DATE_CHARACTERS || bytes >= sizeof own)
        return FALSE;
    memcpy(own + DATE_CHARACTERS, text + DATE_CHARACTERS, bytes - DATE_CHARACTERS);
    if (!tu_instant_parse(own, bytes, NULL, &written.rest_us) ||
        (type == TU_TYPE_DATE) != (*rest == '\0'))
        return FALSE;
    if (!read_digits(text, 4, &written.year) || text[4] != '-' ||
        !read_digits(text + 5, 2, &written.month) || text[7] != '-' ||
        !read_digits(text + 8, 2, &written.day) || written.month > 12 || written.day > 31)
        return FALSE;
    day = tu_value_from_written(type, &written);
    if (!is_unreal(&day))
        return FALSE;
    *ret_value = day;
    return TRUE;
}

gboolean
tu_value_parse_time(TuType type, const char *text, gsize bytes, TuValue *ret_value)
{
    TuValue given = {.type = TU_TYPE_TEXT, .bytes = (guint32)bytes, .text = text};
    gint64 at_us = 0;
    TuDate date = 0;
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (bytes != strlen(ends[i].name) || memcmp(text, ends[i].name, bytes) != 0)
            continue;
        *ret_value = tu_value_time(type, ends[i].time);
        return TRUE;
    }
    if (type == TU_TYPE_DATE ? !tu_value_read_date(&given, &date)
                             : !tu_value_read_instant(&given, &at_us))
        return parse_unreal(type, text, bytes, ret_value);
    *ret_value = tu_value_time(type, type == TU_TYPE_DATE ? date : at_us);
    return TRUE;
}

void
tu_value_lengthen_time(char *text)
{
    char *end = strchr(text, 'Z');
    const char *point = strchr(text, '.');
    if (end == NULL)
        return;
    gsize n_digits = point != NULL ? (gsize)(end - point) - 1 : 0;
    if (point == NULL)
        *end++ = '.';
    for (; n_digits < 6; n_digits++)
        *end++ = '0';
    g_strlcpy(end, "Z", 2);
}
