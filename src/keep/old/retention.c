#include "keep/old/retention.h"

#include "db/stop.h"
#include "keep/compare/apply.h"
#include "keep/tenants/clock.h"
#include "keep/known.h"
#include "keep/rows.h"
#include "keep/old/sealing.h"
#include "keep/old/sealing_blind.h"
#include "spec/duration.h"
#include "time/instant.h"

/* Rows removed in one turn: others wait for it no longer than for a batch of changes. */
#define PIECE_ROWS 2000

/* ---- where the boundaries should be ---- */

/* Without `keep` and `sealed_after` no clock needs to be believed. */
static gboolean
is_asked_for(const TuGroup *group)
{
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        const TuRefresh *refresh = &summary->spec->refresh;
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                (tu_duration_is_set(&refresh->keep[grain]) ||
                 tu_duration_is_set(&refresh->sealed_after[grain])))
                return TRUE;
    }
    return FALSE;
}

/* By the summary's place in the group. */
typedef TuDate Dates[TU_GRAINS];

/* Boundaries never go back. What is paused stays as it is. */
static void
find_wanted(const TuSnapshot *snapshot, gint64 now_us, Dates *removed, Dates *sealed)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    for (guint i = 0; i < summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        const TuRefresh *refresh = &summary->spec->refresh;
        gboolean is_paused = tu_snapshot_is_paused(snapshot, summary);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            TuBoundary now = tu_boundary_of(snapshot->boundaries, summary, (TuGrain)grain);
            removed[i][grain] = now.removed_below;
            sealed[i][grain] = now.sealed_below;
            if (summary->tables[grain] == NULL || is_paused)
                continue;
            TuDate keep = tu_boundary_wanted(&refresh->keep[grain], (TuGrain)grain,
                                             snapshot->tenants, now_us);
            TuDate seal = tu_boundary_wanted(&refresh->sealed_after[grain], (TuGrain)grain,
                                             snapshot->tenants, now_us);
            removed[i][grain] = MAX(now.removed_below, keep);
            sealed[i][grain] = MAX(now.sealed_below, seal);
        }
    }
}

/* ---- moving them ---- */

/* What is not captured is repaired as it is sealed, a summary a turn. NULL: there is none to
 * seal. */
static TuSummaryModel *
find_blind(const TuSnapshot *snapshot, Dates *sealed, const TuDate **ret_wanted)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    TuSummaryModel *found = NULL;
    for (guint i = 0; i < summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        for (int grain = 0; grain < TU_GRAINS && tu_sealing_is_blind(summary); grain++) {
            TuBoundary now = tu_boundary_of(snapshot->boundaries, summary, (TuGrain)grain);
            if (found == NULL && sealed[i][grain] > now.sealed_below) {
                found = summary;
                *ret_wanted = sealed[i];
            }
        }
    }
    return found;
}

/* Sealing what is not captured is another turn's work: find_blind. */
static void
add_moves(TuChanges *changes, const TuSnapshot *snapshot, Dates *removed, Dates *sealed)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    for (guint i = 0; i < summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        gboolean is_blind = tu_sealing_is_blind(summary);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            TuBoundary now = tu_boundary_of(snapshot->boundaries, summary, (TuGrain)grain);
            TuDate below = is_blind ? now.sealed_below : sealed[i][grain];
            if (removed[i][grain] > now.removed_below || below > now.sealed_below)
                tu_sealing_add_move(changes, summary, (TuGrain)grain, removed[i][grain], below);
        }
    }
}

/* *ret_did: it took the turn. */
static gboolean
move_boundaries(TuSnapshot *snapshot, TuSealingSize *size, TuResult *result, gboolean *ret_did,
                GError **error)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    g_autofree Dates *removed = g_new(Dates, summaries->len);
    g_autofree Dates *sealed = g_new(Dates, summaries->len);
    const TuDate *wanted = NULL;
    gint64 now_us = 0;
    if (!tu_database_now(snapshot->keeper->db, &now_us, error))
        return FALSE;
    find_wanted(snapshot, now_us, removed, sealed);
    if (!tu_sealing_check(snapshot, sealed, error))
        return FALSE;
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    add_moves(changes, snapshot, removed, sealed);
    *ret_did = changes->statements->len > 0;
    if (*ret_did)
        return tu_apply(snapshot, changes, error);
    TuSummaryModel *blind = find_blind(snapshot, sealed, &wanted);
    *ret_did = blind != NULL;
    return blind == NULL || tu_sealing_seal_blind(snapshot, blind, wanted, size, result, error);
}

/* ---- removing rows ---- */

typedef struct {
    TuChanges *changes;
    const TuSummaryTable *table;
    TuDate below;
} Clearing;

/* On clocks: a row belongs to its own tenant's date. */
static gboolean
take_old(const TuValue *row, gpointer data, GError **error)
{
    const Clearing *clearing = data;
    TuChanges *changes = clearing->changes;
    guint32 dimensions[TU_DIMENSIONS_LIMIT];
    TuStoredCell stored;
    if (changes->deletes->len >= PIECE_ROWS)
        return TRUE;
    tu_stored_read_key(changes->tally, clearing->table, row, dimensions, &stored);
    if (stored.has_bucket && tu_tally_bucket_date(changes->tally, clearing->table->grain,
                                                  stored.tenant, stored.bucket) < clearing->below)
        tu_changes_delete(changes, &stored);
    return TRUE;
}

