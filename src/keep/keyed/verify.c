/*
 * Verifying and repairing keys: the same comparison as settling's, whether or not they are invalid.
 */
#include "keep/fail/failing.h"
#include "keep/keyed/settle.h"
#include "work/runs.h"

/* Keys compared at a time: what is read of them is in memory. */
#define COMPARED_AT_ONCE TU_KEYSET_MOST

/* ---- what is pending ---- */

/* While all keys wait for being computed again, no difference is drift. */
static gboolean
is_listing(TuSnapshot *snapshot, const TuKeyedModel *keyed, gboolean *ret_is, GError **error)
{
    TuValue name = tu_value_text(keyed->spec->name);
    gint64 one = 0;
    return tu_database_integer(
        snapshot->keeper->db,
        "SELECT 1 FROM trueup_keyed WHERE name = ?1 AND listing_since IS NOT NULL", &name, 1,
        ret_is, &one, error);
}

/* Marks the keys of the list that an entry names. */
static gboolean
mark_named(TuSnapshot *snapshot, TuKeyList *list, GError **error)
{
    const TuKeyedModel *keyed = list->keyed;
    g_autoptr(TuKeyList) named = tu_key_list_new(snapshot->keeper->db, keyed);
    gboolean is_unclear = FALSE;
    gboolean are_all = FALSE;
    if (!tu_keyed_find_named(snapshot, keyed, NULL, NULL, named, &is_unclear, error) ||
        !is_listing(snapshot, keyed, &are_all, error))
        return FALSE;
    for (guint i = 0; i < list->rows->len; i++) {
        TuKeyRow *row = tu_key_list_at(list, i);
        row->is_named = is_unclear || are_all || tu_key_list_find(named, row->key) != NULL;
    }
    return TRUE;
}

/* What was read of a row is not needed any more. */
static void
forget(TuKeyRow *row)
{
    g_clear_pointer(&row->stored, g_free);
    g_clear_pointer(&row->right, g_free);
}

/* Counts a piece that was computed; how many of it are drift. */
static gint64
count(const TuKeyList *list, guint from, guint to, TuOnKeyDrift on_drift, gpointer data,
      TuResult *result)
{
    gint64 n_drifted = 0;
    for (guint i = from; i < to; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        if (row->problem != NULL || !tu_key_row_differs(list, row))
            continue;
        result->cells_pending += row->is_named;
        n_drifted += !row->is_named;
        if (!row->is_named && on_drift != NULL)
            on_drift(list, row, data);
    }
    return n_drifted;
}

/* A key that cannot be computed is a failure of the command, not a difference. */
static void
tell_problems(const TuKeyList *list, guint from, guint to, TuResult *result)
{
    for (guint i = from; i < to; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        if (row->problem == NULL)
            continue;
        g_autofree char *key = tu_key_row_text(list, row);
        g_autofree char *text = g_strdup_printf("%s: %s", key, row->problem);
        tu_result_fail(result, list->keyed->spec->name, NULL, text);
    }
}

/* All keys; what is none is told. */
static gboolean
list_all(TuSnapshot *snapshot, TuKeyList *list, TuResult *result, GError **error)
{
    if (!tu_keyed_list_all(snapshot, list->keyed, list, error))
        return FALSE;
    tu_keyed_tell_refused(list, result);
    return TRUE;
}

/* All of the list, piece by piece, at the snapshot. */
static gboolean
compare_all(TuSnapshot *snapshot, TuKeyList *list, TuOnKeyDrift on_drift, gpointer data,
            TuResult *result, GError **error)
{
    for (guint at = 0; at < list->rows->len; at += COMPARED_AT_ONCE) {
        guint end = MIN(list->rows->len, at + COMPARED_AT_ONCE);
        if (!tu_keyed_compute(snapshot, list, at, end, error))
            return FALSE;
        result->cells_checked += end - at;
        result->cells_drifted += count(list, at, end, on_drift, data, result);
        tell_problems(list, at, end, result);
        for (guint i = at; i < end; i++)
            forget(tu_key_list_at(list, i));
    }
    return TRUE;
}

/* ---- verifying ---- */

/* At one snapshot, however many pieces. */
gboolean
tu_keyed_verify(TuKeeper *keeper, const TuKeyedModel *keyed, TuOnKeyDrift on_drift, gpointer data,
                TuResult *result, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(TuKeyList) list = tu_key_list_new(keeper->db, keyed);
    tu_failing_tell_keyed(keyed, result);
    if (keyed->problem != NULL)
        return TRUE;
    return tu_snapshot_begin(&snapshot, keeper, keyed->group, error) &&
           list_all(&snapshot, list, result, error) && mark_named(&snapshot, list, error) &&
           compare_all(&snapshot, list, on_drift, data, result, error);
}

/* ---- repairing ---- */

/* Which keys a repair is about. */
typedef struct {
    TuKeyWanted wants;
    gpointer data;
} Choice;

/* Chosen before anything is computed: --key saves the query for all others. */
static gboolean
add_keys(TuSnapshot *snapshot, const Choice *choice, TuKeyList *list, TuResult *result,
         GError **error)
{
    g_autoptr(TuKeyList) all = tu_key_list_new(snapshot->keeper->db, list->keyed);
    if (!list_all(snapshot, all, result, error))
        return FALSE;
    for (guint i = 0; i < all->rows->len; i++) {
        const TuValue *key = tu_key_list_at(all, i)->key;
        if (choice->wants == NULL || choice->wants(key, choice->data))
            tu_key_list_add(list, key);
    }
    return TRUE;
}

