#include "keep/compare/changes.h"

#include <string.h>

#include "keep/keyed/keyed.h"
#include "time/instant.h"

static void
delete_clear(gpointer data)
{
    g_free(((TuDelete *)data)->key);
}

static void
statement_clear(gpointer data)
{
    TuBoundStatement *statement = data;
    for (guint i = 0; i < statement->n_values; i++)
        if (tu_value_has_bytes(&statement->values[i]))
            g_free((gpointer)(gsize)statement->values[i].text);
    g_free(statement->values);
    g_free(statement->sql);
}

static void
settled_clear(gpointer data)
{
    g_clear_pointer(&((TuSettledLog *)data)->ids, g_array_unref);
}

/* ---- the pending list: each bucket once ---- */

/* The summary is left out: a collision costs less than hashing it. */
static guint
pending_hash(gconstpointer data)
{
    const TuPendingRow *row = data;
    return g_str_hash(row->bucket) * 31 + g_str_hash(row->tenant_key);
}

/* By the texts that the list's unique key has: a tenant is known there by its key's text. */
static gboolean
pending_equal(gconstpointer a, gconstpointer b)
{
    const TuPendingRow *left = a;
    const TuPendingRow *right = b;
    return left->source == right->source && left->summary == right->summary &&
           g_str_equal(left->bucket, right->bucket) &&
           g_str_equal(left->tenant_key, right->tenant_key);
}

static void
pending_free(gpointer data)
{
    TuPendingRow *row = data;
    g_free(row->tenant_key);
    g_free(row->bucket);
    g_free(row->problem);
    g_free(row);
}

TuChanges *
tu_changes_new(TuTally *tally)
{
    TuChanges *changes = g_new0(TuChanges, 1);
    changes->tally = tally;
    changes->deletes = g_array_new(FALSE, FALSE, sizeof(TuDelete));
    changes->settled = g_array_new(FALSE, FALSE, sizeof(TuSettledLog));
    changes->statements = g_array_new(FALSE, FALSE, sizeof(TuBoundStatement));
    changes->pending = g_hash_table_new_full(pending_hash, pending_equal, NULL, pending_free);
    changes->done = g_array_new(FALSE, FALSE, sizeof(gint64));
    changes->keyed = g_ptr_array_new_with_free_func(tu_keyed_change_free);
    g_array_set_clear_func(changes->deletes, delete_clear);
    g_array_set_clear_func(changes->settled, settled_clear);
    g_array_set_clear_func(changes->statements, statement_clear);
    changes->drift_of = g_new0(gint64, tally->snapshot->keeper->model->summaries->len);
    changes->uncertain = g_new0(GHashTable *, tally->snapshot->group->n_targets);
    changes->sealed = g_new0(GHashTable *, tally->snapshot->group->n_targets);
    changes->places = g_new0(GArray *, tally->snapshot->group->n_targets);
    changes->is_unclear = g_new0(gboolean, tally->snapshot->keeper->model->summaries->len);
    return changes;
}

void
tu_changes_free(TuChanges *changes)
{
    if (changes == NULL)
        return;
    for (guint i = 0; i < changes->tally->snapshot->group->n_targets; i++) {
        g_clear_pointer(&changes->uncertain[i], g_hash_table_unref);
        g_clear_pointer(&changes->sealed[i], g_hash_table_unref);
        g_clear_pointer(&changes->places[i], g_array_unref);
    }
    g_free(changes->uncertain);
    g_free(changes->sealed);
    g_free(changes->places);
    g_free(changes->is_unclear);
    g_free(changes->drift_of);
    g_array_unref(changes->deletes);
    g_array_unref(changes->settled);
    g_array_unref(changes->statements);
    g_hash_table_unref(changes->pending);
    g_array_unref(changes->done);
    g_ptr_array_unref(changes->keyed);
    tu_tally_free(changes->tally);
    g_free(changes);
}

void
tu_changes_note_place(TuChanges *changes, guint target, guint32 cell, gint64 place)
{
    GArray **places = &changes->places[target];
    if (place == 0)
        return;
    if (*places == NULL)
        *places = g_array_new(FALSE, TRUE, sizeof place);
    if (cell >= (*places)->len)
        g_array_set_size(*places, cell + 1);
    g_array_index(*places, gint64, cell) = place;
}

