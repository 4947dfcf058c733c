/* Decimals: read, written, shifted and compared, against a slow way that works on digits. */
#include "value_rows.h"

#define I128(high, low) ((__int128)G_GINT64_CONSTANT(high) * 1000000000000000000 + (low))

/* ---- reading ---- */

typedef struct {
    const char *label, *text;
    gboolean is_number;
    TuValue value;
} ParseRow;

static const ParseRow parsed[] = {
    {"an integer", "12", TRUE, D(12, 0)},
    {"a decimal", "-123.45", TRUE, D(-12345, 2)},
    {"zeros at the end stay", "1.500", TRUE, D(1500, 3)},
    {"zeros before", "0001.5", TRUE, D(15, 1)},
    {"below 1", "0.005", TRUE, D(5, 3)},
    {"zero", "0", TRUE, D(0, 0)},
    {"minus zero", "-0.00", TRUE, D(0, 2)},
    {"largest of 64 bits", "9223372036854775807", TRUE, D(G_MAXINT64, 0)},
    {"least of 64 bits", "-9.223372036854775808", TRUE, D(G_MININT64, 18)},
    {"one more", "9223372036854775808", TRUE, L("9223372036854775808")},
    {"one less", "-9.223372036854775809", TRUE, L("-9.223372036854775809")},
    {"20 digits for zeros", "1.0000000000000000000", TRUE, L("1.0000000000000000000")},
    {"38 after the point", "0.00000000000000000000000000000000000001", TRUE, D(1, 38)},
    {"39 after the point", "0.000000000000000000000000000000000000000", TRUE,
     L("0.000000000000000000000000000000000000000")},
    {"a hundred digits", "1234567890123456789012345678901234567890123456789012345678901234567890",
     TRUE, L("1234567890123456789012345678901234567890123456789012345678901234567890")},
    {"not a number", "NaN", TRUE, R(NAN)},
    {"infinity", "Infinity", TRUE, R(INFINITY)},
    {"minus infinity", "-Infinity", TRUE, R(-INFINITY)},
    {"nothing", "", FALSE, NIL},
    {"a sign", "-", FALSE, NIL},
    {"a point", ".", FALSE, NIL},
    {"no digit before", ".5", FALSE, NIL},
    {"no digit after", "5.", FALSE, NIL},
    {"two points", "1.2.3", FALSE, NIL},
    {"an exponent", "1e5", FALSE, NIL},
    {"a space", " 1", FALSE, NIL},
    {"a plus", "+1", FALSE, NIL},
    {"two signs", "--1", FALSE, NIL},
    {"a word", "nano", FALSE, NIL},
};

static void
test_parse(gconstpointer data)
{
    const ParseRow *row = data;
    TuValue value = NIL;
    /* Without a NUL behind it, so that a sanitizer sees a byte too many. */
    gsize bytes = strlen(row->text);
    g_autofree char *text = g_memdup2(row->text, bytes);
    g_assert_cmpint(tu_decimal_parse(text, bytes, &value), ==, row->is_number);
    assert_value(row->label, value, row->value);
}

/* ---- digits and back ---- */

typedef struct {
    const char *label;
    TuValue value;
    gboolean has_digits;
    __int128 integer;
    guint32 scale;
} DigitsRow;

static const DigitsRow digits[] = {
    {"integer", I(-7), TRUE, -7, 0},
    {"decimal", D(1500, 3), TRUE, 1500, 3},
    {"long decimal", L("-12345678901234567890.50"), TRUE, -I128(1234, 567890123456789050), 2},
    {"38 digits", L("99999999999999999999999999999999999999"), TRUE,
     I128(999999999999999999, 999999999999999999) * 100 + 99, 0},
    {"39 digits", L("100000000000000000000000000000000000000"), FALSE, 0, 0},
    {"39 digits, the last a zero that says nothing", L("1000000000000000000.00000000000000000000"),
     TRUE, I128(1, 0), 0},
    {"39 digits after the point", L("0.000000000000000000000000000000000000001"), FALSE, 0, 0},
    {"39 of them, one says nothing", L("0.000000000000000000000000000000000000010"), TRUE, 1, 38},
    {"zeros before", L("00000000000000000000000000000000000000000000000001.5"), TRUE, 15, 1},
    {"real", R(5), FALSE, 0, 0},
    {"text", T("5"), FALSE, 0, 0},
    {"date", DATE(5), FALSE, 0, 0},
    {"null", NIL, FALSE, 0, 0},
};

