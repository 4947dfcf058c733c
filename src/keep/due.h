/*
 * What is due without a change having been seen:
 *   every    sources with `capture: none` are repaired over a window of whole buckets, every so often
 *   nightly  the last local days of each zone's tenants, once its clock has passed a time of day;
 *            nights that were missed are caught up
 */
#pragma once

#include "keep/settle.h"

gboolean tu_due_repairs(TuKeeper *keeper, TuGroup *group, TuResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
