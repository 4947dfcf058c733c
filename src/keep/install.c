#include "keep/install.h"

#include <string.h>

#include "db/sql.h"
#include "db/stop.h"
#include "keep/keyed_install.h"
#include "keep/register.h"
#include "keep/rights.h"
#include "keep/rows.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/summary_table.h"
#include "time/instant.h"

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

/* The model was read before the write lock was held; it must still be what the database is. */
static gboolean
schema_is_still(TuKeeper *keeper, GError **error)
{
    gint64 version = 0;
    if (!tu_database_schema_version(keeper->db, keeper->model->table_names, &version, error))
        return FALSE;
    if (version == keeper->model->schema_version)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_BUSY,
                        "the database's tables changed meanwhile: run it again");
    return FALSE;
}

/* How long DDL that finds its table in use is tried again, and the pause between. */
#define DDL_LIMIT_US (30 * TU_SECOND_US)
#define DDL_PAUSE_US (100 * 1000)

/* Says what is in the way when trying again has come to its end. */
static void
give_up(GError *local, GError **error)
{
    if (tu_error_is(local, TU_ERROR_BUSY))
        g_prefix_error(&local, "a table is in use by a transaction that somebody holds open: end it, "
                               "or run this again later: ");
    g_propagate_error(error, local);
}

/* After a BUSY error: waits, and says TRUE while it is worth trying again. */
static gboolean
may_try_again(const TuKeeper *keeper, const GError *error, gint64 since_us)
{
    if (!tu_error_is(error, TU_ERROR_BUSY) || tu_keeper_is_cancelled(keeper) ||
        g_get_monotonic_time() - since_us > DDL_LIMIT_US)
        return FALSE;
    g_usleep(DDL_PAUSE_US);
    return TRUE;
}

/* So much of a statement says which table it is about. */
#define SHOWN_BYTES 80

/* One statement. Where each commits by itself, it alone is tried again while its table is in use;
 * elsewhere the whole transaction is. */
static gboolean
run_one(TuKeeper *keeper, const char *sql, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (tu_database_execute(keeper->db, sql, &local))
            return TRUE;
        gboolean is_busy = tu_error_is(local, TU_ERROR_BUSY);
        gboolean commits = tu_database_dialect(keeper->db)->ddl_commits;
        if (commits && may_try_again(keeper, local, since_us))
            continue;
        if (is_busy)
            g_prefix_error(&local, "`%.*s ...`: ", SHOWN_BYTES, sql);
        if (commits)
            give_up(g_steal_pointer(&local), error);
        else
            g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
}

static gboolean
run_all(TuKeeper *keeper, GPtrArray *statements, GError **error)
{
    for (guint i = 0; i < statements->len; i++)
        if (!run_one(keeper, g_ptr_array_index(statements, i), error))
            return FALSE;
    return TRUE;
}

/* Begins a transaction in which DDL never queues in front of users. */
static gboolean
begin_ddl(TuTransaction *txn, TuKeeper *keeper, GError **error)
{
    const char *pin = tu_database_dialect(keeper->db)->short_lock_wait;
    return tu_transaction_begin_write(txn, keeper->db, error) &&
           (pin == NULL || tu_database_execute(keeper->db, pin, error));
}

/* Where DDL has ended the transaction, what is noted about it is written in one of its own. */
static gboolean
begin_noting(TuTransaction *txn, TuKeeper *keeper, GError **error)
{
    if (!tu_database_dialect(keeper->db)->ddl_commits)
        return TRUE;
    tu_transaction_clear(txn);
    return tu_transaction_begin_write(txn, keeper->db, error);
}

/* A piece of work that is one transaction with DDL in it, tried again while tables are in use. */
typedef gboolean (*DdlWork)(TuKeeper *keeper, gpointer data, GError **error);

