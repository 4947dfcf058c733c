#include "keep/register.h"

#include <string.h>

#include "db/sql.h"
#include "keep/build.h"
#include "keep/rows.h"
#include "keep/tenants.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/definition.h"
#include "time/instant.h"

/* ---- reading single values ---- */

static gboolean
take_text(const TuValue *row, gpointer data, GError **error)
{
    char **text = data;
    g_free(*text);
    *text = row[0].type == TU_TYPE_TEXT ? g_strndup(row[0].text, row[0].bytes) : NULL;
    return TRUE;
}

static gboolean
read_text(TuKeeper *keeper, const char *sql, const char *argument, char **ret_text, GError **error)
{
    TuValue value = tu_value_text(argument);
    *ret_text = NULL;
    return tu_rows_each(keeper->db, sql, &value, 1, FALSE, take_text, ret_text, error);
}

/* ---- looking ---- */

/* Rows that are not trueup's are replaced only by one who says so. */
static gboolean
refuse_foreign_rows(TuRegistration *registration, const TuSummaryTable *table, GError **error)
{
    gboolean has_rows = FALSE;
    gint64 one = 0;
    if (registration->may_take_over)
        return TRUE;
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %I LIMIT 1", table->name);
    if (!tu_database_integer(registration->keeper->db, sql, NULL, 0, &has_rows, &one, error))
        return FALSE;
    if (has_rows)
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "table %s has rows that are not from trueup: run `trueup apply --take-over` if it "
                    "may replace them, or name another table for summary %s",
                    table->name, table->summary->spec->name);
    return !has_rows;
}

/* A table that is there already: ours with the same key, or one without rows, or taken over. */
static gboolean
look_at_table(TuRegistration *registration, const TuSummaryTable *table, GError **error)
{
    const TuSummary *spec = table->summary->spec;
    g_autofree char *key = tu_definition_of_key(spec);
    g_autofree char *known_key = NULL;
    if (!registration->is_first &&
        !read_text(registration->keeper, "SELECT key FROM trueup_kept WHERE name = ?", table->name,
                   &known_key, error))
        return FALSE;
    if (known_key == NULL)
        return refuse_foreign_rows(registration, table, error);
    if (g_str_equal(key, known_key))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "summary %s: its key changed (a dimension, the tenant or the series column): table %s "
                "keeps its key, so name a new `table`",
                spec->name, table->name);
    return FALSE;
}

static gboolean
look_at_summary(TuRegistration *registration, const TuSummaryModel *summary, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    guint index = summary->spec->index;
    g_autofree char *known = NULL;
    g_autofree char *definition = tu_definition_of_summary(keeper->model->spec, summary->spec);
    if (!registration->is_first &&
        !read_text(keeper, "SELECT definition FROM trueup_summary WHERE name = ?",
                   summary->spec->name, &known, error))
        return FALSE;
    registration->is_new[index] = known == NULL;
    registration->must_build[index] = g_strcmp0(known, definition) != 0;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuSummaryTable *table = summary->tables[grain];
        if (table == NULL)
            continue;
        if (!table->exists)
            registration->must_build[index] = TRUE;
        else if (!look_at_table(registration, table, error))
            return FALSE;
    }
    return TRUE;
}

/* TRUE if changes of the table may have been missed since `apply` was last run. */
static gboolean
look_at_captured(TuRegistration *registration, const TuCaptured *captured, gboolean *ret_missed,
                 GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *noted = NULL;
    g_autofree char *lost = NULL;
    g_autofree char *installed = tu_capture_digest(captured, TRUE);
    gboolean exists = FALSE;
    gboolean lacks_column = FALSE;
    gboolean has_other_type = FALSE;
    *ret_missed = TRUE;
    if (registration->is_first)
        return TRUE;
    if (!read_text(keeper, "SELECT triggers FROM trueup_table WHERE name = ?", captured->name,
                   &noted, error) ||
        !read_text(keeper,
                   "SELECT ifnull(unguarded_since, released_at) FROM trueup_table WHERE name = ?",
                   captured->name, &lost, error) ||
        !tu_capture_log_differs(keeper->db, captured, &exists, &lacks_column, &has_other_type,
                                error))
        return FALSE;
    *ret_missed = !exists || has_other_type || lost != NULL || g_strcmp0(noted, installed) != 0;
    return TRUE;
}

