#include "keep/repair.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "keep/rows.h"
#include "keep/tenants_sync.h"
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
add_tenants_of_zone(TuSnapshot *snapshot, const char *zone, GArray *tenants)
{
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(snapshot->tenants, i);
        if (g_strcmp0(tenant->zone_name, zone) == 0)
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
    gboolean is_of_zone = repair->zone != NULL && tu_tenants_are_listed(snapshot->tenants);
    if (is_of_zone)
        add_tenants_of_zone(snapshot, repair->zone, tenants);
    *ret_stretch = (TuStretch){.summaries = summaries,
                               .tenants = repair->tenant != NULL || is_of_zone ? tenants : NULL,
                               .range = {repair->from, repair->to, TRUE},
                               .n_slices = 1,
                               .counts_drift = TRUE};
    return TRUE;
}

/* ---- the run row ---- */

/* A run of this host whose process is gone will never say how it ended. */
static gboolean
take_dead(const TuValue *row, gpointer data, GError **error)
{
    g_autofree char *worker =
        row[1].type == TU_TYPE_TEXT ? g_strndup(row[1].text, row[1].bytes) : g_strdup("");
    g_autofree char *prefix = g_strconcat(g_get_host_name(), ":", NULL);
    if (!g_str_has_prefix(worker, prefix))
        return TRUE;
    int pid = atoi(worker + strlen(prefix));
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
        g_array_append_val((GArray *)data, row[0].integer);
    return TRUE;
}

gboolean
tu_runs_close_dead(TuKeeper *keeper, GError **error)
{
    g_autoptr(GArray) dead = g_array_new(FALSE, FALSE, sizeof(gint64));
    TuValue now = tu_keeper_now();
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    if (!tu_rows_each(keeper->db,
                      "SELECT id, worker FROM trueup_run WHERE status = 'STARTED' "
                      "AND kind NOT IN ('build', 'rebuild')",
                      NULL, 0, FALSE, take_dead, dead, error))
        return FALSE;
    if (dead->len == 0)
        return TRUE;
    if (!tu_transaction_begin_write(&txn, keeper->db, error))
        return FALSE;
    for (guint i = 0; i < dead->len; i++) {
        TuValue values[] = {now, tu_value_integer(g_array_index(dead, gint64, i))};
        if (!tu_database_run(keeper->db,
                             "UPDATE trueup_run SET status = 'FAILED', finished_at = ?1, "
                             "error = 'its process died' WHERE id = ?2",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return tu_transaction_commit(&txn, error);
}

static gboolean
start_run(TuKeeper *keeper, const TuRepair *repair, gint64 *ret_id, GError **error)
{
    gboolean found = FALSE;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuValue values[] = {
        tu_value_text(repair->kind != NULL ? repair->kind : "repair"),
        tu_value_text(repair->summary != NULL ? repair->summary->spec->name : NULL),
        tu_value_text(repair->tenant),
        repair->from != G_MININT32 ? tu_value_time(TU_TYPE_DATE, repair->from) : TU_NULL_VALUE,
        repair->to != G_MAXINT32 ? tu_value_time(TU_TYPE_DATE, repair->to - 1) : TU_NULL_VALUE,
        tu_keeper_now(),
        tu_value_text(keeper->worker),
    };
    return tu_runs_close_dead(keeper, error) &&
           tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_database_integer(keeper->db,
                               "INSERT INTO trueup_run(kind, summary, tenant, range_from, range_to, "
                               "status, started_at, worker) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, 'STARTED', ?6, ?7) RETURNING id",
                               values, G_N_ELEMENTS(values), &found, ret_id, error) &&
           tu_transaction_commit(&txn, error);
}

static gboolean
finish_run(TuKeeper *keeper, gint64 id, const TuResult *result, const char *problem,
           GError **error)
{
    TuValue now = tu_keeper_now();
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    const TuFailure *failure = result->failures != NULL && result->failures->len > 0
                                   ? g_ptr_array_index(result->failures, 0)
                                   : NULL;
    if (problem == NULL && failure != NULL)
        problem = failure->error;
    TuValue values[] = {tu_value_text(problem == NULL ? "COMPLETED" : "FAILED"),
                        now,
                        tu_value_integer(result->rows_read),
                        tu_value_integer(result->cells_written),
                        tu_value_integer(result->cells_drifted),
                        tu_value_text(problem),
                        tu_value_integer(id)};
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_database_run(keeper->db,
                           "UPDATE trueup_run SET status = ?1, finished_at = ?2, rows_read = ?3, "
                           "cells_written = ?4, cells_drifted = ?5, error = ?6 WHERE id = ?7",
                           values, G_N_ELEMENTS(values), NULL, error) &&
           tu_transaction_commit(&txn, error);
}

/* ---- repairing ---- */

/* One attempt at one snapshot; a range that does not fit is done in parts, newest first. */
static gboolean
repair_once(TuKeeper *keeper, TuGroup *group, TuRepair *left, guint *n_slices, TuResult *result,
            GError **error)
{
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    TuStretch stretch;
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        !tu_tenants_hold_unsynced(&snapshot, error) ||
        !stretch_of(&snapshot, left, summaries, tenants, &stretch, error))
        return FALSE;
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
repair_all(TuKeeper *keeper, TuGroup *group, const TuRepair *repair, TuResult *result,
           GError **error)
{
    TuRepair left = *repair;
    guint n_slices = 1;
    gint64 busy_since_us = 0;
    while (left.to > left.from) {
        g_autoptr(GError) local = NULL;
        TuResult before = *result;
        if (repair_once(keeper, group, &left, &n_slices, result, &local)) {
            busy_since_us = 0;
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
tu_repair_group(TuKeeper *keeper, TuGroup *group, const TuRepair *repair, TuResult *result,
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
    stretch.on_drift = on_drift;
    stretch.on_drift_data = data;
    return tu_stretch_compare_all(&snapshot, &stretch, result, error);
}
