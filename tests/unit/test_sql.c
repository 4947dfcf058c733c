/* The builder of SQL texts: identifiers are quoted, whatever is in them. */
#include <sqlite3.h>

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
    static const char *const texts[] = {"", "?", "?, ?", "?, ?, ?"};
    for (guint n = 0; n < G_N_ELEMENTS(texts); n++) {
        g_autoptr(GString) sql = g_string_new(NULL);
        tu_sql_append_parameters(sql, n);
        g_assert_cmpstr(sql->str, ==, texts[n]);
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
    return g_test_run();
}
