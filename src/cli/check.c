/*
 * `trueup check`: is the file right, does it fit the database, what is hazardous?
 *
 *   the file ──▶ against the database ──▶ what apply left in it
 *   exit 2       exit 2                   exit 1, or 0 with warnings
 *
 * Whatever the first two find, later commands would refuse; so nothing further is looked at. It
 * writes nothing, and asks for no more rights than reading.
 */
#include <stdio.h>

#include "cli/output.h"
#include "cli/work.h"
#include "keep/install/guard.h"
#include "keep/tenants/tenants.h"
#include "keep/build/unfit.h"
#include "schema/capture.h"
#include "schema/keyed.h"
#include "schema/control.h"
#include "schema/summary_table.h"

/* ---- what the database says ---- */

/* The tenant and the time of a joined source may be of two tables, which no index is on. */
static char *
index_that_helps(const TuSourceModel *source)
{
    const char *tenant = source->spec->tenant;
    const char *time = source->spec->time;
    if (source->is_joined)
        return g_strdup_printf("make one on (%s), one on the columns of each join's ON%s%s", time,
                               tenant != NULL ? ", and one on " : "", tenant != NULL ? tenant : "");
    return g_strdup_printf("make one on (%s%s%s)", tenant != NULL ? tenant : "",
                           tenant != NULL ? ", " : "", time);
}

/* A warning, not an error: without an index all is right, and slow. */
static void
check_indexes(const TuModel *model, GPtrArray *findings)
{
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        gboolean has_index =
            source->tenant >= 0 ? source->has_tenant_index : source->has_time_index;
        g_autofree char *where = g_strdup_printf("source %s", source->spec->name);
        if (!has_index)
            tu_finding_add(
                findings, FALSE, where,
                g_strdup("no index finds one tenant's range of time: a bucket that must be "
                         "recomputed reads the whole table"),
                index_that_helps(source));
    }
}

/* A tenant with a bad zone is left out by every command until its row is corrected. */
static gboolean
check_tenants(TuSession *session, GPtrArray *findings, GError **error)
{
    g_autoptr(TuTenantSet) tenants = NULL;
    if (!tu_tenants_read(&session->keeper, &tenants, error))
        return FALSE;
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        if (tenant->error == NULL)
            continue;
        g_autofree char *key = tu_value_to_text(&tenant->key);
        g_autofree char *where = g_strdup_printf("tenant %s", key);
        tu_finding_add(findings, TRUE, where, g_strdup(tenant->error),
                       g_strdup("correct its row; until then it is left out"));
    }
    return TRUE;
}

/* What `apply` would do to tables that are there already; its statements are not used, only what
 * it refuses. */
static gboolean
check_tables(TuSession *session, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < session->model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(session->model->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !tu_summary_table_plan(session->db, summary->tables[grain], statements, findings,
                                       error))
                return FALSE;
    }
    for (guint i = 0; i < session->model->keyed->len; i++)
        if (!tu_keyed_plan_tables(session->db, g_ptr_array_index(session->model->keyed, i),
                                  statements, findings, error))
            return FALSE;
    return TRUE;
}

/* Are the triggers as `apply` left them? Before the first apply there is nothing to compare
 * with. A snapshot that cannot be had says itself what is wrong (another spec was applied). */
static gboolean
check_capture(TuSession *session, GPtrArray *findings, GError **error)
{
    gboolean is_applied = FALSE;
    if (!tu_control_exists(session->db, &is_applied, error))
        return FALSE;
    for (guint i = 0; i < session->model->groups->len && is_applied; i++) {
        g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
        g_autoptr(GArray) states = NULL;
        g_autoptr(GError) local = NULL;
        gboolean has_changed = FALSE;
        if (!tu_snapshot_begin(&snapshot, &session->keeper,
                               g_ptr_array_index(session->model->groups, i), &local) ||
            !tu_guard_check(&snapshot, &states, &has_changed, &local)) {
            tu_finding_add(findings, !tu_error_is(local, TU_ERROR_CONFIG), "spec",
                           g_strdup(local->message), NULL);
            return TRUE;
        }
        for (guint s = 0; s < states->len; s++) {
            const TuGuardState *state = &g_array_index(states, TuGuardState, s);
            g_autofree char *now = state->problem == NULL && !state->is_released
                                       ? tu_capture_problem(session->db, state->captured)
                                       : NULL;
            if (state->problem != NULL || state->is_released || now != NULL)
                tu_finding_add(findings, !state->is_released, state->captured->name,
                               g_strdup_printf("%s: changes are not seen",
                                               state->is_released       ? "released"
                                               : state->problem != NULL ? state->problem
                                                                        : now),
                               g_strdup("run `trueup apply`"));
        }
    }
    return TRUE;
}

