/* `query` over cells that the test wrote: rows, grains, filled buckets, errors, freshness. */
#include "cli/query.h"
#include "cli/query_sums.h"
#include "stored_fixture.h"
#include "time/instant.h"

/* New York's 2001-04-01 has 23 hours; 05:00Z is its first. Shop 'no' has no zone. */
static const char cells[] =
    "INSERT INTO sales_hour(shop, bucket, kind, place, n, total, mean, trueup_n_mean,"
    " trueup_sum_mean) VALUES"
    " ('ny', '2001-04-01T04:00:00Z', 'a', 'x', 100, 100, 1.0, 100, 100),"
    " ('ny', '2001-04-01T05:00:00Z', 'a', 'x', 1, 10, 10.0, 1, 10),"
    " ('ny', '2001-04-02T03:00:00Z', 'a', 'y', 3, 2, 1.0, 2, 2),"
    " ('ny', '2001-04-02T04:00:00Z', 'a', 'y', 1000, 1000, 1.0, 1000, 1000),"
    " ('no', '2001-04-01T10:00:00Z', 'a', 'x', 1, 1, 1.0, 1, 1);"
    "INSERT INTO sales_day(shop, bucket, kind, place, n, total, mean, trueup_n_mean,"
    " trueup_sum_mean) VALUES"
    " ('ny', '2001-03-31', 'a', 'x', 4, 40, 10.0, 4, 40),"
    " ('ny', '2001-04-01', 'a', 'x', 1, 10, 10.0, 1, 10),"
    " ('ny', '2001-04-01', 'a', 'y', 3, 2, 1.0, 2, 2),"
    " ('ny', '2001-04-01', NULL, 'y', 1, NULL, NULL, 0, NULL),"
    " ('ny', '2001-04-30', 'b', 'y', 1, 5, 5.0, 1, 5),"
    " (7, '2001-04-02', 'a', 'x', 2, 9223372036854775807, 4611686018427387903.5, 2,"
    "  9223372036854775807),"
    " (7, '2001-04-03', 'a', 'x', 1, 1, 1.0, 1, 1);"
    "INSERT INTO people_day(tenant, bucket, who, top, mean) VALUES"
    " ('ny', '2001-04-01', 3, 9, 1.5), ('ny', '2001-04-02', 4, 7, 2.5);"
    "INSERT INTO people_month(tenant, bucket, who, top, mean) VALUES"
    " ('ny', '2001-04-01', 5, 9, 2.0);"
    "INSERT INTO events_day(event, tenant, bucket, value) VALUES"
    " ('sold', 'ny', '2001-04-01', 12), ('sold', 'ny', '2001-04-02', 13),"
    " ('buyers', 'ny', '2001-04-01', 2), ('odd, name', 'ny', '2001-04-01', 'oops'),"
    " ('odd, name', 'ny', '2001-04-02', 1), ('gone', 'ny', '2001-04-01', 99)";

/* Asks, and prints the answer's rows, one a line, as CSV would be. */
typedef struct {
    TuQuery query;
    TuAnswer answer;
    char *rows;
} Asked;

