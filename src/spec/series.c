/*
 * What a summary holds: its columns and its series.
 *
 *   summary:  source  where  dimensions {a, b}  measures {m}      the defaults of every series
 *   series:   source  where  dimensions {a}                       what one says for itself
 *
 * A wide summary is read as one series that says nothing for itself.
 */
#include "spec/reader.h"

#include <string.h>

#include "spec/keys.h"
#include "spec/names.h"
#include "spec/suggest.h"

/* Labels are part of a key and of `--series A,B`; more than this is no label. */
#define SERIES_NAME_MAX_BYTES 255

static void
free_measure(gpointer measure)
{
    tu_measure_free(measure);
}

void
tu_series_free(TuSeries *series)
{
    if (series == NULL)
        return;
    g_free(series->name);
    g_free(series->where);
    g_ptr_array_unref(series->dimensions);
    g_ptr_array_unref(series->measures);
    g_free(series);
}

/* The two kinds of columns, which are declared, defaulted and looked up alike. */
typedef struct {
    const char *key;      /* of the map in the spec */
    const char *one;      /* "dimension" */
    const TuYaml *shared; /* the summary's map; NULL: none, then the series' own count */
    GPtrArray *names;     /* of the columns, the summary's */
} Columns;

/* What the series of one summary are read from. */
typedef struct {
    TuReader *reader;
    const TuSection *section;
    TuSummary *summary;
    Columns dimensions;
    Columns measures;
    const TuSource *source; /* the summary's; NULL if it names none */
    gboolean source_is_bad; /* ... or none that exists */
    char *where;            /* the summary's, or NULL */
} Draft;

/* NULL if the value is no measure; that is reported. */
static TuMeasure *
parse_measure(TuProblems *problems, const TuYamlPair *pair)
{
    const TuYaml *node = pair->value;
    GError *error = NULL;
    if (!tu_yaml_expect_text(node, pair->mark, pair->key, "a measure, as count or sum(E)",
                             problems))
        return NULL;
    TuMeasure *measure = tu_measure_parse(node->text, &error);
    if (measure == NULL)
        tu_yaml_complain(node, pair->key, error, problems);
    return measure;
}

/* SQL, or "NULL" for null. NULL if the value is wrong; that is reported. */
static char *
parse_dimension(TuProblems *problems, const TuYamlPair *pair)
{
    const TuYaml *node = pair->value;
    if (!node->is_broken && tu_yaml_is_null(node) && *node->text != '\0')
        return g_strdup("NULL");
    if (!tu_yaml_expect_text(node, pair->mark, pair->key, "an SQL expression, or null", problems) ||
        !tu_yaml_check_sql(node, pair->key, problems))
        return NULL;
    return g_strstrip(g_strdup(node->text));
}

