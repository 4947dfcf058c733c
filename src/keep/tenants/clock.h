/*
 * The clock that retention goes by, and whether it may be trusted.
 *
 *   seen last ── at most CLOCK_JUMP ──▶ the database's now ◀── at most CLOCK_APART ──▶ this host's
 *
 * What is sealed or removed is never written again, so a clock that is wrong once would be wrong
 * for ever. A server that nobody kept for so long looks the same as a clock that jumped: then a
 * person has to say.
 */
#pragma once

#include "keep/keeper.h"
#include "keep/result.h"

/* The database's clock, and whether boundaries may move by it. If not, `result` says why and what
 * to type. Notes that it was seen. In no transaction. */
gboolean tu_clock_check(TuKeeper *keeper, const TuGroup *group, TuResult *result,
                        gboolean *ret_may_move, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A person says that it is right. */
gboolean tu_clock_confirm(TuKeeper *keeper, const TuGroup *group,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
