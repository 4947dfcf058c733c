#include "daemon/upkeep.h"

#include "daemon/due.h"
#include "daemon/pace.h"
#include "db/stop.h"
#include "keep/build/build.h"
#include "keep/jobs/chores.h"
#include "keep/build/repair.h"
#include "keep/old/retention.h"
#include "time/instant.h"
#include "work/jobs.h"
#include "work/present.h"
#include "work/runs.h"

/* Builds and repairs are cut into pieces of about so long: others' changes wait as long to be
 * settled. */
#define PIECE_US (TU_SECOND_US / 2)

/* The lock is left for others after each piece: for a part of the time that it took, but for at
 * least a moment, and not for longer than others need to notice. */
#define YIELD_PART 20
#define LEAST_YIELD_US (5 * 1000)
#define LONGEST_YIELD_US (150 * 1000)

/* How often something is looked at (what others hold: TU_HELD_US): what is there to do but could
 * not be done; whose runs are dead (a server ends a session from which it hears nothing for 30 s);
 * which runs are old. */
#define AGAIN_US TU_SECOND_US
#define CLOSE_US (10 * TU_SECOND_US)
#define EXPIRE_US TU_HOUR_US
#define RETENTION_US TU_MINUTE_US
/* A summary that does not fit into its `memory` costs scans to find out, and whoever mends it
 * applies a new spec. */
#define UNFIT_US TU_MINUTE_US
/* The same of what is due by the clock, and another worker does it; and at the most. */
#define OTHERS_DUE_US (5 * TU_SECOND_US)
#define LOOK_LEAST_US (20 * 1000)

/* One of the model's groups. */
typedef struct {
    guint load_percent;
    gint64 due_us;       /* on the wall clock: when its nights and periods are looked at again */
    gint64 next_us;      /* monotonic: a group that failed is left alone until then */
    gint64 build_us;     /* monotonic: before that its builds would fail as they did */
    gint64 retention_us; /* monotonic: when its boundaries are looked at again */
} Kept;

typedef struct {
    TuWorker *worker;
    GArray *groups;     /* of Kept, as in the model */
    GHashTable *left;   /* jobs that cannot be done now */
    TuRetries *retries; /* nights and periods that failed */
    TuThrottle throttle;
    gint64 piece_began_us;
    const TuGroup *let_go_of; /* while it scans for it without its lock */
    gboolean is_held;         /* somebody else has a group that there is work for */
    gint64 n_pending;         /* jobs that waited when none could be taken */
    gint64 left_us, close_us, expire_us, present_us; /* monotonic: when those are looked at again */
} Upkeep;

/* ---- between two pieces ---- */

/* Until then, or the work is not wanted any more. */
static void
rest(const TuWorker *worker, const TuKeeper *keeper, gint64 rest_us)
{
    gint64 until_us = g_get_monotonic_time() + rest_us;
    for (gint64 now_us = g_get_monotonic_time();
         now_us < until_us && !tu_worker_is_ending(worker) && !tu_keeper_is_cancelled(keeper);
         now_us = g_get_monotonic_time())
        g_usleep((gulong)MIN(until_us - now_us, TU_HELD_US));
}

static gboolean
take_again(TuWorker *worker, const TuGroup *group, GError **error)
{
    for (gboolean is_taken = FALSE; !is_taken;) {
        if (tu_worker_is_ending(worker)) {
            g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
            return FALSE;
        }
        if (!tu_keeper_may_go_on(&worker->session.keeper, error) ||
            !tu_worker_take(worker, group, &is_taken, error))
            return FALSE;
        tu_worker_beat(worker);
        if (!is_taken)
            g_usleep(TU_HELD_US);
    }
    return TRUE;
}

/* How long until the group's nights and periods are looked at. No look lies further ahead than the
 * longest sleep, or the clock was set back since. */
static gint64
until_due_us(const Upkeep *upkeep, guint index, gint64 now_us)
{
    gint64 left_us = g_array_index(upkeep->groups, Kept, index).due_us - now_us;
    return left_us > TU_SCHEDULE_LONGEST_SLEEP_US ? 0 : MAX(left_us, 0);
}