gint64
tu_changes_place(const TuChanges *changes, guint target, guint32 cell)
{
    const GArray *places = changes->places[target];
    return places != NULL && cell < places->len ? g_array_index(places, gint64, cell) : 0;
}

void
tu_changes_add(TuChanges *changes, const char *sql, const TuValue *values, guint n_values)
{
    TuBoundStatement statement = {g_strdup(sql), g_new(TuValue, n_values), n_values, FALSE, FALSE};
    for (guint i = 0; i < n_values; i++) {
        statement.values[i] = values[i];
        if (!tu_value_has_bytes(&values[i]))
            continue;
        char *copy = g_malloc0((gsize)values[i].bytes + 1); /* an empty text is not NULL */
        memcpy(copy, values[i].text, values[i].bytes);
        statement.values[i].text = copy;
    }
    g_array_append_val(changes->statements, statement);
}

void
tu_changes_add_if_none(TuChanges *changes, const char *sql, const TuValue *values, guint n_values)
{
    tu_changes_add(changes, sql, values, n_values);
    g_array_index(changes->statements, TuBoundStatement, changes->statements->len - 1)
        .only_if_none = TRUE;
}

void
tu_changes_uncertain(TuChanges *changes, guint target, guint32 tenant, TuBucket bucket)
{
    TuNamedBucket named = {tenant, bucket};
    if (changes->uncertain[target] == NULL)
        changes->uncertain[target] =
            g_hash_table_new_full(tu_named_bucket_hash, tu_named_bucket_equal, g_free, NULL);
    if (!g_hash_table_contains(changes->uncertain[target], &named))
        g_hash_table_add(changes->uncertain[target], g_memdup2(&named, sizeof named));
}

void
tu_changes_add_pending(TuChanges *changes, const TuSourceModel *source,
                       const TuSummaryModel *summary, const TuValue *tenant, TuBucket unit,
                       const char *problem)
{
    char bucket[TU_INSTANT_TEXT_BYTES];
    tu_bucket_format(summary->unit, unit, bucket);
    TuDictionary *dictionary = tu_cells_dictionary(changes->tally->cells);
    TuPendingRow *row = g_new0(TuPendingRow, 1);
    row->source = source;
    row->summary = summary;
    row->tenant = tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, *tenant));
    row->tenant_key = tu_tenant_key(tenant);
    row->bucket = g_strdup(bucket);
    row->problem = g_strdup(problem);
    /* The list has a bucket once; whoever knows what is wrong with it is not lost to who does not.
     * */
    TuPendingRow *known = g_hash_table_lookup(changes->pending, row);
    if (known == NULL) {
        g_hash_table_add(changes->pending, row);
        return;
    }
    if (known->problem == NULL)
        known->problem = g_steal_pointer(&row->problem);
    pending_free(row);
}

void
tu_changes_note_hour(TuChanges *changes, gint64 rows_read, gint64 cells_written)
{
    const TuKeeper *keeper = changes->tally->snapshot->keeper;
    TuValue now = tu_keeper_now();
    TuValue hour = now;
    hour.integer -= now.integer % TU_HOUR_US;
    TuValue values[] = {hour, now, tu_value_integer(rows_read), tu_value_integer(cells_written),
                        tu_value_text(keeper->worker)};
    tu_changes_add(changes,
                   "UPDATE trueup_run SET finished_at = ?2, rows_read = rows_read + ?3, "
                   "cells_written = cells_written + ?4, worker = ?5 "
                   "WHERE kind = 'settle' AND started_at = ?1 AND status = 'COMPLETED'",
                   values, G_N_ELEMENTS(values));
    tu_changes_add_if_none(
        changes,
        "INSERT INTO trueup_run(kind, status, started_at, finished_at, rows_read, "
        "cells_written, worker) VALUES ('settle', 'COMPLETED', ?1, ?2, ?3, ?4, ?5)",
        values, G_N_ELEMENTS(values));
    /* Workers of all groups add to this hour's row, so where a snapshot would refuse that, it is
     * written apart (write_shared in keep/compare/apply.c). */
    for (guint i = 1; i <= 2; i++)
        g_array_index(changes->statements, TuBoundStatement, changes->statements->len - i)
            .is_shared = TRUE;
}

