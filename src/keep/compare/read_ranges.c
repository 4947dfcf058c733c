#include "keep/compare/read_ranges.h"

#include "time/instant.h"

/* The dates that a bucket (or the buckets of a range) covers, as instants on a tenant's clock. */
static TuTimeRange
range_of_dates(const TuZone *zone, TuDate from, TuDate to)
{
    TuTimeRange range = {.from = from, .to = to};
    tu_bucket_envelope(zone, from, to, &range.from_us, &range.to_us);
    return range;
}

static void
widen(TuTimeRange *range, const TuTimeRange *other)
{
    range->from_us = MIN(range->from_us, other->from_us);
    range->to_us = MAX(range->to_us, other->to_us);
    range->from = MIN(range->from, other->from);
    range->to = MAX(range->to, other->to);
}

/* ---- ranges of dates, for all tenants (or the only one) ---- */

static void
add_range_of_target(const TuWanted *wanted, TuGrain grain, TuDate *from, TuDate *to)
{
    TuDate end = wanted->to;
    if (end != G_MAXINT32 && tu_grain_is_dated(grain) && end > wanted->from)
        end = tu_date_next(grain, end - 1);
    *from = MIN(*from, wanted->from);
    *to = MAX(*to, end);
}

/* The envelope over the clocks of all tenants. */
static TuTimeRange
envelope_of_all(const TuTally *tally, TuDate from, TuDate to)
{
    const TuTenantSet *tenants = tally->snapshot->tenants;
    TuTimeRange range = {G_MAXINT64, G_MININT64, from, to};
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        if (tenant->zone == NULL)
            continue;
        TuTimeRange own = range_of_dates(tenant->zone, from, to);
        widen(&range, &own);
    }
    range.from = from;
    range.to = to;
    return range;
}

TuTimeRange
tu_read_envelope(TuTally *tally, const guint32 *tenants, guint n, TuDate from, TuDate to)
{
    TuTimeRange range = {G_MAXINT64, G_MININT64, from, to};
    for (guint i = 0; i < n; i++) {
        const TuZone *zone = tu_tally_tenant(tally, tenants[i])->zone;
        if (zone == NULL)
            continue;
        TuTimeRange own = range_of_dates(zone, from, to);
        widen(&range, &own);
    }
    return n == 0 ? envelope_of_all(tally, from, to) : range;
}

static gboolean
find_only_tenant(const TuTally *tally, guint32 *ret_tenant)
{
    if (tally->only == NULL || g_hash_table_size(tally->only) != 1)
        return FALSE;
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, tally->only);
    g_hash_table_iter_next(&iter, &id, NULL);
    *ret_tenant = GPOINTER_TO_UINT(id);
    return TRUE;
}

/* ---- the same, tenant by tenant ---- */

/* Each tenant is a statement, so for very many one scan is quicker whatever it reads in vain. */
#define TENANTS_LIMIT 1000

/* How much more a scan must read to be the slower way. A few days are found by an index either way;
 * of a long time it goes through the table, which is quicker a row. */
#define SHORT_DAYS 7
#define MORE_OF_SHORT 1.5
#define MORE_OF_LONG 3

/* The range of a tenant that is wanted; without one it is left alone. */
static void
add_range_of_tenant(TuTally *tally, guint32 id, TuDate from, TuDate to, GArray *ranges)
{
    const TuTallyTenant *tenant = tu_tally_tenant(tally, id);
    if (tenant->zone == NULL || tenant->is_left_out)
        return;
    TuReadRange range = {TRUE, id, range_of_dates(tenant->zone, from, to)};
    g_array_append_val(ranges, range);
}

/* Clocks are up to 26 hours apart, so one envelope for a single day holds two days of everybody,
 * wanted or not. Where that is much more than the tenants' own ranges, and an index finds those,
 * they are read one by one: a night of one zone costs its own rows. Else NULL. */
static GArray *
ranges_of_tenants(TuTally *tally, const TuSourceModel *source, const TuTimeRange *all)
{
    const TuTenantSet *tenants = tally->snapshot->tenants;
    guint n_tenants = tu_tenants_count(tenants);
    guint n_wanted = tally->only != NULL ? g_hash_table_size(tally->only) : n_tenants;
    if (!tu_tenants_are_listed(tenants) || !source->has_tenant_index || n_wanted > TENANTS_LIMIT ||
        all->from == G_MININT32 || all->to == G_MAXINT32 || all->from_us >= all->to_us)
        return NULL;
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(TuReadRange));
    for (guint i = 0; i < n_tenants; i++) {
        guint32 id =
            tu_dictionary_intern(tu_cells_dictionary(tally->cells), tu_tenants_at(tenants, i)->key);
        add_range_of_tenant(tally, id, all->from, all->to, ranges);
    }
    double own_us = 0;
    for (guint i = 0; i < ranges->len; i++) {
        const TuTimeRange *time = &g_array_index(ranges, TuReadRange, i).time;
        own_us += (double)(time->to_us - time->from_us);
    }
    double all_us = (double)(all->to_us - all->from_us) * n_tenants;
    double more = all->to - all->from <= SHORT_DAYS ? MORE_OF_SHORT : MORE_OF_LONG;
    return ranges->len > 0 && own_us * more <= all_us ? g_steal_pointer(&ranges) : NULL;
}

