/*
 * The turns of keyed summaries: the keys that a batch of entries names; all keys, where it is not
 * known which; the oldest of those that are invalid.
 */
#include "keep/keyed/settle.h"

#include "db/sql.h"
#include "db/stop.h"
#include "keep/compare/apply.h"
#include "keep/rows.h"

/* Keys computed in one turn: as many as take about this long, since a snapshot holds up whoever
 * would alter a table. */
#define TURN_US (G_USEC_PER_SEC / 2)

void
tu_keyed_goal_clear(TuKeyedGoal *goal)
{
    g_clear_pointer(&goal->why, g_free);
    g_clear_pointer(&goal->bad, g_free);
}

static TuKeyedChange *
add_change(TuChanges *changes, const TuKeyedModel *keyed)
{
    TuKeyedChange *change = g_new0(TuKeyedChange, 1);
    change->keyed = keyed;
    g_ptr_array_add(changes->keyed, change);
    return change;
}

/* ---- what a batch names ---- */

static gboolean
has_entries(const TuKeyedModel *keyed, const TuBatch *batch)
{
    for (guint i = 0; i < keyed->tables->len; i++)
        if (batch->up_to[tu_captured_position(g_ptr_array_index(keyed->tables, i))] > 0)
            return TRUE;
    return FALSE;
}

gboolean
tu_keyed_note(TuChanges *changes, const TuBatch *batch, GError **error)
{
    TuSnapshot *snapshot = changes->tally->snapshot;
    const TuGroup *group = snapshot->group;
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (!has_entries(keyed, batch))
            continue;
        TuKeyedChange *change = add_change(changes, keyed);
        /* Its queries cannot be asked whose keys these are, so they may be anybody's. */
        change->must_list = keyed->problem != NULL;
        if (keyed->problem != NULL)
            continue;
        change->named = tu_key_list_new(snapshot->keeper->db, keyed);
        if (!tu_keyed_find_named(snapshot, keyed, batch->after, batch->up_to, change->named,
                                 &change->must_list, error))
            return FALSE;
    }
    return TRUE;
}

void
tu_keyed_tell_refused(const TuKeyList *list, TuResult *result)
{
    for (guint i = 0; i < list->refused->len; i++)
        tu_result_fail(result, list->keyed->spec->name, NULL, g_ptr_array_index(list->refused, i));
}

void
tu_keyed_tell_named(const TuChanges *changes, TuResult *result)
{
    for (guint i = 0; i < changes->keyed->len; i++) {
        const TuKeyedChange *change = g_ptr_array_index(changes->keyed, i);
        if (change->named != NULL)
            tu_keyed_tell_refused(change->named, result);
    }
}

/* ---- all keys ---- */

