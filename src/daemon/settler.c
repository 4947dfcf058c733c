#include "daemon/settler.h"

#include "daemon/pace.h"
#include "keep/known.h"
#include "keep/settle/question.h"
#include "schema/keyed.h"
#include "time/backoff.h"
#include "time/instant.h"

/* How long one group is worked on before the others have their turn. */
#define VISIT_US TU_SECOND_US
#define LOOK_US TU_MINUTE_US
/* The same while capture is lost: whoever puts it back waits to see it. */
#define LOST_LOOK_US (5 * G_TIME_SPAN_SECOND)
/* What settling did is said so often. */
#define SAY_US TU_MINUTE_US
/* More than so many changes are not counted. */
#define COUNT_MOST 10000000

/* A group that failed is left alone for a while. */
static const TuBackoff group_backoff = {
    .first_us = TU_SECOND_US, .longest_us = TU_MINUTE_US, .retries = G_MAXUINT};

/* One of the model's groups; times are monotonic. */
typedef struct {
    gint64 settle_us;
    guint batch_max;
    gint64 next_us;      /* not before then */
    gint64 look_us;      /* when the guard is asked again */
    gboolean has_looked; /* the last visit came so far as to ask it */
    guint n_failures;    /* in a row */
    TuBatch batch;
    TuBacklog backlog;
    gint64 n_last; /* changes settled by the last visit */
} Visited;

typedef struct {
    TuWorker *worker;
    TuQuestion *question;
    GArray *groups; /* of Visited, as in the model */
    guint first;    /* the group that comes first in the next round */
    TuInterval interval;
    gint64 round_us;            /* when the round began */
    gboolean is_held, has_more; /* of the round */
    TuResult sum;               /* since it was said */
    guint n_turns;
    gint64 said_us;
} Settler;

/* ---- what a session's model says ---- */

/* Summaries of a group settle in one turn: what is strictest of them holds for all. Keyed summaries
 * alone have no batch that grows: the keys that a turn does are bounded by their own pace. */
static Visited
visited_of(const TuGroup *group)
{
    Visited visited = {.settle_us = G_MAXINT64, .batch_max = G_MAXUINT};
    guint least = G_MAXUINT;
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        const TuRefresh *refresh = &summary->spec->refresh;
        visited.settle_us = MIN(visited.settle_us, refresh->settle_us);
        visited.batch_max = MIN(visited.batch_max, refresh->batch_max);
        least = MIN(least, refresh->batch_min);
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        visited.settle_us = MIN(visited.settle_us, keyed->spec->refresh.settle_us);
        visited.batch_max = MIN(visited.batch_max, keyed->spec->refresh.batch_max);
    }
    if (group->keyed->len > 0 && group->summaries->len == 0) {
        tu_batch_init(&visited.batch, TU_KEYED_ENTRIES, TU_KEYED_ENTRIES);
        return visited;
    }
    tu_batch_init(&visited.batch, MIN(least, visited.batch_max), visited.batch_max);
    return visited;
}

/* keeper->beat */
static void
beat(gpointer data)
{
    tu_worker_beat(data);
}

/* A new session may have another model: what was known of its groups begins anew. */
static void
begin_session(Settler *settler)
{
    TuKeeper *keeper = &settler->worker->session.keeper;
    keeper->beat = beat;
    keeper->yield_data = settler->worker;
    const GPtrArray *groups = keeper->model->groups;
    gint64 settle_us = G_MAXINT64;
    g_clear_pointer(&settler->question, tu_question_free);
    settler->question = tu_question_new(keeper);
    g_array_set_size(settler->groups, 0);
    settler->first = 0;
    for (guint i = 0; i < groups->len; i++) {
        Visited visited = visited_of(g_ptr_array_index(groups, i));
        settle_us = MIN(settle_us, visited.settle_us);
        g_array_append_val(settler->groups, visited);
    }
    tu_interval_init(&settler->interval, settle_us);
}