/* A night is due, or a job came that was not there when they were looked through. */
static gboolean
is_urgent(Upkeep *upkeep)
{
    TuWorker *worker = upkeep->worker;
    gint64 pending = 0;
    gint64 running = 0;
    gint64 now_us = tu_instant_now_us();
    for (guint i = 0; i < upkeep->groups->len; i++)
        if (until_due_us(upkeep, i, now_us) == 0)
            return TRUE;
    g_mutex_lock(&worker->crew->mutex);
    gboolean has_jobs = worker->crew->has_jobs;
    g_mutex_unlock(&worker->crew->mutex);
    return has_jobs && worker->session.keeper.between == NULL &&
           tu_jobs_count(worker->session.db, &pending, &running, NULL) &&
           pending > upkeep->n_pending;
}

/* keeper->yield */
static gboolean
yield(gpointer data, gboolean may_leave, GError **error)
{
    Upkeep *upkeep = data;
    TuWorker *worker = upkeep->worker;
    const TuGroup *group = worker->taken;
    gint64 worked_us = g_get_monotonic_time() - upkeep->piece_began_us;
    gint64 rest_us = tu_throttle_worked(&upkeep->throttle, worked_us);
    tu_worker_beat(worker);
    worker->n_lost = 0;
    if (tu_worker_is_ending(worker) || (may_leave && is_urgent(upkeep))) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "something else comes first");
        return FALSE;
    }
    gint64 rests_us = g_get_monotonic_time();
    tu_worker_give_back(worker);
    if (!tu_stop("lock.given_back", error))
        return FALSE;
    rest(worker, &worker->session.keeper,
         MAX(rest_us, CLAMP(worked_us / YIELD_PART, LEAST_YIELD_US, LONGEST_YIELD_US)));
    gboolean is_ok = take_again(worker, group, error);
    upkeep->piece_began_us = g_get_monotonic_time();
    tu_throttle_rested(&upkeep->throttle, upkeep->piece_began_us - rests_us);
    return is_ok;
}

/* keeper->let_go */
static gboolean
let_go(gpointer data, gboolean lets_go, GError **error)
{
    Upkeep *upkeep = data;
    if (!lets_go)
        return take_again(upkeep->worker, upkeep->let_go_of, error);
    upkeep->let_go_of = upkeep->worker->taken;
    tu_worker_give_back(upkeep->worker);
    return TRUE;
}

/* keeper->beat */
static void
beat(gpointer data)
{
    tu_worker_beat(((Upkeep *)data)->worker);
}

/* ---- what a session's model says ---- */

static void
begin_session(Upkeep *upkeep)
{
    TuKeeper *keeper = &upkeep->worker->session.keeper;
    keeper->yield = yield;
    keeper->yield_data = upkeep;
    keeper->let_go = let_go;
    keeper->beat = beat;
    keeper->piece_us = PIECE_US;
    g_array_set_size(upkeep->groups, 0);
    for (guint i = 0; i < keeper->model->groups->len; i++) {
        const TuGroup *group = g_ptr_array_index(keeper->model->groups, i);
        Kept kept = {.load_percent = 100};
        for (guint s = 0; s < group->summaries->len; s++) {
            const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
            kept.load_percent = MIN(kept.load_percent, summary->spec->refresh.load_percent);
        }
        g_array_append_val(upkeep->groups, kept);
    }
    upkeep->close_us = upkeep->expire_us = upkeep->present_us = 0;
    upkeep->n_pending = 0;
}

/* ---- a piece of work under a group's lock ---- */

typedef gboolean (*Work)(Upkeep *upkeep, TuGroup *group, TuResult *result, gboolean *ret_did,
                         GError **error);

