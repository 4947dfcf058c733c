#include "cli/wait_job.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/queue.h"
#include "daemon/upkeep.h"

/* How often the job is looked at, and whether somebody does it. */
#define LOOK_US (200 * 1000)
#define LOOKS_A_DAEMON 10

gboolean
tu_daemon_is_there(TuSession *session, gboolean *ret_is_there, GError **error)
{
    g_autofree char *holder = NULL;
    if (!tu_database_try_lock(session->db, TU_UPKEEP_LOCK, &holder, error))
        return FALSE;
    *ret_is_there = holder != NULL;
    if (holder == NULL)
        tu_database_unlock(session->db, TU_UPKEEP_LOCK);
    return TRUE;
}

static gboolean
has_ended(const TuJob *job)
{
    return job->status != TU_JOB_PENDING && job->status != TU_JOB_RUNNING;
}

/* "job 3: RUNNING, 40 %, 2 min left". */
static char *
line_of(const TuJob *job)
{
    double eta_s = 0;
    gboolean has_eta = tu_queue_eta_s(job, &eta_s);
    g_autofree char *eta = has_eta ? tu_queue_seconds_text(eta_s) : NULL;
    return g_strdup_printf("job %" G_GINT64_FORMAT ": %s, %.0f %%%s%s%s", job->id,
                           tu_job_status_name(job->status), job->progress * 100,
                           has_eta ? ", " : "", has_eta ? eta : "", has_eta ? " left" : "");
}

/* On a terminal always; else when there is something new: another status, ten percent. */
static void
show(const TuJob *job, int *told)
{
    gboolean is_terminal = isatty(STDERR_FILENO) != 0;
    int now = (int)job->status * 100 + (int)(job->progress * 10);
    g_autofree char *line = line_of(job);
    if (is_terminal)
        fprintf(stderr, "\r\033[K%s%s", line, has_ended(job) ? "\n" : "");
    else if (now != *told)
        fprintf(stderr, "trueup: %s\n", line);
    *told = now;
}

gboolean
tu_job_wait(TuSession *session, gint64 id, TuJob **ret_job, GError **error)
{
    int told = -1;
    for (guint looks = 1;; looks++) {
        g_autoptr(TuJob) job = NULL;
        gboolean is_there = TRUE;
        if (!tu_keeper_may_go_on(&session->keeper, error) ||
            !tu_job_read(session->db, id, &job, error) ||
            (looks % LOOKS_A_DAEMON == 0 && !tu_daemon_is_there(session, &is_there, error)))
            return FALSE;
        show(job, &told);
        if (has_ended(job) || !is_there) {
            *ret_job = g_steal_pointer(&job);
            return TRUE;
        }
        g_usleep(LOOK_US);
    }
}
