#include "keep/install/rights.h"

#include "schema/capture.h"

gboolean
tu_rights_ask(TuRights *rights, const char *right, const char *table, GError **error)
{
    char *grant = NULL;
    if (!tu_database_missing_right(rights->db, right, table, &grant, error))
        return FALSE;
    if (rights->missing == NULL)
        rights->missing = g_ptr_array_new_with_free_func(g_free);
    if (grant != NULL)
        g_ptr_array_add(rights->missing, grant);
    return TRUE;
}

gboolean
tu_rights_ask_capture(TuRights *rights, const char *table, gboolean with_log, GError **error)
{
    g_autofree char *log = tu_capture_log_name(rights->db, table);
    gboolean is_there = FALSE;
    if (!tu_database_has_table(rights->db, table, &is_there, error) ||
        (is_there && !tu_rights_ask(rights, "TRIGGER", table, error)))
        return FALSE;
    return !with_log || tu_rights_ask(rights, "DROP", log, error);
}

gboolean
tu_rights_check(const TuRights *rights, GError **error)
{
    g_autoptr(GString) text = g_string_new("nothing was changed, since rights are missing: ");
    if (rights->missing == NULL || rights->missing->len == 0)
        return TRUE;
    for (guint i = 0; i < rights->missing->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : "; ",
                               (const char *)g_ptr_array_index(rights->missing, i));
    g_set_error_literal(error, TU_ERROR, TU_ERROR_SYSTEM, text->str);
    return FALSE;
}

void
tu_rights_clear(TuRights *rights)
{
    g_clear_pointer(&rights->missing, g_ptr_array_unref);
}
