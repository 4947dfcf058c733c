/*
 * Commands: one file each, one row each in the table of main.c.
 *
 *   main ─▶ options ─▶ TuCommand.run(context, arguments) ─▶ exit code
 *
 * A command prints its answer on stdout (text, or one JSON object with --json) and returns its exit
 * code; when it fails as a whole it returns -1 with an error, which main prints in one line and
 * turns into a code.
 */
#pragma once

#include "keep/session.h"
#include "keep/settle/settle.h"

typedef enum {
    TU_EXIT_DONE = 0,
    TU_EXIT_NOT_RIGHT = 1, /* done, and something is not right */
    TU_EXIT_USAGE = 2,
    TU_EXIT_DATABASE = 3,
} TuExit;

typedef struct {
    TuDoor door; /* by --spec, --database and their variables; a signal is in door.is_cancelled */
    gboolean as_json;
    /* From its call on SIGHUP does not end the process, and is counted where this points. */
    const volatile _Atomic int *(*catch_reloads)(void);
} TuContext;

typedef int (*TuCommandRun)(const TuContext *context, int argc, char **argv, GError **error);

typedef struct {
    const char *name;
    const char *arguments; /* as help shows them */
    const char *does;      /* one line */
    TuCommandRun run;      /* argv[0] is the command's name */
} TuCommand;

int tu_command_check(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_plan(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_apply(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_run(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_repair(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_rebuild(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_release(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_runs(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_jobs(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_pause(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_resume(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_verify(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_status(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_query(const TuContext *context, int argc, char **argv, GError **error);
int tu_command_drop(const TuContext *context, int argc, char **argv, GError **error);

/* Parses a command's own options; USAGE with what is wrong. What is no option stays in argv. */
gboolean tu_options_parse(const GOptionEntry *entries, int *argc, char ***argv,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a command that takes nothing but options: anything else is USAGE. */
gboolean tu_options_parse_all(const GOptionEntry *entries, int *argc, char ***argv,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Says on stderr that a connection is tried again. */
void tu_command_say_trying(const char *what, const char *why);
