/*
 * The triggers that write a table's change log on MariaDB.
 *
 *   INSERT  ──▶ (1, NEW.*)            DELETE ──▶ (-1, OLD.*)
 *   UPDATE  ──▶ (-1, OLD.*), (1, NEW.*)   where a logged column differs, by bytes
 *               (0, OLD.*), (0, NEW.*)    where a special column differs too: UPDATE IGNORE may
 *                                         refuse the row after the trigger saw it (F12)
 *   error   ──▶ (2): something changed that could not be written (F19)
 *
 * Nothing but INSERT ... VALUES, all rows of a change in one statement: any read, and any INSERT
 * ... SELECT, would take locks that other writers wait for (F2, F3).
 */
#include "db/mariadb/mariadb.h"

#include <string.h>
#include <xxhash.h>

#include "db/sql.h"

/* The longest name that MariaDB takes, in characters. */
#define NAME_CHARACTERS 64

/* ---- names ---- */

static const char *const events[] = {"INSERT", "UPDATE", "DELETE"};

/* "trueup_insert_flight"; a long table's name is cut and gets the hash of the whole. */
static char *
trigger_name(const char *event, const char *table)
{
    g_autofree char *lower = g_ascii_strdown(event, -1);
    g_autofree char *name = g_strdup_printf("trueup_%s_%s", lower, table);
    if (g_utf8_strlen(name, -1) <= NAME_CHARACTERS)
        return g_steal_pointer(&name);
    g_autofree char *hash = g_strdup_printf("_%08x", (guint)XXH3_64bits(table, strlen(table)));
    g_autofree char *head = g_utf8_substring(name, 0, NAME_CHARACTERS - (glong)strlen(hash));
    return g_strconcat(head, hash, NULL);
}

/* The part of a name before its dot, with the dot; "" where there is none. */
static char *
schema_prefix(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot != NULL ? g_strndup(name, (gsize)(dot + 1 - name)) : g_strdup("");
}

/* In a trigger a plain name means the table's own database. */
static char *
log_name(const TuMariadb *db, const TuCaptureShape *shape)
{
    gboolean is_elsewhere = strchr(shape->info->name, '.') != NULL;
    return is_elsewhere && strchr(shape->log, '.') == NULL
               ? g_strdup_printf("%s.%s", db->database, shape->log)
               : g_strdup(shape->log);
}

/* ---- bodies ---- */

/* What a copy of a value may raise: out of range, cut, not of the type or its character set, a
 * check (of JSON), a row too large. Deadlocks and the like stay the writer's. */
static const char handler[] =
    "DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025";

/* (1, NEW."a", NEW."b") */
static void
append_image(GString *sql, const TuCaptureShape *shape, const char *row, int weight)
{
    g_string_append_printf(sql, "(%d", weight);
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %s.%I", row, (const char *)g_ptr_array_index(shape->columns, i));
    g_string_append_c(sql, ')');
}

/* Plain VALUES: nothing is read and nothing is locked but the new row of the log, so no writer
 * waits. */
static void
append_insert(GString *sql, const TuCaptureShape *shape, const char *log)
{
    tu_sql_append(sql, "INSERT INTO %Q(trueup_weight", log);
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %I", (const char *)g_ptr_array_index(shape->columns, i));
    g_string_append(sql, ") VALUES ");
}

/* One INSERT for both: the old and the new image are never apart. */
static void
append_both_images(GString *sql, const TuCaptureShape *shape, const char *log, int weight)
{
    append_insert(sql, shape, log);
    append_image(sql, shape, "OLD", -weight);
    g_string_append(sql, ", ");
    append_image(sql, shape, "NEW", weight);
    g_string_append(sql, "; ");
}

/* TRUE where one of the columns changed; texts by their bytes, whatever the collation merges. */
static void
append_differs(GString *sql, const TuTableInfo *info, const GPtrArray *columns)
{
    for (guint i = 0; i < columns->len; i++) {
        const char *name = g_ptr_array_index(columns, i);
        const TuColumnInfo *column = tu_table_info_column(info, name);
        gboolean is_text = column != NULL && column->kind == TU_TYPE_TEXT;
        const char *bytes = is_text ? "BINARY " : "";
        tu_sql_append(sql, "%sNOT (%sOLD.%I <=> %sNEW.%I)", i == 0 ? "" : " OR ", bytes, name,
                      bytes, name);
    }
}

