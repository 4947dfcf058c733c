/* `refresh`: the defaults, the file's, and what a summary says otherwise. */
#include <string.h>

#include <glib.h>

#include "spec/spec.h"
#include "time/instant.h"

static TuSpec *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    TuSpec *spec = tu_spec_parse(text, strlen(text), "a.yaml", NULL, &error);
    g_assert_no_error(error);
    return spec;
}

#define REFRESHED                                                                                  \
    "sources: {s: {from: t, time: at}}\n"                                                          \
    "summaries:\n"                                                                                 \
    "  plain: {source: s, grains: [day], measures: {n: count}}\n"                                  \
    "  own: {source: s, grains: [day], measures: {n: count}, refresh: {settle: 2s, batch: {max: "  \
    "7}, nightly: {at: \"23:59\", days: 3}, window: {week: 3w}}}\n"

static void
test_refresh_defaults(void)
{
    g_autoptr(TuSpec) spec = parse(REFRESHED "refresh: {batch: {min: 1}}\n");
    const TuRefresh *refresh = &tu_spec_summary(spec, "plain")->refresh;
    g_assert_cmpint(refresh->settle_us, ==, 200000);
    g_assert_cmpuint(refresh->batch_min, ==, 1);
    g_assert_cmpuint(refresh->batch_max, ==, 10000);
    g_assert_false(refresh->has_nightly);
    g_assert_null(refresh->nightly_zone);
    g_assert_cmpint(refresh->every_us, ==, 15 * TU_MINUTE_US);
    g_assert_cmpuint(refresh->attempts, ==, 5);
    g_assert_cmpint(refresh->grace_us, ==, 2 * TU_HOUR_US);
    g_assert_cmpuint(refresh->load_percent, ==, 100);
    g_assert_cmpint(spec->keep_runs_us, ==, 90 * TU_DAY_US);
    g_assert_cmpuint(refresh->memory_bytes, ==, 256 * 1024 * 1024);
    g_assert_cmpint(refresh->window[TU_GRAIN_MINUTE].us, ==, 2 * TU_HOUR_US);
    g_assert_cmpint(refresh->window[TU_GRAIN_HOUR].us, ==, 24 * TU_HOUR_US);
    g_assert_cmpint(refresh->window[TU_GRAIN_DAY].us, ==, 7 * TU_DAY_US);
    g_assert_cmpint(refresh->window[TU_GRAIN_WEEK].us, ==, 14 * TU_DAY_US);
    g_assert_cmpint(refresh->window[TU_GRAIN_MONTH].months, ==, 2);
    g_assert_cmpint(refresh->window[TU_GRAIN_QUARTER].months, ==, 6);
    g_assert_cmpint(refresh->window[TU_GRAIN_YEAR].months, ==, 24);
}

/* What is not named is kept for ever, and never sealed. */
static void
test_refresh_retention(void)
{
    g_autoptr(TuSpec) spec =
        parse("sources: {s: {from: t, time: at}}\n"
              "summaries:\n"
              "  plain: {source: s, grains: [day], measures: {n: count}}\n"
              "  own: {source: s, grains: [day], measures: {n: count}, refresh: "
              "{keep: {hour: 1y}}}\n"
              "refresh: {keep: {hour: 90d}, sealed_after: {hour: 90d, day: 2y}}\n");
    const TuRefresh *plain = &tu_spec_summary(spec, "plain")->refresh;
    const TuRefresh *own = &tu_spec_summary(spec, "own")->refresh;
    g_assert_cmpint(plain->keep[TU_GRAIN_HOUR].us, ==, 90 * TU_DAY_US);
    g_assert_cmpint(plain->keep[TU_GRAIN_DAY].us, ==, 0);
    g_assert_cmpint(plain->keep[TU_GRAIN_DAY].months, ==, 0);
    g_assert_cmpint(plain->sealed_after[TU_GRAIN_DAY].months, ==, 24);
    g_assert_cmpint(plain->sealed_after[TU_GRAIN_MONTH].months, ==, 0);
    g_assert_cmpint(own->keep[TU_GRAIN_HOUR].us, ==, 0);
    g_assert_cmpint(own->keep[TU_GRAIN_HOUR].months, ==, 12);
    g_assert_cmpint(own->sealed_after[TU_GRAIN_HOUR].us, ==, 90 * TU_DAY_US);
}

