#include "work/jobs.h"

#include "work/select.h"

static const char *const status_names[] = {
    [TU_JOB_PENDING] = "PENDING",     [TU_JOB_RUNNING] = "RUNNING",
    [TU_JOB_COMPLETED] = "COMPLETED", [TU_JOB_FAILED] = "FAILED",
    [TU_JOB_CANCELLED] = "CANCELLED",
};

/* What may be asked for. */
static const struct {
    const char *name;
    gboolean has_range;
} kinds[] = {{"rebuild", FALSE}, {"repair", TRUE}, {"backfill", TRUE}};

const char *
tu_job_status_name(TuJobStatus status)
{
    return status_names[status];
}

void
tu_job_free(TuJob *job)
{
    if (job == NULL)
        return;
    g_free(job->kind);
    g_free(job->summary);
    g_free(job->tenant);
    g_free(job->requested_by);
    g_free(job->error);
    g_free(job->worker);
    g_free(job->groups_done);
    g_free(job->problem);
    g_free(job);
}

static gboolean
has_bound(const TuJob *job)
{
    return job->from != G_MININT32 || job->to != G_MAXINT32;
}

char *
tu_job_problem(const TuJob *job)
{
    guint k = 0;
    while (k < G_N_ELEMENTS(kinds) && g_strcmp0(kinds[k].name, job->kind) != 0)
        k++;
    if (k == G_N_ELEMENTS(kinds))
        return g_strdup_printf("there is no work of kind %s: write rebuild, repair or backfill",
                               job->kind);
    if (job->problem != NULL)
        return g_strdup(job->problem);
    if (!kinds[k].has_range && has_bound(job))
        return g_strdup_printf("a %s is of the whole history: leave range_from and range_to NULL, "
                               "or ask for a repair",
                               job->kind);
    if (job->from > job->to)
        return g_strdup("range_to lies before range_from");
    return NULL;
}

/* ---- reading rows ---- */

/* Somebody may have written anything with SQL: a number where columns have no types is its text. */
char *
tu_job_text(const TuValue *value)
{
    if (value->type == TU_TYPE_TEXT)
        return g_utf8_make_valid(value->text, value->bytes);
    return value->type == TU_TYPE_NULL ? NULL : tu_value_to_text(value);
}

static gint64
integer_of(const TuValue *value)
{
    return value->type == TU_TYPE_INTEGER ? value->integer : 0;
}

static double
real_of(const TuValue *value)
{
    return value->type == TU_TYPE_REAL ? value->real : (double)integer_of(value);
}

/* A moment that is none counts as not yet. */
static gint64
instant_of(const TuValue *value)
{
    gint64 at_us = 0;
    return tu_value_read_instant(value, &at_us) ? at_us : TU_TIME_BEFORE_ALL;
}

/* A bound that cannot be read must not become an open one: the job would do more than was asked. */
static void
read_bound(TuJob *job, const char *column, const TuValue *value, TuDate *ret_date)
{
    if (value->type == TU_TYPE_NULL || tu_value_read_date(value, ret_date) || job->problem != NULL)
        return;
    g_autofree char *text = tu_value_to_text(value);
    job->problem = g_strdup_printf("%s %s is no date: write YYYY-MM-DD", column, text);
}

static TuJobStatus
status_of(const TuValue *value)
{
    g_autofree char *name = tu_job_text(value);
    for (guint i = 0; i < G_N_ELEMENTS(status_names); i++)
        if (g_strcmp0(name, status_names[i]) == 0)
            return (TuJobStatus)i;
    return TU_JOB_FAILED; /* the table allows no other */
}

/* In the order of TU_JOB_COLUMNS. */
static gpointer
job_of(TuStatement *row)
{
    TuJob *job = g_new0(TuJob, 1);
    TuValue v[24];
    for (guint i = 0; i < G_N_ELEMENTS(v); i++)
        v[i] = tu_statement_value(row, i);
    *job = (TuJob){.id = integer_of(&v[0]),
                   .kind = tu_job_text(&v[1]),
                   .summary = tu_job_text(&v[2]),
                   .tenant = tu_job_text(&v[3]),
                   .from = G_MININT32,
                   .to = G_MAXINT32,
                   .status = status_of(&v[6]),
                   .progress = real_of(&v[7]),
                   .attempts = integer_of(&v[8]),
                   .requested_by = tu_job_text(&v[9]),
                   .requested_us = instant_of(&v[10]),
                   .started_us = instant_of(&v[11]),
                   .finished_us = instant_of(&v[12]),
                   .seconds = real_of(&v[13]),
                   .error = tu_job_text(&v[14]),
                   .worker = tu_job_text(&v[15]),
                   .next_attempt_us = instant_of(&v[16]),
                   .is_cancelling = integer_of(&v[17]) != 0,
                   .claim = integer_of(&v[18]),
                   .groups_done = tu_job_text(&v[19]),
                   .reached = integer_of(&v[20]),
                   .has_reached = v[20].type == TU_TYPE_INTEGER,
                   .run_id = integer_of(&v[21]),
                   .deaths = integer_of(&v[22]),
                   .cells_checked = integer_of(&v[23])};
    read_bound(job, "range_from", &v[4], &job->from);
    read_bound(job, "range_to", &v[5], &job->to);
    return job;
}

