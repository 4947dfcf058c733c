/* One row a form of statement in `forms`, with how often it comes and the feature it needs. */
#include "statements.h"

#include <string.h>

#include "values.h"

typedef struct {
    const RtPlan *plan;
    const RtWorld *world;
    const RtTable *table;
    RtRng *rng;
    GString *sql;
} Draft;

/* ---- Parts ---- */

static gboolean
is_written(const RtColumn *column)
{
    return column->kind != RT_GENERATED;
}

static const RtColumn *
key_of(const RtTable *table)
{
    return table->columns->pdata[0];
}

/* Columns to write: all but a few, which then are NULL. The key is always among them. */
static GPtrArray *
draw_columns(Draft *draft)
{
    GPtrArray *columns = g_ptr_array_new();

    for (guint i = 0; i < draft->table->columns->len; i++) {
        const RtColumn *column = draft->table->columns->pdata[i];

        if (is_written(column) &&
            (column->kind == RT_KEY || column->kind == RT_PART || rt_rng_percent(draft->rng, 95)))
            g_ptr_array_add(columns, draft->table->columns->pdata[i]);
    }
    return columns;
}

static void
append_names(GString *sql, GPtrArray *columns)
{
    for (guint i = 0; i < columns->len; i++)
        g_string_append_printf(sql, "%s%s", i == 0 ? "" : ", ",
                               ((RtColumn *)columns->pdata[i])->name);
}

/* One row; `key` 0 means any key, for a rowid table sometimes NULL, which takes the next. */
static void
append_row(Draft *draft, GPtrArray *columns, gint64 key)
{
    g_string_append_c(draft->sql, '(');
    for (guint i = 0; i < columns->len; i++) {
        const RtColumn *column = columns->pdata[i];

        if (i > 0)
            g_string_append(draft->sql, ", ");
        if (column->kind == RT_KEY && key != 0)
            rt_value_key(draft->sql, draft->table, column->is_text, key, draft->rng);
        else if (column->kind == RT_KEY && draft->table->key_is_rowid &&
                 rt_rng_percent(draft->rng, 10))
            g_string_append(draft->sql, "NULL");
        else
            rt_value(draft->sql, draft->world, draft->table, column, draft->rng);
    }
    g_string_append_c(draft->sql, ')');
}

static void
append_insert(Draft *draft, const char *verb, guint rows)
{
    g_autoptr(GPtrArray) columns = draw_columns(draft);

    g_string_append_printf(draft->sql, "%s INTO %s (", verb, draft->table->name);
    append_names(draft->sql, columns);
    g_string_append(draft->sql, ") VALUES ");
    for (guint i = 0; i < rows; i++) {
        g_string_append(draft->sql, i == 0 ? "" : ", ");
        append_row(draft, columns, 0);
    }
}

/* WHERE: one row by its key, or the rows that any of several conditions holds for. */
static void
append_where_one(Draft *draft)
{
    g_string_append_printf(draft->sql, " WHERE %s = ", key_of(draft->table)->name);
    rt_value(draft->sql, draft->world, draft->table, key_of(draft->table), draft->rng);
}

static void
append_where_many(Draft *draft)
{
    const RtColumn *tenant = rt_table_column(draft->table, RT_TENANT, draft->rng);
    const RtColumn *label = rt_table_column(draft->table, RT_LABEL, draft->rng);
    const RtColumn *whole = rt_table_column(draft->table, RT_WHOLE, draft->rng);
    const RtColumn *key = key_of(draft->table);

    switch (rt_rng_index(draft->rng, 4)) {
    case 0:
        if (tenant != NULL) {
            g_string_append_printf(draft->sql, " WHERE %s = ", tenant->name);
            rt_value_tenant(draft->sql, draft->world, draft->rng);
            return;
        }
        break;
    case 1:
        if (label != NULL) {
            g_string_append_printf(draft->sql, " WHERE %s = ", label->name);
            rt_value(draft->sql, draft->world, draft->table, label, draft->rng);
            return;
        }
        break;
    case 2:
        if (whole != NULL) {
            g_string_append_printf(draft->sql, " WHERE %s %% 7 = %d", whole->name,
                                   (int)rt_rng_between(draft->rng, 0, 6));
            return;
        }
        break;
    default:
        break;
    }
    g_string_append_printf(draft->sql, " WHERE %s >= ", key->name);
    rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
    g_string_append_printf(draft->sql, " AND %s <= ", key->name);
    rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
}

/* An expression over the column's own old value; NULL if the kind has none. */
static const char *
own_expression(const RtColumn *column)
{
    static const char *const expressions[RT_COLUMN_KINDS] = {
        [RT_LABEL] = "upper({x})", [RT_FOLDED] = "lower({x})", [RT_WHOLE] = "{x} + 1",
        [RT_AMOUNT] = "-{x}",      [RT_FLAG] = "1 - {x}",      [RT_NOTE] = "{x} || '!'",
        [RT_MIXED] = "{x}",        [RT_TENANT] = "{x}",        [RT_REFERENCE] = "{x}",
        [RT_CODE] = "upper({x})",
    };

    if (column->kind == RT_TIME)
        return column->unit < RT_TEXT_TIME ? "{x} + 3600" : "{x}";
    return expressions[column->kind];
}

