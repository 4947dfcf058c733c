/* One row a form in `forms`: on which databases, how often, and the feature that it needs. */
#include "server_statements.h"

#include <string.h>

#include "types.h"
#include "values.h"

/* ---- Inserts ---- */

static void
insert_do_nothing(RtDraft *draft)
{
    rt_draft_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 1, 6));
    g_string_append(draft->sql, " ON CONFLICT DO NOTHING");
}

static void
insert_ignore(RtDraft *draft)
{
    rt_draft_insert(draft, "INSERT IGNORE", (guint)rt_rng_between(draft->rng, 1, 6));
}

static void
replace(RtDraft *draft)
{
    rt_draft_insert(draft, "REPLACE", (guint)rt_rng_between(draft->rng, 1, 5));
}

/* Into a partition by its own name; rows that belong elsewhere are refused (where a trigger of the
 * application's own looks at them first, in words that sound like no constraint). */
static void
insert_into_partition(RtDraft *draft)
{
    RtTable partition = *draft->table;
    g_autofree char *name = g_strdup_printf("part_%d_%s", draft->table->role,
                                            rt_rng_percent(draft->rng, 50) ? "low" : "rest");
    const RtTable *table = draft->table;

    if (!table->is_partitioned || draft->world->has[RT_USER_TRIGGERS]) {
        rt_draft_insert_one(draft);
        return;
    }
    partition.name = name;
    draft->table = &partition;
    rt_draft_insert_one(draft);
    draft->table = table;
}

/* Rows copied from the table itself, a few at a time, with other keys. */
static void
insert_select(RtDraft *draft)
{
    g_autoptr(GPtrArray) columns = rt_draft_columns(draft);
    const RtColumn *key = rt_draft_key(draft->table);
    gboolean is_mariadb = draft->world->kind == RT_MARIADB;
    g_autofree char *other = !key->is_text ? g_strdup_printf("%s + 61", key->name)
                             : is_mariadb  ? g_strdup_printf("concat(%s, 'x')", key->name)
                                           : g_strdup_printf("%s || 'x'", key->name);

    g_string_append_printf(draft->sql, "INSERT %sINTO %s (", is_mariadb ? "IGNORE " : "",
                           draft->table->name);
    rt_draft_names(draft->sql, columns);
    g_string_append_printf(draft->sql, ") SELECT %s", other);
    for (guint i = 1; i < columns->len; i++)
        g_string_append_printf(draft->sql, ", %s", ((RtColumn *)columns->pdata[i])->name);
    g_string_append_printf(draft->sql, " FROM %s", draft->table->name);
    rt_draft_where_many(draft);
    g_string_append_printf(draft->sql, " LIMIT 15%s", is_mariadb ? "" : " ON CONFLICT DO NOTHING");
}

/* ---- Upserts ---- */

static void
upsert_postgresql(RtDraft *draft)
{
    const RtColumn *code = rt_table_column(draft->table, RT_CODE, draft->rng);
    const char *target = rt_draft_key(draft->table)->name;
    g_autofree char *qualifier = g_strconcat(draft->table->name, ".", NULL);

    rt_draft_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 1, 4));
    if (draft->table->code_is_unique && rt_rng_percent(draft->rng, 40))
        target = code->name;
    else if (!draft->table->key_is_unique) {
        g_string_append(draft->sql, " ON CONFLICT DO NOTHING");
        return;
    }
    g_string_append_printf(draft->sql, " ON CONFLICT (%s) DO UPDATE", target);
    rt_draft_set(draft, qualifier);
}

static void
upsert_mariadb(RtDraft *draft)
{
    g_autoptr(GString) set = g_string_new(NULL);
    GString *sql = draft->sql;

    rt_draft_insert(draft, "INSERT", (guint)rt_rng_between(draft->rng, 1, 4));
    draft->sql = set;
    rt_draft_set(draft, "");
    draft->sql = sql;
    if (set->len > 0)
        g_string_append_printf(sql, " ON DUPLICATE KEY UPDATE%s", set->str + strlen(" SET"));
}

