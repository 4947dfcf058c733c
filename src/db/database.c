/*
 * The one door to a database: finds the driver by the URL, and hands every call on. What is decided
 * here, and nowhere else:
 *
 *   SQL is portable until it comes here (db/portable.h): numbered parameters, plain control names
 *   what a driver leaves out (a NULL in TuDriver) has one meaning for all callers: the database has
 *   nothing of the kind, so there is nothing to ask, to list, or to refuse
 *
 * The contracts are in database.h for callers, in driver.h for drivers; neither is repeated here.
 */
#include "db/driver.h"

#include <string.h>

#include "db/portable.h"
#include "db/sql.h"

static const TuDriver *const drivers[] = {&tu_sqlite_driver, &tu_postgres_driver,
                                          &tu_mariadb_driver};

/* Several prefixes may be one driver's: mysql: and mariadb: are the same protocol. */
static const TuDriver *
driver_of(const char *url)
{
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++)
        for (guint p = 0; drivers[i]->url_prefixes[p] != NULL; p++)
            if (g_str_has_prefix(url, drivers[i]->url_prefixes[p]))
                return drivers[i];
    return NULL;
}

gboolean
tu_database_open(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
                 GError **error)
{
    const TuDriver *driver = driver_of(url);
    if (driver != NULL)
        return driver->open(url, directory, mode, ret_db, error);
    g_autofree char *scheme = g_strndup(url, strcspn(url, ":"));
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "database `%s:...` is of no known kind: write sqlite:PATH, postgresql://... or "
                "mariadb://...",
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

char *
tu_database_session(TuDatabase *db)
{
    return db->driver->session != NULL ? db->driver->session(db) : NULL;
}

/* An embedded database has no session that could outlive its process. */
void
tu_database_end_session(TuDatabase *db, const char *session)
{
    if (session != NULL && db->driver->end_session != NULL)
        db->driver->end_session(db, session);
}

void
tu_database_set_cancel(TuDatabase *db, const volatile _Atomic int *is_cancelled)
{
    db->driver->set_cancel(db, is_cancelled);
}

void
tu_database_set_control_schema(TuDatabase *db, const char *schema)
{
    g_free(db->control_schema);
    db->control_schema = g_strdup(schema);
}

const char *
tu_database_control_schema(const TuDatabase *db)
{
    return db->control_schema;
}

/* As a person would write it; the statements of trueup get the schema by tu_sql_portable. */
char *
tu_database_control_name(const TuDatabase *db, const char *name)
{
    return db->control_schema != NULL ? g_strdup_printf("%s.%s", db->control_schema, name)
                                      : g_strdup(name);
}

/* The only place, beside tu_database_execute, where portable SQL becomes the database's own. */
static gboolean
prepare(TuDatabase *db, const char *sql, gboolean is_scan, TuStatement **ret_statement,
        GError **error)
{
    guint n = 0;
    g_autofree char *own =
        tu_sql_portable(sql, TU_PARAMETERS_NUMBERED, db->control_schema, &n, NULL);
    return db->driver->prepare(db, own, is_scan, ret_statement, error);
}

gboolean
tu_database_prepare(TuDatabase *db, const char *sql, TuStatement **ret_statement, GError **error)
{
    return prepare(db, sql, FALSE, ret_statement, error);
}

gboolean
tu_database_prepare_scan(TuDatabase *db, const char *sql, TuStatement **ret_statement,
                         GError **error)
{
    return prepare(db, sql, TRUE, ret_statement, error);
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
    guint n = 0;
    g_autofree char *own =
        tu_sql_portable(sql, TU_PARAMETERS_NUMBERED, db->control_schema, &n, NULL);
    return db->driver->execute(db, own, error);
}

/* For statements without rows: one step runs it to its end. */
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

/* A first row whose value is NULL counts as none: max() of an empty table is "not found". */
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

gboolean
tu_transaction_begin_read(TuTransaction *txn, TuDatabase *db, const GPtrArray *tables,
                          GError **error)
{
    g_assert(txn->db == NULL);
    if (!db->driver->begin_read(db, tables, error))
        return FALSE;
    txn->db = db;
    return TRUE;
}

gboolean
tu_transaction_begin_write(TuTransaction *txn, TuDatabase *db, GError **error)
{
    g_assert(txn->db == NULL);
    if (!db->driver->begin_write(db, error))
        return FALSE;
    txn->db = db;
    return TRUE;
}

/* Without an open transaction, or where a failed statement leaves one usable, there is nothing to
 * mark. */
gboolean
tu_transaction_mark(TuTransaction *txn, GError **error)
{
    return txn->db == NULL || txn->db->driver->mark == NULL ||
           txn->db->driver->mark(txn->db, error);
}

gboolean
tu_transaction_back(TuTransaction *txn, GError **error)
{
    return txn->db == NULL || txn->db->driver->back == NULL ||
           txn->db->driver->back(txn->db, error);
}

/* The transaction is over only if the database said so. Otherwise tu_transaction_clear rolls back,
 * which after a commit of unknown outcome does nothing or undoes all: both are safe to repeat. */
gboolean
tu_transaction_commit(TuTransaction *txn, GError **error)
{
    if (!txn->db->driver->commit(txn->db, error))
        return FALSE;
    txn->db = NULL;
    return TRUE;
}

/* What goes out of scope without a commit never was. */
void
tu_transaction_clear(TuTransaction *txn)
{
    if (txn->db != NULL)
        txn->db->driver->rollback(txn->db);
    txn->db = NULL;
}

void
tu_inspection_clear(TuInspection *inspection)
{
    g_clear_pointer(&inspection->columns, g_hash_table_unref);
    g_clear_pointer(&inspection->fault, g_free);
    g_clear_pointer(&inspection->help, g_free);
    tu_sql_type_clear(&inspection->type);
}

gboolean
tu_database_describe(TuDatabase *db, const char *table, TuTableInfo **ret_info, GError **error)
{
    return db->driver->describe(db, table, ret_info, error);
}

/* Foreign keys are dear to read on MariaDB, and only hazards of making triggers need them. */
void
tu_database_describe_references(TuDatabase *db, gboolean are_wanted)
{
    db->skips_references = !are_wanted;
}

/* A driver that has no quicker way describes the whole table. */
gboolean
tu_database_has_table(TuDatabase *db, const char *table, gboolean *ret_has, GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    if (db->driver->has_table != NULL)
        return db->driver->has_table(db, table, ret_has, error);
    if (!tu_database_describe(db, table, &info, error))
        return FALSE;
    *ret_has = info != NULL;
    return TRUE;
}

gboolean
tu_database_inspect(TuDatabase *db, const TuProbe *probe, TuInspection *ret_inspection,
                    GError **error)
{
    return db->driver->inspect(db, probe, ret_inspection, error);
}

void
tu_database_inspect_condition(const TuDatabase *db, const TuProbe *probe, TuInspection *inspection)
{
    if (db->driver->inspect_condition != NULL)
        db->driver->inspect_condition(probe, inspection);
}

gboolean
tu_database_describe_query(TuDatabase *db, const char *sql, TuTableInfo **ret_info, GError **error)
{
    g_autoptr(TuTableInfo) info = tu_table_info_new("");
    if (!db->driver->describe_query(db, sql, info, error))
        return FALSE;
    *ret_info = g_steal_pointer(&info);
    return TRUE;
}

gboolean
tu_database_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error)
{
    return db->driver->uses_index(db, sql, ret_uses, error);
}

