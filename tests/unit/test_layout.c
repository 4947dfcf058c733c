/* Measures: what states make of inputs, what is stored of them, and what can be folded into. */
#include "cells/layout.h"
#include "value_rows.h"

#define COUNT TU_MEASURE_COUNT
#define SUM TU_MEASURE_SUM
#define AVG TU_MEASURE_AVG
#define LOW TU_MEASURE_MIN
#define HIGH TU_MEASURE_MAX
#define WHOLE TU_NUMBER_INTEGER
#define REAL TU_NUMBER_REAL
#define EITHER TU_NUMBER_EITHER
#define INPUTS 5
#define TWO_53 G_GINT64_CONSTANT(9007199254740992)

typedef struct {
    TuValue value;
    int weight; /* 0 ends the list */
} Input;

typedef struct {
    const char *label;
    TuMeasureKind kind;
    TuNumberKind number;
    Input inputs[INPUTS];
    TuValue result, sum;
    gint64 n;
    gboolean overflows;
} Row;

#define IN(x)                                                                                      \
    {                                                                                              \
        x, 1                                                                                       \
    }
#define OUT(x)                                                                                     \
    {                                                                                              \
        x, -1                                                                                      \
    }

/* What SQL's aggregates give; a sum's column and its sum are one, an average's are two. */
static const Row rows[] = {
    {"count of nothing", COUNT, WHOLE, {}, I(0), NIL, 0},
    {"count takes NULL too", COUNT, WHOLE, {IN(NIL), IN(I(5)), IN(T("x"))}, I(3), NIL, 3},
    {"count down", COUNT, WHOLE, {IN(NIL), OUT(NIL), OUT(NIL)}, I(-1), NIL, -1},

    {"sum of nothing", SUM, WHOLE, {}, NIL, NIL, 0},
    {"sum of NULLs", SUM, WHOLE, {IN(NIL), IN(NIL)}, NIL, NIL, 0},
    {"sum of integers", SUM, WHOLE, {IN(I(5)), IN(NIL), IN(I(-7))}, I(-2), I(-2), 2},
    {"sum that is 0", SUM, WHOLE, {IN(I(5)), IN(I(-5))}, I(0), I(0), 2},
    {"sum that was emptied", SUM, WHOLE, {IN(I(5)), OUT(I(5))}, NIL, NIL, 0},
    {"sum of integral reals", SUM, EITHER, {IN(R(5.0)), IN(I(2))}, I(7), I(7), 2},
    {"sum with a fraction", SUM, EITHER, {IN(I(1)), IN(R(0.5))}, R(1.5), R(1.5), 2},
    {"sum that hides a fraction", SUM, EITHER, {IN(I(5)), IN(R(1e-20))}, R(5), R(5), -2},
    {"average that hides one", AVG, EITHER, {IN(I(5)), IN(R(1e-20))}, R(2.5), R(5), -2},
    {"real sum that hides one", SUM, REAL, {IN(R(5)), IN(R(1e-20))}, R(5), R(5), -2},
    {"fractions that make a whole", SUM, EITHER, {IN(I(5)), IN(R(0.5)), IN(R(0.5))}, R(6), R(6), 3},
    {"sum without it again", SUM, EITHER, {IN(I(1)), IN(R(0.5)), OUT(R(0.5))}, I(1), I(1), 1},
    {"a fraction among declared integers", SUM, WHOLE, {IN(I(1)), IN(R(0.5))}, R(1.5), R(1.5), 2},
    {"sum of reals", SUM, REAL, {IN(R(0.5)), IN(R(0.25))}, R(0.75), R(0.75), 2},
    {"sum of integers in a real column", SUM, REAL, {IN(I(3)), IN(I(4))}, R(7), R(7), 2},
    {"sum of reals in any order",
     SUM,
     REAL,
     {IN(R(1e300)), IN(R(1)), IN(R(-1e300))},
     R(1),
     R(1),
     3},
    {"sum of an infinity", SUM, REAL, {IN(R(INFINITY)), IN(R(1))}, R(INFINITY), R(INFINITY), 2},
    {"sum of not a number", SUM, REAL, {IN(R(NAN)), IN(R(1))}, R(NAN), R(NAN), 2},
    {"infinities of both signs", SUM, REAL, {IN(R(INFINITY)), IN(R(-INFINITY))}, R(NAN), R(NAN), 2},
    {"sum to the largest",
     SUM,
     WHOLE,
     {IN(I(G_MAXINT64 - 1)), IN(I(1))},
     I(G_MAXINT64),
     I(G_MAXINT64),
     2},
    {"sum to the least",
     SUM,
     WHOLE,
     {IN(I(G_MININT64 + 1)), IN(I(-1))},
     I(G_MININT64),
     I(G_MININT64),
     2},
    {"beyond the largest and back",
     SUM,
     WHOLE,
     {IN(I(G_MAXINT64)), IN(I(G_MAXINT64)), IN(I(-G_MAXINT64))},
     I(G_MAXINT64),
     I(G_MAXINT64),
     3},
    {"below the least and back",
     SUM,
     WHOLE,
     {IN(I(G_MININT64)), IN(I(G_MININT64)), OUT(I(G_MININT64))},
     I(G_MININT64),
     I(G_MININT64),
     1},
    {"the least taken away",
     SUM,
     WHOLE,
     {IN(I(-1)), OUT(I(G_MININT64))},
     I(G_MAXINT64),
     I(G_MAXINT64),
     0,
     FALSE},
    {"one too many", SUM, WHOLE, {IN(I(G_MAXINT64)), IN(I(1))}, NIL, NIL, 2, TRUE},
    {"one too few", SUM, EITHER, {IN(I(G_MININT64)), IN(I(-1))}, NIL, NIL, 2, TRUE},
    {"a real has no overflow",
     SUM,
     REAL,
     {IN(I(G_MAXINT64)), IN(I(G_MAXINT64))},
     R(0x1p64),
     R(0x1p64),
     2},
    {"large reals have none either",
     SUM,
     EITHER,
     {IN(R(0x1p62)), IN(R(0x1p62))},
     R(0x1p63),
     R(0x1p63),
     2},
    {"a fraction makes the whole a real",
     SUM,
     EITHER,
     {IN(I(G_MAXINT64)), IN(I(1)), IN(R(0.5))},
     R(0x1p63),
     R(0x1p63),
     3},

    {"avg of nothing", AVG, WHOLE, {}, NIL, NIL, 0},
    {"avg of NULL", AVG, WHOLE, {IN(NIL)}, NIL, NIL, 0},
    {"avg of integers", AVG, WHOLE, {IN(I(1)), IN(I(2)), IN(NIL)}, R(1.5), I(3), 2},
    {"avg that is whole is a real", AVG, WHOLE, {IN(I(2)), IN(I(4))}, R(3), I(6), 2},
    {"avg of thirds", AVG, WHOLE, {IN(I(0)), IN(I(0)), IN(I(1))}, R(1.0 / 3), I(1), 3},
    {"avg of reals", AVG, REAL, {IN(R(0.5)), IN(R(1))}, R(0.75), R(1.5), 2},
    {"avg beyond exact doubles",
     AVG,
     WHOLE,
     {IN(I(TWO_53)), IN(I(1))},
     R(0x1p52),
     I(TWO_53 + 1),
     2},

    {"min of nothing", LOW, EITHER, {}, NIL, NIL, 0},
    {"min of NULL", LOW, EITHER, {IN(NIL)}, NIL, NIL, 0},
    {"min", LOW, EITHER, {IN(I(5)), IN(NIL), IN(R(-2.5)), IN(I(3))}, R(-2.5), NIL, 0},
    {"max", HIGH, EITHER, {IN(I(5)), IN(NIL), IN(R(5.5)), IN(I(3))}, R(5.5), NIL, 0},
    {"numbers are less than texts", LOW, EITHER, {IN(T("1")), IN(I(900))}, I(900), NIL, 0},
    {"texts are more than numbers", HIGH, EITHER, {IN(I(900)), IN(T("1"))}, T("1"), NIL, 0},
    {"max of texts", HIGH, EITHER, {IN(T("b")), IN(T("a")), IN(T("B"))}, T("b"), NIL, 0},
    {"min of texts goes by bytes",
     LOW,
     EITHER,
     {IN(T("b")), IN(T("a")), IN(T("B"))},
     T("B"),
     NIL,
     0},
    {"max of one number in two forms", HIGH, EITHER, {IN(R(1.0)), IN(I(1))}, I(1), NIL, 0},
    {"min of not a number", LOW, EITHER, {IN(R(NAN)), IN(R(INFINITY))}, R(INFINITY), NIL, 0},
    {"min of nothing else", LOW, EITHER, {IN(R(NAN)), IN(NIL)}, R(NAN), NIL, 0},
    {"max of not a number", HIGH, EITHER, {IN(R(NAN)), IN(R(INFINITY))}, R(NAN), NIL, 0},
    {"min of decimals", LOW, EITHER, {IN(D(15, 1)), IN(D(149, 2)), IN(I(2))}, D(149, 2), NIL, 0},
    {"max of long decimals",
     HIGH,
     EITHER,
     {IN(L("12345678901234567890.4")), IN(L("12345678901234567890.5")), IN(D(15, 1))},
     L("12345678901234567890.5"),
     NIL,
     0},
    {"max of decimals and not a number",
     HIGH,
     EITHER,
     {IN(D(15, 1)), IN(R(NAN)), IN(D(16, 1))},
     R(NAN),
     NIL,
     0},
    {"min of dates", LOW, EITHER, {IN(DATE(5)), IN(DATE(-7)), IN(NIL)}, DATE(-7), NIL, 0},
    {"max of instants",
     HIGH,
     EITHER,
     {IN(AT(5)), IN(AT(TU_TIME_AFTER_ALL)), IN(AT(9))},
     AT(TU_TIME_AFTER_ALL),
     NIL,
     0},
    {"min of timestamps", LOW, EITHER, {IN(STAMP(5)), IN(STAMP(-5))}, STAMP(-5), NIL, 0},
};

