/* What a source's time says, in every form in which databases have it, and the bounds by which a
 * range of it is read: never narrower than the range. */
#include "schema/source_sql.h"
#include "time/instant.h"
#include "value_rows.h"

#define SECOND TU_SECOND_US
#define MINUTE TU_MINUTE_US
#define HOUR TU_HOUR_US
#define DAY TU_DAY_US
#define NOON (20779 * DAY + 12 * HOUR) /* 2026-11-22T12:00:00Z */
#define NO_US G_MAXINT64               /* it is not read */
#define LEAST TU_INSTANT_LEAST_US
#define GREATEST TU_INSTANT_GREATEST_US

/* A source of which only the time is known. */
typedef struct {
    TuSource spec;
    TuSourceModel model;
} Timed;

static void
timed_init(Timed *timed, TuTimeUnit unit, TuType kind, const char *zone)
{
    g_autoptr(GError) error = NULL;
    *timed = (Timed){.spec = {.time_unit = unit}, .model = {.time_kind = kind}};
    timed->model.spec = &timed->spec;
    if (zone != NULL)
        timed->model.naive_zone = tu_zone_new(zone, &error);
    g_assert_no_error(error);
}

static void
timed_clear(Timed *timed)
{
    tu_zone_free(timed->model.naive_zone);
}

/* ---- reading ---- */

typedef struct {
    const char *label;
    TuTimeUnit unit;
    const char *zone; /* of those that name none; NULL: UTC */
    TuValue value;
    gint64 at_us;
} ReadRow;

#define ANY TU_TIME_TEXT_OR_TIMESTAMP
#define NEW_YORK "America/New_York"

static const ReadRow readings[] = {
    {"null", ANY, NULL, NIL, NO_US},
    {"text", ANY, NULL, T("2026-11-22T12:00:00"), NOON},
    {"text of a zone's clock", ANY, NEW_YORK, T("2026-11-22 07:00"), NOON},
    {"text with an offset", ANY, NEW_YORK, T("2026-11-22T13:00:00+01:00"), NOON},
    {"no time", ANY, NULL, T("soon"), NO_US},
    {"an integer without a unit", ANY, NULL, I(1795348800), NO_US},
    {"bytes", ANY, NULL, B("2026-11-22"), NO_US},

    {"an instant", ANY, NULL, AT(NOON), NOON},
    {"an instant has its zone", ANY, NEW_YORK, AT(NOON), NOON},
    {"a timestamp", ANY, NULL, STAMP(NOON), NOON},
    {"a timestamp of a zone's clock", ANY, NEW_YORK, STAMP(NOON - 5 * HOUR), NOON},
    {"a timestamp in a gap", ANY, NEW_YORK, STAMP(19791 * DAY + 2 * HOUR + 30 * MINUTE),
     19791 * DAY + 7 * HOUR + 30 * MINUTE},
    {"a date", ANY, NULL, DATE(20779), 20779 * DAY},
    {"a date's midnight", ANY, NEW_YORK, DATE(20779), 20779 * DAY + 5 * HOUR},
    {"a timestamp where a unit is said", TU_TIME_SECONDS, NULL, STAMP(NOON), NOON},

    {"the first instant", ANY, NULL, AT(LEAST), LEAST},
    {"before it", ANY, NULL, AT(LEAST - 1), NO_US},
    {"the last instant", ANY, NULL, AT(GREATEST), GREATEST},
    {"after it", ANY, NULL, AT(GREATEST + 1), NO_US},
    {"-infinity", ANY, NULL, AT(TU_TIME_BEFORE_ALL), NO_US},
    {"infinity", ANY, NULL, AT(TU_TIME_AFTER_ALL), NO_US},
    {"the last timestamp", ANY, NULL, STAMP(GREATEST), GREATEST},
    {"a timestamp after it", ANY, NULL, STAMP(GREATEST + 1), NO_US},
    {"-infinity of timestamps", ANY, NEW_YORK, STAMP(TU_TIME_BEFORE_ALL), NO_US},
    {"infinity of timestamps", ANY, NEW_YORK, STAMP(TU_TIME_AFTER_ALL), NO_US},
    {"the last date", ANY, NULL, DATE(TU_DATE_GREATEST), TU_DATE_GREATEST *DAY},
    {"a date after it", ANY, NULL, DATE(TU_DATE_GREATEST + 1), NO_US},
    {"a date before Christ", ANY, NULL, DATE(TU_DATE_LEAST - 1), NO_US},
    {"-infinity of dates", ANY, NULL, DATE(TU_TIME_BEFORE_ALL), NO_US},
    {"infinity of dates", ANY, NULL, DATE(TU_TIME_AFTER_ALL), NO_US},

    {"seconds", TU_TIME_SECONDS, NULL, I(7), 7 * SECOND},
    {"milliseconds", TU_TIME_MILLISECONDS, NULL, I(-7), -7000},
    {"microseconds", TU_TIME_MICROSECONDS, NULL, I(7), 7},
    {"too many seconds", TU_TIME_SECONDS, NULL, I(G_MAXINT64), NO_US},
    {"a real", TU_TIME_SECONDS, NULL, R(1.5), 1500000},
    {"a real below", TU_TIME_MICROSECONDS, NULL, R(-0.5), -1},
    {"not a number", TU_TIME_SECONDS, NULL, R(NAN), NO_US},
    {"infinite seconds", TU_TIME_SECONDS, NULL, R(INFINITY), NO_US},
    {"a text of digits", TU_TIME_SECONDS, NULL, T("7"), NO_US},
    {"a decimal", TU_TIME_SECONDS, NULL, D(15, 1), 1500000},
    {"a decimal of many digits", TU_TIME_SECONDS, NULL, D(1795348800123456789, 9),
     1795348800123456},
    {"a decimal below", TU_TIME_SECONDS, NULL, D(-1, 9), -1},
    {"an integral decimal", TU_TIME_MILLISECONDS, NULL, D(-3, 0), -3000},
    {"a decimal that is too large", TU_TIME_SECONDS, NULL, D(G_MAXINT64, 1), NO_US},
    {"nearly nothing", TU_TIME_SECONDS, NULL, D(5, 30), 0},
    {"nearly nothing, below", TU_TIME_SECONDS, NULL, D(-5, 30), -1},
    {"a quotient", TU_TIME_SECONDS, NULL, L("1795348800.1230000000000000"),
     G_GINT64_CONSTANT(1795348800123000)},
    {"a quotient below", TU_TIME_SECONDS, NULL, L("-0.33333333333333333333333"), -333334},
    {"a long number that is too large", TU_TIME_SECONDS, NULL, L("123456789012345678901234"),
     NO_US},
};