static void
asked_clear(Asked *asked)
{
    tu_query_clear(&asked->query);
    tu_answer_clear(&asked->answer);
    g_free(asked->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asked, asked_clear)

static void
append_value(GString *text, TuValue value)
{
    g_autofree char *shown = tu_value_to_text(&value);
    g_string_append_printf(text, "%s%s",
                           text->len > 0 && text->str[text->len - 1] != '\n' ? "," : "", shown);
}

static void
append_row(GString *text, const Asked *asked, guint row)
{
    const TuAnswer *answer = &asked->answer;
    TuQueryKey key = tu_query_sums_key(answer->sums, row);
    const TuDictionary *dictionary = tu_query_sums_dictionary(answer->sums);
    const TuSeriesModel *series = g_ptr_array_index(asked->query.series, key.series);
    char bucket[TU_INSTANT_TEXT_BYTES];
    tu_bucket_format(answer->grain, key.bucket, bucket);
    if (answer->has_tenant)
        append_value(text, tu_dictionary_value(dictionary, key.tenant));
    if (series->spec->name != NULL)
        append_value(text, tu_value_text(series->spec->name));
    append_value(text, tu_value_text(bucket));
    for (guint i = 0; i < asked->query.by->len; i++)
        append_value(text, tu_dictionary_value(dictionary, key.dimensions[i]));
    for (guint i = 0; i < answer->shown->len; i++) {
        guint place = g_array_index(answer->shown, guint, i);
        TuValue value = TU_NULL_VALUE;
        if (answer->is_unreadable[key.series * asked->query.measures->len + place] ||
            !tu_query_sums_value(answer->sums, row, place, &value))
            value = TU_NULL_VALUE;
        append_value(text, value);
    }
    g_string_append_c(text, '\n');
}

static gboolean
ask(Stored *stored, const char *line, Asked *ret_asked, GError **error)
{
    g_auto(GStrv) owned = NULL;
    int argc = 0;
    g_assert_true(g_shell_parse_argv(line, &argc, &owned, NULL));
    g_autofree char **argv = g_memdup2(owned, (gsize)(argc + 1) * sizeof *owned);
    if (!tu_query_parse(&ret_asked->query, stored->session.model, FALSE, argc, argv, error) ||
        !tu_query_read(&ret_asked->query, &stored->session, &ret_asked->answer, error))
        return FALSE;
    GString *text = g_string_new(NULL);
    for (guint row = 0; row < tu_query_sums_size(ret_asked->answer.sums); row++)
        append_row(text, ret_asked, row);
    ret_asked->rows = g_string_free(text, FALSE);
    return TRUE;
}

static const struct {
    const char *label, *line, *rows;
    const char *error; /* of the only entry, its beginning; NULL: none */
} rows[] = {
    {"all tenants by day, dimensions added up", "query sales --from 2001-03-31 --to 2001-04-03",
     "7,2001-04-02,2,9223372036854775807,4.61168601842739e+18\n7,2001-04-03,1,1,1\n"
     "ny,2001-03-31,4,40,10\nny,2001-04-01,5,12,4\n",
     NULL},
    {"one tenant, one dimension kept, NULL first",
     "query sales --tenant ny --from 2001-04-01 --to 2001-04-01 --by kind",
     "2001-04-01,NULL,1,NULL,NULL\n2001-04-01,a,4,12,4\n", NULL},
    {"a tenant that is a number", "query sales --tenant 7 --measure n",
     "2001-04-02,2\n2001-04-03,1\n", NULL},
    {"whole months, made of days; avg by its sums",
     "query sales --tenant ny --grain month --from 2001-03-31 --to 2001-04-01",
     "2001-03-01,4,40,10\n2001-04-01,6,17,4.25\n", NULL},
    {"a sum that does not fit is an entry, not a number",
     "query sales --tenant 7 --grain month --measure total,n", "2001-04-01,NULL,3\n",
     "the sum does not fit in 64 bits (first at 2001-04-01, tenant 7)"},
    {"hours of a local day: not those of its neighbours",
     "query sales --tenant ny --grain hour --from 2001-04-01 --to 2001-04-01 --measure n",
     "2001-04-01T05:00:00Z,1\n2001-04-02T03:00:00Z,3\n", NULL},
    {"a tenant without a clock is named",
     "query sales --grain hour --measure n --by kind "
     "--from 2001-04-01 --to 2001-04-01",
     "ny,2001-04-01T05:00:00Z,a,1\nny,2001-04-02T03:00:00Z,a,3\n",
     "tenant no has no known time zone: it is left out"},
    {"also where it was asked for", "query sales --tenant no --measure n", "",
     "tenant no has no known time zone: it is left out"},
    {"distinct of what is stored", "query people --tenant ny --grain month", "2001-04-01,5,9,2\n",
     NULL},
    {"distinct cannot be added up", "query people --tenant ny --grain year --measure who,top",
     "2001-01-01,9\n", "count_distinct cannot be added up over the months of a year"},
    {"each series by its own measure; a bad value is one entry",
     "query events --tenant ny --from 2001-04-01 --to 2001-04-02",
     "buyers,2001-04-01,2\nodd, name,2001-04-01,NULL\nodd, name,2001-04-02,1\n"
     "sold,2001-04-01,12\nsold,2001-04-02,13\n",
     "table events_day holds oops in bucket 2001-04-01, which is no count"},
    {"one series of a coarser grain fails alone",
     "query events --series sold,buyers --tenant ny --grain month", "sold,2001-04-01,25\n",
     "count_distinct cannot be added up over the days of a month"},
    {"fill: a day that a clock left out is none",
     "query sales --tenant ap --from 2011-12-29 --to 2011-12-31 --fill",
     "2011-12-29,0,0,NULL\n2011-12-31,0,0,NULL\n", NULL},
    {"fill: groups that have a row",
     "query sales --tenant ny --by place --from 2001-03-31 --to 2001-04-01 --fill --measure n",
     "2001-03-31,x,4\n2001-03-31,y,0\n2001-04-01,x,1\n2001-04-01,y,4\n", NULL},
    {"fill: series that were named",
     "query events --series buyers,sold --tenant ny "
     "--from 2001-04-02 --to 2001-04-02 --fill",
     "buyers,2001-04-02,0\nsold,2001-04-02,13\n", NULL},
    {"nothing stored", "query loosely", "", NULL},
    {"nothing stored, a range asked for", "query loosely --from 2001-04-01 --to 2001-04-02 --fill",
     "", NULL},
};

static void
test_rows(void)
{
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    stored_execute(&stored, cells);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Asked) asked = {0};
        g_test_message("%s", rows[i].label);
        gboolean is_read = ask(&stored, rows[i].line, &asked, &error);
        g_assert_no_error(error);
        g_assert_true(is_read);
        g_assert_cmpstr(asked.rows, ==, rows[i].rows);
        g_assert_cmpuint(asked.answer.errors->len, ==, rows[i].error != NULL);
        if (rows[i].error == NULL)
            continue;
        const TuQueryError *entry = g_ptr_array_index(asked.answer.errors, 0);
        g_test_message("%s", entry->error);
        g_assert_true(g_str_has_prefix(entry->error, rows[i].error));
    }
}

