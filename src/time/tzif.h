/*
 * TZif: the files of the system's tzdata, as RFC 9636 describes them.
 *
 *   header | data with 4 bytes a time | header | data with 8 bytes a time | "\n" rule "\n"
 *            (only version 1 uses it)                                       (tzrule.h)
 *
 * The changes listed are followed as far as they go, then the rule. "Fat" files list everything to
 * 2037, "slim" ones stop where the rule takes over: both give the same table here.
 *
 * Why not GLib's GTimeZone, which reads these files too: GLib 2.74 applies a rule whose daylight
 * saving is negative (Europe/Dublin) at the wrong hour, and it does not say where an interval
 * begins, so that a table costs thousands of linear searches.
 */
#pragma once

#include "time/tzrule.h"

/* All changes of offset that the file's `bytes` give before `end_year`, as an array of TuZoneChange
 * in strictly ascending order, neighbours with different offsets. The first stands at G_MININT64:
 * what holds before all changes. NULL if the bytes are not a whole and valid TZif file, or if they
 * count leap seconds. */
GArray *tu_tzif_changes(const guint8 *bytes, gsize length, int end_year);