/* A few keys: rows that are there change or go, others come. */
static void
merge(RtDraft *draft)
{
    const RtColumn *key = rt_draft_key(draft->table);
    g_autoptr(GPtrArray) columns = rt_draft_columns(draft);
    guint keys = (guint)rt_rng_between(draft->rng, 1, 4);

    g_string_append_printf(draft->sql, "MERGE INTO %s AS x USING (SELECT DISTINCT k FROM (VALUES ",
                           draft->table->name);
    for (guint i = 0; i < keys; i++) {
        g_string_append(draft->sql, i > 0 ? ", (" : "(");
        rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
        g_string_append_c(draft->sql, ')');
    }
    g_string_append_printf(draft->sql, ") AS w(k)) AS v ON x.%s = v.k WHEN MATCHED ", key->name);
    if (rt_rng_percent(draft->rng, 30)) {
        g_string_append(draft->sql, "THEN DELETE");
    } else {
        g_string_append(draft->sql, "THEN UPDATE");
        rt_draft_set(draft, "x.");
    }
    g_string_append(draft->sql, " WHEN NOT MATCHED THEN INSERT (");
    rt_draft_names(draft->sql, columns);
    g_string_append(draft->sql, ") VALUES ");
    rt_draft_row(draft, columns, 0);
}

/* ---- Updates ---- */

/* The key changes, so that it may hit another row: refused, or ignored after triggers fired. */
static void
update_key(RtDraft *draft)
{
    const RtColumn *key = rt_draft_key(draft->table);
    gboolean ignores = draft->world->kind == RT_MARIADB && rt_rng_percent(draft->rng, 60);

    g_string_append_printf(draft->sql, "UPDATE %s%s SET %s = ", ignores ? "IGNORE " : "",
                           draft->table->name, key->name);
    rt_value(draft->sql, draft->world, draft->table, key, draft->rng);
    rt_draft_where_one(draft);
}

static void
update_ignore(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "UPDATE IGNORE %s", draft->table->name);
    rt_draft_set(draft, "");
    rt_draft_where_many(draft);
}

/* Changes of a table by the one that it refers to: labels, which every type of text holds. */
static void
update_joined(RtDraft *draft)
{
    const RtColumn *reference = rt_table_column(draft->table, RT_REFERENCE, draft->rng);
    const RtTable *target = reference != NULL ? draft->world->tables[reference->target] : NULL;
    const RtColumn *to = rt_table_column(draft->table, RT_LABEL, draft->rng);
    const RtColumn *from = target != NULL ? rt_table_column(target, RT_LABEL, draft->rng) : NULL;
    const char *form = draft->world->kind == RT_MARIADB
                           ? "UPDATE %1$s AS x JOIN %4$s AS y ON y.%5$s = x.%6$s"
                             " SET x.%2$s = y.%3$s WHERE x.%7$s >= "
                           : "UPDATE %1$s AS x SET %2$s = y.%3$s FROM %4$s AS y"
                             " WHERE y.%5$s = x.%6$s AND x.%7$s >= ";
    const char *const names[] = {draft->table->name,
                                 to != NULL ? to->name : "",
                                 from != NULL ? from->name : "",
                                 target != NULL ? target->name : "",
                                 target != NULL ? rt_draft_key(target)->name : "",
                                 reference != NULL ? reference->name : "",
                                 rt_draft_key(draft->table)->name};

    if (to == NULL || from == NULL) {
        rt_draft_update_many(draft);
        return;
    }
    for (; *form != '\0'; form++) {
        if (*form != '%') {
            g_string_append_c(draft->sql, *form);
            continue;
        }
        g_string_append(draft->sql, names[form[1] - '1']);
        form += strlen("1$s");
    }
    rt_value(draft->sql, draft->world, draft->table, rt_draft_key(draft->table), draft->rng);
}

/* A time column of the table: its time, or the one of mixed values where that is one. NULL:
 * none. */
static const RtColumn *
dated_column(RtDraft *draft)
{
    gboolean is_mixed = rt_rng_percent(draft->rng, 50);
    const RtColumn *column =
        rt_table_column(draft->table, is_mixed ? RT_MIXED : RT_TIME, draft->rng);
    RtClass class = column != NULL ? rt_type_class(column->server_type) : RT_CLASS_NONE;
    gboolean is_dated =
        class == RT_CLASS_DATE || class == RT_CLASS_STAMP || class == RT_CLASS_INSTANT;

    return is_dated ? column : NULL;
}

/* Dates that a lenient session may write: no bucket has them, and all the same they are values. A
 * TIMESTAMP has but one of them. */
