/*
 * Taking the triggers off without a model: the spec no longer fits the database, and writers fail.
 */
#include "keep/install.h"
#include "keep/rights.h"
#include "keep/rows.h"
#include "schema/capture.h"

static gboolean
take_table(const TuValue *row, gpointer data, GError **error)
{
    g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
}

gboolean
tu_install_release_all(TuDatabase *db, guint *ret_tables, GError **error)
{
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    TuValue now = tu_keeper_now();
    g_auto(TuRights) rights = {.db = db};
    if (!tu_rows_each(db, "SELECT name FROM trueup_table", NULL, 0, FALSE, take_table, tables, error))
        return FALSE;
    for (guint i = 0; i < tables->len; i++)
        if (!tu_rights_ask_capture(&rights, g_ptr_array_index(tables, i), TRUE, error))
            return FALSE;
    if (!tu_rights_check(&rights, error) ||
        !tu_database_run(db, "UPDATE trueup_table SET released_at = coalesce(released_at, ?1)", &now, 1,
                         NULL, error))
        return FALSE;
    for (guint i = 0; i < tables->len; i++) {
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *log = tu_capture_log_name(db, g_ptr_array_index(tables, i));
        tu_database_capture_forget(db, g_ptr_array_index(tables, i), log, statements);
        for (guint s = 0; s < statements->len; s++)
            if (!tu_database_execute(db, g_ptr_array_index(statements, s), error))
                return FALSE;
    }
    *ret_tables = tables->len;
    return TRUE;
}