static void
append_set(Draft *draft)
{
    guint count = (guint)rt_rng_between(draft->rng, 1, 3);
    GPtrArray *columns = draft->table->columns;
    guint first = rt_rng_index(draft->rng, columns->len);
    const char *word = " SET ";

    for (guint i = 0; i < columns->len && count > 0; i++) {
        const RtColumn *column = columns->pdata[(first + i) % columns->len];
        const char *own = own_expression(column);

        if (!is_written(column) || column->kind == RT_KEY || column->kind == RT_PART)
            continue;
        g_string_append_printf(draft->sql, "%s%s = ", word, column->name);
        if (own != NULL && rt_rng_percent(draft->rng, 20)) {
            g_autoptr(GString) text = g_string_new(own);

            g_string_replace(text, "{x}", column->name, 0);
            g_string_append(draft->sql, text->str);
        } else {
            rt_value(draft->sql, draft->world, draft->table, column, draft->rng);
        }
        word = ", ";
        count--;
    }
}

/* ---- Forms ---- */

static void
insert_one(Draft *draft)
{
    append_insert(draft, "INSERT", 1);
}

static void
insert_many(Draft *draft)
{
    append_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 2, 12));
}

static void
insert_or_ignore(Draft *draft)
{
    append_insert(draft, "INSERT OR IGNORE", (guint)rt_rng_between(draft->rng, 1, 6));
}

/* A conflict ends the transaction (ROLLBACK), or leaves the rows before it in (FAIL). */
static void
insert_or_rollback(Draft *draft)
{
    append_insert(draft, rt_rng_percent(draft->rng, 50) ? "INSERT OR ROLLBACK" : "INSERT OR FAIL",
                  (guint)rt_rng_between(draft->rng, 1, 4));
}

static void
replace(Draft *draft)
{
    append_insert(draft, rt_rng_percent(draft->rng, 50) ? "REPLACE" : "INSERT OR REPLACE",
                  (guint)rt_rng_between(draft->rng, 1, 5));
}

/* Rows copied from the table itself, a few at a time, with other keys. */
static void
insert_select(Draft *draft)
{
    g_autoptr(GPtrArray) columns = draw_columns(draft);
    const RtColumn *key = key_of(draft->table);

    g_string_append_printf(draft->sql, "INSERT OR IGNORE INTO %s (", draft->table->name);
    append_names(draft->sql, columns);
    g_string_append_printf(draft->sql, key->is_text ? ") SELECT %s || 'x'" : ") SELECT %s + 61",
                           key->name);
    for (guint i = 1; i < columns->len; i++)
        g_string_append_printf(draft->sql, ", %s", ((RtColumn *)columns->pdata[i])->name);
    g_string_append_printf(draft->sql, " FROM %s", draft->table->name);
    append_where_many(draft);
    g_string_append(draft->sql, " LIMIT 15");
}

static void
update_one(Draft *draft)
{
    g_string_append_printf(draft->sql, "UPDATE %s", draft->table->name);
    append_set(draft);
    append_where_one(draft);
}

static void
update_many(Draft *draft)
{
    g_string_append_printf(draft->sql, "UPDATE %s", draft->table->name);
    append_set(draft);
    append_where_many(draft);
}

/* UPDATE OR ...: in half of the cases the key changes too, so that it may hit another row. */
static void
update_or(Draft *draft)
{
    static const char *const verbs[] = {"REPLACE", "REPLACE", "IGNORE", "ROLLBACK", "FAIL"};

    g_string_append_printf(draft->sql, "UPDATE OR %s %s",
                           verbs[rt_rng_index(draft->rng, G_N_ELEMENTS(verbs))],
                           draft->table->name);
    append_set(draft);
    if (rt_rng_percent(draft->rng, 50)) {
        g_string_append_printf(draft->sql, ", %s = ", key_of(draft->table)->name);
        rt_value(draft->sql, draft->world, draft->table, key_of(draft->table), draft->rng);
    }
    append_where_one(draft);
}

/* The row keeps its values and gets another key: nothing that a summary sees, unless it is joined.
 */
static void
update_key(Draft *draft)
{
    const RtColumn *key = key_of(draft->table);

    g_string_append_printf(draft->sql, "UPDATE %s SET %s = ", draft->table->name, key->name);
    if (!key->is_text && rt_rng_percent(draft->rng, 40))
        g_string_append_printf(draft->sql, "%s + 400", key->name);
    else
        rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
    append_where_one(draft);
}

