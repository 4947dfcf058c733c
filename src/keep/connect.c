#include "keep/connect.h"

#include "time/backoff.h"

/* How often the flag of a signal is looked at. */
#define LOOK_US (50 * 1000)

/* More than a day of retrying is a mistake in the number. */
#define MOST_RETRY_S (24 * 60 * 60)

/* ---- patience ---- */

static gboolean
is_set(const volatile _Atomic int *is_cancelled)
{
    return is_cancelled != NULL && *is_cancelled != 0;
}

gint64
tu_patience_limit_us(void)
{
    const char *text = g_getenv("TRUEUP_RETRY_S");
    guint64 seconds = 0;
    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, MOST_RETRY_S, &seconds, NULL))
        return TU_LOST_LIMIT_US;
    return (gint64)seconds * G_USEC_PER_SEC;
}

gboolean
tu_patience_wait(TuPatience *patience)
{
    gint64 now_us = g_get_monotonic_time();
    if (patience->since_us == 0)
        patience->since_us = now_us;
    gint64 pause_us = 0;
    if (now_us - patience->since_us >= patience->limit_us ||
        !tu_backoff_next(&tu_backoff_connection, ++patience->n_failures, g_random_double(),
                         &pause_us))
        return FALSE;
    gint64 end_us = now_us + pause_us;
    for (; now_us < end_us; now_us = g_get_monotonic_time()) {
        if (is_set(patience->is_cancelled))
            return FALSE;
        g_usleep((gulong)MIN(end_us - now_us, LOOK_US));
    }
    return !is_set(patience->is_cancelled);
}

/* ---- opening beside a look at the flag ---- */

/* Drivers wait inside of their libraries, where no flag reaches them: so that is done by a thread.
 * Whoever goes on without it leaves it alone; it closes what it has opened then. */
typedef struct {
    char *url, *directory;
    TuOpenMode mode;
    GMutex mutex;
    GCond is_done_changed;
    gboolean is_done, is_left;
    TuDatabase *db;
    GError *error;
} Opening;

static void
opening_free(Opening *opening)
{
    tu_database_close(opening->db);
    g_clear_error(&opening->error);
    g_mutex_clear(&opening->mutex);
    g_cond_clear(&opening->is_done_changed);
    g_free(opening->url);
    g_free(opening->directory);
    g_free(opening);
}

static gpointer
open_database(gpointer data)
{
    Opening *opening = data;
    TuDatabase *db = NULL;
    GError *error = NULL;
    gboolean is_open =
        tu_database_open(opening->url, opening->directory, opening->mode, &db, &error);
    g_mutex_lock(&opening->mutex);
    opening->is_done = TRUE;
    opening->db = is_open ? db : NULL;
    opening->error = error;
    gboolean is_left = opening->is_left;
    g_cond_signal(&opening->is_done_changed);
    g_mutex_unlock(&opening->mutex);
    if (is_left)
        opening_free(opening);
    return NULL;
}

/* TRUE if it is done; FALSE: a signal came first, and it is left alone. */
static gboolean
wait_until_done(Opening *opening, const volatile _Atomic int *is_cancelled)
{
    g_mutex_lock(&opening->mutex);
    while (!opening->is_done && !is_set(is_cancelled))
        g_cond_wait_until(&opening->is_done_changed, &opening->mutex,
                          g_get_monotonic_time() + LOOK_US);
    gboolean is_done = opening->is_done;
    opening->is_left = !is_done;
    g_mutex_unlock(&opening->mutex);
    return is_done;
}

gboolean
tu_connect(const char *url, const char *directory, TuOpenMode mode,
           const volatile _Atomic int *is_cancelled, TuDatabase **ret_db, GError **error)
{
    Opening *opening = g_new0(Opening, 1);
    opening->url = g_strdup(url);
    opening->directory = g_strdup(directory);
    opening->mode = mode;
    g_mutex_init(&opening->mutex);
    g_cond_init(&opening->is_done_changed);
    GThread *thread = g_thread_new("connect", open_database, opening);
    if (!wait_until_done(opening, is_cancelled)) {
        g_thread_unref(thread);
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
        return FALSE;
    }
    g_thread_join(thread);
    gboolean is_open = opening->db != NULL;
    if (is_open)
        *ret_db = g_steal_pointer(&opening->db);
    else
        g_propagate_error(error, g_steal_pointer(&opening->error));
    opening_free(opening);
    return is_open;
}
