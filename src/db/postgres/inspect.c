/*
 * What an expression is. PostgreSQL says whether it is right and which type it has, by preparing it
 * over the source's tables; which columns it reads, and whether it means the same tomorrow, is
 * found from its words: every word that is a column's name counts as read, which may be more than
 * it reads.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"

/* ---- functions ---- */

/* Of the functions with these names, one that is volatile, or one of the user's that is only
 * stable. An aggregate or a window function is refused by PostgreSQL itself. */
static const char functions_sql[] =
    "SELECT p.proname, p.provolatile FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n "
    "ON n.oid = p.pronamespace WHERE p.proname = ANY ($1::pg_catalog.name[]) AND p.prokind = 'f' "
    "AND n.nspname <> 'information_schema' AND (p.provolatile = 'v' OR (p.provolatile = 's' AND "
    "n.nspname <> 'pg_catalog')) ORDER BY 2 DESC, 1 LIMIT 1";

static gboolean
find_fault_of_functions(TuPostgres *db, const TuProbe *probe, TuInspection *inspection,
                        GError **error)
{
    const char *session = NULL;
    g_autofree char *names = tu_postgres_called_functions(probe, &session);
    const char *values[] = {names};
    g_autoptr(PGresult) result = tu_postgres_query(db, functions_sql, values, 1, error);
    if (result == NULL)
        return FALSE;
    if (session != NULL) {
        (void)tu_postgres_fault_of_time(probe, session, inspection);
    } else if (PQntuples(result) > 0) {
        const char *name = tu_postgres_field(result, 0, 0);
        (void)tu_postgres_set_fault(
            inspection,
            g_strdup_printf("`%s`: function %s is %s, so it may give another answer "
                            "another time and cells could not be kept exact",
                            probe->expression, name,
                            tu_postgres_field(result, 0, 1)[0] == 'v' ? "volatile" : "stable"),
            "use only what depends on the row alone; a function of your own that does is "
            "declared IMMUTABLE");
    }
    return TRUE;
}

/* ---- its type ---- */

/* In WHERE, so that aggregates, window functions and sets are refused by the database itself. */
static char *
probe_sql(const TuProbe *probe)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT (%s\n) FROM ", probe->expression);
    for (guint i = 0; i < probe->n_tables; i++)
        tu_sql_append(sql, "%s%Q AS %I", i == 0 ? "" : ", ", probe->tables[i]->name,
                      probe->aliases[i]);
    tu_sql_append(sql, " WHERE (%s\n) IS NULL", probe->expression);
    return g_string_free(sql, FALSE);
}

/* The database's own words, without the probe around them. */
static gboolean
fail(TuPostgres *db, const PGresult *result, const char *sql, GError **error)
{
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK)
        return TRUE;
    g_autoptr(GError) local = NULL;
    tu_postgres_set_error(db, result, NULL, &local);
    if (!tu_error_is(local, TU_ERROR_DATABASE)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    /* A hint is a sentence; here more follows. */
    gsize length = hint != NULL ? strlen(hint) : 0;
    if (length > 0 && hint[length - 1] == '.')
        length--;
    g_set_error(error, TU_ERROR, TU_ERROR_DATABASE, "%s%s%.*s", message != NULL ? message : "",
                hint != NULL ? ": " : "", (int)length, hint != NULL ? hint : "");
    return FALSE;
}

/* The next answer, with what follows it taken. */
static gboolean
take_answer(TuPostgres *db, const char *sql, PGresult **ret_result, GError **error)
{
    if (!tu_postgres_wait(db, error))
        return FALSE;
    *ret_result = PQgetResult(db->connection);
    gboolean is_good = fail(db, *ret_result, sql, error);
    PQclear(tu_postgres_finish(db, NULL, NULL));
    return is_good;
}

/* Parse and Describe: the expression is analysed, and never run. */
static PGresult *
describe_probe(TuPostgres *db, const char *sql, GError **error)
{
    g_autoptr(PGresult) prepared = NULL;
    PGresult *described = NULL;
    if (PQsendPrepare(db->connection, "", sql, 0, NULL) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    if (!take_answer(db, sql, &prepared, error))
        return NULL;
    if (PQsendDescribePrepared(db->connection, "") == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    if (take_answer(db, sql, &described, error))
        return described;
    PQclear(described);
    return NULL;
}

/* Domains come resolved. */
static gboolean
read_type(TuPostgres *db, const PGresult *described, int column, TuSqlType *ret_type,
          GError **error)
{
    TuPostgresType type = {.oid = PQftype(described, column),
                           .modifier = PQfmod(described, column)};
    g_autofree char *oid = g_strdup_printf("%u", type.oid);
    const char *values[] = {oid};
    g_autoptr(PGresult) result = tu_postgres_query(
        db,
        "SELECT pg_catalog.format_type(oid, -1), typtype = 'e' FROM pg_catalog.pg_type "
        "WHERE oid = $1::pg_catalog.oid",
        values, 1, error);
    if (result == NULL || PQntuples(result) == 0)
        return result != NULL;
    type.name = tu_postgres_field(result, 0, 0);
    type.is_enum = tu_postgres_is_true(result, 0, 1);
    tu_postgres_sql_type(&type, ret_type);
    return TRUE;
}

gboolean
tu_postgres_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_auto(TuPostgresScope) scope = {0};
    g_auto(TuInspection) inspection = {
        .columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), .type.scale = -1};
    g_autofree char *sql = probe_sql(probe);
    tu_postgres_find_columns(probe, inspection.columns);
    if (tu_postgres_find_fault(probe, inspection.columns, &inspection)) {
        *ret = inspection;
        inspection = (TuInspection){0};
        return TRUE;
    }
    if (!tu_postgres_scope_begin(&scope, db, error))
        return FALSE;
    g_autoptr(PGresult) described = describe_probe(db, sql, error);
    if (described == NULL || !tu_postgres_simple(db, "SET LOCAL search_path = ''", error) ||
        !read_type(db, described, 0, &inspection.type, error) ||
        !find_fault_of_functions(db, probe, &inspection, error))
        return FALSE;
    *ret = inspection;
    inspection = (TuInspection){0};
    return TRUE;
}

gboolean
tu_postgres_describe_query(TuDatabase *base, const char *sql, TuTableInfo *info, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_auto(TuPostgresScope) scope = {0};
    if (!tu_postgres_scope_begin(&scope, db, error))
        return FALSE;
    g_autoptr(PGresult) described = describe_probe(db, sql, error);
    if (described == NULL || !tu_postgres_simple(db, "SET LOCAL search_path = ''", error))
        return FALSE;
    for (int i = 0; i < PQnfields(described); i++) {
        TuColumnInfo *column = tu_table_info_add_column(info, PQfname(described, i));
        if (!read_type(db, described, i, &column->type, error))
            return FALSE;
        column->kind = column->type.kind;
    }
    return TRUE;
}
