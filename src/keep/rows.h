/*
 * Rows: what a SELECT gives, a batch at a time.
 *
 *   reader thread:  step the statement ─▶ batch ─▶ queue ─▶  caller's thread: group the rows
 *
 * Reading and grouping take about as long as each other, so a large scan runs them side by side; a
 * small one runs in the caller's thread, row by row.
 */
#pragma once

#include "db/database.h"

/* Some rows, one after the other; they live until the visit returns. */
typedef struct {
    const TuValue *values;
    guint n;
    guint n_columns;
} TuRows;

static inline const TuValue *
tu_rows_at(const TuRows *rows, guint i)
{
    return rows->values + (gsize)i * rows->n_columns;
}

/* FALSE with an error ends the reading. */
typedef gboolean (*TuRowsVisit)(const TuRows *rows, gpointer data, GError **error);

/* Runs `sql`, which may give very many rows, with its parameters; reads in a thread and gives the
 * rows to `visit`, many at a time. */
gboolean tu_rows_scan(TuDatabase *db, const char *sql, const TuValue *parameters, guint n,
                      TuRowsVisit visit, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a statement that is prepared already (tu_database_prepare_scan). */
gboolean tu_rows_scan_of(TuStatement *statement, const TuValue *parameters, guint n,
                         TuRowsVisit visit, gpointer data,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One row: as many values as the SELECT has columns; they live until the function returns. FALSE
 * with an error ends the reading. */
typedef gboolean (*TuRowVisit)(const TuValue *row, gpointer data, GError **error);

/* Runs `sql` with its parameters and gives each row to `visit`. `is_large`: through
 * tu_rows_scan. */
gboolean tu_rows_each(TuDatabase *db, const char *sql, const TuValue *parameters, guint n,
                      gboolean is_large, TuRowVisit visit, gpointer data,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a statement that is prepared already, in the caller's thread. */
gboolean tu_rows_each_of(TuStatement *statement, const TuValue *parameters, guint n,
                         TuRowVisit visit, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of a query for one; NULL: there is none. The only parameter is `argument`; without one
 * the query has none. */
gboolean tu_rows_text(TuDatabase *db, const char *sql, const char *argument, char **ret_text,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
