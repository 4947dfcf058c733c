/* Measures: what is one, what is none and why. */
#include <string.h>

#include <glib.h>

#include "error.h"
#include "spec/measure.h"

typedef struct {
    const char *text;
    TuMeasureKind kind;
    const char *expression;
    const char *where;
} GoodRow;

static const GoodRow good_rows[] = {
    {"count", TU_MEASURE_COUNT, NULL, NULL},
    {"  COUNT  ", TU_MEASURE_COUNT, NULL, NULL},
    {"count where delay >= 15", TU_MEASURE_COUNT, NULL, "delay >= 15"},
    {"count WHERE(delay >= 15)", TU_MEASURE_COUNT, NULL, "(delay >= 15)"},
    {"sum(distance)", TU_MEASURE_SUM, "distance", NULL},
    {"Sum ( a + b )\n", TU_MEASURE_SUM, "a + b", NULL},
    {"min(a)", TU_MEASURE_MIN, "a", NULL},
    {"max(a) where b", TU_MEASURE_MAX, "a", "b"},
    {"avg(coalesce(a, (b)))", TU_MEASURE_AVG, "coalesce(a, (b))", NULL},
    {"count_distinct(f.id) where f.x = ')'", TU_MEASURE_COUNT_DISTINCT, "f.id", "f.x = ')'"},
    {"sum(CASE WHEN a = ') where' THEN 1 END)", TU_MEASURE_SUM,
     "CASE WHEN a = ') where' THEN 1 END", NULL},
    {"sum(\"a)b\")", TU_MEASURE_SUM, "\"a)b\"", NULL},
    {"sum(`a)b`)", TU_MEASURE_SUM, "`a)b`", NULL},
    {"sum([a)b])", TU_MEASURE_SUM, "[a)b]", NULL},
    {"sum(a /* ) where */ + b)", TU_MEASURE_SUM, "a /* ) where */ + b", NULL},
    {"sum(a)where b", TU_MEASURE_SUM, "a", "b"},
    {"sum(min(a, b))", TU_MEASURE_SUM, "min(a, b)", NULL},
    {"sum(t.where)", TU_MEASURE_SUM, "t.where", NULL},
    {"sum(x) where a IS DISTINCT FROM b", TU_MEASURE_SUM, "x", "a IS DISTINCT FROM b"},
    {"max(x) where a IN (1, 2)", TU_MEASURE_MAX, "x", "a IN (1, 2)"},
};

static void
test_good(gconstpointer data)
{
    const GoodRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(TuMeasure) measure = tu_measure_parse(row->text, &error);
    g_assert_no_error(error);
    g_assert_cmpint(measure->kind, ==, row->kind);
    g_assert_cmpstr(measure->expression, ==, row->expression);
    g_assert_cmpstr(measure->where, ==, row->where);
}

typedef struct {
    const char *text;
    const char *message;
} BadRow;

#define NO_MEASURE                                                                                 \
    " is no measure: write count, sum(E), min(E), max(E), avg(E) or count_distinct(E), each with " \
    "an optional ` where P`"

static const BadRow bad_rows[] = {
    {"", "``" NO_MEASURE},
    {"median(a)", "`median(a)`" NO_MEASURE},
    {"cuont", "`cuont`" NO_MEASURE "; did you mean `count`?"},
    {"countdistinct(a)", "`countdistinct(a)`" NO_MEASURE "; did you mean `count_distinct`?"},
    {"\"count\"", "`\"count\"`" NO_MEASURE "; did you mean `count`?"},
    {"'count'", "`'count'`" NO_MEASURE "; did you mean `count`?"},
    {"42", "`42`" NO_MEASURE},
    {"count(*)", "count has no input: write `count`"},
    {"count(1)", "count has no input: write `count`"},
    {"count()", "count has no input: write `count`"},
    {"count(a)", "count has no input: the rows with a value are `count where E IS NOT NULL`"},
    {"count(DISTINCT a)", "count has no input: write `count_distinct(E)`"},
    {"count late", "`count late`: after count only ` where P` may follow, not `late`"},
    {"count where", "the `where` of count: there is no expression: it is empty"},
    {"count where (a", "the `where` of count: a `(` is not closed"},
    {"count where a where b", "the `where` of count: `where` has no place in an expression: write "
                              "only what comes after it or before it (a column of that name needs "
                              "SQL quotes)"},
    {"sum", "`sum`: sum needs its input in brackets, sum(E)"},
    {"sum a", "`sum a`: sum needs its input in brackets, sum(E)"},
    {"sum where a", "`sum where a`: sum needs its input in brackets, sum(E)"},
    {"sum(", "`sum(`: a `(` is not closed"},
    {"sum((a)", "`sum((a)`: a `(` is not closed"},
    {"sum('a)", "`sum('a)`: a quote or comment is not closed"},
    {"sum(a /* b)", "`sum(a /* b)`: a quote or comment is not closed"},
    {"sum()", "the input of sum: there is no expression: it is empty"},
    {"sum(a, b)", "the input of sum: a comma outside brackets: write one expression"},
    {"sum(a where b)", "`sum(a where b)`: `where` comes after the closing bracket, sum(E) where P"},
    {"sum(a) + sum(b)", "`sum(a) + sum(b)`: after sum only ` where P` may follow, not `+ sum(b)`"},
    {"sum(a))", "`sum(a))`: after sum only ` where P` may follow, not `)`"},
    {"sum(a) where b)", "the `where` of sum: a `)` too many"},
    {"sum(a) where 'b", "the `where` of sum: a quote is not closed"},
    {"sum(sum(a))",
     "the input of sum: `sum` here looks at many rows, but an expression is asked of "
     "one row; adding up is what `measures` is for"},
    {"max(random())", "the input of max: `random` depends on when or by whom it is asked, so no "
                      "summary over it could be kept exact; use columns"},
    {"avg(DISTINCT a)", "the input of avg: `DISTINCT` has no place in an expression: write only "
                        "what comes after it or before it (a column of that name needs SQL "
                        "quotes)"},
    {"sum((SELECT a FROM b))", "the input of sum: `SELECT`: sub-queries are not possible in an "
                               "expression, because table `b` would not be watched; add the table "
                               "to the source's `join`"},
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(TuMeasure) measure = tu_measure_parse(row->text, &error);
    g_assert_null(measure);
    g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));
    g_assert_cmpstr(error->message, ==, row->message);
}

static void
test_kind_names(void)
{
    static const char *const names[] = {"count", "sum", "min", "max", "avg", "count_distinct"};
    for (guint kind = 0; kind < G_N_ELEMENTS(names); kind++)
        g_assert_cmpstr(tu_measure_kind_name((TuMeasureKind)kind), ==, names[kind]);
}

static void
test_free_nothing(void)
{
    tu_measure_free(NULL);
    g_autoptr(TuMeasure) nothing = NULL;
    g_assert_null(nothing);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(good_rows); i++) {
        g_autofree char *path = g_strdup_printf("/measure/good/%u", i);
        g_test_add_data_func(path, &good_rows[i], test_good);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/measure/bad/%u", i);
        g_test_add_data_func(path, &bad_rows[i], test_bad);
    }
    g_test_add_func("/measure/kind-names", test_kind_names);
    g_test_add_func("/measure/free-nothing", test_free_nothing);
    return g_test_run();
}
