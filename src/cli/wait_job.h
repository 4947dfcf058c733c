/*
 * Waiting for a job that somebody else does, and showing how far it is.
 */
#pragma once

#include "cli/command.h"
#include "work/jobs.h"

/* TRUE if a daemon is at work on this database that would do the job. Behind a pooler nobody can
 * tell: FALSE. */
gboolean tu_daemon_is_there(TuSession *session, gboolean *ret_is_there,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Until the job has ended, or no daemon is there any more: *ret_job is as it is then. Its progress
 * goes to stderr, on a terminal as one line that changes. CANCELLED by a signal: the job stays as
 * it is. */
gboolean tu_job_wait(TuSession *session, gint64 id, TuJob **ret_job,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
