#include "fault_database.h"

#include "db/sqlite/sqlite.h"

typedef struct {
    TuDatabase base;
    TuDriver driver; /* the inner one's, with our functions */
    TuDatabase *inner;
    guint n, fail_at;
    const FaultKind *kind;
    gboolean has_failed;
    gboolean aborts, is_aborted; /* see FaultManner */
} Fault;

typedef struct {
    TuStatement base;
    Fault *db;
    TuStatement *inner;
    char *sql;
    gboolean is_under_way; /* it has given a row since it was bound */
} FaultStatement;

static Fault *
fault_of(TuDatabase *base)
{
    return (Fault *)base;
}

static FaultStatement *
statement_of(TuStatement *base)
{
    return (FaultStatement *)base;
}

/* ---- the fault ---- */

static gboolean
is_in_transaction(const Fault *db)
{
    return !sqlite3_get_autocommit(((const TuSqlite *)db->inner)->handle);
}

/* Counts a statement. TRUE if it is the one, or one after it in a transaction that is lost. */
static gboolean
is_hit(Fault *db)
{
    if (++db->n != db->fail_at)
        return db->is_aborted;
    db->has_failed = TRUE;
    return TRUE;
}

static gboolean
fail(Fault *db, const char *what, GError **error)
{
    if (db->is_aborted) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE, "the transaction is aborted: %s", what);
        return FALSE;
    }
    if (db->kind->rolls_back)
        db->inner->driver->rollback(db->inner);
    db->is_aborted = db->aborts && is_in_transaction(db);
    g_set_error(error, TU_ERROR, (gint)db->kind->code, "fault at statement %u: %s", db->n, what);
    return FALSE;
}

/* `call` runs the inner database's function. */
#define PASS_ON(db, what, call, error)                                                             \
    do {                                                                                           \
        if (!is_hit(db))                                                                           \
            return call;                                                                           \
        if (!(db)->is_aborted && (db)->kind->is_done && !(call))                                   \
            return FALSE;                                                                          \
        return fail(db, what, error);                                                              \
    } while (0)

/* ---- statements ---- */

static gboolean
prepare(TuDatabase *base, const char *sql, gboolean is_scan, TuStatement **ret_statement,
        GError **error)
{
    Fault *db = fault_of(base);
    TuStatement *inner = NULL;
    if (is_hit(db))
        return fail(db, sql, error);
    if (!db->inner->driver->prepare(db->inner, sql, is_scan, &inner, error))
        return FALSE;
    FaultStatement *statement = g_new0(FaultStatement, 1);
    statement->base.driver = &db->driver;
    statement->db = db;
    statement->inner = inner;
    statement->sql = g_strdup(sql);
    *ret_statement = &statement->base;
    return TRUE;
}

static void
statement_free(TuStatement *base)
{
    FaultStatement *statement = statement_of(base);
    tu_statement_free(statement->inner);
    g_free(statement->sql);
    g_free(statement);
}

static gboolean
bind(TuStatement *base, const TuValue *values, guint n, GError **error)
{
    statement_of(base)->is_under_way = FALSE;
    return tu_statement_bind(statement_of(base)->inner, values, n, error);
}

static gboolean
step(TuStatement *base, gboolean *ret_has_row, GError **error)
{
    FaultStatement *statement = statement_of(base);
    if (statement->is_under_way)
        return tu_statement_step(statement->inner, ret_has_row, error);
    statement->is_under_way = TRUE;
    PASS_ON(statement->db, statement->sql, tu_statement_step(statement->inner, ret_has_row, error),
            error);
}

static TuValue
value(TuStatement *base, guint column)
{
    return tu_statement_value(statement_of(base)->inner, column);
}

static guint
columns(const TuStatement *base)
{
    return tu_statement_columns(((const FaultStatement *)base)->inner);
}

static gint64
changes(const TuStatement *base)
{
    return tu_statement_changes(((const FaultStatement *)base)->inner);
}

static gboolean
execute(TuDatabase *base, const char *sql, GError **error)
{
    Fault *db = fault_of(base);
    PASS_ON(db, sql, db->inner->driver->execute(db->inner, sql, error), error);
}

/* ---- transactions ---- */

/* A begin that fails has begun nothing. */
static gboolean
begin_read(TuDatabase *base, const GPtrArray *tables, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, "begin", error);
    return db->inner->driver->begin_read(db->inner, tables, error);
}

