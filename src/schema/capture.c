#include "schema/capture.h"

#include "db/sql.h"

typedef char *(*TriggerText)(const TuCaptured *captured, const char *name);

/* ---- pieces ---- */

static const char *
column(const TuCaptured *captured, guint i)
{
    return g_ptr_array_index(captured->columns, i);
}

static void
append_columns(GString *sql, const TuCaptured *captured)
{
    for (guint i = 0; i < captured->columns->len; i++)
        tu_sql_append(sql, ", %I", column(captured, i));
}

/* (1, NEW."a", NEW."b") */
static void
append_image(GString *sql, const TuCaptured *captured, const char *row, int weight)
{
    tu_sql_append(sql, "(%d", captured->must_look_again ? 0 : weight);
    for (guint i = 0; i < captured->columns->len; i++)
        tu_sql_append(sql, ", %s.%I", row, column(captured, i));
    g_string_append_c(sql, ')');
}

static GString *
begin_trigger(const TuCaptured *captured, const char *name, const char *moment)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TRIGGER %I %s ON %I", name, moment, captured->name);
    return sql;
}

static void
append_insert(GString *sql, const TuCaptured *captured)
{
    tu_sql_append(sql, "INSERT INTO %I(trueup_weight", captured->log);
    append_columns(sql, captured);
    g_string_append(sql, ") ");
}

static char *
one_image_trigger(const TuCaptured *captured, const char *name, const char *moment,
                  const char *row, int weight)
{
    GString *sql = begin_trigger(captured, name, moment);
    g_string_append(sql, " BEGIN ");
    append_insert(sql, captured);
    g_string_append(sql, "VALUES ");
    append_image(sql, captured, row, weight);
    g_string_append(sql, "; END");
    return g_string_free(sql, FALSE);
}

/* ---- the triggers ---- */

static char *
insert_trigger(const TuCaptured *captured, const char *name)
{
    return one_image_trigger(captured, name, "AFTER INSERT", "NEW", 1);
}

static char *
delete_trigger(const TuCaptured *captured, const char *name)
{
    return one_image_trigger(captured, name, "AFTER DELETE", "OLD", -1);
}

/* Bytes decide, not the column's collation. Where the column converts nothing, 1 and 1.0 are two
 * values to an expression. No `UPDATE OF`: it does not see a key changed as rowid. */
static void
append_differs(GString *sql, const TuCaptured *captured)
{
    for (guint i = 0; i < captured->columns->len; i++) {
        const char *name = column(captured, i);
        tu_sql_append(sql, "%sOLD.%I IS NOT NEW.%I COLLATE BINARY", i == 0 ? "" : " OR ", name,
                      name);
        if (tu_table_info_column(captured->info, name)->kind == TU_TYPE_BLOB)
            tu_sql_append(sql, " OR typeof(OLD.%I) <> typeof(NEW.%I)", name, name);
    }
}

static char *
update_trigger(const TuCaptured *captured, const char *name)
{
    if (captured->columns->len == 0)
        return NULL;
    GString *sql = begin_trigger(captured, name, "AFTER UPDATE");
    g_string_append(sql, " WHEN ");
    append_differs(sql, captured);
    g_string_append(sql, " BEGIN ");
    append_insert(sql, captured);
    g_string_append(sql, "VALUES ");
    append_image(sql, captured, "OLD", -1);
    g_string_append(sql, "; ");
    append_insert(sql, captured);
    g_string_append(sql, "VALUES ");
    append_image(sql, captured, "NEW", 1);
    g_string_append(sql, "; END");
    return g_string_free(sql, FALSE);
}

/* (SELECT expression FROM (SELECT NEW."a" AS "a", ...)): what an index on an expression will hold of
 * the row. */
static void
append_of_new(GString *sql, const TuCaptured *captured, const char *expression, const char *row)
{
    tu_sql_append(sql, "(SELECT %s FROM (SELECT ", expression);
    for (guint i = 0; i < captured->info->columns->len; i++) {
        const TuColumnInfo *info = g_ptr_array_index(captured->info->columns, i);
        tu_sql_append(sql, "%s%s.%I AS %I", i == 0 ? "" : ", ", row, info->name, info->name);
    }
    g_string_append(sql, "))");
}

