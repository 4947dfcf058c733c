/* Values: one form for equal ones; the order and equality that SQLite itself has, and those of the
 * types it has not; times. */
#include <sqlite3.h>

#include "value_rows.h"

#define TWO_53 G_GINT64_CONSTANT(9007199254740992)
#define HOUR G_GINT64_CONSTANT(3600000000)
#define HOUR_4 (20779 * 24 * HOUR + 4 * HOUR) /* 2026-11-22T04:00:00Z */
#define TWO_60 (G_GINT64_CONSTANT(1) << 60)

/* What only can be written, with `us` of its day: month 0, day 0, a 31st of February. */
#define WRITTEN(type, y, m, d, us)                                                                 \
    tu_value_from_written(type, &(TuWrittenTime){.year = y, .month = m, .day = d, .rest_us = us})

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
    {"not a number", R(NAN), R(NAN)},
    {"not a number, with a sign", R(-NAN), R(NAN)},
    {"text of digits stays text", T("7"), T("7")},
    {"empty text", T(""), T("")},
    {"blob", B("7"), B("7")},
    {"decimal", D(125, 2), D(125, 2)},
    {"zeros after the point", D(1250, 3), D(125, 2)},
    {"integral decimal", D(-700, 2), I(-7)},
    {"decimal 0", D(0, 5), I(0)},
    {"decimal of scale 0", D(7, 0), I(7)},
    {"least decimal", D(G_MININT64, 38), D(G_MININT64, 38)},
    {"long decimal", L("12345678901234567890.5"), L("12345678901234567890.5")},
    {"its zeros at the end", L("12345678901234567890.500"), L("12345678901234567890.5")},
    {"its zeros before", L("00012345678901234567890.5"), L("12345678901234567890.5")},
    {"its point", L("-12345678901234567890.000"), L("-12345678901234567890")},
    {"long only for its zeros", L("1.5000000000000000000000"), D(15, 1)},
    {"an integer for its zeros", L("-9223372036854775808.0000"), I(G_MININT64)},
    {"a long 0", L("-0.0000000000000000000000000000000000000000000"), I(0)},
    {"39 digits after the point", L("0.000000000000000000000000000000000000001"),
     L("0.000000000000000000000000000000000000001")},
    {"38 of them", L("0.00000000000000000000000000000000000001"), D(1, 38)},
    {"38 of them and a 0", L("-0.000000000000000000000000000000000000010"), D(-1, 38)},
    {"date", DATE(7), DATE(7)},
    {"timestamp", STAMP(7), STAMP(7)},
    {"instant", AT(7), AT(7)},
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
    case TU_TYPE_DECIMAL:
    case TU_TYPE_LONG_DECIMAL:
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        g_assert_not_reached();
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

/* What SQLite has not: each comes before the next. */
static const TuValue ascending[] = {
    NIL,
    R(-INFINITY),
    R(-1e300),
    L("-12345678901234567890123456789012345678901234567890"),
    L("-99999999999999999999.5"),
    L("-99999999999999999999.4"),
    I(G_MININT64),
    R(-1.5),
    D(-149, 2),
    D(-1, 38),
    L("-0.0000000000000000000000000000000000000000001"),
    R(-5e-324),
    I(0),
    R(5e-324),
    L("0.0000000000000000000000000000000000000000001"),
    L("0.0000000000000000000000000000000000000000002"),
    D(1, 38),
    D(1, 1),
    R(0.1), /* is 0.1000000000000000055... */
    D(10000000000000001, 17),
    D(11, 2),
    D(G_MAXINT64, 18),
    L("9.2233720368547758070000001"),
    I(TWO_53),
    L("9007199254740992.00000000000000000001"),
    D(90071992547409921, 1),
    I(TWO_53 + 1),
    R(0x1p53 + 2),
    I(G_MAXINT64),
    L("9223372036854775807.5"),
    R(0x1p63),
    L("9223372036854775808.5"),
    L("18446744073709551615"),
    L("99999999999999999999999999999999999999"),
    L("100000000000000000000000000000000000000"),
    L("100000000000000000000000000000000000000.1"),
    R(1e300),
    R(INFINITY),
    R(NAN),
    DATE(TU_TIME_BEFORE_ALL),
    DATE(-1),
    DATE(9),
    DATE(TU_TIME_AFTER_ALL),
    STAMP(TU_TIME_BEFORE_ALL),
    STAMP(5),
    STAMP(TU_TIME_AFTER_ALL),
    AT(-5),
    AT(5),
    T(""),
    T("12"),
    B(""),
};