static gboolean
with_retries(TuKeeper *keeper, DdlWork work, gpointer data, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (work(keeper, data, &local))
            return TRUE;
        /* With other tables than the model's the caller must begin anew. */
        if (!schema_is_still(keeper, NULL)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        gboolean is_told = tu_database_dialect(keeper->db)->ddl_commits;
        if (is_told || !may_try_again(keeper, local, since_us)) {
            if (is_told)
                g_propagate_error(error, g_steal_pointer(&local));
            else
                give_up(g_steal_pointer(&local), error);
            return FALSE;
        }
    }
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

/* Rows of others that a unique key would not allow must go before it comes; whoever says --take-over
 * says that they may. The build then fills the table. */
static gboolean
remove_doubled(TuKeeper *keeper, GError **error)
{
    for (guint i = 0; i < keeper->model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(keeper->model->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            gboolean is_doubled = FALSE;
            if (summary->tables[grain] == NULL)
                continue;
            if (!tu_summary_table_is_doubled(keeper->db, summary->tables[grain], &is_doubled, error))
                return FALSE;
            g_autofree char *sql = tu_sql_format("DELETE FROM %Q", summary->tables[grain]->name);
            if (is_doubled && !tu_database_execute(keeper->db, sql, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* Where DDL commits by itself, a crash in the middle must leave a trace: tables whose triggers are about
 * to be made are unguarded until all is noted. */
static gboolean
note_under_way(TuKeeper *keeper, GError **error)
{
    if (!tu_database_dialect(keeper->db)->ddl_commits)
        return TRUE;
    for (guint i = 0; i < keeper->model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(keeper->model->captured, i);
        g_autofree char *problem =
            captured->is_captured ? tu_capture_problem(keeper->db, captured) : NULL;
        TuValue values[] = {tu_keeper_now(), tu_value_text(captured->name)};
        if (problem != NULL &&
            !tu_database_run(keeper->db,
                             "UPDATE trueup_table SET unguarded_since = coalesce(unguarded_since, ?1) "
                             "WHERE name = ?2",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}

typedef struct {
    gboolean may_take_over;
    TuInstalled *installed;
} Installing;

/* What the spec no longer names loses its capture in the same transaction, or, where DDL would end that,
 * behind it. */
static gboolean
commit_and_leave(TuKeeper *keeper, TuTransaction *txn, const TuRegistration *registration,
                 gboolean has_changed, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    tu_register_plan_leaving(registration, statements);
    if (tu_database_dialect(keeper->db)->ddl_commits)
        return (!has_changed || tu_transaction_commit(txn, error)) &&
               run_all(keeper, statements, error) &&
               tu_register_forget_leaving(registration, error);
    return run_all(keeper, statements, error) && tu_register_forget_leaving(registration, error) &&
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
    g_auto(TuRegistration) registration = {.keeper = keeper,
                                           .may_take_over = installing->may_take_over};
    *installing->installed = (TuInstalled){0};
    gboolean is_known = FALSE;
    if (!begin_ddl(&txn, keeper, error) || !schema_is_still(keeper, error) ||
        !tu_control_exists(keeper->db, &is_known, error) ||
        !tu_control_plan(keeper->db, control, error) ||
        (is_known && !run_all(keeper, control, error)))
        return FALSE;
    /* What is refused leaves nothing behind, also where DDL cannot be rolled back. */
    if (!plan_parts(keeper, statements, findings, error) || !refuse_findings(findings, error) ||
        !tu_register_look(&registration, error))
        return FALSE;
    if ((installing->may_take_over && !remove_doubled(keeper, error)) ||
        (is_known && !note_under_way(keeper, error)) ||
        (!is_known && !run_all(keeper, control, error)) ||
        !run_all(keeper, statements, error) || !begin_noting(&txn, keeper, error) ||
        !tu_register_write(&registration, error) || !tu_stop("capture.before_commit", error))
        return FALSE;
    installing->installed->n_statements = control->len + statements->len;
    installing->installed->n_builds = registration.n_builds;
    installing->installed->has_changed =
        installing->installed->n_statements > 0 || registration.has_changed;
    return commit_and_leave(keeper, &txn, &registration, installing->installed->has_changed, error);
}

#define APPLY_LOCK "apply"

/* Where DDL is no transaction, two at once would make the same things: one waits for the other. */
static gboolean
take_apply_lock(TuKeeper *keeper, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    for (;;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(keeper, error) ||
            !tu_database_try_lock(keeper->db, APPLY_LOCK, &holder, error))
            return FALSE;
        if (holder == NULL)
            break;
        if (g_get_monotonic_time() - since_us > DDL_LIMIT_US) {
            g_set_error(error, TU_ERROR, TU_ERROR_BUSY, "another `trueup apply` is under way (%s)",
                        holder);
            return FALSE;
        }
        g_usleep(DDL_PAUSE_US);
    }
    if (schema_is_still(keeper, error))
        return TRUE;
    tu_database_unlock(keeper->db, APPLY_LOCK);
    return FALSE;
}

gboolean
tu_install(TuKeeper *keeper, gboolean may_take_over, TuInstalled *ret_installed, GError **error)
{
    Installing installing = {may_take_over, ret_installed};
    gboolean commits = tu_database_dialect(keeper->db)->ddl_commits;
    if (commits && !take_apply_lock(keeper, error))
        return FALSE;
    gboolean is_ok = with_retries(keeper, install_once, &installing, error);
    if (commits)
        tu_database_unlock(keeper->db, APPLY_LOCK);
    return is_ok;
}

/* ---- taking off ---- */

static gboolean
is_of_source(const TuCaptured *captured, const TuSourceModel *source)
{
    return source == NULL || g_ptr_array_find(source->tables, captured, NULL);
}

typedef struct {
    const TuSourceModel *source;
    guint n_tables;
} Releasing;

static gboolean
may_release(TuKeeper *keeper, const Releasing *releasing, GError **error)
{
    g_auto(TuRights) rights = {.db = keeper->db};
    for (guint i = 0; i < keeper->model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(keeper->model->captured, i);
        if (captured->is_captured && is_of_source(captured, releasing->source) &&
            !tu_rights_ask_capture(&rights, captured->name, FALSE, error))
            return FALSE;
    }
    return tu_rights_check(&rights, error);
}

static gboolean
release_once(TuKeeper *keeper, gpointer data, GError **error)
{
    Releasing *releasing = data;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    releasing->n_tables = 0;
    if (!may_release(keeper, releasing, error) || !begin_ddl(&txn, keeper, error) || !schema_is_still(keeper, error))
        return FALSE;
    for (guint i = 0; i < keeper->model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(keeper->model->captured, i);
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        TuValue values[] = {tu_keeper_now(), tu_value_text(captured->name)};
        if (!captured->is_captured || !is_of_source(captured, releasing->source))
            continue;
        tu_capture_plan_release(keeper->db, captured, statements);
        /* Noted first: triggers that are off and not noted would look lost. */
        if (!tu_database_run(keeper->db,
                             "UPDATE trueup_table SET released_at = coalesce(released_at, ?1) "
                             "WHERE name = ?2",
                             values, G_N_ELEMENTS(values), NULL, error) ||
            !run_all(keeper, statements, error))
            return FALSE;
        releasing->n_tables++;
    }
    return tu_transaction_commit(&txn, error);
}

gboolean
tu_install_release(TuKeeper *keeper, const TuSourceModel *source, guint *ret_tables,
                   GError **error)
{
    Releasing releasing = {source, 0};
    if (!with_retries(keeper, release_once, &releasing, error))
        return FALSE;
    *ret_tables = releasing.n_tables;
    return TRUE;
}

typedef struct {
    TuSummaryModel *summary; /* both NULL: all */
    const TuKeyedModel *keyed;
    gboolean keep_tables;
} Dropping;

static gboolean
is_of_all(const Dropping *dropping)
{
    return dropping->summary == NULL && dropping->keyed == NULL;
}

/* TRUE if a summary other than those that leave reads the table. */
static gboolean
is_needed(const TuModel *model, const TuCaptured *captured, const Dropping *dropping)
{
    const TuSummaryModel *leaving = dropping->summary;
    if (is_of_all(dropping))
        return FALSE;
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        if (keyed != dropping->keyed && g_ptr_array_find(keyed->tables, captured, NULL))
            return TRUE;
    }
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        for (guint s = 0; s < summary->series->len && summary != leaving; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            if (g_ptr_array_find(series->source->tables, captured, NULL))
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean
take_name(const TuValue *row, gpointer data, GError **error)
{
    g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
}

/* The tables that trueup made for the summary, also those that the spec names no more. */
static gboolean
list_made(TuKeeper *keeper, const char *summary, GPtrArray *names, GError **error)
{
    TuValue value = tu_value_text(summary);
    return tu_rows_each(keeper->db,
                        "SELECT name FROM trueup_kept WHERE summary = ?1 AND is_made <> 0", &value, 1,
                        FALSE, take_name, names, error);
}

static gboolean
drop_tables(TuKeeper *keeper, const char *summary, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!list_made(keeper, summary, names, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *sql =
            tu_sql_format("DROP TABLE IF EXISTS %Q", (const char *)g_ptr_array_index(names, i));
        if (!run_one(keeper, sql, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
drop_summary(TuKeeper *keeper, const char *summary, gboolean keep_tables, GError **error)
{
    static const char *const statements[] = {
        "DELETE FROM trueup_pending WHERE summary = ?1",
        "DELETE FROM trueup_build WHERE summary = ?1",
        "DELETE FROM trueup_boundary WHERE summary = ?1",
        "DELETE FROM trueup_kept WHERE summary = ?1",
        "DELETE FROM trueup_pause WHERE summary = ?1",
        "DELETE FROM trueup_keyed WHERE name = ?1",
        "DELETE FROM trueup_summary WHERE name = ?1",
    };
    TuValue name = tu_value_text(summary);
    if (!keep_tables && !drop_tables(keeper, summary, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(statements); i++)
        if (!tu_database_run(keeper->db, statements[i], &name, 1, NULL, error))
            return FALSE;
    return TRUE;
}

static gboolean
drop_capture(TuKeeper *keeper, const TuCaptured *captured, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    TuValue name = tu_value_text(captured->name);
    tu_capture_plan_forget(keeper->db, captured->name, statements);
    return run_all(keeper, statements, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_part WHERE table_name = ?1", &name, 1,
                           NULL, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_table WHERE name = ?1", &name, 1, NULL,
                           error);
}

/* All that drop_once removes. */
static gboolean
may_drop(TuKeeper *keeper, const Dropping *dropping, GError **error)
{
    g_auto(TuRights) rights = {.db = keeper->db};
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const TuModel *model = keeper->model;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (!is_needed(model, captured, dropping) &&
            !tu_rights_ask_capture(&rights, captured->name, TRUE, error))
            return FALSE;
    }
    for (guint i = 0; i < model->summaries->len && !dropping->keep_tables; i++) {
        const TuSummaryModel *each = g_ptr_array_index(model->summaries, i);
        if ((is_of_all(dropping) || each == dropping->summary) &&
            !list_made(keeper, each->spec->name, names, error))
            return FALSE;
    }
    if (is_of_all(dropping))
        tu_control_names(keeper->db, names);
    for (guint i = 0; i < names->len; i++)
        if (!tu_rights_ask(&rights, "DROP", g_ptr_array_index(names, i), error))
            return FALSE;
    return tu_rights_check(&rights, error);
}

static gboolean
drop_summaries(TuKeeper *keeper, const Dropping *dropping, GError **error)
{
    const TuModel *model = keeper->model;
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *each = g_ptr_array_index(model->summaries, i);
        if ((is_of_all(dropping) || each == dropping->summary) &&
            !drop_summary(keeper, each->spec->name, dropping->keep_tables, error))
            return FALSE;
    }
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *each = g_ptr_array_index(model->keyed, i);
        if ((is_of_all(dropping) || each == dropping->keyed) &&
            !drop_summary(keeper, each->spec->name, dropping->keep_tables, error))
            return FALSE;
    }
    return TRUE;
}

/* Views and states go before the logs that the views read. */
static gboolean
drop_states(TuKeeper *keeper, const Dropping *dropping, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    const char *name = dropping->keyed != NULL ? dropping->keyed->spec->name : NULL;
    if (name == NULL && !is_of_all(dropping))
        return TRUE;
    return tu_keyed_plan_drop(keeper, name, statements, error) &&
           run_all(keeper, statements, error);
}

static gboolean
drop_once(TuKeeper *keeper, gpointer data, GError **error)
{
    const Dropping *dropping = data;
    const TuModel *model = keeper->model;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    if (!may_drop(keeper, dropping, error) || !begin_ddl(&txn, keeper, error) ||
        !schema_is_still(keeper, error) || !drop_states(keeper, dropping, error))
        return FALSE;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (!is_needed(model, captured, dropping) && !drop_capture(keeper, captured, error))
            return FALSE;
    }
    if (!drop_summaries(keeper, dropping, error))
        return FALSE;
    if (is_of_all(dropping)) {
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        tu_control_plan_drop(keeper->db, statements);
        if (!run_all(keeper, statements, error))
            return FALSE;
    } else if (!tu_database_execute(keeper->db, "UPDATE trueup_spec SET digest = ''", error) ||
               !tu_database_execute(keeper->db, "UPDATE trueup_group SET turn = turn + 1", error)) {
        return FALSE;
    }
    return tu_transaction_commit(&txn, error);
}

gboolean
tu_install_drop(TuKeeper *keeper, const char *summary, gboolean keep_tables, GError **error)
{
    Dropping dropping = {
        summary != NULL ? tu_model_summary(keeper->model, summary) : NULL,
        summary != NULL ? tu_model_keyed(keeper->model, summary) : NULL,
        keep_tables,
    };
    return with_retries(keeper, drop_once, &dropping, error);
}
