/*
 * Capture on PostgreSQL: statement triggers that copy their transition tables into the log.
 *
 *   INSERT   rows that came      +1         on the table and on each partition and child: a
 *   DELETE   rows that went      -1         statement fires only the triggers of the table that it
 *   UPDATE   both, where they    -1, +1     names, and its transition tables hold the rows of all
 *            differ                         (F23), so nothing is written twice
 *   TRUNCATE the rows there are  -1         fires for every table that it empties, before it does
 *
 * A function reads nothing but those rows and writes nothing but the log: as its owner (F17), with
 * an empty search_path, without a sequence (F18) or NOTIFY (F16). It never fails a writer (F19):
 * before it writes it asks, in a block that catches the error, whether the columns still are what
 * the log has, and writes one entry of weight 2 (everything may have changed) where they are not.
 * The block writes nothing, so it costs the writer no transaction number; the write itself then
 * cannot fail.
 *
 * An UPDATE's old and new rows are paired by their order, and a pair that is the same to the byte
 * (the operator *<>, which needs no equality of the types: F20) is left out. Whether the pairs are
 * right does not matter: two images that are the same cancel each other whatever rows they are of.
 */
#include "db/postgres.h"

#include <string.h>

#include "db/sql.h"

/* A column may be called like one of plpgsql's variables ("found"). */
#define COLUMNS_FIRST "#variable_conflict use_column\n"

/* A TRUNCATE is expected to be instant: above this size its rows are not written one by one, but as
 * one entry of weight 2. */
#define TRUNCATE_LIMIT_BYTES "67108864"

/* Names in the log's way of pg_trigger: what follows "type=" are the bits of tgtype. */
typedef struct {
    const char *prefix;    /* of the trigger's and the function's name */
    const char *event;     /* AFTER INSERT */
    const char *type;      /* tgtype */
    const char *old, *new; /* transition tables; NULL: none */
    const char *settings;  /* of the function, as CREATE FUNCTION takes them */
    const char *proconfig; /* as the catalog has them */
    void (*append_body)(GString *sql, const TuCaptureShape *shape, const char *log);
} Trigger;

/* ---- pieces of a body ---- */

static const char *
column_name(const TuCaptureShape *shape, guint i)
{
    return g_ptr_array_index(shape->columns, i);
}

static void
append_columns(GString *sql, const TuCaptureShape *shape, const char *row)
{
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %s%I", row, column_name(shape, i));
}

/* INSERT INTO "public"."trueup_change_flight" (trueup_weight, "a", "b") */
static void
append_insert(GString *sql, const TuCaptureShape *shape, const char *log)
{
    g_string_append_printf(sql, "INSERT INTO %s (trueup_weight", log);
    append_columns(sql, shape, "");
    g_string_append(sql, ")\n");
}

/* One entry: anything may have changed. */
static void
append_give_up(GString *sql, const char *log)
{
    g_string_append_printf(sql, "INSERT INTO %s (trueup_weight) VALUES (2);\n", log);
}

