/* `trueup runs`: the run log, newest first. It only reads: any role may ask that sees the
 * tables. */
#include "work/runs.h"

#include "cli/queue.h"

/* A screen of them, unless --limit asks for more. */
#define RUNS_SHOWN 20
#define MOST_RUNS 100000

/* As JSON: every column of trueup_run, by its own name. */
static void
add_run(JsonBuilder *builder, gconstpointer each)
{
    const TuRun *run = each;
    json_builder_begin_object(builder);
    tu_queue_add_integer(builder, "id", run->id);
    tu_queue_add_text(builder, "kind", run->kind);
    tu_queue_add_text(builder, "summary", run->summary);
    tu_queue_add_text(builder, "tenant", run->tenant);
    tu_queue_add_date(builder, "range_from", run->from);
    tu_queue_add_date(builder, "range_to", run->to);
    tu_queue_add_text(builder, "status", run->status);
    tu_queue_add_instant(builder, "started_at", run->started_us);
    tu_queue_add_instant(builder, "finished_at", run->finished_us);
    tu_queue_add_integer(builder, "rows_read", run->counts.rows_read);
    tu_queue_add_integer(builder, "cells_written", run->counts.cells_written);
    tu_queue_add_integer(builder, "cells_drifted", run->counts.cells_drifted);
    tu_queue_add_text(builder, "worker", run->worker);
    tu_queue_add_text(builder, "error", run->error);
    json_builder_end_object(builder);
}

/* A line for people. One that is still going on has taken no time yet. */
static void
print_run(TuTextTable *table, const TuRun *run)
{
    gboolean has_ended = run->finished_us != TU_TIME_BEFORE_ALL;
    g_autofree char *started = tu_queue_instant_text(run->started_us);
    g_autofree char *took =
        has_ended ? tu_queue_seconds_text((double)(run->finished_us - run->started_us) / 1e6)
                  : g_strdup("-");
    tu_queue_add_head(table, run->id, run->kind, run->summary, run->tenant, run->from, run->to);
    tu_text_table_add(table, run->status, FALSE);
    tu_text_table_add(table, started, FALSE);
    tu_text_table_add(table, took, TRUE);
    tu_queue_add_number(table, run->counts.rows_read);
    tu_queue_add_number(table, run->counts.cells_written);
    tu_queue_add_number(table, run->counts.cells_drifted);
    tu_text_table_add(table, run->error != NULL ? run->error : "", FALSE);
}

/* Columns that jobs have too come first, in the same order. */
static void
print_text(const GPtrArray *runs)
{
    static const char *const headers[] = {TU_QUEUE_HEADERS, "status",  "started", "took",
                                          "rows",           "written", "drifted", "error"};
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, G_N_ELEMENTS(headers));
    for (guint i = 0; i < runs->len; i++)
        print_run(table, g_ptr_array_index(runs, i));
    tu_text_table_print(table);
}

int
tu_command_runs(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    int limit = RUNS_SHOWN;
    const GOptionEntry entries[] = {
        {"limit", 0, 0, G_OPTION_ARG_INT, &limit, NULL, NULL},
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_autoptr(GPtrArray) runs = NULL;
    TuSummaryModel *found = NULL;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (limit < 1 || limit > MOST_RUNS) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--limit must be 1 to %d", MOST_RUNS);
        return -1;
    }
    if (!tu_session_open(&session, &context->door, TU_OPEN_READ, TRUE, error) ||
        !tu_session_summary(&session, summary, &found, error) ||
        !tu_runs_list(session.db, summary, (guint)limit, &runs, error))
        return -1;
    if (context->as_json)
        tu_queue_print_json("runs", runs, add_run);
    else
        print_text(runs);
    return TU_EXIT_DONE;
}
