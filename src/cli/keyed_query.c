/*
 * Rows of a keyed summary, as `query` prints them: the key, the values, and how the key is.
 */
#include <stdio.h>

#include "cli/keyed.h"
#include "cli/output.h"
#include "db/sql.h"
#include "keep/rows.h"

/* What <table>_state says of each key; and what the table of states says, where the queries in that
 * view cannot be evaluated: then all keys are invalid, since they are to be listed. */
static const char *const state_columns[] = {"computed_at", "invalid_since", "error"};
static const char own_columns[] =
    ", s.trueup_computed_at, coalesce(s.trueup_invalid_since, (SELECT listing_since FROM "
    "trueup_keyed WHERE name = '%s')), s.trueup_error";

typedef struct {
    const TuKeyedModel *keyed;
    TuKeyFilter *filter;
    TuTextTable *table;
    JsonBuilder *json; /* NULL: a table */
    guint n_columns;
} Printing;

static char *
select_sql(const TuKeyedModel *keyed)
{
    GString *sql = g_string_new("SELECT ");
    tu_keyed_append_key(sql, keyed, "s");
    for (guint i = 0; i < keyed->values->len; i++)
        tu_sql_append(sql, ", t.%I", (const char *)g_ptr_array_index(keyed->values, i));
    for (guint i = 0; i < G_N_ELEMENTS(state_columns) && keyed->problem == NULL; i++)
        tu_sql_append(sql, ", s.%I", state_columns[i]);
    if (keyed->problem != NULL) /* a summary's name has no quotes (spec/names.h) */
        g_string_append_printf(sql, own_columns, keyed->spec->name);
    tu_sql_append(sql, " FROM %Q AS s LEFT JOIN %Q AS t ON ",
                  keyed->problem == NULL ? keyed->view : keyed->state, keyed->table);
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(sql, "%ss.%I = t.%I", i == 0 ? "" : " AND ",
                      tu_keyed_key_column(keyed, i)->name, tu_keyed_key_column(keyed, i)->name);
    g_string_append(sql, " ORDER BY ");
    tu_keyed_append_key(sql, keyed, "s");
    return g_string_free(sql, FALSE);
}

/* Where a database's own moments name no zone, those of the state are UTC, and say so. */
static TuValue
shown(const Printing *printing, const TuValue *row, guint index)
{
    gint64 at_us = 0;
    gboolean is_moment = index + G_N_ELEMENTS(state_columns) >= printing->n_columns &&
                         index + 1 < printing->n_columns;
    return is_moment && tu_value_read_instant(&row[index], &at_us)
               ? tu_value_time(TU_TYPE_INSTANT, at_us)
               : row[index];
}

static gboolean
take_row(const TuValue *row, gpointer data, GError **error)
{
    const Printing *printing = data;
    if (!tu_key_filter_wants(row, printing->filter))
        return TRUE;
    if (printing->json != NULL)
        json_builder_begin_array(printing->json);
    for (guint i = 0; i < printing->n_columns; i++) {
        TuValue value = shown(printing, row, i);
        if (printing->json != NULL)
            tu_output_value(printing->json, &value);
        else
            tu_text_table_add_value(printing->table, &value);
    }
    if (printing->json != NULL)
        json_builder_end_array(printing->json);
    return TRUE;
}

/* The names belong to the model. */
static GPtrArray *
column_names(const TuKeyedModel *keyed)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        g_ptr_array_add(names, tu_keyed_key_column(keyed, i)->name);
    for (guint i = 0; i < keyed->values->len; i++)
        g_ptr_array_add(names, g_ptr_array_index(keyed->values, i));
    for (guint i = 0; i < G_N_ELEMENTS(state_columns); i++)
        g_ptr_array_add(names, (gpointer)(gsize)state_columns[i]);
    return names;
}

static void
begin_json(JsonBuilder *json, const TuKeyedModel *keyed, const GPtrArray *names)
{
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "summary");
    json_builder_add_string_value(json, keyed->spec->name);
    json_builder_set_member_name(json, "columns");
    json_builder_begin_array(json);
    for (guint i = 0; i < names->len; i++)
        json_builder_add_string_value(json, g_ptr_array_index(names, i));
    json_builder_end_array(json);
    json_builder_set_member_name(json, "rows");
    json_builder_begin_array(json);
}

static void
end_json(JsonBuilder *json, const TuKeyedModel *keyed)
{
    json_builder_end_array(json);
    json_builder_set_member_name(json, "errors");
    json_builder_begin_array(json);
    if (keyed->problem != NULL) {
        json_builder_begin_object(json);
        json_builder_set_member_name(json, "error");
        json_builder_add_string_value(json, keyed->problem);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    json_builder_end_object(json);
    tu_output_json(json);
}

static void
print_table(const TuTextTable *table, const TuKeyedModel *keyed)
{
    tu_text_table_print(table);
    if (keyed->problem == NULL)
        return;
    g_autofree char *harmless = tu_output_harmless(keyed->problem);
    fprintf(stderr, "trueup: %s\n", harmless);
}

gboolean
tu_keyed_query(const TuContext *context, TuSession *session, const TuKeyedModel *keyed, int argc,
               char **argv, GError **error)
{
    g_auto(GStrv) keys = NULL;
    g_autofree char *format = NULL;
    const GOptionEntry entries[] = {
        {"key", 0, 0, G_OPTION_ARG_STRING_ARRAY, &keys, "only these keys", "COLUMN=VALUE,..."},
        {"format", 0, 0, G_OPTION_ARG_STRING, &format, "table or json", "F"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(TuKeyFilter) filter = NULL;
    g_autoptr(GPtrArray) names = column_names(keyed);
    g_autofree char *sql = select_sql(keyed);
    if (!tu_options_parse(entries, &argc, &argv, error) ||
        !tu_key_filter_new(session->db, keyed, keys, &filter, error))
        return FALSE;
    gboolean as_json = context->as_json || g_strcmp0(format, "json") == 0;
    if (format != NULL && !as_json && !g_str_equal(format, "table")) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                    "--format %s: a keyed summary is printed as table or json", format);
        return FALSE;
    }
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(TuTextTable) table = tu_text_table_new((const char *const *)names->pdata, names->len);
    Printing printing = {keyed, filter, table, as_json ? json : NULL, names->len};
    if (as_json)
        begin_json(json, keyed, names);
    if (!tu_rows_each(session->db, sql, NULL, 0, FALSE, take_row, &printing, error))
        return FALSE;
    if (as_json)
        end_json(json, keyed);
    else
        print_table(table, keyed);
    return TRUE;
}
