/* Events run while no writer does; commands and writers follow them. */
#include "events.h"

#include <string.h>

#include "commands.h"
#include "database.h"
#include "quiet.h"
#include "retention.h"
#include "statements.h"
#include "tables.h"
#include "store.h"

static const RtTable *
draw_used_table(RtHistory *history)
{
    for (;;) {
        RtRole role = rt_rng_index(&history->rng, RT_ROLES);

        if (history->plan->uses[role])
            return history->world->tables[role];
    }
}

/* ---- Indexes ---- */

/* An index that is not unique changes the schema's version, but nothing that capture depends on. On
 * MariaDB an index goes by its table, and not every column can have one. */
static void
change_indexes(RtHistory *history)
{
    const RtTable *table = draw_used_table(history);
    gboolean is_sqlite = history->options->kind == RT_SQLITE;
    guint column = is_sqlite ? rt_rng_index(&history->rng, table->columns->len) : 0;
    g_autofree char *create =
        g_strdup_printf("CREATE INDEX i_new%u ON %s(%s)", is_sqlite ? 0 : history->commands,
                        table->name, ((RtColumn *)table->columns->pdata[column])->name);

    if (is_sqlite)
        history->store->run(history, "DROP INDEX IF EXISTS i_new0");
    history->store->run(history, create);
}

/* ---- A table rebuilt as ORMs do it: new table, copy, drop, rename ---- */

static void
append_columns(GString *sql, const RtTable *table)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < table->columns->len; i++) {
        const RtColumn *column = table->columns->pdata[i];

        if (column->kind == RT_GENERATED)
            continue;
        g_string_append_printf(sql, "%s%s", is_first ? "" : ", ", column->name);
        is_first = FALSE;
    }
}

/* A server's table may go only if nothing refers to it, and its partitions have names of their
 * own. */
static void
swap_server_table(RtHistory *history, const RtTable *table)
{
    const char *create = table->statements->pdata[0];
    g_autoptr(GString) copy = g_string_new("INSERT INTO new_table (");
    g_autofree char *make = g_strdup_printf("CREATE TABLE new_table%s",
                                            create + strlen("CREATE TABLE ") + strlen(table->name));
    g_autofree char *drop = g_strdup_printf("DROP TABLE %s", table->name);
    g_autofree char *rename = g_strdup_printf("ALTER TABLE new_table RENAME TO %s", table->name);

    if (history->world->has[RT_FOREIGN_KEYS] || history->world->has[RT_USER_TRIGGERS] ||
        table->is_partitioned)
        return;
    append_columns(copy, table);
    g_string_append(copy, ") SELECT ");
    append_columns(copy, table);
    g_string_append_printf(copy, " FROM %s", table->name);
    history->store->run(history, make);
    history->store->run(history, copy->str);
    history->store->run(history, drop);
    history->store->run(history, rename);
    for (guint i = 1; i < table->statements->len; i++)
        history->store->run(history, table->statements->pdata[i]);
    if (history->options->kind == RT_POSTGRESQL)
        history->store->run(history, "GRANT ALL ON ALL TABLES IN SCHEMA public TO rt_writer");
    history->is_unguarded = TRUE;
}

/* The triggers go away with the old table, silently; `apply` must notice and make good. */
static void
swap_table(RtHistory *history, const RtTable *table)
{
    const char *create = table->statements->pdata[0];
    g_autofree char *prefix = g_strdup_printf("CREATE TABLE %s (", table->name);
    g_autoptr(GString) sql = g_string_new("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; ");

    g_assert(g_str_has_prefix(create, prefix));
    g_string_append_printf(sql, "CREATE TABLE new_table (%s; INSERT INTO new_table (",
                           create + strlen(prefix));
    append_columns(sql, table);
    g_string_append(sql, ") SELECT ");
    append_columns(sql, table);
    g_string_append_printf(sql, " FROM %s; DROP TABLE %s; ALTER TABLE new_table RENAME TO %s; ",
                           table->name, table->name, table->name);
    for (guint i = 1; i < table->statements->len; i++)
        g_string_append_printf(sql, "%s; ", (char *)table->statements->pdata[i]);
    g_string_append(sql, "COMMIT");
    history->store->run(history, sql->str);
    history->is_unguarded = TRUE;
}

/* ---- release, a bulk load, apply ---- */

/* Rows come and go while no trigger is there. */
static gboolean
load_released(RtHistory *history)
{
    if (!rt_command_ok(history, NULL, "release"))
        return FALSE;
    history->is_unguarded = TRUE;
    for (guint i = 0; i < 3; i++) {
        const RtTable *table = draw_used_table(history);
        const RtColumn *key = table->columns->pdata[0];
        g_autofree char *load =
            rt_statement_load(history->plan, table, table->keys + 1 + 20 * i, 20, &history->rng);
        g_autofree char *thin =
            history->options->kind == RT_SQLITE
                ? g_strdup_printf("DELETE FROM %s WHERE rowid %% 5 = %u", table->name, i)
                : g_strdup_printf("DELETE FROM %s WHERE %s > %s", table->name, key->name,
                                  key->is_text ? "'k7'" : "70");

        history->store->run(history, load);
        if (strstr(table->statements->pdata[0], "WITHOUT ROWID") == NULL)
            history->store->run(history, thin);
    }
    return TRUE;
}

