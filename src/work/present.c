#include "work/present.h"

#include <string.h>

#include "work/jobs.h"
#include "work/runs.h"
#include "work/select.h"

/* Three beats: one may be late on a loaded host. */
#define SHOWN_US (3 * TU_PRESENT_EVERY_US)
/* Rows of workers that died are forgotten. */
#define FORGOTTEN_US (3600 * (gint64)G_USEC_PER_SEC)
/* Runs that are looked through for those under way. */
#define RUNS_READ 200

/* Old rows are looked for only when one comes that is new, so a beat is one statement. */
gboolean
tu_present_note(TuDatabase *db, const char *worker, GError **error)
{
    gint64 now_us = 0;
    gint64 n = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue values[] = {tu_value_text(worker), tu_value_time(TU_TYPE_INSTANT, now_us)};
    TuValue old = tu_value_time(TU_TYPE_INSTANT, now_us - FORGOTTEN_US);
    if (!tu_database_run(db, "UPDATE trueup_present SET seen_at = ?2 WHERE name = ?1", values,
                         G_N_ELEMENTS(values), &n, error))
        return FALSE;
    return n > 0 || (tu_database_run(db, "DELETE FROM trueup_present WHERE seen_at < ?1", &old, 1,
                                     NULL, error) &&
                     tu_database_run(db,
                                     "INSERT INTO trueup_present(name, since, seen_at) "
                                     "VALUES (?1, ?2, ?2)",
                                     values, G_N_ELEMENTS(values), NULL, error));
}

gboolean
tu_present_leave(TuDatabase *db, const char *worker, GError **error)
{
    TuValue name = tu_value_text(worker);
    return tu_database_run(db, "DELETE FROM trueup_present WHERE name = ?1", &name, 1, NULL, error);
}

/* ---- the list ---- */

static void
free_present(gpointer data)
{
    TuPresent *present = data;
    g_free(present->name);
    g_free(present->doing);
    g_free(present);
}

static gpointer
present_of(TuStatement *row)
{
    TuPresent *present = g_new0(TuPresent, 1);
    TuValue name = tu_statement_value(row, 0);
    TuValue since = tu_statement_value(row, 1);
    present->name = tu_job_text(&name);
    present->since_us = TU_TIME_BEFORE_ALL;
    (void)tu_value_read_instant(&since, &present->since_us);
    return present;
}

/* The row of a worker, made if it is none of a daemon's. */
static TuPresent *
find(GPtrArray *list, const char *worker, gint64 since_us)
{
    gsize bytes = strlen(worker);
    if (g_str_has_suffix(worker, TU_WORKER_WITHOUT_LOCKS))
        bytes -= strlen(TU_WORKER_WITHOUT_LOCKS);
    g_autofree char *name = g_strndup(worker, bytes);
    for (guint i = 0; i < list->len; i++) {
        TuPresent *present = g_ptr_array_index(list, i);
        if (g_str_equal(present->name, name))
            return present;
    }
    TuPresent *present = g_new0(TuPresent, 1);
    present->name = g_steal_pointer(&name);
    present->since_us = since_us;
    g_ptr_array_add(list, present);
    return present;
}

/* Beside other things that it does. */
static void
add_doing(TuPresent *present, const char *what, const char *kind, const char *summary,
          const char *tenant)
{
    g_autofree char *before = present->doing;
    present->doing =
        g_strdup_printf("%s%s%s%s %s%s%s", before != NULL ? before : "", before != NULL ? "; " : "",
                        what, kind, summary != NULL ? summary : "all summaries",
                        tenant != NULL ? " of " : "", tenant != NULL ? tenant : "");
}

static void
add_jobs(GPtrArray *list, const GPtrArray *jobs)
{
    for (guint i = 0; i < jobs->len; i++) {
        const TuJob *job = g_ptr_array_index(jobs, i);
        g_autofree char *what = g_strdup_printf("job %" G_GINT64_FORMAT ": ", job->id);
        if (job->status == TU_JOB_RUNNING && job->worker != NULL)
            add_doing(find(list, job->worker, job->started_us), what, job->kind, job->summary,
                      job->tenant);
    }
}

/* What a job does is a run too: said once. */
static void
add_runs(GPtrArray *list, const GPtrArray *runs)
{
    for (guint i = 0; i < runs->len; i++) {
        const TuRun *run = g_ptr_array_index(runs, i);
        if (g_strcmp0(run->status, "STARTED") != 0 || run->worker == NULL)
            continue;
        TuPresent *present = find(list, run->worker, run->started_us);
        if (present->doing == NULL)
            add_doing(present, "", run->kind, run->summary, run->tenant);
    }
}

static int
compare(gconstpointer a, gconstpointer b)
{
    const TuPresent *const *left = a;
    const TuPresent *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

gboolean
tu_present_list(TuDatabase *db, GPtrArray **ret_list, GError **error)
{
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GPtrArray) jobs = NULL;
    g_autoptr(GPtrArray) runs = NULL;
    gint64 now_us = 0;
    if (!tu_database_now(db, &now_us, error))
        return FALSE;
    TuValue since = tu_value_time(TU_TYPE_INSTANT, now_us - SHOWN_US);
    if (!tu_select(db, "SELECT name, since FROM trueup_present WHERE seen_at >= ?1", &since, 1,
                   present_of, free_present, &list, error) ||
        !tu_jobs_list(db, FALSE, RUNS_READ, &jobs, error) ||
        !tu_runs_list(db, NULL, RUNS_READ, &runs, error))
        return FALSE;
    add_jobs(list, jobs);
    add_runs(list, runs);
    g_ptr_array_sort(list, compare);
    *ret_list = g_steal_pointer(&list);
    return TRUE;
}
