/*
 * Retention: moves the boundaries on as time passes, and removes what `keep` keeps no longer.
 *
 *   the database's clock, minus `keep`, `sealed_after` ─▶ where a boundary should be
 *      removed_below   moves at once; then the rows before it go, a piece a turn
 *      sealed_below    moves at a snapshot in which all that it passes is built and nothing of it
 *                      is pending: what is sealed is the truth of that moment. Of what is not
 *                      captured nobody knows what is pending: that is repaired in the turn that
 *                      seals it
 *
 * A clock that jumps would seal and remove what cannot be brought back. So nothing moves while the
 * database's clock is far from this host's, or far ahead of when it was seen last, until a person
 * says that it is right (keep/tenants/clock.h).
 */
#pragma once

#include "keep/settle/settle.h"

/* Does one small piece, if something is due: a turn. *ret_has_more: call it again. A boundary that
 * cannot move yet is no error: it moves with a later call. */
gboolean tu_retention_group(TuKeeper *keeper, TuGroup *group, TuResult *result,
                            gboolean *ret_has_more, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All that is due now. */
gboolean tu_retention_all(TuKeeper *keeper, TuGroup *group, TuResult *result,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
