#include "keep/install/ddl.h"

#include "db/stop.h"
#include "time/instant.h"

gboolean
tu_ddl_schema_is_still(TuKeeper *keeper, GError **error)
{
    gint64 version = 0;
    if (keeper->model == NULL)
        return TRUE;
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
        g_prefix_error(&local,
                       "a table is in use by a transaction that somebody holds open: end it, "
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

gboolean
tu_ddl_run(TuKeeper *keeper, const char *sql, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    if (!tu_stop("ddl.statement", error))
        return FALSE;
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

gboolean
tu_ddl_run_all(TuKeeper *keeper, GPtrArray *statements, GError **error)
{
    for (guint i = 0; i < statements->len; i++)
        if (!tu_ddl_run(keeper, g_ptr_array_index(statements, i), error))
            return FALSE;
    return TRUE;
}

gboolean
tu_ddl_begin(TuTransaction *txn, TuKeeper *keeper, GError **error)
{
    const char *pin = tu_database_dialect(keeper->db)->short_lock_wait;
    return tu_transaction_begin_write(txn, keeper->db, error) &&
           (pin == NULL || tu_database_execute(keeper->db, pin, error));
}

gboolean
tu_ddl_begin_noting(TuTransaction *txn, TuKeeper *keeper, GError **error)
{
    if (!tu_database_dialect(keeper->db)->ddl_commits)
        return TRUE;
    tu_transaction_clear(txn);
    return tu_transaction_begin_write(txn, keeper->db, error);
}

gboolean
tu_ddl_retry(TuKeeper *keeper, TuDdlWork work, gpointer data, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (work(keeper, data, &local))
            return TRUE;
        /* With other tables than the model's the caller must begin anew. */
        if (!tu_ddl_schema_is_still(keeper, NULL)) {
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

/* What who installs or removes holds. */
#define APPLY_LOCK "apply"

gboolean
tu_ddl_lock(TuKeeper *keeper, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    if (!tu_database_dialect(keeper->db)->ddl_commits)
        return TRUE;
    for (;;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(keeper, error) ||
            !tu_database_try_lock(keeper->db, APPLY_LOCK, &holder, error))
            return FALSE;
        if (holder == NULL)
            break;
        if (g_get_monotonic_time() - since_us > DDL_LIMIT_US) {
            g_set_error(error, TU_ERROR, TU_ERROR_BUSY,
                        "another `trueup apply` or `trueup drop` is under way (%s)", holder);
            return FALSE;
        }
        g_usleep(DDL_PAUSE_US);
    }
    if (tu_ddl_schema_is_still(keeper, error))
        return TRUE;
    tu_database_unlock(keeper->db, APPLY_LOCK);
    return FALSE;
}

void
tu_ddl_unlock(TuKeeper *keeper)
{
    if (tu_database_dialect(keeper->db)->ddl_commits)
        tu_database_unlock(keeper->db, APPLY_LOCK);
}
