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

/* A number's type: digits before the point that it holds in any case (of a float: that it tells
 * apart), unless its declaration says. */
typedef struct {
    const char *name; /* "bigint" */
    TuType kind;      /* INTEGER, DECIMAL or REAL */
    guint digits;
} TuNumberWidth;

/* Where databases differ in a value. */
typedef struct {
    const char *name;     /* "sqlite" */
    const char *id_type;  /* column definition of a growing key that is never used again */
    const char *key_type; /* of a tenant or dimension whose type is not known: may be "" */
    const char *integer_type;
    const char *real_type;
    const char *decimal_type;     /* of sums of decimals; NULL: there are none. "%u" is the scale */
    const char *short_text_type;  /* of a dimension that is text of at most 128 characters */
    const char *tenant_text_type; /* of a tenant that is text of no declared length */
    const char *long_text_type;   /* of one that may be longer than an index key holds */
    const char *number_type;      /* for a sum whose inputs may be either; affinity NUMERIC */
    const char *weight_type;      /* of a log entry's weight: -1 to 2 */
    const char *text_type;        /* of trueup's own texts */
    const char *name_type;        /* the same where it is part of a key */
    const char *key_types[4];     /* of key columns: an integer, a text, a date, a uuid */
    const char *key_casts[4];     /* what a value is cast to, to be one */
    const char *exact_text;       /* a column's text, compared by its bytes: "%I COLLATE BINARY" */
    guint key_characters;         /* what a text key column holds of a text; 0: any */
    guint key_column_bytes[4];    /* what an index counts for such a column, whatever is in it; 0:
                                * that */
    guint key_most_bytes;         /* ... and what it takes of all columns of a key; 0: any */
    guint key_bytes;              /* what an index holds of all texts of a key together; 0: any */
    const char *date_type;        /* of day buckets and longer */
    const char *instant_type;     /* of hour and minute buckets */
    const char *now;              /* the instant that the database's clock shows, as instant_type */
    const char *clustered;        /* after CREATE TABLE (...): rows lie in the order of the key */
    const char *create_view;      /* "CREATE VIEW" */
    const char *table_options;    /* after every CREATE TABLE (...) */
    const char *same;             /* NULL-safe equality operator: "IS" */
    const char *conflict; /* of an upsert: "ON CONFLICT" with a key, or "ON DUPLICATE KEY UPDATE" */
    gboolean conflict_names_key;
    const char *given;         /* the value an upsert was given for a column: "excluded.%s" */
    const char *entry_id;      /* what addresses an entry of a change log: "trueup_id", "ctid" */
    gboolean has_entry_column; /* the log has a column of that name */
    /* At the end of a derived table that others are joined with, so that the server makes a table
     * of it, with a key: nothing in a log has one to be joined by, and n with m rows would cost n *
     * m. NULL: it hashes by itself. */
    const char *joined_end;
    gboolean entries_come_in_order; /* a later commit has a higher entry id */
    gboolean applies_at_snapshot;   /* settling writes in the transaction that it read in */
    /* a statement with which a transaction that only read goes on to write, since others may
     * wait for it from then on; NULL: none is needed */
    const char *begin_writing;
    gboolean folds_names;          /* a name without quotes is read in lower case */
    gboolean drops_index_of_table; /* DROP INDEX names the table too */
    gboolean names_lock_holder;    /* tu_database_try_lock says host and pid */
    gboolean ddl_commits;          /* CREATE and DROP end the transaction */
    /* A text of a column that no two of its values share, and never NULL: %s up to thrice. */
    const char *exact_value;
    const char *exact_real; /* what a real is made first; NULL: its text has all its digits */
    const char *digest_head, *digest_tail; /* around such texts: a whole number of them, the same
                                            * for hardly any two */
    const char *data_version; /* gives a number that changes when another connection has committed;
                                * NULL: there is none */
    gboolean is_served;       /* by a server: a connection may be lost, and made again */
    const char *short_lock_wait; /* a statement after which DDL waits for no lock but briefly (F22);
                                  * NULL: there is none */
    /* to a row without a name; NULL: any column holds any number */
    const TuNumberWidth *number_widths;
    const char *alter_column;   /* of a table and a column, to a type; NULL with the above */
    gboolean has_dynamic_types; /* a column may hold values of any type */
    gboolean has_parts;         /* tables may have partitions */
    gboolean
        parts_are_tables; /* ... that statements name by themselves, past the table's triggers */
    gboolean has_nan;     /* NaN and infinities are values; else NaN is NULL */
    guint cells_per_transaction; /* when work may be split: what keeps others waiting briefly */
    guint rows_per_statement;    /* what one statement should write or look up at once */
    guint tenants_per_scan; /* of how many tenants of one clock a scan reads some days; 0: of one */
} TuDialect;

