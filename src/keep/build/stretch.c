#include "keep/build/stretch.h"

#include "keep/compare/apply.h"
#include "keep/fail/bisect.h"
#include "keep/rows.h"
#include "keep/compare/uncertain.h"
#include "keep/fail/unwritable.h"
#include "time/instant.h"

/* More slices than this would mean that one tenant's period does not fit into memory. */
#define SLICES_LIMIT 64

/* ---- one slice ---- */

TuTally *
tu_stretch_tally(TuSnapshot *snapshot, const TuStretch *stretch)
{
    TuTally *tally = tu_tally_new(snapshot);
    if (stretch->tenants != NULL)
        tally->only = g_hash_table_new(NULL, NULL);
    for (guint i = 0; stretch->tenants != NULL && i < stretch->tenants->len; i++) {
        TuValue tenant = g_array_index(stretch->tenants, TuValue, i);
        guint32 id = tu_dictionary_intern(tu_cells_dictionary(tally->cells), tenant);
        g_hash_table_add(tally->only, GUINT_TO_POINTER(id));
    }
    return tally;
}

/* Without finer cells beside them, a grain's are counted from the source. */
static void
leave_grains(TuTally *tally, guint grains)
{
    for (guint target = 0; target < tally->snapshot->group->n_targets; target++) {
        TuWanted *wanted = &tally->wanted[target];
        if ((grains & 1u << tally->snapshot->group->targets[target].grain) == 0)
            *wanted = (TuWanted){.kind = TU_WANT_NONE};
        wanted->from_source = wanted->kind != TU_WANT_NONE;
    }
}

static TuTally *
prepare_tally(TuSnapshot *snapshot, const TuStretch *stretch, guint slice)
{
    TuTally *tally = tu_stretch_tally(snapshot, stretch);
    tally->limit_bytes = tu_keeper_cells_bytes(snapshot->keeper);
    tally->n_slices = stretch->n_slices;
    tally->slice = slice;
    tally->writes_sealed = stretch->writes_sealed;
    tally->moved = stretch->moved;
    for (guint i = 0; i < stretch->summaries->len; i++)
        tu_truth_want_range(tally, g_ptr_array_index(stretch->summaries, i), stretch->range);
    if (stretch->grains != 0)
        leave_grains(tally, stretch->grains);
    return tally;
}

/* What of the stretch cannot be made from stored finer cells is read from the source. */
static void
read_all_from_source(TuTally *tally)
{
    for (guint target = 0; target < tally->snapshot->group->n_targets; target++)
        tally->wanted[target].from_source = tally->wanted[target].kind != TU_WANT_NONE;
}

static gboolean
count_once(TuSnapshot *snapshot, const TuStretch *stretch, guint slice, gboolean has_holes,
           TuTally **ret_tally, GError **error)
{
    gboolean cannot_roll_up = FALSE;
    for (int attempt = 0; attempt < 2; attempt++) {
        g_autoptr(TuTally) tally = prepare_tally(snapshot, stretch, slice);
        if (has_holes)
            tally->holes = tu_holes_new();
        if (attempt > 0)
            read_all_from_source(tally);
        if (!tu_truth_count(tally, &cannot_roll_up, error))
            return FALSE;
        if (!cannot_roll_up || attempt > 0) {
            *ret_tally = g_steal_pointer(&tally);
            return TRUE;
        }
    }
    g_assert_not_reached();
}

/* As a whole; if some row does not let it, again in parts that leave the row's buckets out. */
static gboolean
count_truth(TuSnapshot *snapshot, const TuStretch *stretch, guint slice, TuTally **ret_tally,
            GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (count_once(snapshot, stretch, slice, FALSE, ret_tally, &local))
        return TRUE;
    if (!tu_bisect_may_help(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return tu_transaction_back(&snapshot->txn, error) &&
           count_once(snapshot, stretch, slice, TRUE, ret_tally, error);
}

/* TRUE if some bucket of the target failed by itself. */
static gboolean
has_failures(TuTally *tally, guint target)
{
    GHashTable *failures = tu_tally_failures(tally, target);
    GHashTableIter iter;
    gpointer message;
    if (failures == NULL)
        return FALSE;
    g_hash_table_iter_init(&iter, failures);
    while (g_hash_table_iter_next(&iter, NULL, &message))
        if (!tu_holes_explain(tally->holes, message))
            return TRUE;
    return FALSE;
}

/* TRUE if the failure came up from a finer cell, which is noted itself. */
static gboolean
is_inherited(TuTally *tally, guint target)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    int parent = where->series->summary->parent[where->grain];
    return parent >= 0 && has_failures(tally, (guint)where->series->target[parent]);
}

/* Of very many buckets that fail together a person reads a few; all of them are on the list. */
#define HOLES_NAMED 200

/* Those that are not named, of each summary. */
static void
count_others(const TuTally *tally, TuResult *result)
{
    const GPtrArray *summaries = tally->snapshot->group->summaries;
    for (guint s = 0; s < summaries->len; s++) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, s);
        guint n = 0;
        for (guint i = HOLES_NAMED; i < tally->holes->list->len; i++)
            n += g_array_index(tally->holes->list, TuHole, i).summary == summary;
        g_autofree char *text = g_strdup_printf("%u more buckets failed like this", n);
        if (n > 0)
            tu_result_fail(result, summary->spec->name, NULL, text);
    }
}

