/*
 * Registering: what `apply` writes into the control tables, and which history it asks for.
 *
 *   look    (before anything is created): what was there, what does not fit, what must be built
 *   write   (after): groups, tables, sources, summaries, tenants, zones, the spec's digest
 *
 * A summary's history is built when it is new, when its definition changed, or when changes of a
 * table that it reads may have been missed: its triggers were not as `apply` left them.
 */
#pragma once

#include "keep/keyed/install.h"

typedef struct {
    TuKeeper *keeper;
    gboolean may_take_over;
    /* found by looking: */
    gboolean is_first;    /* there are no control tables yet */
    gboolean *must_build; /* by the summary's place in the spec */
    gboolean *is_new;
    TuKeyedLook *keyed; /* of the keyed summaries, by their place in the spec */
    GArray **missed; /* by the same: dates whose changes may have been missed (of TuPartsRange) */
    /* done by writing: */
    guint n_builds;
    gboolean has_changed;
    GPtrArray *leaving;          /* of char *: tables whose capture is to be removed */
    GPtrArray *keyed_leaving;    /* of char *: keyed summaries that are kept no more */
    GPtrArray *keyed_statements; /* of char *: what removes their states */
} TuRegistration;

gboolean tu_register_look(TuRegistration *registration, GError **error);
gboolean tu_register_write(TuRegistration *registration, GError **error);

/* Notes the tables of the summary that are about to be made, for where that is no transaction with
 * tu_register_write: is_made is 2 until then. What is made is empty until then too; so a table of
 * that name that has rows was made by somebody else meanwhile, and is noted so. */
gboolean tu_register_expect_tables(TuKeeper *keeper, const TuSummaryModel *summary,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forgets what the spec no longer names, and finds the tables whose capture goes. */
gboolean tu_register_find_leaving(TuRegistration *registration, GError **error);
/* The statements that remove the capture of tables that the spec no longer names; and, when those
 * are done, that it is so. Where DDL ends a transaction, both come after the registering's
 * commit. */
void tu_register_plan_leaving(const TuRegistration *registration, GPtrArray *statements);
gboolean tu_register_forget_leaving(const TuRegistration *registration, GError **error);
void tu_registration_clear(TuRegistration *registration);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuRegistration, tu_registration_clear)
