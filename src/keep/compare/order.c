#include "keep/compare/order.h"

#include "keep/compare/changes.h"

/* Beyond this many values sorting them costs more than the order of writing gains. */
#define RANKED_VALUES 300000

/* How many cells ahead memory is asked for: a cell is written in about a miss's time. */
#define AHEAD 8

void
tu_order_init(TuOrder *order, TuTally *tally)
{
    const TuDictionary *dictionary = tu_cells_dictionary(tally->cells);
    *order = (TuOrder){.tally = tally};
    if (tu_dictionary_size(dictionary) <= RANKED_VALUES)
        order->ranks = tu_dictionary_ranks(dictionary);
}

void
tu_order_clear(TuOrder *order)
{
    g_clear_pointer(&order->ranks, g_free);
}

/* Without ranks the order is that in which values were met: tenants stay together all the same. */
static guint32
rank_of(const TuOrder *order, guint32 id)
{
    return order->ranks != NULL ? order->ranks[id] : id;
}

/* Most cells of a repair are right: they are never sorted. */
static gboolean
is_written(const TuCell *cell)
{
    return cell->mark == TU_MARK_NEW || cell->mark == TU_MARK_WRITE || cell->mark == TU_MARK_GONE;
}

/* The first dimension comes along, so that comparing two entries seldom needs the cells
 * themselves. */
void
tu_order_add_target(const TuOrder *order, guint target, GArray *cells)
{
    const TuCellTable *table = tu_cells_table(order->tally->cells, target);
    gboolean has_dimension = tu_cell_table_layout(table)->n_dimensions > 0;
    for (guint32 i = 0; i < tu_cell_table_size(table); i++) {
        const TuCell *cell = tu_cell_table_cell(table, i);
        if (!is_written(cell))
            continue;
        TuOrdered ordered = {.tenant_rank = rank_of(order, cell->tenant),
                             .target = target,
                             .bucket = cell->bucket,
                             .dimension_rank =
                                 has_dimension ? rank_of(order, cell->dimensions[0]) : 0,
                             .cell = i};
        g_array_append_val(cells, ordered);
    }
}

static TuCell *
cell_of(const TuOrder *order, const TuOrdered *ordered)
{
    return tu_cell_table_cell(tu_cells_table(order->tally->cells, ordered->target), ordered->cell);
}

/* What is in the entries decides nearly always; two cells of one table differ in their keys. */
static int
compare_ordered(gconstpointer a, gconstpointer b, gpointer data)
{
    const TuOrdered *left = a;
    const TuOrdered *right = b;
    const TuOrder *order = data;
    if (left->tenant_rank != right->tenant_rank)
        return left->tenant_rank < right->tenant_rank ? -1 : 1;
    if (left->target != right->target)
        return left->target < right->target ? -1 : 1;
    if (left->bucket != right->bucket)
        return left->bucket < right->bucket ? -1 : 1;
    if (left->dimension_rank != right->dimension_rank)
        return left->dimension_rank < right->dimension_rank ? -1 : 1;
    const TuCellTable *table = tu_cells_table(order->tally->cells, left->target);
    const TuCell *left_cell = cell_of(order, left);
    const TuCell *right_cell = cell_of(order, right);
    for (guint i = 1; i < tu_cell_table_layout(table)->n_dimensions; i++) {
        guint32 l = rank_of(order, left_cell->dimensions[i]);
        guint32 r = rank_of(order, right_cell->dimensions[i]);
        if (l != r)
            return l < r ? -1 : 1;
    }
    return 0;
}

typedef struct {
    const TuOrder *order;
    GArray *cells;
} Sorting;

static void
swap(TuOrdered *a, TuOrdered *b)
{
    TuOrdered kept = *a;
    *a = *b;
    *b = kept;
}

/* Puts the middle one of three into the first's place. */
static void
choose_pivot(const TuOrder *order, TuOrdered *first, guint n)
{
    TuOrdered *middle = first + n / 2;
    TuOrdered *last = first + n - 1;
    gpointer data = (gpointer)(gsize)order;
    if (compare_ordered(middle, last, data) > 0)
        swap(middle, last);
    if (compare_ordered(first, middle, data) < 0)
        swap(first, middle);
    if (compare_ordered(first, last, data) > 0)
        swap(first, last);
}

/* Smaller ones before the pivot, larger ones behind it; where it is then. */
static guint
split(const TuOrder *order, TuOrdered *first, guint n)
{
    gpointer data = (gpointer)(gsize)order;
    guint low = 1;
    guint high = n - 1;
    choose_pivot(order, first, n);
    for (;;) {
        while (low <= high && compare_ordered(&first[low], first, data) < 0)
            low++;
        while (low <= high && compare_ordered(&first[high], first, data) > 0)
            high--;
        if (low >= high)
            break;
        swap(&first[low++], &first[high--]);
    }
    swap(first, &first[high]);
    return high;
}

/* So few are sorted on the stack; splits that get nowhere are no more than this. */
#define FEW_CELLS 32
#define SPLITS_LIMIT 64

/* In place: GLib's sort copies what it sorts, and millions of cells are what `memory` is full
 * of. */
static void
sort_range(const TuOrder *order, TuOrdered *first, guint n, guint n_splits)
{
    while (n > FEW_CELLS && n_splits < SPLITS_LIMIT) {
        guint at = split(order, first, n);
        guint n_behind = n - at - 1;
        gboolean is_short = at < n_behind;
        n_splits++;
        sort_range(order, is_short ? first : first + at + 1, is_short ? at : n_behind, n_splits);
        first = is_short ? first + at + 1 : first;
        n = is_short ? n_behind : at;
    }
    g_qsort_with_data(first, (gint)n, sizeof *first, compare_ordered, (gpointer)(gsize)order);
}

static gpointer
sort_cells(gpointer data)
{
    const Sorting *sorting = data;
    if (sorting->cells->len > 0)
        sort_range(sorting->order, &g_array_index(sorting->cells, TuOrdered, 0),
                   sorting->cells->len, 0);
    return NULL;
}

/* A table that is worth it is sorted in a thread of its own. */
#define THREAD_CELLS 50000

void
tu_order_sort(const TuOrder *order, GPtrArray *lists)
{
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    g_autofree Sorting *sortings = g_new(Sorting, lists->len + 1);
    for (guint i = 0; i < lists->len; i++) {
        sortings[i] = (Sorting){order, g_ptr_array_index(lists, i)};
        if (sortings[i].cells->len > THREAD_CELLS)
            g_ptr_array_add(threads, g_thread_new("sort", sort_cells, &sortings[i]));
        else
            sort_cells(&sortings[i]);
    }
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
}

TuCell *
tu_order_cell(const TuOrder *order, const GArray *cells, guint i)
{
    if (i + AHEAD < cells->len) {
        const char *next =
            (const char *)cell_of(order, &g_array_index(cells, TuOrdered, i + AHEAD));
        __builtin_prefetch(next);
        __builtin_prefetch(next + 64);
    }
    return cell_of(order, &g_array_index(cells, TuOrdered, i));
}
