#include "keep/jobs/chores.h"

#include "db/stop.h"
#include "keep/jobs/chore.h"
#include "keep/build/repair.h"
#include "keep/tenants/tenant_named.h"
#include "work/runs.h"

/* ---- which jobs concern the group ---- */

static gboolean
is_done_for(const TuJob *job, const TuGroup *group)
{
    if (job->groups_done == NULL)
        return FALSE;
    g_auto(GStrv) names = g_strsplit(job->groups_done, "\n", -1);
    return g_strv_contains((const char *const *)names, group->name);
}

/* What names no summary of the spec tu_chore_concerns everybody: the first who sees it says so. */
gboolean
tu_chore_concerns(const TuJob *job, gpointer data)
{
    const TuChoreChoice *choice = data;
    if (g_hash_table_contains(choice->left, &job->id))
        return FALSE;
    if (job->summary == NULL)
        return !is_done_for(job, choice->group);
    const TuSummaryModel *summary = tu_model_summary(choice->group->model, job->summary);
    const TuKeyedModel *keyed = tu_model_keyed(choice->group->model, job->summary);
    return summary != NULL ? summary->group == choice->group
                           : keyed == NULL || keyed->group == choice->group;
}

void
tu_chore_clear(TuChore *chore)
{
    tu_result_clear(&chore->result);
    tu_snapshot_clear(&chore->checked);
}

/* ---- how it ends ---- */

/* The group is done: the next one, or the end. Buckets that failed are tried again by themselves,
 * so that the job need not be; but it was not done without errors. */
static gboolean
finish_group(TuChore *chore, GError **error)
{
    TuJob *job = chore->job;
    TuDatabase *db = chore->keeper->db;
    tu_chore_count(chore);
    if (!tu_job_note_worked(db, job, error))
        return FALSE;
    g_autofree char *tenant = job->tenant != NULL ? tu_value_to_text(&chore->tenant) : NULL;
    g_autofree char *problem =
        tu_result_failures(&chore->result, (const char *[]){job->summary, NULL}, tenant);
    if (problem != NULL)
        return tu_job_fail(db, job, 0, problem, error);
    tu_chore_set_progress(chore, 1, FALSE);
    if (tu_chore_is_of_last_group(chore))
        return tu_job_complete(db, job, error);
    char *done = job->groups_done != NULL
                     ? g_strconcat(job->groups_done, "\n", chore->group->name, NULL)
                     : g_strdup(chore->group->name);
    g_free(job->groups_done);
    job->groups_done = done;
    job->has_reached = FALSE;
    job->run_id = 0;
    return tu_chore_note(chore, TRUE, error) && tu_job_put_back(db, job, error);
}

static guint
attempts_of(const TuChore *chore)
{
    guint attempts = G_MAXUINT;
    for (guint i = 0; i < chore->group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(chore->group->summaries, i);
        if (chore->keyed == NULL && (chore->summary == NULL || chore->summary == summary))
            attempts = MIN(attempts, summary->spec->refresh.attempts);
    }
    for (guint i = 0; i < chore->group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(chore->group->keyed, i);
        if (chore->keyed == keyed || (chore->keyed == NULL && chore->summary == NULL))
            attempts = MIN(attempts, keyed->spec->refresh.attempts);
    }
    return attempts;
}

/* A worker that was killed says little about its job: somebody restarts a service, or tries what
 * happens. Only a job that takes its workers with it time after time (their memory, as a rule) has
 * to end. */
#define DEATHS_PER_ATTEMPT 10

/* `attempts_most` 0: nobody could do it. */
static gboolean
fail(TuChore *chore, guint attempts_most, const char *problem, GError **error)
{
    TuJob *job = chore->job;
    g_autofree char *text = g_strdup_printf("job %" G_GINT64_FORMAT ": %s", job->id, problem);
    tu_result_fail(&chore->result, job->summary, job->tenant, text);
    return tu_job_stop_build(chore->keeper->db, job, problem, error) &&
           tu_job_note(chore->keeper->db, job, FALSE, error) &&
           tu_job_fail(chore->keeper->db, job, attempts_most, problem, error);
}

