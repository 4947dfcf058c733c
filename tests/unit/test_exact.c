/* Exact sums of doubles: in any order, added and taken away, rounded once. */
#include <float.h>
#include <math.h>

#include "cells/exact.h"
#include "value_rows.h"

#define LEAST 0x1p-1074 /* the least subnormal */
#define MOST DBL_MAX
#define ROW_NUMBERS 6

static void
assert_sum(const char *label, const TuExact *sum, double wanted)
{
    double is = tu_exact_round(sum);
    if (isnan(wanted) ? !isnan(is) : bits_of(is) != bits_of(wanted))
        g_error("%s: %a, should be %a", label, is, wanted);
}

/* ---- known cases ---- */

typedef struct {
    const char *label;
    guint n;
    double numbers[ROW_NUMBERS];
    double sum;
} Row;

static const Row rows[] = {
    {"nothing", 0, {0}, 0.0},
    {"zeros have no sign", 2, {-0.0, -0.0}, 0.0},
    {"one number", 1, {-12.75}, -12.75},
    {"what cancels leaves plain zero", 2, {-1.5, 1.5}, 0.0},
    {"six tenths are a tie", 6, {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 0x1.3333333333334p-1},
    {"a large one that goes again", 3, {1e300, 1.0, -1e300}, 1.0},
    {"two large ones of one size", 4, {1e300, LEAST, 1e-300, -1e300}, 1e-300},
    {"each alone would be lost", 3, {0x1p53, 1.0, 1.0}, 0x1p53 + 2},
    {"a tie goes to even below", 2, {0x1p53, 1.0}, 0x1p53},
    {"a tie goes to even above", 2, {0x1p53 + 2, 1.0}, 0x1p53 + 4},
    {"the same below zero", 2, {-0x1p53 - 2, -1.0}, -0x1p53 - 4},
    {"a tie that a crumb decides", 3, {0x1p53, 1.0, LEAST}, 0x1p53 + 2},
    {"a tie that a missing crumb decides", 3, {0x1p53 + 2, 1.0, -LEAST}, 0x1p53 + 2},
    {"half a unit in the last place", 2, {1.0, 0x1p-53}, 1.0},
    {"and a crumb far below", 3, {1.0, 0x1p-53, LEAST}, 1.0 + DBL_EPSILON},
    {"a quarter below one is a tie", 2, {1.0, -0x1p-54}, 1.0},
    {"below a power of two steps are halved", 3, {1.0, -0x1p-54, -LEAST}, 1.0 - 0x1p-53},
    {"rounding up makes a bit more", 3, {0x1.fffffffffffffp0, 0x1p-53, 0x1p-60}, 2.0},
    {"across a digit's border", 2, {0x1p-1043, 0x1p-1042}, 0x1.8p-1042},
    {"subnormals add exactly", 3, {LEAST, LEAST, LEAST}, 3 * LEAST},
    {"subnormals cancel", 3, {LEAST, -3 * LEAST, 2 * LEAST}, 0.0},
    {"just below the normal ones", 2, {DBL_MIN, -LEAST}, DBL_MIN - LEAST},
    {"into the normal ones", 2, {DBL_MIN - LEAST, LEAST}, DBL_MIN},
    {"a subnormal of all bits", 2, {0x0.fffffffffffffp-1022, -LEAST}, 0x0.ffffffffffffep-1022},
    {"beyond and back", 3, {MOST, MOST, -MOST}, MOST},
    {"beyond all doubles", 2, {MOST, MOST}, INFINITY},
    {"beyond all doubles, below", 2, {-MOST, -MOST}, -INFINITY},
    {"less than half beyond the largest", 2, {MOST, 0x1p969}, MOST},
    {"half beyond the largest is a tie", 2, {MOST, 0x1p970}, INFINITY},
    {"a crumb less than half", 3, {MOST, 0x1p970, -LEAST}, MOST},
    {"an infinity", 2, {1.0, INFINITY}, INFINITY},
    {"the other one", 3, {-INFINITY, 1e308, 1e308}, -INFINITY},
    {"both infinities", 2, {INFINITY, -INFINITY}, NAN},
    {"not a number", 2, {NAN, 1.0}, NAN},
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    for (guint first = 0; first < MAX(row->n, 1); first++) {
        TuExact sum = {0};
        for (guint i = 0; i < row->n; i++)
            tu_exact_add(&sum, row->numbers[(first + i) % row->n], 1);
        assert_sum(row->label, &sum, row->sum);
        /* Whatever else came and went. */
        for (guint i = 0; i < row->n; i++)
            tu_exact_add(&sum, row->numbers[i] * 3, 1);
        for (guint i = row->n; i-- > 0;)
            tu_exact_add(&sum, row->numbers[i] * 3, -1);
        assert_sum(row->label, &sum, row->sum);
        for (guint i = 0; i < row->n; i++)
            tu_exact_add(&sum, row->numbers[i], -1);
        assert_sum("all taken away", &sum, 0.0);
        tu_exact_clear(&sum);
    }
}

/* ---- against fixed point of 128 bits ---- */

/* A number m * 2^(shift - 60), |m| < 2^53: its value in units of 2^-60 has at most 113 bits, and
 * 2^13 of those still fit. */
typedef struct {
    double number;
    __int128 fixed;
} Both;

#define FIXED_BITS 60

static Both
random_number(GRand *rand)
{
    guint64 wide = (guint64)g_rand_int(rand) << 32 | g_rand_int(rand);
    gint64 mantissa = (gint64)(wide >> (11 + g_rand_int_range(rand, 0, 53)));
    int shift = g_rand_int_range(rand, 0, 61);
    if (g_rand_boolean(rand))
        mantissa = -mantissa;
    return (Both){ldexp((double)mantissa, shift - FIXED_BITS),
                  (__int128)mantissa * ((__int128)1 << shift)};
}

/* The conversion of an integer to a double rounds to nearest, ties to even (C, Annex F). */
static double
rounded(__int128 fixed)
{
    return ldexp((double)fixed, -FIXED_BITS);
}

static void
test_fixed_point(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240407);
    for (guint round = 0; round < 300; round++) {
        TuExact sum = {0};
        __int128 fixed = 0;
        guint n = (guint)g_rand_int_range(rand, 1, 400);
        for (guint i = 0; i < n; i++) {
            Both both = random_number(rand);
            int weight = g_rand_boolean(rand) ? 1 : -1;
            tu_exact_add(&sum, both.number, weight);
            fixed += weight * both.fixed;
            assert_sum("running sum", &sum, rounded(fixed));
        }
        tu_exact_clear(&sum);
    }
}

