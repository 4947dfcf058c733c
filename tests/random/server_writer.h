/*
 * Writers on servers: processes that change the sources at the same time as others, as applications
 * do: at any isolation level, with savepoints, again after a deadlock, with transactions that stay
 * open for a while. The only errors that they may meet are those of the application's own making.
 */
#pragma once

#include <sys/types.h>

#include "plan.h"
#include "report.h"

#define RT_WRITER_USER "rt_writer" /* who may write to the application's tables, and no others */

/* As rt_writer_start; counts what it met in `report`, which lies in shared memory. */
pid_t rt_server_writer_start(const RtPlan *plan, const char *url, const char *log_path,
                             guint transactions, RtRng rng, RtReport *report);
