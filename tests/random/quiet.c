/* The sentence that everything comes back to: when the writers pause and the pending changes are
 * settled, every cell of every summary equals what a fresh GROUP BY over the source gives. */
#include "quiet.h"

#include <string.h>

#include "commands.h"
#include "compare.h"

#define PATIENCE_US                                                                                \
    (25 * G_USEC_PER_SEC) /* for buckets that a stop point made fail to be tried again */

#define FALSIFY_TRIES 500 /* tables are drawn by chance, and most may be empty */

/* ---- Comparing ---- */

gboolean
rt_quiet_compare(RtHistory *history, char **ret_report)
{
    sqlite3 *db = rt_database_open(history->database);
    RtOracle *oracle;
    RtComparison comparison;
    gboolean is_equal;

    rt_database_run(db, "BEGIN");
    oracle = rt_oracle_new(db, history->plan);
    history->bad_tenants = history->has_bad_data ? rt_oracle_skip_bad_data(oracle) : 0;
    rt_compare(db, history->plan, oracle, &comparison);
    is_equal = comparison.wrong == 0 || history->bad_tenants < 0;
    history->report->counts[RT_COUNT_CELLS] += (guint64)comparison.cells;
    *ret_report = g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " cells wrong\n%s",
                                  comparison.wrong, comparison.cells, comparison.report->str);
    rt_comparison_clear(&comparison);
    rt_oracle_free(oracle);
    rt_database_run(db, "COMMIT");
    rt_database_close(db);
    return is_equal;
}

/* Entries in the logs and rows on the pending list: nothing may be left when all is settled. */
static gint64
count_pending(RtHistory *history)
{
    sqlite3 *db = rt_database_open(history->database);
    sqlite3_stmt *names = rt_database_prepare(
        db, "SELECT name FROM sqlite_master WHERE type = 'table' AND "
            "(name = 'trueup_pending' OR name LIKE 'trueup\\_change\\_%' ESCAPE '\\')");
    gint64 pending = 0;

    while (sqlite3_step(names) == SQLITE_ROW) {
        g_autofree char *quoted = rt_database_quote((const char *)sqlite3_column_text(names, 0));
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", quoted);

        pending += rt_database_number(db, sql);
    }
    sqlite3_finalize(names);
    rt_database_close(db);
    return pending;
}

/* ---- Settling ---- */

/* Something is wrong in the data on purpose: exit 1 and pending entries are then honest. */
static gboolean
alarm_is_right(const RtHistory *history)
{
    return history->has_bad_zone || history->has_bad_data;
}

gboolean
rt_quiet_settle(RtHistory *history)
{
    gint64 deadline_us = g_get_monotonic_time() + PATIENCE_US;

    for (;;) {
        int code = rt_command(history, NULL, "run --once");
        g_autofree char *report = NULL;
        gboolean is_equal;
        gint64 pending;

        if (code < 0)
            return FALSE;
        if (history->world->has[RT_NO_CAPTURE] && rt_command(history, NULL, "rebuild --wait") < 0)
            return FALSE;
        is_equal = rt_quiet_compare(history, &report);
        pending = count_pending(history);
        if (history->bad_tenants != 0 && code != 1)
            rt_history_fail(history, "there is text in summed columns, but run --once exits %d",
                            code);
        if (is_equal && (alarm_is_right(history) || (code == 0 && pending == 0))) {
            history->is_failing = FALSE;
            return !rt_history_has_failed(history);
        }
        /* Only after a failing stop point may something wait for its next try. */
        if (!history->is_failing || g_get_monotonic_time() > deadline_us) {
            rt_history_fail(
                history, "quiet point: run --once (%03u) exit %d, %" G_GINT64_FORMAT " pending, %s",
                history->commands, code, pending, report);
            return FALSE;
        }
        g_usleep(100000);
    }
}

/* ---- What trueup itself must say now ---- */

static gboolean
check_verify(RtHistory *history)
{
    g_autofree char *output = NULL;

    if (!rt_command_ok(history, &output, "--json verify"))
        return FALSE;
    if (history->options->mode == RT_TRUEUP && rt_json_number(output, "cells_drifted") != 0)
        rt_history_fail(history, "verify exits 0 but says %.500s", output);
    return !rt_history_has_failed(history);
}