static void
test_ascending(void)
{
    for (guint a = 0; a < G_N_ELEMENTS(ascending); a++)
        for (guint b = 0; b < G_N_ELEMENTS(ascending); b++) {
            const TuValue *x = &ascending[a];
            const TuValue *y = &ascending[b];
            g_autofree char *shown_x = value_shown(*x);
            g_autofree char *shown_y = value_shown(*y);
            int order = tu_value_compare(x, y);
            if ((order > 0) - (order < 0) != (a > b) - (a < b))
                g_error("%s and %s: compared %d", shown_x, shown_y, order);
            if (tu_value_equal(x, y) != (a == b))
                g_error("%s and %s: equal is %d", shown_x, shown_y, tu_value_equal(x, y));
            if (a != b && tu_value_hash(x) == tu_value_hash(y))
                g_error("%s and %s: one hash", shown_x, shown_y);
        }
}

/* One value in two forms: compared as they are, equal with one hash once they are normalised. */
typedef struct {
    const char *label;
    TuValue a, b;
} SameRow;

static const SameRow same[] = {
    {"integer and decimal", I(7), D(700, 2)},
    {"decimals of two scales", D(15, 1), D(1500, 3)},
    {"decimal and long decimal", D(15, 1), L("1.50000000000000000000000000000000000000000000")},
    {"long decimals", L("-12345678901234567890.5"), L("-0012345678901234567890.500")},
    {"integers as long decimals", I(G_MAXINT64), L("9223372036854775807.0")},
    {"zeros", I(0), L("-0.00000000000000000000")},
    {"integral real and decimal", R(-3.0), D(-30, 1)},
    {"longer than 38 digits", L("1234567890123456789012345678901234567890"),
     L("01234567890123456789012345678901234567890.00")},
    {"not a number", R(NAN), R(-NAN)},
};

static void
test_same(gconstpointer data)
{
    const SameRow *row = data;
    g_assert_cmpint(tu_value_compare(&row->a, &row->b), ==, 0);
    g_assert_cmpint(tu_value_compare(&row->b, &row->a), ==, 0);
    TuValue a = tu_value_normalise(row->a);
    TuValue b = tu_value_normalise(row->b);
    g_assert_true(tu_value_equal(&a, &b));
    g_assert_cmpuint(tu_value_hash(&a), ==, tu_value_hash(&b));
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
    {"not a number", R(-NAN), "NaN"},
    {"decimal", D(-150, 2), "-1.50"},
    {"decimal below 1", D(5, 3), "0.005"},
    {"long decimal", L("12345678901234567890.50"), "12345678901234567890.50"},
    {"date", DATE(20779), "2026-11-22"},
    {"date before 1970", DATE(-1), "1969-12-31"},
    {"date before all", DATE(TU_TIME_BEFORE_ALL), "-infinity"},
    {"date after all", DATE(TU_TIME_AFTER_ALL), "infinity"},
    {"date too late to be written", DATE(5000000), "9999-12-31"},
    {"timestamp", STAMP(HOUR_4), "2026-11-22T04:00:00"},
    {"timestamp with a fraction", STAMP(HOUR_4 + 500000), "2026-11-22T04:00:00.5"},
    {"timestamp with microseconds", STAMP(HOUR_4 + 10), "2026-11-22T04:00:00.00001"},
    {"timestamp with tens of seconds", STAMP(HOUR_4 + 30000000), "2026-11-22T04:00:30"},
    {"timestamp after all", STAMP(TU_TIME_AFTER_ALL), "infinity"},
    {"instant", AT(HOUR_4), "2026-11-22T04:00:00Z"},
    {"instant with a fraction", AT(HOUR_4 + 120), "2026-11-22T04:00:00.00012Z"},
    {"instant before all", AT(TU_TIME_BEFORE_ALL), "-infinity"},
    {"instant too early to be written", AT(TU_TIME_BEFORE_ALL + 1), "0000-01-01T00:00:00Z"},
};

/* ---- times that no calendar has ---- */

typedef struct {
    const char *label;
    TuType type;
    TuWrittenTime written;
    const char *text;
} WrittenRow;

