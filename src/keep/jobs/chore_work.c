#include "keep/jobs/chore.h"

#include "keep/build/build.h"
#include "keep/build/repair.h"
#include "keep/build/unfit.h"
#include "work/watch.h"

/* ---- how far it is ---- */

/* A job without a summary goes through all groups, one after the other. */
static guint
groups_of(const TuChore *chore)
{
    return chore->job->summary != NULL ? 1 : chore->keeper->model->groups->len;
}

/* The job remembers them by name: numbers would change with the spec. */
static guint
groups_done_of(const TuJob *job)
{
    if (job->groups_done == NULL)
        return 0;
    g_auto(GStrv) names = g_strsplit(job->groups_done, "\n", -1);
    return g_strv_length(names);
}

gboolean
tu_chore_is_of_last_group(const TuChore *chore)
{
    return groups_done_of(chore->job) + 1 >= groups_of(chore);
}

/* A repair of all dates is what a rebuild is, and done like one. */
static gboolean
is_rebuild(const TuJob *job)
{
    return job->from == G_MININT32 && job->to == G_MAXINT32;
}

/* From the newest date back to the oldest. */
static double
share_of_range(const TuJob *job, TuDate reached)
{
    double all = (double)job->to - job->from + 1;
    if (job->from == G_MININT32 || job->to == G_MAXINT32)
        return 0;
    return CLAMP(((double)job->to + 1 - reached) / all, 0, 1);
}

/* Never less than before: what is left after a break is the rest of it. */
void
tu_chore_set_progress(const TuChore *chore, double share, gboolean is_of_rest)
{
    TuJob *job = chore->job;
    double n = groups_of(chore);
    double done = MIN(groups_done_of(job), n);
    double before = CLAMP(job->progress_before * n - done, 0, 1);
    double inner = is_of_rest ? before + (1 - before) * share : share;
    job->progress = CLAMP(MAX(job->progress, (done + inner) / n), 0, 1);
}

/* Unwinds the work through its errors: what was committed stays. */
static gboolean
stop(TuChore *chore, TuChoreVerdict verdict, GError **error)
{
    chore->verdict = verdict;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "the job is left here");
    return FALSE;
}

void
tu_chore_count(const TuChore *chore)
{
    chore->job->cells_checked = chore->job->cells_before + chore->result.cells_checked;
}

