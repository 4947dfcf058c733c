/* The sentence that everything comes back to: when the writers pause and the pending changes are
 * settled, every cell of every summary equals what a fresh GROUP BY over the source gives. */
#include "quiet.h"

#include <string.h>

#include "commands.h"
#include "database.h"
#include "events.h"
#include "raising.h"
#include "retention.h"
#include "store.h"

#define PATIENCE_US                                                                                \
    (25 * G_USEC_PER_SEC) /* for buckets that a stop point made fail to be tried again */

#define FALSIFY_TRIES 500 /* tables are drawn by chance, and most may be empty */

/* ---- Settling ---- */

/* Something is wrong in the data on purpose: exit 1 and pending entries are then honest. */
static gboolean
alarm_is_right(const RtHistory *history)
{
    return history->has_bad_zone || history->has_bad_data || history->failing > 0;
}

/* TRUE if all cells are right; then what is sealed stays as it is. */
static gboolean
compare(RtHistory *history, char **ret_report)
{
    gboolean is_right;

    if (history->retention != NULL && !rt_retention_look(history, FALSE)) {
        *ret_report = g_strdup("");
        return FALSE;
    }
    is_right = history->store->compare(history, ret_report);
    rt_retention_commit(history->retention, is_right);
    return is_right;
}

gboolean
rt_quiet_settle(RtHistory *history)
{
    gint64 deadline_us = g_get_monotonic_time() + PATIENCE_US;

    for (;;) {
        int code = rt_command(history, NULL, "run --once");
        g_autofree char *errors = rt_command_errors(history);
        g_autofree char *report = NULL;
        gboolean is_equal;
        gint64 pending;

        if (code < 0)
            return FALSE;
        if (history->world->has[RT_NO_CAPTURE] && rt_command(history, NULL, "rebuild --wait") < 0)
            return FALSE;
        is_equal = compare(history, &report);
        pending = history->store->count_pending(history);
        /* What is not captured is only looked at when its window is due. */
        if (history->bad_tenants != 0 && code != 1 && !history->world->has[RT_NO_CAPTURE])
            rt_history_fail(history, "there is text in summed columns, but run --once exits %d",
                            code);
        if (is_equal && (alarm_is_right(history) || (code == 0 && pending == 0))) {
            history->is_failing = FALSE;
            return !rt_history_has_failed(history);
        }
        /* Something may wait for its next try only after a failing stop point, or where a row
         * raised that a database met on its way to other buckets: no change of theirs says when it
         * is gone. */
        if ((!history->is_failing && !history->may_raise) || g_get_monotonic_time() > deadline_us) {
            rt_history_fail(history,
                            "quiet point: run --once (%03u) exit %d, %" G_GINT64_FORMAT
                            " pending, %s%s",
                            history->commands, code, pending, report, errors);
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

    int code = rt_command(history, &output, "--json status");
    /* A run that was killed is told of until there is another. */
    gboolean may_alarm = code == 1 && strstr(output, "its process died") != NULL &&
                         (history->world->has[RT_KILLS] || history->world->has[RT_CUTS]);

    if (code < 0)
        return FALSE;
    if (code != 0 && !may_alarm)
        rt_history_fail(history, "%03u status: exit %d: %.2000s", history->commands, code, output);
    for (const char *at = strstr(output, "\"pending\""); at != NULL;
         at = strstr(at + 1, "\"pending\""))
        if (rt_json_number(at, "pending") > 0)
            rt_history_fail(history, "nothing is pending, but status says %.800s", output);
    return !rt_history_has_failed(history);
}

/* ---- Falsified cells ---- */

/* A server's columns have types: of a minimum or maximum it may be a text's or a time's. */
static gboolean
may_be_5(const RtHistory *history, const RtSummary *summary)
{
    const RtSeries *series = summary->series->pdata[0];
    const RtMeasure *measure = series->measures->pdata[0];

    return history->options->kind == RT_SQLITE ||
           (strcmp(measure->kind, "min") != 0 && strcmp(measure->kind, "max") != 0);
}

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
    if (rt_rng_percent(&history->rng, 40) || !may_be_5(history, summary))
        return g_strdup_printf("DELETE FROM %s WHERE %s = (SELECT max(%s) FROM %s)", table, bucket,
                               bucket, table);
    return g_strdup_printf("UPDATE %s SET %s = CASE WHEN %s = 5 THEN 6 ELSE 5 END"
                           " WHERE %s = (SELECT min(%s) FROM %s)",
                           table, measure, measure, bucket, bucket, table);
}

/* Falsifies cells of a table; answers how many. */
static gint64
tamper(RtHistory *history)
{
    g_autofree char *sql = tampering_sql(history);

    return history->store->run(history, sql);
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
    if (!compare(history, &report))
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
    if (!rt_events_calm(history) || !rt_quiet_settle(history))
        return FALSE;
    /* What failed is right again when its rows are, and nothing else was needed. (A transaction
     * that is held open may have them locked; at the last quiet point none is.) */
    if (history->failing > 0 && history->held == NULL && (is_last || rt_rng_percent(rng, 50))) {
        rt_raising_mend(history);
        if (!rt_quiet_settle(history))
            return FALSE;
    }
    if (history->retention != NULL && !alarm_is_right(history))
        rt_retention_check(history);
    if (history->options->mode == RT_MUTATED && !history->is_mutated) {
        falsify_once(history);
        if (!history->store->compare(history, &report))
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
    if (rt_history_has_failed(history))
        return FALSE;
    /* What is sealed is neither verified nor mended. */
    if (history->world->has[RT_TAMPERED_CELL] && !history->world->has[RT_SEALED] &&
        !check_tampering(history))
        return FALSE;
    return TRUE;
}
