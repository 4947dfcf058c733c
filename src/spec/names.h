/*
 * Names: what summaries, columns and tables may be called.
 */
#pragma once

#include "db/sqlscan.h"

/* PostgreSQL cuts longer names without a word, and two of them may then be one. */
#define TU_NAME_MAX_BYTES 63

/* trueup's own tables, columns and indexes begin so. */
#define TU_NAME_RESERVED "trueup_"

/* A source or summary: a letter or `_`, then letters, digits, `_` and `-`; not trueup's own. */
gboolean tu_name_check(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A column, as the database names it: no SQL quotes around it, no control character. Not checked:
 * whether it is trueup's own (columns of sources may be called anything). */
gboolean tu_name_check_column(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE for names that belong to trueup, whatever their case. */
gboolean tu_name_is_reserved(const char *name);

/* Reads a table's name, `carrier`, `"my table"` or `shop.carrier`, that begins at `token`; leaves
 * `*token` on what follows. The name comes without quotes, its parts joined by a dot; a dot inside
 * quotes could not be told from that one and is refused. */
char *tu_name_parse_table(TuToken *token, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same where nothing may follow. */
char *tu_name_table(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The last part of a table's name: `carrier` of `shop.carrier`. */
const char *tu_name_last_part(const char *table);
