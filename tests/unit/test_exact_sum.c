/* Sums and averages of typed databases: exact, folded whatever their size, and never wrong. */
#include "sum_world.h"
#include "value_rows.h"

#define SUM TU_MEASURE_SUM
#define AVG TU_MEASURE_AVG
#define WHOLE TU_NUMBER_WHOLE
#define DECIMAL TU_NUMBER_DECIMAL
#define INPUTS 5
#define NINES "99999999999999999999999999999999999999" /* 38 of them */

/* ---- results ---- */

typedef struct {
    TuValue value;
    int weight; /* 0 ends the list */
} Input;

typedef struct {
    const char *label;
    TuMeasureKind kind;
    TuNumberKind number;
    int scale;
    Input inputs[INPUTS];
    TuValue result, sum;
    gint64 n;
    enum { FITS, FITS_NOT } fits;
} Row;

#define IN(x)                                                                                      \
    {                                                                                              \
        x, 1                                                                                       \
    }
#define OUT(x)                                                                                     \
    {                                                                                              \
        x, -1                                                                                      \
    }

static const Row rows[] = {
    {"integers", SUM, WHOLE, -1, {IN(I(5)), IN(NIL), IN(I(-7))}, I(-2), I(-2), 2},
    {"no integers", SUM, WHOLE, -1, {IN(NIL)}, NIL, NIL, 0},
    {"beyond 64 bits and back",
     SUM,
     WHOLE,
     -1,
     {IN(I(G_MAXINT64)), IN(I(G_MAXINT64)), OUT(I(G_MAXINT64))},
     I(G_MAXINT64),
     I(G_MAXINT64),
     1},
    {"the least taken away",
     SUM,
     WHOLE,
     -1,
     {IN(I(-1)), OUT(I(G_MININT64)), IN(I(0))},
     I(G_MAXINT64),
     I(G_MAXINT64),
     1},
    {"beyond 64 bits", SUM, WHOLE, -1, {IN(I(G_MAXINT64)), IN(I(1))}, NIL, NIL, 2, FITS_NOT},
    {"an unsigned integer of 64 bits",
     SUM,
     WHOLE,
     -1,
     {IN(L("18446744073709551615")), IN(I(G_MININT64)), IN(I(G_MININT64))},
     I(-1),
     I(-1),
     3},
    {"integral decimals are integers", SUM, WHOLE, -1, {IN(D(500, 2)), IN(R(2.0))}, I(7), I(7), 2},
    {"avg of integers", AVG, WHOLE, -1, {IN(I(1)), IN(I(2)), IN(I(2))}, D(1666667, 6), I(5), 3},
    {"avg below 0", AVG, WHOLE, -1, {IN(I(-1)), IN(I(-2)), IN(I(-2))}, D(-1666667, 6), I(-5), 3},
    {"avg that is whole", AVG, WHOLE, -1, {IN(I(2)), IN(I(4))}, D(3000000, 6), I(6), 2},
    {"avg of large integers",
     AVG,
     WHOLE,
     -1,
     {IN(I(G_MAXINT64)), IN(I(G_MAXINT64 - 1)), OUT(I(0)), IN(I(-G_MAXINT64))},
     L("4611686018427387903.000000"),
     I(G_MAXINT64 - 1),
     2},
    {"avg of a sum beyond 64 bits",
     AVG,
     WHOLE,
     -1,
     {IN(I(G_MAXINT64)), IN(I(G_MAXINT64))},
     NIL,
     NIL,
     2,
     FITS_NOT},

    {"decimals", SUM, DECIMAL, 2, {IN(D(150, 2)), IN(D(-25, 2))}, D(125, 2), D(125, 2), 2},
    {"decimals that sum up to a whole",
     SUM,
     DECIMAL,
     2,
     {IN(D(150, 2)), IN(D(50, 2))},
     D(200, 2),
     D(200, 2),
     2},
    {"no decimals", SUM, DECIMAL, 2, {IN(NIL), IN(NIL)}, NIL, NIL, 0},
    {"integers at the declared scale",
     SUM,
     DECIMAL,
     2,
     {IN(I(1)), IN(I(2))},
     D(300, 2),
     D(300, 2),
     2},
    {"a scale that differs",
     SUM,
     DECIMAL,
     2,
     {IN(D(15, 1)), IN(D(25, 2)), IN(I(1))},
     D(275, 2),
     D(275, 2),
     3},
    {"a scale beyond the declared one",
     SUM,
     DECIMAL,
     1,
     {IN(D(15, 1)), IN(D(25, 2))},
     D(175, 2),
     D(175, 2),
     2},
    {"the largest scale met",
     SUM,
     DECIMAL,
     -1,
     {IN(D(15, 1)), IN(D(12345, 4)), IN(I(1))},
     D(37345, 4),
     D(37345, 4),
     3},
    {"all integers, no scale", SUM, DECIMAL, -1, {IN(I(1)), IN(D(2, 0))}, D(3, 0), D(3, 0), 2},
    {"digits beyond 64 bits",
     SUM,
     DECIMAL,
     2,
     {IN(D(G_MAXINT64, 2)), IN(D(G_MAXINT64, 2))},
     L("184467440737095516.14"),
     L("184467440737095516.14"),
     2},
    {"a scale that widens the sum",
     SUM,
     DECIMAL,
     -1,
     {IN(I(G_MAXINT64)), IN(D(5, 10))},
     L("9223372036854775807.0000000005"),
     L("9223372036854775807.0000000005"),
     2},
    {"38 digits and back",
     SUM,
     DECIMAL,
     0,
     {IN(L(NINES)), IN(I(-5)), OUT(L(NINES))},
     D(-5, 0),
     D(-5, 0),
     1},
    {"39 digits", SUM, DECIMAL, 0, {IN(L(NINES)), IN(I(1))}, NIL, NIL, 2, FITS_NOT},
    {"39 digits below 0", SUM, DECIMAL, 0, {OUT(L(NINES)), OUT(I(1))}, NIL, NIL, -2, FITS_NOT},
    {"39 digits once scaled", SUM, DECIMAL, -1, {IN(L(NINES)), IN(D(1, 1))}, NIL, NIL, 2, FITS_NOT},
    {"not a number", SUM, DECIMAL, 2, {IN(D(150, 2)), IN(R(NAN))}, R(NAN), R(NAN), 2},
    {"an infinity", SUM, DECIMAL, 2, {IN(R(INFINITY)), IN(D(150, 2))}, R(INFINITY), R(INFINITY), 2},
    {"infinities of both signs",
     SUM,
     DECIMAL,
     2,
     {IN(R(INFINITY)), IN(R(-INFINITY))},
     R(NAN),
     R(NAN),
     2},
    {"not a number, taken away",
     SUM,
     DECIMAL,
     2,
     {IN(D(150, 2)), IN(R(NAN)), OUT(R(NAN))},
     D(150, 2),
     D(150, 2),
     1},
    {"avg of decimals",
     AVG,
     DECIMAL,
     2,
     {IN(D(100, 2)), IN(D(200, 2)), IN(D(200, 2))},
     D(166666667, 8),
     D(500, 2),
     3},
    {"avg, scale not declared",
     AVG,
     DECIMAL,
     -1,
     {IN(D(1, 0)), IN(D(2, 0)), IN(D(2, 0))},
     D(16666666666666667, 16),
     D(5, 0),
     3},
    {"avg, a half up", AVG, DECIMAL, 0, {IN(D(1, 7)), IN(D(0, 7))}, D(0, 6), D(1, 7), 2},
    {"avg, more scale than it gets",
     AVG,
     DECIMAL,
     0,
     {IN(D(15, 7)), IN(D(15, 7))},
     D(2, 6),
     D(30, 7),
     2},
    {"avg, a half away from 0", AVG, DECIMAL, 0, {IN(D(-5, 7))}, D(-1, 6), D(-5, 7), 1},
    {"avg, what is cut off decides",
     AVG,
     DECIMAL,
     0,
     {IN(D(45, 8)), IN(D(55, 8)), IN(D(50, 8))},
     D(1, 6),
     D(150, 8),
     3},
    {"avg, just below a half",
     AVG,
     DECIMAL,
     0,
     {IN(D(45, 8)), IN(D(54, 8)), IN(D(50, 8))},
     D(0, 6),
     D(149, 8),
     3},
    {"avg of the most decimals",
     AVG,
     DECIMAL,
     38,
     {IN(D(1, 38)), IN(D(2, 38))},
     D(2, 38),
     D(3, 38),
     2},
    {"avg that ends early keeps its digits",
     AVG,
     DECIMAL,
     2,
     {IN(L("999999999999999999999999999999999.25"))},
     L("999999999999999999999999999999999.25000"),
     L("999999999999999999999999999999999.25"),
     1},
    {"avg that does not end is too long",
     AVG,
     DECIMAL,
     2,
     {IN(L("999999999999999999999999999999999.25")), IN(I(0)), IN(I(0))},
     NIL,
     NIL,
     3,
     FITS_NOT},
    {"avg of not a number", AVG, DECIMAL, 2, {IN(D(150, 2)), IN(R(NAN))}, R(NAN), R(NAN), 2},
    {"avg of what is only taken away",
     AVG,
     DECIMAL,
     2,
     {OUT(D(100, 2)), OUT(D(200, 2))},
     D(150000000, 8),
     D(-300, 2),
     -2},
};

