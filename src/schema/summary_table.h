/*
 * Summary tables in SQL: how they are made, and how their cells are read and written.
 *
 *   [series] [tenant] bucket dimension... | measure... | [trueup_rows] [trueup_n_, trueup_sum_]...
 *    key, unique with NULLs equal            values        hidden, where folding needs them
 */
#pragma once

#include "schema/model.h"

/* Appends the statements that create the table, or add to an existing one what is missing (hidden
 * columns, the unique index). What cannot be used becomes a finding. */
gboolean tu_summary_table_plan(TuDatabase *db, const TuSummaryTable *table, GPtrArray *statements,
                               GPtrArray *findings, GError **error);

/* ---- reading: every SELECT below gives the same columns ----
 * series, tenant, bucket, dimension..., rows, then for each measure: value, n, sum. What a table
 * does not have is NULL. */

/* WHERE key = (?...): series, tenant (where the table has them), bucket, dimensions. */
char *tu_summary_table_select_cell(const TuSummaryTable *table);

/* One bucket: series, tenant, bucket. */
char *tu_summary_table_select_bucket(const TuSummaryTable *table);

/* A range of buckets, from (included) to (excluded): [tenant,] from, to; all series. */
char *tu_summary_table_select_range(const TuSummaryTable *table, gboolean by_tenant);

/* Everything. */
char *tu_summary_table_select_all(const TuSummaryTable *table);

/* Where the columns of those SELECTs are. */
#define TU_STORED_SERIES 0
#define TU_STORED_TENANT 1
#define TU_STORED_BUCKET 2
#define TU_STORED_DIMENSIONS 3
guint tu_stored_rows_column(const TuSummaryTable *table);
guint tu_stored_measure_column(const TuSummaryTable *table, guint measure); /* value; then n, sum */

/* ---- writing ---- */

/* INSERT, or UPDATE where the key is there: key values, then measures, then hidden ones. */
char *tu_summary_table_upsert(const TuSummaryTable *table);

/* DELETE by key, compared with the operator `same` (NULLs equal). */
char *tu_summary_table_delete(const TuSummaryTable *table, const char *same);

/* How many values the key has, and all of an upsert. */
guint tu_summary_table_key_values(const TuSummaryTable *table);
guint tu_summary_table_values(const TuSummaryTable *table);
