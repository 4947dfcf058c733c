/* SplitMix64: tiny, of good quality for this use, and its streams can be split. */
#include "rng.h"

RtRng
rt_rng_new(guint64 seed)
{
    RtRng rng = {seed};

    return rng;
}

RtRng
rt_rng_split(RtRng *rng)
{
    return rt_rng_new(rt_rng_next(rng));
}

guint64
rt_rng_next(RtRng *rng)
{
    guint64 mixed;

    rng->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    mixed = rng->state;
    mixed = (mixed ^ (mixed >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

gint64
rt_rng_between(RtRng *rng, gint64 low, gint64 high)
{
    guint64 span = (guint64)high - (guint64)low + 1;

    g_assert(low <= high && span > 0);
    /* The bias of the modulus is far below anything that a test could notice. */
    return (gint64)((guint64)low + rt_rng_next(rng) % span);
}

guint
rt_rng_index(RtRng *rng, gsize count)
{
    return (guint)rt_rng_between(rng, 0, (gint64)count - 1);
}

gboolean
rt_rng_percent(RtRng *rng, guint percent)
{
    return rt_rng_next(rng) % 100 < percent;
}

guint
rt_rng_weighted(RtRng *rng, const guint *weights, guint count)
{
    guint total = 0, draw;

    for (guint i = 0; i < count; i++)
        total += weights[i];
    draw = rt_rng_index(rng, total);
    for (guint i = 0; i < count; i++) {
        if (draw < weights[i])
            return i;
        draw -= weights[i];
    }
    g_assert_not_reached();
}
