/*
 * The harness's own way to SQLite: open, run a text, walk rows. A statement that fails where the
 * harness must not fail stops the program and shows the statement.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

/* Opened with a busy timeout of five seconds, like an application. */
sqlite3 *rt_database_open(const char *path);
void rt_database_close(sqlite3 *db);

/* Runs one or more statements; stops the program if one fails. */
void rt_database_run(sqlite3 *db, const char *sql);

/* Prepares; NULL if the statement is wrong (sqlite3_errmsg says why). */
sqlite3_stmt *rt_database_prepare(sqlite3 *db, const char *sql);

/* The first column of the first row; 0 if there is none. */
gint64 rt_database_number(sqlite3 *db, const char *sql);

/* "name", quotes doubled. Free with g_free. */
char *rt_database_quote(const char *name);
