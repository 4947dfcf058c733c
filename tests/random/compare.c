/* Both sides go into hash tables by a canonical text of their key; then each is looked up in the
 * other. */
#include "compare.h"

#include <string.h>

#include "cellkey.h"

#define REPORT_LINES 12

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

typedef struct {
    sqlite3 *db;
    const RtPlan *plan;
    const RtOracle *oracle;
    RtRetention *retention;
    const RtSummary *summary;
    RtGrain grain;
    guint keys, measures;
    int tenant_key; /* index of the tenant among the key columns, or -1 */
    RtComparison *result;
} Table;

static void
complain(Table *table, const char *what, const char *key, const char *detail)
{
    if (++table->result->wrong > REPORT_LINES)
        return;
    g_string_append_printf(table->result->report, "%s: %s: key %s%s\n",
                           table->summary->table[table->grain], what, key, detail);
}

static void
append_values(GString *text, const Cell *cell)
{
    for (guint i = 0; i < cell->measures; i++) {
        g_string_append_c(text, ' ');
        rt_cell_append_value(text, cell->values[i]);
    }
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
is_skipped(const Table *table, sqlite3_stmt *row)
{
    g_autoptr(GString) tenant = g_string_new(NULL);

    if (table->tenant_key < 0)
        return FALSE;
    rt_cell_append_value(tenant, sqlite3_column_value(row, table->tenant_key));
    return rt_oracle_skips(table->oracle, tenant->str);
}

/* Puts a query's rows into `cells`. */
static void
collect(Table *table, const char *sql, const char *whose, GHashTable *cells)
{
    sqlite3_stmt *row = rt_database_prepare(table->db, sql);
    int code = SQLITE_DONE;

    while (row != NULL && (code = sqlite3_step(row)) == SQLITE_ROW) {
        char *key;

        if (is_skipped(table, row))
            continue;
        key = row_key(row, table->keys);
        if (g_hash_table_contains(cells, key))
            complain(table, "two rows of one key", key, whose);
        g_hash_table_replace(cells, key, copy_cell(row, table->keys, table->measures));
    }
    if (row == NULL || code != SQLITE_DONE)
        complain(table, whose, sqlite3_errmsg(table->db), sql);
    sqlite3_finalize(row);
}

static void
append_column(GString *sql, const char *name)
{
    g_autofree char *quoted = rt_database_quote(name);

    g_string_append_printf(sql, "%s%s", sql->len > strlen("SELECT ") ? ", " : "", quoted);
}

static void
collect_stored(Table *table, GHashTable *cells)
{
    const RtSummary *summary = table->summary;
    g_autofree char *name = rt_database_quote(summary->table[table->grain]);
    g_autoptr(GString) sql = g_string_new("SELECT ");

    if (summary->is_long)
        append_column(sql, summary->series_column);
    if (table->plan->has_tenant)
        append_column(sql, summary->tenant_column);
    append_column(sql, summary->bucket_column);
    for (guint i = 0; i < summary->dimensions->len; i++)
        append_column(sql, summary->dimensions->pdata[i]);
    for (guint i = 0; i < summary->measures->len; i++)
        append_column(sql, summary->measures->pdata[i]);
    g_string_append_printf(sql, " FROM %s", name);
    collect(table, sql->str, " (stored)", cells);
}

/* Every series of the summary gives cells of its own; in a wide one there is one series. */
static void
collect_truth(Table *table, GHashTable *cells)
{
    for (guint i = 0; i < table->summary->series->len; i++) {
        g_autofree char *sql = rt_oracle_query(table->oracle, table->summary,
                                               table->summary->series->pdata[i], table->grain);

        collect(table, sql, " (oracle)", cells);
    }
}

static gboolean
cells_are_equal(const RtSummary *summary, const Cell *stored, const Cell *truth)
{
    const RtSeries *series = summary->series->pdata[0]; /* kinds are the same in every series */

    for (guint i = 0; i < truth->measures; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        if (!measure_is_right(measure->kind, stored->values[i], truth->values[i]))
            return FALSE;
    }
    return TRUE;
}

/* Both directions: what the oracle has and the table lacks or says otherwise, and what only the
 * table has. */
static void
compare_cells(Table *table, GHashTable *stored, GHashTable *truth)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, truth);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Cell *found = g_hash_table_lookup(stored, key);
        g_autoptr(GString) detail = g_string_new(NULL);

        table->result->cells++;
        if (found != NULL && cells_are_equal(table->summary, found, value))
            continue;
        if (found != NULL) {
            g_string_append(detail, "\n    stored");
            append_values(detail, found);
        }
        g_string_append(detail, "\n    true  ");
        append_values(detail, value);
        complain(table, found == NULL ? "missing" : "wrong", key, detail->str);
    }
    g_hash_table_iter_init(&iter, stored);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!g_hash_table_contains(truth, key))
            complain(table, "a ghost", key, "");
}

/* ---- What is removed or sealed ---- */

static char *
measures_text(gconstpointer cell)
{
    GString *text = g_string_new(NULL);

    append_values(text, cell);
    return g_string_free(text, FALSE);
}

static const RtZone *
zone_of(gconstpointer oracle, const char *tenant)
{
    return rt_oracle_zone(oracle, tenant);
}

static void
complain_of(gpointer table, const char *what, const char *key, const char *detail)
{
    complain(table, what, key, detail);
}

static void
part_retained(Table *table, GHashTable *stored, GHashTable *truth)
{
    const RtRetained retained = {table->summary, table->grain, table->plan->has_tenant,
                                 table->oracle,  zone_of,      measures_text,
                                 complain_of,    table};

    rt_retention_part(table->retention, &retained, stored, truth);
}

static void
compare_table(Table *table)
{
    g_autoptr(GHashTable) stored =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cell);
    g_autoptr(GHashTable) truth = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cell);

    collect_truth(table, truth);
    collect_stored(table, stored);
    part_retained(table, stored, truth);
    compare_cells(table, stored, truth);
}

void
rt_compare(sqlite3 *db, const RtPlan *plan, const RtOracle *oracle, RtRetention *retention,
           RtComparison *ret_comparison)
{
    *ret_comparison = (RtComparison){.report = g_string_new(NULL)};
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];
        Table table = {.db = db,
                       .plan = plan,
                       .oracle = oracle,
                       .retention = retention,
                       .summary = summary,
                       .keys = (guint)summary->is_long + (guint)plan->has_tenant + 1 +
                               summary->dimensions->len,
                       .measures = summary->measures->len,
                       .tenant_key = plan->has_tenant ? (int)summary->is_long : -1,
                       .result = ret_comparison};

        for (table.grain = 0; table.grain < RT_GRAINS; table.grain++)
            if (summary->grains >> table.grain & 1)
                compare_table(&table);
    }
}

void
rt_comparison_clear(RtComparison *comparison)
{
    g_string_free(comparison->report, TRUE);
    comparison->report = NULL;
}