void
tu_changes_add_failed_run(TuChanges *changes, const char *summary, const char *tenant,
                          const char *problem)
{
    TuValue values[] = {tu_value_text(summary), tu_value_text(tenant), tu_keeper_now(),
                        tu_value_text(changes->tally->snapshot->keeper->worker),
                        tu_value_text(problem)};
    tu_changes_add(changes,
                   "INSERT INTO trueup_run(kind, summary, tenant, status, started_at, finished_at, "
                   "worker, error) VALUES ('settle', ?1, ?2, 'FAILED', ?3, ?3, ?4, ?5)",
                   values, G_N_ELEMENTS(values));
}

void
tu_changes_retry_soon(TuChanges *changes)
{
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET next_attempt_at = NULL WHERE next_attempt_at IS NOT "
                   "NULL AND summary IN (SELECT name FROM trueup_summary WHERE group_name = ?1)",
                   (TuValue[]){tu_value_text(changes->tally->snapshot->group->name)}, 1);
}

void
tu_changes_retry_beside(TuChanges *changes, const TuSourceModel *source,
                        const TuSummaryModel *summary, const TuValue *tenant)
{
    g_autofree char *tenant_key = tu_tenant_key(tenant);
    TuValue values[] = {tu_value_text(source->spec->name), tu_value_text(summary->spec->name),
                        tu_value_text(tenant_key)};
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET next_attempt_at = NULL WHERE source = ?1 AND "
                   "summary = ?2 AND tenant_key = ?3 AND next_attempt_at IS NOT NULL",
                   values, G_N_ELEMENTS(values));
}

/* ---- comparing ---- */

/* A row of a label that no series has belongs to no target, and nothing is pending for it. */
static gboolean
is_uncertain(const TuChanges *changes, int target, guint32 tenant, TuBucket bucket)
{
    TuNamedBucket named = {tenant, bucket};
    return target >= 0 && changes->uncertain[target] != NULL &&
           g_hash_table_contains(changes->uncertain[target], &named);
}

/* Asked of every cell that is compared: most of the time no history is being built. */
static gboolean
is_unbuilt(TuTally *tally, const TuSummaryTable *table, guint32 tenant, TuBucket bucket)
{
    if (tally->snapshot->builds->len == 0)
        return FALSE;
    TuValue key = tu_dictionary_value(tu_cells_dictionary(tally->cells), tenant);
    TuDate date = tu_tally_bucket_date(tally, table->grain, tenant, bucket);
    return tu_snapshot_is_unbuilt(tally->snapshot, table->summary, &key, date);
}

/* Counts one compared cell; a difference is drift only where nothing is pending. */
static void
count_cell(TuChanges *changes, gboolean is_right, const TuSummaryTable *table, int target,
           TuCell *cell, const TuStoredCell *stored)
{
    guint32 tenant = cell != NULL ? cell->tenant : stored->tenant;
    TuBucket bucket = cell != NULL ? cell->bucket : stored->bucket;
    gboolean has_bucket = cell != NULL || stored->has_bucket;
    changes->n_checked++;
    changes->n_to_write += !is_right;
    gboolean awaits_build = has_bucket && is_unbuilt(changes->tally, table, tenant, bucket);
    if (awaits_build || changes->is_unclear[table->summary->spec->index] ||
        is_uncertain(changes, target, tenant, bucket)) {
        changes->n_pending++;
        changes->n_unbuilt += awaits_build;
    } else if (!is_right) {
        changes->n_drifted++;
        changes->drift_of[table->summary->spec->index]++;
        if (changes->on_drift != NULL)
            changes->on_drift(changes->tally, table, target >= 0 ? (guint)target : G_MAXUINT, cell,
                              stored, changes->on_drift_data);
    }
}

void
tu_changes_delete(TuChanges *changes, const TuStoredCell *stored)
{
    guint n = stored->table->summary->spec->dimensions->len;
    TuDelete row = {stored->table, stored->tenant, stored->bucket, stored->has_bucket,
                    g_new(guint32, n + 3)};
    row.key[0] = stored->label;
    row.key[1] = stored->tenant;
    row.key[2] = stored->bucket_text;
    memcpy(row.key + 3, stored->dimensions, n * sizeof(guint32));
    g_array_append_val(changes->deletes, row);
}

