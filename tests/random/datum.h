/*
 * One value that a server gave, as the contract counts it: numbers exactly (1, 1.0 and 1.00 are
 * one), text by its bytes, dates and times in one form.
 */
#pragma once

#include "server.h"

/* Exact numbers are added up with this many digits after the point; no history has more. */
#define RT_SCALE 12

typedef enum { RT_DATUM_NULL, RT_DATUM_NUMBER, RT_DATUM_REAL, RT_DATUM_TEXT } RtDatumSort;

typedef struct {
    RtDatumSort sort;
    __int128 number; /* times 10^scale */
    int scale;
    double real;
    const char *bytes; /* of the row that it was read from */
    gsize length;
} RtDatum;

RtDatum rt_datum_read(const RtField *field, const RtText *text);

/* A NUMBER times 10^RT_SCALE. */
__int128 rt_datum_scaled(const RtDatum *datum);

/* As min and max order them: NaN after all numbers, text by its bytes. Both of one sort. */
int rt_datum_compare(const RtDatum *a, const RtDatum *b);

/* Text that is equal exactly when the two values are one group. */
void rt_datum_append(GString *canonical, const RtDatum *datum);
void rt_datum_append_text(GString *canonical, const char *bytes, gsize length);

/* The nearest double to a number. */
double rt_datum_to_real(const RtDatum *datum);
