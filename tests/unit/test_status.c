/* `status`: the state of each summary, what is waiting, and when it is an alarm. */
#include "cli/status.h"
#include "stored_fixture.h"
#include "time/instant.h"

#define SPEC "INSERT INTO trueup_spec VALUES ('x', '1', '2023-01-01T00:00:00Z');"

static const struct {
    const char *label, *sql, *summary;
    TuState state;
    const char *right_from; /* NULL: none */
    gint64 pending, parked;
    gboolean is_alarming;
} rows[] = {
    {"right", "SELECT 1", "people", TU_STATE_RIGHT, NULL, 0, 0, FALSE},
    {"not captured", "SELECT 1", "loosely", TU_STATE_NOT_CAPTURED, NULL, 0, 0, FALSE},
    {"entries in the log", "INSERT INTO sale(shop) VALUES ('ny'), ('ny')", "sales", TU_STATE_RIGHT,
     NULL, 2, 0, FALSE},
    {"entries are nothing to others", "INSERT INTO sale(shop) VALUES ('ny')", "loosely",
     TU_STATE_NOT_CAPTURED, NULL, 0, 0, FALSE},
    {"entries and buckets",
     "INSERT INTO sale(shop) VALUES ('ny');"
     "INSERT INTO trueup_pending(source, summary, tenant, tenant_key, bucket, noted_at) VALUES"
     " ('sale', 'people', 'ny', 'tny', '2001-04-01', '2024-01-01T00:00:00Z'),"
     " ('sale', 'events', 'ny', 'tny', '2001-04-01', '2024-01-01T00:00:00Z')",
     "people", TU_STATE_RIGHT, NULL, 2, 0, FALSE},
    {"parked",
     "INSERT INTO trueup_pending(source, summary, tenant, tenant_key, bucket, error, noted_at) "
     "VALUES"
     " ('sale', 'people', 'ny', 'tny', '2001-04-01', 'bad', '2024-01-01T00:00:00Z')",
     "people", TU_STATE_FAILING, NULL, 1, 1, TRUE},
    {"building",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES"
     " ('people', '', 2147483647, 1)",
     "people", TU_STATE_BUILDING, NULL, 0, 0, FALSE},
    {"building, right from",
     "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping) VALUES ('people', '', "
     "11413, 1)",
     "people", TU_STATE_BUILDING, "2001-04-01", 0, 0, FALSE},
    {"rebuilding: the latest of two counts",
     "INSERT INTO trueup_build(summary, tenant, tenant_key, below, is_dropping) VALUES"
     " ('people', 'ny', 'tny', 11413, 0), ('people', 'ap', 'tap', 11000, 0)",
     "people", TU_STATE_REBUILDING, "2001-04-01", 0, 0, FALSE},
    {"unguarded, as noted",
     "INSERT INTO trueup_table(name, group_name, triggers, unguarded_since, problem) VALUES"
     " ('sale', 'sale', '', '2022-01-01T00:00:00Z', 'gone')",
     "people", TU_STATE_UNGUARDED, NULL, 0, 0, TRUE},
    {"unguarded, seen before a worker notes it", "DROP TRIGGER trueup_insert_sale", "people",
     TU_STATE_UNGUARDED, NULL, 0, 0, TRUE},
    {"unguarded: the log is gone", "DROP TABLE trueup_change_sale", "people", TU_STATE_UNGUARDED,
     NULL, 0, 0, TRUE},
    {"released: its triggers are gone and that is no alarm",
     "DROP TRIGGER trueup_insert_sale;"
     "INSERT INTO trueup_table(name, group_name, triggers, released_at) VALUES"
     " ('sale', 'sale', '', '2022-01-01T00:00:00Z')",
     "people", TU_STATE_RELEASED, NULL, 0, 0, FALSE},
    {"a tenant without a zone",
     "INSERT INTO trueup_tenant(group_name, tenant, tenant_key, error) VALUES ('sale', 'xx', "
     "'txx', 'no zone')",
     "people", TU_STATE_RIGHT, NULL, 0, 0, TRUE},
    {"the last run failed",
     "INSERT INTO trueup_run(kind, status, started_at, finished_at, error) VALUES"
     " ('repair', 'FAILED', '2024-03-01T00:00:00Z', '2024-03-01T00:10:00Z', 'why')",
     "people", TU_STATE_RIGHT, NULL, 0, 0, TRUE},
    {"a run that failed before the last",
     "INSERT INTO trueup_run(kind, status, started_at, finished_at) VALUES"
     " ('settle', 'COMPLETED', '2024-03-01T00:00:00Z', '2024-03-01T00:20:00Z'),"
     " ('repair', 'FAILED', '2024-03-01T00:00:00Z', '2024-03-01T00:10:00Z')",
     "people", TU_STATE_RIGHT, NULL, 0, 0, FALSE},
    {"another summary's run that failed is an alarm all the same",
     "INSERT INTO trueup_run(kind, summary, status, started_at) VALUES"
     " ('repair', 'sales', 'FAILED', '2024-03-01T00:00:00Z')",
     "people", TU_STATE_RIGHT, NULL, 0, 0, TRUE},
    {"drift that was mended",
     "INSERT INTO trueup_summary(name, group_name, definition, drift) VALUES"
     " ('people', 'sale', '', 5)",
     "people", TU_STATE_RIGHT, NULL, 0, 0, FALSE},
};

