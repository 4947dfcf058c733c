#include "work/watch.h"

/* How often the process's flag is looked at; how long work lasts before the watch connects, and how
 * often it asks from then on; how often it says that somebody lives. */
#define LOOK_US (50 * 1000)
#define ASK_US (300 * 1000)
#define BEAT_US (5 * G_USEC_PER_SEC)

struct TuJobWatch {
    char *url, *directory, *control_schema;
    const volatile _Atomic int *is_cancelled;
    gint64 id, claim;
    gint64 claimed_us; /* monotonic */
    double seconds_before;
    volatile _Atomic int flag; /* written by the thread alone, read by whoever works */
    GThread *thread;
    GMutex mutex;
    GCond is_over_changed;
    gboolean is_over;
};

/* Sleeps until the next look; FALSE: the work is over. */
static gboolean
wait_for_look(TuJobWatch *watch)
{
    gint64 until = g_get_monotonic_time() + LOOK_US;
    g_mutex_lock(&watch->mutex);
    while (!watch->is_over && g_cond_wait_until(&watch->is_over_changed, &watch->mutex, until))
        ;
    gboolean goes_on = !watch->is_over;
    g_mutex_unlock(&watch->mutex);
    return goes_on;
}

static TuDatabase *
connect_watch(const TuJobWatch *watch)
{
    TuDatabase *db = NULL;
    g_autoptr(GError) ignored = NULL;
    if (watch->url == NULL ||
        !tu_database_open(watch->url, watch->directory, TU_OPEN_WRITE, &db, &ignored))
        return NULL;
    tu_database_set_control_schema(db, watch->control_schema);
    return db;
}

/* TRUE if the worker is to stop. What cannot be asked now is asked again. */
static gboolean
is_unwanted(TuJobWatch *watch, TuDatabase *db)
{
    g_autoptr(GError) ignored = NULL;
    gboolean found = FALSE;
    gint64 is_cancelling = 0;
    TuValue values[] = {tu_value_integer(watch->id), tu_value_integer(watch->claim)};
    if (!tu_database_integer(db,
                             "SELECT is_cancelling FROM trueup_job WHERE id = ?1 AND claim = ?2 "
                             "AND status = 'RUNNING'",
                             values, G_N_ELEMENTS(values), &found, &is_cancelling, &ignored))
        return FALSE;
    return !found || is_cancelling != 0;
}

/* That somebody lives, and for how long it has worked. */
static void
beat(TuJobWatch *watch, TuDatabase *db)
{
    g_autoptr(GError) ignored = NULL;
    gint64 now_us = 0;
    if (!tu_database_now(db, &now_us, &ignored))
        return;
    TuValue values[] = {
        tu_value_integer(watch->id), tu_value_integer(watch->claim),
        tu_value_time(TU_TYPE_INSTANT, now_us),
        tu_value_real(watch->seconds_before +
                      (double)(g_get_monotonic_time() - watch->claimed_us) / G_USEC_PER_SEC)};
    (void)!tu_database_run(
        db,
        "UPDATE trueup_job SET beat_at = ?3, seconds = ?4 WHERE id = ?1 AND claim = ?2 "
        "AND status = 'RUNNING'",
        values, G_N_ELEMENTS(values), NULL, &ignored);
}

static gpointer
look_on(gpointer data)
{
    TuJobWatch *watch = data;
    g_autoptr(TuDatabase) db = NULL;
    gint64 ask_us = g_get_monotonic_time() + ASK_US;
    gint64 beat_us = g_get_monotonic_time() + BEAT_US;
    while (wait_for_look(watch)) {
        gint64 now_us = g_get_monotonic_time();
        if (watch->is_cancelled != NULL && *watch->is_cancelled != 0)
            watch->flag = *watch->is_cancelled;
        if (now_us < ask_us)
            continue;
        ask_us = now_us + ASK_US;
        if (db == NULL)
            db = connect_watch(watch);
        if (db != NULL && watch->flag == 0 && is_unwanted(watch, db))
            watch->flag = 1;
        if (db != NULL && now_us >= beat_us) {
            beat(watch, db);
            beat_us = now_us + BEAT_US;
        }
    }
    return NULL;
}

TuJobWatch *
tu_job_watch_new(const TuJobWatchPlace *place, const TuJob *job)
{
    TuJobWatch *watch = g_new0(TuJobWatch, 1);
    watch->url = g_strdup(place->url);
    watch->directory = g_strdup(place->directory);
    watch->control_schema = g_strdup(place->control_schema);
    watch->is_cancelled = place->is_cancelled;
    watch->id = job->id;
    watch->claim = job->claim;
    watch->claimed_us = job->claimed_us;
    watch->seconds_before = job->seconds_before;
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->is_over_changed);
    watch->thread = g_thread_new("job", look_on, watch);
    return watch;
}

void
tu_job_watch_free(TuJobWatch *watch)
{
    if (watch == NULL)
        return;
    g_mutex_lock(&watch->mutex);
    watch->is_over = TRUE;
    g_cond_signal(&watch->is_over_changed);
    g_mutex_unlock(&watch->mutex);
    g_thread_join(watch->thread);
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->is_over_changed);
    g_free(watch->url);
    g_free(watch->directory);
    g_free(watch->control_schema);
    g_free(watch);
}

const volatile _Atomic int *
tu_job_watch_flag(const TuJobWatch *watch)
{
    return &watch->flag;
}
