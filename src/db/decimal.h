/*
 * Decimals inside db/: what value.c needs of them beside value.h. All of them take INTEGER, DECIMAL
 * and LONG_DECIMAL.
 */
#pragma once

#include "db/value.h"

/* Without trailing zeros, in the narrowest of the three types. */
TuValue tu_decimal_normalise(TuValue value);

/* Exactly, whatever their lengths and scales. */
int tu_decimal_compare(const TuValue *a, const TuValue *b);

/* The same with a finite double, which is a decimal of up to 1,074 digits after the point. */
int tu_decimal_compare_real(const TuValue *a, double b);

/* Of a normalised LONG_DECIMAL. */
guint64 tu_decimal_hash_long(const TuValue *value);