/* A state with what must be freed after it. */
typedef struct {
    TuLayout *layout;
    TuDictionary *dictionary;
    GPtrArray *wides;
} World;

static void
world_init(World *world, TuMeasureKind kind, TuNumberKind number)
{
    world->layout = tu_layout_new(0, &kind, &number, NULL, 1);
    world->dictionary = tu_dictionary_new();
    world->wides = g_ptr_array_new_with_free_func(tu_wide_free);
}

static void
world_clear(World *world)
{
    tu_layout_free(world->layout);
    tu_dictionary_free(world->dictionary);
    g_ptr_array_unref(world->wides);
}

static TuCell *
cell_new(const World *world)
{
    return g_malloc0(world->layout->cell_bytes);
}

static void *
state_of(const World *world, TuCell *cell)
{
    return (char *)cell + world->layout->measures[0].offset;
}

static void
add(const World *world, TuCell *cell, const Input *input)
{
    g_assert_true(tu_measure_add(&world->layout->measures[0], state_of(world, cell), input->value,
                                 input->weight, world->dictionary, world->wides));
}

static void
assert_state(const World *world, const Row *row, TuCell *cell, const char *how)
{
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = -1;
    g_autofree char *label = g_strdup_printf("%s, %s", row->label, how);
    gboolean fits = tu_measure_result(&world->layout->measures[0], state_of(world, cell), &text,
                                      &result, &sum, &n);
    g_assert_cmpint(fits, ==, !row->overflows);
    g_assert_cmpint(n, ==, row->n);
    if (!fits || (row->n == 0 && row->result.type != TU_TYPE_NULL && row->kind == SUM))
        return;
    assert_value(label, result, row->result);
    assert_value(label, sum, row->sum);
}

