/* Claims: who takes which job, and how others know that somebody works on it. */
#include "time/backoff.h"
#include "work/fair.h"
#include "work/jobs.h"

/* Jobs looked at for one claim: as many as are read in some milliseconds. What waits behind them
 * waits until some of these are done. */
#define LOOK_AT 10000

#define LOCK_BYTES 32

/* ---- the lock, and who is dead ---- */

/* `text` is a buffer of LOCK_BYTES. */
static const char *
lock_name(gint64 id, char *text)
{
    g_snprintf(text, LOCK_BYTES, "job %" G_GINT64_FORMAT, id);
    return text;
}

void
tu_job_unlock(TuDatabase *db, const TuJob *job)
{
    char name[LOCK_BYTES];
    tu_database_unlock(db, lock_name(job->id, name));
}

/* Nobody has moved it, and its beat is old on the database's own clock. */
static gboolean
has_no_beat(TuDatabase *db, const TuJob *job, gboolean *ret_has_none, GError **error)
{
    gint64 now_us = 0;
    gint64 one = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue values[] = {tu_value_integer(job->id), tu_value_integer(job->claim),
                        tu_value_time(TU_TYPE_INSTANT, now_us - TU_JOB_BEAT_LIMIT_US)};
    return tu_database_integer(db,
                               "SELECT 1 FROM trueup_job WHERE id = ?1 AND claim = ?2 "
                               "AND (beat_at IS NULL OR beat_at < ?3)",
                               values, G_N_ELEMENTS(values), ret_has_none, &one, error);
}

/* Its lock died with its worker. Behind a pooler there are no locks, so there its beat tells; a
 * worker that took the job there says so in its name. On TRUE the caller has the lock. */
gboolean
tu_job_is_abandoned(TuDatabase *db, const TuJob *job, gboolean *ret_is_abandoned, GError **error)
{
    char name[LOCK_BYTES];
    g_autofree char *holder = NULL;
    gboolean has_no_lock =
        job->worker != NULL && g_str_has_suffix(job->worker, TU_WORKER_WITHOUT_LOCKS);
    *ret_is_abandoned = FALSE;
    if (has_no_lock || !tu_database_holds_locks(db)) {
        gboolean has_none = FALSE;
        if (!has_no_beat(db, job, &has_none, error))
            return FALSE;
        if (!has_none)
            return TRUE;
    }
    if (!tu_database_try_lock(db, lock_name(job->id, name), &holder, error))
        return FALSE;
    *ret_is_abandoned = holder == NULL;
    return TRUE;
}

/* ---- what waits ---- */

typedef struct {
    TuJobFilter filter;
    gpointer data;
} Choice;

/* Keeps those that the caller would take; frees the others. */
static void
keep_allowed(GPtrArray *jobs, const Choice *choice)
{
    for (guint i = jobs->len; i-- > 0;)
        if (choice->filter != NULL && !choice->filter(g_ptr_array_index(jobs, i), choice->data))
            g_ptr_array_remove_index(jobs, i);
}

/* A pause holds whatever would write into a summary that it is about. */
#define NOT_PAUSED                                                                                 \
    " AND NOT EXISTS (SELECT 1 FROM trueup_pause p WHERE p.summary = '' "                          \
    "OR trueup_job.summary IS NULL OR p.summary = trueup_job.summary)"

/* No job is put off further than the longest back-off: what lies ahead of twice that was put off by
 * a server whose clock was ahead, and is due. */
static gboolean
list_waiting(TuDatabase *db, const Choice *choice, GPtrArray **ret_jobs, GError **error)
{
    gint64 now_us = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue values[] = {tu_value_time(TU_TYPE_INSTANT, now_us), tu_value_integer(LOOK_AT),
                        tu_value_time(TU_TYPE_INSTANT, now_us + 2 * tu_backoff_job(1).longest_us)};
    if (!tu_jobs_select(db,
                        "SELECT " TU_JOB_COLUMNS " FROM trueup_job WHERE status = 'PENDING' "
                        "AND (next_attempt_at IS NULL OR next_attempt_at <= ?1 "
                        "OR next_attempt_at > ?3)" NOT_PAUSED " ORDER BY id LIMIT ?2",
                        values, G_N_ELEMENTS(values), ret_jobs, error))
        return FALSE;
    keep_allowed(*ret_jobs, choice);
    return TRUE;
}

