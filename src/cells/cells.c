#include "cells/cell_table.h"

#include <string.h>

#include "cells/pages.h"

/* Cells come in blocks, so that they never move and growing copies nothing but the index. Small
 * blocks: a group has many tables, and `memory` may be as little as 1 MiB. */
#define BLOCK_SHIFT 6
#define BLOCK_CELLS (1u << BLOCK_SHIFT)
#define LINE_BYTES 64
/* A cell whose memory is asked for ahead gets no more of the cache than this. */
#define FETCHED_BYTES (4 * LINE_BYTES)
#define FIRST_SLOTS 256

typedef struct {
    guint32 hash;
    guint32 number; /* cell number + 1; 0: free */
} Slot;

/* A value in a count_distinct set. */
typedef struct {
    TuCell *cell; /* NULL: free */
    guint32 measure;
    guint32 value;
} Member;

struct TuCellTable {
    TuCells *owner;
    const TuLayout *layout;
    GPtrArray *blocks;
    guint32 n_cells;
    Slot *slots;
    guint32 n_slots; /* a power of two */
    Member *members;
    gsize n_members, n_member_slots;
    GHashTable *failures; /* TuCell * -> message; NULL until there is one */
};

struct TuCells {
    TuDictionary *dictionary;
    GPtrArray *wides; /* states that outgrew their cell */
    guint n_tables;
    TuCellTable *tables;
    TuSlabs slabs; /* what the blocks of all tables are cut from */
    gsize index_bytes;
};

TuCells *
tu_cells_new(const TuLayout *const *layouts, guint n_tables)
{
    TuCells *cells = g_new0(TuCells, 1);
    cells->dictionary = tu_dictionary_new();
    cells->wides = g_ptr_array_new_with_free_func(tu_wide_free);
    cells->n_tables = n_tables;
    cells->tables = g_new0(TuCellTable, n_tables);
    for (guint i = 0; i < n_tables; i++) {
        TuCellTable *table = &cells->tables[i];
        table->owner = cells;
        table->layout = layouts[i];
        table->blocks = g_ptr_array_new();
        table->n_slots = FIRST_SLOTS;
        table->slots = tu_pages_new(table->n_slots * sizeof(Slot));
    }
    return cells;
}

void
tu_cells_free(TuCells *cells)
{
    if (cells == NULL)
        return;
    for (guint i = 0; i < cells->n_tables; i++) {
        TuCellTable *table = &cells->tables[i];
        g_ptr_array_unref(table->blocks);
        tu_pages_free(table->slots, table->n_slots * sizeof(Slot));
        tu_pages_free(table->members, table->n_member_slots * sizeof(Member));
        g_clear_pointer(&table->failures, g_hash_table_unref);
    }
    tu_slabs_clear(&cells->slabs);
    g_free(cells->tables);
    g_ptr_array_unref(cells->wides);
    tu_dictionary_free(cells->dictionary);
    g_free(cells);
}

TuDictionary *
tu_cells_dictionary(TuCells *cells)
{
    return cells->dictionary;
}

TuCellTable *
tu_cells_table(TuCells *cells, guint table)
{
    g_assert(table < cells->n_tables);
    return &cells->tables[table];
}

gsize
tu_cells_bytes(const TuCells *cells)
{
    /* A wide state's digits are counted at their usual size: four, and the allocator's share. */
    const gsize wide_bytes = sizeof(TuWide) + 64;
    return tu_slabs_bytes(&cells->slabs) + cells->index_bytes + cells->wides->len * wide_bytes +
           tu_dictionary_bytes(cells->dictionary);
}

gboolean
tu_cells_are_sound(const TuCells *cells)
{
    for (guint i = 0; i < cells->n_tables; i++)
        if (cells->tables[i].failures != NULL)
            return FALSE;
    return cells->wides->len == 0;
}

/* ---- finding a cell ---- */

