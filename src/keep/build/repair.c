#include "keep/build/repair.h"

#include <string.h>

#include "db/stop.h"
#include "keep/old/count_sealed.h"
#include "keep/fail/failing.h"
#include "keep/build/pieces.h"
#include "keep/tenants/tenant_named.h"
#include "keep/tenants/tenants_sync.h"
#include "time/instant.h"
#include "work/runs.h"

/* Without a tenants table `--tenant 7` may mean the number or the text: both are looked at. */
static gboolean
add_tenants(TuSnapshot *snapshot, const char *text, GArray *tenants, GError **error)
{
    TuValue tenant;
    if (!tu_tenant_named(snapshot, text, &tenant, error))
        return FALSE;
    g_array_append_val(tenants, tenant);
    if (tu_tenants_are_listed(snapshot->tenants) || tenant.type == TU_TYPE_TEXT ||
        snapshot->keeper->model->tenant_kind != TU_TYPE_NULL)
        return TRUE;
    guint32 id = tu_dictionary_intern(snapshot->values, tu_value_text(text));
    tenant = tu_dictionary_value(snapshot->values, id);
    g_array_append_val(tenants, tenant);
    return TRUE;
}

static void
add_tenants_of_zones(TuSnapshot *snapshot, const char *const *zones, GArray *tenants)
{
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(snapshot->tenants, i);
        if (tenant->zone_name != NULL && g_strv_contains(zones, tenant->zone_name))
            g_array_append_val(tenants, tenant->key);
    }
}

static const char *
name_of(const TuRepair *repair)
{
    return repair->summary != NULL ? repair->summary->spec->name : NULL;
}

/* What a repair (or verify) asks for, as a stretch. */
static gboolean
stretch_of(TuSnapshot *snapshot, const TuRepair *repair, GPtrArray *summaries, GArray *tenants,
           TuStretch *ret_stretch, GError **error)
{
    for (guint i = 0; i < snapshot->group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(snapshot->group->summaries, i);
        if (repair->summary == NULL || repair->summary == summary)
            g_ptr_array_add(summaries, summary);
    }
    if (repair->tenant != NULL && !add_tenants(snapshot, repair->tenant, tenants, error))
        return FALSE;
    gboolean is_of_zones = repair->zones != NULL && tu_tenants_are_listed(snapshot->tenants);
    if (is_of_zones)
        add_tenants_of_zones(snapshot, repair->zones, tenants);
    *ret_stretch = (TuStretch){.summaries = summaries,
                               .tenants = repair->tenant != NULL || is_of_zones ? tenants : NULL,
                               .range = {.from = repair->from,
                                         .to = repair->to,
                                         .overlapping = TRUE,
                                         .since = repair->since},
                               .grains = repair->grains,
                               .n_slices = 1,
                               .counts_drift = TRUE};
    return TRUE;
}

/* ---- the run row ---- */

gboolean
tu_runs_close_dead(TuKeeper *keeper, GError **error)
{
    return tu_runs_close(keeper->db, keeper->worker, error);
}

static gboolean
start_run(TuKeeper *keeper, const TuRepair *repair, gint64 *ret_id, GError **error)
{
    const TuRunWhat what = {
        .kind = repair->kind != NULL ? repair->kind : "repair",
        .summary = repair->summary != NULL ? repair->summary->spec->name : NULL,
        .tenant = repair->tenant,
        .from = repair->from,
        .to = repair->to != G_MAXINT32 ? repair->to - 1 : G_MAXINT32,
        .worker = keeper->worker,
    };
    return tu_runs_close_dead(keeper, error) && tu_run_begin(keeper->db, &what, ret_id, error);
}

static gboolean
finish_run(TuKeeper *keeper, gint64 id, const TuRepair *repair, const TuResult *result,
           const char *problem, GError **error)
{
    const TuRunCounts counts = {result->rows_read, result->cells_written, result->cells_drifted};
    g_autofree char *failures =
        tu_result_failures(result, (const char *[]){name_of(repair), NULL}, NULL);
    return tu_run_finish(keeper->db, id, &counts, problem != NULL ? problem : failures, error);
}

/* ---- repairing ---- */

typedef struct {
    TuKeeper *keeper;
    TuGroup *group;
    TuRepair *left; /* what is not done yet */
    TuDate end;     /* where `left` ended at first */
    TuPieces pieces;
    gint64 run_id;
    TuResult *result; /* of this run alone */
    TuDate from;      /* of the piece at hand */
    gboolean is_over; /* there is nothing to do any more: it is paused, or not wanted */
    gboolean is_unwanted;
    gboolean has_listed; /* some buckets, rather than written */
    /* All together do not fit into memory: */
    const TuSummaryModel *only;  /* they are repaired one by one; NULL: together */
    TuDate all_done;             /* from here on all of them are */
    const TuSummaryModel *tried; /* the one that was in hand; NULL: there were several */
} Repairing;

