#include "time/zonerules.h"

#include "time/instant.h"
#include "time/tzrule.h"

#define BASE 36

static void
append_number(GString *text, gint64 number)
{
    char digits[16]; /* a 64-bit number has at most 13 */
    guint n = 0;
    guint64 left = number < 0 ? 0 - (guint64)number : (guint64)number;

    do {
        digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[left % BASE];
        left /= BASE;
    } while (left > 0);
    if (number < 0)
        g_string_append_c(text, '-');
    while (n > 0)
        g_string_append_c(text, digits[--n]);
}

char *
tu_zone_rules(const TuZone *zone)
{
    GString *text = g_string_new(NULL);
    gint64 before_s = 0;

    append_number(text, tu_zone_segment(zone, 0).offset_us / TU_SECOND_US);
    for (guint i = 1; i < tu_zone_segments(zone); i++) {
        TuZoneSegment segment = tu_zone_segment(zone, i);
        gint64 start_s = segment.start_us / TU_SECOND_US;

        g_string_append_c(text, ';');
        append_number(text, start_s - before_s);
        g_string_append_c(text, ',');
        append_number(text, segment.offset_us / TU_SECOND_US);
        before_s = start_s;
    }
    return g_string_free(text, FALSE);
}

/* Reads a number; the text goes on behind it. FALSE: there is none. */
static gboolean
read_number(const char **text, gint64 *ret_number)
{
    char *end = NULL;

    *ret_number = g_ascii_strtoll(*text, &end, BASE);
    if (end == *text)
        return FALSE;
    *text = end;
    return TRUE;
}

static gboolean
skip(const char **text, char letter)
{
    if (**text != letter)
        return FALSE;
    (*text)++;
    return TRUE;
}

TuZone *
tu_zone_of_rules(const char *name, const char *rules)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TuZoneChange));
    gint64 at_s = G_MININT64;
    gint64 offset_s = 0;
    gint64 delta_s = 0;

    if (!read_number(&rules, &offset_s))
        return NULL;
    for (;;) {
        TuZoneChange change = {at_s, (gint32)offset_s};

        g_array_append_val(changes, change);
        if (*rules == '\0')
            return tu_zone_of_changes(name, changes);
        if (!skip(&rules, ';') || !read_number(&rules, &delta_s) || !skip(&rules, ',') ||
            !read_number(&rules, &offset_s))
            return NULL;
        at_s = (at_s == G_MININT64 ? 0 : at_s) + delta_s;
    }
}
