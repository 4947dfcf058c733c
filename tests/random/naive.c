/* The stand-in rewrites all summaries at every command, in one transaction. */
#include "naive.h"

#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "store.h"

static void
append_name(GString *sql, const char *name, const char *after)
{
    g_autofree char *quoted = rt_database_quote(name);

    g_string_append_printf(sql, "%s%s", quoted, after);
}

/* The columns without types: values keep their own. */
static void
create_table(sqlite3 *db, const RtPlan *plan, const RtSummary *summary, RtGrain grain)
{
    g_autoptr(GString) sql = g_string_new("CREATE TABLE IF NOT EXISTS ");

    append_name(sql, summary->table[grain], " (");
    if (summary->is_long)
        append_name(sql, summary->series_column, ", ");
    if (plan->has_tenant)
        append_name(sql, summary->tenant_column, ", ");
    append_name(sql, summary->bucket_column, "");
    for (guint i = 0; i < summary->dimensions->len; i++) {
        g_string_append(sql, ", ");
        append_name(sql, summary->dimensions->pdata[i], "");
    }
    for (guint i = 0; i < summary->measures->len; i++) {
        g_string_append(sql, ", ");
        append_name(sql, summary->measures->pdata[i], "");
    }
    g_string_append_c(sql, ')');
    rt_database_run(db, sql->str);
}

static void
fill_table(sqlite3 *db, const RtOracle *oracle, const RtSummary *summary, RtGrain grain)
{
    g_autofree char *table = rt_database_quote(summary->table[grain]);
    g_autofree char *empty = g_strdup_printf("DELETE FROM %s", table);

    rt_database_run(db, empty);
    for (guint i = 0; i < summary->series->len; i++) {
        g_autofree char *query = rt_oracle_query(oracle, summary, summary->series->pdata[i], grain);
        g_autofree char *fill = g_strdup_printf("INSERT INTO %s %s", table, query);

        rt_database_run(db, fill);
    }
}

int
rt_naive_fill(RtHistory *history)
{
    sqlite3 *db = rt_database_open(history->database);
    g_autoptr(RtOracle) oracle = NULL;
    guint bad_zones;

    rt_database_run(db, "BEGIN IMMEDIATE");
    oracle = rt_oracle_new(db, history->plan);
    bad_zones = rt_oracle_bad_zones(oracle);
    for (guint i = 0; i < history->plan->summaries->len; i++) {
        const RtSummary *summary = history->plan->summaries->pdata[i];

        for (guint grain = 0; grain < RT_GRAINS; grain++) {
            if (summary->table[grain] == NULL)
                continue;
            create_table(db, history->plan, summary, grain);
            fill_table(db, oracle, summary, grain);
        }
    }
    rt_database_run(db, "COMMIT");
    rt_database_close(db);
    return bad_zones > 0;
}

int
rt_naive_play(gpointer data, const char *const *arguments)
{
    RtHistory *history = data;
    g_autofree char *report = NULL;

    for (; *arguments != NULL; arguments++) {
        if (strcmp(*arguments, "verify") == 0)
            return !history->store->compare(history, &report);
        if (strcmp(*arguments, "status") == 0 || strcmp(*arguments, "release") == 0 ||
            strcmp(*arguments, "--dry-run") == 0)
            return 0;
    }
    return history->store->fill(history);
}
