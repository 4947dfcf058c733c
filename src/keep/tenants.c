#include "keep/tenants.h"

#include "cells/dictionary.h"
#include "db/sql.h"
#include "keep/rows.h"

struct TuTenantSet {
    gboolean is_listed;
    TuDictionary *keys;
    GPtrArray *tenants;
    GHashTable *by_id; /* id of the key -> TuTenant */
};

static void
tenant_free(gpointer data)
{
    TuTenant *tenant = data;
    g_free(tenant->zone_name);
    g_free(tenant->error);
    g_free(tenant);
}

void
tu_tenant_set_free(TuTenantSet *tenants)
{
    if (tenants == NULL)
        return;
    g_ptr_array_unref(tenants->tenants);
    g_hash_table_unref(tenants->by_id);
    tu_dictionary_free(tenants->keys);
    g_free(tenants);
}

typedef struct {
    TuKeeper *keeper;
    TuTenantSet *tenants;
} Reading;

static TuTenant *
add_tenant(Reading *reading, TuValue key, const char *zone_name)
{
    TuTenant *tenant = g_new0(TuTenant, 1);
    g_autoptr(GError) error = NULL;
    tenant->id = tu_dictionary_intern(reading->tenants->keys, key);
    tenant->key = tu_dictionary_value(reading->tenants->keys, tenant->id);
    tenant->zone_name = g_strdup(zone_name);
    tenant->zone = tu_keeper_zone(reading->keeper, zone_name, &error);
    if (tenant->zone == NULL)
        tenant->error = g_strdup(error->message);
    g_ptr_array_add(reading->tenants->tenants, tenant);
    g_hash_table_insert(reading->tenants->by_id, GUINT_TO_POINTER(tenant->id), tenant);
    return tenant;
}

static gboolean
take_tenant(const TuValue *row, gpointer data, GError **error)
{
    Reading *reading = data;
    if (row[0].type == TU_TYPE_NULL)
        return TRUE;
    guint32 id = tu_dictionary_intern(reading->tenants->keys, row[0]);
    TuTenant *known = g_hash_table_lookup(reading->tenants->by_id, GUINT_TO_POINTER(id));
    g_autofree char *zone =
        row[1].type == TU_TYPE_TEXT ? g_strndup(row[1].text, row[1].bytes) : NULL;
    if (known == NULL) {
        add_tenant(reading, row[0], zone);
    } else if (g_strcmp0(known->zone_name, zone) != 0 && known->error == NULL) {
        known->zone = NULL;
        known->error = g_strdup_printf("it is there twice, with the zones %s and %s",
                                       known->zone_name, zone != NULL ? zone : "NULL");
    }
    return TRUE;
}

gboolean
tu_tenants_read(TuKeeper *keeper, TuTenantSet **ret_tenants, GError **error)
{
    const TuSpec *spec = keeper->model->spec;
    g_autoptr(TuTenantSet) tenants = g_new0(TuTenantSet, 1);
    tenants->is_listed = spec->tenants != NULL;
    tenants->keys = tu_dictionary_new();
    tenants->tenants = g_ptr_array_new_with_free_func(tenant_free);
    tenants->by_id = g_hash_table_new(NULL, NULL);
    Reading reading = {keeper, tenants};
    if (!tenants->is_listed) {
        if (tu_keeper_zone(keeper, spec->time_zone, error) == NULL)
            return FALSE;
        add_tenant(&reading, TU_NULL_VALUE, spec->time_zone);
    } else {
        g_autoptr(GString) sql = g_string_new(NULL);
        tu_sql_append(sql, "SELECT %I, %I FROM %I", spec->tenants->key, spec->tenants->time_zone,
                      spec->tenants->table);
        if (spec->tenants->where != NULL)
            tu_sql_append(sql, " WHERE %s", spec->tenants->where);
        if (!tu_rows_each(keeper->db, sql->str, NULL, 0, FALSE, take_tenant, &reading, error))
            return FALSE;
    }
    *ret_tenants = g_steal_pointer(&tenants);
    return TRUE;
}

const TuTenant *
tu_tenants_find(const TuTenantSet *tenants, const TuValue *key)
{
    if (!tenants->is_listed)
        return g_ptr_array_index(tenants->tenants, 0);
    if (key->type == TU_TYPE_NULL)
        return NULL;
    guint32 id = tu_dictionary_intern(tenants->keys, *key);
    return g_hash_table_lookup(tenants->by_id, GUINT_TO_POINTER(id));
}

gboolean
tu_tenants_are_listed(const TuTenantSet *tenants)
{
    return tenants->is_listed;
}

guint
tu_tenants_count(const TuTenantSet *tenants)
{
    return tenants->tenants->len;
}

const TuTenant *
tu_tenants_at(const TuTenantSet *tenants, guint index)
{
    return g_ptr_array_index(tenants->tenants, index);
}
