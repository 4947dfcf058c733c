/*
 * The PostgreSQL driver's own parts, shared by its files only.
 *
 *   postgres.c     life, dialect, keys   copy.c         COPY into a table
 *   type.c         what a type means     capture.c      triggers
 *   wire.c         sending and waiting   body.c         what triggers do
 *   value.c        bytes to values       parts.c        partitions, identities
 *   transaction.c  pinned settings       describe.c     tables, hazards
 *   encode.c       values to bytes       inspect.c      expressions, their words
 *   statement.c    prepare, bind, step   schema.c       its version, log
 *   numeric.c      numerics, both ways   lock.c         locks, grants
 *   scan.c         rows of a COPY        given.c        given rows, keys
 *   text.c         values to text        words.c        words of SQL
 *
 * Everything that a session could be set to is set anew at the start of every transaction, in the
 * same round trip, and nothing outlives a transaction: so a transaction pooler may stand between. A
 * lost connection stays lost.
 */
#pragma once

#include <libpq-fe.h>

#include "db/driver.h"
#include "db/sqlscan.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

typedef struct {
    TuDatabase base;
    PGconn *connection;
    TuOpenMode mode;
    const volatile _Atomic int *is_cancelled; /* may be NULL */
    gboolean ignores_cancel;                  /* while a transaction is ended */
    int version;                              /* 150004 */
    char *schema;       /* where unqualified names are created; NULL: nowhere */
    char *pins;         /* SET LOCAL ...; of every transaction */
    gboolean is_pooled; /* sessions are not ours alone */
    gboolean has_mark;  /* tu_transaction_mark was called in this one */
    gboolean is_in_transaction;
    guint64 n_transactions; /* what was prepared in an earlier one is gone */
    guint64 n_names;        /* prepared statements named so far */
    guint32 token;          /* in their names: a pooler's server has those of others */
    GString *deallocate;    /* what the end of this transaction must deallocate */
    GHashTable *shapes;     /* SQL -> TuPostgresShape of SELECTs that were described */
    TuStatement *scanning;  /* the scan that has the connection; NULL: none */
} TuPostgres;

/* How long the server waits for a worker between two statements of a transaction. */
#define TU_POSTGRES_IDLE(limit) "SET LOCAL idle_in_transaction_session_timeout = '" limit "'"

/* How long a statement waits for a lock of others before it is BUSY. */
#define TU_POSTGRES_LOCK_MS 5000
/* The same for DDL, since whoever comes later waits behind it (F22). */
#define TU_POSTGRES_DDL_LOCK_MS 50

/* ---- wire: every function waits with an eye on the cancel flag ---- */

/* Our error for a failed result (NULL: the connection itself failed). `sql` may be NULL. */
void tu_postgres_set_error(const TuPostgres *db, const PGresult *result, const char *sql,
                           GError **error);

/* Why there is no connection: libpq's text, at PQERRORS_VERBOSE, with the code of the server that
 * answered last, if one did. */
void tu_postgres_set_refusal(const char *message, GError **error);

/* Waits until a result (or a row of a COPY) can be taken without waiting. */
gboolean tu_postgres_wait(TuPostgres *db, GError **error);

/* One turn of waiting, at most 100 ms. `asked` remembers that the server was asked to cancel. */
gboolean tu_postgres_pump(TuPostgres *db, gboolean *asked, GError **error);

/* Asks the server to give up what it does; its answer comes as that statement's error. */
void tu_postgres_ask_to_cancel(TuPostgres *db);

/* What a query that was sent gives: the last result with rows, else the last. NULL with an error,
 * and the connection is idle again. A COPY ends it at once. */
PGresult *tu_postgres_finish(TuPostgres *db, const char *sql, GError **error);

/* Runs statements as they are, whatever the transaction. An error shows `shown`. */
gboolean tu_postgres_simple(TuPostgres *db, const char *sql, GError **error);
gboolean tu_postgres_simple_as(TuPostgres *db, const char *sql, const char *shown, GError **error);

