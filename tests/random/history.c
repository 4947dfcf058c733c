/* The course of one history, from its seed to its report. */
#include "history.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "commands.h"
#include "events.h"
#include "naive.h"
#include "quiet.h"
#include "raising.h"
#include "retention.h"
#include "store.h"
#include "writer.h"

#define WRITERS_MAX 3
#define WRITERS_DEADLINE_US (120 * G_USEC_PER_SEC)

/* ---- Failing ---- */

gboolean
rt_history_has_failed(const RtHistory *history)
{
    return history->report->outcome == RT_FAILED;
}

void
rt_history_fail(RtHistory *history, const char *format, ...)
{
    va_list arguments;

    if (rt_history_has_failed(history))
        return;
    va_start(arguments, format);
    g_vsnprintf(history->report->message, sizeof history->report->message, format, arguments);
    va_end(arguments);
    history->report->outcome = RT_FAILED;
}

/* ---- What the history is made of ---- */

static void
count_source(RtReport *report, const RtSource *source)
{
    static const RtCount by_tables[] = {RT_COUNT_SINGLE_TABLE, RT_COUNT_JOIN_2, RT_COUNT_JOIN_3,
                                        RT_COUNT_JOIN_4};
    const RtJoin *first = source->joins->pdata[0];

    report->counts[by_tables[source->joins->len - 1]] = 1;
    report->counts[RT_COUNT_UNIT + source->unit] = 1;
    for (guint i = 1; i < source->joins->len; i++) {
        const RtJoin *join = source->joins->pdata[i];

        if (join->is_left)
            report->counts[RT_COUNT_LEFT_JOIN] = 1;
        if (join->role == first->role)
            report->counts[RT_COUNT_SELF_JOIN] = 1;
    }
}

static void
count_summary(RtReport *report, const RtSummary *summary)
{
    static const char *const kinds[] = {"count", "sum", "min", "max", "avg", "count_distinct"};
    const RtSeries *series = summary->series->pdata[0];

    report->counts[summary->is_long ? RT_COUNT_LONG : RT_COUNT_WIDE] = 1;
    report->counts[summary->dimensions->len > 0 ? RT_COUNT_DIMENSIONS : RT_COUNT_NO_DIMENSION] = 1;
    for (guint grain = 0; grain < RT_GRAINS; grain++)
        if (summary->grains >> grain & 1)
            report->counts[RT_COUNT_GRAIN + grain] = 1;
    for (guint i = 0; i < series->measures->len; i++)
        for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
            if (strcmp(((RtMeasure *)series->measures->pdata[i])->kind, kinds[kind]) == 0)
                report->counts[RT_COUNT_MEASURE + kind] = 1;
}

static void
count_zones(RtHistory *history)
{
    const RtWorld *world = history->world;
    guint zones = world->has[RT_TENANTS_TABLE] ? world->zones->len : 1;

    for (guint i = 0; i < MIN(zones, RT_REPORT_ZONES); i++)
        g_strlcpy(history->report->zones[i], ((RtZone *)world->zones->pdata[i])->name,
                  sizeof history->report->zones[i]);
    if (!world->has[RT_TENANTS_TABLE])
        history->report
            ->counts[history->plan->has_tenant ? RT_COUNT_FIXED_ZONE : RT_COUNT_NO_TENANT] = 1;
    else
        history->report->counts[zones == 1   ? RT_COUNT_TENANTS_1
                                : zones <= 8 ? RT_COUNT_TENANTS_8
                                             : RT_COUNT_TENANTS_40] = 1;
}

static gboolean
shares_a_table(const RtPlan *plan)
{
    guint seen[RT_ROLES] = {0};

    for (guint i = 0; i < plan->sources->len; i++) {
        const RtSource *source = plan->sources->pdata[i];

        for (guint j = 0; j < source->joins->len; j++) {
            RtRole role = ((RtJoin *)source->joins->pdata[j])->role;

            if (seen[role] != 0 && seen[role] != i + 1)
                return TRUE;
            seen[role] = i + 1;
        }
    }
    return FALSE;
}

static void
count_plan(RtHistory *history)
{
    const RtPlan *plan = history->plan;
    RtReport *report = history->report;

    report->counts[RT_COUNT_SOURCES_1 + plan->sources->len - 1] = 1;
    report->counts[RT_COUNT_SHARED_TABLE] = shares_a_table(plan);
    for (guint i = 0; i < plan->sources->len; i++)
        count_source(report, plan->sources->pdata[i]);
    for (guint i = 0; i < plan->summaries->len; i++)
        count_summary(report, plan->summaries->pdata[i]);
    for (guint role = 0; role < RT_ROLES; role++)
        if (plan->uses[role] &&
            strstr(history->world->tables[role]->statements->pdata[0], "WITHOUT ROWID") != NULL)
            report->counts[RT_COUNT_WITHOUT_ROWID] = 1;
    count_zones(history);
}

