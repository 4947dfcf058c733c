/*
 * The SQLite driver's own parts, shared by its files only.
 *
 * Findings it is built on (docs/correctness.md): readers take a snapshot with BEGIN and one read,
 * writers BEGIN IMMEDIATE, so that neither ever meets SQLITE_BUSY_SNAPSHOT in the middle.
 */
#pragma once

#include <sqlite3.h>

#include "db/driver.h"

typedef struct {
    TuDatabase base;
    sqlite3 *handle;
    char *path;
    int lock_file; /* -1: not open */
    const volatile _Atomic int *is_cancelled;
    gint64 busy_since_us; /* monotonic: when the statement at hand began to wait for a lock */
} TuSqlite;

/* How long a statement waits for another process's lock before it is BUSY. */
#define TU_SQLITE_BUSY_MS 5000

/* An SQL function of texts: a number of them together, the same for hardly any two. */
#define TU_SQLITE_DIGEST "trueup_digest"
gboolean tu_sqlite_add_digest(TuSqlite *db, GError **error);

/* Turns the connection's last result into our error. `what` is the SQL or the step; may be NULL. */
void tu_sqlite_set_error(const TuSqlite *db, int code, const char *what, GError **error);

gboolean tu_sqlite_describe(TuDatabase *db, const char *table, TuTableInfo **ret_info,
                            GError **error);
gboolean tu_sqlite_inspect(TuDatabase *db, const TuProbe *probe, TuInspection *ret, GError **error);
gboolean tu_sqlite_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info,
                                  GError **error);
gboolean tu_sqlite_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error);
gboolean tu_sqlite_schema_version(TuDatabase *db, const GPtrArray *tables, gint64 *ret_version,
                                  GError **error);
GPtrArray *tu_sqlite_capture_objects(TuDatabase *db, const TuCaptureShape *shape);
void tu_sqlite_capture_forget(TuDatabase *db, const char *table, const char *log,
                              GPtrArray *statements);
gboolean tu_sqlite_try_lock(TuDatabase *db, const char *name, char **ret_holder, GError **error);
void tu_sqlite_unlock(TuDatabase *db, const char *name);
