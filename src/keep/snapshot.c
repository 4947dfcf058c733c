#include "keep/snapshot.h"

#include <string.h>

#include "cells/dictionary.h"
#include "db/stop.h"
#include "keep/rows.h"

static gboolean
check_digest(TuSnapshot *snapshot, GError **error)
{
    gboolean is_same = FALSE;
    gint64 found = 0;
    TuValue digest = tu_value_text(snapshot->keeper->model->digest);
    if (!tu_database_integer(snapshot->keeper->db, "SELECT 1 FROM trueup_spec WHERE digest = ?1",
                             &digest, 1, &is_same, &found, error))
        return FALSE;
    if (!is_same)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "the spec changed: run `trueup apply`");
    return is_same;
}

static gboolean
read_turn(TuSnapshot *snapshot, GError **error)
{
    gboolean found = FALSE;
    TuValue name = tu_value_text(snapshot->group->name);
    if (!tu_database_integer(snapshot->keeper->db,
                             "SELECT turn FROM trueup_group WHERE name = ?1", &name, 1, &found,
                             &snapshot->turn, error))
        return FALSE;
    if (!found)
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "the spec changed: run `trueup apply`");
    return found;
}

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
                     .is_dropping = row[4].integer != 0,
                     .run_id = row[5].type == TU_TYPE_INTEGER ? row[5].integer : 0};
    if (build.is_of_tenant)
        build.tenant = tu_tenant_read(snapshot->keeper->model, snapshot->values, &row[2]);
    g_array_append_val(snapshot->builds, build);
    return TRUE;
}

/* A worker whose rules differ would cut buckets differently: adding under one rule and taking away
 * under the other. */
static gboolean
check_zone(const TuValue *row, gpointer data, GError **error)
{
    TuSnapshot *snapshot = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    const TuZone *zone = tu_keeper_zone(snapshot->keeper, name, NULL);
    g_autofree char *digest =
        zone != NULL ? g_strdup_printf("%016" G_GINT64_MODIFIER "x", tu_zone_digest(zone)) : NULL;
    if (zone == NULL || (strlen(digest) == row[1].bytes &&
                         strncmp(digest, row[1].text, row[1].bytes) == 0))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "the rules of time zone %s are not those that the summaries were kept with (another "
                "tzdata): run `trueup apply`, with the same tzdata on every host",
                name);
    return FALSE;
}

static gboolean
read_all(TuSnapshot *snapshot, GError **error)
{
    TuDatabase *db = snapshot->keeper->db;
    return check_digest(snapshot, error) && read_turn(snapshot, error) &&
           tu_rows_each(db, "SELECT name, digest FROM trueup_zone", NULL, 0, FALSE, check_zone,
                        snapshot, error) &&
           tu_tenants_read(snapshot->keeper, &snapshot->tenants, error) &&
           tu_rows_each(db,
                        "SELECT id, summary, tenant, below, is_dropping, run_id "
                        "FROM trueup_build ORDER BY id",
                        NULL, 0, FALSE, take_build, snapshot, error) &&
           tu_stop("snapshot.taken", error);
}

gboolean
tu_snapshot_begin(TuSnapshot *snapshot, TuKeeper *keeper, TuGroup *group, GError **error)
{
    g_auto(TuSnapshot) fresh = {.keeper = keeper, .group = group, .txn = TU_TRANSACTION_INIT};
    fresh.values = tu_dictionary_new();
    fresh.builds = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    if (!tu_keeper_may_go_on(keeper, error) ||
        !tu_transaction_begin_read(&fresh.txn, keeper->db, keeper->model->table_names, error) || !read_all(&fresh, error))
        return FALSE;
    *snapshot = fresh;
    fresh = (TuSnapshot){.txn = TU_TRANSACTION_INIT};
    return TRUE;
}

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
