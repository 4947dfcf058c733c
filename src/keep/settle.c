#include "keep/settle.h"

#include <string.h>

#include "db/sql.h"
#include "db/stop.h"
#include "keep/apply.h"
#include "keep/fold.h"
#include "keep/guard.h"
#include "keep/recompute.h"
#include "keep/tenants_sync.h"
#include "time/instant.h"

void
tu_result_init(TuResult *result)
{
    *result = (TuResult){0};
}

void
tu_result_restore(TuResult *result, const TuResult *before)
{
    GPtrArray *failures = result->failures;
    *result = *before;
    result->failures = failures;
}

static void
failure_free(gpointer data)
{
    TuFailure *failure = data;
    g_free(failure->summary);
    g_free(failure->tenant);
    g_free(failure->error);
    g_free(failure);
}

void
tu_result_clear(TuResult *result)
{
    g_clear_pointer(&result->failures, g_ptr_array_unref);
}

void
tu_result_fail(TuResult *result, const char *summary, const char *tenant, const char *error)
{
    if (result->failures == NULL)
        result->failures = g_ptr_array_new_with_free_func(failure_free);
    for (guint i = 0; i < result->failures->len; i++) {
        const TuFailure *known = g_ptr_array_index(result->failures, i);
        if (g_strcmp0(known->summary, summary) == 0 && g_strcmp0(known->tenant, tenant) == 0 &&
            g_strcmp0(known->error, error) == 0)
            return;
    }
    TuFailure *failure = g_new0(TuFailure, 1);
    failure->summary = g_strdup(summary);
    failure->tenant = g_strdup(tenant);
    failure->error = g_strdup(error);
    g_ptr_array_add(result->failures, failure);
}

/* ---- what is not folded goes on the pending list ---- */

typedef struct {
    TuChanges *changes;
    const TuSummaryModel *summary;
    GHashTable *noted; /* of TuNamedBucket: places come more than once */
} Noting;

static gboolean
note_place(TuPlace *place, const TuSourceModel *source, gpointer data, GError **error)
{
    Noting *noting = data;
    TuTally *tally = noting->changes->tally;
    TuBucket unit = tu_place_bucket(place, source, noting->summary->unit);
    TuNamedBucket named = {place->tenant_id, unit};
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), place->tenant_id);
    if (g_hash_table_contains(noting->noted, &named))
        return TRUE;
    g_hash_table_add(noting->noted, g_memdup2(&named, sizeof named));
    TuDate date = tu_grain_is_dated(noting->summary->unit)
                      ? (TuDate)unit
                      : tu_bucket_date(place->tenant->zone, noting->summary->unit, unit);
    if (!tu_snapshot_is_unbuilt(tally->snapshot, noting->summary, &tenant, date))
        tu_changes_add_pending(noting->changes, source, noting->summary, &tenant, unit, NULL);
    return TRUE;
}

/* TRUE if all series of the summary over this source fold. */
static gboolean
folds_wholly(const TuSummaryModel *summary, const TuSourceModel *source)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (series->source == source && !series->is_foldable)
            return FALSE;
    }
    return TRUE;
}

/* TRUE if folding went through the source's images, and so counted what counts nowhere. */
static gboolean
folds_something(const TuSourceModel *source)
{
    for (guint i = 0; i < source->series->len; i++)
        if (((const TuSeriesModel *)g_ptr_array_index(source->series, i))->is_foldable)
            return TRUE;
    return FALSE;
}

static gboolean
uses_source(const TuSummaryModel *summary, const TuSourceModel *source)
{
    for (guint i = 0; i < summary->series->len; i++)
        if (((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source == source)
            return TRUE;
    return FALSE;
}

/* Some changes cannot be placed: the summary is compared as a whole. */
static void
ask_for_rebuild(TuChanges *changes, const TuSummaryModel *summary)
{
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_integer(G_MAXINT32)};
    tu_changes_add(changes,
                   "UPDATE trueup_build SET below = ?2 WHERE summary = ?1 AND tenant_key = '' "
                   "AND below = ?2",
                   values, G_N_ELEMENTS(values));
    tu_changes_add_if_none(changes,
                           "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) "
                           "VALUES (?1, '', ?2, 0)",
                           values, G_N_ELEMENTS(values));
}

/* An entry of weight 2 says only that something changed (F19): its source is compared as a whole. */
static gboolean
note_unwritten(TuChanges *changes, const TuBatch *batch, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint s = 0; s < group->summaries->len; s++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
        gboolean is_unclear = FALSE;
        if (!tu_batch_is_unclear(changes->tally->snapshot, summary, batch, &is_unclear, error))
            return FALSE;
        if (is_unclear)
            ask_for_rebuild(changes, summary);
    }
    return TRUE;
}