/* Among them those whose workers died. */
static gboolean
list_running(TuDatabase *db, const Choice *choice, GPtrArray **ret_jobs, GError **error)
{
    TuValue most = tu_value_integer(LOOK_AT);
    if (!tu_jobs_select(db,
                        "SELECT " TU_JOB_COLUMNS " FROM trueup_job WHERE status = 'RUNNING' "
                        "ORDER BY id LIMIT ?1",
                        &most, 1, ret_jobs, error))
        return FALSE;
    keep_allowed(*ret_jobs, choice);
    return TRUE;
}

/* The lanes, and when each was served last; *ret_last: the greatest of all. */
static gboolean
read_served(TuDatabase *db, GHashTable *served, gint64 *ret_last, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    *ret_last = 0;
    if (!tu_database_prepare(db,
                             "SELECT kind, tenant, max(served) FROM trueup_job WHERE served > 0 "
                             "GROUP BY kind, tenant",
                             &statement, error) ||
        !tu_statement_bind(statement, NULL, 0, error))
        return FALSE;
    for (gboolean has_row = TRUE; has_row;) {
        if (!tu_statement_step(statement, &has_row, error))
            return FALSE;
        if (!has_row)
            break;
        TuValue kind = tu_statement_value(statement, 0);
        TuValue tenant = tu_statement_value(statement, 1);
        gint64 last = tu_statement_value(statement, 2).integer;
        TuJob lane = {.kind = tu_job_text(&kind), .tenant = tu_job_text(&tenant)};
        g_hash_table_insert(served, tu_fair_lane(&lane), g_memdup2(&last, sizeof last));
        *ret_last = MAX(*ret_last, last);
        g_free(lane.kind);
        g_free(lane.tenant);
    }
    return TRUE;
}

/* Asked between two pieces: a long rebuild leaves its place for the others' turn only if there
 * are others. */
gboolean
tu_job_others_wait(TuDatabase *db, const TuJob *job, TuJobFilter filter, gpointer data,
                   gboolean *ret_wait, GError **error)
{
    const Choice choice = {filter, data};
    g_autoptr(GPtrArray) waiting = NULL;
    g_autofree char *own = tu_fair_lane(job);
    *ret_wait = FALSE;
    if (!list_waiting(db, &choice, &waiting, error))
        return FALSE;
    for (guint i = 0; i < waiting->len && !*ret_wait; i++) {
        g_autofree char *lane = tu_fair_lane(g_ptr_array_index(waiting, i));
        *ret_wait = !g_str_equal(lane, own);
    }
    return TRUE;
}

/* ---- taking one ---- */

/* The row as it was seen becomes ours, or nothing happens: whoever was first changed its claim. One
 * that is RUNNING was its dead worker's: what that began goes on, and is no further attempt. */
static gboolean
take(TuDatabase *db, TuJob *job, const char *worker, gint64 served, gboolean *ret_is_ours,
     GError **error)
{
    gint64 now_us = 0;
    gint64 n = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    g_autofree char *name =
        g_strconcat(worker, tu_database_holds_locks(db) ? "" : TU_WORKER_WITHOUT_LOCKS, NULL);
    TuValue values[] = {tu_value_integer(job->id),
                        tu_value_integer(job->claim),
                        tu_value_text(tu_job_status_name(job->status)),
                        tu_value_text(name),
                        tu_value_time(TU_TYPE_INSTANT, now_us),
                        tu_value_integer(served),
                        tu_value_integer(job->status != TU_JOB_RUNNING)};
    if (!tu_database_run(db,
                         "UPDATE trueup_job SET status = 'RUNNING', claim = claim + 1, "
                         "attempts = attempts + ?7, worker = ?4, served = ?6, beat_at = ?5, "
                         "started_at = coalesce(started_at, ?5), next_attempt_at = NULL "
                         "WHERE id = ?1 AND claim = ?2 AND status = ?3",
                         values, G_N_ELEMENTS(values), &n, error))
        return FALSE;
    *ret_is_ours = n == 1;
    job->claim++;
    gboolean was_running = job->status == TU_JOB_RUNNING;
    job->deaths += was_running;
    job->attempts += !was_running;
    job->status = TU_JOB_RUNNING;
    job->claimed_us = g_get_monotonic_time();
    job->seconds_before = job->seconds;
    job->progress_before = job->progress;
    job->cells_before = job->cells_checked;
    if (job->started_us == TU_TIME_BEFORE_ALL)
        job->started_us = now_us;
    return !*ret_is_ours || !was_running || tu_job_note_worked(db, job, error);
}

