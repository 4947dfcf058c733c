/* Parts of building a model; model.c puts them together. */
#pragma once

#include "schema/model.h"

/* Finds or adds the captured table `name`. *ret_table is NULL, with a finding, if it is not fit. */
gboolean tu_model_capture(TuModel *model, TuDatabase *db, const char *name, const char *where,
                          GPtrArray *findings, TuCaptured **ret_table, GError **error);

/* An alias as the database reads it in the spec's expressions: the name of the table, if it is
 * that; else as an unquoted name is read. `table` is the table as the database names it. Free with
 * g_free. */
char *tu_model_alias(const TuDatabase *db, const TuSourceTable *part, const char *table);

/* Adds a captured table of which this is known; takes the info over. */
TuCaptured *tu_captured_add(TuModel *model, TuDatabase *db, TuTableInfo *info);

/* What is to be said about a table, once; about its capture as soon as somebody captures it, which
 * it is from then on. */
void tu_captured_add_hazards(TuCaptured *captured, gboolean captures, GPtrArray *findings);

/* Adds a column to those that are logged, unless it is one or the table has none of that name. */
void tu_captured_use_column(TuCaptured *captured, const char *column);
void tu_captured_use_all(TuCaptured *captured);

/* The tables, expressions and series of one source of the spec. */
gboolean tu_model_add_source(TuModel *model, TuDatabase *db, const TuSource *spec,
                             GPtrArray *findings, GError **error);

/* The tables and columns of one summary, whose series are there already. */
gboolean tu_model_add_summary(TuModel *model, TuDatabase *db, const TuSummary *spec,
                              GPtrArray *findings, GError **error);

void tu_source_model_free(gpointer source);
void tu_summary_model_free(gpointer summary);
void tu_captured_free(gpointer captured);