/* ---- named buckets ---- */

static TuTimeRange
range_of_bucket(const TuZone *zone, TuGrain grain, TuBucket bucket)
{
    if (tu_grain_is_dated(grain))
        return range_of_dates(zone, (TuDate)bucket, tu_date_next(grain, (TuDate)bucket));
    gint64 length_us = grain == TU_GRAIN_HOUR ? TU_HOUR_US : TU_MINUTE_US;
    TuDate date = tu_bucket_date(zone, grain, bucket);
    return (TuTimeRange){bucket, bucket + length_us, date, date + 1};
}

static void
add_named(TuTally *tally, const TuWanted *wanted, TuGrain grain, GArray *ranges)
{
    GHashTableIter iter;
    gpointer key;
    if (wanted->set == NULL)
        return;
    g_hash_table_iter_init(&iter, wanted->set);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TuNamedBucket *named = key;
        const TuZone *zone = tu_tally_tenant(tally, named->tenant)->zone;
        TuReadRange range = {TRUE, named->tenant, {0}};
        if (zone == NULL)
            continue;
        range.time = range_of_bucket(zone, grain, named->bucket);
        g_array_append_val(ranges, range);
    }
}

static int
compare_ranges(gconstpointer a, gconstpointer b)
{
    const TuReadRange *left = a;
    const TuReadRange *right = b;
    if (left->tenant != right->tenant)
        return left->tenant < right->tenant ? -1 : 1;
    return (left->time.from_us > right->time.from_us) - (left->time.from_us < right->time.from_us);
}

/* Sorted ranges; those of one tenant that touch become one, so that no row is read twice. Text
 * bounds are whole days, wider than the range by up to two: those are merged as if they touched. */
static GArray *
merge_ranges(GArray *ranges, gint64 slack_us)
{
    GArray *merged = g_array_new(FALSE, FALSE, sizeof(TuReadRange));
    g_array_sort(ranges, compare_ranges);
    for (guint i = 0; i < ranges->len; i++) {
        const TuReadRange *range = &g_array_index(ranges, TuReadRange, i);
        TuReadRange *last =
            merged->len > 0 ? &g_array_index(merged, TuReadRange, merged->len - 1) : NULL;
        if (last != NULL && last->tenant == range->tenant &&
            range->time.from_us <= last->time.to_us + slack_us)
            widen(&last->time, &range->time);
        else
            g_array_append_vals(merged, range, 1);
    }
    return merged;
}

static GArray *
one_range(GArray *ranges)
{
    GArray *one = g_array_new(FALSE, FALSE, sizeof(TuReadRange));
    if (ranges->len == 0)
        return one;
    TuReadRange all = g_array_index(ranges, TuReadRange, 0);
    gboolean is_of_one_tenant = TRUE;
    for (guint i = 1; i < ranges->len; i++) {
        const TuReadRange *range = &g_array_index(ranges, TuReadRange, i);
        is_of_one_tenant = is_of_one_tenant && range->tenant == all.tenant;
        widen(&all.time, &range->time);
    }
    all.has_tenant = is_of_one_tenant && all.tenant != 0;
    g_array_append_val(one, all);
    return one;
}

/* The bounds that text and whole units are read with are wider than asked, by this much. */
static gint64
slack_of(const TuSourceModel *source)
{
    switch (source->spec->time_unit) {
    case TU_TIME_TEXT_OR_TIMESTAMP:
        return 4 * TU_DAY_US;
    case TU_TIME_DATE:
        return 2 * TU_DAY_US;
    case TU_TIME_SECONDS:
    case TU_TIME_MILLISECONDS:
    case TU_TIME_MICROSECONDS:
        return 2 * TU_SECOND_US;
    }
    g_assert_not_reached();
}

GArray *
tu_read_ranges(TuTally *tally, const TuSourceModel *source)
{
    g_autoptr(GArray) named = g_array_new(FALSE, FALSE, sizeof(TuReadRange));
    TuDate from = G_MAXINT32;
    TuDate to = G_MININT32;
    gboolean has_range = FALSE;
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            if (series->target[grain] < 0)
                continue;
            const TuWanted *wanted = &tally->wanted[series->target[grain]];
            if (!wanted->from_source || wanted->kind == TU_WANT_NONE)
                continue;
            has_range = has_range || wanted->kind == TU_WANT_RANGE;
            if (wanted->kind == TU_WANT_RANGE)
                add_range_of_target(wanted, (TuGrain)grain, &from, &to);
            else
                add_named(tally, wanted, (TuGrain)grain, named);
        }
    }
    if (!has_range) {
        gboolean by_index = source->tenant >= 0 ? source->has_tenant_index : source->has_time_index;
        return by_index ? merge_ranges(named, slack_of(source)) : one_range(named);
    }
    TuReadRange all = {.time = envelope_of_all(tally, from, to)};
    GArray *each = source->tenant >= 0 ? ranges_of_tenants(tally, source, &all.time) : NULL;
    if (each != NULL)
        return each;
    GArray *one = g_array_new(FALSE, FALSE, sizeof(TuReadRange));
    all.has_tenant = source->tenant >= 0 && find_only_tenant(tally, &all.tenant);
    if (from < to)
        g_array_append_val(one, all);
    return one;
}
