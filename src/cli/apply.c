/*
 * `trueup apply`: tables and triggers as the spec wants them, then the first build.
 *
 *   tu_install (one transaction, or steps that can be done again) ──▶ settle ──▶ build ──▶ settle
 *
 * Stopped anywhere, running it again goes on; when all is there, it changes nothing.
 */
#include <stdio.h>

#include "keep/connect.h"
#include "cli/sealed.h"
#include "cli/work.h"
#include "keep/build/build.h"
#include "keep/install/install.h"

/* What waits is settled before the build, so that its snapshots have little to take away, and
 * after it. */
static gboolean
build(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    return tu_settle_group(keeper, group, result, error) &&
           tu_build_group(keeper, group, NULL, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

/* The model is read before the lock is held, so a change in between means: read it again. */
static gboolean
install(TuSession *session, const TuContext *context, gboolean may_take_over,
        TuInstalled *ret_installed, GError **error)
{
    gint64 busy_since_us = g_get_monotonic_time();
    if (!tu_session_open(session, &context->door, TU_OPEN_WRITE, FALSE, error))
        return FALSE;
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (tu_install(&session->keeper, may_take_over, ret_installed, &local))
            break;
        if (tu_keeper_may_retry(local, &busy_since_us)) {
            tu_session_clear(session);
            if (!tu_session_open(session, &context->door, TU_OPEN_WRITE, FALSE, error))
                return FALSE;
        } else if (!tu_session_survive(session, tu_patience_limit_us(), g_steal_pointer(&local),
                                       error)) {
            return FALSE;
        }
    }
    /* What was made exists now: the model that goes on must know. */
    tu_session_clear(session);
    return tu_session_open(session, &context->door, TU_OPEN_WRITE, TRUE, error);
}

/* In JSON the whole result is one object at the end. */
static void
say_installed(const TuContext *context, const TuInstalled *installed)
{
    if (context->as_json)
        return;
    if (!installed->has_changed)
        printf("nothing to change\n");
    else
        printf("installed: %u statements, %u summaries to build\n", installed->n_statements,
               installed->n_builds);
}

/* What `check` would say, errors apart: those have ended this already. */
static void
say_warnings(const TuSession *session)
{
    for (guint i = 0; i < session->findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(session->findings, i);
        fprintf(stderr, "trueup: %s: %s%s%s\n", finding->where, finding->message,
                finding->help != NULL ? ": " : "", finding->help != NULL ? finding->help : "");
    }
}

int
tu_command_apply(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean no_build = FALSE;
    gboolean may_take_over = FALSE;
    const GOptionEntry entries[] = {
        {"no-build", 0, 0, G_OPTION_ARG_NONE, &no_build, NULL, NULL},
        {"take-over", 0, 0, G_OPTION_ARG_NONE, &may_take_over, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    TuInstalled installed;
    gboolean was_held = FALSE;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !install(&session, context, may_take_over, &installed, error))
        return -1;
    say_installed(context, &installed);
    say_warnings(&session);
    if (installed.n_builds > 0 &&
        !tu_sealed_say(&session, NULL, G_MININT32, TU_SEALED_IS_LEFT, error))
        return -1;
    if (!no_build && !tu_work_each(&session, NULL, TRUE, build, NULL, &result, &was_held, error))
        return -1;
    return tu_work_report(context, no_build ? "not built yet" : "built", &result);
}
