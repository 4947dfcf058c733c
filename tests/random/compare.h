/*
 * Comparing every summary table with the oracle, in both directions: cells that are missing,
 * ghosts, wrong measures, and two rows of one key.
 */
#pragma once

#include "oracle.h"
#include "retention.h"

typedef struct {
    gint64 cells;
    gint64 wrong;
    GString *report; /* the first few, a line each */
} RtComparison;

/* `db` is the connection of the oracle. `retention`: what
 * is removed or sealed, NULL for nothing. An SQL error counts as wrong and is reported. */
void rt_compare(sqlite3 *db, const RtPlan *plan, const RtOracle *oracle, RtRetention *retention,
                RtComparison *ret_comparison);
void rt_comparison_clear(RtComparison *comparison);
