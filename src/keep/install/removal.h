/*
 * Removal: capture taken off for a while (`release`), summaries forgotten, and everything of trueup
 * taken out of the database (`drop`).
 *
 * What trueup has in a database is told by its own tables, not by the spec: a spec that changed, or
 * whose tables are gone, must not keep triggers on.
 */
#pragma once

#include "keep/keeper.h"

/* Takes the triggers off the tables of the source (NULL: of all) and notes the moment. */
gboolean tu_removal_release(TuKeeper *keeper, const TuSourceModel *source, guint *ret_tables,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same without a model, of all tables that were captured: for when the spec no longer fits the
 * database, and its writers fail. */
gboolean tu_removal_release_all(TuDatabase *db, guint *ret_tables,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forgets the summary, with its tables if trueup made them and not `keep_tables`, and the capture
 * that no other needs. */
gboolean tu_removal_drop(TuKeeper *keeper, const char *summary, gboolean keep_tables,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes all that `apply` made, one that was broken off too: triggers, logs, the tables of
 * summaries (unless `keep_tables`; never one that trueup did not make), trueup's own tables. Broken
 * off itself, it is done again. CONFIG if nothing is installed. */
gboolean tu_removal_drop_all(TuDatabase *db, gboolean keep_tables,
                             const volatile _Atomic int *is_cancelled,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
