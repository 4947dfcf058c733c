/*
 * Cancel: libmariadb waits in a read that nothing but the server ends, so while a statement runs a
 * thread looks at the flag and, once it is set, ends the statement over a second connection.
 *
 *   statement   ──▶ begin ─────────── wait ───────────▶ error 1317 ──▶ CANCELLED
 *   watch       · · · look · · · look · · flag: KILL QUERY
 *
 * A statement is killed only when two looks found it running, so that the short ones that record
 * how the work ended still pass.
 */
#include "db/mariadb/mariadb.h"

#include <sys/socket.h>

/* Between two looks at the flag. */
#define LOOK_US (100 * G_TIME_SPAN_MILLISECOND)

/* For the second connection, whose whole work is one KILL. */
#define KILL_TIMEOUT_S 5

struct TuMariadbWatch {
    TuMariadb *db;
    GThread *thread;
    GMutex mutex;
    GCond is_stopping_changed;
    gboolean is_stopping;
    gint serial; /* of the statement that runs; even: none does. Atomic */
};

gboolean
tu_mariadb_is_cancelled(const TuMariadb *db)
{
    return db->is_cancelled != NULL && *db->is_cancelled != 0;
}

void
tu_mariadb_kill_query(const TuMariadb *db)
{
    MYSQL *beside = tu_mariadb_connect(&db->target, KILL_TIMEOUT_S, NULL);
    g_autofree char *sql = g_strdup_printf("KILL QUERY %lu", mysql_thread_id(db->handle));
    gboolean is_killed = beside != NULL && mysql_query(beside, sql) == 0;
    if (beside != NULL)
        mysql_close(beside);
    if (!is_killed)
        shutdown((int)mysql_get_socket(db->handle), SHUT_RDWR);
}

/* Sleeps until the next look; FALSE: it is time to stop. */
static gboolean
wait_for_look(TuMariadbWatch *watch)
{
    g_mutex_lock(&watch->mutex);
    gint64 until = g_get_monotonic_time() + LOOK_US;
    while (!watch->is_stopping &&
           g_cond_wait_until(&watch->is_stopping_changed, &watch->mutex, until))
        ;
    gboolean goes_on = !watch->is_stopping;
    g_mutex_unlock(&watch->mutex);
    return goes_on;
}

static gpointer
look_at_flag(gpointer data)
{
    TuMariadbWatch *watch = data;
    gint before = 0;
    while (wait_for_look(watch)) {
        gint now = g_atomic_int_get(&watch->serial);
        if (now % 2 != 0 && now == before && tu_mariadb_is_cancelled(watch->db))
            tu_mariadb_kill_query(watch->db);
        before = now;
    }
    return NULL;
}

void
tu_mariadb_set_cancel(TuDatabase *base, const volatile _Atomic int *is_cancelled)
{
    TuMariadb *db = (TuMariadb *)base;
    g_clear_pointer(&db->watch, tu_mariadb_watch_free);
    db->is_cancelled = is_cancelled;
    if (is_cancelled == NULL)
        return;
    TuMariadbWatch *watch = g_new0(TuMariadbWatch, 1);
    watch->db = db;
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->is_stopping_changed);
    watch->thread = g_thread_new("mariadb-cancel", look_at_flag, watch);
    db->watch = watch;
}

void
tu_mariadb_watch_free(TuMariadbWatch *watch)
{
    g_mutex_lock(&watch->mutex);
    watch->is_stopping = TRUE;
    g_cond_signal(&watch->is_stopping_changed);
    g_mutex_unlock(&watch->mutex);
    g_thread_join(watch->thread);
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->is_stopping_changed);
    g_free(watch);
}

void
tu_mariadb_watch_begin(TuMariadb *db)
{
    if (db->watch != NULL)
        g_atomic_int_inc(&db->watch->serial);
}

void
tu_mariadb_watch_end(TuMariadb *db)
{
    if (db->watch != NULL)
        g_atomic_int_inc(&db->watch->serial);
}
