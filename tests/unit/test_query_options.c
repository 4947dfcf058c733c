/* The command line of `query`: what it means, and what is refused with which words. */
#include "cli/query.h"
#include "stored_fixture.h"

static gboolean
parse(Stored *stored, const char *line, gboolean as_json, TuQuery *ret_query, GError **error)
{
    g_auto(GStrv) owned = NULL;
    int argc = 0;
    g_assert_true(g_shell_parse_argv(line, &argc, &owned, NULL));
    g_autofree char **argv = g_memdup2(owned, (gsize)(argc + 1) * sizeof *owned);
    return tu_query_parse(ret_query, stored->session.model, as_json, argc, argv, error);
}

static const struct {
    const char *label, *line, *message;
} refused_rows[] = {
    {"no summary", "query",
     "name a summary: trueup query SUMMARY [OPTION...] with one of sales, people, events, loosely"},
    {"two summaries", "query sales people",
     "name one summary only: trueup query SUMMARY [OPTION...] with one of sales, people, events, "
     "loosely"},
    {"misspelt summary", "query salse", "there is no summary `salse`; did you mean `sales`?"},
    {"nothing like it", "query zzzzzz",
     "there is no summary `zzzzzz`; there is: sales, people, events, loosely"},
    {"measure", "query sales --measure n,totl",
     "there is no measure `totl`; did you mean `total`?"},
    {"dimension", "query sales --by knd", "there is no dimension `knd`; did you mean `kind`?"},
    {"no dimensions at all", "query people --by kind", "there is no dimension `kind`: it has none"},
    {"series", "query events --series slod", "there is no series `slod`; did you mean `sold`?"},
    {"series of a wide summary", "query sales --series sold",
     "summary sales has no series: leave out --series"},
    {"grain", "query sales --grain dya", "there is no grain `dya`; did you mean `day`?"},
    {"a grain too fine", "query people --grain hour",
     "summary people cannot be shown by hour: it keeps day, month, and none of these lies within "
     "one hour"},
    {"a date that is none", "query sales --from 2001-02-29",
     "--from `2001-02-29` is no date: it takes a local date that exists, as 2001-04-01"},
    {"an instant is no date", "query sales --to 2001-02-28T00:00:00Z",
     "--to `2001-02-28T00:00:00Z` is no date: it takes a local date that exists, as 2001-04-01"},
    {"a range turned round", "query sales --from 2001-03-02 --to 2001-03-01",
     "--from 2001-03-02 is after --to 2001-03-01"},
    {"format", "query sales --format cvs", "there is no format `cvs`; did you mean `csv`?"},
    {"an empty word", "query sales --measure n,",
     "there is no measure ``; there is: n, total, mean"},
};

static void
test_refused(void)
{
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    for (guint i = 0; i < G_N_ELEMENTS(refused_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuQuery) query = {0};
        g_test_message("%s", refused_rows[i].label);
        g_assert_false(parse(&stored, refused_rows[i].line, FALSE, &query, &error));
        g_assert_true(tu_error_is(error, TU_ERROR_USAGE));
        g_assert_cmpstr(error->message, ==, refused_rows[i].message);
    }
}

static void
test_json_and_format(void)
{
    static const struct {
        const char *line;
        gboolean as_json;
        int format; /* -1: refused */
    } rows[] = {
        {"query sales", FALSE, TU_FORMAT_TABLE},
        {"query sales", TRUE, TU_FORMAT_JSON},
        {"query sales --format csv", FALSE, TU_FORMAT_CSV},
        {"query sales --format json", FALSE, TU_FORMAT_JSON},
        {"query sales --format json", TRUE, TU_FORMAT_JSON},
        {"query sales --format csv", TRUE, -1},
    };
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuQuery) query = {0};
        g_test_message("%s, json %d", rows[i].line, rows[i].as_json);
        gboolean is_good = parse(&stored, rows[i].line, rows[i].as_json, &query, &error);
        g_assert_cmpint(is_good ? (int)query.format : -1, ==, rows[i].format);
    }
}

/* "1 0" for the numbers 1 and 0. */
static char *
numbers_text(const GArray *numbers)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < numbers->len; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? " " : "", g_array_index(numbers, guint, i));
    return g_string_free(text, FALSE);
}

static char *
labels_text(const TuQuery *query)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < query->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(query->series, i);
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "",
                               series->spec->name != NULL ? series->spec->name : "-");
    }
    return g_string_free(text, FALSE);
}

static const struct {
    const char *label, *line, *series, *measures, *by;
} taken_rows[] = {
    {"all", "query sales", "-", "0 1 2", ""},
    {"measures in the order asked for", "query sales --measure mean,n", "-", "2 0", ""},
    {"given apart, and twice", "query sales --measure total --measure n,total", "-", "1 0", ""},
    {"dimensions in the order asked for", "query sales --by place,kind", "-", "0 1 2", "1 0"},
    {"spaces after commas", "query sales --by 'place, kind'", "-", "0 1 2", "1 0"},
    {"series by their labels", "query events", "buyers; odd, name; sold", "0", ""},
    {"some series", "query events --series sold,buyers", "buyers; sold", "0", ""},
    {"a series with a comma", "query events --series 'odd, name' --series sold", "odd, name; sold",
     "0", ""},
};

static void
test_taken(void)
{
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    for (guint i = 0; i < G_N_ELEMENTS(taken_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuQuery) query = {0};
        g_test_message("%s", taken_rows[i].label);
        gboolean is_good = parse(&stored, taken_rows[i].line, FALSE, &query, &error);
        g_assert_no_error(error);
        g_assert_true(is_good);
        g_autofree char *series = labels_text(&query);
        g_autofree char *measures = numbers_text(query.measures);
        g_autofree char *by = numbers_text(query.by);
        g_assert_cmpstr(series, ==, taken_rows[i].series);
        g_assert_cmpstr(measures, ==, taken_rows[i].measures);
        g_assert_cmpstr(by, ==, taken_rows[i].by);
    }
}

static void
test_rest(void)
{
    g_auto(Stored) stored = {0};
    g_auto(TuQuery) query = {0};
    g_autoptr(GError) error = NULL;
    stored_init(&stored);
    gboolean is_good = parse(&stored,
                             "query --fill sales --from 2001-03-01 --to 2001-03-31 --grain week "
                             "--tenant Zürich",
                             FALSE, &query, &error);
    g_assert_no_error(error);
    g_assert_true(is_good);
    g_assert_true(query.fills && query.has_grain && query.has_from && query.has_to);
    g_assert_cmpint(query.grain, ==, TU_GRAIN_WEEK);
    g_assert_cmpint(query.from, ==, tu_date_from_civil(2001, 3, 1));
    g_assert_cmpint(query.to, ==, tu_date_from_civil(2001, 3, 31));
    g_assert_cmpstr(query.tenant, ==, "Zürich");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-options/refused", test_refused);
    g_test_add_func("/query-options/json-and-format", test_json_and_format);
    g_test_add_func("/query-options/taken", test_taken);
    g_test_add_func("/query-options/rest", test_rest);
    return g_test_run();
}