/* 23 hours, by New York's clock. */
static void
test_fill_hours(void)
{
    g_auto(Stored) stored = {0};
    g_auto(Asked) asked = {0};
    g_autoptr(GError) error = NULL;
    stored_init(&stored);
    stored_execute(&stored, cells);
    gboolean is_read = ask(
        &stored, "query sales --tenant ny --grain hour --from 2001-04-01 --to 2001-04-01 --fill",
        &asked, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    g_assert_cmpuint(tu_query_sums_size(asked.answer.sums), ==, 23);
    g_assert_true(g_str_has_prefix(
        asked.rows, "2001-04-01T05:00:00Z,1,10,10\n2001-04-01T06:00:00Z,0,0,NULL\n"));
}

static const struct {
    const char *label, *line, *from, *to;
    TuGrain grain, base;
} range_rows[] = {
    {"31 days are stored: whole weeks", "query sales", "2001-03-26", "2001-05-06", TU_GRAIN_WEEK,
     TU_GRAIN_DAY},
    {"of one tenant", "query sales --tenant 7", "2001-04-02", "2001-04-03", TU_GRAIN_DAY,
     TU_GRAIN_DAY},
    {"from is given", "query sales --from 2001-04-17", "2001-04-17", "2001-04-30", TU_GRAIN_DAY,
     TU_GRAIN_DAY},
    {"whole weeks", "query sales --from 2001-04-12 --to 2001-04-30", "2001-04-09", "2001-05-06",
     TU_GRAIN_WEEK, TU_GRAIN_DAY},
    {"hours: by the clocks of tenants", "query sales --grain hour --tenant ny", "2001-03-31",
     "2001-04-02", TU_GRAIN_HOUR, TU_GRAIN_HOUR},
    {"a stored month reaches to its end", "query people --grain month", "2001-04-01", "2001-04-30",
     TU_GRAIN_MONTH, TU_GRAIN_MONTH},
    {"years of months", "query people --grain year", "2001-01-01", "2001-12-31", TU_GRAIN_YEAR,
     TU_GRAIN_MONTH},
    {"one series", "query events --series buyers", "2001-04-01", "2001-04-01", TU_GRAIN_DAY,
     TU_GRAIN_DAY},
};

static void
test_ranges(void)
{
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    stored_execute(&stored, cells);
    for (guint i = 0; i < G_N_ELEMENTS(range_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Asked) asked = {0};
        char from[TU_DATE_TEXT_BYTES], to[TU_DATE_TEXT_BYTES];
        g_test_message("%s", range_rows[i].label);
        gboolean is_read = ask(&stored, range_rows[i].line, &asked, &error);
        g_assert_no_error(error);
        g_assert_true(is_read && asked.answer.has_range);
        tu_date_format(asked.answer.from, from);
        tu_date_format(asked.answer.to, to);
        g_assert_cmpstr(from, ==, range_rows[i].from);
        g_assert_cmpstr(to, ==, range_rows[i].to);
        g_assert_cmpint(asked.answer.grain, ==, range_rows[i].grain);
        g_assert_cmpint(asked.answer.base, ==, range_rows[i].base);
    }
}

static const struct {
    const char *label, *line, *message;
} refused_rows[] = {
    {"tenant", "query sales --tenant zzz", "summary sales knows no tenant `zzz`"},
    {"tenant, nearly", "query sales --tenant nyy",
     "summary sales knows no tenant `nyy`; did you mean `ny`?"},
    {"too many rows",
     "query sales --tenant ny --grain hour --fill --from 1900-01-01 "
     "--to 2020-01-01",
     "the answer has more than 1000000 rows: ask for a coarser grain, fewer days, or one tenant"},
    {"far too many rows",
     "query sales --tenant ny --grain hour --fill --from 0001-01-01 "
     "--to 9999-12-31",
     "the answer has more than 1000000 rows: ask for a coarser grain, fewer days, or one tenant"},
};

static void
test_refused(void)
{
    g_auto(Stored) stored = {0};
    stored_init(&stored);
    stored_execute(&stored, cells);
    for (guint i = 0; i < G_N_ELEMENTS(refused_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Asked) asked = {0};
        g_test_message("%s", refused_rows[i].label);
        g_assert_false(ask(&stored, refused_rows[i].line, &asked, &error));
        g_assert_true(tu_error_is(error, TU_ERROR_USAGE));
        g_assert_cmpstr(error->message, ==, refused_rows[i].message);
    }
}

/* ---- built, as_of ---- */

#define PENDING                                                                                    \
    "INSERT INTO trueup_pending(source, summary, tenant, tenant_key, bucket, error, noted_at) "    \
    "VALUES "

/* 2001-04-01 is day 11413. */
static const struct {
    const char *label, *sql, *line;
    gboolean is_built;
    const char *as_of; /* NULL: now; "": not known */
    guint n_errors;
} state_rows[] = {
    {"nothing pending", "SELECT 1", "query people", TRUE, NULL, 0},
    {"history is right from 2001-04-02 on",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('people', '', "
     "11414, 1)",
     "query people --from 2001-04-01 --to 2001-04-02 --grain day", FALSE, NULL, 0},
    {"and the range begins there",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('people', '', "
     "11414, 1)",
     "query people --from 2001-04-02 --to 2001-04-02", TRUE, NULL, 0},
    {"nothing is built yet",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('people', '', "
     "2147483647, 1)",
     "query people", FALSE, NULL, 0},
    {"another tenant's history",
     "INSERT INTO trueup_build(summary, tenant, tenant_key, below, is_dropping) VALUES ('people', "
     "'ap', 'tap', 99999, "
     "1)",
     "query people --tenant ny", TRUE, NULL, 0},
    {"all tenants' history is one's too",
     "INSERT INTO trueup_build(summary, tenant, tenant_key, below, is_dropping) VALUES ('people', "
     "'ap', 'tap', 99999, "
     "1)",
     "query people", FALSE, NULL, 0},
    {"what is rebuilt stays right",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('people', '', "
     "99999, 0)",
     "query people", TRUE, NULL, 0},
    {"another summary's history",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('sales', '', "
     "99999, 1)",
     "query people", TRUE, NULL, 0},
    {"a pending bucket",
     PENDING "('sale', 'people', 'ny', 'tny', '2001-04-01', NULL, '2024-01-01T00:00:00Z')",
     "query people", TRUE, "2024-01-01T00:00:00Z", 0},
    {"another summary's bucket",
     PENDING "('sale', 'sales', 'ny', 'tny', '2001-04-01T05:00:00Z', NULL, '2024-01-01T00:00:00Z')",
     "query people", TRUE, NULL, 0},
    {"a bucket that failed",
     PENDING "('sale', 'people', 'ny', 'tny', '2001-04-01', 'bad', '2024-01-01T00:00:00Z')",
     "query people", TRUE, "2024-01-01T00:00:00Z", 1},
    {"one that failed outside the range",
     PENDING "('sale', 'people', 'ny', 'tny', '2001-04-01', 'bad', '2024-01-01T00:00:00Z')",
     "query people --from 2001-04-02 --to 2001-04-02", TRUE, "2024-01-01T00:00:00Z", 0},
    {"an entry in the log, settled last at",
     "INSERT INTO sale(shop, at) VALUES ('ny', '2001-04-01');"
     "INSERT INTO trueup_spec VALUES ('x', '1', '2023-01-01T00:00:00Z');"
     "INSERT INTO trueup_run(kind, status, started_at, finished_at) VALUES"
     " ('settle', 'COMPLETED', '2024-02-01T00:00:00Z', '2024-02-01T00:10:00Z')",
     "query people", TRUE, "2024-02-01T00:10:00Z", 0},
    {"an entry in the log, never settled",
     "INSERT INTO sale(shop, at) VALUES ('ny', '2001-04-01');"
     "INSERT INTO trueup_spec VALUES ('x', '1', '2023-01-01T00:00:00Z')",
     "query people", TRUE, "2023-01-01T00:00:00Z", 0},
    {"unguarded since",
     "INSERT INTO trueup_table(name, group_name, triggers, unguarded_since, problem) VALUES"
     " ('sale', 'sale', '', '2022-01-01T00:00:00Z', 'gone')",
     "query people", TRUE, "2022-01-01T00:00:00Z", 0},
    {"not captured, never repaired", "SELECT 1", "query loosely", TRUE, "", 0},
    {"not captured, repaired at: not what failed, nor one tenant or old days alone",
     "INSERT INTO trueup_run(kind, status, tenant, range_to, started_at) VALUES"
     " ('repair', 'COMPLETED', NULL, '2024-02-01', '2024-02-01T00:00:00Z'),"
     " ('repair', 'FAILED', NULL, NULL, '2024-03-01T00:00:00Z'),"
     " ('repair', 'COMPLETED', 'ny', NULL, '2024-03-01T00:00:00Z'),"
     " ('repair', 'COMPLETED', NULL, '2023-05-06', '2024-03-01T00:00:00Z')",
     "query loosely", TRUE, "2024-02-01T00:00:00Z", 0},
};

static void
test_states(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Stored) stored = {0};
        g_auto(Asked) asked = {0};
        char as_of[TU_INSTANT_TEXT_BYTES];
        g_test_message("%s", state_rows[i].label);
        stored_init(&stored);
        stored_execute(&stored, cells);
        stored_execute(&stored, state_rows[i].sql);
        gint64 before_us = tu_instant_now_us();
        gboolean is_read = ask(&stored, state_rows[i].line, &asked, &error);
        g_assert_no_error(error);
        g_assert_true(is_read);
        g_assert_cmpint(asked.answer.is_built, ==, state_rows[i].is_built);
        g_assert_cmpuint(asked.answer.errors->len, ==, state_rows[i].n_errors);
        if (state_rows[i].as_of == NULL) {
            g_assert_cmpint(asked.answer.as_of_us, >=, before_us);
        } else if (state_rows[i].as_of[0] == '\0') {
            g_assert_cmpint(asked.answer.as_of_us, ==, G_MININT64);
        } else {
            tu_instant_format(asked.answer.as_of_us, as_of);
            g_assert_cmpstr(as_of, ==, state_rows[i].as_of);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-read/rows", test_rows);
    g_test_add_func("/query-read/fill-hours", test_fill_hours);
    g_test_add_func("/query-read/ranges", test_ranges);
    g_test_add_func("/query-read/refused", test_refused);
    g_test_add_func("/query-read/states", test_states);
    return g_test_run();
}
