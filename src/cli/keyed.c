#include "cli/keyed.h"

#include <string.h>

#include "cli/output.h"
#include "db/sql.h"
#include "keep/rows.h"

/* ---- keys on the command line ---- */

/* Values of one column, from one to another, both included. */
typedef struct {
    guint column;
    TuValue from, to;
} Range;

struct TuKeyFilter {
    const TuKeyedModel *keyed;
    GArray *ranges; /* of Range */
    guint named;    /* bit i: column i is named */
    GStringChunk *bytes;
};

void
tu_key_filter_free(TuKeyFilter *filter)
{
    if (filter == NULL)
        return;
    g_array_unref(filter->ranges);
    g_string_chunk_free(filter->bytes);
    g_free(filter);
}

/* The value in the form in which the list of keys has it. */
static gboolean
read_value(TuKeyFilter *filter, TuDatabase *db, guint column, const char *text, TuValue *ret_value,
           GError **error)
{
    const TuKeyColumn *key = tu_keyed_key_column(filter->keyed, column);
    char form[TU_KEY_TEXT_BYTES];
    TuValue given = tu_value_text(text);
    char *end = NULL;
    if (key->type == TU_KEY_INTEGER) {
        gint64 number = g_ascii_strtoll(text, &end, 10);
        given = *text != '\0' && *end == '\0' ? tu_value_integer(number) : given;
    } else if (key->type == TU_KEY_DATE &&
               !tu_value_parse_time(TU_TYPE_DATE, text, strlen(text), &given)) {
        given = tu_value_text(text);
    }
    if (!tu_key_value_convert(db, key->type, &given, form, ret_value)) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--key %s=%s: it is no %s", key->name, text,
                    tu_key_type_names[key->type]);
        return FALSE;
    }
    if (tu_value_has_bytes(ret_value))
        ret_value->text =
            g_string_chunk_insert_len(filter->bytes, ret_value->text, (gssize)ret_value->bytes);
    return TRUE;
}

static gboolean
add_range(TuKeyFilter *filter, TuDatabase *db, guint column, const char *part, GError **error)
{
    Range range = {.column = column};
    const char *dots = strstr(part, "..");
    g_autofree char *from = dots != NULL ? g_strndup(part, (gsize)(dots - part)) : g_strdup(part);
    if (!read_value(filter, db, column, from, &range.from, error) ||
        !read_value(filter, db, column, dots != NULL ? dots + 2 : part, &range.to, error))
        return FALSE;
    if (tu_value_compare(&range.from, &range.to) > 0) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--key %s=%s: the range ends before it begins",
                    tu_keyed_key_column(filter->keyed, column)->name, part);
        return FALSE;
    }
    g_array_append_val(filter->ranges, range);
    return TRUE;
}

static gboolean
find_column(const TuKeyedModel *keyed, const char *argument, guint *ret_column, GError **error)
{
    gsize length = strcspn(argument, "=");
    for (guint i = 0; i < tu_keyed_key_columns(keyed) && argument[length] == '='; i++) {
        const char *name = tu_keyed_key_column(keyed, i)->name;
        *ret_column = i;
        if (strlen(name) == length && g_ascii_strncasecmp(name, argument, length) == 0)
            return TRUE;
    }
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        g_string_append_printf(names, "%s%s", i == 0 ? "" : ", ",
                               tu_keyed_key_column(keyed, i)->name);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "--key %s: write COLUMN=VALUE[,VALUE|FROM..TO] with a column of the key: %s",
                argument, names->str);
    return FALSE;
}

gboolean
tu_key_filter_new(TuDatabase *db, const TuKeyedModel *keyed, char *const *arguments,
                  TuKeyFilter **ret_filter, GError **error)
{
    g_autoptr(TuKeyFilter) filter = g_new0(TuKeyFilter, 1);
    filter->keyed = keyed;
    filter->ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    filter->bytes = g_string_chunk_new(256);
    for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        guint column = 0;
        if (!find_column(keyed, arguments[i], &column, error))
            return FALSE;
        g_auto(GStrv) parts = g_strsplit(strchr(arguments[i], '=') + 1, ",", -1);
        filter->named |= 1u << column;
        if (parts[0] == NULL && !add_range(filter, db, column, "", error))
            return FALSE;
        for (guint p = 0; parts[p] != NULL; p++)
            if (!add_range(filter, db, column, g_strstrip(parts[p]), error))
                return FALSE;
    }
    *ret_filter = g_steal_pointer(&filter);
    return TRUE;
}

gboolean
tu_key_filter_wants(const TuValue *key, gpointer data)
{
    const TuKeyFilter *filter = data;
    guint fits = 0;
    for (guint i = 0; i < filter->ranges->len; i++) {
        const Range *range = &g_array_index(filter->ranges, Range, i);
        if (tu_value_compare(&key[range->column], &range->from) >= 0 &&
            tu_value_compare(&key[range->column], &range->to) <= 0)
            fits |= 1u << range->column;
    }
    return fits == filter->named;
}

/* ---- drift ---- */

static void
add_values(JsonBuilder *json, const TuKeyedModel *keyed, const TuValue *values)
{
    if (values == NULL) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    for (guint i = 0; i < keyed->values->len; i++) {
        json_builder_set_member_name(json, g_ptr_array_index(keyed->values, i));
        tu_output_value(json, &values[i]);
    }
    json_builder_end_object(json);
}

void
tu_keyed_add_drift(JsonBuilder *json, const TuKeyList *list, const TuKeyRow *row)
{
    const TuKeyedModel *keyed = list->keyed;
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "summary");
    json_builder_add_string_value(json, keyed->spec->name);
    json_builder_set_member_name(json, "table");
    json_builder_add_string_value(json, keyed->table);
    json_builder_set_member_name(json, "key");
    json_builder_begin_object(json);
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++) {
        json_builder_set_member_name(json, tu_keyed_key_column(keyed, i)->name);
        tu_output_value(json, &row->key[i]);
    }
    json_builder_end_object(json);
    json_builder_set_member_name(json, "stored");
    add_values(json, keyed, row->stored);
    json_builder_set_member_name(json, "true");
    add_values(json, keyed, row->right);
    json_builder_end_object(json);
}

static char *
value_text(const TuValue *value)
{
    return value->type == TU_TYPE_REAL ? tu_output_real(value->real) : tu_value_to_text(value);
}

char *
tu_keyed_drift_text(const TuKeyList *list, const TuKeyRow *row)
{
    const TuKeyedModel *keyed = list->keyed;
    g_autofree char *key = tu_key_row_text(list, row);
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%s %s:", keyed->table, key);
    if (row->stored == NULL)
        g_string_append(line, " no row is stored;");
    for (guint i = 0; i < keyed->values->len; i++) {
        g_autofree char *is = row->stored != NULL ? value_text(&row->stored[i]) : g_strdup("none");
        g_autofree char *should =
            row->right != NULL ? value_text(&row->right[i]) : g_strdup("none");
        if (!g_str_equal(is, should))
            g_string_append_printf(line, " %s is %s, true %s;",
                                   (const char *)g_ptr_array_index(keyed->values, i), is, should);
    }
    if (row->right == NULL)
        g_string_append(line, " no such row should be;");
    return g_string_free(line, FALSE);
}
