/* Canonical keys are "T7:series|tenant|T10:2024-03-01|dimensions": a cell's date is read from its
 * key. */
#include "retention.h"

#include <string.h>

#include "store.h"

#define NOWHERE G_MININT64

#define DAY_S 86400
#define CLOCKS_AHEAD_S (15 * 3600) /* the first clock to see a day, and a little */
#define CLOCKS_BEHIND_S (13 * 3600)
#define AGE_LEAST_DAYS 4 /* nights repair up to three */

/* Where a longer `keep` differs by less, nothing is built back. */
#define SLACK_DAYS 2

typedef struct {
    gint64 removed, sealed; /* days since 1970 */
    gint64 removed_most; /* since the last comparison: a longer `keep` brings nothing sealed back */
    gint64 adopted;      /* sealed under writers up to there */
    gint64 frozen_below; /* sealed at the last comparison */
    gint64 sealed_most;  /* up to where the clock ever allowed it */
    GHashTable *frozen;  /* key -> measures, as texts */
    GHashTable *found;   /* the same, of the comparison that is going on */
} Boundary;

struct RtRetention {
    const RtPlan *plan;
    GHashTable *boundaries; /* "summary grain" -> Boundary */
};

/* ---- Birth and end ---- */

static GHashTable *
new_texts(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static Boundary *
new_boundary(void)
{
    Boundary *boundary = g_new0(Boundary, 1);

    boundary->removed = boundary->removed_most = boundary->sealed = boundary->adopted = NOWHERE;
    boundary->frozen_below = boundary->sealed_most = NOWHERE;
    boundary->frozen = new_texts();
    boundary->found = new_texts();
    return boundary;
}

static void
free_boundary(gpointer data)
{
    Boundary *boundary = data;

    g_hash_table_unref(boundary->frozen);
    g_hash_table_unref(boundary->found);
    g_free(boundary);
}

static Boundary *
boundary_of(RtRetention *retention, const RtSummary *summary, RtGrain grain)
{
    g_autofree char *name = g_strdup_printf("%s %s", summary->name, rt_grain_name(grain));

    return g_hash_table_lookup(retention->boundaries, name);
}

RtRetention *
rt_retention_new(const RtPlan *plan)
{
    RtRetention *retention = g_new0(RtRetention, 1);

    retention->plan = plan;
    retention->boundaries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_boundary);
    for (guint i = 0; i < plan->summaries->len; i++) {
        const RtSummary *summary = plan->summaries->pdata[i];

        for (guint grain = 0; grain < RT_GRAINS; grain++)
            g_hash_table_insert(retention->boundaries,
                                g_strdup_printf("%s %s", summary->name, rt_grain_name(grain)),
                                new_boundary());
    }
    return retention;
}

void
rt_retention_free(RtRetention *retention)
{
    if (retention == NULL)
        return;
    g_hash_table_unref(retention->boundaries);
    g_free(retention);
}

/* ---- How long ---- */

/* From days to lifetimes: rows lie everywhere between 1970 and 2038, and around now. */
static guint
draw_age(RtRng *rng)
{
    static const gint64 most[] = {60, 2000, 12000, 30000};

    return (guint)rt_rng_between(rng, AGE_LEAST_DAYS, most[rt_rng_index(rng, G_N_ELEMENTS(most))]);
}

void
rt_retention_draw(RtPlan *plan, RtRng *rng)
{
    const gboolean *has = plan->world->has;

    for (guint i = 0; i < plan->summaries->len; i++) {
        RtSummary *summary = plan->summaries->pdata[i];

        for (guint grain = 0; grain < RT_GRAINS; grain++) {
            guint keep = rt_rng_percent(rng, 50) ? draw_age(rng) : 0;
            guint sealed = rt_rng_percent(rng, 70) ? draw_age(rng) : 0;

            keep = has[RT_KEEP] ? keep : 0;
            summary->keep_days[grain] = keep;
            summary->sealed_days[grain] = !has[RT_SEALED]             ? 0
                                          : keep > 0 && sealed > keep ? keep
                                                                      : sealed;
        }
    }
}

/* ---- Where the boundaries are ---- */

static gint64
first_day_of(RtGrain grain, gint64 days)
{
    char text[RT_TEXT_BYTES];
    gint64 first = days;

    if (grain >= RT_DAY) {
        rt_bucket_text_of_day(grain, days, text);
        g_assert(rt_date_read(text, &first));
    }
    return first;
}

/* Where the boundary lies if the clock that counts is so far off UTC. */
static gint64
day_back(RtGrain grain, guint age_days, gint64 clock_s)
{
    gint64 at_s = g_get_real_time() / G_USEC_PER_SEC + clock_s - (gint64)age_days * DAY_S;

    return age_days == 0 ? NOWHERE : first_day_of(grain, rt_floor_div(at_s, DAY_S));
}

