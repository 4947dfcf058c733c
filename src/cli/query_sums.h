/*
 * Query sums: stored cells added up into the rows of an answer.
 *
 *   (tenant, series, bucket, dimension...) ─▶ row ─▶ a state a measure
 *
 * Counts and integers are added in 128 bits and floats exactly, so that the order of the cells does
 * not matter; what does not fit its column in the end is an error, never a wrapped number.
 */
#pragma once

#include "cells/dictionary.h"
#include "cells/exact.h"
#include "spec/measure.h"
#include "time/bucket.h"

typedef struct TuQuerySums TuQuerySums;

/* The key of a row; unused parts are 0. `series` is a number of the caller's. Tenant and dimensions
 * are numbers of the dictionary. */
typedef struct {
    guint32 tenant;
    guint32 series;
    TuBucket bucket;
    const guint32 *dimensions;
} TuQueryKey;

/* A stored measure: its value, and the hidden columns of avg (NULL where the table has none). */
typedef struct {
    TuValue value, n, sum;
} TuStoredMeasure;

TuQuerySums *tu_query_sums_new(guint n_dimensions, guint n_measures);
void tu_query_sums_free(TuQuerySums *sums);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuQuerySums, tu_query_sums_free)

TuDictionary *tu_query_sums_dictionary(TuQuerySums *sums);

/* The row with that key, added empty if there is none. */
guint tu_query_sums_row(TuQuerySums *sums, const TuQueryKey *key);
guint tu_query_sums_size(const TuQuerySums *sums);

/* Adds a stored cell's measure to a row. count_distinct, and avg without its hidden columns, may be
 * added to a row once only. FALSE: what is stored is not what the measure holds (text in a sum);
 * the row's measure is then an error. */
gboolean tu_query_sums_add(TuQuerySums *sums, guint row, guint measure, TuMeasureKind kind,
                           const TuStoredMeasure *stored);

/* Orders the rows by tenant, series, bucket, dimensions; row numbers change. */
void tu_query_sums_sort(TuQuerySums *sums);

TuQueryKey tu_query_sums_key(const TuQuerySums *sums, guint row);

/* FALSE: there is no number that says it (it does not fit in 64 bits, or what is stored is not what
 * the measure holds). A row that nothing was added to: 0 for counts and sums, NULL for the rest. */
gboolean tu_query_sums_value(const TuQuerySums *sums, guint row, guint measure, TuMeasureKind kind,
                             TuValue *ret_value);
