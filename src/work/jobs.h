/*
 * Jobs: work that was asked for, as rows of trueup_job. Whoever asks may be a command, or anybody
 * with SQL; whoever works may be any worker on any host.
 *
 *   ask ──▶ PENDING ── claim ──▶ RUNNING ──▶ COMPLETED
 *              ▲  │                 │  ├────▶ FAILED      after its attempts, or where none can
 * help │  └─▶ CANCELLED ◀───┤ └──── put back ──────┘      a failed attempt, or others' turn claim
 * by another: its worker is dead
 *
 * A claim is a number: it grows whenever somebody takes the job, and every later write of the
 * worker names it. So exactly one wins a job, and one that was stopped and wakes finds its claim
 * gone (docs/correctness.md). That a worker lives is said by a lock of the database that dies with
 * its session ("job 17"); where sessions hold none, by a beat on the database's clock.
 */
#pragma once

#include "db/database.h"

typedef enum {
    TU_JOB_PENDING,
    TU_JOB_RUNNING,
    TU_JOB_COMPLETED,
    TU_JOB_FAILED,
    TU_JOB_CANCELLED,
} TuJobStatus;

/* "PENDING" .. "CANCELLED". */
const char *tu_job_status_name(TuJobStatus status);

typedef struct {
    gint64 id;
    char *kind;             /* not checked: see tu_job_problem */
    char *summary, *tenant; /* NULL: all */
    TuDate from, to;        /* local, both included; G_MININT32, G_MAXINT32: without bound */
    TuJobStatus status;
    double progress; /* 0 to 1 */
    gint64 attempts; /* since it last got on, the one under way among them; deaths are none */
    gint64 deaths;   /* of workers, at it, since then */
    char *requested_by;
    gint64 requested_us, started_us, finished_us; /* TU_TIME_BEFORE_ALL: not yet */
    double seconds;                               /* worked on */
    char *error;                                  /* of the last attempt */
    char *worker;                                 /* who has it, or had it last */
    gint64 next_attempt_us;
    gboolean is_cancelling;
    char *groups_done; /* names of the groups that are done, a line each; NULL: none */
    gint64 reached;    /* within the group that is worked on: days from here on are done */
    gboolean has_reached;
    gint64 run_id;        /* of what it asked for in trueup_build; 0: nothing */
    gint64 cells_checked; /* by all its workers */
    char *problem;        /* a date that is none; NULL: all could be read */
    gint64 claim;
    /* Of this worker, while it has it: */
    gint64 claimed_us; /* monotonic */
    double seconds_before, progress_before;
    gint64 cells_before; /* cells_checked */
} TuJob;

void tu_job_free(TuJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuJob, tu_job_free)

/* Why no worker could ever do it, as a new string: a kind that there is not, a range that has no
 * day; NULL: as far as can be told without the spec, it can be done. */
char *tu_job_problem(const TuJob *job);

/* ---- asking, looking, cancelling ---- */

typedef struct {
    const char *kind;             /* "rebuild", "repair", "backfill" */
    const char *summary, *tenant; /* NULL: all */
    TuDate from, to;              /* as in TuJob */
    const char *requested_by;
} TuJobWish;