gboolean
tu_keyed_list_all(TuSnapshot *snapshot, const TuKeyedModel *keyed, TuKeyList *list, GError **error)
{
    const char *const tables[] = {keyed->table, keyed->state};
    g_autofree char *keys = tu_keyed_select_keys(keyed, tu_database_dialect(list->db));
    if (!tu_key_list_read(list, keys, NULL, 0, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autoptr(GString) sql = g_string_new("SELECT ");
        tu_keyed_append_key(sql, keyed, NULL);
        tu_sql_append(sql, " FROM %Q", tables[i]);
        if (!tu_key_list_read(list, sql->str, NULL, 0, error))
            return FALSE;
    }
    return tu_keeper_may_go_on(snapshot->keeper, error);
}

/* Its `keys` cannot be read: it is said, and tried again by the next settling. */
static gboolean
fail_listing(TuSnapshot *snapshot, const TuKeyedModel *keyed, GError *why, TuResult *result,
             GError **error)
{
    if (!tu_error_is(why, TU_ERROR_DATABASE) && !tu_error_is(why, TU_ERROR_DATA)) {
        g_propagate_error(error, why);
        return FALSE;
    }
    g_autoptr(GError) owned = why;
    g_autofree char *text = g_strdup_printf("its `keys` cannot be read: %s", owned->message);
    tu_result_fail(result, keyed->spec->name, NULL, text);
    return tu_transaction_back(&snapshot->txn, error);
}

/* *ret_did FALSE: it could not be done. */
static gboolean
list_all(TuSnapshot *snapshot, const TuKeyedModel *keyed, gint64 since_us, TuResult *result,
         gboolean *ret_did, GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    TuKeyedChange *change = add_change(changes, keyed);
    g_autoptr(GError) local = NULL;
    change->named = tu_key_list_new(snapshot->keeper->db, keyed);
    change->is_listed = TRUE;
    *ret_did = FALSE;
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (!tu_keyed_list_all(snapshot, keyed, change->named, &local))
        return fail_listing(snapshot, keyed, g_steal_pointer(&local), result, error);
    for (guint i = 0; i < change->named->rows->len; i++)
        tu_key_list_at(change->named, i)->since_us = since_us;
    *ret_did = TRUE;
    if (!tu_stop("cells.computed", error) || !tu_apply(snapshot, changes, error))
        return FALSE;
    tu_keyed_tell_named(changes, result);
    return TRUE;
}

/* ---- the oldest ---- */

static gboolean
take_due(const TuValue *values, gpointer data, GError **error)
{
    TuKeyList *list = data;
    TuKeyRow *row = tu_key_list_add(list, values);
    if (row == NULL)
        return TRUE;
    row->attempts = values[tu_keyed_key_columns(list->keyed)].integer;
    row->is_due = TRUE;
    return TRUE;
}

static gboolean
list_due(TuSnapshot *snapshot, TuKeyList *list, guint most, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    TuValue values[] = {tu_keeper_now(), tu_value_integer(most), tu_keeper_latest_attempt()};
    tu_keyed_append_key(sql, list->keyed, NULL);
    tu_sql_append(sql,
                  ", trueup_attempts FROM %Q WHERE trueup_invalid_since IS NOT NULL AND "
                  "(trueup_next_attempt_at IS NULL OR trueup_next_attempt_at <= ?1 "
                  "OR trueup_next_attempt_at > ?3) ORDER BY trueup_invalid_since, ",
                  list->keyed->state);
    tu_keyed_append_key(sql, list->keyed, NULL);
    g_string_append(sql, " LIMIT ?2");
    return tu_rows_each(snapshot->keeper->db, sql->str, values, G_N_ELEMENTS(values), FALSE,
                        take_due, list, error);
}

static void
tell_failures(const TuKeyList *list, TuResult *result)
{
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        if (row->problem == NULL)
            continue;
        g_autofree char *key = tu_key_row_text(list, row);
        g_autofree char *text = g_strdup_printf("%s: %s", key, row->problem);
        tu_result_fail(result, list->keyed->spec->name, NULL, text);
    }
}

/* A summary that begins to fail is a row of the run log, with its first key; what fails from then
 * on stands in trueup_parked. What verify and repair find is in their own runs. */
static gboolean
note_run(TuChanges *changes, const TuKeyList *list, GError **error)
{
    gboolean is_failing = FALSE;
    gint64 one = 0;
    const TuKeyRow *first = NULL;
    for (guint i = 0; i < list->rows->len && first == NULL; i++)
        if (tu_key_list_at(list, i)->problem != NULL && tu_key_list_at(list, i)->is_due)
            first = tu_key_list_at(list, i);
    if (first == NULL)
        return TRUE;
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q WHERE trueup_error IS NOT NULL LIMIT 1",
                                         list->keyed->state);
    if (!tu_database_integer(list->db, sql, NULL, 0, &is_failing, &one, error))
        return FALSE;
    g_autofree char *key = tu_key_row_text(list, first);
    g_autofree char *text = g_strdup_printf("%s: %s", key, first->problem);
    if (!is_failing)
        tu_changes_add_failed_run(changes, list->keyed->spec->name, NULL, text);
    return TRUE;
}

gboolean
tu_keyed_apply(TuSnapshot *snapshot, TuKeyList *list, gint64 n_drifted, TuResult *result,
               GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    TuKeyedChange *change = add_change(changes, list->keyed);
    gint64 n_differ = 0;
    guint n = list->rows->len;
    change->computed = list;
    for (guint i = 0; i < n; i++)
        n_differ += tu_key_list_at(list, i)->problem == NULL &&
                    tu_key_row_differs(list, tu_key_list_at(list, i));
    TuValue values[] = {tu_value_text(list->keyed->spec->name), tu_value_integer(n_drifted)};
    if (n_drifted > 0)
        tu_changes_add(changes, "UPDATE trueup_summary SET drift = drift + ?2 WHERE name = ?1",
                       values, G_N_ELEMENTS(values));
    tu_changes_note_hour(changes, n, n_differ);
    gboolean is_ok = note_run(changes, list, error) && tu_stop("cells.computed", error) &&
                     tu_apply(snapshot, changes, error);
    change->computed = NULL; /* the caller's */
    if (!is_ok)
        return FALSE;
    tell_failures(list, result);
    result->rows_read += n;
    result->cells_checked += n;
    result->cells_written += changes->n_written;
    return TRUE;
}

