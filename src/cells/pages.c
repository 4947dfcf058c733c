#include "cells/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define FIRST_SLAB_BYTES ((gsize)16 << 10)
/* A new slab is this part of what is there: what is not used yet stays small beside it. */
#define SLAB_SHARE 8

typedef struct {
    char *pages;
    gsize bytes;
} Slab;

static gsize
whole_pages(gsize bytes)
{
    return (bytes + TU_HUGE_PAGE_BYTES - 1) & ~(TU_HUGE_PAGE_BYTES - 1);
}

/* Only an aligned stretch becomes huge pages: more is mapped, and what sticks out is given back. */
static gpointer
map_aligned(gsize bytes)
{
    gsize mapped = bytes + TU_HUGE_PAGE_BYTES;
    char *start = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        g_error("%s: failed to allocate %zu bytes", G_STRLOC, bytes);
    gsize before = -(uintptr_t)start & (TU_HUGE_PAGE_BYTES - 1);
    char *pages = start + before;
    if (before > 0)
        (void)munmap(start, before);
    (void)munmap(pages + bytes, TU_HUGE_PAGE_BYTES - before);
    return pages;
}

gpointer
tu_pages_new(gsize bytes)
{
    if (bytes < TU_HUGE_PAGE_BYTES)
        return g_malloc0(bytes);
    char *pages = map_aligned(whole_pages(bytes));
    (void)madvise(pages, whole_pages(bytes), MADV_HUGEPAGE); /* it is as right without */
    /* A page that is read before it is written is made twice. */
    for (gsize at = 0; at < bytes; at += TU_HUGE_PAGE_BYTES)
        *(volatile char *)(pages + at) = 0;
    return pages;
}

void
tu_pages_free(gpointer pages, gsize bytes)
{
    if (bytes < TU_HUGE_PAGE_BYTES)
        g_free(pages);
    else if (pages != NULL)
        (void)munmap(pages, whole_pages(bytes));
}

/* ---- slabs ---- */

static void
slab_clear(gpointer data)
{
    const Slab *slab = data;
    tu_pages_free(slab->pages, slab->bytes);
}

void
tu_slabs_clear(TuSlabs *slabs)
{
    g_clear_pointer(&slabs->all, g_array_unref);
    slabs->left = 0;
    slabs->bytes = 0;
}

static void
add_slab(TuSlabs *slabs, gsize bytes)
{
    if (slabs->all == NULL) {
        slabs->all = g_array_new(FALSE, FALSE, sizeof(Slab));
        g_array_set_clear_func(slabs->all, slab_clear);
    }
    Slab slab = {tu_pages_new(bytes), bytes};
    g_array_append_val(slabs->all, slab);
    slabs->bytes += bytes;
    slabs->left = bytes;
}

gpointer
tu_slabs_cut(TuSlabs *slabs, gsize bytes)
{
    g_assert(bytes % 16 == 0);
    gsize share = CLAMP(slabs->bytes / SLAB_SHARE, FIRST_SLAB_BYTES, TU_HUGE_PAGE_BYTES);
    if (bytes > slabs->left)
        add_slab(slabs, MAX(share, bytes));
    const Slab *last = &g_array_index(slabs->all, Slab, slabs->all->len - 1);
    gpointer block = last->pages + (last->bytes - slabs->left);
    slabs->left -= bytes;
    return block;
}
