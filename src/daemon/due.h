/*
 * What is due without a change having been seen, of one group:
 *
 *   nightly  the last local days of each zone's tenants, once its clock has passed a time of day
 *   every    summaries over what is not captured (capture: none, or unguarded) over a window of
 * whole buckets, every so often
 *
 * Both are computed anew from the database each time (daemon/schedule.h); what was done is noted
 * there by whoever did it.
 */
#pragma once

#include "daemon/schedule.h"
#include "keep/settle.h"

typedef struct {
    TuGroup *group;
    TuAgenda *agenda; /* its `summary` is an index of group->summaries */
    gint64 now_us;
} TuDue;

/* Reads it; nothing is changed. What is paused is in none of it. */
gboolean tu_due_read(TuKeeper *keeper, TuGroup *group, TuDue **ret_due,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_due_free(TuDue *due);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuDue, tu_due_free)

gboolean tu_due_is_now(const TuDue *due);

/* For messages: the name of that summary. */
const char *tu_due_summary(const TuDue *due, guint summary);

/* Reads it and does all that is due; whoever calls has the group's lock. What fails is in the
 * result, stays due, and hinders nothing else; an error here is the worker's: its connection is
 * lost, a signal came, the spec changed. */
gboolean tu_due_do(TuKeeper *keeper, TuGroup *group, TuResult *result,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
