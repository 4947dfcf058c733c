#include "keep/session.h"

#include "keep/connect.h"
#include "schema/control.h"
#include "schema/keyed.h"
#include "spec/suggest.h"

static void
add_finding(GString *text, const TuFinding *finding)
{
    g_string_append_printf(text, "%s%s: %s%s%s", text->len > 0 ? "\n" : "", finding->where,
                           finding->message, finding->help != NULL ? ": " : "",
                           finding->help != NULL ? finding->help : "");
}

/* Where the triggers are there already, what would hinder making them hinders nobody. */
static gboolean
refuse_findings(const TuSession *session, gboolean needs_apply, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < session->findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(session->findings, i);
        if (finding->is_error && !(needs_apply && finding->is_of_capture))
            add_finding(text, finding);
    }
    if (text->len == 0)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, text->str);
    return FALSE;
}

/* From the coarsest cause to the finest, so that whoever reads the message knows what to do
 * first. */
static gboolean
check_applied(TuSession *session, GError **error)
{
    gboolean is_applied = FALSE;
    gboolean is_same = FALSE;
    gint64 one = 0;
    TuValue digest = tu_value_text(session->model->digest);
    if (!tu_control_exists(session->db, &is_applied, error))
        return FALSE;
    if (!is_applied) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "nothing is installed in this database yet: run `trueup apply`");
        return FALSE;
    }
    guint n_missing = 0;
    gboolean is_older = FALSE;
    if (!tu_control_missing(session->db, &n_missing, &is_older, error))
        return FALSE;
    if (n_missing > 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            is_older
                                ? "this trueup is newer than the one that was applied: run "
                                  "`trueup apply`, which makes the tables that it needs"
                                : "some of trueup's own tables are gone (a partial restore?): run "
                                  "`trueup apply`, then `trueup rebuild --wait`");
        return FALSE;
    }
    if (!tu_database_integer(session->db, "SELECT 1 FROM trueup_spec WHERE digest = ?1", &digest, 1,
                             &is_same, &one, error))
        return FALSE;
    if (!is_same)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "the spec changed: run `trueup apply`");
    return is_same;
}

/* What is wrong with the database as a whole; who only reads is not concerned. */
static gboolean
find_hazards(TuSession *session, TuOpenMode mode, GError **error)
{
    g_autoptr(GPtrArray) hazards = tu_hazards_new();
    if (mode == TU_OPEN_READ)
        return TRUE;
    if (!tu_database_hazards(session->db, hazards, error))
        return FALSE;
    tu_findings_add_hazards(session->findings, tu_database_label(session->db), hazards, TRUE);
    return TRUE;
}

/* ---- opening ---- */

/* The command line's, else the spec's; what is relative there starts at its directory. */
static const char *
url_of(const TuSession *session, const char **ret_directory)
{
    const char *own = session->door->database_url;
    gboolean is_own_url = own != NULL && own[0] != '\0';
    *ret_directory = is_own_url ? NULL : session->spec->directory;
    return is_own_url ? own : session->spec->database_url;
}

static gboolean
connect_session(TuSession *session, GError **error)
{
    const TuDoor *door = session->door;
    const char *directory = NULL;
    const char *url = url_of(session, &directory);
    if (url == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "%s names no database: write `database: sqlite:PATH`, or use --database",
                    door->spec_path);
        return FALSE;
    }
    if (!tu_connect(url, directory, session->mode, door->is_cancelled, &session->db, error))
        return FALSE;
    if (session->mode == TU_OPEN_WRITE)
        session->name = tu_database_session(session->db);
    tu_database_set_cancel(session->db, door->is_cancelled);
    tu_database_set_control_schema(session->db, session->spec->control_schema);
    /* Only who makes triggers, or tells what they should be, needs them. */
    tu_database_describe_references(session->db,
                                    session->mode == TU_OPEN_READ || !session->needs_apply);
    return TRUE;
}

/* The daemon has read the file itself: all its threads work by the same text (daemon/reload.h). */
static TuSpec *
read_spec(const TuDoor *door, GError **error)
{
    return door->spec_text != NULL
               ? tu_spec_parse(door->spec_text, door->spec_bytes, door->spec_path, NULL, error)
               : tu_spec_load(door->spec_path, NULL, error);
}

static gboolean
resolve_spec(TuSession *session, GError **error)
{
    gboolean is_done = (session->needs_apply ? tu_model_new_leaving_out : tu_model_new)(
        session->spec, session->db, session->findings, &session->model, error);
    tu_findings_place(session->findings, session->spec);
    return is_done && refuse_findings(session, session->needs_apply, error);
}

/* What it made until an error is closed by whoever tries again, or ends. */
static gboolean
open_once(TuSession *session, GError **error)
{
    session->findings = tu_findings_new();
    session->spec = read_spec(session->door, error);
    if (session->spec == NULL || !connect_session(session, error) ||
        !find_hazards(session, session->mode, error) || !resolve_spec(session, error))
        return FALSE;
    tu_keeper_init(&session->keeper, session->db, session->model);
    session->keeper.is_cancelled = session->door->is_cancelled;
    session->keeper.url = url_of(session, &session->keeper.directory);
    return !session->needs_apply || check_applied(session, error);
}

