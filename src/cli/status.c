#include "cli/status.h"

int
tu_command_status(const TuContext *context, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
    g_auto(TuSession) session = {0};
    g_auto(TuStatus) status = {0};
    if (!tu_options_parse(entries, &argc, &argv, error))
        return -1;
    if (argc > 1) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "status takes no arguments, and there is `%s`",
                    argv[1]);
        return -1;
    }
    if (!tu_session_open(&session, &context->door, TU_OPEN_READ, TRUE, error) ||
        !tu_status_read(&session, &status, error))
        return -1;
    tu_status_print(&status, context->as_json);
    return tu_status_is_alarming(&status) ? TU_EXIT_NOT_RIGHT : TU_EXIT_DONE;
}
