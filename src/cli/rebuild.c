/*
 * `trueup rebuild`: history counted anew. Without --wait it is a job in the queue; with it, who
 * does it depends on whether a daemon is there:
 *
 *   a daemon is at work ──▶ a job, and this process waits for its end
 *   none                ──▶ asked for as `apply` asks (trueup_build), and done here
 */
#include <stdio.h>

#include "cli/output.h"
#include "cli/queue.h"
#include "cli/sealed.h"
#include "cli/wait_job.h"
#include "cli/work.h"
#include "keep/build/build.h"
#include "keep/jobs/chores.h"
#include "keep/keyed/keyed.h"
#include "keep/build/repair.h"
#include "keep/tenants/tenant_named.h"
#include "work/pause.h"
#include "work/runs.h"

/* Of the run log, to find those of one job. */
#define RUNS_READ 1000

typedef struct {
    const char *summary; /* NULL: all of the group */
    const char *tenant;
    guint n_asked; /* groups whose request is noted: the first of them, in order */
} Wanted;

static gboolean
check_pause(const GPtrArray *pauses, const TuSummaryModel *summary, GError **error)
{
    if (pauses == NULL || tu_pauses_find(pauses, summary->spec->name) == NULL)
        return TRUE;
    g_set_error(
        error, TU_ERROR, TU_ERROR_USAGE,
        "summary %s is paused: run `trueup resume` first, or queue the rebuild without --wait",
        summary->spec->name);
    return FALSE;
}

/* Notes the request, so that whoever works next goes on with it if this process dies. */
static gboolean
ask(TuKeeper *keeper, TuGroup *group, const Wanted *wanted, GError **error)
{
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuValue tenant = TU_NULL_VALUE;
    for (guint i = 0; i < group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        if (wanted->summary == NULL || g_str_equal(wanted->summary, summary->spec->name))
            g_ptr_array_add(summaries, summary);
    }
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        (wanted->tenant != NULL && !tu_tenant_named(&snapshot, wanted->tenant, &tenant, error)))
        return FALSE;
    tu_snapshot_end(&snapshot);
    for (guint i = 0; i < summaries->len; i++)
        if (!check_pause(snapshot.pauses, g_ptr_array_index(summaries, i), error))
            return FALSE;
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_build_ask(keeper, summaries, &tenant, FALSE, "rebuild", error) &&
           tu_transaction_commit(&txn, error);
}

/* One that is paused is said, and holds up no other, unless it is asked for by its name. */
static gboolean
rebuild_keyed(TuKeeper *keeper, const TuKeyedModel *keyed, const Wanted *wanted, TuResult *result,
              GError **error)
{
    g_autoptr(GPtrArray) pauses = NULL;
    const char *name = keyed->spec->name;
    if (wanted->summary != NULL && !g_str_equal(wanted->summary, name))
        return TRUE;
    if (!tu_pauses_read(keeper->db, &pauses, error))
        return FALSE;
    if (wanted->summary == NULL && tu_pauses_find(pauses, name) != NULL) {
        g_autofree char *text = g_strdup_printf(
            "summary %s is paused, so it was not rebuilt: run `trueup resume`, then "
            "`trueup rebuild --summary %s`",
            name, name);
        tu_result_fail(result, name, NULL, text);
        return TRUE;
    }
    return tu_keyed_repair(keeper, keyed, "rebuild", NULL, NULL, FALSE, result, error);
}

