/*
 * trueup-random: histories against an oracle. Drives the trueup program and looks at its SQLite
 * database; shares no code with it.
 *
 *   trueup-random --trueup build/trueup --histories 200 --jobs 2
 *   trueup-random --trueup build/trueup --seed 17 --only 42 --without kills
 *   trueup-random --self-test
 */
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "pool.h"
#include "self_test.h"

#define HISTORIES 200
#define SELF_TEST_HISTORIES 12
#define KILLS_TO_EXPECT_ONE 20 /* asked for; so many cannot all miss their points */

typedef struct {
    char *trueup, *keep, *database;
    char *url[RT_KINDS]; /* of servers */
    char **with, **without;
    gint64 histories, seconds, seed, only, now_s;
    int jobs;
    gboolean self_test, lists_features;
} Arguments;

/* What a pool's results go into. */
typedef struct {
    const Arguments *arguments;
    const RtOptions *options;
    RtSpread *spread;
} Progress;

/* The command that runs just this history again. Processes are not in step, so it may take a few
 * tries where the failure is a matter of timing. */
static void
print_repeat(const Progress *progress, const RtReport *report)
{
    const Arguments *arguments = progress->arguments;
    const RtOptions *options = progress->options;
    g_autofree char *name = rt_history_name(options, report->index);

    printf("#   kept in %s/%s\n", options->keep, name);
    printf("#   repeat: trueup-random --trueup %s --seed %" G_GUINT64_FORMAT
           " --only %u --now %" G_GINT64_FORMAT,
           options->trueup != NULL ? options->trueup : "PATH", options->seed, report->index,
           options->now_s);
    if (arguments->database != NULL)
        printf(" --database %s", arguments->database);
    for (guint i = 0; arguments->with != NULL && arguments->with[i] != NULL; i++)
        printf(" --with %s", arguments->with[i]);
    for (guint i = 0; arguments->without != NULL && arguments->without[i] != NULL; i++)
        printf(" --without %s", arguments->without[i]);
    printf("\n");
}

static void
print_message(const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        printf("#   %s\n", lines[i]);
}

static void
history_ended(gpointer data, const RtReport *report)
{
    Progress *progress = data;
    gboolean is_right = report->outcome == RT_PASSED;

    rt_spread_add(progress->spread, report);
    if (!is_right || progress->arguments->only >= 0)
        printf("%s - history %u, %.1f s: %s\n", is_right ? "ok" : "not ok", report->index,
               report->seconds, report->summary);
    if (!is_right) {
        print_message(report->message);
        print_repeat(progress, report);
    }
    if (progress->spread->histories % 20 == 0)
        printf("# %u histories, %u failed\n", progress->spread->histories,
               progress->spread->failed);
    fflush(stdout);
}

/* ---- The self-test ---- */

/* Of the histories whose cells were falsified, every one must have failed for it. One without any
 * cell proves nothing. */
static void
mutated_ended(gpointer data, const RtReport *report)
{
    Progress *progress = data;
    gboolean is_found = g_str_has_prefix(report->message, RT_FOUND_FALSIFIED);
    gboolean is_empty = g_str_has_prefix(report->message, RT_NOTHING_TO_FALSIFY);

    progress->spread->histories += !is_empty;
    progress->spread->passed += is_found;
    progress->spread->failed += !is_found && !is_empty;
    if (!is_found && !is_empty)
        printf("not ok - a falsified cell was not found in history %u: %s\n", report->index,
               report->message);
}

/* The facts; then histories of the naive stand-in, which must all pass; then the same histories
 * with a falsified cell each, which must all fail. */
