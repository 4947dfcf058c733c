#include "keep/compare/tally.h"

#include "cells/ahead.h"
#include "keep/fail/holes.h"
#include "schema/source_sql.h"
#include "time/instant.h"

/* ---- what is wanted ---- */

/* Multiplied by the golden ratio of 2^64, whose high bits mix best: dates and tenants are small
 * numbers in a row. */
guint
tu_named_bucket_hash(gconstpointer data)
{
    const TuNamedBucket *named = data;
    guint64 hash = ((guint64)named->bucket ^ ((guint64)named->tenant << 40)) *
                   G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);
    return (guint)(hash >> 32);
}

gboolean
tu_named_bucket_equal(gconstpointer a, gconstpointer b)
{
    const TuNamedBucket *left = a;
    const TuNamedBucket *right = b;
    return left->tenant == right->tenant && left->bucket == right->bucket;
}

void
tu_tally_want(TuTally *tally, guint target, guint32 tenant, TuBucket bucket)
{
    TuWanted *wanted = &tally->wanted[target];
    wanted->kind = TU_WANT_SET;
    if (wanted->set == NULL)
        wanted->set =
            g_hash_table_new_full(tu_named_bucket_hash, tu_named_bucket_equal, g_free, NULL);
    TuNamedBucket named = {tenant, bucket};
    if (!g_hash_table_contains(wanted->set, &named))
        g_hash_table_add(wanted->set, g_memdup2(&named, sizeof named));
}

/* A tenant without a clock has the day before the bucket's in UTC: early enough for every zone. */
TuDate
tu_tally_bucket_date(TuTally *tally, TuGrain grain, guint32 tenant, TuBucket bucket)
{
    if (tu_grain_is_dated(grain))
        return (TuDate)bucket;
    const TuZone *zone = tu_tally_tenant(tally, tenant)->zone;
    return zone != NULL ? tu_bucket_date(zone, grain, bucket)
                        : (TuDate)(bucket / TU_DAY_US - (bucket % TU_DAY_US < 0)) - 1;
}

/* Any unit of the bucket would do, since recomputing one recomputes the coarser ones above it. The
 * first instant of a local day need not be its midnight, so the envelope is asked. */
TuBucket
tu_tally_unit_in(TuTally *tally, guint target, guint32 tenant, TuBucket bucket)
{
    const TuTarget *where = &tally->snapshot->group->targets[target];
    TuGrain unit = where->series->summary->unit;
    if (where->grain == unit || tu_grain_is_dated(unit))
        return bucket;
    const TuZone *zone = tu_tally_tenant(tally, tenant)->zone;
    TuDate from = tu_tally_bucket_date(tally, where->grain, tenant, bucket);
    TuDate to = tu_grain_is_dated(where->grain) ? tu_date_next(where->grain, from) : from + 1;
    gint64 from_us = bucket;
    gint64 to_us = 0;
    if (tu_grain_is_dated(where->grain))
        tu_bucket_envelope(zone, from, to, &from_us, &to_us);
    return tu_bucket_of(zone, unit, from_us, NULL);
}

/* Of some tenants only, or of one slice of them. */
static gboolean
wants_tenant(TuTally *tally, guint32 tenant)
{
    return !tu_tally_tenant(tally, tenant)->is_left_out;
}

/* Asked for each row and target; the unbounded range is the first build's, where a date would have
 * to be found for nothing. */
gboolean
tu_tally_wants(TuTally *tally, guint target, guint32 tenant, TuBucket bucket)
{
    const TuWanted *wanted = &tally->wanted[target];
    TuNamedBucket named = {tenant, bucket};
    switch (wanted->kind) {
    case TU_WANT_NONE:
        return FALSE;
    case TU_WANT_SET:
        return wanted->set != NULL && g_hash_table_contains(wanted->set, &named);
    case TU_WANT_RANGE: {
        TuGrain grain = tally->snapshot->group->targets[target].grain;
        if (tally->moved != NULL && !tu_zone_diff_holds(tally->moved, grain, bucket))
            return FALSE;
        if (wanted->from == G_MININT32 && wanted->to == G_MAXINT32)
            return wants_tenant(tally, tenant);
        TuDate date = tu_tally_bucket_date(tally, grain, tenant, bucket);
        return date >= wanted->from && date < wanted->to && wants_tenant(tally, tenant);
    }
    }
    g_assert_not_reached();
}

