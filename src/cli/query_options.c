/*
 * The command line of `query`: words, turned into parts of the model.
 */
#include <string.h>

#include "cli/query.h"
#include "spec/suggest.h"

/* The options as written. */
typedef struct {
    char **series, **measures, **by, **keys;
    char *grain, *tenant, *from, *to, *format;
    gboolean fills;
} Options;

static void
options_clear(Options *options)
{
    g_strfreev(options->series);
    g_strfreev(options->measures);
    g_strfreev(options->by);
    g_strfreev(options->keys);
    g_free(options->grain);
    g_free(options->tenant);
    g_free(options->from);
    g_free(options->to);
    g_free(options->format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

void
tu_query_clear(TuQuery *query)
{
    g_clear_pointer(&query->series, g_ptr_array_unref);
    g_clear_pointer(&query->measures, g_array_unref);
    g_clear_pointer(&query->by, g_array_unref);
    g_clear_pointer(&query->tenant, g_free);
}

/* ---- names ---- */

static void
set_unknown(GError **error, const char *what, const char *word, const char *const *words)
{
    g_autofree char *suggestion = tu_suggest_text(word, words);
    g_autofree char *list = tu_suggest_list(words, ", ");
    if (suggestion[0] != '\0')
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no %s `%s`%s", what, word,
                    suggestion);
    else if (words[0] == NULL)
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no %s `%s`: it has none", what,
                    word);
    else
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no %s `%s`; there is: %s", what,
                    word, list);
}

static gboolean
add_word(GArray *numbers, const char *what, const char *word, const char *const *words,
         GError **error)
{
    for (guint i = 0; words[i] != NULL; i++) {
        if (!g_str_equal(words[i], word))
            continue;
        for (guint n = 0; n < numbers->len; n++)
            if (g_array_index(numbers, guint, n) == i)
                return TRUE;
        g_array_append_val(numbers, i);
        return TRUE;
    }
    set_unknown(error, what, word, words);
    return FALSE;
}

/* Numbers of the words that the option names, in its order, each once: `a,b` or `a` and `b` given
 * apart. A word that has a comma itself is named by an option of its own. */
static gboolean
find_words(char **option, const char *what, const char *const *words, GArray *numbers,
           GError **error)
{
    for (guint i = 0; option != NULL && option[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strv_contains(words, option[i])
                                  ? g_strdupv((char *[]){option[i], NULL})
                                  : g_strsplit(option[i], ",", -1);
        for (guint p = 0; parts[p] != NULL; p++)
            if (!add_word(numbers, what, g_strstrip(parts[p]), words, error))
                return FALSE;
    }
    return TRUE;
}

/* The texts of an array, as a list that ends with NULL; they stay the array's. */
static const char **
word_list(const GPtrArray *texts)
{
    const char **words = g_new0(const char *, texts->len + 1);
    for (guint i = 0; i < texts->len; i++)
        words[i] = g_ptr_array_index(texts, i);
    return words;
}

static gboolean
find_summary(TuQuery *query, const TuModel *model, int argc, char **argv, GError **error)
{
    g_autofree const char **names = g_new0(const char *, model->summaries->len + 1);
    for (guint i = 0; i < model->summaries->len; i++)
        names[i] = ((TuSummaryModel *)g_ptr_array_index(model->summaries, i))->spec->name;
    if (argc != 2) {
        g_autofree char *list = tu_suggest_list(names, ", ");
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                    "%s: trueup query SUMMARY [OPTION...] with one of %s",
                    argc < 2 ? "name a summary" : "name one summary only", list);
        return FALSE;
    }
    query->summary = tu_model_summary(model, argv[1]);
    if (query->summary == NULL)
        set_unknown(error, "summary", argv[1], names);
    return query->summary != NULL;
}

static int
compare_labels(gconstpointer a, gconstpointer b)
{
    const TuSeriesModel *left = *(const TuSeriesModel *const *)a;
    const TuSeriesModel *right = *(const TuSeriesModel *const *)b;
    return g_strcmp0(left->spec->name, right->spec->name);
}

static gboolean
find_series(TuQuery *query, const Options *options, GError **error)
{
    const GPtrArray *all = query->summary->series;
    query->series = g_ptr_array_new();
    query->has_series = options->series != NULL;
    if (!query->has_series) {
        for (guint i = 0; i < all->len; i++)
            g_ptr_array_add(query->series, g_ptr_array_index(all, i));
    } else if (!query->summary->spec->is_long) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "summary %s has no series: leave out --series",
                    query->summary->spec->name);
        return FALSE;
    } else {
        g_autofree const char **labels = g_new0(const char *, all->len + 1);
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
        for (guint i = 0; i < all->len; i++)
            labels[i] = ((TuSeriesModel *)g_ptr_array_index(all, i))->spec->name;
        if (!find_words(options->series, "series", labels, numbers, error))
            return FALSE;
        for (guint i = 0; i < numbers->len; i++)
            g_ptr_array_add(query->series,
                            g_ptr_array_index(all, g_array_index(numbers, guint, i)));
    }
    g_ptr_array_sort(query->series, compare_labels);
    return TRUE;
}

