/*
 * What a MariaDB database has: tables, columns, keys, triggers, as information_schema tells.
 */
#include "db/mariadb/mariadb.h"

#include <mysqld_error.h>
#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

/* ---- names ---- */

/* "shop.bill" is schema and table; without a dot it is in the database of the URL. */
TuMariadbName
tu_mariadb_name(const TuMariadb *db, const char *name)
{
    const char *dot = strchr(name, '.');
    return dot == NULL ? (TuMariadbName){g_strdup(db->database), g_strdup(name)}
                       : (TuMariadbName){g_strndup(name, (gsize)(dot - name)), g_strdup(dot + 1)};
}

void
tu_mariadb_name_clear(TuMariadbName *name)
{
    g_clear_pointer(&name->schema, g_free);
    g_clear_pointer(&name->table, g_free);
}

/* What is being described. */
typedef struct {
    TuMariadb *db;
    TuMariadbName name;
    TuValue arguments[2]; /* schema and table: ?1 and ?2 of every query here */
    TuTableInfo *info;
    gboolean has_dot;
    GHashTable *json;       /* set of char *: the columns that are JSON */
    GHashTable *collations; /* of char *: a column's name to that of its collation */
    char engine[65];        /* the longest name of one */
    gboolean has_hidden_definer;
} Described;

/* All these queries ask for one table of one schema. */
static gboolean
each(Described *described, const char *sql, TuMariadbTake take, GError **error)
{
    return tu_mariadb_each_row(described->db, sql, described->arguments, 2, take, described, error);
}

/* ---- columns ---- */

/* A column that is JSON is a LONGTEXT with a check that bears the column's name. (Joins would make
 * information_schema open every table there is.) */
static const char json_sql[] =
    "SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS"
    " WHERE CONSTRAINT_SCHEMA = ?1 AND TABLE_NAME = ?2 AND CHECK_CLAUSE LIKE 'json_valid(%'";

static gboolean
take_json(TuStatement *row, gpointer data)
{
    g_hash_table_add(((Described *)data)->json, g_strdup(tu_mariadb_text(row, 0)));
    return TRUE;
}

static const char columns_sql[] =
    "SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,"
    " ifnull(NUMERIC_SCALE, DATETIME_PRECISION), CHARACTER_SET_NAME, COLLATION_NAME,"
    " IS_NULLABLE = 'YES', COLUMN_DEFAULT, IS_GENERATED = 'ALWAYS', EXTRA"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2"
    " ORDER BY ORDINAL_POSITION";

enum {
    COLUMN_NAME,
    COLUMN_DECLARED,
    COLUMN_TYPE,
    COLUMN_CHARACTERS,
    COLUMN_PRECISION,
    COLUMN_SCALE,
    COLUMN_CHARSET,
    COLUMN_COLLATION,
    COLUMN_NULLABLE,
    COLUMN_DEFAULT,
    COLUMN_GENERATED,
    COLUMN_EXTRA,
};

static gboolean
is_null(TuStatement *row, guint column)
{
    return tu_mariadb_value(row, column).type == TU_TYPE_NULL;
}

static guint64
length_of(TuStatement *row, guint column)
{
    TuValue value = tu_mariadb_value(row, column);
    return value.type == TU_TYPE_INTEGER ? (guint64)value.integer : G_MAXUINT32;
}

/* The texts point into the row. */
static TuMariadbType
type_of(const Described *described, TuStatement *row)
{
    TuMariadbType type = {
        .declared = tu_mariadb_text(row, COLUMN_DECLARED),
        .charset = is_null(row, COLUMN_CHARSET) ? NULL : tu_mariadb_text(row, COLUMN_CHARSET),
        .collation = is_null(row, COLUMN_COLLATION) ? NULL : tu_mariadb_text(row, COLUMN_COLLATION),
        .is_unsigned = strstr(tu_mariadb_text(row, COLUMN_DECLARED), "unsigned") != NULL,
        .precision = (guint)tu_mariadb_integer(row, COLUMN_PRECISION),
        .scale = (guint)tu_mariadb_integer(row, COLUMN_SCALE),
        .characters = length_of(row, COLUMN_CHARACTERS),
    };
    gboolean is_json = g_hash_table_contains(described->json, tu_mariadb_text(row, COLUMN_NAME));
    g_strlcpy(type.name, is_json ? "json" : tu_mariadb_text(row, COLUMN_TYPE), sizeof type.name);
    return type;
}