guint32
tu_cell_table_hash(const TuCellTable *table, guint32 tenant, TuBucket bucket,
                   const guint32 *dimensions)
{
    guint n = table->layout->n_dimensions;
    guint64 hash = ((guint64)bucket * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15)) ^ tenant;
    hash *= G_GUINT64_CONSTANT(0xD6E8FEB86659FD93);
    for (guint i = 0; i < n; i++) {
        hash ^= hash >> 32;
        hash = (hash ^ dimensions[i]) * G_GUINT64_CONSTANT(0xD6E8FEB86659FD93);
    }
    return (guint32)(hash >> 32) ^ (guint32)(hash >> 13);
}

TuCell *
tu_cell_table_cell(const TuCellTable *table, guint32 index)
{
    char *block = g_ptr_array_index(table->blocks, index >> BLOCK_SHIFT);
    return (TuCell *)(void *)(block + (index & (BLOCK_CELLS - 1)) * table->layout->cell_bytes);
}

static void
grow_index(TuCellTable *table)
{
    Slot *old = table->slots;
    guint32 n_old = table->n_slots;
    table->n_slots *= 2;
    table->slots = tu_pages_new(table->n_slots * sizeof(Slot));
    table->owner->index_bytes += n_old * sizeof(Slot);
    for (guint32 i = 0; i < n_old; i++) {
        if (old[i].number == 0)
            continue;
        guint32 at = old[i].hash & (table->n_slots - 1);
        while (table->slots[at].number != 0)
            at = (at + 1) & (table->n_slots - 1);
        table->slots[at] = old[i];
    }
    tu_pages_free(old, n_old * sizeof(Slot));
}

/* The slot of the key: the cell's own, or the free one where it would go. */
static Slot *
find_slot(const TuCellTable *table, guint32 hash, guint32 tenant, TuBucket bucket,
          const guint32 *dimensions)
{
    gsize dimension_bytes = table->layout->n_dimensions * sizeof *dimensions;
    for (guint32 at = hash & (table->n_slots - 1);; at = (at + 1) & (table->n_slots - 1)) {
        Slot *slot = &table->slots[at];
        if (slot->number == 0)
            return slot;
        if (slot->hash != hash)
            continue;
        const TuCell *cell = tu_cell_table_cell(table, slot->number - 1);
        if (cell->bucket == bucket && cell->tenant == tenant &&
            memcmp(cell->dimensions, dimensions, dimension_bytes) == 0)
            return slot;
    }
}

void
tu_cell_table_fetch_slot(const TuCellTable *table, guint32 hash)
{
    __builtin_prefetch(&table->slots[hash & (table->n_slots - 1)], 1);
}

void
tu_cell_table_fetch_cell(const TuCellTable *table, guint32 hash)
{
    for (guint32 at = hash & (table->n_slots - 1);; at = (at + 1) & (table->n_slots - 1)) {
        const Slot *slot = &table->slots[at];
        if (slot->number == 0)
            return;
        if (slot->hash != hash)
            continue;
        const char *cell = (const char *)tu_cell_table_cell(table, slot->number - 1);
        gsize bytes = MIN(table->layout->cell_bytes, FETCHED_BYTES);
        for (gsize i = 0; i < bytes; i += LINE_BYTES)
            __builtin_prefetch(cell + i, 1);
        __builtin_prefetch(cell + bytes - 1, 1);
        return;
    }
}

static TuCell *
add_cell(TuCellTable *table)
{
    if (table->n_cells >> BLOCK_SHIFT == table->blocks->len)
        g_ptr_array_add(table->blocks, tu_slabs_cut(&table->owner->slabs,
                                                    BLOCK_CELLS * table->layout->cell_bytes));
    return tu_cell_table_cell(table, table->n_cells++);
}

TuCell *
tu_cell_table_get_hashed(TuCellTable *table, guint32 hash, guint32 tenant, TuBucket bucket,
                         const guint32 *dimensions)
{
    Slot *slot = find_slot(table, hash, tenant, bucket, dimensions);
    if (slot->number != 0)
        return tu_cell_table_cell(table, slot->number - 1);
    TuCell *cell = add_cell(table);
    cell->bucket = bucket;
    cell->tenant = tenant;
    for (guint i = 0; i < table->layout->n_dimensions; i++)
        cell->dimensions[i] = dimensions[i];
    *slot = (Slot){hash, table->n_cells};
    if (table->n_cells > table->n_slots / 4 * 3)
        grow_index(table);
    return cell;
}

