/*
 * A zone's rules as text: what trueup writes down of them, to know later which ones its cells were
 * cut by.
 *
 *   -epc;-zwb68o,-dw0;jq5vk0,-b40;...      the first offset; then each change of it: seconds since
 * the one before (the first: since 1970), and the new offset
 *
 * Numbers are seconds in base 36: about ten bytes a change, five kilobytes for a zone that keeps
 * summer time until the table's end.
 */
#pragma once

#include "time/zone.h"

/* Free with g_free. */
char *tu_zone_rules(const TuZone *zone);

/* The zone that has those rules. NULL if the text is not of that form. */
TuZone *tu_zone_of_rules(const char *name, const char *rules);