/* ---- one group ---- */

/* What waits, if it may be more than a batch. */
static gboolean
tick_backlog(Settler *settler, Visited *visited, const TuGroup *group, GError **error)
{
    TuKeeper *keeper = &settler->worker->session.keeper;
    gint64 now_us = g_get_monotonic_time();
    gint64 waiting = 0;
    guint ticks = 0;
    gboolean may_be = group->keyed->len > 0 || visited->backlog.streak > 0 ||
                      visited->n_last >= visited->batch_max / 2;
    if (may_be &&
        !tu_question_count(keeper, group, (gint64)visited->batch_max + 1, &waiting, error))
        return FALSE;
    switch (tu_backlog_tick(&visited->backlog, waiting, visited->batch_max, visited->settle_us,
                            now_us, &ticks)) {
    case TU_BACKLOG_QUIET:
        return TRUE;
    case TU_BACKLOG_RECOVERED: {
        g_autofree char *recovered = g_strdup_printf("backlog recovered after %u ticks", ticks);
        tu_log(settler->worker->crew->log, TU_LOG_INFO, "backlog.recovered",
               tu_field_text("group", group->name), tu_field_integer("ticks", ticks),
               tu_field_text("help", recovered));
        return TRUE;
    }
    case TU_BACKLOG_WARN:
        break;
    }
    if (!tu_question_count(keeper, group, COUNT_MOST, &waiting, error))
        return FALSE;
    g_autofree char *text =
        tu_backlog_warning(waiting, visited->batch_max, visited->settle_us, ticks);
    tu_log(settler->worker->crew->log, TU_LOG_WARNING, "backlog.grows",
           tu_field_text("group", group->name), tu_field_integer("waiting", waiting),
           tu_field_integer("ticks", ticks), tu_field_text("help", text));
    return TRUE;
}

/* Turns, until all is settled that was there, or the others' time has come. */
static gboolean
take_turns(Settler *settler, Visited *visited, TuGroup *group, TuResult *result, GError **error)
{
    TuWorker *worker = settler->worker;
    TuKeeper *keeper = &worker->session.keeper;
    g_auto(TuGoal) goal = {0};
    gint64 began_us = g_get_monotonic_time();
    gint64 busy_since_us = 0;
    for (gboolean is_done = FALSE; !is_done;) {
        g_autoptr(GError) local = NULL;
        gint64 before = result->settled;
        gint64 turn_us = g_get_monotonic_time();
        gboolean is_over = turn_us - began_us >= VISIT_US && !tu_goal_is_about_to_park(&goal);
        if (is_over || tu_worker_is_ending(worker)) {
            settler->has_more = TRUE;
            break;
        }
        keeper->batch_most = visited->batch.size;
        gboolean is_ok = tu_settle_step(keeper, group, &goal, result, &is_done, &local);
        visited->has_looked = goal.has_looked;
        tu_worker_beat(worker);
        settler->n_turns++;
        if (!is_ok && !tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        gint64 n = result->settled - before;
        /* What is left over was left by a batch that was full. */
        if (is_ok && n > 0 && !goal.has_no_entries)
            n = MAX(n, (gint64)visited->batch.size);
        if (is_ok && n > 0)
            tu_batch_note(&visited->batch, (guint)MIN(n, G_MAXUINT), goal.has_no_entries ? 0 : 1,
                          g_get_monotonic_time() - turn_us);
    }
    return TRUE;
}

/* Only what say_sum tells. */
static void
add_result(TuResult *sum, const TuResult *result)
{
    sum->settled += result->settled;
    sum->rows_read += result->rows_read;
    sum->cells_written += result->cells_written;
}

/* The guard was asked, unless all is paused; what it has found is in the failures about tables. */
static void
note_guard(Settler *settler, Visited *visited, const TuGroup *group, const TuResult *result,
           gint64 began_us)
{
    gboolean is_unguarded = FALSE;
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        is_unguarded = is_unguarded || tu_failure_is_of_table(failure);
    }
    if (!is_unguarded && visited->has_looked)
        tu_worker_is_guarded(settler->worker, group);
    visited->look_us = began_us + (is_unguarded ? LOST_LOOK_US : LOOK_US);
}

