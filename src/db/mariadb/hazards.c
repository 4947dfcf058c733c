/*
 * What may make capture on MariaDB miss changes or hurt writers: settings of the server, and of one
 * table its engine, cascades and missing rights.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

#include "db/sql.h"

/* ---- rights ---- */

typedef struct {
    TuMariadb *db;
    const TuMariadbName *name;
    GPtrArray *hazards;
} Table;

/* What was granted to the user itself, on everything, on the database or on the table. Rights that
 * come through a role cannot be told from here, so a user with a role counts as having them. */
static const char privilege_sql[] =
    "SELECT current_role() IS NOT NULL OR EXISTS ("
    "SELECT 1 FROM information_schema.USER_PRIVILEGES"
    " WHERE GRANTEE IN (?1, 'PUBLIC') AND PRIVILEGE_TYPE = ?2"
    " UNION ALL SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES"
    " WHERE GRANTEE IN (?1, 'PUBLIC') AND PRIVILEGE_TYPE = ?2 AND ?3 LIKE TABLE_SCHEMA ESCAPE '\\'"
    " UNION ALL SELECT 1 FROM information_schema.TABLE_PRIVILEGES"
    " WHERE GRANTEE IN (?1, 'PUBLIC') AND PRIVILEGE_TYPE = ?2 AND TABLE_SCHEMA = ?3"
    " AND TABLE_NAME = ?4)";

static gboolean
take_found(TuStatement *row, gpointer data)
{
    *(gboolean *)data = tu_mariadb_integer(row, 0) != 0;
    return FALSE;
}

static gboolean
take_text(TuStatement *row, gpointer data)
{
    *(char **)data = g_strdup(tu_mariadb_text(row, 0));
    return FALSE;
}

/* 'user'@'host', as information_schema writes it. */
static gboolean
read_grantee(TuMariadb *db, char **ret_grantee, GError **error)
{
    return tu_mariadb_each_row(db,
                               "SELECT concat('''', regexp_replace(current_user(),"
                               " '@([^@]*)$', '''@''\\1'), '''')",
                               NULL, 0, take_text, ret_grantee, error);
}

/* Granted on the table, its database or everywhere. In doubt it is there: the statement itself will
 * tell. */
static gboolean
has_privilege(TuMariadb *db, const char *privilege, const char *schema, const char *table,
              gboolean *ret_has, GError **error)
{
    g_autofree char *grantee = NULL;
    if (!read_grantee(db, &grantee, error))
        return FALSE;
    const TuValue values[] = {tu_value_text(grantee), tu_value_text(privilege),
                              tu_value_text(schema), tu_value_text(table)};
    return tu_mariadb_each_row(db, privilege_sql, values, G_N_ELEMENTS(values), take_found, ret_has,
                               error);
}

/* The words of the GRANT are ready to be run by whoever may; who connects is known from the URL
 * only. */
gboolean
tu_mariadb_missing_right(TuDatabase *base, const char *right, const char *table, char **ret_grant,
                         GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_auto(TuMariadbName) name = tu_mariadb_name(db, table);
    gboolean has = FALSE;
    if (!has_privilege(db, right, name.schema, name.table, &has, error))
        return FALSE;
    *ret_grant = has ? NULL
                     : g_strdup_printf("GRANT %s ON `%s`.`%s` TO the user of the database URL",
                                       right, name.schema, name.table);
    return TRUE;
}

/* ---- of one table ---- */

/* The last of the rights is what making triggers needs. */
static gboolean
check_rights(Table *table, gboolean *ret_may_capture, GError **error)
{
    static const struct {
        const char *privilege, *meaning;
        gboolean is_of_capture;
    } rights[] = {
        {"SELECT", "its rows cannot be read", FALSE},
        {"TRIGGER", "the triggers that capture its changes can be neither seen nor made", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rights); i++) {
        gboolean has = FALSE;
        if (!has_privilege(table->db, rights[i].privilege, table->name->schema, table->name->table,
                           &has, error))
            return FALSE;
        *ret_may_capture = has;
        if (has)
            continue;
        tu_hazard_add(
            table->hazards, TRUE, rights[i].is_of_capture,
            g_strdup_printf("the right %s is missing: %s", rights[i].privilege, rights[i].meaning),
            tu_sql_format("GRANT %s ON `%s`.`%s` TO the user of the database URL",
                          rights[i].privilege, table->name->schema, table->name->table));
        TuHazard *hazard = g_ptr_array_index(table->hazards, table->hazards->len - 1);
        hazard->is_of_role = TRUE;
    }
    return TRUE;
}

