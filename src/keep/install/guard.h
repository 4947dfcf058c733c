/*
 * The guard: is capture still what `apply` made it? Asked by every settling, again after a second
 * and after every error; while the database's schema version is the one checked last, the answer
 * costs two reads.
 */
#pragma once

#include "keep/install/parts.h"

/* What a table's capture looks like. */
typedef struct {
    const TuCaptured *captured;
    char *problem;            /* NULL: as it should be */
    char *noted;              /* digest of the triggers that `apply` made */
    char *made_in, *identity; /* which ones those are */
    TuParts parts;            /* as they are now; empty: nobody looked */
    gboolean is_released;
    gboolean is_own; /* the problem that was found now is more than one of the table's parts */
} TuGuardState;

/* One for each captured table of the group. Reads the control rows and, if the schema changed, the
 * triggers. *ret_has_changed: the control rows do not say so yet. */
gboolean tu_guard_check(TuSnapshot *snapshot, GArray **ret_states, gboolean *ret_has_changed,
                        GError **error);

/* Adds statements that note the states and the schema version. */
void tu_guard_note(TuSnapshot *snapshot, GArray *states, TuChanges *changes);
