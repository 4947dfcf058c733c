/* Exact sums and averages of random rows, against sums of single digits. */
#include "sum_world.h"

#define WHOLE TU_NUMBER_WHOLE
#define DECIMAL TU_NUMBER_DECIMAL

enum { PLACES = 60, ROUNDS = 3000, ROWS = 40 };

/* Place k counts 10^(k - 20); carries come last. */
typedef struct {
    gint64 places[PLACES];
} Slow;

static void
slow_add(Slow *slow, const TuValue *value, int weight)
{
    char text[TU_DECIMAL_TEXT_BYTES];
    __int128 integer;
    guint32 scale;
    g_assert_true(tu_decimal_digits(value, &integer, &scale));
    gsize bytes = tu_decimal_format(integer, 0, text);
    gboolean is_negative = text[0] == '-';
    for (gsize i = is_negative ? 1 : 0; i < bytes; i++)
        slow->places[20 - scale + (bytes - 1 - i)] +=
            (is_negative ? -weight : weight) * (text[i] - '0');
}

/* TRUE if nothing is left once `value` is taken away. */
static gboolean
slow_is(Slow slow, const TuValue *value)
{
    slow_add(&slow, value, -1);
    for (guint i = 0; i + 1 < PLACES; i++) {
        if (slow.places[i] % 10 != 0)
            return FALSE;
        slow.places[i + 1] += slow.places[i] / 10;
    }
    return slow.places[PLACES - 1] == 0;
}

static TuValue
random_value(GRand *rand, TuNumberKind number, char *text)
{
    int bits = g_rand_int_range(rand, 0, number == WHOLE ? 60 : 100);
    __int128 integer = (__int128)g_rand_int(rand) << 68 | (__int128)g_rand_int(rand) << 36 |
                       (__int128)g_rand_int(rand) << 4;
    integer = (integer >> (100 - bits)) * (g_rand_boolean(rand) ? 1 : -1);
    if (number == WHOLE)
        return tu_value_integer((gint64)integer);
    return tu_decimal_value(integer, bits > 70 ? 2 : (guint32)g_rand_int_range(rand, 0, 8), text);
}

/* Rows go into one of three states at random, some are taken away again; then all are merged. */
static void
check_random(GRand *rand, TuNumberKind number)
{
    World world;
    Slow slow = {0};
    TuDecimalState states[3] = {0};
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n;
    gint64 n_wanted = 0;
    world_init(&world, TU_MEASURE_SUM, number,
               number == WHOLE ? -1 : g_rand_int_range(rand, -1, 5));
    for (guint i = 0; i < ROWS; i++) {
        char digits[TU_DECIMAL_TEXT_BYTES];
        TuValue value = random_value(rand, number, digits);
        int weight = g_rand_int_range(rand, 0, 4) == 0 ? -1 : 1;
        guint state = (guint)g_rand_int_range(rand, 0, 3);
        g_assert_true(add(&world, &states[state], value, weight));
        slow_add(&slow, &value, state == 2 ? -weight : weight);
        n_wanted += state == 2 ? -weight : weight;
    }
    merge(&world, &states[0], &states[1], 1);
    merge(&world, &states[0], &states[2], -1);
    g_assert_true(tu_measure_result(world.measure, &states[0], &text, &result, &sum, &n));
    g_assert_cmpint(n, ==, n_wanted);
    g_assert_true(n == 0 || slow_is(slow, &sum));
    world_clear(&world);
}

static void
test_random_sums(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    for (guint i = 0; i < ROUNDS; i++) {
        check_random(rand, WHOLE);
        check_random(rand, DECIMAL);
    }
}

/* The average is within half a unit of sum / n; at exactly half a unit it is the one farther from
 * 0. */
static void
check_average(GRand *rand, int scale, guint32 input_scale, guint n_rows)
{
    World world;
    TuDecimalState state = {0};
    TuMeasureText text;
    TuValue average;
    TuValue sum;
    gint64 n;
    __int128 total;
    __int128 found;
    guint32 from = 0;
    guint32 to = 0;
    world_init(&world, TU_MEASURE_AVG, DECIMAL, scale);
    for (guint i = 0; i < n_rows; i++)
        g_assert_true(add(&world, &state,
                          tu_value_decimal(g_rand_int_range(rand, -1000000, 1000000), input_scale),
                          1));
    g_assert_true(tu_measure_result(world.measure, &state, &text, &average, &sum, &n));
    g_assert_true(tu_decimal_digits(&sum, &total, &from) &&
                  tu_decimal_digits(&average, &found, &to));
    g_assert_cmpuint(to, ==, scale < 0 ? 16 : scale + 6);
    guint32 common = MAX(from, to);
    __int128 unit = 1;
    g_assert_true(tu_decimal_shift(&total, common - from) &&
                  tu_decimal_shift(&found, common - to) && tu_decimal_shift(&unit, common - to));
    __int128 error = 2 * (found * n - total);
    __int128 half = unit * n;
    g_assert_true(error <= half && error >= -half);
    g_assert_true((error != half || total > 0) && (error != -half || total < 0));
    world_clear(&world);
}

static void
test_random_averages(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(12);
    for (guint i = 0; i < 20 * ROUNDS; i++)
        check_average(rand, g_rand_int_range(rand, -1, 4), (guint32)g_rand_int_range(rand, 0, 19),
                      (guint)g_rand_int_range(rand, 1, 20));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/exact-sum-random/sums", test_random_sums);
    g_test_add_func("/exact-sum-random/averages", test_random_averages);
    return g_test_run();
}
