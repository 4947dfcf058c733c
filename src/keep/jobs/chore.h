/*
 * A chore: one job of the queue while this worker is at it, for one group. For chores.c, which
 * decides what becomes of it, and chore_work.c, which does it.
 */
#pragma once

#include "keep/keyed/keyed.h"
#include "keep/settle/settle.h"
#include "work/jobs.h"

/* Why it is left before it is done. */
typedef enum {
    TU_CHORE_GOES_ON,
    TU_CHORE_IS_CANCELLED, /* somebody asked for that */
    TU_CHORE_LETS_OTHERS,  /* a job of another lane waits */
    TU_CHORE_IS_NOT_OURS,  /* another worker took it over, or it was deleted */
} TuChoreVerdict;

/* Which jobs this worker may take. */
typedef struct {
    const TuGroup *group;
    GHashTable *left; /* set of gint64: not those */
} TuChoreChoice;

typedef struct {
    TuKeeper *keeper;
    TuGroup *group;
    TuJob *job;
    TuChoreChoice *choice;
    TuResult result;         /* of this job alone */
    TuSnapshot checked;      /* the tenant's text is in there */
    TuSummaryModel *summary; /* both NULL: all */
    const TuKeyedModel *keyed;
    TuValue tenant;
    TuChoreVerdict verdict;
    gboolean was_paused; /* in the middle of a repair: the rest of it waits */
    gboolean is_unfit;   /* it does not fit into its `memory`: nobody need try it again */
} TuChore;

void tu_chore_clear(TuChore *chore);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuChore, tu_chore_clear)

/* A TuJobFilter; `data` is a TuChoreChoice. */
gboolean tu_chore_concerns(const TuJob *job, gpointer data);

/* Of the groups that it concerns this is the last that is not done. */
gboolean tu_chore_is_of_last_group(const TuChore *chore);

/* `share` of the group's work is done; `is_of_rest`: of what was left when it was claimed. */
void tu_chore_set_progress(const TuChore *chore, double share, gboolean is_of_rest);

/* What this worker compared is added to what those before it did. */
void tu_chore_count(const TuChore *chore);

/* Notes how far it is, and learns whether it is still wanted: if not, CANCELLED with a verdict. */
gboolean tu_chore_note(TuChore *chore, gboolean has_got_on,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Does the group's share of it, watched. CANCELLED where it is left. */
gboolean tu_chore_work(TuChore *chore, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* After that: FALSE if a pause that came meanwhile left some of it undone. */
gboolean tu_chore_is_whole(const TuChore *chore, gboolean *ret_is_whole, GError **error);