static gboolean
note_places(TuChanges *changes, const TuBatch *batch, gboolean may_fold, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        TuUncounted *uncounted = &changes->tally->uncounted[source->spec->index];
        gboolean is_counted = may_fold && folds_something(source);
        if (!source->captures)
            continue;
        for (guint s = 0; s < group->summaries->len; s++) {
            const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
            g_autoptr(GHashTable) noted = g_hash_table_new_full(
                tu_named_bucket_hash, tu_named_bucket_equal, g_free, NULL);
            Noting noting = {changes, summary, noted};
            TuEntries entries = !may_fold                        ? TU_ENTRIES_ANY_PLACE
                                : folds_wholly(summary, source) ? TU_ENTRIES_LOOK_AGAIN
                                                                : TU_ENTRIES_ALL;
            if (!uses_source(summary, source))
                continue;
            TuUncounted before = *uncounted;
            if (!tu_places_each(changes->tally, source, batch, entries, note_place, &noting, error))
                return FALSE;
            if (uncounted->is_incomplete)
                ask_for_rebuild(changes, summary);
            if (is_counted)
                *uncounted = before;
            uncounted->is_incomplete = FALSE;
            is_counted = TRUE;
        }
    }
    return TRUE;
}

/* ---- bookkeeping of one batch ---- */

static void
note_uncounted(TuChanges *changes)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        const TuUncounted *delta = &changes->tally->uncounted[source->spec->index];
        TuValue values[] = {tu_value_text(source->spec->name),
                            tu_value_integer(delta->without_tenant),
                            tu_value_integer(delta->without_time),
                            tu_value_integer(delta->of_unknown_tenants)};
        if (delta->without_tenant != 0 || delta->without_time != 0 ||
            delta->of_unknown_tenants != 0)
            tu_changes_add(changes,
                           "UPDATE trueup_source SET "
                           "without_tenant = CASE WHEN without_tenant + ?2 > 0 "
                           "THEN without_tenant + ?2 ELSE 0 END, "
                           "without_time = CASE WHEN without_time + ?3 > 0 "
                           "THEN without_time + ?3 ELSE 0 END, "
                           "of_unknown_tenants = CASE WHEN of_unknown_tenants + ?4 > 0 "
                           "THEN of_unknown_tenants + ?4 ELSE 0 END WHERE name = ?1",
                           values, G_N_ELEMENTS(values));
    }
}

/* Cells that folding changed. */
static gint64
count_written(const TuChanges *changes)
{
    gint64 n = 0;
    for (guint target = 0; target < changes->tally->snapshot->group->n_targets; target++) {
        const TuCellTable *table = tu_cells_table(changes->tally->cells, target);
        for (guint32 i = 0; i < tu_cell_table_size(table); i++)
            n += tu_cell_table_cell(table, i)->mark != TU_MARK_LEAVE;
    }
    return n;
}

/* Where ids do not come in the order of commits and the entries are deleted in another transaction,
 * the list says which ones this snapshot saw: a lower id may still be on its way (F7). */
