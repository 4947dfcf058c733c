/*
 * Locks that die with their session, and the rights that a worker needs.
 *
 * Behind a transaction pooler a session is not ours: a lock taken in it would stay with the
 * server's connection (F5). There nobody takes one: the turn number guards what is written.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "db/sql.h"

/* ---- locks ---- */

/* Advisory locks are of one database; a control schema makes another trueup of it. */
static gint64
key_of(const TuPostgres *db, const char *name)
{
    g_autofree char *text = g_strconcat(
        "trueup:", db->base.control_schema != NULL ? db->base.control_schema : "", ":", name, NULL);
    return (gint64)XXH3_64bits(text, strlen(text));
}

static PGresult *
ask(TuPostgres *db, const char *sql, gint64 key, GError **error)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, key);
    const char *values[] = {number};
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return NULL;
    g_autoptr(PGresult) result = tu_postgres_query(db, sql, values, 1, error);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, error))
        return NULL;
    return g_steal_pointer(&result);
}

/* "trueup HOST pid 12", as postgres.c names its sessions, is "HOST, pid 12"; another name is what
 * it is. */
static char *
holder_of(const PGresult *result)
{
    if (PQntuples(result) == 0)
        return g_strdup("another process");
    const char *application = tu_postgres_field(result, 0, 0);
    const char *pid = strstr(application, " pid ");
    if (g_str_has_prefix(application, "trueup ") && pid != NULL)
        return g_strdup_printf("%.*s, pid %s", (int)(pid - application - strlen("trueup ")),
                               application + strlen("trueup "), pid + strlen(" pid "));
    return g_strdup_printf("%s, server process %s",
                           application[0] != '\0' ? application : "another process",
                           tu_postgres_field(result, 0, 1));
}

static const char holder_sql[] =
    "SELECT a.application_name, a.pid FROM pg_catalog.pg_locks l "
    "JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
    "JOIN pg_catalog.pg_database d ON d.oid = l.database "
    "AND d.datname = pg_catalog.current_database() "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND "
    "((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8) = $1::pg_catalog.int8";

gboolean
tu_postgres_try_lock(TuDatabase *base, const char *name, char **ret_holder, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    *ret_holder = NULL;
    if (db->is_pooled)
        return TRUE;
    g_autoptr(PGresult) taken = ask(
        db, "SELECT pg_catalog.pg_try_advisory_lock($1::pg_catalog.int8)", key_of(db, name), error);
    if (taken == NULL)
        return FALSE;
    if (tu_postgres_is_true(taken, 0, 0))
        return TRUE;
    g_autoptr(PGresult) holder = ask(db, holder_sql, key_of(db, name), error);
    if (holder != NULL)
        *ret_holder = holder_of(holder);
    return holder != NULL;
}

void
tu_postgres_unlock(TuDatabase *base, const char *name)
{
    TuPostgres *db = (TuPostgres *)base;
    if (db->is_pooled || PQstatus(db->connection) != CONNECTION_OK)
        return;
    PQclear(ask(db, "SELECT pg_catalog.pg_advisory_unlock($1::pg_catalog.int8)", key_of(db, name),
                NULL));
}

/* ---- sessions that are lost ---- */

/* A process id may come again, and after a restart soon: with the moment it began it does not. */
#define SESSION_NAME "a.pid || ' ' || extract(epoch FROM a.backend_start)"

char *
tu_postgres_session(TuDatabase *base)
{
    TuPostgres *db = (TuPostgres *)base;
    gboolean is_own = FALSE;
    if (db->is_pooled || !tu_postgres_wrap(db, &is_own, NULL))
        return NULL;
    g_autoptr(PGresult) result =
        tu_postgres_query(db,
                          "SELECT " SESSION_NAME " FROM pg_catalog.pg_stat_activity a "
                          "WHERE a.pid = pg_catalog.pg_backend_pid()",
                          NULL, 0, NULL);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, NULL) || result == NULL ||
        PQntuples(result) == 0)
        return NULL;
    return g_strdup(tu_postgres_field(result, 0, 0));
}

void
tu_postgres_end_session(TuDatabase *base, const char *session)
{
    TuPostgres *db = (TuPostgres *)base;
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, NULL))
        return;
    g_autoptr(PGresult) result =
        tu_postgres_query(db,
                          "SELECT pg_catalog.pg_terminate_backend(a.pid) "
                          "FROM pg_catalog.pg_stat_activity a WHERE " SESSION_NAME " = $1",
                          &session, 1, NULL);
    (void)!tu_postgres_unwrap(db, is_own, result != NULL, NULL);
}

gboolean
tu_postgres_holds_locks(const TuDatabase *base)
{
    return !((const TuPostgres *)base)->is_pooled;
}

/* ---- rights ---- */

#define WORKER "trueup_worker"

/* The schema of a table's name; NULL: where unqualified names lead. */
static const char *
schema_of(const TuPostgres *db, const char *table, char **ret_owned)
{
    const char *dot = strchr(table, '.');
    if (dot == NULL)
        return db->schema;
    *ret_owned = g_strndup(table, (gsize)(dot - table));
    return *ret_owned;
}

static void
append_grant(GString *sql, TuPostgres *db, const char *rights, const GPtrArray *tables,
             GHashTable *schemas)
{
    for (guint i = 0; i < tables->len; i++) {
        const char *table = g_ptr_array_index(tables, i);
        g_autofree char *owned = NULL;
        const char *schema = schema_of(db, table, &owned);
        if (schema != NULL && g_hash_table_add(schemas, g_strdup(schema)))
            tu_sql_append(sql, "GRANT USAGE ON SCHEMA %I TO " WORKER ";\n", schema);
        tu_sql_append(sql, "GRANT %s ON %Q TO " WORKER ";\n", rights, table);
    }
}

/* Identity columns need no right on their sequence. */
char *
tu_postgres_grants(TuDatabase *base, const GPtrArray *sources, const GPtrArray *summaries,
                   const GPtrArray *control)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autoptr(GHashTable) schemas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GString *sql = g_string_new("-- once: CREATE ROLE " WORKER " LOGIN PASSWORD '...';\n");
    append_grant(sql, db, "SELECT", sources, schemas);
    append_grant(sql, db, "SELECT, INSERT, UPDATE, DELETE", summaries, schemas);
    append_grant(sql, db, "SELECT, INSERT, UPDATE, DELETE", control, schemas);
    return g_string_free(sql, FALSE);
}