/* "a" = NEW."a" AND "b" = NEW."b", compared as the key's index compares. A REPLACE puts the default
 * where NULL is given and must not be, after the trigger has seen the NULL. */
static void
append_key_equals(GString *sql, const TuCaptured *captured, const TuUniqueKey *key)
{
    for (guint i = 0; i < key->columns->len; i++) {
        const char *name = g_ptr_array_index(key->columns, i);
        const TuColumnInfo *info = name != NULL ? tu_table_info_column(captured->info, name) : NULL;
        g_string_append(sql, i == 0 ? "" : " AND ");
        if (info == NULL) {
            const char *expression = g_ptr_array_index(key->expressions, i);
            tu_sql_append(sql, "(%s) = ", expression);
            append_of_new(sql, captured, expression, "NEW");
        } else if (!info->is_nullable && info->default_text != NULL) {
            tu_sql_append(sql, "%I = ifnull(NEW.%I, %s)", name, name, info->default_text);
        } else {
            tu_sql_append(sql, "%I = NEW.%I", name, name);
        }
        tu_sql_append(sql, " COLLATE %s", (const char *)g_ptr_array_index(key->collations, i));
    }
}

static void
append_key_changes(GString *sql, const TuCaptured *captured, const TuUniqueKey *key)
{
    for (guint i = 0; i < key->columns->len; i++) {
        const char *name = g_ptr_array_index(key->columns, i);
        g_string_append(sql, i == 0 ? "" : " OR ");
        if (name != NULL) {
            tu_sql_append(sql, "NEW.%I IS NOT OLD.%I COLLATE BINARY", name, name);
            continue;
        }
        append_of_new(sql, captured, g_ptr_array_index(key->expressions, i), "NEW");
        g_string_append(sql, " IS NOT ");
        append_of_new(sql, captured, g_ptr_array_index(key->expressions, i), "OLD");
    }
}

/* INSERT INTO log SELECT 0, ... FROM table WHERE, up to the condition. */
static void
append_look_again(GString *sql, const TuCaptured *captured)
{
    append_insert(sql, captured);
    g_string_append(sql, "SELECT 0");
    append_columns(sql, captured);
    tu_sql_append(sql, " FROM %I WHERE ", captured->name);
}

static gboolean
key_is_rowid(const TuCaptured *captured, const TuUniqueKey *key)
{
    if (!key->is_primary || key->columns->len != 1 || !captured->info->has_rowid)
        return FALSE;
    /* Where the key is the rowid, it has no index of its own. */
    return g_ptr_array_find_with_equal_func(captured->info->indexes, key->name, g_str_equal, NULL) ==
           FALSE;
}

static gboolean
has_rowid_key(const TuCaptured *captured)
{
    for (guint i = 0; i < captured->info->unique->len; i++)
        if (key_is_rowid(captured, g_ptr_array_index(captured->info->unique, i)))
            return TRUE;
    return FALSE;
}

/* A table may have a rowid that no column of it is; a REPLACE can still hit it. The name by which SQL
 * reaches it, NULL: there is none, or none that a column does not hide. */
static const char *
nameless_rowid(const TuCaptured *captured)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    if (!captured->info->has_rowid || has_rowid_key(captured))
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (tu_table_info_column(captured->info, names[i]) == NULL)
            return names[i];
    return NULL;
}

static char *
replace_insert_trigger(const TuCaptured *captured, const char *name)
{
    const char *rowid = nameless_rowid(captured);
    if (captured->info->unique->len == 0 && rowid == NULL)
        return NULL;
    GString *sql = begin_trigger(captured, name, "BEFORE INSERT");
    g_string_append(sql, " BEGIN ");
    for (guint i = 0; i < captured->info->unique->len; i++) {
        append_look_again(sql, captured);
        append_key_equals(sql, captured, g_ptr_array_index(captured->info->unique, i));
        g_string_append(sql, "; ");
    }
    if (rowid != NULL) {
        append_look_again(sql, captured);
        tu_sql_append(sql, "%s = NEW.%s; ", rowid, rowid);
    }
    g_string_append(sql, "END");
    return g_string_free(sql, FALSE);
}

