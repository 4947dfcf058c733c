#include "keep/tenants/tenants_sync.h"

#include <string.h>

#include "keep/compare/apply.h"
#include "keep/fail/failing.h"
#include "keep/rows.h"
#include "keep/build/unfit.h"
#include "keep/tenants/zones.h"

/* A tenant as it was known. */
typedef struct {
    TuValue key; /* text belongs to the snapshot */
    char *zone;
    gboolean had_error;
    gboolean is_seen;
} Known;

static void
known_clear(gpointer data)
{
    g_free(((Known *)data)->zone);
}

typedef struct {
    TuSnapshot *snapshot;
    GArray *known;
    GHashTable *by_id; /* number in snapshot->values -> index in known */
} Reading;

/* As the group noted it when it last looked. */
static gboolean
take_known(const TuValue *row, gpointer data, GError **error)
{
    Reading *reading = data;
    TuValue key =
        tu_tenant_read(reading->snapshot->keeper->model, reading->snapshot->values, &row[0]);
    guint32 id = tu_dictionary_intern(reading->snapshot->values, key);
    Known known = {.key = key,
                   .zone =
                       row[1].type == TU_TYPE_TEXT ? g_strndup(row[1].text, row[1].bytes) : NULL,
                   .had_error = row[2].type != TU_TYPE_NULL};
    g_hash_table_insert(reading->by_id, GUINT_TO_POINTER(id),
                        GUINT_TO_POINTER(reading->known->len));
    g_array_append_val(reading->known, known);
    return TRUE;
}

/* The tenant's history of every summary of the group is to be written anew. */
static void
ask_for_builds(TuChanges *changes, const TuValue *key, gboolean is_first)
{
    const TuGroup *group = changes->tally->snapshot->group;
    g_autofree char *tenant_key = tu_tenant_key(key);
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        gint64 run_id = tu_unfit_run_of(changes->tally->snapshot, summary, key);
        TuValue values[] = {tu_value_text(summary->spec->name),
                            tu_value_text(tenant_key),
                            *key,
                            tu_value_integer(G_MAXINT32),
                            tu_value_integer(is_first ? TU_BUILD_FIRST : TU_BUILD_REPLACES),
                            run_id != 0 ? tu_value_integer(run_id) : TU_NULL_VALUE};
        tu_changes_add(changes, "DELETE FROM trueup_build WHERE summary = ?1 AND tenant_key = ?2",
                       values, 2);
        tu_changes_add(changes,
                       "INSERT INTO trueup_build(summary, tenant_key, tenant, below, is_dropping, "
                       "run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                       values, G_N_ELEMENTS(values));
        /* Hours that were kept on the old clock may be too old on the new one (I-11). */
        tu_changes_add(changes,
                       "UPDATE trueup_boundary SET cleared_below = NULL WHERE summary = ?1 "
                       "AND removed_below IS NOT NULL",
                       values, 1);
    }
}

/* A zone that is noted stays as it is: other rules are zones.c's matter. So the first UPDATE
 * changes nothing; it only finds whether there is a row. */
static void
note_zone(TuChanges *changes, const TuTenant *tenant)
{
    if (tenant->zone == NULL)
        return;
    g_auto(TuZoneNote) note = tu_zone_note_of(tenant->zone);
    TuValue values[] = {tu_value_text(tenant->zone_name), tu_value_text(note.digest),
                        tu_value_text(note.rules), tu_value_text(note.release),
                        tu_value_integer(note.dated_us)};
    tu_changes_add(changes, "UPDATE trueup_zone SET digest = digest WHERE name = ?1", values, 1);
    tu_changes_add_if_none(changes, "INSERT INTO trueup_zone(name, digest) VALUES (?1, ?2)", values,
                           2);
    tu_changes_add(changes, "UPDATE trueup_rules SET digest = digest WHERE name = ?1", values, 1);
    tu_changes_add_if_none(changes,
                           "INSERT INTO trueup_rules(name, digest, rules, edition, dated_us) "
                           "VALUES (?1, ?2, ?3, ?4, ?5)",
                           values, G_N_ELEMENTS(values));
}

/* In one turn: who it is, what it has, and that its history is asked for. */
static void
note_tenant(TuChanges *changes, const TuTenant *tenant, gboolean is_first)
{
    g_autofree char *tenant_key = tu_tenant_key(&tenant->key);
    TuValue values[] = {tu_value_text(changes->tally->snapshot->group->name),
                        tu_value_text(tenant_key), tenant->key, tu_value_text(tenant->zone_name),
                        tu_value_text(tenant->error)};
    tu_changes_add(changes, "DELETE FROM trueup_tenant WHERE group_name = ?1 AND tenant_key = ?2",
                   values, 2);
    tu_changes_add(changes,
                   "INSERT INTO trueup_tenant(group_name, tenant_key, tenant, time_zone, error) "
                   "VALUES (?1, ?2, ?3, ?4, ?5)",
                   values, G_N_ELEMENTS(values));
    /* What failed for want of a right zone has not to wait any longer. */
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET next_attempt_at = NULL WHERE tenant_key = ?2 "
                   "AND next_attempt_at IS NOT NULL AND summary IN "
                   "(SELECT name FROM trueup_summary WHERE group_name = ?1)",
                   values, 2);
    note_zone(changes, tenant);
    ask_for_builds(changes, &tenant->key, is_first);
}

/* Its cells go by a build that finds no rows of it. */
static void
note_gone(TuChanges *changes, const TuValue *key)
{
    g_autofree char *tenant_key = tu_tenant_key(key);
    TuValue values[] = {tu_value_text(changes->tally->snapshot->group->name),
                        tu_value_text(tenant_key)};
    tu_changes_add(changes, "DELETE FROM trueup_tenant WHERE group_name = ?1 AND tenant_key = ?2",
                   values, G_N_ELEMENTS(values));
    ask_for_builds(changes, key, FALSE);
}

