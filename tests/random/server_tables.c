/* The DDL of a world on PostgreSQL and MariaDB: keys, foreign keys, partitions, user triggers. */
#include "server_tables.h"

const char *const *
rt_server_prelude(RtKind kind)
{
    static const char *const postgresql[] = {
        "CREATE TYPE rt_mood AS ENUM ('abc', 'JFK', 'ABC', '7', 'é', '')",
        "CREATE COLLATION rt_folded (provider = icu, locale = 'und-u-ks-level2',"
        " deterministic = false)",
        NULL};
    static const char *const mariadb[] = {NULL};

    return kind == RT_POSTGRESQL ? postgresql : mariadb;
}

/* ---- Columns ---- */

/* On MariaDB a cascade fires no trigger, and trueup refuses it by name; there it is RESTRICT. */
static void
write_foreign_key(const RtWorld *world, const RtTable *table, const RtColumn *column, GString *ddl,
                  RtRng *rng)
{
    static const char *const actions[] = {"CASCADE", "CASCADE", "SET NULL", "NO ACTION"};
    const RtTable *target = column->target == table->role ? table : world->tables[column->target];
    const RtColumn *key = target->columns->pdata[0];

    if (!world->has[RT_FOREIGN_KEYS] || rt_rng_percent(rng, 30))
        return;
    g_string_append_printf(ddl, ", FOREIGN KEY (%s) REFERENCES %s(%s)", column->name, target->name,
                           key->name);
    if (world->kind == RT_POSTGRESQL)
        g_string_append_printf(ddl, " ON DELETE %s ON UPDATE %s%s", actions[rt_rng_index(rng, 4)],
                               actions[rt_rng_index(rng, 4)],
                               rt_rng_percent(rng, 30) ? " DEFERRABLE INITIALLY DEFERRED" : "");
}

static void
write_column(const RtWorld *world, const RtTable *table, const RtColumn *column, gboolean is_first,
             GString *ddl, RtRng *rng)
{
    g_string_append_printf(ddl, "%s%s %s", is_first ? "" : ", ", column->name, column->type);
    if (column->kind != RT_GENERATED)
        return;
    g_string_append_printf(
        ddl, " GENERATED ALWAYS AS (%s * 2 + 1) %s", rt_table_column(table, RT_WHOLE, rng)->name,
        world->kind == RT_POSTGRESQL || rt_rng_percent(rng, 50) ? "STORED" : "VIRTUAL");
}

/* ---- Keys and partitions ---- */

/* Rows move between partitions when their WHOLE changes. Then no key names one row, since it would
 * have to hold that column. Only tables to which nothing refers can be like that. */
static gboolean
draw_partitions(const RtWorld *world, const RtTable *table, RtRng *rng)
{
    return world->has[RT_PARTITIONS] && (table->role == RT_EVENT || table->role == RT_READING) &&
           rt_rng_percent(rng, 70);
}

static void
write_partitions(const RtWorld *world, RtTable *table, GString *ddl, RtRng *rng)
{
    const char *whole = rt_table_column(table, RT_WHOLE, rng)->name;

    if (world->kind == RT_MARIADB) {
        g_string_append_printf(ddl,
                               " PARTITION BY RANGE (%s) (PARTITION p0 VALUES LESS THAN (0),"
                               " PARTITION p1 VALUES LESS THAN (4),"
                               " PARTITION p2 VALUES LESS THAN MAXVALUE)",
                               whole);
        return;
    }
    g_string_append_printf(ddl, " PARTITION BY RANGE (%s)", whole);
    g_ptr_array_add(table->statements, g_strdup_printf("CREATE TABLE part_%d_low PARTITION OF %s"
                                                       " FOR VALUES FROM (MINVALUE) TO (4)",
                                                       table->role, table->name));
    g_ptr_array_add(table->statements,
                    g_strdup_printf("CREATE TABLE part_%d_rest PARTITION OF %s DEFAULT",
                                    table->role, table->name));
}

/* The leaf of the chain may have a key of two columns, or none. */
static void
write_key(RtTable *table, gboolean is_partitioned, GString *ddl, RtRng *rng)
{
    const RtColumn *key = table->columns->pdata[0];
    const RtColumn *part = rt_table_column(table, RT_PART, rng);

    table->key_is_unique = !is_partitioned && (part == NULL || rt_rng_percent(rng, 60));
    if (table->key_is_unique)
        g_string_append_printf(ddl, ", PRIMARY KEY (%s)", key->name);
    else if (part != NULL && rt_rng_percent(rng, 60))
        g_string_append_printf(ddl, ", PRIMARY KEY (%s, %s)", key->name, part->name);
}

static void
write_table(const RtWorld *world, RtTable *table, RtRng *rng)
{
    GString *ddl = g_string_new(NULL);
    const RtColumn *code = rt_table_column(table, RT_CODE, rng);
    gboolean is_partitioned = draw_partitions(world, table, rng);

    g_string_printf(ddl, "CREATE TABLE %s (", table->name);
    for (guint i = 0; i < table->columns->len; i++)
        write_column(world, table, table->columns->pdata[i], i == 0, ddl, rng);
    write_key(table, is_partitioned, ddl, rng);
    table->is_partitioned = is_partitioned;
    table->code_is_unique = code != NULL && world->has[RT_UNIQUE_CODES] && !is_partitioned;
    if (table->code_is_unique)
        g_string_append_printf(ddl, ", UNIQUE (%s)", code->name);
    for (guint i = 0; i < table->columns->len && !(is_partitioned && world->kind == RT_MARIADB);
         i++) {
        const RtColumn *column = table->columns->pdata[i];

        if (column->kind == RT_REFERENCE)
            write_foreign_key(world, table, column, ddl, rng);
    }
    g_string_append_c(ddl, ')');
    g_ptr_array_add(table->statements, NULL); /* it comes first, its partitions after it */
    if (is_partitioned)
        write_partitions(world, table, ddl, rng);
    table->statements->pdata[0] = g_string_free(ddl, FALSE);
}

