/*
 * Databases: one interface, a driver each.
 *
 *   TuDatabase ── prepare ──▶ TuStatement ── bind, step, value ──▶ TuValue
 *      └── inspect (what a query reads) · describe (a table) · try_lock · transactions
 *
 * Everything above db/ speaks through this header and never asks which database it has: where
 * databases differ in a value it is a field of TuDialect, where they differ in behaviour it is a
 * function of TuDriver. A driver never reconnects by itself: a lost connection is an error, so that
 * work read before it is never applied after it.
 *
 * A connection is used by one thread at a time.
 */
#pragma once

#include "db/value.h"
#include "error.h"
#include "time/bucket.h"

typedef struct TuDatabase TuDatabase;
typedef struct TuStatement TuStatement;
typedef struct TuDriver TuDriver;

/* Where databases differ in a value. */
typedef struct {
    const char *name;          /* "sqlite" */
    const char *id_type;       /* column definition of a growing key that is never used again */
    const char *key_type;      /* of tenant and dimension columns: may be "" */
    const char *integer_type;
    const char *real_type;
    const char *number_type;   /* for a sum whose inputs may be either; affinity NUMERIC */
    const char *text_type;
    const char *date_type;     /* of day buckets and longer */
    const char *instant_type;  /* of hour and minute buckets */
    const char *clustered;     /* after CREATE TABLE (...): rows lie in the order of the key */
    const char *same;          /* NULL-safe equality operator: "IS" */
    gboolean has_dynamic_types; /* a column may hold values of any type */
} TuDialect;

typedef enum {
    TU_OPEN_READ,  /* nothing will be written: check, plan, status, verify, query */
    TU_OPEN_WRITE,
} TuOpenMode;

/* Opens "sqlite:PATH" (a relative path starts at `directory`). CONNECT if it is not there or not a
 * database, CONFIG if the URL is of no known kind. */
