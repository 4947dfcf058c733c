#include "cli/command.h"

#include <string.h>

#include "schema/control.h"
#include "spec/suggest.h"

gboolean
tu_options_parse(const GOptionEntry *entries, int *argc, char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) local = NULL;
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, entries, NULL);
    if (g_option_context_parse(context, argc, argv, &local))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s: see trueup --help", local->message);
    return FALSE;
}

gboolean
tu_options_parse_all(const GOptionEntry *entries, int *argc, char ***argv, GError **error)
{
    const char *command = (*argv)[0];
    if (!tu_options_parse(entries, argc, argv, error))
        return FALSE;
    if (*argc <= 1)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s: what is `%s`? see trueup --help", command,
                (*argv)[1]);
    return FALSE;
}

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
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    if (!tu_control_plan(session->db, missing, error))
        return FALSE;
    if (missing->len > 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "some of trueup's own tables are gone (a partial restore?): run `trueup "
                            "apply`, then `trueup rebuild --wait`");
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

gboolean
tu_session_open(TuSession *session, const TuContext *context, TuOpenMode mode,
                gboolean needs_apply, GError **error)
{
    *session = (TuSession){.findings = tu_findings_new()};
    session->spec = tu_spec_load(context->spec_path, NULL, error);
    if (session->spec == NULL)
        return FALSE;
    gboolean is_own_url = context->database_url != NULL && context->database_url[0] != '\0';
    const char *url = is_own_url ? context->database_url : session->spec->database_url;
    if (url == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "%s names no database: write `database: sqlite:PATH`, or use --database",
                    context->spec_path);
        return FALSE;
    }
    const char *directory = is_own_url ? NULL : session->spec->directory;
    if (!tu_database_open(url, directory, mode, &session->db, error))
        return FALSE;
    tu_database_set_cancel(session->db, context->is_cancelled);
    tu_database_set_control_schema(session->db, session->spec->control_schema);
    if (!find_hazards(session, mode, error) ||
        !tu_model_new(session->spec, session->db, session->findings, &session->model, error) ||
        !refuse_findings(session, needs_apply, error))
        return FALSE;
    tu_keeper_init(&session->keeper, session->db, session->model);
    session->keeper.is_cancelled = context->is_cancelled;
    return !needs_apply || check_applied(session, error);
}

void
tu_session_clear(TuSession *session)
{
    tu_keeper_clear(&session->keeper);
    g_clear_pointer(&session->model, tu_model_free);
    g_clear_pointer(&session->db, tu_database_close);
    g_clear_pointer(&session->findings, g_ptr_array_unref);
    g_clear_pointer(&session->spec, tu_spec_free);
}

gboolean
tu_session_summary(const TuSession *session, const char *name, TuSummaryModel **ret_summary,
                   GError **error)
{
    *ret_summary = name != NULL ? tu_model_summary(session->model, name) : NULL;
    if (name == NULL || *ret_summary != NULL)
        return TRUE;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < session->spec->summaries->len; i++)
        g_ptr_array_add(names,
                        ((const TuSummary *)g_ptr_array_index(session->spec->summaries, i))->name);
    g_ptr_array_add(names, NULL);
    const char *near = tu_suggest(name, (const char *const *)names->pdata);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no summary %s%s%s%s", name,
                near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                near != NULL ? "?" : "");
    return FALSE;
}
