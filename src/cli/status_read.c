/*
 * What `status` tells, read at one snapshot: per summary its history, what waits, its guards, its
 * last run; and what concerns all: sources, tenants, pauses, nights, workers, what fails.
 *
 * It is all in memory before anything is printed, so text and JSON say the same.
 */
#include "cli/status.h"

#include "cells/dictionary.h"
#include "cli/keyed_status.h"
#include "daemon/due.h"
#include "keep/rows.h"
#include "keep/build/unfit.h"
#include "time/instant.h"
#include "work/jobs.h"

/* As people read them; JSON has the same words. */
const char *
tu_state_name(TuState state)
{
    static const char *const names[] = {
        [TU_STATE_RIGHT] = "right",           [TU_STATE_NOT_CAPTURED] = "not captured",
        [TU_STATE_REBUILDING] = "rebuilding", [TU_STATE_BUILDING] = "building",
        [TU_STATE_UNGUARDED] = "unguarded",   [TU_STATE_RELEASED] = "released",
        [TU_STATE_PAUSED] = "paused",         [TU_STATE_FAILING] = "failing",
    };
    return names[state];
}

/* The worst of what holds: the states are in that order (cli/status.h). `guards`: of TuTableGuard.
 */
static TuState
state_of(gboolean has_uncaptured, const TuHistory *history, const GArray *guards)
{
    TuState state = has_uncaptured ? TU_STATE_NOT_CAPTURED : TU_STATE_RIGHT;
    if (history->is_rebuilding)
        state = TU_STATE_REBUILDING;
    else if (history->is_building)
        state = TU_STATE_BUILDING;
    for (guint i = 0; i < guards->len; i++) {
        const TuTableGuard *guard = &g_array_index(guards, TuTableGuard, i);
        if (guard->is_unguarded)
            state = MAX(state, TU_STATE_UNGUARDED);
        if (guard->is_released)
            state = MAX(state, TU_STATE_RELEASED);
    }
    return state;
}

/* ---- memory ---- */

static void
summary_clear(gpointer data)
{
    TuSummaryStatus *summary = data;
    g_clear_pointer(&summary->guards, g_array_unref);
    g_clear_pointer(&summary->sealed, g_array_unref);
    g_free(summary->last_run.kind);
    g_free(summary->last_run.status);
    g_free(summary->last_run.started_at);
    g_free(summary->last_run.finished_at);
    g_free(summary->last_run.error);
}

static void
source_clear(gpointer data)
{
    g_free(((TuSourceStatus *)data)->source);
}

static void
tenant_clear(gpointer data)
{
    TuTenantStatus *tenant = data;
    g_free(tenant->tenant);
    g_free(tenant->error);
}

static void
parked_clear(gpointer data)
{
    TuParkedBucket *parked = data;
    g_free(parked->summary);
    g_free(parked->tenant);
    g_free(parked->bucket);
    g_free(parked->key);
    g_free(parked->error);
}

static void
night_clear(gpointer data)
{
    TuNightStatus *night = data;
    g_free(night->summary);
    g_free(night->zone);
}

static void
failing_clear(gpointer data)
{
    TuFailingStatus *failing = data;
    g_free(failing->summary);
    g_free(failing->series);
    g_free(failing->error);
    g_free(failing->since);
}

static GArray *
array_of(guint bytes, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, TRUE, bytes);
    g_array_set_clear_func(array, clear);
    return array;
}

void
tu_status_clear(TuStatus *status)
{
    g_clear_pointer(&status->keyed, g_array_unref);
    g_clear_pointer(&status->summaries, g_array_unref);
    g_clear_pointer(&status->sources, g_array_unref);
    g_clear_pointer(&status->tenants, g_array_unref);
    g_clear_pointer(&status->parked, g_array_unref);
    g_clear_pointer(&status->pauses, g_ptr_array_unref);
    g_clear_pointer(&status->nights, g_array_unref);
    g_clear_pointer(&status->workers, g_ptr_array_unref);
    g_clear_pointer(&status->failing, g_array_unref);
    g_clear_pointer(&status->values, tu_dictionary_free);
}