static gboolean
put_back(TuChore *chore, GError **error)
{
    g_hash_table_add(chore->choice->left, g_memdup2(&chore->job->id, sizeof chore->job->id));
    return tu_job_put_back(chore->keeper->db, chore->job, error);
}

static gboolean
finish(TuChore *chore, GError **error)
{
    gboolean is_done = TRUE;
    if (!tu_chore_is_whole(chore, &is_done, error))
        return FALSE;
    return is_done ? finish_group(chore, error) : put_back(chore, error);
}

/* The flag was set and no piece has ended since: why? */
static gboolean
find_verdict(TuChore *chore, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (chore->verdict != TU_CHORE_GOES_ON || tu_chore_note(chore, FALSE, &local) ||
        chore->verdict != TU_CHORE_GOES_ON)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

static gboolean
end_left(TuChore *chore, GError **error)
{
    TuDatabase *db = chore->keeper->db;
    if (!find_verdict(chore, error))
        return FALSE;
    switch (chore->verdict) {
    case TU_CHORE_IS_CANCELLED:
        return tu_job_stop_build(db, chore->job, "its job was cancelled", error) &&
               tu_job_end_cancelled(db, chore->job, error);
    case TU_CHORE_IS_NOT_OURS:
        tu_job_unlock(db, chore->job);
        return TRUE;
    case TU_CHORE_GOES_ON: /* the reason is gone again */
    case TU_CHORE_LETS_OTHERS:
        return tu_job_put_back(db, chore->job, error);
    }
    g_assert_not_reached();
}

/* What is wrong with the worker and not with the job: somebody else can do it. */
static gboolean
is_of_worker(const TuChore *chore, const GError *why)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GError) local = NULL;
    if (tu_error_is(why, TU_ERROR_CONNECT) || tu_keeper_is_cancelled(chore->keeper))
        return TRUE;
    return tu_error_is(why, TU_ERROR_CONFIG) &&
           !tu_snapshot_begin(&snapshot, chore->keeper, chore->group, &local);
}

