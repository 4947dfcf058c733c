/*
 * Installing: makes the database hold what the spec needs, and registers it; `apply`, `release`,
 * `drop`. Everything happens in one transaction: capture begins at the moment in which the history
 * that is to be built ends.
 */
#pragma once

#include "keep/keeper.h"

/* The statements that `apply` would run, in order; nothing is changed. */
gboolean tu_install_plan(TuKeeper *keeper, GPtrArray *statements, GPtrArray *findings,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with what `apply` would refuse (CONFIG); else the summaries (TuSummaryModel *) whose history it
 * would build go into `builds`. Only reads. */
gboolean tu_install_refusal(TuKeeper *keeper, GPtrArray *builds,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    guint n_statements; /* that created or altered something */
    guint n_builds;     /* summaries whose history is to be built */
    gboolean has_changed;
} TuInstalled;

/* Does it. CONFIG with what to do if a table cannot be used, has foreign rows (without
 * `may_take_over`), or its key changed. */
gboolean tu_install(TuKeeper *keeper, gboolean may_take_over, TuInstalled *ret_installed,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the triggers off the tables of the source (NULL: of all) and notes the moment. */
gboolean tu_install_release(TuKeeper *keeper, const TuSourceModel *source, guint *ret_tables,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same without a model, of all tables that were captured: for when the spec no longer fits the
 * database, and its writers fail. */
gboolean tu_install_release_all(TuDatabase *db, guint *ret_tables, GError **error);

/* Forgets the summary (NULL: everything), with its tables if trueup made them and not
 * `keep_tables`. */
gboolean tu_install_drop(TuKeeper *keeper, const char *summary, gboolean keep_tables,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
