#include "daemon/daemon.h"

#include <unistd.h>

#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/settler.h"
#include "daemon/upkeep.h"
#include "time/instant.h"

/* How often the main thread looks at signals; at the spec's file; tells its status. */
#define LOOK_US (100 * 1000)
#define FILE_US TU_SECOND_US
#define STATUS_US (10 * TU_SECOND_US)

/* What is in hand when a signal comes has so long; then it is cancelled, and rolled back. */
#define FINISH_US (3 * TU_SECOND_US)
/* Whoever has not ended by then is left behind, as a crash would. */
#define END_US (TU_SECOND_US * 9 / 2)

/* Without a sign of life for so long a thread hangs, and the watchdog is not fed any more. One turn
 * of settling takes moments; a piece of a build may go through a whole table. */
#define SETTLER_STUCK_US (5 * TU_MINUTE_US)
#define UPKEEP_STUCK_US TU_HOUR_US

/* While it runs. */
typedef struct {
    const TuDaemon *daemon;
    TuCrew crew;
    TuWorker settler, upkeep;
    TuReload reload;
    TuNotify notify;
    GThread *reloader;           /* looks at the spec's file: a database may not answer for long */
    int n_reloads;               /* SIGHUPs that were seen */
    gboolean is_reloading;       /* as the service manager was told */
    int n_asked, n_answered;     /* of those, under the crew's mutex: passed on; looked at */
    gboolean reloader_has_ended; /* likewise */
    gint64 status_us, alive_us;  /* monotonic: when those are looked at again */
    gint64 n_entries;            /* when the status was told last */
} Running;

/* ---- telling ---- */

/* A manager that cannot be told is told of no more than once. */
static void
note_untold(Running *running, GError *error)
{
    if (error == NULL)
        return;
    tu_log(running->daemon->log, TU_LOG_WARNING, "notify.failed",
           tu_field_text("error", error->message));
    g_error_free(error);
    tu_notify_clear(&running->notify);
}

/* Of a daemon with one thread that hangs the watchdog makes an end: the manager starts it again,
 * and another worker takes over what it had. */
static gboolean
is_alive(Running *running)
{
    gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&running->crew.mutex);
    gboolean is_alive = now_us - running->settler.beat_us < SETTLER_STUCK_US &&
                        now_us - running->upkeep.beat_us < UPKEEP_STUCK_US;
    g_mutex_unlock(&running->crew.mutex);
    return is_alive;
}

/* The line that `systemctl status` shows. */
static char *
status_text(Running *running)
{
    g_mutex_lock(&running->crew.mutex);
    gint64 n = running->crew.n_entries;
    gboolean is_unfit = running->crew.is_unfit;
    const char *more = running->crew.has_builds ? "; history is being built"
                       : running->crew.has_jobs ? "; jobs are in the queue"
                                                : "";
    g_mutex_unlock(&running->crew.mutex);
    gint64 recent = n - running->n_entries;
    running->n_entries = n;
    if (is_unfit)
        return g_strdup("waiting: the spec is not the one that was applied");
    return g_strdup_printf("%" G_GINT64_FORMAT " changes settled in the last 10 s%s", recent, more);
}

/* The status is told whether the threads live or not; the sign of life only if all of them do. */
static void
tell(Running *running)
{
    gint64 now_us = g_get_monotonic_time();
    gint64 every_us = tu_notify_watchdog_us(&running->notify);
    GError *error = NULL;
    if (every_us > 0 && now_us >= running->alive_us && is_alive(running)) {
        running->alive_us = now_us + every_us;
        (void)tu_notify_alive(&running->notify, &error);
    }
    if (error == NULL && now_us >= running->status_us) {
        g_autofree char *text = status_text(running);
        running->status_us = now_us + STATUS_US;
        (void)tu_notify_status(&running->notify, text, &error);
    }
    note_untold(running, error);
}

/* ---- the spec ---- */

