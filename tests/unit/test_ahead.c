/* Cells that are asked for ahead are the ones that are found one by one; pages and slabs. */
#include "cells/ahead.h"
#include "cells/pages.h"

#include <string.h>

enum { KEYS = 30000, TABLES = 3 };

static TuLayout *
layout_new(guint n_dimensions)
{
    static const TuMeasureKind kinds[] = {TU_MEASURE_COUNT};
    static const TuNumberKind numbers[] = {TU_NUMBER_INTEGER};
    return tu_layout_new(n_dimensions, kinds, numbers, NULL, G_N_ELEMENTS(kinds));
}

typedef struct {
    guint table;
    guint32 tenant;
    TuBucket bucket;
    guint32 dimensions[2];
} Key;

/* Each key comes twice, next to each other or far apart. */
static Key
key_of(guint i)
{
    guint n = i % 3 == 0 ? i / 2 : (i * 7919u) % KEYS;
    return (Key){n % TABLES, n % 11, (TuBucket)(n / 11) - 500, {n % 5, n / 1000}};
}

/* "cell number in its table:its rows" of all keys, added `n_round` at a time. */
static char *
added_in_rounds(TuCells *cells, guint n_round)
{
    g_autofree TuAhead *ahead = g_new(TuAhead, 1);
    GString *text = g_string_new(NULL);
    tu_ahead_clear(ahead);
    for (guint i = 0; i < KEYS; i++) {
        Key key = key_of(i);
        tu_ahead_add(ahead, tu_cells_table(cells, key.table), key.tenant, key.bucket,
                     key.dimensions);
        if (ahead->n < n_round && i + 1 < KEYS)
            continue;
        tu_ahead_fetch(ahead);
        for (guint k = 0; k < ahead->n; k++)
            tu_ahead_get(ahead, k)->rows += 1 + (int)(i + 1 - ahead->n + k);
        tu_ahead_clear(ahead);
    }
    for (guint t = 0; t < TABLES; t++) {
        const TuCellTable *table = tu_cells_table(cells, t);
        for (guint32 c = 0; c < tu_cell_table_size(table); c++) {
            const TuCell *cell = tu_cell_table_cell(table, c);
            g_string_append_printf(text, "%u %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", t,
                                   cell->tenant, cell->bucket, cell->rows);
        }
    }
    return g_string_free(text, FALSE);
}

/* Rounds of any length give the same cells in the same order, while tables grow many times. */
static void
test_rounds(void)
{
    static const guint rounds[] = {1, 2, 63, TU_AHEAD_KEYS};
    TuLayout *layouts[TABLES] = {layout_new(2), layout_new(0), layout_new(1)};
    g_autofree char *wanted = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rounds); i++) {
        g_autoptr(TuCells) cells = tu_cells_new((const TuLayout *const *)layouts, TABLES);
        g_autofree char *text = added_in_rounds(cells, rounds[i]);
        if (wanted == NULL)
            wanted = g_strdup(text);
        g_assert_cmpstr(text, ==, wanted);
        g_assert_cmpuint(tu_cell_table_size(tu_cells_table(cells, 0)), >, 1000);
        for (guint k = 0; k < KEYS; k++) {
            Key key = key_of(k);
            g_assert_nonnull(tu_cell_table_find(tu_cells_table(cells, key.table), key.tenant,
                                                key.bucket, key.dimensions));
        }
    }
    for (guint i = 0; i < TABLES; i++)
        tu_layout_free(layouts[i]);
}

/* A full round of cells that are all new, in a table that is about to grow: every index is moved in
 * the middle of a round once. */
