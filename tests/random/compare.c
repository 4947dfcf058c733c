/* Both sides go into hash tables by a canonical text of their key; then each is looked up in the
 * other. */
#include "compare.h"

#include <string.h>

#include "cellkey.h"
#include "raising.h"

/* ---- Measures ---- */

/* A sum of integers in a column that other series make REAL is stored as REAL; so numbers are
 * compared as numbers, an integer with a double only if the double is the integer, rounded. */
static gboolean
numbers_are_equal(sqlite3_value *stored, sqlite3_value *truth)
{
    if (sqlite3_value_type(stored) == SQLITE_INTEGER && sqlite3_value_type(truth) == SQLITE_INTEGER)
        return sqlite3_value_int64(stored) == sqlite3_value_int64(truth);
    return sqlite3_value_double(stored) == sqlite3_value_double(truth);
}

static gboolean
is_number(sqlite3_value *value)
{
    int type = sqlite3_value_type(value);

    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

/* Counts are INTEGER and averages REAL, whatever their value; other numbers are compared as
 * numbers. */
static gboolean
measure_is_right(const char *kind, sqlite3_value *stored, sqlite3_value *truth)
{
    g_autoptr(GString) a = g_string_new(NULL);
    g_autoptr(GString) b = g_string_new(NULL);

    if (g_str_has_prefix(kind, "count") && sqlite3_value_type(stored) != SQLITE_INTEGER)
        return FALSE;
    if (strcmp(kind, "avg") == 0 && sqlite3_value_type(stored) == SQLITE_INTEGER)
        return FALSE;
    if (is_number(stored) && is_number(truth))
        return numbers_are_equal(stored, truth);
    rt_cell_append_value(a, stored);
    rt_cell_append_value(b, truth);
    return g_string_equal(a, b);
}

/* ---- Cells ---- */

/* One row: its key as a canonical text, and copies of its measures. */
typedef struct {
    guint measures;
    sqlite3_value *values[];
} Cell;

static void
free_cell(gpointer data)
{
    Cell *cell = data;

    for (guint i = 0; i < cell->measures; i++)
        sqlite3_value_free(cell->values[i]);
    g_free(cell);
}

static Cell *
copy_cell(sqlite3_stmt *row, guint keys, guint measures)
{
    Cell *cell = g_malloc(sizeof *cell + measures * sizeof cell->values[0]);

    cell->measures = measures;
    for (guint i = 0; i < measures; i++)
        cell->values[i] = sqlite3_value_dup(sqlite3_column_value(row, (int)(keys + i)));
    return cell;
}

static char *
row_key(sqlite3_stmt *row, guint keys)
{
    GString *key = g_string_new(NULL);

    for (guint i = 0; i < keys; i++) {
        if (i > 0)
            g_string_append_c(key, '|');
        rt_cell_append_value(key, sqlite3_column_value(row, (int)i));
    }
    return g_string_free(key, FALSE);
}

static gboolean
is_skipped(const RtCompared *table, sqlite3_stmt *row)
{
    g_autoptr(GString) tenant = g_string_new(NULL);
    const unsigned char *name = table->summary->is_long ? sqlite3_column_text(row, 0) : NULL;

    if (rt_raising_skips(table->summary, (const char *)name))
        return TRUE;
    if (table->tenant_key < 0)
        return FALSE;
    rt_cell_append_value(tenant, sqlite3_column_value(row, table->tenant_key));
    return rt_oracle_skips(table->oracle, tenant->str);
}

/* Puts a query's rows into `cells`. */
static void
collect(RtCompared *table, const char *sql, const char *whose, GHashTable *cells)
{
    sqlite3_stmt *row = rt_database_prepare(table->db, sql);
    int code = SQLITE_DONE;

    while (row != NULL && (code = sqlite3_step(row)) == SQLITE_ROW) {
        char *key;

        if (is_skipped(table, row))
            continue;
        key = row_key(row, table->keys);
        if (g_hash_table_contains(cells, key))
            rt_compared_complain(table, "two rows of one key", key, whose);
        g_hash_table_replace(cells, key, copy_cell(row, table->keys, table->measures));
    }
    if (row == NULL || code != SQLITE_DONE)
        rt_compared_complain(table, whose, sqlite3_errmsg(table->db), sql);
    sqlite3_finalize(row);
}

static void
collect_stored(RtCompared *table, GHashTable *cells)
{
    g_autofree char *sql = rt_compared_query(table);

    collect(table, sql, " (stored)", cells);
}

/* Every series of the summary gives cells of its own; in a wide one there is one series. */
static void
collect_truth(RtCompared *table, GHashTable *cells)
{
    for (guint i = 0; i < table->summary->series->len; i++) {
        const RtSeries *series = table->summary->series->pdata[i];
        g_autofree char *sql = rt_oracle_query(table->oracle, table->summary, series, table->grain);

        if (!series->fails)
            collect(table, sql, " (oracle)", cells);
    }
}

static gboolean
are_equal(const RtCompared *table, gconstpointer stored, gconstpointer truth)
{
    const RtSeries *series = table->summary->series->pdata[0]; /* kinds are the same in every one */
    const Cell *found = stored, *wanted = truth;

    for (guint i = 0; i < wanted->measures; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        if (!measure_is_right(measure->kind, found->values[i], wanted->values[i]))
            return FALSE;
    }
    return TRUE;
}

static char *
measures_text(gconstpointer data)
{
    const Cell *cell = data;
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < cell->measures; i++) {
        g_string_append_c(text, ' ');
        rt_cell_append_value(text, cell->values[i]);
    }
    return g_string_free(text, FALSE);
}

static const RtZone *
zone_of(gconstpointer oracle, const char *tenant)
{
    return rt_oracle_zone(oracle, tenant);
}

static void
compare_table(RtCompared *table)
{
    g_autoptr(GHashTable) stored =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cell);
    g_autoptr(GHashTable) truth = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cell);

    collect_truth(table, truth);
    collect_stored(table, stored);
    rt_compared_judge(table, stored, truth);
}

void
rt_compare(sqlite3 *db, const RtPlan *plan, const RtOracle *oracle, RtRetention *retention,
           RtComparison *ret_comparison)
{
    static const RtSides sides = {compare_table, are_equal, measures_text, zone_of};

    rt_compared_all(&sides, db, plan, oracle, retention, ret_comparison);
}
