/*
 * Column types: what a summary's column must be declared as, so that it holds the values of every
 * series that writes into it.
 */
#pragma once

#include "schema/model.h"

/* Sets the types of the summary's key columns and of its extremes (min, max) from its series. What
 * no one column can hold becomes a finding. */
void tu_column_types_set(TuSummaryModel *summary, const TuDialect *dialect, GPtrArray *findings);

/* What a column needs for one measure: counts are whole numbers; an average of whole numbers or
 * decimals has six digits more than they (design section 6). */
TuNumberKind tu_measure_number(const TuLayoutMeasure *measure, gboolean is_dynamic, int *ret_scale);

/* The declaration of a column of that type: never NULL. Free with g_free. */
char *tu_column_declaration(const TuDialect *dialect, const TuSqlType *type);

/* The declaration of a number's column. Free with g_free. */
char *tu_column_number(const TuDialect *dialect, TuNumberKind number, int scale);
