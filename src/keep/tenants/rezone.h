/*
 * Rezoning: exactly the buckets that a change of a zone's rules moved are written anew.
 *
 *   asked for   a build of the dates that hold them, in every summary whose tenants have that zone;
 *               beside it, by its run, the rules of before        trueup_build ── run ──
 * trueup_rezone done        like any other build of some dates (build.h), of those tenants,
 * and leaving out each bucket that holds the same instants by both sets of rules
 *
 * The rules of before are kept until then, since cells were made by them: should rules change once
 * more meanwhile, what is left of the first build is compared with the newest ones.
 */
#pragma once

#include "keep/snapshot.h"
#include "time/zonediff.h"

/* Asks for it: `zone` has other rules now than `before` (zonerules.h). In a transaction that moves
 * all turns. */
gboolean tu_rezone_ask(TuKeeper *keeper, const TuZone *zone, const char *before,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a build is confined to. */
typedef struct {
    TuZoneDiff *moved;   /* NULL: it is no build of this kind */
    gboolean is_of_some; /* `tenants` are meant, and not all */
} TuRezone;

/* What the build's run is confined to, at the snapshot; the tenants of the zone go into `tenants`
 * (of TuValue). */
gboolean tu_rezone_read(const TuSnapshot *snapshot, gint64 run_id, TuRezone *rezone,
                        GArray *tenants, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_rezone_clear(TuRezone *rezone);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuRezone, tu_rezone_clear)
