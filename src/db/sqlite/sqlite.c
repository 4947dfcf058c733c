/*
 * The driver for SQLite: life, statements, transactions, its dialect. A connection is one session,
 * pinned; the file has one writer at a time, which makes ids of entries grow with commits. Capture,
 * inspecting and the lock are in files of their own (sqlite.h).
 */
#include "db/sqlite/sqlite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/sql.h"
#include "time/instant.h"

typedef struct {
    TuStatement base;
    TuSqlite *db;
    sqlite3_stmt *handle;
    gint64 changes;
} TuSqliteStatement;

/* How many virtual machine steps pass between two looks at the cancel flag: some microseconds. */
#define CANCEL_CHECK_STEPS 10000

/* A lock that another process has is tried again after so long, each time later, up to the
 * longest. */
#define BUSY_STEP_US 1000
#define BUSY_LONGEST_US (25 * 1000)

/* Pages in the write-ahead log before a commit copies them into the file (with two fsyncs): 64 MiB
 * at the usual page size. A build writes thousands of pages a commit; SQLite's 1000 would make it
 * wait for the disk at each. */
#define CHECKPOINT_PAGES 16384

/* Pages of 4 KiB in memory for one connection: 16 MiB keep the inner nodes of large tables. */
#define CACHE_KIB 16384

/* ---- errors ---- */

static gboolean
is_cancelled(const TuSqlite *db)
{
    return db->is_cancelled != NULL && *db->is_cancelled != 0;
}

/* By the primary code: the extended one says where, not what to do. */
static TuErrorCode
code_of(int sqlite_code)
{
    static const struct {
        int sqlite_code;
        TuErrorCode code;
    } rows[] = {
        {SQLITE_BUSY, TU_ERROR_BUSY},           {SQLITE_LOCKED, TU_ERROR_BUSY},
        {SQLITE_CANTOPEN, TU_ERROR_CONNECT},    {SQLITE_NOTADB, TU_ERROR_CONNECT},
        {SQLITE_AUTH, TU_ERROR_CONNECT},        {SQLITE_PERM, TU_ERROR_CONNECT},
        {SQLITE_FULL, TU_ERROR_SYSTEM},         {SQLITE_READONLY, TU_ERROR_SYSTEM},
        {SQLITE_IOERR, TU_ERROR_SYSTEM},        {SQLITE_CORRUPT, TU_ERROR_SYSTEM},
        {SQLITE_NOMEM, TU_ERROR_SYSTEM},        {SQLITE_PROTOCOL, TU_ERROR_BUSY},
        {SQLITE_INTERRUPT, TU_ERROR_CANCELLED}, {SQLITE_SCHEMA, TU_ERROR_BUSY},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].sqlite_code == (sqlite_code & 0xff))
            return rows[i].code;
    return TU_ERROR_DATABASE;
}

/* What a person can do about it; the others explain themselves. */
static const char *
help_of(int sqlite_code)
{
    static const struct {
        int sqlite_code;
        const char *help;
    } rows[] = {
        {SQLITE_BUSY, "another process held it too long; try again"},
        {SQLITE_CANTOPEN, "make the file and its folder readable and writable (a database in WAL "
                          "mode needs both)"},
        {SQLITE_FULL, "make room and run it again: nothing was lost"},
        {SQLITE_READONLY, "make the file and its folder writable"},
        {SQLITE_CORRUPT, "the file is damaged: restore it, or try `sqlite3 FILE .recover`"},
        {SQLITE_NOTADB, "this is not an SQLite database"},
        {SQLITE_IOERR, "look at the disk: nothing was lost"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].sqlite_code == (sqlite_code & 0xff))
            return rows[i].help;
    return NULL;
}

/* What a signal ended, the statement or its waiting, is no fault of the database. */
void
tu_sqlite_set_error(const TuSqlite *db, int code, const char *what, GError **error)
{
    gboolean is_ended = (code & 0xff) == SQLITE_INTERRUPT || (code & 0xff) == SQLITE_BUSY;
    if (is_ended && is_cancelled(db)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
        return;
    }
    const char *help = help_of(code);
    gboolean is_statement = code_of(code) == TU_ERROR_DATABASE && what != NULL;
    g_autofree char *shown = tu_sql_excerpt(what);
    g_set_error(error, TU_ERROR, (gint)code_of(code), "%s: %s%s%s%s%s", db->path,
                sqlite3_errmsg(db->handle), help != NULL ? ": " : "", help != NULL ? help : "",
                is_statement ? ", in: " : "", is_statement ? shown : "");
}