static int
run_self_test(const Arguments *arguments, RtOptions *options)
{
    RtPool pool = {0, (guint)arguments->histories, (guint)arguments->jobs, arguments->seconds};
    RtSpread *spread = rt_spread_new(), *mutated = rt_spread_new();
    Progress progress = {arguments, options, spread};
    guint passed, failed = rt_self_test_facts(&passed);

    /* What raises is an error for the naive stand-in as a whole, as text in a summed column is. */
    options->force[RT_BAD_DATA] = RT_WITHOUT;
    options->force[RT_RAISING] = RT_WITHOUT;
    options->mode = RT_NAIVE;
    rt_pool_run(&pool, options, history_ended, &progress);
    rt_spread_print(spread);
    options->mode = RT_MUTATED;
    progress.spread = mutated;
    rt_pool_run(&pool, options, mutated_ended, &progress);
    passed += spread->passed + mutated->passed;
    failed += spread->failed + mutated->failed + (mutated->passed == 0);
    printf("# %u of %u falsified cells found\n%u passed, %u failed\n", mutated->passed,
           mutated->histories, passed, failed);
    rt_spread_free(spread);
    rt_spread_free(mutated);
    return failed > 0;
}

/* ---- The test ---- */

/* A program without stop points would pass every crash test by ignoring it. */
static guint
check_kills(const RtSpread *spread)
{
    if (spread->counts[RT_COUNT_KILLS_ASKED] < KILLS_TO_EXPECT_ONE ||
        spread->counts[RT_COUNT_KILLS_SEEN] > 0)
        return 0;
    printf("not ok - no stop point killed trueup: was it built with -Dstop_points=true?\n");
    return 1;
}

static int
run_histories(const Arguments *arguments, const RtOptions *options)
{
    gboolean is_one = arguments->only >= 0;
    RtPool pool = {is_one ? (guint)arguments->only : 0, is_one ? 1 : (guint)arguments->histories,
                   (guint)arguments->jobs, arguments->seconds};
    RtSpread *spread = rt_spread_new();
    Progress progress = {arguments, options, spread};
    guint passed, failed;

    printf("# seed %" G_GUINT64_FORMAT ", now %" G_GINT64_FORMAT "\n", options->seed,
           options->now_s);
    rt_pool_run(&pool, options, history_ended, &progress);
    rt_spread_print(spread);
    passed = spread->passed;
    failed = spread->failed + check_kills(spread);
    rt_spread_free(spread);
    printf("# seed %" G_GUINT64_FORMAT "\n%u passed, %u failed\n", options->seed, passed, failed);
    return failed > 0 || passed == 0;
}

/* ---- Arguments ---- */

static void
print_features(void)
{
    for (guint i = 0; i < RT_FEATURES; i++)
        printf("%-22s %s\n", rt_feature_name(i), rt_feature_help(i));
}

static gboolean
force_features(RtForce *force, char **names, RtForce how)
{
    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        RtFeature feature = rt_feature_named(names[i]);

        if (feature == RT_FEATURES) {
            fprintf(stderr, "no feature is called %s; --list-features shows them\n", names[i]);
            return FALSE;
        }
        force[feature] = how;
    }
    return TRUE;
}

static const char *const kind_names[RT_KINDS] = {"sqlite", "postgresql", "mariadb"};

/* FALSE: there is no such kind, or nobody says where its server is. */
static gboolean
choose_database(const Arguments *arguments, RtOptions *options)
{
    static const char *const variables[RT_KINDS] = {NULL, "TRUEUP_TEST_POSTGRESQL",
                                                    "TRUEUP_TEST_MARIADB"};
    const char *name = arguments->database != NULL ? arguments->database : kind_names[RT_SQLITE];

    while (options->kind < RT_KINDS && strcmp(kind_names[options->kind], name) != 0)
        options->kind++;
    if (options->kind == RT_KINDS) {
        fprintf(stderr, "--database %s: sqlite, postgresql or mariadb\n", name);
        return FALSE;
    }
    options->url = arguments->url[options->kind];
    if (options->url == NULL && options->kind != RT_SQLITE)
        options->url = g_getenv(variables[options->kind]);
    options->keeps_databases = arguments->keep != NULL;
    if (options->url != NULL || options->kind == RT_SQLITE)
        return TRUE;
    fprintf(stderr, "--%s URL or %s is needed\n", name, variables[options->kind]);
    return FALSE;
}