gboolean tu_database_open(const char *url, const char *directory, TuOpenMode mode,
                          TuDatabase **ret_db, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_database_close(TuDatabase *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuDatabase, tu_database_close)

const TuDialect *tu_database_dialect(const TuDatabase *db);

/* The URL without a password, for messages. */
const char *tu_database_label(const TuDatabase *db);

/* A flag that a signal handler sets: long statements look at it and end with CANCELLED. */
void tu_database_set_cancel(TuDatabase *db, const volatile int *is_cancelled);

/* ---- statements: values are parameters, never text ---- */

gboolean tu_database_prepare(TuDatabase *db, const char *sql, TuStatement **ret_statement,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_statement_free(TuStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuStatement, tu_statement_free)

/* Sets all parameters; the bytes they point to must live until the next bind or free. Starts the
 * statement anew. */
gboolean tu_statement_bind(TuStatement *statement, const TuValue *values, guint n_values,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Goes to the next row. *ret_has_row is FALSE at the end, and for statements without rows. */
gboolean tu_statement_step(TuStatement *statement, gboolean *ret_has_row,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A column of the current row; its bytes live until the next step. */
TuValue tu_statement_value(TuStatement *statement, guint column);
guint tu_statement_columns(const TuStatement *statement);

/* Rows inserted, changed or deleted by the last step of a writing statement. */
gint64 tu_statement_changes(const TuStatement *statement);

/* Runs statements that have no parameters and whose rows nobody wants; several may be given,
 * separated by semicolons. */
gboolean tu_database_execute(TuDatabase *db, const char *sql,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Prepares, binds and runs one statement without rows. `ret_changes` may be NULL. */
gboolean tu_database_run(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                         gint64 *ret_changes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first column of the first row as an integer; *ret_found FALSE if no row or NULL. */
gboolean tu_database_integer(TuDatabase *db, const char *sql, const TuValue *values,
                             guint n_values, gboolean *ret_found, gint64 *ret_integer,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- transactions: a scope ---- */

typedef struct {
    TuDatabase *db; /* NULL: none is open */
} TuTransaction;
#define TU_TRANSACTION_INIT ((TuTransaction){NULL})

/* A consistent read-only snapshot: every query until its end sees the same state. */
gboolean tu_transaction_begin_read(TuTransaction *txn, TuDatabase *db,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A short writing transaction; BUSY if others hold it too long. */
gboolean tu_transaction_begin_write(TuTransaction *txn, TuDatabase *db,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A failed commit has an unknown outcome; all of trueup's work is safe to repeat. */
gboolean tu_transaction_commit(TuTransaction *txn, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Rolls back if it is open. */
void tu_transaction_clear(TuTransaction *txn);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuTransaction, tu_transaction_clear)

/* ---- what the database has ---- */

typedef struct {
    char *name;
    char *declared_type; /* "" if none */
    char *log_type;      /* what a change log needs to hold its values unchanged, with collation */
    TuType kind;         /* INTEGER or REAL by the declared type, TEXT, BLOB (no conversion), or
                          * NULL: a number of either kind */
    gboolean is_nullable;
    char *default_text; /* SQL of its default; NULL: none */
    gboolean is_generated;
    guint key_position;  /* in the primary key, from 1; 0 = not in it */
} TuColumnInfo;

typedef struct {
    char *name;
    GPtrArray *columns; /* of char *; NULL for an expression */
    GPtrArray *expressions; /* of char *: the SQL where it is an expression, NULL for a column */
    GPtrArray *collations; /* of char *, of each column in this key */
    gboolean is_primary;
} TuUniqueKey;

typedef struct {
    char *name;
    char *text; /* CREATE TRIGGER ..., as the database has it */
} TuTriggerInfo;

typedef struct {
    char *name;
    gboolean is_table;    /* FALSE: a view or a virtual table */
    gboolean has_rowid;   /* SQLite: rows have a hidden number */
    GPtrArray *columns;   /* of TuColumnInfo */
    GPtrArray *unique;    /* of TuUniqueKey, the primary key among them */
    GPtrArray *triggers;  /* of TuTriggerInfo, trueup's own among them */
    GPtrArray *indexes;   /* of char *: names of all indexes */
    char *create_text;    /* CREATE TABLE ... */
} TuTableInfo;
void tu_table_info_free(TuTableInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTableInfo, tu_table_info_free)

/* *ret_info is NULL if there is no such table. Names are compared as the database does. */
gboolean tu_database_describe(TuDatabase *db, const char *table, TuTableInfo **ret_info,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
const TuColumnInfo *tu_table_info_column(const TuTableInfo *info, const char *column);

/* What a query would read, found by preparing it. */
typedef struct {
    GHashTable *columns;  /* set of char *: "table\ncolumn"; an alias is resolved */
    GHashTable *functions; /* set of char *: lower case */
    guint selects;        /* SELECTs in it, sub-queries counted */
} TuInspection;
void tu_inspection_clear(TuInspection *inspection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuInspection, tu_inspection_clear)

/* DATABASE with the database's own words if the query is wrong (no such column). */
gboolean tu_database_inspect(TuDatabase *db, const char *sql, TuInspection *ret_inspection,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if reading `sql` would start from an index or a key rather than go through a whole table. */
gboolean tu_database_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A number that changes whenever any table, index or trigger of the database does. */
gboolean tu_database_schema_version(TuDatabase *db, gint64 *ret_version,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Things worth a warning about the database as a whole (SQLite: not in WAL mode); NULL if none. */
char *tu_database_warning(TuDatabase *db);

/* Takes the lock `name` that dies with this connection. If somebody has it: TRUE with *ret_holder
 * set ("host h, pid 12"). It only saves double work: the turn number guards what is written. */
gboolean tu_database_try_lock(TuDatabase *db, const char *name, char **ret_holder,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_database_unlock(TuDatabase *db, const char *name);

/* How a bucket is stored, and the reverse (FALSE: not a bucket's form). `text` is a buffer of
 * TU_INSTANT_TEXT_BYTES that the value may point into. */
TuValue tu_database_bucket_value(const TuDatabase *db, TuGrain grain, TuBucket bucket, char *text);
gboolean tu_database_bucket_parse(const TuDatabase *db, TuGrain grain, const TuValue *value,
                                  TuBucket *ret_bucket);
