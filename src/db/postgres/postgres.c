#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/sql.h"

/* Options of the connection that hold where the URL names none. A lost peer is noticed in seconds:
 * by probes on an idle connection, by the time-out where data waits to be acknowledged. */
static const struct {
    const char *keyword, *value;
} default_options[] = {
    {"connect_timeout", "10"},    {"keepalives", "1"},       {"keepalives_idle", "2"},
    {"keepalives_interval", "1"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "5000"},
};

/* How soon the server gives up a client that it hears nothing of. `SET LOCAL` in each transaction;
 * `SET` where the session is ours alone: it may hold a lock between two of them, and what the
 * server answered last may have been lost with the client. */
#define PROBES(set)                                                                                \
    set " tcp_user_timeout = 5000; " set " tcp_keepalives_idle = 2; " set                          \
        " tcp_keepalives_interval = 1; " set " tcp_keepalives_count = 3; "

/* What every transaction begins with. Text output is never parsed by the user's habits, a role's or
 * a database's settings change no answer, and a worker that died or was stopped lets go in seconds:
 * the server looks for its client while it works (F6), and waits only so long for it between two
 * statements or while it reads rows.
 *
 * Hidden rows are an error (F28). A scan that joins another one in the middle of the table would
 * give rows in another order every time. */
#define PINS                                                                                       \
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = "     \
    "'postgres'; "                                                                                 \
    "SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on; "               \
    "SET LOCAL backslash_quote = safe_encoding; SET LOCAL bytea_output = 'hex'; "                  \
    "SET LOCAL xmloption = 'content'; SET LOCAL transform_null_equals = off; "                     \
    "SET LOCAL array_nulls = on; SET LOCAL row_security = off; "                                   \
    "SET LOCAL synchronize_seqscans = off; SET LOCAL statement_timeout = 0; "                      \
    "SET LOCAL lock_timeout = " G_STRINGIFY(TU_POSTGRES_LOCK_MS) "; " TU_POSTGRES_IDLE(            \
        "5s") "; " PROBES("SET LOCAL")

/* Not every platform that a server runs on can do this. */
#define CHECK_PIN "SET LOCAL client_connection_check_interval = 500; "

/* Bytes of the host's name in application_name, which PostgreSQL cuts at 63. */
#define HOST_BYTES 40

/* ---- connecting ---- */

/* What PQconnectdbParams takes. */
typedef struct {
    GPtrArray *keywords, *values; /* not owned, each ends with NULL */
} Options;

static gboolean
has_option(const Options *options, const char *keyword)
{
    for (guint i = 0; i < options->keywords->len; i++)
        if (g_str_equal(g_ptr_array_index(options->keywords, i), keyword))
            return TRUE;
    return FALSE;
}

static void
add_option(const Options *options, const char *keyword, const char *value)
{
    g_ptr_array_add(options->keywords, (gpointer)(guintptr)keyword);
    g_ptr_array_add(options->values, (gpointer)(guintptr)value);
}

/* The URL's own options, then ours where it has none; the name by which others know who holds a
 * lock gives way to one that the user set. */
static PGconn *
connect_with(PQconninfoOption *given)
{
    g_autoptr(GPtrArray) keywords = g_ptr_array_new();
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    Options options = {keywords, values};
    g_autofree char *application =
        g_strdup_printf("trueup %.*s pid %d", HOST_BYTES, g_get_host_name(), (int)getpid());
    for (PQconninfoOption *option = given; option->keyword != NULL; option++)
        if (option->val != NULL)
            add_option(&options, option->keyword, option->val);
    for (guint i = 0; i < G_N_ELEMENTS(default_options); i++)
        if (!has_option(&options, default_options[i].keyword) &&
            !(i == 0 && g_getenv("PGCONNECT_TIMEOUT") != NULL))
            add_option(&options, default_options[i].keyword, default_options[i].value);
    add_option(&options, "fallback_application_name", application);
    add_option(&options, "client_encoding", "UTF8");
    add_option(&options, NULL, NULL);
    return PQconnectdbParams((const char *const *)keywords->pdata,
                             (const char *const *)values->pdata, 0);
}

/* An attempt that fails as fast as this may be made twice. */
#define QUICK_US G_USEC_PER_SEC

/* libpq tells the server's codes only of a connection that it knows already: the second attempt is
 * to hear what the first was refused for, and if that has passed it is as good as the first. */
