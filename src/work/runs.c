#include "work/runs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work/jobs.h"
#include "work/select.h"

/* ---- one run ---- */

#define LOCK_BYTES 32

static const char *
lock_name(gint64 id, char *text)
{
    g_snprintf(text, LOCK_BYTES, "run %" G_GINT64_FORMAT, id);
    return text;
}

/* An end that is open is NULL, as people write it. */
static TuValue
bound(TuDate date)
{
    return date != G_MININT32 && date != G_MAXINT32 ? tu_value_time(TU_TYPE_DATE, date)
                                                    : TU_NULL_VALUE;
}

/* The lock is taken before the row can be seen, so that nobody finds a run without its worker. */
gboolean
tu_run_begin(TuDatabase *db, const TuRunWhat *what, gint64 *ret_id, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean found = FALSE;
    gint64 now_us = 0;
    char name[LOCK_BYTES];
    g_autofree char *holder = NULL;
    g_autofree char *worker =
        g_strconcat(what->worker, tu_database_holds_locks(db) ? "" : TU_WORKER_WITHOUT_LOCKS, NULL);
    if (!tu_transaction_begin_write(&txn, db, error) || !tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue values[] = {tu_value_text(what->kind),
                        tu_value_text(what->summary),
                        tu_value_text(what->tenant),
                        bound(what->from),
                        bound(what->to),
                        tu_value_time(TU_TYPE_INSTANT, now_us),
                        tu_value_text(worker)};
    return tu_database_integer(
               db,
               "INSERT INTO trueup_run(kind, summary, tenant, range_from, range_to, "
               "status, started_at, worker) "
               "VALUES (?1, ?2, ?3, ?4, ?5, 'STARTED', ?6, ?7) RETURNING id",
               values, G_N_ELEMENTS(values), &found, ret_id, error) &&
           tu_database_try_lock(db, lock_name(*ret_id, name), &holder, error) &&
           tu_transaction_commit(&txn, error);
}

/* The lock goes after the commit: until then a look at the run finds its worker alive. */
gboolean
tu_run_finish(TuDatabase *db, gint64 id, const TuRunCounts *counts, const char *problem,
              GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gint64 now_us = 0;
    char name[LOCK_BYTES];
    if (!tu_transaction_begin_write(&txn, db, error) || !tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue values[] = {tu_value_text(problem == NULL ? "COMPLETED" : "FAILED"),
                        tu_value_time(TU_TYPE_INSTANT, now_us),
                        tu_value_integer(counts->rows_read),
                        tu_value_integer(counts->cells_written),
                        tu_value_integer(counts->cells_drifted),
                        tu_value_text(problem),
                        tu_value_integer(id)};
    gboolean is_ok =
        tu_database_run(db,
                        "UPDATE trueup_run SET status = ?1, finished_at = ?2, rows_read = ?3, "
                        "cells_written = ?4, cells_drifted = ?5, error = ?6 WHERE id = ?7",
                        values, G_N_ELEMENTS(values), NULL, error) &&
        tu_transaction_commit(&txn, error);
    if (is_ok)
        tu_database_unlock(db, lock_name(id, name));
    return is_ok;
}

gboolean
tu_run_forget(TuDatabase *db, gint64 id, GError **error)
{
    char name[LOCK_BYTES];
    TuValue value = tu_value_integer(id);
    if (!tu_database_run(db, "DELETE FROM trueup_run WHERE id = ?1", &value, 1, NULL, error))
        return FALSE;
    tu_database_unlock(db, lock_name(id, name));
    return TRUE;
}

/* ---- runs that will never end ---- */

/* Where no lock says more: a run of a host that nobody hears of is over after so long. */
#define LONGEST_RUN_US (24 * 3600 * (gint64)G_USEC_PER_SEC)

static void
free_run(gpointer data)
{
    TuRun *run = data;
    g_free(run->kind);
    g_free(run->summary);
    g_free(run->tenant);
    g_free(run->status);
    g_free(run->worker);
    g_free(run->error);
    g_free(run);
}

/* TRUE if it was a process of this host, and is not there any more; or it was this one, which has
 * no run under way while it looks. */
static gboolean
is_gone_here(const char *worker, const char *own)
{
    const char *colon = strrchr(own, ':');
    gsize host = colon != NULL ? (gsize)(colon - own) + 1 : 0;
    if (host == 0 || strncmp(worker, own, host) != 0)
        return FALSE;
    int pid = atoi(worker + host);
    return pid == (int)getpid() || (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH);
}

/* *ret_is_dead TRUE: its lock is this session's until it is let go. */
static gboolean
find_dead(TuDatabase *db, const TuRun *run, const char *own, gint64 now_us, gboolean *ret_is_dead,
          GError **error)
{
    char name[LOCK_BYTES];
    g_autofree char *holder = NULL;
    const char *worker = run->worker != NULL ? run->worker : "";
    gboolean has_lock =
        tu_database_holds_locks(db) && !g_str_has_suffix(worker, TU_WORKER_WITHOUT_LOCKS);
    *ret_is_dead =
        has_lock || is_gone_here(worker, own) || run->started_us + LONGEST_RUN_US < now_us;
    if (!*ret_is_dead)
        return TRUE;
    if (!tu_database_try_lock(db, lock_name(run->id, name), &holder, error))
        return FALSE;
    *ret_is_dead = holder == NULL;
    return TRUE;
}

/* Not if its worker said in the last moment how it ended. */
static gboolean
close_one(TuDatabase *db, const TuRun *run, const char *own, gint64 now_us, GError **error)
{
    gboolean is_dead = FALSE;
    char name[LOCK_BYTES];
    TuValue values[] = {tu_value_time(TU_TYPE_INSTANT, now_us), tu_value_integer(run->id)};
    if (!find_dead(db, run, own, now_us, &is_dead, error))
        return FALSE;
    if (!is_dead)
        return TRUE;
    gboolean is_ok = tu_database_run(db,
                                     "UPDATE trueup_run SET status = 'FAILED', finished_at = ?1, "
                                     "error = 'its process died, or lost its connection' "
                                     "WHERE id = ?2 AND status = 'STARTED'",
                                     values, G_N_ELEMENTS(values), NULL, error);
    tu_database_unlock(db, lock_name(run->id, name));
    return is_ok;
}

/* ---- lists ---- */

#define COLUMNS                                                                                    \
    "id, kind, summary, tenant, range_from, range_to, status, started_at, finished_at, "           \
    "rows_read, cells_written, cells_drifted, worker, error"

static gint64
instant_of(const TuValue *value)
{
    gint64 at_us = 0;
    return tu_value_read_instant(value, &at_us) ? at_us : TU_TIME_BEFORE_ALL;
}

static gpointer
run_of(TuStatement *row)
{
    TuRun *run = g_new0(TuRun, 1);
    TuValue v[14];
    for (guint i = 0; i < G_N_ELEMENTS(v); i++)
        v[i] = tu_statement_value(row, i);
    *run = (TuRun){.id = v[0].integer,
                   .kind = tu_job_text(&v[1]),
                   .summary = tu_job_text(&v[2]),
                   .tenant = tu_job_text(&v[3]),
                   .from = G_MININT32,
                   .to = G_MAXINT32,
                   .status = tu_job_text(&v[6]),
                   .started_us = instant_of(&v[7]),
                   .finished_us = instant_of(&v[8]),
                   .counts = {v[9].integer, v[10].integer, v[11].integer},
                   .worker = tu_job_text(&v[12]),
                   .error = tu_job_text(&v[13])};
    (void)tu_value_read_date(&v[4], &run->from);
    (void)tu_value_read_date(&v[5], &run->to);
    return run;
}

static gboolean
select_runs(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
            GPtrArray **ret_runs, GError **error)
{
    return tu_select(db, sql, values, n_values, run_of, free_run, ret_runs, error);
}

gboolean
tu_runs_list(TuDatabase *db, const char *summary, guint limit, GPtrArray **ret_runs, GError **error)
{
    TuValue values[] = {tu_value_integer(limit), tu_value_text(summary)};
    return summary == NULL
               ? select_runs(db, "SELECT " COLUMNS " FROM trueup_run ORDER BY id DESC LIMIT ?1",
                             values, 1, ret_runs, error)
               : select_runs(db,
                             "SELECT " COLUMNS " FROM trueup_run WHERE summary = ?2 "
                             "OR summary IS NULL ORDER BY id DESC LIMIT ?1",
                             values, G_N_ELEMENTS(values), ret_runs, error);
}

/* A build's run may outlive its worker: while its row of trueup_build is there, anybody goes on
 * with it. */
gboolean
tu_runs_close(TuDatabase *db, const char *worker, GError **error)
{
    g_autoptr(GPtrArray) runs = NULL;
    gint64 now_us = 0;
    if (!select_runs(db,
                     "SELECT " COLUMNS " FROM trueup_run WHERE status = 'STARTED' "
                     "AND (kind NOT IN ('build', 'rebuild') OR id NOT IN "
                     "(SELECT run_id FROM trueup_build WHERE run_id IS NOT NULL)) ORDER BY id",
                     NULL, 0, &runs, error))
        return FALSE;
    if (runs->len == 0)
        return TRUE;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    for (guint i = 0; i < runs->len; i++)
        if (!close_one(db, g_ptr_array_index(runs, i), worker, now_us, error))
            return FALSE;
    return TRUE;
}

/* ---- forgetting ---- */

/* Deletes up to `most` runs that ended before `before_us`; *ret_deleted: how many. One that cannot
 * go on is kept while its history is asked for (unfit.h). The list of ids is wrapped once more:
 * not every database deletes from a table that the statement reads. */
static gboolean
forget(TuDatabase *db, gint64 before_us, guint most, gint64 *ret_deleted, GError **error)
{
    TuValue values[] = {tu_value_time(TU_TYPE_INSTANT, before_us), tu_value_integer(most)};
    return tu_database_run(db,
                           "DELETE FROM trueup_run WHERE id IN (SELECT id FROM (SELECT id "
                           "FROM trueup_run WHERE finished_at < ?1 AND status <> 'STARTED' "
                           "AND id NOT IN (SELECT run_id FROM trueup_build "
                           "WHERE run_id IS NOT NULL) ORDER BY id LIMIT ?2) AS old)",
                           values, G_N_ELEMENTS(values), ret_deleted, error);
}

/* Where nothing is old nothing is written, so that nobody who writes is waited for. */
static gboolean
is_any_old(TuDatabase *db, gint64 before_us, gboolean *ret_is_any, GError **error)
{
    TuValue before = tu_value_time(TU_TYPE_INSTANT, before_us);
    gint64 one = 0;
    return tu_database_integer(db,
                               "SELECT 1 FROM trueup_spec WHERE EXISTS (SELECT 1 FROM trueup_run "
                               "WHERE finished_at < ?1) OR EXISTS (SELECT 1 FROM trueup_job "
                               "WHERE finished_at < ?1)",
                               &before, 1, ret_is_any, &one, error);
}

/* A part at a time, each a short transaction of its own. */
gboolean
tu_runs_expire(TuDatabase *db, gint64 kept_us, GError **error)
{
    gint64 now_us = 0;
    gint64 n_runs = TU_RUNS_AT_ONCE;
    gint64 n_jobs = TU_RUNS_AT_ONCE;
    gboolean is_any = FALSE;
    if (!tu_database_now(db, &now_us, error) || !is_any_old(db, now_us - kept_us, &is_any, error))
        return FALSE;
    while (is_any && (n_runs >= TU_RUNS_AT_ONCE || n_jobs >= TU_RUNS_AT_ONCE))
        if (!forget(db, now_us - kept_us, TU_RUNS_AT_ONCE, &n_runs, error) ||
            !tu_jobs_forget(db, now_us - kept_us, TU_RUNS_AT_ONCE, &n_jobs, error))
            return FALSE;
    return TRUE;
}
