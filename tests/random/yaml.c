/* Writes a plan as trueup.yaml. Every scalar that could mislead YAML is written in double
 * quotes. */
#include "plan.h"

#include <string.h>

#include "database.h"

static void
append_quoted(GString *yaml, const char *text)
{
    g_string_append_c(yaml, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(yaml, '\\');
        if (*text == '\n')
            g_string_append(yaml, "\\n");
        else if (*text == '\t')
            g_string_append(yaml, "\\t");
        else if (*text == 0x7f)
            g_string_append(yaml, "\\x7f");
        else
            g_string_append_c(yaml, *text);
    }
    g_string_append_c(yaml, '"');
}

static void
append_line(GString *yaml, guint indent, const char *key, const char *text)
{
    if (text == NULL)
        return;
    g_string_append_printf(yaml, "%*s%s: ", (int)indent, "", key);
    append_quoted(yaml, text);
    g_string_append_c(yaml, '\n');
}

/* ---- Sources ---- */

static void
append_table(GString *text, const RtWorld *world, const RtJoin *join)
{
    g_string_append(text, world->tables[join->role]->name);
    if (join->has_alias)
        g_string_append_printf(text, " %s", join->alias);
}

static void
append_source(GString *yaml, const RtWorld *world, const RtSource *source)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(yaml, "  %s:\n", source->name);
    append_table(text, world, source->joins->pdata[0]);
    append_line(yaml, 4, "from", text->str);
    if (source->joins->len > 1)
        g_string_append(yaml, "    join:\n");
    for (guint i = 1; i < source->joins->len; i++) {
        const RtJoin *join = source->joins->pdata[i];

        g_string_assign(text, join->is_left ? "left " : "");
        append_table(text, world, join);
        g_string_append_printf(text, " ON %s", join->on);
        g_string_append(yaml, "      - ");
        append_quoted(yaml, text->str);
        g_string_append_c(yaml, '\n');
    }
    append_line(yaml, 4, "tenant",
                source->odd_tenant != NULL ? source->odd_tenant : source->tenant);
    append_line(yaml, 4, "time", source->odd_time != NULL ? source->odd_time : source->time);
    if (source->unit != RT_TEXT_TIME && source->unit < RT_STAMP)
        append_line(yaml, 4, "time_unit", rt_time_unit_name(source->unit));
    if (strcmp(source->zone, "UTC") != 0)
        append_line(yaml, 4, "time_zone", source->zone);
    append_line(yaml, 4, "where", source->where);
    if (!source->captures)
        g_string_append(yaml, "    capture: none\n");
}

/* ---- Summaries ---- */

static char *
measure_text(const RtMeasure *measure)
{
    GString *text = g_string_new(measure->kind);

    if (measure->expression != NULL)
        g_string_append_printf(text, "(%s)", measure->expression);
    if (measure->where != NULL)
        g_string_append_printf(text, " where %s", measure->where);
    return g_string_free(text, FALSE);
}

static void
append_map_line(GString *yaml, guint indent, const char *key, const char *text)
{
    g_string_append_printf(yaml, "%*s", (int)indent, "");
    append_quoted(yaml, key);
    g_string_append(yaml, ": ");
    append_quoted(yaml, text);
    g_string_append_c(yaml, '\n');
}

static void
append_cells(GString *yaml, guint indent, const RtSummary *summary, const RtSeries *series)
{
    if (summary->dimensions->len > 0)
        g_string_append_printf(yaml, "%*sdimensions:\n", (int)indent, "");
    for (guint i = 0; i < summary->dimensions->len; i++)
        append_map_line(yaml, indent + 2, summary->dimensions->pdata[i],
                        series->dimensions->pdata[i]);
    g_string_append_printf(yaml, "%*smeasures:\n", (int)indent, "");
    for (guint i = 0; i < summary->measures->len; i++) {
        g_autofree char *text = measure_text(series->measures->pdata[i]);

        append_map_line(yaml, indent + 2, summary->measures->pdata[i], text);
    }
}

/* The defaults beside `series`: constants, which hold for every source. Every series says its
 * own. */
static void
append_long(GString *yaml, const RtSummary *summary)
{
    if (summary->dimensions->len > 0)
        g_string_append(yaml, "    dimensions:\n");
    for (guint i = 0; i < summary->dimensions->len; i++) {
        g_string_append(yaml, "      ");
        append_quoted(yaml, summary->dimensions->pdata[i]);
        g_string_append(yaml, ": null\n");
    }
    g_string_append(yaml, "    measures:\n");
    for (guint i = 0; i < summary->measures->len; i++)
        append_map_line(yaml, 6, summary->measures->pdata[i], "count");
    g_string_append(yaml, "    series:\n");
    for (guint i = 0; i < summary->series->len; i++) {
        const RtSeries *series = summary->series->pdata[i];

        g_string_append_printf(yaml, "      %s:\n        source: %s\n", series->name,
                               series->source->name);
        append_line(yaml, 8, "where", series->where);
        append_cells(yaml, 8, summary, series);
    }
}

