/*
 * Transactions: each begins with the same settings, sent with its BEGIN.
 *
 *   BEGIN ...; SET LOCAL ...; LOCK TABLE ... IN ACCESS SHARE MODE     one round trip, no snapshot
 * yet queries                                                           the first takes the
 * snapshot DEALLOCATE ...; COMMIT                                            nothing is left behind
 *
 * SET LOCAL ends with the transaction, so a pooler may give the server's session to anybody then.
 * The locks come before the snapshot: a table that was rewritten looks empty to an older one (F10).
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/sql.h"

/* A request to cancel may come when the statement that it was meant for is over, and hit the end of
 * the transaction: once. */
#define END_ATTEMPTS 2

/* ---- begin and end ---- */

/* How long the server waits for a worker that is between two statements of a snapshot. It may be
 * counting millions of cells, and holds up nobody but who would alter a source; from the turn on it
 * holds up other workers, so there it is seconds (TuDialect.begin_writing). */
#define PATIENCE TU_POSTGRES_IDLE("60s") "; "

/* READ WRITE is not said: where a role or a server only reads, it is told so (hazards). */
static gboolean
begin(TuPostgres *db, const char *isolation, const char *after, GError **error)
{
    g_assert(!db->is_in_transaction);
    gboolean is_snapshot = g_str_equal(isolation, "REPEATABLE READ");
    g_autofree char *sql = g_strconcat("BEGIN ISOLATION LEVEL ", isolation,
                                       db->mode == TU_OPEN_READ ? " READ ONLY; " : "; ", db->pins,
                                       is_snapshot ? PATIENCE : "", after, NULL);
    db->n_transactions++;
    db->is_in_transaction = TRUE;
    if (tu_postgres_simple_as(db, sql, after[0] != '\0' ? after : "BEGIN", error))
        return TRUE;
    tu_postgres_rollback(&db->base);
    return FALSE;
}

/* Ends the transaction by `sql`. Whatever it says, a signal does not stop it. */
static gboolean
end(TuPostgres *db, const char *sql, GError **error)
{
    db->ignores_cancel = TRUE;
    gboolean is_good = tu_postgres_simple(db, sql, error);
    db->ignores_cancel = FALSE;
    return is_good;
}

static gboolean
is_open(const TuPostgres *db)
{
    return PQstatus(db->connection) == CONNECTION_OK &&
           PQtransactionStatus(db->connection) != PQTRANS_IDLE;
}

gboolean
tu_postgres_back_to(TuPostgres *db, const char *savepoint)
{
    g_autofree char *sql =
        g_strdup_printf("ROLLBACK TO SAVEPOINT %s; RELEASE SAVEPOINT %s", savepoint, savepoint);
    gboolean is_good = FALSE;
    for (guint attempt = 0; attempt < END_ATTEMPTS && !is_good && is_open(db); attempt++)
        is_good = end(db, sql, NULL);
    return is_good;
}

static void
forget_transaction(TuPostgres *db)
{
    db->is_in_transaction = FALSE;
    db->has_mark = FALSE;
    g_string_truncate(db->deallocate, 0);
}

/* A failed transaction would be rolled back by COMMIT without an error. */
gboolean
tu_postgres_commit(TuDatabase *base, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autofree char *sql = g_strconcat(db->deallocate->str, "COMMIT", NULL);
    g_assert(db->scanning == NULL);
    if (PQtransactionStatus(db->connection) == PQTRANS_INERROR) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_DATABASE,
                            "postgresql: the transaction has failed already");
        return FALSE;
    }
    if (!end(db, sql, error))
        return FALSE;
    forget_transaction(db);
    return TRUE;
}

/* DEALLOCATE comes behind it, since a failed transaction takes nothing else. */
void
tu_postgres_rollback(TuDatabase *base)
{
    TuPostgres *db = (TuPostgres *)base;
    if (db->scanning != NULL)
        tu_postgres_scan_stop((TuPostgresStatement *)db->scanning);
    g_autofree char *sql = g_strconcat("ROLLBACK; ", db->deallocate->str, NULL);
    for (guint attempt = 0; attempt < END_ATTEMPTS && is_open(db); attempt++)
        (void)end(db, sql, NULL);
    forget_transaction(db);
}

gboolean
tu_postgres_begin_write(TuDatabase *base, GError **error)
{
    return begin((TuPostgres *)base, "READ COMMITTED", "", error);
}

/* ---- reading ---- */

static char *
lock_sql(const GPtrArray *tables)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; tables != NULL && i < tables->len; i++)
        tu_sql_append(sql, "%s%Q", i == 0 ? "LOCK TABLE " : ", ",
                      (const char *)g_ptr_array_index(tables, i));
    if (sql->len > 0)
        g_string_append(sql, " IN ACCESS SHARE MODE");
    return g_string_free(sql, FALSE);
}

