/*
 * Joins: the tables of a source, as they are written.
 *
 *   from:  TABLE [[as] ALIAS]
 *   join:  [left [outer]] [inner] [join] TABLE [[as] ALIAS] on CONDITION
 */
#pragma once

#include "spec/spec.h"

/* The table of `from`. */
TuSourceTable *tu_join_parse_from(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One entry of `join`. */
TuSourceTable *tu_join_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void tu_source_table_free(TuSourceTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuSourceTable, tu_source_table_free)
