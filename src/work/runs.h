/*
 * The run log: a row of trueup_run for each piece of work, STARTED, then COMPLETED or FAILED.
 *
 * While a run is under way its worker's session holds the lock "run 17", which dies with it; so
 * anybody on any host can tell a run that goes on from one that will never say how it ended, and
 * closes it. Builds are not closed: whoever comes next goes on with them.
 */
#pragma once

#include "db/database.h"

typedef struct {
    const char *kind;
    const char *summary, *tenant; /* NULL: all */
    TuDate from, to;              /* local, both included; G_MININT32, G_MAXINT32: without bound */
    const char *worker;
} TuRunWhat;

typedef struct {
    gint64 rows_read, cells_written, cells_drifted;
} TuRunCounts;

/* STARTED. */
gboolean tu_run_begin(TuDatabase *db, const TuRunWhat *what, gint64 *ret_id,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* COMPLETED; FAILED with `problem`, if there is one. */
gboolean tu_run_finish(TuDatabase *db, gint64 id, const TuRunCounts *counts, const char *problem,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes a run back that did nothing, and that nobody should read of. */
gboolean tu_run_forget(TuDatabase *db, gint64 id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Closes runs as FAILED whose worker died or lost its connection. `worker` is who asks; it must
 * have no run under way in this session. */
gboolean tu_runs_close(TuDatabase *db, const char *worker,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs and jobs are kept so long, and deleted so many at once: a transaction of milliseconds. */
#define TU_RUNS_KEPT_US (90 * G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)
#define TU_RUNS_AT_ONCE 500

/* Deletes whatever ended more than `kept_us` ago by the database's clock, runs and jobs, in small
 * transactions. */
gboolean tu_runs_expire(TuDatabase *db, gint64 kept_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    gint64 id;
    char *kind, *summary, *tenant;
    TuDate from, to;
    char *status;
    gint64 started_us, finished_us; /* TU_TIME_BEFORE_ALL: not yet */
    TuRunCounts counts;
    char *worker, *error;
} TuRun;

/* Of TuRun, newest first, at most `limit`; of one summary (or of all summaries together), if it is
 * not NULL. */
gboolean tu_runs_list(TuDatabase *db, const char *summary, guint limit, GPtrArray **ret_runs,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
