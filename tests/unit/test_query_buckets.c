/* Which grain a query shows, what it is read from, and the buckets of a range of local dates. */
#include <string.h>

#include "cli/query.h"
#include "time/instant.h"

#define BIT(g) (1u << TU_GRAIN_##g)

static const struct {
    const char *label;
    guint stored;
    TuGrain wanted;
    int base; /* -1: cannot be made */
} base_rows[] = {
    {"stored", BIT(HOUR) | BIT(DAY), TU_GRAIN_DAY, TU_GRAIN_DAY},
    {"the next finer", BIT(HOUR) | BIT(DAY), TU_GRAIN_MONTH, TU_GRAIN_DAY},
    {"the coarsest that nests", BIT(DAY) | BIT(MONTH), TU_GRAIN_QUARTER, TU_GRAIN_MONTH},
    {"a week nests in no month", BIT(DAY) | BIT(WEEK), TU_GRAIN_MONTH, TU_GRAIN_DAY},
    {"weeks alone make no month", BIT(WEEK), TU_GRAIN_MONTH, -1},
    {"hours make weeks", BIT(HOUR), TU_GRAIN_WEEK, TU_GRAIN_HOUR},
    {"nothing makes a finer one", BIT(DAY) | BIT(MONTH), TU_GRAIN_HOUR, -1},
    {"months make years", BIT(MONTH), TU_GRAIN_YEAR, TU_GRAIN_MONTH},
};

static void
test_base(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(base_rows); i++) {
        TuGrain base = TU_GRAIN_YEAR;
        g_test_message("%s", base_rows[i].label);
        gboolean found = tu_query_base_grain(base_rows[i].stored, base_rows[i].wanted, &base);
        g_assert_cmpint(found ? (int)base : -1, ==, base_rows[i].base);
    }
}

static const struct {
    const char *label;
    guint stored;
    gint64 n_days;
    TuGrain grain;
} default_rows[] = {
    {"one day", BIT(DAY), 1, TU_GRAIN_DAY},
    {"14 days", BIT(DAY), 14, TU_GRAIN_DAY},
    {"15 days", BIT(DAY), 15, TU_GRAIN_WEEK},
    {"62 days", BIT(DAY), 62, TU_GRAIN_WEEK},
    {"63 days", BIT(DAY), 63, TU_GRAIN_MONTH},
    {"days are made of hours", BIT(HOUR), 3, TU_GRAIN_DAY},
    {"10,000 years", BIT(MINUTE), 3652425, TU_GRAIN_MONTH},
    {"no day: the nearest above", BIT(MONTH), 3, TU_GRAIN_MONTH},
    {"no day: the week is nearer", BIT(WEEK) | BIT(YEAR), 3, TU_GRAIN_WEEK},
    {"no week", BIT(MONTH), 30, TU_GRAIN_MONTH},
    {"no month: of two the finer", BIT(WEEK) | BIT(QUARTER), 100, TU_GRAIN_WEEK},
    {"only years", BIT(YEAR), 1, TU_GRAIN_YEAR},
    {"nothing stored in an empty range", BIT(DAY), 1, TU_GRAIN_DAY},
};

static void
test_default(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(default_rows); i++) {
        g_test_message("%s", default_rows[i].label);
        g_assert_cmpint(tu_query_default_grain(default_rows[i].stored, default_rows[i].n_days), ==,
                        default_rows[i].grain);
    }
}

