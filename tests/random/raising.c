/* A condition that holds or raises is put around whatever a series has, and around places. */
#include "raising.h"

#include "sources.h"
#include "store.h"
#include "values.h"

/* TRUE for every value of {x}, NULL too, but where it raises. */
static const char *const forms[RT_KINDS][2] = {
    [RT_SQLITE] = {"abs(CASE WHEN {x} = 4242 THEN -9223372036854775808 ELSE 1 END) = 1",
                   "json_type(CASE WHEN {x} = 4242 THEN '{' ELSE '{}' END) = 'object'"},
    [RT_POSTGRESQL] = {"7 / CASE WHEN {x} = 4242 THEN 0 ELSE 7 END = 1",
                       "CAST(CASE WHEN {x} = 4242 THEN 'odd' ELSE '1' END AS integer) = 1"},
    [RT_MARIADB] = {"CASE WHEN {x} = 4242 THEN {x} ELSE 0 END * 9223372036854775807 = 0",
                    "exp(CASE WHEN {x} = 4242 THEN 1000 ELSE 0 END) = 1"},
};

/* ---- Drawing ---- */

/* *ret_spoiled: how many rows there are that it raises for, joined or not: a database may evaluate
 * it before it joins. NULL: the source has no column for it. */
static char *
draw_condition(const RtPlan *plan, const RtSource *source, char **ret_spoiled, RtRng *rng)
{
    const RtTable *table = NULL;
    const RtColumn *whole = NULL;
    g_autofree char *column = rt_source_whole(plan, source, TRUE, &table, &whole, rng);
    GString *sql = g_string_new(forms[plan->world->kind][rt_rng_index(rng, 2)]);

    if (column == NULL) {
        g_string_free(sql, TRUE);
        return NULL;
    }
    g_string_replace(sql, "{x}", column, 0);
    *ret_spoiled = g_strdup_printf("SELECT count(*) FROM %s WHERE %s = %d", table->name,
                                   whole->name, RT_RAISES_AT);
    return g_string_free(sql, FALSE);
}

/* On either side: a database goes from left to right, or as it likes. */
static void
add_condition(char **where, const char *condition, RtRng *rng)
{
    g_autofree char *old = *where;

    if (old == NULL)
        *where = g_strdup(condition);
    else if (rt_rng_percent(rng, 50))
        *where = g_strdup_printf("(%s) AND %s", old, condition);
    else
        *where = g_strdup_printf("%s AND (%s)", condition, old);
}

static void
guard(gpointer *expression, const char *condition)
{
    g_autofree char *old = *expression;

    *expression = g_strdup_printf("CASE WHEN %s THEN %s END", condition, old);
}

/* One of its places: a measure, its condition, a dimension, the filter of a long summary's
 * series. */
static void
spoil_series(const RtPlan *plan, const RtSummary *summary, RtSeries *series, RtRng *rng)
{
    g_autofree char *condition = draw_condition(plan, series->source, &series->spoiled, rng);
    RtMeasure *measure = series->measures->pdata[rt_rng_index(rng, series->measures->len)];
    guint dimensions = series->dimensions->len;

    if (condition == NULL)
        return;
    if (measure->expression != NULL && rt_rng_percent(rng, 50))
        guard((gpointer *)&measure->expression, condition);
    else if (dimensions > 0 && !summary->is_long && rt_rng_percent(rng, 40))
        guard(&series->dimensions->pdata[rt_rng_index(rng, dimensions)], condition);
    else
        add_condition(summary->is_long && rt_rng_percent(rng, 50) ? &series->where
                                                                  : &measure->where,
                      condition, rng);
}

/* The place of a row: where it raises the row counts nowhere, as where it is NULL. The column may
 * be of the same table as the place, or of another one that it is joined with. */
static void
spoil_place(const RtPlan *plan, RtSource *source, RtRng *rng)
{
    const RtTable *table = NULL;
    const RtColumn *whole = NULL;
    g_autofree char *column = rt_source_whole(plan, source, FALSE, &table, &whole, rng);
    gboolean is_tenant = source->tenant != NULL && rt_rng_percent(rng, 50);
    char **true_place = is_tenant ? &source->tenant : &source->time;
    char **odd_place = is_tenant ? &source->odd_tenant : &source->odd_time;
    g_autofree char *plain = NULL;
    GString *condition;

    if (column == NULL)
        return;
    plain = *true_place;
    condition = g_string_new(forms[plan->world->kind][rt_rng_index(rng, 2)]);
    g_string_replace(condition, "{x}", column, 0);
    *odd_place = g_strdup_printf("CASE WHEN %s THEN %s END", condition->str, plain);
    *true_place =
        g_strdup_printf("CASE WHEN %s = %d THEN NULL ELSE %s END", column, RT_RAISES_AT, plain);
    source->odd = g_strdup_printf("SELECT count(*) FROM %s WHERE %s = %d", table->name, whole->name,
                                  RT_RAISES_AT);
    g_string_free(condition, TRUE);
}

void
rt_raising_draw(RtPlan *plan, RtRng *rng)
{
    for (guint i = 0; i < plan->sources->len; i++)
        if (rt_rng_percent(rng, 35))
            spoil_place(plan, plan->sources->pdata[i], rng);
    for (guint i = 0; i < plan->sources->len; i++) {
        RtSource *source = plan->sources->pdata[i];
        g_autofree char *condition =
            rt_rng_percent(rng, 15) ? draw_condition(plan, source, &source->spoiled, rng) : NULL;

        if (condition != NULL)
            add_condition(&source->where, condition, rng);
    }
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];

        for (guint s = 0; s < summary->series->len; s++)
            if (rt_rng_percent(rng, 40))
                spoil_series(plan, summary, summary->series->pdata[s], rng);
    }
}

/* ---- Which of them fail ---- */

gboolean
rt_raising_is_planned(const RtPlan *plan)
{
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];

        for (guint s = 0; s < summary->series->len; s++) {
            const RtSeries *series = summary->series->pdata[s];

            if (series->spoiled != NULL || series->source->spoiled != NULL ||
                series->source->odd != NULL)
                return TRUE;
        }
    }
    return FALSE;
}

guint
rt_raising_look(const RtPlan *plan, gint64 (*count)(gpointer data, const char *sql), gpointer data)
{
    guint failing = 0;

    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];

        for (guint s = 0; s < summary->series->len; s++) {
            RtSeries *series = summary->series->pdata[s];
            const char *of_source = series->source->spoiled;

            series->fails = (series->spoiled != NULL && count(data, series->spoiled) > 0) ||
                            (of_source != NULL && count(data, of_source) > 0);
            failing += series->fails ||
                       (series->source->odd != NULL && count(data, series->source->odd) > 0);
        }
    }
    return failing;
}

gboolean
rt_raising_skips(const RtSummary *summary, const char *name)
{
    for (guint s = 0; s < summary->series->len; s++) {
        const RtSeries *series = summary->series->pdata[s];

        if (series->fails && g_strcmp0(series->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

void
rt_raising_mend(RtHistory *history)
{
    for (guint role = 0; role < RT_ROLES; role++) {
        const RtTable *table = history->world->tables[role];

        for (guint i = 0; history->plan->uses[role] && i < table->columns->len; i++) {
            const RtColumn *column = table->columns->pdata[i];
            g_autofree char *sql =
                g_strdup_printf("UPDATE %s SET %s = 2 WHERE %s = %d", table->name, column->name,
                                column->name, RT_RAISES_AT);

            if (column->kind == RT_WHOLE)
                history->store->run(history, sql);
        }
    }
}