/* What is paused is not written: it is said, where it was asked for. */
static gboolean
leave_paused(const TuSnapshot *snapshot, const TuRepair *repair, GPtrArray *summaries,
             GError **error)
{
    for (guint i = summaries->len; i-- > 0;) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        if (!tu_snapshot_is_paused(snapshot, summary))
            continue;
        if (repair->summary != NULL) {
            g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                        "summary %s is paused: run `trueup resume` first", summary->spec->name);
            return FALSE;
        }
        g_ptr_array_remove_index(summaries, i);
    }
    return TRUE;
}

/* A longer period belongs to the piece in which it begins; the last piece has those that began
 * before. One that ends before the repair did is made of its days that newer pieces repaired. */
static void
begin_piece(TuStretch *stretch, gpointer data)
{
    Repairing *repairing = data;
    repairing->from = stretch->range.from;
    stretch->range.overlapping = stretch->range.from == repairing->left->from;
    /* A period that began before all that is repaired has days that nobody looks at: it is counted
     * anew. */
    stretch->range.rolls_up = stretch->range.since == NULL && stretch->range.to != repairing->end &&
                              (!stretch->range.overlapping || stretch->range.from == G_MININT32);
    stretch->range.stored_to = repairing->end;
}

static void
keep_only(GPtrArray *summaries, const TuSummaryModel *only)
{
    for (guint i = summaries->len; only != NULL && i-- > 0;)
        if (g_ptr_array_index(summaries, i) != only)
            g_ptr_array_remove_index(summaries, i);
}

/* How the run ended is written with its last cells. Of summaries one by one nobody knows yet
 * whether the next one fits. */
static void
note_end(TuChanges *changes, gpointer data)
{
    const Repairing *repairing = data;
    const TuRepair *left = repairing->left;
    const TuResult *result = repairing->result;
    g_autofree char *problem =
        tu_result_failures(result, (const char *[]){name_of(left), NULL}, NULL);
    TuValue values[] = {tu_value_integer(repairing->run_id),
                        tu_value_text(problem == NULL ? "COMPLETED" : "FAILED"),
                        tu_keeper_now(),
                        tu_value_integer(result->rows_read),
                        tu_value_integer(result->cells_written + changes->n_to_write),
                        tu_value_integer(result->cells_drifted),
                        tu_value_text(problem)};
    if (repairing->from != left->from || repairing->only != NULL)
        return;
    tu_changes_add(changes,
                   "UPDATE trueup_run SET status = ?2, finished_at = ?3, rows_read = ?4, "
                   "cells_written = ?5, cells_drifted = ?6, error = ?7 WHERE id = ?1",
                   values, G_N_ELEMENTS(values));
    tu_changes_retry_soon(changes);
    if (left->finish != NULL)
        left->finish(changes, left->data);
}

static gboolean
is_wanted(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error)
{
    const TuRepair *left = ((const Repairing *)data)->left;
    *ret_is_wanted = TRUE;
    return left->is_wanted == NULL || left->is_wanted(now, left->data, ret_is_wanted, error);
}

static gboolean
write_piece(TuSnapshot *snapshot, Repairing *repairing, TuStretch *stretch, GError **error)
{
    gboolean is_over = FALSE;
    TuKeeper *keeper = repairing->keeper;
    gsize memory_bytes = keeper->memory_bytes;
    const TuPieceWork work = {begin_piece, note_end, is_wanted, repairing};
    if (repairing->tried != NULL)
        keeper->memory_bytes = repairing->tried->spec->refresh.memory_bytes;
    gboolean is_ok = tu_pieces_cut(snapshot, &repairing->pieces, stretch, error) &&
                     tu_pieces_write(snapshot, &repairing->pieces, stretch, &work,
                                     repairing->result, &is_over, error);
    keeper->memory_bytes = memory_bytes;
    if (!is_ok)
        return FALSE;
    if (is_over)
        repairing->left->to = stretch->range.from;
    return !is_over || tu_stop("repair.piece_done", error);
}

