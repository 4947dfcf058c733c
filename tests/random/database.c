/* A thin layer over libsqlite3: errors that would mean a wrong harness end it. */
#include "database.h"

#define BUSY_TIMEOUT_MS 5000 /* what applications are told to set */

sqlite3 *
rt_database_open(const char *path)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        g_error("cannot open %s: %s", path, sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    rt_database_run(db, "PRAGMA synchronous = OFF");
    return db;
}

void
rt_database_close(sqlite3 *db)
{
    if (sqlite3_close(db) != SQLITE_OK)
        g_error("a statement was left open: %s", sqlite3_errmsg(db));
}

void
rt_database_run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error("%s: %s", sqlite3_errmsg(db), sql);
}

sqlite3_stmt *
rt_database_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    return sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

gint64
rt_database_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = rt_database_prepare(db, sql);
    gint64 number = 0;

    if (statement == NULL)
        g_error("%s: %s", sqlite3_errmsg(db), sql);
    if (sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

char *
rt_database_quote(const char *name)
{
    GString *quoted = g_string_new("\"");

    for (; *name != '\0'; name++) {
        if (*name == '"')
            g_string_append_c(quoted, '"');
        g_string_append_c(quoted, *name);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}
