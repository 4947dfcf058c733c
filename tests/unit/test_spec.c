/* Whole small specs with nothing wrong: what the struct holds. */
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "error.h"
#include "spec/spec.h"

static TuSpec *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    TuSpec *spec = tu_spec_parse(text, strlen(text), "some/where/a.yaml", &problems, &error);
    g_assert_no_error(error);
    g_assert_nonnull(spec);
    g_assert_cmpuint(problems->len, ==, 0);
    return spec;
}

static const TuSource *
source_at(const TuSpec *spec, guint i)
{
    const TuSource *source = g_ptr_array_index(spec->sources, i);
    g_assert_cmpuint(source->index, ==, i);
    return source;
}

static const TuSeries *
series_at(const TuSummary *summary, guint i)
{
    g_assert_cmpuint(i, <, summary->series->len);
    return g_ptr_array_index(summary->series, i);
}

/* "table alias left? on" of each table, one a line. */
static char *
tables_text(const TuSource *source)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *table = g_ptr_array_index(source->tables, i);
        g_string_append_printf(text, "%s|%s|%s|%s\n", table->table, table->alias,
                               table->is_left ? "left" : "inner",
                               table->on == NULL ? "-" : table->on);
    }
    return g_string_free(text, FALSE);
}

/* The names or SQL texts of an array, with spaces between. */
static char *
names_text(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : "; ",
                               (const char *)g_ptr_array_index(names, i));
    return g_string_free(text, FALSE);
}

static char *
measures_text(const TuSeries *series)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < series->measures->len; i++) {
        const TuMeasure *measure = g_ptr_array_index(series->measures, i);
        g_string_append_printf(text, "%s%s[%s][%s]", i == 0 ? "" : "; ",
                               tu_measure_kind_name(measure->kind),
                               measure->expression == NULL ? "" : measure->expression,
                               measure->where == NULL ? "" : measure->where);
    }
    return g_string_free(text, FALSE);
}

#define assert_text(expression, expected)                                                          \
    do {                                                                                           \
        g_autofree char *text_ = (expression);                                                     \
        g_assert_cmpstr(text_, ==, expected);                                                      \
    } while (0)

#define FLIGHTS                                                                                    \
    "database: sqlite:flights.db\n"                                                                \
    "control_schema: audit\n"                                                                      \
    "tenants: {table: airport, key: iata, time_zone: tz, where: active = 1}\n"                     \
    "time_zone: Europe/Berlin\n"                                                                   \
    "sources:\n"                                                                                   \
    "  flight:\n"                                                                                  \
    "    from: flight\n"                                                                           \
    "    join:\n"                                                                                  \
    "      - carrier c ON c.code = flight.carrier\n"                                               \
    "      - left aircraft a ON a.tail = flight.tail\n"                                            \
    "    tenant: origin\n"                                                                         \
    "    time: departed_at\n"                                                                      \
    "    time_unit: seconds\n"                                                                     \
    "    time_zone: America/New_York\n"                                                            \
    "    where: cancelled = 0\n"                                                                   \
    "    capture: none\n"                                                                          \
    "summaries:\n"                                                                                 \
    "  departures:\n"                                                                              \
    "    source: flight\n"                                                                         \
    "    grains: [hour, day, month]\n"                                                             \
    "    columns: {tenant: origin, bucket: {hour: at, day: date, month: month}}\n"                 \
    "    where: distance > 0\n"                                                                    \
    "    dimensions: {destination: destination, constant: 1, nothing: null}\n"                     \
    "    measures:\n"                                                                              \
    "      flights: count\n"                                                                       \
    "      late: count where delay >= 15\n"                                                        \
    "      miles: sum(distance)\n"