static void
test_read(gconstpointer data)
{
    const ReadRow *row = data;
    Timed timed;
    gint64 at_us = NO_US;
    TuDate date = 12345;
    timed_init(&timed, row->unit, row->value.type, row->zone);
    gboolean is_read = tu_source_read_time(&timed.model, &row->value, &at_us, &date);
    g_assert_cmpint(is_read, ==, row->at_us != NO_US);
    if (is_read)
        g_assert_cmpint(at_us, ==, row->at_us);
    g_assert_cmpint(date, ==, 12345);
    timed_clear(&timed);
}

/* ---- local dates ---- */

typedef struct {
    const char *label;
    TuValue value;
    TuDate date; /* 0: it is not read */
} DateRow;

static const DateRow dates[] = {
    {"a date", DATE(20779), 20779},
    {"text", T("2026-11-22"), 20779},
    {"text with a time", T("2026-11-22T12:00:00"), 0},
    {"a timestamp's day", STAMP(NOON), 20779},
    {"its last moment", STAMP(20780 * DAY - 1), 20779},
    {"a day before 1970", STAMP(-1), -1},
    {"an instant's day in UTC", AT(NOON), 20779},
    {"the first", DATE(TU_DATE_LEAST), TU_DATE_LEAST},
    {"the last", DATE(TU_DATE_GREATEST), TU_DATE_GREATEST},
    {"after the last", DATE(TU_DATE_GREATEST + 1), 0},
    {"infinity", DATE(TU_TIME_AFTER_ALL), 0},
    {"an infinite timestamp", STAMP(TU_TIME_BEFORE_ALL), 0},
    {"null", NIL, 0},
    {"an integer", I(20779), 0},
    {"a decimal", D(20779, 0), 0},
};

/* The zone has no say in it. */
static void
test_date(gconstpointer data)
{
    const DateRow *row = data;
    static const char *const zones[] = {NULL, NEW_YORK, "Pacific/Kiritimati"};
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
        Timed timed;
        gint64 at_us = 0;
        TuDate date = 0;
        timed_init(&timed, TU_TIME_DATE, row->value.type, zones[i]);
        g_assert_cmpint(tu_source_read_time(&timed.model, &row->value, &at_us, &date), ==,
                        row->date != 0);
        if (row->date != 0)
            g_assert_cmpint(date, ==, row->date);
        if (row->date != 0)
            g_assert_cmpint(at_us, ==, row->date * DAY);
        timed_clear(&timed);
    }
}

/* ---- bounds ---- */

