/* Values: one form for equal ones, and the order and equality that SQLite itself has. */
#include <sqlite3.h>

#include "value_rows.h"

#define TWO_53 G_GINT64_CONSTANT(9007199254740992)
#define TWO_60 (G_GINT64_CONSTANT(1) << 60)

/* ---- the one form ---- */

typedef struct {
    const char *label;
    TuValue value, normal;
} FormRow;

static const FormRow forms[] = {
    {"null", NIL, NIL},
    {"integer", I(7), I(7)},
    {"integral real", R(7.0), I(7)},
    {"negative integral real", R(-7.0), I(-7)},
    {"minus zero", R(-0.0), I(0)},
    {"fraction", R(0.5), R(0.5)},
    {"large integral real", R(0x1p60), I(TWO_60)},
    {"largest that fits", R(0x1.fffffffffffffp62), I(G_MAXINT64 - 1023)},
    {"the first that does not", R(0x1p63), R(0x1p63)},
    {"least that fits", R(-0x1p63), I(G_MININT64)},
    {"the first below that does not", R(-0x1.0000000000001p63), R(-0x1.0000000000001p63)},
    {"an integer that no real has stays", I(TWO_53 + 1), I(TWO_53 + 1)},
    {"infinity", R(INFINITY), R(INFINITY)},
    {"not a number is NULL, as in SQLite", R(NAN), NIL},
    {"text of digits stays text", T("7"), T("7")},
    {"empty text", T(""), T("")},
    {"blob", B("7"), B("7")},
};

static void
test_form(gconstpointer data)
{
    const FormRow *row = data;
    assert_value(row->label, tu_value_normalise(row->value), row->normal);
    assert_value("twice", tu_value_normalise(row->normal), row->normal);
}

/* ---- order, equality, hash: SQLite is asked about every pair ---- */

static const TuValue samples[] = {
    NIL,           I(0),          I(1),        I(-1),         I(2),          I(TWO_53),
    I(TWO_53 + 1), I(TWO_53 - 1), I(TWO_60),   I(TWO_60 + 1), I(G_MAXINT64), I(G_MININT64),
    R(0.5),        R(-0.5),       R(1.0),      R(1.5),        R(-0.0),       R(0x1p53),
    R(0x1p53 + 2), R(0x1p60),     R(-0x1p60),  R(0x1p63),     R(-0x1p63),    R(0x1p64),
    R(1e300),      R(-1e300),     R(INFINITY), R(-INFINITY),  R(5e-324),     T(""),
    T("a"),        T("A"),        T("ab"),     T("b"),        T("a\0b"),     T("1"),
    T("\xc3\xa4"), T("\xff"),     T("z"),      B(""),         B("a"),        B("A"),
    B("ab"),       B("\0"),       B("\xff"),
};

static void
bind_value(sqlite3_stmt *statement, int at, const TuValue *value)
{
    int code = SQLITE_OK;
    switch (value->type) {
    case TU_TYPE_NULL:
        code = sqlite3_bind_null(statement, at);
        break;
    case TU_TYPE_INTEGER:
        code = sqlite3_bind_int64(statement, at, value->integer);
        break;
    case TU_TYPE_REAL:
        code = sqlite3_bind_double(statement, at, value->real);
        break;
    case TU_TYPE_TEXT:
        code = sqlite3_bind_text(statement, at, value->text, (int)value->bytes, SQLITE_STATIC);
        break;
    case TU_TYPE_BLOB:
        code = sqlite3_bind_blob(statement, at, value->text, (int)value->bytes, SQLITE_STATIC);
        break;
    }
    g_assert_cmpint(code, ==, SQLITE_OK);
}

/* 1 if `a` comes before `b` in ORDER BY (`groups` 2) , 0 if after; one group or two. */
static void
ask_sqlite(sqlite3_stmt *statement, const TuValue *a, const TuValue *b, int *ret_first,
           int *ret_groups)
{
    sqlite3_reset(statement);
    bind_value(statement, 1, a);
    bind_value(statement, 2, b);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    *ret_first = sqlite3_column_int(statement, 0);
    *ret_groups = sqlite3_column_int(statement, 1);
}

