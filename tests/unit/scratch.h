/*
 * A scratch database: a file in a folder of its own, made by plain SQLite, read by trueup's driver.
 */
#pragma once

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "db/database.h"

typedef struct {
    char *directory;
    char *path;
    char *url;
} Scratch;

static inline void
scratch_run(const Scratch *scratch, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    g_assert_cmpint(sqlite3_open(scratch->path, &db), ==, SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s, in: %s", message, sql);
    g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
}

static inline void
scratch_init(Scratch *scratch, const char *sql)
{
    g_autoptr(GError) error = NULL;
    scratch->directory = g_dir_make_tmp("trueup-unit-XXXXXX", &error);
    g_assert_no_error(error);
    scratch->path = g_build_filename(scratch->directory, "a.db", NULL);
    scratch->url = g_strconcat("sqlite:", scratch->path, NULL);
    scratch_run(scratch, sql);
}

static inline void
scratch_clear(Scratch *scratch)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-trueup", "-journal"};
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(scratch->path, suffixes[i], NULL);
        (void)g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(scratch->directory), ==, 0);
    g_free(scratch->directory);
    g_free(scratch->path);
    g_free(scratch->url);
}

static inline TuDatabase *
scratch_open(const Scratch *scratch, TuOpenMode mode)
{
    TuDatabase *db = NULL;
    g_autoptr(GError) error = NULL;
    if (!tu_database_open(scratch->url, NULL, mode, &db, &error))
        g_error("%s", error->message);
    return db;
}
