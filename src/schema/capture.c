#include "schema/capture.h"

#include <string.h>

#include "db/sql.h"

static TuCaptureShape
shape_of(const TuCaptured *captured)
{
    return (TuCaptureShape){captured->info, captured->log, captured->columns};
}

static GPtrArray *
objects_of(TuDatabase *db, const TuCaptured *captured)
{
    TuCaptureShape shape = shape_of(captured);
    return tu_database_capture_objects(db, &shape);
}

/* What is wrong with one object; NULL: nothing. */
static char *
problem_of(const TuCaptureObject *object, const TuCaptured *captured)
{
    if (object->stray != NULL)
        return g_strdup_printf("table %s still has a trigger of table %s, of which it is no part",
                               object->stray, captured->name);
    if (object->wanted != NULL && object->installed == NULL)
        return g_strdup_printf("trigger %s is gone", object->name);
    if (g_strcmp0(object->wanted, object->installed) != 0)
        return g_strdup_printf("trigger %s is not the one that table %s needs now", object->name,
                               captured->name);
    return NULL;
}

/* What is the table's own matter: not that of a part, or of a table that was one. */
static gboolean
is_own(const TuCaptureObject *object)
{
    return object->part == NULL && (object->stray == NULL || !object->is_quiet);
}

static char *
find_problem(TuDatabase *db, const TuCaptured *captured, gboolean only_own)
{
    g_autoptr(GPtrArray) objects = objects_of(db, captured);
    for (guint i = 0; i < objects->len; i++) {
        const TuCaptureObject *object = g_ptr_array_index(objects, i);
        char *problem = !only_own || is_own(object) ? problem_of(object, captured) : NULL;
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

char *
tu_capture_problem(TuDatabase *db, const TuCaptured *captured)
{
    return find_problem(db, captured, FALSE);
}

char *
tu_capture_own_problem(TuDatabase *db, const TuCaptured *captured)
{
    return find_problem(db, captured, TRUE);
}

char *
tu_capture_digest(TuDatabase *db, const TuCaptured *captured, gboolean as_installed)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GPtrArray) objects = objects_of(db, captured);
    for (guint i = 0; i < objects->len; i++) {
        const TuCaptureObject *object = g_ptr_array_index(objects, i);
        const char *text = as_installed ? object->installed : object->wanted;
        if (!is_own(object) || (object->stray != NULL && !as_installed))
            continue;
        g_checksum_update(checksum, (const guchar *)(text != NULL ? text : "-"), -1);
        g_checksum_update(checksum, (const guchar *)"\n", 1);
    }
    return g_strdup(g_checksum_get_string(checksum));
}

gboolean
tu_capture_parts(TuDatabase *db, const TuCaptured *captured, GPtrArray **ret_parts, GError **error)
{
    TuCaptureShape shape = shape_of(captured);
    return tu_database_capture_parts(db, &shape, ret_parts, error);
}

gboolean
tu_capture_identity(TuDatabase *db, const TuCaptured *captured, char **ret_made_in,
                    char **ret_identity, GError **error)
{
    TuCaptureShape shape = shape_of(captured);
    g_autofree char *control = tu_database_control_name(db, "trueup_table");
    return tu_database_capture_identity(db, &shape, control, ret_made_in, ret_identity, error);
}

gboolean
tu_capture_is_other(const char *noted_in, const char *noted, const char *made_in,
                    const char *identity)
{
    return noted != NULL && identity != NULL && g_strcmp0(noted_in, made_in) == 0 &&
           !g_str_equal(noted, identity);
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
        const TuColumnInfo *source = tu_table_info_column(
            captured->info, (const char *)g_ptr_array_index(captured->columns, i));
        const TuColumnInfo *known = tu_table_info_column(log, source->name);
        if (known == NULL)
            *ret_lacks_column = TRUE;
        else if (!g_str_equal(known->log_type, source->log_type))
            *ret_has_other_type = TRUE;
    }
    /* A default that is no constant comes with the table, or not at all. */
    if (log != NULL && captured->has_time && tu_table_info_column(log, "trueup_at") == NULL) {
        gboolean is_served = tu_database_dialect(db)->is_served;
        *(is_served ? ret_lacks_column : ret_has_other_type) = TRUE;
    }
    return TRUE;
}

