/*
 * The tenants table in the model: what its columns are, and its capture.
 *
 *   tenants table ── trueup_change_<it> ──▶ settled by the group that reads the table, or the first
 * one │ trueup_notice: every group looks at its tenants again (keep/tenants/tenants_sync.h)
 *
 * Which tenants there are is always read from the table itself: an entry says only that somebody
 * changed it. What is not captured (a view; `capture: none`) is looked at once a minute.
 */
#pragma once

#include "schema/model.h"

/* Finds the table of the spec's tenants and their key's type. *ret_info NULL: there is none that is
 * fit, which is a finding, or the spec has no tenants. */
gboolean tu_model_find_tenants(TuModel *model, TuDatabase *db, GPtrArray *findings,
                               TuTableInfo **ret_info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Captures it if some source of the model captures and the spec does not say otherwise; takes the
 * info over. After all sources were added. */
gboolean tu_model_capture_tenants(TuModel *model, TuDatabase *db, TuTableInfo *info,
                                  GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Some group has its entries, so the first one if no source reads the table. */
void tu_model_join_tenants(TuModel *model);
