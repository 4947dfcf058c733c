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
#define D(n, s)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_DECIMAL, .scale = s, .integer = n                                          \
    }
#define L(t)                                                                                       \
    {                                                                                              \
        .type = TU_TYPE_LONG_DECIMAL, .bytes = sizeof(t) - 1, .text = t                            \
    }
#define TIME(t, n)                                                                                 \
    {                                                                                              \
        .type = TU_TYPE_##t, .integer = n                                                          \
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
    TuNumberKind number;
    int scale;
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
    {"decimals keep their scale",
     TU_MEASURE_SUM,
     3,
     {CELL(D(1250, 2)), CELL(D(-50, 2)), CELL(N)},
     TRUE,
     D(1200, 2),
     TU_NUMBER_DECIMAL,
     2},
    {"decimals of different scales",
     TU_MEASURE_SUM,
     3,
     {CELL(D(1, 1)), CELL(D(25, 3)), CELL(I(2))},
     TRUE,
     D(2125, 3),
     TU_NUMBER_DECIMAL,
     -1},
    {"decimals that no double tells apart",
     TU_MEASURE_SUM,
     2,
     {CELL(D(9007199254740993, 2)), CELL(D(1, 2))},
     TRUE,
     D(9007199254740994, 2),
     TU_NUMBER_DECIMAL,
     2},
    {"decimals beyond 64 bits",
     TU_MEASURE_SUM,
     2,
     {CELL(L("92233720368547758070.50")), CELL(D(75, 2))},
     TRUE,
     L("92233720368547758071.25"),
     TU_NUMBER_DECIMAL,
     2},
    {"decimals back below 64 bits",
     TU_MEASURE_SUM,
     2,
     {CELL(L("92233720368547758070.5")), CELL(L("-92233720368547758070.25"))},
     TRUE,
     D(25, 2),
     TU_NUMBER_DECIMAL,
     2},
    {"decimals of 39 digits",
     TU_MEASURE_SUM,
     2,
     {CELL(L("99999999999999999999999999999999999999")), CELL(I(1))},
     FALSE,
     N,
     TU_NUMBER_DECIMAL,
     0},
    {"a decimal of one cell as it is stored",
     TU_MEASURE_SUM,
     1,
     {CELL(D(1250, 2))},
     TRUE,
     D(1250, 2),
     TU_NUMBER_DECIMAL,
     2},
    {"numeric's NaN",
     TU_MEASURE_SUM,
     2,
     {CELL(D(5, 1)), CELL(R(NAN))},
     TRUE,
     R(NAN),
     TU_NUMBER_DECIMAL,
     1},
    {"text is no decimal",
     TU_MEASURE_SUM,
     2,
     {CELL(D(5, 1)), CELL(T("1.5"))},
     FALSE,
     N,
     TU_NUMBER_DECIMAL,
     1},
    {"whole numbers from a column of decimals",
     TU_MEASURE_SUM,
     2,
     {CELL(D(500, 2)), CELL(D(7, 0))},
     TRUE,
     I(12),
     TU_NUMBER_WHOLE,
     -1},
    {"whole numbers that do not fit",
     TU_MEASURE_SUM,
     2,
     {CELL(I(G_MAXINT64)), CELL(I(1))},
     FALSE,
     N,
     TU_NUMBER_WHOLE,
     -1},
    {"counts from a column of decimals",
     TU_MEASURE_COUNT,
     2,
     {CELL(D(300, 2)), CELL(D(40, 1))},
     TRUE,
     I(7),
     TU_NUMBER_WHOLE,
     -1},
    {"one count from a column of decimals",
     TU_MEASURE_COUNT,
     1,
     {CELL(D(300, 2))},
     TRUE,
     I(3),
     TU_NUMBER_WHOLE,
     -1},
    {"half a row is no count", TU_MEASURE_COUNT, 1, {CELL(D(5, 1))}, FALSE, N, TU_NUMBER_WHOLE, -1},
    {"counts from a column of reals",
     TU_MEASURE_COUNT,
     2,
     {CELL(R(3)), CELL(R(4))},
     TRUE,
     I(7),
     TU_NUMBER_REAL,
     -1},
    {"decimals among reals",
     TU_MEASURE_SUM,
     3,
     {CELL(R(0.5)), CELL(D(125, 2)), CELL(L("100000000000000000000.00"))},
     TRUE,
     R(100000000000000000001.75),
     TU_NUMBER_REAL,
     -1},
    {"min of decimals",
     TU_MEASURE_MIN,
     3,
     {CELL(D(150, 2)), CELL(I(2)), CELL(L("-99999999999999999999.5"))},
     TRUE,
     L("-99999999999999999999.5"),
     TU_NUMBER_DECIMAL,
     2},
    {"max of dates",
     TU_MEASURE_MAX,
     3,
     {CELL(TIME(DATE, 7)), CELL(N), CELL(TIME(DATE, -9))},
     TRUE,
     TIME(DATE, 7)},
    {"min of instants",
     TU_MEASURE_MIN,
     2,
     {CELL(TIME(INSTANT, 7)), CELL(TIME(INSTANT, -9))},
     TRUE,
     TIME(INSTANT, -9)},
    {"max of timestamps: infinity",
     TU_MEASURE_MAX,
     2,
     {CELL(TIME(TIMESTAMP, 7)), CELL(TIME(TIMESTAMP, TU_TIME_AFTER_ALL))},
     TRUE,
     TIME(TIMESTAMP, TU_TIME_AFTER_ALL)},
    {"avg of whole numbers has six digits",
     TU_MEASURE_AVG,
     2,
     {{D(1000000, 6), I(1), I(1)}, {D(2000000, 6), I(2), I(4)}},
     TRUE,
     D(1666667, 6),
     TU_NUMBER_WHOLE,
     -1},
    {"avg: half away from zero, also below it",
     TU_MEASURE_AVG,
     2,
     {{D(0, 8), I(1), D(0, 2)}, {D(-1, 8), I(1999999), D(-1, 2)}},
     TRUE,
     D(-1, 8),
     TU_NUMBER_DECIMAL,
     2},
    {"avg of decimals has six digits more",
     TU_MEASURE_AVG,
     2,
     {{D(150000000, 8), I(1), D(150, 2)}, {D(25000000, 8), I(2), D(50, 2)}},
     TRUE,
     D(66666667, 8),
     TU_NUMBER_DECIMAL,
     2},
    {"avg of undeclared decimals has sixteen",
     TU_MEASURE_AVG,
     2,
     {{D(1, 0), I(1), I(1)}, {D(5, 1), I(2), I(1)}},
     TRUE,
     D(6666666666666667, 16),
     TU_NUMBER_DECIMAL,
     -1},
    {"avg whose sum is beyond 64 bits",
     TU_MEASURE_AVG,
     2,
     {{D(0, 6), I(1), I(G_MAXINT64)}, {D(0, 6), I(1), I(G_MAXINT64)}},
     TRUE,
     I(G_MAXINT64),
     TU_NUMBER_WHOLE,
     -1},
    {"avg of integers whose sum is beyond 64 bits, without types",
     TU_MEASURE_AVG,
     2,
     {{R(1), I(1), I(G_MAXINT64)}, {R(1), I(1), I(G_MAXINT64)}},
     TRUE,
     R(9223372036854775808.0)},
    {"avg: a sum of no values",
     TU_MEASURE_AVG,
     2,
     {{N, I(0), I(4)}, {R(1.0), I(1), I(1)}},
     FALSE,
     N},
    {"distinct of two", TU_MEASURE_COUNT_DISTINCT, 2, {CELL(I(4)), CELL(I(1))}, FALSE, N},
};