static void
test_digits(gconstpointer data)
{
    const DigitsRow *row = data;
    __int128 integer = 0;
    guint32 scale = 0;
    char text[TU_DECIMAL_TEXT_BYTES];
    g_assert_cmpint(tu_decimal_digits(&row->value, &integer, &scale), ==, row->has_digits);
    if (!row->has_digits)
        return;
    g_assert_true(integer == row->integer);
    g_assert_cmpuint(scale, ==, row->scale);
    TuValue again = tu_decimal_value(integer, scale, text);
    g_assert_cmpint(tu_value_compare(&again, &row->value), ==, 0);
}

/* ---- the slow way: 120 digits before and 120 after a point ---- */

enum { PLACES = 120, ROUNDS = 200000 };

typedef struct {
    gboolean is_negative;
    char digits[2 * PLACES + 1];
} Slow;

static Slow
slow_of(const char *text)
{
    Slow slow = {.is_negative = *text == '-'};
    text += slow.is_negative ? 1 : 0;
    gsize n_whole = strcspn(text, ".");
    memset(slow.digits, '0', 2 * PLACES);
    memcpy(slow.digits + PLACES - n_whole, text, n_whole);
    if (text[n_whole] == '.')
        memcpy(slow.digits + PLACES, text + n_whole + 1, strlen(text + n_whole + 1));
    slow.is_negative &= strspn(slow.digits, "0") < 2 * PLACES;
    return slow;
}

static int
slow_compare(const Slow *a, const Slow *b)
{
    if (a->is_negative != b->is_negative)
        return a->is_negative ? -1 : 1;
    int order = strcmp(a->digits, b->digits);
    return a->is_negative ? -order : order;
}

/* Few different digits, so that equal numbers and equal beginnings come often. */
static char *
random_text(GRand *rand)
{
    GString *text = g_string_new(g_rand_boolean(rand) ? "-" : "");
    int n_whole = g_rand_int_range(rand, 1, g_rand_int_range(rand, 2, 45));
    int n_rest = g_rand_int_range(rand, 0, g_rand_int_range(rand, 1, 45));
    const char *alphabet = g_rand_boolean(rand) ? "0009" : "0123456789";
    int n = (int)strlen(alphabet);
    for (int i = 0; i < n_whole; i++)
        g_string_append_c(text, alphabet[g_rand_int_range(rand, 0, n)]);
    for (int i = 0; i < n_rest; i++) {
        if (i == 0)
            g_string_append_c(text, '.');
        g_string_append_c(text, alphabet[g_rand_int_range(rand, 0, n)]);
    }
    return g_string_free(text, FALSE);
}

static TuValue
value_of(const char *text)
{
    TuValue value;
    g_assert_true(tu_decimal_parse(text, strlen(text), &value));
    return value;
}

/* Two texts are in the order, and have one form and one hash, as their digits say. */
static void
check_pair(const char *a_text, const char *b_text)
{
    TuValue a = value_of(a_text);
    TuValue b = value_of(b_text);
    Slow slow_a = slow_of(a_text);
    Slow slow_b = slow_of(b_text);
    int wanted = slow_compare(&slow_a, &slow_b);
    int order = tu_value_compare(&a, &b);
    if ((order > 0) - (order < 0) != (wanted > 0) - (wanted < 0))
        g_error("%s and %s: compared %d, should be %d", a_text, b_text, order, wanted);
    TuValue x = tu_value_normalise(a);
    TuValue y = tu_value_normalise(b);
    if (tu_value_compare(&a, &x) != 0 || tu_value_equal(&x, &y) != (wanted == 0))
        g_error("%s and %s: normalised wrong", a_text, b_text);
    if (wanted == 0 && tu_value_hash(&x) != tu_value_hash(&y))
        g_error("%s and %s: two hashes", a_text, b_text);
}