/* Triggers do not name it: the database fills it in. */
static void
append_time(GString *sql, const TuDialect *dialect)
{
    tu_sql_append(sql, ", trueup_at %s DEFAULT (%s)", dialect->instant_type, dialect->now);
}

static char *
create_log(TuDatabase *db, const TuCaptured *captured, const char *create)
{
    const TuDialect *dialect = tu_database_dialect(db);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "%s %Q (", create, captured->log);
    if (dialect->has_entry_column)
        tu_sql_append(sql, "trueup_id %s, ", dialect->id_type);
    tu_sql_append(sql, "trueup_weight %s", dialect->weight_type);
    for (guint i = 0; i < captured->columns->len; i++)
        tu_sql_append(sql, ", %I %s", (const char *)g_ptr_array_index(captured->columns, i),
                      tu_table_info_column(captured->info,
                                           (const char *)g_ptr_array_index(captured->columns, i))
                          ->log_type);
    if (captured->has_time)
        append_time(sql, dialect);
    tu_sql_append(sql, ")%s", dialect->table_options);
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
        if (tu_table_info_column(log, (const char *)g_ptr_array_index(captured->columns, i)) ==
            NULL)
            g_ptr_array_add(
                statements,
                tu_sql_format("ALTER TABLE %Q ADD COLUMN %I %s", captured->log,
                              (const char *)g_ptr_array_index(captured->columns, i),
                              tu_table_info_column(captured->info, (const char *)g_ptr_array_index(
                                                                       captured->columns, i))
                                  ->log_type));
    if (captured->has_time && tu_table_info_column(log, "trueup_at") == NULL) {
        g_autoptr(GString) time = g_string_new(NULL);
        append_time(time, tu_database_dialect(db));
        g_ptr_array_add(statements, tu_sql_format("ALTER TABLE %Q ADD COLUMN %s", captured->log,
                                                  time->str + strlen(", ")));
    }
    g_ptr_array_add(
        statements,
        tu_sql_format("UPDATE %Q SET trueup_weight = 0 WHERE trueup_weight <> 2", captured->log));
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
    /* Where DDL commits by itself, writers must not find the log gone for a moment. */
    gboolean commits = tu_database_dialect(db)->ddl_commits;
    if (exists && has_other_type && !commits)
        g_ptr_array_add(statements, tu_sql_format("DROP TABLE %Q", captured->log));
    if (!exists || has_other_type)
        g_ptr_array_add(statements,
                        create_log(db, captured,
                                   exists && commits ? "CREATE OR REPLACE TABLE" : "CREATE TABLE"));
    else if (lacks_column)
        return plan_columns(db, captured, statements, error);
    return TRUE;
}

static void
move_all(GPtrArray *from, GPtrArray *to)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
}

gboolean
tu_capture_plan(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements, GError **error)
{
    g_autoptr(GPtrArray) objects = objects_of(db, captured);
    g_autoptr(GPtrArray) creates = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < objects->len; i++) {
        TuCaptureObject *object = g_ptr_array_index(objects, i);
        if (g_strcmp0(object->wanted, object->installed) == 0)
            continue;
        if (object->installed != NULL && (object->wanted == NULL || !object->create_replaces))
            move_all(object->drop, statements);
        if (object->wanted != NULL)
            move_all(object->create, creates);
    }
    if (!plan_log(db, captured, statements, error))
        return FALSE;
    move_all(creates, statements);
    return TRUE;
}

void
tu_capture_plan_release(TuDatabase *db, const TuCaptured *captured, GPtrArray *statements)
{
    g_autoptr(GPtrArray) objects = objects_of(db, captured);
    for (guint i = 0; i < objects->len; i++) {
        TuCaptureObject *object = g_ptr_array_index(objects, i);
        if (object->installed != NULL)
            move_all(object->drop, statements);
    }
}

char *
tu_capture_log_name(TuDatabase *db, const char *table)
{
    g_autofree char *plain = tu_sql_short_name("trueup_change_", table);
    return tu_database_control_name(db, plain);
}

void
tu_capture_plan_forget(TuDatabase *db, const char *table, GPtrArray *statements)
{
    g_autofree char *log = tu_capture_log_name(db, table);
    tu_database_capture_forget(db, table, log, statements);
    g_ptr_array_add(statements, tu_sql_format("DROP TABLE IF EXISTS %Q", log));
}
