#include "keep/install/parts.h"

#include <string.h>

#include "keep/rows.h"
#include "schema/capture.h"
#include "time/instant.h"

/* ---- reading ---- */

/* A part without a column is bounded by nothing that can be told. */
static gboolean
take_noted(const TuValue *row, gpointer data, GError **error)
{
    GPtrArray *noted = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    g_autofree char *identity = g_strndup(row[1].text, row[1].bytes);
    TuCapturePart *part = tu_capture_part_add(noted, name, identity);
    if (row[2].type == TU_TYPE_TEXT)
        part->column = g_strndup(row[2].text, row[2].bytes);
    if (row[3].type == TU_TYPE_INTEGER)
        part->from = row[3].integer;
    if (row[4].type == TU_TYPE_INTEGER)
        part->to = row[4].integer;
    return TRUE;
}

/* A dump that was restored: all identities are new, and say nothing. */
static gboolean
is_restored(TuKeeper *keeper, const TuCaptured *captured, gboolean *ret_restored, GError **error)
{
    g_autofree char *made_in = NULL;
    g_autofree char *identity = NULL;
    gint64 one = 0;
    if (!tu_capture_identity(keeper->db, captured, &made_in, &identity, error))
        return FALSE;
    TuValue values[] = {tu_value_text(captured->name), tu_value_text(made_in)};
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_table WHERE name = ?1 AND made_in <> ?2",
                               values, G_N_ELEMENTS(values), ret_restored, &one, error);
}

static const TuCapturePart *
part_named(const GPtrArray *parts, const char *name)
{
    for (guint i = 0; i < parts->len; i++) {
        const TuCapturePart *part = g_ptr_array_index(parts, i);
        if (g_str_equal(part->name, name))
            return part;
    }
    return NULL;
}

/* Then names alone tell parts apart. */
static void
forget_identities(TuParts *parts)
{
    for (guint i = 0; i < parts->noted->len; i++) {
        TuCapturePart *part = g_ptr_array_index(parts->noted, i);
        const TuCapturePart *now = part_named(parts->now, part->name);
        if (now == NULL)
            continue;
        g_free(part->identity);
        part->identity = g_strdup(now->identity);
    }
}

gboolean
tu_parts_look(TuKeeper *keeper, const TuCaptured *captured, TuParts *ret_parts, GError **error)
{
    const TuDialect *dialect = tu_database_dialect(keeper->db);
    g_auto(TuParts)
        parts = {.noted = tu_capture_parts_new(), .are_tables = dialect->parts_are_tables};
    TuValue name = tu_value_text(captured->name);
    gboolean restored = FALSE;
    if (!tu_capture_parts(keeper->db, captured, &parts.now, error))
        return FALSE;
    if (dialect->has_parts &&
        (!tu_rows_each(keeper->db,
                       "SELECT name, identity, column_name, range_from, range_to "
                       "FROM trueup_part WHERE table_name = ?1",
                       &name, 1, FALSE, take_noted, parts.noted, error) ||
         !is_restored(keeper, captured, &restored, error)))
        return FALSE;
    if (restored)
        forget_identities(&parts);
    *ret_parts = parts;
    parts = (TuParts){0};
    return TRUE;
}

void
tu_parts_clear(TuParts *parts)
{
    g_clear_pointer(&parts->noted, g_ptr_array_unref);
    g_clear_pointer(&parts->now, g_ptr_array_unref);
}

/* ---- comparing ---- */

/* TRUE if `others` has the same part. */
static gboolean
is_among(const TuCapturePart *part, const GPtrArray *others)
{
    const TuCapturePart *other = part_named(others, part->name);
    return other != NULL && g_str_equal(other->identity, part->identity);
}

/* The first that is found: one is enough to be unguarded. */
char *
tu_parts_problem(const TuParts *parts, const TuCaptured *captured)
{
    for (guint i = 0; parts->are_tables && i < parts->now->len; i++) {
        const TuCapturePart *part = g_ptr_array_index(parts->now, i);
        if (part_named(parts->noted, part->name) == NULL)
            return g_strdup_printf("%s is a new part (partition) of table %s, and what is written "
                                   "into it directly is not captured",
                                   part->name, captured->name);
        if (!is_among(part, parts->noted))
            return g_strdup_printf("part %s of table %s was replaced, or a trigger of it switched "
                                   "off or made anew meanwhile",
                                   part->name, captured->name);
    }
    for (guint i = 0; i < parts->noted->len; i++) {
        const TuCapturePart *part = g_ptr_array_index(parts->noted, i);
        if (part_named(parts->now, part->name) == NULL)
            return g_strdup_printf("%s is no part (partition) of table %s any more, and its rows "
                                   "are gone",
                                   part->name, captured->name);
    }
    return NULL;
}

/* ---- where changes may have been missed ---- */

/* The rest of `text` behind a name, quoted or not, and blanks; NULL: it does not begin with it. */
static const char *
skip_name(const char *text, const char *name)
{
    text += strspn(text, " \t\n");
    gboolean is_quoted = *text == '"';
    gsize length = strlen(name);
    text += is_quoted;
    if (is_quoted ? strncmp(text, name, length) != 0 : g_ascii_strncasecmp(text, name, length) != 0)
        return NULL;
    text += length;
    if (is_quoted && *text++ != '"')
        return NULL;
    return text + strspn(text, " \t\n");
}

/* TRUE if the source's time is that column of that table, as it is. */
static gboolean
is_time(const TuSourceModel *source, const TuCaptured *captured, const char *column)
{
    const char *bare = skip_name(source->spec->time, column);
    if (bare != NULL && *bare == '\0')
        return !source->is_joined;
    for (guint i = 0; i < source->tables->len; i++) {
        const char *rest = skip_name(source->spec->time, g_ptr_array_index(source->aliases, i));
        if (g_ptr_array_index(source->tables, i) != captured || rest == NULL || *rest != '.')
            continue;
        rest = skip_name(rest + 1, column);
        if (rest != NULL && *rest == '\0')
            return TRUE;
    }
    return FALSE;
}

