/*
 * An answer in print: a table for people, CSV for spreadsheets, JSON for programs.
 *
 *   [tenant] [series] bucket [dimension...] measure...
 */
#include <stdio.h>

#include "cli/output.h"
#include "cli/query_sums.h"
#include "cli/query.h"
#include "cli/sealed.h"
#include "db/sqlscan.h"
#include "time/instant.h"

/* The columns' names, which belong to the spec. */
static GPtrArray *
column_names(const TuQuery *query, const TuAnswer *answer)
{
    const TuSummary *spec = query->summary->spec;
    GPtrArray *names = g_ptr_array_new();
    if (answer->has_tenant)
        g_ptr_array_add(names, spec->tenant_column);
    if (spec->is_long)
        g_ptr_array_add(names, spec->series_column);
    g_ptr_array_add(names, query->summary->tables[answer->base]->bucket_column);
    for (guint i = 0; i < query->by->len; i++)
        g_ptr_array_add(names,
                        g_ptr_array_index(spec->dimensions, g_array_index(query->by, guint, i)));
    for (guint i = 0; i < answer->shown->len; i++) {
        guint place = g_array_index(answer->shown, guint, i);
        g_ptr_array_add(
            names, g_ptr_array_index(spec->measures, g_array_index(query->measures, guint, place)));
    }
    return names;
}

/* The values of a row, one a column. `bucket` holds the bucket's text. */
static void
row_values(const TuQuery *query, TuAnswer *answer, guint row, char *bucket, TuValue *ret_values)
{
    const TuDictionary *dictionary = tu_query_sums_dictionary(answer->sums);
    TuQueryKey key = tu_query_sums_key(answer->sums, row);
    const TuSeriesModel *series = g_ptr_array_index(query->series, key.series);
    guint n = 0;
    tu_bucket_format(answer->grain, key.bucket, bucket);
    if (answer->has_tenant)
        ret_values[n++] = tu_dictionary_value(dictionary, key.tenant);
    if (query->summary->spec->is_long)
        ret_values[n++] = tu_value_text(series->spec->name);
    ret_values[n++] = tu_value_text(bucket);
    for (guint i = 0; i < query->by->len; i++)
        ret_values[n++] = tu_dictionary_value(dictionary, key.dimensions[i]);
    for (guint i = 0; i < answer->shown->len; i++, n++) {
        guint place = g_array_index(answer->shown, guint, i);
        if (answer->is_unreadable[key.series * query->measures->len + place] ||
            !tu_query_sums_value(answer->sums, row, place, &ret_values[n]))
            ret_values[n] = TU_NULL_VALUE;
    }
}

typedef void (*EachValue)(const TuValue *value, gboolean is_first, gpointer data);
typedef void (*EndRow)(gpointer data);

static void
each_row(const TuQuery *query, TuAnswer *answer, guint n_columns, EachValue visit, EndRow end,
         gpointer data)
{
    g_autofree TuValue *values = g_new(TuValue, n_columns);
    char bucket[TU_INSTANT_TEXT_BYTES];
    for (guint row = 0; row < tu_query_sums_size(answer->sums); row++) {
        row_values(query, answer, row, bucket, values);
        for (guint i = 0; i < n_columns; i++)
            visit(&values[i], i == 0, data);
        end(data);
    }
}

/* ---- table ---- */

static void
add_to_table(const TuValue *value, gboolean is_first, gpointer table)
{
    tu_text_table_add_value(table, value);
}

static void
end_nothing(gpointer data)
{
}

static void
print_table(const TuQuery *query, TuAnswer *answer, GPtrArray *names)
{
    const char *const *headers = (const char *const *)(gpointer)names->pdata;
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, names->len);
    guint n_rows = tu_query_sums_size(answer->sums);
    each_row(query, answer, names->len, add_to_table, end_nothing, table);
    tu_text_table_print(table);
    char from[TU_DATE_TEXT_BYTES], to[TU_DATE_TEXT_BYTES], as_of[TU_INSTANT_TEXT_BYTES];
    printf("\n%u %s by %s", n_rows, n_rows == 1 ? "row" : "rows", tu_grain_name(answer->grain));
    if (answer->has_range) {
        tu_date_format(answer->from, from);
        tu_date_format(answer->to, to);
        printf(", %s to %s", from, to);
    }
    if (answer->as_of_us != G_MININT64) {
        tu_instant_format(answer->as_of_us, as_of);
        printf(", right as of %s", as_of);
    }
    if (answer->removed_below != G_MININT32) {
        g_autofree char *removed = tu_sealed_text(answer->base, answer->removed_below);
        printf("; %s are not kept", removed);
    }
    printf("%s\n", answer->is_built ? "" : "; not all of it is built yet: see trueup status");
}

/* ---- CSV ---- */