static const TuSummaryStatus *
summary_named(const TuStatus *status, const char *name)
{
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        if (g_str_equal(summary->summary->spec->name, name))
            return summary;
    }
    g_assert_not_reached();
}

static void
test_states(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Stored) stored = {0};
        g_auto(TuStatus) status = {0};
        char right_from[TU_DATE_TEXT_BYTES] = "";
        g_test_message("%s", rows[i].label);
        stored_init(&stored);
        stored_execute(&stored, "DELETE FROM trueup_tenant;" SPEC);
        stored_execute(&stored, rows[i].sql);
        stored_open(&stored);
        gboolean is_read = tu_status_read(&stored.session, &status, &error);
        g_assert_no_error(error);
        g_assert_true(is_read);
        const TuSummaryStatus *summary = summary_named(&status, rows[i].summary);
        g_assert_cmpstr(tu_state_name(summary->state), ==, tu_state_name(rows[i].state));
        g_assert_cmpint(summary->waiting.n_entries + summary->waiting.n_buckets, ==,
                        rows[i].pending);
        g_assert_cmpint(summary->waiting.n_parked, ==, rows[i].parked);
        if (summary->history.has_right_from)
            tu_date_format(summary->history.right_from, right_from);
        g_assert_cmpstr(right_from, ==, rows[i].right_from != NULL ? rows[i].right_from : "");
        g_assert_cmpint(tu_status_is_alarming(&status), ==, rows[i].is_alarming);
    }
}

/* What else is told: the last run, drift, sources, tenants, parked buckets. */
static void
test_details(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Stored) stored = {0};
    g_auto(TuStatus) status = {0};
    stored_init(&stored);
    stored_execute(
        &stored, SPEC
        "INSERT INTO trueup_summary(name, group_name, definition, drift) VALUES"
        " ('people', 'sale', '', 5);"
        "INSERT INTO trueup_run(kind, summary, status, started_at, error) VALUES"
        " ('repair', 'people', 'FAILED', '2024-03-01T00:00:00Z', 'why');"
        "INSERT INTO trueup_source(name, group_name, without_tenant, without_time,"
        " of_unknown_tenants) VALUES ('sale', 'sale', 1, 2, 3);"
        "INSERT INTO trueup_pending(source, summary, tenant, tenant_key, bucket, error, attempts,"
        " noted_at) VALUES"
        " ('sale', 'people', 7, 'n7', '2001-04-01', 'bad', 2, '2024-01-01T00:00:00Z')");
    gboolean is_read = tu_status_read(&stored.session, &status, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    const TuSummaryStatus *people = summary_named(&status, "people");
    g_assert_cmpint(people->drift, ==, 5);
    g_assert_cmpstr(people->last_run.kind, ==, "repair");
    g_assert_cmpstr(people->last_run.finished_at, ==, NULL);
    g_assert_cmpstr(people->last_run.error, ==, "why");
    g_assert_true(people->waiting.has_oldest);
    g_assert_false(summary_named(&status, "sales")->last_run.found);
    g_assert_cmpuint(status.sources->len, ==, 1);
    const TuSourceStatus *sale = &g_array_index(status.sources, TuSourceStatus, 0);
    g_assert_cmpstr(sale->source, ==, "sale");
    g_assert_cmpint(sale->without_tenant, ==, 1);
    g_assert_cmpint(sale->without_time, ==, 2);
    g_assert_cmpint(sale->of_unknown_tenants, ==, 3);
    g_assert_cmpuint(status.tenants->len, ==, 1);
    g_assert_cmpstr(g_array_index(status.tenants, TuTenantStatus, 0).tenant, ==, "no");
    g_assert_cmpuint(status.parked->len, ==, 1);
    const TuParkedBucket *parked = &g_array_index(status.parked, TuParkedBucket, 0);
    g_assert_cmpstr(parked->tenant, ==, "7");
    g_assert_cmpstr(parked->bucket, ==, "2001-04-01");
    g_assert_cmpint(parked->attempts, ==, 2);
    g_assert_cmpstr(parked->error, ==, "bad");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/status/states", test_states);
    g_test_add_func("/status/details", test_details);
    return g_test_run();
}