/* UPDATE ... FROM the table that this one refers to. */
static void
update_from(Draft *draft)
{
    const RtColumn *reference = rt_table_column(draft->table, RT_REFERENCE, draft->rng);
    const RtTable *target = reference != NULL ? draft->world->tables[reference->target] : NULL;
    RtColumnKind kind = rt_rng_percent(draft->rng, 50) ? RT_AMOUNT : RT_LABEL;
    const RtColumn *to = rt_table_column(draft->table, kind, draft->rng);
    const RtColumn *from = target != NULL ? rt_table_column(target, kind, draft->rng) : NULL;

    if (to == NULL || from == NULL) {
        update_many(draft);
        return;
    }
    g_string_append_printf(
        draft->sql, "UPDATE %s AS x SET %s = y.%s FROM %s AS y WHERE y.%s = x.%s AND x.%s >= ",
        draft->table->name, to->name, from->name, target->name, key_of(target)->name,
        reference->name, key_of(draft->table)->name);
    rt_value(draft->sql, draft->world, draft->table, key_of(draft->table), draft->rng);
}

/* INSERT ... ON CONFLICT on the key or on the second unique column. */
static void
upsert(Draft *draft)
{
    const RtColumn *code = rt_table_column(draft->table, RT_CODE, draft->rng);
    const char *target = key_of(draft->table)->name;

    append_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 1, 4));
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
    append_set(draft);
    if (rt_rng_percent(draft->rng, 15)) {
        g_string_append_printf(draft->sql, " WHERE excluded.%s > ", key_of(draft->table)->name);
        rt_value(draft->sql, draft->world, draft->table, key_of(draft->table), draft->rng);
    }
}

static void
delete_one(Draft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
    append_where_one(draft);
}

static void
delete_many(Draft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
    append_where_many(draft);
}

static void
delete_all(Draft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
}

#define ALWAYS RT_FEATURES
static const struct {
    void (*write)(Draft *draft);
    guint weight;
    RtFeature feature; /* that a history must have for it */
} forms[] = {
    {insert_one, 220, ALWAYS},
    {insert_many, 80, ALWAYS},
    {insert_or_ignore, 40, ALWAYS},
    {insert_select, 25, ALWAYS},
    {update_one, 240, ALWAYS},
    {update_many, 40, ALWAYS},
    {update_from, 15, ALWAYS},
    {delete_one, 90, ALWAYS},
    {delete_many, 12, ALWAYS},
    {delete_all, 2, ALWAYS},
    {upsert, 80, ALWAYS},
    {replace, 90, RT_REPLACE},
    {update_or, 50, RT_REPLACE},
    {insert_or_rollback, 12, RT_REPLACE},
    {update_key, 40, RT_KEY_CHANGES},
};

/* Tables that no source reads are written to as well, now and then. */
static const RtTable *
draw_table(const RtPlan *plan, RtRng *rng)
{
    for (;;) {
        RtRole role = rt_rng_index(rng, RT_ROLES);

        if (plan->uses[role] || rt_rng_percent(rng, 4))
            return plan->world->tables[role];
    }
}

char *
rt_statement(const RtPlan *plan, RtRng *rng)
{
    guint weights[G_N_ELEMENTS(forms)];
    Draft draft = {plan, plan->world, draw_table(plan, rng), rng, g_string_new(NULL)};

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
        weights[i] =
            forms[i].feature == ALWAYS || plan->world->has[forms[i].feature] ? forms[i].weight : 0;
    forms[rt_rng_weighted(rng, weights, G_N_ELEMENTS(forms))].write(&draft);
    return g_string_free(draft.sql, FALSE);
}

char *
rt_statement_on_tenants(const RtPlan *plan, RtRng *rng)
{
    const RtWorld *world = plan->world;
    g_autoptr(GString) tenant = g_string_new(NULL);
    const char *zone = rt_world_zone_name(world, rng);

    do {
        g_string_truncate(tenant, 0);
        rt_value_tenant(tenant, world, rng);
    } while (strcmp(tenant->str, "NULL") == 0);
    switch (rt_rng_index(rng, 5)) {
    case 0:
        return g_strdup_printf("INSERT OR REPLACE INTO %s VALUES (%s, '%s', 1)", RT_TENANTS_NAME,
                               tenant->str, zone);
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
    Draft draft = {plan, plan->world, table, rng, g_string_new(NULL)};
    g_autoptr(GPtrArray) columns = draw_columns(&draft);

    g_string_printf(draft.sql, "INSERT OR IGNORE INTO %s (", table->name);
    append_names(draft.sql, columns);
    g_string_append(draft.sql, ") VALUES ");
    for (gint64 i = 0; i < rows; i++) {
        g_string_append(draft.sql, i == 0 ? "" : ", ");
        append_row(&draft, columns, first_key + i);
    }
    return g_string_free(draft.sql, FALSE);
}