/* In the reverse order: the model belongs to the database, the database to the spec. */
static void
close_session(TuSession *session)
{
    tu_keeper_clear(&session->keeper);
    g_clear_pointer(&session->model, tu_model_free);
    g_clear_pointer(&session->db, tu_database_close);
    g_clear_pointer(&session->findings, g_ptr_array_unref);
    g_clear_pointer(&session->spec, tu_spec_free);
    g_clear_pointer(&session->name, g_free);
}

/* The server is there, and takes nobody in now: it is starting, or full. */
static gboolean
is_not_yet(const TuSession *session, const GError *error)
{
    return session->db == NULL && tu_error_is(error, TU_ERROR_BUSY);
}

/* A connection that was there; a file is never lost like that. */
static gboolean
is_lost(const TuSession *session, const GError *error)
{
    return tu_error_is(error, TU_ERROR_CONNECT) && session->db != NULL &&
           tu_database_dialect(session->db)->is_served;
}

/* Once a command: whoever looks on should know why it stands still. */
static void
say_trying(TuSession *session, const char *what, const GError *why)
{
    if (!session->has_said_so && session->door->say_trying != NULL)
        session->door->say_trying(what, why->message);
    session->has_said_so = TRUE;
}

/* A server that is just starting is waited for; one that was reached and lost, for longer. */
gboolean
tu_session_open(TuSession *session, const TuDoor *door, TuOpenMode mode, gboolean needs_apply,
                GError **error)
{
    *session = (TuSession){.door = door, .mode = mode, .needs_apply = needs_apply};
    TuPatience patience = {door->is_cancelled, MIN(TU_FIRST_LIMIT_US, tu_patience_limit_us()), 0,
                           0};
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (open_once(session, &local))
            return TRUE;
        if (is_lost(session, local))
            return tu_session_survive(session, tu_patience_limit_us(), g_steal_pointer(&local),
                                      error);
        if (!is_not_yet(session, local) || !tu_patience_wait(&patience)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        say_trying(session, "not connected yet", local);
        close_session(session);
    }
}

/* ---- a connection that is lost ---- */

/* If each of so many connections was lost before anything was done, the work itself ends them. */
#define MOST_LOST_IN_A_ROW 5

gboolean
tu_session_reopen(TuSession *session, GError **error)
{
    g_autofree char *own = g_strdup(session->name);
    close_session(session);
    if (own != NULL) {
        g_free(session->lost_name);
        session->lost_name = g_steal_pointer(&own);
    }
    if (!open_once(session, error))
        return FALSE;
    /* The old session's locks must not look like another worker's. */
    if (session->mode == TU_OPEN_WRITE)
        tu_database_end_session(session->db, session->lost_name);
    g_clear_pointer(&session->lost_name, g_free);
    session->lost_us = g_get_monotonic_time();
    return TRUE;
}

/* Gives up, saying what has been tried. */
static gboolean
give_up(const TuSession *session, gint64 limit_us, GError *last, GError **error)
{
    if (tu_error_is(last, TU_ERROR_CONNECT) || is_not_yet(session, last))
        g_prefix_error(&last,
                       "the connection was lost and did not come back within %" G_GINT64_FORMAT
                       " s; nothing is half done, run it again later: ",
                       limit_us / G_USEC_PER_SEC);
    g_propagate_error(error, last);
    return FALSE;
}

/* Whatever was under way is thrown away with its transaction, so it may be begun again (I-2). */
gboolean
tu_session_survive(TuSession *session, gint64 limit_us, GError *lost, GError **error)
{
    const volatile _Atomic int *is_cancelled = session->door->is_cancelled;
    TuPatience patience = {is_cancelled, limit_us, 0, 0};
    if (!is_lost(session, lost) || limit_us <= 0 || ++session->n_lost > MOST_LOST_IN_A_ROW) {
        g_propagate_error(error, lost);
        return FALSE;
    }
    g_autoptr(GError) last = lost;
    say_trying(session, "connection lost", lost);
    while (tu_patience_wait(&patience)) {
        g_clear_error(&last);
        if (tu_session_reopen(session, &last))
            return TRUE;
        if (!tu_error_is(last, TU_ERROR_CONNECT) && !is_not_yet(session, last))
            break;
    }
    if (is_cancelled != NULL && *is_cancelled != 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
        return FALSE;
    }
    return give_up(session, limit_us, g_steal_pointer(&last), error);
}

void
tu_session_clear(TuSession *session)
{
    close_session(session);
    g_clear_pointer(&session->lost_name, g_free);
}

gboolean
tu_session_summary(const TuSession *session, const char *name, TuSummaryModel **ret_summary,
                   GError **error)
{
    *ret_summary = name != NULL ? tu_model_summary(session->model, name) : NULL;
    if (name == NULL || *ret_summary != NULL || tu_model_keyed(session->model, name) != NULL)
        return TRUE;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < session->spec->summaries->len; i++)
        g_ptr_array_add(names,
                        ((const TuSummary *)g_ptr_array_index(session->spec->summaries, i))->name);
    for (guint i = 0; i < session->spec->keyed->len; i++)
        g_ptr_array_add(names, ((const TuKeyed *)g_ptr_array_index(session->spec->keyed, i))->name);
    g_ptr_array_add(names, NULL);
    const char *near = tu_suggest(name, (const char *const *)names->pdata);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no summary %s%s%s%s", name,
                near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                near != NULL ? "?" : "");
    return FALSE;
}
