/*
 * What is due without a change having been seen, of one group:
 *
 *   nightly  the last local days of each zone's tenants, once its clock has passed a time of day
 *   every    summaries over what is not captured (capture: none, or unguarded) over a window of
 * whole buckets, every so often
 *
 * Both are computed anew from the database each time (daemon/schedule.h). What was done is noted
 * there in the turn that writes its last cells, so a crash does it again or not at all, and one
 * that was broken off is still due.
 */
#pragma once

#include "daemon/schedule.h"
#include "keep/settle/settle.h"

typedef struct {
    TuGroup *group;
    TuAgenda *agenda; /* its `summary` is an index of group->summaries */
    gint64 now_us;
} TuDue;

/* What failed is tried again later, each time later, and hinders nothing else. A worker's own
 * memory; NULL where one is asked for: everything is tried. */
typedef struct TuRetries TuRetries;
TuRetries *tu_retries_new(void);
void tu_retries_free(TuRetries *retries);

/* Reads it; nothing is changed. What is paused is in none of it. `may_be_early`: of who comes when
 * cron says, and not again in a moment (tu_period_early_us). */
gboolean tu_due_read(TuKeeper *keeper, TuGroup *group, gboolean may_be_early, TuDue **ret_due,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_due_free(TuDue *due);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuDue, tu_due_free)

/* TRUE if something is due that may be tried now. */
gboolean tu_due_is_now(const TuDue *due, const TuRetries *retries);

/* How long until there may be: 0 if there is. */
gint64 tu_due_sleep_us(const TuDue *due, const TuRetries *retries);

/* For messages: the name of that summary. */
const char *tu_due_summary(const TuDue *due, guint summary);

/* Reads it and does all that is due; whoever calls has the group's lock. *ret_did FALSE: another
 * worker is at it. What fails is in the result, stays due, and hinders nothing else; an error here
 * is the worker's: its connection is lost, a signal came, the spec changed. */
gboolean tu_due_do(TuKeeper *keeper, TuGroup *group, TuRetries *retries, TuResult *result,
                   gboolean *ret_did, GError **error) G_GNUC_WARN_UNUSED_RESULT;