typedef enum {
    TU_OPEN_READ, /* nothing will be written: check, plan, status, verify, query */
    TU_OPEN_WRITE,
} TuOpenMode;

/* Opens "sqlite:PATH" (a relative path starts at `directory`). CONNECT if it is not there or not a
 * database, BUSY if it is there and takes nobody in now (it is starting, or full), SYSTEM if it
 * refuses (a wrong password, no such database), CONFIG if the URL is of no known kind. */
gboolean tu_database_open(const char *url, const char *directory, TuOpenMode mode,
                          TuDatabase **ret_db, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_database_close(TuDatabase *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuDatabase, tu_database_close)

const TuDialect *tu_database_dialect(const TuDatabase *db);

/* The URL without a password, for messages. */
const char *tu_database_label(const TuDatabase *db);

/* What tells this session from every other one that its server has or had; NULL: nothing does, or
 * it can hold no lock. Free with g_free. */
char *tu_database_session(TuDatabase *db);

/* Ends the session of that name, if the server still has it: a connection that is lost here may
 * look whole there for hours, and its locks are held as long. Should it not be allowed, nothing
 * happens. */
void tu_database_end_session(TuDatabase *db, const char *session);

/* A flag that a signal handler sets: long statements look at it and end with CANCELLED. */
void tu_database_set_cancel(TuDatabase *db, const volatile _Atomic int *is_cancelled);

/* ---- statements: values are parameters, never text ---- */

/* `sql` has its parameters as ?1, ?2, ... (each may stand several times; ?1 to the highest are
 * bound), identifiers in double quotes, and names trueup's own tables plainly: trueup_run. */
gboolean tu_database_prepare(TuDatabase *db, const char *sql, TuStatement **ret_statement,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a SELECT with many rows: they come as they are read, in bounded memory. Until its
 * last row was stepped over or it is freed, the connection can do nothing else. */
gboolean tu_database_prepare_scan(TuDatabase *db, const char *sql, TuStatement **ret_statement,
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

/* How many there are; known once it was stepped. */
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
gboolean tu_database_integer(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                             gboolean *ret_found, gint64 *ret_integer,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- transactions: a scope ---- */

typedef struct {
    TuDatabase *db; /* NULL: none is open */
} TuTransaction;
#define TU_TRANSACTION_INIT ((TuTransaction){NULL})

/* A consistent snapshot: every query until its end sees the same state. `tables` (of char *, may be
 * NULL) will be read: nobody may rewrite them meanwhile (F10). One that is not there is left
 * out. */
gboolean tu_transaction_begin_read(TuTransaction *txn, TuDatabase *db, const GPtrArray *tables,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A short writing transaction; BUSY if others hold it too long. */
gboolean tu_transaction_begin_write(TuTransaction *txn, TuDatabase *db,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Marks where a transaction is, and goes back there after a statement that failed with DATABASE:
 * some databases take nothing more in a transaction after an error. A new mark replaces the last
 * one. */
gboolean tu_transaction_mark(TuTransaction *txn, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_transaction_back(TuTransaction *txn, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A failed commit has an unknown outcome; all of trueup's work is safe to repeat. */
gboolean tu_transaction_commit(TuTransaction *txn, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Rolls back if it is open. */
void tu_transaction_clear(TuTransaction *txn);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuTransaction, tu_transaction_clear)

/* ---- what the database has ---- */

/* The type of a column or an expression. */
typedef struct {
    TuType kind;  /* of its values, where that is certain; NULL: not known, or a number of either
                      kind */
    int scale;    /* of decimals: digits after the point; -1: not declared */
    char *column; /* what a summary's column must be declared as to hold its values: "uuid",
                    * "text COLLATE \"C\""; NULL: the dialect's key_type */
    gboolean is_unbounded;   /* its values may be longer than an index key holds */
    gboolean is_not_ordered; /* its own order is not that of tu_value_compare: no min, no max */
} TuSqlType;
void tu_sql_type_clear(TuSqlType *type);
TuSqlType tu_sql_type_copy(const TuSqlType *type);

typedef struct {
    char *name;
    char *declared_type; /* "" if none */
    char *log_type;      /* what a change log needs to hold its values unchanged, with collation */
    TuType kind; /* of its values by the declared type; SQLite: BLOB = no conversion, NULL = a
                  * number of either kind */
    TuSqlType type;
    gboolean is_nullable;
    char *default_text; /* SQL of its default; NULL: none */
    gboolean is_generated;
    gboolean merges_text; /* texts of different bytes are one to its unique keys */
    guint key_position;   /* in the primary key, from 1; 0 = not in it */
} TuColumnInfo;

typedef struct {
    char *name;
    GPtrArray *columns;     /* of char *; NULL for an expression */
    GPtrArray *expressions; /* of char *: the SQL where it is an expression, NULL for a column */
    GPtrArray *collations;  /* of char *, of each column in this key */
    gboolean is_primary;
} TuUniqueKey;

typedef struct {
    char *name;
    char *table;         /* that it is on: a partition, or the table itself */
    char *text;          /* what makes it what it is; see TuCaptureObject */
    gboolean is_of_part; /* of a stray: it was made for a part, so it writes nothing where it is */
} TuTriggerInfo;

/* A table that a statement may name instead to change rows of another. */
typedef struct {
    char *name;            /* qualified */
    gboolean is_partition; /* by declaration; else a child */
} TuTablePart;

/* What may make capture miss changes of a table, or keep trueup from reading it. */
typedef struct {
    gboolean is_error;      /* it cannot be kept exact like that; else somebody should know */
    gboolean is_of_capture; /* matters only where changes are captured */
    gboolean is_of_role;    /* the table is fit, and this session's user may not */
    char *message;
    char *help;
} TuHazard;
GPtrArray *tu_hazards_new(void);
void tu_hazard_add(GPtrArray *hazards, gboolean is_error, gboolean is_of_capture, char *message,
                   char *help);

typedef struct {
    char *name;         /* as the database has it: "flight", "shop.bill" if it was asked for so */
    char *full_name;    /* with its schema in any case; NULL where that is not told */
    gboolean is_table;  /* FALSE: a view, or something else that cannot be captured */
    gboolean has_rowid; /* SQLite: rows have a hidden number */
    gboolean has_before_trigger; /* a user's trigger may change a row after OLD was read (F12) */
    gint64 n_rows;               /* the database's own estimate; -1: it has none */
    GPtrArray *columns;          /* of TuColumnInfo */
    GPtrArray *unique;           /* of TuUniqueKey, the primary key among them */
    GPtrArray *triggers;         /* of TuTriggerInfo, trueup's own among them */
    GPtrArray *indexes;          /* of char *: names of all indexes */
    GPtrArray *parts;            /* of TuTablePart; empty on most */
    GPtrArray *strays; /* of TuTriggerInfo: triggers made for this table that are elsewhere */
    GPtrArray *special_columns; /* of char *: those whose change may be refused after a trigger saw
                                 * it (MariaDB: of unique and foreign keys and the partition
                                 * expression, F12) */
    GPtrArray *hazards;         /* of TuHazard */
    char *hidden;      /* why its triggers cannot be seen, and what helps; NULL: they can */
    char *missed;      /* why changes are missed whatever triggers there are; NULL: none is */
    char *create_text; /* CREATE TABLE ...; NULL where the database has none */
} TuTableInfo;
TuTableInfo *tu_table_info_new(const char *name);
void tu_table_info_free(TuTableInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTableInfo, tu_table_info_free)
TuColumnInfo *tu_table_info_add_column(TuTableInfo *info, const char *name);
TuUniqueKey *tu_table_info_add_key(TuTableInfo *info, const char *name, gboolean is_primary);
void tu_table_info_add_trigger(TuTableInfo *info, const char *name, const char *table,
                               const char *text);
TuTriggerInfo *tu_table_info_add_stray(TuTableInfo *info, const char *name, const char *table,
                                       const char *text);
void tu_table_info_add_part(TuTableInfo *info, const char *name, gboolean is_partition);

/* *ret_info is NULL if there is no such table. Names are compared as the database does: "Flight" is
 * looked for as written, then as an unquoted name is read. */
gboolean tu_database_describe(TuDatabase *db, const char *table, TuTableInfo **ret_info,
                              GError **error);
/* FALSE: describing leaves out what other tables' keys refer to, which is dear on MariaDB (it opens
 * all tables of all databases) and only matters to what triggers are made or compared with. TRUE at
 * first. */
void tu_database_describe_references(TuDatabase *db, gboolean are_wanted);

/* The same, but only whether it is there. */
gboolean tu_database_has_table(TuDatabase *db, const char *table, gboolean *ret_has,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
const TuColumnInfo *tu_table_info_column(const TuTableInfo *info, const char *column);

/* ---- what an expression is ---- */

typedef struct {
    const char *expression;
    const TuTableInfo *const *tables; /* that it may read */
    const char *const *aliases;
    guint n_tables;
} TuProbe;

typedef struct {
    /* set of char *: "table\ncolumn" of TuTableInfo.name; those it reads, or more */
    GHashTable *columns;
    TuSqlType type;
    char *fault; /* why it cannot be kept exact: a volatile function, a sub-query; NULL: it can */
    char *help;
} TuInspection;
void tu_inspection_clear(TuInspection *inspection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuInspection, tu_inspection_clear)

/* DATABASE with the database's own words if the expression is wrong (no such column). */
gboolean tu_database_inspect(TuDatabase *db, const TuProbe *probe, TuInspection *ret_inspection,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of a condition in a WHERE or an ON: sets fault and help where it does not choose among the images
 * of these tables the same as among their rows. Nothing is asked of the database. */
void tu_database_inspect_condition(const TuDatabase *db, const TuProbe *probe,
                                   TuInspection *inspection);

/* What a query gives: a description (without a name) whose columns have a name, a kind and a type.
 * The query has no parameters, and is not run. DATABASE with the database's own words if it is
 * wrong. */
gboolean tu_database_describe_query(TuDatabase *db, const char *sql, TuTableInfo **ret_info,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if reading `sql` would start from an index or a key rather than go through a whole table. */
gboolean tu_database_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A number that changes whenever one of the tables (of char *), its columns, its triggers or its
 * partitions do. */
gboolean tu_database_schema_version(TuDatabase *db, const GPtrArray *tables, gint64 *ret_version,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds what is to be said about the database as a whole (SQLite: not in WAL mode). */
gboolean tu_database_hazards(TuDatabase *db, GPtrArray *hazards,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *ret_grant: the statement that gives the user the right ("DROP", "TRIGGER") on the table, where
 * it is missing; NULL: it is there, or statements that lack it leave nothing half done here. Free
 * with g_free. */
gboolean tu_database_missing_right(TuDatabase *db, const char *right, const char *table,
                                   char **ret_grant, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- capture: the objects that write the change log of a table ---- */

typedef struct {
    const TuTableInfo *info;
    const char *log;          /* the change log's name, with its schema where it has one */
    const GPtrArray *columns; /* of char *: those that are logged, sorted */
} TuCaptureShape;

/* One trigger (with its function, where the database needs one). `wanted` and `installed` say in
 * the same form what makes it what it is. */
typedef struct {
    char *name;               /* for messages: "trueup_insert_flight" */
    char *wanted;             /* NULL: the table needs none */
    char *installed;          /* NULL: it is not there */
    GPtrArray *create;        /* of char *: statements */
    GPtrArray *drop;          /* of char * */
    gboolean create_replaces; /* what is installed need not be dropped first */
    char *part;               /* the part of the table that it is on; NULL: the table itself */
    char *stray; /* the table that it is on, which is not (or no more) of the family; NULL: it is */
    gboolean is_quiet; /* of a stray: it writes nothing where it is */
} TuCaptureObject;

/* All that the table needs, and those of ours that are there and should not be. Free with
 * g_ptr_array_unref. */
GPtrArray *tu_database_capture_objects(TuDatabase *db, const TuCaptureShape *shape);
GPtrArray *tu_capture_objects_new(void);
TuCaptureObject *tu_capture_object_add(GPtrArray *objects, const char *name);

/* Which triggers and columns of the table itself these are: it changes when a trigger is switched
 * off and on again, when the table is replaced by another, when a logged column is retyped (F23).
 * `control` names a table of trueup's own. *ret_whole changes when that is another one too: the
 * whole database was restored. Both NULL where texts tell everything. */
gboolean tu_database_capture_identity(TuDatabase *db, const TuCaptureShape *shape,
                                      const char *control, char **ret_whole, char **ret_own,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A part of a captured table, as it is now. Its rows are those whose `column` (NULL: not known) has
 * a value from `from` (included) to `to` (included too, where a key goes on behind the column):
 * instants in microseconds since 1970, or whole numbers. */
typedef struct {
    char *name;
    char *identity; /* like *ret_own above, of this part */
    char *column;
    gint64 from, to; /* G_MININT64, G_MAXINT64: without bound */
} TuCapturePart;
GPtrArray *tu_capture_parts_new(void);
TuCapturePart *tu_capture_part_add(GPtrArray *parts, const char *name, const char *identity);

/* The parts (of TuCapturePart) of the table; none where the database has none. */
gboolean tu_database_capture_parts(TuDatabase *db, const TuCaptureShape *shape,
                                   GPtrArray **ret_parts, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds the statements that remove whatever capture made for a table of that name, its log excepted,
 * even if the table is gone or has another name now. */
void tu_database_capture_forget(TuDatabase *db, const char *table, const char *log,
                                GPtrArray *statements);

/* ---- the change log ---- */

/* The value that stands for an entry's id in SQL; `text` (TU_ENTRY_TEXT_BYTES) may be pointed to.
 * 0 comes before all, G_MAXINT64 after all. */
#define TU_ENTRY_TEXT_BYTES 40
TuValue tu_database_entry_value(const TuDatabase *db, gint64 id, char *text);

/* Deletes settled entries: those after an id and up to one that the snapshot saw. `ids` lists them
 * where entries_come_in_order is FALSE and the transaction is another than the snapshot's; else
 * NULL. */
gboolean tu_database_delete_entries(TuDatabase *db, const char *log, gint64 after, gint64 up_to,
                                    const GArray *ids, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- locks ---- */

/* Takes the lock `name` that dies with this connection. If somebody has it: TRUE with *ret_holder
 * set ("host h, pid 12"). It only saves double work: the turn number guards what is written. */
gboolean tu_database_try_lock(TuDatabase *db, const char *name, char **ret_holder,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_database_unlock(TuDatabase *db, const char *name);

/* FALSE: no lock lasts longer than a transaction here (behind a pooler), so try_lock takes none and
 * always says that it did. Who must know whether somebody lives needs another sign then. */
gboolean tu_database_holds_locks(const TuDatabase *db);

/* ---- time ---- */

/* What the database's clock shows: one clock for all workers, wherever they are. */
gboolean tu_database_now(TuDatabase *db, gint64 *ret_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- buckets ---- */

/* How a bucket is stored, and the reverse (FALSE: not a bucket's form). `text` is a buffer of
 * TU_INSTANT_TEXT_BYTES that the value may point into. */
TuValue tu_database_bucket_value(const TuDatabase *db, TuGrain grain, TuBucket bucket, char *text);
gboolean tu_database_bucket_parse(const TuDatabase *db, TuGrain grain, const TuValue *value,
                                  TuBucket *ret_bucket);

/* The key of a summary's table, NULLs equal: what stands in its unique index (and after ON
 * CONFLICT) for a column that may be NULL or longer than a key holds. Appends it, with a comma
 * before it if it is not the first. */
void tu_database_append_key(const TuDatabase *db, GString *sql, const char *column,
                            const TuSqlType *type, gboolean is_nullable);

/* The column definitions that such keys need beside the column itself (MariaDB: invisible generated
 * ones); NULL: none. */
char *tu_database_key_column(const TuDatabase *db, const char *column, const TuSqlType *type,
                             gboolean is_nullable);

/* After CREATE UNIQUE INDEX ... (key): " NULLS NOT DISTINCT" or "". */
const char *tu_database_key_suffix(const TuDatabase *db);

/* GRANT statements for a role: one that may do everything but create capture. "" where the database
 * has no roles. Free with g_free. */
char *tu_database_grants(TuDatabase *db, const GPtrArray *sources, const GPtrArray *summaries,
                         const GPtrArray *control);

/* Statements that SQL for a migration file must begin with (MariaDB: the sql_mode), and what makes
 * a client take a body with semicolons; see cli/plan.c. NULL: none. */
const char *tu_database_script_head(const TuDatabase *db);
const char *tu_database_script_delimiter(const TuDatabase *db);

/* Where trueup's own tables are: a schema's name; NULL: where unqualified names lead. */
void tu_database_set_control_schema(TuDatabase *db, const char *schema);
const char *tu_database_control_schema(const TuDatabase *db);

/* "trueup_run", or "trueup.trueup_run" with a control schema. Free with g_free. */
char *tu_database_control_name(const TuDatabase *db, const char *name);
