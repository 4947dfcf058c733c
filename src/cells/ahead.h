/*
 * Ahead: the keys of cells that are wanted soon, so that their memory is waited for together.
 *
 *   tu_ahead_add     each key: hash it, ask for its slot           ┐ nothing waits here
 *   tu_ahead_fetch   each slot: ask for the cell that it names     ┘
 *   tu_ahead_get     each cell, in the order of the keys: it is at hand
 *
 * In a large table a cell is two or three cache misses away, and one miss after the other is most
 * of what adding a row costs. Nothing is decided ahead: a cell that an earlier key of the same
 * round added is found by a later one.
 */
#pragma once

#include "cells/cells.h"

/* Keys of a round: more than a processor's open misses, few enough that their cells stay in its
 * first cache. */
#define TU_AHEAD_KEYS 64

typedef struct {
    TuCellTable *table;
    TuBucket bucket;
    guint32 tenant;
    guint32 hash;
    guint32 dimensions; /* where they begin */
} TuAheadKey;

/* The caller's storage, several kilobytes: of it only `n` is set at first (0) and may be read. */
typedef struct {
    guint n;
    guint n_dimensions;
    TuAheadKey keys[TU_AHEAD_KEYS];
    guint32 dimensions[TU_AHEAD_KEYS * TU_DIMENSIONS_LIMIT];
} TuAhead;

/* Begins a round. */
static inline void
tu_ahead_clear(TuAhead *ahead)
{
    ahead->n = 0;
    ahead->n_dimensions = 0;
}

/* TRUE if no key may be added any more in this round. */
static inline gboolean
tu_ahead_is_full(const TuAhead *ahead)
{
    return ahead->n == TU_AHEAD_KEYS;
}

/* Adds a key; its number in this round is `n` before. The dimensions are copied. */
void tu_ahead_add(TuAhead *ahead, TuCellTable *table, guint32 tenant, TuBucket bucket,
                  const guint32 *dimensions);

/* Asks for the cells of all keys; once, after the last was added. */
void tu_ahead_fetch(const TuAhead *ahead);

/* The cell of the i-th key: tu_cell_table_get, tu_cell_table_find. */
TuCell *tu_ahead_get(const TuAhead *ahead, guint i);
TuCell *tu_ahead_find(const TuAhead *ahead, guint i);
