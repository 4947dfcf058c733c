#include "keep/install/register.h"

#include "db/bulk.h"
#include "db/sql.h"
#include "keep/old/boundary_apply.h"
#include "keep/build/build.h"
#include "keep/install/parts.h"
#include "keep/rows.h"
#include "keep/tenants/tenants.h"
#include "keep/tenants/zones.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/definition.h"
#include "time/instant.h"

/* One row of a control table whose key is its first column. */
static gboolean
put(TuKeeper *keeper, const char *table, const char *const *names, const TuValue *values, guint n,
    GError **error)
{
    TuBulkColumn columns[8];
    g_autofree char *own = tu_database_control_name(keeper->db, table);
    g_assert(n <= G_N_ELEMENTS(columns));
    for (guint i = 0; i < n; i++)
        columns[i] = (TuBulkColumn){names[i], i == 0 ? TU_PUT_KEY : TU_PUT_NEW, FALSE, NULL};
    g_autoptr(TuBulk) bulk = tu_bulk_new(keeper->db, own, columns, n, TU_BULK_ANY);
    return tu_bulk_add(bulk, values, error) && tu_bulk_finish(bulk, error);
}

/* As it stands in trueup_zone, where people see it. */
static char *
zone_digest_text(const TuZone *zone)
{
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", tu_zone_digest(zone));
}

/* The names of zones in use whose rules are not those noted: another tzdata. New ones are not. */
static gboolean
find_changed_zones(TuRegistration *registration, const TuTenantSet *tenants, GHashTable *changed,
                   GError **error)
{
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        g_autofree char *known = NULL;
        if (tenant->zone == NULL)
            continue;
        if (!tu_rows_text(registration->keeper->db,
                          "SELECT digest FROM trueup_zone WHERE name = ?1", tenant->zone_name,
                          &known, error))
            return FALSE;
        g_autofree char *digest = zone_digest_text(tenant->zone);
        registration->has_changed = registration->has_changed || g_strcmp0(known, digest) != 0;
        if (known != NULL && !g_str_equal(known, digest))
            g_hash_table_add(changed, g_strdup(tenant->zone_name));
    }
    return TRUE;
}

/* The zones that a source's own timestamps are read in. */
static gboolean
find_changed_clocks(TuRegistration *registration, GError **error)
{
    const TuModel *model = registration->keeper->model;
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        g_autofree char *known = NULL;
        if (source->naive_zone == NULL)
            continue;
        if (!tu_rows_text(registration->keeper->db,
                          "SELECT digest FROM trueup_zone WHERE name = ?1", source->spec->time_zone,
                          &known, error))
            return FALSE;
        g_autofree char *digest = zone_digest_text(source->naive_zone);
        registration->has_changed = registration->has_changed || g_strcmp0(known, digest) != 0;
        for (guint s = 0; s < source->series->len && g_strcmp0(known, digest) != 0; s++) {
            const TuSeriesModel *series = g_ptr_array_index(source->series, s);
            if (known != NULL)
                registration->must_build[series->summary->spec->index] = TRUE;
        }
    }
    return TRUE;
}

/* Once, though many tenants have it. */
static gboolean
write_zone(TuRegistration *registration, GHashTable *written, const TuZone *zone, GError **error)
{
    if (g_hash_table_contains(written, tu_zone_name(zone)))
        return TRUE;
    g_hash_table_add(written, g_strdup(tu_zone_name(zone)));
    return tu_zones_note(registration->keeper, zone, error);
}

static gboolean
take_zone_name(const TuValue *row, gpointer data, GError **error)
{
    g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
}