/* Queues it. The same that is PENDING already is asked for once: *ret_is_new FALSE, and its id. */
gboolean tu_job_ask(TuDatabase *db, const TuJobWish *wish, gint64 *ret_id, gboolean *ret_is_new,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of TuJob, newest first, at most `limit`; `with_ended` FALSE: only PENDING and RUNNING ones. */
gboolean tu_jobs_list(TuDatabase *db, gboolean with_ended, guint limit, GPtrArray **ret_jobs,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one of that number; USAGE if there is none. */
gboolean tu_job_read(TuDatabase *db, gint64 id, TuJob **ret_job,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many wait and how many are worked on. */
gboolean tu_jobs_count(TuDatabase *db, gint64 *ret_pending, gint64 *ret_running,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Cancels it: at once, if nobody works on it (*ret_status CANCELLED); else its worker is told, and
 * obeys within a second (*ret_status RUNNING). A job that has ended stays as it is. USAGE if there
 * is none of that number. */
gboolean tu_job_cancel(TuDatabase *db, gint64 id, TuJobStatus *ret_status,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- working ---- */

/* TRUE for a job that this worker may take now. */
typedef gboolean (*TuJobFilter)(const TuJob *job, gpointer data);

/* Takes the job whose turn it is among those that `filter` allows (NULL: all) and no pause holds:
 * one whose worker is dead, else the next by work/fair.h. *ret_job NULL: there is none. The session
 * must have no other job. */
gboolean tu_job_claim(TuDatabase *db, const char *worker, TuJobFilter filter, gpointer data,
                      TuJob **ret_job, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if a job of another lane waits, so that it is time to put this one back. */
gboolean tu_job_others_wait(TuDatabase *db, const TuJob *job, TuJobFilter filter, gpointer data,
                            gboolean *ret_wait, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What follows writes only while the claim holds; else BUSY: another worker has it, or it was
 * deleted, and whoever asked leaves it alone. */

/* Notes progress, reached, groups_done, run_id and cells_checked; reads is_cancelling.
 * `has_got_on`: attempts and deaths begin anew, since this one got somewhere. */
gboolean tu_job_note(TuDatabase *db, TuJob *job, gboolean has_got_on,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* COMPLETED. */
gboolean tu_job_complete(TuDatabase *db, TuJob *job, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A failed attempt: PENDING again, later each time, and FAILED after `attempts_most`. 0: FAILED at
 * once. */
gboolean tu_job_fail(TuDatabase *db, TuJob *job, guint attempts_most, const char *problem,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CANCELLED, as was asked. */
gboolean tu_job_end_cancelled(TuDatabase *db, TuJob *job, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* PENDING again through no fault of its own: it goes on later where it is. */
gboolean tu_job_put_back(TuDatabase *db, TuJob *job, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes back what a rebuild asked for in trueup_build, in a transaction that moves the turn, so
 * that no chunk under way ends it; `reached` says from then on how far it came. `why` goes into the
 * run log. Nothing if run_id is 0. */
gboolean tu_job_stop_build(TuDatabase *db, TuJob *job, const char *why,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Deletes up to `most` jobs that ended before `before_us`; *ret_deleted: how many. */
gboolean tu_jobs_forget(TuDatabase *db, gint64 before_us, guint most, gint64 *ret_deleted,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets the lock go that says that this session works on it; the functions that end a claim do. */
void tu_job_unlock(TuDatabase *db, const TuJob *job);

/* ---- for jobs*.c ---- */

#define TU_JOB_COLUMNS                                                                             \
    "id, kind, summary, tenant, range_from, range_to, status, progress, attempts, requested_by, "  \
    "requested_at, started_at, finished_at, seconds, error, worker, next_attempt_at, "             \
    "is_cancelling, claim, groups_done, reached, run_id, "                                         \
    "(SELECT w.deaths FROM trueup_worked w WHERE w.job = trueup_job.id), "                         \
    "(SELECT w.cells_checked FROM trueup_worked w WHERE w.job = trueup_job.id)"

/* The jobs that a SELECT of those columns gives. */
gboolean tu_jobs_select(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                        GPtrArray **ret_jobs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes its deaths and cells_checked. */
gboolean tu_job_note_worked(TuDatabase *db, const TuJob *job,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A text of a row, whole; NULL is NULL. Free with g_free. */
char *tu_job_text(const TuValue *value);

/* Nobody who works leaves a job without a beat for so long. */
#define TU_JOB_BEAT_LIMIT_US (60 * G_USEC_PER_SEC)

/* What is behind the name of a worker whose session holds no locks. */
#define TU_WORKER_WITHOUT_LOCKS " (pooled)"

/* TRUE if nobody works on it although it is RUNNING; then this session has its lock, where it
 * can. */
gboolean tu_job_is_abandoned(TuDatabase *db, const TuJob *job, gboolean *ret_is_abandoned,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
