/*
 * SQL text: built here and in few other places, with every identifier quoted. Values never enter
 * the text; they are parameters.
 */
#pragma once

#include <glib.h>

/* Appends `format` as g_string_append_printf does, with two conversions more: %I appends a char *
 * as a quoted identifier ("a ""b"""), %Q a table's name, whose parts are joined by dots
 * ("shop"."bill"). Understands %I, %Q, %s, %u, %d and %%. */
void tu_sql_append(GString *sql, const char *format, ...);

/* The same as a new string. */
char *tu_sql_format(const char *format, ...) G_GNUC_WARN_UNUSED_RESULT;

/* What an error shows of a statement: its beginning, in one line. "" for NULL. Free with g_free. */
char *tu_sql_excerpt(const char *sql) G_GNUC_WARN_UNUSED_RESULT;

/* Appends "?4, ?5, ?6" for n parameters from number `first` on. */
void tu_sql_append_parameters(GString *sql, guint first, guint n);

/* prefix and name in one, at most 63 bytes: a longer one is cut and ends with a digest of the
 * whole, since databases cut it themselves or refuse it. Of "shop.bill" the dot becomes "_". Free
 * with g_free. */
char *tu_sql_short_name(const char *prefix, const char *name);
