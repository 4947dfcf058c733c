/*
 * The text of a single-quoted scalar, read from the file itself.
 *
 * libfyaml 0.7.12 gets it wrong where doubled quotes stand together: 'coalesce(a, '''')' comes out
 * with three quotes or cut short, and it leaks. SQL is full of such texts.
 */
#pragma once

#include <glib.h>

/* `raw` is what stands between the outer quotes. `''` is a quote; a line end with the blanks around
 * it is a space, and each further empty line a line end. */
char *tu_yaml_single_quoted(const char *raw, gsize length);
