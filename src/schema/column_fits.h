/*
 * Whether a column that is there holds what a summary writes into it: exactly, and for as long as
 * the summary grows. What does not becomes a finding with the statement that mends it.
 */
#pragma once

#include "schema/column_types.h"

/* What goes into the column. */
typedef struct {
    const char *table; /* as findings name it */
    const char *type;  /* how trueup would declare it */
    TuType kind;       /* of the values; NULL: not known */
    int scale;         /* of decimals; -1: not known */
    gboolean grows;    /* a count or a sum: as wide as its type, one day; else one of the values */
    gint64 longest;    /* characters of the longest text; -1: not known */
} TuFit;

void tu_column_check_fit(const TuDialect *dialect, const TuColumnInfo *column, const TuFit *fit,
                         GPtrArray *findings);
