/* A column's type follows from the values that it gets: the canonical texts say what they are. */
#include "server_naive.h"

#include <string.h>

#include "database.h"
#include "values.h"

/* By the first letter of canonical values; a column that has several takes the last row. */
static const struct {
    char letter;
    const char *type[RT_KINDS];
} types[] = {
    {'N', {"", "bigint", "BIGINT"}},
    {'I', {"", "numeric", "DECIMAL(60,20)"}},
    {'D', {"", "numeric", "DECIMAL(60,20)"}},
    {'R', {"", "double precision", "DOUBLE"}},
    {'T', {"", "text", "LONGTEXT COLLATE utf8mb4_nopad_bin"}},
};

/* Splits "T3:a|b|I7|N" into its values; texts say how long they are. Of char *. */
static GPtrArray *
split_key(const char *key)
{
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);

    while (*key != '\0') {
        gsize length = strcspn(key, "|");

        if (*key == 'T') {
            char *text = NULL;
            guint64 bytes = g_ascii_strtoull(key + 1, &text, 10);

            length = (gsize)(text + 1 - key) + bytes;
        }
        g_ptr_array_add(values, g_strndup(key, length));
        key += length + (key[length] == '|');
    }
    return values;
}

/* The values of a row: its key's and its measures'. */
static GPtrArray *
row_values(const char *key, const RtCell *cell)
{
    GPtrArray *values = split_key(key);

    for (guint i = 0; i < cell->measures; i++)
        g_ptr_array_add(values, g_strdup(cell->canonical[i]));
    return values;
}

static void
append_value(GString *sql, const char *canonical)
{
    if (*canonical == 'N')
        g_string_append(sql, "NULL");
    else if (*canonical == 'T')
        rt_value_text(sql, strchr(canonical, ':') + 1);
    else
        g_string_append_printf(sql, "'%s'", canonical + 1);
}

static GPtrArray *
column_names(const RtPlan *plan, const RtSummary *summary)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    if (summary->is_long)
        g_ptr_array_add(names, rt_database_quote(summary->series_column));
    if (plan->has_tenant)
        g_ptr_array_add(names, rt_database_quote(summary->tenant_column));
    g_ptr_array_add(names, rt_database_quote(summary->bucket_column));
    for (guint i = 0; i < summary->dimensions->len; i++)
        g_ptr_array_add(names, rt_database_quote(summary->dimensions->pdata[i]));
    for (guint i = 0; i < summary->measures->len; i++)
        g_ptr_array_add(names, rt_database_quote(summary->measures->pdata[i]));
    return names;
}

/* Counts are bigints, whatever the values; the others' type holds all that they get. */
static const char *
column_type(RtKind kind, const RtSummary *summary, guint keys, GPtrArray *rows, guint column)
{
    const RtSeries *series = summary->series->pdata[0];
    guint widest = 0;

    if (column >= keys &&
        g_str_has_prefix(((RtMeasure *)series->measures->pdata[column - keys])->kind, "count"))
        return types[0].type[kind];
    for (guint i = 0; i < rows->len; i++) {
        const char *value = ((GPtrArray *)rows->pdata[i])->pdata[column];

        for (guint j = widest + 1; j < G_N_ELEMENTS(types); j++)
            if (types[j].letter == *value)
                widest = j;
    }
    return types[widest].type[kind];
}

static void
create_and_fill(RtServer *server, RtKind kind, const RtPlan *plan, const RtSummary *summary,
                RtGrain grain, GPtrArray *rows)
{
    g_autofree char *table = rt_database_quote(summary->table[grain]);
    g_autofree char *drop = g_strdup_printf("DROP TABLE IF EXISTS %s", table);
    g_autoptr(GPtrArray) names = column_names(plan, summary);
    g_autoptr(GString) sql = g_string_new(NULL);

    rt_server_do(server, drop);
    g_string_printf(sql, "CREATE TABLE %s (", table);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(
            sql, "%s%s %s", i > 0 ? ", " : "", (char *)names->pdata[i],
            column_type(kind, summary, names->len - summary->measures->len, rows, i));
    g_string_append_c(sql, ')');
    rt_server_do(server, sql->str);
    if (rows->len == 0)
        return;
    g_string_printf(sql, "INSERT INTO %s VALUES ", table);
    for (guint i = 0; i < rows->len; i++) {
        const GPtrArray *values = rows->pdata[i];

        for (guint j = 0; j < values->len; j++) {
            g_string_append(sql, j > 0 ? ", " : i > 0 ? ", (" : "(");
            append_value(sql, values->pdata[j]);
        }
        g_string_append_c(sql, ')');
    }
    rt_server_do(server, sql->str);
}

static void
fill_table(RtServer *server, RtKind kind, const RtPlan *plan, const RtTruth *truth,
           const RtSummary *summary, RtGrain grain)
{
    g_autoptr(GHashTable) cells = rt_truth_cells(truth, summary, grain);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, cells);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_ptr_array_add(rows, row_values(key, value));
    create_and_fill(server, kind, plan, summary, grain, rows);
}

void
rt_server_naive_fill(RtServer *server, const RtPlan *plan, RtKind kind, const RtTruth *truth)
{
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];

        for (guint grain = 0; grain < RT_GRAINS; grain++)
            if (summary->table[grain] != NULL)
                fill_table(server, kind, plan, truth, summary, grain);
    }
}
