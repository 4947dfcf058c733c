#include "keep/tenants/tenants.h"

#include "db/sql.h"
#include "keep/rows.h"

struct TuTenantSet {
    guint n_owners;
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

TuTenantSet *
tu_tenant_set_ref(TuTenantSet *tenants)
{
    tenants->n_owners++;
    return tenants;
}

/* A set is shared by the snapshots of a session while the tenants are the same. */
void
tu_tenant_set_free(TuTenantSet *tenants)
{
    if (tenants == NULL || --tenants->n_owners > 0)
        return;
    g_ptr_array_unref(tenants->tenants);
    g_hash_table_unref(tenants->by_id);
    tu_dictionary_free(tenants->keys);
    g_free(tenants);
}

typedef struct {
    TuKeeper *keeper;
    TuTenantSet *tenants;
    GHashTable *last_zones; /* of tenants with several zones, the last of them by name: TuTenant ->
                               char * */
} Reading;

/* A zone that is unknown is the tenant's own error: it is left out, and the others go on. */
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

/* Which of them is the tenant's nobody can say, so it has none. What is noted and said is the same
 * in whatever order the rows come: else it would look like another change of its clock each
 * time. */
static void
note_another_zone(Reading *reading, TuTenant *tenant, const char *zone_name)
{
    const char *last = g_hash_table_lookup(reading->last_zones, tenant);
    const char *most = last != NULL ? last : tenant->zone_name;
    g_autofree char *first =
        g_strdup(g_strcmp0(zone_name, tenant->zone_name) < 0 ? zone_name : tenant->zone_name);
    g_hash_table_replace(reading->last_zones, tenant,
                         g_strdup(g_strcmp0(zone_name, most) > 0 ? zone_name : most));
    g_free(tenant->zone_name);
    g_free(tenant->error);
    tenant->zone_name = g_steal_pointer(&first);
    tenant->zone = NULL;
    tenant->error =
        g_strdup_printf("it is there twice, with the zones %s and %s: keep one of the rows",
                        tenant->zone_name != NULL ? tenant->zone_name : "NULL",
                        (const char *)g_hash_table_lookup(reading->last_zones, tenant));
}

/* A key that is there twice with one zone is one tenant. */
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
    } else if (g_strcmp0(known->zone_name, zone) != 0) {
        note_another_zone(reading, known, zone);
    }
    return TRUE;
}

/* Without a table of tenants there is one, nobody, on the clock of the spec. */
gboolean
tu_tenants_read(TuKeeper *keeper, TuTenantSet **ret_tenants, GError **error)
{
    const TuSpec *spec = keeper->model->spec;
    g_autoptr(TuTenantSet) tenants = g_new0(TuTenantSet, 1);
    tenants->n_owners = 1;
    tenants->is_listed = spec->tenants != NULL;
    tenants->keys = tu_dictionary_new();
    tenants->tenants = g_ptr_array_new_with_free_func(tenant_free);
    tenants->by_id = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) last_zones = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    Reading reading = {keeper, tenants, last_zones};
    if (!tenants->is_listed) {
        if (tu_keeper_zone(keeper, spec->time_zone, error) == NULL)
            return FALSE;
        add_tenant(&reading, TU_NULL_VALUE, spec->time_zone);
    } else {
        g_autoptr(GString) sql = g_string_new(NULL);
        tu_sql_append(sql, "SELECT %I, %I FROM %Q", keeper->model->tenants_key,
                      keeper->model->tenants_zone, keeper->model->tenants_table);
        if (spec->tenants->where != NULL)
            tu_sql_append(sql, " WHERE %s", spec->tenants->where);
        if (!tu_rows_each(keeper->db, sql->str, NULL, 0, FALSE, take_tenant, &reading, error))
            return FALSE;
    }
    *ret_tenants = g_steal_pointer(&tenants);
    return TRUE;
}

/* NULL: none of that key; its rows count as of unknown tenants. */
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

/* ---- tenants in trueup's own tables ---- */

/* Longer ones go into a key as a digest. */
#define KEY_TEXT_BYTES 64

/* A text that is the same only for the same tenant, short enough for a key on any database. The
 * first letter keeps the number 7 from the text 7. */
char *
tu_tenant_key(const TuValue *tenant)
{
    gboolean is_text = tenant->type == TU_TYPE_TEXT || tenant->type == TU_TYPE_BLOB;
    if (tenant->type == TU_TYPE_NULL)
        return g_strdup("");
    if (!is_text) {
        g_autofree char *text = tu_value_to_text(tenant);
        return g_strconcat("n", text, NULL);
    }
    if (tenant->type == TU_TYPE_TEXT && tenant->bytes <= KEY_TEXT_BYTES)
        return g_strdup_printf("t%.*s", (int)tenant->bytes, tenant->text);
    g_autofree char *digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)tenant->text, tenant->bytes);
    return g_strconcat(tenant->type == TU_TYPE_TEXT ? "d" : "b", digest, NULL);
}

/* Trueup's own tables hold a tenant as text on servers; the model says what it was. What cannot
 * be read so stays as it is, and is nobody. */
TuValue
tu_tenant_read(const TuModel *model, TuDictionary *values, const TuValue *stored)
{
    TuValue tenant = *stored;
    char *end = NULL;
    gboolean is_number =
        model->tenant_kind == TU_TYPE_INTEGER || model->tenant_kind == TU_TYPE_DECIMAL;
    gboolean is_time = model->tenant_kind == TU_TYPE_DATE ||
                       model->tenant_kind == TU_TYPE_TIMESTAMP ||
                       model->tenant_kind == TU_TYPE_INSTANT;
    if (stored->type == TU_TYPE_TEXT && model->tenant_kind == TU_TYPE_REAL) {
        g_autofree char *text = g_strndup(stored->text, stored->bytes);
        double real = g_ascii_strtod(text, &end);
        if (end != text && *end == '\0')
            tenant = tu_value_real(real);
    } else if (stored->type == TU_TYPE_TEXT && is_number) {
        if (!tu_decimal_parse(stored->text, stored->bytes, &tenant))
            tenant = *stored;
    } else if (stored->type == TU_TYPE_TEXT && is_time &&
               !tu_value_parse_time(model->tenant_kind, stored->text, stored->bytes, &tenant)) {
        tenant = *stored;
    }
    return tu_dictionary_value(values, tu_dictionary_intern(values, tenant));
}
