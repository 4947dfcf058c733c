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

typedef struct {
    char *name;  /* "--grain" */
    char *value; /* as help shows it; NULL: it takes none */
} TuOption;

/* The options in a command's `arguments`, of TuOption *, in their order, each once. */
GPtrArray *tu_completion_options(const char *arguments);

/* The options before or after any command. */
GPtrArray *tu_completion_global_options(void);

/* Words that stand by themselves in `arguments` ("cancel"), of char *. */
GPtrArray *tu_completion_words(const char *arguments);

/* What is offered as the value of an option, words separated by blanks; "" for nothing, NULL for
 * files. Free with g_free. */
char *tu_completion_values(const TuOption *option);

/* The script for "bash", "zsh" or "fish"; NULL for another. Free with g_free. */
char *tu_completion_script(const char *shell);
