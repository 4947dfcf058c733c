#include "cli/work.h"

#include <stdio.h>
#include <string.h>

#include "keep/tenants/zones.h"
#include "keep/connect.h"
#include "cli/output.h"
#include "db/stop.h"
#include "schema/keyed.h"
#include "time/instant.h"
#include "work/pause.h"

/* How often a command that waits for another worker looks again. */
#define LOOK_AGAIN_US (100 * 1000)

/* Between two pieces the lock is others' for so long: a daemon looks for it more often. */
#define YIELD_US (25 * 1000)

/* So long the server may need to end a session whose connection was lost. */
#define GHOST_LIMIT_US (10 * G_USEC_PER_SEC)

/* Just after a connection was lost the holder of a lock may be what the server still has of it. */
static gboolean
may_be_own_ghost(const TuSession *session)
{
    return session->lost_us != 0 && g_get_monotonic_time() - session->lost_us < GHOST_LIMIT_US;
}

/* Its session is the one that holds the group's lock, or wants it. */
typedef struct {
    TuSession *session;
    const TuGroup *group;
} Holder;

static gboolean
take_lock(TuSession *session, const TuGroup *group, gboolean waits, gboolean *ret_taken,
          GError **error)
{
    g_autofree char *said = NULL;
    for (;;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(&session->keeper, error) ||
            !tu_database_try_lock(session->db, group->name, &holder, error))
            return FALSE;
        *ret_taken = holder == NULL;
        tu_keeper_note_holder(&session->keeper, group, &holder);
        if (!*ret_taken && may_be_own_ghost(session)) {
            g_usleep(LOOK_AGAIN_US);
            continue;
        }
        if (holder != NULL && g_strcmp0(said, holder) != 0) {
            fprintf(stderr, "trueup: another worker (%s) is at %s%s\n", holder, group->name,
                    waits ? ": waiting for it" : "");
            g_free(said);
            said = g_strdup(holder);
        }
        if (*ret_taken || !waits)
            return TRUE;
        g_usleep(LOOK_AGAIN_US);
    }
}

/* keeper->let_go: a daemon may settle while this command reads a whole table. */
static gboolean
let_go(gpointer data, gboolean lets_go, GError **error)
{
    const Holder *holder = data;
    gboolean is_taken = FALSE;
    if (lets_go) {
        tu_database_unlock(holder->session->db, holder->group->name);
        return TRUE;
    }
    return take_lock(holder->session, holder->group, TRUE, &is_taken, error);
}

gboolean
tu_work_yield(gpointer data, gboolean may_leave, GError **error)
{
    const Holder *holder = data;
    TuSession *session = holder->session;
    tu_database_unlock(session->db, holder->group->name);
    if (!tu_stop("lock.given_back", error))
        return FALSE;
    for (gboolean is_taken = FALSE; !is_taken;) {
        g_autofree char *other = NULL;
        g_usleep(YIELD_US);
        if (!tu_keeper_may_go_on(&session->keeper, error) ||
            !tu_database_try_lock(session->db, holder->group->name, &other, error))
            return FALSE;
        is_taken = other == NULL;
    }
    return TRUE;
}

/* Under the group's lock. *ret_was_held is only ever set. */
static gboolean
work_on(TuSession *session, TuGroup *group, gboolean waits, TuGroupWork work, gpointer data,
        TuResult *result, gboolean *ret_was_held, GError **error)
{
    gboolean is_taken = FALSE;
    if (!take_lock(session, group, waits, &is_taken, error))
        return FALSE;
    if (!is_taken) {
        *ret_was_held = TRUE;
        return TRUE;
    }
    Holder holder = {session, group};
    session->keeper.let_go = let_go;
    session->keeper.waits = waits;
    session->keeper.yield_data = &holder;
    gboolean is_ok = work(&session->keeper, group, result, data, error);
    session->keeper.let_go = NULL;
    session->keeper.yield_data = NULL;
    tu_database_unlock(session->db, group->name);
    return is_ok;
}

/* Grows with every piece of work that was committed. */
static gint64
progress_of(const TuResult *result)
{
    return result->rows_read + result->changes + result->cells_checked + result->cells_written +
           result->cells_removed;
}

