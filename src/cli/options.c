/* The command line of one command, read by GLib. What is left over is a mistake: no command takes
 * words that it does not know. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"

/* --help is main.c's: it prints from the table of commands. */
gboolean
tu_options_parse(const GOptionEntry *entries, int *argc, char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) local = NULL;
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, entries, NULL);
    if (g_option_context_parse(context, argc, argv, &local))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s: see trueup --help", local->message);
    return FALSE;
}

/* GLib leaves what is no option in argv: then it stands there behind the command. */
gboolean
tu_options_parse_all(const GOptionEntry *entries, int *argc, char ***argv, GError **error)
{
    const char *command = (*argv)[0];
    if (!tu_options_parse(entries, argc, argv, error))
        return FALSE;
    if (*argc <= 1)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s: what is `%s`? see trueup --help", command,
                (*argv)[1]);
    return FALSE;
}

/* One line a try, on stderr: whoever waits sees why. */
void
tu_command_say_trying(const char *what, const char *why)
{
    g_autofree char *shown = tu_output_harmless(why);
    fprintf(stderr, "trueup: %s: %s: trying again\n", shown, what);
}
