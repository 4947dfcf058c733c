/* Values that have broken summaries elsewhere, mixed with plain ones. */
#include "values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buckets.h"
#include "types.h"

#define SECOND_US G_GINT64_CONSTANT(1000000)
#define WHOLE_LIMIT G_GINT64_CONSTANT(1000000000000)

/* ---- Text ---- */

static const char *const troublesome[] = {
    "JFK",    "jfk",        "Jfk",      "JFK ",         " JFK",
    "7",      "07",         "007",      "7.0",          "1e3",
    "-0",     "0x10",       "",         "NULL",         "null",
    "O'Hare", "a\"b",       "a\\b",     "tab\there",    "two\nlines",
    "%s%n",   "[x]",        "é",        "e\xcc\x81",    "É",
    "straße", "STRASSE",    "日本語",   "🛫🛬",     "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "\x7f",   "\xc2\x80",   "\xdf\xbf", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbd",
    "true",   "2024-03-10", "inf",      "nan",          "\xe2\x80\x8b",
    "ı",      "İ",
};

static const char *const letters[] = {"a", "b", "Z", "ä", "ß", "漢", "🙂", " ", "'", "_", "9"};

/* Up to 400 bytes of letters from one to four bytes. */
static char *
random_text(RtRng *rng)
{
    guint length = rt_rng_percent(rng, 80) ? rt_rng_index(rng, 12) : rt_rng_index(rng, 100);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < length; i++)
        g_string_append(text, letters[rt_rng_index(rng, G_N_ELEMENTS(letters))]);
    return g_string_free(text, FALSE);
}

GPtrArray *
rt_value_text_pool(RtRng *rng)
{
    GPtrArray *pool = g_ptr_array_new_with_free_func(g_free);
    guint count = (guint)rt_rng_between(rng, 4, 24);

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(pool,
                        rt_rng_percent(rng, 70)
                            ? g_strdup(troublesome[rt_rng_index(rng, G_N_ELEMENTS(troublesome))])
                            : random_text(rng));
    return pool;
}

void
rt_value_text(GString *sql, const char *text)
{
    g_string_append_c(sql, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            g_string_append_c(sql, '\'');
        g_string_append_c(sql, *text);
    }
    g_string_append_c(sql, '\'');
}

/* ---- Numbers ---- */

void
rt_value_real(GString *sql, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (isinf(value)) {
        g_string_append(sql, value > 0 ? "9e999" : "-9e999");
        return;
    }
    g_ascii_dtostr(text, sizeof text, value);
    g_string_append(sql, text);
    if (strpbrk(text, ".e") == NULL)
        g_string_append(sql, ".0");
}

/* Bounded so that no sum of a history's rows overflows 64 bits, and, without extremes, none leaves
 * the integers that a double holds exactly. */
void
rt_value_whole(GString *sql, gint64 limit, RtRng *rng)
{
    static const gint64 limits[] = {5, 100, 5, 1000000, G_GINT64_CONSTANT(1000000000000)};
    gint64 drawn = limits[rt_rng_index(rng, G_N_ELEMENTS(limits))];

    drawn = MIN(drawn, limit);
    g_string_append_printf(sql, "%" G_GINT64_FORMAT, rt_rng_between(rng, -drawn / 4, drawn));
}

/* Integral reals, cents, binary fractions; with the feature, values whose sum depends on the
 * order. */
static double
draw_real(const RtWorld *world, RtRng *rng)
{
    static const double extremes[] = {
        1e300, -1e300, 1e15,  -1e15, 1e-300,           5e-324,           1.7e308,
        0.1,   1e16,   -1e16, 9e307, (double)INFINITY, -(double)INFINITY};

    if (world->has[RT_EXTREME_FLOATS] && rt_rng_percent(rng, 40))
        return extremes[rt_rng_index(rng, G_N_ELEMENTS(extremes))];
    if (rt_rng_percent(rng, 30))
        return (double)rt_rng_between(rng, -20, 400); /* an integral real */
    if (rt_rng_percent(rng, 60))
        return (double)rt_rng_between(rng, -300, 9000) / 100;
    return ldexp((double)rt_rng_between(rng, -1000000, 1000000), (int)rt_rng_between(rng, -40, 20));
}

