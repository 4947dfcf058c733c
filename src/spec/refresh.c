/* How often and how far back summaries are kept up: `refresh`. */
#include "spec/reader.h"

#include "spec/duration.h"
#include "spec/keys.h"
#include "spec/retention.h"
#include "time/instant.h"

/* One transaction with more changes would hold others up for longer than a second. */
#define BATCH_MOST 1000000
/* Ten years of nights; older is what `rebuild` is for. */
#define NIGHTLY_MOST_DAYS 3660
#define ATTEMPTS_MOST 1000
/* Less holds no useful piece of a summary. */
#define MEMORY_LEAST_BYTES (1024 * 1024)

/* How far `every` looks back by default, in the order of TuGrain. */
static const TuDuration default_window[TU_GRAINS] = {
    {.us = 2 * TU_HOUR_US}, {.us = 24 * TU_HOUR_US}, {.us = 7 * TU_DAY_US}, {.us = 14 * TU_DAY_US},
    {.months = 2},          {.months = 6},           {.months = 24},
};

void
tu_refresh_init(TuRefresh *ret_refresh)
{
    *ret_refresh = (TuRefresh){
        .settle_us = 200 * 1000,
        .batch_min = 100,
        .batch_max = 10000,
        .every_us = 15 * TU_MINUTE_US,
        .attempts = 5,
        .memory_bytes = 256 * 1024 * 1024,
        .grace_us = 2 * TU_HOUR_US,
        .load_percent = 100,
        .keep_runs_us = 90 * TU_DAY_US,
    };
    for (guint grain = 0; grain < TU_GRAINS; grain++)
        ret_refresh->window[grain] = default_window[grain];
}

void
tu_refresh_clear(TuRefresh *refresh)
{
    g_clear_pointer(&refresh->nightly_zone, g_free);
}

/* Both limits may come from different places (the summary, the file, the default), so they are
 * compared when all were read. */
static void
read_batch(const TuSection *refresh, TuRefresh *ret_refresh)
{
    const TuYaml *map = tu_section_map(refresh, "batch", TU_OPTIONAL, "{min: 100, max: 10000}");
    if (map == NULL)
        return;
    TuSection section = {refresh->problems, map, map->mark, "`batch`"};
    tu_keys_check(TU_KEYS_BATCH, map, refresh->problems);
    tu_section_number(&section, "min", 1, BATCH_MOST, &ret_refresh->batch_min);
    tu_section_number(&section, "max", 1, BATCH_MOST, &ret_refresh->batch_max);
    if (ret_refresh->batch_min > ret_refresh->batch_max)
        tu_problems_add(refresh->problems, map->mark,
                        "`batch`: min is %u and max is %u: min is at most max",
                        ret_refresh->batch_min, ret_refresh->batch_max);
}

/* A summary that has its own `nightly` says all of it: zone and days begin at their defaults. */
static void
read_nightly(const TuSection *refresh, TuRefresh *ret_refresh)
{
    const char *example = "{at: \"04:00\", zone: tenant, days: 1}";
    const TuYaml *map = tu_section_map(refresh, "nightly", TU_OPTIONAL, example);
    if (map == NULL)
        return;
    TuSection section = {refresh->problems, map, tu_yaml_pair(refresh->map, "nightly")->mark,
                         "`nightly`"};
    GError *error = NULL;
    tu_keys_check(TU_KEYS_NIGHTLY, map, refresh->problems);
    g_free(ret_refresh->nightly_zone);
    ret_refresh->nightly_zone = g_strdup("tenant");
    ret_refresh->nightly_days = 1;
    ret_refresh->has_nightly = TRUE;

    const TuYaml *at = tu_section_text(&section, "at", TU_REQUIRED, "a time of day, \"04:00\"");
    if (at != NULL && !tu_clock_parse(at->text, &ret_refresh->nightly_minute, &error))
        tu_section_complain(&section, at->mark, "at", error);
    const TuYamlPair *zone = tu_yaml_pair(map, "zone");
    if (zone == NULL || zone->value->kind != TU_YAML_TEXT ||
        g_strcmp0(zone->value->text, "tenant") != 0)
        tu_section_zone(&section, "zone", &ret_refresh->nightly_zone);
    tu_section_number(&section, "days", 1, NIGHTLY_MOST_DAYS, &ret_refresh->nightly_days);
}