/* A group is asked for once, however often its lock was given back and taken again meanwhile. */
static gboolean
rebuild(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    Wanted *wanted = data;
    if (!tu_runs_close_dead(keeper, error) || !tu_settle_group(keeper, group, result, error) ||
        (group->index >= wanted->n_asked && !ask(keeper, group, wanted, error)))
        return FALSE;
    wanted->n_asked = MAX(wanted->n_asked, group->index + 1);
    for (guint i = 0; i < group->keyed->len && wanted->tenant == NULL; i++)
        if (!rebuild_keyed(keeper, g_ptr_array_index(group->keyed, i), wanted, result, error))
            return FALSE;
    return tu_build_group(keeper, group, NULL, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

/* The queue takes only what can be done: who asks learns of a mistake now. */
static gboolean
check_tenant(TuSession *session, const TuSummaryModel *summary, const char *tenant, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    TuGroup *group =
        summary != NULL ? summary->group : g_ptr_array_index(session->model->groups, 0);
    TuValue value = TU_NULL_VALUE;
    return tenant == NULL || (tu_snapshot_begin(&snapshot, &session->keeper, group, error) &&
                              tu_tenant_named(&snapshot, tenant, &value, error));
}

/* The same wish twice is one job: *ret_is_new tells. */
static gboolean
ask_for_job(TuSession *session, const TuSummaryModel *summary, const char *name, const char *tenant,
            TuJob **ret_job, gboolean *ret_is_new, GError **error)
{
    g_autofree char *asker = tu_queue_asker();
    gint64 id = 0;
    const TuJobWish wish = {.kind = "rebuild",
                            .summary = name,
                            .tenant = tenant,
                            .from = G_MININT32,
                            .to = G_MAXINT32,
                            .requested_by = asker};
    return check_tenant(session, summary, tenant, error) &&
           tu_job_ask(session->db, &wish, &id, ret_is_new, error) &&
           tu_job_read(session->db, id, ret_job, error);
}

/* What becomes of it is not waited for. */
static int
queue(const TuContext *context, TuSession *session, const TuSummaryModel *summary, const char *name,
      const char *tenant, GError **error)
{
    g_autoptr(TuJob) job = NULL;
    gboolean is_new = FALSE;
    if (!ask_for_job(session, summary, name, tenant, &job, &is_new, error))
        return -1;
    if (context->as_json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        tu_queue_add_job(builder, job);
        tu_output_json(builder);
        return TU_EXIT_DONE;
    }
    printf("%s: job %" G_GINT64_FORMAT
           ": `trueup run` does it, or `trueup run --once`; see `trueup "
           "jobs`\n",
           is_new ? "queued" : "queued already", job->id);
    return TU_EXIT_DONE;
}

/* ---- waiting for the daemon ---- */

/* What the runs of the job counted: those of its kind that began since. */
static gboolean
add_counts(TuSession *session, const TuJob *job, TuResult *result, GError **error)
{
    g_autoptr(GPtrArray) runs = NULL;
    if (!tu_runs_list(session->db, job->summary, RUNS_READ, &runs, error))
        return FALSE;
    for (guint i = 0; i < runs->len; i++) {
        const TuRun *run = g_ptr_array_index(runs, i);
        if (!g_str_equal(run->kind, "rebuild") || run->started_us < job->started_us ||
            g_strcmp0(run->tenant, job->tenant) != 0)
            continue;
        result->rows_read += run->counts.rows_read;
        result->cells_written += run->counts.cells_written;
        result->cells_drifted += run->counts.cells_drifted;
    }
    return TRUE;
}

/* The job is left to whoever does jobs; a daemon that is gone leaves it to this process. */
static gboolean
do_jobs(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    return tu_settle_group(keeper, group, result, error) &&
           tu_chores_group(keeper, group, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

/* While a daemon lives, it works; when it is gone, this process does the jobs that wait. */
static gboolean
wait_for_end(TuSession *session, gint64 id, TuJob **ret_job, GError **error)
{
    g_auto(TuResult) ignored = {0}; /* the job's row and its runs say it */
    gboolean was_held = FALSE;
    for (;;) {
        g_autoptr(TuJob) job = NULL;
        if (!tu_job_wait(session, id, &job, error))
            return FALSE;
        if (job->status != TU_JOB_PENDING && job->status != TU_JOB_RUNNING) {
            *ret_job = g_steal_pointer(&job);
            return TRUE;
        }
        if (!tu_work_each(session, NULL, TRUE, do_jobs, NULL, &ignored, &was_held, error))
            return FALSE;
    }
}

/* Who waits for what is paused would wait until somebody resumes it. */
static gboolean
check_pauses(TuSession *session, const TuSummaryModel *summary, const char *name, GError **error)
{
    g_autoptr(GPtrArray) pauses = NULL;
    if (!tu_pauses_read(session->db, &pauses, error))
        return FALSE;
    for (guint i = 0; i < session->model->summaries->len; i++) {
        const TuSummaryModel *each = g_ptr_array_index(session->model->summaries, i);
        if ((name == NULL || summary == each) && !check_pause(pauses, each, error))
            return FALSE;
    }
    for (guint i = 0; i < session->model->keyed->len; i++) {
        const TuKeyedModel *each = g_ptr_array_index(session->model->keyed, i);
        if ((name != NULL && !g_str_equal(name, each->spec->name)) ||
            tu_pauses_find(pauses, each->spec->name) == NULL)
            continue;
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                    "summary %s is paused: run `trueup resume` first", each->spec->name);
        return FALSE;
    }
    return TRUE;
}

/* What is reported is what the job's runs counted, as if it had been done here. */
static int
wait_for_daemon(const TuContext *context, TuSession *session, const TuSummaryModel *summary,
                const char *name, const char *tenant, GError **error)
{
    g_auto(TuResult) result = {0};
    g_autoptr(TuJob) asked = NULL;
    g_autoptr(TuJob) job = NULL;
    gboolean is_new = FALSE;
    if (!ask_for_job(session, summary, name, tenant, &asked, &is_new, error) ||
        !wait_for_end(session, asked->id, &job, error) || !add_counts(session, job, &result, error))
        return -1;
    if (job->status != TU_JOB_COMPLETED) {
        g_autofree char *text = g_strdup_printf(
            "job %" G_GINT64_FORMAT " is %s%s%s", job->id, tu_job_status_name(job->status),
            job->error != NULL ? ": " : "", job->error != NULL ? job->error : "");
        tu_result_fail(&result, job->summary, job->tenant, text);
    }
    result.cells_checked = job->cells_checked;
    return tu_work_report(context, "rebuilt by the daemon", &result);
}

int
tu_command_rebuild(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    g_autofree char *tenant = NULL;
    gboolean waits = FALSE;
    gboolean is_kept = FALSE; /* by a daemon */
    Wanted wanted = {0};
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &tenant, NULL, NULL},
        {"wait", 0, 0, G_OPTION_ARG_NONE, &waits, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    TuSummaryModel *found = NULL;
    gboolean was_held = FALSE;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (!tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, error) ||
        !tu_session_summary(&session, summary, &found, error) ||
        !tu_sealed_say(&session, found, G_MININT32, TU_SEALED_IS_LEFT, error))
        return -1;
    if (!waits)
        return queue(context, &session, found, summary, tenant, error);
    if (!tu_daemon_is_there(&session, &is_kept, error))
        return -1;
    if (is_kept)
        return check_pauses(&session, found, summary, error)
                   ? wait_for_daemon(context, &session, found, summary, tenant, error)
                   : -1;
    wanted.summary = summary;
    wanted.tenant = tenant;
    if (!tu_work_each(&session, summary, TRUE, rebuild, &wanted, &result, &was_held, error))
        return -1;
    tu_result_keep_failures(&result, summary, tenant);
    return tu_work_report(context, "rebuilt", &result);
}