/* ---- life ---- */

void
tu_tally_note_unplaced(TuTally *tally, const TuSourceModel *source, const char *why)
{
    if (tally->unplaced != NULL)
        return;
    tally->unplaced_source = source;
    tally->unplaced = g_strdup_printf("a change whose tenant or time cannot be evaluated counts "
                                      "nowhere until corrected: %s",
                                      why);
}

TuTally *
tu_tally_new(TuSnapshot *snapshot)
{
    const TuGroup *group = snapshot->group;
    g_autofree const TuLayout **layouts = g_new(const TuLayout *, group->n_targets);
    for (guint i = 0; i < group->n_targets; i++)
        layouts[i] = group->targets[i].series->layout;
    TuTally *tally = g_new0(TuTally, 1);
    tally->snapshot = snapshot;
    tally->cells = tu_cells_new(layouts, group->n_targets);
    tally->wanted = g_new0(TuWanted, group->n_targets);
    tally->uncounted = g_new0(TuUncounted, group->model->sources->len);
    tally->failures = g_new0(GHashTable *, group->n_targets);
    tally->tenants = g_array_new(FALSE, TRUE, sizeof(TuTallyTenant));
    tally->numbers = g_array_new(FALSE, TRUE, sizeof(TuTallyNumber));
    return tally;
}

void
tu_tally_free(TuTally *tally)
{
    if (tally == NULL)
        return;
    for (guint i = 0; i < tally->snapshot->group->n_targets; i++) {
        g_clear_pointer(&tally->wanted[i].set, g_hash_table_unref);
        g_clear_pointer(&tally->failures[i], g_hash_table_unref);
    }
    g_free(tally->failures);
    g_free(tally->uncounted);
    g_free(tally->unplaced);
    g_free(tally->wanted);
    g_free(tally->late);
    tu_holes_free(tally->holes);
    g_array_unref(tally->tenants);
    g_array_unref(tally->numbers);
    g_clear_pointer(&tally->only, g_hash_table_unref);
    tu_cells_free(tally->cells);
    g_free(tally);
}

/* ---- tenants ---- */

/* Once a tenant: rows that follow find it by the number of its value. */
static void
look_up(TuTally *tally, guint32 id, TuTallyTenant *slot)
{
    TuValue key = tu_dictionary_value(tu_cells_dictionary(tally->cells), id);
    const TuTenant *tenant = tu_tenants_find(tally->snapshot->tenants, &key);
    slot->tenant = tenant;
    slot->zone = tenant != NULL ? tenant->zone : NULL;
    slot->is_looked_up = TRUE;
    slot->is_left_out =
        (tally->only != NULL && !g_hash_table_contains(tally->only, GUINT_TO_POINTER(id))) ||
        (tally->n_slices > 1 && tu_value_hash(&key) % tally->n_slices != tally->slice);
}

/* The pointer holds until the next call, which may move the array. */
TuTallyTenant *
tu_tally_tenant(TuTally *tally, guint32 id)
{
    if (id >= tally->tenants->len)
        g_array_set_size(tally->tenants, MAX(id + 1, tally->tenants->len * 2));
    TuTallyTenant *slot = &g_array_index(tally->tenants, TuTallyTenant, id);
    if (!slot->is_looked_up)
        look_up(tally, id, slot);
    return slot;
}

/* A row without a place is counted once, by its first lack: `status` tells the three apart. One of
 * a tenant whose zone is unknown is not: that tenant is reported itself. */
