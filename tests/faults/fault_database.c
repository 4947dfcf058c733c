#include "fault_database.h"

#include "db/sqlite.h"

typedef struct {
    TuDatabase base;
    TuDriver driver; /* the inner one's, with our functions */
    TuDatabase *inner;
    guint n, fail_at;
    const FaultKind *kind;
    gboolean has_failed;
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

/* Counts a statement. TRUE if it is the one. */
static gboolean
is_hit(Fault *db)
{
    if (++db->n != db->fail_at)
        return FALSE;
    db->has_failed = TRUE;
    return TRUE;
}

static gboolean
fail(Fault *db, const char *what, GError **error)
{
    if (db->kind->rolls_back)
        db->inner->driver->rollback(db->inner);
    g_set_error(error, TU_ERROR, (gint)db->kind->code, "fault at statement %u: %s", db->n, what);
    return FALSE;
}

/* `call` runs the inner database's function. */
#define PASS_ON(db, what, call, error)                                                             \
    do {                                                                                           \
        if (!is_hit(db))                                                                           \
            return call;                                                                           \
        if ((db)->kind->is_done && !(call))                                                        \
            return FALSE;                                                                          \
        return fail(db, what, error);                                                              \
    } while (0)

/* ---- statements ---- */

static gboolean
prepare(TuDatabase *base, const char *sql, TuStatement **ret_statement, GError **error)
{
    Fault *db = fault_of(base);
    TuStatement *inner = NULL;
    if (is_hit(db))
        return fail(db, sql, error);
    if (!db->inner->driver->prepare(db->inner, sql, &inner, error))
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
begin(TuDatabase *base, gboolean is_write, GError **error)
{
    Fault *db = fault_of(base);
    if (is_hit(db))
        return fail(db, "begin", error);
    return db->inner->driver->begin(db->inner, is_write, error);
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
schema_version(TuDatabase *base, gint64 *ret_version, GError **error)
{
    Fault *db = fault_of(base);
    PASS_ON(db, "schema version", db->inner->driver->schema_version(db->inner, ret_version, error),
            error);
}

static gboolean
inspect(TuDatabase *base, const char *sql, TuInspection *ret, GError **error)
{
    Fault *db = fault_of(base);
    return db->inner->driver->inspect(db->inner, sql, ret, error);
}

static gboolean
uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses, GError **error)
{
    Fault *db = fault_of(base);
    return db->inner->driver->uses_index(db->inner, sql, ret_uses, error);
}

static char *
warning(TuDatabase *base)
{
    return tu_database_warning(fault_of(base)->inner);
}

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

/* ---- life ---- */

static void
set_cancel(TuDatabase *base, const volatile int *is_cancelled)
{
    tu_database_set_cancel(fault_of(base)->inner, is_cancelled);
}

static void
close_database(TuDatabase *base)
{
    Fault *db = fault_of(base);
    tu_database_close(db->inner);
    g_free(db->base.label);
    g_free(db);
}

TuDatabase *
fault_database_new(TuDatabase *inner)
{
    Fault *db = g_new0(Fault, 1);
    db->inner = inner;
    db->driver = *inner->driver;
    db->driver.close = close_database;
    db->driver.set_cancel = set_cancel;
    db->driver.prepare = prepare;
    db->driver.statement_free = statement_free;
    db->driver.bind = bind;
    db->driver.step = step;
    db->driver.value = value;
    db->driver.columns = columns;
    db->driver.changes = changes;
    db->driver.execute = execute;
    db->driver.begin = begin;
    db->driver.commit = commit;
    db->driver.rollback = rollback;
    db->driver.describe = describe;
    db->driver.inspect = inspect;
    db->driver.uses_index = uses_index;
    db->driver.schema_version = schema_version;
    db->driver.warning = warning;
    db->driver.try_lock = try_lock;
    db->driver.unlock = unlock;
    db->base.driver = &db->driver;
    db->base.label = g_strdup(inner->label);
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
    const TuSqlite *inner = (const TuSqlite *)((const Fault *)base)->inner;
    return !sqlite3_get_autocommit(inner->handle);
}