/* ---- life ---- */

/* SQLite asks between virtual machine steps; anything but 0 interrupts the statement. */
static int
look_at_cancel(void *data)
{
    return is_cancelled(data);
}

/* SQLite asks while another process has the lock; 0 gives up. Its own waiting (a busy timeout)
 * would not look at the cancel flag. */
static int
wait_for_lock(void *data, int n_before)
{
    TuSqlite *db = data;
    gint64 now_us = g_get_monotonic_time();
    if (n_before == 0)
        db->busy_since_us = now_us;
    if (is_cancelled(db) || now_us - db->busy_since_us >= TU_SQLITE_BUSY_MS * 1000)
        return 0;
    g_usleep((gulong)MIN((n_before + 1) * BUSY_STEP_US, BUSY_LONGEST_US));
    return 1;
}

/* close_v2: a statement that is still there keeps the connection until it is freed. */
static void
close_database(TuDatabase *base)
{
    TuSqlite *db = (TuSqlite *)base;
    if (db->handle != NULL)
        sqlite3_close_v2(db->handle);
    if (db->lock_file >= 0)
        close(db->lock_file);
    g_free(db->path);
    g_free(db->base.label);
    g_free(db->base.control_schema);
    g_free(db);
}

/* May be several statements. */
static gboolean
execute(TuDatabase *base, const char *sql, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        tu_sqlite_set_error(db, code, sql, error);
        return FALSE;
    }
    return TRUE;
}

/* "wal", "delete" ...; NULL: SQLite does not say. */
static char *
journal_mode(TuSqlite *db)
{
    sqlite3_stmt *statement = NULL;
    char *mode = NULL;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        mode = g_strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return mode;
}

/* Sessions are pinned: nothing depends on what the file or the library has as defaults. In WAL mode
 * synchronous=NORMAL loses at most the last transactions in a power cut, whole, and the log entries
 * that they settled come back with them. */
static gboolean
pin_session(TuSqlite *db, TuOpenMode mode, GError **error)
{
    sqlite3_busy_handler(db->handle, wait_for_lock, db);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_progress_handler(db->handle, CANCEL_CHECK_STEPS, look_at_cancel, db);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    g_autofree char *sql = g_strdup_printf("PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY;"
                                           "PRAGMA wal_autocheckpoint = %d;"
                                           "PRAGMA case_sensitive_like = 0",
                                           CACHE_KIB, CHECKPOINT_PAGES);
    if (!execute(&db->base, sql, error) ||
        !execute(&db->base, "SELECT count(*) FROM sqlite_schema", error))
        return FALSE;
    g_autofree char *journal = journal_mode(db);
    if (g_strcmp0(journal, "wal") == 0 && !execute(&db->base, "PRAGMA synchronous = NORMAL", error))
        return FALSE;
    return mode == TU_OPEN_WRITE || execute(&db->base, "PRAGMA query_only = 1", error);
}

/* Relative to the spec's directory, not to where the command was started. */
static char *
path_of(const char *url, const char *directory)
{
    const char *path = url + strlen("sqlite:");
    if (g_str_has_prefix(path, "//"))
        path += 2;
    return g_path_is_absolute(path) || directory == NULL ? g_strdup(path)
                                                         : g_build_filename(directory, path, NULL);
}

/* The file must be there: SQLite would make an empty one of a misspelt path. A read-only file is
 * found now, not by the first write. */
