/*
 * What capture is made of: the table and its parts, each with an identity.
 *
 *   table ── columns that are logged, our triggers ──▶ identity (a restore of the whole database
 *     ├─ partition (FROM .. TO ..) ── the same ──────▶ identity, and which rows it may have
 *     └─ child ── the same ──────────────────────────▶ identity
 *
 * A part that came, went or has another identity than `apply` noted says where changes may have
 * been missed: in the rows that it may have, and nowhere else.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>

#include "db/sql.h"

/* A column's row in the catalog is another one after it was retyped, even to the same type. $2: the
 * logged columns. */
#define FACTS_OF(relation)                                                                         \
    "SELECT " relation ", pg_catalog.concat_ws(' ', 'table', " relation ") UNION ALL "             \
    "SELECT a.attrelid, pg_catalog.concat_ws(' ', 'column', a.attrelid, a.attnum, a.atttypid, "    \
    "a.atttypmod, a.xmin) FROM pg_catalog.pg_attribute a WHERE a.attrelid = " relation             \
    " AND a.attname = ANY ($2::pg_catalog.text[]) AND NOT a.attisdropped UNION ALL "               \
    "SELECT t.tgrelid, pg_catalog.concat_ws(' ', 'trigger', t.oid, t.xmin, t.tgenabled) FROM "     \
    "pg_catalog.pg_trigger t WHERE t.tgrelid = " relation " AND t.tgname LIKE 'trueup%'"

#define DIGEST "pg_catalog.md5(pg_catalog.string_agg(fact, ';' ORDER BY fact COLLATE \"C\"))"

/* $1: the table. */
static const char identity_sql[] = "WITH facts(oid, fact) AS (" FACTS_OF(
    "pg_catalog.to_regclass($1)::pg_catalog.oid") ") "
                                                  "SELECT "
                                                  "pg_catalog.to_regclass($3)::pg_catalog.oid,"
                                                  " " DIGEST " FROM facts";

gboolean
tu_postgres_capture_identity(TuDatabase *base, const TuCaptureShape *shape, const char *control,
                             char **ret_whole, char **ret_own, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autofree char *table = tu_postgres_quote_table(shape->info->name);
    g_autofree char *columns = tu_postgres_text_array(shape->columns);
    g_autofree char *control_table = tu_postgres_quote_table(control);
    const char *values[] = {table, columns, control_table};
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    g_autoptr(PGresult) result =
        tu_postgres_query(db, identity_sql, values, G_N_ELEMENTS(values), error);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, error))
        return FALSE;
    *ret_whole = g_strdup(tu_postgres_field(result, 0, 0));
    *ret_own = g_strdup(tu_postgres_field(result, 0, 1));
    return TRUE;
}

/* ---- parts ---- */

/* A bound's text as microseconds since 1970, or the number it is. Infinite ones are no bound. */
#define BOUND_OF(text)                                                                             \
    "CASE WHEN " text " IN ('MINVALUE', 'MAXVALUE') THEN NULL "                                    \
    "WHEN l.type = 1184 THEN extract(epoch FROM " text "::pg_catalog.timestamptz) * 1000000 "      \
    "WHEN l.type = 1114 THEN extract(epoch FROM " text "::pg_catalog.timestamp) * 1000000 "        \
    "WHEN l.type = 1082 THEN extract(epoch FROM " text "::pg_catalog.date) * 1000000 "             \
    "ELSE " text "::pg_catalog.numeric END"

/* Each part with the range of the nearest level above that is cut by ranges of a column of one of
 * those types. A DEFAULT partition has what the others have not: anything. */
static const char parts_sql[] =
    "WITH RECURSIVE family(oid, col, type, lo, hi) AS ("
    "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid, NULL::pg_catalog.name, 0::pg_catalog.oid, "
    "NULL::pg_catalog.text COLLATE \"C\", NULL::pg_catalog.text COLLATE \"C\" UNION ALL "
    "SELECT c.oid, CASE WHEN a.attname IS NULL THEN f.col ELSE a.attname END, "
    "CASE WHEN a.attname IS NULL THEN f.type ELSE a.atttypid END, "
    "CASE WHEN a.attname IS NULL THEN f.lo ELSE pg_catalog.substring(b.bound, "
    "'^FOR VALUES FROM \\(''?([^'',)]*)') END, "
    "CASE WHEN a.attname IS NULL THEN f.hi ELSE pg_catalog.substring(b.bound, "
    "' TO \\(''?([^'',)]*)') END "
    "FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid "
    "JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid "
    "CROSS JOIN LATERAL pg_catalog.pg_get_expr(c.relpartbound, c.oid) b(bound) "
    "LEFT JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = f.oid AND k.partstrat = 'r' "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = f.oid AND a.attnum = k.partattrs[0] "
    "AND a.attnum > 0 AND a.atttypid IN (20, 21, 23, 1082, 1114, 1184)), "
    "ranges AS (SELECT DISTINCT ON (l.oid) l.oid, l.col, " BOUND_OF("l.lo") " AS lo, " BOUND_OF(
        "l.hi") " AS hi FROM family l WHERE l.oid <> "
                "pg_catalog.to_regclass($1)::pg_catalog.oid ORDER BY l.oid), "
                "facts(oid, fact) AS (SELECT x.* FROM ranges p CROSS JOIN LATERAL (" FACTS_OF(
                    "p.oid") ") x) "
                             "SELECT n.nspname || '.' || c.relname, (SELECT " DIGEST
                             " FROM facts f WHERE f.oid = p.oid), "
                             "p.col, CASE WHEN pg_catalog.abs(p.lo) < 9e18 THEN "
                             "pg_catalog.floor(p.lo)::pg_catalog.int8 END, "
                             "CASE WHEN pg_catalog.abs(p.hi) < 9e18 THEN "
                             "pg_catalog.ceil(p.hi)::pg_catalog.int8 END "
                             "FROM ranges p JOIN pg_catalog.pg_class c ON c.oid = p.oid "
                             "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1";

/* The columns of that query. */
enum { NAME, IDENTITY, COLUMN, FROM, TO };

static void
take_part(const PGresult *result, int row, GPtrArray *parts)
{
    TuCapturePart *part = tu_capture_part_add(parts, tu_postgres_field(result, row, NAME),
                                              tu_postgres_field(result, row, IDENTITY));
    if (PQgetisnull(result, row, COLUMN))
        return;
    part->column = g_strdup(tu_postgres_field(result, row, COLUMN));
    if (!PQgetisnull(result, row, FROM))
        part->from = g_ascii_strtoll(tu_postgres_field(result, row, FROM), NULL, 10);
    if (!PQgetisnull(result, row, TO))
        part->to = g_ascii_strtoll(tu_postgres_field(result, row, TO), NULL, 10);
}

gboolean
tu_postgres_capture_parts(TuDatabase *base, const TuCaptureShape *shape, GPtrArray *parts,
                          GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autofree char *table = tu_postgres_quote_table(shape->info->name);
    g_autofree char *columns = tu_postgres_text_array(shape->columns);
    const char *values[] = {table, columns};
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    g_autoptr(PGresult) result =
        tu_postgres_query(db, parts_sql, values, G_N_ELEMENTS(values), error);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, error))
        return FALSE;
    for (int row = 0; row < PQntuples(result); row++)
        take_part(result, row, parts);
    return TRUE;
}