/* TRUE if the column is declared. */
static gboolean
has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (strcmp(g_ptr_array_index(names, i), name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Takes the keys of `map` as columns. */
static void
declare(Draft *draft, Columns *columns, const TuYaml *map)
{
    TuProblems *problems = draft->reader->problems;
    for (guint i = 0; i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        GError *error = NULL;
        if (has_name(columns->names, pair->key))
            continue;
        if (columns->names->len == TU_SUMMARY_MAX_COLUMNS) {
            tu_problems_add(problems, pair->mark, "more than %d %s: no table has so many columns",
                            TU_SUMMARY_MAX_COLUMNS, columns->key);
            return;
        }
        if (!tu_name_check_column(pair->key, &error))
            tu_section_complain(draft->section, pair->mark, columns->key, error);
        else if (tu_name_is_reserved(pair->key))
            tu_problems_add(problems, pair->mark,
                            "`%.60s`: columns that begin with trueup_ are trueup's own", pair->key);
        g_ptr_array_add(columns->names, g_strdup(pair->key));
    }
}

/* Reads one of the summary's own maps: the columns, and the defaults of the series. */
static void
read_shared(Draft *draft, Columns *columns, TuNeed need, const char *example)
{
    TuProblems *problems = draft->reader->problems;
    columns->shared = tu_section_map(draft->section, columns->key, need, example);
    if (columns->shared == NULL)
        return;
    declare(draft, columns, columns->shared);
    for (guint i = 0; i < columns->shared->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(columns->shared->pairs, TuYamlPair, i);
        if (columns == &draft->measures)
            tu_measure_free(parse_measure(problems, pair));
        else
            g_free(parse_dimension(problems, pair));
    }
}

/* The source named by `section`; `*ret_is_bad` if it names one that does not exist. */
static const TuSource *
find_source(const TuReader *reader, const TuSection *section, TuNeed need, gboolean *ret_is_bad)
{
    const TuYaml *node = tu_section_text(section, "source", need, "the name of a source");
    const GPtrArray *sources = reader->spec->sources;
    *ret_is_bad = tu_section_has(section, "source");
    if (node == NULL)
        return NULL;

    g_autofree const char **names = g_new0(const char *, sources->len + 1);
    for (guint i = 0; i < sources->len; i++) {
        const TuSource *source = g_ptr_array_index(sources, i);
        names[i] = source->name;
        if (strcmp(source->name, node->text) == 0) {
            *ret_is_bad = FALSE;
            return source;
        }
    }
    g_autofree char *hint = tu_suggest_text(node->text, names);
    tu_problems_add(reader->problems, node->mark, "there is no source `%.60s`%s", node->text, hint);
    return NULL;
}

/* A row counts if it passes both. */
static char *
both_conditions(const char *summary_where, const char *own_where)
{
    if (summary_where == NULL || own_where == NULL)
        return g_strdup(summary_where != NULL ? summary_where : own_where);
    return g_strdup_printf("(%s) AND (%s)", summary_where, own_where);
}

/* Columns that a series names and the summary does not have. */
static void
check_known(Draft *draft, const Columns *columns, const TuYaml *own)
{
    if (columns->shared == NULL)
        return;
    for (guint i = 0; i < own->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(own->pairs, TuYamlPair, i);
        if (has_name(columns->names, pair->key) || pair->value->is_broken)
            continue;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint j = 0; j < columns->names->len; j++)
            g_ptr_array_add(names, g_ptr_array_index(columns->names, j));
        g_ptr_array_add(names, NULL);
        g_autofree char *hint =
            tu_suggest_text(pair->key, (const char *const *)(gpointer)names->pdata);
        tu_problems_add(
            draft->reader->problems, pair->mark,
            "`%.60s` is no %s of this summary: add it to the summary's `%s`, or take it "
            "out%s",
            pair->key, columns->one, columns->key, hint);
    }
}

/* The value of the column numbered `i` in a series: its own, else the summary's; NULL if neither is
 * there. */
static const TuYamlPair *
column_value(const Columns *columns, guint i, const TuYaml *own)
{
    const char *name = g_ptr_array_index(columns->names, i);
    const TuYamlPair *pair = own == NULL ? NULL : tu_yaml_pair(own, name);
    if (pair == NULL && columns->shared != NULL)
        pair = tu_yaml_pair(columns->shared, name);
    return pair;
}

/* Fills the series' values of one kind of column, in the order of the columns. */
static void
fill_values(Draft *draft, const Columns *columns, const TuSection *own, const TuYaml *own_map,
            GPtrArray *ret_values)
{
    TuProblems *problems = draft->reader->problems;
    for (guint i = 0; i < columns->names->len; i++) {
        const TuYamlPair *pair = column_value(columns, i, own_map);
        gpointer value = NULL;
        if (pair == NULL)
            tu_problems_add(problems, own->mark, "%s has no %s `%.60s`, and the summary no default",
                            own->what, columns->one,
                            (const char *)g_ptr_array_index(columns->names, i));
        else if (columns->names == draft->summary->measures)
            value = parse_measure(problems, pair);
        else
            value = parse_dimension(problems, pair);
        if (value != NULL)
            g_ptr_array_add(ret_values, value);
    }
}

/* A summary has one tenant column or none, and whole dates do not know the hour. */
static void
check_source(Draft *draft, const TuSource *source, TuMark mark)
{
    TuProblems *problems = draft->reader->problems;
    TuSummary *summary = draft->summary;
    gboolean has_tenant = source->tenant != NULL;
    if (summary->series->len == 0)
        summary->has_tenant = has_tenant;
    else if (summary->has_tenant != has_tenant && draft->reader->spec->tenants == NULL)
        tu_problems_add(problems, mark,
                        "source `%s` has %s, but that of the series before has %s: in one summary "
                        "all or none have",
                        source->name, has_tenant ? "a `tenant`" : "no `tenant`",
                        has_tenant ? "none" : "one");

    const guint dated = ~((1u << TU_GRAIN_DAY) - 1);
    if (source->time_unit == TU_TIME_DATE && (summary->grains & ~dated) != 0)
        tu_problems_add(problems, mark,
                        "source `%s` has `time_unit: date`, which knows no hours: take the grains "
                        "below day out",
                        source->name);
}

/* Reads the series described by `own`; for the one of a wide summary `name` is NULL and `own` an
 * empty map. */
static void
read_one(Draft *draft, const char *name, const TuSection *own)
{
    gboolean is_bad = FALSE;
    const TuSource *source = find_source(draft->reader, own, TU_OPTIONAL, &is_bad);
    if (source == NULL && !is_bad) {
        source = draft->source;
        if (source == NULL && !draft->source_is_bad)
            tu_problems_add(draft->reader->problems, own->mark,
                            "%s has no `source`, and the summary no default: write the name of a "
                            "source",
                            own->what);
    }
    if (source != NULL)
        check_source(draft, source, own->mark);

    const char *example = "a map from column to value";
    const TuYaml *dimensions = tu_section_map(own, "dimensions", TU_OPTIONAL, example);
    const TuYaml *measures = tu_section_map(own, "measures", TU_OPTIONAL, example);
    g_autofree char *where = tu_section_sql(own, "where", TU_OPTIONAL, "an SQL condition", NULL);
    if (dimensions != NULL)
        check_known(draft, &draft->dimensions, dimensions);
    if (measures != NULL)
        check_known(draft, &draft->measures, measures);

    TuSeries *series = g_new0(TuSeries, 1);
    series->name = g_strdup(name);
    series->source = source;
    series->where = both_conditions(draft->where, where);
    series->dimensions = g_ptr_array_new_with_free_func(g_free);
    series->measures = g_ptr_array_new_with_free_func(free_measure);
    series->mark = own->mark;
    fill_values(draft, &draft->dimensions, own, dimensions, series->dimensions);
    fill_values(draft, &draft->measures, own, measures, series->measures);
    g_ptr_array_add(draft->summary->series, series);
}

/* The columns of a long summary that has no defaults: those of its series together. */
static void
declare_from_series(Draft *draft, Columns *columns, const TuYaml *series)
{
    if (tu_section_has(draft->section, columns->key))
        return;
    for (guint i = 0; i < series->pairs->len; i++) {
        const TuYaml *value = g_array_index(series->pairs, TuYamlPair, i).value;
        const TuYamlPair *own =
            value->kind == TU_YAML_MAP ? tu_yaml_pair(value, columns->key) : NULL;
        if (own != NULL && own->value->kind == TU_YAML_MAP)
            declare(draft, columns, own->value);
    }
}

/* A label is data: any text of one line will do. */
static gboolean
check_label(const TuYamlPair *pair, TuProblems *problems)
{
    gboolean is_usable = strlen(pair->key) <= SERIES_NAME_MAX_BYTES;
    for (const char *c = pair->key; *c != '\0'; c++)
        is_usable &= !g_ascii_iscntrl(*c);
    if (!is_usable)
        tu_problems_add(problems, pair->mark,
                        "`%.60s` cannot be the name of a series: at most %d bytes in one line",
                        pair->key, SERIES_NAME_MAX_BYTES);
    return is_usable;
}

/* Reads `series`, after the columns that its entries may name are known. */
static void
read_long(Draft *draft)
{
    TuProblems *problems = draft->reader->problems;
    const TuYaml *map =
        tu_section_map(draft->section, "series", TU_REQUIRED, "a map with one entry a series");
    if (map == NULL)
        return;
    if (map->pairs->len > TU_SUMMARY_MAX_SERIES) {
        tu_problems_add(problems, map->mark, "more than %d series in one summary",
                        TU_SUMMARY_MAX_SERIES);
        return;
    }
    declare_from_series(draft, &draft->dimensions, map);
    declare_from_series(draft, &draft->measures, map);
    if (draft->measures.names->len == 0 && !tu_section_has(draft->section, "measures"))
        tu_problems_add(problems, draft->section->mark,
                        "%s has no `measures`: write them beside `series`, as the defaults of all",
                        draft->section->what);

    for (guint i = 0; i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        g_autofree char *what = g_strdup_printf("series `%.60s`", pair->key);
        TuSection own = {problems, pair->value, pair->mark, what};
        if (pair->value->is_broken || !check_label(pair, problems))
            continue;
        if (pair->value->kind != TU_YAML_MAP) {
            tu_problems_add(problems, pair->value->mark,
                            "%s is a map with source, where, dimensions and measures ({} if the "
                            "defaults are all)",
                            what);
            continue;
        }
        tu_keys_check(TU_KEYS_SERIES, pair->value, problems);
        read_one(draft, pair->key, &own);
    }
}

/* The one series of a wide summary says nothing for itself: an empty map. */
static void
read_wide(Draft *draft)
{
    g_autoptr(GArray) no_pairs = g_array_new(FALSE, FALSE, sizeof(TuYamlPair));
    const TuYaml nothing = {.kind = TU_YAML_MAP, .pairs = no_pairs};
    TuSection own = *draft->section;
    own.map = &nothing;
    if (draft->source == NULL)
        draft->source_is_bad = TRUE; /* reported where it was looked for */
    read_one(draft, NULL, &own);
}

void
tu_read_series(TuReader *reader, const TuSection *section, TuSummary *summary)
{
    Draft draft = {
        .reader = reader,
        .section = section,
        .summary = summary,
        .dimensions = {"dimensions", "dimension", NULL, summary->dimensions},
        .measures = {"measures", "measure", NULL, summary->measures},
    };
    TuNeed need = summary->is_long ? TU_OPTIONAL : TU_REQUIRED;
    read_shared(&draft, &draft.dimensions, TU_OPTIONAL, "a map, {destination: destination}");
    read_shared(&draft, &draft.measures, need, "a map, {flights: count}");
    draft.source = find_source(reader, section, need, &draft.source_is_bad);
    g_autofree char *where =
        tu_section_sql(section, "where", TU_OPTIONAL, "an SQL condition", NULL);
    draft.where = where;

    if (summary->is_long)
        read_long(&draft);
    else
        read_wide(&draft);
}
