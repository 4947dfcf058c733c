/*
 * Select: the rows of a query as a list of things, one each.
 */
#pragma once

#include "db/database.h"

/* Makes one of the row at which the statement stands. */
typedef gpointer (*TuSelectMake)(TuStatement *row);

/* *ret_list: of what `make` makes, freed with `free_one`, in the query's order. */
gboolean tu_select(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                   TuSelectMake make, GDestroyNotify free_one, GPtrArray **ret_list,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