/* A trigger writes with its owner's rights: without INSERT on the log every write to the table
 * would fail. */
static gboolean
check_log_rights(Table *table, GError **error)
{
    gboolean has = FALSE;
    const char *own = table->db->base.control_schema;
    const char *schema = own != NULL ? own : table->db->database;
    g_autofree char *log = g_strconcat("trueup_change_", table->name->table, NULL);
    if (!has_privilege(table->db, "INSERT", schema, log, &has, error))
        return FALSE;
    if (!has)
        tu_hazard_add(table->hazards, FALSE, TRUE,
                      g_strdup_printf("the right INSERT on %s.%s is missing: triggers made by this "
                                      "user could not write the change log",
                                      schema, log),
                      tu_sql_format("apply as a user with INSERT on `%s`.*", schema));
    return TRUE;
}

/* name, what it does on DELETE, on UPDATE */
static gboolean
take_cascade(TuStatement *row, gpointer data)
{
    Table *table = data;
    tu_hazard_add(
        table->hazards, TRUE, TRUE,
        g_strdup_printf("foreign key %s (ON DELETE %s, ON UPDATE %s) changes rows without "
                        "firing a trigger, so their changes would be missed",
                        tu_mariadb_text(row, 0), tu_mariadb_text(row, 1), tu_mariadb_text(row, 2)),
        g_strdup("make it RESTRICT and let the application delete the rows, or write "
                 "`capture: none` for the source"));
    return TRUE;
}

/* Of the table as the child. */
static const char cascades_sql[] = "SELECT CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE"
                                   " FROM information_schema.REFERENTIAL_CONSTRAINTS"
                                   " WHERE CONSTRAINT_SCHEMA = ?1 AND TABLE_NAME = ?2"
                                   " AND (DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
                                   " OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))";

/* Some other rights let a role see triggers too. */
static gboolean
sees_ours(const TuTableInfo *info)
{
    for (guint i = 0; i < info->triggers->len; i++)
        if (g_str_has_prefix(((const TuTriggerInfo *)g_ptr_array_index(info->triggers, i))->name,
                             "trueup_"))
            return TRUE;
    return FALSE;
}

/* Cascades are named since InnoDB fires no trigger for what they change. Without the right TRIGGER
 * the list of triggers is empty whether there are any or not: that must not look like loss. */
gboolean
tu_mariadb_table_hazards(TuMariadb *db, const TuMariadbName *name, const char *engine,
                         TuTableInfo *info, GError **error)
{
    GPtrArray *hazards = info->hazards;
    Table table = {db, name, hazards};
    gboolean may_capture = FALSE;
    const TuValue values[] = {tu_value_text(name->schema), tu_value_text(name->table)};
    if (g_ascii_strcasecmp(engine, "InnoDB") != 0)
        tu_hazard_add(
            hazards, TRUE, FALSE,
            g_strdup_printf("its engine is %s, which has no transactions: its rows and "
                            "their changes can come apart",
                            engine),
            tu_sql_format("ALTER TABLE `%s`.`%s` ENGINE = InnoDB", name->schema, name->table));
    if (!tu_mariadb_each_row(db, cascades_sql, values, G_N_ELEMENTS(values), take_cascade, &table,
                             error) ||
        !check_rights(&table, &may_capture, error))
        return FALSE;
    if (!may_capture && !sees_ours(info))
        info->hidden =
            g_strdup_printf("this role may not see the triggers of table %s: GRANT TRIGGER ON "
                            "`%s`.`%s` TO the user of the database URL",
                            info->name, name->schema, name->table);
    return !may_capture || check_log_rights(&table, error);
}

/* ---- of the server ---- */

