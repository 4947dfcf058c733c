#include "time/zone.h"

#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "error.h"
#include "time/instant.h"
#include "time/tzif.h"
#include "time/zonename.h"

/* What tells a file from another that took its place. */
typedef struct {
    gint64 dated_us;
    guint64 inode;
    gint64 bytes;
} FileMark;

struct TuZone {
    char *name;
    char *path;    /* NULL: of no file */
    FileMark mark; /* of it, before it was read */
    guint segments;
    /* segments + 1 instants: the last one is the end of the last segment. */
    gint64 *starts_us;
    gint64 *offsets_us;
    gint64 least_offset_us;
    gint64 greatest_offset_us;
    guint64 digest;
};

/* The table ends here: so many segments are few enough to be searched fast. What is later keeps the
 * offset of 31 December, so that 9999-12-31, which people write for "never", has its right one. */
#define END_YEAR 2200

/* Changes in seconds become segments in microseconds. */
static void
flatten(TuZone *zone, const GArray *changes)
{
    const TuZoneChange *change = &g_array_index(changes, TuZoneChange, 0);

    zone->segments = changes->len;
    zone->starts_us = g_new(gint64, changes->len + 1);
    zone->offsets_us = g_new(gint64, changes->len);
    zone->least_offset_us = zone->greatest_offset_us = change[0].offset_s * TU_SECOND_US;
    for (guint i = 0; i < changes->len; i++) {
        gint64 offset_us = change[i].offset_s * TU_SECOND_US;

        zone->starts_us[i] = i == 0 ? G_MININT64 : change[i].at_s * TU_SECOND_US;
        zone->offsets_us[i] = offset_us;
        zone->least_offset_us = MIN(zone->least_offset_us, offset_us);
        zone->greatest_offset_us = MAX(zone->greatest_offset_us, offset_us);
    }
    zone->starts_us[changes->len] = G_MAXINT64;
}

static guint64
digest_of(const TuZone *zone)
{
    g_autofree gint64 *numbers = g_new(gint64, zone->segments * 2);

    for (guint i = 0; i < zone->segments; i++) {
        numbers[i] = GINT64_TO_LE(zone->starts_us[i]);
        numbers[zone->segments + i] = GINT64_TO_LE(zone->offsets_us[i]);
    }
    return XXH64(numbers, zone->segments * 2 * sizeof *numbers, 0);
}

static gboolean
mark_of(const char *path, FileMark *ret_mark)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return FALSE;
    *ret_mark = (FileMark){.dated_us = (gint64)status.st_mtim.tv_sec * TU_SECOND_US +
                                       status.st_mtim.tv_nsec / 1000,
                           .inode = (guint64)status.st_ino,
                           .bytes = (gint64)status.st_size};
    return TRUE;
}

/* The changes of the zone `name`. UTC needs no file: a machine without tzdata has it too. */
static GArray *
read_changes(const char *name, char **ret_path, FileMark *ret_mark, GError **error)
{
    g_autofree char *path = NULL, *bytes = NULL;
    g_autoptr(GError) unread = NULL;
    GArray *changes;
    gsize length;

    if (strcmp(name, "UTC") == 0) {
        TuZoneChange always = {G_MININT64, 0};

        changes = g_array_new(FALSE, FALSE, sizeof always);
        return g_array_append_val(changes, always);
    }
    path = tu_zone_name_file(name, error);
    if (path == NULL)
        return NULL;
    (void)mark_of(path, ret_mark);
    if (!g_file_get_contents(path, &bytes, &length, &unread)) {
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "time zone '%s': %s", name, unread->message);
        return NULL;
    }
    changes = tu_tzif_changes((const guint8 *)bytes, length, END_YEAR);
    if (changes == NULL)
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "time zone '%s': %s is damaged (install tzdata again)", name, path);
    *ret_path = g_steal_pointer(&path);
    return changes;
}

TuZone *
tu_zone_of_changes(const char *name, const GArray *changes)
{
    TuZone *zone = g_new0(TuZone, 1);

    zone->name = g_strdup(name);
    flatten(zone, changes);
    zone->digest = digest_of(zone);
    return zone;
}

