/*
 * Moments: when something was last, a row of trueup_moment each. Written with the turn of what it
 * is about, or by itself.
 */
#pragma once

#include "keep/compare/changes.h"

/* A periodic repair (`every`) that came to its end: when it began. Its name is the summary's. */
#define TU_MOMENT_WINDOW "window"
/* When workers of one role said last that something of a summary fails (failing.h); behind the
 * blank a digest of the role, and one of the series if it has a name. Its name is the summary's. */
#define TU_MOMENT_FAILING "failing "
/* The database's clock as retention saw it last. Its name is the group's. */
#define TU_MOMENT_CLOCK "clock"

/* *ret_at_us: left as it is where there was none. */
gboolean tu_moment_read(TuDatabase *db, const char *kind, const char *name, gint64 *ret_at_us,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Notes it with the changes of a turn. */
void tu_moment_add(TuChanges *changes, const char *kind, const char *name, gint64 at_us);

/* Notes it now, in a transaction of its own or the open one. */
gboolean tu_moment_write(TuDatabase *db, const char *kind, const char *name, gint64 at_us,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