/* TRUE with the session open again, and the same model in it. */
static gboolean
survive(TuSession *session, gboolean has_got_on, GError *lost, GError **error)
{
    g_autofree char *digest = g_strdup(session->model->digest);
    guint n_groups = session->model->groups->len;
    if (has_got_on)
        session->n_lost = 0;
    if (!tu_session_survive(session, tu_patience_limit_us(), lost, error))
        return FALSE;
    if (g_str_equal(session->model->digest, digest) && session->model->groups->len == n_groups)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                        "the spec changed while the connection was lost: run it again");
    return FALSE;
}

/* What the group's work did before the connection was lost is in the database: it goes on there. */
static gboolean
work_and_survive(TuSession *session, guint index, gboolean waits, TuGroupWork work, gpointer data,
                 TuResult *result, gboolean *ret_was_held, GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;
        gint64 before = progress_of(result);
        TuGroup *group = g_ptr_array_index(session->model->groups, index);
        if (work_on(session, group, waits, work, data, result, ret_was_held, &local))
            return TRUE;
        if (!survive(session, progress_of(result) > before, g_steal_pointer(&local), error))
            return FALSE;
    }
}

/* New tzdata on this host: before anything is settled by it. */
static gboolean
adopt_zones(TuSession *session, GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;
        g_autofree char *said = NULL;
        if (session->mode != TU_OPEN_WRITE || tu_zones_adopt(&session->keeper, &said, &local)) {
            if (said != NULL)
                fprintf(stderr,
                        "trueup: new rules of time zones: %s: what they move is written anew\n",
                        said);
            return TRUE;
        }
        if (!survive(session, FALSE, g_steal_pointer(&local), error))
            return FALSE;
    }
}

gboolean
tu_work_each(TuSession *session, const char *summary_name, gboolean waits, TuGroupWork work,
             gpointer data, TuResult *result, gboolean *ret_was_held, GError **error)
{
    *ret_was_held = FALSE;
    if (!adopt_zones(session, error))
        return FALSE;
    for (guint i = 0; i < session->model->groups->len; i++) {
        const TuGroup *group = g_ptr_array_index(session->model->groups, i);
        const TuSummaryModel *summary =
            summary_name != NULL ? tu_model_summary(session->model, summary_name) : NULL;
        const TuKeyedModel *keyed =
            summary_name != NULL ? tu_model_keyed(session->model, summary_name) : NULL;
        if ((summary != NULL && summary->group != group) ||
            (keyed != NULL && keyed->group != group))
            continue;
        if (!work_and_survive(session, i, waits, work, data, result, ret_was_held, error))
            return FALSE;
    }
    return TRUE;
}

void
tu_work_add_failures(JsonBuilder *builder, const TuResult *result)
{
    json_builder_set_member_name(builder, "failed");
    json_builder_begin_array(builder);
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        const struct {
            const char *name;
            const char *text;
        } fields[] = {
            {"summary", failure->summary}, {"tenant", failure->tenant}, {"error", failure->error}};
        json_builder_begin_object(builder);
        for (guint f = 0; f < G_N_ELEMENTS(fields); f++) {
            json_builder_set_member_name(builder, fields[f].name);
            TuValue value = tu_value_text(fields[f].text);
            tu_output_value(builder, &value);
        }
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
print_json(const TuResult *result)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    const struct {
        const char *name;
        gint64 count;
    } counts[] = {
        {"cells_checked", result->cells_checked},
        {"cells_drifted", result->cells_drifted},
        {"cells_written", result->cells_written},
    };
    json_builder_begin_object(builder);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        json_builder_set_member_name(builder, counts[i].name);
        json_builder_add_int_value(builder, counts[i].count);
    }
    if (result->cells_removed > 0) {
        json_builder_set_member_name(builder, "cells_removed");
        json_builder_add_int_value(builder, result->cells_removed);
    }
    tu_work_add_failures(builder, result);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

