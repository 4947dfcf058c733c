/* What both comparisons have in common; nothing here knows how a cell is stored. */
#include "compared.h"

#include <string.h>

#include "database.h"

#define REPORT_LINES 12

void
rt_comparison_clear(RtComparison *comparison)
{
    g_string_free(comparison->report, TRUE);
    comparison->report = NULL;
}

void
rt_compared_complain(RtCompared *table, const char *what, const char *key, const char *detail)
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

char *
rt_compared_query(const RtCompared *table)
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

/* ---- Both directions ---- */

static void
append_side(const RtCompared *table, GString *detail, const char *label, gconstpointer cell)
{
    g_autofree char *measures = table->sides->measures_text(cell);

    g_string_append_printf(detail, "\n    %s%s", label, measures);
}

static void
judge_true(RtCompared *table, const char *key, gconstpointer found, gconstpointer wanted)
{
    g_autoptr(GString) detail = g_string_new(NULL);

    table->result->cells++;
    if (found != NULL && table->sides->are_equal(table, found, wanted))
        return;
    if (found != NULL)
        append_side(table, detail, "stored", found);
    append_side(table, detail, "true  ", wanted);
    rt_compared_complain(table, found == NULL ? "missing" : "wrong", key, detail->str);
}

/* ---- What is removed or sealed ---- */

static void
complain_of(gpointer table, const char *what, const char *key, const char *detail)
{
    rt_compared_complain(table, what, key, detail);
}

static void
part_retained(RtCompared *table, GHashTable *stored, GHashTable *truth)
{
    const RtRetained retained = {table->summary,
                                 table->grain,
                                 table->plan->has_tenant,
                                 table->oracle,
                                 table->sides->zone_of,
                                 table->sides->measures_text,
                                 complain_of,
                                 table};

    rt_retention_part(table->retention, &retained, stored, truth);
}

void
rt_compared_judge(RtCompared *table, GHashTable *stored, GHashTable *truth)
{
    GHashTableIter iter;
    gpointer key, value;

    part_retained(table, stored, truth);
    g_hash_table_iter_init(&iter, truth);
    while (g_hash_table_iter_next(&iter, &key, &value))
        judge_true(table, key, g_hash_table_lookup(stored, key), value);
    g_hash_table_iter_init(&iter, stored);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!g_hash_table_contains(truth, key))
            rt_compared_complain(table, "a ghost", key, "");
}

void
rt_compared_all(const RtSides *sides, gpointer db, const RtPlan *plan, gconstpointer oracle,
                RtRetention *retention, RtComparison *ret_comparison)
{
    *ret_comparison = (RtComparison){.report = g_string_new(NULL)};
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];
        RtCompared table = {.sides = sides,
                            .db = db,
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
                sides->compare(&table);
    }
}
