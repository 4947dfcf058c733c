/* TZif as RFC 8536 describes it. */
#include "zones.h"

#include <string.h>

#include "buckets.h"

#define LAST_YEAR 2110 /* the footer is written out up to here; histories end in 2100 */
#define HEADER_BYTES 44

/* Zones whose clocks do what programs do not expect: see the facts in self_test.c. */
static const char *const odd_zones[] = {
    "Australia/Lord_Howe", "America/St_Johns",  "America/Havana",    "Pacific/Apia",
    "Asia/Kathmandu",      "Africa/Casablanca", "Asia/Beirut",       "Antarctica/Troll",
    "Africa/Cairo",        "America/Sao_Paulo", "Asia/Gaza",         "Asia/Tehran",
    "America/Santiago",    "America/Asuncion",  "Pacific/Chatham",   "America/Nuuk",
    "Antarctica/Casey",    "Asia/Kolkata",      "Asia/Pyongyang",    "America/Caracas",
    "Asia/Dhaka",          "Africa/Monrovia",   "America/New_York",  "Pacific/Kwajalein",
    "Pacific/Fakaofo",     "Europe/Dublin",     "Africa/El_Aaiun",   "Pacific/Kiritimati",
    "Asia/Kabul",          "Europe/London",     "America/Anchorage", "Asia/Manila",
    "Europe/Istanbul",     "Etc/GMT+12",        "America/Godthab",   "Africa/Khartoum",
};

guint
rt_zone_odd_count(void)
{
    return G_N_ELEMENTS(odd_zones);
}

const char *
rt_zone_odd_name(guint index)
{
    return odd_zones[index];
}

void
rt_zone_free(RtZone *zone)
{
    if (zone == NULL)
        return;
    g_free(zone->name);
    g_free(zone->start_s);
    g_free(zone->offset_s);
    g_free(zone);
}

/* ---- The footer: POSIX TZ, as RFC 8536 allows it ---- */

typedef struct {
    char form; /* 'M' month.week.day, 'J' day 1-365 without leap days, 'D' day 0-365 */
    int month, week, day;
    gint32 time_s; /* after local midnight; may be negative or above a day */
} Rule;

typedef struct {
    gint32 standard_s, summer_s; /* offsets */
    gboolean has_summer;
    Rule from, to;
} Footer;

static int
take_number(const char **at)
{
    int number = 0;

    while (g_ascii_isdigit(**at))
        number = number * 10 + (*(*at)++ - '0');
    return number;
}

/* [+-]hh[:mm[:ss]]; hours up to 167, as RFC 8536 allows. */
static gint32
take_time(const char **at)
{
    gint32 sign = 1, seconds;

    if (**at == '-' || **at == '+')
        sign = *(*at)++ == '-' ? -1 : 1;
    seconds = take_number(at) * 3600;
    for (int unit = 60; **at == ':' && unit > 0; unit = unit == 60 ? 1 : 0) {
        (*at)++;
        seconds += take_number(at) * unit;
    }
    return sign * seconds;
}

static void
skip_name(const char **at)
{
    if (**at == '<') {
        *at += strcspn(*at, ">");
        *at += **at == '>';
        return;
    }
    while (g_ascii_isalpha(**at))
        (*at)++;
}

static Rule
take_rule(const char **at)
{
    Rule rule = {.form = 'D', .time_s = 7200};

    if (**at == 'M' || **at == 'J')
        rule.form = *(*at)++;
    rule.day = take_number(at);
    if (rule.form == 'M') {
        rule.month = rule.day;
        *at += **at == '.';
        rule.week = take_number(at);
        *at += **at == '.';
        rule.day = take_number(at);
    }
    if (**at == '/') {
        (*at)++;
        rule.time_s = take_time(at);
    }
    return rule;
}

/* std offset [dst [offset] , rule , rule]. POSIX counts offsets westwards, so they are negated. */
static Footer
parse_footer(const char *at)
{
    Footer footer = {0};

    skip_name(&at);
    footer.standard_s = -take_time(&at);
    if (*at == '\0')
        return footer;
    footer.has_summer = TRUE;
    skip_name(&at);
    footer.summer_s = *at == ',' || *at == '\0' ? footer.standard_s + 3600 : -take_time(&at);
    g_assert(*at == ','); /* tzdata always writes the rules out */
    at++;
    footer.from = take_rule(&at);
    g_assert(*at == ',');
    at++;
    footer.to = take_rule(&at);
    return footer;
}

