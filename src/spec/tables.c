/* The tables of a summary: its grains, what each grain's table is called, and the key columns. */
#include "spec/reader.h"

#include <string.h>

#include "spec/keys.h"
#include "spec/names.h"
#include "spec/suggest.h"

/* Adds one grain of the list. */
static void
read_grain(const TuSection *section, const TuYaml *node, TuSummary *summary)
{
    static const char *const names[] = {"minute", "hour",    "day",  "week",
                                        "month",  "quarter", "year", NULL};
    TuGrain grain;
    if (!tu_yaml_expect_text(node, node->mark, "grain", "a name such as day", section->problems))
        return;
    if (!tu_grain_parse(node->text, &grain)) {
        g_autofree char *hint = tu_suggest_text(node->text, names);
        tu_problems_add(section->problems, node->mark,
                        "`%.60s` is no grain: minute, hour, day, week, month, quarter or year%s",
                        node->text, hint);
        return;
    }
    if (tu_summary_has_grain(summary, grain))
        tu_problems_add(section->problems, node->mark, "`%s` stands here twice", node->text);
    summary->grains |= 1u << grain;
}

/* Without a usable list there are no grains, and nothing is said about their tables. */
static void
read_grains(const TuSection *section, TuSummary *summary)
{
    const TuYaml *list = tu_section_list(section, "grains", TU_REQUIRED, "a list, [hour, day]");
    for (guint i = 0; list != NULL && i < list->items->len; i++)
        read_grain(section, g_ptr_array_index(list->items, i), summary);
}

/* TRUE if databases and trueup leave the name to a summary. */
static gboolean
check_table(const TuSection *section, const char *table, TuMark mark)
{
    const char *last = tu_name_last_part(table);
    if (tu_name_is_reserved(last))
        tu_problems_add(section->problems, mark,
                        "`table`: `%.80s`: tables that begin with trueup_ are trueup's own", table);
    else if (strlen(last) > TU_NAME_MAX_BYTES)
        tu_problems_add(section->problems, mark,
                        "`table`: `%.80s` is too long a name: some databases cut it at %d bytes",
                        table, TU_NAME_MAX_BYTES);
    else
        return TRUE;
    return FALSE;
}

/* `pattern` with {grain} and {name} filled in, as a table's name; NULL if that is reported. */
static char *
expand_pattern(const TuSection *section, const char *pattern, TuMark mark, const char *name,
               const char *grain)
{
    g_autoptr(GString) text = g_string_new(pattern);
    g_string_replace(text, "{grain}", grain, 0);
    g_string_replace(text, "{name}", name, 0);
    const char *brace = strpbrk(text->str, "{}");
    if (brace != NULL) {
        tu_problems_add(section->problems, mark,
                        "`table`: `%.40s` is no placeholder: only {grain} and {name} are", brace);
        return NULL;
    }
    GError *error = NULL;
    g_autofree char *table = tu_name_table(text->str, &error);
    if (table == NULL)
        tu_section_complain(section, mark, "table", error);
    else if (check_table(section, table, mark))
        return g_steal_pointer(&table);
    return NULL;
}

/* Takes `table` for a grain, unless another summary or grain writes it. */
static void
claim_table(TuReader *reader, TuSummary *summary, TuGrain grain, char *table, TuMark mark)
{
    g_autofree char *key = g_utf8_strdown(table, -1);
    const char *owner = g_hash_table_lookup(reader->tables, key);
    if (owner != NULL)
        tu_problems_add(reader->problems, mark,
                        "`table`: `%.80s` is written by %s already: each needs a table of its own",
                        table, owner);
    else
        g_hash_table_insert(
            reader->tables, g_steal_pointer(&key),
            g_strdup_printf("summary `%.60s`, grain %s", summary->name, tu_grain_name(grain)));
    summary->table[grain] = table;
}

/* One text for all grains. It must tell them apart. */
static void
use_pattern(TuReader *reader, const TuSection *section, TuSummary *summary, const char *pattern,
            TuMark mark)
{
    gboolean has_several = (summary->grains & (summary->grains - 1)) != 0;
    if (has_several && strstr(pattern, "{grain}") == NULL) {
        tu_problems_add(section->problems, mark,
                        "`table`: %s has several grains and each needs a table of its own: write "
                        "`%.60s_{grain}`, or a map {day: ...}",
                        section->what, pattern);
        return;
    }
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        if (!tu_summary_has_grain(summary, (TuGrain)grain))
            continue;
        char *table =
            expand_pattern(section, pattern, mark, summary->name, tu_grain_name((TuGrain)grain));
        if (table == NULL)
            return; /* the other grains would say the same */
        claim_table(reader, summary, (TuGrain)grain, table, mark);
    }
}

/* The value of each of the summary's grains in a map such as {hour: at, day: date}; others, and
 * grains that are left out, are reported. */