static void
check_pair(sqlite3_stmt *statement, const TuValue *a, const TuValue *b)
{
    int first;
    int n_groups;
    g_autofree char *shown_a = value_shown(*a);
    g_autofree char *shown_b = value_shown(*b);
    g_autofree char *label = g_strdup_printf("%s and %s", shown_a, shown_b);
    ask_sqlite(statement, a, b, &first, &n_groups);
    TuValue x = tu_value_normalise(*a);
    TuValue y = tu_value_normalise(*b);
    int order = tu_value_compare(&x, &y);
    if (n_groups == 1 ? order != 0 : (order < 0) != (first == 1) || order == 0)
        g_error("%s: compared %d, SQLite has %s first and %d groups", label, order,
                first == 1 ? "the first" : "the second", n_groups);
    if (tu_value_equal(&x, &y) != (n_groups == 1))
        g_error("%s: equal is %d, SQLite has %d groups", label, tu_value_equal(&x, &y), n_groups);
    if (n_groups == 1 && tu_value_hash(&x) != tu_value_hash(&y))
        g_error("%s: equal, and their hashes differ", label);
}

static void
test_pairs(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    g_assert_cmpint(sqlite3_open(":memory:", &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_prepare_v2(db,
                           "WITH both(n, v) AS (SELECT 1, ?1 UNION ALL SELECT 2, ?2) SELECT "
                           "(SELECT n FROM both ORDER BY v, n LIMIT 1), "
                           "(SELECT count(*) FROM (SELECT 1 FROM both GROUP BY v))",
                           -1, &statement, NULL),
        ==, SQLITE_OK);
    for (guint a = 0; a < G_N_ELEMENTS(samples); a++)
        for (guint b = 0; b < G_N_ELEMENTS(samples); b++)
            check_pair(statement, &samples[a], &samples[b]);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* Different values should hardly ever share a hash; these few never may. */
static void
test_hashes_differ(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    guint n = 0;
    for (gint64 i = -500; i < 500; i++) {
        char text[32];
        g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, i);
        const TuValue values[] = {I(i), R((double)i + 0.25), tu_value_text(text)};
        for (guint v = 0; v < G_N_ELEMENTS(values); v++, n++) {
            guint64 hash = tu_value_hash(&values[v]);
            g_hash_table_add(seen, g_memdup2(&hash, sizeof hash));
        }
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, n);
}

/* ---- for people ---- */

typedef struct {
    const char *label;
    TuValue value;
    const char *text;
} TextRow;

static const TextRow texts[] = {
    {"null", NIL, "NULL"},
    {"integer", I(-12), "-12"},
    {"real", R(1.5), "1.5"},
    {"real of many digits", R(0.1), "0.1"},
    {"text", T("JFK"), "JFK"},
    {"60 bytes", T("123456789012345678901234567890123456789012345678901234567890"),
     "123456789012345678901234567890123456789012345678901234567890"},
    {"more than 60 bytes", T("1234567890123456789012345678901234567890123456789012345678901"),
     "123456789012345678901234567890123456789012345678901234567890\xe2\x80\xa6"},
    {"bytes that are no text", T("a\xff"), "a\xef\xbf\xbd"},
    {"blob", B("abc"), "a blob of 3 bytes"},
};

static void
test_text(gconstpointer data)
{
    const TextRow *row = data;
    g_autofree char *text = tu_value_to_text(&row->value);
    g_assert_cmpstr(text, ==, row->text);
}

static void
test_of_text(void)
{
    assert_value("no text", tu_value_text(NULL), NIL);
    assert_value("text", tu_value_text("abc"), T("abc"));
}

#define ADD_ROWS(group, rows, test)                                                                \
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                               \
        g_autofree char *path = g_strdup_printf("/value/" group "/%s", rows[i].label);             \
        g_test_add_data_func(path, &rows[i], test);                                                \
    }

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_ROWS("normalise", forms, test_form)
    g_test_add_func("/value/pairs-as-sqlite", test_pairs);
    g_test_add_func("/value/hashes-differ", test_hashes_differ);
    ADD_ROWS("to-text", texts, test_text)
    g_test_add_func("/value/of-text", test_of_text);
    return g_test_run();
}
