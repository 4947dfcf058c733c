/*
 * Every zone of this system, against the C library, which reads the same files with other code:
 * `zdump` for each change of offset from 1970 to 2037, localtime_r before, between and after.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "time/instant.h"
#include "time/zone.h"
#include "time/zonename.h"

#define FROM_S G_GINT64_CONSTANT(0)        /* 1970-01-01 */
#define TO_S G_GINT64_CONSTANT(2145916800) /* 2038-01-01 */

/* Zones for one call of zdump: enough to make calls cheap, few enough for one command line. */
#define ZONES_A_CALL 60

static TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);

    g_assert_no_error(error);
    return zone;
}

static void
walk(const char *directory, const char *prefix, GPtrArray *names)
{
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
    const char *entry;

    g_assert_nonnull(entries);
    while ((entry = g_dir_read_name(entries)) != NULL) {
        static const char *const unfit[] = {"posix",     "right",   "posixrules",
                                            "localtime", "Factory", NULL};
        g_autofree char *path = g_build_filename(directory, entry, NULL);
        g_autofree char *name = g_strconcat(prefix, entry, NULL);
        g_autofree char *content = NULL;

        if (prefix[0] == '\0' && g_strv_contains(unfit, entry))
            continue;
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            g_autofree char *below = g_strconcat(name, "/", NULL);

            walk(path, below, names);
        } else if (g_file_get_contents(path, &content, NULL, NULL) &&
                   g_str_has_prefix(content, "TZif")) {
            g_ptr_array_add(names, g_steal_pointer(&name));
        }
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
all_names(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *directory = g_getenv("TZDIR");

    walk(directory != NULL ? directory : "/usr/share/zoneinfo", "", names);
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, >, 400);
    return names;
}

static void
test_list(void)
{
    g_autoptr(GPtrArray) wanted = all_names();
    g_autoptr(GPtrArray) got = tu_zone_name_list();

    g_assert_cmpuint(got->len, ==, wanted->len);
    for (guint i = 0; i < got->len; i++)
        g_assert_cmpstr(g_ptr_array_index(got, i), ==, g_ptr_array_index(wanted, i));
}

/* One line of zdump: what a zone's clock showed at a second. */
typedef struct {
    const char *zone;
    gint64 at_s;
    int offset_s;
} Sighting;

/* "ZONE  Sun Mar 10 06:59:59 2024 UT = ... gmtoff=-18000". FALSE for the lines about the ends of
 * time, which have no such offset. */
static gboolean
read_sighting(char *line, Sighting *ret_seen)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char *space = strchr(line, ' ');
    const char *offset = strstr(line, "gmtoff=");
    char month_name[4];
    int month, day, hour, minute, second, year;

    if (space == NULL || offset == NULL ||
        sscanf(space, " %*3s %3s %d %d:%d:%d %d UT", month_name, &day, &hour, &minute, &second,
               &year) != 6)
        return FALSE;
    for (month = 0; month < 12 && strcmp(months[month], month_name) != 0;)
        month++;
    g_assert_cmpint(month, <, 12);
    *space = '\0';
    ret_seen->zone = line;
    ret_seen->offset_s = (int)g_ascii_strtoll(offset + strlen("gmtoff="), NULL, 10);
    ret_seen->at_s = (gint64)tu_date_from_civil(year, month + 1, day) * 86400 + hour * 3600 +
                     minute * 60 + second;
    return TRUE;
}

static char *
run_zdump(GPtrArray *names, guint first)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    static const char *const fixed[] = {"zdump", "-v", "-c", "1970,2038"};
    GError *error = NULL;
    char *output = NULL;
    int status;

    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(arguments, (gpointer)(guintptr)fixed[i]);
    for (guint i = first; i < MIN(first + ZONES_A_CALL, names->len); i++)
        g_ptr_array_add(arguments, g_ptr_array_index(names, i));
    g_ptr_array_add(arguments, NULL);
    g_spawn_sync(NULL, (char **)arguments->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                 NULL, &status, &error);
    /* Without zdump (package libc-bin) this test has nothing to compare with: it fails. */
    g_assert_no_error(error);
    g_assert_true(g_spawn_check_wait_status(status, NULL));
    return output;
}

/* How many changes of offset our table has in [FROM_S, TO_S). */
static guint
changes_in_table(const TuZone *zone)
{
    guint changes = 0;

    for (guint i = 1; i < tu_zone_segments(zone); i++) {
        gint64 start_us = tu_zone_segment(zone, i).start_us;

        changes += start_us >= FROM_S * TU_SECOND_US && start_us < TO_S * TU_SECOND_US ? 1 : 0;
    }
    return changes;
}

/* Compares the table of each zone in `output` with what zdump saw in it; `changes` counts, for each
 * zone, the changes of offset that it saw. */
