/* The table in which rows become cells: found again, never moved, merged, failed. */
#include "cells/cells.h"
#include "value_rows.h"

static const guint32 no_dimensions[1];

static TuLayout *
layout_new(guint n_dimensions)
{
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT, TU_MEASURE_SUM, TU_MEASURE_MAX,
                                          TU_MEASURE_COUNT_DISTINCT};
    static const TuNumberKind numbers[] = {TU_NUMBER_INTEGER, TU_NUMBER_EITHER, TU_NUMBER_EITHER,
                                           TU_NUMBER_INTEGER};
    return tu_layout_new(n_dimensions, kinds, numbers, NULL, G_N_ELEMENTS(kinds));
}

static void
add_row(TuCellTable *table, TuCell *cell, TuValue value)
{
    cell->rows++;
    for (guint i = 0; i < tu_cell_table_layout(table)->n_measures; i++)
        g_assert_true(tu_cell_add(table, cell, i, value, 1));
}

static void
assert_result(TuCellTable *table, TuCell *cell, guint measure, TuValue wanted)
{
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    g_autofree char *label = g_strdup_printf("measure %u", measure);
    g_assert_true(tu_cell_result(table, cell, measure, &result, &sum, &n));
    assert_value(label, result, wanted);
}

/* ---- many cells ---- */

enum { MANY = 200000 };

/* The i-th key: tenants, buckets below and above 0 and two dimensions, all with few bits. */
static void
key_of(guint i, guint32 *tenant, TuBucket *bucket, guint32 *dimensions)
{
    *tenant = i % 50;
    *bucket = ((TuBucket)(i / 50) % 400 - 200) * G_GINT64_CONSTANT(3600000000);
    dimensions[0] = i / 20000;
    dimensions[1] = i % 2;
}

static void
test_many(void)
{
    TuLayout *layout = layout_new(2);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    g_autofree TuCell **places = g_new(TuCell *, MANY);
    guint32 tenant;
    guint32 dimensions[2];
    TuBucket bucket;
    for (guint i = 0; i < MANY; i++) {
        key_of(i, &tenant, &bucket, dimensions);
        g_assert_null(tu_cell_table_find(table, tenant, bucket, dimensions));
        places[i] = tu_cell_table_get(table, tenant, bucket, dimensions);
        g_assert_cmpint(places[i]->rows, ==, 0);
        places[i]->rows = i + 1;
    }
    g_assert_cmpuint(tu_cell_table_size(table), ==, MANY);
    for (guint i = 0; i < MANY; i++) {
        key_of(i, &tenant, &bucket, dimensions);
        g_assert_true(tu_cell_table_find(table, tenant, bucket, dimensions) == places[i]);
        g_assert_true(tu_cell_table_get(table, tenant, bucket, dimensions) == places[i]);
        g_assert_true(tu_cell_table_cell(table, i) == places[i]);
        g_assert_cmpint(places[i]->rows, ==, i + 1);
        g_assert_cmpuint(places[i]->tenant, ==, tenant);
        g_assert_cmpint(places[i]->bucket, ==, bucket);
        g_assert_cmpmem(places[i]->dimensions, sizeof dimensions, dimensions, sizeof dimensions);
    }
    g_assert_cmpuint(tu_cell_table_size(table), ==, MANY);
    dimensions[1] = 2;
    g_assert_null(tu_cell_table_find(table, tenant, bucket, dimensions));
    g_assert_cmpuint(tu_cells_bytes(cells), >, MANY * layout->cell_bytes);
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* Every part of the key counts, and its place in it. */
static void
test_keys(void)
{
    static const struct {
        guint32 tenant;
        TuBucket bucket;
        guint32 dimensions[2];
    } keys[] = {
        {0, 0, {0, 0}}, {1, 0, {0, 0}},  {0, 1, {0, 0}},          {0, 0, {1, 0}},
        {0, 0, {0, 1}}, {0, -1, {0, 0}}, {0, G_MININT64, {0, 0}}, {0, G_MAXINT64, {0, 0}},
        {1, 0, {1, 0}}, {1, 0, {0, 1}},  {0, 1, {1, 0}},          {G_MAXUINT32, 0, {0, 0}},
    };
    TuLayout *layout = layout_new(2);
    TuLayout *bare = layout_new(0);
    const TuLayout *layouts[] = {layout, bare};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 2);
    TuCellTable *table = tu_cells_table(cells, 0);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        (void)tu_cell_table_get(table, keys[i].tenant, keys[i].bucket, keys[i].dimensions);
    g_assert_cmpuint(tu_cell_table_size(table), ==, G_N_ELEMENTS(keys));
    g_assert_cmpuint(tu_cell_table_size(tu_cells_table(cells, 1)), ==, 0);
    TuCell *cell = tu_cell_table_get(tu_cells_table(cells, 1), 1, 2, no_dimensions);
    g_assert_true(tu_cell_table_get(tu_cells_table(cells, 1), 1, 2, no_dimensions) == cell);
    g_assert_cmpuint(tu_cell_table_size(table), ==, G_N_ELEMENTS(keys));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
    tu_layout_free(bare);
}

