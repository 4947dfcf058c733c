#include "daemon/worker.h"

#include "keep/tenants/zones.h"
#include "time/backoff.h"
#include "time/instant.h"

/* How often it is written down who has a group, where the database does not say. */
#define NOTE_US (60 * TU_SECOND_US)
/* How often the files of zones are looked at, and refused ones tried again. */
#define LOOK_AT_ZONES_US TU_MINUTE_US

/* ---- the crew ---- */

void
tu_crew_init(TuCrew *crew, TuLog *log, const char *spec_path, const char *database_url)
{
    *crew = (TuCrew){.log = log, .spec_path = spec_path, .database_url = database_url};
    g_mutex_init(&crew->mutex);
    g_cond_init(&crew->has_changed);
    crew->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
tu_crew_clear(TuCrew *crew)
{
    g_mutex_clear(&crew->mutex);
    g_cond_clear(&crew->has_changed);
    g_clear_pointer(&crew->spec, g_bytes_unref);
    g_clear_pointer(&crew->groups, g_hash_table_unref);
}

void
tu_crew_set_spec(TuCrew *crew, GBytes *spec)
{
    g_mutex_lock(&crew->mutex);
    GBytes *before = crew->spec;
    crew->spec = g_bytes_ref(spec);
    crew->generation++;
    crew->is_unfit = FALSE;
    g_cond_broadcast(&crew->has_changed);
    g_mutex_unlock(&crew->mutex);
    g_clear_pointer(&before, g_bytes_unref);
}

void
tu_crew_tell(TuCrew *crew, gboolean has_builds, gboolean has_jobs)
{
    g_mutex_lock(&crew->mutex);
    gboolean is_more = (has_builds && !crew->has_builds) || (has_jobs && !crew->has_jobs);
    crew->has_builds = has_builds;
    crew->has_jobs = has_jobs;
    crew->n_told += is_more;
    if (is_more)
        g_cond_broadcast(&crew->has_changed);
    g_mutex_unlock(&crew->mutex);
}

void
tu_crew_end(TuCrew *crew)
{
    g_mutex_lock(&crew->mutex);
    crew->is_ending = TRUE;
    g_cond_broadcast(&crew->has_changed);
    g_mutex_unlock(&crew->mutex);
}

/* ---- life ---- */

void
tu_worker_init(TuWorker *worker, TuCrew *crew, const char *name)
{
    *worker = (TuWorker){.crew = crew, .name = name, .beat_us = g_get_monotonic_time()};
    worker->alarms = tu_alarms_new();
    worker->noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    worker->door = (TuDoor){.spec_path = crew->spec_path,
                            .database_url = crew->database_url,
                            .is_cancelled = &worker->cancel};
    worker->session =
        (TuSession){.door = &worker->door, .mode = TU_OPEN_WRITE, .needs_apply = TRUE};
}

void
tu_worker_clear(TuWorker *worker)
{
    tu_session_clear(&worker->session);
    g_clear_pointer(&worker->alarms, tu_alarms_free);
    g_clear_pointer(&worker->noted, g_hash_table_unref);
    g_clear_pointer(&worker->text, g_bytes_unref);
}

/* ---- time ---- */

void
tu_worker_beat(TuWorker *worker)
{
    g_mutex_lock(&worker->crew->mutex);
    worker->beat_us = g_get_monotonic_time();
    g_mutex_unlock(&worker->crew->mutex);
}

gboolean
tu_worker_is_ending(const TuWorker *worker)
{
    g_mutex_lock(&worker->crew->mutex);
    gboolean is_ending = worker->crew->is_ending;
    g_mutex_unlock(&worker->crew->mutex);
    return is_ending;
}

gboolean
tu_worker_wait(TuWorker *worker, gint64 wait_us)
{
    TuCrew *crew = worker->crew;
    gint64 until_us = g_get_monotonic_time() + wait_us;
    g_mutex_lock(&crew->mutex);
    worker->is_at_work = FALSE;
    worker->beat_us = g_get_monotonic_time();
    while (!crew->is_ending && crew->generation == worker->generation &&
           !(worker->is_told && crew->n_told != worker->n_told) &&
           g_cond_wait_until(&crew->has_changed, &crew->mutex, until_us))
        ;
    worker->n_told = crew->n_told;
    worker->beat_us = g_get_monotonic_time();
    gboolean goes_on = !crew->is_ending;
    g_mutex_unlock(&crew->mutex);
    return goes_on;
}

/* ---- the session ---- */

/* Takes the crew's spec over, if it has another one by now. */
static void
look_at_spec(TuWorker *worker)
{
    gsize bytes = 0;
    g_mutex_lock(&worker->crew->mutex);
    gboolean is_other = worker->crew->generation != worker->generation;
    if (is_other) {
        g_clear_pointer(&worker->text, g_bytes_unref);
        worker->text = g_bytes_ref(worker->crew->spec);
        worker->generation = worker->crew->generation;
    }
    g_mutex_unlock(&worker->crew->mutex);
    if (!is_other)
        return;
    worker->is_open = FALSE;
    worker->door.spec_text = g_bytes_get_data(worker->text, &bytes);
    worker->door.spec_bytes = bytes;
}

/* A session knows the tables as they were when it was opened. If they were altered, it is opened
 * anew: a series that cannot be evaluated any more must be noted. Where one could not be evaluated
 * then, it is seen in a while whether it can now. */
#define LOOK_AT_FAILING_US (20 * G_USEC_PER_SEC)

/* Tables that the spec does not fit at all would end everybody's work; with the old model only what
 * needs them fails. */
static gboolean
can_be_resolved(const TuWorker *worker)
{
    const TuSession *session = &worker->session;
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_autoptr(TuModel) model = NULL;
    return tu_model_new_leaving_out(session->spec, session->db, findings, &model, NULL) &&
           model != NULL;
}

static void
look_at_failing(TuWorker *worker)
{
    gint64 now_us = g_get_monotonic_time();
    if (worker->is_open && worker->session.keeper.is_outdated) {
        worker->session.keeper.is_outdated = FALSE; /* whoever looks next says it again */
        worker->is_open = !can_be_resolved(worker);
    }
    if (!worker->is_open || !tu_model_leaves_some_out(worker->session.model)) {
        worker->failing_us = 0;
    } else if (worker->failing_us == 0) {
        worker->failing_us = now_us + LOOK_AT_FAILING_US;
    } else if (now_us >= worker->failing_us) {
        worker->is_open = FALSE;
        worker->failing_us = 0;
    }
}

static void
say_lost(TuWorker *worker, const GError *why)
{
    if (tu_alarms_raise(worker->alarms, "lost", g_get_monotonic_time()))
        tu_log(worker->crew->log, TU_LOG_WARNING, "connection.lost",
               tu_field_text("thread", worker->name), tu_field_text("error", why->message));
    worker->has_said_lost = TRUE;
}

static void
say_back(TuWorker *worker)
{
    if (worker->has_said_lost)
        tu_log(worker->crew->log, TU_LOG_INFO, "connection.back",
               tu_field_text("thread", worker->name),
               tu_field_text("database", tu_database_label(worker->session.db)));
    worker->has_said_lost = FALSE;
    (void)tu_alarms_end(worker->alarms, "lost");
}

/* Until the main thread has found a spec that fits. */
static void
wait_for_spec(TuWorker *worker)
{
    while (tu_worker_wait(worker, TU_MINUTE_US)) {
        g_mutex_lock(&worker->crew->mutex);
        gboolean is_new = worker->crew->generation != worker->generation;
        g_mutex_unlock(&worker->crew->mutex);
        if (is_new)
            return;
    }
}

void
tu_worker_is_unfit(TuWorker *worker, const char *why)
{
    TuCrew *crew = worker->crew;
    g_mutex_lock(&crew->mutex);
    gboolean is_first = crew->generation == worker->generation && !crew->is_unfit;
    crew->is_unfit = crew->is_unfit || is_first;
    g_mutex_unlock(&crew->mutex);
    if (is_first)
        tu_log(crew->log, TU_LOG_ERROR, "spec.unfit", tu_field_text("spec", crew->spec_path),
               tu_field_text("error", why),
               tu_field_text("help", "run `trueup apply` with this spec, or put the spec that was "
                                     "applied here: it goes on by itself then"));
    worker->is_open = FALSE;
}

/* From here on it has something in hand, until it waits. */
static void
begin_work(TuWorker *worker)
{
    g_mutex_lock(&worker->crew->mutex);
    worker->is_at_work = TRUE;
    worker->beat_us = g_get_monotonic_time();
    g_mutex_unlock(&worker->crew->mutex);
}

void
tu_worker_begin_leaving(TuWorker *worker)
{
    g_mutex_lock(&worker->crew->mutex);
    worker->is_at_work = TRUE;
    worker->cancel = 0;
    g_mutex_unlock(&worker->crew->mutex);
}

/* ---- zones ---- */

/* Somebody must act: said again only when it was over, and tried again later. */
static void
wait_for_zones(TuWorker *worker, const GError *why)
{
    if (tu_error_is(why, TU_ERROR_CONNECT)) {
        say_lost(worker, why);
        worker->n_lost++;
        return;
    }
    if (tu_alarms_raise(worker->alarms, "zones", g_get_monotonic_time()))
        tu_log(worker->crew->log, TU_LOG_ERROR, "zone.refused",
               tu_field_text("thread", worker->name), tu_field_text("error", why->message));
    (void)tu_worker_wait(worker, LOOK_AT_ZONES_US);
}

/* A session reads its zones once. New tzdata on this machine: a new session; in that, what the new
 * rules move is asked for. FALSE: the session is not good any more. */
static gboolean
look_at_zones(TuWorker *worker)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *said = NULL;
    gint64 now_us = g_get_monotonic_time();
    gboolean is_new = worker->zones_us == 0;
    if (now_us < worker->zones_us)
        return TRUE;
    worker->zones_us = now_us + LOOK_AT_ZONES_US;
    if (is_new ? tu_zones_adopt(&worker->session.keeper, &said, &local)
               : tu_zones_are_current(&worker->session.keeper)) {
        if (is_new)
            (void)tu_alarms_end(worker->alarms, "zones");
        if (said != NULL)
            tu_log(worker->crew->log, TU_LOG_INFO, "zone.adopted", tu_field_text("zones", said));
        return TRUE;
    }
    worker->is_open = FALSE;
    if (local != NULL)
        wait_for_zones(worker, local);
    return FALSE;
}