/* The rules of zones that are not in use are nobody's matter. */
static gboolean
forget_other_zones(TuKeeper *keeper, GHashTable *written, GError **error)
{
    static const char *const tables[] = {"trueup_zone", "trueup_rules"};
    for (guint t = 0; t < G_N_ELEMENTS(tables); t++) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *list = g_strdup_printf("SELECT name FROM %s", tables[t]);
        g_autofree char *forget = g_strdup_printf("DELETE FROM %s WHERE name = ?1", tables[t]);
        if (!tu_rows_each(keeper->db, list, NULL, 0, FALSE, take_zone_name, names, error))
            return FALSE;
        for (guint i = 0; i < names->len; i++) {
            TuValue name = tu_value_text(g_ptr_array_index(names, i));
            if (!g_hash_table_contains(written, g_ptr_array_index(names, i)) &&
                !tu_database_run(keeper->db, forget, &name, 1, NULL, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* A zone that nobody uses any more must not stop anybody when its rules change. */
static gboolean
find_unused_zones(TuRegistration *registration, const TuTenantSet *tenants, GError **error)
{
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    const TuModel *model = registration->keeper->model;
    gboolean found = FALSE;
    gint64 n_noted = 0;
    for (guint i = 0; i < tu_tenants_count(tenants); i++)
        if (tu_tenants_at(tenants, i)->zone != NULL)
            g_hash_table_add(used, tu_tenants_at(tenants, i)->zone_name);
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        if (source->naive_zone != NULL)
            g_hash_table_add(used, source->spec->time_zone);
    }
    if (!tu_database_integer(registration->keeper->db, "SELECT count(*) FROM trueup_zone", NULL, 0,
                             &found, &n_noted, error))
        return FALSE;
    registration->has_changed =
        registration->has_changed || n_noted != (gint64)g_hash_table_size(used);
    return TRUE;
}

/* Only the zones in use are noted. */
static gboolean
write_zones(TuRegistration *registration, const TuTenantSet *tenants, GError **error)
{
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        if (tenant->zone != NULL && !write_zone(registration, written, tenant->zone, error))
            return FALSE;
    }
    for (guint i = 0; i < registration->keeper->model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(registration->keeper->model->sources, i);
        if (source->naive_zone != NULL &&
            !write_zone(registration, written, source->naive_zone, error))
            return FALSE;
    }
    return forget_other_zones(registration->keeper, written, error);
}

/* Rules that are known and older: exactly what they moved is asked for. Before others are
 * compared. */
static gboolean
adopt_zones(TuRegistration *registration, GError **error)
{
    gboolean has_adopted = FALSE;
    if (!tu_zones_adopt_in(registration->keeper, &has_adopted, error))
        return FALSE;
    registration->has_changed = registration->has_changed || has_adopted;
    return TRUE;
}

/* A tenant whose zone has other rules is built anew, and only that one. */
static gboolean
write_tenants(TuRegistration *registration, TuGroup *group, const TuTenantSet *tenants,
              GHashTable *changed_zones, gboolean is_new_group, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        g_autofree char *tenant_key = tu_tenant_key(&tenant->key);
        TuValue values[] = {tu_value_text(group->name), tu_value_text(tenant_key), tenant->key,
                            tu_value_text(tenant->zone_name), tu_value_text(tenant->error)};
        if (tenant->zone != NULL && g_hash_table_contains(changed_zones, tenant->zone_name) &&
            !tu_build_ask(keeper, group->summaries, &tenant->key, TRUE, "build", error))
            return FALSE;
        if (is_new_group && tu_tenants_are_listed(tenants) &&
            !tu_database_run(keeper->db,
                             "INSERT INTO trueup_tenant(group_name, tenant_key, tenant, "
                             "time_zone, error) VALUES (?1, ?2, ?3, ?4, ?5)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}

/* What capture of a table is now; that it was lost or taken off is over, unless changes are missed
 * whatever triggers there are. */
static gboolean
write_captured(TuRegistration *registration, const TuCaptured *captured, GError **error)
{
    static const char *const names[] = {"name",     "group_name",      "triggers",    "made_in",
                                        "identity", "unguarded_since", "released_at", "problem"};
    g_autofree char *made_in = NULL;
    g_autofree char *identity = NULL;
    TuKeeper *keeper = registration->keeper;
    g_autofree char *digest = tu_capture_digest(keeper->db, captured, FALSE);
    if (captured->is_captured &&
        !tu_capture_identity(keeper->db, captured, &made_in, &identity, error))
        return FALSE;
    TuValue values[] = {tu_value_text(captured->name),
                        tu_value_text(captured->group->name),
                        tu_value_text(digest),
                        tu_value_text(made_in),
                        tu_value_text(identity),
                        captured->info->missed != NULL ? tu_keeper_now() : TU_NULL_VALUE,
                        TU_NULL_VALUE,
                        tu_value_text(captured->info->missed)};
    return !captured->is_captured ||
           (put(keeper, "trueup_table", names, values, G_N_ELEMENTS(values), error) &&
            tu_parts_note(keeper, captured, error));
}

/* Whoever comes next looks at the tenants: changes of before the table was captured are no
 * entries. */
static gboolean
write_notice(const TuRegistration *registration, const TuGroup *group, GError **error)
{
    TuDatabase *db = registration->keeper->db;
    TuValue name = tu_value_text(group->name);
    gint64 n_changed = 0;
    return tu_database_run(db, "UPDATE trueup_notice SET given = given + 1 WHERE group_name = ?1",
                           &name, 1, &n_changed, error) &&
           (n_changed > 0 ||
            tu_database_run(db,
                            "INSERT INTO trueup_notice(group_name, given, taken) VALUES (?1, 1, 0)",
                            &name, 1, NULL, error));
}

/* Groups change with the spec: sources that begin to share a table become one. One that is new
 * begins with nothing known. */
static gboolean
write_group(TuRegistration *registration, TuGroup *group, const TuTenantSet *tenants,
            GHashTable *changed_zones, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *known = NULL;
    if (!tu_rows_text(keeper->db, "SELECT name FROM trueup_group WHERE name = ?1", group->name,
                      &known, error))
        return FALSE;
    if (known == NULL) {
        /* What was known of tenants was the old groups': their summaries are built anew. Turns
         * begin at the clock, so that a group that comes back never meets an old worker's turn. */
        TuValue values[] = {tu_value_text(group->name), tu_value_integer(tu_instant_now_us())};
        registration->has_changed = TRUE;
        for (guint i = 0; i < group->summaries->len; i++) {
            const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
            registration->must_build[summary->spec->index] = TRUE;
        }
        for (guint i = 0; i < group->keyed->len; i++) {
            const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
            registration->keyed[keyed->spec->index].must_list = TRUE;
        }
        if (!tu_database_run(keeper->db, "INSERT INTO trueup_group(name, turn) VALUES (?1, ?2)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    for (guint i = 0; i < group->captured->len; i++)
        if (!write_captured(registration, g_ptr_array_index(group->captured, i), error))
            return FALSE;
    for (guint i = 0; i < group->sources->len; i++) {
        static const char *const names[] = {"name", "group_name"};
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        TuValue values[] = {tu_value_text(source->spec->name), tu_value_text(group->name)};
        if (!put(keeper, "trueup_source", names, values, G_N_ELEMENTS(values), error))
            return FALSE;
    }
    return write_notice(registration, group, error) &&
           write_tenants(registration, group, tenants, changed_zones, known == NULL, error);
}

/* Remembers the summary's tables, and which of them trueup made: `drop` takes no other. */
static gboolean
write_tables(TuRegistration *registration, const TuSummaryModel *summary, GError **error)
{
    static const char *const names[] = {"name", "summary", "key", "is_made"};
    TuKeeper *keeper = registration->keeper;
    g_autofree char *key = tu_definition_of_key(summary->spec);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuSummaryTable *table = summary->tables[grain];
        gboolean found = FALSE;
        gint64 was_made = 0;
        if (table == NULL)
            continue;
        TuValue name = tu_value_text(table->name);
        if (!tu_database_integer(keeper->db, "SELECT is_made FROM trueup_kept WHERE name = ?1",
                                 &name, 1, &found, &was_made, error))
            return FALSE;
        TuValue values[] = {name, tu_value_text(summary->spec->name), tu_value_text(key),
                            tu_value_integer(was_made != 0 || !table->exists)};
        if (!put(keeper, "trueup_kept", names, values, G_N_ELEMENTS(values), error))
            return FALSE;
    }
    return TRUE;
}

/* Before it is made, where DDL is no transaction (is_made 2): a table that then turns out to
 * have rows is somebody else's. */
static gboolean
expect_table(TuKeeper *keeper, const TuSummaryTable *table, GError **error)
{
    static const char *const names[] = {"name", "summary", "key", "is_made"};
    const TuSummary *spec = table->summary->spec;
    g_autofree char *key = tu_definition_of_key(spec);
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q LIMIT 1", table->name);
    TuValue values[] = {tu_value_text(table->name), tu_value_text(spec->name), tu_value_text(key),
                        tu_value_integer(2)};
    gboolean is_expected = FALSE;
    gboolean has_rows = FALSE;
    gint64 one = 0;
    if (!table->exists)
        return put(keeper, "trueup_kept", names, values, G_N_ELEMENTS(values), error);
    if (!tu_database_integer(keeper->db,
                             "SELECT 1 FROM trueup_kept WHERE name = ?1 AND is_made = 2", values, 1,
                             &is_expected, &one, error) ||
        (is_expected && !tu_database_integer(keeper->db, sql, NULL, 0, &has_rows, &one, error)))
        return FALSE;
    return !has_rows || tu_database_run(keeper->db, "DELETE FROM trueup_kept WHERE name = ?1",
                                        values, 1, NULL, error);
}

gboolean
tu_register_expect_tables(TuKeeper *keeper, const TuSummaryModel *summary, GError **error)
{
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (summary->tables[grain] != NULL && !expect_table(keeper, summary->tables[grain], error))
            return FALSE;
    return TRUE;
}

/* Of partitions that came or went it is known which rows may have been missed. */
static gboolean
ask_for_ranges(TuRegistration *registration, const TuSummaryModel *summary, GError **error)
{
    const GArray *missed = registration->missed[summary->spec->index];
    for (guint i = 0; i < missed->len; i++) {
        const TuPartsRange *range = &g_array_index(missed, TuPartsRange, i);
        if (!tu_build_ask_range(registration->keeper, summary, range->from, range->to, NULL, error))
            return FALSE;
    }
    registration->n_builds += missed->len > 0;
    registration->has_changed = registration->has_changed || missed->len > 0;
    return TRUE;
}

/* Noted, and asked for where its history must be built. */
static gboolean
write_summary(TuRegistration *registration, TuSummaryModel *summary, GError **error)
{
    static const char *const names[] = {"name", "group_name", "definition"};
    TuKeeper *keeper = registration->keeper;
    g_autofree char *definition = tu_definition_of_summary(keeper->model->spec, summary->spec);
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(summary->group->name),
                        tu_value_text(definition)};
    if (!put(keeper, "trueup_summary", names, values, G_N_ELEMENTS(values), error) ||
        !tu_boundary_write(keeper, summary, registration->is_new[summary->spec->index], error) ||
        !write_tables(registration, summary, error))
        return FALSE;
    if (!registration->must_build[summary->spec->index])
        return ask_for_ranges(registration, summary, error);
    /* What is on the pending list will be read by the build. */
    if (!tu_database_run(keeper->db, "DELETE FROM trueup_pending WHERE summary = ?1", values, 1,
                         NULL, error))
        return FALSE;
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    TuValue everyone = TU_NULL_VALUE;
    g_ptr_array_add(one, summary);
    registration->n_builds++;
    registration->has_changed = TRUE;
    const char *kind = registration->is_new[summary->spec->index] ? "build" : "rebuild";
    return tu_build_ask(keeper, one, &everyone, TRUE, kind, error);
}

/* The digest by which workers know that their spec is the one applied. */
static gboolean
write_spec(TuRegistration *registration, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *known = NULL;
    if (!tu_rows_text(keeper->db, "SELECT digest FROM trueup_spec", NULL, &known, error))
        return FALSE;
    if (g_strcmp0(known, keeper->model->digest) == 0 && !registration->has_changed)
        return TRUE;
    registration->has_changed = TRUE;
    TuValue values[] = {tu_value_text(keeper->model->digest), tu_value_text(TRUEUP_VERSION),
                        tu_keeper_now()};
    return tu_database_execute(keeper->db, "DELETE FROM trueup_spec", error) &&
           tu_database_run(keeper->db,
                           "INSERT INTO trueup_spec(digest, version, applied_at) "
                           "VALUES (?1, ?2, ?3)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* A worker that read the old state loses its turn; the guard knows the schema as it is now. */
static gboolean
close_turns(TuKeeper *keeper, GError **error)
{
    gint64 version = 0;
    if (!tu_database_schema_version(keeper->db, keeper->model->table_names, &version, error))
        return FALSE;
    TuValue value = tu_value_integer(version);
    return tu_database_run(keeper->db,
                           "UPDATE trueup_group SET turn = turn + 1, schema_version = ?1", &value,
                           1, NULL, error);
}

/* In the order of what each needs: what is gone makes room, zones and tenants before who is
 * built for them, the turns last, so that they count for all of it. */
static gboolean
write_all(TuRegistration *registration, GError **error)
{
    const TuModel *model = registration->keeper->model;
    g_autoptr(TuTenantSet) tenants = NULL;
    g_autoptr(GHashTable) changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!tu_register_find_leaving(registration, error) ||
        !tu_tenants_read(registration->keeper, &tenants, error) ||
        !adopt_zones(registration, error) ||
        !find_changed_zones(registration, tenants, changed, error) ||
        !find_changed_clocks(registration, error) ||
        !find_unused_zones(registration, tenants, error))
        return FALSE;
    for (guint i = 0; i < model->groups->len; i++)
        if (!write_group(registration, g_ptr_array_index(model->groups, i), tenants, changed,
                         error))
            return FALSE;
    if (!write_zones(registration, tenants, error))
        return FALSE;
    for (guint i = 0; i < model->summaries->len; i++)
        if (!write_summary(registration, g_ptr_array_index(model->summaries, i), error))
            return FALSE;
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        const TuKeyedLook *look = &registration->keyed[keyed->spec->index];
        registration->n_builds += look->must_list;
        if (!tu_keyed_register(registration->keeper, keyed, look, &registration->has_changed,
                               error))
            return FALSE;
    }
    return write_spec(registration, error) && close_turns(registration->keeper, error);
}

gboolean
tu_register_write(TuRegistration *registration, GError **error)
{
    return write_all(registration, error);
}

void
tu_registration_clear(TuRegistration *registration)
{
    for (guint i = 0; registration->missed != NULL && registration->missed[i] != NULL; i++)
        g_array_unref(registration->missed[i]);
    g_clear_pointer(&registration->missed, g_free);
    g_clear_pointer(&registration->must_build, g_free);
    g_clear_pointer(&registration->is_new, g_free);
    g_clear_pointer(&registration->keyed, g_free);
    g_clear_pointer(&registration->keyed_leaving, g_ptr_array_unref);
    g_clear_pointer(&registration->keyed_statements, g_ptr_array_unref);
    g_clear_pointer(&registration->leaving, g_ptr_array_unref);
}
