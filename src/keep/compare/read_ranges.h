/*
 * Which parts of a source must be read for the buckets that a tally wants: envelopes of instants,
 * of one tenant each where an index makes that cheap, else one for all.
 */
#pragma once

#include "keep/compare/tally.h"
#include "schema/source_sql.h"

typedef struct {
    gboolean has_tenant;
    guint32 tenant; /* number in the tally's dictionary */
    TuTimeRange time;
} TuReadRange;

/* No two ranges overlap for one tenant. More than one range: all have a tenant (where the source
 * has one) and bounds. */
GArray *tu_read_ranges(TuTally *tally, const TuSourceModel *source);

/* The instants (and dates) that hold the local dates [from, to) on the clocks of those tenants; `n`
 * 0: of all. */
TuTimeRange tu_read_envelope(TuTally *tally, const guint32 *tenants, guint n, TuDate from,
                             TuDate to);