/* Some rows of the dates before `to`. `limit` 0: all of them are looked at. */
static gboolean
find_old(Clearing *clearing, TuDate from, TuDate to, guint limit, GError **error)
{
    TuDatabase *db = clearing->changes->tally->snapshot->keeper->db;
    char texts[2][TU_INSTANT_TEXT_BYTES];
    TuValue bounds[2];
    g_autofree char *select = tu_summary_table_select_range(clearing->table, FALSE);
    g_autofree char *sql =
        limit > 0 ? g_strdup_printf("%s LIMIT %u", select, limit) : g_strdup(select);
    tu_stored_bucket_bounds(db, clearing->table, from, to, texts[0], texts[1], bounds);
    return tu_rows_each(db, sql, bounds, G_N_ELEMENTS(bounds), FALSE, take_old, clearing, error);
}

/* Hours and minutes: where all clocks agree that they are old enough, then the days on which it
 * depends on the clock. Their bounds are read a day wider on both sides. */
static gboolean
find_old_of_table(Clearing *clearing, GError **error)
{
    if (tu_grain_is_dated(clearing->table->grain))
        return find_old(clearing, G_MININT32, clearing->below, PIECE_ROWS, error);
    return find_old(clearing, G_MININT32, clearing->below - 2, PIECE_ROWS, error) &&
           (clearing->changes->deletes->len > 0 ||
            find_old(clearing, clearing->below - 1, clearing->below, 0, error));
}

/* Until the boundary moves again nobody looks. */
static void
note_cleared(TuChanges *changes, const TuSummaryTable *table, TuDate below)
{
    TuValue values[] = {tu_value_text(table->summary->spec->name),
                        tu_value_text(tu_grain_name(table->grain)), tu_boundary_value(below)};
    tu_changes_add(
        changes, "UPDATE trueup_boundary SET cleared_below = ?3 WHERE summary = ?1 AND grain = ?2",
        values, G_N_ELEMENTS(values));
}

/* The first table that has rows to remove; NULL: none has. */
static const TuSummaryTable *
find_uncleared(const TuSnapshot *snapshot, TuDate *ret_below)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    for (guint i = 0; i < summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            TuBoundary now = tu_boundary_of(snapshot->boundaries, summary, (TuGrain)grain);
            *ret_below = now.removed_below;
            if (summary->tables[grain] != NULL && now.cleared_below < now.removed_below &&
                !tu_snapshot_is_paused(snapshot, summary))
                return summary->tables[grain];
        }
    }
    return NULL;
}

/* A piece a turn, so that settling goes on in between. */
static gboolean
remove_some(TuSnapshot *snapshot, TuResult *result, gboolean *ret_did, GError **error)
{
    TuDate below = 0;
    const TuSummaryTable *table = find_uncleared(snapshot, &below);
    *ret_did = table != NULL;
    if (table == NULL)
        return TRUE;
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    Clearing clearing = {changes, table, below};
    if (!find_old_of_table(&clearing, error))
        return FALSE;
    gint64 n = changes->deletes->len;
    if (n == 0)
        note_cleared(changes, table, below);
    else
        tu_changes_note_hour(changes, 0, n);
    if (!tu_apply(snapshot, changes, error))
        return FALSE;
    result->cells_removed += n;
    return TRUE;
}

/* ---- one piece ---- */

/* First the boundaries, then rows: what is removed is known to be removed before the first row
 * goes, and readers are told. */
static gboolean
step(TuKeeper *keeper, TuGroup *group, TuSealingSize *size, TuResult *result, gboolean *ret_did,
     GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    if (!tu_stop("retention.due", error) ||
        !tu_snapshot_begin_next(&snapshot, keeper, group, error))
        return FALSE;
    gint64 turn = snapshot.turn;
    if (!move_boundaries(&snapshot, size, result, ret_did, error) ||
        (!*ret_did && !remove_some(&snapshot, result, ret_did, error)))
        return FALSE;
    tu_known_move(keeper, group, turn, snapshot.turn);
    return TRUE;
}

/* One piece, done again if its turn was taken; *ret_has_more: there is another. */
gboolean
tu_retention_group(TuKeeper *keeper, TuGroup *group, TuResult *result, gboolean *ret_has_more,
                   GError **error)
{
    gint64 busy_since_us = 0;
    gboolean may_move = FALSE;
    TuSealingSize size = TU_SEALING_SIZE_INIT;
    *ret_has_more = FALSE;
    if (is_asked_for(group) && !tu_clock_check(keeper, group, result, &may_move, error))
        return FALSE;
    while (may_move) {
        g_autoptr(GError) local = NULL;
        if (step(keeper, group, &size, result, ret_has_more, &local)) {
            if (!size.is_again)
                break;
            continue;
        }
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return TRUE;
}

/* For commands, which nobody else waits for. */
gboolean
tu_retention_all(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    for (gboolean has_more = TRUE; has_more;)
        if (!tu_retention_group(keeper, group, result, &has_more, error))
            return FALSE;
    return TRUE;
}
