/*
 * Aside: a stretch that is scanned while others settle.
 *
 *   snapshot S ── scan without the lock ──┬─ nobody settled since: applied at S's turn
 *      others: turn ─ turn ─ turn           ├─ few buckets differ: they go on the pending list
 *                                           └─ many: again, with the lock
 *
 * For tables without an index on their time, which are read whole or not at all. A bucket that was
 * right at S is kept right by whoever settles (I-1); one that differed is recomputed at a later
 * snapshot. So nothing need be known of what happened meanwhile. (docs/correctness.md)
 */
#pragma once

#include "keep/build/stretch.h"

/* TRUE if a stretch whose scan cannot be cut into short ones should be: others wait for the lock,
 * and what is stored of it is kept true meanwhile. */
gboolean tu_aside_helps(const TuSnapshot *snapshot, const TuStretch *stretch);

/* How it ended. */
typedef enum {
    TU_ASIDE_WRITTEN,
    TU_ASIDE_LISTED,   /* the buckets that differed are on the pending list */
    TU_ASIDE_TOO_MUCH, /* nothing was written: it is to be done with the lock */
} TuAsideEnd;

/* Compares and mends it (one slice). BUSY too if it is not wanted any more. The snapshot has ended,
 * but for LIMIT. */
gboolean tu_aside_write(TuSnapshot *snapshot, const TuStretch *stretch, const TuPieceWork *work,
                        TuResult *result, TuAsideEnd *ret_end,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
