/*
 * Where a history's rows lie: what the history does to its database, the same on SQLite and on
 * servers.
 *
 *   history, quiet, events, naive ──▶ RtStore ──▶ store_sqlite.c · store_server.c
 */
#pragma once

#include <sys/types.h>

#include "history.h"

struct RtStore {
    /* Sets history->database; answers what the spec calls it. */
    char *(*locate)(RtHistory *history);

    /* Makes the database, its schema, the tenants and the first rows. */
    void (*load)(RtHistory *history);
    void (*drop)(RtHistory *history);

    /* Starts a writer of `transactions` transactions, which logs every statement to `log_path`. */
    pid_t (*start_writer)(RtHistory *history, const char *log_path, guint transactions, RtRng rng);

    /* Opens a transaction, changes rows in it and leaves it open; ends it, one way or the other.
     * Only on servers. */
    void (*hold)(RtHistory *history);
    void (*let_go)(RtHistory *history);

    /* Starts a process that ends trueup's connections after a while. Only on servers. */
    pid_t (*cut)(RtHistory *history, gint64 after_us);

    /* Runs statements in this process, as a writer would; answers how many rows the last
     * changed. */
    gint64 (*run)(RtHistory *history, const char *sql);

    /* A query's rows: a line each, fields between |; NULL is empty. */
    char *(*read)(RtHistory *history, const char *sql);

    /* TRUE if every cell of every summary is right. Adds to the count of cells compared. */
    gboolean (*compare)(RtHistory *history, char **ret_report);

    /* Entries in the logs and rows on the pending list. */
    gint64 (*count_pending)(RtHistory *history);

    /* Fills every summary by the oracle; answers the exit code. Used by the naive stand-in. */
    int (*fill)(RtHistory *history);
};

extern const RtStore rt_store_sqlite;
extern const RtStore rt_store_server;