/* Runs one query of the driver's own: texts in, texts out. */
PGresult *tu_postgres_query(TuPostgres *db, const char *sql, const char *const *values, guint n,
                            GError **error);

/* A field of such a result: "" for NULL. */
const char *tu_postgres_field(const PGresult *result, int row, int column);
gboolean tu_postgres_is_true(const PGresult *result, int row, int column);

/* ---- transactions ---- */

/* A place to ask questions in: a transaction with the pins, or a savepoint of the one that is open.
 * Its end undoes everything, settings too. */
typedef struct {
    TuPostgres *db; /* NULL: closed */
    gboolean is_savepoint;
} TuPostgresScope;
gboolean tu_postgres_scope_begin(TuPostgresScope *scope, TuPostgres *db, GError **error);
void tu_postgres_scope_end(TuPostgresScope *scope);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuPostgresScope, tu_postgres_scope_end)

/* Opens a transaction for one statement if none is open; `ret_is_own` goes to the end. */
gboolean tu_postgres_wrap(TuPostgres *db, gboolean *ret_is_own, GError **error);
gboolean tu_postgres_unwrap(TuPostgres *db, gboolean is_own, gboolean is_good, GError **error);

/* Goes back to a savepoint and gives it up, whatever state the transaction is in. */
gboolean tu_postgres_back_to(TuPostgres *db, const char *savepoint);

gboolean tu_postgres_begin_read(TuDatabase *base, const GPtrArray *tables, GError **error);
gboolean tu_postgres_begin_write(TuDatabase *base, GError **error);
gboolean tu_postgres_mark(TuDatabase *db, GError **error);
gboolean tu_postgres_back(TuDatabase *db, GError **error);
gboolean tu_postgres_commit(TuDatabase *base, GError **error);
void tu_postgres_rollback(TuDatabase *base);
gboolean tu_postgres_execute(TuDatabase *base, const char *sql, GError **error);

/* ---- types ---- */

enum {
    TU_OID_BOOL = 16,
    TU_OID_BYTEA = 17,
    TU_OID_CHAR = 18,
    TU_OID_NAME = 19,
    TU_OID_INT8 = 20,
    TU_OID_INT2 = 21,
    TU_OID_INT4 = 23,
    TU_OID_TEXT = 25,
    TU_OID_OID = 26,
    TU_OID_TID = 27,
    TU_OID_XID = 28,
    TU_OID_JSON = 114,
    TU_OID_FLOAT4 = 700,
    TU_OID_FLOAT8 = 701,
    TU_OID_UNKNOWN = 705,
    TU_OID_BPCHAR = 1042,
    TU_OID_VARCHAR = 1043,
    TU_OID_DATE = 1082,
    TU_OID_TIMESTAMP = 1114,
    TU_OID_TIMESTAMPTZ = 1184,
    TU_OID_NUMERIC = 1700,
    TU_OID_VOID = 2278,
    TU_OID_UUID = 2950,
    TU_OID_JSONB = 3802,
};

/* A type as the catalog has it, domains already resolved. */
typedef struct {
    Oid oid;
    int modifier;     /* -1: none */
    const char *name; /* format_type(oid, -1), qualified */
    gboolean is_enum;
} TuPostgresType;

/* What its values are here. */
void tu_postgres_sql_type(const TuPostgresType *type, TuSqlType *ret_type);

/* What a log needs to hold its values unchanged; `collation` "" or quoted. Free with g_free. */
char *tu_postgres_log_type(const TuPostgresType *type, const char *collation);

/* ---- values ---- */

/* One column's way from the binary form to a value. `scratch` is the column's own. */
typedef TuValue (*TuPostgresDecode)(const char *data, guint length, GString *scratch);

/* NULL: this driver does not know the type's binary form. */
TuPostgresDecode tu_postgres_decoder(Oid type);

TuValue tu_postgres_decode_numeric(const char *data, guint length, GString *scratch);
gboolean tu_postgres_encode_numeric(GByteArray *bytes, const TuValue *value);