/* ---- reading ---- */

/* A control table's text, or its instant as text; NULL for anything else. */
static char *
text_of(const TuValue *value)
{
    gint64 at_us = 0;
    char text[TU_INSTANT_TEXT_BYTES];
    if (value->type == TU_TYPE_TEXT)
        return g_utf8_make_valid(value->text, value->bytes);
    if (!tu_value_read_instant(value, &at_us))
        return NULL;
    tu_instant_format(at_us, text);
    return g_strdup(text);
}

/* NULL counts as none. */
static gint64
integer_of(const TuValue *value)
{
    return value->type == TU_TYPE_INTEGER ? value->integer : 0;
}

static gboolean
take_last_run(const TuValue *row, gpointer data, GError **error)
{
    TuLastRun *run = data;
    *run = (TuLastRun){TRUE,
                       text_of(&row[0]),
                       text_of(&row[1]),
                       text_of(&row[2]),
                       text_of(&row[3]),
                       text_of(&row[4])};
    return TRUE;
}

/* Settling is one row an hour, so its start says little. */
gboolean
tu_last_run_read(TuDatabase *db, const char *summary, TuLastRun *ret_run, GError **error)
{
    TuValue name = tu_value_text(summary);
    return tu_rows_each(db,
                        "SELECT kind, status, started_at, finished_at, error FROM trueup_run "
                        "WHERE summary = ?1 OR summary IS NULL "
                        "ORDER BY coalesce(finished_at, started_at) DESC, id DESC LIMIT 1",
                        &name, 1, FALSE, take_last_run, ret_run, error);
}

/* All that concerns one summary with grains; keyed ones are keyed_status.c's. */
static gboolean
read_summary(TuSession *session, TuSummaryStatus *summary, GError **error)
{
    TuDatabase *db = session->db;
    gboolean found = FALSE;
    TuValue name = tu_value_text(summary->summary->spec->name);
    if (!tu_history_read(db, summary->summary, NULL, &summary->history, error) ||
        !tu_waiting_read(db, summary->summary, &summary->waiting, error) ||
        !tu_guards_read(db, summary->summary, &summary->guards, error) ||
        !tu_sealed_read(db, summary->summary, &summary->sealed, error) ||
        !tu_as_of(db, summary->summary, &summary->waiting, &summary->as_of_us, error) ||
        !tu_last_run_read(db, summary->summary->spec->name, &summary->last_run, error) ||
        !tu_database_integer(db, "SELECT drift FROM trueup_summary WHERE name = ?1", &name, 1,
                             &found, &summary->drift, error))
        return FALSE;
    summary->state =
        state_of(tu_summary_has_uncaptured(summary->summary), &summary->history, summary->guards);
    return TRUE;
}

/* Rows that count nowhere, by why they do not. */
static gboolean
take_source(const TuValue *row, gpointer data, GError **error)
{
    TuSourceStatus source = {text_of(&row[0]), integer_of(&row[1]), integer_of(&row[2]),
                             integer_of(&row[3])};
    g_array_append_val(((TuStatus *)data)->sources, source);
    return TRUE;
}

/* Tenants that are left out, and why. The row's texts end with it: the dictionary keeps the key. */
static gboolean
take_tenant(const TuValue *row, gpointer data, GError **error)
{
    TuStatus *status = data;
    guint32 id = tu_dictionary_intern(status->values, row[0]);
    TuTenantStatus tenant = {tu_value_to_text(&row[0]), tu_dictionary_value(status->values, id),
                             text_of(&row[1])};
    g_array_append_val(status->tenants, tenant);
    return TRUE;
}