/* Without a tenant that has a clock there is no today. */
static gboolean
has_a_clock(const RtHistory *history)
{
    const gboolean *has = history->world->has;

    return !has[RT_TENANTS_TABLE] ||
           (!has[RT_TENANT_CHANGES] && !has[RT_BAD_ZONE] && !history->world->tenants_have_active);
}

static void
check_boundary(RtHistory *history, const RtSummary *summary, RtGrain grain, Boundary *boundary,
               gboolean is_settled)
{
    guint keep = summary->keep_days[grain], seal = summary->sealed_days[grain];
    gint64 most_removed = day_back(grain, keep, CLOCKS_AHEAD_S + SLACK_DAYS * DAY_S);
    gint64 most_sealed = day_back(grain, seal, CLOCKS_AHEAD_S);
    gboolean is_behind = is_settled && has_a_clock(history) &&
                         (boundary->removed < day_back(grain, keep, -CLOCKS_BEHIND_S) ||
                          boundary->sealed < day_back(grain, seal, -CLOCKS_BEHIND_S));

    boundary->sealed_most = MAX(boundary->sealed_most, most_sealed);
    if (is_behind || boundary->sealed > boundary->sealed_most ||
        boundary->sealed < boundary->frozen_below ||
        (is_settled && boundary->removed > MAX(most_removed, boundary->sealed)))
        rt_history_fail(
            history,
            "%03u %s %s: keep %u, sealed_after %u days, but removed below %" G_GINT64_FORMAT
            " and sealed below %" G_GINT64_FORMAT " (before: %" G_GINT64_FORMAT ")",
            history->commands, summary->name, rt_grain_name(grain), keep, seal, boundary->removed,
            boundary->sealed, boundary->frozen_below);
}

static gint64
read_days(const char *text)
{
    return *text != '\0' ? g_ascii_strtoll(text, NULL, 10) : NOWHERE;
}

gboolean
rt_retention_look(RtHistory *history, gboolean adopts)
{
    RtRetention *retention = history->retention;
    g_autofree char *schema = history->plan->control_schema != NULL
                                  ? g_strdup_printf("\"%s\".", history->plan->control_schema)
                                  : g_strdup("");
    g_autofree char *sql = g_strdup_printf("SELECT summary, grain, removed_below, sealed_below"
                                           " FROM %strueup_boundary",
                                           schema);
    g_autofree char *rows = history->store->read(history, sql);
    g_auto(GStrv) lines = g_strsplit(rows, "\n", -1);
    GHashTableIter iter;
    gpointer boundary;

    g_hash_table_iter_init(&iter, retention->boundaries);
    while (g_hash_table_iter_next(&iter, NULL, &boundary))
        ((Boundary *)boundary)->removed = ((Boundary *)boundary)->sealed = NOWHERE;
    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "|", 4);
        g_autofree char *name = g_strdup_printf("%s %s", fields[0], fields[1]);
        Boundary *found = g_hash_table_lookup(retention->boundaries, name);

        found->removed = read_days(fields[2]);
        found->removed_most = MAX(found->removed_most, found->removed);
        found->sealed = read_days(fields[3]);
        found->adopted = adopts ? found->sealed : found->adopted;
    }
    for (guint i = 0; i < retention->plan->summaries->len; i++) {
        const RtSummary *summary = retention->plan->summaries->pdata[i];

        for (guint grain = 0; grain < RT_GRAINS; grain++)
            if (summary->grains >> grain & 1)
                check_boundary(history, summary, grain, boundary_of(retention, summary, grain),
                               FALSE);
    }
    return !rt_history_has_failed(history);
}

void
rt_retention_check(RtHistory *history)
{
    const RtPlan *plan = history->plan;

    for (guint i = 0; i < plan->summaries->len; i++)
        for (guint grain = 0; grain < RT_GRAINS; grain++) {
            const RtSummary *summary = plan->summaries->pdata[i];

            if (summary->grains >> grain & 1)
                check_boundary(history, summary, grain,
                               boundary_of(history->retention, summary, grain), TRUE);
        }
}

/* ---- The date of a cell ---- */

/* The canonical value at `key`; *ret_rest is what comes after it. */
static char *
next_value(const char *key, const char **ret_rest)
{
    gsize length = strcspn(key, "|");

    if (*key == 'T') {
        char *text = NULL;
        guint64 bytes = g_ascii_strtoull(key + 1, &text, 10);

        length = (gsize)(text + 1 - key) + bytes;
    }
    *ret_rest = key + length + (key[length] == '|');
    return g_strndup(key, length);
}