/* A visit that went well; what another has failed at before is forgotten. */
static void
note_visit(Settler *settler, Visited *visited, const TuGroup *group, const TuResult *result,
           gint64 began_us)
{
    TuCrew *crew = settler->worker->crew;
    visited->n_failures = 0;
    visited->n_last = result->settled;
    /* From the round's beginning, as the wait for the next one: from the visit's own, which comes
     * after the question, it would not be due yet in the next round, and wait for one more. */
    visited->next_us = settler->round_us + visited->settle_us;
    settler->worker->n_lost = 0;
    add_result(&settler->sum, result);
    g_mutex_lock(&crew->mutex);
    crew->n_entries += result->settled;
    g_mutex_unlock(&crew->mutex);
    if (result->entries > 0 || result->cells_written > 0)
        tu_log(crew->log, TU_LOG_DEBUG, "settle.done", tu_field_text("group", group->name),
               tu_field_integer("changes", result->settled),
               tu_field_integer("cells", result->cells_written),
               tu_field_integer("ms", (g_get_monotonic_time() - began_us) / 1000));
}

/* Less and less often, so that a group that cannot settle costs the others nothing. */
static void
put_off(Visited *visited)
{
    gint64 pause_us = 0;
    (void)tu_backoff_next(&group_backoff, ++visited->n_failures, 0, &pause_us);
    visited->next_us = g_get_monotonic_time() + pause_us;
    visited->look_us = 0; /* the guard is asked after every error */
}

/* Takes the group's lock, settles for a while, gives it back. A group that another worker has is
 * left to it; one that fails is put off. FALSE: the session is of no more use. */
static gboolean
visit(Settler *settler, guint index, gboolean *ret_came)
{
    TuWorker *worker = settler->worker;
    TuGroup *group = g_ptr_array_index(worker->session.model->groups, index);
    Visited *visited = &g_array_index(settler->groups, Visited, index);
    g_autoptr(GError) error = NULL;
    g_auto(TuResult) result = {0};
    gint64 began_us = g_get_monotonic_time();
    gboolean looks = began_us >= visited->look_us;
    gboolean is_taken = FALSE;
    gboolean is_ok = tu_worker_take(worker, group, &is_taken, &error);
    if (is_ok && !is_taken) {
        settler->is_held = TRUE;
        visited->next_us = began_us + TU_HELD_US;
        return TRUE;
    }
    if (looks) /* what was seen a moment ago is asked all the same */
        tu_known_forget(&worker->session.keeper, group);
    is_ok = is_ok && tick_backlog(settler, visited, group, &error) &&
            take_turns(settler, visited, group, &result, &error);
    tu_worker_give_back(worker);
    tu_question_forget(settler->question); /* its own commits move no data_version */
    tu_worker_tell(worker, group, &result);
    *ret_came = *ret_came || result.entries > 0 || result.cells_checked > 0 || result.rows_read > 0;
    if (!is_ok && tu_worker_trouble(worker, group, error) == TU_TROUBLE_OF_SESSION)
        return FALSE;
    if (!is_ok) {
        put_off(visited);
        return TRUE;
    }
    note_visit(settler, visited, group, &result, began_us);
    if (looks)
        note_guard(settler, visited, group, &result, began_us);
    return TRUE;
}

/* ---- a round ---- */

