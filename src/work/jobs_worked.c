/* What is written into a job's row by whoever has its claim, and by who cancels it. */
#include "work/jobs.h"

#include <string.h>

#include "time/backoff.h"

/* Which status may follow which. */
static const gboolean may_follow[][TU_JOB_CANCELLED + 1] = {
    [TU_JOB_PENDING] = {[TU_JOB_RUNNING] = TRUE, [TU_JOB_CANCELLED] = TRUE},
    [TU_JOB_RUNNING] = {[TU_JOB_PENDING] = TRUE,
                        [TU_JOB_RUNNING] = TRUE, /* another worker took it over */
                        [TU_JOB_COMPLETED] = TRUE,
                        [TU_JOB_FAILED] = TRUE,
                        [TU_JOB_CANCELLED] = TRUE},
    [TU_JOB_COMPLETED] = {FALSE},
    [TU_JOB_FAILED] = {FALSE},
    [TU_JOB_CANCELLED] = {FALSE},
};

/* ---- one write of whoever has the claim ---- */

/* `set` may use ?3 and further, which are `values`. The status is the new one. */
static gboolean
write_claimed(TuDatabase *db, TuJob *job, TuJobStatus status, const char *set,
              const TuValue *values, guint n_values, GError **error)
{
    gint64 n = 0;
    TuValue all[10] = {tu_value_integer(job->id), tu_value_integer(job->claim)};
    g_assert(may_follow[job->status][status] && n_values + 2 <= G_N_ELEMENTS(all));
    memcpy(all + 2, values, n_values * sizeof *values);
    g_autofree char *sql = g_strdup_printf(
        "UPDATE trueup_job SET status = '%s', %s WHERE id = ?1 AND claim = ?2 AND status = '%s'",
        tu_job_status_name(status), set, tu_job_status_name(job->status));
    if (!tu_database_run(db, sql, all, n_values + 2, &n, error))
        return FALSE;
    if (n != 1) {
        g_set_error(error, TU_ERROR, TU_ERROR_BUSY,
                    "job %" G_GINT64_FORMAT " is not this worker's any more", job->id);
        return FALSE;
    }
    job->status = status;
    return TRUE;
}

/* Work of all its claims; on the monotonic clock, which nobody sets. */
static double
seconds_of(const TuJob *job)
{
    return job->seconds_before +
           (double)(g_get_monotonic_time() - job->claimed_us) / G_USEC_PER_SEC;
}

/* Now on the database's clock, `after_us` later. */
static gboolean
moment(TuDatabase *db, gint64 after_us, TuValue *ret_moment, GError **error)
{
    gint64 now_us = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    *ret_moment = tu_value_time(TU_TYPE_INSTANT, now_us + after_us);
    return TRUE;
}

gboolean
tu_job_note_worked(TuDatabase *db, const TuJob *job, GError **error)
{
    TuValue values[] = {tu_value_integer(job->id), tu_value_integer(job->deaths),
                        tu_value_integer(job->cells_checked)};
    gint64 n = 0;
    return tu_database_run(
               db, "UPDATE trueup_worked SET deaths = ?2, cells_checked = ?3 WHERE job = ?1",
               values, G_N_ELEMENTS(values), &n, error) &&
           (n > 0 || tu_database_run(db,
                                     "INSERT INTO trueup_worked(job, deaths, cells_checked) "
                                     "VALUES (?1, ?2, ?3)",
                                     values, G_N_ELEMENTS(values), NULL, error));
}

/* The one regular write of a worker: it is its beat, and its look whether it should stop. */
gboolean
tu_job_note(TuDatabase *db, TuJob *job, gboolean has_got_on, GError **error)
{
    TuValue now;
    gint64 is_cancelling = 0;
    gboolean found = FALSE;
    if (!moment(db, 0, &now, error))
        return FALSE;
    if (has_got_on) {
        job->attempts = 1;
        job->deaths = 0;
    }
    job->seconds = seconds_of(job);
    TuValue values[] = {
        tu_value_real(job->progress),
        tu_value_real(job->seconds),
        tu_value_text(job->groups_done),
        job->has_reached ? tu_value_integer(job->reached) : TU_NULL_VALUE,
        job->run_id != 0 ? tu_value_integer(job->run_id) : TU_NULL_VALUE,
        tu_value_integer(job->attempts),
        now,
    };
    if (!write_claimed(db, job, TU_JOB_RUNNING,
                       "progress = ?3, seconds = ?4, groups_done = ?5, reached = ?6, run_id = ?7, "
                       "attempts = ?8, beat_at = ?9",
                       values, G_N_ELEMENTS(values), error) ||
        (has_got_on && !tu_job_note_worked(db, job, error)) ||
        !tu_database_integer(db, "SELECT is_cancelling FROM trueup_job WHERE id = ?1",
                             &(TuValue){.type = TU_TYPE_INTEGER, .integer = job->id}, 1, &found,
                             &is_cancelling, error))
        return FALSE;
    job->is_cancelling = found && is_cancelling != 0;
    return TRUE;
}

/* ---- how a claim ends ---- */

/* The lock goes last: nobody takes a job for abandoned whose end is being written. */
static gboolean
end(TuDatabase *db, TuJob *job, TuJobStatus status, const char *problem, GError **error)
{
    TuValue now;
    if (!moment(db, 0, &now, error))
        return FALSE;
    if (status == TU_JOB_COMPLETED)
        job->progress = 1;
    TuValue values[] = {now, tu_value_real(seconds_of(job)), tu_value_text(problem),
                        tu_value_real(job->progress)};
    gboolean is_ok =
        write_claimed(db, job, status, "finished_at = ?3, seconds = ?4, error = ?5, progress = ?6",
                      values, G_N_ELEMENTS(values), error);
    tu_job_unlock(db, job);
    return is_ok;
}

