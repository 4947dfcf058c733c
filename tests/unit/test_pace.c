/* Pace: batches, intervals, backlog warnings and the throttle, each told what happened. */
#include <string.h>

#include "daemon/pace.h"

#define MS G_GINT64_CONSTANT(1000)
#define SECOND (1000 * MS)

/* ---- batches ---- */

typedef struct {
    const char *label;
    guint size, changes;
    gint64 left;
    gint64 took_us;
    guint wanted;
} BatchRow;

/* min 100, max 10000 */
static const BatchRow batch_rows[] = {
    {"grows with the backlog", 100, 100, 5000, 10 * MS, 200},
    {"and again", 200, 200, 5000, 20 * MS, 400},
    {"at most to max", 6000, 6000, 5000, 100 * MS, 10000},
    {"stays at max", 10000, 10000, 5000, 100 * MS, 10000},
    {"not beyond what the target allows", 1000, 1000, 5000, 200 * MS, 1250},
    {"not at all when it takes as long as it may", 1000, 1000, 5000, 250 * MS, 1000},
    {"shrinks when it takes too long", 1000, 1000, 5000, 300 * MS, 500},
    {"shrinks to what fits", 8000, 8000, 5000, 2 * SECOND, 1000},
    {"never below min", 8000, 8000, 5000, 300 * SECOND, 100},
    {"a few changes that took long", 8000, 1, 0, 300 * MS, 4000},
    {"shrinks back when little comes", 8000, 10, 0, 5 * MS, 4000},
    {"to min", 150, 10, 0, 5 * MS, 100},
    {"when nothing comes too", 400, 0, 0, 1 * MS, 200},
    {"stays while it is used", 8000, 5000, 0, 50 * MS, 8000},
    {"a part of a batch says nothing about growing", 1000, 400, 600, 10 * MS, 1000},
    {"no time at all", 1000, 1000, 10, 0, 2000},
};

static void
test_batch(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(batch_rows); i++) {
        const BatchRow *row = &batch_rows[i];
        TuBatch batch = {.min = 100, .max = 10000, .size = row->size};
        g_test_message("%s", row->label);
        tu_batch_note(&batch, row->changes, row->left, row->took_us);
        g_assert_cmpuint(batch.size, ==, row->wanted);
    }
}

/* Whatever is reported, the size stays within the limits; equal limits hold it still. */
static void
test_batch_limits(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    TuBatch batch;
    tu_batch_init(&batch, 7, 7);
    for (guint i = 0; i < 100000; i++) {
        if (i % 100 == 0) {
            guint min = (guint)g_rand_int_range(random, 1, 1000000);
            tu_batch_init(&batch, min, (guint)g_rand_int_range(random, (gint32)min, 1000001));
        }
        guint changes = (guint)g_rand_int_range(random, 0, (gint32)batch.size + 1);
        tu_batch_note(&batch, changes, g_rand_int_range(random, -1, 3) * (gint64)G_MAXINT32,
                      g_rand_int_range(random, -1, 10 * SECOND));
        g_assert_cmpuint(batch.size, >=, batch.min);
        g_assert_cmpuint(batch.size, <=, batch.max);
    }
    tu_batch_init(&batch, 5, 5);
    tu_batch_note(&batch, 5, 100, 1);
    g_assert_cmpuint(batch.size, ==, 5);
}

/* A machine that needs 2 ms and 40 us a change: 300,000 changes wait, then 20 come every tick. */
static void
test_batch_settles(void)
{
    gint64 waiting = 300000;
    guint transactions = 0;
    guint slow = 0;
    TuBatch batch;
    tu_batch_init(&batch, 100, 10000);
    for (; waiting > 0; transactions++) {
        guint taken = (guint)MIN(waiting, batch.size);
        gint64 took_us = 2 * MS + taken * 40;
        waiting -= taken;
        slow += took_us > TU_BATCH_TARGET_US ? 1 : 0;
        tu_batch_note(&batch, taken, waiting, took_us);
    }
    g_assert_cmpuint(transactions, <, 65);
    g_assert_cmpuint(slow, <=, 1);
    for (guint i = 0; i < 10; i++)
        tu_batch_note(&batch, 20, 0, 3 * MS);
    g_assert_cmpuint(batch.size, ==, 100);
}

/* A machine so busy that a transaction takes 300 ms and more whatever it does, while 5,000 changes
 * come a second: smaller ones would fall behind for ever. Quiet again, the target is the old. */
