/*
 * What PostgreSQL has: tables, their partitions and children, columns, keys, triggers.
 *
 * The table is looked for with the user's own search_path; everything after that with an empty one,
 * so that types, defaults and collations come with their schemas and mean the same to everybody.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"

/* The table and all that a statement may name instead to change its rows: "$1" is its oid. */
#define FAMILY                                                                                     \
    "WITH RECURSIVE family(oid) AS (SELECT $1::pg_catalog.oid UNION SELECT i.inhrelid FROM "       \
    "pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.oid) "

char *
tu_postgres_quote_table(const char *table)
{
    return tu_sql_format("%Q", table);
}

/* ---- the table itself ---- */

static const char table_sql[] =
    "SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = "
    "coalesce(pg_catalog.to_regclass($1), pg_catalog.to_regclass($2)) AND "
    "c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/* As it is written, then as PostgreSQL reads an unquoted name. */
static PGresult *
find_table(TuPostgres *db, const char *table, GError **error)
{
    g_autofree char *lower = g_ascii_strdown(table, -1);
    g_autofree char *as_written = tu_postgres_quote_table(table);
    g_autofree char *folded = tu_postgres_quote_table(lower);
    const char *values[] = {as_written, folded};
    return tu_postgres_query(db, table_sql, values, G_N_ELEMENTS(values), error);
}

static const char family_sql[] =
    FAMILY "SELECT c.oid = $1::pg_catalog.oid, n.nspname || '.' || c.relname, "
           "CASE WHEN c.relkind = 'p' THEN 0 ELSE c.reltuples END, c.relispartition FROM family f "
           "JOIN pg_catalog.pg_class c ON c.oid = f.oid JOIN pg_catalog.pg_namespace n "
           "ON n.oid = c.relnamespace ORDER BY 1 DESC, 2";

/* Parts, and how many rows all of them have: not known as long as one was never analysed. */
static gboolean
describe_family(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    g_autoptr(PGresult) result = tu_postgres_query(db, family_sql, &oid, 1, error);
    double n_rows = 0;
    gboolean is_known = TRUE;
    for (int row = 0; result != NULL && row < PQntuples(result); row++) {
        double n = g_ascii_strtod(tu_postgres_field(result, row, 2), NULL);
        is_known = is_known && n >= 0;
        n_rows += n;
        if (!tu_postgres_is_true(result, row, 0))
            tu_table_info_add_part(info, tu_postgres_field(result, row, 1),
                                   tu_postgres_is_true(result, row, 3));
    }
    info->n_rows = is_known ? (gint64)n_rows : -1;
    return result != NULL;
}

/* ---- columns ---- */

/* A domain is what it is made of; its modifier counts where the column has none. */
static const char columns_sql[] =
    "WITH RECURSIVE base(attnum, oid, typmod) AS (SELECT a.attnum, a.atttypid, a.atttypmod FROM "
    "pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND "
    "NOT a.attisdropped UNION ALL SELECT b.attnum, t.typbasetype, t.typtypmod FROM base b JOIN "
    "pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype = 'd') "
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), t.oid, b.typmod, "
    "pg_catalog.format_type(t.oid, -1), t.typtype = 'e', a.attnotnull, a.attgenerated <> '', "
    "CASE WHEN a.attidentity <> '' THEN 'generated as identity' "
    "ELSE pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, "
    "CASE WHEN c.collname IS NULL OR c.collname = 'default' THEN '' ELSE "
    "pg_catalog.format('%I.%I', cn.nspname, c.collname) END, "
    "coalesce(NOT c.collisdeterministic, false) OR t.typname = 'citext', "
    "coalesce(pg_catalog.array_position(k.indkey::pg_catalog.int2[], a.attnum), -1) + 1 "
    "FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd' "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.oid AND a.attnum = b.attnum "
    "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation "
    "LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace "
    "LEFT JOIN pg_catalog.pg_index k ON k.indrelid = a.attrelid AND k.indisprimary "
    "ORDER BY a.attnum";

/* The columns of that query, in its order. */
enum {
    NAME,
    DECLARED,
    OID,
    MODIFIER,
    TYPE_NAME,
    IS_ENUM,
    NOT_NULL,
    GENERATED,
    DEFAULT,
    COLLATION,
    MERGES,
    KEY_POSITION,
};

