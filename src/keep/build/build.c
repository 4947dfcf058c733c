#include "keep/build/build.h"

#include "db/stop.h"
#include "keep/build/pieces.h"
#include "keep/tenants/rezone.h"
#include "keep/tenants/tenants_sync.h"
#include "keep/build/unfit.h"
#include "time/instant.h"

/* How often a worker that waits for another's build looks again. */
#define LOOK_AGAIN_US (100 * 1000)

/* ---- one chunk ---- */

typedef struct {
    const TuSnapshot *snapshot;
    GArray *builds; /* of TuBuild: those that this chunk is of */
    TuDate from;    /* that of `since`: it is the last */
    TuResult *result;
    gint64 rows_before, written_before, drifted_before;
} Chunk;

/* Several tenants' work is one pass too: what is read for one of them serves all. */
static gboolean
same_work(const TuBuild *a, const TuBuild *b)
{
    return a->below == b->below && a->since == b->since && a->is_dropping == b->is_dropping &&
           a->is_first == b->is_first && a->is_of_tenant == b->is_of_tenant &&
           a->is_rezone == b->is_rezone && (!a->is_rezone || a->run_id == b->run_id);
}

/* What building has learned. A chunk is of several summaries; when it does not fit into the least
 * of their `memory`, each is built by itself with its own, and those that do not fit so are
 * left. */
typedef struct {
    TuPieces pieces;
    gboolean is_alone;
    TuSummaryModel *only; /* the chunk is of that one; NULL: of several */
    guint most;           /* tenants of it that are tried together; 0: all */
    TuUnfit *tried;       /* the chunk's requests */
    TuBuild work;         /* the first of them; its tenant is nobody's */
    char *tenant;         /* whose they are all; NULL: of many, or of none */
    gint64 last_id;       /* of all requests */
    GPtrArray *left;      /* of Left */
} Building;

/* Requests that were tried and left. Others that reach the same date by and by may fit; what is
 * asked for anew meanwhile, by whoever settles, is the same work again, and would keep this one at
 * it without end. */
typedef struct {
    TuUnfit *unfit;
    TuBuild work;
    gint64 last_id; /* of the requests that were there */
    char *tenant;   /* whose they are; NULL: of many, or of none */
} Left;

static void
left_free(gpointer data)
{
    Left *left = data;
    tu_unfit_free(left->unfit);
    g_free(left->tenant);
    g_free(left);
}

static void
building_clear(Building *building)
{
    g_clear_pointer(&building->tried, tu_unfit_free);
    g_clear_pointer(&building->tenant, g_free);
    g_clear_pointer(&building->left, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Building, building_clear)

static gboolean
is_left(const Building *building, const TuBuild *build)
{
    for (guint i = 0; i < building->left->len; i++) {
        const Left *left = g_ptr_array_index(building->left, i);
        gboolean is_again = build->id > left->last_id && build->summary == left->unfit->summary &&
                            same_work(build, &left->work);
        if (is_again || tu_unfit_has(left->unfit, build->id))
            return TRUE;
    }
    return FALSE;
}

static gboolean
may_build(const TuSnapshot *snapshot, const Building *building, const TuBuild *build)
{
    return !tu_snapshot_is_paused(snapshot, build->summary) && !is_left(building, build);
}

/* The work that reaches furthest to today, and all that can be done with it in one pass. What is
 * paused waits. */
static GArray *
choose_builds(const TuSnapshot *snapshot, const Building *building)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    const TuBuild *first = NULL;
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (may_build(snapshot, building, build) && (first == NULL || build->below > first->below))
            first = build;
    }
    for (guint i = 0; first != NULL && i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (same_work(build, first) && may_build(snapshot, building, build) &&
            (!building->is_alone || build->summary == first->summary) &&
            (building->most == 0 || chosen->len < building->most || !first->is_of_tenant))
            g_array_append_vals(chosen, build, 1);
    }
    return chosen;
}

/* What failed in those of the chunk's summaries that belong to the run. */
static char *
failures_of_run(const Chunk *chunk, const TuBuild *of)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    gboolean is_of_one = of->is_of_tenant;
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        if (build->run_id != of->run_id)
            continue;
        g_ptr_array_add(names, build->summary->spec->name);
        is_of_one = is_of_one && tu_value_equal(&build->tenant, &of->tenant);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *tenant = is_of_one ? tu_value_to_text(&of->tenant) : NULL;
    return tu_result_failures(chunk->result, (const char *const *)names->pdata, tenant);
}