static GHashTable *
sealed_of(TuChanges *changes, guint target)
{
    if (changes->sealed[target] == NULL)
        changes->sealed[target] = g_hash_table_new(NULL, NULL);
    return changes->sealed[target];
}

/* TRUE if the row lies in a sealed bucket. Those of a tenant are written only where it has none: a
 * part of a first build that was done before, or what it had when it was here before, stays. */
static gboolean
leave_sealed(TuChanges *changes, const TuStoredCell *stored)
{
    TuTally *tally = changes->tally;
    const TuSummaryTable *table = stored->table;
    if (!tally->writes_sealed || !stored->has_bucket ||
        tu_tally_bucket_date(tally, table->grain, stored->tenant, stored->bucket) >=
            tu_boundary_of(tally->snapshot->boundaries, table->summary, table->grain).sealed_below)
        return FALSE;
    for (guint s = 0; s < table->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(table->summary->series, s);
        g_hash_table_add(sealed_of(changes, (guint)series->target[table->grain]),
                         GUINT_TO_POINTER(stored->tenant));
    }
    return TRUE;
}

/* TRUE if the cell is such a tenant's. */
static gboolean
is_left_sealed(const TuChanges *changes, const TuSummaryTable *table, guint target,
               const TuCell *cell)
{
    TuTally *tally = changes->tally;
    return changes->sealed[target] != NULL &&
           g_hash_table_contains(changes->sealed[target], GUINT_TO_POINTER(cell->tenant)) &&
           tu_tally_bucket_date(tally, table->grain, cell->tenant, cell->bucket) <
               tu_boundary_of(tally->snapshot->boundaries, table->summary, table->grain)
                   .sealed_below;
}

/* Decides about one stored row. A bucket that failed keeps what it has; a row without a cell, or
 * whose cell has no rows, is one that a GROUP BY would not give. */
static gboolean
compare_stored(const TuStoredCell *stored, gpointer data, GError **error)
{
    TuChanges *changes = data;
    TuTally *tally = changes->tally;
    TuCell *cell = stored->cell;
    const char *problem = NULL;
    if (leave_sealed(changes, stored))
        return TRUE;
    if (stored->target >= 0 && stored->has_bucket &&
        tu_tally_bucket_failed(tally, (guint)stored->target, stored->tenant, stored->bucket,
                               &problem))
        return TRUE;
    if (cell == NULL || cell->rows == 0) {
        tu_changes_delete(changes, stored);
        count_cell(changes, FALSE, stored->table, stored->target, NULL, stored);
        return TRUE;
    }
    gboolean is_right = tu_stored_equals(tally, (guint)stored->target, cell, stored->values);
    cell->mark = is_right ? TU_MARK_SAME : TU_MARK_WRITE;
    count_cell(changes, is_right, stored->table, stored->target, cell, stored);
    return TRUE;
}

/* Cells that no stored row answered to. */
static void
count_new_cells(TuChanges *changes, guint target)
{
    const TuTarget *where = &changes->tally->snapshot->group->targets[target];
    const TuSummaryTable *table = where->series->summary->tables[where->grain];
    const TuCellTable *cells = tu_cells_table(changes->tally->cells, target);
    for (guint32 i = 0; i < tu_cell_table_size(cells); i++) {
        TuCell *cell = tu_cell_table_cell(cells, i);
        const char *problem = NULL;
        if (cell->mark != TU_MARK_NEW)
            continue;
        if (cell->rows == 0 || is_left_sealed(changes, table, target, cell) ||
            tu_tally_bucket_failed(changes->tally, target, cell->tenant, cell->bucket, &problem)) {
            cell->mark = TU_MARK_LEAVE;
            continue;
        }
        count_cell(changes, FALSE, table, (int)target, cell, NULL);
    }
}

/* Stored rows first, each marking its cell: those left as NEW after all tables have none. */
gboolean
tu_changes_compare(TuChanges *changes, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !tu_stored_each_wanted(changes->tally, summary->tables[grain], compare_stored,
                                       changes, error))
                return FALSE;
    }
    for (guint target = 0; target < group->n_targets; target++)
        count_new_cells(changes, target);
    return TRUE;
}
