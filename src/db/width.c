#include "db/width.h"

#include <string.h>

/* The row whose name begins the type: "int" is not that of "integer", nor of "int4range". */
static const TuNumberWidth *
row_of(const TuDialect *dialect, const char *type)
{
    for (const TuNumberWidth *row = dialect->number_widths; row != NULL && row->name != NULL;
         row++) {
        gsize length = strlen(row->name);
        if (g_ascii_strncasecmp(type, row->name, length) == 0 && !g_ascii_isalnum(type[length]) &&
            type[length] != '_')
            return row;
    }
    return NULL;
}

/* The p and s of "decimal(p,s)"; one number alone is p. FALSE: none are declared. */
static gboolean
read_declared(const char *type, guint64 *ret_precision, guint64 *ret_scale)
{
    const char *open = strchr(type, '(');
    char *end = NULL;
    if (open == NULL)
        return FALSE;
    *ret_precision = g_ascii_strtoull(open + 1, &end, 10);
    *ret_scale = *end == ',' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;
    return TRUE;
}

gboolean
tu_width_of(const TuDialect *dialect, const char *type, TuWidth *ret_width)
{
    const TuNumberWidth *row = row_of(dialect, type);
    guint64 precision = 0;
    guint64 scale = 0;
    if (row == NULL)
        return FALSE;
    *ret_width = (TuWidth){row->kind, row->digits};
    if (row->kind == TU_TYPE_DECIMAL && read_declared(type, &precision, &scale))
        ret_width->digits = precision > scale ? (guint)(precision - scale) : 0;
    return TRUE;
}
