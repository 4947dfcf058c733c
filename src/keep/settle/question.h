/*
 * The question that a daemon asks again and again: has anything come?
 *
 *   every log · the pending list · builds · jobs · is it still our spec?   ─▶   one statement
 *
 * It is asked without a snapshot or a lock, so the answer is a hint: a settling that finds nothing
 * costs little, and what comes a moment later is in the next answer. Where the database counts its
 * commits (TuDialect.data_version), one number is asked first, and nothing else while it stays.
 */
#pragma once

#include "keep/keeper.h"

typedef struct TuQuestion TuQuestion;

typedef struct {
    gboolean is_applied; /* the spec is the one that was applied last */
    gboolean has_builds; /* history is to be built */
    gboolean has_jobs;   /* some job waits or is worked on */
    gboolean has_groups; /* one of the following */
    gboolean *groups;    /* by the group's index: entries or due buckets, that no pause holds */
} TuAnswer;

TuQuestion *tu_question_new(TuKeeper *keeper);
void tu_question_free(TuQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuQuestion, tu_question_free)

/* What this session itself changed may have made work: the next question is asked in full. */
void tu_question_forget(TuQuestion *question);

/* The answer belongs to the question, and holds until the next one. */
gboolean tu_question_ask(TuQuestion *question, const TuAnswer **ret_answer,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many changes wait in the group's logs, and keys of its keyed summaries, each counted up to
 * `most`. A change has one entry or two: it is at least so many, as tu_batch_take counts them. */
gboolean tu_question_count(TuKeeper *keeper, const TuGroup *group, gint64 most, gint64 *ret_changes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
