#include "db/sql.h"

#include <stdarg.h>
#include <string.h>
#include <xxhash.h>

#define NAME_MAX_BYTES 63
#define DIGEST_BYTES 9 /* "_" and eight hexadecimal digits */

static void
append_identifier(GString *sql, const char *name)
{
    g_string_append_c(sql, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            g_string_append_c(sql, '"');
        g_string_append_c(sql, *name);
    }
    g_string_append_c(sql, '"');
}

/* The parts of a table's name are joined by dots (spec/names.h: no dot inside a part). */
static void
append_table(GString *sql, const char *table)
{
    g_auto(GStrv) parts = g_strsplit(table, ".", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(sql, '.');
        append_identifier(sql, parts[i]);
    }
}

static void
append_arguments(GString *sql, const char *format, va_list arguments)
{
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            g_string_append_c(sql, *format);
            continue;
        }
        switch (*++format) {
        case 'I':
            append_identifier(sql, va_arg(arguments, const char *));
            break;
        case 'Q':
            append_table(sql, va_arg(arguments, const char *));
            break;
        case 's':
            g_string_append(sql, va_arg(arguments, const char *));
            break;
        case 'u':
            g_string_append_printf(sql, "%u", va_arg(arguments, guint));
            break;
        case 'd':
            g_string_append_printf(sql, "%d", va_arg(arguments, int));
            break;
        case '%':
            g_string_append_c(sql, '%');
            break;
        default:
            g_assert_not_reached();
        }
    }
}

void
tu_sql_append(GString *sql, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append_arguments(sql, format, arguments);
    va_end(arguments);
}

char *
tu_sql_format(const char *format, ...)
{
    GString *sql = g_string_new(NULL);
    va_list arguments;
    va_start(arguments, format);
    append_arguments(sql, format, arguments);
    va_end(arguments);
    return g_string_free(sql, FALSE);
}

/* Enough to recognise a statement by; a keyed summary's may have thousands. */
#define EXCERPT_BYTES 300

char *
tu_sql_excerpt(const char *sql)
{
    gsize length = sql != NULL ? strnlen(sql, EXCERPT_BYTES + 1) : 0;
    gsize kept = MIN(length, EXCERPT_BYTES);
    while (length > kept && kept > 0 && ((guchar)sql[kept] & 0xC0) == 0x80)
        kept--; /* not in the middle of a character */
    g_autofree char *part = g_utf8_make_valid(sql != NULL ? sql : "", (gssize)kept);
    g_auto(GStrv) words = g_strsplit_set(part, " \n\r\t", -1);
    GString *line = g_string_new(NULL);
    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", words[i]);
    g_string_append(line, length > kept ? " ..." : "");
    return g_string_free(line, FALSE);
}

void
tu_sql_append_parameters(GString *sql, guint first, guint n)
{
    for (guint i = 0; i < n; i++)
        g_string_append_printf(sql, "%s?%u", i == 0 ? "" : ", ", first + i);
}

char *
tu_sql_short_name(const char *prefix, const char *name)
{
    char *whole = g_strconcat(prefix, name, NULL);
    g_strdelimit(whole, ".", '_');
    gsize bytes = strlen(whole);
    if (bytes <= NAME_MAX_BYTES)
        return whole;
    guint32 digest = (guint32)XXH3_64bits(whole, bytes);
    gsize kept = NAME_MAX_BYTES - DIGEST_BYTES;
    while (((guchar)whole[kept] & 0xC0) == 0x80)
        kept--; /* not in the middle of a character */
    g_snprintf(whole + kept, DIGEST_BYTES + 1, "_%08x", digest);
    return whole;
}