/* Waits a second, or until somebody asks. *ret_n_asked: how often that was; FALSE: the daemon
 * ends. */
static gboolean
wait_for_look(Running *running, int *ret_n_asked)
{
    TuCrew *crew = &running->crew;
    gint64 until_us = g_get_monotonic_time() + FILE_US;
    g_mutex_lock(&crew->mutex);
    while (!crew->is_ending && running->n_asked == running->n_answered &&
           g_cond_wait_until(&crew->has_changed, &crew->mutex, until_us))
        ;
    gboolean goes_on = !crew->is_ending;
    *ret_n_asked = running->n_asked;
    g_mutex_unlock(&crew->mutex);
    return goes_on;
}

/* A thread of its own: to try a spec it asks the database, which may not answer for minutes, and
 * signals must be seen meanwhile. */
static gpointer
look_at_spec(gpointer data)
{
    Running *running = data;
    int n_asked = 0;
    while (wait_for_look(running, &n_asked)) {
        (void)tu_reload_look(&running->reload, n_asked != running->n_answered);
        g_mutex_lock(&running->crew.mutex);
        running->n_answered = n_asked;
        g_mutex_unlock(&running->crew.mutex);
    }
    g_mutex_lock(&running->crew.mutex);
    running->reloader_has_ended = TRUE;
    g_mutex_unlock(&running->crew.mutex);
    return NULL;
}

/* Passes a SIGHUP on, and tells the service manager of it. */
static void
pass_reloads_on(Running *running)
{
    int n_reloads = *running->daemon->n_reloads;
    GError *error = NULL;
    g_mutex_lock(&running->crew.mutex);
    gboolean is_answered = running->n_answered == running->n_asked;
    g_mutex_unlock(&running->crew.mutex);
    if (running->is_reloading && is_answered) {
        running->is_reloading = FALSE;
        (void)tu_notify_ready(&running->notify, NULL, &error);
    } else if (!running->is_reloading && n_reloads != running->n_reloads) {
        running->n_reloads = n_reloads;
        running->is_reloading = TRUE;
        (void)tu_notify_reloading(&running->notify, &error);
        g_mutex_lock(&running->crew.mutex);
        running->n_asked++;
        g_cond_broadcast(&running->crew.has_changed);
        g_mutex_unlock(&running->crew.mutex);
    }
    note_untold(running, error);
}

/* ---- its life ---- */

/* The first session is opened here, so that what is wrong from the beginning ends the command. */
static gboolean
begin(Running *running, GError **error)
{
    const TuDaemon *daemon = running->daemon;
    TuWorker *settler = &running->settler;
    g_autoptr(GBytes) spec = NULL;
    gsize bytes = 0;
    tu_crew_init(&running->crew, daemon->log, daemon->spec_path, daemon->database_url);
    tu_worker_init(settler, &running->crew, "settler");
    tu_worker_init(&running->upkeep, &running->crew, "upkeep");
    if (!tu_notify_open(&running->notify, error) ||
        !tu_reload_init(&running->reload, &running->crew, daemon->stop_signal, &spec, error))
        return FALSE;
    tu_crew_set_spec(&running->crew, spec);
    settler->generation = running->crew.generation;
    settler->text = g_bytes_ref(spec);
    settler->door.spec_text = g_bytes_get_data(spec, &bytes);
    settler->door.spec_bytes = bytes;
    settler->door.is_cancelled = daemon->stop_signal;
    if (!tu_session_open(&settler->session, &settler->door, TU_OPEN_WRITE, TRUE, error))
        return FALSE;
    /* From here on a signal lets it finish what is in hand. */
    settler->door.is_cancelled = &settler->cancel;
    settler->session.keeper.is_cancelled = &settler->cancel;
    tu_database_set_cancel(settler->session.db, &settler->cancel);
    settler->is_open = TRUE;
    return TRUE;
}