/* ---- what a cell holds ---- */

static void
test_rows(void)
{
    TuLayout *layout = layout_new(0);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *cell = tu_cell_table_get(table, 1, 7, no_dimensions);
    static const TuValue values[] = {I(5), NIL, R(5.0), R(2.5), I(5)};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        add_row(table, cell, values[i]);
    g_assert_cmpint(cell->rows, ==, 5);
    assert_result(table, cell, 0, I(5));
    assert_result(table, cell, 1, R(17.5));
    assert_result(table, cell, 2, I(5));
    assert_result(table, cell, 3, I(2));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* Counted again by a set of GLib's. */
static void
test_distinct(void)
{
    enum { rounds = 60000, n_cells = 40, n_values = 900 };
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT_DISTINCT, TU_MEASURE_COUNT_DISTINCT};
    static const TuNumberKind numbers[] = {TU_NUMBER_INTEGER, TU_NUMBER_INTEGER};
    TuLayout *layout = tu_layout_new(0, kinds, numbers, NULL, 2);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    g_autoptr(GRand) rand = g_rand_new_with_seed(31);
    TuCellTable *table = tu_cells_table(cells, 0);
    GHashTable *sets[n_cells][2];
    for (guint c = 0; c < n_cells; c++)
        for (guint m = 0; m < 2; m++)
            sets[c][m] = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < rounds; i++) {
        int c = g_rand_int_range(rand, 0, n_cells);
        int m = g_rand_int_range(rand, 0, 2);
        int v = g_rand_int_range(rand, 0, n_values);
        TuValue value = v == 0 ? NIL : v % 2 == 0 ? tu_value_integer(v) : tu_value_real(v);
        TuCell *cell = tu_cell_table_get(table, 3, c, no_dimensions);
        g_assert_true(tu_cell_add(table, cell, (guint)m, value, 1));
        if (v != 0)
            g_hash_table_add(sets[c][m], GINT_TO_POINTER(v));
    }
    for (guint c = 0; c < n_cells; c++)
        for (guint m = 0; m < 2; m++) {
            TuCell *cell = tu_cell_table_find(table, 3, c, no_dimensions);
            assert_result(table, cell, m, I(g_hash_table_size(sets[c][m])));
            g_hash_table_unref(sets[c][m]);
        }
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* ---- merging ---- */

