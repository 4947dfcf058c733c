/*
 * The columns of a summary's table, in the order in which everything that reads or writes cells has
 * them: key (series, tenant, bucket, dimensions), measures, hidden ones.
 */
#pragma once

#include "schema/model.h"

/* Each of these visits the columns in order and says how many there were. */
typedef void (*TuEachColumn)(GString *sql, const char *name, gpointer data);
guint tu_summary_each_key(const TuSummaryTable *table, TuEachColumn visit, GString *sql,
                          gpointer data);
guint tu_summary_each_value(const TuSummaryTable *table, TuEachColumn visit, GString *sql,
                            gpointer data);

/* The type of a column of the key; NULL: nothing special (a label, a bucket). */
const TuSqlType *tu_summary_key_type(const TuSummaryTable *table, guint index);
gboolean tu_summary_key_is_nullable(const TuSummaryTable *table, guint index);

/* TRUE where no part of the key may be NULL or too long: the key is the table's own order then. */
gboolean tu_summary_key_is_plain(const TuSummaryTable *table);

/* ("tenant", "bucket", ...): dimensions may be NULL, so each stands in it as the database needs. */
void tu_summary_append_key(GString *sql, const TuDatabase *db, const TuSummaryTable *table);
