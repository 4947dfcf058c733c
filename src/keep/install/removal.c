#include "keep/install/removal.h"

#include "db/sql.h"
#include "db/stop.h"
#include "keep/install/ddl.h"
#include "keep/keyed/install.h"
#include "keep/install/rights.h"
#include "keep/rows.h"
#include "schema/capture.h"

static gboolean
take_name(const TuValue *row, gpointer data, GError **error)
{
    g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
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
    if (!may_release(keeper, releasing, error) || !tu_ddl_begin(&txn, keeper, error) ||
        !tu_ddl_schema_is_still(keeper, error))
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
            !tu_ddl_run_all(keeper, statements, error))
            return FALSE;
        releasing->n_tables++;
    }
    return tu_transaction_commit(&txn, error);
}

gboolean
tu_removal_release(TuKeeper *keeper, const TuSourceModel *source, guint *ret_tables, GError **error)
{
    Releasing releasing = {source, 0};
    if (!tu_ddl_retry(keeper, release_once, &releasing, error))
        return FALSE;
    *ret_tables = releasing.n_tables;
    return TRUE;
}

gboolean
tu_removal_release_all(TuDatabase *db, guint *ret_tables, GError **error)
{
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    TuValue now = tu_keeper_now();
    g_auto(TuRights) rights = {.db = db};
    if (!tu_rows_each(db, "SELECT name FROM trueup_table", NULL, 0, FALSE, take_name, tables,
                      error))
        return FALSE;
    for (guint i = 0; i < tables->len; i++)
        if (!tu_rights_ask_capture(&rights, g_ptr_array_index(tables, i), TRUE, error))
            return FALSE;
    if (!tu_rights_check(&rights, error) ||
        !tu_database_run(db, "UPDATE trueup_table SET released_at = coalesce(released_at, ?1)",
                         &now, 1, NULL, error))
        return FALSE;
    for (guint i = 0; i < tables->len; i++) {
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *log = tu_capture_log_name(db, g_ptr_array_index(tables, i));
        tu_database_capture_forget(db, g_ptr_array_index(tables, i), log, statements);
        for (guint s = 0; s < statements->len; s++)
            if (!tu_database_execute(db, g_ptr_array_index(statements, s), error))
                return FALSE;
    }
    *ret_tables = tables->len;
    return TRUE;
}

/* ---- one summary ---- */

/* The one that goes, of either kind. */
typedef struct {
    TuSummaryModel *summary;
    const TuKeyedModel *keyed;
    gboolean keep_tables;
} Dropping;

static const char *
name_of(const Dropping *dropping)
{
    return dropping->keyed != NULL ? dropping->keyed->spec->name : dropping->summary->spec->name;
}

/* TRUE if another summary reads the table. */
static gboolean
is_needed(const TuModel *model, const TuCaptured *captured, const Dropping *dropping)
{
    guint n_left = model->summaries->len - (dropping->summary != NULL);
    if (captured == model->tenants && n_left > 0)
        return TRUE; /* every summary reads its tenants */
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        if (keyed != dropping->keyed && g_ptr_array_find(keyed->tables, captured, NULL))
            return TRUE;
    }
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        for (guint s = 0; s < summary->series->len && summary != dropping->summary; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            if (g_ptr_array_find(series->source->tables, captured, NULL))
                return TRUE;
        }
    }
    return FALSE;
}

/* The tables that trueup made for the summary, also those that the spec names no more. */
static gboolean
list_made(TuKeeper *keeper, const char *summary, GPtrArray *names, GError **error)
{
    TuValue value = tu_value_text(summary);
    return tu_rows_each(keeper->db,
                        "SELECT name FROM trueup_kept WHERE summary = ?1 AND is_made = 1", &value,
                        1, FALSE, take_name, names, error);
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
        if (!tu_ddl_run(keeper, sql, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
forget_summary(TuKeeper *keeper, const char *summary, GError **error)
{
    static const char *const statements[] = {
        "DELETE FROM trueup_pending WHERE summary = ?1",
        "DELETE FROM trueup_build WHERE summary = ?1",
        "DELETE FROM trueup_boundary WHERE summary = ?1",
        "DELETE FROM trueup_failing WHERE summary = ?1",
        "DELETE FROM trueup_moment WHERE kind LIKE 'failing %' AND name = ?1",
        "DELETE FROM trueup_kept WHERE summary = ?1",
        "DELETE FROM trueup_pause WHERE summary = ?1",
        "DELETE FROM trueup_keyed WHERE name = ?1",
        "DELETE FROM trueup_summary WHERE name = ?1",
    };
    TuValue name = tu_value_text(summary);
    for (guint i = 0; i < G_N_ELEMENTS(statements); i++)
        if (!tu_database_run(keeper->db, statements[i], &name, 1, NULL, error) ||
            !tu_stop("drop.forgets", error))
            return FALSE;
    return TRUE;
}

static gboolean
drop_capture(TuKeeper *keeper, const TuCaptured *captured, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    TuValue name = tu_value_text(captured->name);
    tu_capture_plan_forget(keeper->db, captured->name, statements);
    return tu_ddl_run_all(keeper, statements, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_part WHERE table_name = ?1", &name, 1,
                           NULL, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_table WHERE name = ?1", &name, 1, NULL,
                           error);
}

/* Views and states go before the logs that the views read. */
static gboolean
drop_states(TuKeeper *keeper, const Dropping *dropping, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    if (dropping->keyed == NULL)
        return TRUE;
    return tu_keyed_plan_drop(keeper, name_of(dropping), statements, error) &&
           tu_ddl_run_all(keeper, statements, error);
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
    if (!dropping->keep_tables && !list_made(keeper, name_of(dropping), names, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++)
        if (!tu_rights_ask(&rights, "DROP", g_ptr_array_index(names, i), error))
            return FALSE;
    return tu_rights_check(&rights, error);
}

static gboolean
drop_once(TuKeeper *keeper, gpointer data, GError **error)
{
    const Dropping *dropping = data;
    const TuModel *model = keeper->model;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    if (!may_drop(keeper, dropping, error) || !tu_ddl_begin(&txn, keeper, error) ||
        !tu_ddl_schema_is_still(keeper, error) || !drop_states(keeper, dropping, error))
        return FALSE;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (!is_needed(model, captured, dropping) && !drop_capture(keeper, captured, error))
            return FALSE;
    }
    if (!dropping->keep_tables && !drop_tables(keeper, name_of(dropping), error))
        return FALSE;
    /* One transaction, which begins with the turns: what is written by a snapshot of before is
     * there by then and goes with the rest, or it is thrown away. */
    return tu_ddl_begin_noting(&txn, keeper, error) &&
           tu_database_execute(keeper->db, "UPDATE trueup_group SET turn = turn + 1", error) &&
           forget_summary(keeper, name_of(dropping), error) &&
           tu_database_execute(keeper->db, "UPDATE trueup_spec SET digest = ''", error) &&
           tu_transaction_commit(&txn, error);
}

gboolean
tu_removal_drop(TuKeeper *keeper, const char *summary, gboolean keep_tables, GError **error)
{
    Dropping dropping = {tu_model_summary(keeper->model, summary),
                         tu_model_keyed(keeper->model, summary), keep_tables};
    g_assert(dropping.summary != NULL || dropping.keyed != NULL);
    return tu_ddl_retry(keeper, drop_once, &dropping, error);
}
