#include "keep/install/install.h"

#include "db/sql.h"
#include "db/stop.h"
#include "keep/install/ddl.h"
#include "keep/install/register.h"
#include "keep/rows.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/summary_table.h"

/* ---- what is missing ---- */

/* Summary tables, then capture: after trueup's own tables, which are planned by themselves. */
static gboolean
plan_parts(TuKeeper *keeper, GPtrArray *statements, GPtrArray *findings, GError **error)
{
    const TuModel *model = keeper->model;
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !tu_summary_table_plan(keeper->db, summary->tables[grain], statements, findings,
                                       error))
                return FALSE;
    }
    g_autoptr(GPtrArray) captures = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (captured->is_captured && !tu_capture_plan(keeper->db, captured, captures, error))
            return FALSE;
    }
    return tu_keyed_plan(keeper, captures, statements, findings, error);
}

gboolean
tu_install_plan(TuKeeper *keeper, GPtrArray *statements, GPtrArray *findings, GError **error)
{
    return tu_control_plan(keeper->db, statements, error) &&
           plan_parts(keeper, statements, findings, error);
}

gboolean
tu_install_refusal(TuKeeper *keeper, GPtrArray *builds, GError **error)
{
    g_auto(TuRegistration) registration = {.keeper = keeper};
    if (!tu_register_look(&registration, error))
        return FALSE;
    for (guint i = 0; i < keeper->model->summaries->len; i++)
        if (registration.must_build[i])
            g_ptr_array_add(builds, g_ptr_array_index(keeper->model->summaries, i));
    return TRUE;
}

static gboolean
refuse_findings(GPtrArray *findings, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        if (finding->is_error)
            g_string_append_printf(text, "%s%s: %s%s%s", text->len > 0 ? "\n" : "", finding->where,
                                   finding->message, finding->help != NULL ? ": " : "",
                                   finding->help != NULL ? finding->help : "");
    }
    if (text->len == 0)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, text->str);
    return FALSE;
}

/* Rows of others that a unique key would not allow must go before it comes; whoever says
 * --take-over says that they may. The build then fills the table. */
static gboolean
remove_doubled(TuKeeper *keeper, GError **error)
{
    for (guint i = 0; i < keeper->model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(keeper->model->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            gboolean is_doubled = FALSE;
            if (summary->tables[grain] == NULL)
                continue;
            if (!tu_summary_table_is_doubled(keeper->db, summary->tables[grain], &is_doubled,
                                             error))
                return FALSE;
            g_autofree char *sql = tu_sql_format("DELETE FROM %Q", summary->tables[grain]->name);
            if (is_doubled && !tu_database_execute(keeper->db, sql, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* A table whose capture is about to be made is unguarded until all is noted. */
static gboolean
note_capture_under_way(TuKeeper *keeper, const TuCaptured *captured, GError **error)
{
    g_autofree char *problem = tu_capture_problem(keeper->db, captured);
    g_autofree char *known = NULL;
    TuValue values[] = {tu_keeper_now(), tu_value_text(captured->name),
                        tu_value_text(captured->group->name)};
    if (problem == NULL)
        return TRUE;
    if (!tu_rows_text(keeper->db, "SELECT name FROM trueup_table WHERE name = ?1", captured->name,
                      &known, error))
        return FALSE;
    return known != NULL ? tu_database_run(keeper->db,
                                           "UPDATE trueup_table SET unguarded_since = "
                                           "coalesce(unguarded_since, ?1) WHERE name = ?2",
                                           values, 2, NULL, error)
                         : tu_database_run(keeper->db,
                                           "INSERT INTO trueup_table(name, group_name, triggers, "
                                           "unguarded_since) VALUES (?2, ?3, '', ?1)",
                                           values, G_N_ELEMENTS(values), NULL, error);
}

/* Where DDL commits by itself, a crash in the middle must leave a trace of what is being made. */
static gboolean
note_under_way(TuKeeper *keeper, GError **error)
{
    const TuModel *model = keeper->model;
    if (!tu_database_dialect(keeper->db)->ddl_commits)
        return TRUE;
    for (guint i = 0; i < model->summaries->len; i++)
        if (!tu_register_expect_tables(keeper, g_ptr_array_index(model->summaries, i), error))
            return FALSE;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (captured->is_captured && !note_capture_under_way(keeper, captured, error))
            return FALSE;
    }
    return TRUE;
}

typedef struct {
    gboolean may_take_over;
    TuInstalled *installed;
} Installing;

/* What the spec no longer names loses its capture in the same transaction, or, where DDL would end
 * that, behind it. */
static gboolean
commit_and_leave(TuKeeper *keeper, TuTransaction *txn, const TuRegistration *registration,
                 gboolean has_changed, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    tu_register_plan_leaving(registration, statements);
    if (tu_database_dialect(keeper->db)->ddl_commits)
        return (!has_changed || tu_transaction_commit(txn, error)) &&
               tu_ddl_run_all(keeper, statements, error) &&
               tu_register_forget_leaving(registration, error);
    return tu_ddl_run_all(keeper, statements, error) &&
           tu_register_forget_leaving(registration, error) &&
           (!has_changed || tu_transaction_commit(txn, error));
}

static gboolean
install_once(TuKeeper *keeper, gpointer data, GError **error)
{
    const Installing *installing = data;
    g_autoptr(GPtrArray) control = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_auto(TuRegistration)
        registration = {.keeper = keeper, .may_take_over = installing->may_take_over};
    *installing->installed = (TuInstalled){0};
    gboolean is_known = FALSE;
    if (!tu_ddl_begin(&txn, keeper, error) || !tu_ddl_schema_is_still(keeper, error) ||
        !tu_control_exists(keeper->db, &is_known, error) ||
        !tu_control_plan(keeper->db, control, error) ||
        (is_known && !tu_ddl_run_all(keeper, control, error)))
        return FALSE;
    /* What is refused leaves nothing behind, also where DDL cannot be rolled back. */
    if (!plan_parts(keeper, statements, findings, error) || !refuse_findings(findings, error) ||
        !tu_register_look(&registration, error))
        return FALSE;
    if ((!is_known && !tu_ddl_run_all(keeper, control, error)) || !note_under_way(keeper, error) ||
        (installing->may_take_over && !remove_doubled(keeper, error)) ||
        !tu_ddl_run_all(keeper, statements, error) || !tu_ddl_begin_noting(&txn, keeper, error) ||
        !tu_register_write(&registration, error) || !tu_stop("capture.before_commit", error))
        return FALSE;
    installing->installed->n_statements = control->len + statements->len;
    installing->installed->n_builds = registration.n_builds;
    installing->installed->has_changed =
        installing->installed->n_statements > 0 || registration.has_changed;
    return commit_and_leave(keeper, &txn, &registration, installing->installed->has_changed, error);
}

gboolean
tu_install(TuKeeper *keeper, gboolean may_take_over, TuInstalled *ret_installed, GError **error)
{
    Installing installing = {may_take_over, ret_installed};
    if (!tu_ddl_lock(keeper, error))
        return FALSE;
    gboolean is_ok = tu_ddl_retry(keeper, install_once, &installing, error);
    tu_ddl_unlock(keeper);
    return is_ok;
}