/* FALSE: the tenant has no clock, or the bucket is none; such a cell has no place in any table. */
static gboolean
read_date(const RtRetained *retained, const char *key, gint64 *ret_days)
{
    g_autofree char *tenant = NULL;
    g_autofree char *bucket = NULL;
    const char *rest = key, *text;
    const RtZone *zone;
    gint64 at_us = 0, start_s = G_MININT64;
    gint32 offset_s = 0;
    const RtZone utc = {.start_s = &start_s, .offset_s = &offset_s, .count = 1};

    if (retained->summary->is_long)
        g_free(next_value(rest, &rest));
    if (retained->has_tenant)
        tenant = next_value(rest, &rest);
    bucket = next_value(rest, &rest);
    text = *bucket == 'T' ? strchr(bucket, ':') + 1 : "";
    if (retained->grain >= RT_DAY)
        return rt_date_read(text, ret_days);
    zone = retained->zone_of(retained->oracle, tenant);
    if (zone == NULL || !rt_instant_read(text, &utc, &at_us)) /* servers show no offset */
        return FALSE;
    at_us = rt_floor_div(at_us, G_USEC_PER_SEC);
    *ret_days = rt_floor_div(at_us + rt_zone_offset(zone, at_us), DAY_S);
    return TRUE;
}

/* ---- A table's cells ---- */

typedef struct {
    const RtRetained *retained;
    Boundary *boundary;
    GHashTable *stored;
} Parting;

static void
complain(const RtRetained *retained, const char *what, const char *key, const char *detail)
{
    retained->complain(retained->table, what, key, detail);
}

/* TRUE: it is compared already, or not to be. */
static gboolean
part_stored(gpointer key, gpointer cell, gpointer data)
{
    const Parting *parting = data;
    const RtRetained *retained = parting->retained;
    Boundary *boundary = parting->boundary;
    g_autofree char *text = retained->text_of(cell);
    const char *frozen = g_hash_table_lookup(boundary->frozen, key);
    gint64 days = 0;

    if (!read_date(retained, key, &days))
        return FALSE;
    if (days < boundary->removed) {
        complain(retained, "not removed", key, "");
        return TRUE;
    }
    if (days < boundary->frozen_below) {
        g_autofree char *detail = g_strdup_printf("\n    sealed %s\n    stored %s",
                                                  frozen != NULL ? frozen : "no cell", text);
        if (g_strcmp0(frozen, text) != 0)
            complain(retained, "sealed, and changed", key, detail);
        return TRUE;
    }
    if (days < boundary->sealed)
        g_hash_table_replace(boundary->found, g_strdup(key), g_strdup(text));
    return days < boundary->adopted;
}

static gboolean
part_truth(gpointer key, gpointer cell, gpointer data)
{
    const Parting *parting = data;
    const Boundary *boundary = parting->boundary;
    gint64 below = MAX(MAX(boundary->removed, boundary->frozen_below), boundary->adopted);
    gint64 days = 0;

    return read_date(parting->retained, key, &days) && days < below;
}

/* TRUE: it was removed since, and is not to be missed when `keep` becomes longer. */
static gboolean
part_frozen(gpointer key, gpointer text, gpointer data)
{
    const Parting *parting = data;
    gint64 days = 0;

    if (read_date(parting->retained, key, &days) && days < parting->boundary->removed_most)
        return TRUE;
    if (!g_hash_table_contains(parting->stored, key))
        complain(parting->retained, "sealed, and gone", key, text);
    return FALSE;
}

void
rt_retention_part(RtRetention *retention, const RtRetained *retained, GHashTable *stored,
                  GHashTable *truth)
{
    Parting parting = {retained, NULL, stored};

    if (retention == NULL)
        return;
    parting.boundary = boundary_of(retention, retained->summary, retained->grain);
    g_hash_table_remove_all(parting.boundary->found);
    g_hash_table_foreach_remove(parting.boundary->frozen, part_frozen, &parting);
    g_hash_table_foreach_remove(stored, part_stored, &parting);
    g_hash_table_foreach_remove(truth, part_truth, &parting);
}

void
rt_retention_commit(RtRetention *retention, gboolean is_right)
{
    GHashTableIter iter, found;
    gpointer data, key, text;

    if (retention == NULL || !is_right)
        return;
    g_hash_table_iter_init(&iter, retention->boundaries);
    while (g_hash_table_iter_next(&iter, NULL, &data)) {
        Boundary *boundary = data;

        g_hash_table_iter_init(&found, boundary->found);
        while (g_hash_table_iter_next(&found, &key, &text))
            g_hash_table_replace(boundary->frozen, g_strdup(key), g_strdup(text));
        boundary->frozen_below = MAX(boundary->frozen_below, boundary->sealed);
        boundary->adopted = boundary->removed_most = NOWHERE;
    }
}

void
rt_retention_forget(RtRetention *retention, const RtSummary *summary, RtGrain grain)
{
    Boundary *boundary = boundary_of(retention, summary, grain);

    g_hash_table_remove_all(boundary->frozen);
    boundary->frozen_below = boundary->adopted = NOWHERE;
}
