/* The DDL of a world. What it declares is what SQLite makes capture difficult with. */
#include "tables.h"

#include <string.h>

typedef enum {
    INLINE_KEY,
    AUTOINCREMENT_KEY,
    WITHOUT_ROWID,
    COMPOSITE_WITHOUT_ROWID,
    COMPOSITE,
    NO_KEY,
} KeyForm;

/* How the key is declared. Only the leaf of the chain, to which nothing refers, may have a key that
 * does not name one row. */
static KeyForm
draw_key_form(const RtTable *table, const RtColumn *key, RtRng *rng)
{
    static const guint plain[] = {60, 15, 25};
    static const guint leaf[] = {40, 10, 15, 10, 15, 10};
    gboolean has_part = rt_table_column(table, RT_PART, rng) != NULL;
    KeyForm form = has_part ? rt_rng_weighted(rng, leaf, G_N_ELEMENTS(leaf))
                            : rt_rng_weighted(rng, plain, G_N_ELEMENTS(plain));

    return form == AUTOINCREMENT_KEY && key->is_text ? INLINE_KEY : form;
}

/* The key's column. INTEGER PRIMARY KEY is the rowid itself; INT PRIMARY KEY has an index beside
 * it: triggers and REPLACE treat the two differently. */
static void
write_key(const RtWorld *world, RtTable *table, const RtColumn *key, KeyForm form, GString *ddl,
          RtRng *rng)
{
    gboolean is_rowid = !key->is_text && (form == AUTOINCREMENT_KEY || rt_rng_percent(rng, 75));
    const char *type = key->is_text ? (rt_rng_percent(rng, 25) ? "TEXT COLLATE NOCASE" : "TEXT")
                       : is_rowid   ? "INTEGER"
                                    : "INT";
    gboolean replaces = world->has[RT_UNIQUE_REPLACES] && rt_rng_percent(rng, 40);

    table->key_is_unique = form <= WITHOUT_ROWID;
    table->key_is_rowid = is_rowid && form <= AUTOINCREMENT_KEY;
    g_string_append_printf(ddl, "%s %s", key->name, type);
    if (form <= WITHOUT_ROWID)
        g_string_append_printf(ddl, " PRIMARY KEY%s%s", replaces ? " ON CONFLICT REPLACE" : "",
                               form == AUTOINCREMENT_KEY ? " AUTOINCREMENT" : "");
}

/* Seven of ten references are declared, with every action SQLite has but SET DEFAULT. Cascades fire
 * the children's triggers even where recursive_triggers is off. */
static void
write_foreign_key(const RtWorld *world, const RtTable *table, const RtColumn *column, GString *ddl,
                  RtRng *rng)
{
    static const char *const actions[] = {"CASCADE", "CASCADE", "SET NULL", "NO ACTION"};
    const RtTable *target = column->target == table->role ? table : world->tables[column->target];
    const RtColumn *key = target->columns->pdata[0];

    if (!world->has[RT_FOREIGN_KEYS] || rt_rng_percent(rng, 30))
        return;
    g_string_append_printf(ddl, " REFERENCES %s(%s) ON DELETE %s ON UPDATE %s%s", target->name,
                           key->name, actions[rt_rng_index(rng, 4)], actions[rt_rng_index(rng, 4)],
                           rt_rng_percent(rng, 30) ? " DEFERRABLE INITIALLY DEFERRED" : "");
}

/* A column with its constraint. ON CONFLICT REPLACE turns a plain INSERT into a REPLACE, which no
 * statement's text gives away. */
static void
write_column(const RtWorld *world, RtTable *table, const RtColumn *column, KeyForm form,
             GString *ddl, RtRng *rng)
{
    if (column->kind == RT_KEY) {
        write_key(world, table, column, form, ddl, rng);
        return;
    }
    g_string_append_printf(ddl, ", %s %s", column->name, column->type);
    if (column->kind == RT_REFERENCE)
        write_foreign_key(world, table, column, ddl, rng);
    if (column->kind == RT_CODE && world->has[RT_UNIQUE_CODES])
        g_string_append_printf(ddl, " UNIQUE%s",
                               world->has[RT_UNIQUE_REPLACES] ? " ON CONFLICT REPLACE" : "");
    if (column->kind == RT_GENERATED)
        g_string_append_printf(ddl, " GENERATED ALWAYS AS (%s * 2 + 1) %s",
                               rt_table_column(table, RT_WHOLE, rng)->name,
                               rt_rng_percent(rng, 50) ? "STORED" : "VIRTUAL");
}