static char *
replace_update_trigger(const TuCaptured *captured, const char *name)
{
    const GPtrArray *keys = captured->info->unique;
    const char *rowid = nameless_rowid(captured);
    if (keys->len == 0 && rowid == NULL)
        return NULL;
    GString *sql = begin_trigger(captured, name, "BEFORE UPDATE");
    g_string_append(sql, " WHEN ");
    for (guint i = 0; i < keys->len; i++) {
        g_string_append(sql, i == 0 ? "" : " OR ");
        append_key_changes(sql, captured, g_ptr_array_index(keys, i));
    }
    if (rowid != NULL)
        tu_sql_append(sql, "%sNEW.%s <> OLD.%s", keys->len == 0 ? "" : " OR ", rowid, rowid);
    g_string_append(sql, " BEGIN ");
    for (guint i = 0; i < keys->len; i++) {
        append_look_again(sql, captured);
        append_key_equals(sql, captured, g_ptr_array_index(keys, i));
        g_string_append(sql, " AND (");
        append_key_changes(sql, captured, g_ptr_array_index(keys, i));
        g_string_append(sql, "); ");
    }
    if (rowid != NULL) {
        append_look_again(sql, captured);
        tu_sql_append(sql, "%s = NEW.%s AND NEW.%s <> OLD.%s; ", rowid, rowid, rowid, rowid);
    }
    g_string_append(sql, "END");
    return g_string_free(sql, FALSE);
}

static const struct {
    const char *prefix;
    TriggerText text; /* gives NULL where the table needs none */
} triggers[] = {
    {"trueup_insert_", insert_trigger},
    {"trueup_update_", update_trigger},
    {"trueup_delete_", delete_trigger},
    {"trueup_replace_insert_", replace_insert_trigger},
    {"trueup_replace_update_", replace_update_trigger},
};

static char *
trigger_name(const TuCaptured *captured, guint index)
{
    return g_strconcat(triggers[index].prefix, captured->name, NULL);
}

/* The text that the database has for a trigger; NULL: it is not there. */
static const char *
installed_text(const TuCaptured *captured, const char *name)
{
    for (guint i = 0; i < captured->info->triggers->len; i++) {
        const TuTriggerInfo *trigger = g_ptr_array_index(captured->info->triggers, i);
        if (g_ascii_strcasecmp(trigger->name, name) == 0)
            return trigger->text;
    }
    return NULL;
}

char *
tu_capture_problem(const TuCaptured *captured)
{
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = trigger_name(captured, i);
        g_autofree char *wanted = triggers[i].text(captured, name);
        const char *installed = installed_text(captured, name);
        if (wanted != NULL && installed == NULL)
            return g_strdup_printf("trigger %s is gone", name);
        if (g_strcmp0(wanted, installed) != 0)
            return g_strdup_printf("trigger %s is not the one that table %s needs now", name,
                                   captured->name);
    }
    return NULL;
}

char *
tu_capture_digest(const TuCaptured *captured, gboolean as_installed)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = trigger_name(captured, i);
        g_autofree char *wanted = triggers[i].text(captured, name);
        const char *text = as_installed ? installed_text(captured, name) : wanted;
        g_checksum_update(checksum, (const guchar *)(text != NULL ? text : "-"), -1);
        g_checksum_update(checksum, (const guchar *)"\n", 1);
    }
    return g_strdup(g_checksum_get_string(checksum));
}

/* ---- the log ---- */

