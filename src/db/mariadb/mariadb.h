/*
 * The MariaDB driver's own parts, shared by its files only.
 *
 *   mariadb.c             the driver's table, transactions, dialect
 *   target.c, connect.c   URL and option files -> a connection, and its pinned session
 *   watch.c               the cancel flag: KILL QUERY over a second connection
 *   error.c               error numbers -> TuErrorCode
 *   statement.c, value.c  prepared statements; values in and out
 *   describe.c, type.c    tables and types; hazards.c what cannot be kept exact
 *   inspect.c, plan.c     expressions; does a query use an index?
 *   condition.c           what a WHERE finds in a table only
 *   capture.c, log.c      triggers; entries, versions, locks
 *   copy.c                many new rows at once: LOAD DATA LOCAL
 *   given.c               rows given to a statement: JSON_TABLE
 *   key.c                 unique keys in which NULLs are equal, buckets, grants
 *
 * Findings it is built on (docs/correctness.md): a trigger writes nothing but its own row, by
 * INSERT ... VALUES; trueup reads in a read-only snapshot and writes in a READ COMMITTED
 * transaction; log entries are deleted by joining a list of ids to the primary key; DDL never waits
 * in front of users.
 */
#pragma once

#include <mysql.h>

#include "db/driver.h"

/* The oldest server that has JSON_TABLE: 10.6.0. */
#define TU_MARIADB_OLDEST 100600

/* What texts of summaries and of trueup's own tables are: by bytes, blanks at the end counted. */
#define TU_MARIADB_TEXT "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"

/* Quotes as in standard SQL; strict when writing. No NO_ZERO_DATE and the like, so that dates with
 * zeros in a source stay readable and can be copied to a log. In the order in which
 * information_schema shows it, since it is compared there. */
#define TU_MARIADB_SQL_MODE                                                                        \
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"

/* Where and as whom to connect; read from the URL. NULL: what the option files or the client
 * say. */
typedef struct {
    char *host, *user, *password, *database, *socket;
    char *ssl_ca, *ssl_cert, *ssl_key;
    guint port;
    gboolean verifies_server, must_encrypt;
    guint connect_timeout_s;
} TuMariadbTarget;

typedef struct TuMariadbWatch TuMariadbWatch;

typedef struct {
    TuDatabase base;
    MYSQL *handle;
    TuMariadbTarget target;
    TuMariadbWatch *watch; /* NULL: there is no cancel flag */
    const volatile _Atomic int *is_cancelled;
    char *database;    /* the session's own */
    int may_load;      /* LOAD DATA LOCAL: 1, 0; -1: not asked yet */
    gint64 most_bytes; /* of one statement with its values: max_allowed_packet */
} TuMariadb;

/* ---- connection ---- */

