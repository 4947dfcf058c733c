/* Notifications, read from a socket of the test's own, with a file and without. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"

/* A manager's socket: bound to `name` as NOTIFY_SOCKET says it. */
static int
listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gsize length = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpuint(length, <, sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    length += offsetof(struct sockaddr_un, sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, (socklen_t)length), ==, 0);
    g_assert_true(g_setenv("NOTIFY_SOCKET", name, TRUE));
    return fd;
}

/* The next datagram; NULL: none came. */
static char *
receive(int fd)
{
    char text[4096];
    gssize bytes = recv(fd, text, sizeof text, 0);
    return bytes < 0 ? NULL : g_strndup(text, (gsize)bytes);
}

static void
assert_received(int fd, const char *wanted)
{
    g_autofree char *got = receive(fd);
    g_assert_cmpstr(got, ==, wanted);
}

static void
forget_environment(void)
{
    g_unsetenv("NOTIFY_SOCKET");
    g_unsetenv("WATCHDOG_USEC");
    g_unsetenv("WATCHDOG_PID");
}

static void
check_all(int fd)
{
    g_autoptr(GError) error = NULL;
    g_auto(TuNotify) notify = TU_NOTIFY_INIT;
    gint64 before_us = g_get_monotonic_time();
    g_assert_true(tu_notify_open(&notify, &error));
    g_assert_no_error(error);
    g_assert_true(tu_notify_ready(&notify, "4 summaries", &error));
    assert_received(fd, "READY=1\nSTATUS=4 summaries");
    g_assert_true(tu_notify_ready(&notify, NULL, &error));
    assert_received(fd, "READY=1\n");
    g_assert_true(tu_notify_status(&notify, "two\nlines\r\n", &error));
    assert_received(fd, "STATUS=two lines  ");
    g_assert_true(tu_notify_alive(&notify, &error));
    assert_received(fd, "WATCHDOG=1\n");
    g_assert_true(tu_notify_stopping(&notify, "finishing a batch", &error));
    assert_received(fd, "STOPPING=1\nSTATUS=finishing a batch");

    g_assert_true(tu_notify_reloading(&notify, &error));
    g_autofree char *got = receive(fd);
    gint64 stamp_us = 0;
    g_assert_true(g_str_has_prefix(got, "RELOADING=1\nMONOTONIC_USEC="));
    stamp_us = g_ascii_strtoll(strstr(got, "USEC=") + strlen("USEC="), NULL, 10);
    g_assert_cmpint(stamp_us, >=, before_us);
    g_assert_cmpint(stamp_us, <=, g_get_monotonic_time());
    g_assert_true(g_str_has_suffix(got, "\nSTATUS=reading the spec"));
    g_assert_no_error(error);
}

static void
test_path(void)
{
    g_autofree char *directory = g_dir_make_tmp("trueup-unit-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "notify", NULL);
    int fd = listen_at(path);
    check_all(fd);
    close(fd);
    g_unlink(path);
    g_rmdir(directory);
    forget_environment();
}

static void
test_abstract(void)
{
    g_autofree char *name = g_strdup_printf("@trueup-unit-%d", (int)getpid());
    int fd = listen_at(name);
    check_all(fd);
    close(fd);
    forget_environment();
}

static void
test_nobody(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(TuNotify) notify = {.fd = 5};
    forget_environment();
    g_setenv("WATCHDOG_USEC", "3000000", TRUE);
    g_assert_true(tu_notify_open(&notify, &error));
    g_assert_cmpint(notify.fd, ==, -1);
    g_assert_cmpint(tu_notify_watchdog_us(&notify), ==, 0);
    g_assert_true(tu_notify_ready(&notify, "x", &error));
    g_assert_true(tu_notify_alive(&notify, &error));
    g_setenv("NOTIFY_SOCKET", "", TRUE);
    g_assert_true(tu_notify_open(&notify, &error));
    g_assert_cmpint(notify.fd, ==, -1);
    forget_environment();
}

static void
test_unusable(void)
{
    g_autofree char *long_name = g_strnfill(200, 'x');
    long_name[0] = '/';
    const char *const names[] = {"/nowhere/at/all",
                                 "relative",
                                 "@",
                                 "/",
                                 long_name,
                                 "vsock:2:1234",
                                 "@trueup-unit-nobody-is-there"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuNotify) notify = TU_NOTIFY_INIT;
        g_setenv("NOTIFY_SOCKET", names[i], TRUE);
        g_assert_false(tu_notify_open(&notify, &error));
        g_assert_error(error, TU_ERROR, TU_ERROR_SYSTEM);
        g_assert_nonnull(strstr(error->message, names[i]));
    }
    forget_environment();
}

/* The manager goes away, or does not read: an error within a moment, no signal, no hanging. */
static void
test_gone(void)
{
    g_autofree char *name = g_strdup_printf("@trueup-unit-gone-%d", (int)getpid());
    g_autoptr(GError) error = NULL;
    g_auto(TuNotify) notify = TU_NOTIFY_INIT;
    int fd = listen_at(name);
    g_assert_true(tu_notify_open(&notify, &error));
    while (tu_notify_alive(&notify, &error))
        continue;
    g_assert_error(error, TU_ERROR, TU_ERROR_SYSTEM);
    g_clear_error(&error);
    close(fd);
    g_assert_false(tu_notify_alive(&notify, &error));
    g_assert_error(error, TU_ERROR, TU_ERROR_SYSTEM);
    forget_environment();
}

typedef struct {
    const char *label, *usec, *pid; /* pid "": this process */
    gint64 wanted_us;
} WatchdogRow;

static const WatchdogRow watchdog_rows[] = {
    {"not wanted", NULL, NULL, 0},      {"for all", "3000000", NULL, 1500000},
    {"for us", "3000000", "", 1500000}, {"for another", "3000000", "1", 0},
    {"no number", "soon", NULL, 0},     {"nothing", "0", NULL, 0},
    {"no process", "3000000", "me", 0},
};

static void
test_watchdog(void)
{
    g_autofree char *name = g_strdup_printf("@trueup-unit-dog-%d", (int)getpid());
    g_autofree char *own = g_strdup_printf("%d", (int)getpid());
    int fd = listen_at(name);
    for (guint i = 0; i < G_N_ELEMENTS(watchdog_rows); i++) {
        const WatchdogRow *row = &watchdog_rows[i];
        g_auto(TuNotify) notify = TU_NOTIFY_INIT;
        g_unsetenv("WATCHDOG_USEC");
        g_unsetenv("WATCHDOG_PID");
        if (row->usec != NULL)
            g_setenv("WATCHDOG_USEC", row->usec, TRUE);
        if (row->pid != NULL)
            g_setenv("WATCHDOG_PID", row->pid[0] != '\0' ? row->pid : own, TRUE);
        g_test_message("%s", row->label);
        g_assert_true(tu_notify_open(&notify, NULL));
        g_assert_cmpint(tu_notify_watchdog_us(&notify), ==, row->wanted_us);
    }
    close(fd);
    forget_environment();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notify/path", test_path);
    g_test_add_func("/notify/abstract", test_abstract);
    g_test_add_func("/notify/nobody", test_nobody);
    g_test_add_func("/notify/unusable", test_unusable);
    g_test_add_func("/notify/gone", test_gone);
    g_test_add_func("/notify/watchdog", test_watchdog);
    return g_test_run();
}
