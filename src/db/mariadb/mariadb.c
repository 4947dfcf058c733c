/*
 * The driver for MariaDB: its table of functions, its dialect, transactions, statements without
 * rows. The map of its other files is in mariadb.h.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

/* ---- statements without rows ---- */

/* DDL gives up at once where it would wait: everybody behind it would wait as well (F22). What it
 * does then may take its time. */
static char *
without_waiting(const char *sql)
{
    static const char *const words[] = {"create", "alter", "drop", "rename", "truncate"};
    TuToken first = tu_sql_token(sql);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (tu_token_is(&first, words[i]))
            return g_strconcat("SET STATEMENT lock_wait_timeout = 0, max_statement_time = 0 FOR ",
                               sql, NULL);
    return g_strdup(sql);
}

/* Goes through the results of all statements of a text; the first error ends it. Rows are read to
 * the last, since that is where a statement that was killed says so. */
static gboolean
leave_results(MYSQL *handle)
{
    for (int more = 0; more == 0; more = mysql_next_result(handle)) {
        MYSQL_RES *result = mysql_use_result(handle);
        while (result != NULL && mysql_fetch_row(result) != NULL)
            ;
        mysql_free_result(result);
        if (mysql_errno(handle) != 0)
            return FALSE;
    }
    return mysql_errno(handle) == 0;
}

/* May be several statements. A cancel ends it within a tenth of a second, from another connection
 * (mariadb/watch.c), since this one is busy. */
gboolean
tu_mariadb_execute(TuDatabase *base, const char *sql, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_autofree char *text = without_waiting(sql);
    tu_mariadb_watch_begin(db);
    gboolean is_good =
        mysql_real_query(db->handle, text, strlen(text)) == 0 && leave_results(db->handle);
    tu_mariadb_watch_end(db);
    if (!is_good)
        tu_mariadb_set_error(db, mysql_errno(db->handle), mysql_error(db->handle), sql, error);
    return is_good;
}

/* ---- transactions ---- */

