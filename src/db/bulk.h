/*
 * Bulk: many rows into one table, or out of it, in as few statements as the database likes.
 *
 *   tu_bulk_new ─▶ tu_bulk_add, tu_bulk_add, ... ─▶ tu_bulk_finish
 *                    │ few (up to rows_per_statement): one statement that names each row
 *                    │   (KNOWN, where no upsert names its key: a handful by an UPDATE
 *                    │   each, else as many)
 *                    └ many: NEW a COPY · KNOWN, GONE given rows (db/given.h) · where there is
 *                      neither, one statement after the other
 *
 * No two rows of one bulk may have the same key.
 */
#pragma once

#include "db/database.h"

/* What an upsert does with a column of a row that is there. */
typedef enum {
    TU_PUT_KEY,      /* it is part of the key */
    TU_PUT_NEW,      /* takes the value given */
    TU_PUT_KEEP,     /* stays */
    TU_PUT_IF_GIVEN, /* takes the value given unless that is NULL */
    TU_PUT_IF_NULL,  /* takes the value given if it is NULL */
} TuPut;

typedef struct {
    const char *name;
    TuPut put;
    gboolean is_nullable;  /* a key column that may be NULL */
    const TuSqlType *type; /* of a key column; NULL: nothing special */
} TuBulkColumn;

/* What is known of the rows. Where something else is true, somebody else wrote them: the outcome is
 * right all the same (a row that is there is updated, one that is not is added), or it is an error.
 * A unique index of the user's that another row of the table stands in is one too, never that row
 * changed. */
typedef enum {
    TU_BULK_ANY,   /* nothing */
    TU_BULK_NEW,   /* no row is there with these keys, as far as the snapshot saw */
    TU_BULK_ADDED, /* the same, one statement after the other: what a driver's copy falls back to */
    TU_BULK_KNOWN, /* all are there; no column is KEEP or IF_GIVEN */
    TU_BULK_GONE,  /* they are to be deleted; only key columns are looked at */
} TuBulkRows;

typedef struct TuBulk TuBulk;

/* `table` as tu_sql's %Q takes it. */
TuBulk *tu_bulk_new(TuDatabase *db, const char *table, const TuBulkColumn *columns, guint n_columns,
                    TuBulkRows rows);
void tu_bulk_free(TuBulk *bulk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuBulk, tu_bulk_free)

/* Bytes that the values point to are copied. */
gboolean tu_bulk_add(TuBulk *bulk, const TuValue *values, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes what was added; the bulk may be added to again. */
gboolean tu_bulk_finish(TuBulk *bulk, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which of a row's key columns are NULL: bit i for column i. */
guint64 tu_bulk_nulls(const TuBulkColumn *columns, guint n_columns, const TuValue *values);

/* Appends the comparison of the key with parameters from *next on, and moves that on; NULLs (bit i
 * of `nulls`) have none. */
void tu_bulk_append_key_equals(GString *sql, const TuDatabase *db, const TuBulkColumn *columns,
                               guint n_columns, guint64 nulls, guint *next);

/* The INSERT for n rows, portable: what tests compare. Free with g_free. */
char *tu_bulk_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                  guint n_columns, TuBulkRows rows, guint n_rows);

/* The same for the UPDATE of one row, whose key is NULL in `nulls`: new values, then its key. */
char *tu_bulk_change_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                         guint n_columns, guint64 nulls);

/* The same for the DELETE of n rows whose keys are NULL in `nulls`. */
char *tu_bulk_delete_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                         guint n_columns, guint64 nulls, guint n_rows);
