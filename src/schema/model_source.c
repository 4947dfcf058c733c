/*
 * One source of the model: its tables, the list of what the database must evaluate, its series.
 */
#include "schema/model_source.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"
#include "schema/expressions.h"
#include "schema/source_sql.h"

/* More tables would mean more than 255 SELECTs to resolve one batch (2^k - 1). */
#define TABLES_LIMIT 8

/* ---- expressions ---- */

/* Adds what an expression reads to the captured columns of its tables. */
static void
use_columns(TuSourceModel *source, GHashTable *columns)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, columns);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const char *column = strchr(name, '\n') + 1;
        g_autofree char *table = g_strndup(name, (gsize)(column - 1 - (char *)name));
        for (guint i = 0; i < source->tables->len; i++) {
            TuCaptured *captured = g_ptr_array_index(source->tables, i);
            if (g_ascii_strcasecmp(captured->name, table) == 0)
                tu_captured_use_column(captured, column);
        }
    }
}

static gboolean
check_expression(TuSourceModel *source, TuDatabase *db, const char *text, const char *where,
                 GPtrArray *findings, TuExpressionInfo *ret_info, GError **error)
{
    if (!tu_expression_inspect(db, source, text, where, findings, ret_info, error))
        return FALSE;
    if (ret_info->columns != NULL)
        use_columns(source, ret_info->columns);
    return TRUE;
}

/* One that chooses rows: it must choose the same among their images. */
static gboolean
check_condition(TuSourceModel *source, TuDatabase *db, const char *text, const char *where,
                GPtrArray *findings, GError **error)
{
    g_auto(TuExpressionInfo) info = {0};
    tu_condition_inspect(db, source, text, where, findings);
    return check_expression(source, db, text, where, findings, &info, error);
}

/* What places its rows reads these columns. */
static void
note_columns(GHashTable *into, const TuExpressionInfo *info)
{
    GHashTableIter iter;
    gpointer name;
    if (info->columns == NULL)
        return;
    g_hash_table_iter_init(&iter, info->columns);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(into, g_ascii_strdown(name, -1));
}

/* An ON: a condition, and part of what places a row. */
static gboolean
check_join(TuSourceModel *source, TuDatabase *db, const char *text, const char *where,
           GPtrArray *findings, GError **error)
{
    g_auto(TuExpressionInfo) info = {0};
    tu_condition_inspect(db, source, text, where, findings);
    if (!check_expression(source, db, text, where, findings, &info, error))
        return FALSE;
    note_columns(source->place_columns, &info);
    return TRUE;
}

/* The number of an expression in the source's list; it is added when it is new. */
static int
number_of(TuSourceModel *source, const char *sql)
{
    for (guint i = 0; i < source->expressions->len; i++)
        if (g_str_equal(g_ptr_array_index(source->expressions, i), sql))
            return (int)i;
    g_ptr_array_add(source->expressions, g_strdup(sql));
    return (int)source->expressions->len - 1;
}

static int
add_plain(TuSourceModel *source, const char *text)
{
    g_autofree char *sql = g_strdup_printf("(%s)", text);
    return number_of(source, sql);
}

static gboolean
is_one_word(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")] ==
           '\0';
}

/* TRUE for a column and for a constant, which most dimensions of a long summary are: asked of every
 * row they cost less than the question whether the row belongs, and series share them. */
static gboolean
cannot_fail(const char *text)
{
    g_autofree char *constant = tu_sql_constant(text);
    return constant != NULL || is_one_word(text);
}

/* An expression as SQL evaluates it: only for rows that belong, since it may fail for others. */
static int
add_guarded(TuSourceModel *source, const char *text, const char *series_where,
            const char *measure_where)
{
    if (measure_where == NULL && (series_where == NULL || cannot_fail(text)))
        return add_plain(source, text);
    g_autofree char *sql = NULL;
    if (series_where != NULL && measure_where != NULL)
        sql = g_strdup_printf("CASE WHEN (%s) AND (%s) THEN (%s) END", series_where, measure_where,
                              text);
    else
        sql = g_strdup_printf("CASE WHEN (%s) THEN (%s) END",
                              series_where != NULL ? series_where : measure_where, text);
    return number_of(source, sql);
}

/* 1 where the condition holds; 0 or NULL elsewhere. */
static int
add_condition(TuSourceModel *source, const char *series_where, const char *text)
{
    g_autofree char *sql = series_where != NULL && text != series_where
                               ? g_strdup_printf("((%s) AND (%s)) IS TRUE", series_where, text)
                               : g_strdup_printf("(%s) IS TRUE", text);
    return number_of(source, sql);
}

