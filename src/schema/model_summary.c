/*
 * One summary of the model: its tables, one a grain, and their columns.
 */
#include "schema/column_types.h"
#include "schema/model_source.h"

void
tu_summary_model_free(gpointer data)
{
    TuSummaryModel *summary = data;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        if (summary->tables[grain] == NULL)
            continue;
        g_free(summary->tables[grain]->name);
        g_free(summary->tables[grain]->bucket_column);
        g_free(summary->tables[grain]);
    }
    for (guint i = 0; summary->measures != NULL && i < summary->spec->measures->len; i++) {
        g_free(summary->measures[i].column);
        g_free(summary->measures[i].n_column);
        g_free(summary->measures[i].sum_column);
        tu_sql_type_clear(&summary->measures[i].type);
    }
    for (guint i = 0; summary->dimension_types != NULL && i < summary->spec->dimensions->len; i++)
        tu_sql_type_clear(&summary->dimension_types[i]);
    tu_sql_type_clear(&summary->tenant_type);
    g_free(summary->dimension_types);
    g_free(summary->measures);
    g_free(summary->rows_column);
    g_ptr_array_unref(summary->series);
    g_free(summary);
}

/* ---- measures: a column must hold every series ---- */

/* From the narrowest to the widest; the dynamic ones stand apart, since no database has both. */
static int
width_of(TuNumberKind number)
{
    switch (number) {
    case TU_NUMBER_WHOLE:
    case TU_NUMBER_INTEGER:
        return 0;
    case TU_NUMBER_DECIMAL:
    case TU_NUMBER_EITHER:
        return 1;
    case TU_NUMBER_REAL:
        return 2;
    }
    g_assert_not_reached();
}

static gboolean
is_sum(TuMeasureKind kind)
{
    return kind == TU_MEASURE_SUM || kind == TU_MEASURE_AVG;
}

/* The number type of a measure column, which must hold that of every series. */
static TuNumberKind
column_number(const TuSummaryModel *summary, guint index, gboolean is_dynamic, int *ret_scale)
{
    TuNumberKind widest = is_dynamic ? TU_NUMBER_INTEGER : TU_NUMBER_WHOLE;
    *ret_scale = 0;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        int scale = 0;
        if (series->problem != NULL)
            continue; /* what it would give is not known now */
        TuNumberKind number =
            tu_measure_number(&series->layout->measures[index], is_dynamic, &scale);
        if (width_of(number) > width_of(widest))
            widest = number;
        *ret_scale = *ret_scale < 0 || scale < 0 ? -1 : MAX(*ret_scale, scale);
    }
    return widest;
}

/* Of the hidden sums: the inputs' own digits. */
static int
sum_scale(const TuSummaryModel *summary, guint index)
{
    int scale = 0;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const TuLayoutMeasure *measure = &series->layout->measures[index];
        int own =
            is_sum(measure->kind) && measure->number == TU_NUMBER_DECIMAL ? measure->scale : 0;
        scale = scale < 0 || own < 0 ? -1 : MAX(scale, own);
    }
    return scale;
}

