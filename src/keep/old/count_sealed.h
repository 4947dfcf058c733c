/*
 * The stored cells of sealed buckets, which nobody compares: how many they are.
 */
#pragma once

#include "keep/build/stretch.h"

/* Adds those in the stretch's range to result->cells_sealed. */
gboolean tu_count_sealed(TuSnapshot *snapshot, const TuStretch *stretch, TuResult *result,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
