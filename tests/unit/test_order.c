/* The order of writing: every cell once, tenant by tenant, by the key, however they came. */
#include "keep/compare/changes.h"
#include "keep/compare/order.h"

enum { TARGETS = 2, MOST = 60000 };

static const guint sizes[] = {0, 1, 2, 31, 32, 33, 34, 100, 5000, MOST};

/* How keys follow each other: what makes bad splits of a sort, and what is usual. */
typedef guint (*Pattern)(guint i, guint n);

static guint
rising(guint i, guint n)
{
    return i;
}

static guint
falling(guint i, guint n)
{
    return n - i;
}

static guint
organ_pipes(guint i, guint n)
{
    return i < n / 2 ? 2 * i : 2 * (n - i) + 1;
}

static guint
scattered(guint i, guint n)
{
    return i * 2654435761u;
}

static guint
sawtooth(guint i, guint n)
{
    return i % 17 * MOST + i;
}

static const struct {
    const char *label;
    Pattern key;
} patterns[] = {{"rising", rising},
                {"falling", falling},
                {"organ pipes", organ_pipes},
                {"scattered", scattered},
                {"sawtooth", sawtooth}};

/* Which part of the key the number is spread over decides what of it is compared. */
static void
add_cell(TuCells *cells, guint number, guint n_tenants)
{
    guint32 dimensions[] = {number >> 12 & 15, number >> 16};
    TuCellTable *table = tu_cells_table(cells, number % TARGETS);
    TuBucket bucket = (TuBucket)(number >> 6 & 63) - 30;
    tu_cell_table_get(table, number % n_tenants, bucket, dimensions)->rows++;
}

static TuCells *
cells_of(const TuLayout *layout, Pattern key, guint n, guint n_tenants)
{
    const TuLayout *layouts[] = {layout, layout};
    TuCells *cells = tu_cells_new(layouts, TARGETS);
    for (guint i = 0; i < n; i++)
        add_cell(cells, key(i, n), n_tenants);
    return cells;
}

static gboolean
is_before(TuCells *cells, const TuOrdered *a, const TuOrdered *b)
{
    const TuCell *left = tu_cell_table_cell(tu_cells_table(cells, a->target), a->cell);
    const TuCell *right = tu_cell_table_cell(tu_cells_table(cells, b->target), b->cell);
    if (left->tenant != right->tenant)
        return left->tenant < right->tenant;
    if (a->target != b->target)
        return a->target < b->target;
    if (left->bucket != right->bucket)
        return left->bucket < right->bucket;
    return left->dimensions[0] != right->dimensions[0] ? left->dimensions[0] < right->dimensions[0]
                                                       : left->dimensions[1] < right->dimensions[1];
}

/* What is in order, strictly, and as long as it was, has every cell once. */
static void
assert_sorted(TuCells *cells)
{
    TuTally tally = {.cells = cells};
    TuOrder order = {.tally = &tally};
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(TuOrdered));
    g_autoptr(GPtrArray) lists = g_ptr_array_new();
    guint n = 0;
    for (guint target = 0; target < TARGETS; target++) {
        tu_order_add_target(&order, target, sorted);
        n += tu_cell_table_size(tu_cells_table(cells, target));
    }
    g_ptr_array_add(lists, sorted);
    tu_order_sort(&order, lists);
    g_assert_cmpuint(sorted->len, ==, n);
    for (guint i = 1; i < sorted->len; i++)
        g_assert_true(is_before(cells, &g_array_index(sorted, TuOrdered, i - 1),
                                &g_array_index(sorted, TuOrdered, i)));
}

static void
test_sorted(void)
{
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT};
    static const TuNumberKind numbers[] = {TU_NUMBER_INTEGER};
    TuLayout *layout = tu_layout_new(2, kinds, numbers, NULL, G_N_ELEMENTS(kinds));
    for (guint p = 0; p < G_N_ELEMENTS(patterns); p++)
        for (guint s = 0; s < G_N_ELEMENTS(sizes); s++)
            for (guint n_tenants = 1; n_tenants < 100; n_tenants += 97) {
                g_test_message("%s, %u cells, %u tenants", patterns[p].label, sizes[s], n_tenants);
                g_autoptr(TuCells) cells = cells_of(layout, patterns[p].key, sizes[s], n_tenants);
                assert_sorted(cells);
            }
    tu_layout_free(layout);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/order/sorted", test_sorted);
    return g_test_run();
}
