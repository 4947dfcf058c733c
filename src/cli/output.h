/*
 * Output: tables for people, JSON for programs.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "db/database.h"

/* Prints the builder's root object on stdout, indented, with a newline; takes nothing over. */
void tu_output_json(JsonBuilder *builder);

/* That text. Numbers have the fewest digits that read back as the same: 19.99 is 19.99. */
char *tu_output_json_text(JsonBuilder *builder);

/* Adds a value to the builder as what it is:
 *
 *   integer, finite real            number
 *   decimal                         number without the zeros at its end; text where a reader that
 *                                   takes numbers for doubles would lose digits (more than 15)
 *   NULL, NaN, an infinity          null
 *   date, timestamp, instant        text, ISO 8601 ("2026-11-22", "2026-11-22T04:00:00Z")
 *   text, blob                      text, hex */
void tu_output_value(JsonBuilder *builder, const TuValue *value);

/* A stored bucket as all databases show it: "2026-11-22", "2026-11-22T04:00:00Z". What is no
 * bucket's form stays what it is. `text` is a buffer of TU_INSTANT_TEXT_BYTES. */
TuValue tu_output_bucket(const TuDatabase *db, TuGrain grain, const TuValue *stored, char *text);

/* A value as text, exact and whole (tu_value_to_text is for people and may cut); NULL is NULL. Free
 * with g_free. */
char *tu_output_text(const TuValue *value);

/* The shortest text that reads back as the same double; "NaN", "Infinity". Free with g_free. */
char *tu_output_real(double real);

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

/* One CSV field with its quotes where needed (RFC 4180), as a new string. Numbers are exact. */
char *tu_output_csv_field(const TuValue *value);