/* FALSE: the session is of no more use. *ret_did is only ever set. */
static gboolean
do_in(Upkeep *upkeep, guint index, const char *event, Work work, gboolean *ret_did)
{
    TuWorker *worker = upkeep->worker;
    TuGroup *group = g_ptr_array_index(worker->session.model->groups, index);
    Kept *kept = &g_array_index(upkeep->groups, Kept, index);
    g_autoptr(GError) error = NULL;
    g_auto(TuResult) result = {0};
    gboolean is_taken = FALSE;
    gboolean did = FALSE;
    gint64 began_us = g_get_monotonic_time();
    if (began_us < kept->next_us)
        return TRUE;
    gboolean is_ok = tu_worker_take(worker, group, &is_taken, &error);
    upkeep->is_held = upkeep->is_held || (is_ok && !is_taken);
    tu_throttle_init(&upkeep->throttle, kept->load_percent);
    upkeep->piece_began_us = began_us;
    is_ok = is_ok && (!is_taken || work(upkeep, group, &result, &did, &error));
    tu_worker_give_back(worker);
    tu_worker_tell(worker, group, &result);
    *ret_did = *ret_did || did;
    if (is_ok)
        worker->n_lost = 0;
    if (did)
        tu_log(worker->crew->log, TU_LOG_INFO, event, tu_field_text("group", group->name),
               tu_field_integer("rows", result.rows_read),
               tu_field_integer("cells", result.cells_written),
               tu_field_integer("drifted", result.cells_drifted),
               tu_field_integer("ms", (g_get_monotonic_time() - began_us) / 1000));
    /* Left for something else, not for the end: no trouble at all. */
    if (is_ok || (tu_error_is(error, TU_ERROR_CANCELLED) && !tu_worker_is_ending(worker)))
        return TRUE;
    kept->next_us = g_get_monotonic_time() + AGAIN_US;
    return tu_worker_trouble(worker, group, error) != TU_TROUBLE_OF_SESSION;
}

/* ---- jobs ---- */

static gboolean
do_job(Upkeep *upkeep, TuGroup *group, TuResult *result, gboolean *ret_did, GError **error)
{
    return tu_chore_next(&upkeep->worker->session.keeper, group, upkeep->left, result, ret_did,
                         error);
}

/* One a group, so that what else is due has its turn. */
static gboolean
do_jobs(Upkeep *upkeep, gboolean *ret_did)
{
    gint64 running = 0;
    gboolean did = FALSE;
    gint64 now_us = g_get_monotonic_time();
    if (now_us >= upkeep->left_us) {
        g_hash_table_remove_all(upkeep->left);
        upkeep->left_us = now_us + AGAIN_US;
    }
    for (guint i = 0; i < upkeep->groups->len; i++)
        if (!do_in(upkeep, i, "job.worked", do_job, &did))
            return FALSE;
    *ret_did = *ret_did || did;
    if (!did && !upkeep->is_held &&
        !tu_jobs_count(upkeep->worker->session.db, &upkeep->n_pending, &running, NULL))
        upkeep->n_pending = G_MAXINT64; /* nobody is left for them; the next round tells */
    return TRUE;
}

/* ---- builds ---- */

static gboolean
do_build(Upkeep *upkeep, TuGroup *group, TuResult *result, gboolean *ret_did, GError **error)
{
    Kept *kept = &g_array_index(upkeep->groups, Kept, group->index);
    gboolean fits = TRUE;
    if (g_get_monotonic_time() < kept->build_us)
        return TRUE;
    gboolean is_ok = tu_build_group(&upkeep->worker->session.keeper, group, &fits, result, error);
    *ret_did = is_ok && (result->rows_read > 0 || result->cells_checked > 0);
    if (!fits)
        kept->build_us = g_get_monotonic_time() + UNFIT_US;
    return is_ok;
}

/* ---- buckets that are sealed, and that go ---- */

/* A turn at a time, so that others have theirs between two of them. */
static gboolean
do_retention(Upkeep *upkeep, TuGroup *group, TuResult *result, gboolean *ret_did, GError **error)
{
    return tu_retention_group(&upkeep->worker->session.keeper, group, result, ret_did, error);
}

static gboolean
look_at_retention(Upkeep *upkeep, guint index, gboolean *ret_did)
{
    Kept *kept = &g_array_index(upkeep->groups, Kept, index);
    gboolean has_more = FALSE;
    gint64 now_us = g_get_monotonic_time();
    if (now_us < kept->retention_us)
        return TRUE;
    if (!do_in(upkeep, index, "retention.done", do_retention, &has_more))
        return FALSE;
    if (!has_more)
        kept->retention_us = now_us + RETENTION_US;
    *ret_did = *ret_did || has_more;
    return TRUE;
}

