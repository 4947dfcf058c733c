/*
 * Quiet points: the writers have ended, `run --once` has settled what was pending, and now every
 * summary must equal the oracle, the logs must be empty and verify must agree.
 */
#pragma once

#include "history.h"

/* FALSE: the history has failed. */
gboolean rt_quiet_point(RtHistory *history, gboolean is_last);

/* Only the comparison; TRUE if nothing differs. The report of what does is the caller's to free. */
gboolean rt_quiet_compare(RtHistory *history, char **ret_report);

/* Settles and compares, trying again while something is pending, up to a deadline. */
gboolean rt_quiet_settle(RtHistory *history);
