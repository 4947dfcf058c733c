/*
 * Unfit: history whose cells do not fit into the summary's `memory`, however small the piece.
 *
 *   does not fit ──▶ its runs are FAILED, with the reason; what was asked for stays asked for
 *   fits now     ──▶ the run goes on as STARTED, and ends as any other
 *
 * It is tried again and again, and noted once: a run that is FAILED while rows of trueup_build name
 * it is what `status` shows as failing. Only the run log is written, and which run a request
 * belongs to, which decides nothing; so it needs no turn.
 */
#pragma once

#include "keep/changes.h"

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

/* A part of the run is done, so it goes on. */
void tu_unfit_go_on(TuChanges *changes, gint64 run_id);

/* Why the run cannot go on; NULL: it can, or it has ended. Free with g_free. */
gboolean tu_unfit_of_run(TuKeeper *keeper, gint64 run_id, char **ret_why,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
