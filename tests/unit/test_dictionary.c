/* The dictionary: one number a value, whatever its form, for as long as the dictionary lives. */
#include "cells/dictionary.h"
#include "value_rows.h"

/* ---- which values share a number ---- */

typedef struct {
    const char *label;
    TuValue a, b;
    gboolean is_same;
} Row;

static const Row rows[] = {
    {"nulls", NIL, NIL, TRUE},
    {"not a number", R(NAN), R(-NAN), TRUE},
    {"not a number is not null", R(NAN), NIL, FALSE},
    {"null is no zero", NIL, I(0), FALSE},
    {"null is no empty text", NIL, T(""), FALSE},
    {"one number in two forms", I(1), R(1.0), TRUE},
    {"zeros", R(-0.0), I(0), TRUE},
    {"a large number in two forms", I(G_GINT64_CONSTANT(1) << 60), R(0x1p60), TRUE},
    {"the least number in two forms", I(G_MININT64), R(-0x1p63), TRUE},
    {"neighbours that one double stands for", I(9007199254740993), R(0x1p53), FALSE},
    {"a number and its digits", I(7), T("7"), FALSE},
    {"a text and a blob of the same bytes", T("a"), B("a"), FALSE},
    {"empty text and empty blob", T(""), B(""), FALSE},
    {"case counts", T("a"), T("A"), FALSE},
    {"trailing spaces count", T("a"), T("a "), FALSE},
    {"bytes after a NUL count", T("a\0b"), T("a\0c"), FALSE},
    {"infinities", R(INFINITY), R(-INFINITY), FALSE},
    {"decimals of two scales", D(15, 1), D(1500, 3), TRUE},
    {"an integral decimal", D(700, 2), I(7), TRUE},
    {"a decimal of another scale", D(15, 1), D(15, 2), FALSE},
    {"long decimals", L("12345678901234567890.50"), L("12345678901234567890.5"), TRUE},
    {"negative long decimals with zeros before", L("-12345678901234567890"),
     L("-012345678901234567890"), TRUE},
    {"a long decimal and its text", L("12345678901234567890"), T("12345678901234567890"), FALSE},
    {"a date and an integer", DATE(5), I(5), FALSE},
    {"an instant and a timestamp", AT(5), STAMP(5), FALSE},
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    guint32 a = tu_dictionary_intern(dictionary, row->a);
    guint32 b = tu_dictionary_intern(dictionary, row->b);
    g_assert_cmpint(a == b, ==, row->is_same);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, row->a), ==, a);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, row->b), ==, b);
    assert_value(row->label, tu_dictionary_value(dictionary, a), tu_value_normalise(row->a));
    if (!row->is_same)
        assert_value(row->label, tu_dictionary_value(dictionary, b), tu_value_normalise(row->b));
}

static void
test_numbers(void)
{
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    g_assert_cmpuint(tu_dictionary_size(dictionary), ==, 1);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, NIL), ==, 0);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, T("x")), ==, 1);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, I(5)), ==, 2);
    g_assert_cmpuint(tu_dictionary_intern(dictionary, T("x")), ==, 1);
    g_assert_cmpuint(tu_dictionary_size(dictionary), ==, 3);
    assert_value("number 0", tu_dictionary_value(dictionary, 0), NIL);
}

/* ---- many ---- */

enum { MANY = 100000 };

/* The i-th of many different values: integers, reals and texts by turns. */
static TuValue
sample(guint i, char *text, gsize size)
{
    if (i % 3 == 0)
        return tu_value_integer((gint64)i * 1000003);
    if (i % 3 == 1)
        return tu_value_real(i + 0.5);
    g_snprintf(text, size, "value %u", i);
    return tu_value_text(text);
}

static void
test_many(void)
{
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    char text[32];
    gsize bytes = tu_dictionary_bytes(dictionary);
    for (guint i = 0; i < MANY; i++)
        g_assert_cmpuint(tu_dictionary_intern(dictionary, sample(i, text, sizeof text)), ==, i + 1);
    g_assert_cmpuint(tu_dictionary_size(dictionary), ==, MANY + 1);
    for (guint i = 0; i < MANY; i++) {
        TuValue wanted = sample(i, text, sizeof text);
        g_assert_true(value_is(tu_dictionary_value(dictionary, i + 1), wanted));
        g_assert_cmpuint(tu_dictionary_intern(dictionary, wanted), ==, i + 1);
    }
    g_assert_cmpuint(tu_dictionary_size(dictionary), ==, MANY + 1);
    g_assert_cmpuint(tu_dictionary_bytes(dictionary), >, bytes + MANY * sizeof(TuValue));
}

/* Bytes are copied, also where they fill a block, or more than one. */
static void
test_long_texts(void)
{
    static const guint lengths[] = {0, 1, 65535, 65536, 65537, 200000, 3, 40000, 40000};
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *text = g_strnfill(lengths[i], (char)('a' + i));
        guint32 id = tu_dictionary_intern(dictionary, tu_value_text(text));
        g_assert_cmpuint(id, ==, i + 1);
        memset(text, '-', lengths[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *text = g_strnfill(lengths[i], (char)('a' + i));
        g_assert_true(value_is(tu_dictionary_value(dictionary, i + 1), tu_value_text(text)));
    }
}

/* A long decimal's digits are copied too. */
static void
test_long_decimals(void)
{
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    char text[] = "12345678901234567890.50";
    TuValue value = {.type = TU_TYPE_LONG_DECIMAL, .bytes = sizeof text - 1, .text = text};
    guint32 id = tu_dictionary_intern(dictionary, value);
    memset(text, '-', sizeof text - 1);
    assert_value("kept", tu_dictionary_value(dictionary, id), L("12345678901234567890.5"));
}

static void
test_ranks(void)
{
    static const TuValue in_order[] = {R(-INFINITY), I(-5),  D(-45, 1), I(0),   R(0.5),
                                       D(705, 2),    I(70),  R(NAN),    AT(7),  T("B"),
                                       T("a"),       T("b"), B(""),     B("a"), B("b")};
    static const guint order[] = {14, 3, 8, 0, 11, 5, 2, 13, 6, 9, 1, 12, 4, 7, 10};
    g_autoptr(TuDictionary) dictionary = tu_dictionary_new();
    guint32 ids[G_N_ELEMENTS(in_order)];
    G_STATIC_ASSERT(G_N_ELEMENTS(order) == G_N_ELEMENTS(in_order));
    for (guint i = 0; i < G_N_ELEMENTS(order); i++)
        ids[order[i]] = tu_dictionary_intern(dictionary, in_order[order[i]]);
    g_autofree guint32 *ranks = tu_dictionary_ranks(dictionary);
    g_assert_cmpuint(ranks[0], ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(in_order); i++)
        g_assert_cmpuint(ranks[ids[i]], ==, i + 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/dictionary/same/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/dictionary/numbers", test_numbers);
    g_test_add_func("/dictionary/many", test_many);
    g_test_add_func("/dictionary/long-texts", test_long_texts);
    g_test_add_func("/dictionary/long-decimals", test_long_decimals);
    g_test_add_func("/dictionary/ranks", test_ranks);
    return g_test_run();
}
