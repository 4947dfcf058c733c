#include "keep/repair.h"

#include <string.h>

#include "keep/count_sealed.h"
#include "keep/failing.h"
#include "keep/rows.h"
#include "keep/tenants_sync.h"
#include "work/runs.h"
#include "time/instant.h"

gboolean
tu_tenant_named(TuSnapshot *snapshot, const char *text, TuValue *ret_tenant, GError **error)
{
    char *end = NULL;
    gint64 number = g_ascii_strtoll(text, &end, 10);
    const TuModel *model = snapshot->keeper->model;
    gboolean is_number = text[0] != '\0' && *end == '\0';
    TuValue written = tu_value_text(text);
    /* Where keys have a type, the text means a value of it; else a number or a text. */
    TuValue candidates[] = {tu_value_integer(number), tu_tenant_read(model, snapshot->values, &written)};
    gboolean is_typed = model->tenant_kind != TU_TYPE_NULL;
    for (guint i = is_number && !is_typed ? 0 : 1; i < G_N_ELEMENTS(candidates); i++) {
        guint32 id = tu_dictionary_intern(snapshot->values, candidates[i]);
        *ret_tenant = tu_dictionary_value(snapshot->values, id);
        if (!tu_tenants_are_listed(snapshot->tenants) ||
            tu_tenants_find(snapshot->tenants, ret_tenant) != NULL)
            return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no tenant %s", text);
    return FALSE;
}

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
                               .range = {.from = repair->from, .to = repair->to, .overlapping = TRUE},
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
finish_run(TuKeeper *keeper, gint64 id, const TuResult *result, const char *problem,
           GError **error)
{
    const TuRunCounts counts = {result->rows_read, result->cells_written, result->cells_drifted};
    g_autofree char *failures = tu_result_failures(result);
    if (problem == NULL)
        problem = failures;
    return tu_run_finish(keeper->db, id, &counts, problem, error);
}

/* ---- repairing ---- */

/* What is paused is not written: it is said, where it was asked for. */
static gboolean
leave_paused(const TuSnapshot *snapshot, const TuRepair *repair, GPtrArray *summaries,
             TuResult *result, GError **error)
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
        tu_result_fail(result, summary->spec->name, NULL, "it is paused, and was left as it is");
        g_ptr_array_remove_index(summaries, i);
    }
    return TRUE;
}

/* One attempt at one snapshot; a range that does not fit is done in parts, newest first. */
static gboolean
repair_once(TuKeeper *keeper, TuGroup *group, TuRepair *left, guint *n_slices, TuResult *result,
            GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_auto(TuResult) ignored = {0}; /* whoever settles tells of tenants without a zone */
    gboolean has_synced = FALSE;
    TuStretch stretch;
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        !tu_tenants_sync(&snapshot, &ignored, &has_synced, error))
        return FALSE;
    if (has_synced)
        return TRUE;
    if (!stretch_of(&snapshot, left, summaries, tenants, &stretch, error) ||
        !leave_paused(&snapshot, left, summaries, result, error))
        return FALSE;
    tu_failing_tell(group, left->summary, result);
    if (summaries->len == 0) {
        left->to = left->from;
        return TRUE;
    }
    stretch.n_slices = *n_slices;
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (tu_stretch_write(&snapshot, &stretch, NULL, NULL, result, &local))
            break;
        /* A later slice was too large: all of them again, smaller. */
        if (tu_error_is(local, TU_ERROR_LIMIT) && snapshot.txn.db == NULL) {
            *n_slices *= 2;
            return TRUE;
        }
        if (!tu_error_is(local, TU_ERROR_LIMIT)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_stretch_shrink(&snapshot, &stretch, error))
            return FALSE;
    }
    *n_slices = stretch.n_slices;
    left->to = stretch.range.from;
    return TRUE;
}

static gboolean
repair_all(TuKeeper *keeper, TuGroup *group, TuRepair *left, TuResult *result, GError **error)
{
    guint n_slices = 1;
    gint64 busy_since_us = 0;
    while (left->to > left->from) {
        g_autoptr(GError) local = NULL;
        TuResult before = *result;
        if (repair_once(keeper, group, left, &n_slices, result, &local)) {
            busy_since_us = 0;
            if (left->to > left->from && (!tu_keeper_between(keeper, left->to, 0, error) ||
                                          !tu_keeper_yield(keeper, FALSE, error)))
                return FALSE;
            continue;
        }
        tu_result_restore(result, &before);
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tu_repair_group(TuKeeper *keeper, TuGroup *group, TuRepair *repair, TuResult *result,
                GError **error)
{
    g_autoptr(GError) local = NULL;
    gint64 id = 0;
    if (repair->is_dry_run)
        return tu_verify_group(keeper, group, repair, NULL, NULL, result, error);
    if (!start_run(keeper, repair, &id, error))
        return FALSE;
    gboolean is_ok = repair_all(keeper, group, repair, result, &local);
    tu_database_set_cancel(keeper->db, NULL); /* how it ended is noted also when it was stopped */
    if (!finish_run(keeper, id, result, local != NULL ? local->message : NULL,
                    is_ok ? error : NULL) &&
        is_ok)
        return FALSE;
    tu_database_set_cancel(keeper->db, keeper->is_cancelled);
    if (!is_ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return is_ok;
}

/* ---- verifying ---- */

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
    return tu_stretch_compare_all(&snapshot, &stretch, result, error) &&
           tu_count_sealed(&snapshot, &stretch, result, error);
}