static gboolean
open_database(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
              GError **error)
{
    /* Counting every allocation takes a lock each; has no effect once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    TuSqlite *db = g_new0(TuSqlite, 1);
    g_autoptr(TuDatabase) guard = &db->base;
    db->base.driver = &tu_sqlite_driver;
    db->path = path_of(url, directory);
    db->base.label = g_strconcat("sqlite:", db->path, NULL);
    db->lock_file = -1;

    struct stat status;
    if (stat(db->path, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONNECT,
                    "%s: there is no such database file: write its path after `database: sqlite:`",
                    db->path[0] != '\0' ? db->path : "sqlite:");
        return FALSE;
    }
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int code = sqlite3_open_v2(db->path, &db->handle, flags | SQLITE_OPEN_READWRITE, NULL);
    if (code != SQLITE_OK) {
        if (db->handle == NULL)
            g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "%s: out of memory", db->path);
        else
            tu_sqlite_set_error(db, code, NULL, error);
        return FALSE;
    }
    if (!pin_session(db, mode, error) || !tu_sqlite_add_digest(db, error))
        return FALSE;
    if (mode == TU_OPEN_WRITE && sqlite3_db_readonly(db->handle, "main") == 1) {
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM,
                    "%s: the database is read-only: make the file and its folder writable",
                    db->path);
        return FALSE;
    }
    *ret_db = g_steal_pointer(&guard);
    return TRUE;
}

static void
set_cancel(TuDatabase *base, const volatile _Atomic int *is_cancelled)
{
    ((TuSqlite *)base)->is_cancelled = is_cancelled;
}

/* Only WAL lets writers and a long read go on side by side. */
static gboolean
hazards(TuDatabase *base, GPtrArray *list, GError **error)
{
    g_autofree char *mode = journal_mode((TuSqlite *)base);
    if (g_strcmp0(mode, "wal") != 0)
        tu_hazard_add(list, FALSE, FALSE,
                      g_strdup_printf("the journal mode is %s: writers wait while trueup reads",
                                      mode != NULL ? mode : "unknown"),
                      g_strdup("run `PRAGMA journal_mode = WAL` once"));
    return TRUE;
}

/* ---- statements ---- */

static gboolean
prepare(TuDatabase *base, const char *sql, gboolean is_scan, TuStatement **ret_statement,
        GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v3(db->handle, sql, -1, 0, &handle, NULL);
    if (code != SQLITE_OK) {
        tu_sqlite_set_error(db, code, sql, error);
        return FALSE;
    }
    g_assert(handle != NULL);
    TuSqliteStatement *statement = g_new0(TuSqliteStatement, 1);
    statement->base.driver = base->driver;
    statement->db = db;
    statement->handle = handle;
    *ret_statement = &statement->base;
    return TRUE;
}

static void
statement_free(TuStatement *base)
{
    TuSqliteStatement *statement = (TuSqliteStatement *)base;
    sqlite3_finalize(statement->handle);
    g_free(statement);
}

/* Dates and instants are ISO text here. Instants are those of trueup's own tables: all of one
 * length, so that their texts sort as they do. */
static int
bind_time(sqlite3_stmt *handle, int index, const TuValue *value)
{
    char text[TU_TIME_TEXT_BYTES];
    tu_value_format_time(value, text);
    if (value->type == TU_TYPE_INSTANT)
        tu_value_lengthen_time(text);
    return sqlite3_bind_text(handle, index, text, -1, SQLITE_TRANSIENT);
}

/* SQLite has no decimals: the nearest double. Nothing that trueup reads here gives one. */
static int
bind_decimal(sqlite3_stmt *handle, int index, const TuValue *value)
{
    g_autofree char *text = tu_value_to_text(value);
    return sqlite3_bind_double(handle, index, g_ascii_strtod(text, NULL));
}

/* Texts and blobs are the caller's, and live until the statement ran. */
static int
bind_one(sqlite3_stmt *handle, int index, const TuValue *value)
{
    switch (value->type) {
    case TU_TYPE_NULL:
        return sqlite3_bind_null(handle, index);
    case TU_TYPE_INTEGER:
        return sqlite3_bind_int64(handle, index, value->integer);
    case TU_TYPE_REAL:
        return sqlite3_bind_double(handle, index, value->real);
    case TU_TYPE_TEXT:
        return sqlite3_bind_text(handle, index, value->text, (int)value->bytes, SQLITE_STATIC);
    case TU_TYPE_BLOB:
        return sqlite3_bind_blob(handle, index, value->text, (int)value->bytes, SQLITE_STATIC);
    case TU_TYPE_DECIMAL:
    case TU_TYPE_LONG_DECIMAL:
        return bind_decimal(handle, index, value);
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        return bind_time(handle, index, value);
    }
    g_assert_not_reached();
}

/* A reset before binding: the statement may have stopped in the middle of its rows. */
static gboolean
bind(TuStatement *base, const TuValue *values, guint n, GError **error)
{
    TuSqliteStatement *statement = (TuSqliteStatement *)base;
    sqlite3_reset(statement->handle);
    g_assert((int)n == sqlite3_bind_parameter_count(statement->handle));
    for (guint i = 0; i < n; i++) {
        int code = bind_one(statement->handle, (int)i + 1, &values[i]);
        if (code != SQLITE_OK) {
            tu_sqlite_set_error(statement->db, code, sqlite3_sql(statement->handle), error);
            return FALSE;
        }
    }
    return TRUE;
}

/* A statement that came to its end is reset at once, so that it holds no read lock. */
static gboolean
step(TuStatement *base, gboolean *ret_has_row, GError **error)
{
    TuSqliteStatement *statement = (TuSqliteStatement *)base;
    int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        *ret_has_row = code == SQLITE_ROW;
        if (code == SQLITE_DONE) {
            statement->changes = sqlite3_changes64(statement->db->handle);
            sqlite3_reset(statement->handle);
        }
        return TRUE;
    }
    tu_sqlite_set_error(statement->db, code, sqlite3_sql(statement->handle), error);
    sqlite3_reset(statement->handle);
    return FALSE;
}