static gboolean
only_adds(const Row *row)
{
    for (guint i = 0; i < INPUTS; i++)
        if (row->inputs[i].weight < 0)
            return FALSE;
    return TRUE;
}

/* The inputs one by one; each in a cell of its own, merged; and in the other order. */
static void
test_row(gconstpointer data)
{
    const Row *row = data;
    World world;
    world_init(&world, row->kind, row->number);
    g_autofree TuCell *forward = cell_new(&world);
    g_autofree TuCell *backward = cell_new(&world);
    g_autofree TuCell *merged = cell_new(&world);
    for (guint i = 0; i < INPUTS && row->inputs[i].weight != 0; i++)
        add(&world, forward, &row->inputs[i]);
    assert_state(&world, row, forward, "added");
    for (guint i = INPUTS; i-- > 0;)
        if (row->inputs[i].weight != 0)
            add(&world, backward, &row->inputs[i]);
    assert_state(&world, row, backward, "added in the other order");
    for (guint i = 0; i < INPUTS && only_adds(row) && row->inputs[i].weight != 0; i++) {
        g_autofree TuCell *part = cell_new(&world);
        add(&world, part, &row->inputs[i]);
        tu_measure_merge(&world.layout->measures[0], state_of(&world, merged),
                         state_of(&world, part), 1, world.wides);
    }
    if (only_adds(row))
        assert_state(&world, row, merged, "merged");
    world_clear(&world);
}

/* ---- values that do not belong ---- */

typedef struct {
    const char *label;
    TuMeasureKind kind;
    TuValue value;
    gboolean belongs;
} TypeRow;

static const TypeRow types[] = {
    {"text in a sum", SUM, T("abc"), FALSE},    {"digits in a sum", SUM, T("12"), FALSE},
    {"a blob in a sum", SUM, B("1"), FALSE},    {"text in an average", AVG, T("1"), FALSE},
    {"a number in a sum", SUM, R(1.5), TRUE},   {"text in a maximum", HIGH, T("abc"), TRUE},
    {"a blob in a minimum", LOW, B("x"), TRUE}, {"text counted", COUNT, T("abc"), TRUE},
};