static void
read_grain_map(const TuSection *section, const TuYaml *map, const char *key,
               const TuSummary *summary, const TuYaml *ret_values[TU_GRAINS])
{
    tu_keys_check(TU_KEYS_GRAINS, map, section->problems);
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        const char *name = tu_grain_name((TuGrain)grain);
        const TuYamlPair *pair = tu_yaml_pair(map, name);
        gboolean is_kept = tu_summary_has_grain(summary, (TuGrain)grain);
        if (pair == NULL && is_kept)
            tu_problems_add(section->problems, map->mark, "`%s` has nothing for the grain `%s`",
                            key, name);
        else if (pair != NULL && !is_kept && summary->grains != 0)
            tu_problems_add(section->problems, pair->mark, "`%s`: `%s` is none of the grains here",
                            key, name);
        else if (pair != NULL &&
                 tu_yaml_expect_text(pair->value, pair->mark, name, "a name", section->problems))
            ret_values[grain] = pair->value;
    }
}

/* {name}_{grain}: no SQL is read here, so that any name that a summary may have does. */
static void
use_default(TuReader *reader, const TuSection *section, TuSummary *summary)
{
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        g_autofree char *table =
            g_strdup_printf("%s_%s", summary->name, tu_grain_name((TuGrain)grain));
        if (!tu_summary_has_grain(summary, (TuGrain)grain) || !tu_name_check(summary->name, NULL))
            continue;
        if (!check_table(section, table, section->mark))
            return;
        claim_table(reader, summary, (TuGrain)grain, g_steal_pointer(&table), section->mark);
    }
}

/* `table` is a pattern for all grains, or says each. */
static void
read_table(TuReader *reader, const TuSection *section, TuSummary *summary)
{
    const TuYaml *node =
        tu_section_value(section, "table", TU_OPTIONAL, "a name, or a map from grain to name");
    if (!tu_section_has(section, "table")) {
        use_default(reader, section, summary);
    } else if (node != NULL && node->kind == TU_YAML_TEXT) {
        use_pattern(reader, section, summary, node->text, node->mark);
    } else if (node != NULL && node->kind == TU_YAML_LIST) {
        tu_problems_add(section->problems, node->mark,
                        "`table` is a name or a map from grain to name, not a list");
    } else if (node != NULL) {
        const TuYaml *values[TU_GRAINS] = {NULL};
        read_grain_map(section, node, "table", summary, values);
        for (guint grain = 0; grain < TU_GRAINS; grain++) {
            char *table = values[grain] == NULL
                              ? NULL
                              : expand_pattern(section, values[grain]->text, values[grain]->mark,
                                               summary->name, tu_grain_name((TuGrain)grain));
            if (table != NULL)
                claim_table(reader, summary, (TuGrain)grain, table, values[grain]->mark);
        }
    }
}

/* `bucket` of `columns`: a name, or a map from grain to name. */
static void
read_bucket_columns(const TuSection *columns, TuSummary *summary)
{
    const TuYaml *node =
        tu_section_value(columns, "bucket", TU_OPTIONAL, "a name, or a map from grain to name");
    const TuYaml *values[TU_GRAINS] = {NULL};
    if (node == NULL)
        return;
    if (node->kind == TU_YAML_LIST) {
        tu_problems_add(columns->problems, node->mark,
                        "`bucket` is a name or a map from grain to name, not a list");
        return;
    }
    if (node->kind == TU_YAML_MAP)
        read_grain_map(columns, node, "bucket", summary, values);
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        const TuYaml *value = node->kind == TU_YAML_TEXT ? node : values[grain];
        GError *error = NULL;
        if (value == NULL || !tu_summary_has_grain(summary, (TuGrain)grain))
            continue;
        if (!tu_name_check_column(value->text, &error)) {
            tu_section_complain(columns, value->mark, "bucket", error);
            continue;
        }
        g_free(summary->bucket_column[grain]);
        summary->bucket_column[grain] = g_strdup(value->text);
    }
}

/* Replaces the default names of the key columns. */
static void
read_columns(const TuSection *section, TuSummary *summary)
{
    const char *example = "a map, {tenant: origin, bucket: day}";
    const TuYaml *map = tu_section_map(section, "columns", TU_OPTIONAL, example);
    if (map == NULL)
        return;
    TuSection columns = {section->problems, map, map->mark, "`columns`"};
    tu_keys_check(TU_KEYS_COLUMNS, map, section->problems);
    tu_section_column(&columns, "tenant", TU_OPTIONAL, "a column's name", &summary->tenant_column);
    const TuYamlPair *series = tu_yaml_pair(map, "series");
    if (series != NULL && !summary->is_long)
        tu_problems_add(section->problems, series->mark,
                        "%s has no `series`, so there is no such column: take it out",
                        section->what);
    else
        tu_section_column(&columns, "series", TU_OPTIONAL, "a column's name",
                          &summary->series_column);
    read_bucket_columns(&columns, summary);
}

/* Grains first: tables and bucket columns are said a grain. */
void
tu_read_tables(TuReader *reader, const TuSection *section, TuSummary *summary)
{
    read_grains(section, summary);
    read_table(reader, section, summary);

    summary->tenant_column = g_strdup("tenant");
    summary->series_column = summary->is_long ? g_strdup("series") : NULL;
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        if (tu_summary_has_grain(summary, (TuGrain)grain))
            summary->bucket_column[grain] = g_strdup("bucket");
    }
    read_columns(section, summary);
}
