/*
 * Fairness: whose job is next.
 *
 *   lane (tenant, kind)      waiting, oldest first        last served
 *   everybody's rebuilds     12 ─ 15                      7      ◀─ was at it before the others
 *   JFK's repairs            13 ─ 14 ─ 16                 3      ◀─ next: 13
 *   LHR's repairs            17                           5
 *
 * Within a lane the oldest comes first; the lanes take turns: the one that was served longest ago
 * is next, and of those that never were the one with the oldest job. So a rebuild of everything,
 * which is put back between its pieces, does not hold up a repair of one tenant, nor do a thousand
 * repairs of one tenant the single one of another.
 */
#pragma once

#include "work/jobs.h"

/* The lane of a job, as a text. Free with g_free. */
char *tu_fair_lane(const TuJob *job);

/* The job whose turn it is; NULL if there is none. `waiting`: of TuJob, in any order. `served`:
 * lane
 * -> (gint64 *) the greatest TuJob.served of its jobs, ended ones too; a lane that is not in it was
 * never served. */
TuJob *tu_fair_next(const GPtrArray *waiting, GHashTable *served);