static void
ask_again_why(PGconn *connection)
{
    (void)PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    PQreset(connection);
    (void)PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
}

/* "postgresql:host=... dbname=..." is libpq's other form of the same. */
static gboolean
connect_to(TuPostgres *db, const char *url, GError **error)
{
    const char *colon = strchr(url, ':') + 1;
    char *problem = NULL;
    PQconninfoOption *given =
        PQconninfoParse(g_str_has_prefix(colon, "//") ? url : colon, &problem);
    if (given == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "the database's URL cannot be read: %s",
                    problem != NULL ? g_strchomp(problem) : "out of memory");
        PQfreemem(problem);
        return FALSE;
    }
    gint64 began_us = g_get_monotonic_time();
    db->connection = connect_with(given);
    PQconninfoFree(given);
    g_autofree char *first = g_strdup(PQerrorMessage(db->connection));
    if (db->connection != NULL && PQstatus(db->connection) != CONNECTION_OK &&
        g_get_monotonic_time() - began_us < QUICK_US)
        ask_again_why(db->connection);
    if (db->connection != NULL && PQstatus(db->connection) == CONNECTION_OK)
        return TRUE;
    /* What libpq itself refuses, it says only once. */
    const char *second = PQerrorMessage(db->connection);
    tu_postgres_set_refusal(second[0] != '\0' ? second : first, error);
    return FALSE;
}

/* Made of what the connection was made with, so no password can be in it. */
static char *
label_of(PGconn *connection)
{
    const char *host = PQhost(connection);
    gboolean is_socket = host != NULL && host[0] == '/';
    return g_strdup_printf("postgresql://%s@%s%s%s/%s%s%s", PQuser(connection),
                           is_socket ? "" : host, is_socket ? "" : ":",
                           is_socket ? "" : PQport(connection), PQdb(connection),
                           is_socket ? "?host=" : "", is_socket ? host : "");
}

/* ---- the session, looked at once ---- */

/* The columns of what is asked of it that are no names. */
enum { IS_STANDBY = 3, READS_ONLY = 4 };

/* Where nothing can be written, whoever writes need not begin. A standby may be promoted soon, so
 * that after a lost connection it is tried again. */
static gboolean
check_writable(const TuPostgres *db, const PGresult *result, GError **error)
{
    static const struct {
        int field;
        TuErrorCode code;
        const char *problem;
    } rows[] = {
        {IS_STANDBY, TU_ERROR_CONNECT,
         "this server is a standby, which can only be read: name the primary in the database URL"},
        {READS_ONLY, TU_ERROR_SYSTEM,
         "default_transaction_read_only is on: turn it off for this role or database"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows) && db->mode == TU_OPEN_WRITE; i++) {
        if (!tu_postgres_is_true(result, 0, rows[i].field))
            continue;
        g_set_error(error, TU_ERROR, (gint)rows[i].code, "%s: %s", db->base.label, rows[i].problem);
        return FALSE;
    }
    return TRUE;
}

/* Who speaks, and where unqualified names lead: the user's own path, kept as it was found. */
static gboolean
look_at_session(TuPostgres *db, GError **error)
{
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    g_autoptr(PGresult) result =
        tu_postgres_query(db,
                          "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_schema(), "
                          "pg_catalog.current_setting('search_path'), "
                          "pg_catalog.pg_is_in_recovery(), "
                          "pg_catalog.current_setting('default_transaction_read_only') = 'on'",
                          NULL, 0, error);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, error) || result == NULL ||
        !check_writable(db, result, error))
        return FALSE;
    db->is_pooled = atoi(tu_postgres_field(result, 0, 0)) != PQbackendPID(db->connection);
    if (!PQgetisnull(result, 0, 1))
        db->schema = g_strdup(tu_postgres_field(result, 0, 1));
    const char *path = tu_postgres_field(result, 0, 2);
    g_autofree char *pins = g_strconcat(
        db->pins, "SET LOCAL search_path = ", path[0] != '\0' ? path : "''", "; ", NULL);
    g_free(db->pins);
    db->pins = g_steal_pointer(&pins);
    return TRUE;
}

/* Text is UTF-8, whatever the server keeps it in. A server that does not know what it keeps gives
 * and takes bytes. */
