/*
 * What the database says about one SQL expression of a source: which columns it reads, which type
 * its values have, and whether trueup can keep it exact (the same answer for the same row, always).
 */
#pragma once

#include "schema/model.h"

typedef struct {
    GHashTable *columns; /* set of char *: "table\ncolumn"; NULL: the expression is at fault */
    TuSqlType type;
} TuExpressionInfo;
void tu_expression_info_clear(TuExpressionInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuExpressionInfo, tu_expression_info_clear)

/* Prepares the expression over the source's tables. What is wrong with it (no such column, an
 * aggregate, a sub-query, a volatile function, a rowid) becomes a finding at `where`; then
 * *ret_info is empty. */
gboolean tu_expression_inspect(TuDatabase *db, const TuSourceModel *source, const char *expression,
                               const char *where, GPtrArray *findings, TuExpressionInfo *ret_info,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of a condition that chooses rows (`where`, ON), over and above what it is as an expression: a
 * finding where it would not choose the same among images. */
void tu_condition_inspect(TuDatabase *db, const TuSourceModel *source, const char *condition,
                          const char *where, GPtrArray *findings);