/* ---- Indexes ---- */

static void
write_indexes(const RtWorld *world, RtTable *table, RtRng *rng)
{
    const RtColumn *code = rt_table_column(table, RT_CODE, rng);
    const RtColumn *time = rt_table_column(table, RT_TIME, rng);

    if (time != NULL && rt_rng_percent(rng, 50))
        g_ptr_array_add(table->statements, g_strdup_printf("CREATE INDEX i_at_%d ON %s(%s)",
                                                           table->role, table->name, time->name));
    if (code == NULL || world->kind != RT_POSTGRESQL || table->is_partitioned)
        return;
    if (world->has[RT_UNIQUE_PARTIAL])
        g_ptr_array_add(table->statements,
                        g_strdup_printf("CREATE UNIQUE INDEX i_part_%d ON %s(%s) WHERE %s > 'c5'",
                                        table->role, table->name, code->name, code->name));
    if (world->has[RT_UNIQUE_EXPRESSION])
        g_ptr_array_add(table->statements,
                        g_strdup_printf("CREATE UNIQUE INDEX i_lower_%d ON %s(lower(%s))",
                                        table->role, table->name, code->name));
}

/* ---- The application's own triggers, which change the row or others once more ---- */

static const char *const postgresql_triggers[][2] = {
    {"CREATE FUNCTION u_{n}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
     " UPDATE {t} SET {whole} = {whole} + 1 WHERE {key} = NEW.{key}; RETURN NULL; END$$",
     "CREATE TRIGGER u_after_{n} AFTER INSERT ON {t} FOR EACH ROW"
     " WHEN (NEW.{whole} % 3 = 0) EXECUTE FUNCTION u_{n}()"},
    {"CREATE FUNCTION u_{n}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
     " NEW.{amount} := 7; RETURN NEW; END$$",
     "CREATE TRIGGER u_before_{n} BEFORE INSERT OR UPDATE ON {t} FOR EACH ROW"
     " WHEN (NEW.{whole} % 3 = 0) EXECUTE FUNCTION u_{n}()"},
    {"CREATE FUNCTION u_{n}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
     " UPDATE {t} SET {amount} = 5 WHERE {whole} = OLD.{whole}; RETURN NULL; END$$",
     "CREATE TRIGGER u_delete_{n} AFTER DELETE ON {t} FOR EACH ROW"
     " WHEN (OLD.{whole} % 4 = 0) EXECUTE FUNCTION u_{n}()"},
    {"CREATE FUNCTION u_{n}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
     " RETURN NULL; END$$", /* the row is not changed after all */
     "CREATE TRIGGER u_skip_{n} BEFORE UPDATE OR DELETE ON {t} FOR EACH ROW"
     " WHEN (OLD.{whole} % 5 = 0) EXECUTE FUNCTION u_{n}()"},
};

static const char *const mariadb_triggers[][2] = {
    {"CREATE TRIGGER u_insert_{n} BEFORE INSERT ON {t} FOR EACH ROW"
     " SET NEW.{whole} = IF(NEW.{whole} % 3 = 0, NEW.{whole} + 1, NEW.{whole})",
     NULL},
    {"CREATE TRIGGER u_update_{n} BEFORE UPDATE ON {t} FOR EACH ROW"
     " SET NEW.{amount} = IF(OLD.{whole} % 3 = 0, 7, NEW.{amount})",
     NULL},
};

static void
write_user_trigger(const RtWorld *world, RtTable *table, RtRng *rng)
{
    const RtColumn *whole = rt_table_column(table, RT_WHOLE, rng);
    const RtColumn *amount = rt_table_column(table, RT_AMOUNT, rng);
    const RtColumn *key = table->columns->pdata[0];
    g_autofree char *number = g_strdup_printf("%d", table->role);
    const char *const *texts =
        world->kind == RT_POSTGRESQL
            ? postgresql_triggers[rt_rng_index(rng, G_N_ELEMENTS(postgresql_triggers))]
            : mariadb_triggers[rt_rng_index(rng, G_N_ELEMENTS(mariadb_triggers))];

    if (whole == NULL || amount == NULL)
        return;
    for (guint i = 0; i < 2 && texts[i] != NULL; i++) {
        GString *text = g_string_new(texts[i]);

        g_string_replace(text, "{n}", number, 0);
        g_string_replace(text, "{t}", table->name, 0);
        g_string_replace(text, "{whole}", whole->name, 0);
        g_string_replace(text, "{amount}", amount->name, 0);
        g_string_replace(text, "{key}", key->name, 0);
        g_ptr_array_add(table->statements, g_string_free(text, FALSE));
    }
}

void
rt_server_table_write(const RtWorld *world, RtTable *table, RtRng *rng)
{
    write_table(world, table, rng);
    write_indexes(world, table, rng);
    if (world->has[RT_USER_TRIGGERS] && rt_rng_percent(rng, 60))
        write_user_trigger(world, table, rng);
}
