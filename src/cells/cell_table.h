/*
 * Cell tables inside cells/: looking a key up in steps, so that those who want many cells can wait
 * for the memory of all of them at once (ahead.h). Hash, fetch the slot, fetch the cell, get or
 * find.
 */
#pragma once

#include "cells/cells.h"

guint32 tu_cell_table_hash(const TuCellTable *table, guint32 tenant, TuBucket bucket,
                           const guint32 *dimensions);

/* Asks the memory for the key's slot, and later for the cell that the slot names. Hints only: the
 * table may change between the steps. */
void tu_cell_table_fetch_slot(const TuCellTable *table, guint32 hash);
void tu_cell_table_fetch_cell(const TuCellTable *table, guint32 hash);

/* tu_cell_table_get and tu_cell_table_find of a key whose hash is known. */
TuCell *tu_cell_table_get_hashed(TuCellTable *table, guint32 hash, guint32 tenant, TuBucket bucket,
                                 const guint32 *dimensions);
TuCell *tu_cell_table_find_hashed(const TuCellTable *table, guint32 hash, guint32 tenant,
                                  TuBucket bucket, const guint32 *dimensions);