/* The lock first: from the moment at which others see it RUNNING, they see that somebody lives. */
static gboolean
lock_and_take(TuDatabase *db, TuJob *job, const char *worker, gint64 served, gboolean *ret_is_ours,
              GError **error)
{
    char name[LOCK_BYTES];
    g_autofree char *holder = NULL;
    *ret_is_ours = FALSE;
    if (!tu_database_try_lock(db, lock_name(job->id, name), &holder, error))
        return FALSE;
    if (holder != NULL)
        return TRUE;
    gboolean is_ok = take(db, job, worker, served, ret_is_ours, error);
    if (!is_ok || !*ret_is_ours)
        tu_job_unlock(db, job);
    return is_ok;
}

/* A job whose worker died is taken before anything new is begun. */
static gboolean
take_abandoned(TuDatabase *db, const Choice *choice, const char *worker, gint64 served,
               TuJob **ret_job, GError **error)
{
    g_autoptr(GPtrArray) running = NULL;
    if (!list_running(db, choice, &running, error))
        return FALSE;
    for (guint i = 0; i < running->len; i++) {
        TuJob *job = g_ptr_array_index(running, i);
        gboolean is_abandoned = FALSE;
        gboolean is_ours = FALSE;
        if (!tu_job_is_abandoned(db, job, &is_abandoned, error))
            return FALSE;
        if (is_abandoned && !take(db, job, worker, served, &is_ours, error)) {
            tu_job_unlock(db, job);
            return FALSE;
        }
        if (is_ours) {
            *ret_job = g_ptr_array_steal_index(running, i);
            return TRUE;
        }
        if (is_abandoned)
            tu_job_unlock(db, job); /* it ended, or another took it, in this moment */
    }
    return TRUE;
}

/* One after the other by fairness, until one can be had. */
static gboolean
take_waiting(TuDatabase *db, const Choice *choice, const char *worker, GHashTable *served,
             gint64 last, TuJob **ret_job, GError **error)
{
    g_autoptr(GPtrArray) waiting = NULL;
    if (!list_waiting(db, choice, &waiting, error))
        return FALSE;
    while (waiting->len > 0) {
        TuJob *job = tu_fair_next(waiting, served);
        gboolean is_ours = FALSE;
        if (!lock_and_take(db, job, worker, last + 1, &is_ours, error))
            return FALSE;
        guint index = 0;
        gboolean is_found = g_ptr_array_find(waiting, job, &index);
        g_assert(is_found);
        if (is_ours) {
            *ret_job = g_ptr_array_steal_index(waiting, index);
            return TRUE;
        }
        g_ptr_array_remove_index(waiting, index);
    }
    return TRUE;
}

/* What a dead worker began comes first: its summary is half done. `last + 1` puts the lane
 * behind all others. */
gboolean
tu_job_claim(TuDatabase *db, const char *worker, TuJobFilter filter, gpointer data, TuJob **ret_job,
             GError **error)
{
    const Choice choice = {filter, data};
    g_autoptr(GHashTable) served = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) local = NULL;
    gint64 last = 0;
    *ret_job = NULL;
    gboolean is_ok =
        read_served(db, served, &last, &local) &&
        take_abandoned(db, &choice, worker, last + 1, ret_job, &local) &&
        (*ret_job != NULL || take_waiting(db, &choice, worker, served, last, ret_job, &local));
    if (!is_ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_ok;
}