static const struct {
    const char *label, *zone, *from, *to;
    TuGrain grain;
    guint n;
    const char *first, *last;
} bucket_rows[] = {
    {"a day", NULL, "2001-04-01", "2001-04-01", TU_GRAIN_DAY, 1, "2001-04-01", "2001-04-01"},
    {"leap day", NULL, "2024-02-28", "2024-03-01", TU_GRAIN_DAY, 3, "2024-02-28", "2024-03-01"},
    {"whole weeks", NULL, "2024-05-01", "2024-05-06", TU_GRAIN_WEEK, 2, "2024-04-29", "2024-05-06"},
    {"months", NULL, "2023-12-31", "2024-02-01", TU_GRAIN_MONTH, 3, "2023-12-01", "2024-02-01"},
    {"quarters", NULL, "2024-03-31", "2024-04-01", TU_GRAIN_QUARTER, 2, "2024-01-01", "2024-04-01"},
    {"years", NULL, "1999-06-01", "2001-06-01", TU_GRAIN_YEAR, 3, "1999-01-01", "2001-01-01"},
    {"a day that Apia left out", "Pacific/Apia", "2011-12-29", "2011-12-31", TU_GRAIN_DAY, 2,
     "2011-12-29", "2011-12-31"},
    {"and its week", "Pacific/Apia", "2011-12-30", "2011-12-30", TU_GRAIN_WEEK, 1, "2011-12-26",
     "2011-12-26"},
    {"24 hours", "America/Phoenix", "2001-04-01", "2001-04-01", TU_GRAIN_HOUR, 24,
     "2001-04-01T07:00:00Z", "2001-04-02T06:00:00Z"},
    {"23 hours", "America/New_York", "2001-04-01", "2001-04-01", TU_GRAIN_HOUR, 23,
     "2001-04-01T05:00:00Z", "2001-04-02T03:00:00Z"},
    {"25 hours", "America/New_York", "2001-10-28", "2001-10-28", TU_GRAIN_HOUR, 25,
     "2001-10-28T04:00:00Z", "2001-10-29T04:00:00Z"},
    {"half an hour back: hour 01 twice", "Australia/Lord_Howe", "2024-04-07", "2024-04-07",
     TU_GRAIN_HOUR, 25, "2024-04-06T13:00:00Z", "2024-04-07T12:30:00Z"},
    {"hours begin at :30", "Asia/Kolkata", "2024-01-01", "2024-01-01", TU_GRAIN_HOUR, 24,
     "2023-12-31T18:30:00Z", "2024-01-01T17:30:00Z"},
    {"a day in two parts", "America/St_Johns", "2010-11-06", "2010-11-06", TU_GRAIN_HOUR, 25,
     "2010-11-06T02:30:00Z", "2010-11-07T02:31:00Z"},
    {"no hours of a day that never was", "Pacific/Apia", "2011-12-30", "2011-12-30", TU_GRAIN_HOUR,
     0, NULL, NULL},
    {"minutes of 23 hours", "America/New_York", "2001-04-01", "2001-04-01", TU_GRAIN_MINUTE, 1380,
     "2001-04-01T05:00:00Z", "2001-04-02T03:59:00Z"},
    {"the last day there is", "UTC", "9999-12-31", "9999-12-31", TU_GRAIN_HOUR, 24,
     "9999-12-31T00:00:00Z", "9999-12-31T23:00:00Z"},
};

static TuDate
date_of(const char *text)
{
    TuDate date = 0;
    g_assert_true(tu_date_parse(text, strlen(text), &date));
    return date;
}

static void
test_buckets(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bucket_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TuZone) zone =
            bucket_rows[i].zone != NULL ? tu_zone_new(bucket_rows[i].zone, &error) : NULL;
        TuGrain grain = bucket_rows[i].grain;
        char text[TU_INSTANT_TEXT_BYTES];
        g_test_message("%s", bucket_rows[i].label);
        g_assert_no_error(error);
        g_autoptr(GArray) buckets =
            tu_query_buckets(zone, grain, date_of(bucket_rows[i].from), date_of(bucket_rows[i].to));
        g_assert_cmpuint(buckets->len, ==, bucket_rows[i].n);
        for (guint b = 1; b < buckets->len; b++)
            g_assert_cmpint(g_array_index(buckets, TuBucket, b - 1), <,
                            g_array_index(buckets, TuBucket, b));
        if (buckets->len == 0)
            continue;
        tu_bucket_format(grain, g_array_index(buckets, TuBucket, 0), text);
        g_assert_cmpstr(text, ==, bucket_rows[i].first);
        tu_bucket_format(grain, g_array_index(buckets, TuBucket, buckets->len - 1), text);
        g_assert_cmpstr(text, ==, bucket_rows[i].last);
    }
}

/* Every bucket is the one that its instants say, in three years of hours of odd clocks. */
static void
test_buckets_are_those_of_instants(void)
{
    static const char *const zones[] = {"Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia",
                                        "Asia/Beirut", "Africa/Casablanca"};
    for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TuZone) zone = tu_zone_new(zones[z], &error);
        g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
        TuDate from = date_of("2010-01-01"), to = date_of("2012-12-31");
        g_test_message("%s", zones[z]);
        g_assert_no_error(error);
        g_autoptr(GArray) buckets = tu_query_buckets(zone, TU_GRAIN_HOUR, from, to);
        for (guint b = 0; b < buckets->len; b++)
            g_hash_table_add(known, &g_array_index(buckets, TuBucket, b));
        g_autoptr(GHashTable) met =
            g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        gint64 end_us = (to + 3) * TU_DAY_US;
        for (gint64 at_us = (from - 2) * TU_DAY_US; at_us < end_us; at_us += 10 * TU_MINUTE_US) {
            TuBucket bucket = tu_bucket_of(zone, TU_GRAIN_HOUR, at_us, NULL);
            TuDate date = tu_bucket_date(zone, TU_GRAIN_HOUR, bucket);
            if (date < from || date > to)
                continue;
            g_assert_true(g_hash_table_contains(known, &bucket));
            g_hash_table_add(met, g_memdup2(&bucket, sizeof bucket));
        }
        g_assert_cmpuint(g_hash_table_size(met), ==, buckets->len);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-buckets/base", test_base);
    g_test_add_func("/query-buckets/default", test_default);
    g_test_add_func("/query-buckets/range", test_buckets);
    g_test_add_func("/query-buckets/instants", test_buckets_are_those_of_instants);
    return g_test_run();
}
