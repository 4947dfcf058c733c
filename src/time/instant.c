#include "time/instant.h"

#include <string.h>

#include "time/digits.h"

/* What is left of a text to read. */
typedef struct {
    const char *text;
    gsize length;
} Rest;

static void
skip(Rest *rest, gsize bytes)
{
    rest->text += bytes;
    rest->length -= bytes;
}

static gboolean
take_char(Rest *rest, char wanted)
{
    if (rest->length == 0 || rest->text[0] != wanted)
        return FALSE;
    skip(rest, 1);
    return TRUE;
}

/* Two digits that are at most `greatest`. */
static gboolean
take_pair(Rest *rest, int greatest, int *ret_value)
{
    int value;

    if (rest->length < 2 || !tu_digits_read(rest->text, 2, &value) || value > greatest)
        return FALSE;
    skip(rest, 2);
    *ret_value = value;
    return TRUE;
}

/* The digits after the point: 1 to 9 of them, cut (not rounded) to microseconds. */
static gboolean
take_fraction(Rest *rest, gint64 *ret_us)
{
    gint64 us = 0;
    guint digits = 0;

    for (; rest->length > 0 && g_ascii_isdigit(rest->text[0]); digits++) {
        if (digits < 6)
            us = us * 10 + (rest->text[0] - '0');
        skip(rest, 1);
    }
    if (digits == 0 || digits > 9)
        return FALSE;
    for (; digits < 6; digits++)
        us *= 10;
    *ret_us = us;
    return TRUE;
}

/* "HH:MM[:SS[.f]]", as microseconds from midnight. */
static gboolean
take_time(Rest *rest, gint64 *ret_us)
{
    int hour, minute, second = 0;
    gint64 us = 0;

    if (!take_pair(rest, 23, &hour) || !take_char(rest, ':') || !take_pair(rest, 59, &minute))
        return FALSE;
    if (take_char(rest, ':')) {
        if (!take_pair(rest, 59, &second))
            return FALSE;
        if (take_char(rest, '.') && !take_fraction(rest, &us))
            return FALSE;
    }
    *ret_us = hour * TU_HOUR_US + minute * TU_MINUTE_US + second * TU_SECOND_US + us;
    return TRUE;
}

/* 'Z', "+HH", "+HHMM" or "+HH:MM". */
static gboolean
take_offset(Rest *rest, gint64 *ret_offset_us)
{
    gboolean is_west;
    int hours, minutes = 0;

    if (take_char(rest, 'Z')) {
        *ret_offset_us = 0;
        return TRUE;
    }
    is_west = take_char(rest, '-');
    if ((!is_west && !take_char(rest, '+')) || !take_pair(rest, 23, &hours))
        return FALSE;
    if (rest->length > 0) {
        take_char(rest, ':');
        if (!take_pair(rest, 59, &minutes))
            return FALSE;
    }
    *ret_offset_us = (is_west ? -1 : 1) * (hours * TU_HOUR_US + minutes * TU_MINUTE_US);
    return TRUE;
}

gboolean
tu_instant_parse(const char *text, gsize length, const TuZone *naive_zone, gint64 *ret_at_us)
{
    Rest rest = {text, length};
    TuDate date;
    gint64 time_us = 0, offset_us = 0, local_us;

    if (length < 10 || !tu_date_parse(text, 10, &date))
        return FALSE;
    skip(&rest, 10);
    if (rest.length > 0) {
        if ((!take_char(&rest, 'T') && !take_char(&rest, ' ')) || !take_time(&rest, &time_us))
            return FALSE;
    }
    local_us = date * TU_DAY_US + time_us;
    if (rest.length > 0) {
        if (!take_offset(&rest, &offset_us) || rest.length > 0)
            return FALSE;
        *ret_at_us = local_us - offset_us;
    } else {
        *ret_at_us = naive_zone == NULL ? local_us : tu_zone_from_local_us(naive_zone, local_us);
    }
    return TRUE;
}

void
tu_instant_format(gint64 at_us, char ret_text[TU_INSTANT_TEXT_BYTES])
{
    gint64 shown_us = CLAMP(at_us, TU_INSTANT_LEAST_US, TU_INSTANT_GREATEST_US);
    TuDate date = tu_instant_local_date(shown_us);
    gint64 rest_us = shown_us - date * TU_DAY_US;
    int second_of_day = (int)(rest_us / TU_SECOND_US);
    int us = (int)(rest_us % TU_SECOND_US);
    char *end = ret_text + strlen("YYYY-MM-DDTHH:MM:SS");

    tu_date_format(date, ret_text);
    ret_text[10] = 'T';
    tu_digits_write(ret_text + 11, 2, second_of_day / 3600);
    ret_text[13] = ':';
    tu_digits_write(ret_text + 14, 2, second_of_day / 60 % 60);
    ret_text[16] = ':';
    tu_digits_write(ret_text + 17, 2, second_of_day % 60);
    if (us != 0) {
        *end = '.';
        tu_digits_write(end + 1, 6, us);
        end += 7;
    }
    end[0] = 'Z';
    end[1] = '\0';
}

/* For tests: the program's clock is TRUEUP_NOW seconds ahead of the system's, or as many as stand
 * in a file (TRUEUP_NOW=@FILE), which a test may change while the program is at work. */
static gint64
clock_shift_us(void)
{
#ifdef TRUEUP_STOP_POINTS
    const char *wish = g_getenv("TRUEUP_NOW");
    g_autofree char *text = NULL;
    gboolean is_file = wish != NULL && wish[0] == '@';
    const char *seconds = is_file && g_file_get_contents(wish + 1, &text, NULL, NULL) ? text : wish;
    return seconds != NULL ? g_ascii_strtoll(seconds, NULL, 10) * TU_SECOND_US : 0;
#else
    return 0;
#endif
}

gint64
tu_instant_now_us(void)
{
    return g_get_real_time() + clock_shift_us();
}
