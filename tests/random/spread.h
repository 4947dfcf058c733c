/* The spread: what all histories together were made of, so that a reader sees what was tried. */
#pragma once

#include "report.h"

typedef struct {
    guint histories, passed, failed;
    guint64 counts[RT_COUNTS];
    GHashTable *zones; /* names */
    double slowest_s;
} RtSpread;

RtSpread *rt_spread_new(void);
void rt_spread_free(RtSpread *spread);

/* Adds a history that has ended. */
void rt_spread_add(RtSpread *spread, const RtReport *report);
void rt_spread_print(const RtSpread *spread);
