/*
 * Notify: tells the service manager how trueup is, by the protocol of sd_notify(3): a datagram of
 * NAME=VALUE lines to the socket that NOTIFY_SOCKET names. Without that variable nobody listens,
 * and every call here does nothing and succeeds.
 *
 *   READY=1 ─▶ (WATCHDOG=1 ...) ─▶ RELOADING=1 ─▶ READY=1 ─▶ STOPPING=1
 *
 * Why not libsystemd: it is a library with threads, credentials and journals behind it for what is
 * one sendmsg, and it is not everywhere where the protocol is
 * (docs/decisions/0011-own-sd-notify.md).
 */
#pragma once

#include "error.h"

typedef struct {
    int fd;             /* -1: nobody listens */
    gint64 watchdog_us; /* how often at least WATCHDOG=1 is expected; 0: not */
} TuNotify;

#define TU_NOTIFY_INIT                                                                             \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. SYSTEM if there is a socket that cannot be
 * used: whoever started us waits for what will never come. */
gboolean tu_notify_open(TuNotify *ret_notify, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_notify_clear(TuNotify *notify);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuNotify, tu_notify_clear)

/* Each FALSE with SYSTEM if the datagram could not be sent within a second. `status` is a line for
 * `systemctl status`, or NULL; line breaks in it become blanks. */

/* It does what it is for: after the start, and after each reload. */
gboolean tu_notify_ready(const TuNotify *notify, const char *status, GError **error);

/* It reads its spec anew; READY follows, whatever comes of it. */
gboolean tu_notify_reloading(const TuNotify *notify, GError **error);

/* It finishes what is in hand and ends. */
gboolean tu_notify_stopping(const TuNotify *notify, const char *status, GError **error);

gboolean tu_notify_status(const TuNotify *notify, const char *status, GError **error);

/* It is alive. To be sent when the work itself gets on, at least every tu_notify_watchdog_us. */
gboolean tu_notify_alive(const TuNotify *notify, GError **error);

/* How often to send that: half of what the manager expects, as it advises; 0: never. */
gint64 tu_notify_watchdog_us(const TuNotify *notify);