/* The SQL of a column's default; NULL: it has none. Also what fills itself counts as a default. */
static char *
default_of(TuStatement *row)
{
    if (strstr(tu_mariadb_text(row, COLUMN_EXTRA), "auto_increment") != NULL)
        return g_strdup("AUTO_INCREMENT");
    if (is_null(row, COLUMN_DEFAULT) || g_str_equal(tu_mariadb_text(row, COLUMN_DEFAULT), "NULL"))
        return NULL;
    return g_strdup(tu_mariadb_text(row, COLUMN_DEFAULT));
}

/* The types that a log and a summary column take are decided here, from the catalog's words. */
static gboolean
take_column(TuStatement *row, gpointer data)
{
    Described *described = data;
    TuColumnInfo *column =
        tu_table_info_add_column(described->info, tu_mariadb_text(row, COLUMN_NAME));
    TuMariadbType type = type_of(described, row);
    column->declared_type = g_strdup(type.declared);
    column->log_type = tu_mariadb_log_type(&type);
    column->type = tu_mariadb_sql_type(&type);
    column->kind = column->type.kind;
    column->is_nullable = tu_mariadb_integer(row, COLUMN_NULLABLE) != 0;
    column->is_generated = tu_mariadb_integer(row, COLUMN_GENERATED) != 0;
    column->merges_text = tu_mariadb_merges(&type);
    column->default_text = default_of(row);
    if (type.collation != NULL)
        g_hash_table_insert(described->collations, g_strdup(column->name),
                            g_strdup(type.collation));
    return TRUE;
}

/* ---- keys ---- */

static const char keys_sql[] =
    "SELECT INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART"
    " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2"
    " ORDER BY INDEX_NAME, SEQ_IN_INDEX";

