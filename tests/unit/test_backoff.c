/* Back-off: the pauses of connections, jobs and buckets, with and without chance. */
#include "time/backoff.h"
#include "time/instant.h"

static gint64
pause_ms(const TuBackoff *backoff, guint64 failures, double random)
{
    gint64 pause_us = 0;
    return tu_backoff_next(backoff, failures, random, &pause_us) ? pause_us / 1000 : -1;
}

typedef struct {
    guint64 failures;
    double random;
    gint64 ms; /* -1: given up */
} Row;

static void
check(const char *label, const TuBackoff *backoff, const Row *rows, guint n_rows)
{
    for (guint i = 0; i < n_rows; i++) {
        g_test_message("%s, failure %" G_GUINT64_FORMAT, label, rows[i].failures);
        g_assert_cmpint(pause_ms(backoff, rows[i].failures, rows[i].random), ==, rows[i].ms);
    }
}

static void
test_connection(void)
{
    static const Row rows[] = {{1, 0, 100},    {2, 0, 200},    {3, 0, 400},           {4, 0, 800},
                               {5, 0, 1600},   {6, 0, 2000},   {7, 0, 2000},          {1, 1, 50},
                               {6, 0.5, 1500}, {100, 1, 1000}, {G_MAXUINT64, 0, 2000}};
    check("connection", &tu_backoff_connection, rows, G_N_ELEMENTS(rows));
}

static void
test_job(void)
{
    static const Row rows[] = {{1, 0, 1000}, {2, 0, 2000}, {3, 0, 4000}, {4, 0, 8000},
                               {5, 0, -1},   {6, 0, -1},   {1, 1, 750},  {G_MAXUINT64, 0, -1}};
    static const Row once[] = {{1, 0, -1}, {1, 1, -1}};
    static const Row many[] = {
        {10, 0, 512 * 1000}, {11, 0, 600 * 1000}, {999, 0, 600 * 1000}, {1000, 0, -1}};
    TuBackoff five = tu_backoff_job(5);
    TuBackoff one = tu_backoff_job(1);
    TuBackoff thousand = tu_backoff_job(1000);
    check("job of five", &five, rows, G_N_ELEMENTS(rows));
    check("job of one", &one, once, G_N_ELEMENTS(once));
    check("job of a thousand", &thousand, many, G_N_ELEMENTS(many));
}

/* 1 s, 2 s, 4 s and so on, after `attempts` of them once an hour: docs/operations.md. */
static void
test_bucket(void)
{
    static const Row rows[] = {{1, 0, 1000},
                               {2, 0, 2000},
                               {5, 0, 16000},
                               {6, 0, 3600000},
                               {7, 0, 3600000},
                               {1, 1, 1000},
                               {G_MAXUINT64, 0, 3600000}};
    static const Row many[] = {
        {11, 0, 1024000}, {12, 0, 2048000}, {13, 0, 3600000}, {1001, 0, 3600000}};
    TuBackoff five = tu_backoff_bucket(5);
    TuBackoff thousand = tu_backoff_bucket(1000);
    check("bucket of five", &five, rows, G_N_ELEMENTS(rows));
    check("bucket of a thousand", &thousand, many, G_N_ELEMENTS(many));
}

/* What fails sooner than its pause, since something changed, is no further failure. */
static void
test_counts(void)
{
    static const struct {
        guint64 failures;
        gint64 elapsed_ms;
        gboolean counts;
    } rows[] = {
        {1, 0, TRUE},       {2, 500, FALSE},   {2, 1000, TRUE},   {3, 2999, FALSE},
        {3, 3000, TRUE},    {5, 14999, FALSE}, {5, 15000, TRUE},  {7, 3600000, FALSE},
        {7, 3631000, TRUE}, {1, -5000, FALSE}, {2, -5000, FALSE},
    };
    TuBackoff five = tu_backoff_bucket(5);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("failure %d after %d ms", (int)rows[i].failures, (int)rows[i].elapsed_ms);
        g_assert_cmpint(tu_backoff_counts(&five, rows[i].failures, rows[i].elapsed_ms * 1000), ==,
                        rows[i].counts);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backoff/connection", test_connection);
    g_test_add_func("/backoff/job", test_job);
    g_test_add_func("/backoff/bucket", test_bucket);
    g_test_add_func("/backoff/counts", test_counts);
    return g_test_run();
}