/* The next batch is as large as what takes one turn's time, within the spec's bounds. */
static void
note_pace(TuKeyedGoal *goal, const TuRefresh *refresh, guint n, gint64 took_us)
{
    if (took_us > 2 * TURN_US)
        goal->batch = n / 2;
    else if (n >= goal->batch)
        goal->batch = goal->batch * 2;
    goal->batch = CLAMP(goal->batch, refresh->batch_min, refresh->batch_max);
}

static char *
first_name(const TuKeyList *list)
{
    g_autofree char *key = tu_key_row_text(list, tu_key_list_at(list, 0));
    return g_strconcat(list->keyed->spec->name, " ", key, NULL);
}

/* What the table does not take is found when the snapshot is gone: then each key has its own turn,
 * and one that alone cannot be written is parked by its next turn. */
static gboolean
note_unwritable(TuKeyedGoal *goal, const TuKeyList *due, GError *why, GError **error)
{
    guint n = due->rows->len;
    if (!tu_error_is(why, TU_ERROR_DATABASE) && !tu_error_is(why, TU_ERROR_DATA)) {
        g_propagate_error(error, why);
        return FALSE;
    }
    if (n == 1) {
        tu_keyed_goal_clear(goal);
        goal->why = g_strdup(why->message);
        goal->bad = first_name(due);
    }
    goal->n_alone = MAX(goal->n_alone, n);
    g_error_free(why);
    return TRUE;
}

static gboolean
compute_due(TuSnapshot *snapshot, TuKeyList *due, TuKeyedGoal *goal, TuResult *result,
            GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(GError) local = NULL;
    guint n = due->rows->len;
    g_autofree char *first = first_name(due);
    /* Meanwhile another one may have become the oldest. */
    gboolean is_parking = goal->why != NULL && g_str_equal(first, goal->bad);
    if (is_parking) {
        tu_key_list_at(due, 0)->problem = g_steal_pointer(&goal->why);
    } else if (!tu_keyed_compute(snapshot, due, 0, n, error)) {
        return FALSE;
    }
    if (!tu_keyed_apply(snapshot, due, 0, result, &local)) {
        if (!is_parking)
            return note_unwritable(goal, due, g_steal_pointer(&local), error);
        /* Where not even that can be written nothing else helps: else it is tried for ever. */
        g_propagate_prefixed_error(
            error, g_steal_pointer(&local),
            "summary %s: a key that failed cannot be set aside: ", due->keyed->spec->name);
        return FALSE;
    }
    goal->n_alone -= MIN(goal->n_alone, n);
    note_pace(goal, &due->keyed->spec->refresh, n, g_get_monotonic_time() - began_us);
    return TRUE;
}

/* ---- a step ---- */

/* Since when all keys are to be listed. */
typedef struct {
    gboolean is_asked;
    gint64 since_us;
} Asked;

static gboolean
take_asked(const TuValue *row, gpointer data, GError **error)
{
    Asked *asked = data;
    asked->is_asked = TRUE;
    if (!tu_value_read_instant(&row[0], &asked->since_us))
        asked->since_us = tu_keeper_now().integer;
    return TRUE;
}

static gboolean
read_listing(TuSnapshot *snapshot, const TuKeyedModel *keyed, Asked *ret_asked, GError **error)
{
    TuValue name = tu_value_text(keyed->spec->name);
    *ret_asked = (Asked){0};
    return tu_rows_each(snapshot->keeper->db,
                        "SELECT listing_since FROM trueup_keyed WHERE name = ?1 "
                        "AND listing_since IS NOT NULL",
                        &name, 1, FALSE, take_asked, ret_asked, error);
}

static gboolean
step_one(TuSnapshot *snapshot, const TuKeyedModel *keyed, TuKeyedGoal *goal, TuResult *result,
         gboolean *ret_did, GError **error)
{
    g_autoptr(TuKeyList) due = tu_key_list_new(snapshot->keeper->db, keyed);
    const TuRefresh *refresh = &keyed->spec->refresh;
    Asked asked = {0};
    *ret_did = FALSE;
    if (!read_listing(snapshot, keyed, &asked, error) ||
        (asked.is_asked && !list_all(snapshot, keyed, asked.since_us, result, ret_did, error)))
        return FALSE;
    if (*ret_did)
        return TRUE;
    goal->batch = CLAMP(goal->batch, refresh->batch_min, refresh->batch_max);
    if (!list_due(snapshot, due, goal->n_alone > 0 ? 1 : goal->batch, error))
        return FALSE;
    *ret_did = due->rows->len > 0;
    return !*ret_did || compute_due(snapshot, due, goal, result, error);
}

