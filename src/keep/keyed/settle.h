/* Parts of settling keyed summaries that need all of what a turn changes. */
#pragma once

#include "keep/compare/changes.h"
#include "keep/keyed/keyed.h"
#include "keep/settle/places.h"

/* Adds to a batch's changes the keys that its entries name. */
gboolean tu_keyed_note(TuChanges *changes, const TuBatch *batch,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tells what was no key among what a list was given, or among what a batch named. */
void tu_keyed_tell_refused(const TuKeyList *list, TuResult *result);
void tu_keyed_tell_named(const TuChanges *changes, TuResult *result);

/* Adds the keys that there should be, those of stored rows and those that have a state. */
gboolean tu_keyed_list_all(TuSnapshot *snapshot, const TuKeyedModel *keyed, TuKeyList *list,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One turn that writes what was computed for a list; `n_drifted` of them are drift. */
gboolean tu_keyed_apply(TuSnapshot *snapshot, TuKeyList *list, gint64 n_drifted, TuResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