static gboolean
find_columns(TuQuery *query, const Options *options, GError **error)
{
    const TuSummary *spec = query->summary->spec;
    g_autofree const char **measures = word_list(spec->measures);
    g_autofree const char **dimensions = word_list(spec->dimensions);
    query->measures = g_array_new(FALSE, FALSE, sizeof(guint));
    query->by = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!find_words(options->measures, "measure", measures, query->measures, error) ||
        !find_words(options->by, "dimension", dimensions, query->by, error))
        return FALSE;
    for (guint i = 0; options->measures == NULL && i < spec->measures->len; i++)
        g_array_append_val(query->measures, i);
    return TRUE;
}

/* ---- grains, dates, formats ---- */

static gboolean
find_grain(TuQuery *query, const Options *options, GError **error)
{
    const char *names[TU_GRAINS + 1] = {NULL};
    TuGrain base;
    query->has_grain = options->grain != NULL;
    if (!query->has_grain)
        return TRUE;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        names[grain] = tu_grain_name((TuGrain)grain);
    if (!tu_grain_parse(options->grain, &query->grain)) {
        set_unknown(error, "grain", options->grain, names);
        return FALSE;
    }
    if (tu_query_base_grain(query->summary->spec->grains, query->grain, &base))
        return TRUE;
    guint n = 0;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (tu_summary_has_grain(query->summary->spec, (TuGrain)grain))
            names[n++] = tu_grain_name((TuGrain)grain);
    names[n] = NULL;
    g_autofree char *kept = tu_suggest_list(names, ", ");
    g_set_error(
        error, TU_ERROR, TU_ERROR_USAGE,
        "summary %s cannot be shown by %s: it keeps %s, and none of these lies within one %s",
        query->summary->spec->name, options->grain, kept, options->grain);
    return FALSE;
}

static gboolean
read_date(const char *option, const char *text, gboolean *ret_has, TuDate *ret_date, GError **error)
{
    *ret_has = text != NULL;
    if (text == NULL || tu_date_parse(text, strlen(text), ret_date))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "%s `%s` is no date: it takes a local date that exists, as 2001-04-01", option,
                text);
    return FALSE;
}

static gboolean
find_dates(TuQuery *query, const Options *options, GError **error)
{
    if (!read_date("--from", options->from, &query->has_from, &query->from, error) ||
        !read_date("--to", options->to, &query->has_to, &query->to, error))
        return FALSE;
    if (query->has_from && query->has_to && query->from > query->to) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--from %s is after --to %s", options->from,
                    options->to);
        return FALSE;
    }
    return TRUE;
}

static gboolean
find_format(TuQuery *query, const Options *options, gboolean as_json, GError **error)
{
    static const char *const formats[] = {
        [TU_FORMAT_TABLE] = "table", [TU_FORMAT_CSV] = "csv", [TU_FORMAT_JSON] = "json", NULL};
    query->format = as_json ? TU_FORMAT_JSON : TU_FORMAT_TABLE;
    if (options->format == NULL)
        return TRUE;
    for (guint i = 0; formats[i] != NULL; i++) {
        if (!g_str_equal(formats[i], options->format))
            continue;
        query->format = (TuFormat)i;
        if (!as_json || query->format == TU_FORMAT_JSON)
            return TRUE;
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--json and --format %s contradict each other",
                    options->format);
        return FALSE;
    }
    set_unknown(error, "format", options->format, formats);
    return FALSE;
}

static gboolean
check_tenant(TuQuery *query, Options *options, GError **error)
{
    query->tenant = g_steal_pointer(&options->tenant);
    if (query->tenant == NULL || query->summary->spec->has_tenant)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "summary %s has no tenants: leave out --tenant",
                query->summary->spec->name);
    return FALSE;
}

static gboolean
refuse_keys(const TuQuery *query, const Options *options, GError **error)
{
    if (options->keys == NULL)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "--key is for keyed summaries, and %s is none: choose with --tenant, --from, --to",
                query->summary->spec->name);
    return FALSE;
}

gboolean
tu_query_parse(TuQuery *ret_query, const TuModel *model, gboolean as_json, int argc, char **argv,
               GError **error)
{
    g_auto(Options) options = {0};
    g_auto(TuQuery) query = {0};
    /* FILENAME takes names as the bytes they are, whatever the locale. */
    const GOptionEntry entries[] = {
        {"series", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.series, "only these series",
         "X,..."},
        {"measure", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.measures, "only these measures",
         "M,..."},
        {"grain", 0, 0, G_OPTION_ARG_STRING, &options.grain, "minute, hour, day ... year", "G"},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &options.tenant, "only this tenant", "T"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "first local date", "D"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "last local date", "D"},
        {"by", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.by,
         "keep these dimensions apart; the others are added up", "DIM,..."},
        {"fill", 0, 0, G_OPTION_ARG_NONE, &options.fills, "a row for every bucket of the range",
         NULL},
        {"format", 0, 0, G_OPTION_ARG_STRING, &options.format, "table, csv or json", "F"},
        /* Known, so that it is said what is the matter with it. */
        {"key", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME_ARRAY, &options.keys, NULL, NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    if (!tu_options_parse(entries, &argc, &argv, error) ||
        !find_summary(&query, model, argc, argv, error) || !refuse_keys(&query, &options, error) ||
        !find_series(&query, &options, error) || !find_columns(&query, &options, error) ||
        !find_grain(&query, &options, error) || !find_dates(&query, &options, error) ||
        !check_tenant(&query, &options, error) || !find_format(&query, &options, as_json, error))
        return FALSE;
    query.fills = options.fills;
    *ret_query = query;
    query = (TuQuery){0};
    return TRUE;
}