gboolean
tu_database_schema_version(TuDatabase *db, const GPtrArray *tables, gint64 *ret_version,
                           GError **error)
{
    return db->driver->schema_version(db, tables, ret_version, error);
}

gboolean
tu_database_hazards(TuDatabase *db, GPtrArray *hazards, GError **error)
{
    return db->driver->hazards(db, hazards, error);
}

/* Where there are no roles, none is missing. */
gboolean
tu_database_missing_right(TuDatabase *db, const char *right, const char *table, char **ret_grant,
                          GError **error)
{
    *ret_grant = NULL;
    return db->driver->missing_right == NULL ||
           db->driver->missing_right(db, right, table, ret_grant, error);
}

/* ---- capture and its log ---- */

GPtrArray *
tu_database_capture_objects(TuDatabase *db, const TuCaptureShape *shape)
{
    return db->driver->capture_objects(db, shape);
}

/* Two NULLs: this database has no identity beyond the text of its triggers. */
gboolean
tu_database_capture_identity(TuDatabase *db, const TuCaptureShape *shape, const char *control,
                             char **ret_whole, char **ret_own, GError **error)
{
    *ret_whole = *ret_own = NULL;
    return db->driver->capture_identity == NULL ||
           db->driver->capture_identity(db, shape, control, ret_whole, ret_own, error);
}