gboolean
tu_register_look(TuRegistration *registration, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    const TuModel *model = keeper->model;
    gboolean exists = FALSE;
    registration->must_build = g_new0(gboolean, model->summaries->len);
    registration->is_new = g_new0(gboolean, model->summaries->len);
    if (!tu_control_exists(keeper->db, &exists, error))
        return FALSE;
    registration->is_first = !exists;
    for (guint i = 0; i < model->summaries->len; i++)
        if (!look_at_summary(registration, g_ptr_array_index(model->summaries, i), error))
            return FALSE;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        gboolean missed = FALSE;
        if (!captured->is_captured)
            continue;
        if (!look_at_captured(registration, captured, &missed, error))
            return FALSE;
        for (guint s = 0; s < model->summaries->len && missed; s++) {
            const TuSummaryModel *summary = g_ptr_array_index(model->summaries, s);
            for (guint k = 0; k < summary->series->len; k++) {
                const TuSeriesModel *series = g_ptr_array_index(summary->series, k);
                if (g_ptr_array_find(series->source->tables, captured, NULL))
                    registration->must_build[s] = TRUE;
            }
        }
    }
    return TRUE;
}

/* ---- writing ---- */

static gboolean
run(TuKeeper *keeper, const char *sql, GError **error, guint n, ...)
{
    TuValue values[8];
    va_list arguments;
    va_start(arguments, n);
    for (guint i = 0; i < n; i++)
        values[i] = tu_value_text(va_arg(arguments, const char *));
    va_end(arguments);
    return tu_database_run(keeper->db, sql, values, n, NULL, error);
}

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
        if (!read_text(registration->keeper, "SELECT digest FROM trueup_zone WHERE name = ?",
                       tenant->zone_name, &known, error))
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
        if (!read_text(registration->keeper, "SELECT digest FROM trueup_zone WHERE name = ?",
                       source->spec->time_zone, &known, error))
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