static void
compare_output(char *output, GHashTable *zones, GHashTable *changes)
{
    Sighting before = {0}, seen;
    char *rest = output, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        const TuZone *zone;
        guint count;

        if (!read_sighting(line, &seen) || seen.at_s < FROM_S - 1 || seen.at_s >= TO_S)
            continue;
        zone = g_hash_table_lookup(zones, seen.zone);
        g_assert_nonnull(zone);
        if (tu_zone_offset_us(zone, seen.at_s * TU_SECOND_US) != seen.offset_s * TU_SECOND_US)
            g_error("%s: at %" G_GINT64_FORMAT " zdump has %d", seen.zone, seen.at_s,
                    seen.offset_s);
        /* A change is a pair of lines: its last second before, its first second after. */
        if (before.zone != NULL && strcmp(before.zone, seen.zone) == 0 &&
            before.at_s == seen.at_s - 1 && before.offset_s != seen.offset_s) {
            count = GPOINTER_TO_UINT(g_hash_table_lookup(changes, seen.zone)) + 1;
            g_hash_table_insert(changes, g_strdup(seen.zone), GUINT_TO_POINTER(count));
            g_assert_cmpint(tu_zone_offset_us(zone, seen.at_s * TU_SECOND_US - 1), ==,
                            before.offset_s * TU_SECOND_US);
        }
        before = seen;
    }
}

static void
test_zdump(void)
{
    g_autoptr(GPtrArray) names = all_names();
    guint total = 0;

    for (guint first = 0; first < names->len; first += ZONES_A_CALL) {
        g_autoptr(GHashTable) zones =
            g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)tu_zone_free);
        g_autoptr(GHashTable) changes =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *output = run_zdump(names, first);

        for (guint i = first; i < MIN(first + ZONES_A_CALL, names->len); i++) {
            char *name = g_ptr_array_index(names, i);

            g_hash_table_insert(zones, name, zone_named(name));
        }
        compare_output(output, zones, changes);
        for (guint i = first; i < MIN(first + ZONES_A_CALL, names->len); i++) {
            char *name = g_ptr_array_index(names, i);
            guint wanted = GPOINTER_TO_UINT(g_hash_table_lookup(changes, name));

            if (changes_in_table(g_hash_table_lookup(zones, name)) != wanted)
                g_error("%s: zdump has %u changes of offset, the table has %u", name, wanted,
                        changes_in_table(g_hash_table_lookup(zones, name)));
            total += wanted;
        }
    }
    g_test_message("%u zones, %u changes of offset", names->len, total);
    g_assert_cmpuint(total, >, 20000);
}

static void
compare_with_localtime(const TuZone *zone, gint64 at_s)
{
    time_t at = at_s;
    struct tm clock;

    g_assert_nonnull(localtime_r(&at, &clock));
    if (tu_zone_offset_us(zone, at_s * TU_SECOND_US) != clock.tm_gmtoff * TU_SECOND_US)
        g_error("%s: at %" G_GINT64_FORMAT " localtime has %ld, the table has %" G_GINT64_FORMAT,
                tu_zone_name(zone), at_s, clock.tm_gmtoff,
                tu_zone_offset_us(zone, at_s * TU_SECOND_US) / TU_SECOND_US);
}

/* From 1800 to 2199: both sides of every change in the table, and instants that have nothing to do
 * with it, 17 days apart, so that no change can be missing. */
static void
test_localtime(void)
{
    g_autoptr(GPtrArray) names = all_names();
    gint64 from_s = tu_date_from_civil(1800, 1, 1) * G_GINT64_CONSTANT(86400);
    gint64 to_s = tu_date_from_civil(2200, 1, 1) * G_GINT64_CONSTANT(86400);

    for (guint i = 0; i < names->len; i++) {
        g_autoptr(TuZone) zone = zone_named(g_ptr_array_index(names, i));

        g_setenv("TZ", g_ptr_array_index(names, i), TRUE);
        tzset();
        for (guint index = 1; index < tu_zone_segments(zone); index++) {
            gint64 start_us = tu_zone_segment(zone, index).start_us;

            g_assert_cmpint(start_us % TU_SECOND_US, ==, 0);
            compare_with_localtime(zone, start_us / TU_SECOND_US - 1);
            compare_with_localtime(zone, start_us / TU_SECOND_US);
        }
        for (gint64 at_s = from_s; at_s < to_s; at_s += 17 * 86400 + 7 * 3600 + 1)
            compare_with_localtime(zone, at_s);
    }
    g_unsetenv("TZ");
    tzset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/allzones/list", test_list);
    g_test_add_func("/allzones/zdump", test_zdump);
    g_test_add_func("/allzones/localtime", test_localtime);
    return g_test_run();
}