static void
test_batch_starved(void)
{
    static const gint64 least_us[] = {300 * MS, 800 * MS, 3 * SECOND};
    for (guint i = 0; i < G_N_ELEMENTS(least_us); i++) {
        gint64 waiting = 20000;
        TuBatch batch;
        tu_batch_init(&batch, 100, 20000);
        for (guint n = 0; n < 200; n++) {
            guint taken = (guint)MIN(waiting, batch.size);
            gint64 took_us = least_us[i] + taken * 20;
            waiting += 5 * took_us / MS - taken;
            tu_batch_note(&batch, taken, waiting, took_us);
        }
        g_assert_cmpint(waiting, <, 25000);
        while (batch.size > 100)
            tu_batch_note(&batch, 20, 0, 3 * MS);
        tu_batch_note(&batch, 100, 0, 3 * MS);
        batch.size = 1000;
        tu_batch_note(&batch, 1000, 5000, 500 * MS);
        g_assert_cmpuint(batch.size, ==, 500);
    }
}

/* ---- intervals ---- */

static void
test_interval(void)
{
    TuInterval interval;
    gint64 quiet_us = 0;
    gint64 last_us = 200 * MS;
    guint asked = 0;
    tu_interval_init(&interval, 200 * MS);
    for (guint i = 0; i < 100; i++)
        g_assert_cmpint(tu_interval_next_us(&interval, TRUE), ==, 200 * MS);
    /* Two seconds at the full rate, then slower step by step, then once a second. */
    for (; quiet_us < 60 * SECOND; asked++) {
        gint64 next_us = tu_interval_next_us(&interval, FALSE);
        g_assert_cmpint(next_us, >=, last_us);
        g_assert_cmpint(next_us, <=, SECOND);
        if (quiet_us < 1800 * MS)
            g_assert_cmpint(next_us, ==, 200 * MS);
        if (quiet_us > 5 * SECOND)
            g_assert_cmpint(next_us, ==, SECOND);
        quiet_us += next_us;
        last_us = next_us;
    }
    g_assert_cmpuint(asked, <, 75);
    /* Back at once. */
    g_assert_cmpint(tu_interval_next_us(&interval, TRUE), ==, 200 * MS);
    g_assert_cmpint(tu_interval_next_us(&interval, FALSE), ==, 200 * MS);
}

/* What the next round waits for: the interval; a lock that another has; others, while there is
 * more. */
static void
test_interval_rest(void)
{
    static const struct {
        const char *label;
        gint64 left_us;
        gboolean has_more, is_held;
        gint64 wanted_us;
    } rows[] = {
        {"the interval", 200 * MS, FALSE, FALSE, 200 * MS},
        {"no time is left of it", -5 * MS, FALSE, FALSE, 0},
        {"a lock may come free earlier", 200 * MS, FALSE, TRUE, TU_HELD_US},
        {"the interval is shorter", 5 * MS, FALSE, TRUE, 5 * MS},
        {"a backlog leaves others the time to look twice", -1 * SECOND, TRUE, FALSE,
         2 * TU_HELD_US},
        {"also where another has a lock", 0, TRUE, TRUE, 2 * TU_HELD_US},
        {"and no more than that", 5 * SECOND, TRUE, FALSE, 2 * TU_HELD_US},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_assert_cmpint(tu_interval_rest_us(rows[i].left_us, rows[i].has_more, rows[i].is_held), ==,
                        rows[i].wanted_us);
    }
}

static void
test_interval_extremes(void)
{
    TuInterval interval;
    tu_interval_init(&interval, 5 * SECOND);
    for (guint i = 0; i < 100; i++)
        g_assert_cmpint(tu_interval_next_us(&interval, i % 10 == 0), ==, 5 * SECOND);
    tu_interval_init(&interval, 1 * MS);
    gint64 last_us = 0;
    for (guint i = 0; i < 3000; i++)
        last_us = tu_interval_next_us(&interval, FALSE);
    g_assert_cmpint(last_us, ==, SECOND);
    tu_interval_init(&interval, 1); /* grows from the smallest there is */
    interval.quiet_us = TU_INTERVAL_LINGER_US;
    for (guint i = 0; i < 60; i++)
        last_us = tu_interval_next_us(&interval, FALSE);
    g_assert_cmpint(last_us, ==, SECOND);
}

/* ---- the backlog ---- */

static void
test_backlog(void)
{
    TuBacklog backlog = {0};
    g_autofree char *signs = g_strnfill(80, ' ');
    guint ticks = 0;
    for (guint i = 0; i < 80; i++) {
        gint64 waiting = i >= 2 && i < 70 ? 20000 : 10000;
        TuBacklogSign sign =
            tu_backlog_tick(&backlog, waiting, 10000, 200 * MS, i * 200 * MS, &ticks);
        signs[i] = ".WR"[sign];
        if (sign == TU_BACKLOG_RECOVERED)
            g_assert_cmpuint(ticks, ==, 68);
    }
    g_assert_cmpstr(
        signs, ==,
        "......W.............................W.............................W...R........"
        ".");
}