static void
append_amount(GString *sql, const RtWorld *world, RtRng *rng)
{
    if (rt_rng_percent(rng, 45))
        rt_value_whole(sql, WHOLE_LIMIT, rng);
    else
        rt_value_real(sql, draw_real(world, rng));
}

/* Values of which some are equal as numbers (7, 7.0), some only look it ('7', '7.0'). */
static void
append_mixed(GString *sql, const RtWorld *world, RtRng *rng)
{
    static const char *const choice[] = {"7",     "7.0",
                                         "'7'",   "'7.0'",
                                         "7.5",   "'7.5'",
                                         "0",     "-0.0",
                                         "-3",    "'x'",
                                         "'X'",   "''",
                                         "1e15",  "1000000000000000",
                                         "1e100", "'1e3'",
                                         "1000",  "9007199254740992"};

    if (rt_rng_percent(rng, 20))
        rt_value_text(sql, world->texts->pdata[rt_rng_index(rng, world->texts->len)]);
    else
        g_string_append(sql, choice[rt_rng_index(rng, G_N_ELEMENTS(choice))]);
}

/* ---- Keys and tenants ---- */

void
rt_value_key(GString *sql, const RtTable *target, gboolean is_text, gint64 n, RtRng *rng)
{
    const RtColumn *key = target->columns->pdata[0];

    if (key->is_text) /* sometimes in capitals: the same key where it is NOCASE */
        g_string_append_printf(sql, "'%c%" G_GINT64_FORMAT "'", rt_rng_percent(rng, 10) ? 'K' : 'k',
                               n);
    else
        g_string_append_printf(sql, is_text ? "'%" G_GINT64_FORMAT "'" : "%" G_GINT64_FORMAT, n);
}

void
rt_value_tenant(GString *sql, const RtWorld *world, RtRng *rng)
{
    guint draw = rt_rng_index(rng, 100);

    if (draw < 4)
        g_string_append(sql, "NULL");
    else if (draw < 8)
        g_string_append(sql, world->tenant_is_text ? "'nobody'" : "-99");
    else
        g_string_append(sql, world->tenants->pdata[rt_rng_index(rng, world->tenants->len)]);
}

/* ---- Times ---- */

static const RtZone *
any_zone(const RtWorld *world, RtRng *rng)
{
    return world->zones->pdata[rt_rng_index(rng, world->zones->len)];
}

/* Next to a border: on it, a microsecond or a second off, half an hour off. */
static gint64
nudge_us(RtRng *rng)
{
    static const gint64 nudges[] = {0,
                                    0,
                                    0,
                                    -1,
                                    1,
                                    -SECOND_US,
                                    SECOND_US,
                                    -60 * SECOND_US,
                                    1800 * SECOND_US,
                                    -1800 * SECOND_US,
                                    3600 * SECOND_US};

    return nudges[rt_rng_index(rng, G_N_ELEMENTS(nudges))];
}

static gint64
anywhere_us(const RtWorld *world, RtRng *rng)
{
    if (world->has[RT_WIDE_YEARS])
        return rt_rng_between(rng, -2208988800, 4102358400) * SECOND_US;
    return rt_rng_between(rng, 0, 1893456000) * SECOND_US;
}

/* The start of a local minute, hour, day or month near `at_us`. */
static gint64
border_us(const RtZone *zone, gint64 at_us, RtRng *rng)
{
    static const gint64 units[] = {60, 3600, 3600, 86400, 86400, 86400, 7 * 86400};
    gint64 unit = units[rt_rng_index(rng, G_N_ELEMENTS(units))];
    gint64 at_s = rt_floor_div(at_us, SECOND_US) + rt_rng_between(rng, -2, 2) * unit;
    gint64 local_s = at_s + rt_zone_offset(zone, at_s);

    return rt_zone_instant(zone, rt_floor_div(local_s, unit) * unit) * SECOND_US;
}

/* The change that began the offset which holds at `at_us`; `at_us` itself where that is too long
 * ago. */