/* Whoever asks for the same from now on gets a new job. */
gboolean
tu_job_complete(TuDatabase *db, TuJob *job, GError **error)
{
    return end(db, job, TU_JOB_COMPLETED, NULL, error);
}

/* By its worker, which saw the wish between two pieces. */
gboolean
tu_job_end_cancelled(TuDatabase *db, TuJob *job, GError **error)
{
    return end(db, job, TU_JOB_CANCELLED, NULL, error);
}

/* With attempts left it waits, longer each time; `attempts_most` 0: trying again would not help. */
gboolean
tu_job_fail(TuDatabase *db, TuJob *job, guint attempts_most, const char *problem, GError **error)
{
    TuValue next;
    gint64 pause_us = 0;
    TuBackoff backoff = tu_backoff_job(MAX(attempts_most, 1));
    if (attempts_most == 0 ||
        !tu_backoff_next(&backoff, (guint64)MAX(job->attempts, 1), g_random_double(), &pause_us))
        return end(db, job, TU_JOB_FAILED, problem, error);
    if (!moment(db, pause_us, &next, error))
        return FALSE;
    TuValue values[] = {next, tu_value_real(seconds_of(job)), tu_value_text(problem)};
    gboolean is_ok =
        write_claimed(db, job, TU_JOB_PENDING, "next_attempt_at = ?3, seconds = ?4, error = ?5",
                      values, G_N_ELEMENTS(values), error);
    tu_job_unlock(db, job);
    return is_ok;
}

/* The attempt that began with its claim is not counted. */
gboolean
tu_job_put_back(TuDatabase *db, TuJob *job, GError **error)
{
    TuValue values[] = {tu_value_real(seconds_of(job)),
                        tu_value_integer(MAX(job->attempts - 1, 0))};
    gboolean is_ok = write_claimed(db, job, TU_JOB_PENDING, "seconds = ?3, attempts = ?4", values,
                                   G_N_ELEMENTS(values), error);
    tu_job_unlock(db, job);
    return is_ok;
}

/* Turns first, as everywhere: a chunk under way loses its turn and writes nothing (I-2). */
gboolean
tu_job_stop_build(TuDatabase *db, TuJob *job, const char *why, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean found = FALSE;
    gint64 below = 0;
    TuValue now;
    if (job->run_id == 0)
        return TRUE;
    if (!tu_transaction_begin_write(&txn, db, error) || !moment(db, 0, &now, error))
        return FALSE;
    TuValue values[] = {tu_value_integer(job->run_id), now, tu_value_text(why)};
    if (!tu_database_run(db,
                         "UPDATE trueup_group SET turn = turn + 1 WHERE name IN "
                         "(SELECT s.group_name FROM trueup_summary s JOIN trueup_build b "
                         "ON b.summary = s.name WHERE b.run_id = ?1)",
                         values, 1, NULL, error) ||
        !tu_database_integer(db, "SELECT max(below) FROM trueup_build WHERE run_id = ?1", values, 1,
                             &found, &below, error) ||
        !tu_database_run(db, "DELETE FROM trueup_build WHERE run_id = ?1", values, 1, NULL,
                         error) ||
        !tu_database_run(db,
                         "UPDATE trueup_run SET status = 'FAILED', finished_at = ?2, error = ?3 "
                         "WHERE id = ?1 AND status = 'STARTED'",
                         values, G_N_ELEMENTS(values), NULL, error) ||
        !tu_transaction_commit(&txn, error))
        return FALSE;
    if (found) {
        job->has_reached = below < G_MAXINT32;
        job->reached = job->has_reached ? below : 0;
    }
    job->run_id = 0;
    return TRUE;
}

/* ---- cancelling ---- */

/* By its claim as it was read: if a worker takes it meanwhile, this finds no row. */
static gboolean
set_cancelled(TuDatabase *db, TuJob *job, GError **error)
{
    TuValue now;
    if (!tu_job_stop_build(db, job, "its job was cancelled", error) || !moment(db, 0, &now, error))
        return FALSE;
    return write_claimed(db, job, TU_JOB_CANCELLED, "finished_at = ?3, run_id = NULL", &now, 1,
                         error);
}

/* One that a worker has is only told; it ends when its worker looks. */
gboolean
tu_job_cancel(TuDatabase *db, gint64 id, TuJobStatus *ret_status, GError **error)
{
    g_autoptr(TuJob) job = NULL;
    gboolean is_abandoned = FALSE;
    gint64 n = 0;
    TuValue value = tu_value_integer(id);
    /* First: whoever takes it from now on sees that it is not wanted. */
    if (!tu_database_run(db,
                         "UPDATE trueup_job SET is_cancelling = 1 WHERE id = ?1 "
                         "AND status IN ('PENDING', 'RUNNING')",
                         &value, 1, &n, error) ||
        !tu_job_read(db, id, &job, error))
        return FALSE;
    if (job->status == TU_JOB_RUNNING && !tu_job_is_abandoned(db, job, &is_abandoned, error))
        return FALSE;
    gboolean is_nobodys = job->status == TU_JOB_PENDING || is_abandoned;
    g_autoptr(GError) local = NULL;
    gboolean is_ok = !is_nobodys || set_cancelled(db, job, &local);
    if (is_abandoned)
        tu_job_unlock(db, job);
    /* A worker took it in this moment: it will see. */
    if (!is_ok && tu_error_is(local, TU_ERROR_BUSY))
        job->status = TU_JOB_RUNNING;
    else if (!is_ok) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    *ret_status = job->status;
    return TRUE;
}