static void
take_column(const PGresult *result, int row, TuTableInfo *info)
{
    TuColumnInfo *column = tu_table_info_add_column(info, tu_postgres_field(result, row, NAME));
    TuPostgresType type = {
        .oid = (Oid)g_ascii_strtoull(tu_postgres_field(result, row, OID), NULL, 10),
        .modifier = atoi(tu_postgres_field(result, row, MODIFIER)),
        .name = tu_postgres_field(result, row, TYPE_NAME),
        .is_enum = tu_postgres_is_true(result, row, IS_ENUM),
    };
    column->declared_type = g_strdup(tu_postgres_field(result, row, DECLARED));
    column->log_type = tu_postgres_log_type(&type, tu_postgres_field(result, row, COLLATION));
    tu_postgres_sql_type(&type, &column->type);
    column->kind = column->type.kind;
    column->is_nullable = !tu_postgres_is_true(result, row, NOT_NULL);
    column->is_generated = tu_postgres_is_true(result, row, GENERATED);
    if (!PQgetisnull(result, row, DEFAULT) && !column->is_generated)
        column->default_text = g_strdup(tu_postgres_field(result, row, DEFAULT));
    column->merges_text = tu_postgres_is_true(result, row, MERGES);
    column->key_position = (guint)atoi(tu_postgres_field(result, row, KEY_POSITION));
}

static gboolean
describe_columns(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    g_autoptr(PGresult) result = tu_postgres_query(db, columns_sql, &oid, 1, error);
    for (int row = 0; result != NULL && row < PQntuples(result); row++)
        take_column(result, row, info);
    return result != NULL;
}

/* ---- indexes and unique keys ---- */

/* A key that holds for some rows only, is checked late or is being built, is none. */
static const char keys_sql[] =
    "SELECT c.relname, i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL, "
    "i.indisprimary, k.n, CASE WHEN i.indkey[k.n - 1] <> 0 THEN a.attname END, "
    "pg_catalog.pg_get_indexdef(i.indexrelid, k.n, true), coalesce(o.collname, '') "
    "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
    "CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) k(n) "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND "
    "a.attnum = i.indkey[k.n - 1] AND a.attnum <> 0 "
    "LEFT JOIN pg_catalog.pg_collation o ON o.oid = i.indcollation[k.n - 1] "
    "WHERE i.indrelid = $1::pg_catalog.oid ORDER BY c.relname, k.n";

/* One row a column of an index; `key` is the one under way, NULL where the index is no key. */
static void
take_key_column(const PGresult *result, int row, TuTableInfo *info, TuUniqueKey **key)
{
    gboolean is_first = g_str_equal(tu_postgres_field(result, row, 3), "1");
    if (is_first) {
        *key = NULL;
        g_ptr_array_add(info->indexes, g_strdup(tu_postgres_field(result, row, 0)));
        if (tu_postgres_is_true(result, row, 1))
            *key = tu_table_info_add_key(info, tu_postgres_field(result, row, 0),
                                         tu_postgres_is_true(result, row, 2));
    }
    if (*key == NULL)
        return;
    gboolean is_column = !PQgetisnull(result, row, 4);
    g_ptr_array_add((*key)->columns,
                    is_column ? g_strdup(tu_postgres_field(result, row, 4)) : NULL);
    g_ptr_array_add((*key)->expressions,
                    is_column ? NULL : g_strdup(tu_postgres_field(result, row, 5)));
    g_ptr_array_add((*key)->collations, g_strdup(tu_postgres_field(result, row, 6)));
}

static gboolean
describe_keys(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    TuUniqueKey *key = NULL;
    g_autoptr(PGresult) result = tu_postgres_query(db, keys_sql, &oid, 1, error);
    for (int row = 0; result != NULL && row < PQntuples(result); row++)
        take_key_column(result, row, info, &key);
    return result != NULL;
}

/* ---- triggers ---- */

/* In the form that tu_postgres_capture_objects writes: when it fires, whom it calls, what that
 * does. */
#define TRIGGER_TEXT                                                                               \
    "pg_catalog.format('enabled=%s type=%s args=%s old=%s new=%s when=%s columns=%s "              \
    "function=%s', "                                                                               \
    "t.tgenabled, t.tgtype, t.tgnargs, t.tgoldtable, t.tgnewtable, t.tgqual IS NOT NULL, "         \
    "t.tgattr, '\"' || replace(pn.nspname, '\"', '\"\"') || '\".\"' || "                           \
    "replace(p.proname, '\"', '\"\"') || '\"') || E'\\n' || "                                      \
    "pg_catalog.format('definer=%s settings=%s', p.prosecdef, "                                    \
    "pg_catalog.array_to_string(p.proconfig, ',')) || E'\\n' || p.prosrc"

