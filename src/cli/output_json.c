/* JSON, with numbers as people write them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

/* A double tells all decimals of so many digits apart. */
#define DOUBLE_DIGITS_BOUND G_GINT64_CONSTANT(1000000000000000)

static void append_node(GString *out, JsonNode *node, guint depth);

/* Two blanks a level, as json-glib does: files that people compare stay the same. */
static void
append_line_start(GString *out, guint depth)
{
    g_string_append_printf(out, "\n%*s", (int)(2 * depth), "");
}

/* Escaping is json-glib's; only its numbers are not wanted. */
static void
append_string(GString *out, const char *string)
{
    g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), string);
    g_autofree char *quoted = json_to_string(node, FALSE);
    g_string_append(out, quoted);
}

/* Members in the order in which they were added. */
static void
append_object(GString *out, JsonObject *object, guint depth)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *member;
    gboolean is_first = TRUE;
    g_string_append_c(out, '{');
    json_object_iter_init_ordered(&iter, object);
    while (json_object_iter_next_ordered(&iter, &name, &member)) {
        g_string_append(out, is_first ? "" : ",");
        append_line_start(out, depth + 1);
        append_string(out, name);
        g_string_append(out, " : ");
        append_node(out, member, depth + 1);
        is_first = FALSE;
    }
    if (!is_first)
        append_line_start(out, depth);
    g_string_append_c(out, '}');
}

static void
append_array(GString *out, JsonArray *array, guint depth)
{
    guint n = json_array_get_length(array);
    g_string_append_c(out, '[');
    for (guint i = 0; i < n; i++) {
        g_string_append(out, i == 0 ? "" : ",");
        append_line_start(out, depth + 1);
        append_node(out, json_array_get_element(array, i), depth + 1);
    }
    if (n > 0)
        append_line_start(out, depth);
    g_string_append_c(out, ']');
}

/* A real stays one for readers that tell 3.0 and 3 apart. */
static void
append_double(GString *out, double real)
{
    g_autofree char *text = tu_output_real(real);
    g_string_append(out, text);
    if (strpbrk(text, ".e") == NULL)
        g_string_append(out, ".0");
}

/* json-glib's own generator writes 19.99 as 19.989999999999998. */
static void
append_node(GString *out, JsonNode *node, guint depth)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        append_object(out, json_node_get_object(node), depth);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        append_array(out, json_node_get_array(node), depth);
    } else if (json_node_get_value_type(node) == G_TYPE_DOUBLE) {
        append_double(out, json_node_get_double(node));
    } else {
        g_autofree char *text = json_to_string(node, FALSE);
        g_string_append(out, text);
    }
}

char *
tu_output_json_text(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    GString *out = g_string_new(NULL);
    append_node(out, root, 0);
    return g_string_free(out, FALSE);
}

void
tu_output_json(JsonBuilder *builder)
{
    g_autofree char *text = tu_output_json_text(builder);
    puts(text);
}

/* As people read it: a date, an instant with its Z, bytes in hexadecimal. */
static void
add_text(JsonBuilder *builder, const TuValue *value)
{
    g_autofree char *text = tu_output_text(value);
    json_builder_add_string_value(builder, text);
}

/* A number where a double says every digit of it; else a text, so that no reader rounds it. */
static void
add_decimal(JsonBuilder *builder, TuValue value)
{
    value = tu_value_normalise(value);
    g_autofree char *text = tu_output_text(&value);
    if (value.type == TU_TYPE_LONG_DECIMAL || value.integer >= DOUBLE_DIGITS_BOUND ||
        value.integer <= -DOUBLE_DIGITS_BOUND)
        json_builder_add_string_value(builder, text);
    else if (value.type == TU_TYPE_INTEGER)
        json_builder_add_int_value(builder, value.integer);
    else
        json_builder_add_double_value(builder, g_ascii_strtod(text, NULL));
}

/* JSON has no infinities, and no number that is none: they are texts, as PostgreSQL's to_json
 * writes them, since null is something else. */
void
tu_output_value(JsonBuilder *builder, const TuValue *value)
{
    switch (value->type) {
    case TU_TYPE_NULL:
        json_builder_add_null_value(builder);
        return;
    case TU_TYPE_INTEGER:
        json_builder_add_int_value(builder, value->integer);
        return;
    case TU_TYPE_REAL:
        if (isfinite(value->real))
            json_builder_add_double_value(builder, value->real);
        else
            add_text(builder, value);
        return;
    case TU_TYPE_DECIMAL:
    case TU_TYPE_LONG_DECIMAL:
        add_decimal(builder, *value);
        return;
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
    case TU_TYPE_TEXT:
    case TU_TYPE_BLOB:
        add_text(builder, value);
        return;
    }
    g_assert_not_reached();
}