static void
test_file(void)
{
    g_autoptr(TuSpec) spec = parse(FLIGHTS);
    g_assert_cmpstr(spec->path, ==, "some/where/a.yaml");
    g_assert_cmpstr(spec->directory, ==, "some/where");
    g_assert_cmpstr(spec->text, ==, FLIGHTS);
    g_assert_cmpstr(spec->database_url, ==, "sqlite:flights.db");
    g_assert_cmpstr(spec->control_schema, ==, "audit");
    g_assert_cmpstr(spec->time_zone, ==, "Europe/Berlin");
    g_assert_cmpstr(spec->tenants->table, ==, "airport");
    g_assert_cmpstr(spec->tenants->key, ==, "iata");
    g_assert_cmpstr(spec->tenants->time_zone, ==, "tz");
    g_assert_cmpstr(spec->tenants->where, ==, "active = 1");
    g_assert_cmpuint(spec->tenants->mark.line, ==, 3);
    g_assert_cmpuint(spec->tenants->mark.column, ==, 1);
}

static void
test_source(void)
{
    g_autoptr(TuSpec) spec = parse(FLIGHTS);
    g_assert_cmpuint(spec->sources->len, ==, 1);
    const TuSource *source = source_at(spec, 0);
    g_assert_cmpstr(source->name, ==, "flight");
    assert_text(tables_text(source), "flight|flight|inner|-\n"
                                     "carrier|c|inner|c.code = flight.carrier\n"
                                     "aircraft|a|left|a.tail = flight.tail\n");
    g_assert_cmpstr(source->tenant, ==, "origin");
    g_assert_cmpstr(source->time, ==, "departed_at");
    g_assert_cmpint(source->time_unit, ==, TU_TIME_SECONDS);
    g_assert_cmpstr(source->time_zone, ==, "America/New_York");
    g_assert_cmpstr(source->where, ==, "cancelled = 0");
    g_assert_false(source->captures);
    g_assert_cmpuint(source->mark.line, ==, 6);
    g_assert_cmpuint(source->mark.column, ==, 3);
    g_assert_cmpuint(source->tenant_mark.line, ==, 11);
    g_assert_cmpuint(source->tenant_mark.column, ==, 13);
    g_assert_cmpuint(source->time_mark.line, ==, 12);
    g_assert_cmpuint(source->where_mark.line, ==, 15);
    const TuSourceTable *left = g_ptr_array_index(source->tables, 2);
    g_assert_cmpuint(left->mark.line, ==, 10);
    g_assert_cmpuint(left->mark.column, ==, 9);
}

static void
test_wide(void)
{
    g_autoptr(TuSpec) spec = parse(FLIGHTS);
    g_assert_null(tu_spec_summary(spec, "arrivals"));
    const TuSummary *summary = tu_spec_summary(spec, "departures");
    g_assert_nonnull(summary);
    g_assert_false(summary->is_long);
    g_assert_cmpuint(summary->grains, ==,
                     1u << TU_GRAIN_HOUR | 1u << TU_GRAIN_DAY | 1u << TU_GRAIN_MONTH);
    g_assert_true(tu_summary_has_grain(summary, TU_GRAIN_HOUR));
    g_assert_false(tu_summary_has_grain(summary, TU_GRAIN_WEEK));
    g_assert_cmpstr(summary->table[TU_GRAIN_HOUR], ==, "departures_hour");
    g_assert_cmpstr(summary->table[TU_GRAIN_MONTH], ==, "departures_month");
    g_assert_null(summary->table[TU_GRAIN_WEEK]);
    g_assert_cmpstr(summary->tenant_column, ==, "origin");
    g_assert_true(summary->has_tenant);
    g_assert_null(summary->series_column);
    g_assert_cmpstr(summary->bucket_column[TU_GRAIN_HOUR], ==, "at");
    g_assert_cmpstr(summary->bucket_column[TU_GRAIN_DAY], ==, "date");
    g_assert_null(summary->bucket_column[TU_GRAIN_WEEK]);
    assert_text(names_text(summary->dimensions), "destination; constant; nothing");
    assert_text(names_text(summary->measures), "flights; late; miles");

    g_assert_cmpuint(summary->series->len, ==, 1);
    const TuSeries *series = series_at(summary, 0);
    g_assert_null(series->name);
    g_assert_true(series->source == source_at(spec, 0));
    g_assert_cmpstr(series->where, ==, "distance > 0");
    assert_text(names_text(series->dimensions), "destination; 1; NULL");
    assert_text(measures_text(series), "count[][]; count[][delay >= 15]; sum[distance][]");
}

