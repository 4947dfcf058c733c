/*
 * Rights: whether all that is to be removed may be removed, asked before anything is: where DDL is
 * no transaction, what is refused in the middle would leave half.
 */
#pragma once

#include "keep/keeper.h"

typedef struct {
    TuDatabase *db;
    GPtrArray *missing; /* of char *: GRANTs */
} TuRights;

/* Asks for `right` on the table. */
gboolean tu_rights_ask(TuRights *rights, const char *right, const char *table,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* SYSTEM with the GRANTs if any is missing. */
gboolean tu_rights_check(const TuRights *rights, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For removing the capture of a table: its triggers and, if `with_log`, its log. */
gboolean tu_rights_ask_capture(TuRights *rights, const char *table, gboolean with_log,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

void tu_rights_clear(TuRights *rights);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuRights, tu_rights_clear)
