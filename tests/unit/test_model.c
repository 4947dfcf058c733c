/* The model: groups, expressions, what folds, which columns and grains there are. */
#include "flights.h"

/* ---- numbers, folding ---- */

typedef struct {
    const char *measure;
    TuNumberKind number;
    gboolean is_foldable; /* a summary of this measure alone */
} MeasureRow;

#define WHOLE TU_NUMBER_INTEGER
#define REAL TU_NUMBER_REAL
#define EITHER TU_NUMBER_EITHER

static const MeasureRow measures[] = {
    {"count", EITHER, TRUE},
    {"count where delay > 15", EITHER, TRUE},
    {"sum(miles)", WHOLE, TRUE},
    {"sum(delay)", WHOLE, TRUE},
    {"sum(flight.miles)", WHOLE, TRUE},
    {"sum(miles + delay * 2)", WHOLE, TRUE},
    {"sum(CASE WHEN delay > 0 THEN delay ELSE 0 END)", WHOLE, TRUE},
    {"sum(ifnull(delay, 0))", WHOLE, TRUE},
    {"sum(1)", WHOLE, TRUE},
    {"sum(miles / 2)", WHOLE, TRUE},
    {"sum(miles * 0.5)", EITHER, TRUE},
    {"sum(round(miles))", EITHER, TRUE},
    {"sum(tax)", EITHER, TRUE},
    {"sum(raw)", EITHER, TRUE},
    {"sum(CAST(note AS INTEGER))", EITHER, TRUE},
    {"sum(length(note))", EITHER, TRUE},
    {"sum(price)", REAL, FALSE},
    {"sum(price * 2)", EITHER, TRUE},
    {"sum(miles) where price > 1", WHOLE, TRUE},
    {"avg(miles)", WHOLE, TRUE},
    {"avg(price)", REAL, FALSE},
    {"min(miles)", EITHER, FALSE},
    {"max(note)", EITHER, FALSE},
    {"count_distinct(note)", EITHER, FALSE},
};

static const TuSeriesModel *
first_series(const Modelled *modelled)
{
    const TuSourceModel *source = g_ptr_array_index(modelled->model->sources, 0);
    return g_ptr_array_index(source->series, 0);
}

static void
test_measure(gconstpointer data)
{
    const MeasureRow *row = data;
    Modelled modelled;
    g_autofree char *yaml = g_strdup_printf(F("") S("measures: {m: '%s'}"), row->measure);
    init(&modelled, yaml);
    assert_made(&modelled);
    const TuSeriesModel *series = first_series(&modelled);
    g_assert_cmpint(series->layout->measures[0].number, ==, row->number);
    g_assert_cmpint(series->is_foldable, ==, row->is_foldable);
    gboolean is_average = series->layout->measures[0].kind == TU_MEASURE_AVG;
    g_assert_cmpint(series->summary->has_hidden, ==, row->is_foldable || is_average);
    modelled_clear(&modelled);
}

/* What forbids folding beside the measures. */
static void
test_not_foldable(void)
{
    static const struct {
        const char *label;
        const char *more; /* SQL */
        const char *yaml;
        gboolean is_foldable;
    } rows[] = {
        {"one table", "", F("") S(N), TRUE},
        {"joined", "", F(", join: [carrier c ON c.code = flight.carrier]") S(N), FALSE},
        {"capture: none", "", F(", capture: none") S(N), FALSE},
        {"one bad measure among good ones", "", F("") S("measures: {n: count, low: min(miles)}"),
         FALSE},
        {"a before trigger", "CREATE TRIGGER mine BEFORE UPDATE ON flight BEGIN SELECT 1; END;",
         F("") S(N), FALSE},
        {"a trigger that names no moment is one",
         "CREATE TRIGGER mine DELETE ON flight BEGIN SELECT 1; END;", F("") S(N), FALSE},
        {"an after trigger", "CREATE TRIGGER mine AFTER UPDATE ON flight BEGIN SELECT 1; END;",
         F("") S(N), TRUE},
        {"a before trigger on another table",
         "CREATE TRIGGER mine BEFORE UPDATE ON bill BEGIN SELECT 1; END;", F("") S(N), TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_test_message("%s", rows[i].label);
        g_autofree char *all = g_strconcat(schema, rows[i].more, NULL);
        modelled_init(&modelled, all, rows[i].yaml);
        assert_made(&modelled);
        g_assert_cmpint(first_series(&modelled)->is_foldable, ==, rows[i].is_foldable);
        modelled_clear(&modelled);
    }
}

/* ---- expressions ---- */

static char *
join(const GPtrArray *texts, const char *glue)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < texts->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : glue,
                               (const char *)g_ptr_array_index(texts, i));
    return g_string_free(text, FALSE);
}

