/*
 * A tally: what one measure of one cell adds up to, value by value, exactly.
 */
#pragma once

#include "datum.h"
#include "exact.h"

typedef struct {
    gint64 rows;    /* counted, NULLs among them */
    gint64 values;  /* not NULL */
    __int128 sum;   /* of numbers, times 10^RT_SCALE */
    RtExact *reals; /* NULL: none so far */
    gboolean has_nan;
    RtDatum least, greatest;
    GHashTable *distinct; /* canonical values; NULL: none so far */
} RtTally;

/* Values point into rows that live as long as the tally. `kind`: count, sum, ... */
void rt_tally_add(RtTally *tally, const char *kind, const RtDatum *value);

/* The measure. `scale`: of the averaged numbers, digits after the point that their type
 * declares. */
RtDatum rt_tally_result(const RtTally *tally, const char *kind, int scale);
void rt_tally_clear(RtTally *tally);
