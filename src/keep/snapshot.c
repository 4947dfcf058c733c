#include "keep/snapshot.h"

#include "cells/dictionary.h"
#include "db/stop.h"
#include "keep/known.h"
#include "keep/rows.h"
#include "schema/keyed.h"
#include "keep/tenants/zones.h"

/* What stands at the head of a group, in one question. */
static const char head_sql[] =
    "SELECT g.turn, g.schema_version, (SELECT count(*) FROM trueup_spec WHERE digest = ?2), "
    "(SELECT count(*) FROM trueup_build), (SELECT max(id) FROM trueup_pending), "
    "(SELECT count(*) FROM trueup_pause), (SELECT count(*) FROM trueup_boundary), "
    "n.given, n.taken "
    "FROM trueup_group g LEFT JOIN trueup_notice n ON n.group_name = g.name WHERE g.name = ?1";

/* What the head says about the questions that follow: those whose answer is "none" are not
 * asked. */
typedef struct {
    TuSnapshot *snapshot;
    gboolean is_applied; /* the spec is the one that was applied last */
    gboolean has_builds;
    gboolean has_pauses;
    gboolean has_boundaries;
} Head;

static gboolean
take_head(const TuValue *row, gpointer data, GError **error)
{
    Head *head = data;
    TuSnapshot *snapshot = head->snapshot;
    snapshot->turn = row[0].integer;
    snapshot->has_noted_version = row[1].type == TU_TYPE_INTEGER;
    snapshot->noted_version = snapshot->has_noted_version ? row[1].integer : 0;
    head->is_applied = row[2].integer > 0;
    head->has_builds = row[3].integer > 0;
    head->has_pauses = row[5].integer > 0;
    head->has_boundaries = row[6].integer > 0;
    snapshot->last_pending = row[4].type == TU_TYPE_INTEGER ? row[4].integer : 0;
    snapshot->notices = row[7].type == TU_TYPE_INTEGER ? row[7].integer : 0;
    snapshot->has_notice = row[7].type == TU_TYPE_INTEGER && row[7].integer != row[8].integer;
    return TRUE;
}

/* A worker with another spec than the applied one would write other cells than the triggers, tables
 * and builds in the database are for. */
static gboolean
read_head(TuSnapshot *snapshot, Head *head, GError **error)
{
    TuValue values[] = {tu_value_text(snapshot->group->name),
                        tu_value_text(snapshot->keeper->model->digest)};
    head->snapshot = snapshot;
    if (!tu_rows_each(snapshot->keeper->db, head_sql, values, G_N_ELEMENTS(values), FALSE,
                      take_head, head, error))
        return FALSE;
    if (!head->is_applied)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "the spec changed: run `trueup apply`");
    return head->is_applied;
}

/* A rebuild of some dates has its first one in its row of the run log. */
static TuDate
read_since(const TuSnapshot *snapshot, const TuValue *date)
{
    TuBucket since = 0;
    gboolean has = date->type != TU_TYPE_NULL &&
                   tu_database_bucket_parse(snapshot->keeper->db, TU_GRAIN_DAY, date, &since);
    return has ? (TuDate)since : G_MININT32;
}

/* Builds of other groups, and of summaries that left the spec, are others' business. */
static gboolean
take_build(const TuValue *row, gpointer data, GError **error)
{
    TuSnapshot *snapshot = data;
    g_autofree char *name = g_strndup(row[1].text, row[1].bytes);
    TuSummaryModel *summary = tu_model_summary(snapshot->keeper->model, name);
    if (summary == NULL || summary->group != snapshot->group)
        return TRUE;
    TuBuild build = {.id = row[0].integer,
                     .summary = summary,
                     .is_of_tenant = row[2].type != TU_TYPE_NULL,
                     .below = (TuDate)row[3].integer,
                     .since = read_since(snapshot, &row[6]),
                     .is_dropping = row[4].integer != TU_BUILD_COMPARES,
                     .is_first = row[4].integer == TU_BUILD_FIRST,
                     .run_id = row[5].type == TU_TYPE_INTEGER ? row[5].integer : 0,
                     .is_rezone = row[7].type != TU_TYPE_NULL,
                     .run_error = tu_dictionary_value(
                         snapshot->values, tu_dictionary_intern(snapshot->values, row[8])),
                     .is_waiting = row[9].type == TU_TYPE_INTEGER && row[9].integer != 0,
                     .is_of_job = row[10].type == TU_TYPE_INTEGER && row[10].integer != 0};
    if (build.is_of_tenant)
        build.tenant = tu_tenant_read(snapshot->keeper->model, snapshot->values, &row[2]);
    g_array_append_val(snapshot->builds, build);
    return TRUE;
}

/* A notice that a tenant changed makes worthless what is known, however fresh. */
static gboolean
read_tenants(TuSnapshot *snapshot, gboolean may_know, GError **error)
{
    TuTenantSet *known = may_know && !snapshot->has_notice
                             ? tu_known_tenants(snapshot->keeper, snapshot->group, snapshot->turn)
                             : NULL;
    snapshot->is_known = known != NULL;
    if (known != NULL)
        snapshot->tenants = tu_tenant_set_ref(known);
    return known != NULL || (tu_zones_check(snapshot->keeper, error) &&
                             tu_tenants_read(snapshot->keeper, &snapshot->tenants, error));
}

