/*
 * Output: tables for people, JSON for programs.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "db/value.h"

/* Prints the builder's root object on stdout, indented, with a newline; takes nothing over. */
void tu_output_json(JsonBuilder *builder);

/* Adds a value to the builder as what it is: null, integer, real, or text (blobs as hex). */
void tu_output_value(JsonBuilder *builder, const TuValue *value);

/* A table of text: aligned columns (numbers to the right), a line under the header. */
typedef struct TuTextTable TuTextTable;
TuTextTable *tu_text_table_new(const char *const *headers, guint n_columns);
void tu_text_table_free(TuTextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTextTable, tu_text_table_free)

/* The text with its control characters escaped (\n, \x1b, \u202e), so that data cannot steer a
 * terminal. Free with g_free. */
char *tu_output_harmless(const char *text);

/* Appends one cell; rows fill from left to right. The text is copied, and made harmless. */
void tu_text_table_add(TuTextTable *table, const char *text, gboolean is_number);
void tu_text_table_add_value(TuTextTable *table, const TuValue *value);

/* The table as text, as a new string. Widths count characters, not bytes. */
char *tu_text_table_format(const TuTextTable *table);

/* Prints that. */
void tu_text_table_print(const TuTextTable *table);

/* One CSV field with its quotes where needed (RFC 4180), as a new string. */
char *tu_output_csv_field(const TuValue *value);