/* What was found about a part of the spec: all of it among the findings; or, where an error is the
 * part's own problem, that one, if it has none yet. */
static void
hand_over(const TuModel *model, GPtrArray *found, GPtrArray *findings, char **ret_problem)
{
    for (guint i = 0; i < found->len; i++) {
        const TuFinding *finding = g_ptr_array_index(found, i);
        if (model->leaves_out && finding->is_error) {
            if (*ret_problem == NULL)
                *ret_problem = g_strdup(finding->message);
            return;
        }
    }
    g_ptr_array_extend_and_steal(findings, g_ptr_array_ref(found));
}

/* ---- series ---- */

static void
series_free(gpointer data)
{
    TuSeriesModel *series = data;
    tu_layout_free(series->layout);
    g_free(series->problem);
    for (guint i = 0; i < series->spec->dimensions->len; i++)
        tu_sql_type_clear(&series->dimension_types[i]);
    for (guint i = 0; i < series->spec->measures->len; i++)
        tu_sql_type_clear(&series->input_types[i]);
    g_free(series->dimensions);
    g_free(series->dimension_types);
    g_free(series->input_types);
    g_free(series->inputs);
    g_free(series);
}

/* Typed databases say what a sum's inputs are; elsewhere a column may hold either. */
static TuNumberKind
number_kind(const TuDialect *dialect, const TuMeasure *measure, const TuSqlType *type)
{
    gboolean is_sum = measure->kind == TU_MEASURE_SUM || measure->kind == TU_MEASURE_AVG;
    if (!is_sum || type->kind == TU_TYPE_NULL)
        return TU_NUMBER_EITHER;
    if (type->kind == TU_TYPE_REAL)
        return TU_NUMBER_REAL;
    if (dialect->has_dynamic_types)
        return type->kind == TU_TYPE_INTEGER ? TU_NUMBER_INTEGER : TU_NUMBER_EITHER;
    return type->kind == TU_TYPE_INTEGER ? TU_NUMBER_WHOLE : TU_NUMBER_DECIMAL;
}

static gboolean
is_number(TuType kind)
{
    return kind == TU_TYPE_NULL || kind == TU_TYPE_INTEGER || kind == TU_TYPE_REAL ||
           kind == TU_TYPE_DECIMAL;
}

static void
check_input(const TuMeasure *measure, const TuSqlType *type, const char *where, GPtrArray *findings)
{
    gboolean is_sum = measure->kind == TU_MEASURE_SUM || measure->kind == TU_MEASURE_AVG;
    gboolean is_extreme = measure->kind == TU_MEASURE_MIN || measure->kind == TU_MEASURE_MAX;
    const char *name = tu_measure_kind_name(measure->kind);
    if (is_sum && !is_number(type->kind))
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("%s(%s): it is %s, not a number", name, measure->expression,
                                       type->kind == TU_TYPE_TEXT ? "text" : "no text either"),
                       g_strdup("sum a number: CAST(... AS INTEGER)"));
    if (is_extreme && type->is_not_ordered)
        tu_finding_add(
            findings, TRUE, where,
            g_strdup_printf("%s(%s): its order is the database's own", name, measure->expression),
            g_strdup("cast it to text, which counts by its bytes, or to a number"));
}

/* One measure of a series: its input's number and what its column must hold. */
static gboolean
add_measure(TuSeriesModel *series, TuDatabase *db, guint index, const char *where,
            GPtrArray *findings, TuNumberKind *ret_number, int *ret_scale, GError **error)
{
    TuSourceModel *source = series->source;
    const TuMeasure *measure = g_ptr_array_index(series->spec->measures, index);
    g_auto(TuExpressionInfo) info = {0};
    g_auto(TuExpressionInfo) condition = {0};
    if (measure->expression != NULL &&
        !check_expression(source, db, measure->expression, where, findings, &info, error))
        return FALSE;
    if (measure->where != NULL &&
        !check_expression(source, db, measure->where, where, findings, &condition, error))
        return FALSE;
    check_input(measure, &info.type, where, findings);
    series->input_types[index] = tu_sql_type_copy(&info.type);
    *ret_number = number_kind(tu_database_dialect(db), measure, &info.type);
    *ret_scale = info.type.scale;
    if (measure->kind != TU_MEASURE_COUNT)
        series->inputs[index] =
            add_guarded(source, measure->expression, series->spec->where, measure->where);
    else if (measure->where != NULL)
        series->inputs[index] = add_condition(source, series->spec->where, measure->where);
    else
        series->inputs[index] = -1;
    return TRUE;
}

