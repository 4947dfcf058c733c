#include "schema/control.h"

#include "db/portable.h"
#include "db/sql.h"

/* "%K" stands for the growing key, "%M" for a name in a key, "%T" for text, "%N" for integers, "%R"
 * for a real, "%A" for an instant, "%W" for the one it is now, "%D" for a date, "%V" for a tenant
 * (of any type where columns have none, else its text). tenant_key says which tenant it is in a
 * key, NULL included: see tu_tenant_key. */
static const struct {
    const char *name;
    const char *kind;
    const char *columns;
    gboolean came_later; /* older installations lack it until `apply` */
} objects[] = {
    {"trueup_spec", "TABLE", "(digest %T NOT NULL, version %T NOT NULL, applied_at %A NOT NULL)"},
    {"trueup_group", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, turn %N NOT NULL, schema_version %N, worker %T)"},
    {"trueup_table", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, group_name %T NOT NULL, triggers %T NOT NULL, "
     "made_in %T, identity %T, unguarded_since %A, released_at %A, problem %T)"},
    {"trueup_summary", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, group_name %T NOT NULL, definition %T NOT NULL, "
     "drift %N NOT NULL DEFAULT 0)"},
    {"trueup_kept", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, summary %T NOT NULL, \"key\" %T NOT NULL, "
     "is_made %N NOT NULL)"},
    {"trueup_source", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, group_name %T NOT NULL, without_tenant %N NOT NULL DEFAULT 0, "
     "without_time %N NOT NULL DEFAULT 0, of_unknown_tenants %N NOT NULL DEFAULT 0, "
     "counted_at %A)"},
    {"trueup_build", "TABLE",
     "(id %K, summary %M NOT NULL, tenant %V, tenant_key %M NOT NULL, below %N NOT NULL, "
     "is_dropping %N NOT NULL, run_id %N)"},
    {"trueup_tenant", "TABLE",
     "(group_name %T NOT NULL, tenant %V, tenant_key %M NOT NULL, time_zone %T, error %T)"},
    {"trueup_zone", "TABLE", "(name %M NOT NULL PRIMARY KEY, digest %T NOT NULL)"},
    {"trueup_rules", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, digest %T NOT NULL, rules %T NOT NULL, edition %T, "
     "dated_us %N NOT NULL DEFAULT 0)",
     TRUE},
    {"trueup_rezone", "TABLE", "(id %N NOT NULL PRIMARY KEY, zone %M NOT NULL, rules %T NOT NULL)",
     TRUE},
    {"trueup_notice", "TABLE",
     "(group_name %M NOT NULL PRIMARY KEY, given %N NOT NULL, taken %N NOT NULL)", TRUE},
    {"trueup_pending", "TABLE",
     "(id %K, source %M NOT NULL, summary %M NOT NULL, tenant %V, tenant_key %M NOT NULL, "
     "bucket %M NOT NULL, attempts %N NOT NULL DEFAULT 0, next_attempt_at %A, error %T, "
     "noted_at %A NOT NULL, UNIQUE (source, summary, tenant_key, bucket))"},
    {"trueup_night", "TABLE",
     "(summary %M NOT NULL, zone %M NOT NULL, night %N NOT NULL, PRIMARY KEY (summary, zone))"},
    /* When something was last, where a row of the run log cannot say: see keep/build/moments.h. */
    {"trueup_moment", "TABLE",
     "(kind %M NOT NULL, name %M NOT NULL, at %A NOT NULL, PRIMARY KEY (kind, name))", TRUE},
    {"trueup_present", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, since %A NOT NULL, seen_at %A NOT NULL)", TRUE},
    {"trueup_run", "TABLE",
     "(id %K, kind %T NOT NULL, summary %T, tenant %T, range_from %D, range_to %D, "
     "status %T NOT NULL, started_at %A NOT NULL, finished_at %A, rows_read %N NOT NULL DEFAULT 0, "
     "cells_written %N NOT NULL DEFAULT 0, cells_drifted %N NOT NULL DEFAULT 0, worker %T, "
     "error %T)"},
    {"trueup_job", "TABLE",
     "(id %K, kind %T NOT NULL, summary %T, tenant %T, range_from %D, range_to %D, "
     "status %M NOT NULL DEFAULT 'PENDING' "
     "CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')), "
     "progress %R NOT NULL DEFAULT 0, attempts %N NOT NULL DEFAULT 0, requested_by %T, "
     "requested_at %A NOT NULL DEFAULT (%W), started_at %A, finished_at %A, seconds %R, error %T, "
     "worker %T, next_attempt_at %A, is_cancelling %N NOT NULL DEFAULT 0, "
     "claim %N NOT NULL DEFAULT 0, served %N NOT NULL DEFAULT 0, beat_at %A, "
     "groups_done %T, reached %N, run_id %N)",
     TRUE},
    /* What the workers of a job left of it: how many died at it since it got on, and what
     * they did. */
    {"trueup_worked", "TABLE",
     "(job %N NOT NULL PRIMARY KEY, deaths %N NOT NULL, cells_checked %N NOT NULL)", TRUE},
    {"trueup_pause", "TABLE",
     "(summary %M NOT NULL PRIMARY KEY, paused_at %A NOT NULL DEFAULT (%W), paused_by %T)", TRUE},
    {"trueup_boundary", "TABLE",
     "(summary %M NOT NULL, grain %M NOT NULL, removed_below %N, cleared_below %N, sealed_below "
     "%N, "
     "to_removed %N NOT NULL DEFAULT 0, to_sealed %N NOT NULL DEFAULT 0, first_to_sealed_at %A, "
     "PRIMARY KEY (summary, grain))",
     TRUE},
    {"trueup_part", "TABLE",
     "(table_name %M NOT NULL, name %M NOT NULL, identity %T NOT NULL, column_name %T, "
     "range_from %N, range_to %N, PRIMARY KEY (table_name, name))",
     TRUE},
    {"trueup_failing", "TABLE",
     "(summary %M NOT NULL, series %M NOT NULL, error %T NOT NULL, since %A NOT NULL, "
     "PRIMARY KEY (summary, series))",
     TRUE},
    {"trueup_keyed", "TABLE",
     "(name %M NOT NULL PRIMARY KEY, state_table %T NOT NULL, state_view %T NOT NULL, "
     "view_text %T, listing_since %A)",
     TRUE},
    {"trueup_parked", "VIEW",
     " AS SELECT summary, tenant, bucket, NULL AS \"key\", attempts, next_attempt_at, error "
     "FROM trueup_pending WHERE error IS NOT NULL"},
};

