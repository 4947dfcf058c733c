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

#define DECIMAL(n, s)                                                                              \
    {                                                                                              \
        .type = TU_TYPE_DECIMAL, .scale = s, .integer = n                                          \
    }
#define LONG_DECIMAL(t)                                                                            \
    {                                                                                              \
        .type = TU_TYPE_LONG_DECIMAL, .bytes = sizeof(t) - 1, .text = t                            \
    }
#define TIME(t, n)                                                                                 \
    {                                                                                              \
        .type = TU_TYPE_##t, .integer = n                                                          \
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
    {"shortest real", REAL(0.1), "0.1", "0.1", "0.1"},
    {"whole real", REAL(3.0), "3.0", "3", "3"},
    {"large real", REAL(1e300), "1e+300", "1e+300", "1e+300"},
    {"real that needs 17 digits", REAL(0.1 + 0.2), "0.30000000000000004", "0.30000000000000004",
     "0.3"},
    {"infinity", REAL(INFINITY), "\"Infinity\"", "Infinity", "inf"},
    {"minus infinity", REAL(-INFINITY), "\"-Infinity\"", "-Infinity", "-inf"},
    {"not a number", REAL(NAN), "\"NaN\"", "NaN", "NaN"},
    {"decimal", DECIMAL(1250, 2), "12.5", "12.50", "12.50"},
    {"decimal that is no double", DECIMAL(-1999, 2), "-19.99", "-19.99", "-19.99"},
    {"whole decimal", DECIMAL(1200, 2), "12", "12.00", "12.00"},
    {"zero", DECIMAL(0, 2), "0", "0.00", "0.00"},
    {"15 digits", DECIMAL(G_GINT64_CONSTANT(999999999999999), 2), "9999999999999.99",
     "9999999999999.99", "9999999999999.99"},
    {"16 digits, one of them a zero at the end", DECIMAL(G_GINT64_CONSTANT(1234567890123450), 3),
     "1234567890123.45", "1234567890123.450", "1234567890123.450"},
    {"16 digits", DECIMAL(G_GINT64_CONSTANT(-1234567890123456), 2), "\"-12345678901234.56\"",
     "-12345678901234.56", "-12345678901234.56"},
    {"16 digits before the point", DECIMAL(G_GINT64_CONSTANT(1234567890123456), 0),
     "\"1234567890123456\"", "1234567890123456", "1234567890123456"},
    {"small decimal", DECIMAL(1, 20), "1e-20", "0.00000000000000000001", "0.00000000000000000001"},
    {"long decimal", LONG_DECIMAL("-123456789012345678901.50"), "\"-123456789012345678901.5\"",
     "-123456789012345678901.50", "-123456789012345678901.50"},
    {"longer than a text in a table",
     LONG_DECIMAL("12345678901234567890123456789012345678901234567890123456789012345"),
     "\"12345678901234567890123456789012345678901234567890123456789012345\"",
     "12345678901234567890123456789012345678901234567890123456789012345",
     "12345678901234567890123456789012345678901234567890123456789012345"},
    {"long only by its zeros", LONG_DECIMAL("1.50000000000000000000"), "1.5",
     "1.50000000000000000000", "1.50000000000000000000"},
    {"date", TIME(DATE, 20779), "\"2026-11-22\"", "2026-11-22", "2026-11-22"},
    {"timestamp", TIME(TIMESTAMP, G_GINT64_CONSTANT(1795320000500000)), "\"2026-11-22T04:00:00.5\"",
     "2026-11-22T04:00:00.5", "2026-11-22T04:00:00.5"},
    {"instant", TIME(INSTANT, G_GINT64_CONSTANT(1795320000000000)), "\"2026-11-22T04:00:00Z\"",
     "2026-11-22T04:00:00Z", "2026-11-22T04:00:00Z"},
    {"after all", TIME(INSTANT, TU_TIME_AFTER_ALL), "\"infinity\"", "infinity", "infinity"},
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
    g_autofree char *array = tu_output_json_text(builder);
    g_assert_true(g_str_has_prefix(array, "[\n  "));
    g_assert_true(g_str_has_suffix(array, "\n]"));
    return g_strndup(array + 4, strlen(array) - 6);
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
        g_assert_cmpstr(json, ==, row->json);
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

static void
test_json(void)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "a \"b\"");
    json_builder_begin_array(builder);
    json_builder_add_int_value(builder, 1);
    json_builder_begin_array(builder);
    json_builder_end_array(builder);
    json_builder_begin_object(builder);
    json_builder_end_object(builder);
    json_builder_add_null_value(builder);
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "is");
    json_builder_add_boolean_value(builder, TRUE);
    json_builder_end_object(builder);
    g_autofree char *text = tu_output_json_text(builder);
    g_assert_cmpstr(text, ==,
                    "{\n"
                    "  \"a \\\"b\\\"\" : [\n"
                    "    1,\n"
                    "    [],\n"
                    "    {},\n"
                    "    null\n"
                    "  ],\n"
                    "  \"is\" : true\n"
                    "}");
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
    g_test_add_func("/output/json", test_json);
    g_test_add_func("/output/table", test_table);
    g_test_add_func("/output/empty-table", test_empty_table);
    g_test_add_func("/output/harmless", test_harmless);
    return g_test_run();
}
