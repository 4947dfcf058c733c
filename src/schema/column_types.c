#include "schema/column_types.h"

#include <string.h>

#include "db/sqlscan.h"

/* ---- one type for two ---- */

static gboolean
is_number(TuType kind)
{
    return kind == TU_TYPE_INTEGER || kind == TU_TYPE_REAL || kind == TU_TYPE_DECIMAL;
}

/* The wider of two kinds of number. */
static TuType
wider_number(TuType a, TuType b)
{
    if (a == TU_TYPE_REAL || b == TU_TYPE_REAL)
        return TU_TYPE_REAL;
    return a == TU_TYPE_DECIMAL || b == TU_TYPE_DECIMAL ? TU_TYPE_DECIMAL : TU_TYPE_INTEGER;
}

static void
merge_same_kind(const TuDialect *dialect, TuSqlType *into, const TuSqlType *other)
{
    if (g_strcmp0(into->column, other->column) == 0)
        return;
    g_clear_pointer(&into->column, g_free);
    into->scale = into->scale < 0 || other->scale < 0 ? -1 : MAX(into->scale, other->scale);
    into->is_unbounded = into->is_unbounded || other->is_unbounded;
    if (into->kind == TU_TYPE_TEXT)
        into->column =
            g_strdup(into->is_unbounded ? dialect->long_text_type : dialect->short_text_type);
    else if (into->kind == TU_TYPE_INTEGER)
        into->column = g_strdup(dialect->integer_type);
    else if (into->kind == TU_TYPE_REAL)
        into->column = g_strdup(dialect->real_type);
    else if (into->kind == TU_TYPE_DECIMAL)
        into->column = tu_column_number(dialect, TU_NUMBER_DECIMAL, into->scale);
    else
        into->column = g_strdup(other->column);
}

/* FALSE: no column holds both as they are. */
static gboolean
merge(const TuDialect *dialect, TuSqlType *into, const TuSqlType *other)
{
    if (other->column == NULL)
        return TRUE; /* the constant NULL, or a database whose columns hold anything */
    if (into->column == NULL) {
        *into = tu_sql_type_copy(other);
        return TRUE;
    }
    if (is_number(into->kind) && is_number(other->kind) && into->kind != other->kind) {
        TuType kind = wider_number(into->kind, other->kind);
        int scale =
            into->scale < 0 && into->kind == TU_TYPE_DECIMAL ? -1 : MAX(into->scale, other->scale);
        g_free(into->column);
        *into = (TuSqlType){.kind = kind, .scale = scale};
        into->column = tu_column_number(
            dialect, kind == TU_TYPE_REAL ? TU_NUMBER_REAL : TU_NUMBER_DECIMAL, scale);
        return TRUE;
    }
    if (into->kind != other->kind)
        return FALSE;
    merge_same_kind(dialect, into, other);
    return TRUE;
}

TuNumberKind
tu_measure_number(const TuLayoutMeasure *measure, gboolean is_dynamic, int *ret_scale)
{
    gboolean is_sum = measure->kind == TU_MEASURE_SUM || measure->kind == TU_MEASURE_AVG;
    *ret_scale = 0;
    if (!is_sum)
        return is_dynamic ? TU_NUMBER_INTEGER : TU_NUMBER_WHOLE;
    if (measure->number == TU_NUMBER_DECIMAL)
        *ret_scale = measure->scale;
    if (measure->kind == TU_MEASURE_SUM || measure->number == TU_NUMBER_REAL)
        return measure->number;
    *ret_scale = *ret_scale >= 0 ? *ret_scale + TU_AVERAGE_DIGITS : -1;
    return is_dynamic ? TU_NUMBER_REAL : TU_NUMBER_DECIMAL;
}

/* ---- the summary's ---- */

static void
complain(const TuSummaryModel *summary, const char *column, GPtrArray *findings)
{
    g_autofree char *where = g_strdup_printf("summary %s", summary->spec->name);
    tu_finding_add(
        findings, TRUE, where,
        g_strdup_printf("its series give values of different kinds for column %s", column),
        g_strdup("cast them to one type, text or a number"));
}

/* A constant's text may be longer after the next change of the spec. */
static gboolean
is_text_constant(const char *expression)
{
    return tu_sql_token(expression).kind == TU_TOKEN_STRING;
}