gboolean
tu_tally_place(TuTally *tally, const TuSourceModel *source, const TuValue *tenant,
               const TuValue *time, int weight, TuPlace *ret_place)
{
    gboolean has_tenant = source->tenant >= 0;
    TuUncounted *uncounted = &tally->uncounted[source->spec->index];
    guint32 id = has_tenant ? tu_dictionary_intern(tu_cells_dictionary(tally->cells), *tenant) : 0;
    if (has_tenant && id == 0) {
        uncounted->without_tenant += weight;
        return FALSE;
    }
    TuPlace place = {.tenant_id = id, .tenant = tu_tally_tenant(tally, id)};
    if (place.tenant->tenant == NULL) {
        uncounted->of_unknown_tenants += weight;
        return FALSE;
    }
    if (!tu_source_read_time(source, time, &place.at_us, &place.date)) {
        uncounted->without_time += weight;
        return FALSE;
    }
    if (place.tenant->zone == NULL || place.tenant->is_left_out)
        return FALSE;
    *ret_place = place;
    return TRUE;
}

TuBucket
tu_place_bucket(TuPlace *place, const TuSourceModel *source, TuGrain grain)
{
    if (source->spec->time_unit == TU_TIME_DATE)
        return tu_bucket_of_date(grain, place->date);
    return tu_bucket_of(place->tenant->zone, grain, place->at_us, &place->tenant->hint);
}

/* ---- rolling up ---- */

/* The cells of a finer table that go into one of a coarser. */
typedef struct {
    const TuCellTable *from;
    TuCellTable *into;
    TuCell **parents; /* one a cell of `from`, for count_distinct; NULL: not wanted */
    TuAhead ahead;    /* the parents' keys ... */
    guint32 children[TU_AHEAD_KEYS]; /* ... and whose they are */
} RollUp;

/* A batch of parents is looked up at once, so that their misses of the cache overlap. What failed
 * below fails above. */
static void
merge_children(RollUp *up)
{
    tu_ahead_fetch(&up->ahead);
    for (guint i = 0; i < up->ahead.n; i++) {
        const TuCell *cell = tu_cell_table_cell(up->from, up->children[i]);
        TuCell *sum = tu_ahead_get(&up->ahead, i);
        tu_cell_merge(up->into, sum, cell, 1);
        const char *failure = tu_cell_failure(up->from, cell);
        if (failure != NULL)
            tu_cell_fail(up->into, sum, g_strdup(failure));
        if (up->parents != NULL)
            up->parents[up->children[i]] = sum;
    }
    tu_ahead_clear(&up->ahead);
}

/* Makes one target's cells from those of its parent grain. */
static void
roll_up_target(TuTally *tally, guint target, guint parent)
{
    const TuTarget *coarse = &tally->snapshot->group->targets[target];
    TuGrain fine = tally->snapshot->group->targets[parent].grain;
    RollUp up;
    up.from = tu_cells_table(tally->cells, parent);
    up.into = tu_cells_table(tally->cells, target);
    guint32 n = tu_cell_table_size(up.from);
    g_autofree TuCell **parents = coarse->series->layout->has_distinct ? g_new0(TuCell *, n) : NULL;
    up.parents = parents;
    tu_ahead_clear(&up.ahead);
    for (guint32 i = 0; i < n; i++) {
        const TuCell *cell = tu_cell_table_cell(up.from, i);
        const TuZone *zone = tu_tally_tenant(tally, cell->tenant)->zone;
        TuBucket bucket = tu_bucket_parent(zone, fine, cell->bucket, coarse->grain);
        if (!tu_tally_wants(tally, target, cell->tenant, bucket))
            continue;
        up.children[up.ahead.n] = i;
        tu_ahead_add(&up.ahead, up.into, cell->tenant, bucket, cell->dimensions);
        if (tu_ahead_is_full(&up.ahead))
            merge_children(&up);
    }
    merge_children(&up);
    if (parents != NULL)
        tu_cell_table_merge_sets(up.into, up.from, parents);
}