/* It is noted once. */
static gboolean
is_first_of_run(const Chunk *chunk, guint index)
{
    const TuBuild *build = &g_array_index(chunk->builds, TuBuild, index);
    for (guint i = 0; i < index; i++)
        if (g_array_index(chunk->builds, TuBuild, i).run_id == build->run_id)
            return FALSE;
    return build->run_id != 0;
}

static void
note_run(TuChanges *changes, const Chunk *chunk, const TuBuild *build)
{
    TuValue now = tu_keeper_now();
    g_autofree char *problem = failures_of_run(chunk, build);
    g_autofree char *before = tu_unfit_failures(&build->run_error, build->is_waiting);
    TuValue values[] = {
        tu_value_integer(build->run_id),
        tu_value_integer(chunk->result->rows_read - chunk->rows_before),
        tu_value_integer(chunk->result->cells_written + changes->n_to_write -
                         chunk->written_before),
        tu_value_integer(chunk->result->cells_drifted - chunk->drifted_before),
        tu_value_text(problem),
    };
    tu_unfit_go_on(changes, build->run_id, before);
    tu_changes_add(changes,
                   "UPDATE trueup_run SET rows_read = rows_read + ?2, "
                   "cells_written = cells_written + ?3, cells_drifted = cells_drifted + ?4, "
                   "error = coalesce(?5, error) WHERE id = ?1",
                   values, G_N_ELEMENTS(values));
    tu_changes_add(changes,
                   "UPDATE trueup_run SET finished_at = ?2, "
                   "status = CASE WHEN error IS NULL THEN 'COMPLETED' ELSE 'FAILED' END "
                   "WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM trueup_build WHERE run_id = ?1)",
                   (TuValue[]){values[0], now}, 2);
}

static void
note_progress(TuChanges *changes, gpointer data)
{
    const Chunk *chunk = data;
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        TuValue values[] = {tu_value_integer(build->id), tu_value_integer(chunk->from)};
        if (chunk->from == build->since)
            tu_changes_add(changes, "DELETE FROM trueup_build WHERE id = ?1", values, 1);
        else
            tu_changes_add(changes, "UPDATE trueup_build SET below = ?2 WHERE id = ?1", values, 2);
    }
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        if (is_first_of_run(chunk, i))
            note_run(changes, chunk, build);
    }
    tu_changes_retry_soon(changes);
}

/* All of it that is left. */
static TuStretch
stretch_of(GArray *builds, GPtrArray *summaries, GArray *tenants)
{
    const TuBuild *first = &g_array_index(builds, TuBuild, 0);
    gboolean is_of_range = first->since != G_MININT32;
    TuStretch stretch = {.summaries = summaries,
                         .tenants = first->is_of_tenant ? tenants : NULL,
                         .range = {.from = first->since, .to = first->below},
                         .writes_sealed = first->is_first,
                         .counts_drift = !first->is_dropping && !is_of_range};
    for (guint i = 0; i < builds->len; i++) {
        const TuBuild *build = &g_array_index(builds, TuBuild, i);
        if (!g_ptr_array_find(summaries, build->summary, NULL))
            g_ptr_array_add(summaries, build->summary);
        g_array_append_val(tenants, build->tenant);
    }
    return stretch;
}

/* Which longer periods belong to the piece, and what they are made of. Of some dates those that
 * begin before: their other days were not missed. Else each belongs to the piece in which it
 * begins; where pieces are cut by time it is made of its days that newer pieces wrote, since
 * reading all rows of a year would take long. */
static void
begin_chunk(TuStretch *stretch, gpointer data)
{
    Chunk *chunk = data;
    const TuBuild *first = &g_array_index(chunk->builds, TuBuild, 0);
    gboolean is_of_range = first->since != G_MININT32;
    chunk->from = stretch->range.from;
    stretch->range.overlapping = is_of_range && stretch->range.from == first->since;
    stretch->range.rolls_up = is_of_range || tu_pieces_may_cut(chunk->snapshot, stretch);
    stretch->range.stored_to = G_MAXINT32;
}

/* FALSE: what was asked for was taken back, or is asked for anew, or another did some of it. */
static gboolean
is_chunk_wanted(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error)
{
    const Chunk *chunk = data;
    *ret_is_wanted = TRUE;
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        gboolean is_there = FALSE;
        for (guint j = 0; j < now->builds->len; j++) {
            const TuBuild *other = &g_array_index(now->builds, TuBuild, j);
            is_there = is_there || (other->id == build->id && same_work(other, build));
        }
        *ret_is_wanted = *ret_is_wanted && is_there;
    }
    return TRUE;
}

