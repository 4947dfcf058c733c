/*
 * What is known of a table: made by drivers, read by everybody.
 */
#include "db/database.h"

/* ---- types ---- */

void
tu_sql_type_clear(TuSqlType *type)
{
    g_clear_pointer(&type->column, g_free);
}

TuSqlType
tu_sql_type_copy(const TuSqlType *type)
{
    TuSqlType copy = *type;
    copy.column = g_strdup(type->column);
    return copy;
}

/* ---- parts ---- */

static void
column_free(gpointer data)
{
    TuColumnInfo *column = data;
    g_free(column->name);
    g_free(column->declared_type);
    g_free(column->log_type);
    g_free(column->default_text);
    tu_sql_type_clear(&column->type);
    g_free(column);
}

static void
key_free(gpointer data)
{
    TuUniqueKey *key = data;
    g_free(key->name);
    g_ptr_array_unref(key->columns);
    g_ptr_array_unref(key->collations);
    g_ptr_array_unref(key->expressions);
    g_free(key);
}

static void
part_free(gpointer data)
{
    TuTablePart *part = data;
    g_free(part->name);
    g_free(part);
}

static void
trigger_free(gpointer data)
{
    TuTriggerInfo *trigger = data;
    g_free(trigger->name);
    g_free(trigger->table);
    g_free(trigger->text);
    g_free(trigger);
}

static void
hazard_free(gpointer data)
{
    TuHazard *hazard = data;
    g_free(hazard->message);
    g_free(hazard->help);
    g_free(hazard);
}

GPtrArray *
tu_hazards_new(void)
{
    return g_ptr_array_new_with_free_func(hazard_free);
}

/* Takes both texts. */
void
tu_hazard_add(GPtrArray *hazards, gboolean is_error, gboolean is_of_capture, char *message,
              char *help)
{
    TuHazard *hazard = g_new0(TuHazard, 1);
    hazard->is_error = is_error;
    hazard->is_of_capture = is_of_capture;
    hazard->message = message;
    hazard->help = help;
    g_ptr_array_add(hazards, hazard);
}

/* ---- the table ---- */

/* Knows nothing yet: -1 rows is "no estimate", which is not an empty table. */
TuTableInfo *
tu_table_info_new(const char *name)
{
    TuTableInfo *info = g_new0(TuTableInfo, 1);
    info->name = g_strdup(name);
    info->n_rows = -1;
    info->columns = g_ptr_array_new_with_free_func(column_free);
    info->unique = g_ptr_array_new_with_free_func(key_free);
    info->triggers = g_ptr_array_new_with_free_func(trigger_free);
    info->indexes = g_ptr_array_new_with_free_func(g_free);
    info->parts = g_ptr_array_new_with_free_func(part_free);
    info->strays = g_ptr_array_new_with_free_func(trigger_free);
    info->special_columns = g_ptr_array_new_with_free_func(g_free);
    info->hazards = tu_hazards_new();
    return info;
}

void
tu_table_info_free(TuTableInfo *info)
{
    if (info == NULL)
        return;
    g_free(info->name);
    g_free(info->full_name);
    g_free(info->create_text);
    g_ptr_array_unref(info->columns);
    g_ptr_array_unref(info->unique);
    g_ptr_array_unref(info->triggers);
    g_ptr_array_unref(info->indexes);
    g_ptr_array_unref(info->parts);
    g_ptr_array_unref(info->strays);
    g_ptr_array_unref(info->special_columns);
    g_ptr_array_unref(info->hazards);
    g_free(info->hidden);
    g_free(info->missed);
    g_free(info);
}

/* The scale is unknown until a driver says it: 0 would be a decimal without digits. */
TuColumnInfo *
tu_table_info_add_column(TuTableInfo *info, const char *name)
{
    TuColumnInfo *column = g_new0(TuColumnInfo, 1);
    column->name = g_strdup(name);
    column->type.scale = -1;
    g_ptr_array_add(info->columns, column);
    return column;
}