/* All in the one transaction: turn, builds and boundaries must be of the same moment as the rows
 * (I-2). */
static gboolean
read_all(TuSnapshot *snapshot, gboolean may_know, GError **error)
{
    Head head = {0};
    return read_head(snapshot, &head, error) && read_tenants(snapshot, may_know, error) &&
           (!head.has_builds ||
            tu_rows_each(
                snapshot->keeper->db,
                "SELECT b.id, b.summary, b.tenant, b.below, b.is_dropping, b.run_id, "
                "r.range_from, z.id, r.error, CASE WHEN r.status = 'FAILED' THEN 1 ELSE 0 END, "
                "CASE WHEN EXISTS (SELECT 1 FROM trueup_job j WHERE j.run_id = b.run_id) "
                "THEN 1 ELSE 0 END FROM trueup_build b LEFT JOIN trueup_run r ON r.id = b.run_id "
                "LEFT JOIN trueup_rezone z ON z.id = b.run_id ORDER BY b.id",
                NULL, 0, FALSE, take_build, snapshot, error)) &&
           (!head.has_pauses || tu_pauses_read(snapshot->keeper->db, &snapshot->pauses, error)) &&
           (!head.has_boundaries ||
            tu_boundaries_read(snapshot->keeper, &snapshot->boundaries, error)) &&
           tu_stop("snapshot.taken", error);
}

static gboolean
begin(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group, gboolean may_know, GError **error)
{
    g_auto(TuSnapshot) fresh = {.keeper = keeper,
                                .group = group,
                                .txn = TU_TRANSACTION_INIT,
                                .began_us = g_get_monotonic_time()};
    fresh.values = tu_dictionary_new();
    fresh.builds = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    /* Owned here until all was read: an error on the way ends the transaction. */
    if (!tu_keeper_may_go_on(keeper, error) ||
        !tu_transaction_begin_read(&fresh.txn, keeper->db, keeper->model->table_names, error) ||
        !read_all(&fresh, may_know, error))
        return FALSE;
    *snapshot = fresh;
    fresh = (TuSnapshot){.txn = TU_TRANSACTION_INIT};
    return TRUE;
}

gboolean
tu_snapshot_begin(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group, GError **error)
{
    return begin(snapshot, keeper, group, FALSE, error);
}

gboolean
tu_snapshot_begin_next(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group, GError **error)
{
    return begin(snapshot, keeper, group, TRUE, error);
}

/* What was read stays, and is worth as much as the turn is still the same. */
void
tu_snapshot_end(TuSnapshot *snapshot)
{
    tu_transaction_clear(&snapshot->txn);
}

void
tu_snapshot_clear(TuSnapshot *snapshot)
{
    tu_transaction_clear(&snapshot->txn);
    g_clear_pointer(&snapshot->tenants, tu_tenant_set_free);
    g_clear_pointer(&snapshot->values, tu_dictionary_free);
    g_clear_pointer(&snapshot->builds, g_array_unref);
    g_clear_pointer(&snapshot->pauses, g_ptr_array_unref);
    g_clear_pointer(&snapshot->boundaries, tu_boundaries_free);
}

gboolean
tu_snapshot_is_unbuilt(const TuSnapshot *snapshot, const TuSummaryModel *summary,
                       const TuValue *tenant, TuDate date)
{
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (build->is_dropping && build->summary == summary && date < build->below &&
            (!build->is_of_tenant || tu_value_equal(&build->tenant, tenant)))
            return TRUE;
    }
    return FALSE;
}

gboolean
tu_snapshot_is_rezoning(const TuSnapshot *snapshot, const TuSummaryModel *summary)
{
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (build->is_rezone && build->summary == summary)
            return TRUE;
    }
    return FALSE;
}

gboolean
tu_snapshot_is_paused(const TuSnapshot *snapshot, const TuSummaryModel *summary)
{
    return tu_snapshot_is_name_paused(snapshot, summary->spec->name);
}

gboolean
tu_snapshot_is_name_paused(const TuSnapshot *snapshot, const char *name)
{
    return snapshot->pauses != NULL && tu_pauses_find(snapshot->pauses, name) != NULL;
}

gboolean
tu_snapshot_is_all_paused(const TuSnapshot *snapshot)
{
    const GPtrArray *summaries = snapshot->group->summaries;
    if (snapshot->pauses == NULL)
        return FALSE;
    for (guint i = 0; i < summaries->len; i++)
        if (!tu_snapshot_is_paused(snapshot, g_ptr_array_index(summaries, i)))
            return FALSE;
    for (guint i = 0; i < snapshot->group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(snapshot->group->keyed, i);
        if (!tu_snapshot_is_name_paused(snapshot, keyed->spec->name))
            return FALSE;
    }
    return TRUE;
}

gboolean
tu_snapshot_folds(const TuSnapshot *snapshot, const TuSeriesModel *series)
{
    return series->is_foldable && !tu_snapshot_is_paused(snapshot, series->summary);
}