/* Each text once; what may fail for other rows only where the row belongs. */
static void
test_expressions(void)
{
    Modelled modelled;
    init(&modelled,
         F("") "summaries:\n"
               "  a: {source: f, grains: [day], dimensions: {d: origin}, measures: {n: count, "
               "m: sum(miles), l: count where delay > 15, o: sum(miles) where delay > 15}}\n"
               "  b: {source: f, grains: [day], where: delay > 15, dimensions: {d: origin}, "
               "measures: "
               "{n: count, m: max(miles), x: sum(miles * 2), y: count where miles > 9}}\n");
    assert_made(&modelled);
    const TuSourceModel *source = g_ptr_array_index(modelled.model->sources, 0);
    const TuSeriesModel *a = g_ptr_array_index(source->series, 0);
    const TuSeriesModel *b = g_ptr_array_index(source->series, 1);
    g_autofree char *text = join(source->expressions, "\n");
    g_assert_cmpstr(text, ==,
                    "(at)\n(origin)\n(miles)\n(delay > 15) IS TRUE\n"
                    "CASE WHEN (delay > 15) THEN (miles) END\n"
                    "CASE WHEN (delay > 15) THEN (miles * 2) END\n"
                    "((delay > 15) AND (miles > 9)) IS TRUE");
    g_assert_cmpint(source->time, ==, 0);
    g_assert_cmpint(source->tenant, ==, -1);
    g_assert_cmpint(a->filter, ==, -1);
    g_assert_cmpint(a->dimensions[0], ==, 1);
    g_assert_cmpint(a->inputs[0], ==, -1);
    g_assert_cmpint(a->inputs[1], ==, 2);
    g_assert_cmpint(a->inputs[2], ==, 3);
    g_assert_cmpint(a->inputs[3], ==, 4);
    g_assert_cmpint(b->filter, ==, 3);
    g_assert_cmpint(b->dimensions[0], ==, 1);
    g_assert_cmpint(b->inputs[1], ==, 2);
    g_assert_cmpint(b->inputs[2], ==, 5);
    g_assert_cmpint(b->inputs[3], ==, 6);
    modelled_clear(&modelled);
}

/* Only what is used, of every table, in the order of the letters. */
static void
test_captured_columns(void)
{
    Modelled modelled;
    init(&modelled,
         "tenants: {table: airport, key: iata, time_zone: tz}\n"
         "sources:\n"
         "  f: {from: flight, join: [carrier c ON c.code = flight.CARRIER, "
         "left aircraft a ON a.tail = note AND a.seats > 3], tenant: origin, time: at, "
         "time_unit: seconds, where: price > 0}\n"
         "  g: {from: Flight g, tenant: g.seen, time: g.at, time_unit: seconds, capture: none}\n"
         "  b: {from: bill, tenant: amount, time: at, time_unit: seconds, capture: none}\n"
         "summaries:\n"
         "  s: {source: f, grains: [day], dimensions: {d: lower(c.name)}, measures: {n: count}}\n"
         "  t: {source: g, grains: [day], measures: {n: max(delay)}}\n"
         "  u: {source: b, grains: [day], measures: {n: count}}\n");
    assert_made(&modelled);
    static const struct {
        const char *name, *columns;
        gboolean is_captured;
    } tables[] = {
        {"flight", "at carrier delay note origin price seen", TRUE},
        {"carrier", "code name", TRUE},
        {"aircraft", "seats tail", TRUE},
        {"bill", "amount at", FALSE},
        {"airport", "iata tz", TRUE}, /* the tenants, whom no source reads */
    };
    g_assert_cmpuint(modelled.model->captured->len, ==, G_N_ELEMENTS(tables));
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        const TuCaptured *captured = g_ptr_array_index(modelled.model->captured, i);
        g_autofree char *columns = join(captured->columns, " ");
        g_autofree char *log = g_strconcat("trueup_change_", tables[i].name, NULL);
        g_assert_cmpstr(captured->name, ==, tables[i].name);
        g_assert_cmpstr(captured->log, ==, log);
        g_assert_cmpstr(columns, ==, tables[i].columns);
        g_assert_cmpint(captured->is_captured, ==, tables[i].is_captured);
    }
    modelled_clear(&modelled);
}

