/* Draws summaries over the sources, so that every source feeds at least one. */
#include "plan.h"

#include <string.h>

#include "sources.h"

static const char *const measure_kinds[] = {"count", "sum", "min", "max", "avg", "count_distinct"};

/* ---- Measures, series ---- */

/* One in four has a condition of its own; only sums and averages need numbers. `classes`: of what a
 * minimum, maximum or average may be taken; the minima of a column are of one class. */
static RtMeasure *
new_measure(const RtPlan *plan, const RtSource *source, const char *kind, guint32 *classes,
            RtRng *rng)
{
    RtMeasure *measure = g_new0(RtMeasure, 1);
    gboolean is_sum = strcmp(kind, "sum") == 0 || strcmp(kind, "avg") == 0;
    RtClass class = RT_CLASS_NONE;

    measure->kind = kind;
    if (is_sum)
        measure->expression = rt_source_number(plan, source, *classes, rng);
    else if (strcmp(kind, "count") != 0)
        measure->expression = rt_source_any(plan, source, *classes, &class, rng);
    if (measure->expression == NULL && strcmp(kind, "count") != 0)
        measure->expression = g_strdup("'none'"); /* the tables have no text */
    if (strcmp(kind, "min") == 0 || strcmp(kind, "max") == 0)
        *classes &= 1U << class;
    if (rt_rng_percent(rng, 25))
        measure->where = rt_source_condition(plan, source, TRUE, rng);
    return measure;
}

static void
free_measure(gpointer data)
{
    RtMeasure *measure = data;

    g_free(measure->expression);
    g_free(measure->where);
    g_free(measure);
}

static char *
new_dimension(const RtPlan *plan, const RtSource *source, guint32 *classes, RtRng *rng)
{
    RtClass class = RT_CLASS_NONE;
    char *dimension = rt_source_dimension(plan, source, *classes, &class, rng);

    if (plan->world->kind != RT_SQLITE)
        *classes &= 1U << class;
    return dimension;
}

/* Kinds are the summary's, so that a column holds one kind of value in every series. */
static RtSeries *
new_series(const RtPlan *plan, RtSummary *summary, const RtSource *source, char *name,
           const char *const *kinds, RtRng *rng)
{
    RtSeries *series = g_new0(RtSeries, 1);

    series->name = name;
    series->source = source;
    series->dimensions = g_ptr_array_new_with_free_func(g_free);
    series->measures = g_ptr_array_new_with_free_func(free_measure);
    if (summary->is_long && rt_rng_percent(rng, 55))
        series->where = rt_source_condition(plan, source, TRUE, rng);
    for (guint i = 0; i < summary->dimensions->len; i++)
        g_ptr_array_add(series->dimensions,
                        summary->is_long && rt_rng_percent(rng, 25)
                            ? g_strdup("NULL")
                            : new_dimension(plan, source, &summary->dimension_classes[i], rng));
    for (guint i = 0; i < summary->measures->len; i++)
        g_ptr_array_add(series->measures,
                        new_measure(plan, source, kinds[i], &summary->measure_classes[i], rng));
    return series;
}

static void
free_series(gpointer data)
{
    RtSeries *series = data;

    g_free(series->name);
    g_free(series->where);
    g_free(series->spoiled);
    g_ptr_array_unref(series->dimensions);
    g_ptr_array_unref(series->measures);
    g_free(series);
}

/* ---- Summaries ---- */

/* At least one grain; none below a day where the source only knows local dates. */
static guint
draw_grains(gboolean from_day, RtRng *rng)
{
    static const guint weights[RT_GRAINS] = {18, 45, 60, 25, 45, 20, 25};
    guint grains = 0;

    while (grains == 0)
        for (guint grain = from_day ? RT_DAY : RT_MINUTE; grain < RT_GRAINS; grain++)
            grains |= rt_rng_percent(rng, weights[grain]) ? 1U << grain : 0;
    return grains;
}

/* How the spec names the tables: left out, a template, or a map. */
static void
name_tables(RtSummary *summary, RtRng *rng)
{
    guint form = rt_rng_index(rng, 3);

    if (form == 1)
        summary->table_template = g_strdup_printf("cube_{grain}_of_%s", summary->name);
    summary->has_table_map = form == 2;
    for (guint grain = 0; grain < RT_GRAINS; grain++) {
        const char *name = rt_grain_name(grain);

        if (!(summary->grains >> grain & 1))
            continue;
        summary->table[grain] = form == 1   ? g_strdup_printf("cube_%s_of_%s", name, summary->name)
                                : form == 2 ? g_strdup_printf("%s-ly %s", name, summary->name)
                                            : g_strdup_printf("%s_%s", summary->name, name);
    }
}

/* Names that SQL would misread without quotes come with the feature odd-names. */
static void
name_columns(const RtWorld *world, RtSummary *summary, RtRng *rng)
{
    gboolean is_odd = world->has[RT_ODD_NAMES] && rt_rng_percent(rng, 60);
    gboolean is_renamed = rt_rng_percent(rng, 40);
    guint dimensions = rt_rng_index(rng, RT_DIMENSIONS_MAX + 1);
    guint measures = (guint)rt_rng_between(rng, 1, RT_MEASURES_MAX);

    summary->tenant_column = is_odd ? "group" : is_renamed ? "origin" : "tenant";
    summary->series_column = is_odd ? "event type" : is_renamed ? "metric" : "series";
    summary->bucket_column = is_odd ? "Zeit-Stück" : is_renamed ? "at" : "bucket";
    for (guint i = 0; i < dimensions; i++)
        g_ptr_array_add(summary->dimensions, g_strdup_printf(is_odd ? "dim %u" : "d%u", i + 1));
    for (guint i = 0; i < measures; i++)
        g_ptr_array_add(summary->measures, g_strdup_printf(is_odd ? "select %u" : "m%u", i + 1));
}

