/*
 * Questions about the schema and its log: a number that changes with it, whether a query has an
 * index to start from, the entries of a change log by their place.
 */
#include "db/postgres/postgres.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

#include "db/portable.h"
#include "db/sql.h"

/* ---- the schema's version ---- */

/* What capture and reading rest on, of the tables ($1, quoted names) and all their parts. Of
 * pg_class only what DDL changes: VACUUM and ANALYZE write there too. Triggers and functions by
 * xmin, which a DISABLE followed by an ENABLE changes as well (F23). A stray is a trigger elsewhere
 * that calls one of our functions. */
static const char version_sql[] =
    "WITH RECURSIVE named(oid) AS (SELECT pg_catalog.to_regclass(n)::pg_catalog.oid FROM "
    "pg_catalog.unnest($1::pg_catalog.text[]) n), family(oid) AS (SELECT oid FROM named UNION "
    "SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.oid), "
    "facts(fact) AS (SELECT pg_catalog.concat_ws(' ', 'table', c.oid, c.relnamespace, c.relname, "
    "c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relhasrules) "
    "FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid "
    "UNION ALL SELECT pg_catalog.concat_ws(' ', 'column', a.attrelid, a.attnum, a.attname, "
    "a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attgenerated, a.xmin) FROM family f "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = f.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "UNION ALL SELECT pg_catalog.concat_ws(' ', 'trigger', t.oid, t.xmin, t.tgenabled, p.oid, "
    "p.xmin) FROM family f JOIN pg_catalog.pg_trigger t ON t.tgrelid = f.oid AND "
    "NOT t.tgisinternal JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid "
    "UNION ALL SELECT pg_catalog.concat_ws(' ', 'stray', t.oid, t.tgrelid) FROM (SELECT DISTINCT "
    "t.tgfoid FROM named n JOIN pg_catalog.pg_trigger t ON t.tgrelid = n.oid AND "
    "t.tgname LIKE 'trueup\\_%' AND NOT t.tgisinternal) o JOIN pg_catalog.pg_depend d "
    "ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = o.tgfoid "
    "AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass "
    "JOIN pg_catalog.pg_trigger t ON t.oid = d.objid "
    "WHERE t.tgrelid NOT IN (SELECT oid FROM family WHERE oid IS NOT NULL) "
    "UNION ALL SELECT pg_catalog.concat_ws(' ', 'part', i.inhrelid, i.inhparent) FROM family f "
    "JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid "
    "UNION ALL SELECT pg_catalog.concat_ws(' ', 'subscription', s.srsubid, s.srrelid) FROM family "
    "f "
    "JOIN pg_catalog.pg_subscription_rel s ON s.srrelid = f.oid) "
    "SELECT coalesce(pg_catalog.hashtextextended(pg_catalog.string_agg(fact, ';' ORDER BY fact "
    "COLLATE \"C\"), 0), 0) FROM facts";

static void
append_element(GString *array, const char *text)
{
    g_string_append(array, array->len == 1 ? "\"" : ",\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(array, '\\');
        g_string_append_c(array, *c);
    }
    g_string_append_c(array, '"');
}

char *
tu_postgres_text_array(const GPtrArray *texts)
{
    GString *array = g_string_new("{");
    for (guint i = 0; i < texts->len; i++)
        append_element(array, g_ptr_array_index(texts, i));
    g_string_append_c(array, '}');
    return g_string_free(array, FALSE);
}

/* {"\"shop\".\"bill\"", ...} */
static char *
array_of(const GPtrArray *tables)
{
    g_autoptr(GPtrArray) quoted = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < tables->len; i++)
        g_ptr_array_add(quoted, tu_postgres_quote_table(g_ptr_array_index(tables, i)));
    return tu_postgres_text_array(quoted);
}

gboolean
tu_postgres_schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version,
                           GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_autofree char *array = array_of(tables);
    const char *values[] = {array};
    gboolean is_own = FALSE;
    if (!tu_postgres_wrap(db, &is_own, error))
        return FALSE;
    g_autoptr(PGresult) result = tu_postgres_query(db, version_sql, values, 1, error);
    if (!tu_postgres_unwrap(db, is_own, result != NULL, error))
        return FALSE;
    *ret_version = g_ascii_strtoll(tu_postgres_field(result, 0, 0), NULL, 10);
    return TRUE;
}

