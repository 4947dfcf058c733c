#include "keep/build/pieces.h"

#include "db/sql.h"
#include "keep/build/aside.h"
#include "keep/rows.h"
#include "time/instant.h"

/* The first piece reaches so far back: nobody knows yet how dense it is. */
#define FIRST_PIECE_DAYS 1
/* Later ones grow at most so much at a time: what lies before may be denser; and where others take
 * turns meanwhile, a piece that is too long for them is work thrown away. */
#define GROWTH 8
#define CONTENDED_GROWTH 2
/* Behind a piece of so many days without a row there are none, as a rule: the rest is one piece. */
#define EMPTY_PIECE_DAYS 366

gboolean
tu_pieces_may_cut(const TuSnapshot *snapshot, const TuStretch *stretch)
{
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        for (guint s = 0; s < summary->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            if (!series->source->has_time_index)
                return FALSE;
        }
    }
    return snapshot->keeper->piece_us > 0;
}

/* ---- what is stored ---- */

typedef struct {
    TuDatabase *db;
    TuGrain grain;
    TuPieces *pieces;
} Extent;

static gboolean
take_extent(const TuValue *row, gpointer data, GError **error)
{
    const Extent *extent = data;
    TuBucket buckets[2];
    for (guint i = 0; i < G_N_ELEMENTS(buckets); i++) {
        if (row[i].type == TU_TYPE_NULL ||
            !tu_database_bucket_parse(extent->db, extent->grain, &row[i], &buckets[i]))
            return TRUE;
        if (!tu_grain_is_dated(extent->grain))
            buckets[i] = tu_instant_local_date(buckets[i]);
    }

    extent->pieces->first = MIN(extent->pieces->first, (TuDate)buckets[0]);
    extent->pieces->last = MAX(extent->pieces->last, (TuDate)buckets[1]);
    return TRUE;
}