/* A table that is rewritten meanwhile is error 1412 here, not an empty table (F10). */
static gboolean
begin_read(TuDatabase *base, const GPtrArray *tables, GError **error)
{
    return tu_mariadb_execute(base, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", error);
}

/* At READ COMMITTED no writer waits for a row that trueup only looked at (F7). */
static gboolean
begin_write(TuDatabase *base, GError **error)
{
    return tu_mariadb_execute(base,
                              "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
                              "START TRANSACTION READ WRITE",
                              error);
}

/* Neither is ended by a cancel: its outcome would not be known. */
static gboolean
commit(TuDatabase *base, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    if (mysql_query(db->handle, "COMMIT") == 0)
        return TRUE;
    tu_mariadb_set_error(db, mysql_errno(db->handle), mysql_error(db->handle), NULL, error);
    return FALSE;
}

/* If it fails the connection is gone, and with it the transaction. */
static void
rollback(TuDatabase *base)
{
    (void)mysql_query(((TuMariadb *)base)->handle, "ROLLBACK");
}

/* ---- the driver ---- */

/* By the catalog alone: describing a table takes a dozen queries. */
static gboolean
has_table(TuDatabase *base, const char *table, gboolean *ret_has, GError **error)
{
    g_auto(TuMariadbName) name = tu_mariadb_name((const TuMariadb *)base, table);
    TuValue values[] = {tu_value_text(name.schema), tu_value_text(name.table)};
    gint64 one = 0;
    return tu_database_integer(base,
                               "SELECT 1 FROM information_schema.TABLES "
                               "WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2",
                               values, G_N_ELEMENTS(values), ret_has, &one, error);
}

static const TuNumberWidth number_widths[] = {
    {"tinyint", TU_TYPE_INTEGER, 2},   {"smallint", TU_TYPE_INTEGER, 4},
    {"mediumint", TU_TYPE_INTEGER, 6}, {"int", TU_TYPE_INTEGER, 9},
    {"bigint", TU_TYPE_INTEGER, 18},   {"bit", TU_TYPE_INTEGER, 0},
    {"year", TU_TYPE_INTEGER, 2},      {"float", TU_TYPE_REAL, 6},
    {"double", TU_TYPE_REAL, 15},      {"decimal", TU_TYPE_DECIMAL, 10},
    {NULL, TU_TYPE_NULL, 0},
};

static const char *const prefixes[] = {"mariadb:", "mysql:", NULL};

const TuDriver tu_mariadb_driver = {
    .dialect = {.name = "mariadb",
                .id_type = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
                .key_type = "VARCHAR(128) " TU_MARIADB_TEXT,
                .integer_type = "BIGINT",
                .real_type = "DOUBLE",
                .decimal_type = "DECIMAL(38,%u)",
                .short_text_type = "VARCHAR(128) " TU_MARIADB_TEXT,
                .has_parts = TRUE,
                .tenant_text_type = "VARCHAR(255) " TU_MARIADB_TEXT,
                .long_text_type = "LONGTEXT " TU_MARIADB_TEXT,
                .number_type = "DECIMAL(38,10)",
                .weight_type = "TINYINT",
                .text_type = "LONGTEXT " TU_MARIADB_TEXT,
                .name_type = "VARCHAR(128) " TU_MARIADB_TEXT,
                .exact_value = "coalesce(HEX(CONCAT(%s, '')), '-')",
                .exact_real = "CAST(%s AS DOUBLE)",
                .digest_head = "CAST(CONV(LEFT(MD5(CONCAT_WS('|', ",
                .digest_tail = ")), 15), 16, 10) AS SIGNED)",
                .key_types = {"BIGINT", "VARCHAR(255) " TU_MARIADB_TEXT, "DATE", "UUID"},
                .key_casts = {"SIGNED", "CHAR(255)", "DATE", "UUID"},
                .exact_text = "CONVERT(%I USING utf8mb4) COLLATE utf8mb4_nopad_bin",
                .key_characters = 255, /* of key_types */
                .key_column_bytes = {8, 4 * 255, 3, 16},
                .key_most_bytes = 3072, /* of InnoDB's pages of 16 KiB */
                .date_type = "DATE",
                .instant_type = "DATETIME(6)",
                .now = "utc_timestamp(6)",
                .clustered = "",
                .drops_index_of_table = TRUE,
                .create_view = "CREATE SQL SECURITY INVOKER VIEW",
                .table_options = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
                                 "COLLATE=utf8mb4_nopad_bin",
                .same = "<=>",
                .conflict = "ON DUPLICATE KEY UPDATE",
                .conflict_names_key = FALSE,
                .given = "VALUES(%s)",
                .entry_id = "trueup_id",
                .has_entry_column = TRUE,
                .joined_end = " LIMIT 18446744073709551615",
                .entries_come_in_order = FALSE,
                .applies_at_snapshot = FALSE,
                .has_dynamic_types = FALSE,
                .has_nan = FALSE,
                .cells_per_transaction = 200000,
                .ddl_commits = TRUE,
                .is_served = TRUE,
                .number_widths = number_widths,
                .alter_column = "ALTER TABLE %s MODIFY COLUMN %s %s",
                .rows_per_statement = 200,
                .tenants_per_scan = 64}, /* the optimizer looks into the index for each */
    .url_prefixes = prefixes,
    .open = tu_mariadb_open,
    .close = tu_mariadb_close,
    .session = tu_mariadb_session,
    .end_session = tu_mariadb_end_session,
    .set_cancel = tu_mariadb_set_cancel,
    .prepare = tu_mariadb_prepare,
    .statement_free = tu_mariadb_statement_free,
    .bind = tu_mariadb_bind,
    .step = tu_mariadb_step,
    .value = tu_mariadb_value,
    .columns = tu_mariadb_columns,
    .changes = tu_mariadb_changes,
    .execute = tu_mariadb_execute,
    .begin_read = begin_read,
    .begin_write = begin_write,
    .commit = commit,
    .rollback = rollback,
    .describe = tu_mariadb_describe,
    .has_table = has_table,
    .inspect = tu_mariadb_inspect,
    .inspect_condition = tu_mariadb_inspect_condition,
    .describe_query = tu_mariadb_describe_query,
    .uses_index = tu_mariadb_uses_index,
    .schema_version = tu_mariadb_schema_version,
    .hazards = tu_mariadb_hazards,
    .missing_right = tu_mariadb_missing_right,
    .capture_objects = tu_mariadb_capture_objects,
    .capture_identity = tu_mariadb_capture_identity,
    .capture_parts = tu_mariadb_capture_parts,
    .capture_forget = tu_mariadb_capture_forget,
    .entry_value = tu_mariadb_entry_value,
    .delete_entries = tu_mariadb_delete_entries,
    .try_lock = tu_mariadb_try_lock,
    .unlock = tu_mariadb_unlock,
    .bucket_value = tu_mariadb_bucket_value,
    .bucket_parse = tu_mariadb_bucket_parse,
    .append_key = tu_mariadb_append_key,
    .given = &tu_mariadb_given,
    .key_column = tu_mariadb_key_column,
    .key_suffix = "",
    .copy_begin = tu_mariadb_copy_begin,
    .copy_row = tu_mariadb_copy_row,
    .copy_end = tu_mariadb_copy_end,
    .grants = tu_mariadb_grants,
    .script_head = "SET NAMES utf8mb4;\nSET sql_mode = '" TU_MARIADB_SQL_MODE "'",
    .script_delimiter = "DELIMITER",
};