/* ---- index use ---- */

/* A scan of an index without a condition goes through all of it. */
static gboolean
reads_whole_table(const char *kind, gboolean has_condition)
{
    static const char *const by_index[] = {"Index Scan", "Index Only Scan", "Bitmap Index Scan"};
    for (guint i = 0; i < G_N_ELEMENTS(by_index); i++)
        if (g_str_equal(kind, by_index[i]))
            return !has_condition;
    return g_str_equal(kind, "Seq Scan") || g_str_equal(kind, "Sample Scan");
}

/* A plan and all plans below it. */
static gboolean
plan_uses_index(JsonObject *plan)
{
    const char *kind = json_object_get_string_member_with_default(plan, "Node Type", "");
    if (reads_whole_table(kind, json_object_has_member(plan, "Index Cond")))
        return FALSE;
    if (!json_object_has_member(plan, "Plans"))
        return TRUE;
    JsonArray *below = json_object_get_array_member(plan, "Plans");
    for (guint i = 0; i < json_array_get_length(below); i++)
        if (!plan_uses_index(json_array_get_object_element(below, i)))
            return FALSE;
    return TRUE;
}

/* EXPLAIN gives one array with one object that has the plan. */
static gboolean
read_plan(const PGresult *result, gboolean *ret_uses, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, tu_postgres_field(result, 0, 0), -1, error))
        return FALSE;
    JsonArray *plans = json_node_get_array(json_parser_get_root(parser));
    JsonObject *plan = json_array_get_object_element(plans, 0);
    *ret_uses = plan_uses_index(json_object_get_object_member(plan, "Plan"));
    return TRUE;
}

/* The plan for any values, with whole tables made as dear as can be: the question is whether there
 * is an index, not whether a small table is worth one. */
gboolean
tu_postgres_uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_auto(TuPostgresScope) scope = {0};
    guint n = 0;
    g_autofree char *own = tu_sql_portable(sql, TU_PARAMETERS_DOLLAR, NULL, &n, NULL);
    g_autofree char *prepare = g_strdup_printf(
        "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; "
        "PREPARE trueup_question_%08x AS %s",
        db->token, own);
    g_autoptr(GString) explain = g_string_new(NULL);
    g_string_printf(explain, "EXPLAIN (FORMAT JSON, COSTS off) EXECUTE trueup_question_%08x",
                    db->token);
    for (guint i = 0; i < n; i++)
        g_string_append(explain, i == 0 ? "(NULL" : ", NULL");
    g_string_append(explain, n > 0 ? ")" : "");
    g_autofree char *forget = g_strdup_printf("DEALLOCATE trueup_question_%08x", db->token);
    if (!tu_postgres_scope_begin(&scope, db, error) || !tu_postgres_simple(db, prepare, error))
        return FALSE;
    g_autoptr(PGresult) result = tu_postgres_query(db, explain->str, NULL, 0, error);
    if (result == NULL) {
        tu_postgres_scope_end(&scope);
        (void)tu_postgres_execute(base, forget, NULL);
        return FALSE;
    }
    return tu_postgres_simple(db, forget, error) && read_plan(result, ret_uses, error);
}

/* ---- entries of a change log ---- */

/* An id is the row's place: its block, then its line of 16 bits. */
TuValue
tu_postgres_entry_value(gint64 id, char *text)
{
    guint32 block = id == G_MAXINT64 ? G_MAXUINT32 : (guint32)(id >> 16);
    g_snprintf(text, TU_ENTRY_TEXT_BYTES, "(%u,%u)", block, (guint)(id & 0xffff));
    return tu_value_text(text);
}

/* In the transaction whose snapshot saw them: what came later is not seen, and stays. */
gboolean
tu_postgres_delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to,
                           const GArray *ids, GError **error)
{
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue values[] = {tu_postgres_entry_value(after, texts[0]),
                        tu_postgres_entry_value(up_to, texts[1])};
    g_autofree char *sql = tu_sql_format("DELETE FROM %Q WHERE ctid > ?1 AND ctid <= ?2", log);
    return tu_database_run(base, sql, values, G_N_ELEMENTS(values), NULL, error);
}
