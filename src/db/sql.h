/*
 * SQL text: built here and in few other places, with every identifier quoted. Values never enter
 * the text; they are parameters.
 */
#pragma once

#include <glib.h>

/* Appends `format` as g_string_append_printf does, with one conversion more: %I appends a char * as
 * a quoted identifier ("a ""b"""). Understands %I, %s, %u, %d and %%. */
void tu_sql_append(GString *sql, const char *format, ...);

/* The same as a new string. */
char *tu_sql_format(const char *format, ...) G_GNUC_WARN_UNUSED_RESULT;

/* Appends "?, ?, ?" for n parameters. */
void tu_sql_append_parameters(GString *sql, guint n);
