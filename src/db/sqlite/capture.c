/*
 * Capture on SQLite: row triggers.
 *
 * A trigger writes the changed row's own columns, old and new, and nothing else. Weight 0 (look
 * again) is written where SQLite cannot say what will happen: before an INSERT or an UPDATE of a
 * unique key, for the rows that own the new key (a REPLACE would remove them without a trigger);
 * and for every change of a table whose own BEFORE triggers may change the row under way (F12).
 */
#include "db/sql.h"
#include "db/sqlite/sqlite.h"

typedef char *(*TriggerText)(const TuCaptureShape *shape, const char *name);

/* ---- pieces ---- */

static const char *
column(const TuCaptureShape *shape, guint i)
{
    return g_ptr_array_index(shape->columns, i);
}

static void
append_columns(GString *sql, const TuCaptureShape *shape)
{
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %I", column(shape, i));
}

/* (1, NEW."a", NEW."b") */
static void
append_image(GString *sql, const TuCaptureShape *shape, const char *row, int weight)
{
    tu_sql_append(sql, "(%d", shape->info->has_before_trigger ? 0 : weight);
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %s.%I", row, column(shape, i));
    g_string_append_c(sql, ')');
}

/* Row triggers: SQLite has no others. */
static GString *
begin_trigger(const TuCaptureShape *shape, const char *name, const char *moment)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TRIGGER %I %s ON %I", name, moment, shape->info->name);
    return sql;
}

/* Into plain columns without affinity: what was written is what is logged. */
static void
append_insert(GString *sql, const TuCaptureShape *shape)
{
    tu_sql_append(sql, "INSERT INTO %Q(trueup_weight", shape->log);
    append_columns(sql, shape);
    g_string_append(sql, ") ");
}

/* The image of one side with one weight. */
static char *
one_image_trigger(const TuCaptureShape *shape, const char *name, const char *moment,
                  const char *row, int weight)
{
    GString *sql = begin_trigger(shape, name, moment);
    g_string_append(sql, " BEGIN ");
    append_insert(sql, shape);
    g_string_append(sql, "VALUES ");
    append_image(sql, shape, row, weight);
    g_string_append(sql, "; END");
    return g_string_free(sql, FALSE);
}

/* ---- the triggers ---- */

static char *
insert_trigger(const TuCaptureShape *shape, const char *name)
{
    return one_image_trigger(shape, name, "AFTER INSERT", "NEW", 1);
}

static char *
delete_trigger(const TuCaptureShape *shape, const char *name)
{
    return one_image_trigger(shape, name, "AFTER DELETE", "OLD", -1);
}

/* Bytes decide, not the column's collation. Where the column converts nothing, 1 and 1.0 are two
 * values to an expression. No `UPDATE OF`: it does not see a key changed as rowid. */
static void
append_differs(GString *sql, const TuCaptureShape *shape)
{
    for (guint i = 0; i < shape->columns->len; i++) {
        const char *name = column(shape, i);
        tu_sql_append(sql, "%sOLD.%I IS NOT NEW.%I COLLATE BINARY", i == 0 ? "" : " OR ", name,
                      name);
        if (tu_table_info_column(shape->info, name)->kind == TU_TYPE_BLOB)
            tu_sql_append(sql, " OR typeof(OLD.%I) <> typeof(NEW.%I)", name, name);
    }
}

/* IS NOT, by bytes and types: nothing that an expression could tell apart is left out. */
static char *
update_trigger(const TuCaptureShape *shape, const char *name)
{
    if (shape->columns->len == 0)
        return NULL;
    GString *sql = begin_trigger(shape, name, "AFTER UPDATE");
    g_string_append(sql, " WHEN ");
    append_differs(sql, shape);
    g_string_append(sql, " BEGIN ");
    append_insert(sql, shape);
    g_string_append(sql, "VALUES ");
    append_image(sql, shape, "OLD", -1);
    g_string_append(sql, "; ");
    append_insert(sql, shape);
    g_string_append(sql, "VALUES ");
    append_image(sql, shape, "NEW", 1);
    g_string_append(sql, "; END");
    return g_string_free(sql, FALSE);
}