static const WrittenRow writtens[] = {
    {"the zero date", TU_TYPE_DATE, {0, 0, 0, 0}, "0000-00-00"},
    {"a month of 0", TU_TYPE_DATE, {2024, 0, 10, 0}, "2024-00-10"},
    {"a day of 0", TU_TYPE_DATE, {2024, 5, 0, 0}, "2024-05-00"},
    {"a 31st of February", TU_TYPE_DATE, {2024, 2, 31, 0}, "2024-02-31"},
    {"the last there is", TU_TYPE_DATE, {9999, 12, 0, 0}, "9999-12-00"},
    {"a real date", TU_TYPE_DATE, {2024, 2, 29, 0}, "2024-02-29"},
    {"zero, as a timestamp", TU_TYPE_TIMESTAMP, {0, 0, 0, 0}, "0000-00-00T00:00:00"},
    {"with a time of day", TU_TYPE_TIMESTAMP, {2024, 0, 10, HOUR}, "2024-00-10T01:00:00"},
    {"with a fraction", TU_TYPE_TIMESTAMP, {2024, 0, 10, 500000}, "2024-00-10T00:00:00.5"},
    {"the last of a day",
     TU_TYPE_TIMESTAMP,
     {9999, 11, 31, 24 * HOUR - 1},
     "9999-11-31T23:59:59.999999"},
    {"a real timestamp", TU_TYPE_TIMESTAMP, {2026, 11, 22, 4 * HOUR}, "2026-11-22T04:00:00"},
    {"zero, as an instant", TU_TYPE_INSTANT, {0, 0, 0, 0}, "0000-00-00T00:00:00Z"},
};

/* Fields to a value, to text, and back; no time for whoever asks for one. */
static void
test_written(gconstpointer data)
{
    const WrittenRow *row = data;
    TuValue value = tu_value_from_written(row->type, &row->written);
    TuWrittenTime written = tu_value_written(&value);
    TuValue parsed = TU_NULL_VALUE;
    gint64 at_us = 0;
    gint32 date = 0;
    gboolean is_real = g_str_has_prefix(row->label, "a real");
    g_autofree char *text = tu_value_to_text(&value);
    g_assert_cmpstr(text, ==, row->text);
    g_assert_cmpint(written.year, ==, row->written.year);
    g_assert_cmpint(written.month, ==, row->written.month);
    g_assert_cmpint(written.day, ==, row->written.day);
    g_assert_cmpint(written.rest_us, ==, row->written.rest_us);
    g_assert_true(tu_value_parse_time(row->type, text, strlen(text), &parsed));
    g_assert_true(tu_value_equal(&parsed, &value));
    g_assert_cmpint(tu_value_read_date(&value, &date), ==, is_real && row->type != TU_TYPE_INSTANT);
    g_assert_cmpint(tu_value_read_instant(&value, &at_us), ==,
                    is_real && row->type != TU_TYPE_DATE);
}

/* As MariaDB orders them: by year, month, day and time. */
static void
test_written_order(void)
{
    const TuValue dates[] = {
        WRITTEN(TU_TYPE_DATE, 0, 0, 0, 0),     WRITTEN(TU_TYPE_DATE, 2023, 12, 31, 0),
        WRITTEN(TU_TYPE_DATE, 2024, 0, 10, 0), WRITTEN(TU_TYPE_DATE, 2024, 1, 0, 0),
        WRITTEN(TU_TYPE_DATE, 2024, 1, 1, 0),  WRITTEN(TU_TYPE_DATE, 2024, 2, 29, 0),
        WRITTEN(TU_TYPE_DATE, 2024, 2, 31, 0), WRITTEN(TU_TYPE_DATE, 2024, 3, 1, 0),
        WRITTEN(TU_TYPE_DATE, 9999, 12, 31, 0)};
    const TuValue moments[] = {WRITTEN(TU_TYPE_TIMESTAMP, 0, 0, 0, 0),
                               WRITTEN(TU_TYPE_TIMESTAMP, 2023, 12, 31, 24 * HOUR - 1),
                               WRITTEN(TU_TYPE_TIMESTAMP, 2024, 1, 0, 0),
                               WRITTEN(TU_TYPE_TIMESTAMP, 2024, 1, 0, 1),
                               WRITTEN(TU_TYPE_TIMESTAMP, 2024, 1, 1, 0)};
    for (guint a = 0; a < G_N_ELEMENTS(dates); a++)
        for (guint b = 0; b < G_N_ELEMENTS(dates); b++)
            g_assert_cmpint(tu_value_compare(&dates[a], &dates[b]), ==, (a > b) - (a < b));
    for (guint a = 0; a < G_N_ELEMENTS(moments); a++)
        for (guint b = 0; b < G_N_ELEMENTS(moments); b++)
            g_assert_cmpint(tu_value_compare(&moments[a], &moments[b]), ==, (a > b) - (a < b));
}

