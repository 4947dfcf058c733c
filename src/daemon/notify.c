#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that does not read for so long is not waited for. */
#define SEND_LIMIT_S 1

/* A path, or with '@' a name without a file. */
static gboolean
read_address(const char *text, struct sockaddr_un *ret_address, socklen_t *ret_length,
             GError **error)
{
    gsize length = strlen(text);

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((text[0] != '/' && text[0] != '@') || length < 2 ||
        length >= sizeof ret_address->sun_path) {
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM,
                    "NOTIFY_SOCKET is %s: it must be a path, or a name after '@', of at most %zu "
                    "bytes",
                    text, sizeof ret_address->sun_path - 1);
        return FALSE;
    }
    memcpy(ret_address->sun_path, text, length);
    if (text[0] == '@')
        ret_address->sun_path[0] = '\0';
    /* A path ends with its NUL, a name with its last byte. */
    *ret_length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (text[0] == '@' ? 0 : 1));
    return TRUE;
}

/* A connected socket, so that a socket that is not there is noticed at once. */
static int
connect_to(const char *name, GError **error)
{
    const struct timeval limit = {.tv_sec = SEND_LIMIT_S};
    struct sockaddr_un address;
    socklen_t length;

    if (!read_address(name, &address, &length, error))
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&address, length) == 0)
        return fd;
    g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "NOTIFY_SOCKET %s: %s", name, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Meant for this process, or for all. */
static gint64
read_watchdog_us(void)
{
    const char *usec = g_getenv("WATCHDOG_USEC");
    const char *pid = g_getenv("WATCHDOG_PID");
    guint64 number = 0;
    guint64 us = 0;

    if (usec == NULL || !g_ascii_string_to_unsigned(usec, 10, 1, G_MAXINT64, &us, NULL))
        return 0;
    if (pid != NULL && (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &number, NULL) ||
                        (pid_t)number != getpid()))
        return 0;
    return (gint64)us;
}

/* Without a manager (no NOTIFY_SOCKET) everything else does nothing, and succeeds. */
gboolean
tu_notify_open(TuNotify *ret_notify, GError **error)
{
    const char *name = g_getenv("NOTIFY_SOCKET");

    *ret_notify = (TuNotify)TU_NOTIFY_INIT;
    if (name == NULL || name[0] == '\0')
        return TRUE;
    ret_notify->fd = connect_to(name, error);
    if (ret_notify->fd < 0)
        return FALSE;
    ret_notify->watchdog_us = read_watchdog_us();
    return TRUE;
}

void
tu_notify_clear(TuNotify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    *notify = (TuNotify)TU_NOTIFY_INIT;
}

/* One datagram: `state`, and the status as a further line, in which a line break would begin
 * another assignment. */
static gboolean
send_state(const TuNotify *notify, const char *state, const char *status, GError **error)
{
    g_autofree char *line = g_strdup(status);
    gssize sent;

    if (notify->fd < 0)
        return TRUE;
    g_autofree char *text = g_strconcat(state, line != NULL ? "STATUS=" : "",
                                        line != NULL ? g_strdelimit(line, "\r\n", ' ') : "", NULL);
    do
        sent = send(notify->fd, text, strlen(text), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "NOTIFY_SOCKET: %s", g_strerror(errno));
    return FALSE;
}

gboolean
tu_notify_ready(const TuNotify *notify, const char *status, GError **error)
{
    return send_state(notify, "READY=1\n", status, error);
}

/* The manager compares the time with its own, so that an older READY does not count for this. */
gboolean
tu_notify_reloading(const TuNotify *notify, GError **error)
{
    g_autofree char *state = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\n",
                                             g_get_monotonic_time());

    return send_state(notify, state, "reading the spec", error);
}

gboolean
tu_notify_stopping(const TuNotify *notify, const char *status, GError **error)
{
    return send_state(notify, "STOPPING=1\n", status, error);
}

gboolean
tu_notify_status(const TuNotify *notify, const char *status, GError **error)
{
    return send_state(notify, "", status, error);
}

gboolean
tu_notify_alive(const TuNotify *notify, GError **error)
{
    return send_state(notify, "WATCHDOG=1\n", NULL, error);
}

/* Half of what the manager allows, as it recommends: one that comes late is no death. */
gint64
tu_notify_watchdog_us(const TuNotify *notify)
{
    return notify->watchdog_us / 2;
}