/* Ready is said when everything runs: what depends on it may begin to write. */
static void
start(Running *running)
{
    GError *error = NULL;
    const TuSession *session = &running->settler.session;
    tu_log(running->daemon->log, TU_LOG_INFO, "daemon.started",
           tu_field_text("version", TRUEUP_VERSION),
           tu_field_text("spec", running->daemon->spec_path),
           tu_field_text("database", tu_database_label(session->db)),
           tu_field_text("worker", session->keeper.worker),
           tu_field_integer("groups", session->model->groups->len));
    running->n_reloads = *running->daemon->n_reloads;
    running->settler.thread = g_thread_new("settler", tu_settler_run, &running->settler);
    running->upkeep.thread = g_thread_new("upkeep", tu_upkeep_run, &running->upkeep);
    running->reloader = g_thread_new("reload", look_at_spec, running);
    (void)tu_notify_ready(&running->notify, "settling", &error);
    note_untold(running, error);
}

/* A thread that has nothing in hand (it waits, or connects) is not waited for. */
static gboolean
has_ended(Running *running, TuWorker *worker, gboolean is_late)
{
    g_mutex_lock(&running->crew.mutex);
    gboolean has_ended = worker->has_ended;
    gboolean is_idle = !worker->is_at_work;
    if (is_late || is_idle)
        worker->cancel = *running->daemon->stop_signal;
    g_mutex_unlock(&running->crew.mutex);
    return has_ended;
}

/* Its statements are cancelled by the signal itself. */
static gboolean
has_reloader_ended(Running *running)
{
    g_mutex_lock(&running->crew.mutex);
    gboolean has_ended = running->reloader_has_ended;
    g_mutex_unlock(&running->crew.mutex);
    return has_ended;
}

static void
end(Running *running)
{
    GError *error = NULL;
    gint64 began_us = g_get_monotonic_time();
    TuLog *log = running->daemon->log;
    const char *name = *running->daemon->stop_signal == 15 ? "SIGTERM" : "SIGINT";
    tu_log(log, TU_LOG_INFO, "daemon.stopping", tu_field_text("signal", name));
    (void)tu_notify_stopping(&running->notify, "finishing what is in hand", &error);
    note_untold(running, error);
    tu_crew_end(&running->crew);
    for (;;) {
        gint64 took_us = g_get_monotonic_time() - began_us;
        gboolean settler_ended = has_ended(running, &running->settler, took_us > FINISH_US);
        gboolean upkeep_ended = has_ended(running, &running->upkeep, took_us > FINISH_US);
        gboolean reloader_ended = has_reloader_ended(running);
        if (settler_ended && upkeep_ended && reloader_ended)
            break;
        if (took_us > END_US) {
            tu_log(log, TU_LOG_WARNING, "daemon.left",
                   tu_field_text("thread", !settler_ended  ? "settler"
                                           : !upkeep_ended ? "upkeep"
                                                           : "reload"));
            _exit(128 + *running->daemon->stop_signal);
        }
        g_usleep(LOOK_US / 10);
    }
    g_thread_join(running->settler.thread);
    g_thread_join(running->upkeep.thread);
    g_thread_join(running->reloader);
    tu_log(log, TU_LOG_INFO, "daemon.stopped",
           tu_field_integer("ms", (g_get_monotonic_time() - began_us) / 1000));
}

static void
clear(Running *running)
{
    tu_worker_clear(&running->settler);
    tu_worker_clear(&running->upkeep);
    tu_reload_clear(&running->reload);
    tu_notify_clear(&running->notify);
    tu_crew_clear(&running->crew);
}

gboolean
tu_daemon_run(const TuDaemon *daemon, GError **error)
{
    Running running = {.daemon = daemon, .notify = TU_NOTIFY_INIT};
    gboolean is_ok = begin(&running, error);
    if (is_ok) {
        start(&running);
        while (*daemon->stop_signal == 0) {
            tell(&running);
            pass_reloads_on(&running);
            g_usleep(LOOK_US);
        }
        end(&running);
    }
    clear(&running);
    return is_ok;
}