typedef struct {
    const char *label;
    TuTimeUnit unit;
    TuType kind;
    const char *zone;
    gint64 from_us, to_us;
    TuDate from_date, to_date;
    TuValue from, to;
} BoundsRow;

#define ALL_US G_MININT64, G_MAXINT64, G_MININT32, G_MAXINT32
#define ONE_DAY 20779 * DAY, 20780 * DAY, 20779, 20780

/* What an instant of another wall clock may be called: up to a day away. */
static const BoundsRow bounds[] = {
    {"instants", ANY, TU_TYPE_INSTANT, NULL, ONE_DAY, AT(20779 * DAY), AT(20780 * DAY)},
    {"instants, whatever the zone", ANY, TU_TYPE_INSTANT, NEW_YORK, ONE_DAY, AT(20779 * DAY),
     AT(20780 * DAY)},
    {"all instants", ANY, TU_TYPE_INSTANT, NULL, ALL_US, AT(TU_TIME_BEFORE_ALL),
     AT(TU_TIME_AFTER_ALL)},
    {"the last year's", ANY, TU_TYPE_INSTANT, NULL, GREATEST - DAY, GREATEST + 1, 0, 0,
     AT(GREATEST - DAY), AT(TU_TIME_AFTER_ALL)},
    {"up to the last but one", ANY, TU_TYPE_INSTANT, NULL, LEAST, GREATEST, 0, 0, AT(LEAST),
     AT(GREATEST)},
    {"before all years", ANY, TU_TYPE_INSTANT, NULL, LEAST - 2 * DAY, LEAST - DAY, 0, 0, AT(LEAST),
     AT(LEAST)},
    {"timestamps", ANY, TU_TYPE_TIMESTAMP, NULL, ONE_DAY, STAMP(20779 * DAY), STAMP(20780 * DAY)},
    {"timestamps of a clock", ANY, TU_TYPE_TIMESTAMP, NEW_YORK, ONE_DAY, STAMP(20778 * DAY),
     STAMP(20781 * DAY)},
    {"all timestamps of a clock", ANY, TU_TYPE_TIMESTAMP, NEW_YORK, ALL_US,
     STAMP(TU_TIME_BEFORE_ALL), STAMP(TU_TIME_AFTER_ALL)},
    {"the last year's of a clock", ANY, TU_TYPE_TIMESTAMP, NEW_YORK, GREATEST - DAY, GREATEST + 1,
     0, 0, STAMP(GREATEST - 2 * DAY), STAMP(TU_TIME_AFTER_ALL)},
    {"the first year's of a clock", ANY, TU_TYPE_TIMESTAMP, NEW_YORK, LEAST, LEAST + DAY, 0, 0,
     STAMP(LEAST), STAMP(LEAST + 2 * DAY)},
    {"dates as midnights", ANY, TU_TYPE_DATE, NULL, ONE_DAY, DATE(20778), DATE(20782)},
    {"all dates as midnights", ANY, TU_TYPE_DATE, NULL, ALL_US, DATE(TU_DATE_LEAST),
     DATE(TU_TIME_AFTER_ALL)},

    {"local dates", TU_TIME_DATE, TU_TYPE_DATE, NULL, ONE_DAY, DATE(20779), DATE(20780)},
    {"all local dates", TU_TIME_DATE, TU_TYPE_DATE, NULL, ALL_US, DATE(TU_DATE_LEAST),
     DATE(TU_TIME_AFTER_ALL)},
    {"the last local date", TU_TIME_DATE, TU_TYPE_DATE, NULL, 0, 0, TU_DATE_GREATEST,
     TU_DATE_GREATEST + 1, DATE(TU_DATE_GREATEST), DATE(TU_TIME_AFTER_ALL)},
    {"local dates in text", TU_TIME_DATE, TU_TYPE_NULL, NULL, ONE_DAY, T("2026-11-22"),
     T("2026-11-23")},
    {"all local dates in text", TU_TIME_DATE, TU_TYPE_TEXT, NULL, ALL_US, T(""), T("9999-99")},
    {"the last local date in text", TU_TIME_DATE, TU_TYPE_TEXT, NULL, 0, 0, TU_DATE_GREATEST,
     TU_DATE_GREATEST + 1, T("9999-12-31"), T("9999-99")},

    {"text", ANY, TU_TYPE_TEXT, NULL, ONE_DAY, T("2026-11-21"), T("2026-11-25")},
    {"all text", ANY, TU_TYPE_NULL, NULL, ALL_US, T(""), T("9999-99")},
    {"seconds", TU_TIME_SECONDS, TU_TYPE_INTEGER, NULL, 1500000, 2500000, 0, 0, I(1), I(3)},
    {"seconds before 1970", TU_TIME_SECONDS, TU_TYPE_DECIMAL, NULL, -1500000, -500000, 0, 0, I(-2),
     I(0)},
    {"all microseconds", TU_TIME_MICROSECONDS, TU_TYPE_INTEGER, NULL, ALL_US, I(G_MININT64),
     I(G_MAXINT64)},
};

