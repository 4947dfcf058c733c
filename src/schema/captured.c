/*
 * The tables that a model watches: each is described once, however many sources and keyed summaries
 * read it, and its log has the columns that any of them reads.
 */
#include "schema/capture.h"
#include "schema/model_source.h"

void
tu_captured_free(gpointer data)
{
    TuCaptured *captured = data;
    g_free(captured->name);
    g_free(captured->log);
    tu_table_info_free(captured->info);
    g_ptr_array_unref(captured->columns);
    g_free(captured->gone);
    g_free(captured);
}

TuCaptured *
tu_captured_add(TuModel *model, TuDatabase *db, TuTableInfo *info)
{
    TuCaptured *captured = g_new0(TuCaptured, 1);
    captured->name = g_strdup(info->name);
    captured->log = tu_capture_log_name(db, info->name);
    captured->info = info;
    captured->columns = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(model->captured, captured);
    return captured;
}

/* Whoever leaves out what cannot be evaluated goes on with what needs other tables. What
 * expressions read of those is to be known nevertheless, or their triggers would look as if they
 * were not those that are needed: so the table is described by its log, which has the columns that
 * it had. */
static gboolean
add_gone(TuModel *model, TuDatabase *db, const char *name, char *why, TuCaptured **ret_table,
         GError **error)
{
    g_autofree char *own = why;
    g_autofree char *folded = g_ascii_strdown(name, -1);
    const char *had = name; /* as an unquoted name was read */
    g_autofree char *log = tu_capture_log_name(db, name);
    g_autoptr(TuTableInfo) info = NULL;
    if (!tu_database_describe(db, log, &info, error))
        return FALSE;
    if (info == NULL && tu_database_dialect(db)->folds_names) {
        had = folded;
        g_free(log);
        log = tu_capture_log_name(db, had);
        if (!tu_database_describe(db, log, &info, error))
            return FALSE;
    }
    TuCaptured *captured =
        tu_captured_add(model, db, info != NULL ? g_steal_pointer(&info) : tu_table_info_new(had));
    g_free(captured->name);
    g_free(captured->log);
    captured->name = g_strdup(had);
    captured->log = g_steal_pointer(&log);
    captured->gone = g_steal_pointer(&own);
    *ret_table = captured;
    return TRUE;
}

gboolean
tu_model_capture(TuModel *model, TuDatabase *db, const char *name, const char *where,
                 GPtrArray *findings, TuCaptured **ret_table, GError **error)
{
    *ret_table = NULL;
    for (guint i = 0; i < model->captured->len; i++) {
        TuCaptured *known = g_ptr_array_index(model->captured, i);
        if (g_ascii_strcasecmp(known->name, name) == 0) {
            *ret_table = known;
            return TRUE;
        }
    }
    g_autoptr(TuTableInfo) info = NULL;
    if (!tu_database_describe(db, name, &info, error))
        return FALSE;
    if (info == NULL || !info->is_table) {
        char *why = g_strdup_printf(info == NULL ? "there is no table %s in the database"
                                                 : "%s is a view or a virtual table: its rows "
                                                   "cannot be watched",
                                    name);
        if (model->leaves_out)
            return add_gone(model, db, name, why, ret_table, error);
        tu_finding_add(findings, TRUE, where, why,
                       g_strdup(info == NULL ? "create it first, or correct its name"
                                             : "name the tables that it reads"));
        return TRUE;
    }
    *ret_table = tu_captured_add(model, db, g_steal_pointer(&info));
    return TRUE;
}

void
tu_captured_use_column(TuCaptured *captured, const char *column)
{
    const TuColumnInfo *info = tu_table_info_column(captured->info, column);
    if (info != NULL &&
        !g_ptr_array_find_with_equal_func(captured->columns, info->name, g_str_equal, NULL))
        g_ptr_array_add(captured->columns, g_strdup(info->name));
}

void
tu_captured_use_all(TuCaptured *captured)
{
    for (guint i = 0; i < captured->info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(captured->info->columns, i);
        tu_captured_use_column(captured, column->name);
    }
}

void
tu_captured_add_hazards(TuCaptured *captured, gboolean captures, GPtrArray *findings)
{
    g_autofree char *where = g_strdup_printf("table %s", captured->name);
    for (guint i = 0; i < captured->info->hazards->len; i++) {
        const TuHazard *hazard = g_ptr_array_index(captured->info->hazards, i);
        gboolean is_new =
            hazard->is_of_capture ? captures && !captured->is_captured : !captured->is_described;
        if (is_new)
            tu_finding_add_hazard(findings, where, hazard);
    }
    captured->is_captured = captured->is_captured || captures;
    captured->is_described = TRUE;
}
