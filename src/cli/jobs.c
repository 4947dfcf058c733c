/* `trueup jobs` and `jobs cancel N`: the queue. Asking for a job is rebuild.c's matter; doing it is
 * the daemon's, or that of `run --once`. */
#include "work/jobs.h"

#include <stdio.h>

#include "cli/queue.h"

#define JOBS_SHOWN 50
#define MOST_JOBS 100000

/* ---- jobs ---- */

static void
add_job(JsonBuilder *builder, gconstpointer job)
{
    tu_queue_add_job(builder, job);
}

/* "RUNNING, cancelling"; "PENDING, attempt 3 at 10:17". */
static char *
status_text(const TuJob *job)
{
    const char *name = tu_job_status_name(job->status);
    if (job->status == TU_JOB_RUNNING && job->is_cancelling)
        return g_strdup_printf("%s, cancelling", name);
    if (job->status != TU_JOB_PENDING || job->next_attempt_us == TU_TIME_BEFORE_ALL)
        return g_strdup(name);
    g_autofree char *at = tu_queue_instant_text(job->next_attempt_us);
    return g_strdup_printf("%s, again at %s", name, at);
}

static void
print_job(TuTextTable *table, const TuJob *job)
{
    double eta_s = 0;
    gboolean has_begun = job->started_us != TU_TIME_BEFORE_ALL;
    g_autofree char *status = status_text(job);
    g_autofree char *progress = g_strdup_printf("%.0f %%", job->progress * 100);
    g_autofree char *took = has_begun ? tu_queue_seconds_text(job->seconds) : g_strdup("-");
    g_autofree char *eta =
        tu_queue_eta_s(job, &eta_s) ? tu_queue_seconds_text(eta_s) : g_strdup("-");
    g_autofree char *requested = tu_queue_instant_text(job->requested_us);
    tu_queue_add_head(table, job->id, job->kind, job->summary, job->tenant, job->from, job->to);
    tu_text_table_add(table, status, FALSE);
    tu_text_table_add(table, progress, TRUE);
    tu_text_table_add(table, took, TRUE);
    tu_text_table_add(table, eta, TRUE);
    tu_queue_add_number(table, job->attempts);
    tu_text_table_add(table, requested, FALSE);
    tu_text_table_add(table, job->error != NULL ? job->error : "", FALSE);
}

static void
print_text(const GPtrArray *jobs)
{
    static const char *const headers[] = {TU_QUEUE_HEADERS, "status",   "done",      "took",
                                          "left",           "attempts", "requested", "error"};
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, G_N_ELEMENTS(headers));
    for (guint i = 0; i < jobs->len; i++)
        print_job(table, g_ptr_array_index(jobs, i));
    tu_text_table_print(table);
}

static int
list(const TuContext *context, gboolean with_ended, int limit, GError **error)
{
    g_auto(TuSession) session = {0};
    g_autoptr(GPtrArray) jobs = NULL;
    if (limit < 1 || limit > MOST_JOBS) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--limit must be 1 to %d", MOST_JOBS);
        return -1;
    }
    if (!tu_session_open(&session, &context->door, TU_OPEN_READ, TRUE, error) ||
        !tu_jobs_list(session.db, with_ended, (guint)limit, &jobs, error))
        return -1;
    if (context->as_json)
        tu_queue_print_json("jobs", jobs, add_job);
    else
        print_text(jobs);
    return TU_EXIT_DONE;
}

/* ---- jobs cancel ---- */

static gboolean
read_id(const char *text, gint64 *ret_id, GError **error)
{
    guint64 id = 0;
    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &id, NULL)) {
        *ret_id = (gint64)id;
        return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "jobs cancel: `%s` is no number of a job: see `trueup jobs`", text);
    return FALSE;
}

static void
say_cancelled(gint64 id, TuJobStatus status)
{
    switch (status) {
    case TU_JOB_CANCELLED:
        printf("job %" G_GINT64_FORMAT " is cancelled\n", id);
        return;
    case TU_JOB_PENDING:
    case TU_JOB_RUNNING:
        printf("job %" G_GINT64_FORMAT " is being cancelled: its worker stops within a second\n",
               id);
        return;
    case TU_JOB_COMPLETED:
    case TU_JOB_FAILED:
        printf("job %" G_GINT64_FORMAT " has ended already: %s\n", id, tu_job_status_name(status));
        return;
    }
    g_assert_not_reached();
}

static int
cancel(const TuContext *context, char **ids, GError **error)
{
    g_auto(TuSession) session = {0};
    g_autoptr(JsonBuilder) builder = json_builder_new();
    gint64 id = 0;
    for (guint i = 0; ids[i] != NULL; i++)
        if (!read_id(ids[i], &id, error))
            return -1;
    if (!tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, error))
        return -1;
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "jobs");
    json_builder_begin_array(builder);
    for (guint i = 0; ids[i] != NULL; i++) {
        TuJobStatus status = TU_JOB_PENDING;
        if (!read_id(ids[i], &id, error) || !tu_job_cancel(session.db, id, &status, error))
            return -1;
        json_builder_begin_object(builder);
        tu_queue_add_integer(builder, "id", id);
        tu_queue_add_text(builder, "status", tu_job_status_name(status));
        json_builder_end_object(builder);
        if (!context->as_json)
            say_cancelled(id, status);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    if (context->as_json)
        tu_output_json(builder);
    return TU_EXIT_DONE;
}

int
tu_command_jobs(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean with_ended = FALSE;
    int limit = JOBS_SHOWN;
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &with_ended, NULL, NULL},
        {"limit", 0, 0, G_OPTION_ARG_INT, &limit, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    if (!tu_options_parse(entries, &argc, &argv, error))
        return -1;
    if (argc <= 1)
        return list(context, with_ended, limit, error);
    if (g_str_equal(argv[1], "cancel") && argc > 2 && !with_ended)
        return cancel(context, argv + 2, error);
    g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE,
                        "write `trueup jobs [--all]`, or `trueup jobs cancel N ...`");
    return -1;
}