/* Without anything that may be left out. */
static void
test_defaults(void)
{
    g_autoptr(TuSpec) spec = parse("sources: {s: {from: t, time: at}}\n"
                                   "summaries: {my-sum: {source: s, grains: [day], measures: {n: "
                                   "count}}}\n");
    g_assert_null(spec->database_url);
    g_assert_null(spec->control_schema);
    g_assert_cmpstr(spec->time_zone, ==, "UTC");
    g_assert_null(spec->tenants);
    const TuSource *source = source_at(spec, 0);
    g_assert_null(source->tenant);
    g_assert_null(source->where);
    g_assert_cmpint(source->time_unit, ==, TU_TIME_TEXT_OR_TIMESTAMP);
    g_assert_cmpstr(source->time_zone, ==, "UTC");
    g_assert_true(source->captures);

    const TuSummary *summary = tu_spec_summary(spec, "my-sum");
    g_assert_cmpstr(summary->table[TU_GRAIN_DAY], ==, "my-sum_day");
    g_assert_cmpstr(summary->tenant_column, ==, "tenant");
    g_assert_false(summary->has_tenant);
    g_assert_cmpstr(summary->bucket_column[TU_GRAIN_DAY], ==, "bucket");
    g_assert_cmpuint(summary->dimensions->len, ==, 0);
    g_assert_null(series_at(summary, 0)->where);
}

typedef struct {
    const char *unit;
    TuTimeUnit expected;
} UnitRow;