/* The wall clock reading, in seconds, at which the rule acts in `year`. */
static gint64
rule_local_s(const Rule *rule, int year)
{
    gint64 first = rt_days_from_civil(year, rule->form == 'M' ? rule->month : 1, 1);
    gint64 day = first + rule->day;

    if (rule->form == 'J') {
        gboolean is_leap = rt_days_from_civil(year, 3, 1) - first == 60;

        day = first + rule->day - 1 + (is_leap && rule->day >= 60);
    }
    if (rule->form == 'M') {
        gint64 weekday = ((first + 4) % 7 + 7) % 7; /* 0 = Sunday; 1970-01-01 was a Thursday */
        gint64 next_month = rule->month == 12 ? rt_days_from_civil(year + 1, 1, 1)
                                              : rt_days_from_civil(year, rule->month + 1, 1);

        day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
        while (day >= next_month) /* week 5 means the last */
            day -= 7;
    }
    return day * 86400 + rule->time_s;
}

/* ---- Segments ---- */

static void
append_segment(GArray *starts, GArray *offsets, gint64 start_s, gint32 offset_s)
{
    guint last = offsets->len;

    if (last > 0 && g_array_index(offsets, gint32, last - 1) == offset_s)
        return; /* a new name for the same clock */
    g_array_append_val(starts, start_s);
    g_array_append_val(offsets, offset_s);
}

/* Writes the footer's rules out, year by year, from the file's last transition on. */
static void
append_footer(GArray *starts, GArray *offsets, const char *text, gint64 last_s, int first_year)
{
    Footer footer = parse_footer(text);

    if (!footer.has_summer) {
        append_segment(starts, offsets, last_s, footer.standard_s);
        return;
    }
    for (int year = first_year; year <= LAST_YEAR; year++) {
        gint64 from_s = rule_local_s(&footer.from, year) - footer.standard_s;
        gint64 to_s = rule_local_s(&footer.to, year) - footer.summer_s;
        gboolean from_is_first = from_s < to_s;

        for (guint half = 0; half < 2; half++) {
            gboolean is_from = (half == 0) == from_is_first;
            gint64 at_s = is_from ? from_s : to_s;

            if (at_s > last_s)
                append_segment(starts, offsets, at_s,
                               is_from ? footer.summer_s : footer.standard_s);
        }
    }
}