static void
test_pairs(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (guint i = 0; i < ROUNDS; i++) {
        g_autofree char *a = random_text(rand);
        g_autofree char *b = random_text(rand);
        g_autofree char *padded = g_strconcat(a, strchr(a, '.') != NULL ? "00" : ".000", NULL);
        check_pair(a, b);
        check_pair(a, padded);
    }
}

/* What is written is what was read, without the zeros before it. */
static void
test_format(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    for (guint i = 0; i < ROUNDS; i++) {
        char text[TU_DECIMAL_TEXT_BYTES];
        __int128 integer;
        guint32 scale;
        g_autofree char *given = random_text(rand);
        TuValue value = value_of(given);
        if (!tu_decimal_digits(&value, &integer, &scale))
            continue;
        g_assert_cmpuint(tu_decimal_format(integer, scale, text), ==, strlen(text));
        Slow a = slow_of(given);
        Slow b = slow_of(text);
        if (slow_compare(&a, &b) != 0 || (text[0] == '0' && text[1] != '.' && text[1] != '\0'))
            g_error("%s is written as %s", given, text);
    }
}

static void
test_shift(void)
{
    const char *greatest = "170141183460469231731687303715884105727";
    const Slow limit = slow_of(greatest);
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    for (guint i = 0; i < ROUNDS; i++) {
        char text[TU_DECIMAL_TEXT_BYTES];
        char shifted_text[TU_DECIMAL_TEXT_BYTES];
        int bits = g_rand_int_range(rand, 0, 127);
        guint32 by = (guint32)g_rand_int_range(rand, 0, 45);
        __int128 integer = (__int128)g_rand_int(rand) << 95 | (__int128)g_rand_int(rand) << 63 |
                           (__int128)g_rand_int(rand) << 31 | g_rand_int(rand);
        integer = (integer >> bits) * (g_rand_boolean(rand) ? 1 : -1);
        __int128 shifted = integer;
        tu_decimal_format(integer, 0, text);
        g_autofree char *zeros = g_strnfill(by, '0');
        g_autofree char *wanted = g_strconcat(text, zeros, NULL);
        Slow slow = slow_of(wanted);
        slow.is_negative = FALSE;
        gboolean fits = slow_compare(&slow, &limit) <= 0;
        g_assert_cmpint(tu_decimal_shift(&shifted, by), ==, fits);
        tu_decimal_format(shifted, 0, shifted_text);
        g_assert_cmpstr(shifted_text, ==, !fits ? text : integer == 0 ? "0" : wanted);
    }
}

/* ---- the ends of 128 bits ---- */

static void
test_ends(void)
{
    static const struct {
        const char *text;
        guint32 scale;
        gboolean is_least;
    } ends[] = {
        {"170141183460469231731687303715884105727", 0, FALSE},
        {"-170141183460469231731687303715884105728", 0, TRUE},
        {"-1.70141183460469231731687303715884105728", 38, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        char text[TU_DECIMAL_TEXT_BYTES];
        __int128 least = (__int128)((unsigned __int128)1 << 127);
        __int128 integer = ends[i].is_least ? least : -(least + 1);
        tu_decimal_format(integer, ends[i].scale, text);
        g_assert_cmpstr(text, ==, ends[i].text);
        g_assert_true(tu_decimal_shift(&integer, 0));
        g_assert_false(tu_decimal_shift(&integer, 1));
    }
}

#define ADD_ROWS(group, rows, test)                                                                \
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                               \
        g_autofree char *path = g_strdup_printf("/decimal/" group "/%s", rows[i].label);           \
        g_test_add_data_func(path, &rows[i], test);                                                \
    }

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_ROWS("parse", parsed, test_parse)
    ADD_ROWS("digits", digits, test_digits)
    g_test_add_func("/decimal/pairs", test_pairs);
    g_test_add_func("/decimal/format", test_format);
    g_test_add_func("/decimal/shift", test_shift);
    g_test_add_func("/decimal/ends", test_ends);
    return g_test_run();
}