/* By the value's own type: in a column without one each row may have another. */
static TuValue
value(TuStatement *base, guint column)
{
    sqlite3_stmt *handle = ((TuSqliteStatement *)base)->handle;
    int index = (int)column;
    switch (sqlite3_column_type(handle, index)) {
    case SQLITE_INTEGER:
        return tu_value_integer(sqlite3_column_int64(handle, index));
    case SQLITE_FLOAT:
        return tu_value_real(sqlite3_column_double(handle, index));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(handle, index);
        return (TuValue){.type = TU_TYPE_TEXT,
                         .bytes = (guint32)sqlite3_column_bytes(handle, index),
                         .text = text};
    }
    case SQLITE_BLOB: {
        const char *bytes = sqlite3_column_blob(handle, index);
        return (TuValue){.type = TU_TYPE_BLOB,
                         .bytes = (guint32)sqlite3_column_bytes(handle, index),
                         .text = bytes != NULL ? bytes : ""};
    }
    default:
        return TU_NULL_VALUE;
    }
}

static guint
columns(const TuStatement *base)
{
    return (guint)sqlite3_column_count(((const TuSqliteStatement *)base)->handle);
}

static gint64
changes(const TuStatement *base)
{
    return ((const TuSqliteStatement *)base)->changes;
}

/* ---- transactions ---- */

/* IMMEDIATE: waits for the lock here, where it can be tried again, and never in the middle. */
static gboolean
begin_write(TuDatabase *base, GError **error)
{
    return execute(base, "BEGIN IMMEDIATE", error);
}

/* The snapshot begins with the first read. */
static gboolean
begin_read(TuDatabase *base, const GPtrArray *tables, GError **error)
{
    if (!execute(base, "BEGIN", error))
        return FALSE;
    if (execute(base, "SELECT 1 FROM sqlite_schema LIMIT 1", error))
        return TRUE;
    base->driver->rollback(base);
    return FALSE;
}

/* BUSY leaves the transaction open: the caller rolls back and does all of it again. */
static gboolean
commit(TuDatabase *base, GError **error)
{
    return execute(base, "COMMIT", error);
}

/* Some errors (a full disk) have rolled back already. */
static void
rollback(TuDatabase *base)
{
    TuSqlite *db = (TuSqlite *)base;
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- the change log: ids grow with commits, since there is one writer at a time ---- */

static TuValue
entry_value(gint64 id, char *text)
{
    return tu_value_integer(id);
}

/* A range is the same set at the snapshot and here: ids grow with commits, and are never used
 * again. */
static gboolean
delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to, const GArray *ids,
               GError **error)
{
    g_autofree char *sql =
        tu_sql_format("DELETE FROM %Q WHERE trueup_id > ?1 AND trueup_id <= ?2", log);
    TuValue values[] = {tu_value_integer(after), tu_value_integer(up_to)};
    return tu_database_run(base, sql, values, G_N_ELEMENTS(values), NULL, error);
}

/* ---- keys: NULLs equal (F33) ---- */

