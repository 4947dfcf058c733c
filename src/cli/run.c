#include "cli/work.h"
#include "keep/build.h"
#include "keep/due.h"
#include "keep/repair.h"

static gboolean
do_what_is_due(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    return tu_runs_close_dead(keeper, error) &&
           tu_settle_group(keeper, group, result, error) &&
           tu_build_group(keeper, group, result, error) &&
           tu_due_repairs(keeper, group, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

int
tu_command_run(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean is_once = FALSE;
    const GOptionEntry entries[] = {
        {"once", 0, 0, G_OPTION_ARG_NONE, &is_once, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    gboolean was_held = FALSE;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (!is_once) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE,
                            "this version runs once: write `trueup run --once` (from cron or a "
                            "timer); the daemon comes with a later version");
        return -1;
    }
    if (!tu_session_open(&session, context, TU_OPEN_WRITE, TRUE, error) ||
        !tu_work_each(&session, NULL, FALSE, do_what_is_due, NULL, &result, &was_held, error))
        return -1;
    return tu_work_report(context, "settled", &result);
}
