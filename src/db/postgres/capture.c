/*
 * Capture on PostgreSQL: statement triggers that copy their transition tables into the log.
 *
 *   INSERT   rows that came      +1         on the table and on each partition and child: a
 *   DELETE   rows that went      -1         statement fires only the triggers of the table that it
 *   UPDATE   both, where they    -1, +1     names, and its transition tables hold the rows of all
 *            differ                         (F23), so nothing is written twice
 *   TRUNCATE the rows there are  -1         fires for every table that it empties, before it does
 *
 * A function (postgres/body.c) reads nothing but those rows and writes nothing but the log: as its
 * owner (F17), with an empty search_path, without a sequence (F18) or NOTIFY (F16).
 *
 * Triggers stay with their table when it is renamed or detached. One that is on a table of another
 * family is a stray: the capture of the table whose log it writes to must drop it. Those of a
 * partition know by an argument that they are one's, and write nothing once it is none.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/sql.h"

/* Names in the log's way of pg_trigger: what follows "type=" are the bits of tgtype. */
typedef struct {
    const char *prefix;    /* of the trigger's and the function's name */
    const char *event;     /* AFTER INSERT */
    const char *type;      /* tgtype */
    const char *old, *new; /* transition tables; NULL: none */
    const char *settings;  /* of the function, as CREATE FUNCTION takes them */
    const char *proconfig; /* as the catalog has them */
    void (*append_body)(GString *sql, const TuPostgresBody *body);
} Trigger;

/* One of each for every table and part. tgtype: 2 before, 4 insert, 8 delete, 16 update, 32
 * truncate. */
static const Trigger triggers[] = {
    {"trueup_insert_", "AFTER INSERT", "4", NULL, "trueup_new", "SET search_path = ''",
     "search_path=\"\"", tu_postgres_insert_body},
    {"trueup_update_", "AFTER UPDATE", "16", "trueup_old", "trueup_new", "SET search_path = ''",
     "search_path=\"\"", tu_postgres_update_body},
    {"trueup_delete_", "AFTER DELETE", "8", "trueup_old", NULL, "SET search_path = ''",
     "search_path=\"\"", tu_postgres_delete_body},
    {"trueup_truncate_", "BEFORE TRUNCATE", "34", NULL, NULL,
     "SET search_path = '' SET row_security = off", "search_path=\"\",row_security=off",
     tu_postgres_truncate_body},
};

/* ---- names ---- */

/* Where the log is, functions are: "public" of "trueup_change_flight". */
static char *
schema_of(const TuPostgres *db, const char *log)
{
    const char *dot = strrchr(log, '.');
    if (dot != NULL)
        return g_strndup(log, (gsize)(dot - log));
    return g_strdup(db->schema != NULL ? db->schema : "public");
}

/* "public"."trueup_change_flight", quoted */
static char *
qualified_log(const TuPostgres *db, const char *log)
{
    g_autofree char *schema = schema_of(db, log);
    const char *dot = strrchr(log, '.');
    return tu_sql_format("%I.%I", schema, dot != NULL ? dot + 1 : log);
}

/* Beside the log, in its schema: the trigger functions are trueup's, the table is not. */
static char *
function_of(const TuPostgres *db, const char *log, const char *name)
{
    g_autofree char *schema = schema_of(db, log);
    return tu_sql_format("%I.%I", schema, name);
}

char *
tu_postgres_capture_functions(TuPostgres *db, const char *table)
{
    g_autofree char *plain = tu_sql_short_name("trueup_change_", table);
    g_autofree char *log = tu_database_control_name(&db->base, plain);
    g_autoptr(GPtrArray) functions = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = tu_sql_short_name(triggers[i].prefix, table);
        g_autofree char *function = function_of(db, log, name);
        g_ptr_array_add(functions, g_strconcat(function, "()", NULL));
    }
    return tu_postgres_text_array(functions);
}

/* ---- objects ---- */

typedef struct {
    const TuCaptureShape *shape;
    const Trigger *trigger;
    char *name;     /* the trigger's, and the function's in the log's schema */
    char *function; /* quoted, with its schema */
    char *body;
} Wanted;