/* One attempt at one snapshot; a range that does not fit is done in pieces, newest first. */
static gboolean
repair_once(Repairing *repairing, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_auto(TuResult) ignored = {0}; /* whoever settles tells of tenants without a zone */
    TuRepair *left = repairing->left;
    gboolean has_synced = FALSE;
    gboolean wanted = FALSE;
    TuStretch stretch;
    if (!tu_snapshot_begin(&snapshot, repairing->keeper, repairing->group, error) ||
        !tu_tenants_sync(&snapshot, &ignored, &has_synced, error))
        return FALSE;
    if (has_synced)
        return TRUE;
    if (!is_wanted(&snapshot, repairing, &wanted, error))
        return FALSE;
    repairing->is_unwanted = !wanted;
    repairing->is_over = !wanted;
    if (!wanted)
        return TRUE;
    if (!stretch_of(&snapshot, left, summaries, tenants, &stretch, error) ||
        !leave_paused(&snapshot, left, summaries, error))
        return FALSE;
    tu_failing_tell(snapshot.group, left->summary, repairing->result);
    keep_only(summaries, repairing->only);
    repairing->tried = summaries->len == 1 ? g_ptr_array_index(summaries, 0) : NULL;
    repairing->is_over = summaries->len == 0;
    return repairing->is_over || write_piece(&snapshot, repairing, &stretch, error);
}

/* What fails in it is told by whoever settles next. */
static gboolean
settle(const Repairing *repairing, GError **error)
{
    g_auto(TuResult) ignored = {0};
    return tu_settle_group(repairing->keeper, repairing->group, &ignored, error);
}

/* Between two pieces others come first: what is to be settled, and whoever waits for the lock. */
static gboolean
let_others(const Repairing *repairing, GError **error)
{
    TuKeeper *keeper = repairing->keeper;
    TuDate reached = repairing->only != NULL ? repairing->all_done : repairing->left->to;
    gboolean is_due = FALSE;
    return tu_settle_is_due(keeper, repairing->group, &is_due, error) &&
           (!is_due || settle(repairing, error)) && tu_keeper_between(keeper, reached, 0, error) &&
           tu_keeper_yield(keeper, FALSE, error);
}

