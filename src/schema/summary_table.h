/*
 * Summary tables in SQL: how they are made, and how their cells are read and written.
 *
 *   [series] [tenant] bucket dimension... | measure... | [trueup_rows] [trueup_n_, trueup_sum_]...
 *    key, unique with NULLs equal            values        hidden, where folding needs them
 */
#pragma once

#include "db/bulk.h"
#include "schema/model.h"

/* Appends the statements that create the table, or add to an existing one what is missing (hidden
 * columns, the unique index). What cannot be used becomes a finding. */
gboolean tu_summary_table_plan(TuDatabase *db, const TuSummaryTable *table, GPtrArray *statements,
                               GPtrArray *findings, GError **error);

/* TRUE if an existing table that has no key of ours yet has rows that the key would not allow:
 * those of others (fault 2 of the design's list). */
gboolean tu_summary_table_is_doubled(TuDatabase *db, const TuSummaryTable *table,
                                     gboolean *ret_is_doubled, GError **error);

/* ---- reading: every SELECT below gives the same columns ----
 * series, tenant, bucket, dimension..., rows, then for each measure: value, n, sum. What a table
 * does not have is NULL. */

/* n cells by their keys, one SELECT each, put together. All keys of one statement have NULL in the
 * same columns (tu_bulk_nulls). Parameters: those of the first key that are not NULL, then the
 * second's. Of the key the rows have nothing: in place of the series is the number of the cell that
 * was looked up, from 1. */
char *tu_summary_table_select_cells(const TuDatabase *db, const TuSummaryTable *table,
                                    guint64 nulls, guint n_cells);

/* The same columns for keys that are given (db/given.h): the list of a TU_GIVEN_FIND. */
char *tu_summary_table_found_list(const TuSummaryTable *table);

/* n buckets: series, tenant, bucket of each. */
char *tu_summary_table_select_buckets(const TuDatabase *db, const TuSummaryTable *table,
                                      guint n_buckets);

/* The same where buckets are given: the list of a TU_GIVEN_FIND over the key's first columns. */
char *tu_summary_table_bucket_list(const TuSummaryTable *table);

/* A range of buckets, from (included) to (excluded): [tenant,] from, to; all series. */
char *tu_summary_table_select_range(const TuSummaryTable *table, gboolean by_tenant);

/* The rows in any of n such ranges, each once. */
char *tu_summary_table_select_ranges(const TuSummaryTable *table, gboolean by_tenant,
                                     guint n_ranges);

/* Everything. */
char *tu_summary_table_select_all(const TuSummaryTable *table);

/* Where the columns of those SELECTs are. */
#define TU_STORED_SERIES 0
#define TU_STORED_NUMBER 0 /* where cells are looked up */
#define TU_STORED_TENANT 1
#define TU_STORED_BUCKET 2
#define TU_STORED_DIMENSIONS 3
guint tu_stored_rows_column(const TuSummaryTable *table);
guint tu_stored_measure_column(const TuSummaryTable *table, guint measure); /* value; then n, sum */

/* ---- writing ---- */

/* The columns of a row to be written: key, then measures, then hidden ones. */
GArray *tu_summary_table_columns(const TuSummaryTable *table);

/* How many values the key has, and a whole row. */
guint tu_summary_table_key_values(const TuSummaryTable *table);
guint tu_summary_table_bucket_values(const TuSummaryTable *table); /* those before the dimensions */
guint tu_summary_table_values(const TuSummaryTable *table);
