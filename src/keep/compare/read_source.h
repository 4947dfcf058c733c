/*
 * Reading a source's rows into a tally, range by range.
 *
 *   one range      ──▶ one scan, which may be of millions of rows
 *   many tenants'  ──▶ those of one clock together, a scan for some of them:   tenant IN (...)
 *   many others    ──▶ one after the other, through one prepared statement:    tenant = ?
 */
#pragma once

#include "keep/compare/tally.h"

/* `ranges`, of TuReadRange (keep/compare/read_ranges.h), is put in another order. */
gboolean tu_read_source(TuTally *tally, const TuSourceModel *source, GArray *ranges,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
