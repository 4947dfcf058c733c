/* Summaries: one map each, read in the order in which later keys need earlier ones. */
#include "spec/reader.h"

#include "spec/keys.h"
#include "spec/names.h"

static void
free_series(gpointer series)
{
    tu_series_free(series);
}

void
tu_summary_free(TuSummary *summary)
{
    if (summary == NULL)
        return;
    g_free(summary->name);
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        g_free(summary->table[grain]);
        g_free(summary->bucket_column[grain]);
    }
    g_free(summary->tenant_column);
    g_free(summary->series_column);
    g_ptr_array_unref(summary->dimensions);
    g_ptr_array_unref(summary->measures);
    g_ptr_array_unref(summary->series);
    tu_refresh_clear(&summary->refresh);
    g_free(summary);
}

/* An empty summary: what it reads is appended to its arrays. */
static TuSummary *
new_summary(const TuSpec *spec, const TuYamlPair *pair)
{
    TuSummary *summary = g_new0(TuSummary, 1);
    summary->name = g_strdup(pair->key);
    summary->index = spec->summaries->len;
    summary->dimensions = g_ptr_array_new_with_free_func(g_free);
    summary->measures = g_ptr_array_new_with_free_func(g_free);
    summary->series = g_ptr_array_new_with_free_func(free_series);
    summary->mark = pair->mark;
    return summary;
}

/* TRUE, with one message, if it has keys of both kinds: what else is wrong with it depends on which
 * is meant. */
static gboolean
is_of_two_kinds(const TuReader *reader, const TuYamlPair *pair, const char *what)
{
    const TuYamlPair *keyed = tu_keys_own(pair->value, TU_KEYS_KEYED);
    const TuYamlPair *own = tu_keys_own(pair->value, TU_KEYS_SUMMARY);
    if (keyed == NULL || own == NULL)
        return FALSE;
    tu_problems_add(reader->problems, keyed->mark,
                    "%s has `%s`, which is a keyed summary's, and `%s`, which that has not: take "
                    "one of the two out",
                    what, keyed->key, own->key);
    return TRUE;
}

/* A keyed summary is another thing: none of the other keys apply to it. */
static void
read_summary(TuReader *reader, const TuYamlPair *pair, const TuRefresh *refresh)
{
    g_autofree char *what = g_strdup_printf("summary `%.60s`", pair->key);
    TuSection section = {reader->problems, pair->value, pair->mark, what};
    GError *error = NULL;
    if (!tu_name_check(pair->key, &error))
        tu_section_complain(&section, pair->mark, "summaries", error);
    if (pair->value->is_broken)
        return;
    if (pair->value->kind != TU_YAML_MAP) {
        tu_problems_add(reader->problems, pair->value->mark,
                        "%s is a map with `source`, `grains` and `measures`, or with `series`",
                        what);
        return;
    }
    if (is_of_two_kinds(reader, pair, what))
        return;
    if (tu_keys_is_keyed(pair->value)) {
        tu_read_keyed(reader, pair, refresh);
        return;
    }

    TuSummary *summary = new_summary(reader->spec, pair);
    g_ptr_array_add(reader->spec->summaries, summary);
    summary->is_long = tu_section_has(&section, "series");
    tu_keys_check(TU_KEYS_SUMMARY, pair->value, reader->problems);
    tu_read_tables(reader, &section, summary);
    tu_read_series(reader, &section, summary);
    tu_check_columns(reader, &section, summary);
    tu_read_refresh(&section, refresh, &summary->refresh);
}

void
tu_read_summaries(TuReader *reader, const TuSection *top, const TuRefresh *refresh)
{
    const TuYaml *map = tu_section_map(top, "summaries", TU_REQUIRED, "a map of summaries");
    for (guint i = 0; map != NULL && i < map->pairs->len; i++)
        read_summary(reader, &g_array_index(map->pairs, TuYamlPair, i), refresh);
}