/* ---- whose turn it is ---- */

/* A summary of the group, and since when something of it is due; G_MAXINT64: nothing is. */
typedef struct {
    guint place;
    gint64 since_us;
} Waiting;

static gboolean
take_since(const TuValue *row, gpointer data, GError **error)
{
    Waiting *waiting = data;
    gint64 since_us = 0;
    if (tu_value_read_instant(&row[0], &since_us))
        waiting->since_us = MIN(waiting->since_us, since_us);
    return TRUE;
}

static gboolean
read_waiting(TuSnapshot *snapshot, guint place, Waiting *ret_waiting, GError **error)
{
    const TuKeyedModel *keyed = g_ptr_array_index(snapshot->group->keyed, place);
    TuValue values[] = {tu_keeper_now(), tu_keeper_latest_attempt()};
    Asked asked = {0};
    *ret_waiting = (Waiting){place, G_MAXINT64};
    g_autofree char *sql = tu_sql_format(
        "SELECT trueup_invalid_since FROM %Q WHERE trueup_invalid_since IS NOT NULL AND "
        "(trueup_next_attempt_at IS NULL OR trueup_next_attempt_at <= ?1 "
        "OR trueup_next_attempt_at > ?2) ORDER BY trueup_invalid_since LIMIT 1",
        keyed->state);
    if (!tu_rows_each(snapshot->keeper->db, sql, values, G_N_ELEMENTS(values), FALSE, take_since,
                      ret_waiting, error) ||
        !read_listing(snapshot, keyed, &asked, error))
        return FALSE;
    if (asked.is_asked)
        ret_waiting->since_us = MIN(ret_waiting->since_us, asked.since_us);
    return TRUE;
}

static int
by_age(gconstpointer a, gconstpointer b)
{
    const Waiting *left = a;
    const Waiting *right = b;
    if (left->since_us != right->since_us)
        return left->since_us < right->since_us ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

/* The oldest first, whichever summary it is of: else the first one's keys, if they come as fast as
 * they are computed, would be all that is. What is about to be parked stays at its turn. */
static gboolean
read_order(TuSnapshot *snapshot, const TuKeyedGoal *goal, GArray *order, GError **error)
{
    const GPtrArray *keyed = snapshot->group->keyed;
    for (guint i = 0; i < keyed->len; i++) {
        const TuKeyedModel *one = g_ptr_array_index(keyed, i);
        Waiting waiting = {i, 0};
        if (one->problem != NULL || tu_snapshot_is_name_paused(snapshot, one->spec->name))
            continue;
        if (keyed->len > 1 && !read_waiting(snapshot, i, &waiting, error))
            return FALSE;
        if (i == goal->at && (goal->why != NULL || goal->n_alone > 0))
            waiting.since_us = G_MININT64;
        g_array_append_val(order, waiting);
    }
    g_array_sort(order, by_age);
    return TRUE;
}

/* What one visit has found out holds for the next: with a turn of one key to begin with, a few
 * dozen keys would be as many turns as they have binary digits, each with its commit. */
static guint
pace_of(const TuKeeper *keeper, const TuKeyedModel *keyed)
{
    return keeper->key_paces != NULL
               ? GPOINTER_TO_UINT(g_hash_table_lookup(keeper->key_paces, keyed))
               : 0;
}

static void
keep_pace(TuKeeper *keeper, const TuKeyedModel *keyed, guint batch)
{
    if (keeper->key_paces == NULL)
        keeper->key_paces = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(keeper->key_paces, (gpointer)(gsize)keyed, GUINT_TO_POINTER(batch));
}

gboolean
tu_keyed_step(TuSnapshot *snapshot, TuKeyedGoal *goal, TuResult *result, gboolean *ret_is_done,
              GError **error)
{
    const GPtrArray *keyed = snapshot->group->keyed;
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(Waiting));
    gboolean did = FALSE;
    if (!read_order(snapshot, goal, order, error))
        return FALSE;
    for (guint i = 0; i < order->len && !did; i++) {
        goal->at = g_array_index(order, Waiting, i).place;
        const TuKeyedModel *one = g_ptr_array_index(keyed, goal->at);
        goal->batch = pace_of(snapshot->keeper, one);
        gboolean is_ok = step_one(snapshot, one, goal, result, &did, error);
        /* A turn that was lost took too long for those who write beside it. */
        keep_pace(snapshot->keeper, one, is_ok ? goal->batch : goal->batch / 2);
        if (!is_ok)
            return FALSE;
    }
    *ret_is_done = !did;
    return TRUE;
}
