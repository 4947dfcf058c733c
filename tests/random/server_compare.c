/* Both sides are hash tables of canonical keys and measures. */
#include "server_compare.h"

#include <string.h>

#include "datum.h"
#include "raising.h"

/* ---- What is stored ---- */

static char *
canonical_at(const RtRows *rows, guint row, guint field)
{
    RtDatum datum = rt_datum_read(&rows->field[field], rt_rows_at(rows, row, field));
    GString *canonical = g_string_new(NULL);

    rt_datum_append(canonical, &datum);
    return g_string_free(canonical, FALSE);
}

static char *
stored_key(const RtCompared *table, const RtRows *rows, guint row)
{
    GString *key = g_string_new(NULL);

    for (guint i = 0; i < table->keys; i++) {
        g_autofree char *canonical = canonical_at(rows, row, i);

        g_string_append_printf(key, "%s%s", i > 0 ? "|" : "", canonical);
    }
    return g_string_free(key, FALSE);
}

static gboolean
is_skipped(const RtCompared *table, const RtRows *rows, guint row)
{
    g_autofree char *tenant = NULL;

    if (rt_raising_skips(table->summary,
                         table->summary->is_long ? rt_rows_at(rows, row, 0)->bytes : NULL))
        return TRUE;
    if (table->tenant_key < 0)
        return FALSE;
    tenant = canonical_at(rows, row, (guint)table->tenant_key);
    return rt_truth_skips(table->oracle, tenant);
}

static GHashTable *
stored_cells(RtCompared *table)
{
    GHashTable *cells = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, rt_cell_free);
    g_autofree char *sql = rt_compared_query(table);
    g_autoptr(RtRows) rows = NULL;
    RtServerError error;

    if (!rt_server_run(table->db, sql, &rows, &error)) {
        rt_compared_complain(table, "(stored)", error.message, sql);
        return cells;
    }
    memcpy(table->of_side, rows->field + table->keys, table->measures * sizeof(RtField));
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
            rt_compared_complain(table, "two rows of one key", key, "");
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
are_equal(const RtCompared *table, gconstpointer stored, gconstpointer truth)
{
    const RtSeries *series = table->summary->series->pdata[0]; /* kinds are the same in all */
    const RtField *fields = table->of_side;
    const RtCell *found = stored, *wanted = truth;

    for (guint i = 0; i < wanted->measures; i++) {
        const RtMeasure *measure = series->measures->pdata[i];

        if (!measure_is_right(measure->kind, &fields[i], found->canonical[i], wanted->canonical[i]))
            return FALSE;
    }
    return TRUE;
}

static char *
measures_text(gconstpointer data)
{
    const RtCell *cell = data;
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < cell->measures; i++)
        g_string_append_printf(text, " %s", cell->canonical[i]);
    return g_string_free(text, FALSE);
}

static const RtZone *
zone_of(gconstpointer truth, const char *tenant)
{
    return rt_truth_zone(truth, tenant);
}

static void
compare_table(RtCompared *table)
{
    g_autofree RtField *fields = g_new0(RtField, table->measures);
    g_autoptr(GHashTable) truth = rt_truth_cells(table->oracle, table->summary, table->grain);
    g_autoptr(GHashTable) stored = NULL;

    table->of_side = fields;
    stored = stored_cells(table);
    rt_compared_judge(table, stored, truth);
}

void
rt_server_compare(RtServer *server, const RtPlan *plan, const RtTruth *truth,
                  RtRetention *retention, RtComparison *ret_comparison)
{
    static const RtSides sides = {compare_table, are_equal, measures_text, zone_of};

    rt_compared_all(&sides, server, plan, truth, retention, ret_comparison);
}
