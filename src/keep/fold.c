#include "keep/fold.h"

#include "keep/rows.h"
#include "schema/source_sql.h"

typedef struct {
    TuChanges *changes;
    const TuSourceModel *source;
    gint64 n_images;
} Folding;

static gboolean
does_not_fold(const TuSeriesModel *series, gpointer data)
{
    return !series->is_foldable;
}

static gboolean
add_image(const TuValue *row, gpointer data, GError **error)
{
    Folding *folding = data;
    guint weight_column = folding->source->expressions->len;
    folding->n_images++;
    return tu_tally_add(folding->changes->tally, folding->source, row,
                        (int)row[weight_column].integer, does_not_fold, NULL, error);
}

/* ---- one cell: stored + delta ---- */

typedef struct {
    TuChanges *changes;
    guint target;
} Adding;

static gboolean
folds_exactly(const TuLayout *layout, TuCell *cell)
{
    for (guint i = 0; i < layout->n_measures; i++)
        if (!tu_measure_folds_exactly(&layout->measures[i], tu_cell_state(layout, cell, i)))
            return FALSE;
    return TRUE;
}

/* The pending list names unit buckets; a cell of any grain is named by its first one. */
static void
doubt(const Adding *adding, TuCell *cell)
{
    TuTally *tally = adding->changes->tally;
    const TuTarget *target = &tally->snapshot->group->targets[adding->target];
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), cell->tenant);
    cell->mark = TU_MARK_LEAVE;
    tu_changes_add_pending(adding->changes, target->series->source, target->series->summary,
                           &tenant, tu_tally_unit_in(tally, adding->target, cell->tenant, cell->bucket), NULL);
}

static gboolean
add_stored(TuCell *cell, const TuValue *values, gpointer data, GError **error)
{
    const Adding *adding = data;
    TuTally *tally = adding->changes->tally;
    const TuLayout *layout = tally->snapshot->group->targets[adding->target].series->layout;
    TuCellTable *table = tu_cells_table(tally->cells, adding->target);
    if (tu_cell_failure(table, cell) != NULL || !folds_exactly(layout, cell)) {
        doubt(adding, cell);
        return TRUE;
    }
    if (cell->rows == 0 && tu_cell_is_possible(layout, cell)) {
        cell->mark = TU_MARK_LEAVE;
        return TRUE;
    }
    if (values != NULL) {
        g_autofree TuCell *stored = g_malloc0(layout->cell_bytes);
        gboolean is_exact = tu_stored_into_cell(tally, adding->target, values, stored) &&
                            folds_exactly(layout, stored);
        if (!is_exact) {
            doubt(adding, cell);
            return TRUE;
        }
        tu_cell_merge(table, cell, stored, 1);
    }
    if (!tu_cell_is_possible(layout, cell) || !folds_exactly(layout, cell))
        doubt(adding, cell);
    else if (cell->rows > 0)
        cell->mark = values != NULL ? TU_MARK_WRITE : TU_MARK_NEW;
    else
        cell->mark = values != NULL ? TU_MARK_GONE : TU_MARK_LEAVE;
    return TRUE;
}

/* ---- the batch ---- */

static gboolean
source_folds(const TuSourceModel *source)
{
    for (guint i = 0; i < source->series->len; i++)
        if (((const TuSeriesModel *)g_ptr_array_index(source->series, i))->is_foldable)
            return TRUE;
    return FALSE;
}

/* All buckets of all foldable series; coarser ones are made from the finer deltas. */
static void
want_everything(TuTally *tally)
{
    const TuGroup *group = tally->snapshot->group;
    for (guint target = 0; target < group->n_targets; target++) {
        const TuTarget *where = &group->targets[target];
        if (where->series->is_foldable)
            tally->wanted[target] = (TuWanted){
                .kind = TU_WANT_RANGE,
                .from_source = where->series->summary->parent[where->grain] < 0,
                .from = G_MININT32,
                .to = G_MAXINT32,
            };
    }
}

/* Cells of history that is not built yet are not settled: the build reads the rows later. */
static void
drop_unbuilt(TuTally *tally, guint target)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    const TuCellTable *table = tu_cells_table(tally->cells, target);
    if (tally->snapshot->builds->len == 0)
        return;
    for (guint32 i = 0; i < tu_cell_table_size(table); i++) {
        TuCell *cell = tu_cell_table_cell(table, i);
        TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), cell->tenant);
        TuDate date = tu_tally_bucket_date(tally, where->grain, cell->tenant, cell->bucket);
        if (tu_snapshot_is_unbuilt(tally->snapshot, where->series->summary, &tenant, date))
            cell->mark = TU_MARK_LEAVE;
    }
}

static gboolean
add_unless_left(TuCell *cell, const TuValue *values, gpointer data, GError **error)
{
    return cell->mark == TU_MARK_LEAVE || add_stored(cell, values, data, error);
}

gboolean
tu_fold_batch(TuChanges *changes, const TuBatch *batch, gint64 *ret_images, GError **error)
{
    TuTally *tally = changes->tally;
    const TuGroup *group = tally->snapshot->group;
    want_everything(tally);
    *ret_images = 0;
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        const TuCaptured *captured = g_ptr_array_index(source->tables, 0);
        Folding folding = {changes, source, 0};
        TuDatabase *db = tally->snapshot->keeper->db;
        gint64 up_to = batch->up_to[tu_captured_position(captured)];
        char texts[2][TU_ENTRY_TEXT_BYTES];
        TuValue range[] = {tu_database_entry_value(db, 0, texts[0]),
                           tu_database_entry_value(db, up_to, texts[1])};
        if (source->is_joined || !source_folds(source) || up_to == 0)
            continue;
        g_autofree char *sql = tu_source_select_images(source, tu_database_dialect(db));
        if (!tu_rows_each(tally->snapshot->keeper->db, sql, range, G_N_ELEMENTS(range), FALSE,
                          add_image, &folding, error)) {
            g_prefix_error(error, "source %s: ", source->spec->name);
            return FALSE;
        }
        *ret_images += folding.n_images;
    }
    tu_tally_roll_up(tally);
    for (guint target = 0; target < group->n_targets; target++) {
        Adding adding = {changes, target};
        drop_unbuilt(tally, target);
        if (!tu_stored_look_up(tally, target, add_unless_left, &adding, error))
            return FALSE;
    }
    return TRUE;
}