static void
describe(RtHistory *history)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text,
                           "%u sources, %u summaries, %u tenants:", history->plan->sources->len,
                           history->plan->summaries->len, history->world->tenants->len);
    for (guint i = 0; i < RT_FEATURES; i++)
        if (history->world->has[i])
            g_string_append_printf(text, " %s", rt_feature_name(i));
    g_strlcpy(history->report->summary, text->str, sizeof history->report->summary);
}

/* ---- Writers ---- */

static GArray *
start_writers(RtHistory *history)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    gboolean is_server = history->options->kind != RT_SQLITE;
    guint count = (guint)rt_rng_between(&history->rng, 1 + is_server, WRITERS_MAX + is_server);

    for (guint i = 0; i < count; i++) {
        guint transactions = (guint)rt_rng_between(&history->rng, 2, 14);
        g_autofree char *log =
            g_strdup_printf("%s/writer-%02u.sql", history->directory, ++history->writers);
        pid_t pid =
            history->store->start_writer(history, log, transactions, rt_rng_split(&history->rng));

        history->report->counts[RT_COUNT_WRITERS]++;
        history->report->counts[RT_COUNT_TRANSACTIONS] += transactions;
        g_array_append_val(pids, pid);
    }
    return pids;
}

/* Writers end well, or kill themselves where the history has that. */
static void
judge_writer(RtHistory *history, int status)
{
    gboolean may_die = history->world->has[RT_WRITER_CRASHES];

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    if (may_die && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == RT_WRITER_BAD_EXIT)
        rt_history_fail(history, "a writer met an error: grep 'MET AN ERROR' writer-*.sql");
    else
        rt_history_fail(history, "a writer ended with status %d", status);
}

/* Takes leave of the writers that have ended; FALSE when none is left. */
static gboolean
writers_run(GArray *pids, RtHistory *history)
{
    for (guint i = 0; i < pids->len; i++) {
        pid_t pid = g_array_index(pids, pid_t, i);
        int status;

        if (waitpid(pid, &status, WNOHANG) != pid)
            continue;
        judge_writer(history, status);
        g_array_remove_index_fast(pids, i--);
    }
    return pids->len > 0;
}

static void
await_writers(RtHistory *history, GArray *pids)
{
    gint64 deadline_us = g_get_monotonic_time() + WRITERS_DEADLINE_US;

    while (writers_run(pids, history)) {
        if (g_get_monotonic_time() > deadline_us) {
            rt_history_fail(history, "the writers did not end");
            for (guint i = 0; i < pids->len; i++)
                kill(g_array_index(pids, pid_t, i), SIGKILL);
        }
        g_usleep(1000);
    }
}

/* ---- Phases ---- */

/* With the feature crashed-apply it is killed on its way first, and then run again. */
static gboolean
first_apply(RtHistory *history)
{
    if (history->world->has[RT_CRASHED_APPLY])
        rt_command_disturbed(history, "apply",
                             rt_rng_percent(&history->rng, 40) ? "capture.before_commit"
                                                               : "build.chunk_done");
    if (rt_history_has_failed(history))
        return FALSE;
    return rt_command_fair(history, "apply");
}

/* Commands run as long as the writers do, or a few of them, whichever ends first. */
static void
run_commands(RtHistory *history, GArray *pids)
{
    guint rounds = (guint)rt_rng_between(&history->rng, 1, 5);

    for (guint i = 0; i < rounds && !rt_history_has_failed(history); i++) {
        rt_commands_by_chance(history);
        if (!writers_run(pids, history))
            break;
    }
}

/* A transaction may be open meanwhile: what it changed belongs to the next phase. */
static gboolean
run_quiet_point(RtHistory *history, gboolean is_last)
{
    gboolean holds = history->world->has[RT_HELD_TRANSACTIONS] && !is_last;
    gboolean is_right;

    if (holds)
        history->store->hold(history);
    is_right = rt_quiet_point(history, is_last);
    if (holds)
        history->store->let_go(history);
    return is_right;
}

/* One phase: writers and commands at the same time, then a quiet point. Where writers are there
 * before apply, no event comes in between. */
static gboolean
run_phase(RtHistory *history, gboolean is_first, gboolean is_last)
{
    g_autoptr(GArray) pids = NULL;
    gboolean applies = is_first && history->world->has[RT_APPLY_UNDER_WRITERS];

    if (is_first && !applies && !first_apply(history))
        return FALSE;
    if (!applies && !rt_events_before(history))
        return FALSE;
    if (history->retention != NULL && !is_first && rt_rng_percent(&history->rng, 25) &&
        !rt_events_retention(history))
        return FALSE;
    pids = start_writers(history);
    if (applies)
        first_apply(history);
    run_commands(history, pids);
    await_writers(history, pids);
    return !rt_history_has_failed(history) && rt_commands_resume(history) &&
           rt_events_after(history) && run_quiet_point(history, is_last);
}

static void
run_phases(RtHistory *history)
{
    /* A zone that is mended must be seen to count afterwards. */
    guint phases = (guint)rt_rng_between(&history->rng, history->has_bad_zone ? 2 : 1, 3);

    for (guint i = 0; i < phases; i++) {
        if (!run_phase(history, i == 0, i + 1 == phases))
            return;
        if (history->has_bad_zone && i + 2 >= phases)
            rt_events_mend_zone(history);
    }
    if (history->world->has[RT_BAD_DATA])
        rt_events_bad_data(history);
}