static void
update_to_zero_date(RtDraft *draft)
{
    static const char *const dates[] = {"0000-00-00", "2024-00-10", "2024-05-00", "2023-12-00"};
    const RtColumn *time = dated_column(draft);

    if (time == NULL) {
        rt_draft_update_one(draft);
        return;
    }
    gboolean is_instant = rt_type_class(time->server_type) == RT_CLASS_INSTANT;
    g_string_append_printf(
        draft->sql, "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR UPDATE %s SET %s = '%s'",
        draft->table->name, time->name,
        is_instant ? dates[0] : dates[rt_rng_index(draft->rng, G_N_ELEMENTS(dates))]);
    if (rt_rng_percent(draft->rng, 70))
        rt_draft_where_one(draft);
    else
        rt_draft_where_many(draft);
}

/* ---- Deletes ---- */

static void
truncate_table(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "TRUNCATE %s%s", draft->table->name,
                           draft->world->has[RT_FOREIGN_KEYS] ? " CASCADE" : "");
}

/* The rows of a delete come back in the same statement, with other keys. */
static void
delete_and_insert(RtDraft *draft)
{
    g_autoptr(GPtrArray) columns = rt_draft_columns(draft);
    const RtColumn *key = rt_draft_key(draft->table);

    g_string_append_printf(draft->sql, "WITH gone AS (DELETE FROM %s", draft->table->name);
    rt_draft_where_one(draft);
    g_string_append_printf(draft->sql, " RETURNING *) INSERT INTO %s (", draft->table->name);
    rt_draft_names(draft->sql, columns);
    g_string_append_printf(draft->sql, key->is_text ? ") SELECT %s || 'y'" : ") SELECT %s + 300",
                           key->name);
    for (guint i = 1; i < columns->len; i++)
        g_string_append_printf(draft->sql, ", %s", ((RtColumn *)columns->pdata[i])->name);
    g_string_append(draft->sql, " FROM gone");
}

/* ---- Reads, which hold locks at some isolation levels ---- */

static void
select_rows(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "SELECT count(*) FROM %s", draft->table->name);
    rt_draft_where_many(draft);
}

static void
select_for_update(RtDraft *draft)
{
    g_string_append_printf(draft->sql, "SELECT %s FROM %s", rt_draft_key(draft->table)->name,
                           draft->table->name);
    rt_draft_where_one(draft);
    g_string_append(draft->sql, " FOR UPDATE");
}

/* ---- Drawing ---- */

#define PG (1U << RT_POSTGRESQL)
#define MY (1U << RT_MARIADB)
#define ALWAYS RT_FEATURES
static const struct {
    void (*write)(RtDraft *draft);
    guint databases;
    guint weight;
    RtFeature feature; /* that a history must have for it */
} forms[] = {
    {rt_draft_insert_one, PG | MY, 220, ALWAYS},
    {rt_draft_insert_many, PG | MY, 80, ALWAYS},
    {insert_select, PG | MY, 25, ALWAYS},
    {insert_do_nothing, PG, 40, ALWAYS},
    {insert_ignore, MY, 40, ALWAYS},
    {insert_into_partition, PG, 40, RT_PARTITIONS},
    {upsert_postgresql, PG, 100, ALWAYS},
    {upsert_mariadb, MY, 80, ALWAYS},
    {replace, MY, 60, RT_REPLACE},
    {merge, PG, 50, RT_REPLACE},
    {rt_draft_update_one, PG | MY, 240, ALWAYS},
    {rt_draft_update_many, PG | MY, 40, ALWAYS},
    {update_joined, PG | MY, 15, ALWAYS},
    {update_ignore, MY, 25, RT_REPLACE},
    {update_key, PG | MY, 40, RT_KEY_CHANGES},
    {update_to_zero_date, MY, 40, RT_BAD_TIMES},
    {rt_draft_delete_one, PG | MY, 90, ALWAYS},
    {rt_draft_delete_many, PG | MY, 12, ALWAYS},
    {rt_draft_delete_all, PG | MY, 2, ALWAYS},
    {delete_and_insert, PG, 25, ALWAYS},
    {truncate_table, PG, 3, RT_TRUNCATES},
    {select_rows, PG | MY, 40, ALWAYS},
    {select_for_update, PG | MY, 20, ALWAYS},
};

void
rt_server_statement(RtDraft *draft)
{
    const RtWorld *world = draft->world;
    guint weights[G_N_ELEMENTS(forms)];

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        gboolean may = forms[i].feature == ALWAYS || world->has[forms[i].feature];

        weights[i] = may && (forms[i].databases >> world->kind & 1) ? forms[i].weight : 0;
    }
    forms[rt_rng_weighted(draft->rng, weights, G_N_ELEMENTS(forms))].write(draft);
}