/* Targets of a series come finest first, so one is complete before a coarser one is made of it. */
void
tu_tally_roll_up(TuTally *tally)
{
    const TuGroup *group = tally->snapshot->group;
    for (guint target = 0; target < group->n_targets; target++) {
        const TuSeriesModel *series = group->targets[target].series;
        int parent = series->summary->parent[group->targets[target].grain];
        if (tally->wanted[target].kind != TU_WANT_NONE && !tally->wanted[target].from_source)
            roll_up_target(tally, target, (guint)series->target[parent]);
    }
}

/* ---- failures ---- */

GHashTable *
tu_tally_failures(TuTally *tally, guint target)
{
    return tally->failures[target];
}

/* The first message stays: what follows it is often its consequence. */
const char *
tu_tally_fail(TuTally *tally, guint target, guint32 tenant, TuBucket bucket, const char *message)
{
    if (tally->failures[target] == NULL)
        tally->failures[target] =
            g_hash_table_new_full(tu_named_bucket_hash, tu_named_bucket_equal, g_free, g_free);
    TuNamedBucket named = {tenant, bucket};
    if (!g_hash_table_contains(tally->failures[target], &named))
        g_hash_table_insert(tally->failures[target], g_memdup2(&named, sizeof named),
                            g_strdup(message));
    return g_hash_table_lookup(tally->failures[target], &named);
}

/* Asked when all rows are in: a sum may pass the limit on its way and come back. */
static const char *
overflow_of(const TuTally *tally, guint target, TuCell *cell)
{
    const TuLayout *layout = tally->snapshot->group->targets[target].series->layout;
    for (guint i = 0; i < layout->n_measures; i++) {
        TuValue result;
        TuValue sum;
        TuMeasureText text;
        gint64 n;
        if (!tu_measure_result(&layout->measures[i], tu_cell_state(layout, cell, i), &text, &result,
                               &sum, &n))
            return layout->measures[i].number == TU_NUMBER_DECIMAL
                       ? "decimal overflow: the result has more than 38 digits; round the input, "
                         "or "
                         "sum a larger unit"
                       : "integer overflow: the sum does not fit 64 bits; sum a real, or a smaller "
                         "unit";
    }
    return NULL;
}

/* What is wrong with a cell of a long summary says of which series; what is only under way is no
 * message. */
static void
fail_cell(TuTally *tally, guint target, const TuCell *cell, const char *failure)
{
    const char *name = tally->snapshot->group->targets[target].series->spec->name;
    g_autofree char *told = name != NULL && !g_str_equal(failure, TU_UNDER_WAY)
                                ? g_strdup_printf("series %s: %s", name, failure)
                                : NULL;
    tu_tally_fail(tally, target, cell->tenant, cell->bucket, told != NULL ? told : failure);
}

/* Where no row spoilt a cell and none was taken away, all are sound: the common case costs one
 * look. */
void
tu_tally_check(TuTally *tally)
{
    if (tu_cells_are_sound(tally->cells) && !tally->has_weights)
        return;
    for (guint target = 0; target < tally->snapshot->group->n_targets; target++) {
        const TuCellTable *table = tu_cells_table(tally->cells, target);
        for (guint32 i = 0; i < tu_cell_table_size(table); i++) {
            TuCell *cell = tu_cell_table_cell(table, i);
            const char *failure = tu_cell_failure(table, cell);
            if (failure == NULL && tally->has_weights &&
                !tu_cell_is_possible(tu_cell_table_layout(table), cell))
                failure = TU_UNDER_WAY;
            if (failure == NULL)
                failure = overflow_of(tally, target, cell);
            if (failure != NULL)
                fail_cell(tally, target, cell, failure);
        }
    }
}

gboolean
tu_tally_bucket_failed(TuTally *tally, guint target, guint32 tenant, TuBucket bucket,
                       const char **ret_message)
{
    TuNamedBucket named = {tenant, bucket};
    *ret_message = tally->failures[target] != NULL
                       ? g_hash_table_lookup(tally->failures[target], &named)
                       : NULL;
    return *ret_message != NULL;
}
