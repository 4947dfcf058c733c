/* One row a form of statement in `forms`, with how often it comes and the feature it needs. */
#include "statements.h"

#include <string.h>

#include "draft.h"
#include "server_statements.h"
#include "values.h"

/* ---- Forms ---- */

static void
insert_or_ignore(RtDraft *draft)
{
    rt_draft_insert(draft, "INSERT OR IGNORE", (guint)rt_rng_between(draft->rng, 1, 6));
}

/* A conflict ends the transaction (ROLLBACK), or leaves the rows before it in (FAIL). */
static void
insert_or_rollback(RtDraft *draft)
{
    rt_draft_insert(draft, rt_rng_percent(draft->rng, 50) ? "INSERT OR ROLLBACK" : "INSERT OR FAIL",
                    (guint)rt_rng_between(draft->rng, 1, 4));
}

static void
replace(RtDraft *draft)
{
    rt_draft_insert(draft, rt_rng_percent(draft->rng, 50) ? "REPLACE" : "INSERT OR REPLACE",
                    (guint)rt_rng_between(draft->rng, 1, 5));
}

/* Rows copied from the table itself, a few at a time, with other keys. */
static void
insert_select(RtDraft *draft)
{
    g_autoptr(GPtrArray) columns = rt_draft_columns(draft);
    const RtColumn *key = rt_draft_key(draft->table);

    g_string_append_printf(draft->sql, "INSERT OR IGNORE INTO %s (", draft->table->name);
    rt_draft_names(draft->sql, columns);
    g_string_append_printf(draft->sql, key->is_text ? ") SELECT %s || 'x'" : ") SELECT %s + 61",
                           key->name);
    for (guint i = 1; i < columns->len; i++)
        g_string_append_printf(draft->sql, ", %s", ((RtColumn *)columns->pdata[i])->name);
    g_string_append_printf(draft->sql, " FROM %s", draft->table->name);
    rt_draft_where_many(draft);
    g_string_append(draft->sql, " LIMIT 15");
}

/* UPDATE OR ...: in half of the cases the key changes too, so that it may hit another row. */
static void
update_or(RtDraft *draft)
{
    static const char *const verbs[] = {"REPLACE", "REPLACE", "IGNORE", "ROLLBACK", "FAIL"};

    g_string_append_printf(draft->sql, "UPDATE OR %s %s",
                           verbs[rt_rng_index(draft->rng, G_N_ELEMENTS(verbs))],
                           draft->table->name);
    rt_draft_set(draft, "");
    if (rt_rng_percent(draft->rng, 50)) {
        g_string_append_printf(draft->sql, ", %s = ", rt_draft_key(draft->table)->name);
        rt_value(draft->sql, draft->world, draft->table, rt_draft_key(draft->table), draft->rng);
    }
    rt_draft_where_one(draft);
}

/* The row keeps its values and gets another key: nothing that a summary sees, unless it is
 * joined. */
static void
update_key(RtDraft *draft)
{
    const RtColumn *key = rt_draft_key(draft->table);

    g_string_append_printf(draft->sql, "UPDATE %s SET %s = ", draft->table->name, key->name);
    if (!key->is_text && rt_rng_percent(draft->rng, 40))
        g_string_append_printf(draft->sql, "%s + 400", key->name);
    else
        rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
    rt_draft_where_one(draft);
}

/* UPDATE ... FROM the table that this one refers to. */
static void
update_from(RtDraft *draft)
{
    const RtColumn *reference = rt_table_column(draft->table, RT_REFERENCE, draft->rng);
    const RtTable *target = reference != NULL ? draft->world->tables[reference->target] : NULL;
    RtColumnKind kind = rt_rng_percent(draft->rng, 50) ? RT_AMOUNT : RT_LABEL;
    const RtColumn *to = rt_table_column(draft->table, kind, draft->rng);
    const RtColumn *from = target != NULL ? rt_table_column(target, kind, draft->rng) : NULL;

    if (to == NULL || from == NULL) {
        rt_draft_update_many(draft);
        return;
    }
    g_string_append_printf(
        draft->sql, "UPDATE %s AS x SET %s = y.%s FROM %s AS y WHERE y.%s = x.%s AND x.%s >= ",
        draft->table->name, to->name, from->name, target->name, rt_draft_key(target)->name,
        reference->name, rt_draft_key(draft->table)->name);
    rt_value(draft->sql, draft->world, draft->table, rt_draft_key(draft->table), draft->rng);
}

