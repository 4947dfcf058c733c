/*
 * Bulk: many rows into one table, as few statements as the database likes.
 *
 *   tu_bulk_new ─▶ tu_bulk_add, tu_bulk_add, ... ─▶ tu_bulk_finish
 *                    └ every rows_per_statement rows one INSERT, or a COPY for rows that are new
 *
 * A row whose key is there already is updated; no two rows of one bulk may have the same key.
 */
#pragma once

#include "db/database.h"

/* What an upsert does with a column of a row that is there. */
typedef enum {
    TU_PUT_KEY,      /* it is part of the key */
    TU_PUT_NEW,      /* takes the value given */
    TU_PUT_KEEP,     /* stays */
    TU_PUT_IF_GIVEN, /* takes the value given unless that is NULL */
} TuPut;

typedef struct {
    const char *name;
    TuPut put;
    gboolean is_nullable;  /* a key column that may be NULL */
    const TuSqlType *type; /* of a key column; NULL: nothing special */
} TuBulkColumn;

typedef struct TuBulk TuBulk;

/* `table` as tu_sql's %Q takes it. `is_new`: no row is there with these keys, as far as the snapshot
 * saw; if one has come meanwhile, that is BUSY. */
gboolean tu_bulk_new(TuDatabase *db, const char *table, const TuBulkColumn *columns,
                     guint n_columns, gboolean is_new, TuBulk **ret_bulk,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_bulk_free(TuBulk *bulk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuBulk, tu_bulk_free)

/* Bytes that the values point to are copied. */
gboolean tu_bulk_add(TuBulk *bulk, const TuValue *values,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes what was added; the bulk may be added to again. */
gboolean tu_bulk_finish(TuBulk *bulk, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The INSERT for n rows, portable: what tests compare. Free with g_free. */
char *tu_bulk_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                  guint n_columns, guint n_rows);
