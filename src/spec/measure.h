/*
 * Measures: what a cell holds. The grammar is
 *
 *   measure := kind [ "where" P ]
 *   kind    := "count" | ("sum" | "min" | "max" | "avg" | "count_distinct") "(" E ")"
 *
 * where E and P are SQL expressions without sub-queries. Words are case-insensitive; quotes,
 * comments and nested parentheses of SQL are respected when E ends and "where" begins.
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_MEASURE_COUNT,
    TU_MEASURE_SUM,
    TU_MEASURE_MIN,
    TU_MEASURE_MAX,
    TU_MEASURE_AVG,
    TU_MEASURE_COUNT_DISTINCT,
} TuMeasureKind;

typedef struct {
    TuMeasureKind kind;
    char *expression; /* SQL; NULL for count */
    char *where;      /* SQL, or NULL */
} TuMeasure;

/* "count" .. "count_distinct". */
const char *tu_measure_kind_name(TuMeasureKind kind);

/* CONFIG with what is wrong and what would be right. */
TuMeasure *tu_measure_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_measure_free(TuMeasure *measure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuMeasure, tu_measure_free)