TuCell *
tu_cell_table_get(TuCellTable *table, guint32 tenant, TuBucket bucket, const guint32 *dimensions)
{
    guint32 hash = tu_cell_table_hash(table, tenant, bucket, dimensions);
    return tu_cell_table_get_hashed(table, hash, tenant, bucket, dimensions);
}

TuCell *
tu_cell_table_find_hashed(const TuCellTable *table, guint32 hash, guint32 tenant, TuBucket bucket,
                          const guint32 *dimensions)
{
    const Slot *slot = find_slot(table, hash, tenant, bucket, dimensions);
    return slot->number != 0 ? tu_cell_table_cell(table, slot->number - 1) : NULL;
}

TuCell *
tu_cell_table_find(const TuCellTable *table, guint32 tenant, TuBucket bucket,
                   const guint32 *dimensions)
{
    guint32 hash = tu_cell_table_hash(table, tenant, bucket, dimensions);
    return tu_cell_table_find_hashed(table, hash, tenant, bucket, dimensions);
}

guint32
tu_cell_table_size(const TuCellTable *table)
{
    return table->n_cells;
}

const TuLayout *
tu_cell_table_layout(const TuCellTable *table)
{
    return table->layout;
}

/* ---- sets of distinct values ---- */

static gsize
member_place(const TuCellTable *table, const TuCell *cell, guint measure, guint32 value)
{
    guint64 hash = ((guint64)(gsize)cell >> 3) * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);
    hash = (hash ^ (hash >> 29) ^ value) * G_GUINT64_CONSTANT(0xD6E8FEB86659FD93) + measure;
    return (gsize)(hash >> 20) & (table->n_member_slots - 1);
}

static gboolean add_member(TuCellTable *table, TuCell *cell, guint measure, guint32 value);

static void
grow_members(TuCellTable *table)
{
    Member *old = table->members;
    gsize n_old = table->n_member_slots;
    table->n_member_slots = MAX(FIRST_SLOTS, n_old * 2);
    table->members = tu_pages_new(table->n_member_slots * sizeof(Member));
    table->owner->index_bytes += (table->n_member_slots - n_old) * sizeof(Member);
    table->n_members = 0;
    for (gsize i = 0; i < n_old; i++)
        if (old[i].cell != NULL)
            add_member(table, old[i].cell, old[i].measure, old[i].value);
    tu_pages_free(old, n_old * sizeof(Member));
}

/* TRUE if the value is new in the cell's set. */
static gboolean
add_member(TuCellTable *table, TuCell *cell, guint measure, guint32 value)
{
    if (table->n_members >= table->n_member_slots / 3 * 2)
        grow_members(table);
    gsize at = member_place(table, cell, measure, value);
    for (; table->members[at].cell != NULL; at = (at + 1) & (table->n_member_slots - 1)) {
        const Member *member = &table->members[at];
        if (member->cell == cell && member->measure == measure && member->value == value)
            return FALSE;
    }
    table->members[at] = (Member){cell, measure, value};
    table->n_members++;
    return TRUE;
}

static void
add_distinct(TuCellTable *table, TuCell *cell, guint measure, guint32 value)
{
    TuCountState *state = tu_cell_state(table->layout, cell, measure);
    if (add_member(table, cell, measure, value))
        state->n++;
}

void
tu_cell_table_merge_sets(TuCellTable *into, const TuCellTable *from, TuCell *const *parents)
{
    if (!from->layout->has_distinct)
        return;
    g_autoptr(GHashTable) parent_of = g_hash_table_new(NULL, NULL);
    for (guint32 i = 0; i < from->n_cells; i++)
        if (parents[i] != NULL)
            g_hash_table_insert(parent_of, tu_cell_table_cell(from, i), parents[i]);
    for (gsize i = 0; i < from->n_member_slots; i++) {
        const Member *member = &from->members[i];
        TuCell *parent = g_hash_table_lookup(parent_of, member->cell);
        if (member->cell != NULL && parent != NULL)
            add_distinct(into, parent, member->measure, member->value);
    }
}