/* What new rules of a zone moved is a build of its tenants, and of those buckets. */
static gboolean
confine(const TuSnapshot *snapshot, const GArray *builds, TuStretch *stretch, TuRezone *rezone,
        GArray *tenants, GError **error)
{
    const TuBuild *first = &g_array_index(builds, TuBuild, 0);
    if (!first->is_rezone)
        return TRUE;
    if (!tu_rezone_read(snapshot, first->run_id, rezone, tenants, error))
        return FALSE;
    stretch->moved = rezone->moved;
    stretch->tenants = rezone->is_of_some ? tenants : NULL;
    return TRUE;
}

/* Notes what is tried, should it not fit. */
static void
note_tried(const TuSnapshot *snapshot, Building *building, const GArray *builds)
{
    const TuBuild *first = &g_array_index(builds, TuBuild, 0);
    g_clear_pointer(&building->tried, tu_unfit_free);
    building->tried = tu_unfit_new(first->summary);
    g_free(building->tenant);
    building->tenant =
        first->is_of_tenant && builds->len == 1 ? tu_value_to_text(&first->tenant) : NULL;
    building->work = *first;
    building->work.tenant = TU_NULL_VALUE;
    for (guint i = 0; i < builds->len; i++)
        tu_unfit_add(building->tried, g_array_index(builds, TuBuild, i).id);
    building->last_id = 0;
    for (guint i = 0; i < snapshot->builds->len; i++)
        building->last_id = MAX(building->last_id, g_array_index(snapshot->builds, TuBuild, i).id);
}

/* What was learned of the pieces of one summary is nothing for another. */
static void
begin_alone(TuSnapshot *snapshot, Building *building, TuSummaryModel *summary)
{
    if (building->only != summary)
        building->pieces = TU_PIECES_INIT;
    building->only = summary;
    snapshot->keeper->memory_bytes = summary->spec->refresh.memory_bytes;
}

/* One chunk: as much as fits into memory and takes about the time of a piece. */
static gboolean
write_chunk(TuSnapshot *snapshot, Building *building, TuResult *result, gboolean *ret_is_done,
            GError **error)
{
    g_autoptr(GArray) builds = choose_builds(snapshot, building);
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_auto(TuRezone) rezone = {0};
    gboolean is_over = FALSE;
    *ret_is_done = builds->len == 0;
    if (*ret_is_done)
        return TRUE;
    TuStretch stretch = stretch_of(builds, summaries, tenants);
    note_tried(snapshot, building, builds);
    if (summaries->len == 1)
        begin_alone(snapshot, building, g_ptr_array_index(summaries, 0));
    else
        building->only = NULL;
    if (!confine(snapshot, builds, &stretch, &rezone, tenants, error))
        return FALSE;
    Chunk chunk = {snapshot,
                   builds,
                   G_MININT32,
                   result,
                   result->rows_read,
                   result->cells_written,
                   result->cells_drifted};
    const TuPieceWork work = {begin_chunk, note_progress, is_chunk_wanted, &chunk};
    if (!tu_pieces_cut(snapshot, &building->pieces, &stretch, error) ||
        !tu_pieces_write(snapshot, &building->pieces, &stretch, &work, result, &is_over, error))
        return FALSE;
    if (is_over)
        building->most *= 2;
    return !is_over || tu_stop("build.chunk_done", error);
}

/* Asked without a snapshot: most of the time there is none. */
static gboolean
has_builds(TuKeeper *keeper, const TuGroup *group, gboolean *ret_has, GError **error)
{
    gint64 one = 0;
    TuValue name = tu_value_text(group->name);
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_build b JOIN trueup_summary s "
                               "ON s.name = b.summary WHERE s.group_name = ?1 LIMIT 1",
                               &name, 1, ret_has, &one, error);
}

/* Whoever builds lets others in while it reads a whole table (aside.h): they leave the build
 * to it. Its lock saves work, and nothing else. */
