#include "spec/duration.h"

#include <string.h>

#include "error.h"
#include "time/instant.h"

/* What one of a unit is worth: microseconds or months, the other is 0. */
typedef struct {
    const char *name;
    gint64 us;
    int months;
} Unit;

static const Unit units[] = {
    {"ms", 1000, 0},     {"s", TU_SECOND_US, 0},  {"m", TU_MINUTE_US, 0}, {"h", TU_HOUR_US, 0},
    {"d", TU_DAY_US, 0}, {"w", 7 * TU_DAY_US, 0}, {"mo", 0, 1},           {"y", 0, 12},
};

typedef struct {
    const char *name;
    guint64 bytes;
} SizeUnit;

static const SizeUnit size_units[] = {
    {"B", 1},      {"KB", 1000},         {"MB", 1000 * 1000},         {"GB", 1000 * 1000 * 1000},
    {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024},
};

/* Longer than any history that is summarised, and far from where int64 microseconds end. */
#define DURATION_MAX_YEARS 100
#define DURATION_MAX_US (DURATION_MAX_YEARS * 366 * TU_DAY_US)

/* More than any machine lends to one process; keeps products far from overflow. */
#define SIZE_MAX_BYTES (G_GUINT64_CONSTANT(1) << 40)

/* Splits "200 ms" into number and unit. Digits only: no sign, no fraction. */
static gboolean
split_number(const char *text, guint64 *ret_number, const char **ret_unit)
{
    char *end = NULL;
    if (!g_ascii_isdigit(*text))
        return FALSE;
    *ret_number = g_ascii_strtoull(text, &end, 10); /* more than 64 bits gives the greatest */
    while (*end == ' ')
        end++;
    *ret_unit = end;
    return TRUE;
}

/* The unit of exactly that name: `M` is not `m`, so that months and minutes cannot be mixed up. */
static const Unit *
find_unit(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    }
    return NULL;
}

/* The bound is checked in the unit itself, before anything is multiplied. */
gboolean
tu_duration_parse(const char *text, TuDuration *ret_duration, GError **error)
{
    guint64 number;
    const char *unit_name;
    const Unit *unit = NULL;
    if (split_number(text, &number, &unit_name))
        unit = find_unit(unit_name);
    if (unit == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.40s` is no duration: write a whole number and one of ms s m h d w mo y, "
                    "as in 90s, 24h, 2mo",
                    text);
        return FALSE;
    }

    guint64 most = unit->us > 0 ? (guint64)(DURATION_MAX_US / unit->us)
                                : (guint64)(DURATION_MAX_YEARS * 12 / unit->months);
    if (number == 0 || number > most) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.40s` makes no sense here: a duration is longer than nothing and at most "
                    "%d years",
                    text, DURATION_MAX_YEARS);
        return FALSE;
    }
    ret_duration->us = (gint64)number * unit->us;
    ret_duration->months = (int)number * unit->months;
    return TRUE;
}

char *
tu_duration_format(const TuDuration *duration)
{
    gsize i = G_N_ELEMENTS(units) - 1;
    while (i > 0 &&
           (duration->months > 0 ? units[i].months == 0 || duration->months % units[i].months
                                 : units[i].us == 0 || duration->us % units[i].us))
        i--;
    gint64 number =
        duration->months > 0 ? duration->months / units[i].months : duration->us / units[i].us;
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", number, units[i].name);
}

gboolean
tu_duration_is_set(const TuDuration *duration)
{
    return duration->us > 0 || duration->months > 0;
}

/* The Gregorian calendar repeats itself after 400 years of 146,097 days. */
#define MONTH_US (146097 * TU_DAY_US / 4800)

gboolean
tu_duration_is_shorter(const TuDuration *a, const TuDuration *b)
{
    return a->us + a->months * MONTH_US < b->us + b->months * MONTH_US;
}

gboolean
tu_duration_parse_us(const char *text, gint64 *ret_us, GError **error)
{
    TuDuration duration;
    if (!tu_duration_parse(text, &duration, error))
        return FALSE;
    if (duration.months > 0) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.40s` has no fixed length: write it in ms s m h d or w", text);
        return FALSE;
    }
    *ret_us = duration.us;
    return TRUE;
}

/* Case does not count here: nobody means megabits. */
gboolean
tu_size_parse(const char *text, gsize least_bytes, gsize *ret_bytes, GError **error)
{
    guint64 number, unit = 0;
    const char *unit_name;
    if (split_number(text, &number, &unit_name)) {
        for (gsize i = 0; i < G_N_ELEMENTS(size_units); i++) {
            if (g_ascii_strcasecmp(size_units[i].name, unit_name) == 0)
                unit = size_units[i].bytes;
        }
    }
    if (unit == 0) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.40s` is no size: write a whole number and one of B KB MB GB KiB MiB GiB, "
                    "as in 256MiB",
                    text);
        return FALSE;
    }
    if (number > SIZE_MAX_BYTES / unit || number * unit < least_bytes) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.40s` makes no sense here: at least %" G_GSIZE_FORMAT "KiB, at most 1024GiB",
                    text, least_bytes / 1024);
        return FALSE;
    }
    *ret_bytes = (gsize)(number * unit);
    return TRUE;
}

gboolean
tu_percent_parse(const char *text, guint *ret_percent, GError **error)
{
    guint64 number = 0;
    const char *unit = NULL;
    if (split_number(text, &number, &unit) && g_str_equal(unit, "%") && number >= 1 &&
        number <= 100) {
        *ret_percent = (guint)number;
        return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "`%.40s` is no share: write 1%% to 100%%", text);
    return FALSE;
}

/* Two digits each, so that YAML readers which take 4:00 for a number of base 60 do not differ. */
gboolean
tu_clock_parse(const char *text, guint *ret_minute, GError **error)
{
    gsize length = strlen(text);
    if (length == 5 && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]) && text[2] == ':' &&
        g_ascii_isdigit(text[3]) && g_ascii_isdigit(text[4])) {
        guint hour = (guint)(text[0] - '0') * 10 + (guint)(text[1] - '0');
        guint minute = (guint)(text[3] - '0') * 10 + (guint)(text[4] - '0');
        if (hour < 24 && minute < 60) {
            *ret_minute = hour * 60 + minute;
            return TRUE;
        }
    }
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "`%.40s` is no time of day: write hours and minutes, \"00:00\" to \"23:59\"", text);
    return FALSE;
}
