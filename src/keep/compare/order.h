/*
 * The order of writing: cells go into their table whole tenants together, then by the key, so that
 * neighbours in the table's index are written one after the other.
 */
#pragma once

#include "keep/compare/tally.h"

/* A cell to be written, and what it is sorted by. */
typedef struct {
    guint32 tenant_rank;
    guint32 target;
    TuBucket bucket;
    guint32 dimension_rank; /* of the first dimension; 0: there is none */
    guint32 cell;           /* its number in the target's table */
} TuOrdered;

/* Begins zeroed. */
typedef struct {
    TuTally *tally;
    guint32 *ranks; /* of the dictionary's numbers; NULL: their own order */
} TuOrder;

/* Of the values that the tally knows by now. */
void tu_order_init(TuOrder *order, TuTally *tally);
void tu_order_clear(TuOrder *order);

/* Adds the target's cells whose mark says that they are written or go to `cells` (of TuOrdered). */
void tu_order_add_target(const TuOrder *order, guint target, GArray *cells);

/* Sorts one table's cells, or many tables' at once: lists[i] is an array of TuOrdered. */
void tu_order_sort(const TuOrder *order, GPtrArray *lists);

/* The i-th cell of a sorted list that is gone through from its beginning: those after it are asked
 * for, since they lie anywhere in memory. */
TuCell *tu_order_cell(const TuOrder *order, const GArray *cells, guint i);
