/* The naive stand-in on servers: it empties and fills every summary with the truth. */
#pragma once

#include "truth.h"

void rt_server_naive_fill(RtServer *server, const RtPlan *plan, RtKind kind, const RtTruth *truth);