static void
print_field(const TuValue *value, gboolean is_first, gpointer data)
{
    g_autofree char *field = tu_output_csv_field(value);
    printf("%s%s", is_first ? "" : ",", field);
}

static void
end_line(gpointer data)
{
    putchar('\n');
}

static void
print_csv(const TuQuery *query, TuAnswer *answer, GPtrArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        TuValue name = tu_value_text(g_ptr_array_index(names, i));
        print_field(&name, i == 0, NULL);
    }
    end_line(NULL);
    each_row(query, answer, names->len, print_field, end_line, NULL);
}

/* ---- JSON ---- */

static void
add_to_array(const TuValue *value, gboolean is_first, gpointer builder)
{
    if (is_first)
        json_builder_begin_array(builder);
    tu_output_value(builder, value);
}

static void
end_array(gpointer builder)
{
    json_builder_end_array(builder);
}

static void
add_member(JsonBuilder *builder, const char *name, const char *text)
{
    TuValue value = tu_value_text(text);
    json_builder_set_member_name(builder, name);
    tu_output_value(builder, &value);
}

/* Dimensions that are the same in all rows of the series tell what it is, though no row is
 * given. */
static void
add_constants(JsonBuilder *builder, const TuQuery *query, const char *name)
{
    const GPtrArray *names = query->summary->spec->dimensions;
    json_builder_set_member_name(builder, "dimensions");
    json_builder_begin_object(builder);
    for (guint s = 0; s < query->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(query->series, s);
        for (guint d = 0; d < names->len && g_strcmp0(series->spec->name, name) == 0; d++) {
            g_autofree char *text = tu_sql_constant(g_ptr_array_index(series->spec->dimensions, d));
            if (text != NULL)
                add_member(builder, g_ptr_array_index(names, d), text);
        }
    }
    json_builder_end_object(builder);
}

static void
add_errors(JsonBuilder *builder, const TuQuery *query, const TuAnswer *answer)
{
    json_builder_set_member_name(builder, "errors");
    json_builder_begin_array(builder);
    for (guint i = 0; i < answer->errors->len; i++) {
        const TuQueryError *entry = g_ptr_array_index(answer->errors, i);
        json_builder_begin_object(builder);
        add_member(builder, "series", entry->series);
        add_member(builder, "measure", entry->measure);
        add_member(builder, "error", entry->error);
        if (entry->series != NULL)
            add_constants(builder, query, entry->series);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
print_json(const TuQuery *query, TuAnswer *answer, GPtrArray *names)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    char from[TU_DATE_TEXT_BYTES], to[TU_DATE_TEXT_BYTES], as_of[TU_INSTANT_TEXT_BYTES];
    tu_date_format(answer->from, from);
    tu_date_format(answer->to, to);
    tu_instant_format(answer->as_of_us, as_of);
    json_builder_begin_object(builder);
    add_member(builder, "summary", query->summary->spec->name);
    add_member(builder, "grain", tu_grain_name(answer->grain));
    add_member(builder, "from", answer->has_range ? from : NULL);
    add_member(builder, "to", answer->has_range ? to : NULL);
    json_builder_set_member_name(builder, "built");
    json_builder_add_boolean_value(builder, answer->is_built);
    add_member(builder, "as_of", answer->as_of_us != G_MININT64 ? as_of : NULL);
    tu_date_format(answer->removed_below, from);
    if (answer->removed_below != G_MININT32)
        add_member(builder, "kept_from", from);
    json_builder_set_member_name(builder, "columns");
    json_builder_begin_array(builder);
    for (guint i = 0; i < names->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(names, i));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "rows");
    json_builder_begin_array(builder);
    each_row(query, answer, names->len, add_to_array, end_array, builder);
    json_builder_end_array(builder);
    add_errors(builder, query, answer);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

/* ---- the whole ---- */

static void
print_errors(const TuAnswer *answer)
{
    for (guint i = 0; i < answer->errors->len; i++) {
        const TuQueryError *entry = g_ptr_array_index(answer->errors, i);
        g_autoptr(GString) line = g_string_new(NULL);
        if (entry->series != NULL)
            g_string_append_printf(line, "series %s: ", entry->series);
        if (entry->measure != NULL)
            g_string_append_printf(line, "%s: ", entry->measure);
        g_string_append(line, entry->error);
        g_autofree char *harmless = tu_output_harmless(line->str);
        fprintf(stderr, "trueup: %s\n", harmless);
    }
}

void
tu_query_print(const TuQuery *query, TuAnswer *answer)
{
    g_autoptr(GPtrArray) names = column_names(query, answer);
    switch (query->format) {
    case TU_FORMAT_TABLE:
        print_table(query, answer, names);
        print_errors(answer);
        return;
    case TU_FORMAT_CSV:
        print_csv(query, answer, names);
        print_errors(answer);
        return;
    case TU_FORMAT_JSON:
        print_json(query, answer, names);
        return;
    }
    g_assert_not_reached();
}
