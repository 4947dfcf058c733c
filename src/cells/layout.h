/*
 * Layouts: how the cells of one summary's series lie in memory, and what a measure does with a row.
 *
 *   TuCell   bucket | rows | tenant | mark | dimension ... | state of measure 0 | state 1 | ...
 *
 * A state is what a measure must remember so that rows can be added, taken away (weight -1) and
 * whole cells merged: a count, an exact sum, an extreme. A count of all rows is `rows`. What a kind
 * of measure does is a row of functions (measures.h); nothing else in trueup switches over kinds to
 * compute.
 */
#pragma once

#include "cells/dictionary.h"
#include "cells/exact.h"
#include "spec/measure.h"
#include "time/bucket.h"

/* The most dimensions of a summary: a table's key is not longer than this anywhere. */
#define TU_DIMENSIONS_LIMIT 32

/* What a sum's inputs are, and so what type its column has and what the sum becomes. */
typedef enum {
    TU_NUMBER_INTEGER, /* declared for integers; a real among the inputs makes a real, as in SQL */
    TU_NUMBER_REAL,
    TU_NUMBER_EITHER,
    TU_NUMBER_WHOLE,   /* a typed database's integers: exact; a sum beyond 64 bits is an error */
    TU_NUMBER_DECIMAL, /* its integers and decimals: exact up to 38 digits */
} TuNumberKind;
#define TU_NUMBER_KINDS 5

/* An average of WHOLE or DECIMAL has so many digits more after the point than its inputs. Databases
 * do not agree about it, so trueup decides. */
#define TU_AVERAGE_DIGITS 6

typedef struct {
    gint64 bucket;
    gint64 rows;    /* weight of the rows: a cell exists while it is not 0 */
    guint32 tenant; /* number in the dictionary */
    guint32 mark;   /* the owner's: what is to be done with the cell */
    guint32 dimensions[];
} TuCell;

/* States begin at 0 and hold no pointer until they need one. */
typedef struct {
    gint64 n; /* weight of the rows counted */
} TuCountState;

typedef struct {
    __int128 integer;   /* what no longer fits in 64 bits */
    TuExact real;       /* the inputs that are not integers */
    gint64 n_real;      /* weight of those */
    gboolean is_beyond; /* the sum got too long to be told */
} TuWide;

typedef struct {
    gint64 integer;
    gint64 n; /* weight of the inputs that are not NULL */
    TuWide *wide;
} TuSumState;

typedef struct {
    TuSumState sum; /* of integers / 10^scale */
    guint32 scale;
} TuDecimalState;

typedef struct {
    TuValue value; /* NULL: none yet; text belongs to the dictionary */
} TuExtremeState;

/* The most bytes a measure's values take in a table: its column and its hidden ones. */
#define TU_MEASURE_VALUES 3

typedef struct TuMeasureMethods TuMeasureMethods;

typedef struct {
    TuMeasureKind kind;
    TuNumberKind number;
    int scale;    /* of decimal inputs: digits after the point; -1: not declared */
    gsize offset; /* of the state in the cell */
    const TuMeasureMethods *methods;
} TuLayoutMeasure;

/* Where the digits of a result and of a sum go that are longer than 64 bits. */
typedef struct {
    char result[TU_DECIMAL_TEXT_BYTES];
    char sum[TU_DECIMAL_TEXT_BYTES];
} TuMeasureText;

typedef struct {
    guint n_dimensions;
    guint n_measures;
    TuLayoutMeasure *measures;
    gsize cell_bytes;
    gboolean has_distinct; /* some measure is count_distinct: sets beside the cells */
} TuLayout;

/* `scales` as in TuLayoutMeasure; NULL: none is declared. */
TuLayout *tu_layout_new(guint n_dimensions, const TuMeasureKind *kinds, const TuNumberKind *numbers,
                        const int *scales, guint n_measures);
void tu_layout_free(TuLayout *layout);

/* The measure, a count, counts every row of its cell: its state is TuCell's `rows`, and whoever
 * adds to a cell adds there. Before there are cells. */
void tu_layout_count_rows(TuLayout *layout, guint measure);

/* Adds a row's input to one measure's state: `weight` +1 or -1 (extremes: +1 only). FALSE if the
 * value is none that the measure can hold (text in a sum, 39 digits). count_distinct is not here:
 * its sets belong to the cells. `wides` keeps what must be freed later. */
gboolean tu_measure_add(const TuLayoutMeasure *measure, void *state, TuValue input, int weight,
                        TuDictionary *dictionary, GPtrArray *wides);

/* into += weight * from. Extremes: weight +1 only. */
void tu_measure_merge(const TuLayoutMeasure *measure, void *into, const void *from, int weight,
                      GPtrArray *wides);

/* What is stored for a state. `n` is the number of values that count (sums, avg), negative where
 * the sum looks like that of integers but rounding hides a fraction in it, so that nothing can be
 * folded into it; `sum` the sum, `result` what the measure's column holds; long decimals among them
 * point into `text`.
 *
 *   number      sum of it                          avg of it
 *   WHOLE       an integer                         a decimal of scale 6
 *   DECIMAL     a decimal of the declared scale,   a decimal of the declared scale + 6 (16 if none
 * is else of the largest met            declared), rounded half away from zero the others  an
 * integer, or a real              a real
 *
 * FALSE: the sum overflows (64 bits; a decimal: 38 digits). */
gboolean tu_measure_result(const TuLayoutMeasure *measure, const void *state, TuMeasureText *text,
                           TuValue *ret_result, TuValue *ret_sum, gint64 *ret_n);

/* Sets a zero state from what is stored: the reverse of tu_measure_result. FALSE if that cannot be
 * folded into exactly (a real where integers are summed, a type that does not belong). */
gboolean tu_measure_from_stored(const TuLayoutMeasure *measure, void *state, TuValue result,
                                TuValue sum, TuValue n, TuDictionary *dictionary, GPtrArray *wides);

/* TRUE if a state can be added to and subtracted from exactly as it stands: WHOLE and DECIMAL,
 * unless NaN or an infinity is in it or its result does not fit; others only where all are integers
 * and the sum is within +-2^53, so that it does not matter which of its inputs were reals. */
gboolean tu_measure_folds_exactly(const TuLayoutMeasure *measure, const void *state);

/* TRUE if the state is that of no rows. */
gboolean tu_measure_is_nothing(const TuLayoutMeasure *measure, const void *state);

void tu_wide_free(gpointer wide);
