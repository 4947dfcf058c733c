/*
 * Looking up: the stored rows of cells, by their keys.
 *
 *   cells of a table ─▶ in the key's order ─▶ those with NULLs in the same columns together
 *                         few: one SELECT each, put together · many: given rows (db/given.h)
 */
#pragma once

#include "keep/compare/stored.h"

/* A cell whose stored row is wanted. */
typedef struct {
    guint target;
    guint32 number; /* the cell's in its table */
    TuCell *cell;
} TuSought;

/* For each cell `visit` gets the stored row (TU_STORED_..., without its key), or NULL values where
 * there is none, and where that row lies if the database says so (db/given.h), else 0. `sought` (of
 * TuSought, all of this table) is used up. */
typedef gboolean (*TuLookUpVisit)(const TuSought *sought, const TuValue *values, gint64 place,
                                  gpointer data, GError **error);
gboolean tu_look_up(TuTally *tally, const TuSummaryTable *table, GArray *sought,
                    TuLookUpVisit visit, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
