#include "keep/settle/settle.h"

#include <string.h>

#include "db/stop.h"
#include "keep/compare/apply.h"
#include "keep/settle/at_once.h"
#include "keep/settle/fold.h"
#include "keep/install/guard.h"
#include "keep/keyed/settle.h"
#include "keep/known.h"
#include "keep/old/late.h"
#include "keep/settle/recompute.h"
#include "keep/tenants/tenants_sync.h"
#include "keep/build/unfit.h"
#include "time/instant.h"

/* ---- what is not folded goes on the pending list ---- */

typedef struct {
    TuChanges *changes;
    const TuSummaryModel *summary;
    TuUnits *units; /* places come more than once */
} Noting;

static gboolean
note_place(TuPlace *place, const TuSourceModel *source, gpointer data, GError **error)
{
    Noting *noting = data;
    TuTally *tally = noting->changes->tally;
    TuBucket unit = tu_place_bucket(place, source, noting->summary->unit);
    TuUnit named = {source, noting->summary, place->tenant_id, unit};
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), place->tenant_id);
    gboolean is_dropped = tu_late_note(tally, noting->summary, source, place);
    if (is_dropped || g_hash_table_contains(noting->units->known, &named))
        return TRUE;
    TuDate date = tu_grain_is_dated(noting->summary->unit)
                      ? (TuDate)unit
                      : tu_bucket_date(place->tenant->zone, noting->summary->unit, unit);
    if (!tu_snapshot_is_unbuilt(tally->snapshot, noting->summary, &tenant, date))
        tu_units_add(noting->units, &named);
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
folds_something(const TuSnapshot *snapshot, const TuSourceModel *source)
{
    for (guint i = 0; i < source->series->len; i++)
        if (tu_snapshot_folds(snapshot, g_ptr_array_index(source->series, i)))
            return TRUE;
    return FALSE;
}

/* TRUE if some series of the summary over this source does. */
static gboolean
folds_something_of(const TuSummaryModel *summary, const TuSourceModel *source)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (series->source == source && series->is_foldable)
            return TRUE;
    }
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

/* Some changes cannot be placed: the summary is compared as a whole. It is a row of its own: one
 * that somebody asked for may be taken back (work/jobs.h). One that waits already is asked for
 * anew: somebody may be reading for it, aside, who has not seen these changes (aside.h). One
 * that replaces, and has not begun, will see them. */
static void
ask_for_rebuild(TuChanges *changes, const TuSummaryModel *summary)
{
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_integer(G_MAXINT32)};
    if (tu_unfit_ask_again(changes, summary))
        return;
    tu_changes_add(changes,
                   "DELETE FROM trueup_build WHERE summary = ?1 AND tenant_key = '' "
                   "AND below = ?2 AND run_id IS NULL AND is_dropping = 0",
                   values, G_N_ELEMENTS(values));
    tu_changes_add(changes,
                   "UPDATE trueup_build SET below = ?2 WHERE summary = ?1 AND tenant_key = '' "
                   "AND below = ?2 AND run_id IS NULL",
                   values, G_N_ELEMENTS(values));
    tu_changes_add_if_none(changes,
                           "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) "
                           "VALUES (?1, '', ?2, 0)",
                           values, G_N_ELEMENTS(values));
}

/* An entry of weight 2 says only that something changed (F19): its source is compared as a
 * whole. */
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

/* How the entries of a batch become something else. */
typedef enum {
    AT_ONCE,    /* folded; other buckets that they name are recomputed in the same turn, if few */
    BY_LIST,    /* folded; other buckets that they name go on the pending list */
    NAMES_ONLY, /* every entry only names a bucket */
} Manner;

/* What the batch names: `look_again` of series that fold, `units` of the others. */
typedef struct {
    TuUnits units, look_again;
} Places;

static void
places_clear(Places *places)
{
    tu_units_clear(&places->units);
    tu_units_clear(&places->look_again);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Places, places_clear)

static gboolean
each_place(const Noting *noting, const TuSourceModel *source, const TuBatch *batch,
           TuEntries entries, GError **error)
{
    TuUncounted *uncounted = &noting->changes->tally->uncounted[source->spec->index];
    if (!tu_places_each(noting->changes->tally, source, batch, entries, note_place,
                        (gpointer)(gsize)noting, error))
        return FALSE;
    if (uncounted->is_incomplete)
        ask_for_rebuild(noting->changes, noting->summary);
    return TRUE;
}

/* Of one source and summary. Where some series fold and others do not, an entry of weight 0 names a
 * bucket of either kind. */