static const char *
type_of(const TuDialect *dialect, char letter)
{
    switch (letter) {
    case 'K':
        return dialect->id_type;
    case 'M':
        return dialect->name_type;
    case 'T':
        return dialect->text_type;
    case 'N':
        return dialect->integer_type;
    case 'R':
        return dialect->real_type;
    case 'A':
        return dialect->instant_type;
    case 'W':
        return dialect->now;
    case 'D':
        return dialect->date_type;
    case 'V':
        return dialect->has_dynamic_types ? "" : dialect->text_type;
    default:
        g_assert_not_reached();
    }
}

/* Names stay plain: the database makes them its own (db/portable.h). */
static char *
create_text(const TuDialect *dialect, guint index, const char *more)
{
    gboolean is_table = g_str_equal(objects[index].kind, "TABLE");
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "%s %s",
                           is_table ? "CREATE TABLE IF NOT EXISTS" : dialect->create_view,
                           objects[index].name);
    for (const char *c = objects[index].columns; *c != '\0'; c++) {
        if (*c == '%')
            g_string_append(sql, type_of(dialect, *++c));
        else
            g_string_append_c(sql, *c);
    }
    g_string_append(sql, more);
    if (is_table)
        g_string_append(sql, dialect->table_options);
    return g_string_free(sql, FALSE);
}

static gboolean
exists(TuDatabase *db, const char *name, gboolean *ret_exists, GError **error)
{
    g_autofree char *own = tu_database_control_name(db, name);
    return tu_database_has_table(db, own, ret_exists, error);
}

/* The statements as a person may run them: with the control schema's name before each table's. */
static char *
qualified(const TuDatabase *db, char *plain)
{
    g_autofree char *sql = plain;
    guint n = 0;
    return tu_sql_portable(sql, TU_PARAMETERS_NUMBERED, tu_database_control_schema(db), &n, NULL);
}

gboolean
tu_control_plan(TuDatabase *db, GPtrArray *statements, GError **error)
{
    const char *schema = tu_database_control_schema(db);
    gboolean is_there = FALSE;
    guint n_missing = 0;
    for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
        if (!exists(db, objects[i].name, &is_there, error))
            return FALSE;
        if (is_there)
            continue;
        if (n_missing++ == 0 && schema != NULL)
            g_ptr_array_add(statements, tu_sql_format("CREATE SCHEMA IF NOT EXISTS %I", schema));
        g_ptr_array_add(statements, qualified(db, create_text(tu_database_dialect(db), i, "")));
    }
    return TRUE;
}

void
tu_control_plan_view(TuDatabase *db, const char *name, const char *more, GPtrArray *statements)
{
    for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
        if (!g_str_equal(objects[i].name, name))
            continue;
        g_ptr_array_add(statements, qualified(db, g_strdup_printf("DROP VIEW IF EXISTS %s", name)));
        g_ptr_array_add(statements, qualified(db, create_text(tu_database_dialect(db), i, more)));
    }
}

gboolean
tu_control_missing(TuDatabase *db, guint *ret_missing, gboolean *ret_is_older, GError **error)
{
    guint n_missing = 0;
    gboolean is_older = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
        gboolean is_there = FALSE;
        if (!exists(db, objects[i].name, &is_there, error))
            return FALSE;
        n_missing += !is_there;
        is_older = is_older && (is_there || objects[i].came_later);
    }
    *ret_missing = n_missing;
    *ret_is_older = is_older && n_missing > 0;
    return TRUE;
}

gboolean
tu_control_exists(TuDatabase *db, gboolean *ret_exists, GError **error)
{
    return exists(db, "trueup_spec", ret_exists, error);
}

void
tu_control_plan_drop(TuDatabase *db, GPtrArray *statements)
{
    for (guint i = G_N_ELEMENTS(objects); i-- > 0;)
        g_ptr_array_add(statements,
                        qualified(db, g_strdup_printf("DROP %s IF EXISTS %s", objects[i].kind,
                                                      objects[i].name)));
}

void
tu_control_names(TuDatabase *db, GPtrArray *names)
{
    for (guint i = 0; i < G_N_ELEMENTS(objects); i++)
        g_ptr_array_add(names, tu_database_control_name(db, objects[i].name));
}
