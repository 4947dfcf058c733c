/*
 * Environment: `${NAME}` and `${NAME:-text}` in the values of the spec.
 *
 *   ${NAME}         the variable; it must be set
 *   ${NAME:-text}   the variable, or `text` where it is unset or empty (`text` ends at the next
 * `}`)
 *   $${             a literal `${`
 *
 * Values are replaced after the YAML was parsed, so that nothing in a variable can change what the
 * file means: a value is one text, whatever quotes, colons or line ends it holds.
 */
#pragma once

#include <glib.h>

/* A variable may be long and named often; more than this is no configuration. */
#define TU_ENVIRONMENT_MAX_BYTES (4 * 1024 * 1024)

/* `text` with its variables replaced. Each mistake (unset, not closed, no name) is added to
 * `mistakes` (of char *, may be NULL) and its `${...}` stays as it is. */
char *tu_environment_expand(const char *text, GPtrArray *mistakes);
