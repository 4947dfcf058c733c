/* Adding up stored cells: each kind of measure, exactly, and what cannot be added up. */
#include <math.h>

#include "cli/query_sums.h"

#define N                                                                                          \
    {                                                                                              \
        .type = TU_TYPE_NULL                                                                       \
    }
#define I(n)                                                                                       \
    {                                                                                              \
        .type = TU_TYPE_INTEGER, .integer = n                                                      \
    }
#define R(x)                                                                                       \
    {                                                                                              \
        .type = TU_TYPE_REAL, .real = x                                                            \
    }
#define T(t)                                                                                       \
    {                                                                                              \
        .type = TU_TYPE_TEXT, .bytes = sizeof(t) - 1, .text = t                                    \
    }
#define CELL(v)                                                                                    \
    {                                                                                              \
        v, N, N                                                                                    \
    }

typedef struct {
    const char *label;
    TuMeasureKind kind;
    guint n_cells;
    TuStoredMeasure cells[3];
    gboolean is_right;
    TuValue value;
} Row;

static const Row rows[] = {
    {"no cell: count", TU_MEASURE_COUNT, 0, {}, TRUE, I(0)},
    {"no cell: sum", TU_MEASURE_SUM, 0, {}, TRUE, I(0)},
    {"no cell: distinct", TU_MEASURE_COUNT_DISTINCT, 0, {}, TRUE, I(0)},
    {"no cell: min", TU_MEASURE_MIN, 0, {}, TRUE, N},
    {"no cell: max", TU_MEASURE_MAX, 0, {}, TRUE, N},
    {"no cell: avg", TU_MEASURE_AVG, 0, {}, TRUE, N},
    {"counts", TU_MEASURE_COUNT, 3, {CELL(I(1)), CELL(I(2)), CELL(I(40))}, TRUE, I(43)},
    {"a count is no text", TU_MEASURE_COUNT, 1, {CELL(T("1"))}, FALSE, N},
    {"a count is not NULL", TU_MEASURE_COUNT, 1, {CELL(N)}, FALSE, N},
    {"a sum of nothing is NULL", TU_MEASURE_SUM, 2, {CELL(N), CELL(N)}, TRUE, N},
    {"a sum skips NULL", TU_MEASURE_SUM, 3, {CELL(N), CELL(I(5)), CELL(I(-7))}, TRUE, I(-2)},
    {"a sum of 0 is not NULL", TU_MEASURE_SUM, 2, {CELL(I(5)), CELL(I(-5))}, TRUE, I(0)},
    {"a sum that goes out and comes back",
     TU_MEASURE_SUM,
     3,
     {CELL(I(G_MAXINT64)), CELL(I(G_MAXINT64)), CELL(I(-G_MAXINT64))},
     TRUE,
     I(G_MAXINT64)},
    {"a sum that does not fit", TU_MEASURE_SUM, 2, {CELL(I(G_MAXINT64)), CELL(I(1))}, FALSE, N},
    {"nor below", TU_MEASURE_SUM, 2, {CELL(I(G_MININT64)), CELL(I(-1))}, FALSE, N},
    {"the least", TU_MEASURE_SUM, 1, {CELL(I(G_MININT64))}, TRUE, I(G_MININT64)},
    {"counts that do not fit", TU_MEASURE_COUNT, 2, {CELL(I(G_MAXINT64)), CELL(I(1))}, FALSE, N},
    {"floats in any order",
     TU_MEASURE_SUM,
     3,
     {CELL(R(1e100)), CELL(R(1.0)), CELL(R(-1e100))},
     TRUE,
     R(1.0)},
    {"floats and integers",
     TU_MEASURE_SUM,
     2,
     {CELL(R(0.5)), CELL(I(G_MAXINT64))},
     TRUE,
     R(9223372036854775808.0)},
    {"infinity", TU_MEASURE_SUM, 2, {CELL(R(INFINITY)), CELL(I(1))}, TRUE, R(INFINITY)},
    {"text in a sum", TU_MEASURE_SUM, 2, {CELL(I(1)), CELL(T("x"))}, FALSE, N},
    {"min", TU_MEASURE_MIN, 3, {CELL(I(3)), CELL(N), CELL(R(2.5))}, TRUE, R(2.5)},
    {"max", TU_MEASURE_MAX, 3, {CELL(I(3)), CELL(N), CELL(R(2.5))}, TRUE, I(3)},
    {"min of texts", TU_MEASURE_MIN, 3, {CELL(T("b")), CELL(T("ab")), CELL(T("c"))}, TRUE, T("ab")},
    {"max: text is above numbers", TU_MEASURE_MAX, 2, {CELL(T("a")), CELL(I(9))}, TRUE, T("a")},
    {"extremes of NULLs", TU_MEASURE_MAX, 2, {CELL(N), CELL(N)}, TRUE, N},
    {"avg of one cell, as it is stored", TU_MEASURE_AVG, 1, {{R(2.5), I(4), I(10)}}, TRUE, R(2.5)},
    {"avg of one cell without hidden columns", TU_MEASURE_AVG, 1, {CELL(R(2.5))}, TRUE, R(2.5)},
    {"avg weighs", TU_MEASURE_AVG, 2, {{R(1.0), I(1), I(1)}, {R(4.0), I(3), I(12)}}, TRUE, R(3.25)},
    {"avg over NULL", TU_MEASURE_AVG, 2, {{N, I(0), N}, {R(4.0), I(3), I(12)}}, TRUE, R(4.0)},
    {"avg of NULLs", TU_MEASURE_AVG, 2, {{N, I(0), N}, {N, I(0), N}}, TRUE, N},
    {"averages cannot be averaged", TU_MEASURE_AVG, 2, {CELL(R(1.0)), CELL(R(4.0))}, FALSE, N},
    {"avg: nor one of them", TU_MEASURE_AVG, 2, {{R(1.0), I(1), I(1)}, CELL(R(4.0))}, FALSE, N},
    {"distinct of one cell", TU_MEASURE_COUNT_DISTINCT, 1, {CELL(I(4))}, TRUE, I(4)},
    {"distinct of two", TU_MEASURE_COUNT_DISTINCT, 2, {CELL(I(4)), CELL(I(1))}, FALSE, N},
};