static void
test_merge(void)
{
    TuLayout *layout = layout_new(0);
    const TuLayout *layouts[] = {layout, layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 2);
    TuCellTable *hours = tu_cells_table(cells, 0);
    TuCellTable *days = tu_cells_table(cells, 1);
    TuCell *parents[3];
    TuCell *day = tu_cell_table_get(days, 1, 0, no_dimensions);
    TuCell *other = tu_cell_table_get(days, 2, 0, no_dimensions);
    for (guint i = 0; i < 3; i++) {
        TuCell *hour = tu_cell_table_get(hours, 1, i, no_dimensions);
        add_row(hours, hour, I(10));
        add_row(hours, hour, I((gint64)i));
        parents[i] = i < 2 ? day : NULL;
        if (i < 2)
            tu_cell_merge(days, day, hour, 1);
    }
    tu_cell_table_merge_sets(days, hours, parents);
    g_assert_cmpint(day->rows, ==, 4);
    assert_result(days, day, 0, I(4));
    assert_result(days, day, 1, I(21));
    assert_result(days, day, 2, I(10));
    assert_result(days, day, 3, I(3)); /* 10, 0, 1: not 4 */
    assert_result(days, other, 3, I(0));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

static void
test_merge_takes_away(void)
{
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT, TU_MEASURE_SUM};
    static const TuNumberKind numbers[] = {TU_NUMBER_INTEGER, TU_NUMBER_INTEGER};
    TuLayout *layout = tu_layout_new(0, kinds, numbers, NULL, 2);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *stored = tu_cell_table_get(table, 1, 0, no_dimensions);
    TuCell *delta = tu_cell_table_get(table, 1, 1, no_dimensions);
    add_row(table, stored, I(5));
    add_row(table, stored, I(7));
    add_row(table, delta, I(7));
    tu_cell_merge(table, stored, delta, -1);
    g_assert_cmpint(stored->rows, ==, 1);
    assert_result(table, stored, 0, I(1));
    assert_result(table, stored, 1, I(5));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* A count of all rows has no memory of its own, and is right whatever becomes of the cell's
 * rows. */
static void
test_counts_rows(void)
{
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT, TU_MEASURE_SUM, TU_MEASURE_COUNT};
    static const TuNumberKind numbers[] = {TU_NUMBER_WHOLE, TU_NUMBER_WHOLE, TU_NUMBER_WHOLE};
    TuLayout *layout = tu_layout_new(1, kinds, numbers, NULL, G_N_ELEMENTS(kinds));
    gsize bytes = layout->cell_bytes;
    tu_layout_count_rows(layout, 0);
    g_assert_cmpuint(layout->cell_bytes, ==, bytes - sizeof(TuCountState));
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *stored = tu_cell_table_get(table, 1, 0, no_dimensions);
    TuCell *delta = tu_cell_table_get(table, 1, 1, no_dimensions);
    g_assert_true(tu_cell_from_stored(table, stored, 0, I(3), TU_NULL_VALUE, TU_NULL_VALUE));
    g_assert_true(tu_cell_from_stored(table, stored, 1, I(12), I(12), I(2)));
    g_assert_true(tu_cell_from_stored(table, stored, 2, I(1), TU_NULL_VALUE, TU_NULL_VALUE));
    g_assert_cmpint(stored->rows, ==, 3);
    add_row(table, delta, I(7));
    tu_cell_merge(table, stored, delta, 1);
    assert_result(table, stored, 0, I(4));
    assert_result(table, stored, 1, I(19));
    assert_result(table, stored, 2, I(2));
    g_assert_true(tu_cell_is_possible(layout, stored));
    tu_cell_merge(table, delta, delta, -1);
    assert_result(table, delta, 0, I(0));
    g_assert_true(tu_cell_is_possible(layout, delta));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* ---- typed databases ---- */

static const TuMeasureKind typed_kinds[] = {TU_MEASURE_SUM, TU_MEASURE_SUM, TU_MEASURE_AVG,
                                            TU_MEASURE_MAX};
static const TuNumberKind typed_numbers[] = {TU_NUMBER_WHOLE, TU_NUMBER_DECIMAL, TU_NUMBER_DECIMAL,
                                             TU_NUMBER_DECIMAL};
static const int typed_scales[] = {-1, 2, 2, 2};

/* Digits of long results outlive the call, and what is stored comes back into a cell. */
static void
test_long_results(void)
{
    TuLayout *layout = tu_layout_new(0, typed_kinds, typed_numbers, typed_scales, 4);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *cell = tu_cell_table_get(table, 1, 0, no_dimensions);
    TuCell *again = tu_cell_table_get(table, 1, 1, no_dimensions);
    TuValue results[4];
    TuValue sums[4];
    gint64 n;
    for (guint i = 0; i < 3; i++) {
        cell->rows++;
        g_assert_true(tu_cell_add(table, cell, 0, I(5), 1));
        for (guint m = 1; m < 4; m++)
            g_assert_true(tu_cell_add(table, cell, m, L("12345678901234567890.50"), 1));
    }
    for (guint m = 0; m < 4; m++) {
        g_assert_true(tu_cell_result(table, cell, m, &results[m], &sums[m], &n));
        g_assert_true(tu_cell_from_stored(table, again, m, results[m], sums[m], I(3)));
    }
    assert_value("whole", results[0], I(15));
    assert_value("sum", results[1], L("37037036703703703671.5"));
    assert_value("avg", results[2], L("12345678901234567890.5"));
    assert_value("its sum", sums[2], L("37037036703703703671.5"));
    assert_value("max", results[3], L("12345678901234567890.5"));
    for (guint m = 0; m < 4; m++)
        assert_result(table, again, m, results[m]);
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* A cell from which everything was taken away is one that could be, however wide it was. */
static void
test_emptied_is_possible(void)
{
    TuLayout *layout = tu_layout_new(0, typed_kinds, typed_numbers, typed_scales, 3);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *cell = tu_cell_table_get(table, 1, 0, no_dimensions);
    for (int weight = 1; weight >= -1; weight -= 2) {
        cell->rows += 2 * weight;
        for (guint i = 0; i < 2; i++)
            for (guint m = 0; m < 3; m++)
                g_assert_true(tu_cell_add(table, cell, m, I(G_MAXINT64), weight));
        g_assert_true(tu_cell_is_possible(layout, cell));
    }
    g_assert_true(tu_cell_add(table, cell, 1, D(1, 2), 1));
    g_assert_false(tu_cell_is_possible(layout, cell));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* Entries come in any order: 7 is taken away before it came, and of 40 and NULL one row stays whose
 * sum is 33 of no value. */
static void
test_sum_of_no_value(void)
{
    TuLayout *layout = tu_layout_new(0, typed_kinds, typed_numbers, typed_scales, 3);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *cell = tu_cell_table_get(table, 1, 0, no_dimensions);
    static const struct {
        int value; /* 0: NULL */
        int weight;
        gboolean is_possible;
    } rows[] = {{40, 1, TRUE}, {0, 1, TRUE}, {7, -1, FALSE}, {7, 1, TRUE}, {40, -1, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuValue value = rows[i].value != 0 ? I(rows[i].value) : TU_NULL_VALUE;
        cell->rows += rows[i].weight;
        for (guint m = 0; m < 3; m++)
            g_assert_true(tu_cell_add(table, cell, m, value, rows[i].weight));
        g_assert_cmpint(tu_cell_is_possible(layout, cell), ==, rows[i].is_possible);
    }
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* ---- failures, memory ---- */

static void
test_failures(void)
{
    TuLayout *layout = layout_new(0);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *good = tu_cell_table_get(table, 1, 0, no_dimensions);
    TuCell *bad = tu_cell_table_get(table, 1, 1, no_dimensions);
    g_assert_null(tu_cell_failure(table, bad));
    g_assert_false(tu_cell_add(table, bad, 1, T("abc"), 1));
    tu_cell_fail(table, bad, g_strdup("first"));
    tu_cell_fail(table, bad, g_strdup("second"));
    g_assert_cmpstr(tu_cell_failure(table, bad), ==, "first");
    g_assert_null(tu_cell_failure(table, good));
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

/* What sets and wide sums take is counted too: `memory` in the spec is a promise. */
static void
test_bytes(void)
{
    TuLayout *layout = layout_new(0);
    const TuLayout *layouts[] = {layout};
    g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
    TuCellTable *table = tu_cells_table(cells, 0);
    TuCell *cell = tu_cell_table_get(table, 1, 0, no_dimensions);
    gsize bytes = tu_cells_bytes(cells);
    for (guint i = 0; i < 10000; i++)
        g_assert_true(tu_cell_add(table, cell, 3, tu_value_integer(i), 1));
    g_assert_cmpuint(tu_cells_bytes(cells), >=,
                     bytes + 10000 * (sizeof(TuValue) + sizeof(gpointer)));
    bytes = tu_cells_bytes(cells);
    g_assert_true(tu_cell_add(table, cell, 1, R(0.5), 1));
    g_assert_cmpuint(tu_cells_bytes(cells), >, bytes);
    g_clear_pointer(&cells, tu_cells_free);
    tu_layout_free(layout);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cells/many", test_many);
    g_test_add_func("/cells/keys", test_keys);
    g_test_add_func("/cells/rows", test_rows);
    g_test_add_func("/cells/distinct", test_distinct);
    g_test_add_func("/cells/merge", test_merge);
    g_test_add_func("/cells/merge-takes-away", test_merge_takes_away);
    g_test_add_func("/cells/counts-rows", test_counts_rows);
    g_test_add_func("/cells/long-results", test_long_results);
    g_test_add_func("/cells/emptied-is-possible", test_emptied_is_possible);
    g_test_add_func("/cells/sum-of-no-value", test_sum_of_no_value);
    g_test_add_func("/cells/failures", test_failures);
    g_test_add_func("/cells/bytes", test_bytes);
    return g_test_run();
}