/* Versions that trueup knows it cannot work on. */
static void
check_version(const TuMariadb *db, GPtrArray *hazards)
{
    const char *version = mysql_get_server_info(db->handle);
    if (!mariadb_connection(db->handle))
        tu_hazard_add(
            hazards, TRUE, FALSE,
            g_strdup_printf("the server is MySQL %s: trueup was never run on MySQL, which "
                            "lacks the collation utf8mb4_nopad_bin and more",
                            version),
            g_strdup("use MariaDB 10.6 or later"));
    else if (mysql_get_server_version(db->handle) < TU_MARIADB_OLDEST)
        tu_hazard_add(hazards, TRUE, FALSE,
                      g_strdup_printf("the server is MariaDB %s: it lacks JSON_TABLE", version),
                      g_strdup("use MariaDB 10.6 or later"));
}

/* A row of `SELECT @@global...`: a variable's unwanted value. */
static const struct {
    const char *condition;
    gboolean is_error, is_of_capture;
    const char *message, *help;
} settings[] = {
    {"@@global.log_bin AND @@global.binlog_format = 'STATEMENT'", TRUE, FALSE,
     "binlog_format is STATEMENT: the server refuses trueup's writes at READ COMMITTED, and "
     "replicas could get other change logs",
     "set binlog_format to ROW or MIXED"},
    {"@@global.innodb_autoinc_lock_mode = 0", TRUE, TRUE,
     "innodb_autoinc_lock_mode is 0: writers would wait for each other in the change log, and some "
     "would fail",
     "set innodb_autoinc_lock_mode to 1 or 2"},
    {"@@global.slave_run_triggers_for_rbr = 'NO' AND (SELECT CAST(VARIABLE_VALUE AS INTEGER) FROM "
     "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'SLAVES_RUNNING') > 0",
     FALSE, TRUE,
     "the server is a replica and slave_run_triggers_for_rbr is NO: rows that come by replication "
     "in row format fire no triggers here, so those changes are not captured",
     "name the primary in the database URL; or use `capture: none` for the tables it fills, or set "
     "slave_run_triggers_for_rbr to YES if the primary has no such triggers"},
    {"@@global.read_only", FALSE, FALSE,
     "the server is read-only: it can be read, but nothing can be kept up to date on it",
     "name the primary in the database URL"},
};

/* What must be set on the server before any trigger of trueup can be right. */
static gboolean
check_settings(TuMariadb *db, GPtrArray *hazards, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        gboolean is_so = FALSE;
        g_autofree char *sql = g_strdup_printf("SELECT %s", settings[i].condition);
        if (!tu_mariadb_each_row(db, sql, NULL, 0, take_found, &is_so, error))
            return FALSE;
        if (is_so)
            tu_hazard_add(hazards, settings[i].is_error, settings[i].is_of_capture,
                          g_strdup(settings[i].message), g_strdup(settings[i].help));
    }
    return TRUE;
}

/* With the binary log on, only those may make triggers whom the server trusts (error 1419). */
static gboolean
check_trust(TuMariadb *db, GPtrArray *hazards, GError **error)
{
    gboolean is_distrusted = FALSE;
    gboolean is_trusted = FALSE;
    if (!tu_mariadb_each_row(db,
                             "SELECT @@global.log_bin AND NOT "
                             "@@global.log_bin_trust_function_creators",
                             NULL, 0, take_found, &is_distrusted, error))
        return FALSE;
    if (!is_distrusted)
        return TRUE;
    if (!has_privilege(db, "SUPER", "", "", &is_trusted, error))
        return FALSE;
    if (!is_trusted)
        tu_hazard_add(hazards, TRUE, TRUE,
                      g_strdup("the binary log is on and log_bin_trust_function_creators is off: "
                               "without the right SUPER no trigger can be made"),
                      g_strdup("SET GLOBAL log_bin_trust_function_creators = 1, or apply as a user "
                               "with SUPER"));
    return TRUE;
}

gboolean
tu_mariadb_hazards(TuDatabase *base, GPtrArray *hazards, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    check_version(db, hazards);
    if (!check_settings(db, hazards, error) || !check_trust(db, hazards, error))
        return FALSE;
    tu_hazard_add(hazards, FALSE, TRUE,
                  g_strdup("TRUNCATE fires no trigger on MariaDB, so it is not seen"),
                  g_strdup("use DELETE, or run `trueup rebuild` after it"));
    return TRUE;
}