/* PostgreSQL's text of a value that is no NULL and no blob; appended. */
void tu_postgres_append_text(GString *text, const TuValue *value);

/* Appends the value in the type's binary form, its length before it. FALSE: DATA, the type cannot
 * hold it (the caller says which column). */
gboolean tu_postgres_append_binary(GByteArray *bytes, Oid type, const TuValue *value,
                                   GError **error);

/* The SQL name of a type whose binary form this driver writes; NULL: it does not. */
const char *tu_postgres_binary_name(Oid type);

/* DATA if a text has a NUL byte, which no text of PostgreSQL may. */
gboolean tu_postgres_check_text(const TuValue *value, GError **error);

/* ---- statements ---- */

/* What a SELECT gives, and how to ask for it so that every column can be decoded. */
typedef struct {
    guint n_columns;
    Oid *types; /* as they come from `sql` */
    guint n_parameters;
    Oid *parameters;
    char *sql;
} TuPostgresShape;
void tu_postgres_shape_free(gpointer shape);

/* Asks the server, in one round trip. */
TuPostgresShape *tu_postgres_shape_read(TuPostgres *db, const char *sql, GError **error);

typedef struct TuPostgresScan TuPostgresScan;

typedef struct {
    TuStatement base;
    TuPostgres *db;
    char *sql;
    gboolean is_scan;
    gboolean is_select;
    gboolean is_bound; /* bind came, and no step yet */
    guint n_values;
    GByteArray *bytes; /* of all parameters, each with a NUL behind it */
    gssize *offsets;   /* -1: NULL */
    int *lengths, *formats;
    guint64 bound_in; /* the transaction of the last run */
    char *name;       /* prepared under, in transaction `prepared_in` */
    guint64 prepared_in;
    PGresult *result;
    int row;
    gint64 changes;
    guint n_columns;
    TuPostgresDecode *decode;
    GString **scratch;
    TuPostgresScan *scan; /* of a scan that runs */
} TuPostgresStatement;

gboolean tu_postgres_prepare(TuDatabase *base, const char *sql, gboolean is_scan,
                             TuStatement **ret_statement, GError **error);
void tu_postgres_statement_free(TuStatement *base);
gboolean tu_postgres_bind(TuStatement *base, const TuValue *values, guint n, GError **error);
gboolean tu_postgres_step(TuStatement *base, gboolean *ret_has_row, GError **error);
TuValue tu_postgres_value(TuStatement *base, guint column);
guint tu_postgres_columns(const TuStatement *base);
gint64 tu_postgres_changes(const TuStatement *base);

/* Makes room for the columns of a result and finds their decoders. */
gboolean tu_postgres_set_columns(TuPostgresStatement *statement, guint n, const Oid *types,
                                 GError **error);

gboolean tu_postgres_scan_step(TuPostgresStatement *statement, gboolean *ret_has_row,
                               GError **error);
TuValue tu_postgres_scan_value(TuPostgresStatement *statement, guint column);
/* Ends a scan early; the transaction it runs in goes on. */
void tu_postgres_scan_stop(TuPostgresStatement *statement);

/* ---- the rest of the driver's table ---- */

gboolean tu_postgres_copy_begin(TuDatabase *base, const char *table, const char *const *columns,
                                guint n_columns, gpointer *ret_copy, GError **error);
gboolean tu_postgres_copy_row(gpointer copy, const TuValue *values, GError **error);
gboolean tu_postgres_copy_end(gpointer copy, gboolean is_good, GError **error);

/* The types of a table's columns, domains resolved, and (unless NULL) their names in SQL. A column
 * that is not there keeps what is in both: the statement itself then says which one. */
gboolean tu_postgres_column_types(TuPostgres *db, const char *table, const char *const *columns,
                                  guint n, Oid *ret_types, char **ret_names, GError **error);

extern const TuGivenDriver tu_postgres_given;
void tu_postgres_append_key(GString *sql, const char *column, const TuSqlType *type,
                            gboolean is_nullable);