/* (SELECT expression FROM (SELECT NEW."a" AS "a", ...)): what an index on an expression will hold
 * of the row. */
static void
append_of_new(GString *sql, const TuCaptureShape *shape, const char *expression, const char *row)
{
    tu_sql_append(sql, "(SELECT %s FROM (SELECT ", expression);
    for (guint i = 0; i < shape->info->columns->len; i++) {
        const TuColumnInfo *info = g_ptr_array_index(shape->info->columns, i);
        tu_sql_append(sql, "%s%s.%I AS %I", i == 0 ? "" : ", ", row, info->name, info->name);
    }
    g_string_append(sql, "))");
}

/* "a" = NEW."a" AND "b" = NEW."b", compared as the key's index compares. A REPLACE puts the default
 * where NULL is given and must not be, after the trigger has seen the NULL. */
static void
append_key_equals(GString *sql, const TuCaptureShape *shape, const TuUniqueKey *key)
{
    for (guint i = 0; i < key->columns->len; i++) {
        const char *name = g_ptr_array_index(key->columns, i);
        const TuColumnInfo *info = name != NULL ? tu_table_info_column(shape->info, name) : NULL;
        g_string_append(sql, i == 0 ? "" : " AND ");
        if (info == NULL) {
            const char *expression = g_ptr_array_index(key->expressions, i);
            tu_sql_append(sql, "(%s) = ", expression);
            append_of_new(sql, shape, expression, "NEW");
        } else if (!info->is_nullable && info->default_text != NULL) {
            tu_sql_append(sql, "%I = ifnull(NEW.%I, %s)", name, name, info->default_text);
        } else {
            tu_sql_append(sql, "%I = NEW.%I", name, name);
        }
        tu_sql_append(sql, " COLLATE %s", (const char *)g_ptr_array_index(key->collations, i));
    }
}

/* A row that keeps its key can replace none but itself. */
static void
append_key_changes(GString *sql, const TuCaptureShape *shape, const TuUniqueKey *key)
{
    for (guint i = 0; i < key->columns->len; i++) {
        const char *name = g_ptr_array_index(key->columns, i);
        g_string_append(sql, i == 0 ? "" : " OR ");
        if (name != NULL) {
            tu_sql_append(sql, "NEW.%I IS NOT OLD.%I COLLATE BINARY", name, name);
            continue;
        }
        append_of_new(sql, shape, g_ptr_array_index(key->expressions, i), "NEW");
        g_string_append(sql, " IS NOT ");
        append_of_new(sql, shape, g_ptr_array_index(key->expressions, i), "OLD");
    }
}

/* INSERT INTO log SELECT 0, ... FROM table WHERE, up to the condition. */
static void
append_look_again(GString *sql, const TuCaptureShape *shape)
{
    append_insert(sql, shape);
    g_string_append(sql, "SELECT 0");
    append_columns(sql, shape);
    tu_sql_append(sql, " FROM %I WHERE ", shape->info->name);
}

/* An INTEGER PRIMARY KEY is the row's number itself. */
static gboolean
key_is_rowid(const TuCaptureShape *shape, const TuUniqueKey *key)
{
    if (!key->is_primary || key->columns->len != 1 || !shape->info->has_rowid)
        return FALSE;
    /* Where the key is the rowid, it has no index of its own. */
    return g_ptr_array_find_with_equal_func(shape->info->indexes, key->name, g_str_equal, NULL) ==
           FALSE;
}

static gboolean
has_rowid_key(const TuCaptureShape *shape)
{
    for (guint i = 0; i < shape->info->unique->len; i++)
        if (key_is_rowid(shape, g_ptr_array_index(shape->info->unique, i)))
            return TRUE;
    return FALSE;
}