static char *
pins_with(const TuPostgres *db, const char *more)
{
    const char *encoding = PQparameterStatus(db->connection, "server_encoding");
    gboolean is_bytes = encoding != NULL && g_str_equal(encoding, "SQL_ASCII");
    return g_strdup_printf("SET LOCAL client_encoding = '%s'; " PINS "%s",
                           is_bytes ? "SQL_ASCII" : "UTF8", more);
}

/* The first transaction finds out whether the server can do all that is pinned. */
static gboolean
pin_session(TuPostgres *db, GError **error)
{
    g_autoptr(GError) local = NULL;
    db->pins = pins_with(db, CHECK_PIN);
    if (look_at_session(db, &local))
        return TRUE;
    if (!tu_error_is(local, TU_ERROR_DATABASE)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_free(db->pins);
    db->pins = pins_with(db, "");
    return look_at_session(db, error);
}

/* ---- life ---- */

/* "relation exists, skipping" and the like are no news. */
static void
ignore_notice(void *data, const PGresult *result)
{
}

static void
close_database(TuDatabase *base)
{
    TuPostgres *db = (TuPostgres *)base;
    PQfinish(db->connection);
    g_clear_pointer(&db->shapes, g_hash_table_unref);
    g_string_free(db->deallocate, TRUE);
    g_free(db->schema);
    g_free(db->pins);
    g_free(db->base.label);
    g_free(db->base.control_schema);
    g_free(db);
}

static gboolean
open_database(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
              GError **error)
{
    TuPostgres *db = g_new0(TuPostgres, 1);
    g_autoptr(TuDatabase) guard = &db->base;
    db->base.driver = &tu_postgres_driver;
    db->mode = mode;
    db->deallocate = g_string_new(NULL);
    db->token = g_random_int();
    db->shapes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tu_postgres_shape_free);
    if (!connect_to(db, url, error))
        return FALSE;
    PQsetNoticeReceiver(db->connection, ignore_notice, NULL);
    db->base.label = label_of(db->connection);
    db->version = PQserverVersion(db->connection);
    if (!pin_session(db, error) ||
        (!db->is_pooled && !tu_postgres_simple(db, PROBES("SET"), error)))
        return FALSE;
    *ret_db = g_steal_pointer(&guard);
    return TRUE;
}

static void
set_cancel(TuDatabase *base, const volatile _Atomic int *is_cancelled)
{
    ((TuPostgres *)base)->is_cancelled = is_cancelled;
}

/* ---- buckets and keys ---- */

/* The columns have types of their own: date, timestamptz. */
static TuValue
bucket_value(TuGrain grain, TuBucket bucket, char *text)
{
    return tu_value_time(tu_grain_is_dated(grain) ? TU_TYPE_DATE : TU_TYPE_INSTANT, bucket);
}

/* A table that was there before may keep its hours as timestamps without a zone, in UTC. */
static gboolean
bucket_parse(TuGrain grain, const TuValue *value, TuBucket *ret_bucket)
{
    gboolean is_date = value->type == TU_TYPE_DATE;
    gboolean is_instant = value->type == TU_TYPE_INSTANT || value->type == TU_TYPE_TIMESTAMP;
    gboolean is_known = tu_grain_is_dated(grain) ? is_date : is_instant;
    if (!is_known || value->integer == TU_TIME_BEFORE_ALL || value->integer == TU_TIME_AFTER_ALL)
        return FALSE;
    *ret_bucket = value->integer;
    return TRUE;
}

static gboolean
has_table(TuDatabase *db, const char *table, gboolean *ret_has, GError **error)
{
    g_autofree char *quoted = tu_sql_format("%Q", table);
    TuValue name = tu_value_text(quoted);
    gint64 one = 0;
    return tu_database_integer(db, "SELECT 1 WHERE pg_catalog.to_regclass(?1) IS NOT NULL", &name,
                               1, ret_has, &one, error);
}

static const TuNumberWidth number_widths[] = {
    {"smallint", TU_TYPE_INTEGER, 4}, {"integer", TU_TYPE_INTEGER, 9},
    {"bigint", TU_TYPE_INTEGER, 18},  {"real", TU_TYPE_REAL, 6},
    {"oid", TU_TYPE_INTEGER, 9},      {"double precision", TU_TYPE_REAL, 15},
    {"boolean", TU_TYPE_INTEGER, 0},  {"numeric", TU_TYPE_DECIMAL, 131072},
    {NULL, TU_TYPE_NULL, 0},
};