static gboolean
add_settled(TuChanges *changes, const TuBatch *batch, GError **error)
{
    TuSnapshot *snapshot = changes->tally->snapshot;
    const GPtrArray *captured = snapshot->group->captured;
    const TuDialect *dialect = tu_database_dialect(snapshot->keeper->db);
    gboolean needs_ids = !dialect->entries_come_in_order && !dialect->applies_at_snapshot;
    for (guint i = 0; i < captured->len; i++) {
        TuSettledLog log = {g_ptr_array_index(captured, i), batch->up_to[i], NULL};
        if (log.up_to == 0)
            continue;
        if (needs_ids)
            log.ids = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_array_append_val(changes->settled, log);
        if (needs_ids && !tu_batch_ids(snapshot, log.captured, log.up_to, log.ids, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the steps ---- */

/* Deltas and places of one batch; `may_fold` FALSE: every entry only names a bucket. */
static gboolean
settle_batch(TuSnapshot *snapshot, const TuBatch *batch, gboolean may_fold, TuResult *result,
             GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    gint64 n_images = 0;
    if (may_fold && !tu_fold_batch(changes, batch, &n_images, error))
        return FALSE;
    if (!note_places(changes, batch, may_fold, error) ||
        !note_unwritten(changes, batch, error) || !add_settled(changes, batch, error) ||
        !tu_stop("cells.computed", error))
        return FALSE;
    note_uncounted(changes);
    tu_changes_note_hour(changes, n_images, count_written(changes));
    if (!tu_apply(snapshot, changes, error))
        return FALSE;
    result->changes += n_images;
    result->rows_read += n_images;
    result->cells_written += changes->n_written;
    return TRUE;
}

/* An image that an expression cannot be evaluated for is not folded but recomputed: the failure is
 * then its bucket's, not everybody's. */
static gboolean
settle_taken(TuSnapshot *snapshot, const TuBatch *batch, TuResult *result, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!tu_stop("entries.taken", error) || !tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (settle_batch(snapshot, batch, TRUE, result, &local))
        return TRUE;
    if (tu_error_is(local, TU_ERROR_DATABASE) && snapshot->txn.db != NULL)
        return tu_transaction_back(&snapshot->txn, error) && settle_batch(snapshot, batch, FALSE, result, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* The logs as they are at the first snapshot. */
static gboolean
find_goal(TuSnapshot *snapshot, TuGoal *goal, GError **error)
{
    TuBatch all = {0};
    if (goal->entries != NULL)
        return TRUE;
    if (!tu_batch_take(snapshot, G_MAXINT32, &all, error))
        return FALSE;
    goal->entries = all.up_to;
    return TRUE;
}

/* TRUE if some entry that the goal has is still there. */
static gboolean
goal_is_ahead(TuSnapshot *snapshot, const TuGoal *goal, gboolean *ret_is_ahead, GError **error)
{
    const GPtrArray *captured = snapshot->group->captured;
    *ret_is_ahead = FALSE;
    for (guint i = 0; i < captured->len && !*ret_is_ahead; i++) {
        const TuCaptured *table = g_ptr_array_index(captured, i);
        char text[TU_ENTRY_TEXT_BYTES];
        TuValue up_to = tu_database_entry_value(snapshot->keeper->db, goal->entries[i], text);
        gint64 one = 0;
        g_autofree char *sql =
            tu_sql_format("SELECT 1 FROM %Q WHERE %s <= ?1 LIMIT 1", table->log,
                          tu_database_dialect(snapshot->keeper->db)->entry_id);
        if (goal->entries[i] > 0 && !tu_database_integer(snapshot->keeper->db, sql, &up_to, 1,
                                                      ret_is_ahead, &one, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
settle_entries(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_empty,
               GError **error)
{
    TuBatch batch = {0};
    gboolean is_ahead = FALSE;
    if (!find_goal(snapshot, goal, error) || !goal_is_ahead(snapshot, goal, &is_ahead, error))
        return FALSE;
    *ret_is_empty = !is_ahead;
    if (!is_ahead)
        return TRUE;
    if (!tu_batch_take(snapshot, snapshot->keeper->batch_most, &batch, error))
        return FALSE;
    g_autoptr(GError) local = NULL;
    gboolean is_settled = goal->no_fold ? settle_batch(snapshot, &batch, FALSE, result, &local)
                                        : settle_taken(snapshot, &batch, result, &local);
    g_free(batch.up_to);
    /* What a table cannot hold is its bucket's failure: the next turn puts them on the list. */
    gboolean is_of_a_cell =
        tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA);
    if (!is_settled && is_of_a_cell && snapshot->txn.db == NULL && !goal->no_fold) {
        goal->no_fold = TRUE;
        return TRUE;
    }
    goal->no_fold = FALSE;
    if (!is_settled)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_settled;
}

void
tu_goal_clear(TuGoal *goal)
{
    g_clear_pointer(&goal->entries, g_free);
    g_clear_pointer(&goal->why, g_free);
}

static gboolean
check_guard(TuSnapshot *snapshot, TuResult *result, gboolean *ret_applied, GError **error)
{
    g_autoptr(GArray) states = NULL;
    gboolean has_changed = FALSE;
    *ret_applied = FALSE;
    if (!tu_guard_check(snapshot, &states, &has_changed, error))
        return FALSE;
    for (guint i = 0; i < states->len; i++) {
        const TuGuardState *state = &g_array_index(states, TuGuardState, i);
        if (state->problem == NULL || state->is_released)
            continue;
        g_autofree char *text = g_strdup_printf(
            "table %s is unguarded: %s: changes since then are not seen; run `trueup apply`",
            state->captured->name, state->problem);
        tu_result_fail(result, NULL, NULL, text);
    }
    if (!has_changed)
        return TRUE;
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    tu_guard_note(snapshot, states, changes);
    *ret_applied = TRUE;
    return tu_apply(snapshot, changes, error);
}

gboolean
tu_settle_step(TuKeeper *keeper, TuGroup *group, TuGoal *goal, TuResult *result,
               gboolean *ret_is_done, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    gboolean applied = FALSE;
    gboolean is_empty = TRUE;
    *ret_is_done = FALSE;
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        !check_guard(&snapshot, result, &applied, error))
        return FALSE;
    if (applied)
        return TRUE;
    if (!tu_tenants_sync(&snapshot, result, &applied, error))
        return FALSE;
    if (applied)
        return TRUE;
    if (!settle_entries(&snapshot, goal, result, &is_empty, error))
        return FALSE;
    return !is_empty || tu_recompute_pending(&snapshot, goal, result, ret_is_done, error);
}

gboolean
tu_settle_group(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    g_auto(TuGoal) goal = {0};
    gint64 busy_since_us = 0;
    for (gboolean is_done = FALSE; !is_done;) {
        g_autoptr(GError) local = NULL;
        if (tu_settle_step(keeper, group, &goal, result, &is_done, &local)) {
            busy_since_us = 0;
            continue;
        }
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return TRUE;
}