static void
append_grains(GString *yaml, const RtSummary *summary)
{
    const char *comma = "";

    g_string_append(yaml, "    grains: [");
    for (guint grain = 0; grain < RT_GRAINS; grain++) {
        if (!(summary->grains >> grain & 1))
            continue;
        g_string_append_printf(yaml, "%s%s", comma, rt_grain_name(grain));
        comma = ", ";
    }
    g_string_append(yaml, "]\n");
}

static void
append_names(GString *yaml, const RtPlan *plan, const RtSummary *summary)
{
    append_line(yaml, 4, "table", summary->table_template);
    if (summary->has_table_map)
        g_string_append(yaml, "    table:\n");
    for (guint grain = 0; grain < RT_GRAINS && summary->has_table_map; grain++)
        if (summary->table[grain] != NULL) {
            g_autofree char *name = rt_database_quote(summary->table[grain]);

            append_map_line(yaml, 6, rt_grain_name(grain), name);
        }
    if (strcmp(summary->bucket_column, "bucket") == 0)
        return;
    g_string_append(yaml, "    columns:\n");
    append_map_line(yaml, 6, "bucket", summary->bucket_column);
    if (plan->has_tenant)
        append_map_line(yaml, 6, "tenant", summary->tenant_column);
    if (summary->is_long)
        append_map_line(yaml, 6, "series", summary->series_column);
}

static void
append_days(GString *yaml, const char *key, const RtSummary *summary, const guint *days)
{
    const char *before = "";

    for (guint grain = 0; grain < RT_GRAINS; grain++) {
        if (days[grain] == 0 || !(summary->grains >> grain & 1))
            continue;
        if (*before == '\0')
            g_string_append_printf(yaml, "      %s: {", key);
        g_string_append_printf(yaml, "%s%s: %ud", before, rt_grain_name(grain), days[grain]);
        before = ", ";
    }
    if (*before != '\0')
        g_string_append(yaml, "}\n");
}

static void
append_retention(GString *yaml, const RtSummary *summary)
{
    g_autoptr(GString) days = g_string_new(NULL);

    append_days(days, "keep", summary, summary->keep_days);
    append_days(days, "sealed_after", summary, summary->sealed_days);
    if (days->len > 0)
        g_string_append_printf(yaml, "    refresh:\n%s", days->str);
}

static void
append_summary(GString *yaml, const RtPlan *plan, const RtSummary *summary)
{
    const RtSeries *first = summary->series->pdata[0];

    g_string_append_printf(yaml, "  %s:\n", summary->name);
    if (!summary->is_long)
        append_line(yaml, 4, "source", first->source->name);
    append_grains(yaml, summary);
    append_names(yaml, plan, summary);
    append_line(yaml, 4, "where", summary->where);
    if (summary->is_long)
        append_long(yaml, summary);
    else
        append_cells(yaml, 4, summary, first);
    append_retention(yaml, summary);
}

char *
rt_plan_yaml(const RtPlan *plan, const char *database, RtRng *rng)
{
    const RtWorld *world = plan->world;
    GString *yaml = g_string_new(NULL);

    append_line(yaml, 0, "database", database);
    append_line(yaml, 0, "control_schema", plan->control_schema);
    if (world->has[RT_TENANTS_TABLE])
        g_string_append_printf(yaml, "tenants:\n  table: %s\n  key: code\n  time_zone: tz\n%s",
                               RT_TENANTS_NAME,
                               world->tenants_have_active ? "  where: active = 1\n" : "");
    else
        append_line(yaml, 0, "time_zone", ((RtZone *)world->zones->pdata[0])->name);
    g_string_append(yaml, "sources:\n");
    for (guint i = 0; i < plan->sources->len; i++)
        append_source(yaml, world, plan->sources->pdata[i]);
    g_string_append(yaml, "summaries:\n");
    for (guint i = 0; i < plan->summaries->len; i++)
        append_summary(yaml, plan, plan->summaries->pdata[i]);
    if (plan->batch > 0 || plan->has_nightly || world->has[RT_SMALL_MEMORY])
        g_string_append(yaml, "refresh:\n");
    if (plan->batch > 0)
        g_string_append_printf(yaml, "  batch: {min: %u, max: %u}\n", plan->batch,
                               plan->batch * (guint)rt_rng_between(rng, 1, 4));
    if (plan->has_nightly)
        g_string_append_printf(yaml, "  nightly: {at: \"00:00\", zone: %s, days: %d}\n",
                               rt_rng_percent(rng, 50) ? "tenant" : "Asia/Tokyo",
                               (int)rt_rng_between(rng, 1, 3));
    if (world->has[RT_SMALL_MEMORY])
        g_string_append(yaml, "  memory: 1MiB\n");
    return g_string_free(yaml, FALSE);
}