/* Each turn looks: once `pause` has returned, nothing is written. */
static gboolean
begin(TuSnapshot *snapshot, TuKeeper *keeper, const TuKeyedModel *keyed, GError **error)
{
    if (!tu_snapshot_begin(snapshot, keeper, keyed->group, error))
        return FALSE;
    if (!tu_snapshot_is_name_paused(snapshot, keyed->spec->name))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "summary %s is paused: run `trueup resume` first",
                keyed->spec->name);
    return FALSE;
}

/* Some of the keys, at one snapshot and in one turn. */
static gboolean
repair_some(TuKeeper *keeper, const TuKeyedModel *keyed, const TuKeyList *all, guint from, guint to,
            TuResult *result, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(TuKeyList) list = tu_key_list_new(keeper->db, keyed);
    if (!begin(&snapshot, keeper, keyed, error))
        return FALSE;
    for (guint i = from; i < to; i++)
        tu_key_list_add(list, tu_key_list_at(all, i)->key);
    TuResult counted = {0};
    if (!mark_named(&snapshot, list, error) ||
        !tu_keyed_compute(&snapshot, list, 0, list->rows->len, error))
        return FALSE;
    gint64 n_drifted = count(list, 0, list->rows->len, NULL, NULL, &counted);
    if (!tu_keyed_apply(&snapshot, list, n_drifted, result, error))
        return FALSE;
    result->cells_drifted += n_drifted;
    return TRUE;
}

/* What somebody else's turn threw away is done again. A piece that a row spoils is halved, so
 * that one bad key stops none but itself. */
static gboolean
repair_piece(TuKeeper *keeper, const TuKeyedModel *keyed, const TuKeyList *all, guint from,
             guint to, TuResult *result, GError **error)
{
    gint64 busy_since_us = 0;
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (repair_some(keeper, keyed, all, from, to, result, &local))
            return TRUE;
        if (tu_keeper_may_retry(local, &busy_since_us))
            continue;
        gboolean is_of_a_key =
            tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA);
        if (!is_of_a_key || to - from == 1) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        guint middle = from + (to - from) / 2;
        return repair_piece(keeper, keyed, all, from, middle, result, error) &&
               repair_piece(keeper, keyed, all, middle, to, result, error);
    }
}

/* Between two pieces the lock is given back: changes are settled meanwhile. */
static gboolean
repair_all(TuKeeper *keeper, const TuKeyedModel *keyed, const Choice *choice, TuResult *result,
           GError **error)
{
    g_autoptr(TuKeyList) all = tu_key_list_new(keeper->db, keyed);
    guint most = MIN(keyed->spec->refresh.batch_max, COMPARED_AT_ONCE);
    tu_failing_tell_keyed(keyed, result);
    if (keyed->problem != NULL)
        return TRUE;
    {
        g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
        if (!begin(&snapshot, keeper, keyed, error) ||
            !add_keys(&snapshot, choice, all, result, error))
            return FALSE;
    }
    for (guint at = 0; at < all->rows->len; at += most) {
        guint end = MIN(all->rows->len, at + most);
        if (!repair_piece(keeper, keyed, all, at, end, result, error) ||
            !tu_keeper_between(keeper, G_MININT32, (double)end / all->rows->len, error) ||
            !tu_keeper_yield(keeper, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

/* For --dry-run. */
static gboolean
compare_only(TuKeeper *keeper, const TuKeyedModel *keyed, const Choice *choice, TuResult *result,
             GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(TuKeyList) list = tu_key_list_new(keeper->db, keyed);
    tu_failing_tell_keyed(keyed, result);
    if (keyed->problem != NULL)
        return TRUE;
    return tu_snapshot_begin(&snapshot, keeper, keyed->group, error) &&
           add_keys(&snapshot, choice, list, result, error) && mark_named(&snapshot, list, error) &&
           compare_all(&snapshot, list, NULL, NULL, result, error);
}

/* A run of the log, from its beginning to its end, whatever that is. */
gboolean
tu_keyed_repair(TuKeeper *keeper, const TuKeyedModel *keyed, const char *kind, TuKeyWanted wants,
                gpointer data, gboolean is_dry_run, TuResult *result, GError **error)
{
    const Choice choice = {wants, data};
    const TuResult before = *result;
    g_autoptr(GError) local = NULL;
    gint64 id = 0;
    const TuRunWhat what = {.kind = kind,
                            .summary = keyed->spec->name,
                            .from = G_MININT32,
                            .to = G_MAXINT32,
                            .worker = keeper->worker};
    if (is_dry_run)
        return compare_only(keeper, keyed, &choice, result, error);
    if (!tu_runs_close(keeper->db, keeper->worker, error) ||
        !tu_run_begin(keeper->db, &what, &id, error))
        return FALSE;
    gboolean is_ok = repair_all(keeper, keyed, &choice, result, &local);
    const TuRunCounts counts = {result->rows_read - before.rows_read,
                                result->cells_written - before.cells_written,
                                result->cells_drifted - before.cells_drifted};
    const char *problem =
        local != NULL ? local->message : tu_result_problem(result, keyed->spec->name);
    tu_database_set_cancel(keeper->db, NULL); /* how it ended is noted also when it was stopped */
    gboolean is_noted = tu_run_finish(keeper->db, id, &counts, problem, is_ok ? error : NULL);
    tu_database_set_cancel(keeper->db, keeper->is_cancelled);
    if (!is_ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_ok && is_noted;
}
