#include "schema/definition.h"

#include <string.h>

#include "spec/keyed.h"

/* A field as name=length:text, so that no two different lists of fields give one text. */
static void
add_field(GString *text, const char *name, const char *value)
{
    if (value == NULL)
        g_string_append_printf(text, "%s=-\n", name);
    else
        g_string_append_printf(text, "%s=%zu:%s\n", name, strlen(value), value);
}

static void
add_number(GString *text, const char *name, int number)
{
    g_string_append_printf(text, "%s=%d\n", name, number);
}

static void
add_source(GString *text, const TuSource *source)
{
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *table = g_ptr_array_index(source->tables, i);
        add_field(text, "table", table->table);
        add_field(text, "alias", table->alias);
        add_field(text, "on", table->on);
        add_number(text, "left", table->is_left);
    }
    add_field(text, "tenant", source->tenant);
    add_field(text, "time", source->time);
    add_number(text, "unit", (int)source->time_unit);
    add_field(text, "zone", source->time_zone);
    add_field(text, "where", source->where);
    add_number(text, "captures", source->captures);
}

static void
add_series(GString *text, const TuSeries *series)
{
    add_field(text, "series", series->name);
    add_source(text, series->source);
    add_field(text, "where", series->where);
    for (guint i = 0; i < series->dimensions->len; i++)
        add_field(text, "dimension", g_ptr_array_index(series->dimensions, i));
    for (guint i = 0; i < series->measures->len; i++) {
        const TuMeasure *measure = g_ptr_array_index(series->measures, i);
        add_number(text, "measure", (int)measure->kind);
        /* A table that was made without them gets them by `apply`. */
        if (measure->kind == TU_MEASURE_AVG)
            add_field(text, "hidden", "n, sum");
        add_field(text, "of", measure->expression);
        add_field(text, "where", measure->where);
    }
}

static void
add_tenants(GString *text, const TuSpec *spec)
{
    if (spec->tenants == NULL) {
        add_field(text, "zone", spec->time_zone);
        return;
    }
    add_field(text, "tenants", spec->tenants->table);
    add_field(text, "key", spec->tenants->key);
    add_field(text, "zones", spec->tenants->time_zone);
    add_field(text, "where", spec->tenants->where);
}

char *
tu_definition_of_summary(const TuSpec *spec, const TuSummary *summary)
{
    GString *text = g_string_new(NULL);
    add_field(text, "summary", summary->name);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        add_field(text, "table", summary->table[grain]);
        add_field(text, "bucket", summary->bucket_column[grain]);
    }
    add_field(text, "tenant", summary->has_tenant ? summary->tenant_column : NULL);
    add_field(text, "label", summary->series_column);
    for (guint i = 0; i < summary->dimensions->len; i++)
        add_field(text, "dimension", g_ptr_array_index(summary->dimensions, i));
    for (guint i = 0; i < summary->measures->len; i++)
        add_field(text, "measure", g_ptr_array_index(summary->measures, i));
    for (guint i = 0; i < summary->series->len; i++)
        add_series(text, g_ptr_array_index(summary->series, i));
    add_tenants(text, spec);
    return g_string_free(text, FALSE);
}

char *
tu_definition_of_keyed_key(const TuKeyed *keyed)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < keyed->key->len; i++) {
        const TuKeyColumn *column = &g_array_index(keyed->key, TuKeyColumn, i);
        add_field(text, "key", column->name);
        add_number(text, "type", (int)column->type);
    }
    return g_string_free(text, FALSE);
}

char *
tu_definition_of_keyed(const TuKeyed *keyed)
{
    GString *text = g_string_new(NULL);
    g_autofree char *key = tu_definition_of_keyed_key(keyed);
    add_field(text, "keyed", keyed->name);
    add_field(text, "table", keyed->table);
    g_string_append(text, key);
    add_field(text, "keys", keyed->keys->text);
    add_field(text, "query", keyed->query->text);
    for (guint i = 0; i < keyed->depends_on->len; i++) {
        const TuDependency *dependency = g_ptr_array_index(keyed->depends_on, i);
        add_field(text, "depends_on", dependency->table);
        add_field(text, "keys", dependency->keys->text);
        add_number(text, "all", dependency->columns == NULL);
        for (guint c = 0; dependency->columns != NULL && c < dependency->columns->len; c++)
            add_field(text, "column", g_ptr_array_index(dependency->columns, c));
    }
    return g_string_free(text, FALSE);
}

char *
tu_definition_of_key(const TuSummary *summary)
{
    GString *text = g_string_new(NULL);
    add_field(text, "tenant", summary->has_tenant ? summary->tenant_column : NULL);
    add_field(text, "label", summary->series_column);
    for (guint i = 0; i < summary->dimensions->len; i++)
        add_field(text, "dimension", g_ptr_array_index(summary->dimensions, i));
    return g_string_free(text, FALSE);
}

char *
tu_definition_digest(const TuSpec *spec)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < spec->summaries->len; i++) {
        g_autofree char *text =
            tu_definition_of_summary(spec, g_ptr_array_index(spec->summaries, i));
        g_checksum_update(checksum, (const guchar *)text, -1);
    }
    for (guint i = 0; i < spec->keyed->len; i++) {
        g_autofree char *text = tu_definition_of_keyed(g_ptr_array_index(spec->keyed, i));
        g_checksum_update(checksum, (const guchar *)text, -1);
    }
    if (spec->tenants != NULL && !spec->tenants->captures)
        g_checksum_update(checksum, (const guchar *)"tenants are not captured", -1);
    return g_strdup(g_checksum_get_string(checksum));
}
