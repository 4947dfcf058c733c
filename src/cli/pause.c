#include "work/pause.h"

#include <stdio.h>

#include "cli/output.h"
#include "cli/queue.h"
#include "cli/work.h"
#include "schema/keyed.h"
#include "time/instant.h"

/* How often it is asked whether the work has stopped. */
#define LOOK_AGAIN_US (50 * 1000)

/* ---- waiting for whoever is at it ---- */

typedef struct {
    TuSession *session;
    gint64 began_us, until_us; /* monotonic */
    gint64 since_us;           /* when the pause was made */
} Waiting;

static gboolean
read_turn(TuSession *session, const TuGroup *group, gint64 *ret_turn, GError **error)
{
    gboolean found = FALSE;
    TuValue name = tu_value_text(group->name);
    return tu_database_integer(session->db, "SELECT turn FROM trueup_group WHERE name = ?1", &name,
                               1, &found, ret_turn, error);
}

/* Nothing of before the pause is under way: nobody has the group, or somebody has taken a turn
 * since, and so looked at a snapshot in which the pause is. *ret_holder: who is still at it. */
static gboolean
look(const Waiting *waiting, const TuGroup *group, gint64 paused_turn, char **ret_holder,
     GError **error)
{
    gint64 turn = 0;
    g_autofree char *holder = NULL;
    *ret_holder = NULL;
    if (!tu_database_try_lock(waiting->session->db, group->name, &holder, error))
        return FALSE;
    if (holder == NULL) {
        tu_database_unlock(waiting->session->db, group->name);
        return TRUE;
    }
    if (!read_turn(waiting->session, group, &turn, error))
        return FALSE;
    if (turn != paused_turn)
        return TRUE;
    tu_keeper_note_holder(&waiting->session->keeper, group, &holder);
    *ret_holder = g_steal_pointer(&holder);
    return TRUE;
}

/* *ret_has_stopped FALSE: the time is over. */
static gboolean
wait_for(Waiting *waiting, const TuGroup *group, gboolean *ret_has_stopped, GError **error)
{
    gint64 paused_turn = 0;
    g_autofree char *said = NULL;
    *ret_has_stopped = FALSE;
    if (!read_turn(waiting->session, group, &paused_turn, error))
        return FALSE;
    for (;;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(&waiting->session->keeper, error) ||
            !look(waiting, group, paused_turn, &holder, error))
            return FALSE;
        *ret_has_stopped = holder == NULL;
        if (holder == NULL)
            return TRUE;
        if (g_strcmp0(said, holder) != 0) {
            char since[TU_INSTANT_TEXT_BYTES];
            tu_instant_format(waiting->since_us, since);
            fprintf(stderr, "trueup: waiting for a worker (%s) that is at %s, since %s\n", holder,
                    group->name, since);
            g_free(said);
            said = g_strdup(holder);
        }
        if (g_get_monotonic_time() >= waiting->until_us)
            return TRUE;
        g_usleep(LOOK_AGAIN_US);
    }
}

/* ---- pause ---- */

static gboolean
pause_it(TuSession *session, const char *summary, gboolean *ret_is_new, GError **error)
{
    gint64 busy_since_us = 0;
    g_autofree char *asker = tu_queue_asker();
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (tu_pause(session->db, summary, asker, ret_is_new, &local))
            return TRUE;
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
}

static void
print_paused(const TuContext *context, const char *summary, gboolean is_new, gboolean has_stopped)
{
    if (context->as_json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        json_builder_begin_object(builder);
        tu_queue_add_text(builder, "summary", summary);
        json_builder_set_member_name(builder, "is_new");
        json_builder_add_boolean_value(builder, is_new);
        json_builder_set_member_name(builder, "has_stopped");
        json_builder_add_boolean_value(builder, has_stopped);
        json_builder_end_object(builder);
        tu_output_json(builder);
        return;
    }
    g_autofree char *name = summary != NULL ? tu_output_harmless(summary) : g_strdup("everything");
    printf("paused: %s%s%s\n", name, is_new ? "" : " (it was before)",
           has_stopped ? "" : ": nothing will be written, but work on it has not ended yet");
}

/* Seconds that nobody means to wait for longer: a year. */
#define MOST_TIMEOUT_S (366 * 24 * 3600)

int
tu_command_pause(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    double timeout_s = -1;
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        {"timeout", 0, 0, G_OPTION_ARG_DOUBLE, &timeout_s, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    TuSummaryModel *found = NULL;
    gboolean is_new = FALSE;
    gboolean has_stopped = TRUE;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (timeout_s > MOST_TIMEOUT_S || (timeout_s < 0 && timeout_s != -1)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "--timeout is seconds: 0 or more");
        return -1;
    }
    if (!tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, error) ||
        !tu_session_summary(&session, summary, &found, error) ||
        !pause_it(&session, summary, &is_new, error))
        return -1;
    gint64 now_us = g_get_monotonic_time();
    Waiting waiting = {&session, now_us,
                       timeout_s < 0 ? G_MAXINT64 : now_us + (gint64)(timeout_s * G_USEC_PER_SEC),
                       tu_instant_now_us()};
    for (guint i = 0; has_stopped && i < session.model->groups->len; i++) {
        const TuGroup *group = g_ptr_array_index(session.model->groups, i);
        const TuKeyedModel *keyed = summary != NULL ? tu_model_keyed(session.model, summary) : NULL;
        const TuGroup *own = found != NULL ? found->group : keyed != NULL ? keyed->group : NULL;
        if ((own == NULL || own == group) && !wait_for(&waiting, group, &has_stopped, error))
            return -1;
    }
    print_paused(context, summary, is_new, has_stopped);
    return has_stopped ? TU_EXIT_DONE : TU_EXIT_NOT_RIGHT;
}

/* ---- resume ---- */

int
tu_command_resume(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_autoptr(GPtrArray) left = NULL;
    TuSummaryModel *found = NULL;
    gint64 n = 0;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, error) ||
        !tu_session_summary(&session, summary, &found, error) ||
        !tu_resume(session.db, summary, &n, error) || !tu_pauses_read(session.db, &left, error))
        return -1;
    if (summary != NULL && tu_pauses_find(left, summary) != NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                    "all summaries are paused, %s with them: `trueup resume` ends that", summary);
        return -1;
    }
    if (context->as_json)
        printf("{\n  \"resumed\" : %" G_GINT64_FORMAT "\n}\n", n);
    else
        printf(n > 0 ? "resumed\n" : "nothing was paused\n");
    return TU_EXIT_DONE;
}