/* What tu_value_parse_time refuses, and the ends of time that it knows. */
static void
test_parse_time(void)
{
    static const char *const refused[] = {
        "", "2024-13-10", "2024-00-32", "2024-00-1", "20x4-00-10", "2024-00-10T25:00:00", "soon"};
    TuValue value = TU_NULL_VALUE;
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_false(tu_value_parse_time(TU_TYPE_DATE, refused[i], strlen(refused[i]), &value));
        g_assert_false(
            tu_value_parse_time(TU_TYPE_TIMESTAMP, refused[i], strlen(refused[i]), &value));
    }
    g_assert_true(tu_value_parse_time(TU_TYPE_INSTANT, "-infinity", 9, &value));
    g_assert_true(value.type == TU_TYPE_INSTANT && value.integer == TU_TIME_BEFORE_ALL);
    g_assert_true(tu_value_parse_time(TU_TYPE_DATE, "infinity", 8, &value));
    g_assert_true(value.type == TU_TYPE_DATE && value.integer == TU_TIME_AFTER_ALL);
    g_assert_false(tu_value_parse_time(TU_TYPE_DATE, "2024-00-10T01:00:00", 19, &value));
}

/* ---- what is read as a time ---- */

typedef struct {
    const char *label;
    TuValue value;
    gboolean is_instant, is_date;
    gint64 at_us;
    gint32 date;
} TimeRow;

static const TimeRow times[] = {
    {"instant", AT(HOUR_4), TRUE, FALSE, HOUR_4, 0},
    {"timestamp", STAMP(HOUR_4), TRUE, TRUE, HOUR_4, 20779},
    {"timestamp before 1970", STAMP(-1), TRUE, TRUE, -1, -1},
    {"text", T("2026-11-22T04:00:00Z"), TRUE, FALSE, HOUR_4, 0},
    {"text of a date", T("2026-11-22"), TRUE, TRUE, HOUR_4 - 4 * HOUR, 20779},
    {"text that is none", T("tomorrow"), FALSE, FALSE, 0, 0},
    {"date", DATE(20779), FALSE, TRUE, 0, 20779},
    {"date beyond 32 bits", DATE(G_GINT64_CONSTANT(1) << 40), FALSE, FALSE, 0, 0},
    {"date before all", DATE(TU_TIME_BEFORE_ALL), FALSE, FALSE, 0, 0},
    {"timestamp after all", STAMP(TU_TIME_AFTER_ALL), FALSE, FALSE, 0, 0},
    {"instant before all", AT(TU_TIME_BEFORE_ALL), FALSE, FALSE, 0, 0},
    {"integer", I(20779), FALSE, FALSE, 0, 0},
    {"null", NIL, FALSE, FALSE, 0, 0},
};

static void
test_time(gconstpointer data)
{
    const TimeRow *row = data;
    gint64 at_us = 0;
    gint32 date = 0;
    g_assert_cmpint(tu_value_read_instant(&row->value, &at_us), ==, row->is_instant);
    g_assert_cmpint(tu_value_read_date(&row->value, &date), ==, row->is_date);
    g_assert_cmpint(at_us, ==, row->at_us);
    g_assert_cmpint(date, ==, row->date);
}

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
    g_test_add_func("/value/ascending", test_ascending);
    ADD_ROWS("same", same, test_same)
    g_test_add_func("/value/hashes-differ", test_hashes_differ);
    ADD_ROWS("to-text", texts, test_text)
    ADD_ROWS("written", writtens, test_written);
    g_test_add_func("/value/written/order", test_written_order);
    g_test_add_func("/value/written/text", test_parse_time);
    ADD_ROWS("time", times, test_time)
    g_test_add_func("/value/of-text", test_of_text);
    return g_test_run();
}