/* Notes how far it is, and learns whether it is still wanted. */
gboolean
tu_chore_note(TuChore *chore, gboolean has_got_on, GError **error)
{
    g_autoptr(GError) local = NULL;
    tu_chore_count(chore);
    if (tu_job_note(chore->keeper->db, chore->job, has_got_on, &local))
        return !chore->job->is_cancelling || stop(chore, TU_CHORE_IS_CANCELLED, error);
    if (tu_error_is(local, TU_ERROR_BUSY))
        return stop(chore, TU_CHORE_IS_NOT_OURS, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* Called by the work between two pieces, when all that was done is committed. */
static gboolean
between(gpointer data, TuDate reached, double share, GError **error)
{
    TuChore *chore = data;
    TuJob *job = chore->job;
    gboolean others_wait = FALSE;
    gboolean builds = is_rebuild(job);
    if (!builds) {
        job->reached = reached;
        job->has_reached = TRUE;
    }
    tu_chore_set_progress(chore, builds ? share : share_of_range(job, reached), builds);
    if (!tu_chore_note(chore, TRUE, error))
        return FALSE;
    /* A range of dates is one run of the log, so it is not interrupted; nor is what is all
     * written. */
    if (!builds || reached == G_MININT32)
        return TRUE;
    if (!tu_job_others_wait(chore->keeper->db, job, tu_chore_concerns, chore->choice, &others_wait,
                            error))
        return FALSE;
    return !others_wait || stop(chore, TU_CHORE_LETS_OTHERS, error);
}

/* ---- a rebuild ---- */

/* Where it was left before, it goes on. */
static gboolean
add_build(TuChore *chore, const TuSummaryModel *summary, GError **error)
{
    TuJob *job = chore->job;
    g_autofree char *tenant_key = tu_tenant_key(&chore->tenant);
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(tenant_key),
                        chore->tenant,
                        tu_value_integer(job->has_reached ? job->reached : G_MAXINT32),
                        tu_value_integer(job->run_id)};
    return tu_database_run(chore->keeper->db,
                           "INSERT INTO trueup_build(summary, tenant_key, tenant, below, "
                           "is_dropping, run_id) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* STARTED; whoever finishes the build ends it. */
static gboolean
add_run(TuChore *chore, GError **error)
{
    TuJob *job = chore->job;
    gboolean found = FALSE;
    TuValue values[] = {tu_value_text(job->summary), tu_value_text(job->tenant), tu_keeper_now(),
                        tu_value_text(chore->keeper->worker)};
    return tu_database_integer(chore->keeper->db,
                               "INSERT INTO trueup_run(kind, summary, tenant, status, started_at, "
                               "worker) VALUES ('rebuild', ?1, ?2, 'STARTED', ?3, ?4) RETURNING id",
                               values, G_N_ELEMENTS(values), &found, &job->run_id, error);
}

/* The request and the job's knowledge of it are one transaction: after a crash it is neither made
 * twice nor forgotten. */
static gboolean
ask_for_build(TuChore *chore, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    if (!tu_transaction_begin_write(&txn, chore->keeper->db, error) || !add_run(chore, error))
        return FALSE;
    for (guint i = 0; i < chore->group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(chore->group->summaries, i);
        if ((chore->summary == NULL || chore->summary == summary) &&
            !add_build(chore, summary, error))
            return FALSE;
    }
    return tu_chore_note(chore, FALSE, error) && tu_transaction_commit(&txn, error);
}

/* Keys have no history to be asked for: they are all computed again, and what a crash left undone
 * is done with the rest. */
static gboolean
rebuild_keyed(TuChore *chore, GError **error)
{
    for (guint i = 0; i < chore->group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(chore->group->keyed, i);
        gboolean is_asked =
            chore->keyed == keyed || (chore->job->summary == NULL && chore->job->tenant == NULL);
        if (is_asked && !tu_keyed_repair(chore->keeper, keyed, "rebuild", NULL, NULL, FALSE,
                                         &chore->result, error))
            return FALSE;
    }
    return TRUE;
}

/* What does not fit into its `memory` now fits no better for whoever comes next. */
static gboolean
check_fits(TuChore *chore, gboolean fits, GError **error)
{
    g_autofree char *why = NULL;
    if (fits)
        return TRUE;
    if (!tu_unfit_of_run(chore->keeper, chore->job->run_id, &why, error))
        return FALSE;
    chore->is_unfit = why != NULL;
    if (why != NULL)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, why);
    return why == NULL;
}

/* The first time it asks, and later it goes on with what was asked. */
static gboolean
rebuild(TuChore *chore, GError **error)
{
    gboolean fits = TRUE;
    if (!rebuild_keyed(chore, error))
        return FALSE;
    if (chore->keyed != NULL || chore->group->summaries->len == 0)
        return TRUE;
    return (chore->job->run_id != 0 || ask_for_build(chore, error)) &&
           tu_build_group(chore->keeper, chore->group, &fits, &chore->result, error) &&
           check_fits(chore, fits, error);
}

/* ---- a repair ---- */

/* Somebody may pause what it writes into. */
static gboolean
is_wanted(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error)
{
    TuChore *chore = data;
    const char *summary = chore->job->summary;
    chore->was_paused =
        now->pauses != NULL && (summary == NULL || tu_snapshot_is_name_paused(now, summary));
    *ret_is_wanted = !chore->was_paused;
    return TRUE;
}

/* The rest of it, where a worker that died did the newest dates. */
static gboolean
repair(TuChore *chore, GError **error)
{
    const TuJob *job = chore->job;
    TuRepair wanted = {.kind = job->kind,
                       .summary = chore->summary,
                       .tenant = job->tenant,
                       .from = job->from,
                       .to = job->has_reached        ? (TuDate)job->reached
                             : job->to != G_MAXINT32 ? job->to + 1
                                                     : G_MAXINT32,
                       .is_wanted = is_wanted,
                       .data = chore};
    return tu_repair_group(chore->keeper, chore->group, &wanted, &chore->result, error);
}

/* ---- both ---- */

/* A second connection watches the job meanwhile (work/watch.h), so that one that is cancelled
 * ends within seconds. */
gboolean
tu_chore_work(TuChore *chore, GError **error)
{
    TuKeeper *keeper = chore->keeper;
    const TuJobWatchPlace place = {keeper->url, keeper->directory,
                                   tu_database_control_schema(keeper->db), keeper->is_cancelled};
    g_autoptr(TuJobWatch) watch = tu_job_watch_new(&place, chore->job);
    keeper->is_cancelled = tu_job_watch_flag(watch);
    tu_database_set_cancel(keeper->db, keeper->is_cancelled);
    keeper->between = between;
    keeper->between_data = chore;
    gboolean is_ok = is_rebuild(chore->job) ? rebuild(chore, error) : repair(chore, error);
    keeper->between = NULL;
    keeper->is_cancelled = place.is_cancelled;
    tu_database_set_cancel(keeper->db, keeper->is_cancelled);
    return is_ok;
}

/* A pause that came meanwhile leaves some of it undone. */
gboolean
tu_chore_is_whole(const TuChore *chore, gboolean *ret_is_whole, GError **error)
{
    gboolean has_rows = FALSE;
    gint64 one = 0;
    TuValue run_id = tu_value_integer(chore->job->run_id);
    if (!tu_database_integer(chore->keeper->db,
                             "SELECT 1 FROM trueup_build WHERE run_id = ?1 LIMIT 1", &run_id, 1,
                             &has_rows, &one, error))
        return FALSE;
    *ret_is_whole = !has_rows && !chore->was_paused;
    return TRUE;
}