static gboolean
take_unfit(const TuValue *row, gpointer data, GError **error)
{
    g_autofree char *where = g_strdup_printf("summary %.*s", (int)row[0].bytes, row[0].text);
    tu_finding_add(data, FALSE, where, g_strdup_printf("%.*s", (int)row[2].bytes, row[2].text),
                   g_strdup("if that is mended, run `trueup apply`"));
    return TRUE;
}

/* What `apply` or a worker found not to fit. A warning: the file may be what was mended since. */
static gboolean
check_builds(TuSession *session, GPtrArray *findings, GError **error)
{
    gboolean is_applied = FALSE;
    return tu_control_exists(session->db, &is_applied, error) &&
           (!is_applied || tu_unfit_list(session->db, take_unfit, findings, error));
}

/* From what concerns all (settings of the server) to what concerns one table. */
static gboolean
check_database(TuSession *session, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) hazards = tu_hazards_new();
    if (!tu_database_hazards(session->db, hazards, error))
        return FALSE;
    tu_findings_add_hazards(findings, tu_database_label(session->db), hazards, TRUE);
    check_indexes(session->model, findings);
    return check_tenants(session, findings, error) && check_tables(session, findings, error) &&
           check_capture(session, findings, error) && check_builds(session, findings, error);
}

/* ---- printing ---- */

/* An object: ok, and problems as they were found. */
static void
print_json(GPtrArray *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "ok");
    json_builder_add_boolean_value(builder, !tu_findings_have_error(findings));
    json_builder_set_member_name(builder, "problems");
    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        const struct {
            const char *name;
            const char *text;
        } fields[] = {{"level", finding->is_error ? "error" : "warning"},
                      {"where", finding->where},
                      {"message", finding->message},
                      {"help", finding->help}};
        json_builder_begin_object(builder);
        for (guint f = 0; f < G_N_ELEMENTS(fields); f++) {
            TuValue value = tu_value_text(fields[f].text);
            json_builder_set_member_name(builder, fields[f].name);
            tu_output_value(builder, &value);
        }
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

/* Who reads JSON gets its object also where the database does not answer. */
static void
print_unreached(const GError *why, GPtrArray *findings)
{
    tu_finding_add(findings, TRUE, "database", g_strdup(why->message), NULL);
    print_json(findings);
}

/* A line each. `ok` also when there are only warnings: they stand above it. */
static void
print_text(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        printf("%s: %s: %s%s%s\n", finding->is_error ? "error" : "warning", finding->where,
               finding->message, finding->help != NULL ? ": " : "",
               finding->help != NULL ? finding->help : "");
    }
    if (!tu_findings_have_error(findings))
        printf("ok\n");
}

/* Mistakes of the file, as findings: each has its place. */
static gboolean
check_file(const TuContext *context, GPtrArray *findings)
{
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TuSpec) spec = tu_spec_load(context->door.spec_path, &problems, &error);
    if (spec != NULL)
        return TRUE;
    for (guint i = 0; problems != NULL && i < problems->len; i++) {
        const TuProblem *problem = g_ptr_array_index(problems, i);
        g_autofree char *where = problem->mark.line > 0
                                     ? g_strdup_printf("%s:%u:%u", context->door.spec_path,
                                                       problem->mark.line, problem->mark.column)
                                     : g_strdup(context->door.spec_path);
        tu_finding_add(findings, TRUE, where, g_strdup(problem->message), NULL);
    }
    if (problems == NULL || problems->len == 0)
        tu_finding_add(findings, TRUE, context->door.spec_path, g_strdup(error->message), NULL);
    return FALSE;
}

int
tu_command_check(const TuContext *context, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
    g_auto(TuSession) session = {0};
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_autoptr(GError) local = NULL;
    int code = TU_EXIT_DONE;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (!check_file(context, findings)) {
        code = TU_EXIT_USAGE;
    } else if (!tu_session_open(&session, &context->door, TU_OPEN_READ, FALSE, &local)) {
        if (!tu_error_is(local, TU_ERROR_CONFIG) || session.findings == NULL ||
            session.findings->len == 0) {
            if (context->as_json)
                print_unreached(local, findings);
            g_propagate_error(error, g_steal_pointer(&local));
            return -1;
        }
        g_ptr_array_extend_and_steal(findings, g_steal_pointer(&session.findings));
        code = TU_EXIT_USAGE;
    } else {
        g_ptr_array_extend_and_steal(findings, g_steal_pointer(&session.findings));
        if (!check_database(&session, findings, error))
            return -1;
        code = tu_findings_have_error(findings) ? TU_EXIT_NOT_RIGHT : TU_EXIT_DONE;
    }
    if (context->as_json)
        print_json(findings);
    else
        print_text(findings);
    return code;
}
