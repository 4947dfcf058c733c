#include "work/select.h"

gboolean
tu_select(TuDatabase *db, const char *sql, const TuValue *values, guint n_values, TuSelectMake make,
          GDestroyNotify free_one, GPtrArray **ret_list, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_one);
    if (!tu_database_prepare(db, sql, &statement, error) ||
        !tu_statement_bind(statement, values, n_values, error))
        return FALSE;
    for (gboolean has_row = TRUE; has_row;) {
        if (!tu_statement_step(statement, &has_row, error))
            return FALSE;
        if (has_row)
            g_ptr_array_add(list, make(statement));
    }
    *ret_list = g_steal_pointer(&list);
    return TRUE;
}