/* ---- nights and periods ---- */

static gboolean
do_due(Upkeep *upkeep, TuGroup *group, TuResult *result, gboolean *ret_did, GError **error)
{
    return tu_due_do(&upkeep->worker->session.keeper, group, upkeep->retries, result, ret_did,
                     error);
}

static void
say_late(Upkeep *upkeep, const TuDue *due)
{
    TuWorker *worker = upkeep->worker;
    for (guint i = 0; i < due->agenda->late->len; i++) {
        const TuLateNight *late = &g_array_index(due->agenda->late, TuLateNight, i);
        const char *summary = tu_due_summary(due, late->summary);
        char since[TU_INSTANT_TEXT_BYTES];
        g_autofree char *key = g_strdup_printf("late\n%s\n%s", summary, tu_zone_name(late->zone));
        tu_instant_format(late->since_us, since);
        if (tu_alarms_raise(worker->alarms, key, g_get_monotonic_time()))
            tu_log(worker->crew->log, TU_LOG_ERROR, "night.late", tu_field_text("summary", summary),
                   tu_field_text("zone", tu_zone_name(late->zone)), tu_field_text("since", since));
    }
}

/* When to look at it again. What is due and was not done is another worker's. */
static void
plan_due(Upkeep *upkeep, Kept *kept, const TuDue *due, gboolean was_done)
{
    gint64 least_us = was_done ? AGAIN_US : OTHERS_DUE_US;
    gint64 pause_us = tu_due_is_now(due, upkeep->retries)
                          ? least_us
                          : MAX(tu_due_sleep_us(due, upkeep->retries), LOOK_LEAST_US);
    kept->due_us = tu_instant_now_us() + pause_us;
    say_late(upkeep, due);
}

static gboolean
look_at_due(Upkeep *upkeep, guint index, gboolean *ret_did)
{
    TuWorker *worker = upkeep->worker;
    TuGroup *group = g_ptr_array_index(worker->session.model->groups, index);
    Kept *kept = &g_array_index(upkeep->groups, Kept, index);
    g_autoptr(GError) error = NULL;
    g_autoptr(TuDue) due = NULL;
    g_autoptr(TuDue) after = NULL;
    gboolean did = FALSE;
    if (until_due_us(upkeep, index, tu_instant_now_us()) > 0)
        return TRUE;
    kept->due_us = tu_instant_now_us() + TU_SCHEDULE_LONGEST_SLEEP_US;
    if (!tu_due_read(&worker->session.keeper, group, FALSE, &due, &error))
        return tu_worker_trouble(worker, group, error) != TU_TROUBLE_OF_SESSION;
    if (!tu_due_is_now(due, upkeep->retries)) {
        plan_due(upkeep, kept, due, FALSE);
        return TRUE;
    }
    say_late(upkeep, due);
    if (!do_in(upkeep, index, "repair.done", do_due, &did))
        return FALSE;
    *ret_did = *ret_did || did;
    if (!tu_due_read(&worker->session.keeper, group, FALSE, &after, &error))
        return tu_worker_trouble(worker, group, error) != TU_TROUBLE_OF_SESSION;
    plan_due(upkeep, kept, after, did);
    return TRUE;
}

/* ---- once in a while ---- */

