#include "db/sql.h"

#include <stdarg.h>

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

void
tu_sql_append_parameters(GString *sql, guint n)
{
    for (guint i = 0; i < n; i++)
        g_string_append(sql, i == 0 ? "?" : ", ?");
}
