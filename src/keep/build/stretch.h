/*
 * A stretch: the cells of some summaries over a range of local dates, compared with the source and
 * replaced where they differ. Building, rebuilding and repairing are stretches; verifying is one
 * that writes nothing.
 */
#pragma once

#include "keep/settle/settle.h"
#include "keep/compare/truth.h"
#include "keep/compare/changes.h"

/* Adds statements to a turn of a stretch. */
typedef void (*TuFinish)(TuChanges *changes, gpointer data);

typedef struct {
    GPtrArray *summaries; /* of TuSummaryModel *, all of one group */
    GArray *tenants;      /* of TuValue: only these; NULL: all */
    TuDateRange range;
    guint grains;          /* bits 1 << TuGrain: only these, counted from the source; 0: all */
    TuDate oldest, newest; /* set by shrinking: the dates of the first and last row in the range */
    guint n_slices;        /* 1, or more: the tenants in so many parts, to save memory */
    const TuZoneDiff *moved; /* only these buckets; NULL: all */
    gboolean writes_sealed;  /* sealed buckets in which nothing is stored are written
                                (TuBuild.is_first) */
    gboolean counts_drift;   /* a difference is drift (a first build has none) */
    TuOnDrift on_drift;
    gpointer on_drift_data;
    TuFinish on_slice; /* looks at what each slice found, before `finish`; NULL: nobody does */
    gpointer on_slice_data;
    /* Set with an error: not even its smallest part fits into memory, or rows of a source can
     * neither be read nor left out; what else there is may be done. */
    gboolean is_too_large;
} TuStretch;

/* A tally of the stretch's tenants that wants nothing yet. */
TuTally *tu_stretch_tally(TuSnapshot *snapshot, const TuStretch *stretch);

/* Counts and compares one slice at the snapshot. LIMIT if it needs more memory than the keeper
 * allows. Failed buckets are put on the pending list (when the changes are applied). */
gboolean tu_stretch_compare(TuSnapshot *snapshot, const TuStretch *stretch, guint slice,
                            TuChanges **ret_changes, TuResult *result,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for all slices and for any size: parts that need too much memory are done smaller. What
 * was compared is taken off the stretch. */
gboolean tu_stretch_compare_all(TuSnapshot *snapshot, TuStretch *left, TuResult *result,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whose piece of work a stretch is. */
typedef struct {
    void (*begin)(TuStretch *stretch,
                  gpointer data); /* before each try: it may be a smaller one now */
    TuFinish finish;              /* may be NULL */
    /* For work that let others in meanwhile: is it still to be done? May be NULL. */
    gboolean (*is_wanted)(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error);
    gpointer data;
} TuPieceWork;

/* Writes what a comparison of one slice found, at the turn of its snapshot (which ends here); what
 * a table does not take is set aside (unwritable.h). BUSY: somebody else took that turn. */
gboolean tu_stretch_apply(TuSnapshot *snapshot, const TuStretch *stretch, guint slice,
                          TuChanges *changes, TuFinish finish, gpointer finish_data,
                          TuResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The statements that come with the cells of `found`, added to `into`: counts of drift and of rows
 * that count nowhere, and, with the last slice, those of `finish`. */
void tu_stretch_note(TuChanges *into, const TuChanges *found, const TuStretch *stretch, guint slice,
                     TuFinish finish, gpointer finish_data);

/* Writes the whole stretch: one slice after the other, their turns without a gap. The snapshot is
 * the first slice's. LIMIT as above: nothing was written then; BUSY: somebody else's turn came
 * between, the stretch is to be done again. */
gboolean tu_stretch_write(TuSnapshot *snapshot, const TuStretch *stretch, TuFinish finish,
                          gpointer finish_data, TuResult *result,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Twice as many slices. FALSE with an error (CONFIG), and `is_too_large`, if a sixty-fourth of the
 * tenants is still too much. */
gboolean tu_stretch_slice(const TuSnapshot *snapshot, TuStretch *stretch,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes a stretch that needed too much memory smaller, keeping its newest end: a later `from`, or
 * more slices when it is one day. FALSE with an error as above. */
gboolean tu_stretch_shrink(TuSnapshot *snapshot, TuStretch *stretch,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