static gboolean
some_series_has(const TuSummaryModel *summary, guint index, gboolean (*is)(TuMeasureKind kind))
{
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        if (is(series->layout->measures[index].kind))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_avg(TuMeasureKind kind)
{
    return kind == TU_MEASURE_AVG;
}

/* Averages are added up by what is hidden beside them, whether they are folded or not: into a
 * coarser grain, or over dimensions. */
static gboolean
needs_hidden(const TuSeriesModel *series)
{
    gboolean needs = series->is_foldable;
    for (guint i = 0; i < series->layout->n_measures; i++)
        needs = needs || is_avg(series->layout->measures[i].kind);
    return needs;
}

static void
add_measures(TuSummaryModel *summary, gboolean is_dynamic)
{
    guint n = summary->spec->measures->len;
    summary->measures = g_new0(TuMeasureColumns, n);
    summary->rows_column = summary->has_hidden ? g_strdup("trueup_rows") : NULL;
    for (guint i = 0; i < n; i++) {
        TuMeasureColumns *columns = &summary->measures[i];
        const TuSeriesModel *first = g_ptr_array_index(summary->series, 0);
        columns->column = g_strdup(g_ptr_array_index(summary->spec->measures, i));
        columns->kind = first->layout->measures[i].kind;
        columns->number = column_number(summary, i, is_dynamic, &columns->scale);
        columns->sum_scale = sum_scale(summary, i);
        if (summary->has_hidden && some_series_has(summary, i, is_sum))
            columns->n_column = g_strdup_printf("trueup_n_%s", columns->column);
        if (summary->has_hidden && some_series_has(summary, i, is_avg))
            columns->sum_column = g_strdup_printf("trueup_sum_%s", columns->column);
    }
}

/* ---- grains ---- */

/* The coarsest kept grain from which `grain` can be made: the fewest cells to read. */
static int
parent_of(const TuSummary *spec, TuGrain grain)
{
    for (int finer = (int)grain - 1; finer >= 0; finer--)
        if (tu_summary_has_grain(spec, (TuGrain)finer) && tu_grain_nests((TuGrain)finer, grain))
            return finer;
    return -1;
}

static void
add_tables(TuSummaryModel *summary)
{
    const TuSummary *spec = summary->spec;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        summary->parent[grain] = -1;
        if (!tu_summary_has_grain(spec, (TuGrain)grain))
            continue;
        TuSummaryTable *table = g_new0(TuSummaryTable, 1);
        table->summary = summary;
        table->grain = (TuGrain)grain;
        table->name = g_strdup(spec->table[grain]);
        table->bucket_column = g_strdup(spec->bucket_column[grain]);
        summary->tables[grain] = table;
        summary->parent[grain] = parent_of(spec, (TuGrain)grain);
    }
    summary->unit = tu_summary_has_grain(spec, TU_GRAIN_MINUTE) ? TU_GRAIN_MINUTE
                    : tu_summary_has_grain(spec, TU_GRAIN_HOUR) ? TU_GRAIN_HOUR
                                                                : TU_GRAIN_DAY;
}

/* Stored cells can be added up if what is stored is all that the measure must remember. */
static gboolean
may_roll_up(const TuSeriesModel *series)
{
    for (guint i = 0; i < series->layout->n_measures; i++) {
        const TuLayoutMeasure *measure = &series->layout->measures[i];
        if (measure->kind == TU_MEASURE_COUNT_DISTINCT ||
            (is_sum(measure->kind) && measure->number == TU_NUMBER_REAL))
            return FALSE;
    }
    return TRUE;
}

static gboolean
find_series(TuModel *model, TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->spec->series->len; i++) {
        const TuSeries *wanted = g_ptr_array_index(summary->spec->series, i);
        for (guint s = 0; s < model->sources->len; s++) {
            TuSourceModel *source = g_ptr_array_index(model->sources, s);
            for (guint j = 0; j < source->series->len; j++) {
                TuSeriesModel *series = g_ptr_array_index(source->series, j);
                if (series->spec == wanted && series->layout != NULL)
                    g_ptr_array_add(summary->series, series);
            }
        }
    }
    return summary->series->len == summary->spec->series->len;
}

gboolean
tu_model_add_summary(TuModel *model, TuDatabase *db, const TuSummary *spec, GPtrArray *findings,
                     GError **error)
{
    TuSummaryModel *summary = g_new0(TuSummaryModel, 1);
    summary->spec = spec;
    summary->series = g_ptr_array_new();
    g_ptr_array_add(model->summaries, summary);
    if (!find_series(model, summary))
        return TRUE;
    for (guint s = 0; s < summary->series->len; s++) {
        TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        series->summary = summary;
        summary->has_hidden = summary->has_hidden || needs_hidden(series);
    }
    const TuDialect *dialect = tu_database_dialect(db);
    add_measures(summary, dialect->has_dynamic_types);
    tu_column_types_set(summary, dialect, findings);
    add_tables(summary);
    for (guint s = 0; s < summary->series->len; s++) {
        TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        series->is_rollable = may_roll_up(series);
    }
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuSummaryTable *table = summary->tables[grain];
        if (table != NULL && !tu_database_has_table(db, table->name, &table->exists, error))
            return FALSE;
    }
    return TRUE;
}
