#include "spec/retention.h"

#include "spec/duration.h"
#include "time/instant.h"

/* A limit may come from the file's own `refresh` and what it must fit from a summary's: the place
 * is the one of the two that this map has. */
static TuMark
mark_of(const TuSection *refresh, const char *key, const char *other, const char *grain)
{
    const char *const keys[] = {key, other};
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const TuYamlPair *pair = tu_yaml_pair(refresh->map, keys[i]);
        if (pair == NULL || pair->value->kind != TU_YAML_MAP)
            continue;
        const TuYamlPair *own = tu_yaml_pair(pair->value, grain);
        return own != NULL ? own->value->mark : pair->mark;
    }
    return refresh->mark;
}

static gboolean
is_here(const TuSection *refresh, const char *key, const char *other)
{
    return tu_section_has(refresh, key) || tu_section_has(refresh, other);
}

static void
check_window(const TuSection *refresh, const TuRefresh *values, TuGrain grain)
{
    const TuDuration *keep = &values->keep[grain];
    const TuDuration *window = &values->window[grain];
    const char *name = tu_grain_name(grain);
    /* A window that nobody wrote looks back no further than there is something. */
    if (!(values->windows & 1U << grain) || !is_here(refresh, "keep", "window") ||
        !tu_duration_is_shorter(keep, window))
        return;
    g_autofree char *kept = tu_duration_format(keep);
    g_autofree char *repaired = tu_duration_format(window);
    tu_problems_add(refresh->problems, mark_of(refresh, "keep", "window", name),
                    "`keep`: %s is kept for %s, and `window` repairs %s: keep at least as much",
                    name, kept, repaired);
}

static void
check_nightly(const TuSection *refresh, const TuRefresh *values, TuGrain grain)
{
    const TuDuration *keep = &values->keep[grain];
    const TuDuration nights = {.us = values->nightly_days * TU_DAY_US};
    const char *name = tu_grain_name(grain);
    if (!values->has_nightly || !is_here(refresh, "keep", "nightly") ||
        !tu_duration_is_shorter(keep, &nights))
        return;
    g_autofree char *kept = tu_duration_format(keep);
    tu_problems_add(refresh->problems, mark_of(refresh, "keep", "nightly", name),
                    "`keep`: %s is kept for %s, and `nightly` repairs %u %s: keep at least as much",
                    name, kept, values->nightly_days, values->nightly_days == 1 ? "day" : "days");
}

static void
check_sealed(const TuSection *refresh, const TuRefresh *values, TuGrain grain)
{
    const TuDuration *keep = &values->keep[grain];
    const TuDuration *sealed = &values->sealed_after[grain];
    const char *name = tu_grain_name(grain);
    if (!tu_duration_is_set(sealed) || !is_here(refresh, "sealed_after", "keep") ||
        !tu_duration_is_shorter(keep, sealed))
        return;
    g_autofree char *kept = tu_duration_format(keep);
    g_autofree char *frozen = tu_duration_format(sealed);
    tu_problems_add(refresh->problems, mark_of(refresh, "sealed_after", "keep", name),
                    "`sealed_after`: %s is sealed after %s, but kept (`keep`) only for %s: seal it "
                    "no later than it is removed",
                    name, frozen, kept);
}

void
tu_check_retention(const TuSection *refresh, const TuRefresh *values)
{
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        if (!tu_duration_is_set(&values->keep[grain]))
            continue;
        check_window(refresh, values, (TuGrain)grain);
        check_nightly(refresh, values, (TuGrain)grain);
        check_sealed(refresh, values, (TuGrain)grain);
    }
}