/* ---- differences ---- */

/* A tenant that is not as it was known. `tenant` NULL: it is gone; `before` NULL: it was not
 * known. */
typedef void (*OnDifference)(const TuTenant *tenant, const TuValue *key, const Known *before,
                             gpointer data);

static gboolean
differs(const Known *before, const TuTenant *tenant)
{
    return before == NULL || g_strcmp0(before->zone, tenant->zone_name) != 0 ||
           before->had_error != (tenant->error != NULL);
}

static gboolean
each_difference(TuSnapshot *snapshot, OnDifference visit, gpointer data, GError **error)
{
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(Known));
    g_autoptr(GHashTable) by_id = g_hash_table_new(NULL, NULL);
    Reading reading = {snapshot, known, by_id};
    TuValue group = tu_value_text(snapshot->group->name);
    g_array_set_clear_func(known, known_clear);
    if (!tu_tenants_are_listed(snapshot->tenants))
        return TRUE;
    if (!tu_rows_each(snapshot->keeper->db,
                      "SELECT tenant, time_zone, error FROM trueup_tenant WHERE group_name = ?1",
                      &group, 1, FALSE, take_known, &reading, error))
        return FALSE;
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(snapshot->tenants, i);
        guint32 id = tu_dictionary_intern(snapshot->values, tenant->key);
        gpointer index = NULL;
        Known *before = NULL;
        if (g_hash_table_lookup_extended(by_id, GUINT_TO_POINTER(id), NULL, &index)) {
            before = &g_array_index(known, Known, GPOINTER_TO_UINT(index));
            before->is_seen = TRUE;
        }
        if (differs(before, tenant))
            visit(tenant, &tenant->key, before, data);
    }
    for (guint i = 0; i < known->len; i++) {
        const Known *before = &g_array_index(known, Known, i);
        if (!before->is_seen)
            visit(NULL, &before->key, before, data);
    }
    return TRUE;
}

/* It is left out from now on: one row of the run log, though every group notes it. */
static void
note_left_out(TuChanges *changes, const TuTenant *tenant)
{
    g_autofree char *name = tu_value_to_text(&tenant->key);
    g_autofree char *problem = g_strdup_printf("tenant %s: %s", name, tenant->error);
    if (changes->tally->snapshot->group->index == 0)
        tu_changes_add_failed_run(changes, NULL, name, problem);
}

static void
note_difference(const TuTenant *tenant, const TuValue *key, const Known *before, gpointer data)
{
    gboolean had_error = before != NULL && before->had_error;
    if (tenant == NULL) {
        note_gone(data, key);
        return;
    }
    note_tenant(data, tenant, before == NULL || had_error);
    if (tenant->error != NULL && !had_error)
        note_left_out(data, tenant);
}

/* ---- notices ---- */

void
tu_tenants_give_notice(TuChanges *changes, const TuBatch *batch)
{
    const TuGroup *group = changes->tally->snapshot->group;
    const TuCaptured *tenants = group->model->tenants;
    if (tenants != NULL && tenants->group == group &&
        batch->up_to[tu_captured_position(tenants)] != 0)
        tu_changes_add(changes, "UPDATE trueup_notice SET given = given + 1", NULL, 0);
}

static void
take_notice(TuChanges *changes)
{
    const TuSnapshot *snapshot = changes->tally->snapshot;
    TuValue values[] = {tu_value_text(snapshot->group->name), tu_value_integer(snapshot->notices)};
    tu_changes_add(changes, "UPDATE trueup_notice SET taken = ?2 WHERE group_name = ?1", values,
                   G_N_ELEMENTS(values));
}

gboolean
tu_tenants_sync(TuSnapshot *snapshot, TuResult *result, gboolean *ret_applied, GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    *ret_applied = FALSE;
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(snapshot->tenants, i);
        g_autofree char *text = tu_value_to_text(&tenant->key);
        if (tenant->error != NULL)
            tu_result_fail(result, NULL, text, tenant->error);
    }
    tu_failing_tell(snapshot->group, NULL, result);
    for (guint i = 0; i < snapshot->group->keyed->len; i++)
        tu_failing_tell_keyed(g_ptr_array_index(snapshot->group->keyed, i), result);
    if (!snapshot->is_known && (!each_difference(snapshot, note_difference, changes, error) ||
                                !tu_failing_compare(changes, error)))
        return FALSE;
    if (snapshot->has_notice)
        take_notice(changes);
    if (changes->statements->len == 0)
        return TRUE;
    *ret_applied = TRUE;
    return tu_apply(snapshot, changes, error);
}

static void
hold_for_unbuilt(const TuTenant *tenant, const TuValue *key, const Known *before, gpointer data)
{
    TuSnapshot *snapshot = data;
    for (guint i = 0; i < snapshot->group->summaries->len; i++) {
        TuBuild build = {.summary = g_ptr_array_index(snapshot->group->summaries, i),
                         .is_of_tenant = TRUE,
                         .tenant = tu_dictionary_value(
                             snapshot->values, tu_dictionary_intern(snapshot->values, *key)),
                         .below = G_MAXINT32,
                         .is_dropping = TRUE};
        g_array_append_val(snapshot->builds, build);
    }
}

gboolean
tu_tenants_hold_unsynced(TuSnapshot *snapshot, GError **error)
{
    return each_difference(snapshot, hold_for_unbuilt, snapshot, error);
}