gboolean
tu_capture_log_differs(TuDatabase *db, const TuCaptured *captured, gboolean *ret_exists,
                       gboolean *ret_lacks_column, gboolean *ret_has_other_type, GError **error)
{
    g_autoptr(TuTableInfo) log = NULL;
    if (!tu_database_describe(db, captured->log, &log, error))
        return FALSE;
    *ret_exists = log != NULL;
    *ret_lacks_column = *ret_has_other_type = FALSE;
    for (guint i = 0; log != NULL && i < captured->columns->len; i++) {
        const TuColumnInfo *source = tu_table_info_column(captured->info, column(captured, i));
        const TuColumnInfo *known = tu_table_info_column(log, source->name);
        if (known == NULL)
            *ret_lacks_column = TRUE;
        else if (!g_str_equal(known->log_type, source->log_type))
            *ret_has_other_type = TRUE;
    }
    return TRUE;
}

static char *
create_log(TuDatabase *db, const TuCaptured *captured)
{
    const TuDialect *dialect = tu_database_dialect(db);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TABLE %I (trueup_id %s, trueup_weight %s", captured->log,
                  dialect->id_type, dialect->integer_type);
    for (guint i = 0; i < captured->columns->len; i++)
        tu_sql_append(sql, ", %I %s", column(captured, i),
                      tu_table_info_column(captured->info, column(captured, i))->log_type);
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* Entries written before the log had a column count as "look again": what they lack is then read
 * from the source (docs/correctness.md, I-7). */
static gboolean
plan_columns(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements, GError **error)
{
    g_autoptr(TuTableInfo) log = NULL;
    if (!tu_database_describe(db, captured->log, &log, error))
        return FALSE;
    for (guint i = 0; i < captured->columns->len; i++)
        if (tu_table_info_column(log, column(captured, i)) == NULL)
            g_ptr_array_add(
                statements,
                tu_sql_format("ALTER TABLE %I ADD COLUMN %I %s", captured->log,
                              column(captured, i),
                              tu_table_info_column(captured->info, column(captured, i))->log_type));
    g_ptr_array_add(statements, tu_sql_format("UPDATE %I SET trueup_weight = 0", captured->log));
    return TRUE;
}

static gboolean
plan_log(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements, GError **error)
{
    gboolean exists = FALSE;
    gboolean lacks_column = FALSE;
    gboolean has_other_type = FALSE;
    if (!tu_capture_log_differs(db, captured, &exists, &lacks_column, &has_other_type, error))
        return FALSE;
    if (exists && has_other_type)
        g_ptr_array_add(statements, tu_sql_format("DROP TABLE %I", captured->log));
    if (!exists || has_other_type)
        g_ptr_array_add(statements, create_log(db, captured));
    else if (lacks_column)
        return plan_columns(db, captured, statements, error);
    return TRUE;
}

gboolean
tu_capture_plan(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements, GError **error)
{
    g_autoptr(GPtrArray) creates = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = trigger_name(captured, i);
        char *wanted = triggers[i].text(captured, name);
        const char *installed = installed_text(captured, name);
        if (g_strcmp0(wanted, installed) == 0) {
            g_free(wanted);
            continue;
        }
        if (installed != NULL)
            g_ptr_array_add(statements, tu_sql_format("DROP TRIGGER %I", name));
        if (wanted != NULL)
            g_ptr_array_add(creates, wanted);
    }
    gboolean is_planned = plan_log(db, captured, statements, error);
    for (guint i = 0; i < creates->len; i++)
        g_ptr_array_add(statements, g_ptr_array_index(creates, i));
    return is_planned;
}

void
tu_capture_plan_release(const TuCaptured *captured, GPtrArray *statements)
{
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = trigger_name(captured, i);
        if (installed_text(captured, name) != NULL)
            g_ptr_array_add(statements, tu_sql_format("DROP TRIGGER %I", name));
    }
}

void
tu_capture_plan_forget(const char *table, GPtrArray *statements)
{
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = g_strconcat(triggers[i].prefix, table, NULL);
        g_ptr_array_add(statements, tu_sql_format("DROP TRIGGER IF EXISTS %I", name));
    }
    g_autofree char *log = g_strconcat("trueup_change_", table, NULL);
    g_ptr_array_add(statements, tu_sql_format("DROP TABLE IF EXISTS %I", log));
}