/* Those of the tables that can be locked, asked in a transaction of its own. */
static GPtrArray *
lockable(TuPostgres *db, const GPtrArray *tables, GError **error)
{
    g_autoptr(GPtrArray) there = g_ptr_array_new();
    g_auto(TuPostgresScope) scope = {0};
    if (!tu_postgres_scope_begin(&scope, db, error))
        return NULL;
    for (guint i = 0; i < tables->len; i++) {
        g_autofree char *quoted = tu_postgres_quote_table(g_ptr_array_index(tables, i));
        const char *values[] = {quoted};
        g_autoptr(PGresult) result =
            tu_postgres_query(db,
                              "SELECT 1 FROM pg_catalog.pg_class WHERE oid = "
                              "pg_catalog.to_regclass($1) AND relkind IN ('r', 'p', 'v')",
                              values, 1, error);
        if (result == NULL)
            return NULL;
        if (PQntuples(result) > 0)
            g_ptr_array_add(there, g_ptr_array_index(tables, i));
    }
    return g_steal_pointer(&there);
}

gboolean
tu_postgres_begin_read(TuDatabase *base, const GPtrArray *tables, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autofree char *lock = lock_sql(tables);
    g_autoptr(GError) local = NULL;
    if (begin(db, "REPEATABLE READ", lock, &local))
        return TRUE;
    /* A table that is gone, or is none, is no reason to read nothing: it is left out. */
    if (lock[0] == '\0' || !tu_error_is(local, TU_ERROR_DATABASE)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_autoptr(GPtrArray) there = lockable(db, tables, error);
    if (there == NULL)
        return FALSE;
    g_autofree char *again = lock_sql(there);
    return begin(db, "REPEATABLE READ", again, error);
}

/* ---- a transaction for one thing ---- */

gboolean
tu_postgres_wrap(TuPostgres *db, gboolean *ret_is_own, GError **error)
{
    *ret_is_own = !db->is_in_transaction;
    return db->is_in_transaction || begin(db, "READ COMMITTED", "", error);
}

gboolean
tu_postgres_unwrap(TuPostgres *db, gboolean is_own, gboolean is_good, GError **error)
{
    if (!is_own)
        return is_good;
    if (is_good && tu_postgres_commit(&db->base, error))
        return TRUE;
    tu_postgres_rollback(&db->base);
    return FALSE;
}

gboolean
tu_postgres_scope_begin(TuPostgresScope *scope, TuPostgres *db, GError **error)
{
    gboolean is_savepoint = db->is_in_transaction;
    if (is_savepoint ? !tu_postgres_simple(db, "SAVEPOINT trueup_scope", error)
                     : !begin(db, "READ COMMITTED", "", error))
        return FALSE;
    *scope = (TuPostgresScope){db, is_savepoint};
    return TRUE;
}

void
tu_postgres_scope_end(TuPostgresScope *scope)
{
    TuPostgres *db = scope->db;
    if (db != NULL && scope->is_savepoint)
        (void)tu_postgres_back_to(db, "trueup_scope");
    else if (db != NULL)
        tu_postgres_rollback(&db->base);
    scope->db = NULL;
}

/* ---- marks: after an error a transaction takes nothing more but a way back (and
 * the mark stays) ---- */

#define MARK "trueup_mark"

gboolean
tu_postgres_mark(TuDatabase *base, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    const char *sql =
        db->has_mark ? "RELEASE SAVEPOINT " MARK "; SAVEPOINT " MARK : "SAVEPOINT " MARK;
    db->has_mark = TRUE;
    return tu_postgres_simple(db, sql, error);
}

gboolean
tu_postgres_back(TuDatabase *base, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_assert(db->has_mark);
    return end(db, "ROLLBACK TO SAVEPOINT " MARK, error);
}

/* ---- statements nobody wants rows of ---- */

/* DDL must not wait for a lock: whoever comes later would wait behind it (F22). */
static gboolean
is_ddl(const char *sql)
{
    static const char *const words[] = {"CREATE ", "ALTER ", "DROP ", "REVOKE ", "GRANT "};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strncasecmp(sql, words[i], strlen(words[i])) == 0)
            return TRUE;
    return FALSE;
}

gboolean
tu_postgres_execute(TuDatabase *base, const char *sql, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    gboolean is_own = FALSE;
    g_autofree char *guarded =
        is_ddl(sql)
            ? g_strdup_printf("SET LOCAL lock_timeout = %d; %s\n; SET LOCAL lock_timeout = %d",
                              TU_POSTGRES_DDL_LOCK_MS, sql, TU_POSTGRES_LOCK_MS)
            : g_strdup(sql);
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    gboolean is_good = tu_postgres_simple_as(db, guarded, sql, error);
    return tu_postgres_unwrap(db, is_own, is_good, error);
}
