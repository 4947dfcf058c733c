/* Comparing every summary table of a server with the truth, in both directions. */
#pragma once

#include "truth.h"

typedef struct {
    gint64 cells;
    gint64 wrong;
    GString *report; /* the first few, a line each */
} RtServerComparison;

/* Reads the summaries in the transaction that `truth` was read in. */
void rt_server_compare(RtServer *server, const RtPlan *plan, const RtTruth *truth,
                       RtServerComparison *ret_comparison);
