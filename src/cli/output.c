#include "cli/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "time/instant.h"

/* ---- values as text ---- */

char *
tu_output_real(double real)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(real))
        return g_strdup("NaN");
    if (isinf(real))
        return g_strdup(real > 0 ? "Infinity" : "-Infinity");
    for (int digits = 15; digits <= 17; digits++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, sizeof text, format, real);
        if (g_ascii_strtod(text, NULL) == real)
            break;
    }
    return g_strdup(text);
}

static char *
blob_hex(const TuValue *value)
{
    GString *hex = g_string_sized_new(2 * (gsize)value->bytes);
    for (guint32 i = 0; i < value->bytes; i++)
        g_string_append_printf(hex, "%02x", (guchar)value->text[i]);
    return g_string_free(hex, FALSE);
}

char *
tu_output_text(const TuValue *value)
{
    char text[TU_DECIMAL_TEXT_BYTES];
    switch (value->type) {
    case TU_TYPE_NULL:
        return NULL;
    case TU_TYPE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->integer);
    case TU_TYPE_REAL:
        return tu_output_real(value->real);
    case TU_TYPE_DECIMAL:
        tu_decimal_format(value->integer, value->scale, text);
        return g_strdup(text);
    case TU_TYPE_LONG_DECIMAL:
        return g_strndup(value->text, value->bytes);
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        tu_value_format_time(value, text);
        return g_strdup(text);
    case TU_TYPE_TEXT:
        return g_utf8_make_valid(value->text, value->bytes);
    case TU_TYPE_BLOB:
        return blob_hex(value);
    }
    g_assert_not_reached();
}

static gboolean
is_number(const TuValue *value)
{
    return value->type == TU_TYPE_INTEGER || value->type == TU_TYPE_REAL ||
           value->type == TU_TYPE_DECIMAL || value->type == TU_TYPE_LONG_DECIMAL;
}

TuValue
tu_output_bucket(const TuDatabase *db, TuGrain grain, const TuValue *stored, char *text)
{
    TuBucket bucket;
    if (!tu_database_bucket_parse(db, grain, stored, &bucket))
        return *stored;
    tu_bucket_format(grain, bucket, text);
    return tu_value_text(text);
}

/* ---- CSV ---- */

/* NULL is nothing at all and an empty text is "", so that both can be told apart. A number is never
 * quoted, a text that looks like one is not either: CSV has no types. */
char *
tu_output_csv_field(const TuValue *value)
{
    g_autofree char *text = tu_output_text(value);
    if (text == NULL)
        return g_strdup("");
    gsize length = strlen(text);
    gboolean is_plain =
        length > 0 && strpbrk(text, ",\"\r\n") == NULL && text[0] != ' ' && text[length - 1] != ' ';
    if (is_plain)
        return g_steal_pointer(&text);
    GString *quoted = g_string_new("\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            g_string_append_c(quoted, '"');
        g_string_append_c(quoted, *c);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

/* ---- tables for people ---- */

typedef struct {
    char *text;
    gboolean is_number;
} Field;

struct TuTextTable {
    guint n_columns;
    char **headers;
    GArray *fields; /* of Field, row after row */
};

static void
field_clear(gpointer data)
{
    g_free(((Field *)data)->text);
}

/* TRUE for what moves the cursor or turns the writing direction round. */
static gboolean
steers_terminal(gunichar c)
{
    return g_unichar_iscntrl(c) || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *
tu_output_harmless(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *escaped = g_string_new(NULL);
    for (char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        if (letter == '\n')
            g_string_append(escaped, "\\n");
        else if (letter == '\t')
            g_string_append(escaped, "\\t");
        else if (steers_terminal(letter))
            g_string_append_printf(escaped, letter < 0x100 ? "\\x%02x" : "\\u%04x", letter);
        else
            g_string_append_unichar(escaped, letter);
    }
    return g_string_free(escaped, FALSE);
}

TuTextTable *
tu_text_table_new(const char *const *headers, guint n_columns)
{
    TuTextTable *table = g_new0(TuTextTable, 1);
    table->n_columns = n_columns;
    table->headers = g_new0(char *, n_columns + 1);
    for (guint i = 0; i < n_columns; i++)
        table->headers[i] = tu_output_harmless(headers[i]);
    table->fields = g_array_new(FALSE, FALSE, sizeof(Field));
    g_array_set_clear_func(table->fields, field_clear);
    return table;
}

void
tu_text_table_free(TuTextTable *table)
{
    if (table == NULL)
        return;
    g_strfreev(table->headers);
    g_array_unref(table->fields);
    g_free(table);
}

void
tu_text_table_add(TuTextTable *table, const char *text, gboolean is_number)
{
    Field field = {tu_output_harmless(text), is_number};
    g_array_append_val(table->fields, field);
}

void
tu_text_table_add_value(TuTextTable *table, const TuValue *value)
{
    g_autofree char *text =
        value->type == TU_TYPE_LONG_DECIMAL ? tu_output_text(value) : tu_value_to_text(value);
    tu_text_table_add(table, text, is_number(value));
}

/* Widths, and which columns hold numbers: their headers go to the right too. */
static void
measure(const TuTextTable *table, glong *widths, gboolean *are_numbers)
{
    for (guint i = 0; i < table->n_columns; i++) {
        widths[i] = g_utf8_strlen(table->headers[i], -1);
        are_numbers[i] = FALSE;
    }
    for (guint i = 0; i < table->fields->len; i++) {
        const Field *field = &g_array_index(table->fields, Field, i);
        guint column = i % table->n_columns;
        widths[column] = MAX(widths[column], g_utf8_strlen(field->text, -1));
        are_numbers[column] = are_numbers[column] || field->is_number;
    }
}

/* One line; spaces at its end are left out. */
static void
append_line(GString *out, const TuTextTable *table, const Field *fields, const glong *widths)
{
    for (guint i = 0; i < table->n_columns; i++) {
        int padding = (int)(widths[i] - g_utf8_strlen(fields[i].text, -1));
        gboolean is_last = i + 1 == table->n_columns;
        g_string_append(out, i == 0 ? "" : "  ");
        if (fields[i].is_number)
            g_string_append_printf(out, "%*s%s", padding, "", fields[i].text);
        else
            g_string_append_printf(out, "%s%*s", fields[i].text, is_last ? 0 : padding, "");
    }
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

static void
append_rule(GString *out, const TuTextTable *table, const glong *widths)
{
    for (guint i = 0; i < table->n_columns; i++) {
        g_string_append(out, i == 0 ? "" : "  ");
        for (glong n = 0; n < widths[i]; n++)
            g_string_append_c(out, '-');
    }
    g_string_append_c(out, '\n');
}

char *
tu_text_table_format(const TuTextTable *table)
{
    guint n = table->n_columns;
    g_autofree glong *widths = g_new0(glong, n);
    g_autofree gboolean *are_numbers = g_new0(gboolean, n);
    g_autofree Field *headers = g_new0(Field, n);
    GString *out = g_string_new(NULL);
    g_assert(table->fields->len % n == 0);
    measure(table, widths, are_numbers);
    for (guint i = 0; i < n; i++)
        headers[i] = (Field){table->headers[i], are_numbers[i]};
    append_line(out, table, headers, widths);
    append_rule(out, table, widths);
    for (guint i = 0; i < table->fields->len; i += n)
        append_line(out, table, &g_array_index(table->fields, Field, i), widths);
    return g_string_free(out, FALSE);
}

void
tu_text_table_print(const TuTextTable *table)
{
    g_autofree char *text = tu_text_table_format(table);
    fputs(text, stdout);
}