/* Sums that come to lie on or beside the middle between two doubles. */
static void
test_middles(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (guint round = 0; round < 20000; round++) {
        TuExact sum = {0};
        __int128 mantissa = ((__int128)1 << 52) + (g_rand_int(rand) & 0xfff);
        int ulp = g_rand_int_range(rand, 4, 50);
        __int128 crumb = g_rand_int_range(rand, -1, 2);
        double sign = g_rand_boolean(rand) ? 1 : -1;
        tu_exact_add(&sum, sign * ldexp((double)mantissa, ulp - FIXED_BITS), 1);
        tu_exact_add(&sum, sign * ldexp(1, ulp - 1 - FIXED_BITS), 1);
        tu_exact_add(&sum, sign * ldexp((double)crumb, -FIXED_BITS), 1);
        __int128 fixed = (mantissa << ulp) + ((__int128)1 << (ulp - 1)) + crumb;
        assert_sum("middle", &sum, sign * rounded(fixed));
        tu_exact_clear(&sum);
    }
}

/* ---- order, parts, carries ---- */

static double
random_double(GRand *rand)
{
    double number = ldexp(g_rand_double_range(rand, -1, 1), g_rand_int_range(rand, -1074, 1000));
    return number == 0 ? LEAST : number;
}

static void
test_order_and_parts(void)
{
    enum { n = 500 };
    double numbers[n];
    g_autoptr(GRand) rand = g_rand_new_with_seed(99);
    TuExact whole = {0};
    for (guint i = 0; i < n; i++) {
        numbers[i] = random_double(rand);
        tu_exact_add(&whole, numbers[i], 1);
    }
    double wanted = tu_exact_round(&whole);
    for (guint round = 0; round < 50; round++) {
        TuExact parts[3] = {{0}, {0}, {0}};
        TuExact all = {0};
        for (guint i = n - 1; i > 0; i--) {
            guint other = (guint)g_rand_int_range(rand, 0, (gint32)i + 1);
            double kept = numbers[i];
            numbers[i] = numbers[other];
            numbers[other] = kept;
        }
        for (guint i = 0; i < n; i++)
            tu_exact_add(&parts[g_rand_int_range(rand, 0, 3)], numbers[i], 1);
        for (guint p = 0; p < G_N_ELEMENTS(parts); p++) {
            tu_exact_merge(&all, &parts[p]);
            tu_exact_clear(&parts[p]);
        }
        assert_sum("in another order and in parts", &all, wanted);
        for (guint i = 0; i < n; i++)
            tu_exact_add(&all, numbers[i], -1);
        assert_sum("all taken away", &all, 0.0);
        tu_exact_clear(&all);
    }
    tu_exact_clear(&whole);
}

