/*
 * Chance: every decision of a history comes from one 64-bit seed, so that a history can be
 * repeated.
 *
 * The random test's own names begin with Rt and rt_, unlike trueup's, so that nobody takes the
 * oracle for the program under test: the two share no code.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint64 state;
} RtRng;

RtRng rt_rng_new(guint64 seed);

/* A generator of its own for another process; later draws of `rng` do not depend on its use. */
RtRng rt_rng_split(RtRng *rng);

guint64 rt_rng_next(RtRng *rng);

/* A whole number from `low` to `high`, both inclusive. */
gint64 rt_rng_between(RtRng *rng, gint64 low, gint64 high);

/* An index below `count`, which is at least 1. */
guint rt_rng_index(RtRng *rng, gsize count);

/* TRUE in `percent` of 100 cases. */
gboolean rt_rng_percent(RtRng *rng, guint percent);

/* An index of `weights`, each as likely as its weight. */
guint rt_rng_weighted(RtRng *rng, const guint *weights, guint count);
