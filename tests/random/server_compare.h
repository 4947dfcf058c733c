/* Comparing every summary table of a server with the truth, in both directions. */
#pragma once

#include "retention.h"
#include "truth.h"

typedef struct {
    gint64 cells;
    gint64 wrong;
    GString *report; /* the first few, a line each */
} RtServerComparison;

/* Reads the summaries in the transaction that `truth` was read in. `retention` as in compare.h. */
void rt_server_compare(RtServer *server, const RtPlan *plan, const RtTruth *truth,
                       RtRetention *retention, RtServerComparison *ret_comparison);
