/*
 * Unplaced search: which rows, of a table, of a join or of images in logs, make their tenant or
 * time fail, by halving their addresses.
 *
 *   all ── can be read ──▶ none
 *     │ fail
 *     └─▶ the lower half of the addresses, the upper half ... ─▶ one address
 *
 * Digests lie far apart, so each time that a range of them fails it is drawn in to where rows are.
 */
#pragma once

#include "keep/snapshot.h"
#include "schema/place_parts.h"

typedef struct {
    TuSnapshot *snapshot; /* whose transaction has a mark */
    const TuSourceModel *source;
    const TuPlacePart *part;
    const char *from;     /* SQL: the rows; with parameters from ?1 on */
    const TuValue *fixed; /* those parameters' values */
    guint n_fixed;
    const char *why; /* the error that started the search */
    guint most;      /* so many addresses are looked for; more are no odd ones */
} TuUnplacedSearch;

/* Adds the addresses that fail to `addresses` (of gint64), and how many rows they are of. ROWS:
 * there are too many, or which of them it is cannot be told. */
gboolean tu_unplaced_search(const TuUnplacedSearch *search, GArray *addresses, gint64 *n_rows,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An address as the value of a parameter; `text` may hold it. */
TuValue tu_unplaced_address(const TuPlacePart *part, const TuDatabase *db, gint64 address,
                            char *text);
