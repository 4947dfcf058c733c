/*
 * Upkeep: all that is done beside settling, one piece after the other.
 *
 *   jobs of the queue ─▶ nights and periods that are due ─▶ history to be built ─▶ (once in a
 * while) │                                                       │                 dead runs, old
 * rows └── between two pieces: the lock is given back, and it rests as `load` says
 *
 * What came meanwhile and is more urgent is done between two pieces of a build.
 */
#pragma once

#include "daemon/worker.h"

/* The name of the lock that says that a daemon is at work on this database. */
#define TU_UPKEEP_LOCK "the daemon"

/* A thread's function; `worker` is a TuWorker. Returns when the daemon ends. */
gpointer tu_upkeep_run(gpointer worker);