static void
free_job(gpointer job)
{
    tu_job_free(job);
}

/* Statements name their columns by TU_JOB_COLUMNS, so that job_of finds them. */
gboolean
tu_jobs_select(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
               GPtrArray **ret_jobs, GError **error)
{
    return tu_select(db, sql, values, n_values, job_of, free_job, ret_jobs, error);
}

gboolean
tu_jobs_list(TuDatabase *db, gboolean with_ended, guint limit, GPtrArray **ret_jobs, GError **error)
{
    TuValue most = tu_value_integer(limit);
    return tu_jobs_select(db,
                          with_ended ? "SELECT " TU_JOB_COLUMNS " FROM trueup_job "
                                       "ORDER BY id DESC LIMIT ?1"
                                     : "SELECT " TU_JOB_COLUMNS " FROM trueup_job "
                                       "WHERE status IN ('PENDING', 'RUNNING') "
                                       "ORDER BY id DESC LIMIT ?1",
                          &most, 1, ret_jobs, error);
}

gboolean
tu_job_read(TuDatabase *db, gint64 id, TuJob **ret_job, GError **error)
{
    g_autoptr(GPtrArray) jobs = NULL;
    TuValue value = tu_value_integer(id);
    if (!tu_jobs_select(db, "SELECT " TU_JOB_COLUMNS " FROM trueup_job WHERE id = ?1", &value, 1,
                        &jobs, error))
        return FALSE;
    if (jobs->len == 1) {
        *ret_job = g_ptr_array_steal_index(jobs, 0);
        return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "there is no job %" G_GINT64_FORMAT ": see `trueup jobs --all`", id);
    return FALSE;
}

gboolean
tu_jobs_count(TuDatabase *db, gint64 *ret_pending, gint64 *ret_running, GError **error)
{
    gboolean found = FALSE;
    *ret_pending = *ret_running = 0;
    return tu_database_integer(db, "SELECT count(*) FROM trueup_job WHERE status = 'PENDING'", NULL,
                               0, &found, ret_pending, error) &&
           tu_database_integer(db, "SELECT count(*) FROM trueup_job WHERE status = 'RUNNING'", NULL,
                               0, &found, ret_running, error);
}

/* ---- asking ---- */

/* Two who ask for the same at once: the second waits for the first one's commit and finds its row.
 * Where a writing transaction keeps all others out, this is only a read. */
static gboolean
wait_for_others_who_ask(TuDatabase *db, GError **error)
{
    return tu_database_execute(db, "UPDATE trueup_spec SET digest = digest", error);
}

/* NULL is like NULL here: the database's own operator for that. */
static gboolean
find_same(TuDatabase *db, const TuValue *values, guint n_values, gboolean *ret_found,
          gint64 *ret_id, GError **error)
{
    const char *same = tu_database_dialect(db)->same;
    g_autofree char *sql = g_strdup_printf(
        "SELECT min(id) FROM trueup_job WHERE status = 'PENDING' AND kind = ?1 "
        "AND summary %s ?2 AND tenant %s ?3 AND range_from %s ?4 AND range_to %s ?5",
        same, same, same, same);
    return tu_database_integer(db, sql, values, n_values, ret_found, ret_id, error);
}

gboolean
tu_job_ask(TuDatabase *db, const TuJobWish *wish, gint64 *ret_id, gboolean *ret_is_new,
           GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean found = FALSE;
    TuValue values[] = {
        tu_value_text(wish->kind),
        tu_value_text(wish->summary),
        tu_value_text(wish->tenant),
        wish->from != G_MININT32 ? tu_value_time(TU_TYPE_DATE, wish->from) : TU_NULL_VALUE,
        wish->to != G_MAXINT32 ? tu_value_time(TU_TYPE_DATE, wish->to) : TU_NULL_VALUE,
        tu_value_text(wish->requested_by),
    };
    if (!tu_transaction_begin_write(&txn, db, error) || !wait_for_others_who_ask(db, error) ||
        !find_same(db, values, 5, &found, ret_id, error))
        return FALSE;
    *ret_is_new = !found;
    if (!found &&
        !tu_database_integer(db,
                             "INSERT INTO trueup_job(kind, summary, tenant, range_from, range_to, "
                             "requested_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
                             values, G_N_ELEMENTS(values), &found, ret_id, error))
        return FALSE;
    return tu_transaction_commit(&txn, error);
}

/* ---- forgetting ---- */

gboolean
tu_jobs_forget(TuDatabase *db, gint64 before_us, guint most, gint64 *ret_deleted, GError **error)
{
    TuValue values[] = {tu_value_time(TU_TYPE_INSTANT, before_us), tu_value_integer(most)};
    return tu_database_run(db,
                           "DELETE FROM trueup_job WHERE id IN (SELECT id FROM (SELECT id "
                           "FROM trueup_job WHERE finished_at < ?1 AND status NOT IN "
                           "('PENDING', 'RUNNING') ORDER BY id LIMIT ?2) AS old)",
                           values, G_N_ELEMENTS(values), ret_deleted, error) &&
           (*ret_deleted == 0 ||
            tu_database_run(
                db, "DELETE FROM trueup_worked WHERE job NOT IN (SELECT id FROM trueup_job)", NULL,
                0, NULL, error));
}