static gboolean
begin_write(TuDatabase *base, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, "begin", error);
    return db->inner->driver->begin_write(db->inner, error);
}

static const char save[] = "SAVEPOINT trueup_fault";
static const char restore[] = "ROLLBACK TO trueup_fault";

/* Nothing to do for a database that takes more after an error is no statement either. */
static gboolean
mark(TuDatabase *base, GError **error)
{
    Fault *db = fault_of(base);
    if (!db->aborts)
        return TRUE;
    PASS_ON(db, "mark", tu_database_execute(db->inner, save, error), error);
}

/* It ends an aborted transaction's trouble, so that fails only by its own fault. */
static gboolean
back(TuDatabase *base, GError **error)
{
    Fault *db = fault_of(base);
    if (!db->aborts)
        return TRUE;
    db->is_aborted = FALSE;
    PASS_ON(db, "back", tu_database_execute(db->inner, restore, error), error);
}

static gboolean
commit(TuDatabase *base, GError **error)
{
    Fault *db = fault_of(base);
    PASS_ON(db, "commit", db->inner->driver->commit(db->inner, error), error);
}

static void
rollback(TuDatabase *base)
{
    Fault *db = fault_of(base);
    db->inner->driver->rollback(db->inner);
    db->is_aborted = FALSE;
}

/* ---- what the database has ---- */

static gboolean
describe(TuDatabase *base, const char *table, TuTableInfo **ret_info, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, table, error);
    return db->inner->driver->describe(db->inner, table, ret_info, error);
}

static gboolean
describe_query(TuDatabase *base, const char *sql, TuTableInfo *info, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, sql, error);
    return db->inner->driver->describe_query(db->inner, sql, info, error);
}

static gboolean
has_table(TuDatabase *base, const char *table, gboolean *ret_has, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, table, error);
    return tu_database_has_table(db->inner, table, ret_has, error);
}

static gboolean
schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version, GError **error)
{
    Fault *db = fault_of(base);
    PASS_ON(db, "schema version",
            db->inner->driver->schema_version(db->inner, tables, ret_version, error), error);
}

static gboolean
inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret, GError **error)
{
    return tu_database_inspect(fault_of(base)->inner, probe, ret, error);
}

static gboolean
uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses, GError **error)
{
    return tu_database_uses_index(fault_of(base)->inner, sql, ret_uses, error);
}

static gboolean
hazards(TuDatabase *base, GPtrArray *list, GError **error)
{
    return tu_database_hazards(fault_of(base)->inner, list, error);
}

/* ---- capture and its log ---- */

static GPtrArray *
capture_objects(TuDatabase *base, const TuCaptureShape *shape)
{
    return tu_database_capture_objects(fault_of(base)->inner, shape);
}

static void
capture_forget(TuDatabase *base, const char *table, const char *log, GPtrArray *statements)
{
    tu_database_capture_forget(fault_of(base)->inner, table, log, statements);
}

static gboolean
delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to, const GArray *ids,
               GError **error)
{
    Fault *db = fault_of(base);
    PASS_ON(db, "delete entries",
            db->inner->driver->delete_entries(db->inner, log, after, up_to, ids, error), error);
}

/* ---- locks and rights ---- */

static gboolean
try_lock(TuDatabase *base, const char *name, char **ret_holder, GError **error)
{
    return tu_database_try_lock(fault_of(base)->inner, name, ret_holder, error);
}

static void
unlock(TuDatabase *base, const char *name)
{
    tu_database_unlock(fault_of(base)->inner, name);
}

static char *
grants(TuDatabase *base, const GPtrArray *sources, const GPtrArray *summaries,
       const GPtrArray *control)
{
    return tu_database_grants(fault_of(base)->inner, sources, summaries, control);
}

/* ---- rows that are new ---- */

/* A copy is one statement that ends with its last row; copy_row is told the inner copy only. */
typedef struct {
    Fault *db;
    gpointer inner;
} FaultCopy;