static gboolean
write_zone(TuRegistration *registration, const char *name, const TuZone *zone, GError **error)
{
    g_autofree char *digest = zone_digest_text(zone);
    return run(registration->keeper, "INSERT OR IGNORE INTO trueup_zone(name, digest) VALUES (?, ?)",
               error, 2, name, digest);
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

/* Only the zones in use are noted: the rules of others are nobody's matter. */
static gboolean
write_zones(TuRegistration *registration, const TuTenantSet *tenants, GError **error)
{
    if (!tu_database_execute(registration->keeper->db, "DELETE FROM trueup_zone", error))
        return FALSE;
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        if (tenant->zone != NULL &&
            !write_zone(registration, tenant->zone_name, tenant->zone, error))
            return FALSE;
    }
    for (guint i = 0; i < registration->keeper->model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(registration->keeper->model->sources, i);
        if (source->naive_zone != NULL &&
            !write_zone(registration, source->spec->time_zone, source->naive_zone, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_tenants(TuRegistration *registration, TuGroup *group, const TuTenantSet *tenants,
              GHashTable *changed_zones, gboolean is_new_group, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        TuValue values[] = {tu_value_text(group->name), tenant->key,
                            tu_value_text(tenant->zone_name), tu_value_text(tenant->error)};
        if (tenant->zone != NULL && g_hash_table_contains(changed_zones, tenant->zone_name) &&
            !tu_build_ask(keeper, group->summaries, &tenant->key, TRUE, "build", error))
            return FALSE;
        if (is_new_group && tu_tenants_are_listed(tenants) &&
            !tu_database_run(keeper->db,
                             "INSERT INTO trueup_tenant(group_name, tenant, time_zone, error) "
                             "VALUES (?, ?, ?, ?)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_group(TuRegistration *registration, TuGroup *group, const TuTenantSet *tenants,
            GHashTable *changed_zones, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *known = NULL;
    if (!read_text(keeper, "SELECT name FROM trueup_group WHERE name = ?", group->name, &known,
                   error))
        return FALSE;
    if (known == NULL) {
        /* What was known of tenants was the old groups': their summaries are built anew. Turns begin
         * at the clock, so that a group that comes back never meets an old worker's turn. */
        TuValue values[] = {tu_value_text(group->name), tu_value_integer(tu_instant_now_us())};
        registration->has_changed = TRUE;
        for (guint i = 0; i < group->summaries->len; i++) {
            const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
            registration->must_build[summary->spec->index] = TRUE;
        }
        if (!tu_database_run(keeper->db, "INSERT INTO trueup_group(name, turn) VALUES (?, ?)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    for (guint i = 0; i < group->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(group->captured, i);
        g_autofree char *digest = tu_capture_digest(captured, FALSE);
        if (captured->is_captured &&
            !run(keeper,
                 "INSERT INTO trueup_table(name, group_name, triggers) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT(name) DO UPDATE SET group_name = excluded.group_name, "
                 "triggers = excluded.triggers, unguarded_since = NULL, released_at = NULL, "
                 "problem = NULL",
                 error, 3, captured->name, group->name, digest))
            return FALSE;
    }
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        if (!run(keeper,
                 "INSERT INTO trueup_source(name, group_name) VALUES (?1, ?2) "
                 "ON CONFLICT(name) DO UPDATE SET group_name = excluded.group_name",
                 error, 2, source->spec->name, group->name))
            return FALSE;
    }
    return write_tenants(registration, group, tenants, changed_zones, known == NULL, error);
}

/* Remembers the summary's tables, and which of them trueup made: `drop` takes no other. */
static gboolean
write_tables(TuRegistration *registration, const TuSummaryModel *summary, GError **error)
{
    g_autofree char *key = tu_definition_of_key(summary->spec);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuSummaryTable *table = summary->tables[grain];
        if (table == NULL)
            continue;
        TuValue values[] = {tu_value_text(table->name), tu_value_text(summary->spec->name),
                            tu_value_text(key), tu_value_integer(!table->exists)};
        if (!tu_database_run(registration->keeper->db,
                             "INSERT INTO trueup_kept(name, summary, key, is_made) "
                             "VALUES (?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET "
                             "summary = excluded.summary, key = excluded.key, "
                             "is_made = max(is_made, excluded.is_made)",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_summary(TuRegistration *registration, TuSummaryModel *summary, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *definition = tu_definition_of_summary(keeper->model->spec, summary->spec);
    if (!run(keeper,
             "INSERT INTO trueup_summary(name, group_name, definition) VALUES (?1, ?2, ?3) "
             "ON CONFLICT(name) DO UPDATE SET group_name = excluded.group_name, "
             "definition = excluded.definition",
             error, 3, summary->spec->name, summary->group->name, definition) ||
        !write_tables(registration, summary, error))
        return FALSE;
    if (!registration->must_build[summary->spec->index])
        return TRUE;
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    TuValue everyone = TU_NULL_VALUE;
    g_ptr_array_add(one, summary);
    registration->n_builds++;
    registration->has_changed = TRUE;
    const char *kind = registration->is_new[summary->spec->index] ? "build" : "rebuild";
    return tu_build_ask(keeper, one, &everyone, TRUE, kind, error);
}

/* What the spec no longer has is no longer kept; its tables stay. */
typedef struct {
    GPtrArray *gone;
    gboolean (*is_there)(const TuModel *model, const char *name);
    const TuModel *model;
} Leaving;

static gboolean
take_leaving(const TuValue *row, gpointer data, GError **error)
{
    Leaving *leaving = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    if (!leaving->is_there(leaving->model, name))
        g_ptr_array_add(leaving->gone, g_steal_pointer(&name));
    return TRUE;
}

static gboolean
summary_is_there(const TuModel *model, const char *name)
{
    return tu_model_summary(model, name) != NULL;
}

static gboolean
group_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->groups->len; i++)
        if (g_str_equal(((const TuGroup *)g_ptr_array_index(model->groups, i))->name, name))
            return TRUE;
    return FALSE;
}

static gboolean
captured_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (captured->is_captured && g_str_equal(captured->name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
source_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        if (g_str_equal(source->spec->name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
forget_captured(TuKeeper *keeper, const char *name, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    tu_capture_plan_forget(name, statements);
    for (guint i = 0; i < statements->len; i++)
        if (!tu_database_execute(keeper->db, g_ptr_array_index(statements, i), error))
            return FALSE;
    return TRUE;
}

static gboolean
forget_leaving(TuRegistration *registration, GError **error)
{
    static const struct {
        const char *list;
        gboolean (*is_there)(const TuModel *model, const char *name);
        const char *const statements[4];
        gboolean is_captured;
    } kinds[] = {
        {"SELECT name FROM trueup_summary", summary_is_there,
         {"DELETE FROM trueup_summary WHERE name = ?", "DELETE FROM trueup_build WHERE summary = ?",
          "DELETE FROM trueup_pending WHERE summary = ?"}, FALSE},
        {"SELECT name FROM trueup_source", source_is_there,
         {"DELETE FROM trueup_source WHERE name = ?",
          "DELETE FROM trueup_pending WHERE source = ?"}, FALSE},
        {"SELECT name FROM trueup_group", group_is_there,
         {"DELETE FROM trueup_group WHERE name = ?",
          "DELETE FROM trueup_tenant WHERE group_name = ?"}, FALSE},
        {"SELECT name FROM trueup_table", captured_is_there,
         {"DELETE FROM trueup_table WHERE name = ?"}, TRUE},
    };
    TuKeeper *keeper = registration->keeper;
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
        Leaving leaving = {gone, kinds[k].is_there, keeper->model};
        if (!tu_rows_each(keeper->db, kinds[k].list, NULL, 0, FALSE, take_leaving, &leaving, error))
            return FALSE;
        for (guint i = 0; i < gone->len; i++) {
            const char *name = g_ptr_array_index(gone, i);
            registration->has_changed = TRUE;
            if (kinds[k].is_captured && !forget_captured(keeper, name, error))
                return FALSE;
            for (guint s = 0; kinds[k].statements[s] != NULL; s++)
                if (!run(keeper, kinds[k].statements[s], error, 1, name))
                    return FALSE;
        }
    }
    return TRUE;
}

static gboolean
write_spec(TuRegistration *registration, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autofree char *known = NULL;
    g_autofree char *now = tu_keeper_now();
    if (!read_text(keeper, "SELECT digest FROM trueup_spec WHERE ?1 = ?1", "", &known, error))
        return FALSE;
    if (g_strcmp0(known, keeper->model->digest) == 0 && !registration->has_changed)
        return TRUE;
    registration->has_changed = TRUE;
    return tu_database_execute(keeper->db, "DELETE FROM trueup_spec", error) &&
           run(keeper, "INSERT INTO trueup_spec(digest, version, applied_at) VALUES (?, ?, ?)",
               error, 3, keeper->model->digest, TRUEUP_VERSION, now);
}

/* A worker that read the old state loses its turn; the guard knows the schema as it is now. */
static gboolean
close_turns(TuKeeper *keeper, GError **error)
{
    gint64 version = 0;
    if (!tu_database_schema_version(keeper->db, &version, error))
        return FALSE;
    TuValue value = tu_value_integer(version);
    return tu_database_run(keeper->db, "UPDATE trueup_group SET turn = turn + 1, schema_version = ?",
                           &value, 1, NULL, error);
}

static gboolean
write_all(TuRegistration *registration, GError **error)
{
    const TuModel *model = registration->keeper->model;
    g_autoptr(TuTenantSet) tenants = NULL;
    g_autoptr(GHashTable) changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!forget_leaving(registration, error) ||
        !tu_tenants_read(registration->keeper, &tenants, error) ||
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
    g_clear_pointer(&registration->must_build, g_free);
    g_clear_pointer(&registration->is_new, g_free);
}