gboolean
tu_worker_open(TuWorker *worker, gboolean *ret_is_new)
{
    *ret_is_new = FALSE;
    for (guint64 failures = 1; !tu_worker_is_ending(worker); failures++) {
        g_autoptr(GError) local = NULL;
        gint64 pause_us = 0;
        look_at_spec(worker);
        look_at_failing(worker);
        if (worker->is_open && look_at_zones(worker)) {
            begin_work(worker);
            return TRUE;
        }
        *ret_is_new = TRUE;
        /* Work that loses each connection is not done in a hurry. */
        if (worker->n_lost > 1 &&
            tu_backoff_next(&tu_backoff_connection, worker->n_lost - 1, g_random_double(),
                            &pause_us) &&
            !tu_worker_wait(worker, pause_us))
            return FALSE;
        if (tu_session_reopen(&worker->session, &local)) {
            worker->is_open = TRUE;
            worker->zones_us = 0;
            say_back(worker);
            continue;
        }
        if (tu_error_is(local, TU_ERROR_CONFIG)) {
            tu_worker_is_unfit(worker, local->message);
            wait_for_spec(worker);
            failures = 0;
            continue;
        }
        if (!tu_error_is(local, TU_ERROR_CANCELLED))
            say_lost(worker, local);
        if (tu_backoff_next(&tu_backoff_connection, failures, g_random_double(), &pause_us))
            (void)tu_worker_wait(worker, pause_us);
    }
    return FALSE;
}

