/*
 * Zones whose rules changed: another tzdata than the one that the summaries were kept with.
 *
 *   trueup_zone     digest of the rules in force, read at every snapshot: who has others writes
 * nothing trueup_rules    those rules, and the edition of tzdata that they are of
 *
 *   this machine's is newer ──▶ one transaction: turns + 1, rules, builds of exactly what they move
 *   it is older, or neither ──▶ refused, naming both: data never goes to and fro between two hosts
 */
#pragma once

#include "keep/keeper.h"

/* CONFIG, naming zone and editions, if this machine's rules are not those in force. In a
 * snapshot. */
gboolean tu_zones_check(TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes this machine's rules those in force where they are newer, and asks for what they move; in a
 * transaction of its own. *ret_said: which ones, for people; NULL: none. CONFIG as above for the
 * others. Zones are read as the keeper has them: see tu_zones_are_current. */
gboolean tu_zones_adopt(TuKeeper *keeper, char **ret_said,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same in the transaction of `apply`, which moves all turns. Rules of which only the digest is
 * known (an older trueup noted it), or that are neither newer nor older, are left to the caller. */
gboolean tu_zones_adopt_in(TuKeeper *keeper, gboolean *ret_adopted,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Notes the rules of a zone that is in use, unless they are noted already. */
gboolean tu_zones_note(TuKeeper *keeper, const TuZone *zone,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The values of a row of trueup_rules; texts are freed with g_free. */
typedef struct {
    char *digest, *rules, *release;
    gint64 dated_us;
} TuZoneNote;
TuZoneNote tu_zone_note_of(const TuZone *zone);
void tu_zone_note_clear(TuZoneNote *note);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuZoneNote, tu_zone_note_clear)

/* FALSE if a zone that the keeper has was replaced on this machine since it was read, or one that
 * it had not is there now: then all must be read anew. Asks no database. */
gboolean tu_zones_are_current(const TuKeeper *keeper);
