/*
 * Given rows: many rows as the parameters of one statement, whose text does not say how many.
 *
 *   tu_given_new ─▶ tu_given_add, tu_given_add, ... ─▶ tu_given_each or tu_given_run ─▶ add, ...
 *                      FIND    SELECT ... FROM the rows JOIN the table ON its key
 *                      CHANGE  UPDATE the table, from the rows, by its key
 *                      CHANGE_AT  the same by where each row lies, as a FIND has just said
 *                      REMOVE  DELETE from the table what has their keys
 *
 * The server reads the text once and goes through the table's unique key, row by row as they were
 * added: those that come in the key's order are quickest. A database that gains nothing from it
 * (there is no network to a file) has none of this.
 */
#pragma once

#include "db/bulk.h"

typedef enum {
    TU_GIVEN_FIND,
    TU_GIVEN_CHANGE,
    TU_GIVEN_REMOVE,
    TU_GIVEN_CHANGE_AT,
} TuGivenWork;
#define TU_GIVEN_WORKS 4

typedef struct TuGiven TuGiven;

/* The number of a row among those that were added, from 1 on, for the list of a FIND. */
#define TU_GIVEN_NUMBER "given.\"trueup_n\""

/* `columns` as for tu_bulk_new: a FIND and a REMOVE look at those of the key alone, a CHANGE writes
 * those that are TU_PUT_NEW; a CHANGE_AT writes these and looks at none. Bit i of `nulls`: column
 * i, one of the key, is NULL in every row, and is not given. `list`: what a FIND selects, from
 * `given` and `stored`; else NULL. *ret_given is NULL where the database has no such statements,
 * or not for a column's type. */
gboolean tu_given_new(TuDatabase *db, TuGivenWork work, const char *table,
                      const TuBulkColumn *columns, guint n_columns, guint64 nulls, const char *list,
                      TuGiven **ret_given, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_given_free(TuGiven *given);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuGiven, tu_given_free)

/* `values`: one for each of `columns` that is looked at or written, and any for the others. Bytes
 * are copied. */
gboolean tu_given_add(TuGiven *given, const TuValue *values,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a FIND may select as well, last in its list: where the row lies, a number that is never 0;
 * NULL where it must be found by its key. Holds until the transaction ends, which must have one
 * snapshot for all of its statements. Free with g_free; NULL: the database has none. */
char *tu_given_place(const TuDatabase *db, const char *table);

/* Adds a row for a CHANGE_AT. */
gboolean tu_given_add_at(TuGiven *given, gint64 place, const TuValue *values,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if it is time for the statement: more rows would not make it quicker. */
gboolean tu_given_is_full(const TuGiven *given);

/* Runs a CHANGE, CHANGE_AT or REMOVE with the rows added so far, if there are any, and forgets
 * them. BUSY if a row that is to be changed is not there any more. */
gboolean tu_given_run(TuGiven *given, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs a FIND with the rows added so far, gives every row that it selects to `visit`, and forgets
 * them. FALSE from `visit` ends it. */
typedef gboolean (*TuGivenVisit)(const TuValue *row, gpointer data, GError **error);
gboolean tu_given_each(TuGiven *given, TuGivenVisit visit, gpointer data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The statement's text over rows that are `from` ("... AS given"): what tests compare. Free with
 * g_free. */
char *tu_given_sql(const TuDatabase *db, TuGivenWork work, const char *table, const char *from,
                   const TuBulkColumn *columns, guint n_columns, guint64 nulls, const char *list);