/* On servers a column has a type: in a long summary only whole numbers and texts are in every
 * table; sums may mix all numbers; and not everything has an order that all agree on. */
static void
allow_classes(const RtWorld *world, RtSummary *summary, const char *const *kinds)
{
    const guint32 common = 1U << RT_CLASS_WHOLE | 1U << RT_CLASS_TEXT;
    gboolean is_free = world->kind == RT_SQLITE || !summary->is_long;

    for (guint i = 0; i < RT_DIMENSIONS_MAX; i++)
        summary->dimension_classes[i] = is_free ? RT_ANY_CLASS : common;
    for (guint i = 0; i < RT_MEASURES_MAX; i++) {
        gboolean is_order = strcmp(kinds[i], "min") == 0 || strcmp(kinds[i], "max") == 0;

        summary->measure_classes[i] = RT_ANY_CLASS;
        if (is_order && is_free)
            summary->measure_classes[i] &= ~(1U << RT_CLASS_OTHER | 1U << RT_CLASS_BOOLEAN);
        else if (is_order)
            summary->measure_classes[i] = common;
        else if (strcmp(kinds[i], "avg") == 0 && !is_free)
            summary->measure_classes[i] = 1U << RT_CLASS_WHOLE;
    }
}

/* A long summary may be fed by any sources whose time allows its grains. */
static void
add_series(RtPlan *plan, RtSummary *summary, const RtSource *first, RtRng *rng)
{
    guint count = summary->is_long ? (guint)rt_rng_between(rng, 1, 5) : 1;
    const char *kinds[RT_MEASURES_MAX];

    for (guint i = 0; i < RT_MEASURES_MAX; i++)
        kinds[i] = measure_kinds[rt_rng_index(rng, G_N_ELEMENTS(measure_kinds))];
    allow_classes(plan->world, summary, kinds);
    for (guint i = 0; i < count; i++) {
        const RtSource *source = plan->sources->pdata[rt_rng_index(rng, plan->sources->len)];
        char *name = summary->is_long ? g_strdup_printf("series_%u", i + 1) : NULL;

        if (!plan->world->has[RT_MIXED_LONG] || i == 0 ||
            (source->unit == RT_DATE) != (first->unit == RT_DATE))
            source = first;
        g_ptr_array_add(summary->series, new_series(plan, summary, source, name, kinds, rng));
    }
}

static gboolean
has_one_source(const RtSummary *summary)
{
    const RtSeries *first = summary->series->pdata[0];

    for (guint i = 1; i < summary->series->len; i++)
        if (((RtSeries *)summary->series->pdata[i])->source != first->source)
            return FALSE;
    return TRUE;
}

/* A summary over `source`, and if it is long perhaps over others as well. Its own `where` must hold
 * for every source, so it needs that there is but one. */
static RtSummary *
new_summary(RtPlan *plan, guint index, const RtSource *source, RtRng *rng)
{
    RtSummary *summary = g_new0(RtSummary, 1);

    summary->name = g_strdup_printf("summary_%u", index + 1);
    summary->is_long = rt_rng_percent(rng, 40);
    summary->dimensions = g_ptr_array_new_with_free_func(g_free);
    summary->measures = g_ptr_array_new_with_free_func(g_free);
    summary->series = g_ptr_array_new_with_free_func(free_series);
    summary->grains = draw_grains(source->unit == RT_DATE, rng);
    name_tables(summary, rng);
    name_columns(plan->world, summary, rng);
    add_series(plan, summary, source, rng);
    if (has_one_source(summary) && rt_rng_percent(rng, 30))
        summary->where = rt_source_condition(plan, source, TRUE, rng);
    return summary;
}

static void
free_summary(gpointer data)
{
    RtSummary *summary = data;

    for (guint grain = 0; grain < RT_GRAINS; grain++)
        g_free(summary->table[grain]);
    g_free(summary->name);
    g_free(summary->where);
    g_free(summary->table_template);
    g_ptr_array_unref(summary->dimensions);
    g_ptr_array_unref(summary->measures);
    g_ptr_array_unref(summary->series);
    g_free(summary);
}

/* ---- A plan ---- */

/* Every source feeds at least one summary. */
RtPlan *
rt_plan_new(const RtWorld *world, RtRng *rng)
{
    RtPlan *plan = g_new0(RtPlan, 1);
    guint sources = (guint)rt_rng_between(rng, 1, 3);
    guint summaries = (guint)rt_rng_between(rng, sources, 4);

    plan->world = world;
    plan->has_tenant = world->has[RT_TENANTS_TABLE] || rt_rng_percent(rng, 70);
    plan->batch = world->has[RT_SMALL_BATCHES] ? (guint)rt_rng_between(rng, 1, 30) : 0;
    plan->has_nightly = world->has[RT_NIGHTLY];
    plan->sources = g_ptr_array_new_with_free_func((GDestroyNotify)rt_source_free);
    plan->summaries = g_ptr_array_new_with_free_func(free_summary);
    for (guint i = 0; i < sources; i++)
        g_ptr_array_add(plan->sources, rt_source_new(plan, i, rng));
    for (guint i = 0; i < summaries; i++)
        g_ptr_array_add(plan->summaries,
                        new_summary(plan, i, plan->sources->pdata[i % sources], rng));
    return plan;
}

void
rt_plan_free(RtPlan *plan)
{
    if (plan == NULL)
        return;
    g_ptr_array_unref(plan->sources);
    g_ptr_array_unref(plan->summaries);
    g_free(plan->control_schema);
    g_free(plan);
}
