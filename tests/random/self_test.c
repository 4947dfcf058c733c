/* Tables of facts, a row each with what is known. */
#include "self_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buckets.h"
#include "compare.h"
#include "exact.h"
#include "self_test_values.h"

typedef struct {
    guint passed, failed;
} Tally;

static void check(Tally *tally, gboolean is_right, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
check(Tally *tally, gboolean is_right, const char *format, ...)
{
    va_list arguments;

    tally->passed += is_right;
    tally->failed += !is_right;
    if (is_right)
        return;
    va_start(arguments, format);
    printf("not ok - ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

static gint64
utc(const char *text)
{
    g_autoptr(RtZone) zone = rt_zone_read("Etc/UTC");
    gint64 us = 0;

    g_assert(rt_instant_read(text, zone, &us));
    return us;
}

/* ---- Days, checked elsewhere by four independent implementations ---- */

static const struct {
    const char *zone, *date, *start, *end; /* start = end: the day does not exist */
} days[] = {
    {"Etc/UTC", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
    {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
    {"Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00:00Z", "1993-08-21T12:00:00Z"},
    {"America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z", "2019-02-17T03:00:00Z"},
    {"Asia/Beirut", "2022-10-29", "2022-10-28T21:00:00Z", "2022-10-29T22:00:00Z"},
    {"Africa/Cairo", "2023-04-28", "2023-04-27T22:00:00Z", "2023-04-28T21:00:00Z"},
    {"America/Havana", "2024-03-10", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"},
    {"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"},
    {"Asia/Gaza", "2023-04-29", "2023-04-28T22:00:00Z", "2023-04-29T21:00:00Z"},
    {"Asia/Tehran", "2022-03-22", "2022-03-21T20:30:00Z", "2022-03-22T19:30:00Z"},
    {"America/Santiago", "2024-09-08", "2024-09-08T04:00:00Z", "2024-09-09T03:00:00Z"},
    {"Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30:00Z", "2024-10-06T13:00:00Z"},
    {"Pacific/Chatham", "2024-09-29", "2024-09-28T11:15:00Z", "2024-09-29T10:15:00Z"},
    {"America/Nuuk", "2024-03-30", "2024-03-30T02:00:00Z", "2024-03-31T01:00:00Z"},
    {"America/St_Johns", "2010-11-06", "2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z"},
    {"America/St_Johns", "2010-11-06", "2010-11-07T02:31:00Z", "2010-11-07T03:30:00Z"},
    {"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z"},
    {"Antarctica/Casey", "2010-03-05", "2010-03-04T16:00:00Z", "2010-03-05T16:00:00Z"},
    {"Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00Z", "1986-01-01T18:15:00Z"},
    {"Asia/Pyongyang", "2015-08-14", "2015-08-13T15:00:00Z", "2015-08-14T15:30:00Z"},
    {"Africa/Casablanca", "2024-04-14", "2024-04-14T00:00:00Z", "2024-04-14T23:00:00Z"},
    {"Antarctica/Troll", "2024-10-27", "2024-10-26T22:00:00Z", "2024-10-28T00:00:00Z"},
    {"Africa/Monrovia", "1972-01-07", "1972-01-07T00:44:30Z", "1972-01-08T00:00:00Z"},
    {"America/New_York", "2001-04-01", "2001-04-01T05:00:00Z", "2001-04-02T04:00:00Z"},
    /* By the footer's rules, far beyond the file's own transitions. */
    {"America/New_York", "2090-03-12", "2090-03-12T05:00:00Z", "2090-03-13T04:00:00Z"},
    {"Australia/Lord_Howe", "2090-10-01", "2090-09-30T13:30:00Z", "2090-10-01T13:00:00Z"},
};

static gboolean
lies_in(const RtZone *zone, gint64 at_us, const char *date)
{
    char text[RT_TEXT_BYTES];

    rt_bucket_text(zone, RT_DAY, at_us, text);
    return strcmp(text, date) == 0;
}

static void
check_days(Tally *tally)
{
    for (guint i = 0; i < G_N_ELEMENTS(days); i++) {
        g_autoptr(RtZone) zone = rt_zone_read(days[i].zone);
        gint64 start = utc(days[i].start), end = utc(days[i].end);
        const char *date = days[i].date;

        check(tally, zone != NULL, "%s: no such zone here", days[i].zone);
        if (zone == NULL)
            continue;
        check(tally, !lies_in(zone, start - 1, date), "%s %s: before it", zone->name, date);
        check(tally, lies_in(zone, start, date) == (start != end), "%s %s: its start", zone->name,
              date);
        check(tally, lies_in(zone, end - 1, date) == (start != end), "%s %s: its end", zone->name,
              date);
        check(tally, !lies_in(zone, end, date), "%s %s: after it", zone->name, date);
    }
}

/* ---- Buckets and ISO text ---- */

static const struct {
    const char *zone;
    RtGrain grain;
    const char *at, *bucket;
} buckets[] = {
    {"Australia/Lord_Howe", RT_HOUR, "2024-04-06T14:59:59Z", "2024-04-06T14:00:00Z"},
    {"Australia/Lord_Howe", RT_HOUR, "2024-04-06T15:00:00Z", "2024-04-06T15:00:00Z"},
    {"Australia/Lord_Howe", RT_HOUR, "2024-04-06T15:29:00Z", "2024-04-06T15:00:00Z"},
    {"Australia/Lord_Howe", RT_HOUR, "2024-04-06T15:30:00Z", "2024-04-06T15:30:00Z"},
    {"America/Havana", RT_HOUR, "2024-11-03T04:59:00Z", "2024-11-03T04:00:00Z"},
    {"America/Havana", RT_HOUR, "2024-11-03T05:10:00Z", "2024-11-03T05:00:00Z"},
    {"Asia/Kolkata", RT_HOUR, "2024-01-01T00:29:59Z", "2023-12-31T23:30:00Z"},
    {"Africa/Monrovia", RT_MINUTE, "1971-06-01T00:00:00Z", "1971-05-31T23:59:30Z"},
    {"Etc/UTC", RT_WEEK, "1969-12-31T23:00:00Z", "1969-12-29"},
    {"Etc/UTC", RT_WEEK, "2024-03-10T23:59:59Z", "2024-03-04"},
    {"Etc/UTC", RT_WEEK, "2024-03-11T00:00:00Z", "2024-03-11"},
    {"Etc/UTC", RT_MONTH, "2000-02-29T12:00:00Z", "2000-02-01"},
    {"Etc/UTC", RT_QUARTER, "2023-12-31T12:00:00Z", "2023-10-01"},
    {"Pacific/Apia", RT_YEAR, "2011-12-31T09:59:59Z", "2011-01-01"},
    {"Pacific/Apia", RT_YEAR, "2011-12-31T10:00:00Z", "2012-01-01"},
};

static const struct {
    const char *text, *zone, *instant; /* NULL: unreadable */
} readings[] = {
    {"2024-03-10", "America/New_York", "2024-03-10T05:00:00Z"},
    {"2024-03-10 02:30", "America/New_York", "2024-03-10T07:30:00Z"},    /* skipped by the change */
    {"2024-11-03T01:30:00", "America/New_York", "2024-11-03T05:30:00Z"}, /* the first of two */
    {"2024-11-03T01:30:00-05", "America/New_York", "2024-11-03T06:30:00Z"},
    {"2024-01-01T00:00:00.5+0530", "Etc/UTC", "2023-12-31T18:30:00.5Z"},
    {"2024-01-01T00:00:00.1234567891", "Etc/UTC", NULL},
    {"2024-01-01T24:00", "Etc/UTC", NULL},
    {"2024-04-31", "Etc/UTC", NULL},
    {"2024-01-01T", "Etc/UTC", NULL},
    {"2024-01-01x", "Etc/UTC", NULL},
    {"2024-01-01T00:00:00Zx", "Etc/UTC", NULL},
    {"", "Etc/UTC", NULL},
};

static void
check_buckets(Tally *tally)
{
    for (guint i = 0; i < G_N_ELEMENTS(buckets); i++) {
        g_autoptr(RtZone) zone = rt_zone_read(buckets[i].zone);
        char text[RT_TEXT_BYTES] = "";

        if (zone != NULL)
            rt_bucket_text(zone, buckets[i].grain, utc(buckets[i].at), text);
        check(tally, strcmp(text, buckets[i].bucket) == 0, "%s of %s in %s is %s, not %s",
              rt_grain_name(buckets[i].grain), buckets[i].at, buckets[i].zone, text,
              buckets[i].bucket);
    }
    for (guint i = 0; i < G_N_ELEMENTS(readings); i++) {
        g_autoptr(RtZone) zone = rt_zone_read(readings[i].zone);
        gint64 us = 0;
        gboolean is_read = zone != NULL && rt_instant_read(readings[i].text, zone, &us);

        check(tally,
              is_read == (readings[i].instant != NULL) &&
                  (!is_read || us == utc(readings[i].instant)),
              "'%s' in %s", readings[i].text, readings[i].zone);
    }
}

/* ---- Sums ---- */

static void
check_sums(Tally *tally)
{
    static const struct {
        const char *label;
        double values[10], sum; /* NAN ends the values */
    } sums[] = {
        {"nothing lost", {1e16, 1, -1e16, NAN}, 1},
        {"no overflow on the way", {1e308, 1e308, -1e308, NAN}, 1e308},
        {"subnormals", {5e-324, 5e-324, NAN}, 1e-323},
        {"a tie goes to even", {9007199254740992.0, 1, NAN}, 9007199254740992.0},
        {"a tie that a little bit breaks",
         {9007199254740992.0, 1, 1e-300, NAN},
         9007199254740994.0},
        {"below zero", {-0.5, -0.25, NAN}, -0.75},
        {"tenths", {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, 1.0},
        {"zero", {3.5, -3.5, NAN}, 0},
        {"overflow", {1.7e308, 1.7e308, NAN}, (double)INFINITY},
        {"infinity", {-(double)INFINITY, 1, NAN}, -(double)INFINITY},
    };
    RtExact whole = {0};
    gint64 value = 0;

    for (guint i = 0; i < G_N_ELEMENTS(sums); i++) {
        RtExact sum = {0};

        for (guint j = 0; j < 10 && !isnan(sums[i].values[j]); j++)
            rt_exact_add_real(&sum, sums[i].values[j]);
        check(tally, rt_exact_real(&sum) == sums[i].sum, "%s: %.17g", sums[i].label,
              rt_exact_real(&sum));
    }
    rt_exact_add_integer(&whole, G_MININT64);
    rt_exact_add_integer(&whole, G_MAXINT64);
    check(tally, rt_exact_integer(&whole, &value) && value == -1, "the widest integers");
    rt_exact_add_integer(&whole, G_MININT64);
    check(tally, !rt_exact_integer(&whole, &value), "a sum that does not fit");
}

/* ---- The oracle on a few rows whose cells are known ---- */

static const char oracle_rows[] =
    "CREATE TABLE event (tenant TEXT COLLATE NOCASE, at INTEGER, kind TEXT COLLATE NOCASE, n);"
    "CREATE TABLE tenant_list (code TEXT, tz TEXT, active INTEGER);"
    "INSERT INTO tenant_list VALUES ('JFK', 'America/New_York', 1), ('off', 'Etc/UTC', 0);"
    "INSERT INTO event VALUES ('JFK', 986101199, 'a', 1), ('JFK', 986101200, 'a', 1.0),"
    " ('JFK', 986101200, 'A', 2.5), ('JFK', 986101201, NULL, NULL), ('jfk', 986101200, 'a', 9),"
    " ('off', 986101200, 'a', 9), (NULL, 986101200, 'a', 9), ('JFK', NULL, 'a', 9),"
    " ('JFK', 'soon', 'a', 9), ('JFK', 9e999, 'a', 9), ('JFK', 986101202, 'a', 1);"
    "CREATE TABLE s_day (tenant, bucket, d1, m1, m2, m3, m4);"
    "INSERT INTO s_day VALUES ('JFK', '2001-04-01', 'a', 2, 2, 1, 1.0),"
    " ('JFK', '2001-04-01', 'A', 1, 2.5, 1, 2.5), ('JFK', '2001-04-01', NULL, 1, NULL, 0, NULL),"
    " ('JFK', '2001-03-31', 'a', 1, 1, 1, 1.0);";

static const struct {
    const char *label, *sql;
    gint64 wrong;
} falsified[] = {
    {"all cells are right", "SELECT 1", 0},
    {"a wrong sum", "UPDATE s_day SET m2 = 3 WHERE d1 = 'A'", 1},
    {"a ghost", "INSERT INTO s_day VALUES ('off', '2001-04-01', 'a', 1, 9, 1, 9.0)", 1},
    {"a missing cell", "DELETE FROM s_day WHERE d1 IS NULL", 1},
    {"one key twice", "INSERT INTO s_day SELECT * FROM s_day WHERE d1 = 'A'", 1},
    {"a count that is no integer", "UPDATE s_day SET m1 = '1' WHERE d1 = 'A'", 1},
    {"NULL is not 0", "UPDATE s_day SET m2 = 0 WHERE d1 IS NULL", 1},
    {"text is not its like", "UPDATE s_day SET d1 = 'b' WHERE d1 = 'A'", 2},
};

/* A list whose items live elsewhere. */
#define LIST(items) (&(GPtrArray){.pdata = (items), .len = G_N_ELEMENTS(items)})

static void
check_falsified(Tally *tally, const RtPlan *plan)
{
    for (guint i = 0; i < G_N_ELEMENTS(falsified); i++) {
        sqlite3 *db = rt_database_open(":memory:");
        RtComparison comparison;
        RtOracle *oracle;

        rt_database_run(db, oracle_rows);
        rt_database_run(db, falsified[i].sql);
        oracle = rt_oracle_new(db, plan);
        rt_compare(db, plan, oracle, NULL, &comparison);
        check(tally, comparison.wrong == falsified[i].wrong && comparison.cells == 4,
              "%s: %d wrong of %d\n%s", falsified[i].label, (int)comparison.wrong,
              (int)comparison.cells, comparison.report->str);
        rt_comparison_clear(&comparison);
        rt_oracle_free(oracle);
        rt_database_close(db);
    }
}

/* The plan of these rows, by hand: count, sum(n), count_distinct(n), avg(n) by tenant, day,
 * kind. */
static void
check_oracle(Tally *tally)
{
    char event[] = "event", tenant[] = "tenant", at[] = "at", kind[] = "kind", n[] = "n";
    char stored[] = "s_day", d1[] = "d1", m[4][3] = {"m1", "m2", "m3", "m4"};
    RtTable table = {.name = event};
    RtWorld world = {
        .has[RT_TENANTS_TABLE] = TRUE, .tenants_have_active = TRUE, .tables[RT_EVENT] = &table};
    RtJoin join = {.role = RT_EVENT};
    gpointer joins[] = {&join}, kinds[] = {kind}, d[] = {d1}, names[] = {m[0], m[1], m[2], m[3]};
    RtSource source = {.joins = LIST(joins), .tenant = tenant, .time = at, .unit = RT_SECONDS};
    RtMeasure measure[] = {{"count"}, {"sum", n}, {"count_distinct", n}, {"avg", n}};
    gpointer measures[] = {&measure[0], &measure[1], &measure[2], &measure[3]};
    RtSeries one = {.source = &source, .dimensions = LIST(kinds), .measures = LIST(measures)};
    gpointer sources[] = {&source}, series[] = {&one};
    RtSummary summary = {.grains = 1U << RT_DAY,
                         .table[RT_DAY] = stored,
                         .tenant_column = "tenant",
                         .bucket_column = "bucket",
                         .dimensions = LIST(d),
                         .measures = LIST(names),
                         .series = LIST(series)};
    gpointer summaries[] = {&summary};
    RtPlan plan = {.world = &world,
                   .has_tenant = TRUE,
                   .sources = LIST(sources),
                   .summaries = LIST(summaries)};

    check_falsified(tally, &plan);
}

guint
rt_self_test_facts(guint *ret_passed)
{
    Tally tally = {0, 0};
    guint passed;

    tally.failed += rt_self_test_values(&passed);
    tally.passed += passed;
    check_days(&tally);
    check_buckets(&tally);
    check_sums(&tally);
    check_oracle(&tally);
    *ret_passed = tally.passed;
    return tally.failed;
}