static void
assert_state(const World *world, const Row *row, const TuDecimalState *state, const char *how)
{
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    g_autofree char *label = g_strdup_printf("%s, %s", row->label, how);
    gboolean fits = tu_measure_result(world->measure, state, &text, &result, &sum, &n);
    g_assert_cmpint(fits, ==, row->fits == FITS);
    g_assert_cmpint(n, ==, row->n);
    if (!fits)
        return;
    assert_value(label, result, row->result);
    assert_value(label, sum, row->sum);
}

/* One by one, in the other order, and each in a state of its own, merged with its weight. */
static void
test_row(gconstpointer data)
{
    const Row *row = data;
    World world;
    TuDecimalState forward = {0};
    TuDecimalState backward = {0};
    TuDecimalState merged = {0};
    world_init(&world, row->kind, row->number, row->scale);
    for (guint i = 0; i < INPUTS && row->inputs[i].weight != 0; i++) {
        TuDecimalState part = {0};
        g_assert_true(add(&world, &forward, row->inputs[i].value, row->inputs[i].weight));
        g_assert_true(add(&world, &part, row->inputs[i].value, 1));
        merge(&world, &merged, &part, row->inputs[i].weight);
    }
    for (guint i = INPUTS; i-- > 0;)
        if (row->inputs[i].weight != 0)
            g_assert_true(add(&world, &backward, row->inputs[i].value, row->inputs[i].weight));
    assert_state(&world, row, &forward, "added");
    assert_state(&world, row, &backward, "added in the other order");
    assert_state(&world, row, &merged, "merged");
    world_clear(&world);
}

