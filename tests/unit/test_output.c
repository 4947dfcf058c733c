/* What commands print: JSON values, CSV fields, tables of text. */
#include <math.h>
#include <string.h>

#include "cli/output.h"

#define TEXT(t)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_TEXT, .bytes = sizeof(t) - 1, .text = t                                    \
    }
#define BLOB(t)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_BLOB, .bytes = sizeof(t) - 1, .text = t                                    \
    }
#define INTEGER(n)                                                                                 \
    {                                                                                              \
        .type = TU_TYPE_INTEGER, .integer = n                                                      \
    }
#define REAL(x)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_REAL, .real = x                                                            \
    }

typedef struct {
    const char *label;
    TuValue value;
    const char *json, *csv, *cell;
} ValueRow;

static const ValueRow value_rows[] = {
    {"null", {.type = TU_TYPE_NULL}, "null", "", "NULL"},
    {"integer", INTEGER(-12), "-12", "-12", "-12"},
    {"largest", INTEGER(G_MAXINT64), "9223372036854775807", "9223372036854775807",
     "9223372036854775807"},
    {"real", REAL(0.5), "0.5", "0.5", "0.5"},
    {"shortest real", REAL(0.1), NULL, "0.1", "0.1"},
    {"real that needs 17 digits", REAL(0.1 + 0.2), NULL, "0.30000000000000004", "0.3"},
    {"infinity", REAL(INFINITY), "\"Infinity\"", "Infinity", "inf"},
    {"minus infinity", REAL(-INFINITY), "\"-Infinity\"", "-Infinity", "-inf"},
    {"text", TEXT("JFK"), "\"JFK\"", "JFK", "JFK"},
    {"text that looks like a number", TEXT("007"), "\"007\"", "007", "007"},
    {"empty text", TEXT(""), "\"\"", "\"\"", ""},
    {"comma", TEXT("a,b"), "\"a,b\"", "\"a,b\"", "a,b"},
    {"quotes", TEXT("say \"x\""), "\"say \\\"x\\\"\"", "\"say \"\"x\"\"\"", "say \"x\""},
    {"line end", TEXT("a\nb"), "\"a\\nb\"", "\"a\nb\"", "a\\nb"},
    {"spaces at the edges", TEXT(" a "), "\" a \"", "\" a \"", " a"},
    {"not UTF-8", TEXT("a\xff"), "\"a\xef\xbf\xbd\"", "a\xef\xbf\xbd", "a\xef\xbf\xbd"},
    {"NUL inside", TEXT("a\0b"),
     "\"a\xef\xbf\xbd"
     "b\"",
     "a\xef\xbf\xbd"
     "b",
     NULL},
    {"blob", BLOB("\x01\xab"), "\"01ab\"", "01ab", "a blob of 2 bytes"},
};

/* The value as it stands in an array, without the brackets. */
static char *
json_of(const TuValue *value)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_array(builder);
    tu_output_value(builder, value);
    json_builder_end_array(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *array = json_to_string(root, FALSE);
    return g_strndup(array + 1, strlen(array) - 2);
}

static void
test_values(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(value_rows); i++) {
        const ValueRow *row = &value_rows[i];
        const char *const headers[] = {"v"};
        g_test_message("%s", row->label);
        g_autofree char *json = json_of(&row->value);
        g_autofree char *csv = tu_output_csv_field(&row->value);
        if (row->json != NULL)
            g_assert_cmpstr(json, ==, row->json);
        else
            g_assert_cmpfloat(g_ascii_strtod(json, NULL), ==, row->value.real);
        g_assert_cmpstr(csv, ==, row->csv);
        if (row->cell == NULL)
            continue;
        g_autoptr(TuTextTable) table = tu_text_table_new(headers, 1);
        tu_text_table_add_value(table, &row->value);
        g_autofree char *text = tu_text_table_format(table);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_assert_cmpstr(lines[2], ==, row->cell);
    }
}

/* Numbers and their header stand to the right, texts to the left; é is one character. */
static void
test_table(void)
{
    static const char *const headers[] = {"city", "n", "note"};
    static const struct {
        const char *text;
        gboolean is_number;
    } cells[] = {{"Orléans", FALSE}, {"7", TRUE},  {"x", FALSE},
                 {"Rom", FALSE},     {"12", TRUE}, {"", FALSE}};
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, G_N_ELEMENTS(headers));
    for (guint i = 0; i < G_N_ELEMENTS(cells); i++)
        tu_text_table_add(table, cells[i].text, cells[i].is_number);
    g_autofree char *text = tu_text_table_format(table);
    g_assert_cmpstr(text, ==,
                    "city      n  note\n"
                    "-------  --  ----\n"
                    "Orléans   7  x\n"
                    "Rom      12\n");
}

static void
test_empty_table(void)
{
    static const char *const headers[] = {"a", "bc"};
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, G_N_ELEMENTS(headers));
    g_autofree char *text = tu_text_table_format(table);
    g_assert_cmpstr(text, ==, "a  bc\n-  --\n");
}

static const struct {
    const char *label, *text, *harmless;
} harmless_rows[] = {
    {"plain", "Zürich 東京", "Zürich 東京"},
    {"colours", "\x1b[31mred", "\\x1b[31mred"},
    {"bell, backspace, delete", "\a\b\x7f", "\\x07\\x08\\x7f"},
    {"lines and tabs", "a\r\n\tb", "a\\x0d\\n\\tb"},
    {"C1 controls",
     "\xc2\x9b"
     "31m",
     "\\x9b31m"},
    {"turned direction",
     "a\xe2\x80\xae"
     "b",
     "a\\u202eb"},
    {"line separator",
     "a\xe2\x80\xa8"
     "b",
     "a\\u2028b"},
    {"not UTF-8", "\xc3", "\xef\xbf\xbd"},
};

static void
test_harmless(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(harmless_rows); i++) {
        g_test_message("%s", harmless_rows[i].label);
        g_autofree char *text = tu_output_harmless(harmless_rows[i].text);
        g_assert_cmpstr(text, ==, harmless_rows[i].harmless);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/output/values", test_values);
    g_test_add_func("/output/table", test_table);
    g_test_add_func("/output/empty-table", test_empty_table);
    g_test_add_func("/output/harmless", test_harmless);
    return g_test_run();
}
