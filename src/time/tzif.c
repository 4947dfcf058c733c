#include "time/tzif.h"

#include <string.h>

#include "time/calendar.h"

#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define DAY_S 86400

/* Old files begin with a change at the Big Bang. Nobody had a zone in the year -3000, so an earlier
 * change only says what holds at first; as microseconds it would not fit. */
#define EARLIEST_S (-5000 * G_GINT64_CONSTANT(31556952))

/* No offset is that large (RFC 9636: more than -25 and less than 26 hours). */
#define OFFSET_MOST_S (26 * 3600)

/* Where a rule begins to hold in a file that lists no change at all. */
#define RULE_FIRST_YEAR 1800

/* One header with its data, as offsets into the file. */
typedef struct {
    guint version;
    guint32 times;
    guint32 types;
    guint time_bytes;
    const guint8 *time_at;
    const guint8 *index_at;
    const guint8 *type_at;
    gsize length;
} Block;

static gint64
read_big_endian(const guint8 *at, guint bytes)
{
    /* The sign bit of the first byte fills what is above it. */
    guint64 value = at[0] >= 0x80 ? G_MAXUINT64 : 0;

    for (guint i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return (gint64)value;
}

/* The block that begins at `bytes`. FALSE if it is not whole, or counts leap seconds. */
static gboolean
read_block(const guint8 *bytes, gsize length, guint time_bytes, Block *ret_block)
{
    guint64 count[6], needed;

    if (length < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(count); i++)
        count[i] = (guint32)read_big_endian(bytes + 20 + 4 * i, 4);
    /* UT indicators, standard indicators, leap seconds, times, types, letters of abbreviations. */
    needed = HEADER_BYTES + count[0] + count[1] + count[2] * (time_bytes + 4) +
             count[3] * (time_bytes + 1) + count[4] * TYPE_BYTES + count[5];
    if (needed > length || count[2] > 0 || count[4] == 0)
        return FALSE;
    ret_block->version = bytes[4];
    ret_block->times = (guint32)count[3];
    ret_block->types = (guint32)count[4];
    ret_block->time_bytes = time_bytes;
    ret_block->time_at = bytes + HEADER_BYTES;
    ret_block->index_at = ret_block->time_at + count[3] * time_bytes;
    ret_block->type_at = ret_block->index_at + count[3];
    ret_block->length = needed;
    return TRUE;
}

/* Adds a change at the end. One at or before the last takes its place (a rule's year may end where
 * its next begins); one with the offset that holds already is none. */
static void
add_change(GArray *changes, gint64 at_s, gint32 offset_s)
{
    TuZoneChange change = {at_s <= EARLIEST_S ? G_MININT64 : at_s, offset_s};
    guint kept = changes->len;

    while (kept > 0 && g_array_index(changes, TuZoneChange, kept - 1).at_s >= change.at_s)
        kept--;
    g_array_set_size(changes, kept);
    if (kept == 0 || g_array_index(changes, TuZoneChange, kept - 1).offset_s != offset_s)
        g_array_append_val(changes, change);
}

static gboolean
add_type(GArray *changes, const Block *block, gint64 at_s, guint type)
{
    gint64 offset_s;

    if (type >= block->types)
        return FALSE;
    offset_s = read_big_endian(block->type_at + type * TYPE_BYTES, 4);
    if (ABS(offset_s) > OFFSET_MOST_S)
        return FALSE;
    add_change(changes, at_s, (gint32)offset_s);
    return TRUE;
}

/* The changes that the file lists; ret_last_s is the time of the last one, which may have been none
 * of offset. FALSE if they are not valid. */
static gboolean
add_listed(GArray *changes, const Block *block, gint64 end_s, gint64 *ret_last_s)
{
    gint64 last_s = G_MININT64;

    /* Before the first change type 0 holds (RFC 9636, 3.2). */
    if (!add_type(changes, block, G_MININT64, 0))
        return FALSE;
    for (guint32 i = 0; i < block->times; i++) {
        gint64 at_s =
            read_big_endian(block->time_at + (gsize)i * block->time_bytes, block->time_bytes);

        if (i > 0 && at_s <= last_s)
            return FALSE;
        if (at_s < end_s && !add_type(changes, block, at_s, block->index_at[i]))
            return FALSE;
        last_s = at_s;
    }
    *ret_last_s = last_s;
    return TRUE;
}

/* The changes that the rule gives after `last_s`. */
static void
add_by_rule(GArray *changes, const TuTzRule *rule, gint64 last_s, gint64 end_s)
{
    int year = RULE_FIRST_YEAR, month, day;

    if (!rule->has_daylight || last_s >= end_s)
        return;
    if (last_s > EARLIEST_S)
        tu_date_to_civil((TuDate)(last_s / DAY_S), &year, &month, &day);
    /* Times of a rule reach a week over New Year, so begin early and end late. */
    for (year--; tu_date_from_civil(year - 1, 1, 1) * (gint64)DAY_S < end_s; year++) {
        TuZoneChange of_year[2];

        tu_tz_rule_changes(rule, year, of_year);
        for (guint i = 0; i < G_N_ELEMENTS(of_year); i++) {
            if (of_year[i].at_s > last_s && of_year[i].at_s < end_s)
                add_change(changes, of_year[i].at_s, of_year[i].offset_s);
        }
    }
}

/* The rule stands between two newlines after the last block. It may be empty: then the last offset
 * stays, which is what a rule with one offset says too. */
static gboolean
read_footer(const guint8 *bytes, gsize length, TuTzRule *ret_rule)
{
    const guint8 *end = length < 2 ? NULL : memchr(bytes + 1, '\n', length - 1);

    if (end == NULL || bytes[0] != '\n')
        return FALSE;
    *ret_rule = (TuTzRule){0};
    return end == bytes + 1 ||
           tu_tz_rule_parse((const char *)bytes + 1, (gsize)(end - bytes) - 1, ret_rule);
}

GArray *
tu_tzif_changes(const guint8 *bytes, gsize length, int end_year)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TuZoneChange));
    gint64 end_s = tu_date_from_civil(end_year, 1, 1) * (gint64)DAY_S, last_s;
    TuTzRule rule = {0};
    Block block;

    if (!read_block(bytes, length, 4, &block))
        return NULL;
    if (block.version >= '2') {
        gsize skipped = block.length;

        if (!read_block(bytes + skipped, length - skipped, 8, &block) ||
            !read_footer(bytes + skipped + block.length, length - skipped - block.length, &rule))
            return NULL;
    }
    if (!add_listed(changes, &block, end_s, &last_s))
        return NULL;
    add_by_rule(changes, &rule, last_s, end_s);
    return g_steal_pointer(&changes);
}
