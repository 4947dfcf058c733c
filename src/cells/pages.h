/*
 * Pages: zeroed memory for what is large and read at random.
 *
 * A table of a hundred megabytes costs a walk through the page tables with nearly every cell,
 * unless it lies on huge pages (2 MiB); those are asked for where the system has them. Slabs give
 * small blocks that lie together on such pages.
 */
#pragma once

#include <glib.h>

#define TU_HUGE_PAGE_BYTES ((gsize)2 << 20)

/* `bytes` zeroed bytes. What is smaller than a huge page comes from the heap. Like g_malloc it ends
 * the program if there is no memory. */
gpointer tu_pages_new(gsize bytes);

/* `bytes` as they were asked for. NULL is nothing to free. */
void tu_pages_free(gpointer pages, gsize bytes);

/* Blocks that are freed all at once. Begins zeroed. Slabs grow with what was cut already: a small
 * run takes little memory, a large one gets huge pages. */
typedef struct {
    GArray *all; /* of slabs; NULL until there is one */
    gsize left;  /* bytes at the end of the last */
    gsize bytes;
} TuSlabs;

void tu_slabs_clear(TuSlabs *slabs);

/* `bytes` zeroed bytes, a multiple of 16; they stay where they are. */
gpointer tu_slabs_cut(TuSlabs *slabs, gsize bytes);

/* Memory taken from the system, what is not cut yet included. */
static inline gsize
tu_slabs_bytes(const TuSlabs *slabs)
{
    return slabs->bytes;
}
