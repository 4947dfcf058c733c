/* `trueup run`: the daemon; `--once` does what is due now and ends. */
#include <unistd.h>

#include "cli/work.h"
#include "daemon/daemon.h"
#include "daemon/due.h"
#include "keep/build/build.h"
#include "keep/jobs/chores.h"
#include "keep/tenants/clock.h"
#include "keep/build/repair.h"
#include "keep/old/retention.h"
#include "work/runs.h"

static guint
count_failures(const TuResult *result)
{
    return result->failures != NULL ? result->failures->len : 0;
}

/* Pieces of about so long, as a daemon's: others' changes wait as long to be settled. */
#define PIECE_US (500 * 1000)

/* In pieces, between which others have their turn: a rebuild may take hours. Nights and builds are
 * not cut (decision 0026). */
static gboolean
do_jobs(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    keeper->piece_us = PIECE_US;
    keeper->yield = tu_work_yield;
    gboolean is_ok = tu_chores_group(keeper, group, result, error);
    keeper->piece_us = 0;
    keeper->yield = NULL;
    return is_ok;
}

/* What came in while something long was done is settled behind it. */
static gboolean
do_what_is_due(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    if (!tu_runs_close_dead(keeper, error) || !tu_settle_group(keeper, group, result, error))
        return FALSE;
    TuResult before = *result;
    guint n_failures = count_failures(result);
    gboolean did = FALSE;
    if (!do_jobs(keeper, group, result, error) ||
        !tu_build_group(keeper, group, NULL, result, error) ||
        !tu_due_do(keeper, group, NULL, result, &did, error))
        return FALSE;
    gboolean was_idle = before.rows_read == result->rows_read &&
                        before.cells_checked == result->cells_checked &&
                        n_failures == count_failures(result);
    gboolean is_due = !was_idle;
    return (is_due || tu_settle_is_due(keeper, group, &is_due, error)) &&
           (!is_due || tu_settle_group(keeper, group, result, error)) &&
           tu_retention_all(keeper, group, result, error);
}

static gboolean
confirm_clock(TuSession *session, GError **error)
{
    TuKeeper *keeper = &session->keeper;
    for (guint i = 0; i < session->model->groups->len; i++)
        if (!tu_clock_confirm(keeper, g_ptr_array_index(session->model->groups, i), error))
            return FALSE;
    return TRUE;
}

static int
run_once(const TuContext *context, gboolean clock_is_right, GError **error)
{
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    gboolean was_held = FALSE;
    if (!tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, error) ||
        !tu_work_say_paused(&session, NULL, error) ||
        (clock_is_right && !confirm_clock(&session, error)) ||
        !tu_work_each(&session, NULL, FALSE, do_what_is_due, NULL, &result, &was_held, error) ||
        !tu_runs_expire(session.db, session.spec->keep_runs_us, error))
        return -1;
    return tu_work_report(context, "settled", &result);
}

/* ---- the daemon ---- */

/* The command line's, else the variable's, else what is usual. */
static const char *
choice(const char *given, const char *variable, const char *usual)
{
    const char *named = given != NULL ? given : g_getenv(variable);
    return named != NULL && named[0] != '\0' ? named : usual;
}

static gboolean
open_log(const char *format, const char *level, TuLog *ret_log, GError **error)
{
    TuLogForm form = TU_LOG_LOGFMT;
    TuLogLevel least = TU_LOG_INFO;
    if (!tu_log_form_parse(format, &form)) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                    "--log-format %s: write logfmt or json (also in TRUEUP_LOG_FORMAT)", format);
        return FALSE;
    }
    if (!tu_log_level_parse(level, &least)) {
        g_set_error(
            error, TU_ERROR, TU_ERROR_USAGE,
            "--log-level %s: write error, warning, info or debug (also in TRUEUP_LOG_LEVEL)",
            level);
        return FALSE;
    }
    tu_log_init(ret_log, STDERR_FILENO, form);
    ret_log->least = least;
    return TRUE;
}

/* What libraries have to say stands in the log as well. */
static int
run_daemon(const TuContext *context, TuLog *log, GError **error)
{
    const TuDaemon daemon = {.spec_path = context->door.spec_path,
                             .database_url = context->door.database_url,
                             .stop_signal = context->door.is_cancelled,
                             .n_reloads = context->catch_reloads(),
                             .log = log};
    g_log_set_writer_func(tu_log_glib_writer, log, NULL);
    return tu_daemon_run(&daemon, error) ? 128 + *context->door.is_cancelled : -1;
}

int
tu_command_run(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean is_once = FALSE;
    gboolean clock_is_right = FALSE;
    g_autofree char *format = NULL;
    g_autofree char *level = NULL;
    const GOptionEntry entries[] = {
        {"once", 0, 0, G_OPTION_ARG_NONE, &is_once, NULL, NULL},
        {"clock-is-right", 0, 0, G_OPTION_ARG_NONE, &clock_is_right, NULL, NULL},
        {"log-format", 0, 0, G_OPTION_ARG_FILENAME, &format, NULL, NULL},
        {"log-level", 0, 0, G_OPTION_ARG_FILENAME, &level, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    TuLog log;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !open_log(choice(format, "TRUEUP_LOG_FORMAT", context->as_json ? "json" : "logfmt"),
                  choice(level, "TRUEUP_LOG_LEVEL", "info"), &log, error))
        return -1;
    if (clock_is_right && !is_once) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE,
                            "--clock-is-right goes with --once: the daemon goes by it then");
        return -1;
    }
    return is_once ? run_once(context, clock_is_right, error) : run_daemon(context, &log, error);
}