/* An update that changes none of the logged columns, by their bytes, writes nothing. */
static void
append_update(GString *sql, const TuCaptureShape *shape, const char *log)
{
    gboolean has_special = shape->info->special_columns->len > 0;
    g_string_append(sql, "IF ");
    append_differs(sql, shape->info, shape->columns);
    g_string_append(sql, " THEN ");
    if (has_special) {
        g_string_append(sql, "IF ");
        append_differs(sql, shape->info, shape->info->special_columns);
        g_string_append(sql, " THEN ");
        append_both_images(sql, shape, log, 0);
        g_string_append(sql, "ELSE ");
    }
    append_both_images(sql, shape, log, 1);
    g_string_append(sql, has_special ? "END IF; END IF; " : "END IF; ");
}

/* NULL: the table needs no such trigger. */
static char *
trigger_body(const TuCaptureShape *shape, const char *event, const char *log)
{
    gboolean is_update = g_str_equal(event, "UPDATE");
    gboolean is_insert = g_str_equal(event, "INSERT");
    if (is_update && shape->columns->len == 0)
        return NULL;
    GString *sql = g_string_new("BEGIN ");
    tu_sql_append(sql, "%s INSERT INTO %Q(trueup_weight) VALUES (2); ", handler, log);
    if (is_update) {
        append_update(sql, shape, log);
    } else {
        append_insert(sql, shape, log);
        append_image(sql, shape, is_insert ? "NEW" : "OLD", is_insert ? 1 : -1);
        g_string_append(sql, "; ");
    }
    g_string_append(sql, "END");
    return g_string_free(sql, FALSE);
}

/* ---- objects ---- */

/* The text that the database has for a trigger; NULL: it is not there. */
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

/* What should be there, what is there, and the statements that make the one the other. */
static void
add_object(const TuMariadb *db, const TuCaptureShape *shape, const char *event, GPtrArray *objects)
{
    g_auto(TuMariadbName) parts = tu_mariadb_name(db, shape->info->name);
    g_autofree char *name = trigger_name(event, parts.table);
    g_autofree char *schema = schema_prefix(shape->info->name);
    g_autofree char *qualified = g_strconcat(schema, name, NULL);
    g_autofree char *log = log_name(db, shape);
    g_autofree char *body = trigger_body(shape, event, log);
    const char *installed = installed_text(shape->info, name);
    TuCaptureObject *object = tu_capture_object_add(objects, name);
    object->installed = g_strdup(installed);
    object->create_replaces = body != NULL; /* no moment without one (DDL commits by itself) */
    g_ptr_array_add(object->drop, tu_sql_format("DROP TRIGGER IF EXISTS %Q", qualified));
    if (body == NULL)
        return;
    object->wanted = tu_mariadb_trigger_text("AFTER", event, TU_MARIADB_SQL_MODE, body, "");
    /* It may be on another table: one that was renamed (a swap) took it along. */
    if (installed == NULL)
        g_ptr_array_add(object->create, tu_sql_format("DROP TRIGGER IF EXISTS %Q", qualified));
    g_ptr_array_add(object->create,
                    tu_sql_format("CREATE OR REPLACE TRIGGER %Q AFTER %s ON %Q FOR EACH ROW %s",
                                  qualified, event, shape->info->name, body));
}

/* AFTER triggers only: a BEFORE trigger would see a row that another one may still change. */
GPtrArray *
tu_mariadb_capture_objects(TuDatabase *base, const TuCaptureShape *shape)
{
    GPtrArray *objects = tu_capture_objects_new();
    for (guint i = 0; i < G_N_ELEMENTS(events); i++)
        add_object((const TuMariadb *)base, shape, events[i], objects);
    return objects;
}

/* A trigger keeps its name and its database when its table gets another name. */
void
tu_mariadb_capture_forget(TuDatabase *base, const char *table, const char *log,
                          GPtrArray *statements)
{
    g_auto(TuMariadbName) parts = tu_mariadb_name((const TuMariadb *)base, table);
    g_autofree char *schema = schema_prefix(table);
    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autofree char *name = trigger_name(events[i], parts.table);
        g_autofree char *qualified = g_strconcat(schema, name, NULL);
        g_ptr_array_add(statements, tu_sql_format("DROP TRIGGER IF EXISTS %Q", qualified));
    }
}