/* What a number in the partition's bound counts. */
static gint64
unit_us(const TuSourceModel *source)
{
    switch (source->spec->time_unit) {
    case TU_TIME_SECONDS:
        return TU_SECOND_US;
    case TU_TIME_MILLISECONDS:
        return 1000;
    case TU_TIME_TEXT_OR_TIMESTAMP:
    case TU_TIME_MICROSECONDS:
    case TU_TIME_DATE:
        return 1;
    }
    g_assert_not_reached();
}

/* A bound is an instant, or a wall clock's time; on any tenant's clock it may be two days' dates
 * away. */
#define CLOCKS_DAYS 2

/* The local date of a bound, moved by `more` days; out of all dates: `unbounded`. */
static TuDate
date_of(gint64 bound, gint64 unit, int more, TuDate unbounded)
{
    gint64 at_us = 0;
    if (bound == G_MININT64 || bound == G_MAXINT64 || __builtin_mul_overflow(bound, unit, &at_us))
        return unbounded;
    gint64 day = at_us / TU_DAY_US - (at_us % TU_DAY_US < 0);
    return day > TU_DATE_LEAST && day < TU_DATE_GREATEST ? (TuDate)day + more : unbounded;
}

/* FALSE: nothing says which dates the part has, so all may have been missed. */
static gboolean
add_range(const TuCapturePart *part, const TuCaptured *captured, const TuSourceModel *source,
          GArray *ranges)
{
    if (part->column == NULL || !is_time(source, captured, part->column) ||
        (part->from == G_MININT64 && part->to == G_MAXINT64))
        return FALSE;
    gint64 unit = unit_us(source);
    TuPartsRange range = {date_of(part->from, unit, -CLOCKS_DAYS, G_MININT32),
                          date_of(part->to, unit, CLOCKS_DAYS + 1, TU_DATE_GREATEST)};
    g_array_append_val(ranges, range);
    return TRUE;
}

static gint
compare_ranges(gconstpointer a, gconstpointer b)
{
    const TuPartsRange *one = a;
    const TuPartsRange *two = b;
    return (one->from > two->from) - (one->from < two->from);
}

/* Ranges that touch are built as one. */
static void
merge_ranges(GArray *ranges)
{
    guint n = 0;
    g_array_sort(ranges, compare_ranges);
    for (guint i = 0; i < ranges->len; i++) {
        TuPartsRange next = g_array_index(ranges, TuPartsRange, i);
        TuPartsRange *last = n > 0 ? &g_array_index(ranges, TuPartsRange, n - 1) : NULL;
        if (last != NULL && next.from <= last->to)
            last->to = MAX(last->to, next.to);
        else
            g_array_index(ranges, TuPartsRange, n++) = next;
    }
    g_array_set_size(ranges, n);
}

/* Parts that came may have had rows written that nobody saw; those that went took theirs along. */
gboolean
tu_parts_find_missed(const TuParts *parts, const TuCaptured *captured, const TuSourceModel *source,
                     GArray *ranges)
{
    const GPtrArray *sides[] = {parts->noted, parts->now};
    for (guint side = 0; side < (parts->are_tables ? 2 : 1); side++)
        for (guint i = 0; i < sides[side]->len; i++) {
            const TuCapturePart *part = g_ptr_array_index(sides[side], i);
            if (!is_among(part, sides[1 - side]) && !add_range(part, captured, source, ranges))
                return FALSE;
        }
    merge_ranges(ranges);
    return TRUE;
}

/* ---- noting ---- */

void
tu_parts_note_new(const TuParts *parts, const TuCaptured *captured, TuChanges *changes)
{
    for (guint i = 0; !parts->are_tables && i < parts->now->len; i++) {
        const TuCapturePart *part = g_ptr_array_index(parts->now, i);
        TuValue values[] = {tu_value_text(captured->name), tu_value_text(part->name),
                            tu_value_text(part->identity)};
        if (part_named(parts->noted, part->name) == NULL)
            tu_changes_add(changes,
                           "INSERT INTO trueup_part(table_name, name, identity) "
                           "VALUES (?1, ?2, ?3)",
                           values, G_N_ELEMENTS(values));
    }
}

/* As they are now: `apply` has asked for what was missed until here. */
gboolean
tu_parts_note(TuKeeper *keeper, const TuCaptured *captured, GError **error)
{
    g_autoptr(GPtrArray) now = NULL;
    TuValue table = tu_value_text(captured->name);
    if (!tu_database_dialect(keeper->db)->has_parts)
        return TRUE;
    if (!tu_capture_parts(keeper->db, captured, &now, error) ||
        !tu_database_run(keeper->db, "DELETE FROM trueup_part WHERE table_name = ?1", &table, 1,
                         NULL, error))
        return FALSE;
    for (guint i = 0; i < now->len; i++) {
        const TuCapturePart *part = g_ptr_array_index(now, i);
        TuValue values[] = {
            table,
            tu_value_text(part->name),
            tu_value_text(part->identity),
            tu_value_text(part->column),
            part->from != G_MININT64 ? tu_value_integer(part->from) : TU_NULL_VALUE,
            part->to != G_MAXINT64 ? tu_value_integer(part->to) : TU_NULL_VALUE,
        };
        if (!tu_database_run(keeper->db,
                             "INSERT INTO trueup_part(table_name, name, identity, column_name, "
                             "range_from, range_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}
