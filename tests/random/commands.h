/* trueup's commands in a history: at once and undisturbed, or several together with
 * disturbances. */
#pragma once

#include "history.h"

/* Runs one command to its end, undisturbed, and answers its exit code; a signal, a time-out or a
 * sanitizer's report fails the history and gives -1. `ret_output` may be NULL. */
int rt_command(RtHistory *history, char **ret_output, const char *arguments);

/* The same, and any other exit code than 0 fails the history. */
/* The same, but 1 will do where something is wrong on purpose. */
gboolean rt_command_fair(RtHistory *history, const char *arguments);
gboolean rt_command_ok(RtHistory *history, char **ret_output, const char *arguments);

/* What the last command wrote to stderr. */
char *rt_command_errors(const RtHistory *history);

/* Ends all pauses. */
gboolean rt_commands_resume(RtHistory *history);

/* Starts one or two commands by chance, some of them disturbed, waits for them and judges them. */
void rt_commands_by_chance(RtHistory *history);

/* Runs `arguments` with a disturbance; whatever it says is right, except exit 2. */
void rt_command_disturbed(RtHistory *history, const char *arguments, const char *stop_point);