static void
test_type(gconstpointer data)
{
    const TypeRow *row = data;
    World world;
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    world_init(&world, row->kind, EITHER);
    g_autofree TuCell *cell = cell_new(&world);
    const TuLayoutMeasure *measure = &world.layout->measures[0];
    void *state = state_of(&world, cell);
    g_assert_cmpint(tu_measure_add(measure, state, row->value, 1, world.dictionary, world.wides),
                    ==, row->belongs);
    g_assert_true(tu_measure_result(measure, state, &text, &result, &sum, &n));
    if (!row->belongs)
        assert_value(row->label, result, NIL);
    world_clear(&world);
}

/* ---- from what is stored ---- */

typedef struct {
    const char *label;
    TuMeasureKind kind;
    TuNumberKind number;
    TuValue result, sum, n; /* as stored: a sum's own column is its sum */
    gboolean is_read;       /* tu_measure_from_stored says so */
    gboolean is_exact;      /* and then tu_measure_folds_exactly */
} StoredRow;

static const StoredRow stored[] = {
    {"count", COUNT, WHOLE, I(5), NIL, NIL, TRUE, TRUE},
    {"count of NULL", COUNT, WHOLE, NIL, NIL, NIL, FALSE, FALSE},
    {"count of text", COUNT, WHOLE, T("5"), NIL, NIL, FALSE, FALSE},
    {"sum", SUM, WHOLE, I(7), I(7), I(2), TRUE, TRUE},
    {"sum of nothing", SUM, WHOLE, NIL, NIL, I(0), TRUE, TRUE},
    {"integral real sum", SUM, EITHER, R(7), R(7), I(2), TRUE, TRUE},
    {"sum that is a fraction", SUM, EITHER, R(7.5), R(7.5), I(2), FALSE, FALSE},
    {"sum that hides a fraction", SUM, EITHER, I(7), I(7), I(-2), FALSE, FALSE},
    {"sum without its count", SUM, WHOLE, I(7), I(7), NIL, FALSE, FALSE},
    {"sum of values that are none", SUM, WHOLE, I(7), I(7), I(0), FALSE, FALSE},
    {"no sum of values that are some", SUM, WHOLE, NIL, NIL, I(2), FALSE, FALSE},
    {"text for a sum", SUM, WHOLE, T("7"), T("7"), I(2), FALSE, FALSE},
    {"sum in a real column", SUM, REAL, R(7), R(7), I(2), TRUE, FALSE},
    {"largest exact sum", SUM, WHOLE, I(TWO_53), I(TWO_53), I(2), TRUE, TRUE},
    {"beyond it", SUM, WHOLE, I(TWO_53 + 1), I(TWO_53 + 1), I(2), TRUE, FALSE},
    {"least exact sum", SUM, WHOLE, I(-TWO_53), I(-TWO_53), I(2), TRUE, TRUE},
    {"below it", SUM, WHOLE, I(-TWO_53 - 1), I(-TWO_53 - 1), I(2), TRUE, FALSE},
    {"largest integer", SUM, WHOLE, I(G_MAXINT64), I(G_MAXINT64), I(2), TRUE, FALSE},
    {"least integer", SUM, WHOLE, I(G_MININT64), I(G_MININT64), I(2), TRUE, FALSE},
    {"avg", AVG, WHOLE, R(3.5), I(7), I(2), TRUE, TRUE},
    {"avg without its sum", AVG, WHOLE, R(3.5), NIL, I(2), FALSE, FALSE},
    {"min is not added to", LOW, EITHER, I(5), NIL, NIL, TRUE, FALSE},
    {"max of text", HIGH, EITHER, T("x"), NIL, NIL, TRUE, FALSE},
    {"distinct is not read", TU_MEASURE_COUNT_DISTINCT, WHOLE, I(5), NIL, NIL, FALSE, FALSE},
};

/* What is read must come out again. */
static void
test_stored(gconstpointer data)
{
    const StoredRow *row = data;
    World world;
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    world_init(&world, row->kind, row->number);
    g_autofree TuCell *cell = cell_new(&world);
    const TuLayoutMeasure *measure = &world.layout->measures[0];
    void *state = state_of(&world, cell);
    g_assert_cmpint(tu_measure_from_stored(measure, state, row->result, row->sum, row->n,
                                           world.dictionary, world.wides),
                    ==, row->is_read);
    if (row->is_read) {
        g_assert_cmpint(tu_measure_folds_exactly(measure, state), ==, row->is_exact);
        g_assert_true(tu_measure_result(measure, state, &text, &result, &sum, &n));
        TuValue normal = row->number == REAL ? row->result : tu_value_normalise(row->result);
        assert_value(row->label, row->kind == AVG ? result : result,
                     row->kind == AVG ? row->result : normal);
        if (row->n.type == TU_TYPE_INTEGER)
            g_assert_cmpint(n, ==, row->n.integer);
    }
    world_clear(&world);
}

