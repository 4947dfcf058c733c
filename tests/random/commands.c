/* One row a command in `choices`, with how often it comes and what its exit code may say. */
#include "commands.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "buckets.h"
#include "store.h"
#include "values.h"

/* ---- Starting and judging ---- */

/* Arguments are one text with blanks between; only the spec's path may hold blanks itself. */
static RtProcess *
start(RtHistory *history, const char *arguments, const RtDisturbance *disturbance)
{
    g_autofree char *line = g_strdup_printf("--spec\n%s\n%s", history->spec, arguments);
    g_auto(GStrv) words = NULL;

    g_strdelimit(line + strlen("--spec\n") + strlen(history->spec) + 1, " ", '\n');
    words = g_strsplit(line, "\n", -1);
    history->report->counts[RT_COUNT_COMMANDS]++;
    return rt_process_start(&history->subject, history->directory, ++history->commands,
                            (const char *const *)words, disturbance);
}

/* Sanitizers and GLib's assertions may leave the exit code as it would be without them. */
static gboolean
has_crash_report(const char *errors)
{
    static const char *const signs[] = {"Sanitizer", "runtime error:", "CRITICAL", "ERROR:glib",
                                        "assertion"};

    for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
        if (strstr(errors, signs[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* What is paused is not repaired, and a job that there is not is not cancelled. */
static gboolean
is_answer_of_queue(const char *errors)
{
    return strstr(errors, "is paused") != NULL || strstr(errors, "there is no job") != NULL;
}

/* FALSE, and the history has failed: the process ended as no process may. */
static gboolean
ended_well(RtHistory *history, const RtProcess *process)
{
    g_autofree char *errors = rt_process_errors(process);
    gboolean may_be_killed = process->disturbance.kind == RT_STOP_KILL ||
                             process->disturbance.kind == RT_KILL_AT_A_MOMENT;

    history->report->counts[RT_COUNT_KILLS_SEEN] +=
        process->disturbance.kind == RT_STOP_KILL && process->signal == SIGKILL;
    history->report->counts[RT_COUNT_PAUSES_SEEN] += process->was_paused;
    if (process->timed_out)
        rt_history_fail(history, "%s: did not end", process->line);
    else if (process->signal != 0 && !(may_be_killed && process->signal == SIGKILL))
        rt_history_fail(history, "%s: ended by signal %d: %s", process->line, process->signal,
                        errors);
    else if (has_crash_report(errors) || process->exit_code > 3)
        rt_history_fail(history, "%s: exit %d: %s", process->line, process->exit_code, errors);
    else if (process->exit_code == 2 && !history->is_unguarded &&
             !is_answer_of_queue(errors)) /* then: `apply` must be run first */
        rt_history_fail(history, "%s: refused (exit 2): %s", process->line, errors);
    return !rt_history_has_failed(history);
}

static int
finish(RtHistory *history, RtProcess *process, char **ret_output)
{
    g_autoptr(GPtrArray) processes =
        g_ptr_array_new_with_free_func((GDestroyNotify)rt_process_free);

    g_ptr_array_add(processes, process);
    rt_process_wait(processes);
    if (ret_output != NULL)
        *ret_output = rt_process_output(process);
    return ended_well(history, process) ? process->exit_code : -1;
}

int
rt_command(RtHistory *history, char **ret_output, const char *arguments)
{
    return finish(history, start(history, arguments, NULL), ret_output);
}

char *
rt_command_errors(const RtHistory *history)
{
    g_autofree char *path = g_strdup_printf("%s/%03u.err", history->directory, history->commands);
    char *errors = NULL;

    return g_file_get_contents(path, &errors, NULL, NULL) ? errors : g_strdup("");
}

gboolean
rt_command_ok(RtHistory *history, char **ret_output, const char *arguments)
{
    g_autofree char *errors = NULL;
    int code = rt_command(history, ret_output, arguments);

    if (code <= 0)
        return code == 0;
    errors = rt_command_errors(history);
    rt_history_fail(history, "%03u %s: exit %d: %s%.2000s", history->commands, arguments, code,
                    errors, ret_output != NULL ? *ret_output : "");
    return FALSE;
}

gboolean
rt_command_fair(RtHistory *history, const char *arguments)
{
    int code;

    if (!history->has_bad_zone && !history->may_raise)
        return rt_command_ok(history, NULL, arguments);
    code = rt_command(history, NULL, arguments);
    if (code > 1)
        rt_history_fail(history, "%03u %s: exit %d", history->commands, arguments, code);
    return code == 0 || code == 1;
}

/* ---- Disturbances ---- */

static const char *const settle_points[] = {
    "snapshot.taken", "entries.taken",       "cells.computed",    "turn.taken",
    "cells.written",  "apply.before_commit", "apply.after_commit"};

/* Mostly at the first passage of the point, sometimes at a later one. */
static void
set_stop(RtDisturbance *disturbance, const char *point, const char *action, RtRng *rng)
{
    static const guint nth_weights[] = {60, 25, 10, 5};

    g_snprintf(disturbance->stop, sizeof disturbance->stop, "%s:%s:%u", point, action,
               1 + rt_rng_weighted(rng, nth_weights, G_N_ELEMENTS(nth_weights)));
}

/* What happens to one command, by the history's features; mostly nothing. `builds`: it goes through
 * the points of a build as well. */
static RtDisturbance
draw_disturbance(RtHistory *history, gboolean builds)
{
    RtRng *rng = &history->rng;
    RtDisturbance disturbance = {RT_RUN_ON, "", 0};
    const gboolean *has = history->world->has;
    const char *point = settle_points[rt_rng_index(rng, G_N_ELEMENTS(settle_points))];

    if (builds && rt_rng_percent(rng, 40))
        point = "build.chunk_done";
    if (has[RT_KILLS] && rt_rng_percent(rng, 30)) {
        disturbance.kind = RT_STOP_KILL;
        set_stop(&disturbance, point, "kill", rng);
    } else if (has[RT_KILLS] && rt_rng_percent(rng, 10)) {
        disturbance.kind = RT_KILL_AT_A_MOMENT;
        disturbance.after_us = rt_rng_between(rng, 500, 60000);
    } else if (has[RT_FAILS] && rt_rng_percent(rng, 25)) {
        disturbance.kind = RT_STOP_FAIL;
        set_stop(&disturbance, point, "fail", rng);
        history->is_failing = TRUE;
        history->report->counts[RT_COUNT_FAILS_ASKED]++;
    } else if (has[RT_PAUSES] && rt_rng_percent(rng, 35)) {
        disturbance.kind = RT_STOP_PAUSE;
        set_stop(&disturbance, point, "pause", rng);
        disturbance.after_us = rt_rng_between(rng, 5000, 150000);
    }
    history->report->counts[RT_COUNT_KILLS_ASKED] += disturbance.kind == RT_STOP_KILL;
    return disturbance;
}

void
rt_command_disturbed(RtHistory *history, const char *arguments, const char *stop_point)
{
    RtDisturbance disturbance = {RT_STOP_KILL, "", 0};

    set_stop(&disturbance, stop_point, "kill", &history->rng);
    history->report->counts[RT_COUNT_KILLS_ASKED]++;
    finish(history, start(history, arguments, &disturbance), NULL);
}

/* ---- Commands by chance ---- */

typedef struct {
    guint weight;
    RtFeature feature;   /* that the history must have; RT_FEATURES: none */
    const char *command; /* {date}, {dates}, {summary} are filled in */
    gboolean builds;
    gboolean may_yield; /* says so with exit 1 or 3 if another worker is at it */
    gboolean verifies;
} Choice;

static const Choice choices[] = {
    {100, RT_FEATURES, "run --once", .builds = FALSE},
    {12, RT_REPAIRS, "repair --days 3", .may_yield = TRUE},
    {12, RT_REPAIRS, "repair --date {date}", .may_yield = TRUE},
    {8, RT_REPAIRS, "repair --summary {summary} --from {from} --to {to}", .may_yield = TRUE},
    {5, RT_REPAIRS, "repair --from {from} --to {to} --dry-run", .may_yield = TRUE},
    {10, RT_REBUILDS, "rebuild --wait", .builds = TRUE, .may_yield = TRUE},
    {8, RT_REBUILDS, "rebuild --summary {summary} --wait", .builds = TRUE, .may_yield = TRUE},
    {10, RT_FEATURES, "verify", .verifies = TRUE},
    {4, RT_FEATURES, "status"},
    {12, RT_QUEUE, "rebuild"},
    {12, RT_QUEUE, "rebuild --summary {summary}"},
    {4, RT_QUEUE, "jobs cancel 1"},
    {14, RT_QUEUE, "pause --summary {summary} --timeout 0", .may_yield = TRUE},
    {4, RT_QUEUE, "pause --timeout 0", .may_yield = TRUE},
    {10, RT_QUEUE, "resume"},
    {3, RT_FEATURES, "apply", .builds = TRUE, .may_yield = TRUE},
};

static const Choice *
draw_choice(RtHistory *history)
{
    guint weights[G_N_ELEMENTS(choices)];

    for (guint i = 0; i < G_N_ELEMENTS(choices); i++) {
        RtFeature feature = choices[i].feature;
        gboolean is_known = feature != RT_QUEUE || history->options->mode == RT_TRUEUP;

        weights[i] = feature == RT_FEATURES || (is_known && history->world->has[feature])
                         ? choices[i].weight
                         : 0;
    }
    return &choices[rt_rng_weighted(&history->rng, weights, G_N_ELEMENTS(choices))];
}

/* Dates are drawn where rows are, so that repairs and changes meet. */
static char *
fill_in(RtHistory *history, const char *command)
{
    GPtrArray *summaries = history->plan->summaries;
    RtRng *rng = &history->rng;
    const RtSummary *summary = summaries->pdata[rt_rng_index(rng, summaries->len)];
    gint64 day =
        rt_floor_div(rt_value_instant(history->world, rng), G_GINT64_CONSTANT(86400000000));
    char from[RT_TEXT_BYTES], to[RT_TEXT_BYTES];
    GString *filled = g_string_new(command);

    rt_date_text(day, from);
    rt_date_text(day + rt_rng_between(rng, 0, 40), to);
    g_string_replace(filled, "{date}", from, 0);
    g_string_replace(filled, "{from}", from, 0);
    g_string_replace(filled, "{to}", to, 0);
    g_string_replace(filled, "{summary}", summary->name, 0);
    return g_string_free(filled, FALSE);
}

/* Whether something is the matter that makes exit 1 an honest answer. */
static gboolean
may_alarm(const RtHistory *history)
{
    return history->is_failing || history->is_unguarded || history->has_bad_zone ||
           history->has_bad_data;
}

/* verify counts pending changes in, so it finds nothing even while writers write; but not before
 * moved tenants are settled, nor where nothing is captured. The stand-in does not count at all. */
static gboolean
verify_may_differ(const RtHistory *history)
{
    const gboolean *has = history->world->has;

    return history->options->mode != RT_TRUEUP || !has[RT_STRICT_VERIFY] || has[RT_NO_CAPTURE] ||
           has[RT_TENANT_CHANGES] || history->may_raise;
}

/* Undisturbed commands must exit 0, but for the reasons named here. */
static gboolean
exit_is_right(const RtHistory *history, const Choice *choice, const RtProcess *process)
{
    if (process->exit_code == 0 || process->disturbance.kind == RT_STOP_FAIL ||
        process->signal != 0)
        return TRUE;
    if (choice->may_yield || strcmp(choice->command, "status") == 0 || process->exit_code == 2)
        return TRUE;
    if (choice->verifies && verify_may_differ(history))
        return process->exit_code == 1;
    return may_alarm(history) || (history->may_raise && process->exit_code == 1);
}

gboolean
rt_commands_resume(RtHistory *history)
{
    return !history->world->has[RT_QUEUE] || history->options->mode != RT_TRUEUP ||
           rt_command_ok(history, NULL, "resume");
}

void
rt_commands_by_chance(RtHistory *history)
{
    g_autoptr(GPtrArray) processes =
        g_ptr_array_new_with_free_func((GDestroyNotify)rt_process_free);
    const Choice *drawn[2];
    guint count = rt_rng_percent(&history->rng, 35) ? 2 : 1;
    pid_t cutter = 0;

    for (guint i = 0; i < count; i++) {
        RtDisturbance disturbance;
        g_autofree char *arguments = NULL;

        drawn[i] = draw_choice(history);
        disturbance = draw_disturbance(history, drawn[i]->builds);
        arguments = fill_in(history, drawn[i]->command);
        g_ptr_array_add(processes, start(history, arguments, &disturbance));
    }
    if (history->world->has[RT_CUTS] && history->options->mode == RT_TRUEUP &&
        rt_rng_percent(&history->rng, 40))
        cutter = history->store->cut(history, rt_rng_between(&history->rng, 5000, 300000));
    rt_process_wait(processes);
    if (cutter > 0)
        waitpid(cutter, NULL, 0);
    for (guint i = 0; i < count && !rt_history_has_failed(history); i++) {
        const RtProcess *process = processes->pdata[i];
        g_autofree char *errors = rt_process_errors(process);
        g_autofree char *output = rt_process_output(process);

        if (ended_well(history, process) && !(cutter > 0 && process->exit_code == 3) &&
            !exit_is_right(history, drawn[i], process))
            rt_history_fail(history, "%s: exit %d: %s%.2000s", process->line, process->exit_code,
                            errors, output);
    }
}
