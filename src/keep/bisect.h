/*
 * Bisecting: reads a source although the database cannot evaluate some of its rows (a division by
 * zero, a text that is no number), so that one of them does not stop everything.
 *
 *   a range of dates ── can be read ──▶ counted
 *     │ fails
 *     ├─▶ its halves, down to one day ─▶ summary by summary ─▶ halves of the tenants
 *     └───────────────▶ one tenant: halves of the times ─▶ one bucket: a hole (keep/holes.h)
 *
 * Each part is read twice: what is counted cannot be taken back, so it is only tried first. All is
 * of the tally's snapshot, whose transaction must have a mark (tu_transaction_mark).
 */
#pragma once

#include "keep/holes.h"
#include "keep/read_ranges.h"

/* So many statements look for what is bad; what they leave is given up whole. A bad row alone takes
 * some fifty, so this is for about a hundred of them in one stretch, and some seconds. */
#define TU_BISECT_PROBES 4000

/* TRUE if the error is some row's or cell's, so that without it the rest can be done. */
gboolean tu_bisect_may_help(const GError *error);

/* Counts the rows of a range in the series that want them. Buckets that cannot be computed become
 * holes. A row whose tenant or time cannot be evaluated counts nowhere (keep/unplaced.h). */
gboolean tu_bisect_rows(TuTally *tally, const TuSourceModel *source, const TuReadRange *range,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the pending images of a one-table source away from the series that fold, likewise. */
gboolean tu_bisect_images(TuTally *tally, const TuSourceModel *source,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which expressions the summary's series (NULL: all) need that want something: TuSomeRows.is_asked.
 */
gboolean *tu_bisect_asked(const TuTally *tally, const TuSourceModel *source,
                          const TuSummaryModel *summary);

/* The summaries that want something of the source, or only that one (of TuSummaryModel *). */
GPtrArray *tu_bisect_summaries(const TuTally *tally, const TuSourceModel *source,
                               const TuSummaryModel *only);
