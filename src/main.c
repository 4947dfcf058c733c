/*
 * trueup: keeps summary tables true.
 *
 * Finds the command and runs it. The only file with process state: what signals set.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "db/stop.h"
#include "spec/suggest.h"

/* The signal that asked to stop; 0: none. */
static volatile _Atomic int stop_signal;

static void
note_signal(int number)
{
    stop_signal = number;
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* A file that may grow no more (ulimit -f) is a full disk: an error that says so, not an
     * end. */
    signal(SIGXFSZ, SIG_IGN);
}

/* How often the spec was to be read anew. */
static volatile _Atomic int n_reloads;

static void
note_reload(int number)
{
    n_reloads++;
}

static const volatile _Atomic int *
catch_reloads(void)
{
    struct sigaction action = {.sa_handler = note_reload, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &action, NULL);
    return &n_reloads;
}

/* What every command has beside its own. */
static const char general_help[] =
    "\n  --spec FILE       the spec [./trueup.yaml; TRUEUP_SPEC]\n"
    "  --database URL    instead of the spec's [TRUEUP_DATABASE]\n"
    "  --json            print one JSON object\n"
    "  --version, --help\n\n"
    "exit: 0 done; 1 done, and something is not right; 2 the command line or the spec is "
    "wrong;\n      3 the database; 130, 143 stopped by a signal, nothing half done\n";

/* Of one command, or of all where `name` is none's. */
static void
print_help(const char *name)
{
    for (const TuCommand *command = tu_commands; command->name != NULL; command++)
        if (g_strcmp0(command->name, name) == 0) {
            printf("trueup %s %s\n\n  %s\n%s", command->name, command->arguments, command->does,
                   general_help);
            return;
        }

    printf("trueup " TRUEUP_VERSION ": keeps summary tables true\n\n"
           "  trueup [--spec FILE] [--database URL] [--json] COMMAND ...\n\n");
    for (const TuCommand *command = tu_commands; command->name != NULL; command++)
        printf("  %-8s %s\n  %-8s   %s\n", command->name, command->arguments, "", command->does);
    fputs(general_help, stdout);
}

/* One line a problem; what a person has to do is in it. */
static int
report(const GError *error)
{
    fprintf(stderr, "trueup: %s\n", error->message);
    if (stop_signal != 0 && tu_error_is(error, TU_ERROR_CANCELLED))
        return 128 + stop_signal;
    switch ((TuErrorCode)error->code) {
    case TU_ERROR_CONFIG:
    case TU_ERROR_USAGE:
        return TU_EXIT_USAGE;
    case TU_ERROR_DATA:
    case TU_ERROR_ROWS:
    case TU_ERROR_LIMIT:
        return TU_EXIT_NOT_RIGHT;
    case TU_ERROR_CONNECT:
    case TU_ERROR_BUSY:
    case TU_ERROR_DATABASE:
    case TU_ERROR_CANCELLED:
    case TU_ERROR_SYSTEM:
        return TU_EXIT_DATABASE;
    }
    g_assert_not_reached();
}

static const TuCommand *
find_command(const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const TuCommand *command = tu_commands; command->name != NULL; command++) {
        if (g_str_equal(command->name, name))
            return command;
        g_ptr_array_add(names, (gpointer)(gsize)command->name);
    }
    g_ptr_array_add(names, NULL);
    const char *near = tu_suggest(name, (const char *const *)names->pdata);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no %s %s%s%s%s: see trueup --help",
                name[0] == '-' ? "option" : "command", name, near != NULL ? " (did you mean " : "",
                near != NULL ? near : "", near != NULL ? "?)" : "");
    return NULL;
}

/* The options that stand before the command, or among its own. Moves what is left to the front. */
static gboolean
take_global_options(TuContext *context, int *argc, char **argv, gboolean *ret_is_help,
                    GError **error)
{
    int kept = 1;
    *ret_is_help = FALSE;
    for (int i = 1; i < *argc; i++) {
        const char **target = g_str_equal(argv[i], "--spec")       ? &context->door.spec_path
                              : g_str_equal(argv[i], "--database") ? &context->door.database_url
                                                                   : NULL;
        if (target != NULL && i + 1 == *argc) {
            g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s needs a value", argv[i]);
            return FALSE;
        }
        if (target != NULL)
            *target = argv[++i];
        else if (g_str_has_prefix(argv[i], "--spec="))
            context->door.spec_path = argv[i] + strlen("--spec=");
        else if (g_str_has_prefix(argv[i], "--database="))
            context->door.database_url = argv[i] + strlen("--database=");
        else if (g_str_equal(argv[i], "--json"))
            context->as_json = TRUE;
        else if (g_str_equal(argv[i], "--help") || g_str_equal(argv[i], "-h"))
            *ret_is_help = TRUE;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return TRUE;
}

static int
run(int argc, char **argv, GError **error)
{
    TuContext context = {.door = {.spec_path = g_getenv("TRUEUP_SPEC"),
                                  .database_url = g_getenv("TRUEUP_DATABASE"),
                                  .is_cancelled = &stop_signal,
                                  .say_trying = tu_command_say_trying},
                         .catch_reloads = catch_reloads};
    gboolean is_help = FALSE;
    if (!tu_stop_check(error) || !take_global_options(&context, &argc, argv, &is_help, error))
        return -1;
    if (context.door.spec_path == NULL || context.door.spec_path[0] == '\0')
        context.door.spec_path = "trueup.yaml";
    if (is_help || (argc > 1 && g_str_equal(argv[1], "help"))) {
        print_help(argc > 1 ? argv[argc - 1] : NULL);
        return TU_EXIT_DONE;
    }
    if (argc > 1 && g_str_equal(argv[1], "--version")) {
        printf("trueup " TRUEUP_VERSION "\n");
        return TU_EXIT_DONE;
    }
    if (argc < 2) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "which command? see trueup --help");
        return -1;
    }
    const TuCommand *command = find_command(argv[1], error);
    return command != NULL ? command->run(&context, argc - 1, argv + 1, error) : -1;
}

/* What was printed must have arrived. Who stopped reading (`| head`) knows that, and is told
 * nothing. */
static int
finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE)
        fprintf(stderr, "trueup: the output could not be written: %s\n", g_strerror(errno));
    return code == TU_EXIT_DONE ? TU_EXIT_DATABASE : code;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    setlocale(LC_CTYPE, "");
    tu_error_init();
    catch_signals();
    int code = run(argc, argv, &error);
    if (error != NULL)
        code = report(error);
    return finish_output(code);
}
