#include "schema/model_tenants.h"

#include <string.h>

#include "schema/model_source.h"

/* ---- its columns ---- */

static void
check_columns(const TuModel *model, const TuTableInfo *info, GPtrArray *findings)
{
    const TuTenants *spec = model->spec->tenants;
    const char *const columns[] = {spec->key, spec->time_zone};
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
        if (tu_table_info_column(info, columns[i]) == NULL)
            tu_finding_add(findings, TRUE, "tenants",
                           g_strdup_printf("table %s has no column %s", info->name, columns[i]),
                           g_strdup("correct `tenants` in the spec"));
}

gboolean
tu_model_find_tenants(TuModel *model, TuDatabase *db, GPtrArray *findings, TuTableInfo **ret_info,
                      GError **error)
{
    const TuTenants *spec = model->spec->tenants;
    g_autoptr(TuTableInfo) info = NULL;
    *ret_info = NULL;
    if (spec == NULL)
        return TRUE;
    if (!tu_database_describe(db, spec->table, &info, error))
        return FALSE;
    if (info == NULL) {
        tu_finding_add(findings, TRUE, "tenants",
                       g_strdup_printf("there is no table %s in the database", spec->table),
                       g_strdup("create it first, or correct its name"));
        return TRUE;
    }
    check_columns(model, info, findings);
    const TuColumnInfo *key = tu_table_info_column(info, spec->key);
    const TuColumnInfo *zone = tu_table_info_column(info, spec->time_zone);
    model->tenants_table = g_strdup(info->name);
    model->tenants_key = g_strdup(key != NULL ? key->name : spec->key);
    model->tenants_zone = g_strdup(zone != NULL ? zone->name : spec->time_zone);
    if (key != NULL && !tu_database_dialect(db)->has_dynamic_types)
        model->tenant_kind = key->kind;
    if (key != NULL && zone != NULL)
        *ret_info = g_steal_pointer(&info);
    return TRUE;
}

/* ---- its capture ---- */

static gboolean
some_source_captures(const TuModel *model)
{
    for (guint i = 0; i < model->sources->len; i++)
        if (((const TuSourceModel *)g_ptr_array_index(model->sources, i))->captures)
            return TRUE;
    return FALSE;
}

/* Why not all of its changes would be logged; NULL: they are. What only this session's user lacks
 * is none: then it is refused, as for a source, or who lacks it would leave entries to nobody. */
static char *
obstacle_of(const TuTableInfo *info)
{
    if (!info->is_table)
        return g_strdup_printf("%s is a view or a virtual table", info->name);
    for (guint i = 0; i < info->hazards->len; i++) {
        const TuHazard *hazard = g_ptr_array_index(info->hazards, i);
        if (hazard->is_error && hazard->is_of_capture && !hazard->is_of_role)
            return g_strdup(hazard->message);
    }
    return NULL;
}

static TuCaptured *
find_captured(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->captured->len; i++) {
        TuCaptured *known = g_ptr_array_index(model->captured, i);
        if (g_ascii_strcasecmp(known->name, name) == 0)
            return known;
    }
    return NULL;
}

static const char *
last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

/* The columns that decide who is a tenant. A condition may read other tables too: their changes are
 * seen once a minute. */
static gboolean
use_condition(TuModel *model, TuDatabase *db, TuCaptured *captured, GPtrArray *findings,
              GError **error)
{
    const char *condition = model->spec->tenants->where;
    const TuTableInfo *tables[] = {captured->info};
    const char *aliases[] = {last_part(captured->name)};
    TuProbe probe = {condition, tables, aliases, G_N_ELEMENTS(tables)};
    g_auto(TuInspection) inspection = {0};
    g_autoptr(GError) local = NULL;
    GHashTableIter iter;
    gpointer name;
    if (condition == NULL)
        return TRUE;
    if (!tu_database_inspect(db, &probe, &inspection, &local)) {
        if (!tu_error_is(local, TU_ERROR_DATABASE)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        tu_finding_add(findings, TRUE, "tenants",
                       g_strdup_printf("`%s`: %s", condition, local->message),
                       g_strdup("correct it in the spec"));
        return TRUE;
    }
    if (inspection.columns == NULL)
        return TRUE;
    g_hash_table_iter_init(&iter, inspection.columns);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        tu_captured_use_column(captured, strchr(name, '\n') + 1);
    return TRUE;
}

gboolean
tu_model_capture_tenants(TuModel *model, TuDatabase *db, TuTableInfo *info, GPtrArray *findings,
                         GError **error)
{
    g_autoptr(TuTableInfo) own = info;
    if (!model->spec->tenants->captures || !some_source_captures(model))
        return TRUE;
    TuCaptured *captured = find_captured(model, info->name);
    g_autofree char *obstacle =
        captured == NULL || !captured->is_captured ? obstacle_of(info) : NULL;
    if (obstacle != NULL) {
        tu_finding_add(findings, FALSE, "tenants",
                       g_strdup_printf("changes of the tenants are noticed within a minute, not at "
                                       "once: %s",
                                       obstacle),
                       g_strdup("`capture: none` in `tenants` says that this is known"));
        return TRUE;
    }
    if (captured == NULL)
        captured = tu_captured_add(model, db, g_steal_pointer(&own));
    tu_captured_add_hazards(captured, TRUE, findings);
    tu_captured_use_column(captured, model->tenants_key);
    tu_captured_use_column(captured, model->tenants_zone);
    model->tenants = captured;
    return use_condition(model, db, captured, findings, error);
}

void
tu_model_join_tenants(TuModel *model)
{
    TuCaptured *tenants = model->tenants;
    if (tenants == NULL || tenants->group != NULL || model->groups->len == 0)
        return;
    tenants->group = g_ptr_array_index(model->groups, 0);
    g_ptr_array_add(tenants->group->captured, tenants);
}
