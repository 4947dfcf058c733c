#include "schema/expressions.h"

#include <string.h>

void
tu_expression_info_clear(TuExpressionInfo *info)
{
    g_clear_pointer(&info->columns, g_hash_table_unref);
    tu_sql_type_clear(&info->type);
}

/* The tables that an expression of a source may read, as its probe wants them. */
typedef struct {
    const TuTableInfo **tables;
    const char **aliases;
} Readable;

static void
readable_clear(Readable *readable)
{
    g_free(readable->tables);
    g_free(readable->aliases);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Readable, readable_clear)

/* The probe borrows the lists. */
static TuProbe
probe_of(const TuSourceModel *source, const char *expression, Readable *ret_readable)
{
    guint n = source->tables->len;
    ret_readable->tables = g_new(const TuTableInfo *, n);
    ret_readable->aliases = g_new(const char *, n);
    for (guint i = 0; i < n; i++) {
        ret_readable->tables[i] = ((const TuCaptured *)g_ptr_array_index(source->tables, i))->info;
        ret_readable->aliases[i] = g_ptr_array_index(source->aliases, i);
    }
    return (TuProbe){expression, ret_readable->tables, ret_readable->aliases, n};
}

void
tu_condition_inspect(TuDatabase *db, const TuSourceModel *source, const char *condition,
                     const char *where, GPtrArray *findings)
{
    g_auto(Readable) readable = {0};
    g_auto(TuInspection) inspection = {0};
    TuProbe probe = probe_of(source, condition, &readable);
    tu_database_inspect_condition(db, &probe, &inspection);
    if (inspection.fault != NULL)
        tu_finding_add(findings, TRUE, where, g_steal_pointer(&inspection.fault),
                       g_steal_pointer(&inspection.help));
}

gboolean
tu_expression_inspect(TuDatabase *db, const TuSourceModel *source, const char *expression,
                      const char *where, GPtrArray *findings, TuExpressionInfo *ret_info,
                      GError **error)
{
    g_auto(Readable) readable = {0};
    g_auto(TuInspection) inspection = {0};
    g_autoptr(GError) local = NULL;
    TuProbe probe = probe_of(source, expression, &readable);
    *ret_info = (TuExpressionInfo){.type = {.scale = -1}};
    if (!tu_database_inspect(db, &probe, &inspection, &local)) {
        if (!tu_error_is(local, TU_ERROR_DATABASE)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        /* The statement around it, which some drivers add, is trueup's and says nothing to its
         * author. */
        const char *statement = strstr(local->message, ", in: ");
        int length = statement != NULL ? (int)(statement - local->message) : -1;
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("`%s`: %.*s", expression, length, local->message),
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
