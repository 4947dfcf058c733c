/*
 * Pieces: how much history one turn writes, so that it ends within a second or so.
 *
 *   since ◀───────────────────────────────────────────────────────── below
 *              ... ──────────┬───────────────┬───────┬───┬─┐
 *                  as many days as took about piece_us ◀───┘ the first: a day
 *
 * A piece is read through an index on the time, which makes its size its cost. Where there is none
 * each piece would go through the whole table, so all is one piece, and only memory makes it
 * smaller.
 */
#pragma once

#include "keep/build/stretch.h"

/* What was learned about how much fits; kept from piece to piece. */
typedef struct {
    gint32 span_days; /* 0: all at once */
    TuDate oldest;    /* of the rows when the span was found */
    TuDate newest;    /* where this began; G_MININT32: not known yet */
    TuDate reached;   /* from here on all is written */
    guint n_slices;
    gboolean has_begun;
    gboolean
        is_contended; /* others took a turn while a piece was read: it is cut whatever is stored */
    gboolean has_listed; /* some buckets are on the pending list rather than written */
    /* The error was that not even the smallest piece fits into memory, or of rows that can neither
     * be read nor left out. */
    gboolean is_too_large;
    gboolean holds;     /* others are not let in (keep/build/aside.h): too much differs */
    gint32 most_days;   /* no longer spans are tried */
    TuDate first, last; /* of what is stored, about: for telling how far it is */
} TuPieces;

#define TU_PIECES_INIT                                                                             \
    ((TuPieces){.oldest = G_MININT32,                                                              \
                .newest = G_MININT32,                                                              \
                .n_slices = 1,                                                                     \
                .first = G_MAXINT32,                                                               \
                .last = G_MININT32})

/* TRUE if the stretch may be cut by time: an index serves it, and the keeper asks for pieces. */
gboolean tu_pieces_may_cut(const TuSnapshot *snapshot, const TuStretch *stretch);

/* Makes the stretch, which is all that is left, the next piece of it: a later `from`. */
gboolean tu_pieces_cut(TuSnapshot *snapshot, TuPieces *pieces, TuStretch *stretch,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the piece, or a smaller one that fits into memory; notes how long it took. *ret_is_over
 * FALSE: nothing is written, or a part that is written again: begin anew with another snapshot. */
gboolean tu_pieces_write(TuSnapshot *snapshot, TuPieces *pieces, TuStretch *stretch,
                         const TuPieceWork *work, TuResult *result, gboolean *ret_is_over,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How much of the dates that have rows is written; 0 where that is not known. */
double tu_pieces_share(const TuPieces *pieces);
