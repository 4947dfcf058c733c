#include "keep/fail/holes.h"

TuHoles *
tu_holes_new(void)
{
    TuHoles *holes = g_new0(TuHoles, 1);
    holes->list = g_array_new(FALSE, FALSE, sizeof(TuHole));
    holes->messages = g_hash_table_new(NULL, NULL);
    holes->unplaced = g_ptr_array_new_with_free_func((GDestroyNotify)tu_unplaced_free);
    holes->given_up = g_ptr_array_new();
    return holes;
}

void
tu_holes_free(TuHoles *holes)
{
    if (holes == NULL)
        return;
    g_array_unref(holes->list);
    g_hash_table_unref(holes->messages);
    g_ptr_array_unref(holes->unplaced);
    g_ptr_array_unref(holes->given_up);
    g_free(holes);
}

const TuUnplaced *
tu_holes_unplaced(const TuHoles *holes, const TuSourceModel *source)
{
    for (guint i = 0; i < holes->unplaced->len; i++) {
        const TuUnplaced *unplaced = g_ptr_array_index(holes->unplaced, i);
        if (tu_unplaced_source(unplaced) == source)
            return unplaced;
    }
    return NULL;
}

/* Rows without a place spoil no bucket, so nobody else would tell of them. */
void
tu_holes_tell(const TuHoles *holes, TuResult *result)
{
    for (guint i = 0; holes != NULL && i < holes->unplaced->len; i++)
        tu_unplaced_tell(g_ptr_array_index(holes->unplaced, i), result);
}

/* The bucket of a grain that holds the unit bucket. */
static TuBucket
bucket_in_grain(const TuHole *hole, const TuZone *zone, TuGrain grain)
{
    return tu_grain_is_dated(hole->summary->unit)
               ? tu_bucket_of_date(grain, (TuDate)hole->unit)
               : tu_bucket_parent(zone, hole->summary->unit, hole->unit, grain);
}

/* Every grain that holds the row's bucket has the hole, as far as it is wanted. A hole that
 * nothing wants is none. */
void
tu_holes_add(TuTally *tally, const TuSeriesModel *series, guint32 tenant, TuBucket unit,
             const char *message)
{
    TuHole hole = {series->source, series->summary, tenant, unit, NULL};
    const TuZone *zone = tu_tally_tenant(tally, tenant)->zone;
    const char *name = series->spec->name;
    g_autofree char *told = name != NULL ? g_strdup_printf("series %s: %s", name, message) : NULL;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        if (series->target[grain] < 0)
            continue;
        guint target = (guint)series->target[grain];
        TuBucket bucket = bucket_in_grain(&hole, zone, (TuGrain)grain);
        if (!tu_tally_wants(tally, target, tenant, bucket))
            continue;
        hole.message = tu_tally_fail(tally, target, tenant, bucket, told != NULL ? told : message);
        g_hash_table_add(tally->holes->messages, (gpointer)(gsize)hole.message);
    }
    if (hole.message != NULL)
        g_array_append_val(tally->holes->list, hole);
}

/* What a hole made fail is noted with the hole's own unit, and not once more for each coarser
 * bucket. */
gboolean
tu_holes_explain(const TuHoles *holes, const char *failure)
{
    return holes != NULL && g_hash_table_contains(holes->messages, failure);
}

/* ---- a source that cannot be read ---- */

static gboolean
has_range(const TuTally *tally, const TuSeriesModel *series)
{
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (series->target[grain] >= 0 &&
            tally->wanted[series->target[grain]].kind == TU_WANT_RANGE)
            return TRUE;
    return FALSE;
}

static void
fail_named(TuTally *tally, guint target, const char *message)
{
    GHashTableIter iter;
    gpointer key;
    if (tally->wanted[target].kind != TU_WANT_SET)
        return;
    g_hash_table_iter_init(&iter, tally->wanted[target].set);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TuNamedBucket *named = key;
        (void)tu_tally_fail(tally, target, named->tenant, named->bucket, message);
    }
}

gboolean
tu_holes_give_up(TuTally *tally, const TuSourceModel *source, const char *message)
{
    for (guint i = 0; i < source->series->len; i++)
        if (has_range(tally, g_ptr_array_index(source->series, i)))
            return FALSE;
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (series->target[grain] >= 0)
                fail_named(tally, (guint)series->target[grain], message);
    }
    g_ptr_array_add(tally->holes->given_up, (gpointer)(gsize)source);
    return TRUE;
}

gboolean
tu_holes_gave_up(const TuHoles *holes, const TuSourceModel *source)
{
    return g_ptr_array_find(holes->given_up, source, NULL);
}
