/*
 * Unplaced: rows of a one-table source whose tenant or time the database cannot evaluate.
 *
 *   all rows ── can be placed ──▶ nothing
 *     │ fail
 *     └─▶ halves by the rows' addresses (ctid, rowid, a number as the key) ─▶ one row: left out
 *
 * Nobody knows which bucket such a row belongs to, so it counts in none, like one whose time is
 * NULL, and like its image when that is settled. All others count as ever. It is told each time
 * that it is met.
 */
#pragma once

#include "keep/result.h"
#include "keep/tally.h"

/* More such rows are no odd ones: the expression does not fit the column, and is an error. */
#define TU_UNPLACED_MOST 200

typedef struct {
    const TuSourceModel *source;
    char *address;      /* SQL of what addresses a row */
    gboolean is_digest; /* of its key, or of its place and its partition */
    GArray *rows;       /* of gint64: addresses */
    char *why;          /* what the database said of one of them */
} TuUnplaced;

void tu_unplaced_free(TuUnplaced *unplaced);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuUnplaced, tu_unplaced_free)

/* Finds them, at the tally's snapshot, whose transaction has a mark. `why`, which is taken over, is
 * the error that such a row has made. It is returned where that was no row's, rows have no address
 * (a join, parts, a key that is no number: then with what a person can do), or there are too
 * many. */
gboolean tu_unplaced_find(TuTally *tally, const TuSourceModel *source, GError *why,
                          TuUnplaced **ret_unplaced, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The values of the rows' addresses, as parameters: `texts` has room for each. */
void tu_unplaced_values(const TuUnplaced *unplaced, const TuDatabase *db,
                        char (*texts)[TU_ENTRY_TEXT_BYTES], TuValue *ret_values);

/* Says which rows were left out. */
void tu_unplaced_tell(const TuUnplaced *unplaced, TuResult *result);