void tu_postgres_append_equals(GString *sql, const char *column, guint number,
                               const TuSqlType *type, gboolean is_nullable);

gboolean tu_postgres_describe(TuDatabase *base, const char *table, TuTableInfo **ret_info,
                              GError **error);
/* Adds what is to be said about the table `oid`. */
gboolean tu_postgres_table_hazards(TuPostgres *db, const char *oid, TuTableInfo *info,
                                   GError **error);
gboolean tu_postgres_hazards(TuDatabase *base, GPtrArray *hazards, GError **error);
gboolean tu_postgres_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret,
                             GError **error);
gboolean tu_postgres_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info,
                                    GError **error);
gboolean tu_postgres_uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses,
                                GError **error);
gboolean tu_postgres_schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version,
                                    GError **error);
gboolean tu_postgres_capture_identity(TuDatabase *db, const TuCaptureShape *shape,
                                      const char *control, char **ret_whole, char **ret_own,
                                      GError **error);
gboolean tu_postgres_capture_parts(TuDatabase *base, const TuCaptureShape *shape, GPtrArray *parts,
                                   GError **error);
GPtrArray *tu_postgres_capture_objects(TuDatabase *base, const TuCaptureShape *shape);
/* An array's text: what the trigger functions of that table are called. Free with g_free. */
char *tu_postgres_capture_functions(TuPostgres *db, const char *table);

/* What the body of a trigger function is about; names are quoted, with their schemas. */
typedef struct {
    const TuCaptureShape *shape;
    const char *table, *log;
} TuPostgresBody;
void tu_postgres_insert_body(GString *sql, const TuPostgresBody *body);
void tu_postgres_delete_body(GString *sql, const TuPostgresBody *body);
void tu_postgres_update_body(GString *sql, const TuPostgresBody *body);
void tu_postgres_truncate_body(GString *sql, const TuPostgresBody *body);
void tu_postgres_capture_forget(TuDatabase *base, const char *table, const char *log,
                                GPtrArray *statements);
gboolean tu_postgres_delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to,
                                    const GArray *ids, GError **error);
TuValue tu_postgres_entry_value(gint64 id, char *text);
gboolean tu_postgres_try_lock(TuDatabase *base, const char *name, char **ret_holder,
                              GError **error);
void tu_postgres_unlock(TuDatabase *base, const char *name);
gboolean tu_postgres_holds_locks(const TuDatabase *base);
char *tu_postgres_session(TuDatabase *base);
void tu_postgres_end_session(TuDatabase *base, const char *session);
char *tu_postgres_grants(TuDatabase *base, const GPtrArray *sources, const GPtrArray *summaries,
                         const GPtrArray *control);

/* ---- the words of an expression ---- */

/* Adds "table\ncolumn" of every word that is a column's name. */
void tu_postgres_find_columns(const TuProbe *probe, GHashTable *columns);

/* TRUE if its words show why it cannot be kept exact. */
gboolean tu_postgres_find_fault(const TuProbe *probe, GHashTable *columns,
                                TuInspection *inspection);

/* The names of all that is called, as an array's text; *ret_session is set if one of them gives
 * something of the session or the clock. Free with g_free. */
char *tu_postgres_called_functions(const TuProbe *probe, const char **ret_session);

/* Both take `fault`, or say that `what` changes with time; TRUE. */
gboolean tu_postgres_set_fault(TuInspection *inspection, char *fault, const char *help);
gboolean tu_postgres_fault_of_time(const TuProbe *probe, const char *what,
                                   TuInspection *inspection);

/* The token at or after `text` as PostgreSQL reads it: a bracket quotes no name, it is an index. */
TuToken tu_postgres_token(const char *text);

/* {"a", "b"}: the text of an array of texts. Free with g_free. */
char *tu_postgres_text_array(const GPtrArray *texts);

/* "a.b" as SQL names it: "a"."b"; free with g_free. */
char *tu_postgres_quote_table(const char *table);
