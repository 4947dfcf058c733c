/* Templates: which braces are slots, what comes into them, what is refused. */
#include "spec/template.h"

#include <string.h>

#include "error.h"

static char *
in_capitals(const char *name, gboolean has_alias, gpointer data)
{
    return g_strdup_printf("<%s%s>", name, has_alias ? "+" : "");
}

typedef struct {
    const char *label, *text, *filled; /* `filled` NULL: refused */
    const char *message;               /* ... with words of this */
} Row;

static const Row rows[] = {
    {"no slot", "SELECT 1", "SELECT 1", NULL},
    {"slot with alias", "SELECT 1 FROM {row} r", "SELECT 1 FROM <row+> r", NULL},
    {"slot with AS", "SELECT 1 FROM {row} AS \"r\"", "SELECT 1 FROM <row+> AS \"r\"", NULL},
    {"slot without alias", "SELECT 1 FROM { a.b } WHERE x", "SELECT 1 FROM <a.b> WHERE x", NULL},
    {"slot before a join", "SELECT 1 FROM {a} LEFT JOIN {b} USING (x)",
     "SELECT 1 FROM <a> LEFT JOIN <b> USING (x)", NULL},
    {"strings and comments", "SELECT '{a}', \"{b}\" -- {c}\n/* {d} */ FROM {e}, t",
     "SELECT '{a}', \"{b}\" -- {c}\n/* {d} */ FROM <e>, t", NULL},
    {"with", "with x AS (SELECT 1) SELECT 2", "with x AS (SELECT 1) SELECT 2", NULL},
    {"no query", "DELETE FROM t", NULL, "begins with SELECT or WITH"},
    {"two statements", "SELECT 1; SELECT 2", NULL, "without `;`"},
    {"open bracket", "SELECT (1", NULL, "not closed"},
    {"closed bracket", "SELECT 1)", NULL, "not opened"},
    {"open quote", "SELECT 'a", NULL, "not closed"},
    {"open brace", "SELECT 1 FROM {row", NULL, "write a name in braces"},
    {"brace in brace", "SELECT 1 FROM {a{b}}", NULL, "write a name in braces"},
    {"empty brace", "SELECT 1 FROM { }", NULL, "write a name in braces"},
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(TuTemplate) sql = tu_template_parse(row->text, &error);
    if (row->filled == NULL) {
        g_assert_null(sql);
        g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, row->message));
        return;
    }
    g_assert_no_error(error);
    g_autofree char *filled = tu_template_fill(sql, in_capitals, NULL);
    g_assert_cmpstr(filled, ==, row->filled);
}

static void
test_count(void)
{
    g_autoptr(TuTemplate) sql = tu_template_parse("SELECT 1 FROM {a} x, {A} y, {b}", NULL);
    g_assert_cmpuint(tu_template_count(sql, "a"), ==, 2);
    g_assert_cmpuint(tu_template_count(sql, "c"), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/template/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/template/count", test_count);
    return g_test_run();
}
