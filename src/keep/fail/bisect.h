/*
 * Bisecting: reads a source although the database cannot evaluate some of its rows (a division by
 * zero, a text that is no number), so that one of them does not stop everything.
 *
 *   a range of dates ── can be read ──▶ counted
 *     │ fails
 *     ├─▶ series by series; of one that fails: its halves, down to one day ─▶ halves of the tenants
 *     └───────────────▶ one tenant: halves of the times ─▶ one bucket: a hole (keep/fail/holes.h)
 *
 * Each part is read twice: what is counted cannot be taken back, so it is only tried first. All is
 * of the tally's snapshot, whose transaction must have a mark (tu_transaction_mark).
 */
#pragma once

#include "keep/fail/holes.h"
#include "keep/compare/read_ranges.h"

/* So many statements look for what is bad; what they leave is given up whole. A bad row alone takes
 * some fifty, so this is for about a hundred of them in one stretch, and some seconds. */
#define TU_BISECT_PROBES 4000

/* TRUE if the error is some row's or cell's, so that without it the rest can be done. */
gboolean tu_bisect_may_help(const GError *error);

/* Counts the rows of the ranges (of TuReadRange, which are sorted) in the series that want them.
 * Buckets that cannot be computed become holes. A row whose tenant or time cannot be evaluated
 * counts nowhere (keep/fail/unplaced.h). */
gboolean tu_bisect_rows(TuTally *tally, const TuSourceModel *source, GArray *ranges,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Widens the two by the first and the last local date that has rows. The tally has holes. */
gboolean tu_bisect_extent(TuTally *tally, const TuSourceModel *source, TuDate *oldest,
                          TuDate *newest, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the pending images of a one-table source away from the series that fold, likewise. */
gboolean tu_bisect_images(TuTally *tally, const TuSourceModel *source,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which expressions the series (NULL: all) need that want something: TuSomeRows.is_asked. */
gboolean *tu_bisect_asked(const TuTally *tally, const TuSourceModel *source,
                          const TuSeriesModel *only);

/* The series that want something of the source, or only that one (of TuSeriesModel *). */
GPtrArray *tu_bisect_series(const TuTally *tally, const TuSourceModel *source,
                            const TuSeriesModel *only);
