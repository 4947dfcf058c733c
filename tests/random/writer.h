/*
 * Writers: processes that change the sources as applications do, in the manner that trueup's
 * documentation asks for (BEGIN IMMEDIATE, a busy timeout of five seconds), and that must never see
 * an error that they would not have seen without trueup.
 */
#pragma once

#include <sys/types.h>

#include "plan.h"

#define RT_WRITER_BAD_EXIT 3 /* a writer's exit code when it met an error that it must not meet */

/* Starts a writer of `transactions` transactions. It logs every statement to `log_path`. */
pid_t rt_writer_start(const RtPlan *plan, const char *database, const char *log_path,
                      guint transactions, RtRng rng);

/* Makes the schema, the tenants and the first rows; logs the statements to `log_path`. */
void rt_writer_load(const RtPlan *plan, const char *database, const char *log_path, RtRng *rng);

/* Runs statements in this process, as a writer would; answers how many rows the last changed. */
gint64 rt_writer_run(const char *database, const char *log_path, const char *sql);