/* INSERT ... ON CONFLICT on the key or on the second unique column. */
static void
upsert(RtDraft *draft)
{
    const RtColumn *code = rt_table_column(draft->table, RT_CODE, draft->rng);
    const char *target = rt_draft_key(draft->table)->name;

    rt_draft_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 1, 4));
    if (code != NULL && draft->world->has[RT_UNIQUE_CODES] && rt_rng_percent(draft->rng, 40))
        target = code->name;
    else if (!draft->table->key_is_unique) {
        g_string_append(draft->sql, " ON CONFLICT DO NOTHING");
        return;
    }
    g_string_append_printf(draft->sql, " ON CONFLICT (%s) DO ", target);
    if (rt_rng_percent(draft->rng, 20)) {
        g_string_append(draft->sql, "NOTHING");
        return;
    }
    g_string_append(draft->sql, "UPDATE");
    rt_draft_set(draft, "");
    if (rt_rng_percent(draft->rng, 15)) {
        g_string_append_printf(draft->sql, " WHERE excluded.%s > ",
                               rt_draft_key(draft->table)->name);
        rt_value(draft->sql, draft->world, draft->table, rt_draft_key(draft->table), draft->rng);
    }
}

#define ALWAYS RT_FEATURES
static const struct {
    void (*write)(RtDraft *draft);
    guint weight;
    RtFeature feature; /* that a history must have for it */
} forms[] = {
    {rt_draft_insert_one, 220, ALWAYS},
    {rt_draft_insert_many, 80, ALWAYS},
    {insert_or_ignore, 40, ALWAYS},
    {insert_select, 25, ALWAYS},
    {rt_draft_update_one, 240, ALWAYS},
    {rt_draft_update_many, 40, ALWAYS},
    {update_from, 15, ALWAYS},
    {rt_draft_delete_one, 90, ALWAYS},
    {rt_draft_delete_many, 12, ALWAYS},
    {rt_draft_delete_all, 2, ALWAYS},
    {upsert, 80, ALWAYS},
    {replace, 90, RT_REPLACE},
    {update_or, 50, RT_REPLACE},
    {insert_or_rollback, 12, RT_REPLACE},
    {update_key, 40, RT_KEY_CHANGES},
};

char *
rt_statement(const RtPlan *plan, RtRng *rng)
{
    guint weights[G_N_ELEMENTS(forms)];
    RtDraft draft = {plan, plan->world, rt_draft_table(plan, rng), rng, g_string_new(NULL)};

    if (plan->world->kind != RT_SQLITE) {
        rt_server_statement(&draft);
        return g_string_free(draft.sql, FALSE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
        weights[i] =
            forms[i].feature == ALWAYS || plan->world->has[forms[i].feature] ? forms[i].weight : 0;
    forms[rt_rng_weighted(rng, weights, G_N_ELEMENTS(forms))].write(&draft);
    return g_string_free(draft.sql, FALSE);
}

char *
rt_statement_on_tenants(const RtPlan *plan, RtRng *rng)
{
    static const char *const verbs[RT_KINDS] = {"INSERT OR REPLACE", "INSERT", "REPLACE"};
    static const char *const ends[RT_KINDS] = {
        "", " ON CONFLICT (code) DO UPDATE SET tz = excluded.tz, active = 1", ""};
    const RtWorld *world = plan->world;
    g_autoptr(GString) tenant = g_string_new(NULL);
    const char *zone = rt_world_zone_name(world, rng);

    do {
        g_string_truncate(tenant, 0);
        rt_value_tenant(tenant, world, rng);
    } while (strcmp(tenant->str, "NULL") == 0);
    switch (rt_rng_index(rng, 5)) {
    case 0:
        return g_strdup_printf("%s INTO %s VALUES (%s, '%s', 1)%s", verbs[world->kind],
                               RT_TENANTS_NAME, tenant->str, zone, ends[world->kind]);
    case 1:
        return g_strdup_printf("DELETE FROM %s WHERE code = %s", RT_TENANTS_NAME, tenant->str);
    case 2:
        return g_strdup_printf("UPDATE %s SET active = 1 - active WHERE code = %s", RT_TENANTS_NAME,
                               tenant->str);
    default:
        return g_strdup_printf("UPDATE %s SET tz = '%s' WHERE code = %s", RT_TENANTS_NAME, zone,
                               tenant->str);
    }
}

char *
rt_statement_load(const RtPlan *plan, const RtTable *table, gint64 first_key, gint64 rows,
                  RtRng *rng)
{
    static const char *const verbs[RT_KINDS] = {"INSERT OR IGNORE", "INSERT", "INSERT IGNORE"};
    RtDraft draft = {plan, plan->world, table, rng, g_string_new(NULL)};
    g_autoptr(GPtrArray) columns = rt_draft_columns(&draft);

    g_string_printf(draft.sql, "%s INTO %s (", verbs[plan->world->kind], table->name);
    rt_draft_names(draft.sql, columns);
    g_string_append(draft.sql, ") VALUES ");
    for (gint64 i = 0; i < rows; i++) {
        g_string_append(draft.sql, i == 0 ? "" : ", ");
        rt_draft_row(&draft, columns, first_key + i);
    }
    if (plan->world->kind == RT_POSTGRESQL)
        g_string_append(draft.sql, " ON CONFLICT DO NOTHING");
    return g_string_free(draft.sql, FALSE);
}
