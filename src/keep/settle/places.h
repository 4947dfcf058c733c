/*
 * Places: the (tenant, instant) pairs that entries of the logs name, for everything that cannot be
 * folded. Joined sources are resolved here.
 *
 *   each table stands for its rows AND all its images still in the log;
 *   every combination that holds an image of the batch is a place (I-3)
 */
#pragma once

#include "keep/compare/tally.h"
#include "schema/source_sql.h"

/* One batch: for each table of the group (by its position there) the highest id that it takes (0:
 * none), and the one that it takes only entries after (NULL: from the first). */
typedef struct {
    gint64 *up_to;
    const gint64 *after; /* not owned */
    gint64 n_entries;    /* in it, of all logs */
    gint64 n_changes;    /* those that they are of, at least */
    gboolean is_empty;
} TuBatch;

/* The id that the batch takes only entries after, of the table in that position. */
gint64 tu_batch_after(const TuBatch *batch, guint position);

typedef gboolean (*TuPlaceVisit)(TuPlace *place, const TuSourceModel *source, gpointer data,
                                 GError **error);

/* The next batch of the group's logs, at most `limit` changes of each, all after those ids (NULL:
 * from the first). Free up_to with g_free; `after` is not copied. */
gboolean tu_batch_take(const TuSnapshot *snapshot, const gint64 *after, guint limit,
                       TuBatch *ret_batch, GError **error);

/* The highest id of each log, 0 where it is empty: one question. Free with g_free. */
gboolean tu_batch_ends(const TuSnapshot *snapshot, gint64 **ret_ends, GError **error);

/* The ids of a log's entries after one and up to one, as the snapshot has them (of gint64). */
gboolean tu_batch_ids(const TuSnapshot *snapshot, const TuCaptured *captured, gint64 after,
                      gint64 up_to, GArray *ids, GError **error);

/* TRUE if the batch has an entry that says only that something changed in a table of the summary's
 * (weight 2, schema/capture.h). */
gboolean tu_batch_is_unclear(const TuSnapshot *snapshot, const TuSummaryModel *summary,
                             const TuBatch *batch, gboolean *ret_is_unclear, GError **error);

/* Gives every place that the batch's entries name for this source to `visit`; for a one-table
 * source of the entries that are asked for. Places may come twice. With TU_ENTRIES_ANY_PLACE an
 * entry whose tenant or time cannot be evaluated names no place, instead of failing them all. */
gboolean tu_places_each(TuTally *tally, const TuSourceModel *source, const TuBatch *batch,
                        TuEntries entries, TuPlaceVisit visit, gpointer data, GError **error);

/* The position of a captured table in its group. */
guint tu_captured_position(const TuCaptured *captured);