/* ---- trouble ---- */

/* What cannot be read may be a table that was dropped or altered, before the guard could see it. */
static void
look_at_schema(TuWorker *worker)
{
    const TuModel *model = worker->session.model;
    gint64 version = 0;
    if (tu_database_schema_version(worker->session.db, model->table_names, &version, NULL) &&
        version != model->schema_version)
        worker->session.keeper.is_outdated = TRUE;
}

static gboolean
is_applied(TuWorker *worker)
{
    gboolean found = TRUE;
    gint64 one = 0;
    TuValue digest = tu_value_text(worker->session.model->digest);
    return !tu_database_integer(worker->session.db, "SELECT 1 FROM trueup_spec WHERE digest = ?1",
                                &digest, 1, &found, &one, NULL) ||
           found;
}

TuTrouble
tu_worker_trouble(TuWorker *worker, const TuGroup *group, const GError *why)
{
    if (tu_error_is(why, TU_ERROR_CANCELLED))
        return TU_TROUBLE_OF_SESSION;
    if (tu_error_is(why, TU_ERROR_CONNECT)) {
        say_lost(worker, why);
        worker->is_open = FALSE;
        worker->n_lost++;
        return TU_TROUBLE_OF_SESSION;
    }
    if (tu_error_is(why, TU_ERROR_CONFIG) && !is_applied(worker)) {
        tu_worker_is_unfit(worker, why->message);
        return TU_TROUBLE_OF_SESSION;
    }
    if (tu_error_is(why, TU_ERROR_CONFIG) && !tu_zones_check(&worker->session.keeper, NULL)) {
        worker->is_open = FALSE;
        return TU_TROUBLE_OF_SESSION;
    }
    worker->zones_us = 1; /* they are looked at after every error */
    if (tu_error_is(why, TU_ERROR_DATABASE))
        look_at_schema(worker);
    const char *name = group != NULL ? group->name : NULL;
    g_autofree char *key = g_strdup_printf("%s\n%s", name != NULL ? name : "", why->message);
    gboolean is_busy = tu_error_is(why, TU_ERROR_BUSY);
    if (tu_alarms_raise(worker->alarms, key, g_get_monotonic_time()))
        tu_log(worker->crew->log, is_busy ? TU_LOG_INFO : TU_LOG_ERROR,
               is_busy ? "group.busy" : "group.failed", tu_field_text("group", name),
               tu_field_text("error", why->message));
    return TU_TROUBLE_OF_GROUP;
}