/* Repairing what is right finds nothing and writes nothing. */
static gboolean
check_idle_rebuild(RtHistory *history)
{
    g_autofree char *output = NULL;

    if (!rt_command_ok(history, &output, "--json rebuild --wait"))
        return FALSE;
    if (history->options->mode == RT_TRUEUP && (rt_json_number(output, "cells_drifted") != 0 ||
                                                rt_json_number(output, "cells_written") != 0))
        rt_history_fail(history, "a rebuild of right cells says %.500s", output);
    return !rt_history_has_failed(history);
}

static gboolean
check_status(RtHistory *history)
{
    g_autofree char *output = NULL;

    if (!rt_command_ok(history, &output, "--json status"))
        return FALSE;
    for (const char *at = strstr(output, "\"pending\""); at != NULL;
         at = strstr(at + 1, "\"pending\""))
        if (rt_json_number(at, "pending") > 0)
            rt_history_fail(history, "nothing is pending, but status says %.800s", output);
    return !rt_history_has_failed(history);
}

/* ---- Falsified cells ---- */

/* Deletes the cells of a table's last bucket, or changes a measure of its first. */
static char *
tampering_sql(RtHistory *history)
{
    GPtrArray *summaries = history->plan->summaries;
    const RtSummary *summary = summaries->pdata[rt_rng_index(&history->rng, summaries->len)];
    guint grain = rt_rng_index(&history->rng, RT_GRAINS);
    g_autofree char *bucket = rt_database_quote(summary->bucket_column);
    g_autofree char *measure = rt_database_quote(summary->measures->pdata[0]);
    g_autofree char *table = NULL;

    while (summary->table[grain] == NULL)
        grain = (grain + 1) % RT_GRAINS;
    table = rt_database_quote(summary->table[grain]);
    if (rt_rng_percent(&history->rng, 40))
        return g_strdup_printf("DELETE FROM %s WHERE %s = (SELECT max(%s) FROM %s)", table, bucket,
                               bucket, table);
    return g_strdup_printf("UPDATE %s SET %s = CASE WHEN %s IS 5 THEN 6 ELSE 5 END"
                           " WHERE %s = (SELECT min(%s) FROM %s)",
                           table, measure, measure, bucket, bucket, table);
}

/* Falsifies cells of a table; answers how many. */
static int
tamper(RtHistory *history)
{
    g_autofree char *sql = tampering_sql(history);
    sqlite3 *db = rt_database_open(history->database);
    int changed;

    rt_database_run(db, sql);
    changed = sqlite3_changes(db);
    rt_database_close(db);
    return changed;
}

/* verify must see falsified cells, a rebuild must mend them. */
static gboolean
check_tampering(RtHistory *history)
{
    g_autofree char *report = NULL;
    int code;

    if (tamper(history) == 0)
        return TRUE; /* an empty summary */
    code = rt_command(history, NULL, "verify");
    if (code >= 0 && code != 1)
        rt_history_fail(history, "cells were falsified, but verify exits %d", code);
    if (code != 1 || !rt_command_ok(history, NULL, "rebuild --wait"))
        return FALSE;
    if (!rt_quiet_compare(history, &report))
        rt_history_fail(history, "after a rebuild: %s", report);
    return !rt_history_has_failed(history);
}

/* For the self-test: the comparison itself must notice one wrong table. */
static void
falsify_once(RtHistory *history)
{
    for (guint i = 0; i < FALSIFY_TRIES && !history->is_mutated; i++)
        history->is_mutated = tamper(history) > 0;
}

gboolean
rt_quiet_point(RtHistory *history, gboolean is_last)
{
    RtRng *rng = &history->rng;
    g_autofree char *report = NULL;

    history->report->counts[RT_COUNT_QUIET_POINTS]++;
    if (!rt_quiet_settle(history))
        return FALSE;
    if (history->options->mode == RT_MUTATED && !history->is_mutated) {
        falsify_once(history);
        if (!rt_quiet_compare(history, &report))
            rt_history_fail(history, RT_FOUND_FALSIFIED ": %s", report);
        return !rt_history_has_failed(history);
    }
    if (alarm_is_right(history))
        return TRUE;
    if ((is_last || rt_rng_percent(rng, 30)) && !check_verify(history))
        return FALSE;
    if (rt_rng_percent(rng, 12) && !check_idle_rebuild(history))
        return FALSE;
    if (rt_rng_percent(rng, 12) && !check_status(history))
        return FALSE;
    if (history->world->has[RT_TAMPERED_CELL] && !check_tampering(history))
        return FALSE;
    return TRUE;
}
