/*
 * Queue: what the commands about jobs, runs and pauses share: how their values are shown.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/command.h"
#include "cli/output.h"
#include "work/jobs.h"

/* Who asks, for requested_by and paused_by: "ann@host". Free with g_free. */
char *tu_queue_asker(void);

/* Adds "name": value to an object; "all" summaries and missing times are null. */
void tu_queue_add_text(JsonBuilder *builder, const char *name, const char *text);
void tu_queue_add_integer(JsonBuilder *builder, const char *name, gint64 integer);
void tu_queue_add_date(JsonBuilder *builder, const char *name, TuDate date);
void tu_queue_add_instant(JsonBuilder *builder, const char *name, gint64 at_us);

/* One job as an object, its fields named as the columns; and `per_second` and `eta_s` while it
 * runs. */
void tu_queue_add_job(JsonBuilder *builder, const TuJob *job);

/* What is left of a job that is worked on, in seconds, if it goes on as until now; FALSE: nobody
 * can tell yet. */
gboolean tu_queue_eta_s(const TuJob *job, double *ret_eta_s);

/* Prints {"name": [...]}, an object that `add` makes of each of the list. */
typedef void (*TuQueueAdd)(JsonBuilder *builder, gconstpointer each);
void tu_queue_print_json(const char *name, const GPtrArray *list, TuQueueAdd add);

/* The columns that jobs and runs begin with: id, kind, summary, tenant, range; and a number. */
#define TU_QUEUE_HEADERS "id", "kind", "summary", "tenant", "range"
void tu_queue_add_head(TuTextTable *table, gint64 id, const char *kind, const char *summary,
                       const char *tenant, TuDate from, TuDate to);
void tu_queue_add_number(TuTextTable *table, gint64 number);

/* For tables: "2 min", "-". Free with g_free. */
char *tu_queue_seconds_text(double seconds);

/* "2024-05-01 10:17:03"; "-" for none. */
char *tu_queue_instant_text(gint64 at_us);
