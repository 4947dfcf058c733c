/*
 * Everything out, by trueup's own lists:
 *
 *   trueup_table   whose triggers and logs go, noted before they are made
 *   trueup_kept    which tables go: those that trueup made; and those that it was about to make
 *                  when it was broken off, if they are empty, as such ones are (another's may
 *                  have the name)
 *
 * The lists go last. So whatever a crash leaves behind is still listed, and the next try removes
 * it.
 */
#include "keep/install/removal.h"

#include "db/sql.h"
#include "keep/install/ddl.h"
#include "keep/keyed/install.h"
#include "keep/install/rights.h"
#include "keep/rows.h"
#include "schema/capture.h"
#include "schema/control.h"

typedef struct {
    GPtrArray *captured; /* of char *: source tables */
    GPtrArray *made;     /* of char *: tables of summaries that go */
    gboolean keep_tables;
} Dropping;

static gboolean
take_name(const TuValue *row, gpointer data, GError **error)
{
    g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
}

/* ---- what is there ---- */

/* Without lists nothing was made yet, or all is gone: unless `apply` had come to its end once. */
static gboolean
has_lists(TuDatabase *db, gboolean *ret_has, GError **error)
{
    static const char *const lists[] = {"trueup_table", "trueup_kept", "trueup_summary"};
    gboolean is_noted = FALSE;
    gint64 one = 0;
    *ret_has = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(lists) && *ret_has; i++) {
        g_autofree char *own = tu_database_control_name(db, lists[i]);
        if (!tu_database_has_table(db, own, ret_has, error))
            return FALSE;
    }
    if (*ret_has)
        return TRUE;
    if (!tu_database_integer(db, "SELECT 1 FROM trueup_spec", NULL, 0, &is_noted, &one, error))
        return FALSE;
    if (is_noted)
        g_set_error_literal(
            error, TU_ERROR, TU_ERROR_CONFIG,
            "some of trueup's own tables are gone (a partial restore?), and with them "
            "what is to be dropped: run `trueup apply` first");
    return !is_noted;
}

/* Of the tables that were about to be made, those that are there and empty. */
static gboolean
list_half_made(TuDatabase *db, GPtrArray *names, GError **error)
{
    g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
    if (!tu_rows_each(db, "SELECT name FROM trueup_kept WHERE is_made = 2", NULL, 0, FALSE,
                      take_name, expected, error))
        return FALSE;
    for (guint i = 0; i < expected->len; i++) {
        const char *name = g_ptr_array_index(expected, i);
        g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q LIMIT 1", name);
        gboolean is_there = FALSE;
        gboolean has_rows = FALSE;
        gint64 one = 0;
        if (!tu_database_has_table(db, name, &is_there, error) ||
            (is_there && !tu_database_integer(db, sql, NULL, 0, &has_rows, &one, error)))
            return FALSE;
        if (is_there && !has_rows)
            g_ptr_array_add(names, g_strdup(name));
    }
    return TRUE;
}

/* A summary that the spec does not name any more was let go with its tables: those stay. */
static gboolean
list_all(TuDatabase *db, Dropping *dropping, GError **error)
{
    gboolean is_listed = FALSE;
    if (!has_lists(db, &is_listed, error))
        return FALSE;
    return !is_listed ||
           (tu_rows_each(db, "SELECT name FROM trueup_table", NULL, 0, FALSE, take_name,
                         dropping->captured, error) &&
            (dropping->keep_tables ||
             (tu_rows_each(db,
                           "SELECT name FROM trueup_kept WHERE is_made = 1 AND summary IN "
                           "(SELECT name FROM trueup_summary)",
                           NULL, 0, FALSE, take_name, dropping->made, error) &&
              list_half_made(db, dropping->made, error))));
}

/* ---- may it go? ---- */

static gboolean
ask_drop(TuRights *rights, const GPtrArray *names, GError **error)
{
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        gboolean is_there = FALSE;
        if (!tu_database_has_table(rights->db, name, &is_there, error) ||
            (is_there && !tu_rights_ask(rights, "DROP", name, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
may_drop(TuDatabase *db, const Dropping *dropping, GError **error)
{
    g_auto(TuRights) rights = {.db = db};
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
    tu_control_names(db, own);
    for (guint i = 0; i < dropping->captured->len; i++) {
        const char *table = g_ptr_array_index(dropping->captured, i);
        if (!tu_rights_ask_capture(&rights, table, FALSE, error))
            return FALSE;
        g_ptr_array_add(own, tu_capture_log_name(db, table));
    }
    return ask_drop(&rights, dropping->made, error) && ask_drop(&rights, own, error) &&
           tu_rights_check(&rights, error);
}

/* ---- removing ---- */

static gboolean
drop_made(TuKeeper *keeper, const char *name, GError **error)
{
    g_autofree char *sql = tu_sql_format("DROP TABLE IF EXISTS %Q", name);
    TuValue value = tu_value_text(name);
    return tu_ddl_run(keeper, sql, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_kept WHERE name = ?1", &value, 1, NULL,
                           error);
}

/* The spec is forgotten first: from then on missing lists mean that this was under way. */
static gboolean
drop_own(TuKeeper *keeper, GError **error)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    tu_control_plan_drop(keeper->db, statements);
    return tu_database_execute(keeper->db, "DELETE FROM trueup_spec", error) &&
           tu_ddl_run_all(keeper, statements, error);
}

static gboolean
drop_once(TuKeeper *keeper, gpointer data, GError **error)
{
    Dropping *dropping = data;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_ptr_array_set_size(dropping->captured, 0);
    g_ptr_array_set_size(dropping->made, 0);
    if (!list_all(keeper->db, dropping, error) || !may_drop(keeper->db, dropping, error) ||
        !tu_ddl_begin(&txn, keeper, error))
        return FALSE;
    /* Views first: they read the logs. */
    g_autoptr(GPtrArray) views = g_ptr_array_new_with_free_func(g_free);
    if (!tu_keyed_plan_drop(keeper, NULL, views, error) || !tu_ddl_run_all(keeper, views, error))
        return FALSE;
    for (guint i = 0; i < dropping->captured->len; i++) {
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        tu_capture_plan_forget(keeper->db, g_ptr_array_index(dropping->captured, i), statements);
        if (!tu_ddl_run_all(keeper, statements, error))
            return FALSE;
    }
    for (guint i = 0; i < dropping->made->len; i++)
        if (!drop_made(keeper, g_ptr_array_index(dropping->made, i), error))
            return FALSE;
    return drop_own(keeper, error) && tu_transaction_commit(&txn, error);
}

gboolean
tu_removal_drop_all(TuDatabase *db, gboolean keep_tables, const volatile _Atomic int *is_cancelled,
                    GError **error)
{
    TuKeeper keeper = {.db = db, .is_cancelled = is_cancelled};
    g_autoptr(GPtrArray) captured = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    Dropping dropping = {captured, made, keep_tables};
    gboolean is_installed = FALSE;
    if (!tu_control_exists(db, &is_installed, error))
        return FALSE;
    if (!is_installed) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "nothing of trueup is in this database: there is nothing to drop");
        return FALSE;
    }
    if (!tu_ddl_lock(&keeper, error))
        return FALSE;
    gboolean is_ok = tu_ddl_retry(&keeper, drop_once, &dropping, error);
    tu_ddl_unlock(&keeper);
    return is_ok;
}
