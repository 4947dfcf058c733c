/* The PostgreSQL driver without a server: values to bytes and back, texts, words of expressions. */
#include <math.h>
#include <string.h>

#include "db/postgres/postgres.h"

/* ---- binary: there and back ---- */

typedef struct {
    const char *label;
    Oid type;
    TuValue value;
    const char *back; /* as tu_value_to_text prints it; NULL: the type cannot hold it */
} BinaryRow;

#define TEXT(t)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_TEXT, .bytes = sizeof t - 1, .text = t                                     \
    }
#define LONG(t)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_LONG_DECIMAL, .bytes = sizeof t - 1, .text = t                             \
    }
#define INTEGER(i)                                                                                 \
    {                                                                                              \
        .type = TU_TYPE_INTEGER, .integer = i                                                      \
    }
#define DECIMAL(i, s)                                                                              \
    {                                                                                              \
        .type = TU_TYPE_DECIMAL, .scale = s, .integer = i                                          \
    }
#define REAL(r)                                                                                    \
    {                                                                                              \
        .type = TU_TYPE_REAL, .real = r                                                            \
    }
#define TIME(t, i)                                                                                 \
    {                                                                                              \
        .type = t, .integer = i                                                                    \
    }

static const BinaryRow binary_rows[] = {
    {"true", TU_OID_BOOL, INTEGER(1), "1"},
    {"smallest smallint", TU_OID_INT2, INTEGER(-32768), "-32768"},
    {"too large a smallint", TU_OID_INT2, INTEGER(32768), NULL},
    {"too large an integer", TU_OID_INT4, INTEGER(G_GINT64_CONSTANT(2147483648)), NULL},
    {"smallest bigint", TU_OID_INT8, INTEGER(G_MININT64), "-9223372036854775808"},
    {"a text is no number", TU_OID_INT8, TEXT("12"), NULL},
    {"double", TU_OID_FLOAT8, REAL(-0.1), "-0.1"},
    {"a decimal as double", TU_OID_FLOAT8, DECIMAL(-125, 2), "-1.25"},
    {"float", TU_OID_FLOAT4, REAL(0.5), "0.5"},
    {"too large a float", TU_OID_FLOAT4, REAL(1e300), NULL},
    {"zero", TU_OID_NUMERIC, INTEGER(0), "0"},
    {"a group of zeros", TU_OID_NUMERIC, INTEGER(10000), "10000"},
    {"bigint as numeric", TU_OID_NUMERIC, INTEGER(G_MININT64), "-9223372036854775808"},
    {"scale is kept", TU_OID_NUMERIC, DECIMAL(-123456780, 2), "-1234567.80"},
    {"behind the point only", TU_OID_NUMERIC, DECIMAL(1, 7), "0.0000001"},
    {"the largest scale", TU_OID_NUMERIC, DECIMAL(-7, 38),
     "-0.00000000000000000000000000000000000007"},
    {"forty digits", TU_OID_NUMERIC, LONG("1234567890123456789012345678901234567890"),
     "1234567890123456789012345678901234567890"},
    {"forty digits and three", TU_OID_NUMERIC,
     LONG("-1234567890123456789012345678901234567890.125"),
     "-1234567890123456789012345678901234567890.125"},
    {"a double as numeric", TU_OID_NUMERIC, REAL(1e-7), "0.0000001"},
    {"text", TU_OID_TEXT, TEXT("a 'b'"), "a 'b'"},
    {"a number as text", TU_OID_TEXT, DECIMAL(150, 2), "1.50"},
    {"text with NUL", TU_OID_TEXT, TEXT("a\0b"), NULL},
    {"blanks of char(n)", TU_OID_BPCHAR, TEXT("ab  "), "ab"},
    {"jsonb", TU_OID_JSONB, TEXT("{}"), "{}"},
    {"uuid", TU_OID_UUID, TEXT("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
     "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"no uuid", TU_OID_UUID, TEXT("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1-"), NULL},
    {"date before 2000", TU_OID_DATE, TIME(TU_TYPE_DATE, 0), "1970-01-01"},
    {"date as text", TU_OID_DATE, TEXT("2026-11-22"), "2026-11-22"},
    {"no date", TU_OID_DATE, TEXT("2026-11-31"), NULL},
    {"infinite date", TU_OID_DATE, TIME(TU_TYPE_DATE, TU_TIME_AFTER_ALL), "infinity"},
    {"instant", TU_OID_TIMESTAMPTZ, TIME(TU_TYPE_INSTANT, -1), "1969-12-31T23:59:59.999999Z"},
    {"infinite instant", TU_OID_TIMESTAMPTZ, TIME(TU_TYPE_INSTANT, TU_TIME_BEFORE_ALL),
     "-infinity"},
};

static void
test_binary(gconstpointer data)
{
    const BinaryRow *row = data;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    gboolean is_good = tu_postgres_append_binary(bytes, row->type, &row->value, &error);

    g_assert_cmpint(is_good, ==, row->back != NULL);
    if (!is_good) {
        g_assert_error(error, TU_ERROR, TU_ERROR_DATA);
        return;
    }
    guint32 length;
    memcpy(&length, bytes->data, sizeof length);
    g_assert_cmpuint(GUINT32_FROM_BE(length) + 4, ==, bytes->len);
    TuValue value =
        tu_postgres_decoder(row->type)((const char *)bytes->data + 4, bytes->len - 4, scratch);
    g_autofree char *text = tu_value_to_text(&value);
    g_assert_cmpstr(text, ==, row->back);
}

/* ---- text ---- */

static const struct {
    TuValue value;
    const char *text;
} text_rows[] = {
    {INTEGER(-5), "-5"},
    {REAL(0.1), "0.1"},
    {REAL(1e300), "1e+300"},
    {REAL(0.30000000000000004), "0.30000000000000004"},
    {REAL(-INFINITY), "-Infinity"},
    {DECIMAL(-5, 3), "-0.005"},
    {TIME(TU_TYPE_DATE, -735160), "0044-03-15 BC"},
    {TIME(TU_TYPE_TIMESTAMP, -1), "1969-12-31 23:59:59.999999"},
    {TIME(TU_TYPE_INSTANT, 1500000), "1970-01-01 00:00:01.500000+00"},
    {TIME(TU_TYPE_INSTANT, TU_TIME_AFTER_ALL), "infinity"},
};

static void
test_text(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(text_rows); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        tu_postgres_append_text(text, &text_rows[i].value);
        g_assert_cmpstr(text->str, ==, text_rows[i].text);
    }
}

static void
test_entry_value(void)
{
    char text[TU_ENTRY_TEXT_BYTES];
    g_assert_cmpstr(tu_postgres_entry_value(0, text).text, ==, "(0,0)");
    g_assert_cmpstr(tu_postgres_entry_value(3 << 16 | 7, text).text, ==, "(3,7)");
    g_assert_cmpstr(tu_postgres_entry_value(G_MAXINT64, text).text, ==, "(4294967295,65535)");
}

/* ---- words ---- */

static const struct {
    const char *expression;
    const char *fault; /* in it; NULL: none */
    guint n_columns;
} word_rows[] = {
    {"b.n * 2", NULL, 1},
    {"N + tags[\"n\"]", NULL, 2},
    {"code = 'now' OR lower(code) IN ('user', 'x')", NULL, 1},
    {"b.\"user\" IS NULL", NULL, 1},
    {"user", "user gives another answer", 1},
    {"current_timestamp > at", "current_timestamp gives another answer", 1},
    {"at > 'now'", "'now' gives another answer", 1},
    {"'today'::date", "'today' gives another answer", 0},
    {"to_jsonb(b)", "b is the row as a whole", 0},
    {"count(b.*)", "b.* is no column", 0},
    {"b.size", "b.size is no column", 0},
    {"b.ctid", "ctid is not the row's own", 0},
    {"n IN (SELECT 1)", "a sub-query", 1},
    {"n = $1", "there are no parameters", 1},
};

static void
test_words(void)
{
    g_autoptr(TuTableInfo) info = tu_table_info_new("bill");
    static const char *const names[] = {"n", "code", "user", "tags"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        tu_table_info_add_column(info, names[i])->kind = TU_TYPE_TEXT;
    tu_table_info_add_column(info, "at")->kind = TU_TYPE_INSTANT;
    const TuTableInfo *tables[] = {info};
    static const char *const aliases[] = {"b"};

    for (guint i = 0; i < G_N_ELEMENTS(word_rows); i++) {
        TuProbe probe = {word_rows[i].expression, tables, aliases, 1};
        g_auto(TuInspection)
            inspection = {.columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
        g_test_message("%s", probe.expression);
        tu_postgres_find_columns(&probe, inspection.columns);
        g_assert_cmpuint(g_hash_table_size(inspection.columns), ==, word_rows[i].n_columns);
        gboolean has_fault = tu_postgres_find_fault(&probe, inspection.columns, &inspection);
        g_assert_cmpint(has_fault, ==, word_rows[i].fault != NULL);
        if (has_fault)
            g_assert_nonnull(strstr(inspection.fault, word_rows[i].fault));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(binary_rows); i++) {
        g_autofree char *path = g_strconcat("/postgres/binary/", binary_rows[i].label, NULL);
        g_test_add_data_func(path, &binary_rows[i], test_binary);
    }
    g_test_add_func("/postgres/text", test_text);
    g_test_add_func("/postgres/entry", test_entry_value);
    g_test_add_func("/postgres/words", test_words);
    return g_test_run();
}
