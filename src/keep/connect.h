/*
 * Connecting with patience: a server that is starting, full or gone comes back, as a rule within
 * seconds; a signal ends the waiting at once, whatever is being waited for.
 */
#pragma once

#include "db/database.h"

/* How long a connection that was lost is tried anew, unless TRUEUP_RETRY_S says so many seconds: a
 * server is restarted within that, and a fail-over done. */
#define TU_LOST_LIMIT_US (30 * G_USEC_PER_SEC)

/* The same for the first connection of a command to a server that answers, but not yet. */
#define TU_FIRST_LIMIT_US (10 * G_USEC_PER_SEC)

typedef struct {
    const volatile _Atomic int *is_cancelled; /* NULL: nobody can */
    gint64 limit_us;                          /* G_MAXINT64: for ever */
    gint64 since_us;                          /* 0 at first */
    guint64 n_failures;                       /* likewise */
} TuPatience;

/* How long to wait for a lost connection: TRUEUP_RETRY_S, else TU_LOST_LIMIT_US. */
gint64 tu_patience_limit_us(void);

/* Waits, longer each time, and says TRUE while it is worth trying again. FALSE: the time is over,
 * or a signal came. */
gboolean tu_patience_wait(TuPatience *patience);

/* As tu_database_open, but a signal ends it (CANCELLED) also where a name is being resolved or a
 * host does not answer. */
gboolean tu_connect(const char *url, const char *directory, TuOpenMode mode,
                    const volatile _Atomic int *is_cancelled, TuDatabase **ret_db,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
