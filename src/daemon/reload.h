/*
 * Reload: which text of the spec the daemon works by.
 *
 *   file changed, SIGHUP ──▶ is it right? ── no ──▶ the old one stays; why is logged
 *   a worker is unfit              │ yes
 *                                  ▼
 *                            is it applied? ─ no ─▶ the old one stays; `trueup apply` makes the
 * workers │ yes            unfit, and then this one is looked at again ▼ sessions are opened anew
 * by it
 */
#pragma once

#include "daemon/worker.h"

typedef struct {
    TuCrew *crew;
    TuDoor door;       /* for trying a text */
    GBytes *looked_at; /* the file's text when it was looked at last; NULL: it could not be read */
    guint64 size;
    gint64 changed_us, inode; /* of the file then */
    char *said;               /* what was logged last, so that it is not again */
    gint64 next_us;           /* monotonic: when an unfit crew's spec is looked at again */
    guint64 n_failures;       /* of those tries, in a row */
} TuReload;

/* Reads the file for the first time. */
gboolean tu_reload_init(TuReload *reload, TuCrew *crew, const volatile _Atomic int *is_cancelled,
                        GBytes **ret_spec, GError **error);
void tu_reload_clear(TuReload *reload);

/* To be called once a second, by one thread. `is_asked`: by SIGHUP: sessions are opened anew also
 * by the text that they have, so that zones and tables are read again. TRUE if they are. */
gboolean tu_reload_look(TuReload *reload, gboolean is_asked);