/* ---- values that do not belong: the state stays as it is ---- */

typedef struct {
    const char *label;
    TuNumberKind number;
    TuValue value;
} BadRow;

static const BadRow bad[] = {
    {"a fraction among integers", WHOLE, D(15, 1)},
    {"a real among integers", WHOLE, R(1.5)},
    {"not a number among integers", WHOLE, R(NAN)},
    {"text among integers", WHOLE, T("1")},
    {"39 digits among integers", WHOLE, L("100000000000000000000000000000000000000")},
    {"a real among decimals", DECIMAL, R(1.5)},
    {"a large real among decimals", DECIMAL, R(1e300)},
    {"text among decimals", DECIMAL, T("1.5")},
    {"a date among decimals", DECIMAL, DATE(1)},
    {"39 digits among decimals", DECIMAL, L("10000000000000000000000000000000000000.1")},
    {"39 digits after the point", DECIMAL, L("0.000000000000000000000000000000000000001")},
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    World world;
    TuDecimalState state = {0};
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    world_init(&world, SUM, row->number, row->number == WHOLE ? -1 : 0);
    g_assert_true(add(&world, &state, I(5), 1));
    g_assert_false(add(&world, &state, row->value, 1));
    g_assert_true(tu_measure_result(world.measure, &state, &text, &result, &sum, &n));
    assert_value(row->label, result, row->number == WHOLE ? I(5) : D(5, 0));
    g_assert_cmpint(n, ==, 1);
    world_clear(&world);
}

/* ---- from what is stored ---- */

typedef struct {
    const char *label;
    TuMeasureKind kind;
    TuNumberKind number;
    TuValue result, sum, n;
    enum { READ, READ_NOT } is_read;
} StoredRow;