static gboolean
parse(Arguments *arguments, int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        {"trueup", 0, 0, G_OPTION_ARG_FILENAME, &arguments->trueup, "the program under test",
         "PATH"},
        {"histories", 0, 0, G_OPTION_ARG_INT64, &arguments->histories,
         "how many [200; 12 in a self-test]", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_INT64, &arguments->seconds,
         "start no history after this [no limit]", "S"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &arguments->seed, "of all chance [the clock]", "S"},
        {"only", 0, 0, G_OPTION_ARG_INT64, &arguments->only, "run just this history", "K"},
        {"now", 0, 0, G_OPTION_ARG_INT64, &arguments->now_s,
         "what histories take for now, as unix seconds [the clock]", "T"},
        {"jobs", 0, 0, G_OPTION_ARG_INT, &arguments->jobs, "histories at a time [2]", "J"},
        {"keep", 0, 0, G_OPTION_ARG_FILENAME, &arguments->keep,
         "where failing histories stay [a new temporary directory]", "DIR"},
        {"database", 0, 0, G_OPTION_ARG_STRING, &arguments->database,
         "sqlite, postgresql or mariadb [sqlite]", "KIND"},
        {"postgresql", 0, 0, G_OPTION_ARG_STRING, &arguments->url[RT_POSTGRESQL],
         "an administrator's URL [TRUEUP_TEST_POSTGRESQL]", "URL"},
        {"mariadb", 0, 0, G_OPTION_ARG_STRING, &arguments->url[RT_MARIADB],
         "the same [TRUEUP_TEST_MARIADB]", "URL"},
        {"with", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->with, "force a feature", "NAME"},
        {"without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->without, "leave a feature out",
         "NAME"},
        {"list-features", 0, 0, G_OPTION_ARG_NONE, &arguments->lists_features, "print them", NULL},
        {"self-test", 0, 0, G_OPTION_ARG_NONE, &arguments->self_test, "test the harness itself",
         NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- histories against an oracle");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return FALSE;
    }
    if (arguments->jobs < 1 ||
        (arguments->trueup == NULL && !arguments->self_test && !arguments->lists_features)) {
        fprintf(stderr, "--trueup PATH or --self-test is needed, and --jobs of 1 or more\n");
        return FALSE;
    }
    return TRUE;
}

int
main(int argc, char **argv)
{
    Arguments arguments = {.histories = -1,
                           .seed = g_get_real_time() % 1000000000,
                           .only = -1,
                           .now_s = g_get_real_time() / G_USEC_PER_SEC,
                           .jobs = 2};
    RtOptions options = {.mode = RT_TRUEUP};
    g_autofree char *keep = NULL;
    g_autofree char *trueup = NULL;
    int code;

    if (!parse(&arguments, &argc, &argv) || !choose_database(&arguments, &options) ||
        !force_features(options.force, arguments.with, RT_WITH) ||
        !force_features(options.force, arguments.without, RT_WITHOUT))
        return 2;
    if (arguments.histories < 0)
        arguments.histories = arguments.self_test ? SELF_TEST_HISTORIES : HISTORIES;
    if (arguments.lists_features) {
        print_features();
        return 0;
    }
    keep = arguments.keep != NULL ? g_canonicalize_filename(arguments.keep, NULL)
                                  : g_dir_make_tmp("trueup-random-XXXXXX", NULL);
    trueup = arguments.trueup != NULL ? g_canonicalize_filename(arguments.trueup, NULL) : NULL;
    options.keep = keep;
    options.trueup = trueup;
    options.seed = (guint64)arguments.seed;
    options.now_s = arguments.now_s;
    code = arguments.self_test ? run_self_test(&arguments, &options)
                               : run_histories(&arguments, &options);
    if (arguments.keep == NULL)
        g_rmdir(keep); /* stays if a failing history is in it */
    g_strfreev(arguments.with);
    g_strfreev(arguments.without);
    g_free(arguments.trueup);
    g_free(arguments.keep);
    g_free(arguments.database);
    for (guint i = 0; i < RT_KINDS; i++)
        g_free(arguments.url[i]);
    return code;
}