gboolean tu_mariadb_open(const char *url, const char *directory, TuOpenMode mode,
                         TuDatabase **ret_db, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_mariadb_close(TuDatabase *base);

/* A connection more, its session as the server makes it. NULL: not now. */
MYSQL *tu_mariadb_connect(const TuMariadbTarget *target, guint read_timeout_s, GError **error);

/* Reads "mariadb://user:password@host:port/database?option=value". */
gboolean tu_mariadb_target_parse(const char *url, TuMariadbTarget *ret_target,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_mariadb_target_clear(TuMariadbTarget *target);

/* The URL without its password and options. Free with g_free. */
char *tu_mariadb_target_label(const TuMariadbTarget *target);

/* ---- cancel ---- */

void tu_mariadb_set_cancel(TuDatabase *base, const volatile _Atomic int *is_cancelled);
void tu_mariadb_watch_free(TuMariadbWatch *watch);

/* Around every wait for the server that a cancel may end. */
void tu_mariadb_watch_begin(TuMariadb *db);
void tu_mariadb_watch_end(TuMariadb *db);

gboolean tu_mariadb_is_cancelled(const TuMariadb *db);

/* Ends the statement that the connection runs, from beside it; if that cannot be, the
 * connection. */
void tu_mariadb_kill_query(const TuMariadb *db);

/* ---- errors ---- */

/* `what`: the statement, named where it is the statement's fault; may be NULL. */
void tu_mariadb_set_error(const TuMariadb *db, guint number, const char *message, const char *what,
                          GError **error);

/* ---- statements ---- */

gboolean tu_mariadb_prepare(TuDatabase *base, const char *sql, gboolean is_scan,
                            TuStatement **ret_statement, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_mariadb_statement_free(TuStatement *base);
gboolean tu_mariadb_bind(TuStatement *base, const TuValue *values, guint n, GError **error);
gboolean tu_mariadb_step(TuStatement *base, gboolean *ret_has_row, GError **error);
TuValue tu_mariadb_value(TuStatement *base, guint column);
guint tu_mariadb_columns(const TuStatement *base);
gint64 tu_mariadb_changes(const TuStatement *base);
gboolean tu_mariadb_execute(TuDatabase *base, const char *sql,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the server says about a prepared statement's columns; NULL: it has none. Free with
 * mysql_free_result. */
MYSQL_RES *tu_mariadb_metadata(TuStatement *base);

/* Runs a query and gives every row to `take`, until that gives FALSE. */
typedef gboolean (*TuMariadbTake)(TuStatement *row, gpointer data);
gboolean tu_mariadb_each_row(TuMariadb *db, const char *sql, const TuValue *values, guint n,
                             TuMariadbTake take, gpointer data,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A column as text: "" where it is NULL; until the next step. */
const char *tu_mariadb_text(TuStatement *row, guint column);
gint64 tu_mariadb_integer(TuStatement *row, guint column);

/* ---- values ---- */

/* A column of a result as libmariadb writes it, and how it is read. */
typedef struct TuMariadbCell TuMariadbCell;
struct TuMariadbCell {
    TuValue (*take)(TuMariadbCell *cell);
    enum enum_field_types field_type, buffer_type;
    gboolean is_unsigned;
    my_bool is_null, is_cut;
    unsigned long length;
    char *bytes; /* of texts, blobs, decimals */
    gsize capacity;
    union {
        gint64 integer;
        double real;
        float single;
        MYSQL_TIME time;
        char text[24]; /* of an integer beyond 63 bits */
    };
};

/* How a column is to be read. The cell keeps its buffer. */
void tu_mariadb_cell_set(TuMariadbCell *cell, const MYSQL_FIELD *field);
void tu_mariadb_cell_bind(TuMariadbCell *cell, MYSQL_BIND *ret_bind);
void tu_mariadb_cell_clear(TuMariadbCell *cell);

/* A parameter, and the room that it needs beside its value. */
typedef struct {
    MYSQL_TIME time;
    char decimal[TU_DECIMAL_TEXT_BYTES];
    TuValue value;
} TuMariadbParameter;
void tu_mariadb_parameter_bind(TuMariadbParameter *parameter, const TuValue *value,
                               MYSQL_BIND *ret_bind);

/* ---- many rows ---- */

/* What the server gets if it asks for a file: the text of a copy that runs; NULL: a refusal. */
void tu_mariadb_offer(MYSQL *handle, gpointer copy);

gboolean tu_mariadb_copy_begin(TuDatabase *base, const char *table, const char *const *columns,
                               guint n_columns, gpointer *ret_copy,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_mariadb_copy_row(gpointer data, const TuValue *values,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_mariadb_copy_end(gpointer data, gboolean is_good, GError **error);

/* Rows given to a statement as one JSON text. */
extern const TuGivenDriver tu_mariadb_given;

/* After a statement whose warnings say that a value was bent to fit: an error then. */
gboolean tu_mariadb_check_warnings(TuMariadb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A time's fields in the years 0000 to 9999 that MariaDB knows; what lies before or after them is
 * their first or last moment. */
TuWrittenTime tu_mariadb_written(const TuValue *value);

/* The digits and letters of a value that is no NULL, text or bytes; FALSE: there are none of it
 * here (not-a-number, infinity). */
gboolean tu_mariadb_append_plain(GString *text, const TuValue *value);

/* ---- types ---- */

/* What decides about a type, whether a table's column has it or an expression. */
typedef struct {
    char name[32];        /* as information_schema has it: "int", "varchar", "timestamp", "uuid" */
    const char *declared; /* "int(5) unsigned zerofill"; NULL: an expression */
    const char *charset, *collation; /* of a column's text; NULL: none */
    gboolean is_unsigned;
    gboolean is_binary; /* an expression's bytes that are no text */
    guint precision;    /* of a decimal: all digits */
    guint scale;        /* digits after the point, of a decimal or of seconds */
    guint64 characters; /* the most that a text holds */
} TuMariadbType;

TuMariadbType tu_mariadb_type_of_field(const MYSQL_FIELD *field);
TuSqlType tu_mariadb_sql_type(const TuMariadbType *type);

/* What a change log's column must be. Free with g_free. */
char *tu_mariadb_log_type(const TuMariadbType *type);

/* TRUE where values that differ by bytes may be equal to the database: texts whose collation folds
 * or pads. */
gboolean tu_mariadb_merges(const TuMariadbType *type);

/* ---- what the database has ---- */

/* A table's name in two parts: "flight" is of the session's own database. */
typedef struct {
    char *schema, *table;
} TuMariadbName;
TuMariadbName tu_mariadb_name(const TuMariadb *db, const char *name);
void tu_mariadb_name_clear(TuMariadbName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuMariadbName, tu_mariadb_name_clear)

gboolean tu_mariadb_describe(TuDatabase *base, const char *table, TuTableInfo **ret_info,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_mariadb_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_mariadb_inspect_condition(const TuProbe *probe, TuInspection *inspection);
gboolean tu_mariadb_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info,
                                   GError **error);
gboolean tu_mariadb_uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_mariadb_schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of the server, and of one table. */
gboolean tu_mariadb_missing_right(TuDatabase *base, const char *right, const char *table,
                                  char **ret_grant, GError **error);
gboolean tu_mariadb_hazards(TuDatabase *base, GPtrArray *hazards,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_mariadb_table_hazards(TuMariadb *db, const TuMariadbName *name, const char *engine,
                                  TuTableInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- capture, the log, locks, keys ---- */

/* What makes a trigger what it is, in the form in which `wanted` and `installed` are compared. */
char *tu_mariadb_trigger_text(const char *moment, const char *event, const char *sql_mode,
                              const char *body, const char *missing_definer);

gboolean tu_mariadb_capture_identity(TuDatabase *db, const TuCaptureShape *shape,
                                     const char *control, char **ret_whole, char **ret_own,
                                     GError **error);
gboolean tu_mariadb_capture_parts(TuDatabase *db, const TuCaptureShape *shape, GPtrArray *parts,
                                  GError **error);
GPtrArray *tu_mariadb_capture_objects(TuDatabase *base, const TuCaptureShape *shape);
void tu_mariadb_capture_forget(TuDatabase *base, const char *table, const char *log,
                               GPtrArray *statements);
TuValue tu_mariadb_entry_value(gint64 id, char *text);
gboolean tu_mariadb_delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to,
                                   const GArray *ids, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean tu_mariadb_try_lock(TuDatabase *base, const char *name, char **ret_holder,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_mariadb_unlock(TuDatabase *base, const char *name);
char *tu_mariadb_session(TuDatabase *base);
void tu_mariadb_end_session(TuDatabase *base, const char *session);

TuValue tu_mariadb_bucket_value(TuGrain grain, TuBucket bucket, char *text);
gboolean tu_mariadb_bucket_parse(TuGrain grain, const TuValue *value, TuBucket *ret_bucket);
void tu_mariadb_append_key(GString *sql, const char *column, const TuSqlType *type,
                           gboolean is_nullable);
char *tu_mariadb_key_column(const char *column, const TuSqlType *type, gboolean is_nullable);
void tu_mariadb_append_same(GString *sql, const char *column, const TuSqlType *type,
                            gboolean is_nullable, gboolean is_null);
char *tu_mariadb_grants(TuDatabase *base, const GPtrArray *sources, const GPtrArray *summaries,
                        const GPtrArray *control);