static void
note_holes(TuChanges *changes, TuResult *result)
{
    TuTally *tally = changes->tally;
    tu_holes_tell(tally->holes, result);
    guint n = tally->holes != NULL ? tally->holes->list->len : 0;
    for (guint i = 0; i < n; i++) {
        const TuHole *hole = &g_array_index(tally->holes->list, TuHole, i);
        TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), hole->tenant);
        tu_changes_add_pending(changes, hole->source, hole->summary, &tenant, hole->unit,
                               hole->message);
        if (i < HOLES_NAMED)
            tu_result_fail_bucket(result, hole->summary, &tenant, hole->summary->unit, hole->unit,
                                  hole->message);
    }
    if (n > HOLES_NAMED)
        count_others(tally, result);
}

static void
note_failures(TuChanges *changes, TuResult *result)
{
    TuTally *tally = changes->tally;
    const TuGroup *group = tally->snapshot->group;
    for (guint target = 0; target < group->n_targets; target++) {
        const TuTarget *where = &group->targets[target];
        GHashTable *failures = tu_tally_failures(tally, target);
        GHashTableIter iter;
        gpointer key;
        gpointer message;
        if (failures == NULL || is_inherited(tally, target))
            continue;
        g_hash_table_iter_init(&iter, failures);
        while (g_hash_table_iter_next(&iter, &key, &message)) {
            const TuNamedBucket *named = key;
            if (tu_holes_explain(tally->holes, message))
                continue;
            TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), named->tenant);
            gboolean is_under_way = g_str_equal(message, TU_UNDER_WAY);
            tu_changes_add_pending(changes, where->series->source, where->series->summary, &tenant,
                                   tu_tally_unit_in(tally, target, named->tenant, named->bucket),
                                   is_under_way ? NULL : message);
            if (!is_under_way)
                tu_result_fail_bucket(result, where->series->summary, &tenant, where->grain,
                                      named->bucket, message);
        }
    }
}

static gboolean
has_tenant(const TuStretch *stretch, const TuValue *tenant)
{
    for (guint i = 0; stretch->tenants != NULL && i < stretch->tenants->len; i++)
        if (tu_value_equal(&g_array_index(stretch->tenants, TuValue, i), tenant))
            return TRUE;
    return stretch->tenants == NULL;
}

/* Of those that it is about. */
static void
note_bad_tenants(const TuSnapshot *snapshot, const TuStretch *stretch, TuResult *result)
{
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(snapshot->tenants, i);
        g_autofree char *text = tu_value_to_text(&tenant->key);
        if (tenant->error != NULL && has_tenant(stretch, &tenant->key))
            tu_result_fail(result, NULL, text, tenant->error);
    }
}

gboolean
tu_stretch_compare(TuSnapshot *snapshot, const TuStretch *stretch, guint slice,
                   TuChanges **ret_changes, TuResult *result, GError **error)
{
    TuTally *tally = NULL;
    if (!count_truth(snapshot, stretch, slice, &tally, error))
        return FALSE;
    g_autoptr(TuChanges) changes = tu_changes_new(tally);
    changes->may_split = TRUE;
    changes->on_drift = stretch->on_drift;
    changes->on_drift_data = stretch->on_drift_data;
    if (stretch->counts_drift && !tu_uncertain_mark(changes, error))
        return FALSE;
    if (!tu_changes_compare(changes, error))
        return FALSE;
    note_holes(changes, result);
    note_failures(changes, result);
    note_bad_tenants(snapshot, stretch, result);
    result->rows_read += tally->rows_read;
    result->cells_checked += changes->n_checked;
    result->cells_pending += changes->n_pending;
    result->cells_unbuilt += changes->n_unbuilt;
    if (stretch->counts_drift)
        result->cells_drifted += changes->n_drifted;
    *ret_changes = g_steal_pointer(&changes);
    return TRUE;
}

