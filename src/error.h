/*
 * Errors: one GError domain, few codes. A code exists because some caller acts differently on it;
 * everything else is in the message, which says what happened and what would help.
 *
 * The deepest function names the cause; each caller prefixes only what the callee could not know
 * (g_prefix_error), so that one line reaches a person.
 */
#pragma once

#include <glib.h>

#define TU_ERROR (tu_error_quark())
GQuark tu_error_quark(void);

typedef enum {
    TU_ERROR_CONFIG,    /* change trueup.yaml (or run `trueup apply`)      exit 2 */
    TU_ERROR_USAGE,     /* change the command line                         exit 2 */
    TU_ERROR_CONNECT,   /* the database cannot be reached: retry later     exit 3 */
    TU_ERROR_BUSY,      /* locked, deadlock, a turn lost: retry now        exit 3 when it lasts */
    TU_ERROR_DATABASE,  /* this statement is wrong here                    exit 1 or 3 */
    TU_ERROR_DATA,      /* a value the summary cannot hold: fails its bucket */
    TU_ERROR_ROWS,      /* rows that cannot be read, nor left out: what reads them waits   exit 1 */
    TU_ERROR_CANCELLED, /* a signal asked to stop                          exit 130/143 */
    TU_ERROR_LIMIT,     /* more memory than allowed: do it in smaller pieces */
    TU_ERROR_SYSTEM,    /* disk full, read-only, a wrong password: somebody must act    exit 3 */
} TuErrorCode;

/* Called before there are threads: the domain's number, and GLib's lock over all domains, are made
 * with the first error, which two threads may otherwise make at the same moment. */
void tu_error_init(void);

/* TRUE if `error` is of our domain and has `code`. NULL is no error. */
gboolean tu_error_is(const GError *error, TuErrorCode code);