static gboolean
find_places(TuChanges *changes, const TuSourceModel *source, const TuSummaryModel *summary,
            const TuBatch *batch, Manner manner, Places *places, GError **error)
{
    Noting noting = {changes, summary, &places->look_again};
    if (manner == NAMES_ONLY)
        return each_place(&noting, source, batch, TU_ENTRIES_ANY_PLACE, error);
    /* What a pause holds waits on the list, whatever kind it is of. */
    if (tu_snapshot_is_paused(changes->tally->snapshot, summary))
        return each_place(&noting, source, batch, TU_ENTRIES_ALL, error);
    if (folds_something_of(summary, source) &&
        !each_place(&noting, source, batch, TU_ENTRIES_LOOK_AGAIN, error))
        return FALSE;
    noting.units = &places->units;
    return folds_wholly(summary, source) ||
           each_place(&noting, source, batch, TU_ENTRIES_ALL, error);
}

static gboolean
note_places(TuChanges *changes, const TuBatch *batch, Manner manner, Places *places, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        TuUncounted *uncounted = &changes->tally->uncounted[source->spec->index];
        gboolean is_counted =
            manner != NAMES_ONLY && folds_something(changes->tally->snapshot, source);
        if (!source->captures)
            continue;
        for (guint s = 0; s < group->summaries->len; s++) {
            const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
            if (!uses_source(summary, source))
                continue;
            TuUncounted before = *uncounted;
            if (!find_places(changes, source, summary, batch, manner, places, error))
                return FALSE;
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
        TuValue values[] = {
            tu_value_text(source->spec->name), tu_value_integer(delta->without_tenant),
            tu_value_integer(delta->without_time), tu_value_integer(delta->of_unknown_tenants)};
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

/* Cells and rows that will change. */
static gint64
count_written(const TuChanges *changes)
{
    gint64 n = changes->deletes->len;
    for (guint target = 0; target < changes->tally->snapshot->group->n_targets; target++) {
        const TuCellTable *table = tu_cells_table(changes->tally->cells, target);
        for (guint32 i = 0; i < tu_cell_table_size(table); i++) {
            guint mark = tu_cell_table_cell(table, i)->mark;
            n += mark != TU_MARK_LEAVE && mark != TU_MARK_SAME;
        }
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
        TuSettledLog log = {g_ptr_array_index(captured, i), tu_batch_after(batch, i),
                            batch->up_to[i], NULL};
        if (log.up_to == 0)
            continue;
        if (needs_ids)
            log.ids = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_array_append_val(changes->settled, log);
        if (needs_ids &&
            !tu_batch_ids(snapshot, log.captured, log.after, log.up_to, log.ids, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the steps ---- */

/* Places come first: what is counted at once is compared before anything is folded beside it.
 * *ret_is_done FALSE: it cannot be done at once. */
static gboolean
compute_batch(TuChanges *changes, const TuBatch *batch, Manner manner, gint64 *ret_images,
              gboolean *ret_is_done, GError **error)
{
    g_auto(Places) places = {{NULL, NULL}, {NULL, NULL}};
    tu_units_init(&places.units);
    tu_units_init(&places.look_again);
    *ret_is_done = TRUE;
    if (!note_places(changes, batch, manner, &places, error))
        return FALSE;
    tu_units_to_list(changes, &places.look_again);
    if (manner != AT_ONCE || !tu_units_are_few(&places.units))
        tu_units_to_list(changes, &places.units);
    else if (!tu_at_once(changes, &places.units, ret_is_done, error))
        return FALSE;
    return !*ret_is_done || manner == NAMES_ONLY ||
           tu_fold_batch(changes, batch, ret_images, error);
}

/* One turn for one batch. *ret_is_done FALSE: nothing was written, since it cannot be in that
 * manner. */
static gboolean
settle_batch(TuSnapshot *snapshot, const TuBatch *batch, Manner manner, TuGoal *goal,
             TuResult *result, gboolean *ret_is_done, GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    gint64 n_images = 0;
    if (!compute_batch(changes, batch, manner, &n_images, ret_is_done, error))
        return FALSE;
    if (!*ret_is_done)
        return TRUE;
    if (!note_unwritten(changes, batch, error) || !tu_keyed_note(changes, batch, error) ||
        !add_settled(changes, batch, error) || !tu_stop("cells.computed", error))
        return FALSE;
    note_uncounted(changes);
    tu_tenants_give_notice(changes, batch);
    tu_late_write(changes);
    tu_changes_note_hour(changes, changes->tally->rows_read, count_written(changes));
    goal->may_have_pending = goal->may_have_pending || g_hash_table_size(changes->pending) > 0;
    if (!tu_apply(snapshot, changes, error))
        return FALSE;
    tu_keyed_tell_named(changes, result);
    if (changes->tally->unplaced != NULL)
        tu_result_fail_source(result, changes->tally->unplaced_source, changes->tally->unplaced);
    result->changes += n_images;
    result->rows_read += changes->tally->rows_read;
    result->cells_checked += changes->n_checked;
    result->cells_written += changes->n_written;
    return TRUE;
}

/* TRUE if another manner may get over the error: an image that an expression cannot be evaluated
 * for is its bucket's failure, not everybody's, and what is too much at once is not by the list. */
static gboolean
may_try_next(const TuSnapshot *snapshot, Manner manner, const GError *error)
{
    gboolean is_of_a_row =
        tu_error_is(error, TU_ERROR_DATABASE) || tu_error_is(error, TU_ERROR_DATA);
    return manner != NAMES_ONLY && snapshot->txn.db != NULL &&
           (is_of_a_row || (manner == AT_ONCE && tu_error_is(error, TU_ERROR_LIMIT)));
}

/* Under a backlog a bucket that many batches name is read again once, when all are through. The
 * same if reading what the last changes named took long: then it would hold up others, and make
 * batches smaller for no fault of theirs. */
static Manner
first_manner(const TuSnapshot *snapshot, const TuBatch *batch, const TuGoal *goal)
{
    gboolean reaches_all = !goal->has_taken;
    for (guint i = 0; i < snapshot->group->captured->len; i++)
        reaches_all = reaches_all && batch->up_to[i] >= goal->entries[i];
    return reaches_all && !tu_known_is_slow(snapshot->keeper, snapshot->group) ? AT_ONCE : BY_LIST;
}

static gboolean
settle_taken(TuSnapshot *snapshot, const TuBatch *batch, TuGoal *goal, TuResult *result,
             GError **error)
{
    if (!tu_stop("entries.taken", error) || !tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    for (Manner manner = first_manner(snapshot, batch, goal);; manner++) {
        g_autoptr(GError) local = NULL;
        gint64 began_us = g_get_monotonic_time();
        gboolean is_done = FALSE;
        if (settle_batch(snapshot, batch, manner, goal, result, &is_done, &local) && is_done) {
            if (manner == AT_ONCE)
                tu_known_note_pace(snapshot->keeper, snapshot->group,
                                   g_get_monotonic_time() - began_us);
            return TRUE;
        }
        if (local != NULL && !may_try_next(snapshot, manner, local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_transaction_back(&snapshot->txn, error))
            return FALSE;
    }
}

/* The logs as they are at the first snapshot. */
static gboolean
find_goal(TuSnapshot *snapshot, TuGoal *goal, GError **error)
{
    if (goal->entries != NULL)
        return TRUE;
    if (!tu_batch_ends(snapshot, &goal->entries, error))
        return FALSE;
    goal->settled = g_new0(gint64, snapshot->group->captured->len);
    return TRUE;
}

static void
note_settled(const TuSnapshot *snapshot, TuGoal *goal, const gint64 *up_to)
{
    goal->has_no_entries = TRUE;
    for (guint i = 0; i < snapshot->group->captured->len; i++) {
        goal->settled[i] = MAX(goal->settled[i], up_to[i]);
        if (goal->settled[i] < goal->entries[i])
            goal->has_no_entries = FALSE;
    }
}

static gboolean
settle_entries(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_empty,
               GError **error)
{
    TuBatch batch = {0};
    g_autoptr(GError) local = NULL;
    if (!find_goal(snapshot, goal, error))
        return FALSE;
    note_settled(snapshot, goal, goal->settled);
    *ret_is_empty = goal->has_no_entries;
    if (*ret_is_empty)
        return TRUE;
    if (!tu_batch_take(snapshot, goal->settled, snapshot->keeper->batch_most, &batch, error))
        return FALSE;
    g_autofree gint64 *up_to = batch.up_to;
    *ret_is_empty = goal->has_no_entries = batch.is_empty;
    if (batch.is_empty)
        return TRUE;
    gboolean is_done = TRUE;
    gboolean is_settled =
        goal->no_fold ? settle_batch(snapshot, &batch, NAMES_ONLY, goal, result, &is_done, &local)
                      : settle_taken(snapshot, &batch, goal, result, &local);
    /* What a table cannot hold is its bucket's failure: the next turn puts them on the list. */
    gboolean is_of_a_cell =
        tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA);
    if (!is_settled && is_of_a_cell && snapshot->txn.db == NULL && !goal->no_fold) {
        goal->no_fold = TRUE;
        return TRUE;
    }
    goal->no_fold = FALSE;
    goal->has_taken = TRUE;
    if (is_settled) {
        note_settled(snapshot, goal, up_to);
        result->entries += batch.n_entries;
        result->settled += batch.n_changes;
    } else
        g_propagate_error(error, g_steal_pointer(&local));
    return is_settled;
}

gboolean
tu_goal_is_about_to_park(const TuGoal *goal)
{
    return goal->no_fold || goal->unwritable != 0 || goal->refused > goal->pending_done ||
           goal->keyed.why != NULL || goal->keyed.n_alone > 0;
}

void
tu_goal_clear(TuGoal *goal)
{
    g_clear_pointer(&goal->entries, g_free);
    g_clear_pointer(&goal->settled, g_free);
    g_clear_pointer(&goal->why, g_free);
    tu_keyed_goal_clear(&goal->keyed);
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
        tu_result_fail_table(result, snapshot->group, state->captured, text);
    }
    if (!has_changed)
        return TRUE;
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    tu_guard_note(snapshot, states, changes);
    *ret_applied = TRUE;
    return tu_apply(snapshot, changes, error);
}

/* What is asked once a second and after every error: triggers and tenants. *ret_applied: it took a
 * turn to note what had changed. */
static gboolean
look_around(TuSnapshot *snapshot, TuResult *result, gboolean *ret_applied, GError **error)
{
    if (!snapshot->is_known && !check_guard(snapshot, result, ret_applied, error))
        return FALSE;
    if (*ret_applied)
        return TRUE;
    if (!tu_tenants_sync(snapshot, result, ret_applied, error))
        return FALSE;
    if (!*ret_applied && !snapshot->is_known)
        tu_known_note(snapshot->keeper, snapshot->group, snapshot->turn, snapshot->began_us,
                      snapshot->tenants);
    return TRUE;
}

/* When no entries are left: the buckets that are due, then the keys. */
static gboolean
step_behind(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_done,
            GError **error)
{
    gboolean has_keyed = snapshot->group->keyed->len > 0;
    goal->has_no_buckets = goal->has_no_buckets || !goal->may_have_pending;
    if (!goal->has_no_buckets &&
        !tu_recompute_pending(snapshot, goal, result, &goal->has_no_buckets, error))
        return FALSE;
    *ret_is_done = goal->has_no_buckets && !has_keyed;
    /* With buckets written the snapshot is gone. */
    if (!goal->has_no_buckets || !has_keyed || snapshot->txn.db == NULL)
        return TRUE;
    return tu_keyed_step(snapshot, &goal->keyed, result, ret_is_done, error);
}

static gboolean
step(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_done, GError **error)
{
    gboolean applied = FALSE;
    gboolean is_empty = TRUE;
    *ret_is_done = tu_snapshot_is_all_paused(snapshot); /* entries wait where they are */
    if (*ret_is_done)
        return TRUE;
    if (!look_around(snapshot, result, &applied, error))
        return FALSE;
    goal->has_looked = TRUE;
    if (applied)
        return TRUE;
    goal->may_have_pending = goal->may_have_pending || snapshot->last_pending > 0;
    if (!settle_entries(snapshot, goal, result, &is_empty, error))
        return FALSE;
    gboolean has_keyed = snapshot->group->keyed->len > 0;
    gboolean may_have_buckets = goal->may_have_pending && !goal->has_no_buckets;
    /* Another snapshot would find nothing. */
    *ret_is_done = goal->has_no_entries && !may_have_buckets && !has_keyed;
    return !is_empty || *ret_is_done || step_behind(snapshot, goal, result, ret_is_done, error);
}

gboolean
tu_settle_step(TuKeeper *keeper, TuGroup *group, TuGoal *goal, TuResult *result,
               gboolean *ret_is_done, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    *ret_is_done = FALSE;
    gboolean is_begun = tu_snapshot_begin_next(&snapshot, keeper, group, error);
    gint64 turn = snapshot.turn;
    if (!is_begun || !step(&snapshot, goal, result, ret_is_done, error)) {
        tu_known_forget(keeper, group);
        return FALSE;
    }
    tu_known_move(keeper, group, turn, snapshot.turn);
    return TRUE;
}

gboolean
tu_settle_is_due(TuKeeper *keeper, TuGroup *group, gboolean *ret_is_due, GError **error)
{
    TuSnapshot now = {.keeper = keeper, .group = group, .txn = TU_TRANSACTION_INIT};
    g_autofree gint64 *ends = NULL;
    *ret_is_due = FALSE;
    if (!tu_batch_ends(&now, &ends, error))
        return FALSE;
    for (guint i = 0; i < group->captured->len; i++)
        *ret_is_due = *ret_is_due || ends[i] > 0;
    return TRUE;
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
