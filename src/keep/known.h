/*
 * What a worker knows of a group from one snapshot to the next, so that it does not ask again.
 *
 *   turn is the one that it left ─▶ nobody noted tenants, zones or triggers since
 *   it asked within a second     ─▶ so the tables and triggers are not looked at again
 *
 * Tenants that are a second old are as good as those of an older snapshot: cells are kept by the
 * clocks that were noted at the turn, and whoever notes others moves it (docs/correctness.md).
 */
#pragma once

#include "keep/tenants/tenants.h"

/* The tenants, if all of the above holds at this turn; else NULL. Still owned here. */
TuTenantSet *tu_known_tenants(const TuKeeper *keeper, const TuGroup *group, gint64 turn);

/* Notes that these tenants, the zones and the triggers were compared at a snapshot that began at
 * `asked_us` (monotonic), and that the turn was left at `turn`. */
void tu_known_note(TuKeeper *keeper, const TuGroup *group, gint64 turn, gint64 asked_us,
                   TuTenantSet *tenants);

/* The turn was moved on by this worker; all else is as it was. */
void tu_known_move(TuKeeper *keeper, const TuGroup *group, gint64 from, gint64 to);

/* Recomputing what changes had named took so long; and whether it was long, so that the next ones
 * go on the pending list first. */
void tu_known_note_pace(TuKeeper *keeper, const TuGroup *group, gint64 took_us);
gboolean tu_known_is_slow(const TuKeeper *keeper, const TuGroup *group);

/* After an error, everything is asked anew. */
void tu_known_forget(TuKeeper *keeper, const TuGroup *group);
