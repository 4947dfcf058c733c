#include "schema/summary_key.h"

#include <string.h>

#include "db/sql.h"
#include "schema/summary_columns.h"

static char *
key_name(const TuSummaryTable *table)
{
    const char *dot = strrchr(table->name, '.');
    return tu_sql_short_name("trueup_key_", dot != NULL ? dot + 1 : table->name);
}

char *
tu_summary_key_create(const TuDatabase *db, const TuSummaryTable *table)
{
    GString *sql = g_string_new(NULL);
    g_autofree char *name = key_name(table);
    tu_sql_append(sql, "CREATE UNIQUE INDEX %I ON %Q", name, table->name);
    tu_summary_append_key(sql, db, table);
    g_string_append(sql, tu_database_key_suffix(db));
    return g_string_free(sql, FALSE);
}

/* ---- is it there? ---- */

typedef struct {
    const TuUniqueKey *key;
    guint n;
    gboolean is_same;
} KeyComparison;

static void
compare_key_column(GString *sql, const char *name, gpointer data)
{
    KeyComparison *comparison = data;
    guint i = comparison->n++;
    const char *own =
        i < comparison->key->columns->len ? g_ptr_array_index(comparison->key->columns, i) : NULL;
    comparison->is_same = comparison->is_same && own != NULL && g_ascii_strcasecmp(own, name) == 0;
}

gboolean
tu_summary_key_is_there(const TuTableInfo *info, const TuSummaryTable *table)
{
    g_autofree char *name = key_name(table);
    if (g_ptr_array_find_with_equal_func(info->indexes, name, g_str_equal, NULL))
        return TRUE;
    for (guint i = 0; i < info->unique->len && tu_summary_key_is_plain(table); i++) {
        KeyComparison comparison = {g_ptr_array_index(info->unique, i), 0, TRUE};
        tu_summary_each_key(table, compare_key_column, NULL, &comparison);
        if (comparison.is_same && comparison.n == comparison.key->columns->len &&
            comparison.key->is_primary)
            return TRUE;
    }
    return FALSE;
}

/* ---- is it the one that is needed? ---- */

/* A walk along the columns of our index beside those that it should have. */
typedef struct {
    const TuDatabase *db;
    const TuSummaryTable *table;
    const TuUniqueKey *key;
    guint index; /* of the key's columns */
    guint at;    /* of the index's */
    gboolean after_expression;
    gboolean is_same;
} ShapeWalk;

/* The column of the index there; NULL: an expression, or there is none. */
static const char *
column_there(const ShapeWalk *walk)
{
    const GPtrArray *columns = walk->key->columns;
    return walk->at < columns->len ? g_ptr_array_index(columns, walk->at) : NULL;
}

/* A column of the key may be several expressions in the index, and is one at least. */
static void
skip_expressions(ShapeWalk *walk)
{
    while (walk->after_expression && walk->at < walk->key->columns->len &&
           column_there(walk) == NULL)
        walk->at++;
    walk->after_expression = FALSE;
}

static void
compare_shape(GString *sql, const char *name, gpointer data)
{
    ShapeWalk *walk = data;
    guint index = walk->index++;
    g_autoptr(GString) wanted = g_string_new(NULL);
    g_autofree char *plain = tu_sql_format("%I", name);
    tu_database_append_key(walk->db, wanted, name, tu_summary_key_type(walk->table, index),
                           tu_summary_key_is_nullable(walk->table, index));
    if (column_there(walk) == NULL && walk->at < walk->key->columns->len &&
        !g_str_equal(wanted->str, plain)) {
        walk->after_expression = TRUE;
    } else {
        skip_expressions(walk);
        const char *own = column_there(walk);
        g_autofree char *quoted = own != NULL ? tu_sql_format("%I", own) : NULL;
        walk->is_same =
            walk->is_same && quoted != NULL && g_ascii_strcasecmp(wanted->str, quoted) == 0;
    }
    walk->at++;
}

/* TRUE if our index is on something else than upserts name now. */
static gboolean
has_other_shape(const TuDatabase *db, const TuTableInfo *info, const TuSummaryTable *table)
{
    g_autofree char *name = key_name(table);
    for (guint i = 0; i < info->unique->len; i++) {
        const TuUniqueKey *key = g_ptr_array_index(info->unique, i);
        ShapeWalk walk = {.db = db, .table = table, .key = key, .is_same = TRUE};
        if (!g_str_equal(key->name, name))
            continue;
        tu_summary_each_key(table, compare_shape, NULL, &walk);
        skip_expressions(&walk);
        return !walk.is_same || walk.at != key->columns->len;
    }
    return FALSE;
}

/* ---- making it ---- */

typedef struct {
    const TuDatabase *db;
    const TuTableInfo *info;
    const TuSummaryTable *table;
    guint index;
    GPtrArray *statements;
} KeyPlanning;

/* n of "varbinary(n)"; 0: there is none. */
static guint64
length_of(const char *type)
{
    const char *open = strchr(type, '(');
    return open != NULL ? g_ascii_strtoull(open + 1, NULL, 10) : 0;
}

/* The column of a definition, `"a" TYPE ...`, if the table has it. */
static const TuColumnInfo *
defined_column(const TuTableInfo *info, const char *definition)
{
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        g_autofree char *begins = tu_sql_format("%I ", column->name);
        if (g_str_has_prefix(definition, begins))
            return column;
    }
    return NULL;
}

/* A column of that name that is there is ours; a wider one does too. */
static void
plan_key_column(GString *sql, const char *name, gpointer data)
{
    KeyPlanning *planning = data;
    guint index = planning->index++;
    g_autofree char *definition =
        tu_database_key_column(planning->db, name, tu_summary_key_type(planning->table, index),
                               tu_summary_key_is_nullable(planning->table, index));
    const TuColumnInfo *known =
        definition != NULL ? defined_column(planning->info, definition) : NULL;
    if (definition != NULL && known == NULL)
        g_ptr_array_add(planning->statements,
                        tu_sql_format("ALTER TABLE %Q ADD COLUMN IF NOT EXISTS %s",
                                      planning->info->name, definition));
    else if (known != NULL && length_of(known->declared_type) < length_of(definition))
        g_ptr_array_add(planning->statements, tu_sql_format("ALTER TABLE %Q MODIFY COLUMN %s",
                                                            planning->info->name, definition));
}

/* Where the index is an object of the schema it is dropped by its name there. */
static char *
drop_index(const TuDatabase *db, const TuSummaryTable *table)
{
    g_autofree char *name = key_name(table);
    const char *dot = strrchr(table->name, '.');
    if (tu_database_dialect(db)->drops_index_of_table)
        return tu_sql_format("DROP INDEX %I ON %Q", name, table->name);
    g_autofree char *schema =
        dot != NULL ? g_strndup(table->name, (gsize)(dot + 1 - table->name)) : g_strdup("");
    g_autofree char *full_name = g_strconcat(schema, name, NULL);
    return tu_sql_format("DROP INDEX %Q", full_name);
}

void
tu_summary_key_plan(const TuDatabase *db, const TuTableInfo *info, const TuSummaryTable *table,
                    GPtrArray *statements)
{
    KeyPlanning planning = {db, info, table, 0, statements};
    gboolean is_there = tu_summary_key_is_there(info, table);
    gboolean is_other = is_there && has_other_shape(db, info, table);
    if (is_other)
        g_ptr_array_add(statements, drop_index(db, table));
    if (!tu_summary_key_is_plain(table))
        tu_summary_each_key(table, plan_key_column, NULL, &planning);
    if (!is_there || is_other)
        g_ptr_array_add(statements, tu_summary_key_create(db, table));
}