static void
test_values(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        const TuQueryMeasure measure = {row->kind, row->number, row->scale};
        g_autoptr(TuQuerySums) sums = tu_query_sums_new(0, 1, 1, &measure);
        TuQueryKey key = {0};
        gboolean is_right = TRUE;
        TuValue value = TU_NULL_VALUE;
        g_test_message("%s", row->label);
        guint number = tu_query_sums_row(sums, &key);
        for (guint c = 0; c < row->n_cells; c++)
            is_right = tu_query_sums_add(sums, number, 0, &row->cells[c]) && is_right;
        gboolean has_value = tu_query_sums_value(sums, number, 0, &value);
        g_assert_cmpint(is_right && has_value, ==, row->is_right);
        if (!row->is_right)
            continue;
        g_assert_cmpint(value.type, ==, row->value.type);
        g_assert_true(tu_value_equal(&value, &row->value));
    }
}

/* A text of a row that is gone must not be what min points to. */
static void
test_keeps_text(void)
{
    const TuQueryMeasure measure = {TU_MEASURE_MIN, TU_NUMBER_INTEGER, -1};
    g_autoptr(TuQuerySums) sums = tu_query_sums_new(0, 1, 1, &measure);
    TuQueryKey key = {0};
    char text[] = "abc";
    TuStoredMeasure stored = {{.type = TU_TYPE_TEXT, .bytes = 3, .text = text}, N, N};
    TuValue value, wanted = T("abc");
    guint number = tu_query_sums_row(sums, &key);
    g_assert_true(tu_query_sums_add(sums, number, 0, &stored));
    text[0] = 'x';
    g_assert_true(tu_query_sums_value(sums, number, 0, &value));
    g_assert_true(tu_value_equal(&value, &wanted));
}

/* Rows in the order of tenant (by value, not by number), series, bucket, dimensions. */
static void
test_order(void)
{
    const TuQueryMeasure measures[] = {{TU_MEASURE_COUNT, TU_NUMBER_INTEGER, -1},
                                       {TU_MEASURE_SUM, TU_NUMBER_DECIMAL, 2}};
    g_autoptr(TuQuerySums) sums = tu_query_sums_new(1, G_N_ELEMENTS(measures), 1, measures);
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
