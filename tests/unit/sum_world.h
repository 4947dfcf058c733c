/*
 * A world of one measure: its layout and what must be freed after its states. TuDecimalState is
 * large enough for the state of any sum.
 */
#pragma once

#include "cells/layout.h"

typedef struct {
    TuLayout *layout;
    const TuLayoutMeasure *measure;
    TuDictionary *dictionary;
    GPtrArray *wides;
} World;

static inline void
world_init(World *world, TuMeasureKind kind, TuNumberKind number, int scale)
{
    world->layout = tu_layout_new(0, &kind, &number, &scale, 1);
    world->measure = &world->layout->measures[0];
    world->dictionary = tu_dictionary_new();
    world->wides = g_ptr_array_new_with_free_func(tu_wide_free);
}

static inline void
world_clear(World *world)
{
    tu_layout_free(world->layout);
    tu_dictionary_free(world->dictionary);
    g_ptr_array_unref(world->wides);
}

static inline gboolean
add(const World *world, TuDecimalState *state, TuValue value, int weight)
{
    return tu_measure_add(world->measure, state, value, weight, world->dictionary, world->wides);
}

static inline void
merge(const World *world, TuDecimalState *into, const TuDecimalState *from, int weight)
{
    tu_measure_merge(world->measure, into, from, weight, world->wides);
}