/* ---- folding: merged with weight -1, and when it is exact ---- */

static void
test_merge_takes_away(void)
{
    World world;
    TuMeasureText text;
    TuValue result;
    TuValue sum;
    gint64 n = 0;
    world_init(&world, SUM, WHOLE);
    g_autofree TuCell *whole = cell_new(&world);
    g_autofree TuCell *part = cell_new(&world);
    const TuLayoutMeasure *measure = &world.layout->measures[0];
    const Input inputs[] = {IN(I(G_MAXINT64)), IN(I(5)), IN(I(-3))};
    for (guint i = 0; i < G_N_ELEMENTS(inputs); i++)
        add(&world, whole, &inputs[i]);
    for (guint i = 0; i < 2; i++)
        add(&world, part, &inputs[i]);
    g_assert_true(tu_measure_result(measure, state_of(&world, part), &text, &result, &sum, &n) ==
                  FALSE);
    tu_measure_merge(measure, state_of(&world, whole), state_of(&world, part), -1, world.wides);
    g_assert_true(tu_measure_result(measure, state_of(&world, whole), &text, &result, &sum, &n));
    assert_value("what is left", result, I(-3));
    g_assert_cmpint(n, ==, 1);
    world_clear(&world);
}

/* A state that went beyond 64 bits or took a fraction is not added to, even if it came back. */
static void
test_wide_is_not_exact(void)
{
    static const Input histories[][3] = {
        {IN(R(0.5)), OUT(R(0.5)), IN(I(1))},
        {IN(I(G_MAXINT64)), IN(I(1)), OUT(I(G_MAXINT64))},
    };
    for (guint h = 0; h < G_N_ELEMENTS(histories); h++) {
        World world;
        world_init(&world, SUM, EITHER);
        g_autofree TuCell *cell = cell_new(&world);
        for (guint i = 0; i < 3; i++)
            add(&world, cell, &histories[h][i]);
        g_assert_false(
            tu_measure_folds_exactly(&world.layout->measures[0], state_of(&world, cell)));
        world_clear(&world);
    }
}

/* ---- the layout itself ---- */

static void
test_places(void)
{
    static const TuMeasureKind kinds[] = {COUNT, SUM, TU_MEASURE_COUNT_DISTINCT, HIGH, AVG};
    static const TuNumberKind numbers[] = {WHOLE, REAL, WHOLE, EITHER, WHOLE};
    for (guint n_dimensions = 0; n_dimensions <= TU_DIMENSIONS_LIMIT; n_dimensions++) {
        TuLayout *layout = tu_layout_new(n_dimensions, kinds, numbers, NULL, G_N_ELEMENTS(kinds));
        gsize end = sizeof(TuCell) + n_dimensions * sizeof(guint32);
        for (guint i = 0; i < layout->n_measures; i++) {
            g_assert_cmpuint(layout->measures[i].offset, >=, end);
            g_assert_cmpuint(layout->measures[i].offset % 8, ==, 0);
            end = layout->measures[i].offset + sizeof(TuCountState);
        }
        g_assert_cmpuint(layout->cell_bytes, >=, end);
        g_assert_cmpuint(layout->cell_bytes % 8, ==, 0);
        g_assert_true(layout->has_distinct);
        tu_layout_free(layout);
    }
    TuLayout *layout = tu_layout_new(0, kinds, numbers, NULL, 2);
    g_assert_false(layout->has_distinct);
    tu_layout_free(layout);
    tu_layout_free(NULL);
}

#define ADD_ROWS(group, rows, test)                                                                \
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                               \
        g_autofree char *path = g_strdup_printf("/layout/" group "/%s", rows[i].label);            \
        g_test_add_data_func(path, &rows[i], test);                                                \
    }

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_ROWS("measure", rows, test_row)
    ADD_ROWS("type", types, test_type)
    ADD_ROWS("stored", stored, test_stored)
    g_test_add_func("/layout/merge-takes-away", test_merge_takes_away);
    g_test_add_func("/layout/wide-is-not-exact", test_wide_is_not_exact);
    g_test_add_func("/layout/places", test_places);
    return g_test_run();
}
