/*
 * Failing series, and failing keyed summaries: those that the database cannot evaluate now, since a
 * column or a function that they use is gone.
 *
 *   a worker's model says so, the note does not ──▶ one turn notes it: what is stored stays as it
 * is, and its changes are consumed without it (I-1 (e)) the note says so, the model does not ──▶
 * one turn takes the note away, and asks for the summary's history
 *
 * The same of a keyed summary, where a listing is asked for at once (K-5): it is done when it can
 * be, and until then all keys are invalid for readers.
 *
 * Rights are a role's, so of two workers one may be able to evaluate what the other cannot. Each
 * role whose workers cannot says so of each series, again each hour (a moment, moments.h). A
 * note is taken away by a worker whose own role has said so, or nobody's; where others say so it
 * stays, for three hours after the last time. A daemon looks every 20 seconds whether it still
 * fails (daemon/worker.c), or at once when the guard sees that the tables were altered.
 *
 * The others go on. A bucket that only some row spoils is no failing series, but a hole
 * (keep/fail/holes.h).
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/result.h"

/* Adds to `changes` what of the notes differs from the model's problems. */
gboolean tu_failing_compare(TuChanges *changes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tells of the failing series of a summary, or of all of the group (NULL). */
void tu_failing_tell(const TuGroup *group, const TuSummaryModel *summary, TuResult *result);

/* Tells of a keyed summary, if it fails. */
void tu_failing_tell_keyed(const TuKeyedModel *keyed, TuResult *result);