static gboolean
add_dimensions(TuSeriesModel *series, TuDatabase *db, const char *where, GPtrArray *findings,
               GError **error)
{
    for (guint i = 0; i < series->spec->dimensions->len; i++) {
        const char *text = g_ptr_array_index(series->spec->dimensions, i);
        g_auto(TuExpressionInfo) info = {0};
        if (!check_expression(series->source, db, text, where, findings, &info, error))
            return FALSE;
        series->dimensions[i] = add_guarded(series->source, text, series->spec->where, NULL);
        if (!tu_sql_is_null(text))
            series->dimension_types[i] = tu_sql_type_copy(&info.type);
    }
    return TRUE;
}

/* Folding needs sums of integers over one table whose triggers tell everything. */
static gboolean
may_fold(const TuSeriesModel *series)
{
    if (series->source->is_joined || !series->source->captures)
        return FALSE;
    for (guint i = 0; i < series->layout->n_measures; i++) {
        const TuLayoutMeasure *measure = &series->layout->measures[i];
        gboolean is_sum = measure->kind == TU_MEASURE_SUM || measure->kind == TU_MEASURE_AVG;
        if (!(measure->kind == TU_MEASURE_COUNT || (is_sum && measure->number != TU_NUMBER_REAL)))
            return FALSE;
    }
    return TRUE;
}

/* Nothing of it is asked for; its number of cells and their layout stay, so that targets do. */
static void
leave_series_out(TuSeriesModel *series, guint n_expressions)
{
    series->filter = -1;
    series->is_foldable = FALSE;
    for (guint i = 0; i < series->layout->n_measures; i++)
        series->inputs[i] = -1;
    g_ptr_array_set_size(series->source->expressions, (int)n_expressions);
}

static gboolean
add_series(TuSourceModel *source, TuDatabase *db, const TuSummary *summary, const TuSeries *spec,
           GPtrArray *findings, GError **error)
{
    guint n = spec->measures->len;
    TuSeriesModel *series = g_new0(TuSeriesModel, 1);
    g_ptr_array_add(source->series, series);
    series->spec = spec;
    series->source = source;
    series->dimensions = g_new0(int, spec->dimensions->len);
    series->dimension_types = g_new0(TuSqlType, spec->dimensions->len);
    series->input_types = g_new0(TuSqlType, n);
    if (spec->dimensions->len > TU_DIMENSIONS_LIMIT)
        tu_finding_add(findings, TRUE, summary->name,
                       g_strdup_printf("%u dimensions; %d is the most", spec->dimensions->len,
                                       TU_DIMENSIONS_LIMIT),
                       NULL);
    series->inputs = g_new0(int, n);
    series->filter = -1;
    g_autofree char *where =
        spec->name != NULL ? g_strdup_printf("summary %s, series %s", summary->name, spec->name)
                           : g_strdup_printf("summary %s", summary->name);
    if (spec->where != NULL && !check_condition(source, db, spec->where, where, findings, error))
        return FALSE;
    if (spec->where != NULL)
        series->filter = add_condition(source, spec->where, spec->where);
    if (!add_dimensions(series, db, where, findings, error))
        return FALSE;
    g_autofree TuMeasureKind *kinds = g_new0(TuMeasureKind, n);
    g_autofree TuNumberKind *numbers = g_new0(TuNumberKind, n);
    g_autofree int *scales = g_new0(int, n);
    for (guint i = 0; i < n; i++) {
        kinds[i] = ((const TuMeasure *)g_ptr_array_index(spec->measures, i))->kind;
        if (!add_measure(series, db, i, where, findings, &numbers[i], &scales[i], error))
            return FALSE;
    }
    series->layout = tu_layout_new(spec->dimensions->len, kinds, numbers, scales, n);
    for (guint i = 0; i < n; i++)
        if (kinds[i] == TU_MEASURE_COUNT && series->inputs[i] < 0)
            tu_layout_count_rows(series->layout, i);
    series->is_foldable = may_fold(series);
    return TRUE;
}

/* ---- the source ---- */

void
tu_source_model_free(gpointer data)
{
    TuSourceModel *source = data;
    g_ptr_array_unref(source->tables);
    g_ptr_array_unref(source->aliases);
    g_ptr_array_unref(source->expressions);
    g_hash_table_unref(source->place_columns);
    g_hash_table_unref(source->tenant_columns);
    g_hash_table_unref(source->time_columns);
    g_ptr_array_unref(source->series);
    tu_sql_type_clear(&source->tenant_type);
    tu_zone_free(source->naive_zone);
    g_free(source->problem);
    g_free(source);
}