static void
test_values(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        g_autoptr(TuQuerySums) sums = tu_query_sums_new(0, 1);
        TuQueryKey key = {0};
        gboolean is_right = TRUE;
        TuValue value = TU_NULL_VALUE;
        g_test_message("%s", row->label);
        guint number = tu_query_sums_row(sums, &key);
        for (guint c = 0; c < row->n_cells; c++)
            is_right = tu_query_sums_add(sums, number, 0, row->kind, &row->cells[c]) && is_right;
        gboolean has_value = tu_query_sums_value(sums, number, 0, row->kind, &value);
        g_assert_cmpint(is_right && has_value, ==, row->is_right);
        if (row->is_right)
            g_assert_true(tu_value_equal(&value, &row->value));
    }
}

/* A text of a row that is gone must not be what min points to. */
static void
test_keeps_text(void)
{
    g_autoptr(TuQuerySums) sums = tu_query_sums_new(0, 1);
    TuQueryKey key = {0};
    char text[] = "abc";
    TuStoredMeasure stored = {{.type = TU_TYPE_TEXT, .bytes = 3, .text = text}, N, N};
    TuValue value, wanted = T("abc");
    guint number = tu_query_sums_row(sums, &key);
    g_assert_true(tu_query_sums_add(sums, number, 0, TU_MEASURE_MIN, &stored));
    text[0] = 'x';
    g_assert_true(tu_query_sums_value(sums, number, 0, TU_MEASURE_MIN, &value));
    g_assert_true(tu_value_equal(&value, &wanted));
}

/* Rows in the order of tenant (by value, not by number), series, bucket, dimensions. */
static void
test_order(void)
{
    g_autoptr(TuQuerySums) sums = tu_query_sums_new(1, 1);
    TuDictionary *dictionary = tu_query_sums_dictionary(sums);
    guint32 z = tu_dictionary_intern(dictionary, tu_value_text("z"));
    guint32 a = tu_dictionary_intern(dictionary, tu_value_text("a"));
    guint32 one = tu_dictionary_intern(dictionary, tu_value_integer(1));
    const struct {
        guint32 tenant, series;
        TuBucket bucket;
        guint32 dimension;
    } sorted[] = {{one, 1, 5, 0}, {a, 0, 9, z}, {a, 1, -3, a}, {a, 1, -3, z},
                  {a, 1, 7, 0},   {a, 1, 7, a}, {z, 0, 1, a}};
    for (guint i = G_N_ELEMENTS(sorted); i-- > 0;) {
        TuQueryKey key = {sorted[i].tenant, sorted[i].series, sorted[i].bucket,
                          &sorted[i].dimension};
        guint number = tu_query_sums_row(sums, &key);
        g_assert_cmpuint(number, ==, G_N_ELEMENTS(sorted) - 1 - i);
        g_assert_cmpuint(tu_query_sums_row(sums, &key), ==, number);
    }
    tu_query_sums_sort(sums);
    g_assert_cmpuint(tu_query_sums_size(sums), ==, G_N_ELEMENTS(sorted));
    for (guint i = 0; i < G_N_ELEMENTS(sorted); i++) {
        TuQueryKey key = tu_query_sums_key(sums, i);
        g_assert_cmpuint(key.tenant, ==, sorted[i].tenant);
        g_assert_cmpuint(key.series, ==, sorted[i].series);
        g_assert_cmpint(key.bucket, ==, sorted[i].bucket);
        g_assert_cmpuint(key.dimensions[0], ==, sorted[i].dimension);
        g_assert_cmpuint(tu_query_sums_row(sums, &key), ==, i);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-sums/values", test_values);
    g_test_add_func("/query-sums/keeps-text", test_keeps_text);
    g_test_add_func("/query-sums/order", test_order);
    return g_test_run();
}