TuUniqueKey *
tu_table_info_add_key(TuTableInfo *info, const char *name, gboolean is_primary)
{
    TuUniqueKey *key = g_new0(TuUniqueKey, 1);
    key->name = g_strdup(name);
    key->columns = g_ptr_array_new_with_free_func(g_free);
    key->collations = g_ptr_array_new_with_free_func(g_free);
    key->expressions = g_ptr_array_new_with_free_func(g_free);
    key->is_primary = is_primary;
    g_ptr_array_add(info->unique, key);
    return key;
}

/* A trigger names the table that it is on: a part's triggers are listed with the whole. */
static TuTriggerInfo *
add_trigger(GPtrArray *triggers, const char *name, const char *table, const char *text)
{
    TuTriggerInfo *trigger = g_new0(TuTriggerInfo, 1);
    trigger->name = g_strdup(name);
    trigger->table = g_strdup(table);
    trigger->text = g_strdup(text);
    g_ptr_array_add(triggers, trigger);
    return trigger;
}

void
tu_table_info_add_trigger(TuTableInfo *info, const char *name, const char *table, const char *text)
{
    add_trigger(info->triggers, name, table, text);
}

TuTriggerInfo *
tu_table_info_add_stray(TuTableInfo *info, const char *name, const char *table, const char *text)
{
    return add_trigger(info->strays, name, table, text);
}

void
tu_table_info_add_part(TuTableInfo *info, const char *name, gboolean is_partition)
{
    TuTablePart *part = g_new0(TuTablePart, 1);
    part->name = g_strdup(name);
    part->is_partition = is_partition;
    g_ptr_array_add(info->parts, part);
}

/* Exactly so named, else the first that differs by case only: databases fold the case of names that
 * the spec does not quote, each in its own way. */
const TuColumnInfo *
tu_table_info_column(const TuTableInfo *info, const char *column)
{
    const TuColumnInfo *near = NULL;
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *candidate = g_ptr_array_index(info->columns, i);
        if (g_str_equal(candidate->name, column))
            return candidate;
        if (near == NULL && g_ascii_strcasecmp(candidate->name, column) == 0)
            near = candidate;
    }
    return near;
}

/* ---- capture objects ---- */

static void
object_free(gpointer data)
{
    TuCaptureObject *object = data;
    g_free(object->name);
    g_free(object->wanted);
    g_free(object->installed);
    g_free(object->part);
    g_free(object->stray);
    g_ptr_array_unref(object->create);
    g_ptr_array_unref(object->drop);
    g_free(object);
}

GPtrArray *
tu_capture_objects_new(void)
{
    return g_ptr_array_new_with_free_func(object_free);
}

TuCaptureObject *
tu_capture_object_add(GPtrArray *objects, const char *name)
{
    TuCaptureObject *object = g_new0(TuCaptureObject, 1);
    object->name = g_strdup(name);
    object->create = g_ptr_array_new_with_free_func(g_free);
    object->drop = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(objects, object);
    return object;
}

/* ---- parts of a captured table ---- */

static void
capture_part_free(gpointer data)
{
    TuCapturePart *part = data;
    g_free(part->name);
    g_free(part->identity);
    g_free(part->column);
    g_free(part);
}

GPtrArray *
tu_capture_parts_new(void)
{
    return g_ptr_array_new_with_free_func(capture_part_free);
}

/* A part holds all times until its driver knows better. */
TuCapturePart *
tu_capture_part_add(GPtrArray *parts, const char *name, const char *identity)
{
    TuCapturePart *part = g_new0(TuCapturePart, 1);
    part->name = g_strdup(name);
    part->identity = g_strdup(identity);
    part->from = G_MININT64;
    part->to = G_MAXINT64;
    g_ptr_array_add(parts, part);
    return part;
}
