/*
 * Unfit: history whose cells do not fit into the summary's `memory`, however small the piece.
 *
 *   does not fit ──▶ its runs are FAILED, with the reason; what was asked for stays asked for
 *   fits now     ──▶ the run goes on as STARTED, and ends as any other
 *
 * It is tried again and again, and noted once: a run that is FAILED while rows of trueup_build name
 * it is what `status` shows as failing. What failed in it before stands first, and stays. Only the
 * run log is written, and which run a request belongs to, which decides nothing; so it needs no
 * turn.
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/rows.h"

/* Requests of one summary that were tried together, and why they were left. */
typedef struct {
    const TuSummaryModel *summary;
    GArray *ids; /* of gint64: of trueup_build */
    char *why;
} TuUnfit;

TuUnfit *tu_unfit_new(const TuSummaryModel *summary);
void tu_unfit_free(TuUnfit *unfit);

void tu_unfit_add(TuUnfit *unfit, gint64 id);
void tu_unfit_set_why(TuUnfit *unfit, const char *why);
gboolean tu_unfit_has(const TuUnfit *unfit, gint64 id);
guint tu_unfit_size(const TuUnfit *unfit);

/* Notes that nothing more of all these (TuUnfit) can be built now; each has its `why`. */
gboolean tu_unfit_note(TuKeeper *keeper, const GPtrArray *unfit,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What failed in a run by itself: all of its `error`; of one that waits only what stands before the
 * reasons for that. NULL: nothing. Free with g_free. */
char *tu_unfit_failures(const TuValue *error, gboolean is_waiting);

/* A part of the run is done, so it goes on, with that alone as its error. */
void tu_unfit_go_on(TuChanges *changes, gint64 run_id, const char *failures);

/* The run of a request for all history of the summary, or that tenant's (NULL: everybody's), that
 * waits; no job's, which may take its own back. 0: there is none. Whoever asks for the same again
 * asks under that run, or each time would leave one that is FAILED. */
gint64 tu_unfit_run_of(const TuSnapshot *snapshot, const TuSummaryModel *summary,
                       const TuValue *tenant);

/* Asks for a comparison of all history anew, if one waits: a new request, since somebody may be
 * reading for the old one. FALSE: none waits. */
gboolean tu_unfit_ask_again(TuChanges *changes, const TuSummaryModel *summary);

/* A row for each summary of which some waits: its name, '' (no series), why, and since when (a
 * moment, or NULL). Of several reasons one: each says enough. */
gboolean tu_unfit_list(TuDatabase *db, TuRowVisit on_row, gpointer data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Why the run cannot go on; NULL: it can, or it has ended. Free with g_free. */
gboolean tu_unfit_of_run(TuKeeper *keeper, gint64 run_id, char **ret_why,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
