/*
 * The daemon: `trueup run`. Keeps every summary of the spec true until it is stopped.
 *
 *   SIGTERM, SIGINT ─▶ the batch in hand is finished ─▶ end         SIGHUP ─▶ the spec is read anew
 *
 * Its main thread waits for signals, watches the spec's file and tells the service manager how it
 * is; the work is done by the settler and by upkeep (worker.h). Whatever happens to the database,
 * it stays: a connection that is lost is made again, and a spec that is not the applied one waited
 * for.
 */
#pragma once

#include "daemon/log.h"
#include "error.h"

typedef struct {
    const char *spec_path, *database_url;
    const volatile _Atomic int *stop_signal; /* 0 until one came */
    const volatile _Atomic int *n_reloads;   /* how often SIGHUP came */
    TuLog *log;
} TuDaemon;

/* Until a signal stops it: TRUE. FALSE: it could not begin. */
gboolean tu_daemon_run(const TuDaemon *daemon, GError **error) G_GNUC_WARN_UNUSED_RESULT;