/* The table. Whether it is WITHOUT ROWID depends on its key's form. */
static void
write_table(const RtWorld *world, RtTable *table, RtRng *rng)
{
    const RtColumn *key = table->columns->pdata[0];
    const RtColumn *part = rt_table_column(table, RT_PART, rng);
    KeyForm form = draw_key_form(table, key, rng);
    GString *ddl = g_string_new(NULL);

    g_string_printf(ddl, "CREATE TABLE %s (", table->name);
    for (guint i = 0; i < table->columns->len; i++)
        write_column(world, table, table->columns->pdata[i], form, ddl, rng);
    if (form == COMPOSITE_WITHOUT_ROWID || form == COMPOSITE)
        g_string_append_printf(ddl, ", PRIMARY KEY (%s, %s)", key->name, part->name);
    g_string_append(
        ddl, form == WITHOUT_ROWID || form == COMPOSITE_WITHOUT_ROWID ? ") WITHOUT ROWID" : ")");
    g_ptr_array_add(table->statements, g_string_free(ddl, FALSE));
}

char *
rt_table_plain_name(const RtTable *table)
{
    if (*table->name != '"')
        return g_strdup(table->name);
    return g_strndup(table->name + 1, strlen(table->name) - 2);
}

/* Unique indexes that no column shows: partial ones, and ones on an expression. REPLACE removes
 * rows for them, too. */
static void
write_indexes(const RtWorld *world, RtTable *table, RtRng *rng)
{
    const RtColumn *code = rt_table_column(table, RT_CODE, rng);
    const RtColumn *time = rt_table_column(table, RT_TIME, rng);
    const RtColumn *flag = rt_table_column(table, RT_FLAG, rng);

    if (time != NULL && rt_rng_percent(rng, 50))
        g_ptr_array_add(table->statements, g_strdup_printf("CREATE INDEX i_at_%d ON %s(%s)",
                                                           table->role, table->name, time->name));
    if (code != NULL && flag != NULL && world->has[RT_UNIQUE_PARTIAL])
        g_ptr_array_add(table->statements,
                        g_strdup_printf("CREATE UNIQUE INDEX i_part_%d ON %s(%s) WHERE %s = 1",
                                        table->role, table->name, code->name, flag->name));
    if (code != NULL && world->has[RT_UNIQUE_EXPRESSION])
        g_ptr_array_add(table->statements,
                        g_strdup_printf("CREATE UNIQUE INDEX i_lower_%d ON %s(lower(%s))",
                                        table->role, table->name, code->name));
}

/* Triggers of the application's own that change the row, or another one, once more. None fires
 * itself without end, whatever recursive_triggers says. */
static const char *const user_triggers[] = {
    "CREATE TRIGGER u_insert_{n} AFTER INSERT ON {t} WHEN NEW.{whole} % 3 = 0 BEGIN"
    " UPDATE {t} SET {whole} = NEW.{whole} + 1 WHERE {key} = NEW.{key}; END",
    "CREATE TRIGGER u_update_{n} AFTER UPDATE OF {whole} ON {t} BEGIN"
    " UPDATE {t} SET {amount} = NEW.{whole} * 2 WHERE {key} = NEW.{key}; END",
    "CREATE TRIGGER u_before_update_{n} BEFORE UPDATE OF {whole} ON {t} BEGIN"
    " UPDATE {t} SET {amount} = 7 WHERE {key} = OLD.{key}; END",
    "CREATE TRIGGER u_before_delete_{n} BEFORE DELETE ON {t} BEGIN"
    " UPDATE {t} SET {whole} = 5 WHERE {key} = OLD.{key}; END",
    "CREATE TRIGGER u_delete_{n} AFTER DELETE ON {t} WHEN OLD.{whole} % 4 = 0 BEGIN"
    " DELETE FROM {t} WHERE {key} = OLD.{key} + 1; END",
};

static void
write_user_trigger(RtTable *table, RtRng *rng)
{
    const RtColumn *whole = rt_table_column(table, RT_WHOLE, rng);
    const RtColumn *amount = rt_table_column(table, RT_AMOUNT, rng);
    const RtColumn *key = table->columns->pdata[0];
    g_autofree char *number = g_strdup_printf("%d", table->role);
    GString *text;

    if (whole == NULL || amount == NULL)
        return;
    text = g_string_new(user_triggers[rt_rng_index(rng, G_N_ELEMENTS(user_triggers))]);
    g_string_replace(text, "{n}", number, 0);
    g_string_replace(text, "{t}", table->name, 0);
    g_string_replace(text, "{whole}", whole->name, 0);
    g_string_replace(text, "{amount}", amount->name, 0);
    g_string_replace(text, "{key}", key->name, 0);
    g_ptr_array_add(table->statements, g_string_free(text, FALSE));
}

void
rt_table_write_statements(const RtWorld *world, RtTable *table, RtRng *rng)
{
    write_table(world, table, rng);
    write_indexes(world, table, rng);
    if (world->has[RT_USER_TRIGGERS] && rt_rng_percent(rng, 60))
        write_user_trigger(table, rng);
}
