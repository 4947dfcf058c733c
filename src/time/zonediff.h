/*
 * What a change of a zone's rules moved: the buckets that hold other instants than before.
 *
 *   before  ──────┬──── +1 h ────┬──────────
 *   after   ──────┬────────── +1 h ───┬─────     only between the two ends do the clocks differ:
 *                                ╰────╯          there, every bucket that begins or ends
 *
 * A bucket is moved if some instant lies in it by one set of rules and not by the other; of hours
 * and minutes also one that has another name. Exactly those are told, for each grain.
 */
#pragma once

#include "time/bucket.h"

typedef struct TuZoneDiff TuZoneDiff;

TuZoneDiff *tu_zone_diff_new(const TuZone *before, const TuZone *after);
void tu_zone_diff_free(TuZoneDiff *diff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuZoneDiff, tu_zone_diff_free)

/* TRUE if the bucket, of either set of rules, is moved. */
gboolean tu_zone_diff_holds(const TuZoneDiff *diff, TuGrain grain, TuBucket bucket);

/* TRUE if some moved bucket begins on one of the dates [from, to); `grain` is a day or longer. */
gboolean tu_zone_diff_begins_in(const TuZoneDiff *diff, TuGrain grain, TuDate from, TuDate to);

/* FALSE: nothing is moved. Else all local dates of what is moved lie in [from, to). */
gboolean tu_zone_diff_dates(const TuZoneDiff *diff, TuDate *ret_from, TuDate *ret_to);