static gboolean
take_building(TuKeeper *keeper, const TuGroup *group, gboolean *ret_is_taken, GError **error)
{
    g_autofree char *name = g_strconcat("build ", group->name, NULL);
    for (*ret_is_taken = FALSE; !*ret_is_taken;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(keeper, error) ||
            !tu_database_try_lock(keeper->db, name, &holder, error))
            return FALSE;
        *ret_is_taken = holder == NULL;
        if (*ret_is_taken || !keeper->waits || keeper->let_go == NULL)
            return TRUE;
        if (!keeper->let_go(keeper->yield_data, TRUE, error))
            return FALSE;
        g_usleep(LOOK_AGAIN_US);
        if (!keeper->let_go(keeper->yield_data, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

/* Summaries part first, then tenants, by halves: one that is too large is nobody else's matter. */
static void
leave_some(Building *building, const GError *why)
{
    guint n_tried = tu_unfit_size(building->tried);
    if (building->only == NULL) {
        building->is_alone = TRUE;
    } else if (building->work.is_of_tenant && n_tried > 1 && !tu_error_is(why, TU_ERROR_ROWS)) {
        building->most = n_tried / 2;
    } else {
        Left *left = g_new(Left, 1);
        tu_unfit_set_why(building->tried, why->message);
        *left = (Left){g_steal_pointer(&building->tried), building->work, building->last_id,
                       g_steal_pointer(&building->tenant)};
        g_ptr_array_add(building->left, left);
    }
}

/* FALSE: the error is of another kind. */
static gboolean
go_on_without(Building *building, const GError *why)
{
    gboolean was_too_large = building->pieces.is_too_large;
    building->pieces.is_too_large = FALSE;
    if (!was_too_large)
        return FALSE;
    building->pieces = TU_PIECES_INIT;
    leave_some(building, why);
    return TRUE;
}

/* The others are built. */
static gboolean
end_building(TuKeeper *keeper, const Building *building, gboolean *ret_fits, TuResult *result,
             GError **error)
{
    g_autoptr(GPtrArray) unfit = g_ptr_array_new();
    for (guint i = 0; i < building->left->len; i++) {
        const Left *left = g_ptr_array_index(building->left, i);
        tu_result_fail(result, left->unfit->summary->spec->name, left->tenant, left->unfit->why);
        g_ptr_array_add(unfit, left->unfit);
    }
    if (ret_fits != NULL)
        *ret_fits = unfit->len == 0;
    return unfit->len == 0 || tu_unfit_note(keeper, unfit, error);
}

/* One chunk after the other, settling between them. */
static gboolean
build_all(TuKeeper *keeper, TuGroup *group, gboolean *ret_fits, TuResult *result, GError **error)
{
    g_auto(Building)
        building = {.pieces = TU_PIECES_INIT, .left = g_ptr_array_new_with_free_func(left_free)};
    gsize memory_bytes = keeper->memory_bytes;
    gint64 busy_since_us = 0;
    for (gboolean is_done = FALSE; !is_done;) {
        g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
        g_autoptr(GError) local = NULL;
        g_auto(TuResult) ignored = {0}; /* whoever settles tells of tenants without a zone */
        gboolean has_synced = FALSE;
        TuResult before = *result;
        /* Cells of tenants that are not as they were noted would be taken for nobody's (I-3). */
        if (tu_snapshot_begin(&snapshot, keeper, group, &local) &&
            tu_tenants_sync(&snapshot, &ignored, &has_synced, &local) &&
            (has_synced || write_chunk(&snapshot, &building, result, &is_done, &local))) {
            busy_since_us = 0;
            keeper->memory_bytes = memory_bytes;
            tu_snapshot_end(&snapshot);
            if (!is_done && (!tu_settle_group(keeper, group, result, error) ||
                             !tu_keeper_between(keeper, building.pieces.reached,
                                                tu_pieces_share(&building.pieces), error) ||
                             !tu_keeper_yield(keeper, TRUE, error)))
                return FALSE;
            continue;
        }
        keeper->memory_bytes = memory_bytes;
        tu_result_restore(result, &before);
        if (!go_on_without(&building, local) && !tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return end_building(keeper, &building, ret_fits, result, error);
}

gboolean
tu_build_group(TuKeeper *keeper, TuGroup *group, gboolean *ret_fits, TuResult *result,
               GError **error)
{
    gboolean has = FALSE;
    gboolean is_taken = FALSE;
    if (ret_fits != NULL)
        *ret_fits = TRUE;
    if (!has_builds(keeper, group, &has, error) ||
        (has && !take_building(keeper, group, &is_taken, error)))
        return FALSE;
    if (!is_taken)
        return TRUE;
    g_autofree char *name = g_strconcat("build ", group->name, NULL);
    gboolean is_ok = build_all(keeper, group, ret_fits, result, error);
    tu_database_unlock(keeper->db, name);
    return is_ok;
}
