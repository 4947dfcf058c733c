/*
 * The settler: asks again and again whether anything has come, and settles the groups that have
 * something.
 *
 *   ask (question.h) ─▶ for each group: lock ─▶ turns, each a batch ─▶ give the lock back
 *    ▲                                                  (daemon/pace.h)
 *    └── the interval: `settle`, slower while nothing comes ◀─┘
 *
 * A group that another has is asked about again in a moment; one that fails, later each time. Once
 * a minute, and after every error, each group is looked at whatever the answer was: that asks its
 * guard.
 */
#pragma once

#include "daemon/worker.h"

/* A thread's function; `worker` is a TuWorker. Returns when the daemon ends. */
gpointer tu_settler_run(gpointer worker);