#define TRIGGER_JOINS                                                                              \
    "JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n "              \
    "ON n.oid = c.relnamespace JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid "                     \
    "JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace "

static const char triggers_sql[] = FAMILY
    "SELECT t.tgname, CASE WHEN f.oid <> $1::pg_catalog.oid THEN n.nspname || '.' || c.relname "
    "END, " TRIGGER_TEXT " FROM family f JOIN pg_catalog.pg_trigger t ON t.tgrelid = f.oid AND NOT "
    "t.tgisinternal " TRIGGER_JOINS "ORDER BY 2 NULLS FIRST, 1";

/* Triggers that call our functions, $2, and are on tables of no or another family: by what depends
 * on the functions, since pg_trigger has no index on them. */
static const char strays_sql[] =
    FAMILY "SELECT t.tgname, n.nspname || '.' || c.relname, " TRIGGER_TEXT ", t.tgnargs > 0 "
           "FROM pg_catalog.unnest($2::pg_catalog.text[]) o(name) JOIN pg_catalog.pg_depend d "
           "ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
           "AND d.refobjid = pg_catalog.to_regprocedure(o.name)::pg_catalog.oid "
           "AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass "
           "JOIN pg_catalog.pg_trigger t ON t.oid = d.objid " TRIGGER_JOINS
           "WHERE t.tgrelid NOT IN (SELECT oid FROM family) ORDER BY 2, 1";

static gboolean
describe_triggers(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    g_autoptr(PGresult) result = tu_postgres_query(db, triggers_sql, &oid, 1, error);
    for (int row = 0; result != NULL && row < PQntuples(result); row++)
        tu_table_info_add_trigger(info, tu_postgres_field(result, row, 0),
                                  PQgetisnull(result, row, 1) ? info->name
                                                              : tu_postgres_field(result, row, 1),
                                  tu_postgres_field(result, row, 2));
    return result != NULL;
}

static gboolean
describe_strays(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    g_autofree char *functions = tu_postgres_capture_functions(db, info->name);
    const char *values[] = {oid, functions};
    g_autoptr(PGresult) result =
        tu_postgres_query(db, strays_sql, values, G_N_ELEMENTS(values), error);
    for (int row = 0; result != NULL && row < PQntuples(result); row++) {
        TuTriggerInfo *stray = tu_table_info_add_stray(info, tu_postgres_field(result, row, 0),
                                                       tu_postgres_field(result, row, 1),
                                                       tu_postgres_field(result, row, 2));
        stray->is_of_part = tu_postgres_is_true(result, row, 3);
    }
    return result != NULL;
}

/* ---- the whole ---- */

static gboolean
describe_all(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    return tu_postgres_simple(db, "SET LOCAL search_path = ''", error) &&
           describe_family(db, oid, info, error) && describe_columns(db, oid, info, error) &&
           describe_keys(db, oid, info, error) && describe_triggers(db, oid, info, error) &&
           describe_strays(db, oid, info, error) && tu_postgres_table_hazards(db, oid, info, error);
}

/* The scope puts the search_path back. */
gboolean
tu_postgres_describe(TuDatabase *base, const char *table, TuTableInfo **ret_info, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_auto(TuPostgresScope) scope = {0};
    *ret_info = NULL;
    if (!tu_postgres_scope_begin(&scope, db, error))
        return FALSE;
    g_autoptr(PGresult) result = find_table(db, table, error);
    if (result == NULL)
        return FALSE;
    if (PQntuples(result) == 0)
        return TRUE;
    const char *schema = tu_postgres_field(result, 0, 1);
    const char *kind = tu_postgres_field(result, 0, 3);
    g_autofree char *name = strchr(table, '.') == NULL
                                ? g_strdup(tu_postgres_field(result, 0, 2))
                                : g_strconcat(schema, ".", tu_postgres_field(result, 0, 2), NULL);
    g_autoptr(TuTableInfo) info = tu_table_info_new(name);
    info->full_name = g_strconcat(schema, ".", tu_postgres_field(result, 0, 2), NULL);
    info->is_table = kind[0] == 'r' || kind[0] == 'p';
    if (!describe_all(db, tu_postgres_field(result, 0, 0), info, error))
        return FALSE;
    *ret_info = g_steal_pointer(&info);
    return TRUE;
}
