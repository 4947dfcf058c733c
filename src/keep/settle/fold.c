#include "keep/settle/fold.h"

#include "keep/old/late.h"
#include "keep/compare/look_up.h"
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
    return !tu_snapshot_folds(data, series);
}

/* Series that do not fold are left out here; their places are noted by the settler
 * (keep/settle/places.h). */
static gboolean
add_image(const TuValue *row, gpointer data, GError **error)
{
    Folding *folding = data;
    guint weight_column = folding->source->expressions->len;
    folding->n_images++;
    tu_late_note_image(folding->changes->tally, folding->source, row);
    return tu_tally_add(folding->changes->tally, folding->source, row,
                        (int)row[weight_column].integer, does_not_fold,
                        folding->changes->tally->snapshot, error);
}

/* ---- one cell: stored + delta ---- */

/* Floats do not, nor does a sum that has outgrown what can be stored and read back. */
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
doubt(TuChanges *changes, const TuSought *sought)
{
    TuTally *tally = changes->tally;
    TuCell *cell = sought->cell;
    const TuTarget *target = &tally->snapshot->group->targets[sought->target];
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), cell->tenant);
    cell->mark = TU_MARK_LEAVE;
    tu_changes_add_pending(changes, target->series->source, target->series->summary, &tenant,
                           tu_tally_unit_in(tally, sought->target, cell->tenant, cell->bucket),
                           NULL);
}

/* FALSE: what is stored there cannot be added to exactly. */
static gboolean
merge_stored(TuTally *tally, const TuSought *sought, const TuValue *values)
{
    const TuLayout *layout = tally->snapshot->group->targets[sought->target].series->layout;
    g_autofree TuCell *stored = g_malloc0(layout->cell_bytes);
    if (!tu_stored_into_cell(tally, sought->target, values, stored) ||
        !folds_exactly(layout, stored))
        return FALSE;
    tu_cell_merge(tu_cells_table(tally->cells, sought->target), sought->cell, stored, 1);
    return TRUE;
}

/* Whatever the sum says that no rows could say is a doubt, never an error: recomputing finds out. A
 * cell whose last row went is deleted, as GROUP BY would not show it. */
static gboolean
add_stored(const TuSought *sought, const TuValue *values, gint64 place, gpointer data,
           GError **error)
{
    TuChanges *changes = data;
    TuTally *tally = changes->tally;
    TuCell *cell = sought->cell;
    const TuLayout *layout = tally->snapshot->group->targets[sought->target].series->layout;
    if (values != NULL && !merge_stored(tally, sought, values))
        doubt(changes, sought);
    else if (!tu_cell_is_possible(layout, cell) || !folds_exactly(layout, cell))
        doubt(changes, sought);
    else if (cell->rows > 0)
        cell->mark = values != NULL ? TU_MARK_WRITE : TU_MARK_NEW;
    else
        cell->mark = values != NULL ? TU_MARK_GONE : TU_MARK_LEAVE;
    if (cell->mark == TU_MARK_WRITE)
        tu_changes_note_place(changes, sought->target, sought->number, place);
    return TRUE;
}

/* ---- the batch ---- */

static gboolean
source_folds(const TuSnapshot *snapshot, const TuSourceModel *source)
{
    for (guint i = 0; i < source->series->len; i++)
        if (tu_snapshot_folds(snapshot, g_ptr_array_index(source->series, i)))
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
        if (tu_snapshot_folds(tally->snapshot, where->series))
            tally->wanted[target] = (TuWanted){
                .kind = TU_WANT_RANGE,
                .from_source = where->series->summary->parent[where->grain] < 0,
                .from = G_MININT32,
                .to = G_MAXINT32,
            };
    }
}

/* A cell of history that is not built yet is not settled: the build reads the rows later. One that
 * was removed or is sealed never is. */
static gboolean
is_left(TuTally *tally, const TuSought *sought)
{
    const TuSnapshot *snapshot = tally->snapshot;
    const TuTarget *where = &snapshot->group->targets[sought->target];
    const TuSummaryModel *summary = where->series->summary;
    if (snapshot->builds->len == 0 && snapshot->boundaries == NULL)
        return FALSE;
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), sought->cell->tenant);
    TuDate date =
        tu_tally_bucket_date(tally, where->grain, sought->cell->tenant, sought->cell->bucket);
    return date < tu_boundary_written_from(snapshot->boundaries, summary, where->grain) ||
           tu_snapshot_is_unbuilt(snapshot, summary, &tenant, date);
}

/* A cell that folding leaves as it is, or cannot tell, need not be looked up. */
static gboolean
is_sought(TuChanges *changes, const TuSought *sought)
{
    TuTally *tally = changes->tally;
    TuCell *cell = sought->cell;
    const TuLayout *layout = tally->snapshot->group->targets[sought->target].series->layout;
    if (is_left(tally, sought))
        cell->mark = TU_MARK_LEAVE;
    else if (tu_cell_failure(tu_cells_table(tally->cells, sought->target), cell) != NULL ||
             !folds_exactly(layout, cell))
        doubt(changes, sought);
    else if (cell->rows == 0 && tu_cell_is_possible(layout, cell))
        cell->mark = TU_MARK_LEAVE;
    return cell->mark != TU_MARK_LEAVE;
}

/* All cells of a table, of every series that folds. Others, if any, are the truth already. */
static gboolean
fold_table(TuChanges *changes, const TuSummaryTable *table, GError **error)
{
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(TuSought));
    for (guint s = 0; s < table->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(table->summary->series, s);
        guint target = (guint)series->target[table->grain];
        const TuCellTable *cells = tu_cells_table(changes->tally->cells, target);
        if (!tu_snapshot_folds(changes->tally->snapshot, series))
            continue;
        for (guint32 i = 0; i < tu_cell_table_size(cells); i++) {
            TuSought sought = {target, i, tu_cell_table_cell(cells, i)};
            if (is_sought(changes, &sought))
                g_array_append_val(wanted, sought);
        }
    }
    return tu_look_up(changes->tally, table, wanted, add_stored, changes, error);
}

/* All grains: each table has its own stored cells to add to. */
static gboolean
fold_tables(TuChanges *changes, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !fold_table(changes, summary->tables[grain], error))
                return FALSE;
    }
    return TRUE;
}

/* The entries of each one-table source in one pass over its log, for all of its series and
 * grains. */
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
        guint position = tu_captured_position(captured);
        gint64 up_to = batch->up_to[position];
        char texts[2][TU_ENTRY_TEXT_BYTES];
        TuValue range[] = {
            tu_database_entry_value(db, tu_batch_after(batch, position) + 1, texts[0]),
            tu_database_entry_value(db, up_to, texts[1])};
        if (source->is_joined || !source_folds(tally->snapshot, source) || up_to == 0)
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
    return fold_tables(changes, error);
}
