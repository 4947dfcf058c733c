/* Portable SQL: parameters in each database's style, control tables under their schema, and what is
 * neither left as it was. */
#include "db/driver.h"
#include "db/portable.h"
#include "schema/control.h"

/* ---- parameters ---- */

typedef struct {
    const char *label;
    const char *sql;
    const char *dollar, *in_order; /* NULL: as it was */
    guint n;
    const char *order; /* the parameters of the question marks, from 0 */
} Row;

static const Row rows[] = {
    {"none", "SELECT 1", NULL, NULL, 0, ""},
    {"empty", "", NULL, NULL, 0, ""},
    {"one", "a = ?1", "a = $1", "a = ?", 1, "0"},
    {"at both ends", "?1 = ?2", "$1 = $2", "? = ?", 2, "0 1"},
    {"twice", "a = ?1 OR b = ?1", "a = $1 OR b = $1", "a = ? OR b = ?", 1, "0 0"},
    {"in another order", "?3, ?1, ?2, ?1", "$3, $1, $2, $1", "?, ?, ?, ?", 3, "2 0 1 0"},
    {"one that is left out", "?1 < ?3", "$1 < $3", "? < ?", 3, "0 2"},
    {"many digits", "(?12, ?123)", "($12, $123)", "(?, ?)", 123, "11 122"},
    {"without blanks", "(?1,?2)||?3", "($1,$2)||$3", "(?,?)||?", 3, "0 1 2"},
    {"behind a word", "LIMIT ?1", "LIMIT $1", "LIMIT ?", 1, "0"},
    {"before a cast", "?1::date", "$1::date", "?::date", 1, "0"},

    {"in a text", "a = '?1' AND b = ?1", "a = '?1' AND b = $1", "a = '?1' AND b = ?", 1, "0"},
    {"a doubled quote", "'it''s ?1', ?1", "'it''s ?1', $1", "'it''s ?1', ?", 1, "0"},
    {"a backslash is a letter", "'\\', ?1, '?2'", "'\\', $1, '?2'", "'\\', ?, '?2'", 1, "0"},
    {"a text with escapes", "E'\\'?1', ?1", "E'\\'?1', $1", "E'\\'?1', ?", 1, "0"},
    {"a text in dollars", "$a$ ?1 $$ $a$ || ?1", "$a$ ?1 $$ $a$ || $1", "$a$ ?1 $$ $a$ || ?", 1,
     "0"},
    {"a quoted name", "\"a?1\" = ?1", "\"a?1\" = $1", "\"a?1\" = ?", 1, "0"},
    {"a doubled double quote", "\"a\"\"?1\" = ?1", "\"a\"\"?1\" = $1", "\"a\"\"?1\" = ?", 1, "0"},
    {"a name in backticks", "`?1` = ?1", "`?1` = $1", "`?1` = ?", 1, "0"},
    {"a comment to the end of the line", "?1 -- it's ?2\n, ?3", "$1 -- it's ?2\n, $3",
     "? -- it's ?2\n, ?", 3, "0 2"},
    {"a comment at the end", "?1 -- ?2", "$1 -- ?2", "? -- ?2", 1, "0"},
    {"a comment in between", "?1 /* \" ?2 ' */ + ?3", "$1 /* \" ?2 ' */ + $3",
     "? /* \" ?2 ' */ + ?", 3, "0 2"},

    {"does the key exist", "doc ? 'a' AND x = ?1", "doc ? 'a' AND x = $1", "doc ? 'a' AND x = ?", 1,
     "0"},
    {"does one of them exist", "doc ?| array['1'] OR doc ?& b OR ?1",
     "doc ?| array['1'] OR doc ?& b OR $1", "doc ?| array['1'] OR doc ?& b OR ?", 1, "0"},
    {"does the path exist", "doc @? '$.a' = ?1", "doc @? '$.a' = $1", "doc @? '$.a' = ?", 1, "0"},
    {"a parameter behind the operator", "doc ? ?1", "doc ? $1", "doc ? ?", 1, "0"},
    {"an element of an array", "a[1] = ?1", "a[1] = $1", "a[1] = ?", 1, "0"},
    {"a text that is not closed", "?1 'a ?2", "$1 'a ?2", "? 'a ?2", 1, "0"},
};

