#include "keep/tenants/tenant_named.h"

#include "db/sql.h"
#include "schema/source_sql.h"

/* Asks for no row with that tenant: only whether the question can be asked. */
static gboolean
compare_tenant(TuSnapshot *snapshot, const TuSourceModel *source, const TuValue *value,
               GError **error)
{
    gboolean found = FALSE;
    gint64 one = 0;
    const char *tenant = g_ptr_array_index(source->expressions, (guint)source->tenant);
    g_autofree char *from = tu_source_from(source);
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %s WHERE %s = ?1 LIMIT 0", from, tenant);
    return tu_database_integer(snapshot->keeper->db, sql, value, 1, &found, &one, error);
}

/* Whether the database takes the value for one of the source's tenants: "nobody" is no uuid. What
 * it refuses for NULL too is not the value's fault: a table is gone, a right is missing. */
static gboolean
is_taken(TuSnapshot *snapshot, const TuSourceModel *source, const TuValue *value,
         gboolean *ret_is_taken, GError **error)
{
    g_autoptr(GError) local = NULL;
    *ret_is_taken = TRUE;
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (compare_tenant(snapshot, source, value, &local))
        return TRUE;
    if (!tu_error_is(local, TU_ERROR_DATABASE) && !tu_error_is(local, TU_ERROR_DATA)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    *ret_is_taken = FALSE;
    return tu_transaction_back(&snapshot->txn, error) &&
           compare_tenant(snapshot, source, &TU_NULL_VALUE, error);
}

/* Where no table lists the tenants, anything of their type may be one. */
static gboolean
may_be_tenant(TuSnapshot *snapshot, const TuValue *value, gboolean *ret_may_be, GError **error)
{
    TuType kind = snapshot->keeper->model->tenant_kind;
    *ret_may_be = TRUE;
    if (tu_tenants_are_listed(snapshot->tenants) || kind == TU_TYPE_NULL)
        return TRUE;
    *ret_may_be = kind == TU_TYPE_TEXT || value->type != TU_TYPE_TEXT;
    for (guint i = 0; i < snapshot->group->sources->len && *ret_may_be; i++) {
        const TuSourceModel *source = g_ptr_array_index(snapshot->group->sources, i);
        if (source->problem == NULL && source->tenant >= 0 &&
            !is_taken(snapshot, source, value, ret_may_be, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tu_tenant_named(TuSnapshot *snapshot, const char *text, TuValue *ret_tenant, GError **error)
{
    char *end = NULL;
    gint64 number = g_ascii_strtoll(text, &end, 10);
    const TuModel *model = snapshot->keeper->model;
    gboolean is_number = text[0] != '\0' && *end == '\0';
    TuValue written = tu_value_text(text);
    /* Where keys have a type, the text means a value of it; else a number or a text. */
    TuValue candidates[] = {tu_value_integer(number),
                            tu_tenant_read(model, snapshot->values, &written)};
    gboolean is_typed = model->tenant_kind != TU_TYPE_NULL;
    for (guint i = is_number && !is_typed ? 0 : 1; i < G_N_ELEMENTS(candidates); i++) {
        gboolean may_be = TRUE;
        if (!may_be_tenant(snapshot, &candidates[i], &may_be, error))
            return FALSE;
        if (!may_be)
            continue;
        guint32 id = tu_dictionary_intern(snapshot->values, candidates[i]);
        *ret_tenant = tu_dictionary_value(snapshot->values, id);
        if (!tu_tenants_are_listed(snapshot->tenants) ||
            tu_tenants_find(snapshot->tenants, ret_tenant) != NULL)
            return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no tenant %s", text);
    return FALSE;
}
