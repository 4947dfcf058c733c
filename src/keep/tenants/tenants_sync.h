/*
 * Tenants come, go and change their clocks: what is known of them is brought up to what the tenants
 * table says at the snapshot. A new tenant's history is built; one whose zone changed is rebuilt;
 * the cells of one that is gone go.
 *
 *   entry in the tenants' log ──settled by its group──▶ trueup_notice.given + 1, for all groups
 *   given <> taken ──the group looks──▶ what differs is noted, taken = the `given` of its snapshot
 *
 * A notice is given by the transaction that removes the entries, so who sees it sees the tenants
 * too.
 */
#pragma once

#include "keep/compare/changes.h"
#include "keep/settle/places.h"
#include "keep/settle/settle.h"

/* Compares, and if something differs takes one turn to note it and ask for the builds
 * (*ret_applied). Tenants with an unknown zone become failures of the result each time. */
gboolean tu_tenants_sync(TuSnapshot *snapshot, TuResult *result, gboolean *ret_applied,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The batch, which is about to be settled, may hold entries of the tenants table: then every group
 * is to look at its tenants again. */
void tu_tenants_give_notice(TuChanges *changes, const TuBatch *batch);

/* For who only compares: tenants that are not as they were known are held for not built yet, in
 * this snapshot; whoever settles next asks for their builds. */
gboolean tu_tenants_hold_unsynced(TuSnapshot *snapshot, GError **error) G_GNUC_WARN_UNUSED_RESULT;