/* Why it stopped says what becomes of it. Takes `why`. */
static gboolean
end_stopped(TuChore *chore, GError *why, GError **error)
{
    g_autoptr(GError) local = why;
    if (is_of_worker(chore, local)) {
        if (!tu_error_is(local, TU_ERROR_CONNECT)) {
            tu_database_set_cancel(chore->keeper->db, NULL); /* it is put back also by a signal */
            (void)!tu_job_put_back(chore->keeper->db, chore->job, NULL);
            tu_database_set_cancel(chore->keeper->db, chore->keeper->is_cancelled);
        }
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (tu_error_is(local, TU_ERROR_BUSY) && !find_verdict(chore, error))
        return FALSE;
    if (tu_error_is(local, TU_ERROR_CANCELLED) || chore->verdict != TU_CHORE_GOES_ON)
        return end_left(chore, error);
    return fail(chore, chore->is_unfit ? 0 : attempts_of(chore), local->message, error);
}

/* ---- from the claim to the end ---- */

/* Can it be done at all? *ret_problem: why not. *ret_is_paused: not now. */
static gboolean
check(TuChore *chore, char **ret_problem, gboolean *ret_is_paused, GError **error)
{
    TuJob *job = chore->job;
    g_autoptr(GError) local = NULL;
    const TuModel *model = chore->keeper->model;
    if (!tu_snapshot_begin(&chore->checked, chore->keeper, chore->group, error))
        return FALSE;
    *ret_problem = tu_job_problem(job);
    chore->summary = job->summary != NULL ? tu_model_summary(model, job->summary) : NULL;
    chore->keyed = job->summary != NULL ? tu_model_keyed(model, job->summary) : NULL;
    if (*ret_problem == NULL && chore->keyed != NULL &&
        (job->tenant != NULL || job->from != G_MININT32 || job->to != G_MAXINT32))
        *ret_problem =
            g_strdup_printf("summary %s is keyed: it has no days and no tenants", job->summary);
    if (*ret_problem == NULL && job->summary != NULL && chore->summary == NULL &&
        chore->keyed == NULL)
        *ret_problem = g_strdup_printf("there is no summary %s", job->summary);
    if (*ret_problem == NULL && job->tenant != NULL &&
        !tu_tenant_named(&chore->checked, job->tenant, &chore->tenant, &local)) {
        if (!tu_error_is(local, TU_ERROR_USAGE)) {
            tu_snapshot_end(&chore->checked);
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        *ret_problem = g_strdup(local->message);
    }
    *ret_is_paused =
        chore->checked.pauses != NULL &&
        (job->summary == NULL || tu_snapshot_is_name_paused(&chore->checked, job->summary));
    tu_snapshot_end(&chore->checked);
    return TRUE;
}

/* What nobody can do fails before any work began, and whoever reads the run log must see that
 * too. */
static gboolean
refuse(TuChore *chore, const char *problem, GError **error)
{
    const TuJob *job = chore->job;
    const TuRunWhat what = {job->kind, job->summary, job->tenant,
                            job->from, job->to,      chore->keeper->worker};
    const TuRunCounts counts = {0};
    gint64 run = 0;
    return tu_run_begin(chore->keeper->db, &what, &run, error) &&
           tu_run_finish(chore->keeper->db, run, &counts, problem, error) &&
           fail(chore, 0, problem, error);
}

/* TRUE if it is to be worked on; else it has ended or was put back. */
static gboolean
begin(TuChore *chore, gboolean *ret_begins, GError **error)
{
    TuJob *job = chore->job;
    gboolean is_paused = FALSE;
    g_autofree char *problem = NULL;
    *ret_begins = FALSE;
    if (!check(chore, &problem, &is_paused, error))
        return FALSE;
    if (job->is_cancelling) {
        chore->verdict = TU_CHORE_IS_CANCELLED;
        return end_left(chore, error);
    }
    if (problem != NULL)
        return refuse(chore, problem, error);
    if (job->deaths >= (gint64)attempts_of(chore) * DEATHS_PER_ATTEMPT)
        return fail(chore, 0, "its workers died at the same point, one after the other", error);
    if (is_paused)
        return put_back(chore, error);
    *ret_begins = TRUE;
    return tu_stop("job.claimed", error);
}

static gboolean
do_claimed(TuChore *chore, GError **error)
{
    g_autoptr(GError) local = NULL;
    gboolean begins = FALSE;
    if (begin(chore, &begins, &local) &&
        (!begins || (tu_chore_work(chore, &local) && finish(chore, &local))))
        return TRUE;
    g_autoptr(GError) last = NULL;
    if (end_stopped(chore, g_steal_pointer(&local), &last))
        return TRUE;
    /* How it ended could not be written: whoever comes next finds it without a worker. */
    tu_job_unlock(chore->keeper->db, chore->job);
    if (chore->verdict == TU_CHORE_IS_NOT_OURS || tu_error_is(last, TU_ERROR_BUSY))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&last));
    return FALSE;
}

GHashTable *
tu_chores_left_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

gboolean
tu_chore_next(TuKeeper *keeper, TuGroup *group, GHashTable *left, TuResult *result,
              gboolean *ret_did, GError **error)
{
    TuChoreChoice choice = {group, left};
    g_autoptr(TuJob) job = NULL;
    if (!tu_keeper_may_go_on(keeper, error) ||
        !tu_job_claim(keeper->db, keeper->worker, tu_chore_concerns, &choice, &job, error))
        return FALSE;
    *ret_did = job != NULL;
    if (job == NULL)
        return TRUE;
    g_auto(TuChore) chore = {.keeper = keeper,
                             .group = group,
                             .job = job,
                             .choice = &choice,
                             .checked = {.txn = TU_TRANSACTION_INIT},
                             .tenant = TU_NULL_VALUE};
    gboolean is_ok = do_claimed(&chore, error);
    tu_result_add(result, &chore.result);
    return is_ok;
}

gboolean
tu_chores_group(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    g_autoptr(GHashTable) left = tu_chores_left_new();
    for (gboolean did = TRUE; did;)
        if (!tu_chore_next(keeper, group, left, result, &did, error))
            return FALSE;
    return TRUE;
}