/* Empty where tables have no parts. */
gboolean
tu_database_capture_parts(TuDatabase *db, const TuCaptureShape *shape, GPtrArray **ret_parts,
                          GError **error)
{
    g_autoptr(GPtrArray) parts = tu_capture_parts_new();
    if (db->driver->capture_parts != NULL && !db->driver->capture_parts(db, shape, parts, error))
        return FALSE;
    *ret_parts = g_steal_pointer(&parts);
    return TRUE;
}

void
tu_database_capture_forget(TuDatabase *db, const char *table, const char *log,
                           GPtrArray *statements)
{
    db->driver->capture_forget(db, table, log, statements);
}

TuValue
tu_database_entry_value(const TuDatabase *db, gint64 id, char *text)
{
    return db->driver->entry_value(id, text);
}

gboolean
tu_database_delete_entries(TuDatabase *db, const char *log, gint64 after, gint64 up_to,
                           const GArray *ids, GError **error)
{
    return db->driver->delete_entries(db, log, after, up_to, ids, error);
}

/* ---- locks ---- */

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

/* Where a lock cannot be lost while its holder lives, it is held. */
gboolean
tu_database_holds_locks(const TuDatabase *db)
{
    return db->driver->holds_locks == NULL || db->driver->holds_locks(db);
}

/* ---- time ---- */

/* The database's clock, not this machine's: workers on several hosts must agree about one time. */
gboolean
tu_database_now(TuDatabase *db, gint64 *ret_us, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    g_autofree char *sql = g_strconcat("SELECT ", db->driver->dialect.now, NULL);
    gboolean has_row = FALSE;
    if (!tu_database_prepare(db, sql, &statement, error) ||
        !tu_statement_bind(statement, NULL, 0, error) ||
        !tu_statement_step(statement, &has_row, error))
        return FALSE;
    TuValue now = has_row ? tu_statement_value(statement, 0) : TU_NULL_VALUE;
    g_assert(tu_value_read_instant(&now, ret_us)); /* it is the dialect's own expression */
    return TRUE;
}

/* ---- buckets and keys ---- */

/* Into `text`, where the database keeps buckets as text; the value points there. */
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

/* The comma before the column, unless it is the list's first. */
void
tu_database_append_key(const TuDatabase *db, GString *sql, const char *column,
                       const TuSqlType *type, gboolean is_nullable)
{
    if (sql->len > 0 && sql->str[sql->len - 1] != '(')
        g_string_append(sql, ", ");
    db->driver->append_key(sql, column, type, is_nullable);
}

/* NULL: the key needs no column of its own to take NULLs for equal. */
char *
tu_database_key_column(const TuDatabase *db, const char *column, const TuSqlType *type,
                       gboolean is_nullable)
{
    return db->driver->key_column != NULL ? db->driver->key_column(column, type, is_nullable)
                                          : NULL;
}

const char *
tu_database_key_suffix(const TuDatabase *db)
{
    return db->driver->key_suffix;
}

char *
tu_database_grants(TuDatabase *db, const GPtrArray *sources, const GPtrArray *summaries,
                   const GPtrArray *control)
{
    return db->driver->grants != NULL ? db->driver->grants(db, sources, summaries, control)
                                      : g_strdup("");
}

const char *
tu_database_script_head(const TuDatabase *db)
{
    return db->driver->script_head;
}

const char *
tu_database_script_delimiter(const TuDatabase *db)
{
    return db->driver->script_delimiter;
}
