/* Both sides are hash tables of canonical keys and measures. */
#include "server_compare.h"

#include <string.h>

#include "database.h"
#include "datum.h"

#define REPORT_LINES 12

typedef struct {
    RtServer *server;
    const RtPlan *plan;
    const RtTruth *truth;
    RtRetention *retention;
    const RtSummary *summary;
    RtGrain grain;
    guint keys, measures;
    int tenant_key;         /* index of the tenant among the key columns, or -1 */
    RtField *stored_fields; /* of the measures */
    RtServerComparison *result;
} Table;

static void
complain(Table *table, const char *what, const char *key, const char *detail)
{
    if (++table->result->wrong > REPORT_LINES)
        return;
    g_string_append_printf(table->result->report, "%s: %s: key %s%s\n",
                           table->summary->table[table->grain], what, key, detail);
}

/* ---- What is stored ---- */

static void
append_column(GString *sql, const char *name)
{
    g_autofree char *quoted = rt_database_quote(name);

    g_string_append_printf(sql, "%s%s", sql->len > strlen("SELECT ") ? ", " : "", quoted);
}

static char *
stored_query(const Table *table)
{
    const RtSummary *summary = table->summary;
    g_autofree char *name = rt_database_quote(summary->table[table->grain]);
    GString *sql = g_string_new("SELECT ");

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
    return g_string_free(sql, FALSE);
}

static char *
canonical_at(const RtRows *rows, guint row, guint field)
{
    RtDatum datum = rt_datum_read(&rows->field[field], rt_rows_at(rows, row, field));
    GString *canonical = g_string_new(NULL);

    rt_datum_append(canonical, &datum);
    return g_string_free(canonical, FALSE);
}

static char *
stored_key(const Table *table, const RtRows *rows, guint row)
{
    GString *key = g_string_new(NULL);

    for (guint i = 0; i < table->keys; i++) {
        g_autofree char *canonical = canonical_at(rows, row, i);

        g_string_append_printf(key, "%s%s", i > 0 ? "|" : "", canonical);
    }
    return g_string_free(key, FALSE);
}

static gboolean
is_skipped(const Table *table, const RtRows *rows, guint row)
{
    g_autofree char *tenant = NULL;

    if (table->tenant_key < 0)
        return FALSE;
    tenant = canonical_at(rows, row, (guint)table->tenant_key);
    return rt_truth_skips(table->truth, tenant);
}

static GHashTable *
stored_cells(Table *table)
{
    GHashTable *cells = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, rt_cell_free);
    g_autofree char *sql = stored_query(table);
    g_autoptr(RtRows) rows = NULL;
    RtServerError error;

    if (!rt_server_run(table->server, sql, &rows, &error)) {
        complain(table, "(stored)", error.message, sql);
        return cells;
    }
    memcpy(table->stored_fields, rows->field + table->keys, table->measures * sizeof(RtField));
    for (guint row = 0; row < rows->rows->len; row++) {
        char *key;
        RtCell *cell;

        if (is_skipped(table, rows, row))
            continue;
        key = stored_key(table, rows, row);
        cell = rt_cell_new(table->measures);
        for (guint i = 0; i < table->measures; i++)
            cell->canonical[i] = canonical_at(rows, row, table->keys + i);
        if (g_hash_table_contains(cells, key))
            complain(table, "two rows of one key", key, "");
        g_hash_table_replace(cells, key, cell);
    }
    return cells;
}

/* ---- Comparing ---- */

/* Numbers begin with I, D or R. */
static gboolean
is_number(const char *canonical)
{
    return strchr("IDR", *canonical) != NULL;
}

/* Counts are integers. Where another series' sums are reals the column is, so an exact sum is
 * stored as the nearest real. */
static gboolean
measure_is_right(const char *kind, const RtField *field, const char *stored, const char *truth)
{
    if (g_str_has_prefix(kind, "count") && field->type != RT_FIELD_INTEGER)
        return FALSE;
    if (strcmp(stored, truth) == 0)
        return TRUE;
    return field->type == RT_FIELD_REAL && is_number(stored) && is_number(truth) &&
           g_ascii_strtod(stored + 1, NULL) == g_ascii_strtod(truth + 1, NULL);
}

static gboolean
cells_are_equal(const Table *table, const RtCell *stored, const RtCell *truth)
{
    const RtSeries *series = table->summary->series->pdata[0]; /* kinds are the same in all */

    for (guint i = 0; i < truth->measures; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        if (!measure_is_right(measure->kind, &table->stored_fields[i], stored->canonical[i],
                              truth->canonical[i]))
            return FALSE;
    }
    return TRUE;
}

static void
append_measures(GString *text, const char *label, const RtCell *cell)
{
    g_string_append_printf(text, "\n    %s", label);
    for (guint i = 0; i < cell->measures; i++)
        g_string_append_printf(text, " %s", cell->canonical[i]);
}

static void
compare_cells(Table *table, GHashTable *stored, GHashTable *truth)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, truth);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const RtCell *found = g_hash_table_lookup(stored, key);
        g_autoptr(GString) detail = g_string_new(NULL);

        table->result->cells++;
        if (found != NULL && cells_are_equal(table, found, value))
            continue;
        if (found != NULL)
            append_measures(detail, "stored", found);
        append_measures(detail, "true  ", value);
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

    append_measures(text, "", cell);
    return g_string_free(text, FALSE);
}

static const RtZone *
zone_of(gconstpointer truth, const char *tenant)
{
    return rt_truth_zone(truth, tenant);
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
                                 table->truth,   zone_of,      measures_text,
                                 complain_of,    table};

    rt_retention_part(table->retention, &retained, stored, truth);
}

static void
compare_table(Table *table)
{
    g_autofree RtField *fields = g_new0(RtField, table->measures);
    g_autoptr(GHashTable) truth = rt_truth_cells(table->truth, table->summary, table->grain);
    g_autoptr(GHashTable) stored = NULL;

    table->stored_fields = fields;
    stored = stored_cells(table);
    part_retained(table, stored, truth);
    compare_cells(table, stored, truth);
}

void
rt_server_compare(RtServer *server, const RtPlan *plan, const RtTruth *truth,
                  RtRetention *retention, RtServerComparison *ret_comparison)
{
    *ret_comparison = (RtServerComparison){.report = g_string_new(NULL)};
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];
        Table table = {.server = server,
                       .plan = plan,
                       .truth = truth,
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
