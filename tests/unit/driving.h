/*
 * Short words for tests of a driver: what must succeed, what must fail and how.
 */
#pragma once

#include <string.h>

#include "db/database.h"

#define WAL "PRAGMA journal_mode = WAL;"

static inline void
must(gboolean is_ok, const GError *error)
{
    if (!is_ok)
        g_error("%s", error->message);
}

static inline void
execute(TuDatabase *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    must(tu_database_execute(db, sql, &error), error);
}

static inline gint64
ask(TuDatabase *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    gint64 integer = 0;
    must(tu_database_integer(db, sql, NULL, 0, &found, &integer, &error), error);
    g_assert_true(found);
    return integer;
}

/* The error's code, and that its message has `part`. */
static inline void
assert_error(const GError *error, TuErrorCode code, const char *part)
{
    g_assert_nonnull(error);
    if (!tu_error_is(error, code) || strstr(error->message, part) == NULL)
        g_error("code %d: %s; wanted code %d with: %s", error->code, error->message, (int)code,
                part);
}
