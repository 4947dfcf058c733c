/*
 * Tenants come, go and change their clocks: what is known of them is brought up to what the tenants
 * table says at the snapshot. A new tenant's history is built; one whose zone changed is rebuilt; the
 * cells of one that is gone go.
 */
#pragma once

#include "keep/settle.h"

/* Compares, and if something differs takes one turn to note it and ask for the builds
 * (*ret_applied). Tenants with an unknown zone become failures of the result each time. */
gboolean tu_tenants_sync(TuSnapshot *snapshot, TuResult *result, gboolean *ret_applied,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For who only compares: tenants that are not as they were known are held for not built yet, in this
 * snapshot; whoever settles next asks for their builds. */
gboolean tu_tenants_hold_unsynced(TuSnapshot *snapshot,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
