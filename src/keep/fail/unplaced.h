/*
 * Unplaced: rows of a source whose tenant or time the database cannot evaluate.
 *
 *   what tenant reads ─┐                          ┌─ all rows can be placed ──▶ nothing
 *   what time reads   ─┴─▶ (schema/place_parts.h) ┴─ some cannot ──▶ their addresses: left out
 *
 * Nobody knows which bucket such a row belongs to, so it counts in none, like one whose time is
 * NULL, and like its image when that is settled. All others count as ever. It is told each time
 * that it is met.
 */
#pragma once

#include "keep/result.h"
#include "keep/compare/tally.h"
#include "keep/fail/unplaced_search.h"
#include "schema/source_sql.h"

typedef struct TuUnplaced TuUnplaced;

void tu_unplaced_free(TuUnplaced *unplaced);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuUnplaced, tu_unplaced_free)

/* Finds them, at the tally's snapshot, whose transaction has a mark. `why`, which is taken over, is
 * the error that such a row has made. It is returned where that was no row's; ROWS, with what a
 * person can do: there are too many. */
gboolean tu_unplaced_find(TuTally *tally, const TuSourceModel *source, GError *why,
                          TuUnplaced **ret_unplaced, GError **error) G_GNUC_WARN_UNUSED_RESULT;

const TuSourceModel *tu_unplaced_source(const TuUnplaced *unplaced);

/* What is left out, and of that how many addresses there are. */
const TuLeftOut *tu_unplaced_left_out(const TuUnplaced *unplaced, guint *ret_n);
guint tu_unplaced_size(const TuUnplaced *unplaced);

/* Those addresses, as parameters: `texts` has room for each. */
void tu_unplaced_values(const TuUnplaced *unplaced, const TuDatabase *db,
                        char (*texts)[TU_ENTRY_TEXT_BYTES], TuValue *ret_values);

/* Says how many rows were left out. */
void tu_unplaced_tell(const TuUnplaced *unplaced, TuResult *result);