gboolean
rt_events_before(RtHistory *history)
{
    const gboolean *has = history->world->has;

    if (has[RT_NEW_INDEXES])
        change_indexes(history);
    if (has[RT_SWAPPED_TABLE] && rt_rng_percent(&history->rng, 60))
        (history->options->kind == RT_SQLITE ? swap_table : swap_server_table)(
            history, draw_used_table(history));
    if (has[RT_RELEASE] && rt_rng_percent(&history->rng, 60))
        return load_released(history);
    return TRUE;
}

gboolean
rt_events_after(RtHistory *history)
{
    if (!history->is_unguarded)
        return TRUE;
    if (!rt_command_fair(history, "apply"))
        return FALSE;
    history->is_unguarded = FALSE;
    return TRUE;
}

/* ---- What is removed and sealed ---- */

gboolean
rt_events_retention(RtHistory *history)
{
    rt_retention_draw(history->plan, &history->rng);
    rt_history_write_spec(history);
    return rt_command_fair(history, "apply");
}

/* A table that somebody drops is made and built anew, what was sealed too. */
static gboolean
drop_a_table(RtHistory *history)
{
    GPtrArray *summaries = history->plan->summaries;
    const RtSummary *summary = summaries->pdata[rt_rng_index(&history->rng, summaries->len)];
    RtGrain grain = rt_rng_index(&history->rng, RT_GRAINS);
    g_autofree char *name = NULL;
    g_autofree char *sql = NULL;

    if (summary->table[grain] == NULL)
        return TRUE;
    name = rt_database_quote(summary->table[grain]);
    sql = g_strdup_printf("DROP TABLE %s", name);
    history->store->run(history, sql);
    rt_retention_forget(history->retention, summary, grain);
    return rt_command_fair(history, "apply");
}

gboolean
rt_events_calm(RtHistory *history)
{
    static const char *const points[] = {"retention.due", "snapshot.taken", "turn.taken",
                                         "apply.before_commit", "apply.after_commit"};

    if (history->retention == NULL)
        return TRUE;
    if (!rt_retention_look(history, TRUE) ||
        (rt_rng_percent(&history->rng, 15) && !drop_a_table(history)) ||
        (rt_rng_percent(&history->rng, 80) && !rt_events_retention(history)))
        return FALSE;
    if (history->world->has[RT_KILLS] && rt_rng_percent(&history->rng, 60))
        rt_command_disturbed(history, "run --once",
                             points[rt_rng_index(&history->rng, G_N_ELEMENTS(points))]);
    return !rt_history_has_failed(history);
}

/* ---- Bad data ---- */

/* Writes `sql` with {t}, {c}, {k} filled in, for every used table that has an AMOUNT. */
static void
change_amounts(RtHistory *history, const char *sql)
{
    for (guint role = 0; role < RT_ROLES; role++) {
        const RtTable *table = history->world->tables[role];
        const RtColumn *column = rt_table_column(table, RT_AMOUNT, &history->rng);
        g_autoptr(GString) text = g_string_new(sql);

        if (!history->plan->uses[role] || column == NULL)
            continue;
        g_string_replace(text, "{t}", table->name, 0);
        g_string_replace(text, "{c}", column->name, 0);
        g_string_replace(text, "{k}", ((RtColumn *)table->columns->pdata[0])->name, 0);
        history->store->run(history, text->str);
    }
}

/* Only what change_amounts wrote is mended. */
static void
mend_amounts(RtHistory *history)
{
    for (guint role = 0; role < RT_ROLES; role++) {
        const RtTable *table = history->world->tables[role];

        for (guint i = 0; i < table->columns->len; i++) {
            const RtColumn *column = table->columns->pdata[i];
            g_autofree char *sql = g_strdup_printf("UPDATE %s SET %s = 1 WHERE %s = 'oops'",
                                                   table->name, column->name, column->name);

            if (column->kind == RT_AMOUNT)
                history->store->run(history, sql);
        }
    }
    history->has_bad_data = FALSE;
}

gboolean
rt_events_bad_data(RtHistory *history)
{
    g_autofree char *report = NULL;

    change_amounts(history,
                   "UPDATE {t} SET {c} = 'oops' WHERE {k} IN (SELECT {k} FROM {t} LIMIT 3)");
    history->has_bad_data = TRUE;
    if (!rt_quiet_settle(history))
        return FALSE;
    mend_amounts(history);
    if (rt_command(history, NULL, "run --once") < 0)
        return FALSE;
    /* A bucket that failed may wait for its next try; a person who mended the rows asks for it. */
    if (!history->store->compare(history, &report) &&
        rt_command(history, NULL, "rebuild --wait") < 0)
        return FALSE;
    history->is_failing = TRUE;
    return rt_quiet_settle(history);
}

void
rt_events_mend_zone(RtHistory *history)
{
    history->store->run(history, "UPDATE " RT_TENANTS_NAME " SET tz = 'Pacific/Apia'"
                                 " WHERE tz = 'Mars/Olympus_Mons'");
    history->has_bad_zone = FALSE;
}
