/*
 * Query sums: stored cells added up into the rows of an answer.
 *
 *   (tenant, series, bucket, dimension...) ─▶ row: a cell (cells/) whose measures sum what is
 * stored
 *
 * A stored count is summed as whole numbers are, an average as the sum and the number behind it; so
 * the order of the cells does not matter, decimals keep all their digits, and what does not fit in
 * the end is an error, never a wrapped number.
 */
#pragma once

#include "cells/cells.h"

typedef struct TuQuerySums TuQuerySums;

/* The key of a row; unused parts are 0. Tenant and dimensions are numbers of the dictionary. */
typedef struct {
    guint32 tenant;
    guint32 series;
    TuBucket bucket;
    const guint32 *dimensions;
} TuQueryKey;

/* A stored measure: its value, and the hidden columns of avg (NULL in a cell that
 * was not written since its table got them). */
typedef struct {
    TuValue value, n, sum;
} TuStoredMeasure;

/* What a measure of a series is: see TuLayoutMeasure. */
typedef struct {
    TuMeasureKind kind;
    TuNumberKind number;
    int scale;
} TuQueryMeasure;

/* `measures`: [series * n_measures + measure]; NULL if there are none. */
TuQuerySums *tu_query_sums_new(guint n_dimensions, guint n_series, guint n_measures,
                               const TuQueryMeasure *measures);
void tu_query_sums_free(TuQuerySums *sums);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuQuerySums, tu_query_sums_free)

TuDictionary *tu_query_sums_dictionary(TuQuerySums *sums);

/* The row with that key, added empty if there is none. */
guint tu_query_sums_row(TuQuerySums *sums, const TuQueryKey *key);
guint tu_query_sums_size(const TuQuerySums *sums);

/* Adds a stored cell's measure to a row. count_distinct, and avg without its hidden columns, may be
 * added to a row once only. FALSE: what is stored is not what the measure holds (text in a sum);
 * the row's measure is then an error. */
gboolean tu_query_sums_add(TuQuerySums *sums, guint row, guint measure,
                           const TuStoredMeasure *stored);

/* Orders the rows by tenant, series, bucket, dimensions; row numbers change. */
void tu_query_sums_sort(TuQuerySums *sums);

TuQueryKey tu_query_sums_key(const TuQuerySums *sums, guint row);

/* FALSE: there is no number that says it (it does not fit in 64 bits, a decimal in 38 digits; or
 * what is stored is not what the measure holds). A row that nothing was added to: 0 for counts and
 * sums, NULL for the rest. */
gboolean tu_query_sums_value(TuQuerySums *sums, guint row, guint measure, TuValue *ret_value);
