/* Comparing every summary table of a server with the truth. */
#pragma once

#include "compared.h"
#include "truth.h"

/* Reads the summaries in the transaction that `truth` was read in. */
void rt_server_compare(RtServer *server, const RtPlan *plan, const RtTruth *truth,
                       RtRetention *retention, RtComparison *ret_comparison);