static gboolean
copy_begin(TuDatabase *base, const char *table, const char *const *names, guint n_columns,
           gpointer *ret_copy, GError **error)
{
    Fault *db = fault_of(base);
    gpointer inner = NULL;
    if (is_hit(db))
        return fail(db, table, error);
    if (!db->inner->driver->copy_begin(db->inner, table, names, n_columns, &inner, error))
        return FALSE;
    FaultCopy *copy = g_new(FaultCopy, 1);
    *copy = (FaultCopy){db, inner};
    *ret_copy = copy;
    return TRUE;
}

static gboolean
copy_row(gpointer data, const TuValue *values, GError **error)
{
    FaultCopy *copy = data;
    return copy->db->inner->driver->copy_row(copy->inner, values, error);
}

static gboolean
copy_end(gpointer data, gboolean is_good, GError **error)
{
    g_autofree FaultCopy *copy = data;
    const TuDriver *inner = copy->db->inner->driver;
    if (!is_good)
        return inner->copy_end(copy->inner, FALSE, error);
    if (!is_hit(copy->db))
        return inner->copy_end(copy->inner, TRUE, error);
    if (!inner->copy_end(copy->inner, copy->db->kind->is_done, error) && copy->db->kind->is_done)
        return FALSE;
    g_clear_error(error);
    return fail(copy->db, "the end of a copy", error);
}

/* ---- life ---- */

static void
set_cancel(TuDatabase *base, const volatile _Atomic int *is_cancelled)
{
    tu_database_set_cancel(fault_of(base)->inner, is_cancelled);
}

static void
close_database(TuDatabase *base)
{
    Fault *db = fault_of(base);
    tu_database_close(db->inner);
    g_free(db->base.label);
    g_free(db->base.control_schema);
    g_free(db);
}

/* What needs no connection (dialect, keys, buckets) stays the inner driver's. */
static void
take_over(TuDriver *driver)
{
    driver->close = close_database;
    driver->set_cancel = set_cancel;
    driver->prepare = prepare;
    driver->statement_free = statement_free;
    driver->bind = bind;
    driver->step = step;
    driver->value = value;
    driver->columns = columns;
    driver->changes = changes;
    driver->execute = execute;
    driver->begin_read = begin_read;
    driver->begin_write = begin_write;
    driver->mark = mark;
    driver->back = back;
    driver->commit = commit;
    driver->rollback = rollback;
    driver->describe = describe;
    driver->describe_query = describe_query;
    driver->has_table = has_table;
    driver->inspect = inspect;
    driver->uses_index = uses_index;
    driver->schema_version = schema_version;
    driver->hazards = hazards;
    driver->capture_objects = capture_objects;
    driver->capture_forget = capture_forget;
    driver->delete_entries = delete_entries;
    driver->try_lock = try_lock;
    driver->unlock = unlock;
    driver->grants = grants;
    if (driver->copy_begin != NULL) {
        driver->copy_begin = copy_begin;
        driver->copy_row = copy_row;
        driver->copy_end = copy_end;
    }
}

static void
behave(Fault *db, const FaultManner *manner)
{
    TuDialect *dialect = &db->driver.dialect;
    db->aborts = manner->aborts;
    dialect->applies_at_snapshot = dialect->applies_at_snapshot || manner->applies_at_snapshot;
    dialect->entries_come_in_order =
        dialect->entries_come_in_order && !manner->entries_are_unordered;
    if (manner->rows_per_statement > 0)
        dialect->rows_per_statement = manner->rows_per_statement;
}

TuDatabase *
fault_database_new(TuDatabase *inner, const FaultManner *manner)
{
    Fault *db = g_new0(Fault, 1);
    db->inner = inner;
    db->driver = *inner->driver;
    take_over(&db->driver);
    behave(db, manner);
    db->base.driver = &db->driver;
    db->base.label = g_strdup(inner->label);
    db->base.control_schema = g_strdup(inner->control_schema);
    return &db->base;
}

void
fault_database_set(TuDatabase *base, guint nth, const FaultKind *kind)
{
    Fault *db = fault_of(base);
    db->n = 0;
    db->fail_at = nth;
    db->kind = kind;
    db->has_failed = FALSE;
}

guint
fault_database_count(const TuDatabase *base)
{
    return ((const Fault *)base)->n;
}

gboolean
fault_database_has_failed(const TuDatabase *base)
{
    return ((const Fault *)base)->has_failed;
}

gboolean
fault_database_in_transaction(const TuDatabase *base)
{
    return is_in_transaction((const Fault *)base);
}
