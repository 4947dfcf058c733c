/*
 * What `apply` does to boundaries:
 *
 *   a table that is made anew       nothing of it is sealed; `keep` counts from the start, so that
 * no history is built that would be removed at once `keep` is longer, or taken out  what was
 * removed, and is not sealed, is built back: with all of the summary's history anything else they
 * stay: what is sealed stays sealed, also with another definition
 */
#pragma once

#include "keep/old/boundary.h"

/* TRUE if some boundary of the summary goes back, so that its history is to be built. */
gboolean tu_boundary_look(TuKeeper *keeper, const TuSummaryModel *summary, gboolean *ret_goes_back,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* To be called before the summary's tables are noted as kept. `is_new`: it was not there. */
gboolean tu_boundary_write(TuKeeper *keeper, const TuSummaryModel *summary, gboolean is_new,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