static gboolean
repair_pieces(Repairing *repairing, GError **error)
{
    const TuRepair *left = repairing->left;
    gint64 busy_since_us = 0;
    repairing->pieces = TU_PIECES_INIT;
    while (left->to > left->from && !repairing->is_over) {
        g_autoptr(GError) local = NULL;
        TuResult before = *repairing->result;
        if (repair_once(repairing, &local)) {
            busy_since_us = 0;
            if (left->to > left->from && !repairing->is_over && !let_others(repairing, error))
                return FALSE;
            continue;
        }
        tu_result_restore(repairing->result, &before);
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    repairing->has_listed = repairing->has_listed || repairing->pieces.has_listed;
    return TRUE;
}

static void
leave_unfit(Repairing *repairing, const TuSummaryModel *summary, const GError *why)
{
    repairing->left->is_unfit = TRUE;
    tu_result_fail(repairing->result, summary->spec->name, NULL, why->message);
}

/* One that does not fit even so is named, and the others go on. What an error ends here is left for
 * all of them from where all were done. */
static gboolean
repair_one_by_one(Repairing *repairing, GError **error)
{
    TuRepair *left = repairing->left;
    const GPtrArray *summaries = repairing->group->summaries;
    repairing->all_done = left->to;
    for (guint i = 0; i < summaries->len && !repairing->is_unwanted; i++) {
        g_autoptr(GError) local = NULL;
        repairing->only = g_ptr_array_index(summaries, i);
        repairing->is_over = FALSE;
        left->to = repairing->all_done;
        if (repair_pieces(repairing, &local))
            continue;
        if (!repairing->pieces.is_too_large) {
            left->to = repairing->all_done;
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        leave_unfit(repairing, repairing->only, local);
    }
    left->to = left->from;
    return TRUE;
}

static gboolean
repair_all(Repairing *repairing, GError **error)
{
    g_autoptr(GError) local = NULL;
    gboolean is_ok = repair_pieces(repairing, &local);
    if (!is_ok && !repairing->pieces.is_too_large) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!is_ok && repairing->tried != NULL)
        leave_unfit(repairing, repairing->tried, local);
    else if (!is_ok && !repair_one_by_one(repairing, error))
        return FALSE;
    /* Buckets that were listed rather than written. */
    return !repairing->has_listed || settle(repairing, error);
}

/* What nobody could do is refused before there is a run of it: no such tenant, a summary that is
 * paused. A database that is busy is waited for by the work. */
static gboolean
check_can_begin(Repairing *repairing, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_autoptr(GError) local = NULL;
    const TuRepair *left = repairing->left;
    gboolean wanted = TRUE;
    TuStretch stretch;
    if (left->tenant == NULL && left->is_wanted != NULL)
        return TRUE;
    gboolean is_ok =
        tu_snapshot_begin(&snapshot, repairing->keeper, repairing->group, &local) &&
        is_wanted(&snapshot, repairing, &wanted, &local) &&
        (!wanted || (stretch_of(&snapshot, left, summaries, tenants, &stretch, &local) &&
                     leave_paused(&snapshot, left, summaries, &local)));
    if (is_ok || tu_error_is(local, TU_ERROR_BUSY))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* Repairs under a run of its own, whose end is noted also when a signal stopped it. Of work that
 * was not wanted from the first there is no run: somebody else did it, or it waits. */
static gboolean
repair_as_run(Repairing *repairing, GError **error)
{
    TuKeeper *keeper = repairing->keeper;
    g_autoptr(GError) local = NULL;
    if (!check_can_begin(repairing, error) ||
        !start_run(keeper, repairing->left, &repairing->run_id, error))
        return FALSE;
    gboolean is_ok = repair_all(repairing, &local);
    const char *problem = local != NULL            ? local->message
                          : repairing->is_unwanted ? "left here: it was paused, or somebody else "
                                                     "did the rest"
                                                   : NULL;
    gboolean is_nothing = repairing->is_unwanted && repairing->left->to == repairing->end;
    tu_database_set_cancel(keeper->db, NULL);
    gboolean is_noted = is_ok && is_nothing
                            ? tu_run_forget(keeper->db, repairing->run_id, error)
                            : finish_run(keeper, repairing->run_id, repairing->left,
                                         repairing->result, problem, is_ok ? error : NULL);
    tu_database_set_cancel(keeper->db, keeper->is_cancelled);
    if (!is_ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_ok && is_noted;
}

gboolean
tu_repair_group(TuKeeper *keeper, TuGroup *group, TuRepair *repair, TuResult *result,
                GError **error)
{
    g_auto(TuResult) own = {0};
    Repairing repairing = {.keeper = keeper,
                           .group = group,
                           .left = repair,
                           .end = repair->to,
                           .pieces = TU_PIECES_INIT,
                           .result = &own};
    if (repair->is_dry_run)
        return tu_verify_group(keeper, group, repair, NULL, NULL, result, error);
    gboolean is_ok = repair_as_run(&repairing, error);
    tu_result_add(result, &own);
    return is_ok;
}

/* ---- verifying ---- */

/* With its own `memory`, from where all were compared. */
static gboolean
compare_alone(TuSnapshot *snapshot, const TuStretch *rest, TuSummaryModel *summary,
              TuResult *result, GError **error)
{
    g_autoptr(GPtrArray) only = g_ptr_array_new();
    g_autoptr(GError) local = NULL;
    TuKeeper *keeper = snapshot->keeper;
    gsize memory_bytes = keeper->memory_bytes;
    TuStretch stretch = *rest;
    g_ptr_array_add(only, summary);
    stretch.summaries = only;
    stretch.is_too_large = FALSE;
    keeper->memory_bytes = summary->spec->refresh.memory_bytes;
    gboolean is_ok = tu_stretch_compare_all(snapshot, &stretch, result, &local);
    keeper->memory_bytes = memory_bytes;
    if (is_ok)
        return TRUE;
    if (stretch.is_too_large)
        tu_result_fail(result, summary->spec->name, NULL, local->message);
    else
        g_propagate_error(error, g_steal_pointer(&local));
    return stretch.is_too_large;
}

/* Together; where that does not fit into memory, one by one. Takes the stretch. */
static gboolean
compare_fitting(TuSnapshot *snapshot, TuStretch stretch, TuResult *result, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (stretch.summaries->len > 1) {
        if (tu_stretch_compare_all(snapshot, &stretch, result, &local))
            return TRUE;
        if (!stretch.is_too_large) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    for (guint i = 0; i < stretch.summaries->len; i++)
        if (!compare_alone(snapshot, &stretch, g_ptr_array_index(stretch.summaries, i), result,
                           error))
            return FALSE;
    return TRUE;
}

gboolean
tu_verify_group(TuKeeper *keeper, TuGroup *group, const TuRepair *what, TuOnDrift on_drift,
                gpointer data, TuResult *result, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    TuStretch stretch;
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        !tu_tenants_hold_unsynced(&snapshot, error) ||
        !stretch_of(&snapshot, what, summaries, tenants, &stretch, error))
        return FALSE;
    tu_failing_tell(group, what->summary, result);
    stretch.on_drift = on_drift;
    stretch.on_drift_data = data;
    return compare_fitting(&snapshot, stretch, result, error) &&
           tu_count_sealed(&snapshot, &stretch, result, error);
}