TuZone *
tu_zone_new(const char *name, GError **error)
{
    g_autofree char *path = NULL;
    FileMark mark = {0};
    g_autoptr(GArray) changes = read_changes(name, &path, &mark, error);
    TuZone *zone;

    if (changes == NULL)
        return NULL;
    zone = tu_zone_of_changes(name, changes);
    zone->path = g_steal_pointer(&path);
    zone->mark = mark;
    return zone;
}

gint64
tu_zone_dated_us(const TuZone *zone)
{
    return zone->mark.dated_us;
}

gboolean
tu_zone_is_current(const TuZone *zone)
{
    FileMark now = {0};

    return zone->path == NULL ||
           (mark_of(zone->path, &now) && now.dated_us == zone->mark.dated_us &&
            now.inode == zone->mark.inode && now.bytes == zone->mark.bytes);
}

void
tu_zone_free(TuZone *zone)
{
    if (zone == NULL)
        return;
    g_free(zone->name);
    g_free(zone->path);
    g_free(zone->starts_us);
    g_free(zone->offsets_us);
    g_free(zone);
}

const char *
tu_zone_name(const TuZone *zone)
{
    return zone->name;
}

guint
tu_zone_segments(const TuZone *zone)
{
    return zone->segments;
}

TuZoneSegment
tu_zone_segment(const TuZone *zone, guint index)
{
    return (TuZoneSegment){.start_us = zone->starts_us[index],
                           .end_us = zone->starts_us[index + 1],
                           .offset_us = zone->offsets_us[index]};
}

/* The last segment that begins at or before `at_us`. The loop takes the same steps for every
 * instant and has no branch to mispredict: the choice becomes a conditional move. */
static guint
search_segment(const TuZone *zone, gint64 at_us)
{
    guint index = 0;

    for (guint left = zone->segments; left > 1;) {
        guint half = left / 2;

        index += zone->starts_us[index + half] <= at_us ? half : 0;
        left -= half;
    }
    return index;
}

guint
tu_zone_segment_of(const TuZone *zone, gint64 at_us, guint *hint)
{
    guint index;

    if (hint == NULL)
        return search_segment(zone, at_us);
    index = *hint;
    if (index < zone->segments && zone->starts_us[index] <= at_us &&
        at_us < zone->starts_us[index + 1])
        return index;
    return *hint = search_segment(zone, at_us);
}

gint64
tu_zone_offset_us(const TuZone *zone, gint64 at_us)
{
    return zone->offsets_us[search_segment(zone, at_us)];
}

gint64
tu_zone_from_local_us(const TuZone *zone, gint64 local_us)
{
    /* The earliest instant that any offset could make of it: the first segment from there on that
     * has not ended when the clock shows local_us is the one wanted, or begins after a gap. */
    guint index = search_segment(zone, local_us - zone->greatest_offset_us);

    while (local_us - zone->offsets_us[index] >= zone->starts_us[index + 1])
        index++;
    if (local_us - zone->offsets_us[index] < zone->starts_us[index])
        index--;
    return local_us - zone->offsets_us[index];
}

/* No offset reaches the reading before it less the greatest offset; from there on the first segment
 * that gets to it, or begins after it, has the answer. */
gint64
tu_zone_reaches_local_us(const TuZone *zone, gint64 local_us)
{
    for (guint index = search_segment(zone, local_us - zone->greatest_offset_us);; index++) {
        gint64 reached_us = MAX(zone->starts_us[index], local_us - zone->offsets_us[index]);

        if (reached_us < zone->starts_us[index + 1])
            return reached_us;
    }
}

void
tu_zone_offset_bounds_us(const TuZone *zone, gint64 *ret_least_us, gint64 *ret_greatest_us)
{
    *ret_least_us = zone->least_offset_us;
    *ret_greatest_us = zone->greatest_offset_us;
}

guint64
tu_zone_digest(const TuZone *zone)
{
    return zone->digest;
}