/* A bucket that failed has a tenant and a date, a key of a keyed summary neither. */
static gboolean
take_parked(const TuValue *row, gpointer data, GError **error)
{
    char *tenant = row[1].type != TU_TYPE_NULL ? tu_value_to_text(&row[1]) : NULL;
    TuParkedBucket parked = {text_of(&row[0]),    tenant,
                             text_of(&row[2]),    text_of(&row[5]),
                             integer_of(&row[3]), text_of(&row[4])};
    g_array_append_val(((TuStatus *)data)->parked, parked);
    return TRUE;
}

/* What a worker has noted, and since when. */
static gboolean
take_failing(const TuValue *row, gpointer data, GError **error)
{
    char *series = row[1].bytes > 0 ? text_of(&row[1]) : NULL;
    TuFailingStatus failing = {text_of(&row[0]), series, text_of(&row[2]), text_of(&row[3])};
    g_array_append_val(((TuStatus *)data)->failing, failing);
    return TRUE;
}

/* Noted or not, who looks at the database now sees it too. `series` NULL: it has no name. */
static void
add_if_unnoted(TuStatus *status, const char *summary, const char *series, const char *problem)
{
    gboolean is_noted = problem == NULL;
    for (guint i = 0; i < status->failing->len && !is_noted; i++) {
        const TuFailingStatus *noted = &g_array_index(status->failing, TuFailingStatus, i);
        is_noted = g_str_equal(noted->summary, summary) && g_strcmp0(noted->series, series) == 0;
    }
    if (is_noted)
        return;
    TuFailingStatus failing = {g_strdup(summary), g_strdup(series), g_strdup(problem), NULL};
    g_array_append_val(status->failing, failing);
}

/* What this process' own model could not resolve: no worker may have come by since. */
static void
add_unnoted(const TuModel *model, TuStatus *status)
{
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        for (guint s = 0; s < source->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(source->series, s);
            add_if_unnoted(status, series->summary->spec->name, series->spec->name,
                           series->problem);
        }
    }
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        add_if_unnoted(status, keyed->spec->name, NULL, keyed->problem);
    }
}

/* From three places: noted by workers, history that never fits, what this process sees itself. */
static gboolean
read_failing(TuSession *session, TuStatus *status, GError **error)
{
    if (!tu_rows_each(session->db,
                      "SELECT summary, series, error, since FROM trueup_failing "
                      "ORDER BY summary, series",
                      NULL, 0, FALSE, take_failing, status, error) ||
        !tu_unfit_list(session->db, take_failing, status, error))
        return FALSE;
    add_unnoted(session->model, status);
    return TRUE;
}

/* Nights that are later than `grace` allows, asked of the same code by which the daemon decides. */
static gboolean
read_nights(TuSession *session, TuStatus *status, GError **error)
{
    g_auto(TuKeeper) keeper = {0};
    tu_keeper_init(&keeper, session->db, session->model);
    for (guint g = 0; g < session->model->groups->len; g++) {
        g_autoptr(TuDue) due = NULL;
        if (!tu_due_read(&keeper, g_ptr_array_index(session->model->groups, g), FALSE, &due, error))
            return FALSE;
        for (guint i = 0; i < due->agenda->late->len; i++) {
            const TuLateNight *late = &g_array_index(due->agenda->late, TuLateNight, i);
            TuNightStatus night = {g_strdup(tu_due_summary(due, late->summary)),
                                   g_strdup(tu_zone_name(late->zone)), late->since_us};
            g_array_append_val(status->nights, night);
        }
    }
    return TRUE;
}

/* By a bucket that waits for another attempt, or by a series that cannot be evaluated. */
static gboolean
is_failing(const TuStatus *status, const TuSummaryStatus *summary)
{
    gboolean is_failing = summary->waiting.n_parked > 0;
    for (guint i = 0; i < status->failing->len; i++)
        is_failing =
            is_failing || g_str_equal(g_array_index(status->failing, TuFailingStatus, i).summary,
                                      summary->summary->spec->name);
    return is_failing;
}

/* In the order in which states need each other: pauses and failures first, since they change a
 * summary's state. */
