/*
 * Building history: newest first, in chunks of local dates that are turns each, resumed where it
 * was left. A rebuild is the same over cells that are kept true meanwhile.
 */
#pragma once

#include "keep/settle/settle.h"

/* Asks for the history of the summaries (all of one group) to be written anew: `is_dropping` for a
 * first build or one after which nothing stored counts. Adds to an unfinished request that is the
 * same already. Statements go into an open write transaction of `db`. */
gboolean tu_build_ask(TuKeeper *keeper, GPtrArray *summaries, const TuValue *tenant,
                      gboolean is_dropping, const char *kind, GError **error);

/* Asks for the dates [from, to) of a summary to be compared: changes there may have been missed.
 * G_MININT32: from the first one on. Like a rebuild, it is added to what else is asked for. Its
 * run's id goes into *ret_run_id, which may be NULL. */
gboolean tu_build_ask_range(TuKeeper *keeper, const TuSummaryModel *summary, TuDate from, TuDate to,
                            gint64 *ret_run_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes whatever history of the group is still asked for, settling between chunks. If another
 * worker is at it, it is left to that one, or waited for (keeper->waits). A summary that does not
 * fit into its `memory` is left, noted (unfit.h) and a failure of the result; *ret_fits, which
 * may be NULL, is FALSE then. */
gboolean tu_build_group(TuKeeper *keeper, TuGroup *group, gboolean *ret_fits, TuResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
