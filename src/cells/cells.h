/*
 * Cells: the hash table in which rows become cells.
 *
 * A TuCells holds one table of cells a *target*: one series at one grain. Keys are numbers (tenant
 * and dimensions from the dictionary, the bucket as it is), so adding a row costs a hash of a few
 * integers. Cells lie in blocks and never move; a cell is addressed by its number in its table.
 */
#pragma once

#include "cells/layout.h"

typedef struct TuCellTable TuCellTable;
typedef struct TuCells TuCells;

/* Cells of several tables that share one dictionary. `layouts` live longer than the cells. */
TuCells *tu_cells_new(const TuLayout *const *layouts, guint n_tables);
void tu_cells_free(TuCells *cells);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuCells, tu_cells_free)

TuDictionary *tu_cells_dictionary(TuCells *cells);
TuCellTable *tu_cells_table(TuCells *cells, guint table);

/* Memory held, in bytes: cells, index, sets, dictionary. Cheap. */
gsize tu_cells_bytes(const TuCells *cells);

/* TRUE while every cell's result is sure to fit: nothing failed, no sum outgrew 64 bits. */
gboolean tu_cells_are_sound(const TuCells *cells);

/* The cell with that key, added with zero states if there is none. */
TuCell *tu_cell_table_get(TuCellTable *table, guint32 tenant, TuBucket bucket,
                          const guint32 *dimensions);

/* The same, NULL if there is none. */
TuCell *tu_cell_table_find(const TuCellTable *table, guint32 tenant, TuBucket bucket,
                           const guint32 *dimensions);

guint32 tu_cell_table_size(const TuCellTable *table);
TuCell *tu_cell_table_cell(const TuCellTable *table, guint32 index);
const TuLayout *tu_cell_table_layout(const TuCellTable *table);

/* Adds `input` to measure `measure` of a cell of this table; see tu_measure_add. count_distinct
 * takes weight +1 only. */
gboolean tu_cell_add(TuCellTable *table, TuCell *cell, guint measure, TuValue input, int weight);

/* Sets a zero measure of a cell from what is stored; see tu_measure_from_stored. The cell need not
 * be one of this table, but it is of its layout. */
gboolean tu_cell_from_stored(TuCellTable *table, TuCell *cell, guint measure, TuValue result,
                             TuValue sum, TuValue n);

/* See tu_measure_result; the digits of a long decimal live as long as the cells. */
gboolean tu_cell_result(TuCellTable *table, TuCell *cell, guint measure, TuValue *ret_result,
                        TuValue *ret_sum, gint64 *ret_n);

/* into += weight * from: rows and every measure but count_distinct, whose sets are merged by
 * tu_cell_table_merge_sets once all cells are. */
void tu_cell_merge(TuCellTable *into_table, TuCell *into, const TuCell *from, int weight);

/* For count_distinct: adds the values of every cell of `from` to its parent in `into`;
 * parents[i] is the parent of cell i of `from`, NULL = none. */
void tu_cell_table_merge_sets(TuCellTable *into, const TuCellTable *from, TuCell *const *parents);

/* The state of a measure. */
static inline void *
tu_cell_state(const TuLayout *layout, TuCell *cell, guint measure)
{
    return (char *)cell + layout->measures[measure].offset;
}

/* FALSE if no rows could give such a cell: fewer than no rows, more values than rows, values
 * without rows, or a sum of no values. That is what a cell from which something was taken away may
 * be for a while. It must not be stored: a sum of no values would be NULL there, and lost. */
gboolean tu_cell_is_possible(const TuLayout *layout, TuCell *cell);

/* Notes that the cell cannot be right (a value of the wrong type, an overflow); the first message
 * stays. The message is taken over. */
void tu_cell_fail(TuCellTable *table, TuCell *cell, char *message);

/* The message, or NULL. */
const char *tu_cell_failure(const TuCellTable *table, const TuCell *cell);
