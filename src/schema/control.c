#include "schema/control.h"

#include "db/sql.h"

/* "%K" stands for the growing key, "%T" for text, "%N" for integers, "%R" for reals; dates and
 * instants are text here. */
static const struct {
    const char *name;
    const char *kind;
    const char *columns;
} objects[] = {
    {"trueup_spec", "TABLE",
     "(digest %T NOT NULL, version %T NOT NULL, applied_at %T NOT NULL)"},
    {"trueup_group", "TABLE", "(name %T PRIMARY KEY, turn %N NOT NULL, schema_version %N)"},
    {"trueup_table", "TABLE",
     "(name %T PRIMARY KEY, group_name %T NOT NULL, triggers %T NOT NULL, unguarded_since %T, "
     "released_at %T, problem %T)"},
    {"trueup_summary", "TABLE",
     "(name %T PRIMARY KEY, group_name %T NOT NULL, definition %T NOT NULL, "
     "drift %N NOT NULL DEFAULT 0)"},
    {"trueup_kept", "TABLE",
     "(name %T PRIMARY KEY, summary %T NOT NULL, key %T NOT NULL, is_made %N NOT NULL)"},
    {"trueup_source", "TABLE",
     "(name %T PRIMARY KEY, group_name %T NOT NULL, without_tenant %N NOT NULL DEFAULT 0, "
     "without_time %N NOT NULL DEFAULT 0, of_unknown_tenants %N NOT NULL DEFAULT 0, "
     "counted_at %T)"},
    {"trueup_build", "TABLE",
     "(id %K, summary %T NOT NULL, tenant, below %N NOT NULL, is_dropping %N NOT NULL, "
     "run_id %N)"},
    {"trueup_tenant", "TABLE",
     "(group_name %T NOT NULL, tenant, time_zone %T, error %T)"},
    {"trueup_zone", "TABLE", "(name %T PRIMARY KEY, digest %T NOT NULL)"},
    {"trueup_pending", "TABLE",
     "(id %K, source %T NOT NULL, summary %T NOT NULL, tenant, bucket %T NOT NULL, "
     "attempts %N NOT NULL DEFAULT 0, next_attempt_at %T, error %T, noted_at %T NOT NULL)"},
    {"trueup_pending_key", "UNIQUE INDEX",
     "trueup_pending(source, summary, ifnull(tenant, 0), tenant IS NULL, bucket)"},
    {"trueup_night", "TABLE",
     "(summary %T NOT NULL, zone %T NOT NULL, night %N NOT NULL, PRIMARY KEY (summary, zone))"},
    {"trueup_run", "TABLE",
     "(id %K, kind %T NOT NULL, summary %T, tenant %T, range_from %T, range_to %T, "
     "status %T NOT NULL, started_at %T NOT NULL, finished_at %T, rows_read %N NOT NULL DEFAULT 0, "
     "cells_written %N NOT NULL DEFAULT 0, cells_drifted %N NOT NULL DEFAULT 0, worker %T, "
     "error %T)"},
    {"trueup_parked", "VIEW",
     " AS SELECT summary, tenant, bucket, NULL AS key, attempts, next_attempt_at, error "
     "FROM trueup_pending WHERE error IS NOT NULL"},
};

static char *
create_text(const TuDialect *dialect, guint index)
{
    static const char *const if_missing = "IF NOT EXISTS ";
    GString *sql = g_string_new(NULL);
    gboolean is_index = g_str_equal(objects[index].kind, "UNIQUE INDEX");
    g_string_append_printf(sql, "CREATE %s %s%s%s", objects[index].kind, if_missing,
                           objects[index].name, is_index ? " ON " : "");
    for (const char *c = objects[index].columns; *c != '\0'; c++) {
        if (*c != '%') {
            g_string_append_c(sql, *c);
            continue;
        }
        c++;
        g_string_append(sql, *c == 'K'   ? dialect->id_type
                             : *c == 'T' ? dialect->text_type
                             : *c == 'N' ? dialect->integer_type
                                         : dialect->real_type);
    }
    return g_string_free(sql, FALSE);
}

static gboolean
exists(TuDatabase *db, const char *name, gboolean *ret_exists, GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    if (!tu_database_describe(db, name, &info, error))
        return FALSE;
    *ret_exists = info != NULL;
    return TRUE;
}

/* An index comes with its table, which stands before it. */
gboolean
tu_control_plan(TuDatabase *db, GPtrArray *statements, GError **error)
{
    gboolean is_there = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
        gboolean is_index = g_str_equal(objects[i].kind, "UNIQUE INDEX");
        if (!is_index && !exists(db, objects[i].name, &is_there, error))
            return FALSE;
        if (!is_there)
            g_ptr_array_add(statements, create_text(tu_database_dialect(db), i));
    }
    return TRUE;
}

gboolean
tu_control_exists(TuDatabase *db, gboolean *ret_exists, GError **error)
{
    return exists(db, "trueup_spec", ret_exists, error);
}

gboolean
tu_control_drop(TuDatabase *db, GError **error)
{
    for (guint i = G_N_ELEMENTS(objects); i-- > 0;) {
        const char *kind = g_str_equal(objects[i].kind, "UNIQUE INDEX") ? "INDEX" : objects[i].kind;
        g_autofree char *sql = g_strdup_printf("DROP %s IF EXISTS %s", kind, objects[i].name);
        if (!tu_database_execute(db, sql, error))
            return FALSE;
    }
    return TRUE;
}