/* The longest grain has the fewest cells. */
static gboolean
find_stored(TuSnapshot *snapshot, const TuStretch *stretch, TuPieces *pieces, GError **error)
{
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        int grain = TU_GRAINS - 1;
        while (grain > 0 && summary->tables[grain] == NULL)
            grain--;
        const TuSummaryTable *table = summary->tables[grain];
        Extent extent = {snapshot->keeper->db, (TuGrain)grain, pieces};
        g_autofree char *sql =
            tu_sql_format("SELECT min(%I), max(%I) FROM %Q", table->bucket_column,
                          table->bucket_column, table->name);
        if (!tu_rows_each(extent.db, sql, NULL, 0, FALSE, take_extent, &extent, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- cutting ---- */

static gboolean
is_of_dates(const TuStretch *stretch)
{
    return stretch->range.from != G_MININT32 && stretch->range.to != G_MAXINT32;
}

/* Where the first piece begins. Work that is left after every piece, for others, ends nevertheless:
 * each piece takes some of what is stored, and what lies before that is one. */
static gboolean
begin(TuSnapshot *snapshot, TuPieces *pieces, TuStretch *stretch, GError **error)
{
    TuDate newest = stretch->range.to != G_MAXINT32 ? stretch->range.to - 1
                                                    : tu_instant_local_date(tu_instant_now_us());
    TuDate last = newest;
    pieces->has_begun = TRUE;
    if (!tu_pieces_may_cut(snapshot, stretch))
        return TRUE;
    /* Of some dates there may be rows and no cell: what is stored says nothing about them. */
    if (is_of_dates(stretch)) {
        pieces->first = stretch->range.from;
        pieces->last = newest;
    } else if (!find_stored(snapshot, stretch, pieces, error)) {
        return FALSE;
    } else if (pieces->first <= pieces->last && newest >= pieces->first) {
        last = MIN(newest, pieces->last);
    } else if (!pieces->is_contended) {
        return TRUE;
    }
    TuDate from = last + 1 - FIRST_PIECE_DAYS;
    if (from <= stretch->range.from)
        return TRUE;
    stretch->range.from = from;
    stretch->newest = newest;
    pieces->most_days = G_MAXINT32;
    return TRUE;
}

gboolean
tu_pieces_cut(TuSnapshot *snapshot, TuPieces *pieces, TuStretch *stretch, GError **error)
{
    TuDate since = stretch->range.from;
    stretch->n_slices = pieces->n_slices;
    stretch->oldest = pieces->oldest;
    stretch->newest = stretch->range.to != G_MAXINT32 ? stretch->range.to - 1 : G_MAXINT32 - 1;
    if (pieces->span_days > 0 && stretch->range.to != G_MAXINT32)
        stretch->range.from =
            (TuDate)MAX((gint64)stretch->range.to - pieces->span_days, (gint64)since);
    /* The last piece has no lower bound but what was asked for: it takes what came later and lies
     * earlier, too. */
    if (stretch->range.from <= MAX(pieces->oldest, since))
        stretch->range.from = since;
    /* While writers write every piece reads something, if only entries: but before all dates is
     * none. */
    if (stretch->range.from <= TU_DATE_LEAST)
        stretch->range.from = since;
    return pieces->has_begun || begin(snapshot, pieces, stretch, error);
}

/* ---- learning ---- */

/* A piece that took long makes the next one shorter, one that did not longer. */
static void
adapt(const TuSnapshot *snapshot, TuPieces *pieces, gint64 took_us, gint64 rows_read)
{
    gint64 piece_us = snapshot->keeper->piece_us;
    gint64 most = pieces->is_contended ? CONTENDED_GROWTH : GROWTH;
    gint64 growth = CLAMP(piece_us / MAX(took_us, 1), 1, most);
    if (took_us > piece_us)
        pieces->span_days = (gint32)MAX(pieces->span_days * piece_us / took_us, 1);
    else if (rows_read == 0 && pieces->span_days >= EMPTY_PIECE_DAYS)
        pieces->span_days = 0;
    else if (pieces->span_days <= pieces->most_days / growth)
        pieces->span_days = (gint32)(pieces->span_days * growth);
}

static void
note(const TuSnapshot *snapshot, TuPieces *pieces, const TuStretch *stretch, gint64 took_us,
     gint64 rows_read)
{
    pieces->n_slices = stretch->n_slices;
    pieces->oldest = stretch->oldest;
    pieces->reached = stretch->range.from;
    if (pieces->newest == G_MININT32 && stretch->oldest != G_MININT32)
        pieces->newest = stretch->newest;
    if (stretch->range.from == G_MININT32)
        return;
    pieces->span_days = MIN(stretch->range.to, stretch->newest + 1) - stretch->range.from;
    if (pieces->span_days > 0 && tu_pieces_may_cut(snapshot, stretch))
        adapt(snapshot, pieces, took_us, rows_read);
}

/* Somebody took a turn meanwhile. Where sessions hold no locks (behind a pooler) whoever settles
 * does so all the time, and a piece that takes longer than that would never be written: the next
 * try is shorter. */
static void
shorten(const TuSnapshot *snapshot, TuPieces *pieces, const TuStretch *stretch)
{
    if (!tu_pieces_may_cut(snapshot, stretch))
        return;
    pieces->is_contended = TRUE;
    if (stretch->range.from == G_MININT32 || stretch->range.to == G_MAXINT32) {
        pieces->has_begun = FALSE; /* all at once, or the first: a day */
        pieces->span_days = 0;
    } else {
        pieces->span_days = MAX((stretch->range.to - stretch->range.from) / 2, 1);
    }
}

/* ---- writing ---- */

static gboolean
try_to_write(TuSnapshot *snapshot, TuPieces *pieces, const TuStretch *stretch,
             const TuPieceWork *work, TuResult *result, gboolean *ret_is_over, GError **error)
{
    if (pieces->holds || tu_pieces_may_cut(snapshot, stretch) || !tu_aside_helps(snapshot, stretch))
        return tu_stretch_write(snapshot, stretch, work->finish, work->data, result, error);
    TuResult before = *result;
    TuAsideEnd end = TU_ASIDE_WRITTEN;
    if (!tu_aside_write(snapshot, stretch, work, result, &end, error))
        return FALSE;
    pieces->has_listed = pieces->has_listed || end == TU_ASIDE_LISTED;
    pieces->holds = end == TU_ASIDE_TOO_MUCH;
    *ret_is_over = !pieces->holds;
    if (pieces->holds)
        tu_result_restore(result, &before); /* it is all counted again */
    return TRUE;
}

/* CONFIG: `memory` is what is to be changed; ROWS: rows, or an expression. */
static gboolean
give_up(TuPieces *pieces, GError **error)
{
    pieces->is_too_large = error != NULL && (tu_error_is(*error, TU_ERROR_CONFIG) ||
                                             tu_error_is(*error, TU_ERROR_ROWS));
    return FALSE;
}

gboolean
tu_pieces_write(TuSnapshot *snapshot, TuPieces *pieces, TuStretch *stretch, const TuPieceWork *work,
                TuResult *result, gboolean *ret_is_over, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    gint64 rows_before = result->rows_read;
    for (*ret_is_over = TRUE;;) {
        g_autoptr(GError) local = NULL;
        work->begin(stretch, work->data);
        if (try_to_write(snapshot, pieces, stretch, work, result, ret_is_over, &local))
            break;
        if (!tu_error_is(local, TU_ERROR_LIMIT)) {
            if (tu_error_is(local, TU_ERROR_BUSY))
                shorten(snapshot, pieces, stretch);
            pieces->is_too_large = tu_error_is(local, TU_ERROR_ROWS);
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        /* A later slice was too large: all of them again, smaller. */
        if (snapshot->txn.db == NULL) {
            if (!tu_stretch_slice(snapshot, stretch, error))
                return give_up(pieces, error);
            pieces->n_slices = stretch->n_slices;
            *ret_is_over = FALSE;
            return TRUE;
        }
        pieces->most_days = 0; /* memory says how much: it is not tried again */
        if (!tu_stretch_shrink(snapshot, stretch, error))
            return give_up(pieces, error);
    }
    if (*ret_is_over)
        note(snapshot, pieces, stretch, g_get_monotonic_time() - began_us,
             result->rows_read - rows_before);
    return TRUE;
}

double
tu_pieces_share(const TuPieces *pieces)
{
    gboolean is_known = pieces->newest != G_MININT32 && pieces->oldest != G_MININT32;
    double oldest = is_known ? pieces->oldest : pieces->first;
    double newest = is_known ? pieces->newest : pieces->last;
    if (oldest > newest || oldest <= G_MININT32)
        return 0;
    return CLAMP((newest + 1 - pieces->reached) / (newest - oldest + 1), 0, 1);
}
