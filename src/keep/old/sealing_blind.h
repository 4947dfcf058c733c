/*
 * Sealing what is not captured: nobody knows what changed there since its last repair, so the
 * buckets that a boundary passes are repaired in the turn that moves it. What does not fit into
 * memory is sealed in parts, the oldest first. A bucket that fails is not passed: it is on the
 * pending list now, and holds the boundary (keep/old/sealing.h) until it is right or parked.
 */
#pragma once

#include "keep/result.h"
#include "keep/snapshot.h"

/* TRUE if some source of the summary is not captured. */
gboolean tu_sealing_is_blind(const TuSummaryModel *summary);

/* How much was tried. */
typedef struct {
    guint n_slices;
    TuDate to;
    gboolean is_again; /* nothing was sealed, since that was too much: begin anew with a snapshot */
} TuSealingSize;

#define TU_SEALING_SIZE_INIT ((TuSealingSize){1, G_MAXINT32, FALSE})

/* Repairs and seals the summary's buckets up to `wanted`, one date a grain, or a part of them; the
 * snapshot is the one at which tu_sealing_check allowed it, and ends. */
gboolean tu_sealing_seal_blind(TuSnapshot *snapshot, TuSummaryModel *summary, const TuDate *wanted,
                               TuSealingSize *size, TuResult *result,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
