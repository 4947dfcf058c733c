/*
 * Hazards: what may hide rows from trueup, keep it from reading, or change rows without a trigger
 * that it knows of.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

/* ---- of one table ---- */

/* Over the table and all its parts: $1 is its oid. */
static const char table_sql[] =
    "WITH RECURSIVE family(oid) AS (SELECT $1::pg_catalog.oid UNION SELECT i.inhrelid FROM "
    "pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.oid) "
    "SELECT n.nspname || '.' || c.relname, c.oid = $1::pg_catalog.oid, "
    "pg_catalog.row_security_active(c.oid), c.relpersistence, c.relkind = 'f', "
    "pg_catalog.has_table_privilege(c.oid, 'SELECT') AND "
    "pg_catalog.has_schema_privilege(n.oid, 'USAGE'), "
    "pg_catalog.pg_has_role(c.relowner, 'USAGE'), "
    "EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1'), "
    "EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = c.oid) "
    "FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 2 DESC, 1";

/* The columns of that query. */
enum {
    NAME,
    IS_ITSELF,
    HIDES_ROWS,
    PERSISTENCE,
    IS_FOREIGN,
    MAY_SELECT,
    IS_OWNER,
    HAS_RULES,
    IS_SUBSCRIBED
};

typedef struct {
    int field;
    char value;        /* how the field begins where the hazard is there */
    gboolean of_parts; /* a part's is one too */
    gboolean is_error, is_of_capture;
    const char *message, *help; /* %s of the message is the table */
} HazardRow;

static const HazardRow hazard_rows[] = {
    {HIDES_ROWS, 't', FALSE, TRUE, FALSE,
     "row-level security of table %s hides rows from this role",
     "ALTER ROLE ... BYPASSRLS, or use the table's owner without FORCE ROW LEVEL SECURITY"},
    {PERSISTENCE, 'u', TRUE, TRUE, FALSE,
     "table %s is UNLOGGED: a crash of the server empties it without a trace",
     "ALTER TABLE ... SET LOGGED"},
    {PERSISTENCE, 't', TRUE, TRUE, FALSE, "table %s is temporary: no other session sees it",
     "use an ordinary table"},
    {IS_FOREIGN, 't', TRUE, TRUE, TRUE,
     "table %s is a foreign table: its changes cannot be captured, and triggers of its parent "
     "would "
     "make writers fail",
     "use `capture: none`"},
    {MAY_SELECT, 'f', FALSE, TRUE, FALSE, "this role may not read table %s",
     "GRANT SELECT, and USAGE on its schema: `trueup plan` prints the GRANTs"},
    {HAS_RULES, 't', TRUE, FALSE, TRUE,
     "table %s has rules: a statement that they turn into another fires the triggers of where its "
     "rows go",
     "use triggers instead of rules"},
    {IS_SUBSCRIBED, 't', TRUE, FALSE, TRUE,
     "table %s is filled by a subscription, whose worker fires no statement triggers: those "
     "changes "
     "are not captured",
     "use `capture: none`, so that it is repaired periodically"},
};

/* A subscription's worker is not one of those whose changes the triggers see: that is no warning
 * only, the guard must know. */
static void
add_table_hazard(TuTableInfo *info, const HazardRow *row, const char *table)
{
    g_autoptr(GString) message = g_string_new(row->message);
    g_string_replace(message, "%s", table, 1);
    tu_hazard_add(info->hazards, row->is_error, row->is_of_capture, g_strdup(message->str),
                  g_strdup(row->help));
    if (row->field == IS_SUBSCRIBED && info->missed == NULL)
        info->missed = g_strdup(message->str);
}

/* By name, the trigger's and its function's. */
static gboolean
is_ours(const TuTriggerInfo *trigger)
{
    return g_str_has_prefix(trigger->name, "trueup_") &&
           strstr(trigger->text, ".\"trueup_") != NULL;
}

/* ENABLE ALWAYS asks for the table's owner, not only for the right TRIGGER. Those who only keep
 * summaries need neither: it is missed where there are no triggers. */