static void
test_bounds(gconstpointer data)
{
    const BoundsRow *row = data;
    Timed timed;
    TuTimeBounds found;
    TuTimeRange range = {row->from_us, row->to_us, row->from_date, row->to_date};
    timed_init(&timed, row->unit, row->kind, row->zone);
    tu_source_time_bounds(&timed.model, &range, &found);
    assert_value("from", found.from, row->from);
    assert_value("to", found.to, row->to);
    timed_clear(&timed);
}

/* ---- no row is missed ---- */

static gboolean
is_between(const TuValue *value, const TuTimeBounds *found)
{
    return tu_value_compare(&found->from, value) <= 0 && tu_value_compare(value, &found->to) < 0;
}

/* A local day of a tenant far from UTC, and of it moments at which all clocks agree what day it is.
 * The source's dates say the tenant's day, whatever instants that day has. */
static void
test_local_days(void)
{
    static const TuType kinds[] = {TU_TYPE_DATE, TU_TYPE_TIMESTAMP, TU_TYPE_INSTANT};
    static const gint64 offsets_us[] = {-12 * HOUR, 0, 14 * HOUR};
    static const gint64 times_us[] = {0, 12 * HOUR, DAY - 1};
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (guint o = 0; o < G_N_ELEMENTS(offsets_us); o++)
            for (guint t = 0; t < G_N_ELEMENTS(times_us); t++) {
                Timed timed;
                TuTimeBounds found;
                TuTimeRange range = {20779 * DAY - offsets_us[o], 20780 * DAY - offsets_us[o],
                                     20779, 20780};
                TuValue value = kinds[k] == TU_TYPE_DATE
                                    ? tu_value_time(kinds[k], 20779)
                                    : tu_value_time(kinds[k], 20779 * DAY + times_us[t]);
                timed_init(&timed, TU_TIME_DATE, kinds[k], NULL);
                tu_source_time_bounds(&timed.model, &range, &found);
                g_test_message("kind %d, offset %u, time %u", (int)kinds[k], o, t);
                g_assert_true(is_between(&value, &found));
                timed_clear(&timed);
            }
}

/* Every moment around the edges of a range, as each kind has it: what lies in the range is read. */
static void
test_edges(void)
{
    static const TuType kinds[] = {TU_TYPE_DATE, TU_TYPE_TIMESTAMP, TU_TYPE_INSTANT};
    static const char *const zones[] = {NULL, NEW_YORK, "Pacific/Kiritimati", "Etc/GMT+12"};
    static const gint64 moments_us[] = {LEAST, LEAST + 2 * DAY,    -1,      0,
                                        NOON,  GREATEST - 2 * DAY, GREATEST};
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (guint z = 0; z < G_N_ELEMENTS(zones); z++)
            for (guint m = 0; m < G_N_ELEMENTS(moments_us); m++) {
                Timed timed;
                TuTimeBounds found;
                gint64 at_us = 0;
                TuDate date = 0;
                timed_init(&timed, ANY, kinds[k], zones[z]);
                TuValue value = tu_value_time(kinds[k], kinds[k] == TU_TYPE_DATE
                                                            ? tu_instant_local_date(moments_us[m])
                                                            : moments_us[m]);
                g_assert_true(tu_source_read_time(&timed.model, &value, &at_us, &date));
                TuTimeRange range = {.from_us = at_us, .to_us = at_us + 1};
                tu_source_time_bounds(&timed.model, &range, &found);
                g_test_message("kind %d, zone %u, moment %u", (int)kinds[k], z, m);
                g_assert_true(is_between(&value, &found));
                timed_clear(&timed);
            }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(readings); i++) {
        g_autofree char *path = g_strdup_printf("/source-time/read/%s", readings[i].label);
        g_test_add_data_func(path, &readings[i], test_read);
    }
    for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *path = g_strdup_printf("/source-time/date/%s", dates[i].label);
        g_test_add_data_func(path, &dates[i], test_date);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bounds); i++) {
        g_autofree char *path = g_strdup_printf("/source-time/bounds/%s", bounds[i].label);
        g_test_add_data_func(path, &bounds[i], test_bounds);
    }
    g_test_add_func("/source-time/local-days", test_local_days);
    g_test_add_func("/source-time/edges", test_edges);
    return g_test_run();
}