static const char *const url_prefixes[] = {"postgresql:", "postgres:", NULL};

const TuDriver tu_postgres_driver = {
    .dialect = {.name = "postgresql",
                .id_type = "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
                .key_type = "text COLLATE \"C\"",
                .integer_type = "bigint",
                .real_type = "double precision",
                .decimal_type = "numeric",
                .short_text_type = "text COLLATE \"C\"",
                .tenant_text_type = "text COLLATE \"C\"",
                .long_text_type = "text COLLATE \"C\"",
                .number_type = "numeric",
                .weight_type = "smallint",
                .text_type = "text COLLATE \"C\"",
                .name_type = "text COLLATE \"C\"",
                .exact_value = "pg_catalog.quote_nullable(CAST(%s AS text) "
                               "COLLATE pg_catalog.\"C\")",
                .digest_head = "pg_catalog.hashtextextended(pg_catalog.concat_ws('|', ",
                .digest_tail = "), 0)",
                .key_types = {"bigint", "text COLLATE \"C\"", "date", "uuid"},
                .key_casts = {"bigint", "text", "date", "uuid"},
                .exact_text = "CAST(%I AS text) COLLATE \"C\"",
                .key_bytes = 2500, /* a B-tree takes entries of 2,704, with 8 columns' heads */
                .date_type = "date",
                .instant_type = "timestamptz",
                .now = "pg_catalog.clock_timestamp()",
                .clustered = "",
                .create_view = "CREATE VIEW",
                .table_options = "",
                .same = "IS NOT DISTINCT FROM",
                .conflict = "ON CONFLICT",
                .conflict_names_key = TRUE,
                .given = "excluded.%s",
                .entry_id = "ctid",
                .applies_at_snapshot = TRUE,
                .begin_writing = TU_POSTGRES_IDLE("5s"),
                .has_parts = TRUE,
                .parts_are_tables = TRUE,
                .has_nan = TRUE,
                .folds_names = TRUE,
                .names_lock_holder = TRUE,
                .is_served = TRUE,
                .number_widths = number_widths,
                .alter_column = "ALTER TABLE %Q ALTER COLUMN %I TYPE %s",
                .cells_per_transaction = 200000,
                .short_lock_wait = "SET LOCAL lock_timeout = '50ms'",
                .rows_per_statement = 100},
    .url_prefixes = url_prefixes,
    .open = open_database,
    .close = close_database,
    .session = tu_postgres_session,
    .end_session = tu_postgres_end_session,
    .set_cancel = set_cancel,
    .prepare = tu_postgres_prepare,
    .statement_free = tu_postgres_statement_free,
    .bind = tu_postgres_bind,
    .step = tu_postgres_step,
    .value = tu_postgres_value,
    .columns = tu_postgres_columns,
    .changes = tu_postgres_changes,
    .execute = tu_postgres_execute,
    .begin_read = tu_postgres_begin_read,
    .begin_write = tu_postgres_begin_write,
    .mark = tu_postgres_mark,
    .back = tu_postgres_back,
    .commit = tu_postgres_commit,
    .rollback = tu_postgres_rollback,
    .describe = tu_postgres_describe,
    .has_table = has_table,
    .inspect = tu_postgres_inspect,
    .describe_query = tu_postgres_describe_query,
    .uses_index = tu_postgres_uses_index,
    .schema_version = tu_postgres_schema_version,
    .hazards = tu_postgres_hazards,
    .capture_objects = tu_postgres_capture_objects,
    .capture_identity = tu_postgres_capture_identity,
    .capture_parts = tu_postgres_capture_parts,
    .capture_forget = tu_postgres_capture_forget,
    .entry_value = tu_postgres_entry_value,
    .delete_entries = tu_postgres_delete_entries,
    .try_lock = tu_postgres_try_lock,
    .unlock = tu_postgres_unlock,
    .holds_locks = tu_postgres_holds_locks,
    .bucket_value = bucket_value,
    .bucket_parse = bucket_parse,
    .append_key = tu_postgres_append_key,
    .append_equals = tu_postgres_append_equals,
    .given = &tu_postgres_given,
    .key_suffix = " NULLS NOT DISTINCT",
    .grants = tu_postgres_grants,
    .copy_begin = tu_postgres_copy_begin,
    .copy_row = tu_postgres_copy_row,
    .copy_end = tu_postgres_copy_end,
};