static void
look_at_triggers(const PGresult *result, TuTableInfo *info)
{
    gboolean has_ours = FALSE;
    for (guint i = 0; i < info->triggers->len; i++) {
        const TuTriggerInfo *trigger = g_ptr_array_index(info->triggers, i);
        if (!is_ours(trigger))
            continue;
        has_ours = TRUE;
        if (!g_str_has_prefix(trigger->text, "enabled=A"))
            tu_hazard_add(info->hazards, FALSE, TRUE,
                          g_strdup_printf("trigger %s of table %s is disabled, or does not fire "
                                          "always: changes are lost",
                                          trigger->name, trigger->table),
                          g_strdup("run `trueup apply`"));
    }
    for (int row = 0; !has_ours && row < PQntuples(result); row++)
        if (!tu_postgres_is_true(result, row, IS_OWNER))
            tu_hazard_add(info->hazards, TRUE, TRUE,
                          g_strdup_printf("this role may not create triggers that always fire on "
                                          "table %s: only its owner may",
                                          tu_postgres_field(result, row, NAME)),
                          g_strdup("run `trueup apply` as its owner, or GRANT the owner's role"));
}

gboolean
tu_postgres_table_hazards(TuPostgres *db, const char *oid, TuTableInfo *info, GError **error)
{
    g_autoptr(PGresult) result = tu_postgres_query(db, table_sql, &oid, 1, error);
    for (int row = 0; result != NULL && row < PQntuples(result); row++)
        for (guint i = 0; i < G_N_ELEMENTS(hazard_rows); i++) {
            const HazardRow *hazard = &hazard_rows[i];
            gboolean is_itself = tu_postgres_is_true(result, row, IS_ITSELF);
            if (tu_postgres_field(result, row, hazard->field)[0] == hazard->value &&
                (hazard->of_parts || is_itself))
                add_table_hazard(info, hazard,
                                 is_itself ? info->name : tu_postgres_field(result, row, NAME));
        }
    if (result != NULL && info->is_table)
        look_at_triggers(result, info);
    return result != NULL;
}

/* ---- of the whole database ---- */

#define LEAST_VERSION 150000

gboolean
tu_postgres_hazards(TuDatabase *base, GPtrArray *hazards, GError **error)
{
    TuPostgres *db = (TuPostgres *)base;
    g_auto(TuPostgresScope) scope = {0};
    if (db->version < LEAST_VERSION)
        tu_hazard_add(hazards, TRUE, FALSE,
                      g_strdup_printf("PostgreSQL %d is too old: keys with equal NULLs came with "
                                      "version 15",
                                      db->version / 10000),
                      g_strdup("use PostgreSQL 15 or later"));
    if (!tu_postgres_scope_begin(&scope, db, error))
        return FALSE;
    g_autoptr(PGresult) result =
        tu_postgres_query(db,
                          "SELECT pg_catalog.pg_is_in_recovery(), "
                          "pg_catalog.current_setting('default_transaction_read_only') = 'on', "
                          "pg_catalog.current_setting('session_replication_role') = 'replica'",
                          NULL, 0, error);
    if (result == NULL)
        return FALSE;
    gboolean is_standby = tu_postgres_is_true(result, 0, 0);
    if (is_standby)
        tu_hazard_add(hazards, FALSE, FALSE,
                      g_strdup("this server is a standby: it can only be read"),
                      g_strdup("name the primary; verify, query and status may read a standby"));
    if (!is_standby && tu_postgres_is_true(result, 0, 1))
        tu_hazard_add(hazards, FALSE, FALSE,
                      g_strdup("default_transaction_read_only is on: this session can only read"),
                      g_strdup("turn it off for this role or database"));
    if (tu_postgres_is_true(result, 0, 2))
        tu_hazard_add(hazards, FALSE, TRUE,
                      g_strdup("session_replication_role is replica: ordinary triggers and foreign "
                               "keys do nothing here (trueup's triggers fire nevertheless)"),
                      g_strdup("set it only in the sessions that need it"));
    return TRUE;
}