static void
test_growing(void)
{
    TuLayout *layout = layout_new(1);
    const TuLayout *layouts[] = {layout};
    g_autofree TuAhead *ahead = g_new(TuAhead, 1);
    for (guint before = 0; before < 2 * TU_AHEAD_KEYS; before += 7) {
        g_autoptr(TuCells) cells = tu_cells_new(layouts, 1);
        TuCellTable *table = tu_cells_table(cells, 0);
        guint32 dimension = 1;
        for (guint i = 0; i < 100 + before; i++)
            tu_cell_table_get(table, 1, -1 - (TuBucket)i, &dimension)->rows = 1;
        tu_ahead_clear(ahead);
        for (guint i = 0; i < TU_AHEAD_KEYS; i++)
            tu_ahead_add(ahead, table, 1, i / 2, &dimension);
        g_assert_true(tu_ahead_is_full(ahead));
        tu_ahead_fetch(ahead);
        for (guint i = 0; i < TU_AHEAD_KEYS; i++) {
            g_assert_true((tu_ahead_find(ahead, i) == NULL) == (i % 2 == 0));
            TuCell *cell = tu_ahead_get(ahead, i);
            g_assert_cmpint(cell->bucket, ==, i / 2);
            g_assert_cmpint(cell->rows++, ==, i % 2);
            g_assert_true(tu_ahead_find(ahead, i) == cell);
        }
        g_assert_cmpuint(tu_cell_table_size(table), ==, 100 + before + TU_AHEAD_KEYS / 2);
    }
    tu_layout_free(layout);
}

static gboolean
is_zero(const char *bytes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (bytes[i] != 0)
            return FALSE;
    return TRUE;
}

static void
test_pages(void)
{
    static const gsize sizes[] = {1,
                                  4096,
                                  TU_HUGE_PAGE_BYTES - 1,
                                  TU_HUGE_PAGE_BYTES,
                                  TU_HUGE_PAGE_BYTES + 1,
                                  3 * TU_HUGE_PAGE_BYTES};
    for (guint round = 0; round < 3; round++)
        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
            char *pages = tu_pages_new(sizes[i]);
            g_assert_true(is_zero(pages, sizes[i]));
            if (sizes[i] >= TU_HUGE_PAGE_BYTES)
                g_assert_cmpuint((gsize)pages % TU_HUGE_PAGE_BYTES, ==, 0);
            memset(pages, 0xFF, sizes[i]);
            tu_pages_free(pages, sizes[i]);
        }
    tu_pages_free(NULL, 1);
    tu_pages_free(NULL, TU_HUGE_PAGE_BYTES);
}

/* Blocks are zeroed, do not overlap, and not much more is taken than was cut. */
static void
test_slabs(void)
{
    enum { BLOCK = 6 * 1024, BLOCKS = 4000 };
    TuSlabs slabs = {0};
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    g_assert_cmpuint(tu_slabs_bytes(&slabs), ==, 0);
    for (guint i = 0; i < BLOCKS; i++) {
        char *block = tu_slabs_cut(&slabs, BLOCK);
        g_assert_true(is_zero(block, BLOCK));
        memset(block, (int)(i % 250) + 1, BLOCK);
        g_ptr_array_add(blocks, block);
        gsize cut = (gsize)(i + 1) * BLOCK;
        g_assert_cmpuint(tu_slabs_bytes(&slabs), >=, cut);
        g_assert_cmpuint(tu_slabs_bytes(&slabs), <=, cut + cut / 3 + ((gsize)16 << 10));
    }
    for (guint i = 0; i < BLOCKS; i++) {
        const char *block = g_ptr_array_index(blocks, i);
        g_assert_cmpint(block[0], ==, (char)(i % 250 + 1));
        g_assert_cmpint(block[BLOCK - 1], ==, (char)(i % 250 + 1));
    }
    gsize before = tu_slabs_bytes(&slabs);
    memset(tu_slabs_cut(&slabs, 5 * TU_HUGE_PAGE_BYTES), 1, 5 * TU_HUGE_PAGE_BYTES);
    g_assert_cmpuint(tu_slabs_bytes(&slabs), ==, before + 5 * TU_HUGE_PAGE_BYTES);
    tu_slabs_clear(&slabs);
    g_assert_cmpuint(tu_slabs_bytes(&slabs), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ahead/rounds", test_rounds);
    g_test_add_func("/ahead/growing", test_growing);
    g_test_add_func("/pages/pages", test_pages);
    g_test_add_func("/pages/slabs", test_slabs);
    return g_test_run();
}
