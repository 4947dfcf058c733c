/*
 * Watching a job that is worked on, beside the work: a long statement or a large piece must not
 * keep a cancelled job going, nor its beat from being heard.
 *
 *   worker's session   ── scan ───────────── count ── write ──  looks at `flag` all the time
 *   watch's session        · is it cancelled? ·  beat  ·        sets it
 *
 * The watch connects only when the work takes longer than a moment. If it cannot, nothing is lost:
 * the worker asks between two pieces as well.
 */
#pragma once

#include "work/jobs.h"

typedef struct TuJobWatch TuJobWatch;

typedef struct {
    const char *url, *directory; /* as for tu_database_open; url NULL: no watch, only the flag */
    const char *control_schema;  /* NULL: none */
    const volatile _Atomic int
        *is_cancelled; /* the process's own; NULL: none. What it becomes, the flag does */
} TuJobWatchPlace;

/* Begins to watch the job that this worker has claimed. */
TuJobWatch *tu_job_watch_new(const TuJobWatchPlace *place, const TuJob *job);
void tu_job_watch_free(TuJobWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuJobWatch, tu_job_watch_free)

/* Not 0: the work is to end now, since a signal asked the process, or the job is cancelled or not
 * this worker's any more. */
const volatile _Atomic int *tu_job_watch_flag(const TuJobWatch *watch);