/* A unique index takes NULLs for different, so NULL is a 0 that says that it is NULL. */
static void
append_key(GString *sql, const char *column, const TuSqlType *type, gboolean is_nullable)
{
    if (is_nullable)
        tu_sql_append(sql, "ifnull(%I, 0), %I IS NULL", column, column);
    else
        tu_sql_append(sql, "%I", column);
}

/* The index has expressions, which the condition must name. */
static void
append_equals(GString *sql, const char *column, guint number, const TuSqlType *type,
              gboolean is_nullable)
{
    if (!is_nullable)
        tu_sql_append(sql, "%I = ?%u", column, number);
    else if (number == 0)
        tu_sql_append(sql, "ifnull(%I, 0) = 0 AND (%I IS NULL) = 1", column, column);
    else
        tu_sql_append(sql, "ifnull(%I, 0) = ?%u AND (%I IS NULL) = 0", column, number, column);
}

/* ---- buckets ---- */

/* ISO text, which sorts as time does. */
static TuValue
bucket_value(TuGrain grain, TuBucket bucket, char *text)
{
    tu_bucket_format(grain, bucket, text);
    return tu_value_text(text);
}

static gboolean
bucket_parse(TuGrain grain, const TuValue *value, TuBucket *ret_bucket)
{
    return value->type == TU_TYPE_TEXT &&
           tu_bucket_parse(grain, value->text, value->bytes, ret_bucket);
}

static const char *const url_prefixes[] = {"sqlite:", NULL};

const TuDriver tu_sqlite_driver = {
    .dialect = {.name = "sqlite",
                .data_version = "PRAGMA data_version",
                .id_type = "INTEGER PRIMARY KEY AUTOINCREMENT",
                .key_type = "",
                .short_text_type = "",
                .tenant_text_type = "",
                .long_text_type = "",
                .integer_type = "INTEGER",
                .real_type = "REAL",
                .number_type = "NUMERIC",
                .weight_type = "INTEGER",
                .text_type = "TEXT",
                .name_type = "TEXT",
                .key_types = {"INTEGER", "TEXT", "TEXT", "TEXT"},
                .key_casts = {"INTEGER", "TEXT", "TEXT", "TEXT"},
                .exact_text = "%I COLLATE BINARY",
                .exact_value = "CASE typeof(%s) WHEN 'text' THEN 't' || hex(%s) "
                               "ELSE quote(%s) END",
                .digest_head = TU_SQLITE_DIGEST "(",
                .digest_tail = ")",
                .date_type = "TEXT",
                .instant_type = "TEXT",
                .now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
                .clustered = " WITHOUT ROWID",
                .create_view = "CREATE VIEW",
                .table_options = "",
                .same = "IS",
                .conflict = "ON CONFLICT",
                .conflict_names_key = TRUE,
                .given = "excluded.%s",
                .entry_id = "trueup_id",
                .has_entry_column = TRUE,
                .entries_come_in_order = TRUE,
                .has_dynamic_types = TRUE,
                .names_lock_holder = TRUE,
                .cells_per_transaction = 20000, /* some 50 ms of the write lock */
                .rows_per_statement = 1},
    .url_prefixes = url_prefixes,
    .open = open_database,
    .close = close_database,
    .set_cancel = set_cancel,
    .prepare = prepare,
    .statement_free = statement_free,
    .bind = bind,
    .step = step,
    .value = value,
    .columns = columns,
    .changes = changes,
    .execute = execute,
    .begin_read = begin_read,
    .begin_write = begin_write,
    .commit = commit,
    .rollback = rollback,
    .describe = tu_sqlite_describe,
    .inspect = tu_sqlite_inspect,
    .describe_query = tu_sqlite_describe_query,
    .uses_index = tu_sqlite_uses_index,
    .schema_version = tu_sqlite_schema_version,
    .hazards = hazards,
    .capture_objects = tu_sqlite_capture_objects,
    .capture_forget = tu_sqlite_capture_forget,
    .entry_value = entry_value,
    .delete_entries = delete_entries,
    .try_lock = tu_sqlite_try_lock,
    .unlock = tu_sqlite_unlock,
    .bucket_value = bucket_value,
    .bucket_parse = bucket_parse,
    .append_key = append_key,
    .append_equals = append_equals,
    .key_suffix = "",
};
