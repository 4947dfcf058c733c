#include "db/driver.h"

#include <string.h>

static const TuDriver *const drivers[] = {&tu_sqlite_driver};

gboolean
tu_database_open(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
                 GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (g_str_has_prefix(url, drivers[i]->url_prefix))
            return drivers[i]->open(url, directory, mode, ret_db, error);
    g_autofree char *scheme = g_strndup(url, strcspn(url, ":"));
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "database `%s:...`: this version of trueup works on SQLite only: write "
                "`database: sqlite:PATH`",
                scheme);
    return FALSE;
}

void
tu_database_close(TuDatabase *db)
{
    if (db != NULL)
        db->driver->close(db);
}

const TuDialect *
tu_database_dialect(const TuDatabase *db)
{
    return &db->driver->dialect;
}

const char *
tu_database_label(const TuDatabase *db)
{
    return db->label;
}

void
tu_database_set_cancel(TuDatabase *db, const volatile int *is_cancelled)
{
    db->driver->set_cancel(db, is_cancelled);
}

gboolean
tu_database_prepare(TuDatabase *db, const char *sql, TuStatement **ret_statement, GError **error)
{
    return db->driver->prepare(db, sql, ret_statement, error);
}

void
tu_statement_free(TuStatement *statement)
{
    if (statement != NULL)
        statement->driver->statement_free(statement);
}

gboolean
tu_statement_bind(TuStatement *statement, const TuValue *values, guint n_values, GError **error)
{
    return statement->driver->bind(statement, values, n_values, error);
}

gboolean
tu_statement_step(TuStatement *statement, gboolean *ret_has_row, GError **error)
{
    return statement->driver->step(statement, ret_has_row, error);
}

TuValue
tu_statement_value(TuStatement *statement, guint column)
{
    return statement->driver->value(statement, column);
}

guint
tu_statement_columns(const TuStatement *statement)
{
    return statement->driver->columns(statement);
}

gint64
tu_statement_changes(const TuStatement *statement)
{
    return statement->driver->changes(statement);
}

gboolean
tu_database_execute(TuDatabase *db, const char *sql, GError **error)
{
    return db->driver->execute(db, sql, error);
}

gboolean
tu_database_run(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                gint64 *ret_changes, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    gboolean has_row = FALSE;
    if (!tu_database_prepare(db, sql, &statement, error) ||
        !tu_statement_bind(statement, values, n_values, error) ||
        !tu_statement_step(statement, &has_row, error))
        return FALSE;
    if (ret_changes != NULL)
        *ret_changes = tu_statement_changes(statement);
    return TRUE;
}

gboolean
tu_database_integer(TuDatabase *db, const char *sql, const TuValue *values, guint n_values,
                    gboolean *ret_found, gint64 *ret_integer, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    gboolean has_row = FALSE;
    if (!tu_database_prepare(db, sql, &statement, error) ||
        !tu_statement_bind(statement, values, n_values, error) ||
        !tu_statement_step(statement, &has_row, error))
        return FALSE;
    TuValue value = has_row ? tu_statement_value(statement, 0) : TU_NULL_VALUE;
    *ret_found = value.type == TU_TYPE_INTEGER;
    if (*ret_found)
        *ret_integer = value.integer;
    return TRUE;
}

static gboolean
begin(TuTransaction *txn, TuDatabase *db, gboolean is_write, GError **error)
{
    g_assert(txn->db == NULL);
    if (!db->driver->begin(db, is_write, error))
        return FALSE;
    txn->db = db;
    return TRUE;
}

gboolean
tu_transaction_begin_read(TuTransaction *txn, TuDatabase *db, GError **error)
{
    return begin(txn, db, FALSE, error);
}

gboolean
tu_transaction_begin_write(TuTransaction *txn, TuDatabase *db, GError **error)
{
    return begin(txn, db, TRUE, error);
}

gboolean
tu_transaction_commit(TuTransaction *txn, GError **error)
{
    if (!txn->db->driver->commit(txn->db, error))
        return FALSE;
    txn->db = NULL;
    return TRUE;
}

void
tu_transaction_clear(TuTransaction *txn)
{
    if (txn->db != NULL)
        txn->db->driver->rollback(txn->db);
    txn->db = NULL;
}

void
tu_table_info_free(TuTableInfo *info)
{
    if (info == NULL)
        return;
    g_free(info->name);
    g_free(info->create_text);
    g_clear_pointer(&info->columns, g_ptr_array_unref);
    g_clear_pointer(&info->unique, g_ptr_array_unref);
    g_clear_pointer(&info->triggers, g_ptr_array_unref);
    g_clear_pointer(&info->indexes, g_ptr_array_unref);
    g_free(info);
}

const TuColumnInfo *
tu_table_info_column(const TuTableInfo *info, const char *column)
{
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *candidate = g_ptr_array_index(info->columns, i);
        if (g_ascii_strcasecmp(candidate->name, column) == 0)
            return candidate;
    }
    return NULL;
}

void
tu_inspection_clear(TuInspection *inspection)
{
    g_clear_pointer(&inspection->columns, g_hash_table_unref);
    g_clear_pointer(&inspection->functions, g_hash_table_unref);
}

gboolean
tu_database_describe(TuDatabase *db, const char *table, TuTableInfo **ret_info, GError **error)
{
    return db->driver->describe(db, table, ret_info, error);
}

gboolean
tu_database_inspect(TuDatabase *db, const char *sql, TuInspection *ret_inspection, GError **error)
{
    return db->driver->inspect(db, sql, ret_inspection, error);
}

gboolean
tu_database_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error)
{
    return db->driver->uses_index(db, sql, ret_uses, error);
}

gboolean
tu_database_schema_version(TuDatabase *db, gint64 *ret_version, GError **error)
{
    return db->driver->schema_version(db, ret_version, error);
}

char *
tu_database_warning(TuDatabase *db)
{
    return db->driver->warning(db);
}

gboolean
tu_database_try_lock(TuDatabase *db, const char *name, char **ret_holder, GError **error)
{
    return db->driver->try_lock(db, name, ret_holder, error);
}

void
tu_database_unlock(TuDatabase *db, const char *name)
{
    db->driver->unlock(db, name);
}

TuValue
tu_database_bucket_value(const TuDatabase *db, TuGrain grain, TuBucket bucket, char *text)
{
    return db->driver->bucket_value(grain, bucket, text);
}

gboolean
tu_database_bucket_parse(const TuDatabase *db, TuGrain grain, const TuValue *value,
                         TuBucket *ret_bucket)
{
    return db->driver->bucket_parse(grain, value, ret_bucket);
}
