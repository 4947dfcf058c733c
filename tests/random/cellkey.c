/* Each form begins with a letter of its own, so that values of two kinds never look alike. */
#include "cellkey.h"

#include <math.h>

static void
append_text(GString *canonical, const char *bytes, int length)
{
    /* The length goes first, so that no text can look like the end of one value and another. */
    g_string_append_printf(canonical, "T%d:", length);
    g_string_append_len(canonical, bytes, length);
}

void
rt_cell_append_value(GString *canonical, sqlite3_value *value)
{
    double real;
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        g_string_append_c(canonical, 'N');
        break;
    case SQLITE_INTEGER:
        g_string_append_printf(canonical, "I%" G_GINT64_FORMAT, (gint64)sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        real = sqlite3_value_double(value);
        if (trunc(real) == real && fabs(real) < 9.2e18)
            g_string_append_printf(canonical, "I%" G_GINT64_FORMAT, (gint64)real);
        else
            g_string_append_printf(canonical, "R%s", g_ascii_dtostr(text, sizeof text, real));
        break;
    case SQLITE_TEXT:
        append_text(canonical, (const char *)sqlite3_value_text(value), sqlite3_value_bytes(value));
        break;
    default:
        g_string_append_c(canonical, 'B');
        append_text(canonical, sqlite3_value_blob(value), sqlite3_value_bytes(value));
    }
}
