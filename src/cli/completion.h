/*
 * Completion: the scripts by which shells complete command lines of trueup, printed from the table
 * of commands, so that no option is forgotten in one of them.
 *
 *   tu_commands: name, arguments "[--grain G] [--format table|csv|json]", what it does
 *        └──▶ completions/trueup.bash, _trueup (zsh), trueup.fish
 *
 * What help shows as an option's value says what is offered for it: FILE is a file, G a grain,
 * words with '|' between them are offered, everything else is the user's to know.
 */
#pragma once

#include <glib.h>

/* The script for "bash", "zsh" or "fish"; NULL for another. Free with g_free. */
char *tu_completion_script(const char *shell);