/* Names of columns are compared without regard to case, whatever the tables' are. */
static TuColumnInfo *
column_of(const TuTableInfo *info, const char *name)
{
    for (guint i = 0; i < info->columns->len; i++) {
        TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (g_ascii_strcasecmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

/* One whose change the server may refuse after the trigger saw it. */
static void
add_special(TuTableInfo *info, const char *column)
{
    if (!g_ptr_array_find_with_equal_func(info->special_columns, column, g_str_equal, NULL))
        g_ptr_array_add(info->special_columns, g_strdup(column));
}

/* A key on the beginning of a text is a key on an expression. */
static void
add_key_column(const Described *described, TuUniqueKey *key, TuStatement *row)
{
    const char *name = tu_mariadb_text(row, 3);
    gboolean is_part = !is_null(row, 4);
    const char *collation = g_hash_table_lookup(described->collations, name);
    g_ptr_array_add(key->columns, is_part ? NULL : g_strdup(name));
    g_ptr_array_add(key->expressions,
                    is_part ? tu_sql_format("left(%I, %d)", name, (int)tu_mariadb_integer(row, 4))
                            : NULL);
    g_ptr_array_add(key->collations, g_strdup(collation != NULL ? collation : "binary"));
}

/* A column of a unique key a row, in the order of their positions; of other indexes the name
 * alone. */
static gboolean
take_key(TuStatement *row, gpointer data)
{
    Described *described = data;
    TuTableInfo *info = described->info;
    const char *index = tu_mariadb_text(row, 0);
    gint64 position = tu_mariadb_integer(row, 2);
    gboolean is_primary = g_str_equal(index, "PRIMARY");
    if (position == 1)
        g_ptr_array_add(info->indexes, g_strdup(index));
    if (tu_mariadb_integer(row, 1) != 0)
        return TRUE;
    if (position == 1)
        tu_table_info_add_key(info, index, is_primary);
    add_key_column(described, g_ptr_array_index(info->unique, info->unique->len - 1), row);
    TuColumnInfo *column = column_of(info, tu_mariadb_text(row, 3));
    if (column == NULL)
        return TRUE;
    add_special(info, column->name);
    if (is_primary)
        column->key_position = (guint)position;
    return TRUE;
}

/* ---- foreign keys and partitions ---- */

/* Both ends: an update may be refused because of a parent that is not there, or of children. */
static const char foreign_keys_sql[] =
    "SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2 AND REFERENCED_TABLE_NAME IS NOT NULL";

/* The server finds those only by opening every table that it has. */
static const char references_sql[] =
    "SELECT DISTINCT REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE"
    " WHERE REFERENCED_TABLE_SCHEMA = ?1 AND REFERENCED_TABLE_NAME = ?2";

/* A change of such a column may be refused after a trigger saw it (F12). */
static gboolean
take_foreign_key(TuStatement *row, gpointer data)
{
    TuTableInfo *info = ((Described *)data)->info;
    const TuColumnInfo *column = column_of(info, tu_mariadb_text(row, 0));
    if (column != NULL)
        add_special(info, column->name);
    return TRUE;
}

/* Every column that the expression names. */
static void
add_special_of(TuTableInfo *info, const char *expression)
{
    for (TuToken token = tu_sql_token(expression); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        if (token.kind != TU_TOKEN_WORD && token.kind != TU_TOKEN_QUOTED)
            continue;
        g_autofree char *name = tu_token_name(&token);
        const TuColumnInfo *column = column_of(info, name);
        if (column != NULL)
            add_special(info, column->name);
    }
}

/* PARTITION BY ... and SUBPARTITION BY ...: a row may be refused for having no partition. */
static const char partitions_sql[] =
    "SELECT DISTINCT PARTITION_EXPRESSION, SUBPARTITION_EXPRESSION"
    " FROM information_schema.PARTITIONS"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2 AND PARTITION_NAME IS NOT NULL";

/* For the same reason: a row may fit no partition, under UPDATE IGNORE. */
static gboolean
take_partition(TuStatement *row, gpointer data)
{
    TuTableInfo *info = ((Described *)data)->info;
    add_special_of(info, tu_mariadb_text(row, 0));
    add_special_of(info, tu_mariadb_text(row, 1));
    return TRUE;
}

/* ---- triggers ---- */

/* All that makes a trigger do what it does; a definer who is gone makes it another text, so that
 * apply makes it anew. */
char *
tu_mariadb_trigger_text(const char *moment, const char *event, const char *sql_mode,
                        const char *body, const char *missing_definer)
{
    return g_strdup_printf("%s %s\n%s\n%s%s%s", moment, event, sql_mode, body,
                           missing_definer[0] != '\0' ? "\nof a user who is gone: " : "",
                           missing_definer);
}

static const char triggers_sql[] =
    "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, SQL_MODE, ACTION_STATEMENT, DEFINER,"
    " DEFINER = current_user() FROM information_schema.TRIGGERS"
    " WHERE EVENT_OBJECT_SCHEMA = ?1 AND EVENT_OBJECT_TABLE = ?2 ORDER BY TRIGGER_NAME";

static gboolean
take_found(TuStatement *row, gpointer data)
{
    *(gboolean *)data = tu_mariadb_integer(row, 0) != 0;
    return FALSE;
}

typedef enum {
    DEFINER_IS_THERE,
    DEFINER_IS_GONE,
    DEFINER_IS_HIDDEN,
} Definer;

/* Every write to a table with a trigger of a user who is gone fails. Who may not read the list of
 * users does not see it. */
static Definer
look_for_definer(TuMariadb *db, const char *definer)
{
    gboolean is_there = TRUE;
    g_autoptr(GError) ignored = NULL;
    const TuValue argument = tu_value_text(definer);
    if (!tu_mariadb_each_row(db,
                             "SELECT count(*) FROM mysql.global_priv"
                             " WHERE concat(User, '@', Host) = ?1 OR (Host = '' AND User = ?1)",
                             &argument, 1, take_found, &is_there, &ignored))
        return DEFINER_IS_HIDDEN;
    return is_there ? DEFINER_IS_THERE : DEFINER_IS_GONE;
}

/* Said once: the triggers of one table are made by one user, as a rule. */
static void
note_hidden_definer(Described *described, const char *name, const char *definer)
{
    if (described->has_hidden_definer)
        return;
    described->has_hidden_definer = TRUE;
    tu_hazard_add(
        described->info->hazards, FALSE, TRUE,
        g_strdup_printf("trigger %s belongs to %s, and this role may not see whether that "
                        "user is still there: if not, every write to the table fails with "
                        "error 1449",
                        name, definer),
        g_strdup("should they fail: `trueup release`, then `trueup apply`; GRANT SELECT ON "
                 "mysql.global_priv lets it see"));
}

static gboolean
take_trigger(TuStatement *row, gpointer data)
{
    Described *described = data;
    const char *name = tu_mariadb_text(row, 0);
    const char *definer = tu_mariadb_text(row, 5);
    gboolean is_of_another = g_str_has_prefix(name, "trueup_") && tu_mariadb_integer(row, 6) == 0;
    Definer found = is_of_another ? look_for_definer(described->db, definer) : DEFINER_IS_THERE;
    gboolean is_gone = found == DEFINER_IS_GONE;
    g_autofree char *text = tu_mariadb_trigger_text(
        tu_mariadb_text(row, 1), tu_mariadb_text(row, 2), tu_mariadb_text(row, 3),
        tu_mariadb_text(row, 4), is_gone ? definer : "");
    tu_table_info_add_trigger(described->info, name, described->info->name, text);
    if (found == DEFINER_IS_HIDDEN)
        note_hidden_definer(described, name, definer);
    if (is_gone)
        tu_hazard_add(described->info->hazards, FALSE, TRUE,
                      g_strdup_printf("trigger %s belongs to %s, who is gone: every write to the "
                                      "table fails",
                                      name, definer),
                      g_strdup("run `trueup apply`, which makes it anew"));
    return TRUE;
}

/* ---- the table ---- */

static const char table_sql[] =
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2";

static gboolean
take_table(TuStatement *row, gpointer data)
{
    Described *described = data;
    g_autofree char *qualified =
        g_strdup_printf("%s.%s", described->name.schema, tu_mariadb_text(row, 0));
    TuTableInfo *info = tu_table_info_new(described->has_dot ? qualified : tu_mariadb_text(row, 0));
    const char *type = tu_mariadb_text(row, 1);
    info->is_table = g_str_equal(type, "BASE TABLE") || g_str_equal(type, "SYSTEM VERSIONED");
    info->n_rows = is_null(row, 3) ? -1 : tu_mariadb_integer(row, 3);
    g_strlcpy(described->engine, tu_mariadb_text(row, 2), sizeof described->engine);
    described->info = info;
    return FALSE;
}

/* information_schema shows only what one has rights on; the server itself says which of the two it
 * is. */
static gboolean
check_absence(const Described *described, GError **error)
{
    MYSQL *handle = described->db->handle;
    g_autofree char *sql = tu_sql_format("DO (SELECT 1 FROM %I.%I LIMIT 0)", described->name.schema,
                                         described->name.table);
    if (mysql_query(handle, sql) == 0)
        return TRUE;
    guint number = mysql_errno(handle);
    if (number == ER_NO_SUCH_TABLE || number == ER_BAD_DB_ERROR || number == ER_VIEW_INVALID)
        return TRUE;
    tu_mariadb_set_error(described->db, number, mysql_error(handle), NULL, error);
    return FALSE;
}

/* What a view is made of may be gone: its columns are not asked for. */
static gboolean
describe_parts(Described *described, GError **error)
{
    g_autoptr(GHashTable) json = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) collations =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    described->json = json;
    described->collations = collations;
    return each(described, json_sql, take_json, error) &&
           each(described, columns_sql, take_column, error) &&
           each(described, keys_sql, take_key, error) &&
           each(described, foreign_keys_sql, take_foreign_key, error) &&
           (described->db->base.skips_references ||
            each(described, references_sql, take_foreign_key, error)) &&
           each(described, partitions_sql, take_partition, error) &&
           each(described, triggers_sql, take_trigger, error) &&
           tu_mariadb_table_hazards(described->db, &described->name, described->engine,
                                    described->info, error);
}

/* *ret_info NULL: there is no such table, or this user may see nothing of it. */
gboolean
tu_mariadb_describe(TuDatabase *base, const char *table, TuTableInfo **ret_info, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_auto(TuMariadbName) name = tu_mariadb_name(db, table);
    Described described = {.db = db,
                           .name = name,
                           .arguments = {tu_value_text(name.schema), tu_value_text(name.table)},
                           .has_dot = strchr(table, '.') != NULL};
    gboolean is_good = each(&described, table_sql, take_table, error);
    g_autoptr(TuTableInfo) info = described.info;
    if (!is_good)
        return FALSE;
    if (info == NULL ? !check_absence(&described, error)
                     : info->is_table && !describe_parts(&described, error))
        return FALSE;
    *ret_info = g_steal_pointer(&info);
    return TRUE;
}
