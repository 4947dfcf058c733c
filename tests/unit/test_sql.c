/* The builder of SQL texts: identifiers are quoted, whatever is in them. */
#include <sqlite3.h>
#include <string.h>

#include "db/sql.h"

typedef struct {
    const char *label;
    const char *name;
    const char *quoted;
} Row;

static const Row rows[] = {
    {"plain", "flight", "\"flight\""},
    {"empty", "", "\"\""},
    {"a keyword", "order", "\"order\""},
    {"spaces and dots", "my table.x", "\"my table.x\""},
    {"a quote", "a\"b", "\"a\"\"b\""},
    {"only quotes", "\"\"", "\"\"\"\"\"\""},
    {"an apostrophe", "it's", "\"it's\""},
    {"an attack", "x\"; DROP TABLE t; --", "\"x\"\"; DROP TABLE t; --\""},
    {"percent signs", "%s%I%", "\"%s%I%\""},
    {"a backslash", "a\\\"", "\"a\\\"\"\""},
    {"letters of other alphabets",
     "gr\xc3\xb6\xc3\x9f"
     "e",
     "\"gr\xc3\xb6\xc3\x9f"
     "e\""},
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *sql = tu_sql_format("%I", row->name);
    g_assert_cmpstr(sql, ==, row->quoted);
}

/* What is quoted here is one name to SQLite. */
static void
test_round_trip(gconstpointer data)
{
    const Row *row = data;
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    g_autofree char *sql = tu_sql_format("SELECT 1 AS %I", row->name);
    g_assert_cmpint(sqlite3_open(":memory:", &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpstr(sqlite3_column_name(statement, 0), ==, row->name);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void
test_conversions(void)
{
    g_autofree char *sql =
        tu_sql_format("SELECT %I.%s, %u, %d, '%%' FROM %I", "t\"", "a b", 7u, -3, "x");
    g_assert_cmpstr(sql, ==, "SELECT \"t\"\"\".a b, 7, -3, '%' FROM \"x\"");
}

static void
test_append(void)
{
    g_autoptr(GString) sql = g_string_new("DELETE ");
    tu_sql_append(sql, "FROM %I", "a");
    tu_sql_append(sql, " WHERE %I = %s", "b", "?");
    g_assert_cmpstr(sql->str, ==, "DELETE FROM \"a\" WHERE \"b\" = ?");
}

static void
test_parameters(void)
{
    static const struct {
        guint first, n;
        const char *text;
    } parameters[] = {
        {1, 0, ""}, {1, 1, "?1"}, {1, 3, "?1, ?2, ?3"}, {4, 2, "?4, ?5"}, {65535, 1, "?65535"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(parameters); i++) {
        g_autoptr(GString) sql = g_string_new("(");
        g_autofree char *wanted = g_strdup_printf("(%s", parameters[i].text);
        tu_sql_append_parameters(sql, parameters[i].first, parameters[i].n);
        g_assert_cmpstr(sql->str, ==, wanted);
    }
}

/* A table's name has parts; each is quoted. */
static void
test_table_names(void)
{
    static const char *const names[][2] = {
        {"flight", "\"flight\""},           {"shop.bill", "\"shop\".\"bill\""},
        {"a.b.c", "\"a\".\"b\".\"c\""},     {"my shop.a \"b\"", "\"my shop\".\"a \"\"b\"\"\""},
        {"Shop.Bill", "\"Shop\".\"Bill\""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *sql = tu_sql_format("DELETE FROM %Q", names[i][0]);
        g_autofree char *wanted = g_strconcat("DELETE FROM ", names[i][1], NULL);
        g_assert_cmpstr(sql, ==, wanted);
    }
}

/* ---- names of trueup's own objects ---- */

#define FIFTY "a2345678901234567890123456789012345678901234567890"

static void
test_short_names(void)
{
    static const char *const names[][2] = {
        {"flight", "trueup_change_flight"},
        {"shop.bill", "trueup_change_shop_bill"},
        {"", "trueup_change_"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = tu_sql_short_name("trueup_change_", names[i][0]);
        g_assert_cmpstr(name, ==, names[i][1]);
    }
    g_autofree char *exact = tu_sql_short_name("", FIFTY "abcdefghijklm");
    g_assert_cmpstr(exact, ==, FIFTY "abcdefghijklm");
}

/* Those that are too long differ where the whole does, and stay what they are. */
static void
test_long_names(void)
{
    g_autofree char *one = tu_sql_short_name("trueup_change_", FIFTY "_one");
    g_autofree char *again = tu_sql_short_name("trueup_change_", FIFTY "_one");
    g_autofree char *two = tu_sql_short_name("trueup_change_", FIFTY "_two");
    g_assert_cmpuint(strlen(one), ==, 63);
    g_assert_cmpstr(one, ==, again);
    g_assert_cmpstr(one, !=, two);
    g_assert_true(g_str_has_prefix(one, "trueup_change_a23456789"));
    g_assert_cmpint(one[54], ==, '_');
}

/* No character is cut in two, wherever the cut falls. */
static void
test_names_of_letters(void)
{
    for (guint shift = 0; shift < 4; shift++) {
        g_autofree char *prefix = g_strnfill(shift, 'x');
        g_autoptr(GString) long_name = g_string_new(prefix);
        while (long_name->len < 70)
            g_string_append(long_name, "\xf0\x9f\x9a\x86");
        g_autofree char *name = tu_sql_short_name("", long_name->str);
        g_assert_true(g_utf8_validate(name, -1, NULL));
        g_assert_cmpuint(strlen(name), <=, 63);
        g_assert_cmpuint(strlen(name), >, 63 - 4);
    }
}

/* A statement in an error: in one line, no longer than is needed to recognise it. */
static void
test_excerpt(void)
{
    g_autofree char *none = tu_sql_excerpt(NULL);
    g_autofree char *line = tu_sql_excerpt("\n  SELECT 1,\n\t2\n");
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpstr(line, ==, "SELECT 1, 2");
    for (guint shift = 0; shift < 4; shift++) {
        g_autofree char *prefix = g_strnfill(shift, 'x');
        g_autoptr(GString) sql = g_string_new(prefix);
        while (sql->len < 5000)
            g_string_append(sql, "\xf0\x9f\x9a\x86");
        g_autofree char *cut = tu_sql_excerpt(sql->str);
        g_assert_true(g_utf8_validate(cut, -1, NULL));
        g_assert_true(g_str_has_suffix(cut, "\xf0\x9f\x9a\x86 ..."));
        g_assert_cmpuint(strlen(cut), <=, 304);
        g_assert_null(strstr(cut, "\xef\xbf\xbd"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *quoted = g_strdup_printf("/sql/quoted/%s", rows[i].label);
        g_autofree char *trip = g_strdup_printf("/sql/round-trip/%s", rows[i].label);
        g_test_add_data_func(quoted, &rows[i], test_row);
        g_test_add_data_func(trip, &rows[i], test_round_trip);
    }
    g_test_add_func("/sql/conversions", test_conversions);
    g_test_add_func("/sql/append", test_append);
    g_test_add_func("/sql/parameters", test_parameters);
    g_test_add_func("/sql/table-names", test_table_names);
    g_test_add_func("/sql/short-names", test_short_names);
    g_test_add_func("/sql/long-names", test_long_names);
    g_test_add_func("/sql/names-of-letters", test_names_of_letters);
    g_test_add_func("/sql/excerpt", test_excerpt);
    return g_test_run();
}