static gboolean
compare_slices(TuSnapshot *snapshot, const TuStretch *stretch, TuResult *result, GError **error)
{
    for (guint slice = 0; slice < stretch->n_slices; slice++) {
        g_autoptr(TuChanges) changes = NULL;
        if (!tu_stretch_compare(snapshot, stretch, slice, &changes, result, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tu_stretch_compare_all(TuSnapshot *snapshot, TuStretch *left, TuResult *result, GError **error)
{
    TuStretch part = *left;
    while (part.range.to > part.range.from) {
        g_autoptr(GError) local = NULL;
        TuResult before = *result;
        if (compare_slices(snapshot, &part, result, &local)) {
            left->range.to = part.range.to = part.range.from;
            part.range.from = left->range.from;
            continue;
        }
        if (!tu_error_is(local, TU_ERROR_LIMIT)) {
            left->is_too_large = tu_error_is(local, TU_ERROR_ROWS);
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        tu_result_restore(result, &before); /* slices before the large one are counted again */
        if (!tu_stretch_shrink(snapshot, &part, error)) {
            left->is_too_large = part.is_too_large;
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- writing ---- */

/* TRUE if some bucket of any age was wanted of the source, so that all its rows were read. */
static gboolean
is_read_whole(const TuTally *tally, const TuSourceModel *source)
{
    for (guint s = 0; s < source->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, s);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            const TuWanted *wanted =
                series->target[grain] >= 0 ? &tally->wanted[series->target[grain]] : NULL;
            if (wanted != NULL && wanted->from_source && wanted->kind == TU_WANT_RANGE &&
                wanted->from == G_MININT32 && wanted->to == G_MAXINT32)
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean
is_read(const TuStretch *stretch, const TuSourceModel *source)
{
    for (guint s = 0; s < source->series->len && source->problem == NULL; s++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, s);
        if (g_ptr_array_find(stretch->summaries, series->summary, NULL))
            return TRUE;
    }
    return FALSE;
}

/* The rows that count nowhere are known exactly when all rows were read. */
static void
note_uncounted(TuChanges *into, const TuChanges *changes, const TuStretch *stretch)
{
    const TuGroup *group = changes->tally->snapshot->group;
    gboolean is_whole = stretch->range.from == G_MININT32 && stretch->range.to == G_MAXINT32 &&
                        stretch->tenants == NULL && stretch->n_slices <= 1 &&
                        changes->tally->holes == NULL;
    TuValue now = tu_keeper_now();
    for (guint i = 0; is_whole && i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        const TuUncounted *counts = &changes->tally->uncounted[source->spec->index];
        TuValue values[] = {tu_value_text(source->spec->name),
                            tu_value_integer(counts->without_tenant),
                            tu_value_integer(counts->without_time),
                            tu_value_integer(counts->of_unknown_tenants), now};
        if (is_read(stretch, source) && is_read_whole(changes->tally, source))
            tu_changes_add(into,
                           "UPDATE trueup_source SET without_tenant = ?2, without_time = ?3, "
                           "of_unknown_tenants = ?4, counted_at = ?5 WHERE name = ?1",
                           values, G_N_ELEMENTS(values));
    }
}

static void
note_drift(TuChanges *into, const TuChanges *changes, const TuStretch *stretch)
{
    for (guint i = 0; i < stretch->summaries->len && stretch->counts_drift; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        TuValue values[] = {tu_value_text(summary->spec->name),
                            tu_value_integer(changes->drift_of[summary->spec->index])};
        if (values[1].integer > 0)
            tu_changes_add(into, "UPDATE trueup_summary SET drift = drift + ?2 WHERE name = ?1",
                           values, G_N_ELEMENTS(values));
    }
}

void
tu_stretch_note(TuChanges *into, const TuChanges *found, const TuStretch *stretch, guint slice,
                TuFinish finish, gpointer finish_data)
{
    /* Of a snapshot that others' turns came after only what those have counted since is right. */
    if (into == found)
        note_uncounted(into, found, stretch);
    note_drift(into, found, stretch);
    if (stretch->on_slice != NULL)
        stretch->on_slice(into, stretch->on_slice_data);
    if (finish != NULL && slice + 1 == stretch->n_slices)
        finish(into, finish_data);
}

/* Cells that their table does not take are left as they are stored, and the others written. */
gboolean
tu_stretch_apply(TuSnapshot *snapshot, const TuStretch *stretch, guint slice, TuChanges *changes,
                 TuFinish finish, gpointer finish_data, TuResult *result, GError **error)
{
    g_autoptr(GError) local = NULL;
    gboolean found = FALSE;
    guint n_statements = changes->statements->len;
    tu_stretch_note(changes, changes, stretch, slice, finish, finish_data);
    gboolean is_written = tu_apply(snapshot, changes, &local);
    if (!is_written && tu_bisect_may_help(local)) {
        if (!tu_unwritable_set_aside(changes, result, &found, error))
            return FALSE;
        g_array_set_size(changes->statements, n_statements); /* what they say of failures is new */
        tu_stretch_note(changes, changes, stretch, slice, finish, finish_data);
        if (found)
            g_clear_error(&local);
        is_written = found && tu_apply(snapshot, changes, &local);
    }
    if (!is_written) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    result->cells_written += changes->n_written;
    return TRUE;
}

static gboolean
write_slice(TuSnapshot *snapshot, const TuStretch *stretch, guint slice, TuFinish finish,
            gpointer finish_data, TuResult *result, GError **error)
{
    g_autoptr(TuChanges) changes = NULL;
    return tu_stretch_compare(snapshot, stretch, slice, &changes, result, error) &&
           tu_stretch_apply(snapshot, stretch, slice, changes, finish, finish_data, result, error);
}

gboolean
tu_stretch_write(TuSnapshot *snapshot, const TuStretch *stretch, TuFinish finish,
                 gpointer finish_data, TuResult *result, GError **error)
{
    gint64 turn = 0;
    for (guint slice = 0; slice < stretch->n_slices; slice++) {
        g_auto(TuSnapshot) next = {.txn = TU_TRANSACTION_INIT};
        TuSnapshot *current = slice == 0 ? snapshot : &next;
        if (slice > 0 && !tu_snapshot_begin(&next, snapshot->keeper, snapshot->group, error))
            return FALSE;
        if (slice > 0 && next.turn != turn) {
            g_set_error_literal(error, TU_ERROR, TU_ERROR_BUSY,
                                "another worker settled between two parts of this work");
            return FALSE;
        }
        if (!write_slice(current, stretch, slice, finish, finish_data, result, error))
            return FALSE;
        turn = current->turn;
    }
    return TRUE;
}

/* ---- when it does not fit ---- */

/* The first and the last local date that have rows. */
static gboolean
find_extent(TuSnapshot *snapshot, const TuStretch *stretch, TuDate *ret_oldest, TuDate *ret_newest,
            GError **error)
{
    g_autoptr(TuTally) tally = prepare_tally(snapshot, stretch, 0);
    TuDate oldest = G_MAXINT32;
    TuDate newest = G_MININT32;
    tally->n_slices = 1;
    tally->holes = tu_holes_new();
    for (guint i = 0; i < snapshot->group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(snapshot->group->sources, i);
        if (is_read(stretch, source) && !tu_bisect_extent(tally, source, &oldest, &newest, error))
            return FALSE;
    }
    *ret_oldest = MAX(oldest, stretch->range.from);
    *ret_newest = stretch->range.to == G_MAXINT32 ? newest : MIN(newest, stretch->range.to - 1);
    return TRUE;
}

/* The longest grain kept: chunks that begin with its periods read no row twice. */
static TuGrain
longest_grain(const TuStretch *stretch)
{
    TuGrain longest = TU_GRAIN_DAY;
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        for (int grain = TU_GRAIN_DAY; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL && (TuGrain)grain > longest)
                longest = (TuGrain)grain;
    }
    return longest;
}

gboolean
tu_stretch_slice(const TuSnapshot *snapshot, TuStretch *stretch, GError **error)
{
    stretch->n_slices *= 2;
    if (stretch->n_slices <= SLICES_LIMIT)
        return TRUE;
    stretch->is_too_large = TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "one period of one tenant has more cells than `refresh: memory` allows (%zu "
                "bytes): raise it",
                snapshot->keeper->memory_bytes);
    return FALSE;
}

gboolean
tu_stretch_shrink(TuSnapshot *snapshot, TuStretch *stretch, GError **error)
{
    TuDate oldest = 0;
    TuDate newest = 0;
    g_autoptr(GError) local = NULL;
    if (!find_extent(snapshot, stretch, &oldest, &newest, &local)) {
        stretch->is_too_large = tu_error_is(local, TU_ERROR_ROWS);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    stretch->oldest = oldest;
    stretch->newest = newest;
    if (oldest < newest) {
        TuDate middle = oldest + (newest - oldest + 1) / 2;
        TuDate aligned = tu_date_floor(longest_grain(stretch), middle);
        stretch->range.from = aligned > oldest ? aligned : middle;
        return TRUE;
    }
    return tu_stretch_slice(snapshot, stretch, error);
}