static void
wanted_clear(Wanted *wanted)
{
    g_free(wanted->name);
    g_free(wanted->function);
    g_free(wanted->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static void
wanted_init(Wanted *wanted, TuPostgres *db, const TuCaptureShape *shape, const Trigger *trigger)
{
    const TuTableInfo *info = shape->info;
    g_autofree char *log = qualified_log(db, shape->log);
    g_autofree char *table =
        tu_postgres_quote_table(info->full_name != NULL ? info->full_name : info->name);
    TuPostgresBody body = {shape, table, log};
    g_autoptr(GString) text = g_string_new("\n");
    trigger->append_body(text, &body);
    wanted->shape = shape;
    wanted->trigger = trigger;
    wanted->name = tu_sql_short_name(trigger->prefix, info->name);
    wanted->function = function_of(db, shape->log, wanted->name);
    wanted->body = g_strdup(text->str);
}

/* The same text as postgres/describe.c makes of the catalog. */
static char *
wanted_text(const Wanted *wanted, const TuTablePart *part)
{
    const Trigger *trigger = wanted->trigger;
    return g_strdup_printf("enabled=A type=%s args=%d old=%s new=%s when=f columns= function=%s\n"
                           "definer=t settings=%s\n%s",
                           trigger->type, part != NULL && part->is_partition ? 1 : 0,
                           trigger->old != NULL ? trigger->old : "",
                           trigger->new != NULL ? trigger->new : "", wanted->function,
                           trigger->proconfig, wanted->body);
}

/* A quote that the body does not end: a column's name may hold anything. */
static char *
quote_of(const char *body)
{
    g_autoptr(GString) quote = g_string_new("$trueup$");
    for (guint i = 1; strstr(body, quote->str) != NULL; i++)
        g_string_printf(quote, "$trueup%u$", i);
    return g_strdup(quote->str);
}

/* SECURITY DEFINER: writers need no right on the log. An empty search_path: nobody's function or
 * table can be put in front of what is named. */
static char *
create_function(const Wanted *wanted)
{
    g_autofree char *quote = quote_of(wanted->body);
    return g_strdup_printf("CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql "
                           "SECURITY DEFINER %s AS %s%s%s",
                           wanted->function, wanted->trigger->settings, quote, wanted->body, quote);
}

/* ENABLE ALWAYS comes behind it: it fires in the replica role too. */
static char *
create_trigger(const Wanted *wanted, const char *table, const TuTablePart *part)
{
    const Trigger *trigger = wanted->trigger;
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE OR REPLACE TRIGGER %I %s ON %Q", wanted->name, trigger->event,
                  table);
    if (trigger->old != NULL || trigger->new != NULL)
        g_string_append(sql, " REFERENCING");
    if (trigger->old != NULL)
        g_string_append_printf(sql, " OLD TABLE AS %s", trigger->old);
    if (trigger->new != NULL)
        g_string_append_printf(sql, " NEW TABLE AS %s", trigger->new);
    g_string_append_printf(sql, " FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)", wanted->function,
                           part != NULL && part->is_partition ? "'part'" : "");
    return g_string_free(sql, FALSE);
}

/* What the server has, in the form in which `wanted` is written. */
static const char *
installed_text(const TuTableInfo *info, const char *name, const char *table)
{
    for (guint i = 0; i < info->triggers->len; i++) {
        const TuTriggerInfo *trigger = g_ptr_array_index(info->triggers, i);
        if (g_str_equal(trigger->name, name) && g_str_equal(trigger->table, table))
            return trigger->text;
    }
    return NULL;
}

/* The function comes with the table's own trigger; those of its parts call the same. An update of a
 * table none of whose columns is read changes nothing. `part` NULL: the table itself. */
static void
add_object(GPtrArray *objects, const Wanted *wanted, const TuTablePart *part)
{
    const TuTableInfo *info = wanted->shape->info;
    const char *table = part != NULL ? part->name : info->name;
    gboolean is_needed =
        wanted->shape->columns->len > 0 || wanted->trigger->append_body != tu_postgres_update_body;
    g_autofree char *shown =
        part == NULL ? g_strdup(wanted->name) : g_strdup_printf("%s on %s", wanted->name, table);
    TuCaptureObject *object = tu_capture_object_add(objects, shown);
    object->part = part != NULL ? g_strdup(table) : NULL;
    object->wanted = is_needed ? wanted_text(wanted, part) : NULL;
    object->installed = g_strdup(installed_text(info, wanted->name, table));
    if (is_needed && part == NULL) {
        g_ptr_array_add(object->create, create_function(wanted));
        g_ptr_array_add(object->create, g_strdup_printf("REVOKE ALL ON FUNCTION %s() FROM PUBLIC",
                                                        wanted->function));
    }
    if (is_needed) {
        g_ptr_array_add(object->create, create_trigger(wanted, table, part));
        g_ptr_array_add(object->create, tu_sql_format("ALTER TABLE %s%Q ENABLE ALWAYS TRIGGER %I",
                                                      "ONLY ", table, wanted->name));
    }
    g_ptr_array_add(object->drop,
                    tu_sql_format("DROP TRIGGER IF EXISTS %I ON %Q", wanted->name, table));
}

/* A trigger of ours on a table that is not ours any more (a swap, DETACH): apply takes it off. */
static void
add_stray(GPtrArray *objects, const TuTriggerInfo *stray)
{
    g_autofree char *shown = g_strdup_printf("%s on %s", stray->name, stray->table);
    TuCaptureObject *object = tu_capture_object_add(objects, shown);
    object->stray = g_strdup(stray->table);
    object->is_quiet = stray->is_of_part;
    object->installed = g_strdup(stray->text);
    g_ptr_array_add(object->drop,
                    tu_sql_format("DROP TRIGGER IF EXISTS %I ON %Q", stray->name, stray->table));
}

/* For the table and every part: statement triggers with transition tables fire where the statement
 * was aimed, at the parent or at a part. */
GPtrArray *
tu_postgres_capture_objects(TuDatabase *base, const TuCaptureShape *shape)
{
    const TuTableInfo *info = shape->info;
    GPtrArray *objects = tu_capture_objects_new();
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_auto(Wanted) wanted = {0};
        wanted_init(&wanted, (TuPostgres *)base, shape, &triggers[i]);
        add_object(objects, &wanted, NULL);
        for (guint p = 0; p < info->parts->len; p++)
            add_object(objects, &wanted, g_ptr_array_index(info->parts, p));
    }
    for (guint i = 0; i < info->strays->len; i++)
        add_stray(objects, g_ptr_array_index(info->strays, i));
    return objects;
}

/* The triggers go with their function, wherever their table is now. */
void
tu_postgres_capture_forget(TuDatabase *base, const char *table, const char *log,
                           GPtrArray *statements)
{
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_autofree char *name = tu_sql_short_name(triggers[i].prefix, table);
        g_autofree char *function = function_of((TuPostgres *)base, log, name);
        g_ptr_array_add(statements,
                        tu_sql_format("DROP FUNCTION IF EXISTS %s() CASCADE", function));
    }
}
