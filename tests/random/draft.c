/* The parts that statements of every database are made of. */
#include "draft.h"

#include "types.h"
#include "values.h"

gboolean
rt_draft_writes(const RtColumn *column)
{
    return column->kind != RT_GENERATED;
}

const RtColumn *
rt_draft_key(const RtTable *table)
{
    return table->columns->pdata[0];
}

/* Columns to write: all but a few, which then are NULL. The key is always among them. */
GPtrArray *
rt_draft_columns(RtDraft *draft)
{
    GPtrArray *columns = g_ptr_array_new();

    for (guint i = 0; i < draft->table->columns->len; i++) {
        const RtColumn *column = draft->table->columns->pdata[i];

        if (rt_draft_writes(column) &&
            (column->kind == RT_KEY || column->kind == RT_PART || rt_rng_percent(draft->rng, 95)))
            g_ptr_array_add(columns, draft->table->columns->pdata[i]);
    }
    return columns;
}

void
rt_draft_names(GString *sql, GPtrArray *columns)
{
    for (guint i = 0; i < columns->len; i++)
        g_string_append_printf(sql, "%s%s", i == 0 ? "" : ", ",
                               ((RtColumn *)columns->pdata[i])->name);
}

/* One row; `key` 0 means any key, for a rowid table sometimes NULL, which takes the next. */
void
rt_draft_row(RtDraft *draft, GPtrArray *columns, gint64 key)
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

void
rt_draft_insert(RtDraft *draft, const char *verb, guint rows)
{
    g_autoptr(GPtrArray) columns = rt_draft_columns(draft);

    g_string_append_printf(draft->sql, "%s INTO %s (", verb, draft->table->name);
    rt_draft_names(draft->sql, columns);
    g_string_append(draft->sql, ") VALUES ");
    for (guint i = 0; i < rows; i++) {
        g_string_append(draft->sql, i == 0 ? "" : ", ");
        rt_draft_row(draft, columns, 0);
    }
}

/* WHERE: one row by its key, or the rows that any of several conditions holds for. */
void
rt_draft_where_one(RtDraft *draft)
{
    g_string_append_printf(draft->sql, " WHERE %s = ", rt_draft_key(draft->table)->name);
    rt_value(draft->sql, draft->world, draft->table, rt_draft_key(draft->table), draft->rng);
}

void
rt_draft_where_many(RtDraft *draft)
{
    const RtColumn *tenant = rt_table_column(draft->table, RT_TENANT, draft->rng);
    const RtColumn *label = rt_table_column(draft->table, RT_LABEL, draft->rng);
    const RtColumn *whole = rt_table_column(draft->table, RT_WHOLE, draft->rng);
    const RtColumn *key = rt_draft_key(draft->table);

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
own_expression(const RtWorld *world, const RtColumn *column)
{
    static const char *const expressions[RT_COLUMN_KINDS] = {
        [RT_LABEL] = "upper({x})", [RT_FOLDED] = "lower({x})", [RT_WHOLE] = "{x} + 1",
        [RT_AMOUNT] = "-{x}",      [RT_FLAG] = "1 - {x}",      [RT_NOTE] = "{x} || '!'",
        [RT_MIXED] = "{x}",        [RT_TENANT] = "{x}",        [RT_REFERENCE] = "{x}",
        [RT_CODE] = "upper({x})",
    };

    if (column->kind == RT_TIME)
        return column->unit < RT_TEXT_TIME ? "{x} + 3600" : "{x}";
    if (column->kind == RT_NOTE && world->kind != RT_SQLITE)
        return "{x}";
    if (rt_type_class(column->server_type) == RT_CLASS_BOOLEAN)
        return "NOT {x}";
    return expressions[column->kind];
}

void
rt_draft_set(RtDraft *draft, const char *qualifier)
{
    guint count = (guint)rt_rng_between(draft->rng, 1, 3);
    GPtrArray *columns = draft->table->columns;
    guint first = rt_rng_index(draft->rng, columns->len);
    const char *word = " SET ";

    for (guint i = 0; i < columns->len && count > 0; i++) {
        const RtColumn *column = columns->pdata[(first + i) % columns->len];
        const char *own = own_expression(draft->world, column);
        g_autofree char *name = g_strconcat(qualifier, column->name, NULL);

        if (!rt_draft_writes(column) || column->kind == RT_KEY || column->kind == RT_PART)
            continue;
        g_string_append_printf(draft->sql, "%s%s = ", word, column->name);
        if (own != NULL && rt_rng_percent(draft->rng, 20)) {
            g_autoptr(GString) text = g_string_new(own);

            g_string_replace(text, "{x}", name, 0);
            g_string_append(draft->sql, text->str);
        } else {
            rt_value(draft->sql, draft->world, draft->table, column, draft->rng);
        }
        word = ", ";
        count--;
    }
}

/* Tables that no source reads are written to as well, now and then. */
const RtTable *
rt_draft_table(const RtPlan *plan, RtRng *rng)
{
    for (;;) {
        RtRole role = rt_rng_index(rng, RT_ROLES);

        if (plan->uses[role] || rt_rng_percent(rng, 4))
            return plan->world->tables[role];
    }
}

/* ---- Statements that are the same everywhere ---- */

void
rt_draft_insert_one(RtDraft *draft)
{
    rt_draft_insert(draft, "INSERT", 1);
}

void
rt_draft_insert_many(RtDraft *draft)
{
    rt_draft_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 2, 12));
}

void
rt_draft_update_one(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "UPDATE %s", draft->table->name);
    rt_draft_set(draft, "");
    rt_draft_where_one(draft);
}

void
rt_draft_update_many(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "UPDATE %s", draft->table->name);
    rt_draft_set(draft, "");
    rt_draft_where_many(draft);
}

void
rt_draft_delete_one(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
    rt_draft_where_one(draft);
}

void
rt_draft_delete_many(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
    rt_draft_where_many(draft);
}

void
rt_draft_delete_all(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "DELETE FROM %s", draft->table->name);
}
