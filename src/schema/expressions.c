#include "schema/expressions.h"

void
tu_expression_info_clear(TuExpressionInfo *info)
{
    g_clear_pointer(&info->columns, g_hash_table_unref);
    tu_sql_type_clear(&info->type);
}

gboolean
tu_expression_inspect(TuDatabase *db, const TuSourceModel *source, const char *expression,
                      const char *where, GPtrArray *findings, TuExpressionInfo *ret_info,
                      GError **error)
{
    guint n = source->tables->len;
    g_autofree const TuTableInfo **tables = g_new(const TuTableInfo *, n);
    g_autofree const char **aliases = g_new(const char *, n);
    g_auto(TuInspection) inspection = {0};
    g_autoptr(GError) local = NULL;
    for (guint i = 0; i < n; i++) {
        tables[i] = ((const TuCaptured *)g_ptr_array_index(source->tables, i))->info;
        aliases[i] = g_ptr_array_index(source->aliases, i);
    }
    TuProbe probe = {expression, tables, aliases, n};
    *ret_info = (TuExpressionInfo){.type = {.scale = -1}};
    if (!tu_database_inspect(db, &probe, &inspection, &local)) {
        if (!tu_error_is(local, TU_ERROR_DATABASE)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("`%s`: %s", expression, local->message),
                       g_strdup("correct it in the spec"));
        return TRUE;
    }
    if (inspection.fault != NULL) {
        tu_finding_add(findings, TRUE, where, g_steal_pointer(&inspection.fault),
                       g_steal_pointer(&inspection.help));
        return TRUE;
    }
    ret_info->columns = g_steal_pointer(&inspection.columns);
    ret_info->type = inspection.type;
    inspection.type.column = NULL;
    return TRUE;
}