/* A table may have a rowid that no column of it is; a REPLACE can still hit it. The name by which
 * SQL reaches it, NULL: there is none, or none that a column does not hide. */
static const char *
nameless_rowid(const TuCaptureShape *shape)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    if (!shape->info->has_rowid || has_rowid_key(shape))
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (tu_table_info_column(shape->info, names[i]) == NULL)
            return names[i];
    return NULL;
}

/* REPLACE removes the owners of the new key without a delete trigger: their images are written
 * before, with weight 0 (docs/correctness.md). */
static char *
replace_insert_trigger(const TuCaptureShape *shape, const char *name)
{
    const char *rowid = nameless_rowid(shape);
    if (shape->info->unique->len == 0 && rowid == NULL)
        return NULL;
    GString *sql = begin_trigger(shape, name, "BEFORE INSERT");
    g_string_append(sql, " BEGIN ");
    for (guint i = 0; i < shape->info->unique->len; i++) {
        append_look_again(sql, shape);
        append_key_equals(sql, shape, g_ptr_array_index(shape->info->unique, i));
        g_string_append(sql, "; ");
    }
    if (rowid != NULL) {
        append_look_again(sql, shape);
        tu_sql_append(sql, "%s = NEW.%s; ", rowid, rowid);
    }
    g_string_append(sql, "END");
    return g_string_free(sql, FALSE);
}

static char *
replace_update_trigger(const TuCaptureShape *shape, const char *name)
{
    const GPtrArray *keys = shape->info->unique;
    const char *rowid = nameless_rowid(shape);
    if (keys->len == 0 && rowid == NULL)
        return NULL;
    GString *sql = begin_trigger(shape, name, "BEFORE UPDATE");
    g_string_append(sql, " WHEN ");
    for (guint i = 0; i < keys->len; i++) {
        g_string_append(sql, i == 0 ? "" : " OR ");
        append_key_changes(sql, shape, g_ptr_array_index(keys, i));
    }
    if (rowid != NULL)
        tu_sql_append(sql, "%sNEW.%s <> OLD.%s", keys->len == 0 ? "" : " OR ", rowid, rowid);
    g_string_append(sql, " BEGIN ");
    for (guint i = 0; i < keys->len; i++) {
        append_look_again(sql, shape);
        append_key_equals(sql, shape, g_ptr_array_index(keys, i));
        g_string_append(sql, " AND (");
        append_key_changes(sql, shape, g_ptr_array_index(keys, i));
        g_string_append(sql, "); ");
    }
    if (rowid != NULL) {
        append_look_again(sql, shape);
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

/* As SQLite keeps it, byte for byte: what apply compares with. */
static const char *
installed_text(const TuTableInfo *info, const char *name)
{
    for (guint i = 0; i < info->triggers->len; i++) {
        const TuTriggerInfo *trigger = g_ptr_array_index(info->triggers, i);
        if (g_ascii_strcasecmp(trigger->name, name) == 0)
            return trigger->text;
    }
    return NULL;
}

GPtrArray *
tu_sqlite_capture_objects(TuDatabase *db, const TuCaptureShape *shape)
{
    GPtrArray *objects = tu_capture_objects_new();
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = g_strconcat(triggers[i].prefix, shape->info->name, NULL);
        TuCaptureObject *object = tu_capture_object_add(objects, name);
        object->wanted = triggers[i].text(shape, name);
        object->installed = g_strdup(installed_text(shape->info, name));
        if (object->wanted != NULL)
            g_ptr_array_add(object->create, g_strdup(object->wanted));
        g_ptr_array_add(object->drop, tu_sql_format("DROP TRIGGER %I", name));
    }
    return objects;
}

/* By name: whatever table they are on by now. */
void
tu_sqlite_capture_forget(TuDatabase *db, const char *table, const char *log, GPtrArray *statements)
{
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = g_strconcat(triggers[i].prefix, table, NULL);
        g_ptr_array_add(statements, tu_sql_format("DROP TRIGGER IF EXISTS %I", name));
    }
}