/* ---- groups ---- */

#define SOURCE(name, from) "  " name ": {from: " from ", time: at, time_unit: seconds}\n"
#define SUMMARY(name, source) "  " name ": {source: " source ", grains: [day], " N "}\n"

static void
test_groups(void)
{
    static const struct {
        const char *label;
        const char *yaml;
        const char *groups; /* "name: summaries" a group */
    } rows[] = {
        {"apart",
         "sources:\n" SOURCE("f", "flight") SOURCE("b", "bill") "summaries:\n" SUMMARY("s", "f")
             SUMMARY("t", "b"),
         "f: s; b: t"},
        {"one table",
         "sources:\n" SOURCE("z", "flight") SOURCE("f", "flight x") "summaries:\n" SUMMARY("s", "f")
             SUMMARY("t", "z"),
         "f+z: s t"},
        {"a joined table",
         "sources:\n" SOURCE("b", "bill") "  f: {from: flight, join: [bill c ON c.id = flight.id], "
                                          "time: flight.at, time_unit: "
                                          "seconds}\n"
                                          "summaries:\n" SUMMARY("s", "f") SUMMARY("t", "b"),
         "b+f: s t"},
        {"one summary",
         "sources:\n" SOURCE("f", "flight")
             SOURCE("b", "bill") "summaries:\n"
                                 "  s: {table: s, grains: [day], columns: {series: what}, "
                                 "measures: {n: count}, "
                                 "series: {x: {source: f}, y: {source: b}}}\n",
         "b+f: s"},
        {"two hops",
         "sources:\n" SOURCE("a", "bill") SOURCE(
             "b", "flight") "  c: {from: bill, join: [flight ON flight.id = bill.id], time: "
                            "bill.at, time_unit: "
                            "seconds}\n"
                            "summaries:\n" SUMMARY("s", "a") SUMMARY("t", "b") SUMMARY("u", "c"),
         "a+b+c: s t u"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_autoptr(GString) text = g_string_new(NULL);
        g_test_message("%s", rows[i].label);
        init(&modelled, rows[i].yaml);
        assert_made(&modelled);
        for (guint g = 0; g < modelled.model->groups->len; g++) {
            const TuGroup *group = g_ptr_array_index(modelled.model->groups, g);
            g_string_append_printf(text, "%s%s:", g == 0 ? "" : "; ", group->name);
            for (guint s = 0; s < group->summaries->len; s++) {
                const TuSummaryModel *summary = g_ptr_array_index(group->summaries, s);
                g_string_append_printf(text, " %s", summary->spec->name);
                g_assert_true(summary->group == group);
            }
            g_assert_cmpuint(group->index, ==, g);
        }
        g_assert_cmpstr(text->str, ==, rows[i].groups);
        modelled_clear(&modelled);
    }
}

/* Targets are numbered without a gap, and each leads back to its series and grain. */
static void
test_targets(void)
{
    Modelled modelled;
    init(&modelled,
         F("") "summaries:\n"
               "  s: {source: f, grains: [hour, day, month], " N "}\n"
               "  t: {table: 't_{grain}', grains: [week, year], columns: {series: what}, " N
               ", series: {x: {source: f}, y: {source: f}}}\n");
    assert_made(&modelled);
    const TuGroup *group = g_ptr_array_index(modelled.model->groups, 0);
    g_assert_cmpuint(group->n_targets, ==, 7);
    for (guint i = 0; i < group->n_targets; i++)
        g_assert_cmpint(group->targets[i].series->target[group->targets[i].grain], ==, (int)i);
    g_assert_cmpint(group->targets[0].series->target[TU_GRAIN_WEEK], ==, -1);
    modelled_clear(&modelled);
}

/* ---- grains ---- */

static void
test_grains(void)
{
    static const struct {
        const char *grains;
        TuGrain grain;
        int parent;
        TuGrain unit;
    } rows[] = {
        {"minute, hour, day", TU_GRAIN_DAY, TU_GRAIN_HOUR, TU_GRAIN_MINUTE},
        {"hour, day, month", TU_GRAIN_MONTH, TU_GRAIN_DAY, TU_GRAIN_HOUR},
        {"hour, month", TU_GRAIN_MONTH, TU_GRAIN_HOUR, TU_GRAIN_HOUR},
        {"week, month", TU_GRAIN_MONTH, -1, TU_GRAIN_DAY},
        {"day, week, month, year", TU_GRAIN_YEAR, TU_GRAIN_MONTH, TU_GRAIN_DAY},
        {"day, week, month", TU_GRAIN_WEEK, TU_GRAIN_DAY, TU_GRAIN_DAY},
        {"month, quarter, year", TU_GRAIN_YEAR, TU_GRAIN_QUARTER, TU_GRAIN_DAY},
        {"year", TU_GRAIN_YEAR, -1, TU_GRAIN_DAY},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_test_message("%s", rows[i].grains);
        g_autofree char *yaml = g_strdup_printf(
            F("") "summaries: {s: {source: f, grains: [%s], " N "}}\n", rows[i].grains);
        init(&modelled, yaml);
        assert_made(&modelled);
        const TuSummaryModel *summary = tu_model_summary(modelled.model, "s");
        g_assert_cmpint(summary->parent[rows[i].grain], ==, rows[i].parent);
        g_assert_cmpint(summary->unit, ==, rows[i].unit);
        g_assert_null(tu_model_summary(modelled.model, "t"));
        modelled_clear(&modelled);
    }
}

/* Coarser cells come from stored finer ones where these hold all there is to know. */
static void
test_rollable(void)
{
    static const struct {
        const char *measures;
        gboolean is_rollable;
    } rows[] = {
        {"n: count", TRUE},
        {"m: max(miles)", TRUE},
        {"m: sum(miles), l: min(note)", TRUE},
        {"m: avg(miles)", TRUE},
        {"m: avg(miles), l: min(note)",
         TRUE}, /* it does not fold, and keeps its sums all the same */
        {"m: sum(price)", FALSE},
        {"m: count_distinct(note)", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_test_message("%s", rows[i].measures);
        g_autofree char *yaml = g_strdup_printf(F("") S("measures: {%s}"), rows[i].measures);
        init(&modelled, yaml);
        assert_made(&modelled);
        g_assert_cmpint(first_series(&modelled)->is_rollable, ==, rows[i].is_rollable);
        modelled_clear(&modelled);
    }
}

/* ---- columns ---- */

/* "column/n/sum number, ..."; "values" where it holds the expression's own. */
static char *
columns_text(const TuSummaryModel *summary)
{
    static const char *const numbers[] = {
        [TU_NUMBER_INTEGER] = "integer", [TU_NUMBER_REAL] = "real", [TU_NUMBER_EITHER] = "either"};
    GString *text = g_string_new(summary->rows_column);
    for (guint i = 0; i < summary->spec->measures->len; i++) {
        const TuMeasureColumns *columns = &summary->measures[i];
        g_string_append_printf(text, "%s%s/%s/%s %s", text->len == 0 ? "" : ", ", columns->column,
                               columns->n_column != NULL ? columns->n_column : "",
                               columns->sum_column != NULL ? columns->sum_column : "",
                               columns->holds_values ? "values" : numbers[columns->number]);
    }
    return g_string_free(text, FALSE);
}

static void
test_columns(void)
{
    static const struct {
        const char *yaml;
        const char *columns;
    } rows[] = {
        {S("measures: {n: count, m: sum(miles), a: avg(delay), t: sum(tax)}"),
         "trueup_rows, n// integer, m/trueup_n_m/ integer, a/trueup_n_a/trueup_sum_a real, "
         "t/trueup_n_t/ either"},
        {S("measures: {n: count, m: sum(miles), l: max(note)}"),
         "n// integer, m// integer, l// values"},
        {S("measures: {n: count, a: avg(delay), l: max(note)}"), /* not folded, and added up */
         "trueup_rows, n// integer, a/trueup_n_a/trueup_sum_a real, l// values"},
        {"summaries: {s: {table: s, grains: [day], columns: {series: what}, measures: {v: count}, "
         "series: {x: {source: f}, y: {source: f, measures: {v: sum(miles)}}}}}\n",
         "trueup_rows, v/trueup_n_v/ integer"},
        {"summaries: {s: {table: s, grains: [day], columns: {series: what}, measures: {v: count}, "
         "series: {x: {source: f}, y: {source: f, measures: {v: sum(price)}}}}}\n",
         "trueup_rows, v/trueup_n_v/ real"},
        {"summaries: {s: {table: s, grains: [day], columns: {series: what}, measures: {v: count}, "
         "series: {x: {source: f}, y: {source: f, measures: {v: sum(tax)}}}}}\n",
         "trueup_rows, v/trueup_n_v/ either"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_autofree char *yaml = g_strconcat(F(""), rows[i].yaml, NULL);
        init(&modelled, yaml);
        assert_made(&modelled);
        g_autofree char *text = columns_text(tu_model_summary(modelled.model, "s"));
        g_assert_cmpstr(text, ==, rows[i].columns);
        modelled_clear(&modelled);
    }
}

/* ---- indexes ---- */

static void
test_indexes(void)
{
    static const struct {
        const char *index;
        gboolean by_time, by_tenant;
    } rows[] = {
        {"", FALSE, FALSE},
        {"CREATE INDEX i ON flight(at);", TRUE, TRUE},
        {"CREATE INDEX i ON flight(origin, at);", FALSE, TRUE},
        {"CREATE INDEX i ON flight(note);", FALSE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        g_autofree char *all = g_strconcat(schema, rows[i].index, NULL);
        modelled_init(&modelled, all,
                      "tenants: {table: airport, key: iata, time_zone: tz}\n" F(", tenant: origin")
                          S(N));
        assert_made(&modelled);
        const TuSourceModel *source = g_ptr_array_index(modelled.model->sources, 0);
        g_assert_cmpint(source->has_time_index, ==, rows[i].by_time);
        g_assert_cmpint(source->has_tenant_index, ==, rows[i].by_tenant);
        modelled_clear(&modelled);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(measures); i++) {
        g_autofree char *label = g_strdelimit(g_strdup(measures[i].measure), "/", '|');
        g_autofree char *path = g_strdup_printf("/model/measure/%s", label);
        g_test_add_data_func(path, &measures[i], test_measure);
    }
    g_test_add_func("/model/not-foldable", test_not_foldable);
    g_test_add_func("/model/expressions", test_expressions);
    g_test_add_func("/model/captured-columns", test_captured_columns);
    g_test_add_func("/model/groups", test_groups);
    g_test_add_func("/model/targets", test_targets);
    g_test_add_func("/model/grains", test_grains);
    g_test_add_func("/model/rollable", test_rollable);
    g_test_add_func("/model/columns", test_columns);
    g_test_add_func("/model/indexes", test_indexes);
    return g_test_run();
}
