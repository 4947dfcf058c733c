/*
 * Installing: makes the database hold what the spec needs, and registers it (`apply`). Everything
 * happens in one transaction: capture begins at the moment in which the history that is to be built
 * ends. Where DDL is none, what is about to be made is noted before it is made, so that one that is
 * broken off leaves nothing that nobody knows (keep/install/ddl.h).
 */
#pragma once

#include "keep/keeper.h"

/* The statements that `apply` would run, in order; nothing is changed. */
gboolean tu_install_plan(TuKeeper *keeper, GPtrArray *statements, GPtrArray *findings,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with what `apply` would refuse (CONFIG); else the summaries (TuSummaryModel *) whose
 * history it would build go into `builds`. Only reads. */
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