static gboolean
add_tables(TuModel *model, TuSourceModel *source, TuDatabase *db, const char *where,
           GPtrArray *findings, gboolean *ret_complete, GError **error)
{
    *ret_complete = TRUE;
    for (guint i = 0; i < source->spec->tables->len; i++) {
        const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
        TuCaptured *captured = NULL;
        if (!tu_model_capture(model, db, part->table, where, findings, &captured, error))
            return FALSE;
        if (captured == NULL) {
            *ret_complete = FALSE;
            continue;
        }
        if (captured->gone != NULL && source->problem == NULL)
            source->problem = g_strdup(captured->gone);
        tu_captured_add_hazards(captured, source->captures, findings);
        g_ptr_array_add(source->tables, captured);
        g_ptr_array_add(source->aliases, tu_model_alias(db, part, captured->name));
    }
    if (source->spec->tables->len > TABLES_LIMIT) {
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("%u tables are joined; %d is the most",
                                       source->spec->tables->len, TABLES_LIMIT),
                       NULL);
        *ret_complete = FALSE;
    }
    return TRUE;
}

/* Tenant and time give the place of a row; they may not come from a table that may be missing. */
static void
check_place(const TuSourceModel *source, const TuExpressionInfo *info, const char *where,
            const char *what, GPtrArray *findings)
{
    GHashTableIter iter;
    gpointer name;
    if (info->columns == NULL)
        return;
    g_hash_table_iter_init(&iter, info->columns);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autofree char *table = g_strndup(name, strcspn(name, "\n"));
        gboolean is_inner = FALSE;
        for (guint i = 0; i < source->tables->len; i++) {
            const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
            const TuCaptured *captured = g_ptr_array_index(source->tables, i);
            is_inner =
                is_inner || (!part->is_left && g_ascii_strcasecmp(captured->name, table) == 0);
        }
        if (!is_inner)
            tu_finding_add(findings, TRUE, where,
                           g_strdup_printf("`%s` comes from %s, which is left-joined", what, table),
                           g_strdup("take it from an inner-joined table"));
    }
}

/* trueup's own tables hold tenants as text, which bytes that are no text cannot be. */
static void
check_tenant(TuModel *model, const TuSqlType *type, const TuDialect *dialect, const char *where,
             GPtrArray *findings)
{
    if (dialect->has_dynamic_types)
        return;
    if (model->spec->tenants == NULL && model->tenant_kind == TU_TYPE_NULL)
        model->tenant_kind = type->kind;
    if (type->kind == TU_TYPE_BLOB)
        tu_finding_add(findings, TRUE, where, g_strdup("`tenant` is binary, not text or a number"),
                       g_strdup("write it as text, such as its hexadecimal digits"));
}

/* What `time` gives must be what `time_unit` says of it. */
static void
check_time(const TuSourceModel *source, const TuSqlType *type, const char *where,
           GPtrArray *findings)
{
    gboolean is_counted = type->kind == TU_TYPE_INTEGER || type->kind == TU_TYPE_REAL ||
                          type->kind == TU_TYPE_DECIMAL;
    TuTimeUnit unit = source->spec->time_unit;
    if (is_counted && (unit == TU_TIME_TEXT_OR_TIMESTAMP || unit == TU_TIME_DATE))
        tu_finding_add(findings, TRUE, where,
                       g_strdup_printf("`time: %s` is a number", source->spec->time),
                       g_strdup("say what it counts: `time_unit: seconds`, milliseconds or "
                                "microseconds"));
    if (type->kind == TU_TYPE_DATE && unit == TU_TIME_TEXT_OR_TIMESTAMP)
        tu_finding_add(findings, FALSE, where,
                       g_strdup_printf("`time: %s` is a date: it is taken as its midnight in %s",
                                       source->spec->time, source->spec->time_zone),
                       g_strdup("if it is a local date already, say `time_unit: date`"));
}