/* 'name' as a text literal. */
static void
append_text(GString *sql, const char *text)
{
    g_string_append_c(sql, '\'');
    for (; *text != '\0'; text++)
        g_string_append_len(sql, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    g_string_append_c(sql, '\'');
}

/* fits := the columns of the transition table `rows` have the types that they had. NULL without
 * rows, and where the log itself is gone: then nothing can be written, and the guard finds that.
 * The text after `extra` are further results, `into` their variables. */
static void
append_check(GString *sql, const TuCaptureShape *shape, const char *log, const char *rows,
             const char *extra, const char *into)
{
    g_string_append(sql, "    BEGIN\n        SELECT true");
    for (guint i = 0; i < shape->columns->len; i++) {
        const TuColumnInfo *column = tu_table_info_column(shape->info, column_name(shape, i));
        tu_sql_append(sql, "\n            AND pg_catalog.pg_typeof(r.%I) = ", column->name);
        append_text(sql, column->declared_type);
        g_string_append(sql, "::pg_catalog.regtype");
    }
    g_string_append_printf(sql,
                           "%s\n            INTO fits%s FROM %s r\n"
                           "            WHERE pg_catalog.to_regclass(",
                           extra, into, rows);
    append_text(sql, log);
    g_string_append(sql, ") IS NOT NULL LIMIT 1;\n"
                         "    EXCEPTION WHEN undefined_column OR undefined_object OR "
                         "invalid_schema_name OR feature_not_supported\n"
                         "        THEN fits := pg_catalog.to_regclass(");
    append_text(sql, log);
    g_string_append(sql, ") IS NULL AND NULL;\n    END;\n");
}

/* ---- bodies ---- */

static void
append_copy_body(GString *sql, const TuCaptureShape *shape, const char *log, const char *rows,
                 const char *weight)
{
    g_string_append(sql, COLUMNS_FIRST "DECLARE\n    fits boolean;\nBEGIN\n");
    append_check(sql, shape, log, rows, "", "");
    g_string_append(sql, "    IF fits THEN\n        ");
    append_insert(sql, shape, log);
    g_string_append_printf(sql, "        SELECT %s", weight);
    append_columns(sql, shape, "r.");
    g_string_append_printf(sql, " FROM %s r;\n    ELSIF NOT fits THEN\n        ", rows);
    append_give_up(sql, log);
    g_string_append(sql, "    END IF;\n    RETURN NULL;\nEND\n");
}

static void
append_insert_body(GString *sql, const TuCaptureShape *shape, const char *log)
{
    append_copy_body(sql, shape, log, "trueup_new", "1");
}

static void
append_delete_body(GString *sql, const TuCaptureShape *shape, const char *log)
{
    append_copy_body(sql, shape, log, "trueup_old", "-1");
}

/* (SELECT row_number() OVER () AS trueup_n, "a", "b" FROM trueup_old) trueup_was */
static void
append_numbered(GString *sql, const TuCaptureShape *shape, const char *number, const char *rows,
                const char *alias)
{
    g_string_append_printf(sql, "(SELECT %s AS trueup_n", number);
    append_columns(sql, shape, "r.");
    g_string_append_printf(sql, " FROM %s r) %s", rows, alias);
}

static void
append_image(GString *sql, const TuCaptureShape *shape, const char *weight, const char *row)
{
    g_string_append_printf(sql, "(%s, %strueup_n", weight, row);
    append_columns(sql, shape, row);
    g_string_append_c(sql, ')');
}

/* The INSERT of both images of each pair that differs, and of what has no partner. */
static void
append_pairs(GString *sql, const TuCaptureShape *shape, const char *log, const char *number,
             const char *join, const char *on)
{
    g_string_append(sql, "        ");
    append_insert(sql, shape, log);
    g_string_append(sql, "        SELECT i.trueup_weight");
    append_columns(sql, shape, "i.");
    g_string_append(sql, " FROM ");
    append_numbered(sql, shape, number, "trueup_old", "trueup_was");
    g_string_append_printf(sql, "\n        %s ", join);
    append_numbered(sql, shape, number, "trueup_new", "trueup_is");
    g_string_append_printf(sql, "%s\n        CROSS JOIN LATERAL (VALUES ", on);
    append_image(sql, shape, "-1", "trueup_was.");
    g_string_append(sql, ", ");
    append_image(sql, shape, "1", "trueup_is.");
    g_string_append(sql, ") i(trueup_weight, trueup_n");
    append_columns(sql, shape, "");
    g_string_append(sql, ")\n"
                         "        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL "
                         "OR trueup_is.trueup_n IS NULL\n"
                         "            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);\n");
}

/* One row, as most updates change, needs no numbers to be paired: half the cost. */
static void
append_update_body(GString *sql, const TuCaptureShape *shape, const char *log)
{
    static const char is_one[] =
        ",\n            1 = (SELECT pg_catalog.count(*) FROM (SELECT FROM trueup_new LIMIT 2) x)"
        "\n            AND 1 = (SELECT pg_catalog.count(*) FROM (SELECT FROM trueup_old LIMIT 2) "
        "x)";
    g_string_append(sql, COLUMNS_FIRST "DECLARE\n    fits boolean;\n    is_one boolean;\nBEGIN\n");
    append_check(sql, shape, log, "trueup_new", is_one, ", is_one");
    g_string_append(sql, "    IF fits AND is_one THEN\n");
    append_pairs(sql, shape, log, "1", "CROSS JOIN", "");
    g_string_append(sql, "    ELSIF fits THEN\n");
    append_pairs(sql, shape, log, "pg_catalog.row_number() OVER ()", "FULL JOIN",
                 " ON trueup_is.trueup_n = trueup_was.trueup_n");
    g_string_append(sql, "    ELSIF NOT fits THEN\n        ");
    append_give_up(sql, log);
    g_string_append(sql, "    END IF;\n    RETURN NULL;\nEND\n");
}

/* TRUNCATE empties what its transaction may not see: at REPEATABLE READ rows may have come since
 * its snapshot, and row-level security (switched off, so that it raises) may hide some. */
static void
append_truncate_body(GString *sql, const TuCaptureShape *shape, const char *log)
{
    g_string_append(sql, "BEGIN\n"
                         "    IF pg_catalog.current_setting('transaction_isolation') NOT IN "
                         "('read committed', 'read uncommitted')\n"
                         "        OR pg_catalog.pg_relation_size(TG_RELID) > " TRUNCATE_LIMIT_BYTES
                         " THEN\n        ");
    append_give_up(sql, log);
    g_string_append(sql, "        RETURN NULL;\n    END IF;\n"
                         "    EXECUTE pg_catalog.format(");
    g_autoptr(GString) statement = g_string_new(NULL);
    append_insert(statement, shape, log);
    g_string_replace(statement, "\n", " ", 0);
    g_string_append(statement, "SELECT -1");
    append_columns(statement, shape, "");
    g_string_replace(statement, "%", "%%", 0);
    g_string_append(statement, " FROM ONLY %I.%I");
    append_text(sql, statement->str);
    g_string_append(sql, ", TG_TABLE_SCHEMA, TG_TABLE_NAME);\n    RETURN NULL;\n"
                         "EXCEPTION\n"
                         "    WHEN undefined_table THEN RETURN NULL;\n"
                         "    WHEN undefined_column OR datatype_mismatch OR data_exception OR "
                         "insufficient_privilege\n"
                         "        OR undefined_function OR undefined_object THEN\n        ");
    append_give_up(sql, log);
    g_string_append(sql, "        RETURN NULL;\nEND\n");
}

/* One of each for every table and part. tgtype: 2 before, 4 insert, 8 delete, 16 update, 32
 * truncate. */
static const Trigger triggers[] = {
    {"trueup_insert_", "AFTER INSERT", "4", NULL, "trueup_new", "SET search_path = ''",
     "search_path=\"\"", append_insert_body},
    {"trueup_update_", "AFTER UPDATE", "16", "trueup_old", "trueup_new", "SET search_path = ''",
     "search_path=\"\"", append_update_body},
    {"trueup_delete_", "AFTER DELETE", "8", "trueup_old", NULL, "SET search_path = ''",
     "search_path=\"\"", append_delete_body},
    {"trueup_truncate_", "BEFORE TRUNCATE", "34", NULL, NULL,
     "SET search_path = '' SET row_security = off", "search_path=\"\",row_security=off",
     append_truncate_body},
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

static char *
function_of(const TuPostgres *db, const char *log, const char *name)
{
    g_autofree char *schema = schema_of(db, log);
    return tu_sql_format("%I.%I", schema, name);
}

/* ---- objects ---- */

typedef struct {
    TuPostgres *db;
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
    g_autofree char *log = qualified_log(db, shape->log);
    g_autoptr(GString) body = g_string_new("\n");
    trigger->append_body(body, shape, log);
    wanted->db = db;
    wanted->shape = shape;
    wanted->trigger = trigger;
    wanted->name = tu_sql_short_name(trigger->prefix, shape->info->name);
    wanted->function = function_of(db, shape->log, wanted->name);
    wanted->body = g_strdup(body->str);
}

/* The same text as postgres_describe.c makes of the catalog. */
static char *
wanted_text(const Wanted *wanted)
{
    const Trigger *trigger = wanted->trigger;
    return g_strdup_printf("enabled=A type=%s old=%s new=%s when=f columns= function=%s\n"
                           "definer=t settings=%s\n%s",
                           trigger->type, trigger->old != NULL ? trigger->old : "",
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
create_trigger(const Wanted *wanted, const char *table)
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
    g_string_append_printf(sql, " FOR EACH STATEMENT EXECUTE FUNCTION %s()", wanted->function);
    return g_string_free(sql, FALSE);
}

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
 * table none of whose columns is read changes nothing. */
static void
add_object(GPtrArray *objects, const Wanted *wanted, const char *table)
{
    gboolean is_itself = table == wanted->shape->info->name;
    gboolean is_needed =
        wanted->shape->columns->len > 0 || wanted->trigger->append_body != append_update_body;
    g_autofree char *shown =
        is_itself ? g_strdup(wanted->name) : g_strdup_printf("%s on %s", wanted->name, table);
    TuCaptureObject *object = tu_capture_object_add(objects, shown);
    object->wanted = is_needed ? wanted_text(wanted) : NULL;
    object->installed = g_strdup(installed_text(wanted->shape->info, wanted->name, table));
    if (is_needed && is_itself) {
        g_ptr_array_add(object->create, create_function(wanted));
        g_ptr_array_add(object->create, g_strdup_printf("REVOKE ALL ON FUNCTION %s() FROM PUBLIC",
                                                        wanted->function));
    }
    if (is_needed) {
        g_ptr_array_add(object->create, create_trigger(wanted, table));
        g_ptr_array_add(object->create, tu_sql_format("ALTER TABLE %s%Q ENABLE ALWAYS TRIGGER %I",
                                                      "ONLY ", table, wanted->name));
    }
    g_ptr_array_add(object->drop,
                    tu_sql_format("DROP TRIGGER IF EXISTS %I ON %Q", wanted->name, table));
}

GPtrArray *
tu_postgres_capture_objects(TuDatabase *base, const TuCaptureShape *shape)
{
    GPtrArray *objects = tu_capture_objects_new();
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++) {
        g_auto(Wanted) wanted = {0};
        wanted_init(&wanted, (TuPostgres *)base, shape, &triggers[i]);
        add_object(objects, &wanted, shape->info->name);
        for (guint p = 0; p < shape->info->parts->len; p++)
            add_object(objects, &wanted, g_ptr_array_index(shape->info->parts, p));
    }
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