static const StoredRow stored[] = {
    {"sum", SUM, WHOLE, I(7), I(7), I(2)},
    {"largest sum", SUM, WHOLE, I(G_MAXINT64), I(G_MAXINT64), I(2)},
    {"sum of nothing", SUM, WHOLE, NIL, NIL, I(0)},
    {"sum in a column of decimals", SUM, WHOLE, D(700, 2), D(700, 2), I(2)},
    {"sum in a column of reals", SUM, WHOLE, R(7), R(7), I(2)},
    {"sum that a real may have rounded", SUM, WHOLE, R(0x1p54), R(0x1p54), I(2), READ_NOT},
    {"sum that is no integer", SUM, WHOLE, D(75, 1), D(75, 1), I(2), READ_NOT},
    {"sum without its count", SUM, WHOLE, I(7), I(7), NIL, READ_NOT},
    {"count without its sum", SUM, WHOLE, NIL, NIL, I(2), READ_NOT},
    {"text", SUM, WHOLE, T("7"), T("7"), I(2), READ_NOT},
    {"avg", AVG, WHOLE, D(3500000, 6), I(7), I(2)},
    {"decimal sum", SUM, DECIMAL, D(1250, 2), D(1250, 2), I(2)},
    {"decimal sum in a column of integers", SUM, DECIMAL, I(12), I(12), I(2)},
    {"long decimal sum", SUM, DECIMAL, L("-12345678901234567890.12"), L("-12345678901234567890.12"),
     I(2)},
    {"decimal sum of 39 digits", SUM, DECIMAL, L("9" NINES), L("9" NINES), I(2), READ_NOT},
    {"decimal sum that is not a number", SUM, DECIMAL, R(NAN), R(NAN), I(2), READ_NOT},
    {"decimal sum that is infinite", SUM, DECIMAL, R(INFINITY), R(INFINITY), I(2), READ_NOT},
    {"decimal sum in a column of reals", SUM, DECIMAL, R(1.5), R(1.5), I(2), READ_NOT},
    {"decimal avg", AVG, DECIMAL, D(62500000, 7), D(1250, 2), I(2)},
};

/* What is read can be folded into, and comes out again. */
static void
test_stored(gconstpointer data)
{
    const StoredRow *row = data;
    World world;
    TuDecimalState state = {0};
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    world_init(&world, row->kind, row->number, row->number == WHOLE ? -1 : 2);
    gboolean is_read = tu_measure_from_stored(world.measure, &state, row->result, row->sum, row->n,
                                              world.dictionary, world.wides);
    g_assert_cmpint(is_read, ==, row->is_read == READ);
    if (is_read) {
        g_assert_true(tu_measure_folds_exactly(world.measure, &state));
        g_assert_true(tu_measure_result(world.measure, &state, &text, &result, &sum, &n));
        g_assert_cmpint(tu_value_compare(&result, &row->result), ==, 0);
        g_assert_cmpint(tu_value_compare(&sum, &row->sum), ==, 0);
        g_assert_cmpint(n, ==, row->n.integer);
    }
    world_clear(&world);
}

/* ---- what folds ---- */

static void
test_folds(void)
{
    static const struct {
        TuNumberKind number;
        TuValue value;
        gboolean folds;
    } folds[] = {
        {WHOLE, I(G_MININT64), TRUE},
        {WHOLE, L("9223372036854775808"), FALSE}, /* could not be stored */
        {DECIMAL, D(5, 2), TRUE},
        {DECIMAL, L(NINES), TRUE},
        {DECIMAL, R(NAN), FALSE},
        {DECIMAL, R(-INFINITY), FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(folds); i++) {
        World world;
        TuDecimalState state = {0};
        world_init(&world, SUM, folds[i].number, -1);
        g_assert_true(tu_measure_is_nothing(world.measure, &state));
        g_assert_true(tu_measure_folds_exactly(world.measure, &state));
        g_assert_true(add(&world, &state, folds[i].value, 1));
        g_assert_cmpint(tu_measure_folds_exactly(world.measure, &state), ==, folds[i].folds);
        g_assert_false(tu_measure_is_nothing(world.measure, &state));
        g_assert_true(add(&world, &state, folds[i].value, -1));
        g_assert_true(tu_measure_is_nothing(world.measure, &state));
        g_assert_true(tu_measure_folds_exactly(world.measure, &state));
        world_clear(&world);
    }
}

/* A sum that got too long cannot be told any more, also when what made it so is taken away. */
static void
test_beyond(void)
{
    World world;
    TuDecimalState state = {0};
    TuDecimalState into = {0};
    world_init(&world, SUM, DECIMAL, -1);
    for (int weight = 1; weight >= -1; weight -= 2)
        for (guint i = 0; i < 9; i++)
            g_assert_true(add(&world, &state, L(NINES), weight));
    g_assert_false(tu_measure_folds_exactly(world.measure, &state));
    g_assert_false(tu_measure_is_nothing(world.measure, &state));
    merge(&world, &into, &state, -1);
    g_assert_false(tu_measure_folds_exactly(world.measure, &into));
    world_clear(&world);
}

#define ADD_ROWS(group, rows, test)                                                                \
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                               \
        g_autofree char *path = g_strdup_printf("/exact-sum/" group "/%s", rows[i].label);         \
        g_test_add_data_func(path, &rows[i], test);                                                \
    }

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_ROWS("row", rows, test_row)
    ADD_ROWS("bad", bad, test_bad)
    ADD_ROWS("stored", stored, test_stored)
    g_test_add_func("/exact-sum/folds", test_folds);
    g_test_add_func("/exact-sum/beyond", test_beyond);
    return g_test_run();
}