static gint64
clock_change_us(const RtWorld *world, const RtZone *zone, gint64 at_us)
{
    guint segment = rt_zone_segment(zone, rt_floor_div(at_us, SECOND_US));
    gint64 low_s = world->has[RT_WIDE_YEARS] ? -2208988800 : 0;

    return zone->start_s[segment] > low_s ? zone->start_s[segment] * SECOND_US : at_us;
}

gint64
rt_value_instant(const RtWorld *world, RtRng *rng)
{
    static const guint weights[] = {30, 30, 18, 8, 10, 4};
    gint64 hot = g_array_index(world->hot_us, gint64, rt_rng_index(rng, world->hot_us->len));
    const RtZone *zone = any_zone(world, rng);

    switch (rt_rng_weighted(rng, weights, G_N_ELEMENTS(weights))) {
    case 0:
        return hot + rt_rng_between(rng, -2 * 3600 * SECOND_US, 2 * 3600 * SECOND_US);
    case 1:
        return border_us(zone, hot, rng) + nudge_us(rng);
    case 2:
        return clock_change_us(world, zone, hot) + nudge_us(rng);
    case 3:
        return anywhere_us(world, rng);
    case 4:
        return (world->now_s + rt_rng_between(rng, -3 * 86400, 2 * 86400)) * SECOND_US;
    default:
        return border_us(zone, anywhere_us(world, rng), rng) + nudge_us(rng);
    }
}

/* One form of ISO text, with or without an offset, a fraction, seconds, a time. */
static void
append_iso(GString *sql, gint64 at_us, RtRng *rng)
{
    static const struct {
        const char *text;
        gint64 offset_s;
    } offsets[] = {{"", 0},           {"", 0},           {"Z", 0},       {"Z", 0},
                   {"+05:30", 19800}, {"-0330", -12600}, {"+14", 50400}, {"-11:00", -39600},
                   {"+00:00", 0}};
    guint which = rt_rng_index(rng, G_N_ELEMENTS(offsets));
    gint64 local_us = at_us + offsets[which].offset_s * SECOND_US;
    gint64 local_s = rt_floor_div(local_us, SECOND_US), days = rt_floor_div(local_s, 86400);
    int in_day = (int)(local_s - days * 86400), fraction = (int)(local_us - local_s * SECOND_US);
    char date[RT_TEXT_BYTES];

    rt_date_text(days, date);
    g_string_append_printf(sql, "'%s", date);
    if (in_day == 0 && fraction == 0 && *offsets[which].text == '\0' && rt_rng_percent(rng, 40)) {
        g_string_append_c(sql, '\''); /* a date alone is its midnight */
        return;
    }
    g_string_append_printf(sql, "%c%02d:%02d", rt_rng_percent(rng, 50) ? 'T' : ' ', in_day / 3600,
                           in_day / 60 % 60);
    if (in_day % 60 != 0 || fraction != 0 || rt_rng_percent(rng, 85))
        g_string_append_printf(sql, ":%02d", in_day % 60);
    if (fraction != 0)
        g_string_append_printf(sql, ".%06d", fraction);
    g_string_append_printf(sql, "%s'", offsets[which].text);
}

/* What no unit can read. A local date has only the first three, since the others begin like a
 * date. */
static void
append_unreadable(GString *sql, RtTimeUnit unit, RtRng *rng)
{
    static const char *const texts[] = {"'soon'",
                                        "''",
                                        "'2024-02-30'",
                                        "'2024-13-01T00:00:00Z'",
                                        "'2024-01-01T25:00'",
                                        "'2024-01-01T00:00:00Zulu'"};
    static const char *const numbers[] = {"'soon'", "9e999", "''"};

    if (unit >= RT_TEXT_TIME)
        g_string_append(sql, texts[rt_rng_index(rng, unit == RT_DATE ? 3 : G_N_ELEMENTS(texts))]);
    else
        g_string_append(sql, numbers[rt_rng_index(rng, G_N_ELEMENTS(numbers))]);
}

