#include "daemon/reload.h"

#include <sys/stat.h>

#include "time/backoff.h"
#include "time/instant.h"

/* An unfit crew's spec is tried again and again. */
static const TuBackoff unfit_backoff = {
    .first_us = TU_SECOND_US, .longest_us = 5 * TU_SECOND_US, .retries = G_MAXUINT};

/* ---- the file ---- */

/* TRUE if it is another file, or was written, since the last look. Editors write a new file and
 * rename it: therefore the inode; a clock that stands still: therefore the size. */
static gboolean
has_changed(TuReload *reload)
{
    struct stat now = {0};
    gboolean is_there = stat(reload->crew->spec_path, &now) == 0;
    gint64 changed_us =
        is_there ? (gint64)now.st_mtim.tv_sec * TU_SECOND_US + now.st_mtim.tv_nsec / 1000 : -1;
    gboolean is_same = changed_us == reload->changed_us && (gint64)now.st_ino == reload->inode &&
                       (guint64)now.st_size == reload->size;
    reload->changed_us = changed_us;
    reload->inode = (gint64)now.st_ino;
    reload->size = (guint64)now.st_size;
    return !is_same;
}

/* One reading, in memory, is what is looked at, compared and taken up: the file may change
 * meanwhile. */
static GBytes *
read_file(const TuReload *reload, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text = NULL;
    gsize bytes = 0;
    if (g_file_get_contents(reload->crew->spec_path, &text, &bytes, &local))
        return g_bytes_new_take(text, bytes);
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "%s", local->message);
    return NULL;
}

gboolean
tu_reload_init(TuReload *reload, TuCrew *crew, const volatile _Atomic int *is_cancelled,
               GBytes **ret_spec, GError **error)
{
    *reload = (TuReload){.crew = crew};
    reload->door = (TuDoor){.spec_path = crew->spec_path,
                            .database_url = crew->database_url,
                            .is_cancelled = is_cancelled};
    (void)has_changed(reload);
    reload->looked_at = read_file(reload, error);
    if (reload->looked_at == NULL)
        return FALSE;
    *ret_spec = g_bytes_ref(reload->looked_at);
    return TRUE;
}

void
tu_reload_clear(TuReload *reload)
{
    g_clear_pointer(&reload->looked_at, g_bytes_unref);
    g_clear_pointer(&reload->said, g_free);
}

/* ---- trying a text ---- */

typedef enum {
    FITS,
    IS_BAD,  /* its file:line:column */
    DIFFERS, /* it is right, and is not the one that was applied, or the database lacks something */
    NOT_KNOWN, /* the database cannot be asked now */
} Verdict;

/* Opens a session with it, as a worker would, and closes that: what opens here opens there. */
static Verdict
try_text(TuReload *reload, GBytes *text, GError **error)
{
    g_auto(TuSession) session = {0};
    g_autoptr(GError) local = NULL;
    gsize bytes = 0;
    reload->door.spec_text = g_bytes_get_data(text, &bytes);
    reload->door.spec_bytes = bytes;
    g_autoptr(TuSpec) spec =
        tu_spec_parse(reload->door.spec_text, bytes, reload->crew->spec_path, NULL, error);
    if (spec == NULL)
        return IS_BAD;
    session = (TuSession){.door = &reload->door, .mode = TU_OPEN_WRITE, .needs_apply = TRUE};
    if (tu_session_reopen(&session, &local))
        return FITS;
    Verdict verdict = tu_error_is(local, TU_ERROR_CONFIG) ? DIFFERS : NOT_KNOWN;
    g_propagate_error(error, g_steal_pointer(&local));
    return verdict;
}

/* The same thing once, though it is found at every look. */
static void
say(TuReload *reload, Verdict verdict, const GError *why)
{
    static const struct {
        TuLogLevel level;
        const char *event, *help;
    } rows[] = {
        [IS_BAD] = {TU_LOG_ERROR, "spec.bad", "the spec of before stays in use: correct the file"},
        [DIFFERS] = {TU_LOG_WARNING, "spec.waits",
                     "the spec of before stays in use until `trueup apply` was run with this one"},
        [NOT_KNOWN] = {TU_LOG_INFO, "spec.waits", "it is looked at again"},
    };
    g_autofree char *text = g_strdup_printf("%d %s", (int)verdict, why->message);
    if (g_strcmp0(text, reload->said) == 0)
        return;
    g_free(reload->said);
    reload->said = g_steal_pointer(&text);
    tu_log(reload->crew->log, rows[verdict].level, rows[verdict].event,
           tu_field_text("spec", reload->crew->spec_path), tu_field_text("error", why->message),
           tu_field_text("help", rows[verdict].help));
}

/* From here on every worker opens its session anew, at its next pause. */
static void
take_up(TuReload *reload, GBytes *text)
{
    tu_crew_set_spec(reload->crew, text);
    g_clear_pointer(&reload->said, g_free);
    reload->n_failures = 0;
    tu_log(reload->crew->log, TU_LOG_INFO, "spec.taken",
           tu_field_text("spec", reload->crew->spec_path));
}

/* ---- looking ---- */

/* What the workers use now; *ret_is_unfit: it was found to be another than what was applied. */
static GBytes *
current(const TuReload *reload, gboolean *ret_is_unfit)
{
    g_mutex_lock(&reload->crew->mutex);
    GBytes *text = g_bytes_ref(reload->crew->spec);
    *ret_is_unfit = reload->crew->is_unfit;
    g_mutex_unlock(&reload->crew->mutex);
    return text;
}

/* An unfit crew's spec is tried again and again, less and less often. */
static gboolean
is_time(TuReload *reload, gboolean is_unfit)
{
    gint64 now_us = g_get_monotonic_time();
    if (!is_unfit || now_us < reload->next_us)
        return FALSE;
    gint64 pause_us = 0;
    (void)tu_backoff_next(&unfit_backoff, ++reload->n_failures, 0, &pause_us);
    reload->next_us = now_us + pause_us;
    return TRUE;
}

gboolean
tu_reload_look(TuReload *reload, gboolean is_asked)
{
    gboolean is_unfit = FALSE;
    g_autoptr(GBytes) before = current(reload, &is_unfit);
    gboolean is_changed = has_changed(reload);
    g_autoptr(GError) error = NULL;
    if (!is_asked && !is_changed && !is_time(reload, is_unfit))
        return FALSE;
    g_autoptr(GBytes) text = read_file(reload, &error);
    g_clear_pointer(&reload->looked_at, g_bytes_unref);
    reload->looked_at = text != NULL ? g_bytes_ref(text) : NULL;
    gboolean is_same = text != NULL && g_bytes_equal(text, before);
    if (is_same && !is_asked && !is_unfit)
        return FALSE; /* written, and the same */
    Verdict verdict = text != NULL ? try_text(reload, text, &error) : IS_BAD;
    if (verdict == FITS) {
        take_up(reload, text);
        return TRUE;
    }
    say(reload, verdict, error);
    /* What the sessions have may fit again, though the file does not. */
    if (is_unfit && !is_same && try_text(reload, before, NULL) == FITS) {
        take_up(reload, before);
        return TRUE;
    }
    return FALSE;
}
