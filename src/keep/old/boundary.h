/*
 * Boundaries: up to which local dates a summary's buckets are written no more.
 *
 *   dates of buckets ──────────┬─────────────────┬──────────────────────▶
 *            removed by `keep` │      sealed     │ kept true
 *                              └ removed_below   └ sealed_below         one pair a grain
 *
 * They are rows of trueup_boundary, read at the snapshot and moved on by a turn (retention.h):
 * no clock and no spec decides what is written, so all workers agree (I-11).
 */
#pragma once

#include "keep/tenants/tenants.h"

/* G_MININT32: there is none. */
typedef struct {
    TuDate removed_below;
    TuDate cleared_below; /* up to where the removed ones' rows are gone */
    TuDate sealed_below;
} TuBoundary;

typedef struct TuBoundaries TuBoundaries;

/* Reads them; NULL if no summary has any. */
gboolean tu_boundaries_read(const TuKeeper *keeper, TuBoundaries **ret_boundaries,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_boundaries_free(TuBoundaries *boundaries);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuBoundaries, tu_boundaries_free)

/* Those of a grain. `boundaries` may be NULL. */
TuBoundary tu_boundary_of(const TuBoundaries *boundaries, const TuSummaryModel *summary,
                          TuGrain grain);

/* Buckets that begin before it are not written, removed or sealed; G_MININT32: all are. */
TuDate tu_boundary_written_from(const TuBoundaries *boundaries, const TuSummaryModel *summary,
                                TuGrain grain);

/* TRUE if some grain of the summary has one. */
gboolean tu_boundaries_has(const TuBoundaries *boundaries, const TuSummaryModel *summary);

/* The date before which all buckets are older than `back` on every tenant's clock; G_MININT32 where
 * `back` is not set, or there is no clock. */
TuDate tu_boundary_wanted(const TuDuration *back, TuGrain grain, const TuTenantSet *tenants,
                          gint64 now_us);

/* What is stored of a boundary, and the reverse. */
TuValue tu_boundary_value(TuDate below);
TuDate tu_boundary_read_value(const TuValue *value);