static void
test_time_units(void)
{
    static const UnitRow rows[] = {
        {"seconds", TU_TIME_SECONDS},
        {"milliseconds", TU_TIME_MILLISECONDS},
        {"microseconds", TU_TIME_MICROSECONDS},
        {"date", TU_TIME_DATE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("sources: {s: {from: t, time: at, time_unit: %s}}\n"
                            "summaries: {x: {source: s, grains: [day], measures: {n: count}}}\n",
                            rows[i].unit);
        g_autoptr(TuSpec) spec = parse(text);
        g_assert_cmpint(source_at(spec, 0)->time_unit, ==, rows[i].expected);
    }
}

/* `from` and `join` as people write them. */
typedef struct {
    const char *from;
    const char *join;
    const char *tables;
} JoinRow;

static void
test_joins(void)
{
    static const JoinRow rows[] = {
        {"flight f", "carrier c ON a", "flight|f|inner|-\ncarrier|c|inner|a\n"},
        {"flight AS f", "carrier AS c ON a", "flight|f|inner|-\ncarrier|c|inner|a\n"},
        {"flight", "LEFT JOIN carrier ON a", "flight|flight|inner|-\ncarrier|carrier|left|a\n"},
        {"flight", "left outer join carrier c on a", "flight|flight|inner|-\ncarrier|c|left|a\n"},
        {"flight", "JOIN carrier ON a", "flight|flight|inner|-\ncarrier|carrier|inner|a\n"},
        {"flight", "INNER JOIN carrier ON(a)",
         "flight|flight|inner|-\ncarrier|carrier|inner|(a)\n"},
        {"shop.order o", "\"my \"\"table\" `c d` ON a",
         "shop.order|o|inner|-\nmy \"table|c d|inner|a\n"},
        {"db.shop.order", "[left] ON a", "db.shop.order|order|inner|-\nleft|left|inner|a\n"},
        {"flight a", "flight b ON b.id = a.next",
         "flight|a|inner|-\nflight|b|inner|b.id = a.next\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("sources:\n  s:\n    from: %s\n    join:\n      - '%s'\n    time: at\n"
                            "summaries: {x: {source: s, grains: [day], measures: {n: count}}}\n",
                            rows[i].from, rows[i].join);
        g_test_message("%s / %s", rows[i].from, rows[i].join);
        g_autoptr(TuSpec) spec = parse(text);
        assert_text(tables_text(source_at(spec, 0)), rows[i].tables);
    }
}

typedef struct {
    const char *table;
    const char *hour;
    const char *day;
} TableRow;

static void
test_tables(void)
{
    static const TableRow rows[] = {
        {"'dep_{grain}'", "dep_hour", "dep_day"},
        {"'{grain}_of_{name}'", "hour_of_x", "day_of_x"},
        {"'shop.{name}_{grain}'", "shop.x_hour", "shop.x_day"},
        {"{hour: dep_hourly, day: dep_daily}", "dep_hourly", "dep_daily"},
        {"{hour: '\"my table\"', day: '{name}s'}", "my table", "xs"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("sources: {s: {from: t, time: at}}\n"
                            "summaries: {x: {source: s, grains: [hour, day], table: %s, measures: "
                            "{n: count}}}\n",
                            rows[i].table);
        g_autoptr(TuSpec) spec = parse(text);
        const TuSummary *summary = tu_spec_summary(spec, "x");
        g_assert_cmpstr(summary->table[TU_GRAIN_HOUR], ==, rows[i].hour);
        g_assert_cmpstr(summary->table[TU_GRAIN_DAY], ==, rows[i].day);
    }
}

#define LAB                                                                                        \
    "database: ${TEST_DATABASE}\n"                                                                 \
    "tenants: {table: labs, key: id, time_zone: zone}\n"                                           \
    "sources:\n"                                                                                   \
    "  bill: {from: billing b, tenant: b.lab, time: b.at, where: b.cancelled = 0, "                \
    "capture: '${TEST_CAPTURE:-none}'}\n"                                                          \
    "  test: {from: item i, join: [billing b ON b.id = i.bill], tenant: b.lab, time: b.at}\n"      \
    "summaries:\n"                                                                                 \
    "  operations:\n"                                                                              \
    "    table: history\n"                                                                         \
    "    grains: [day]\n"                                                                          \
    "    source: bill\n"                                                                           \
    "    where: b.real\n"                                                                          \
    "    columns: {tenant: lab_id, bucket: ordered_at, series: event_type}\n"                      \
    "    measures: {value: count, cost: sum(b.cost)}\n"                                            \
    "    dimensions: {a: null, b: \"'default'\"}\n"                                                \
    "    series:\n"                                                                                \
    "      bills: {}\n"                                                                            \
    "      org_bill: {where: b.org IS NOT NULL, dimensions: {a: b.org}}\n"                         \
    "      org test: {source: test, measures: {value: count_distinct(i.id)}, dimensions: {b: "     \
    "2}}\n"

static void
test_long(void)
{
    g_setenv("TEST_DATABASE", "mariadb://u:p@h/lab", TRUE);
    g_unsetenv("TEST_CAPTURE");
    g_autoptr(TuSpec) spec = parse(LAB);
    g_assert_cmpstr(spec->database_url, ==, "mariadb://u:p@h/lab");
    g_assert_true(g_str_has_prefix(spec->text, "database: mariadb://u:p@h/lab\n"));
    g_assert_false(source_at(spec, 0)->captures);
    const TuSummary *summary = tu_spec_summary(spec, "operations");
    g_assert_true(summary->is_long);
    g_assert_cmpstr(summary->series_column, ==, "event_type");
    g_assert_cmpstr(summary->table[TU_GRAIN_DAY], ==, "history");
    assert_text(names_text(summary->dimensions), "a; b");
    assert_text(names_text(summary->measures), "value; cost");
    g_assert_cmpuint(summary->series->len, ==, 3);

    const TuSeries *bills = series_at(summary, 0);
    g_assert_cmpstr(bills->name, ==, "bills");
    g_assert_true(bills->source == source_at(spec, 0));
    g_assert_cmpstr(bills->where, ==, "b.real");
    assert_text(names_text(bills->dimensions), "NULL; 'default'");
    assert_text(measures_text(bills), "count[][]; sum[b.cost][]");

    const TuSeries *org_bill = series_at(summary, 1);
    g_assert_cmpstr(org_bill->where, ==, "(b.real) AND (b.org IS NOT NULL)");
    assert_text(names_text(org_bill->dimensions), "b.org; 'default'");
    g_assert_cmpuint(org_bill->mark.line, ==, 17);

    const TuSeries *org_test = series_at(summary, 2);
    g_assert_cmpstr(org_test->name, ==, "org test");
    g_assert_true(org_test->source == source_at(spec, 1));
    assert_text(names_text(org_test->dimensions), "NULL; 2");
    assert_text(measures_text(org_test), "count_distinct[i.id][]; sum[b.cost][]");
}

/* Tiers over shared tables, as a product writes them: variables and casts without quotes. */
static void
test_tiers(void)
{
    g_unsetenv("TEST_CAPTURE");
    g_autoptr(TuSpec) spec =
        parse("sources:\n"
              "  failed_file:\n"
              "    from: file_execution f\n"
              "    join:\n"
              "      - workflow w ON w.id = f.workflow\n"
              "      - left page_usage p ON p.run = f.id::text    # a comment\n"
              "    tenant: w.organization\n"
              "    time: f.created_at\n"
              "    where: f.status = 'ERROR'\n"
              "    capture: ${TEST_CAPTURE:-triggers}\n"
              "summaries:\n"
              "  metrics:\n"
              "    table: {hour: event_hourly, month: event_monthly}\n"
              "    grains: [hour, month]\n"
              "    columns: {bucket: {hour: timestamp, month: month}, series: name}\n"
              "    dimensions: {type: \"'counter'\", tag: \"''\"}\n"
              "    measures: {value: count, metric_count: count}\n"
              "    series:\n"
              "      failed_pages:\n"
              "        source: failed_file\n"
              "        dimensions: {type: \"'histogram'\"}\n"
              "        measures: {value: \"sum(COALESCE(p.pages, 0))\"}\n");
    assert_text(tables_text(source_at(spec, 0)), "file_execution|f|inner|-\n"
                                                 "workflow|w|inner|w.id = f.workflow\n"
                                                 "page_usage|p|left|p.run = f.id::text\n");
    g_assert_cmpstr(source_at(spec, 0)->where, ==, "f.status = 'ERROR'");
    g_assert_true(source_at(spec, 0)->captures);
    const TuSummary *summary = tu_spec_summary(spec, "metrics");
    g_assert_cmpstr(summary->bucket_column[TU_GRAIN_HOUR], ==, "timestamp");
    g_assert_cmpstr(summary->table[TU_GRAIN_MONTH], ==, "event_monthly");
    assert_text(names_text(series_at(summary, 0)->dimensions), "'histogram'; ''");
    assert_text(measures_text(series_at(summary, 0)), "sum[COALESCE(p.pages, 0)][]; count[][]");
}

/* No defaults: the columns are those of the series, which all have the same. */
static void
test_long_without_defaults(void)
{
    g_autoptr(TuSpec) spec =
        parse("sources: {s: {from: t, time: at}, unused: {from: u, time: at}}\n"
              "summaries:\n"
              "  x:\n"
              "    grains: [day]\n"
              "    series:\n"
              "      a: {source: s, measures: {m: sum(v), n: count}, dimensions: {d: 'e'}}\n"
              "      b: {source: s, measures: {n: count, m: max(v)}, dimensions: {d: null}}\n");
    const TuSummary *summary = tu_spec_summary(spec, "x");
    g_assert_cmpstr(summary->series_column, ==, "series");
    assert_text(names_text(summary->measures), "m; n");
    assert_text(measures_text(series_at(summary, 1)), "max[v][]; count[][]");
    assert_text(names_text(series_at(summary, 1)->dimensions), "NULL");
}

/* Anchors, merge keys and templates; what the map says itself wins, then the first merged. */
static void
test_anchors(void)
{
    g_autoptr(TuSpec) spec = parse("x-base: &base {time: at, where: base}\n"
                                   "x-more: &more {time: later, tenant: t}\n"
                                   "sources:\n"
                                   "  a: {<<: *base, from: a, tenant: x}\n"
                                   "  b: {from: b, where: own, <<: [*base, *more]}\n"
                                   "summaries:\n"
                                   "  one: {source: a, grains: &g [day], measures: &m {n: count}}\n"
                                   "  two: {source: b, grains: *g, measures: *m}\n");
    g_assert_cmpuint(spec->sources->len, ==, 2);
    g_assert_cmpstr(source_at(spec, 0)->time, ==, "at");
    g_assert_cmpstr(source_at(spec, 0)->where, ==, "base");
    g_assert_cmpstr(source_at(spec, 0)->tenant, ==, "x");
    g_assert_cmpstr(source_at(spec, 1)->time, ==, "at");
    g_assert_cmpstr(source_at(spec, 1)->where, ==, "own");
    g_assert_cmpstr(source_at(spec, 1)->tenant, ==, "t");
    assert_text(measures_text(series_at(tu_spec_summary(spec, "two"), 0)), "count[][]");
}

/* A variable's value is one text, whatever it holds; `null` from there is SQL, not YAML. */
static void
test_variables(void)
{
    g_setenv("TEST_SYNTAX", "a IN ('x: }', \"y\") # {", TRUE);
    g_setenv("TEST_NULL", "null", TRUE);
    g_autoptr(TuSpec) spec =
        parse("sources: {s: {from: t, time: at, where: \"${TEST_SYNTAX}\"}}\n"
              "summaries: {x: {source: s, grains: [day], where: \"a = '$${b}'\", "
              "dimensions: {d: \"${TEST_NULL}\"}, measures: {n: count}}}\n"
              "# ${TEST_UNSET_IN_A_COMMENT} is nobody's mistake\n");
    g_assert_cmpstr(source_at(spec, 0)->where, ==, "a IN ('x: }', \"y\") # {");
    const TuSeries *series = series_at(tu_spec_summary(spec, "x"), 0);
    g_assert_cmpstr(series->where, ==, "a = '${b}'");
    assert_text(names_text(series->dimensions), "null");
}

static void
test_databases(void)
{
    static const char *const urls[] = {"sqlite:a.db", "sqlite:/a b.db", "postgresql://h/d",
                                       "mariadb://u@h/d", "mysql://h/d"};
    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *text =
            g_strdup_printf("database: %s\nsources: {s: {from: t, time: at}}\n"
                            "summaries: {x: {source: s, grains: [day], measures: {n: count}}}\n",
                            urls[i]);
        g_autoptr(TuSpec) spec = parse(text);
        g_assert_cmpstr(spec->database_url, ==, urls[i]);
    }
}

static void
test_load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("trueup-spec-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(directory, "trueup.yaml", NULL);
    g_assert_true(g_file_set_contents(path, FLIGHTS, -1, &error));
    g_autoptr(TuSpec) spec = tu_spec_load(path, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(spec->directory, ==, directory);
    g_assert_nonnull(tu_spec_summary(spec, "departures"));
    g_assert_cmpint(g_remove(path), ==, 0);

    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(TuSpec) gone = tu_spec_load(path, &problems, &error);
    g_autofree char *expected = g_strdup_printf(
        "%s: cannot be read: No such file or directory; name the spec with --spec", path);
    g_assert_null(gone);
    g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));
    g_assert_cmpstr(error->message, ==, expected);
    g_assert_cmpuint(problems->len, ==, 1);
    g_clear_error(&error);

    g_autoptr(TuSpec) none = tu_spec_load(directory, NULL, &error);
    g_assert_null(none);
    g_assert_nonnull(strstr(error->message, "cannot be read: "));
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void
test_free_nothing(void)
{
    tu_spec_free(NULL);
    g_autoptr(TuSpec) nothing = NULL;
    g_assert_null(nothing);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spec/good/file", test_file);
    g_test_add_func("/spec/good/source", test_source);
    g_test_add_func("/spec/good/wide", test_wide);
    g_test_add_func("/spec/good/defaults", test_defaults);
    g_test_add_func("/spec/good/time-units", test_time_units);
    g_test_add_func("/spec/good/joins", test_joins);
    g_test_add_func("/spec/good/tables", test_tables);
    g_test_add_func("/spec/good/long", test_long);
    g_test_add_func("/spec/good/long-without-defaults", test_long_without_defaults);
    g_test_add_func("/spec/good/tiers", test_tiers);
    g_test_add_func("/spec/good/anchors", test_anchors);
    g_test_add_func("/spec/good/variables", test_variables);
    g_test_add_func("/spec/good/databases", test_databases);
    g_test_add_func("/spec/good/load", test_load);
    g_test_add_func("/spec/good/free-nothing", test_free_nothing);
    return g_test_run();
}