static void
set_dimension(TuSummaryModel *summary, const TuDialect *dialect, guint index, GPtrArray *findings)
{
    TuSqlType *type = &summary->dimension_types[index];
    gboolean fits = TRUE;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const char *expression = g_ptr_array_index(series->spec->dimensions, index);
        TuSqlType own = tu_sql_type_copy(&series->dimension_types[index]);
        if (own.column != NULL && own.kind == TU_TYPE_TEXT && is_text_constant(expression)) {
            g_free(own.column);
            own.column = g_strdup(dialect->short_text_type);
            own.is_unbounded = FALSE;
        }
        fits = merge(dialect, type, &own) && fits;
        tu_sql_type_clear(&own);
    }
    if (!fits)
        complain(summary, g_ptr_array_index(summary->spec->dimensions, index), findings);
}

/* What a measure gives: its input's type for an extreme, a number for the others. */
static TuSqlType
type_of_measure(const TuSeriesModel *series, const TuDialect *dialect, guint index)
{
    const TuLayoutMeasure *measure = &series->layout->measures[index];
    if (measure->kind == TU_MEASURE_MIN || measure->kind == TU_MEASURE_MAX)
        return tu_sql_type_copy(&series->input_types[index]);
    int scale = 0;
    TuNumberKind number = tu_measure_number(measure, dialect->has_dynamic_types, &scale);
    TuSqlType type = {.kind = number == TU_NUMBER_REAL      ? TU_TYPE_REAL
                              : number == TU_NUMBER_DECIMAL ? TU_TYPE_DECIMAL
                                                            : TU_TYPE_INTEGER,
                      .scale = scale};
    type.column = tu_column_number(dialect, number, scale);
    return type;
}

static void
set_extreme(TuSummaryModel *summary, const TuDialect *dialect, guint index, GPtrArray *findings)
{
    TuMeasureColumns *columns = &summary->measures[index];
    gboolean fits = TRUE;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        TuMeasureKind kind = series->layout->measures[index].kind;
        columns->holds_values =
            columns->holds_values || kind == TU_MEASURE_MIN || kind == TU_MEASURE_MAX;
    }
    for (guint s = 0;
         s < summary->series->len && columns->holds_values && !dialect->has_dynamic_types; s++) {
        TuSqlType own = type_of_measure(g_ptr_array_index(summary->series, s), dialect, index);
        fits = merge(dialect, &columns->type, &own) && fits;
        tu_sql_type_clear(&own);
    }
    if (!fits)
        complain(summary, columns->column, findings);
}

void
tu_column_types_set(TuSummaryModel *summary, const TuDialect *dialect, GPtrArray *findings)
{
    const TuSummary *spec = summary->spec;
    gboolean fits = TRUE;
    summary->dimension_types = g_new0(TuSqlType, spec->dimensions->len);
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        fits = merge(dialect, &summary->tenant_type, &series->source->tenant_type) && fits;
    }
    if (!fits)
        complain(summary, spec->tenant_column, findings);
    /* A tenant begins the key and is looked up by it, so it stands there as it is. */
    if (summary->tenant_type.is_unbounded) {
        g_free(summary->tenant_type.column);
        summary->tenant_type.column = g_strdup(dialect->tenant_text_type);
        summary->tenant_type.is_unbounded = FALSE;
    }
    for (guint i = 0; i < spec->dimensions->len; i++)
        set_dimension(summary, dialect, i, findings);
    for (guint i = 0; i < spec->measures->len; i++)
        set_extreme(summary, dialect, i, findings);
}

/* ---- declarations ---- */

char *
tu_column_declaration(const TuDialect *dialect, const TuSqlType *type)
{
    return g_strdup(type->column != NULL ? type->column : dialect->key_type);
}

char *
tu_column_number(const TuDialect *dialect, TuNumberKind number, int scale)
{
    switch (number) {
    case TU_NUMBER_INTEGER:
    case TU_NUMBER_WHOLE:
        return g_strdup(dialect->integer_type);
    case TU_NUMBER_REAL:
        return g_strdup(dialect->real_type);
    case TU_NUMBER_EITHER:
        return g_strdup(dialect->number_type);
    case TU_NUMBER_DECIMAL: {
        GString *text = g_string_new(dialect->decimal_type);
        g_autofree char *digits = g_strdup_printf("%d", CLAMP(scale, 0, TU_SCALE_LIMIT));
        g_string_replace(text, "%u", digits, 0);
        return g_string_free(text, FALSE);
    }
    }
    g_assert_not_reached();
}
