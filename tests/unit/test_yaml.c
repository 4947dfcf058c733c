/* The tree that a document gives: texts as written, places, anchors, merged maps. */
#include <string.h>

#include <glib.h>

#include "spec/yaml.h"
#include "spec/yaml_quoted.h"

static TuYamlDocument *
parse(const char *text)
{
    g_autoptr(TuProblems) problems = tu_problems_new();
    TuYamlDocument *document = tu_yaml_parse(text, strlen(text), problems);
    g_autoptr(GPtrArray) complaints = tu_problems_take(problems);
    g_assert_cmpuint(complaints->len, ==, 0);
    g_assert_nonnull(document);
    return document;
}

typedef struct {
    const char *written;
    const char *text;
} TextRow;

static const TextRow text_rows[] = {
    {"plain text", "plain text"},
    {"over\n  two lines", "over two lines"},
    {"\"a\\tb\\\"\\\\\\u00e9\"", "a\tb\"\\\303\251"},
    {"\"a\n  b\"", "a b"},
    {"'it''s'", "it's"},
    {"'coalesce(a, '''')'", "coalesce(a, '')"}, /* libfyaml gives three quotes */
    {"''''", "'"},
    {"''''''''", "'''"},
    {"'a''''b''''''c'", "a''b'''c"},
    {"''", ""},
    {"' a  b '", " a  b "},
    {"'a \n   b'", "a b"},
    {"'a\n\n\n  b'", "a\n\nb"},
    {"'a\n  '", "a "},
    {"'\303\251'", "\303\251"},
    {"|\n  a -- b\n   c\n", "a -- b\n c\n"},
    {">-\n  a\n  b\n\n  c\n", "a b\nc"},
};

static void
test_text(gconstpointer data)
{
    const TextRow *row = data;
    g_autofree char *text = g_strdup_printf("k: %s\n", row->written);
    g_autoptr(TuYamlDocument) document = parse(text);
    const TuYamlPair *pair = tu_yaml_pair(tu_yaml_root(document), "k");
    g_assert_cmpstr(pair->value->text, ==, row->text);
    g_assert_cmpint(pair->value->kind, ==, TU_YAML_TEXT);
}

/* Hundreds of quotes in one text: libfyaml leaks here. */
static void
test_many_quotes(void)
{
    g_autofree char *quotes = g_strnfill(1002, '\''), *half = g_strnfill(500, '\'');
    g_autofree char *text = g_strdup_printf("k: %s\n%s: v\n", quotes, quotes);
    g_autoptr(TuYamlDocument) document = parse(text);
    g_assert_cmpstr(tu_yaml_pair(tu_yaml_root(document), "k")->value->text, ==, half);
    g_assert_cmpstr(tu_yaml_pair(tu_yaml_root(document), half)->value->text, ==, "v");
}

static void
test_single_quoted(void)
{
    static const TextRow rows[] = {
        {"", ""},
        {"a\r\nb", "a b"},
        {"a\rb", "a b"},
        {"a\r\n\r\nb", "a\nb"},
        {"a\t\n\t b", "a b"},
        {"'", "'"},
        {"a ''\n'' b", "a ' ' b"},
        {"  ", "  "},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = tu_yaml_single_quoted(rows[i].written, strlen(rows[i].written));
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

typedef struct {
    const char *written;
    gboolean is_null;
} NullRow;

static void
test_nulls(void)
{
    static const NullRow rows[] = {
        {"null", TRUE},    {"Null", TRUE},  {"NULL", TRUE}, {"~", TRUE},  {"", TRUE},
        {"'null'", FALSE}, {"\"\"", FALSE}, {"nul", FALSE}, {"0", FALSE}, {"[]", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("k: %s\n", rows[i].written);
        g_autoptr(TuYamlDocument) document = parse(text);
        const TuYaml *value = tu_yaml_pair(tu_yaml_root(document), "k")->value;
        g_assert_cmpint(tu_yaml_is_null(value), ==, rows[i].is_null);
    }
}

/* A quoted text begins at its quote, a map at its brace; columns count characters. */
static void
test_places(void)
{
    g_autoptr(TuYamlDocument) document = parse("\303\251: 'q'\nb:\n  c: {d: \"e\", f: [g]}\n");
    const TuYaml *root = tu_yaml_root(document);
    const TuYamlPair *quoted = tu_yaml_pair(root, "\303\251");
    g_assert_cmpuint(quoted->value->mark.line, ==, 1);
    g_assert_cmpuint(quoted->value->mark.column, ==, 4);
    const TuYamlPair *c = tu_yaml_pair(tu_yaml_pair(root, "b")->value, "c");
    g_assert_cmpuint(c->mark.line, ==, 3);
    g_assert_cmpuint(c->mark.column, ==, 3);
    g_assert_cmpuint(c->value->mark.column, ==, 6);
    g_assert_false(c->value->in_flow);
    const TuYaml *e = tu_yaml_pair(c->value, "d")->value;
    g_assert_cmpuint(e->mark.column, ==, 10);
    g_assert_true(e->in_flow);
    g_assert_null(tu_yaml_pair(root, "nothing"));
}

/* An anchor's node is one node, wherever it is used; the last of a name counts. */
static void
test_anchors(void)
{
    g_autoptr(TuYamlDocument) document =
        parse("a: &x {k: v}\nb: *x\nc: &x w\nd: [*x, *x]\ne: &y [1, 2]\nf: *y\n");
    const TuYaml *root = tu_yaml_root(document);
    const TuYaml *d = tu_yaml_pair(root, "d")->value;
    g_assert_true(tu_yaml_pair(root, "a")->value == tu_yaml_pair(root, "b")->value);
    g_assert_cmpuint(d->items->len, ==, 2);
    g_assert_cmpstr(((const TuYaml *)g_ptr_array_index(d->items, 1))->text, ==, "w");
    g_assert_cmpuint(tu_yaml_pair(root, "f")->value->nodes, ==, 3);
}

/* Own keys, then those of the first map merged, then of the next; `<<` itself is gone. */
static void
test_merge(void)
{
    g_autoptr(TuYamlDocument) document = parse("a: &a {x: 1, y: 1}\n"
                                               "b: &b {<<: *a, y: 2, z: 2}\n"
                                               "c: {<<: [*b, *a], z: 3}\n");
    const TuYaml *c = tu_yaml_pair(tu_yaml_root(document), "c")->value;
    g_assert_cmpuint(c->pairs->len, ==, 3);
    g_assert_cmpstr(tu_yaml_pair(c, "x")->value->text, ==, "1");
    g_assert_cmpstr(tu_yaml_pair(c, "y")->value->text, ==, "2");
    g_assert_cmpstr(tu_yaml_pair(c, "z")->value->text, ==, "3");
    g_assert_null(tu_yaml_pair(c, "<<"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(text_rows); i++) {
        g_autofree char *path = g_strdup_printf("/yaml/text/%u", i);
        g_test_add_data_func(path, &text_rows[i], test_text);
    }
    g_test_add_func("/yaml/many-quotes", test_many_quotes);
    g_test_add_func("/yaml/single-quoted", test_single_quoted);
    g_test_add_func("/yaml/nulls", test_nulls);
    g_test_add_func("/yaml/places", test_places);
    g_test_add_func("/yaml/anchors", test_anchors);
    g_test_add_func("/yaml/merge", test_merge);
    return g_test_run();
}
