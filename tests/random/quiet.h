/*
 * Quiet points: the writers have ended, `run --once` has settled what was pending, and now every
 * summary must equal the oracle, the logs must be empty and verify must agree.
 */
#pragma once

#include "history.h"

/* FALSE: the history has failed. */
gboolean rt_quiet_point(RtHistory *history, gboolean is_last);

/* Settles and compares, trying again while something is pending, up to a deadline. */
gboolean rt_quiet_settle(RtHistory *history);