/* After 2^30 additions carries must move; here before each one. */
static void
test_carries(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    TuExact lazy = {0};
    TuExact eager = {0};
    for (guint i = 0; i < 5000; i++) {
        double number = random_double(rand);
        tu_exact_add(&lazy, number, 1);
        eager.n_uncarried = G_MAXUINT32;
        tu_exact_add(&eager, number, 1);
        if (i % 50 == 0)
            assert_sum("carried each time", &eager, tu_exact_round(&lazy));
    }
    assert_sum("carried each time", &eager, tu_exact_round(&lazy));
    tu_exact_clear(&lazy);
    tu_exact_clear(&eager);
}

/* Digits that hold as much as 2^30 additions leave there. */
static void
test_full_digits(void)
{
    TuExact sum = {0};
    TuExact doubled = {0};
    tu_exact_add(&sum, 0x1.fffffffffffffp52, 1);
    for (guint i = 0; i < 30; i++) {
        tu_exact_clear(&doubled);
        tu_exact_merge(&doubled, &sum);
        tu_exact_merge(&doubled, &sum);
        TuExact kept = sum;
        sum = doubled;
        doubled = kept;
        assert_sum("doubled", &sum, ldexp(0x1.fffffffffffffp52, (int)i + 1));
    }
    tu_exact_add(&sum, -0x1.fffffffffffffp82, 1);
    assert_sum("and taken away at once", &sum, 0.0);
    tu_exact_clear(&sum);
    tu_exact_clear(&doubled);
}

static void
test_infinities_go_again(void)
{
    TuExact sum = {0};
    tu_exact_add(&sum, 2.5, 1);
    tu_exact_add(&sum, INFINITY, 1);
    tu_exact_add(&sum, -INFINITY, 1);
    tu_exact_add(&sum, NAN, 1);
    assert_sum("all of them", &sum, NAN);
    tu_exact_add(&sum, NAN, -1);
    assert_sum("both infinities", &sum, NAN);
    tu_exact_add(&sum, -INFINITY, -1);
    assert_sum("one infinity", &sum, INFINITY);
    TuExact merged = {0};
    tu_exact_merge(&merged, &sum);
    assert_sum("merged", &merged, INFINITY);
    tu_exact_add(&sum, INFINITY, -1);
    assert_sum("none", &sum, 2.5);
    tu_exact_clear(&merged);
    tu_exact_clear(&sum);
}

/* ---- integers ---- */

static void
test_integers(void)
{
    const __int128 largest = (__int128)(~(unsigned __int128)0 >> 1);
    static const gint64 small[] = {0, 1, -1, G_MAXINT64, G_MININT64, 9007199254740993};
    for (guint i = 0; i < G_N_ELEMENTS(small); i++) {
        TuExact sum = {0};
        tu_exact_add_integer(&sum, small[i]);
        assert_sum("an integer", &sum, (double)small[i]);
        tu_exact_add_integer(&sum, (__int128)small[i] * 1000003);
        assert_sum("a wide integer", &sum, (double)((__int128)small[i] * 1000004));
        tu_exact_clear(&sum);
    }
    TuExact sum = {0};
    tu_exact_add_integer(&sum, largest);
    assert_sum("the largest", &sum, 0x1p127);
    tu_exact_add_integer(&sum, -largest - 1);
    assert_sum("and the least", &sum, -1.0);
    tu_exact_add(&sum, 0.25, 1);
    assert_sum("with a real", &sum, -0.75);
    tu_exact_clear(&sum);
    g_assert_cmpuint(sum.n_digits, ==, 0);
}

static void
test_bytes(void)
{
    TuExact sum = {0};
    tu_exact_add(&sum, 12.5, 1);
    tu_exact_add(&sum, 99.75, 1);
    guint few = sum.n_digits;
    g_assert_cmpuint(few, >, 0);
    g_assert_cmpuint(few, <=, 4);
    tu_exact_add(&sum, LEAST, 1);
    tu_exact_add(&sum, MOST, 1);
    g_assert_cmpuint(sum.n_digits, >, few);
    tu_exact_clear(&sum);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/exact/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/exact/fixed-point", test_fixed_point);
    g_test_add_func("/exact/middles", test_middles);
    g_test_add_func("/exact/order-and-parts", test_order_and_parts);
    g_test_add_func("/exact/carries", test_carries);
    g_test_add_func("/exact/full-digits", test_full_digits);
    g_test_add_func("/exact/infinities-go-again", test_infinities_go_again);
    g_test_add_func("/exact/integers", test_integers);
    g_test_add_func("/exact/bytes", test_bytes);
    return g_test_run();
}
