/*
 * Holes: buckets of a tally that cannot be computed for a series, since the database cannot
 * evaluate some row in them. What is stored of them stays; they go on the pending list with the
 * error, and are tried again. The other series of the bucket are written.
 */
#pragma once

#include "keep/compare/tally.h"
#include "keep/fail/unplaced.h"

typedef struct {
    const TuSourceModel *source;
    const TuSummaryModel *summary;
    guint32 tenant;      /* number in the tally's dictionary */
    TuBucket unit;       /* what goes on the pending list: TuSummaryModel.unit */
    const char *message; /* belongs to the tally */
} TuHole;

struct TuHoles {
    GArray *list;         /* of TuHole */
    GHashTable *messages; /* the failures that come from them, by address */
    guint n_probes;       /* statements that only looked */
    GPtrArray *unplaced;  /* of TuUnplaced: one a source that has such rows */
    GPtrArray *given_up;  /* of TuSourceModel *: nothing of them can be read */
};

/* Fails every bucket that was named of the source; it is not read any more. FALSE: some are not
 * named, but a range. */
gboolean tu_holes_give_up(TuTally *tally, const TuSourceModel *source, const char *message);
gboolean tu_holes_gave_up(const TuHoles *holes, const TuSourceModel *source);

/* The source's rows that have no place; NULL: none were met. */
const TuUnplaced *tu_holes_unplaced(const TuHoles *holes, const TuSourceModel *source);

/* Says which rows of any source have none. */
void tu_holes_tell(const TuHoles *holes, TuResult *result);

TuHoles *tu_holes_new(void);
void tu_holes_free(TuHoles *holes);

/* Fails every wanted bucket of the series that holds this one, and notes the hole if there is
 * one. */
void tu_holes_add(TuTally *tally, const TuSeriesModel *series, guint32 tenant, TuBucket unit,
                  const char *message);

/* TRUE if a bucket's failure (its address) comes from a hole. */
gboolean tu_holes_explain(const TuHoles *holes, const char *failure);