/* One question for all groups: which of them has work? FALSE: the session is of no more use. */
static gboolean
ask(Settler *settler, const TuAnswer **ret_answer)
{
    TuWorker *worker = settler->worker;
    g_autoptr(GError) error = NULL;
    if (!tu_question_ask(settler->question, ret_answer, &error)) {
        if (tu_worker_trouble(worker, NULL, error) == TU_TROUBLE_OF_SESSION)
            return FALSE;
        *ret_answer = NULL; /* the groups are looked at in their time all the same */
        return TRUE;
    }
    if (!(*ret_answer)->is_applied) {
        tu_worker_is_unfit(worker, "the spec changed: run `trueup apply`");
        return FALSE;
    }
    worker->n_lost = 0;
    tu_crew_tell(worker->crew, (*ret_answer)->has_builds, (*ret_answer)->has_jobs);
    return TRUE;
}

/* Visits the groups that have work and whose time has come, each round beginning with the next of
 * them, so that a busy one does not starve those behind it. How long to wait until the next round:
 * *ret_wait_us. FALSE: the session is of no more use. */
static gboolean
go_round(Settler *settler, gint64 *ret_wait_us)
{
    const TuAnswer *answer = NULL;
    guint n_groups = settler->groups->len;
    gint64 soonest_us = G_MAXINT64; /* of the groups whose time has not come */
    gboolean came = FALSE;
    settler->is_held = settler->has_more = FALSE;
    settler->round_us = g_get_monotonic_time();
    if (!ask(settler, &answer))
        return FALSE;
    for (guint i = 0; i < n_groups && !tu_worker_is_ending(settler->worker); i++) {
        guint index = (settler->first + i) % n_groups;
        const Visited *visited = &g_array_index(settler->groups, Visited, index);
        gint64 now_us = g_get_monotonic_time();
        gboolean is_due = (answer != NULL && answer->groups[index]) || now_us >= visited->look_us;
        if (is_due && now_us < visited->next_us)
            soonest_us = MIN(soonest_us, visited->next_us);
        else if (is_due && !visit(settler, index, &came))
            return FALSE;
    }
    settler->first = n_groups > 0 ? (settler->first + 1) % n_groups : 0;
    gint64 next_us = settler->round_us + tu_interval_next_us(&settler->interval, came);
    gint64 left_us = MIN(next_us, soonest_us) - g_get_monotonic_time();
    *ret_wait_us = tu_interval_rest_us(left_us, settler->has_more, settler->is_held);
    return TRUE;
}

/* One line a minute, if anything was done. */
static void
say_sum(Settler *settler)
{
    gint64 now_us = g_get_monotonic_time();
    if (now_us - settler->said_us < SAY_US)
        return;
    if (settler->sum.settled > 0 || settler->sum.cells_written > 0)
        tu_log(settler->worker->crew->log, TU_LOG_INFO, "settle.minute",
               tu_field_integer("changes", settler->sum.settled),
               tu_field_integer("rows", settler->sum.rows_read),
               tu_field_integer("cells", settler->sum.cells_written),
               tu_field_integer("turns", settler->n_turns));
    settler->sum = (TuResult){0};
    settler->n_turns = 0;
    settler->said_us = now_us;
}

/* An error of a session ends in `continue`: tu_worker_open makes the next one, in its time. */
gpointer
tu_settler_run(gpointer data)
{
    TuWorker *worker = data;
    Settler settler = {.worker = worker,
                       .groups = g_array_new(FALSE, FALSE, sizeof(Visited)),
                       .said_us = g_get_monotonic_time()};
    gboolean is_new = FALSE;
    gint64 wait_us = 0;
    while (tu_worker_open(worker, &is_new)) {
        if (is_new || settler.question == NULL)
            begin_session(&settler);
        if (!go_round(&settler, &wait_us))
            continue;
        say_sum(&settler);
        if (!tu_worker_wait(worker, wait_us))
            break;
    }
    g_clear_pointer(&settler.question, tu_question_free);
    g_array_unref(settler.groups);
    g_mutex_lock(&worker->crew->mutex);
    worker->has_ended = TRUE;
    g_mutex_unlock(&worker->crew->mutex);
    return NULL;
}