int
tu_work_failures(const TuResult *result)
{
    guint n = result->failures != NULL ? result->failures->len : 0;
    for (guint i = 0; i < n; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        g_autoptr(GString) line = g_string_new("trueup: ");
        if (failure->summary != NULL)
            g_string_append_printf(line, "summary %s: ", failure->summary);
        if (failure->tenant != NULL)
            g_string_append_printf(line, "tenant %s: ", failure->tenant);
        g_string_append(line, failure->error);
        g_autofree char *shown = tu_output_harmless(line->str);
        fprintf(stderr, "%s\n", shown);
    }
    return n > 0 ? TU_EXIT_NOT_RIGHT : TU_EXIT_DONE;
}

gboolean
tu_work_say_paused(const TuSession *session, const char *summary, GError **error)
{
    g_autoptr(GPtrArray) pauses = NULL;
    if (summary != NULL)
        return TRUE; /* that one alone cannot be left */
    if (!tu_pauses_read(session->db, &pauses, error))
        return FALSE;
    for (guint i = 0; i < session->model->summaries->len; i++) {
        const TuSummaryModel *each = g_ptr_array_index(session->model->summaries, i);
        if (tu_pauses_find(pauses, each->spec->name) != NULL)
            fprintf(stderr, "trueup: summary %s is paused: it is left as it is\n",
                    each->spec->name);
    }
    return TRUE;
}

static void
print_counts(const char *what, const TuResult *result)
{
    printf("%s: %" G_GINT64_FORMAT " cells checked, %" G_GINT64_FORMAT " drifted, %" G_GINT64_FORMAT
           " written",
           what, result->cells_checked, result->cells_drifted, result->cells_written);
}

int
tu_work_report(const TuContext *context, const char *what, const TuResult *result)
{
    if (context->as_json)
        print_json(result);
    else
        print_counts(what, result);
    if (!context->as_json && result->cells_removed > 0)
        printf(", %" G_GINT64_FORMAT " removed (`keep`)", result->cells_removed);
    if (!context->as_json)
        putchar('\n');
    return tu_work_failures(result);
}

/* ---- dates ---- */

static gboolean
parse_date(const char *option, const char *text, TuDate *ret_date, GError **error)
{
    if (tu_date_parse(text, strlen(text), ret_date))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s %s is no date: write YYYY-MM-DD", option,
                text);
    return FALSE;
}

gboolean
tu_work_dates(const TuDateOptions *options, gboolean may_be_all, TuDate *ret_from, TuDate *ret_to,
              GError **error)
{
    TuDate last = 0;
    guint n_ways = (options->date != NULL) + (options->from != NULL || options->to != NULL) +
                   (options->days != 0);
    if (n_ways > 1 || (n_ways == 0 && !may_be_all)) {
        g_set_error_literal(
            error, TU_ERROR, TU_ERROR_USAGE,
            "which days? give one of --date D, --from D --to D, --days N (1 or more)");
        return FALSE;
    }
    *ret_from = G_MININT32;
    *ret_to = G_MAXINT32;
    if (options->days < 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "--days must be 1 or more");
        return FALSE;
    }
    if (options->days > 0) {
        /* Today differs by tenant: from the day before the earliest to beyond the latest. */
        TuDate today = (TuDate)(tu_instant_now_us() / TU_DAY_US);
        *ret_from = today - options->days;
        *ret_to = today + 2;
        return TRUE;
    }
    const char *from = options->date != NULL ? options->date : options->from;
    const char *to = options->date != NULL ? options->date : options->to;
    if (from != NULL &&
        !parse_date(options->date != NULL ? "--date" : "--from", from, ret_from, error))
        return FALSE;
    if (to != NULL) {
        if (!parse_date(options->date != NULL ? "--date" : "--to", to, &last, error))
            return FALSE;
        *ret_to = last + 1;
    }
    if (n_ways == 1 && (from == NULL || to == NULL) && !may_be_all) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "give both --from and --to");
        return FALSE;
    }
    if (*ret_from >= *ret_to) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "--to lies before --from");
        return FALSE;
    }
    return TRUE;
}

void
tu_date_options_clear(TuDateOptions *options)
{
    g_free(options->date);
    g_free(options->from);
    g_free(options->to);
}