/* ---- what goes into a cell ---- */

gboolean
tu_cell_add(TuCellTable *table, TuCell *cell, guint measure, TuValue input, int weight)
{
    const TuLayoutMeasure *layout = &table->layout->measures[measure];
    TuDictionary *dictionary = table->owner->dictionary;
    if (layout->kind != TU_MEASURE_COUNT_DISTINCT)
        return tu_measure_add(layout, (char *)cell + layout->offset, input, weight, dictionary,
                              table->owner->wides);
    g_assert(weight == 1);
    guint32 value = tu_dictionary_intern(dictionary, input);
    if (value != 0)
        add_distinct(table, cell, measure, value);
    return TRUE;
}

gboolean
tu_cell_from_stored(TuCellTable *table, TuCell *cell, guint measure, TuValue result, TuValue sum,
                    TuValue n)
{
    return tu_measure_from_stored(&table->layout->measures[measure],
                                  tu_cell_state(table->layout, cell, measure), result, sum, n,
                                  table->owner->dictionary, table->owner->wides);
}

static void
keep_digits(TuDictionary *dictionary, TuValue *value)
{
    if (value->type == TU_TYPE_LONG_DECIMAL)
        *value = tu_dictionary_value(dictionary, tu_dictionary_intern(dictionary, *value));
}

gboolean
tu_cell_result(TuCellTable *table, TuCell *cell, guint measure, TuValue *ret_result,
               TuValue *ret_sum, gint64 *ret_n)
{
    TuMeasureText text;
    if (!tu_measure_result(&table->layout->measures[measure],
                           tu_cell_state(table->layout, cell, measure), &text, ret_result, ret_sum,
                           ret_n))
        return FALSE;
    keep_digits(table->owner->dictionary, ret_result);
    keep_digits(table->owner->dictionary, ret_sum);
    return TRUE;
}

void
tu_cell_merge(TuCellTable *into_table, TuCell *into, const TuCell *from, int weight)
{
    const TuLayout *layout = into_table->layout;
    into->rows += weight * from->rows;
    for (guint i = 0; i < layout->n_measures; i++)
        tu_measure_merge(&layout->measures[i], tu_cell_state(layout, into, i),
                         (const char *)from + layout->measures[i].offset, weight,
                         into_table->owner->wides);
}

static gboolean
states_are_nothing(const TuLayout *layout, TuCell *cell)
{
    for (guint i = 0; i < layout->n_measures; i++)
        if (!tu_measure_is_nothing(&layout->measures[i], tu_cell_state(layout, cell, i)))
            return FALSE;
    return TRUE;
}

gboolean
tu_cell_is_possible(const TuLayout *layout, TuCell *cell)
{
    if (cell->rows <= 0)
        return cell->rows == 0 && states_are_nothing(layout, cell);
    for (guint i = 0; i < layout->n_measures; i++) {
        TuMeasureKind kind = layout->measures[i].kind;
        const TuCountState *count = tu_cell_state(layout, cell, i);
        const TuSumState *sum = tu_cell_state(layout, cell, i);
        gboolean is_sum = kind == TU_MEASURE_SUM || kind == TU_MEASURE_AVG;
        gint64 n = is_sum ? sum->n : kind == TU_MEASURE_COUNT ? count->n : 0;
        if (n < 0 || n > cell->rows)
            return FALSE;
        if (is_sum && n == 0 && !tu_measure_is_nothing(&layout->measures[i], sum))
            return FALSE;
    }
    return TRUE;
}

void
tu_cell_fail(TuCellTable *table, TuCell *cell, char *message)
{
    if (table->failures == NULL)
        table->failures = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (g_hash_table_contains(table->failures, cell))
        g_free(message);
    else
        g_hash_table_insert(table->failures, cell, message);
}

const char *
tu_cell_failure(const TuCellTable *table, const TuCell *cell)
{
    return table->failures != NULL ? g_hash_table_lookup(table->failures, cell) : NULL;
}