static void
test_backlog_of_bursts(void)
{
    TuBacklog backlog = {0};
    guint ticks = 0;
    /* Four ticks are no backlog, however often. */
    for (guint i = 0; i < 100; i++)
        g_assert_cmpint(tu_backlog_tick(&backlog, i % 5 == 0 ? 0 : 101, 100, MS, i * MS, &ticks),
                        ==, TU_BACKLOG_QUIET);
    /* Fifty transactions within four ticks neither. */
    backlog = (TuBacklog){0};
    for (guint i = 0; i < 50; i++)
        g_assert_cmpint(tu_backlog_tick(&backlog, 101, 100, 200 * MS, SECOND + i * 15 * MS, &ticks),
                        ==, TU_BACKLOG_QUIET);
    g_assert_cmpuint(ticks, ==, 4);
    /* The clock is set back: it goes on counting. */
    g_assert_cmpint(tu_backlog_tick(&backlog, 101, 100, 200 * MS, 0, &ticks), ==, TU_BACKLOG_WARN);
    g_assert_cmpint(tu_backlog_tick(&backlog, 100, 100, 200 * MS, 1, &ticks), ==,
                    TU_BACKLOG_RECOVERED);
    g_assert_cmpuint(ticks, ==, 5);
    g_assert_cmpint(tu_backlog_tick(&backlog, 100, 100, 200 * MS, 2, &ticks), ==, TU_BACKLOG_QUIET);
}

static void
test_backlog_warning(void)
{
    g_autofree char *text = tu_backlog_warning(123456, 10000, 200 * MS, 5);
    g_assert_nonnull(strstr(text, "123456 changes"));
    g_assert_nonnull(strstr(text, "`refresh: batch: max` (now 10000)"));
    g_assert_nonnull(strstr(text, "`refresh: settle` (now 200ms)"));
}

/* ---- the throttle ---- */

static void
test_throttle(void)
{
    static const guint loads[] = {1, 10, 33, 50, 90, 99, 100};
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (guint i = 0; i < G_N_ELEMENTS(loads); i++) {
        gint64 worked_us = 0;
        gint64 rested_us = 0;
        TuThrottle throttle;
        tu_throttle_init(&throttle, loads[i]);
        for (guint chunk = 0; chunk < 1000; chunk++) {
            gint64 took_us = g_rand_int_range(random, 0, 500 * MS);
            gint64 rest_us = tu_throttle_worked(&throttle, took_us);
            g_assert_true(loads[i] < 100 || rest_us == 0);
            /* A timer wakes a little late; that is taken off the next rest. */
            gint64 slept_us = rest_us + (rest_us > 0 ? g_rand_int_range(random, 0, 5 * MS) : 0);
            tu_throttle_rested(&throttle, slept_us);
            worked_us += took_us;
            rested_us += slept_us;
        }
        double share = (double)worked_us / (double)(worked_us + rested_us) * 100;
        g_test_message("load %u%%: %.2f", loads[i], share);
        g_assert_cmpfloat(share, <=, loads[i] + 0.01);
        g_assert_cmpfloat(share, >=, loads[i] - 1.5);
    }
}

static void
test_throttle_bounds(void)
{
    TuThrottle throttle;
    tu_throttle_init(&throttle, 1);
    g_assert_cmpint(tu_throttle_worked(&throttle, 3600 * SECOND), ==, TU_THROTTLE_LONGEST_REST_US);
    g_assert_cmpint(tu_throttle_worked(&throttle, G_MAXINT64), ==, TU_THROTTLE_LONGEST_REST_US);
    tu_throttle_rested(&throttle, 59 * SECOND); /* woken to look whether it is cancelled */
    g_assert_cmpint(tu_throttle_worked(&throttle, 0), ==, SECOND);
    tu_throttle_rested(&throttle, -5);
    g_assert_cmpint(tu_throttle_worked(&throttle, -5), ==, SECOND);
    tu_throttle_rested(&throttle, G_MAXINT64);
    g_assert_cmpint(tu_throttle_worked(&throttle, 0), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pace/batch", test_batch);
    g_test_add_func("/pace/batch-limits", test_batch_limits);
    g_test_add_func("/pace/batch-settles", test_batch_settles);
    g_test_add_func("/pace/batch-starved", test_batch_starved);
    g_test_add_func("/pace/interval", test_interval);
    g_test_add_func("/pace/interval-extremes", test_interval_extremes);
    g_test_add_func("/pace/interval-rest", test_interval_rest);
    g_test_add_func("/pace/backlog", test_backlog);
    g_test_add_func("/pace/backlog-of-bursts", test_backlog_of_bursts);
    g_test_add_func("/pace/backlog-warning", test_backlog_warning);
    g_test_add_func("/pace/throttle", test_throttle);
    g_test_add_func("/pace/throttle-bounds", test_throttle_bounds);
    return g_test_run();
}
