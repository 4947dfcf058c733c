/* What happens to an application once in a while: tables are rebuilt, indexes come, bulk loads run
 * without capture, somebody writes text where numbers belong. */
#pragma once

#include "history.h"

/* At the beginning of a phase: whatever the history's features ask for. FALSE: it has failed. */
gboolean rt_events_before(RtHistory *history);

/* After the writers of a phase have ended, before its quiet point. */
/* At a quiet point, before it is settled: what is removed and sealed changes while no writer is
 * there. */
gboolean rt_events_calm(RtHistory *history);

/* Draws anew what is removed and sealed, and tells trueup. */
gboolean rt_events_retention(RtHistory *history);

gboolean rt_events_after(RtHistory *history);

/* Once, at the end: text in summed columns, first as it is, then mended. */
gboolean rt_events_bad_data(RtHistory *history);

/* Gives the tenant with the zone that does not exist a right one. */
void rt_events_mend_zone(RtHistory *history);