static char *
order_text(const GArray *order)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < order->len; i++)
        g_string_append_printf(text, "%s%u", i == 0 ? "" : " ", g_array_index(order, guint, i));
    return g_string_free(text, FALSE);
}

static void
assert_portable(const Row *row, TuParameterStyle style, const char *wanted)
{
    guint n = 99;
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree char *sql = tu_sql_portable(row->sql, style, NULL, &n, order);
    g_autofree char *numbers = order_text(order);
    g_autofree char *again = tu_sql_portable(row->sql, style, NULL, &n, NULL);
    g_assert_cmpstr(sql, ==, wanted != NULL ? wanted : row->sql);
    g_assert_cmpstr(again, ==, sql);
    g_assert_cmpuint(n, ==, row->n);
    g_assert_cmpstr(numbers, ==, row->order);
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    assert_portable(row, TU_PARAMETERS_NUMBERED, NULL);
    assert_portable(row, TU_PARAMETERS_DOLLAR, row->dollar);
    assert_portable(row, TU_PARAMETERS_IN_ORDER, row->in_order);
}

/* ---- the control schema ---- */

typedef struct {
    const char *label;
    const char *sql;
    const char *wanted; /* under the schema "x"; NULL: as it was */
} SchemaRow;

static const SchemaRow schema_rows[] = {
    {"read", "SELECT 1 FROM trueup_run WHERE id = ?1",
     "SELECT 1 FROM \"x\".\"trueup_run\" WHERE id = $1"},
    {"written", "INSERT INTO trueup_group(name) VALUES (?1)",
     "INSERT INTO \"x\".\"trueup_group\"(name) VALUES ($1)"},
    {"its column", "SELECT trueup_group.turn FROM trueup_group",
     "SELECT \"x\".\"trueup_group\".turn FROM \"x\".\"trueup_group\""},
    {"at the end", "DROP VIEW trueup_parked", "DROP VIEW \"x\".\"trueup_parked\""},
    {"several statements", "DELETE FROM trueup_spec; DELETE FROM trueup_kept",
     "DELETE FROM \"x\".\"trueup_spec\"; DELETE FROM \"x\".\"trueup_kept\""},
    {"qualified already", "SELECT 1 FROM y.trueup_run, \"x\" . trueup_run", NULL},
    {"quoted", "SELECT 1 FROM \"trueup_run\"", NULL},
    {"in a text", "SELECT 'trueup_run' -- trueup_run", NULL},
    {"a change log", "SELECT trueup_id FROM trueup_change_run, trueup_weight", NULL},
    {"longer and shorter", "trueup_runs, trueup_ru, xtrueup_run, trueup_", NULL},
    {"in other letters", "TRUEUP_RUN", NULL},
};

static void
test_schema_row(gconstpointer data)
{
    const SchemaRow *row = data;
    guint n = 0;
    g_autofree char *sql = tu_sql_portable(row->sql, TU_PARAMETERS_DOLLAR, "x", &n, NULL);
    g_autofree char *plain = tu_sql_portable(row->sql, TU_PARAMETERS_NUMBERED, NULL, &n, NULL);
    g_assert_cmpstr(sql, ==, row->wanted != NULL ? row->wanted : row->sql);
    g_assert_cmpstr(plain, ==, row->sql);
}

/* Every table that trueup makes for itself is found. */
static void
test_all_tables(void)
{
    TuDatabase db = {.driver = &tu_sqlite_driver};
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    tu_control_names(&db, names);
    g_assert_cmpuint(names->len, >, 0);
    for (guint i = 0; i < names->len; i++) {
        guint n = 0;
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *wanted = g_strdup_printf("\"x\".\"%s\"", name);
        g_autofree char *sql = tu_sql_portable(name, TU_PARAMETERS_NUMBERED, "x", &n, NULL);
        g_assert_cmpstr(sql, ==, wanted);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/portable/parameters/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    for (guint i = 0; i < G_N_ELEMENTS(schema_rows); i++) {
        g_autofree char *path = g_strdup_printf("/portable/schema/%s", schema_rows[i].label);
        g_test_add_data_func(path, &schema_rows[i], test_schema_row);
    }
    g_test_add_func("/portable/all-tables", test_all_tables);
    return g_test_run();
}