void
rt_value_time(GString *sql, const RtWorld *world, const RtColumn *column, RtRng *rng)
{
    static const gint64 unit_us[] = {1000000, 1000, 1};
    gint64 at_us = rt_value_instant(world, rng);
    char date[RT_TEXT_BYTES];

    /* A server's integer column takes no text. */
    if (world->has[RT_BAD_TIMES] && rt_rng_percent(rng, 4) &&
        (world->kind == RT_SQLITE || column->unit == RT_TEXT_TIME)) {
        append_unreadable(sql, column->unit, rng);
        return;
    }
    if (column->unit == RT_TEXT_TIME) {
        append_iso(sql, at_us, rng);
        return;
    }
    if (column->unit == RT_DATE) {
        rt_date_text(rt_floor_div(at_us, 86400 * SECOND_US), date);
        g_string_append_printf(sql, "'%s'", date);
        return;
    }
    g_string_append_printf(sql, "%" G_GINT64_FORMAT, rt_floor_div(at_us, unit_us[column->unit]));
}

/* ---- Any column ---- */

/* A key of a table is drawn from those that are in use, mostly. */
static void
append_reference(GString *sql, const RtTable *target, const RtColumn *column, RtRng *rng)
{
    gint64 n = rt_rng_percent(rng, 95) ? rt_rng_between(rng, 1, MAX(target->rows, 3))
                                       : rt_rng_between(rng, 1, target->keys * 2);

    rt_value_key(sql, target, column->is_text, n, rng);
}

static guint
null_percent(RtColumnKind kind)
{
    static const guint percent[RT_COLUMN_KINDS] = {
        [RT_REFERENCE] = 5, [RT_TIME] = 3,    [RT_LABEL] = 8, [RT_FOLDED] = 8, [RT_CODE] = 15,
        [RT_WHOLE] = 8,     [RT_AMOUNT] = 10, [RT_MIXED] = 8, [RT_FLAG] = 8,   [RT_NOTE] = 20,
    };

    return percent[kind];
}

void
rt_value(GString *sql, const RtWorld *world, const RtTable *table, const RtColumn *column,
         RtRng *rng)
{
    if (rt_rng_percent(rng, null_percent(column->kind))) {
        g_string_append(sql, "NULL");
        return;
    }
    if (column->kind == RT_WHOLE && world->has[RT_RAISING] && rt_rng_percent(rng, 3)) {
        g_string_append_printf(sql, "%d", RT_RAISES_AT);
        return;
    }
    if (world->kind != RT_SQLITE && column->kind != RT_KEY && column->kind != RT_PART &&
        column->kind != RT_REFERENCE && column->kind != RT_TENANT) {
        rt_type_value(sql, world, column, rng);
        return;
    }
    switch (column->kind) {
    case RT_KEY:
        rt_value_key(sql, table, column->is_text, rt_rng_between(rng, 1, table->keys), rng);
        break;
    case RT_REFERENCE:
        append_reference(sql, world->tables[column->target], column, rng);
        break;
    case RT_TENANT:
        rt_value_tenant(sql, world, rng);
        break;
    case RT_TIME:
        rt_value_time(sql, world, column, rng);
        break;
    case RT_LABEL:
    case RT_FOLDED:
    case RT_NOTE:
        rt_value_text(sql, world->texts->pdata[rt_rng_index(rng, world->texts->len)]);
        break;
    case RT_CODE:
        g_string_append_printf(sql, "'%c%d'", rt_rng_percent(rng, 30) ? 'C' : 'c',
                               (int)rt_rng_between(rng, 1, 120));
        break;
    case RT_WHOLE:
        rt_value_whole(sql, WHOLE_LIMIT, rng);
        break;
    case RT_AMOUNT:
        append_amount(sql, world, rng);
        break;
    case RT_MIXED:
        append_mixed(sql, world, rng);
        break;
    case RT_PART:
        g_string_append_printf(sql, "%d", (int)rt_rng_between(rng, 1, 3));
        break;
    case RT_FLAG:
        g_string_append_printf(sql, "%d", (int)rt_rng_between(rng, 0, 1));
        break;
    case RT_GENERATED:
    case RT_COLUMN_KINDS:
        g_assert_not_reached();
    }
}