/* What is not captured any more is kept by periodic repair from now on. */
static void
look_at_due(TuCrew *crew)
{
    g_mutex_lock(&crew->mutex);
    crew->looks_at_due = TRUE;
    crew->n_told++;
    g_cond_broadcast(&crew->has_changed);
    g_mutex_unlock(&crew->mutex);
}

/* What all alarms of the guard about that group begin with. */
static char *
guard_key(const TuGroup *group)
{
    return g_strdup_printf("guard\n%s\n", group->name);
}

void
tu_worker_is_guarded(TuWorker *worker, const TuGroup *group)
{
    g_autofree char *key = guard_key(group);
    if (tu_alarms_end_all(worker->alarms, key))
        tu_log(worker->crew->log, TU_LOG_INFO, "guard.back", tu_field_text("group", group->name));
}

/* What is about a table is the guard's (keep/settle/settle.c). */
void
tu_worker_tell(TuWorker *worker, const TuGroup *group, const TuResult *result)
{
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        gboolean is_guard = tu_failure_is_of_table(failure);
        g_autofree char *guard = guard_key(group);
        g_autofree char *key = is_guard ? g_strconcat(guard, failure->error, NULL)
                                        : g_strdup_printf("%s\n%s\n%s", failure->summary,
                                                          failure->tenant, failure->error);
        if (!tu_alarms_raise(worker->alarms, key, g_get_monotonic_time()))
            continue;
        if (is_guard)
            look_at_due(worker->crew);
        tu_log(worker->crew->log, is_guard ? TU_LOG_ERROR : TU_LOG_WARNING,
               is_guard ? "guard.lost" : "work.failed", tu_field_text("group", group->name),
               tu_field_text("summary", failure->summary), tu_field_text("tenant", failure->tenant),
               tu_field_text("error", failure->error));
    }
}

/* ---- groups ---- */

static gboolean
take_gate(TuCrew *crew, const TuGroup *group)
{
    g_mutex_lock(&crew->mutex);
    gboolean is_free = !g_hash_table_contains(crew->groups, group->name);
    if (is_free)
        g_hash_table_add(crew->groups, g_strdup(group->name));
    g_mutex_unlock(&crew->mutex);
    return is_free;
}

static void
open_gate(TuCrew *crew, const TuGroup *group)
{
    g_mutex_lock(&crew->mutex);
    g_hash_table_remove(crew->groups, group->name);
    g_mutex_unlock(&crew->mutex);
}

/* Who has it is written down now and then: it is only for people. */
static void
note_holder(TuWorker *worker, const TuGroup *group)
{
    gint64 now_us = g_get_monotonic_time();
    const gint64 *noted_us = g_hash_table_lookup(worker->noted, group->name);
    char *nobody = NULL;
    if (noted_us != NULL && now_us - *noted_us < NOTE_US)
        return;
    tu_keeper_note_holder(&worker->session.keeper, group, &nobody);
    g_hash_table_insert(worker->noted, g_strdup(group->name), g_memdup2(&now_us, sizeof now_us));
}

gboolean
tu_worker_take(TuWorker *worker, const TuGroup *group, gboolean *ret_is_taken, GError **error)
{
    g_autofree char *holder = NULL;
    g_assert(worker->taken == NULL);
    *ret_is_taken = FALSE;
    if (!take_gate(worker->crew, group))
        return TRUE;
    gboolean is_ok = tu_database_try_lock(worker->session.db, group->name, &holder, error);
    *ret_is_taken = is_ok && holder == NULL;
    if (!*ret_is_taken) {
        open_gate(worker->crew, group);
        return is_ok;
    }
    worker->taken = group;
    note_holder(worker, group);
    return TRUE;
}

void
tu_worker_give_back(TuWorker *worker)
{
    const TuGroup *group = worker->taken;
    if (group == NULL)
        return;
    tu_database_unlock(worker->session.db, group->name);
    open_gate(worker->crew, group);
    worker->taken = NULL;
}