/* A duration a grain. Grains that are not named keep what they had; those that are, as bits. */
static guint
read_grains(const TuSection *refresh, const char *key, TuDuration *ret_durations)
{
    guint named = 0;
    g_autofree char *what = g_strdup_printf("`%s`", key);
    const TuYaml *map =
        tu_section_map(refresh, key, TU_OPTIONAL, "a duration a grain, {hour: 24h, day: 7d}");
    if (map == NULL)
        return named;
    TuSection section = {refresh->problems, map, map->mark, what};
    tu_keys_check(TU_KEYS_GRAINS, map, refresh->problems);
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        const char *name = tu_grain_name((TuGrain)grain);
        const TuYaml *value = tu_section_text(&section, name, TU_OPTIONAL, "a duration, 24h");
        GError *error = NULL;
        if (value == NULL)
            continue;
        if (tu_duration_parse(value->text, &ret_durations[grain], &error))
            named |= 1U << grain;
        else
            tu_section_complain(&section, value->mark, name, error);
    }
    return named;
}

static void
read_load(const TuSection *refresh, TuRefresh *ret_refresh)
{
    GError *error = NULL;
    const TuYaml *load = tu_section_text(refresh, "load", TU_OPTIONAL, "a share of the time, 50%");
    if (load != NULL && !tu_percent_parse(load->text, &ret_refresh->load_percent, &error))
        tu_section_complain(refresh, load->mark, "load", error);
}

/* The run log is one for all summaries; the file may say it beside `refresh` as well. */
static void
read_keep_runs(const TuSection *refresh, const TuSection *parent, TuRefresh *ret_refresh)
{
    const TuYamlPair *pair = tu_yaml_pair(refresh->map, "keep_runs");
    if (pair == NULL)
        return;
    if (!tu_section_has(parent, "summaries"))
        tu_problems_add(refresh->problems, pair->mark,
                        "`keep_runs` is for all summaries together: write it beside `summaries`");
    else if (tu_section_has(parent, "keep_runs"))
        tu_problems_add(refresh->problems, pair->mark,
                        "`keep_runs` is in the file twice: take it out of `refresh`");
    else
        tu_section_duration_us(refresh, "keep_runs", &ret_refresh->keep_runs_us);
}

void
tu_read_refresh(const TuSection *parent, const TuRefresh *defaults, TuRefresh *ret_refresh)
{
    *ret_refresh = *defaults;
    ret_refresh->nightly_zone = g_strdup(defaults->nightly_zone);
    const TuYaml *map = tu_section_map(parent, "refresh", TU_OPTIONAL, "a map, {settle: 1s}");
    if (map == NULL)
        return;

    TuSection section = {parent->problems, map, tu_yaml_pair(parent->map, "refresh")->mark,
                         "`refresh`"};
    GError *error = NULL;
    tu_keys_check(TU_KEYS_REFRESH, map, parent->problems);
    tu_section_duration_us(&section, "settle", &ret_refresh->settle_us);
    tu_section_duration_us(&section, "every", &ret_refresh->every_us);
    tu_section_number(&section, "attempts", 1, ATTEMPTS_MOST, &ret_refresh->attempts);
    const TuYaml *memory = tu_section_text(&section, "memory", TU_OPTIONAL, "a size, 256MiB");
    if (memory != NULL &&
        !tu_size_parse(memory->text, MEMORY_LEAST_BYTES, &ret_refresh->memory_bytes, &error))
        tu_section_complain(&section, memory->mark, "memory", error);
    tu_section_duration_us(&section, "grace", &ret_refresh->grace_us);
    read_load(&section, ret_refresh);
    read_keep_runs(&section, parent, ret_refresh);
    read_batch(&section, ret_refresh);
    read_nightly(&section, ret_refresh);
    ret_refresh->windows |= read_grains(&section, "window", ret_refresh->window);
    read_grains(&section, "keep", ret_refresh->keep);
    read_grains(&section, "sealed_after", ret_refresh->sealed_after);
    tu_check_retention(&section, ret_refresh);
}