/* A summary says what differs; the rest is the file's. */
static void
test_refresh_own(void)
{
    g_autoptr(TuSpec) spec =
        parse(REFRESHED "refresh:\n  settle: 5s\n  batch: {min: 3, max: 30}\n  every: 1h\n"
                        "  nightly: {at: \"04:00\", zone: Europe/Berlin, days: 2}\n"
                        "  attempts: 9\n  memory: 1GiB\n  grace: 30m\n  load: 50%\n  keep_runs: "
                        "7d\n  window: {day: 1mo, year: 90d}\n");
    const TuRefresh *plain = &tu_spec_summary(spec, "plain")->refresh;
    g_assert_cmpint(plain->settle_us, ==, 5 * TU_SECOND_US);
    g_assert_cmpuint(plain->batch_max, ==, 30);
    g_assert_true(plain->has_nightly);
    g_assert_cmpuint(plain->nightly_minute, ==, 240);
    g_assert_cmpstr(plain->nightly_zone, ==, "Europe/Berlin");
    g_assert_cmpint(plain->grace_us, ==, 30 * TU_MINUTE_US);
    g_assert_cmpuint(plain->load_percent, ==, 50);
    g_assert_cmpint(spec->keep_runs_us, ==, 7 * TU_DAY_US);
    g_assert_cmpuint(plain->nightly_days, ==, 2);
    g_assert_cmpint(plain->window[TU_GRAIN_DAY].us, ==, 0);
    g_assert_cmpint(plain->window[TU_GRAIN_DAY].months, ==, 1);
    g_assert_cmpint(plain->window[TU_GRAIN_YEAR].us, ==, 90 * TU_DAY_US);
    g_assert_cmpint(plain->window[TU_GRAIN_YEAR].months, ==, 0);

    const TuRefresh *own = &tu_spec_summary(spec, "own")->refresh;
    g_assert_cmpint(own->settle_us, ==, 2 * TU_SECOND_US);
    g_assert_cmpuint(own->batch_min, ==, 3);
    g_assert_cmpuint(own->batch_max, ==, 7);
    g_assert_cmpint(own->every_us, ==, TU_HOUR_US);
    g_assert_cmpuint(own->nightly_minute, ==, 1439);
    g_assert_cmpstr(own->nightly_zone, ==, "tenant");
    g_assert_cmpuint(own->nightly_days, ==, 3);
    g_assert_cmpuint(own->attempts, ==, 9);
    g_assert_cmpuint(own->memory_bytes, ==, 1024 * 1024 * 1024);
    g_assert_cmpint(own->window[TU_GRAIN_WEEK].us, ==, 21 * TU_DAY_US);
    g_assert_cmpint(own->window[TU_GRAIN_DAY].months, ==, 1);
}

/* The run log is one: it may be said beside `refresh` too. */
static void
test_keep_runs(void)
{
    g_autoptr(TuSpec) spec = parse(REFRESHED "keep_runs: 2w\nrefresh: {batch: {min: 1}}\n");
    g_assert_cmpint(spec->keep_runs_us, ==, 14 * TU_DAY_US);
    g_autoptr(GError) error = NULL;
    const char *in_summary = "sources: {s: {from: t, time: at}}\nsummaries:\n"
                             "  a: {source: s, grains: [day], measures: {n: count}, "
                             "refresh: {keep_runs: 1d}}\n";
    g_assert_null(tu_spec_parse(in_summary, strlen(in_summary), "a.yaml", NULL, &error));
    g_assert_nonnull(strstr(error->message, "write it beside `summaries`"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spec/refresh/defaults", test_refresh_defaults);
    g_test_add_func("/spec/refresh/own", test_refresh_own);
    g_test_add_func("/spec/refresh/retention", test_refresh_retention);
    g_test_add_func("/spec/refresh/keep_runs", test_keep_runs);
    return g_test_run();
}