static gboolean
tidy(Upkeep *upkeep)
{
    TuWorker *worker = upkeep->worker;
    const TuSession *session = &worker->session;
    g_autoptr(GError) error = NULL;
    g_autofree char *holder = NULL;
    gint64 now_us = g_get_monotonic_time();
    gboolean is_ok = TRUE;
    if (now_us >= upkeep->close_us) {
        upkeep->close_us = now_us + CLOSE_US;
        /* One daemon of all has it; the next one when that ends. */
        is_ok = tu_runs_close(session->db, session->keeper.worker, &error) &&
                tu_database_try_lock(session->db, TU_UPKEEP_LOCK, &holder, &error);
    }
    if (is_ok && now_us >= upkeep->present_us) {
        upkeep->present_us = now_us + TU_PRESENT_EVERY_US;
        is_ok = tu_present_note(session->db, session->keeper.worker, &error);
    }
    if (is_ok && now_us >= upkeep->expire_us) {
        upkeep->expire_us = now_us + EXPIRE_US;
        is_ok = tu_runs_expire(session->db, session->spec->keep_runs_us, &error);
    }
    return is_ok || tu_worker_trouble(worker, NULL, error) != TU_TROUBLE_OF_SESSION;
}

/* ---- a round ---- */

static gint64
wait_us(const Upkeep *upkeep, gboolean has_more)
{
    gint64 now_us = tu_instant_now_us();
    gint64 wait = CLOSE_US;
    for (guint i = 0; i < upkeep->groups->len; i++)
        wait = MIN(wait, until_due_us(upkeep, i, now_us));
    if (has_more)
        wait = MIN(wait, upkeep->is_held ? TU_HELD_US : AGAIN_US);
    return wait;
}

/* FALSE: the session is of no more use. */
static gboolean
go_round(Upkeep *upkeep, gint64 *ret_wait_us)
{
    TuWorker *worker = upkeep->worker;
    gboolean did = FALSE;
    upkeep->is_held = FALSE;
    g_mutex_lock(&worker->crew->mutex);
    gboolean has_builds = worker->crew->has_builds;
    gboolean has_jobs = worker->crew->has_jobs;
    gboolean looks_at_due = worker->crew->looks_at_due;
    worker->crew->looks_at_due = FALSE;
    g_mutex_unlock(&worker->crew->mutex);
    for (guint i = 0; looks_at_due && i < upkeep->groups->len; i++)
        g_array_index(upkeep->groups, Kept, i).due_us = 0;
    if (!tidy(upkeep) || (has_jobs && !do_jobs(upkeep, &did)))
        return FALSE;
    for (guint i = 0; i < upkeep->groups->len && !tu_worker_is_ending(worker); i++)
        if (!look_at_due(upkeep, i, &did) || !look_at_retention(upkeep, i, &did))
            return FALSE;
    for (guint i = 0; has_builds && i < upkeep->groups->len && !tu_worker_is_ending(worker); i++)
        if (!do_in(upkeep, i, "build.done", do_build, &did))
            return FALSE;
    *ret_wait_us = did ? 0 : wait_us(upkeep, has_builds || has_jobs || upkeep->is_held);
    return TRUE;
}

/* It is not shown any more, also if a signal ended its waiting. A database that does not answer is
 * not waited for in the end, and forgets the worker by itself. */
static void
leave(TuWorker *worker)
{
    const TuSession *session = &worker->session;
    if (!worker->is_open)
        return;
    tu_worker_begin_leaving(worker);
    tu_database_set_cancel(session->db, &worker->cancel);
    (void)!tu_present_leave(session->db, session->keeper.worker, NULL);
}

gpointer
tu_upkeep_run(gpointer data)
{
    TuWorker *worker = data;
    Upkeep upkeep = {.worker = worker,
                     .groups = g_array_new(FALSE, FALSE, sizeof(Kept)),
                     .left = tu_chores_left_new(),
                     .retries = tu_retries_new()};
    gboolean is_new = FALSE;
    gboolean has_begun = FALSE;
    gint64 wait = 0;
    worker->is_told = TRUE;
    while (tu_worker_open(worker, &is_new)) {
        if (is_new || !has_begun)
            begin_session(&upkeep);
        has_begun = TRUE;
        if (go_round(&upkeep, &wait) && !tu_worker_wait(worker, wait))
            break;
    }
    leave(worker);
    g_array_unref(upkeep.groups);
    g_hash_table_unref(upkeep.left);
    tu_retries_free(upkeep.retries);
    g_mutex_lock(&worker->crew->mutex);
    worker->has_ended = TRUE;
    g_mutex_unlock(&worker->crew->mutex);
    return NULL;
}
