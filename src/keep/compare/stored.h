/*
 * Stored cells: what the summary tables hold at the snapshot.
 */
#pragma once

#include "keep/compare/tally.h"
#include "schema/summary_table.h"

/* A row of a summary table, read. */
typedef struct {
    const TuSummaryTable *table;
    const TuSeriesModel *series; /* NULL: its label is no series of the spec */
    int target;                  /* -1 likewise */
    guint32 tenant;              /* numbers in the tally's dictionary */
    guint32 label;
    TuBucket bucket;
    gboolean has_bucket; /* FALSE: what is stored there is no bucket's name */
    guint32 bucket_text;
    guint32 *dimensions;
    const TuValue *values; /* the row as selected, see TU_STORED_... */
    TuCell *cell; /* tu_stored_each_wanted: the tally's cell of that key; NULL: it has none */
} TuStoredCell;

/* Reads a selected row's key; `dimensions` is where their numbers go. */
void tu_stored_read_key(TuTally *tally, const TuSummaryTable *table, const TuValue *row,
                        guint32 *dimensions, TuStoredCell *ret_stored);

/* Two values that bound the bucket column for the local dates [from, to), or wider. */
void tu_stored_bucket_bounds(const TuDatabase *db, const TuSummaryTable *table, TuDate from,
                             TuDate to, char *from_text, char *to_text, TuValue *ret_bounds);

typedef gboolean (*TuStoredVisit)(const TuStoredCell *stored, gpointer data, GError **error);

/* Gives every stored row that lies in a wanted bucket of some target (and, for a range without
 * bounds, every row of the table) to `visit`. Rows of known tenants without a clock are left
 * out. */
gboolean tu_stored_each_wanted(TuTally *tally, const TuSummaryTable *table, TuStoredVisit visit,
                               gpointer data, GError **error);

/* Sets a cell's states from a stored row. FALSE: it cannot be added to exactly. */
gboolean tu_stored_into_cell(TuTally *tally, guint target, const TuValue *values, TuCell *cell);

/* Adds stored finer cells to the wanted cells of targets that are made from them, where the finer
 * ones are not counted anew. */
gboolean tu_stored_add_finer(TuTally *tally, gboolean *ret_cannot_roll_up, GError **error);

/* The values of a cell's key and of all it stores, in the order of tu_summary_table_upsert. `text`
 * (TU_INSTANT_TEXT_BYTES) holds the bucket. */
void tu_stored_values(TuTally *tally, guint target, TuCell *cell, char *text, TuValue *ret_values);

/* The key's values alone; how many they are. */
guint tu_stored_key(TuTally *tally, guint target, const TuCell *cell, char *text,
                    TuValue *ret_values);

/* TRUE if the stored row holds what the cell would store. */
gboolean tu_stored_equals(TuTally *tally, guint target, TuCell *cell, const TuValue *values);