/* ---- Setting up and clearing away ---- */

static void
write_text(const RtHistory *history, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(history->directory, name, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_file_set_contents(path, text, -1, &error))
        g_error("%s", error->message);
}

static void
remove_directory(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *entry;

    while (directory != NULL && (entry = g_dir_read_name(directory)) != NULL) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        g_unlink(file);
    }
    g_rmdir(path);
}

char *
rt_history_name(const RtOptions *options, guint index)
{
    static const char *const prefixes[RT_KINDS] = {"", "postgresql-", "mariadb-"};

    return g_strdup_printf("history-%s%" G_GUINT64_FORMAT "-%u", prefixes[options->kind],
                           options->seed, index);
}

char *
rt_history_database_name(const RtHistory *history)
{
    return g_strdup_printf("rt_%" G_GUINT64_FORMAT "_%u", history->options->seed,
                           history->report->index);
}

void
rt_history_write_spec(RtHistory *history)
{
    RtRng rng = history->yaml_rng;
    g_autofree char *yaml = rt_plan_yaml(history->plan, history->locator, &rng);

    write_text(history, "trueup.yaml", yaml);
}

/* What is sealed keeps the clock that it was sealed with, and nobody mends it: a tenant that moves,
 * and data that is mended, are not for these histories. */
static void
set_up_retention(RtHistory *history)
{
    gboolean *has = history->world->has;

    if (has[RT_SEALED])
        has[RT_TENANT_CHANGES] = has[RT_BAD_ZONE] = FALSE;
    if (has[RT_SEALED] || has[RT_KEEP])
        has[RT_BAD_DATA] = has[RT_RAISING] = FALSE;
    if ((has[RT_SEALED] || has[RT_KEEP]) && history->options->mode == RT_TRUEUP) {
        history->retention = rt_retention_new(history->plan);
        rt_retention_draw(history->plan, &history->rng);
    }
}

static void
set_up(RtHistory *history, guint index)
{
    g_autofree char *name = rt_history_name(history->options, index);

    history->directory = g_build_filename(history->options->keep, name, NULL);
    history->store = history->options->kind == RT_SQLITE ? &rt_store_sqlite : &rt_store_server;
    history->locator = history->store->locate(history);
    history->spec = g_build_filename(history->directory, "trueup.yaml", NULL);
    remove_directory(history->directory); /* of an earlier run of the same seed */
    if (g_mkdir_with_parents(history->directory, 0700) != 0)
        g_error("cannot make %s: %s", history->directory, g_strerror(errno));
    history->world = rt_world_new(history->options->kind, &history->rng, history->options->force,
                                  history->options->now_s);
    history->plan = rt_plan_new(history->world, &history->rng);
    if (history->world->has[RT_CONTROL_SCHEMA]) {
        g_autofree char *own = rt_history_database_name(history);

        history->plan->control_schema = g_strconcat(own, "_control", NULL);
    }
    history->has_bad_zone = history->world->has[RT_BAD_ZONE] &&
                            history->world->has[RT_TENANTS_TABLE] &&
                            !history->world->has[RT_TENANT_CHANGES];
    history->world->has[RT_BAD_ZONE] = history->has_bad_zone;
    history->yaml_rng = rt_rng_split(&history->rng);
    set_up_retention(history);
    if (history->world->has[RT_RAISING])
        rt_raising_draw(history->plan, &history->rng);
    history->may_raise = rt_raising_is_planned(history->plan);
    rt_history_write_spec(history);
    history->store->load(history);
    count_plan(history);
    describe(history);
}

/* A failing history's files stay. */
static void
clear_away(RtHistory *history)
{
    if (rt_history_has_failed(history)) {
        write_text(history, "failure.txt", history->report->message);
    } else {
        history->report->outcome = RT_PASSED;
    }
    if (history->report->outcome == RT_PASSED || history->options->mode == RT_MUTATED)
        remove_directory(history->directory);
    if (history->report->outcome == RT_PASSED || !history->options->keeps_databases)
        history->store->drop(history);
    rt_retention_free(history->retention);
    rt_plan_free(history->plan);
    rt_world_free(history->world);
    g_free(history->directory);
    g_free(history->database);
    g_free(history->spec);
    g_free(history->locator);
}

void
rt_history_run(const RtOptions *options, guint index, RtReport *report)
{
    gint64 started_us = g_get_monotonic_time();
    /* Neighbouring seeds and indexes must not give neighbouring streams. */
    RtRng root = rt_rng_new(options->seed * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + index);
    RtHistory history = {.options = options, .report = report, .rng = rt_rng_split(&root)};

    history.subject =
        (RtSubject){options->mode == RT_TRUEUP ? options->trueup : NULL, rt_naive_play, &history};
    set_up(&history, index);
    run_phases(&history);
    if (options->mode == RT_MUTATED && !history.is_mutated)
        rt_history_fail(&history, RT_NOTHING_TO_FALSIFY);
    clear_away(&history);
    report->seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
}
