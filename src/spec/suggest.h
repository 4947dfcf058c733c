/*
 * Suggestions: the word that a misspelt one was meant to be.
 *
 * Nearness is the Damerau-Levenshtein distance (optimal string alignment): one inserted, left out,
 * wrong or swapped letter counts 1.
 */
#pragma once

#include <glib.h>

/* The nearest of the NULL-terminated `words`, the first of equally near ones; NULL if none is near
 * enough to have been meant (a third of the letters wrong, at least one, is the limit). */
const char *tu_suggest(const char *misspelt, const char *const *words);

/* The same as the end of a sentence: "; did you mean `day`?", or "" if nothing is near. Free with
 * g_free. */
char *tu_suggest_text(const char *misspelt, const char *const *words);

/* All of them, with `separator` between. Free with g_free. */
char *tu_suggest_list(const char *const *words, const char *separator);