static gboolean
add_place(TuModel *model, TuSourceModel *source, TuDatabase *db, const char *where,
          GPtrArray *findings, GError **error)
{
    g_auto(TuExpressionInfo) tenant = {0};
    g_auto(TuExpressionInfo) time = {0};
    source->tenant = -1;
    if (source->spec->tenant != NULL) {
        if (!check_expression(source, db, source->spec->tenant, where, findings, &tenant, error))
            return FALSE;
        check_place(source, &tenant, where, "tenant", findings);
        note_columns(source->place_columns, &tenant);
        note_columns(source->tenant_columns, &tenant);
        source->tenant = add_plain(source, source->spec->tenant);
        source->tenant_type = tu_sql_type_copy(&tenant.type);
        check_tenant(model, &tenant.type, tu_database_dialect(db), where, findings);
    }
    if (!check_expression(source, db, source->spec->time, where, findings, &time, error))
        return FALSE;
    check_place(source, &time, where, "time", findings);
    note_columns(source->place_columns, &time);
    note_columns(source->time_columns, &time);
    source->time = add_plain(source, source->spec->time);
    check_time(source, &time.type, where, findings);
    source->time_kind = time.type.kind;
    return TRUE;
}

/* `where` and each ON, checked by themselves so that the message names the wrong one. */
static gboolean
check_conditions(TuSourceModel *source, TuDatabase *db, const char *where, GPtrArray *findings,
                 GError **error)
{
    if (source->spec->where != NULL &&
        !check_condition(source, db, source->spec->where, where, findings, error))
        return FALSE;
    for (guint i = 0; i < source->spec->tables->len; i++) {
        const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
        if (part->on != NULL && !check_join(source, db, part->on, where, findings, error))
            return FALSE;
    }
    return TRUE;
}

/* A series by itself, so that what is wrong with it may be its problem alone. */
static gboolean
add_series_apart(TuModel *model, TuSourceModel *source, TuDatabase *db, const TuSummary *summary,
                 const TuSeries *spec, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) found = tu_findings_new();
    guint n_expressions = source->expressions->len;
    if (!add_series(source, db, summary, spec, found, error))
        return FALSE;
    TuSeriesModel *series = g_ptr_array_index(source->series, source->series->len - 1);
    if (source->problem != NULL)
        series->problem = g_strdup_printf("source %s: %s", source->spec->name, source->problem);
    hand_over(model, found, findings, &series->problem);
    if (series->problem != NULL)
        leave_series_out(series, n_expressions);
    return TRUE;
}

static gboolean
find_indexes(TuSourceModel *source, TuDatabase *db, GError **error)
{
    g_autofree char *by_time = tu_source_select_rows(source, (TuScanFilter){FALSE, TRUE});
    g_autofree char *by_tenant =
        source->tenant >= 0 ? tu_source_select_rows(source, (TuScanFilter){TRUE, TRUE}) : NULL;
    if (!tu_database_uses_index(db, by_time, &source->has_time_index, error))
        return FALSE;
    return by_tenant == NULL ||
           tu_database_uses_index(db, by_tenant, &source->has_tenant_index, error);
}

gboolean
tu_model_add_source(TuModel *model, TuDatabase *db, const TuSource *spec, GPtrArray *findings,
                    GError **error)
{
    g_autofree char *where = g_strdup_printf("source %s", spec->name);
    TuSourceModel *source = g_new0(TuSourceModel, 1);
    source->spec = spec;
    source->tables = g_ptr_array_new();
    source->aliases = g_ptr_array_new_with_free_func(g_free);
    source->expressions = g_ptr_array_new_with_free_func(g_free);
    source->place_columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->tenant_columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->time_columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->series = g_ptr_array_new_with_free_func(series_free);
    source->is_joined = spec->tables->len > 1;
    source->captures = spec->captures;
    g_ptr_array_add(model->sources, source);
    gboolean is_complete = FALSE;
    if (!add_tables(model, source, db, where, findings, &is_complete, error))
        return FALSE;
    if (!is_complete)
        return TRUE;
    if (!g_str_equal(spec->time_zone, "UTC")) {
        source->naive_zone = tu_zone_new(spec->time_zone, error);
        if (source->naive_zone == NULL)
            return FALSE;
    }
    g_autoptr(GPtrArray) found = tu_findings_new();
    if (!add_place(model, source, db, where, found, error) ||
        !check_conditions(source, db, where, found, error))
        return FALSE;
    hand_over(model, found, findings, &source->problem);
    for (guint i = 0; i < model->spec->summaries->len; i++) {
        const TuSummary *summary = g_ptr_array_index(model->spec->summaries, i);
        for (guint s = 0; s < summary->series->len; s++) {
            const TuSeries *series = g_ptr_array_index(summary->series, s);
            if (series->source == spec &&
                !add_series_apart(model, source, db, summary, series, findings, error))
                return FALSE;
        }
    }
    return tu_findings_forbid_work(findings) || source->problem != NULL ||
           find_indexes(source, db, error);
}
