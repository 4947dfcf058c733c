/*
 * Rows: what a SELECT gives, a batch at a time.
 *
 *   reader thread:  step the statement ─▶ batch ─▶ queue ─▶  caller's thread: group the rows
 *
 * Reading and grouping take about as long as each other, so a large scan runs them side by side; a
 * small one runs in the caller's thread, through the same batches.
 */
#pragma once

#include "db/database.h"

/* One row: as many values as the SELECT has columns; they live until the function returns. FALSE
 * with an error ends the reading. */
typedef gboolean (*TuRowVisit)(const TuValue *row, gpointer data, GError **error);

/* Runs `sql` with its parameters and gives each row to `visit`. `is_large` reads in a thread. */
gboolean tu_rows_each(TuDatabase *db, const char *sql, const TuValue *parameters, guint n,
                      gboolean is_large, TuRowVisit visit, gpointer data,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a statement that is prepared already, in the caller's thread. */
gboolean tu_rows_each_of(TuStatement *statement, const TuValue *parameters, guint n,
                         TuRowVisit visit, gpointer data,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
