/*
 * Capture: the change log of a table and the triggers that fill it.
 *
 * A trigger writes the changed row's own columns, old and new, and nothing else. An entry has a
 * weight:
 *   -1  the image went
 *   +1  it came
 *    0  look again: the database could not say what would happen (F12)
 *    2  something changed that could not be written into the log (F19): everything is compared
 * How the triggers are made is each database's own matter: db/..._capture.c.
 */
#pragma once

#include "schema/model.h"

/* Appends the statements that bring the table's log and triggers to what they should be. Triggers
 * whose text differs are dropped and made again. */
gboolean tu_capture_plan(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements,
                         GError **error);

/* The statements that take the triggers off; the log stays. */
void tu_capture_plan_release(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements);

/* The statements that remove the triggers and the log that were made for a table of that name, even
 * if the table is gone or has another name now (its triggers went with it). */
void tu_capture_plan_forget(TuDatabase *db, const char *table, GPtrArray *statements);

/* The name of the change log of a table; "." of a schema becomes "_". Free with g_free. */
char *tu_capture_log_name(TuDatabase *db, const char *table);

/* NULL if the triggers are there with the text that they should have, and nowhere else; else what
 * is wrong. The table's own problem is one that its parts alone do not make. */
char *tu_capture_problem(TuDatabase *db, const TuCaptured *captured);
char *tu_capture_own_problem(TuDatabase *db, const TuCaptured *captured);

/* Its parts as they are now (of TuCapturePart). */
gboolean tu_capture_parts(TuDatabase *db, const TuCaptured *captured, GPtrArray **ret_parts,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A digest of the table's own triggers: as they should be, or as the database has them. */
char *tu_capture_digest(TuDatabase *db, const TuCaptured *captured, gboolean as_installed);

/* What the table's own triggers and columns are (tu_database_capture_identity), and in which
 * database. */
gboolean tu_capture_identity(TuDatabase *db, const TuCaptured *captured, char **ret_made_in,
                             char **ret_identity, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if what was noted is of this database and the identity is another now. */
gboolean tu_capture_is_other(const char *noted_in, const char *noted, const char *made_in,
                             const char *identity);

/* TRUE if the log lacks a column or has one of another type. */
gboolean tu_capture_log_differs(TuDatabase *db, const TuCaptured *captured, gboolean *ret_exists,
                                gboolean *ret_lacks_column, gboolean *ret_has_other_type,
                                GError **error);
