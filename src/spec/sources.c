/* Sources and tenants: the tables that are read, and how a row's tenant and instant are found. */
#include "spec/reader.h"

#include <string.h>

#include "spec/join.h"
#include "spec/keys.h"
#include "spec/names.h"

/* In the order of TuTimeUnit from TU_TIME_SECONDS on. */
static const char *const time_units[] = {"seconds", "milliseconds", "microseconds", "date", NULL};

static const char *const captures[] = {"triggers", "none", NULL};

static void
free_table(gpointer table)
{
    tu_source_table_free(table);
}

void
tu_tenants_free(TuTenants *tenants)
{
    if (tenants == NULL)
        return;
    g_free(tenants->table);
    g_free(tenants->key);
    g_free(tenants->time_zone);
    g_free(tenants->where);
    g_free(tenants);
}

void
tu_source_free(TuSource *source)
{
    if (source == NULL)
        return;
    g_free(source->name);
    g_ptr_array_unref(source->tables);
    g_free(source->tenant);
    g_free(source->time);
    g_free(source->time_zone);
    g_free(source->where);
    g_free(source);
}

void
tu_read_tenants(TuReader *reader, const TuSection *top)
{
    const TuYaml *map =
        tu_section_map(top, "tenants", TU_OPTIONAL, "a map with table, key and time_zone");
    if (!tu_section_has(top, "tenants"))
        return;
    TuTenants *tenants = g_new0(TuTenants, 1);
    reader->spec->tenants = tenants;
    tenants->mark = tu_yaml_pair(top->map, "tenants")->mark;
    if (map == NULL)
        return;

    TuSection section = {reader->problems, map, tenants->mark, "`tenants`"};
    tu_keys_check(TU_KEYS_TENANTS, map, reader->problems);
    const TuYaml *table = tu_section_text(&section, "table", TU_REQUIRED, "the table's name");
    GError *error = NULL;
    if (table != NULL) {
        tenants->table = tu_name_table(table->text, &error);
        if (tenants->table == NULL)
            tu_section_complain(&section, table->mark, "table", error);
    }
    tu_section_column(&section, "key", TU_REQUIRED, "the column that a source's `tenant` matches",
                      &tenants->key);
    tu_section_column(&section, "time_zone", TU_REQUIRED, "the column with the IANA name",
                      &tenants->time_zone);
    tenants->where = tu_section_sql(&section, "where", TU_OPTIONAL, "an SQL condition", NULL);
    guint capture = 0;
    tu_section_choice(&section, "capture", captures, &capture);
    tenants->captures = capture == 0;
}

/* Adds a table of the source, unless its alias is taken. */
static void
add_table(const TuSection *section, TuSource *source, const TuYaml *node, const char *key,
          TuSourceTable *(*parse)(const char *, GError **))
{
    GError *error = NULL;
    g_autoptr(TuSourceTable) table = parse(node->text, &error);
    if (table == NULL) {
        tu_yaml_complain(node, key, error, section->problems);
        return;
    }
    table->mark = node->mark;
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *other = g_ptr_array_index(source->tables, i);
        if (g_ascii_strcasecmp(other->alias, table->alias) == 0) {
            tu_problems_add(section->problems, node->mark,
                            "`%s`: `%.60s` names two tables of this source: give one another alias",
                            key, table->alias);
            return;
        }
    }
    g_ptr_array_add(source->tables, g_steal_pointer(&table));
}

/* Reads `from` and `join`. A source without a usable table is left with none. */
static void
read_tables(const TuSection *section, TuSource *source)
{
    const TuYaml *from = tu_section_text(section, "from", TU_REQUIRED, "a table, `flight`");
    if (from != NULL)
        add_table(section, source, from, "from", tu_join_parse_from);

    const TuYaml *joins = tu_section_list(section, "join", TU_OPTIONAL,
                                          "a list, each `- [left] TABLE [ALIAS] ON CONDITION`");
    if (joins == NULL)
        return;
    if (joins->items->len >= TU_SOURCE_MAX_TABLES) {
        tu_problems_add(section->problems, joins->mark,
                        "%u tables in one source: at most %d can be followed",
                        joins->items->len + 1, TU_SOURCE_MAX_TABLES);
        return;
    }
    for (guint i = 0; i < joins->items->len; i++) {
        const TuYaml *join = g_ptr_array_index(joins->items, i);
        if (tu_yaml_expect_text(join, join->mark, "join", "a text, TABLE [ALIAS] ON CONDITION",
                                section->problems))
            add_table(section, source, join, "join", tu_join_parse);
    }
}

/* What a source says besides its tables. */
static void
read_source(TuReader *reader, const TuSection *section, TuSource *source)
{
    tu_keys_check(TU_KEYS_SOURCE, section->map, reader->problems);
    read_tables(section, source);
    source->time = tu_section_sql(section, "time", TU_REQUIRED, "the instant, `departed_at`",
                                  &source->time_mark);
    source->where =
        tu_section_sql(section, "where", TU_OPTIONAL, "an SQL condition", &source->where_mark);
    source->tenant =
        tu_section_sql(section, "tenant", TU_OPTIONAL, "an SQL expression", &source->tenant_mark);
    if (source->tenant == NULL && reader->spec->tenants != NULL)
        tu_problems_add(
            reader->problems, section->mark,
            "%s has no `tenant`: with a `tenants` table each source says whose a row is",
            section->what);

    guint unit = G_MAXUINT;
    tu_section_choice(section, "time_unit", time_units, &unit);
    if (unit != G_MAXUINT)
        source->time_unit = (TuTimeUnit)(TU_TIME_SECONDS + unit);
    guint capture = 0;
    tu_section_choice(section, "capture", captures, &capture);
    source->captures = capture == 0;
    tu_section_zone(section, "time_zone", &source->time_zone);
}

/* Each entry becomes a source, also a wrong one: summaries refer to it by name. */
void
tu_read_sources(TuReader *reader, const TuSection *top)
{
    /* Whether there must be some is known when the summaries were read; none is always wrong. */
    TuNeed need = tu_section_has(top, "sources") ? TU_REQUIRED : TU_OPTIONAL;
    const TuYaml *map = tu_section_map(top, "sources", need, "a map of sources");
    for (guint i = 0; map != NULL && i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        TuSource *source = g_new0(TuSource, 1);
        source->name = g_strdup(pair->key);
        source->index = reader->spec->sources->len;
        source->tables = g_ptr_array_new_with_free_func(free_table);
        source->time_zone = g_strdup("UTC");
        source->mark = pair->mark;
        g_ptr_array_add(reader->spec->sources, source);

        GError *error = NULL;
        g_autofree char *what = g_strdup_printf("source `%.60s`", pair->key);
        TuSection section = {reader->problems, pair->value, pair->mark, what};
        if (!tu_name_check(pair->key, &error))
            tu_section_complain(&section, pair->mark, "sources", error);
        if (pair->value->kind == TU_YAML_MAP && !pair->value->is_broken)
            read_source(reader, &section, source);
        else if (!pair->value->is_broken)
            tu_problems_add(
                reader->problems, pair->value->mark,
                "%s is a map with `from`, `time` and, where rows have tenants, `tenant`", what);
    }
}
