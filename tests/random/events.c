/* Events run while no writer does; commands and writers follow them. */
#include "events.h"

#include <string.h>

#include "commands.h"
#include "quiet.h"
#include "statements.h"
#include "tables.h"
#include "writer.h"

static const RtTable *
draw_used_table(RtHistory *history)
{
    for (;;) {
        RtRole role = rt_rng_index(&history->rng, RT_ROLES);

        if (history->plan->uses[role])
            return history->world->tables[role];
    }
}

static void
run_sql(RtHistory *history, const char *sql)
{
    g_autofree char *log = g_build_filename(history->directory, "events.sql", NULL);

    rt_writer_run(history->database, log, sql);
}

/* ---- Indexes ---- */

/* An index that is not unique changes the schema's version, but nothing that capture depends on. */
static void
change_indexes(RtHistory *history)
{
    const RtTable *table = draw_used_table(history);
    const RtColumn *column =
        table->columns->pdata[rt_rng_index(&history->rng, table->columns->len)];
    g_autofree char *sql = g_strdup_printf(
        "DROP INDEX IF EXISTS i_new; CREATE INDEX i_new ON %s(%s)", table->name, column->name);

    run_sql(history, sql);
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

/* The triggers go away with the old table, silently; `apply` must notice and make good. */
static void
swap_table(RtHistory *history)
{
    const RtTable *table = draw_used_table(history);
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
    run_sql(history, sql->str);
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
        g_autofree char *load =
            rt_statement_load(history->plan, table, table->keys + 1 + 20 * i, 20, &history->rng);
        g_autofree char *thin =
            g_strdup_printf("DELETE FROM %s WHERE rowid %% 5 = %u", table->name, i);

        run_sql(history, load);
        if (strstr(table->statements->pdata[0], "WITHOUT ROWID") == NULL)
            run_sql(history, thin);
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
        swap_table(history);
    if (has[RT_RELEASE] && rt_rng_percent(&history->rng, 60))
        return load_released(history);
    return TRUE;
}

gboolean
rt_events_after(RtHistory *history)
{
    if (!history->is_unguarded)
        return TRUE;
    if (history->has_bad_zone ? rt_command(history, NULL, "apply") < 0
                              : !rt_command_ok(history, NULL, "apply"))
        return FALSE;
    history->is_unguarded = FALSE;
    return TRUE;
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
        run_sql(history, text->str);
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
                run_sql(history, sql);
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
    if (!rt_quiet_compare(history, &report) && rt_command(history, NULL, "rebuild --wait") < 0)
        return FALSE;
    history->is_failing = TRUE;
    return rt_quiet_settle(history);
}

void
rt_events_mend_zone(RtHistory *history)
{
    run_sql(history, "UPDATE " RT_TENANTS_NAME " SET tz = 'Pacific/Apia'"
                     " WHERE tz = 'Mars/Olympus_Mons'");
    history->has_bad_zone = FALSE;
}