static gint64
big_endian(const guint8 *bytes, guint count)
{
    guint64 value = bytes[0] & 0x80 ? ~G_GUINT64_CONSTANT(0) : 0;

    for (guint i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return (gint64)value;
}

/* The counts of a TZif header, in the order of RFC 8536. */
enum { UT_COUNT, STANDARD_COUNT, LEAP_COUNT, TIME_COUNT, TYPE_COUNT, CHAR_COUNT, COUNTS };

static gboolean
read_header(const guint8 *bytes, gsize length, gsize *ret_counts)
{
    if (length < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return FALSE;
    for (guint i = 0; i < COUNTS; i++)
        ret_counts[i] = (gsize)big_endian(bytes + 20 + 4 * i, 4);
    return TRUE;
}

static gsize
block_bytes(const gsize *counts, gsize time_bytes)
{
    return counts[TIME_COUNT] * (time_bytes + 1) + counts[TYPE_COUNT] * 6 + counts[CHAR_COUNT] +
           counts[LEAP_COUNT] * (time_bytes + 4) + counts[STANDARD_COUNT] + counts[UT_COUNT];
}

static void
append_transitions(GArray *starts, GArray *offsets, const guint8 *block, const gsize *counts)
{
    gsize times = counts[TIME_COUNT];
    const guint8 *kinds = block + times * 8, *types = kinds + times;

    append_segment(starts, offsets, G_MININT64, (gint32)big_endian(types, 4));
    for (gsize i = 0; i < times; i++)
        append_segment(starts, offsets, big_endian(block + i * 8, 8),
                       (gint32)big_endian(types + (gsize)kinds[i] * 6, 4));
}

RtZone *
rt_zone_parse(const char *name, const guint8 *bytes, gsize length)
{
    gsize counts[COUNTS], begin;
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(gint32));
    g_autofree char *footer = NULL;
    RtZone *zone;
    gint64 last_s = G_MININT64;
    int year = 1850;

    if (!read_header(bytes, length, counts))
        return NULL;
    begin = HEADER_BYTES + block_bytes(counts, 4);
    if (begin > length || !read_header(bytes + begin, length - begin, counts) ||
        begin + HEADER_BYTES + block_bytes(counts, 8) + 2 > length)
        return NULL;
    begin += HEADER_BYTES;
    append_transitions(starts, offsets, bytes + begin, counts);
    if (counts[TIME_COUNT] > 0) {
        last_s = big_endian(bytes + begin + (counts[TIME_COUNT] - 1) * 8, 8);
        year = rt_year_of_days(last_s / 86400) - 1;
    }
    begin += block_bytes(counts, 8) + 1;
    footer = g_strndup((const char *)bytes + begin, length - begin);
    g_strchomp(footer);
    if (*footer != '\0')
        append_footer(starts, offsets, footer, last_s, year);

    zone = g_new0(RtZone, 1);
    zone->name = g_strdup(name);
    zone->count = starts->len;
    zone->start_s = (gint64 *)(void *)g_array_free(g_steal_pointer(&starts), FALSE);
    zone->offset_s = (gint32 *)(void *)g_array_free(g_steal_pointer(&offsets), FALSE);
    return zone;
}

static const char *
zone_directory(void)
{
    const char *directory = g_getenv("TZDIR");

    return directory != NULL ? directory : "/usr/share/zoneinfo";
}

RtZone *
rt_zone_read(const char *name)
{
    g_autofree char *path = g_build_filename(zone_directory(), name, NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    if (!g_file_get_contents(path, &bytes, &length, NULL))
        return NULL;
    return rt_zone_parse(name, (const guint8 *)bytes, length);
}

/* ---- Looking up ---- */

guint
rt_zone_segment(const RtZone *zone, gint64 at_s)
{
    guint low = 0, high = zone->count; /* start_s[low] <= at_s < start_s[high] */

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (zone->start_s[middle] <= at_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

gint32
rt_zone_offset(const RtZone *zone, gint64 at_s)
{
    return zone->offset_s[rt_zone_segment(zone, at_s)];
}

gint64
rt_zone_instant(const RtZone *zone, gint64 local_s)
{
    guint first = rt_zone_segment(zone, local_s - 2 * 86400);
    guint last = rt_zone_segment(zone, local_s + 2 * 86400);

    for (guint i = first; i <= last; i++)
        if (rt_zone_segment(zone, local_s - zone->offset_s[i]) == i)
            return local_s - zone->offset_s[i];
    for (guint i = first; i < last; i++) /* in the gap between i and i + 1 */
        if (local_s < zone->start_s[i + 1] + zone->offset_s[i + 1])
            return local_s - zone->offset_s[i];
    g_assert_not_reached();
}

/* ---- The system's names ---- */

/* All files below `area`. */
static void
add_names(GPtrArray *names, const char *area)
{
    g_autofree char *path = g_build_filename(zone_directory(), area, NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *entry;

    while (directory != NULL && (entry = g_dir_read_name(directory)) != NULL) {
        g_autofree char *name = g_strconcat(area, "/", entry, NULL);
        g_autofree char *file = g_build_filename(zone_directory(), name, NULL);

        if (g_file_test(file, G_FILE_TEST_IS_DIR))
            add_names(names, name);
        else
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
rt_zone_names(void)
{
    static const char *const areas[] = {"Africa", "America",   "Antarctica", "Asia",   "Atlantic",
                                        "Europe", "Australia", "Indian",     "Pacific"};
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < G_N_ELEMENTS(areas); i++)
        add_names(names, areas[i]);
    g_ptr_array_sort(names, compare_names);
    return names;
}
