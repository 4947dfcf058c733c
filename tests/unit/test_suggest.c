/* What a misspelt word was meant to be. */
#include <string.h>

#include <glib.h>

#include "spec/suggest.h"

static const char *const words[] = {"grains", "table", "time", "time_zone", "where", NULL};

typedef struct {
    const char *misspelt;
    const char *meant; /* NULL: nothing is near */
} Row;

static const Row rows[] = {
    {"grain", "grains"},       /* left out */
    {"grainss", "grains"},     /* too much */
    {"gra1ns", "grains"},      /* wrong */
    {"grians", "grains"},      /* swapped counts 1 */
    {"GRAINS", "grains"},      /* case does not count */
    {"timezone", "time_zone"}, /* nearer than time */
    {"tabel", "table"},
    {"tim", "time"},
    {"wehre", "where"},
    {"colour", NULL},
    {"x", NULL},
    {"", NULL},
    {"ti", NULL},
};

static void
test_rows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].misspelt);
        g_assert_cmpstr(tu_suggest(rows[i].misspelt, words), ==, rows[i].meant);
    }
}

static void
test_long_words(void)
{
    g_autofree char *just = g_strnfill(64, 'a'), *more = g_strnfill(65, 'a');
    const char *const known[] = {more, just, NULL};
    g_assert_cmpstr(tu_suggest(just, known), ==, just);
    g_assert_null(tu_suggest(more, known));
}

static void
test_text(void)
{
    g_autofree char *near = tu_suggest_text("tabel", words);
    g_autofree char *far = tu_suggest_text("colour", words);
    g_autofree char *list = tu_suggest_list(words + 3, " or ");
    g_assert_cmpstr(near, ==, "; did you mean `table`?");
    g_assert_cmpstr(far, ==, "");
    g_assert_cmpstr(list, ==, "time_zone or where");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/suggest/rows", test_rows);
    g_test_add_func("/suggest/long-words", test_long_words);
    g_test_add_func("/suggest/text", test_text);
    return g_test_run();
}