static gboolean
read_all(TuSession *session, TuStatus *status, GError **error)
{
    TuDatabase *db = session->db;
    TuValue limit = tu_value_integer(TU_PARKED_SHOWN);
    if (!tu_pauses_read(db, &status->pauses, error) ||
        !tu_jobs_count(db, &status->n_jobs_pending, &status->n_jobs_running, error) ||
        !tu_present_list(db, &status->workers, error) || !read_failing(session, status, error) ||
        !read_nights(session, status, error))
        return FALSE;
    for (guint i = 0; i < session->model->summaries->len; i++) {
        TuSummaryStatus summary = {.summary = g_ptr_array_index(session->model->summaries, i)};
        g_array_append_val(status->summaries, summary);
        TuSummaryStatus *read = &g_array_index(status->summaries, TuSummaryStatus, i);
        if (!read_summary(session, read, error))
            return FALSE;
        if (is_failing(status, read))
            read->state = MAX(read->state, TU_STATE_FAILING);
        if (read->history.is_stuck && read->state <= TU_STATE_BUILDING)
            read->state = TU_STATE_FAILING;
        if (tu_pauses_find(status->pauses, read->summary->spec->name) != NULL)
            read->state = TU_STATE_PAUSED;
    }
    return tu_keyed_status_read(session, status, error) &&
           tu_rows_each(db,
                        "SELECT name, without_tenant, without_time, of_unknown_tenants "
                        "FROM trueup_source ORDER BY name",
                        NULL, 0, FALSE, take_source, status, error) &&
           tu_rows_each(db,
                        "SELECT tenant, min(error) FROM trueup_tenant WHERE error IS NOT NULL "
                        "GROUP BY tenant ORDER BY tenant",
                        NULL, 0, FALSE, take_tenant, status, error) &&
           tu_rows_each(
               db,
               "SELECT summary, tenant, bucket, attempts, error, \"key\" FROM trueup_parked "
               "ORDER BY summary, tenant, bucket LIMIT ?1",
               &limit, 1, FALSE, take_parked, status, error);
}

/* One transaction: the lines of one answer belong together. */
gboolean
tu_status_read(TuSession *session, TuStatus *ret_status, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_auto(TuStatus) status = {
        .now_us = tu_instant_now_us(),
        .keyed = array_of(sizeof(TuKeyedStatus), tu_keyed_status_clear),
        .summaries = array_of(sizeof(TuSummaryStatus), summary_clear),
        .sources = array_of(sizeof(TuSourceStatus), source_clear),
        .tenants = array_of(sizeof(TuTenantStatus), tenant_clear),
        .parked = array_of(sizeof(TuParkedBucket), parked_clear),
        .nights = array_of(sizeof(TuNightStatus), night_clear),
        .failing = array_of(sizeof(TuFailingStatus), failing_clear),
        .values = tu_dictionary_new(),
    };
    if (!tu_transaction_begin_read(&txn, session->db, NULL, error) ||
        !read_all(session, &status, error))
        return FALSE;
    *ret_status = status;
    status = (TuStatus){0};
    return TRUE;
}

/* What makes the exit code 1. A pause and a build under way are not alarming; both were asked
 * for. */
gboolean
tu_status_is_alarming(const TuStatus *status)
{
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        if (summary->waiting.n_parked > 0 || g_strcmp0(summary->last_run.status, "FAILED") == 0)
            return TRUE;
        for (guint g = 0; g < summary->guards->len; g++)
            if (g_array_index(summary->guards, TuTableGuard, g).is_unguarded)
                return TRUE;
    }
    for (guint i = 0; i < status->keyed->len; i++) {
        const TuKeyedStatus *keyed = &g_array_index(status->keyed, TuKeyedStatus, i);
        if (keyed->n_parked > 0 || keyed->has_unguarded ||
            g_strcmp0(keyed->last_run.status, "FAILED") == 0)
            return TRUE;
    }
    return status->tenants->len > 0 || status->nights->len > 0 || status->failing->len > 0;
}
