/* The question whether anything came, and what waits in the logs as a backlog is told of it. */
#include "keep/settle/question.h"
#include "modelled.h"
#include "schema/control.h"
#include "time/instant.h"

static const struct {
    const char *label;
    const char *entries; /* their weights */
    gint64 changes;
} rows[] = {
    {"nothing", NULL, 0},
    {"three inserts", "(1), (1), (1)", 3},
    {"two deletes", "(-1), (-1)", 2},
    {"two updates", "(-1), (1), (-1), (1)", 2},
    {"an update and an insert", "(-1), (1), (1)", 2},
    {"two that are to be looked at again", "(0), (0)", 2},
    {"more than are counted: inserts", "(1), (1), (1), (1), (1), (1), (1)", 7},
    {"as many updates as are counted", "(-1), (1), (-1), (1), (-1), (1), (-1), (1)", 4},
};

/* Up to so many changes are told apart; beyond, "more" is all that is asked. */
#define MOST 4

static const char schema[] = "CREATE TABLE sale(id INTEGER PRIMARY KEY, at TEXT)";
static const char log_table[] =
    "CREATE TABLE trueup_change_sale(trueup_id INTEGER PRIMARY KEY, trueup_weight)";
static const char yaml[] =
    "sources: {sale: {from: sale, time: at}}\n"
    "summaries: {days: {source: sale, grains: [day], measures: {n: count}}}\n";

/* ---- is a bucket due? ---- */

static const struct {
    const char *label;
    gint64 ahead_us; /* when it is tried again */
    gboolean is_due;
} pending[] = {
    {"before now", -TU_MINUTE_US, TRUE},
    {"in half an hour", TU_HOUR_US / 2, FALSE},
    {"in an hour, the longest back-off", TU_HOUR_US, FALSE},
    {"in a day: by a clock that was ahead", 24 * TU_HOUR_US, TRUE},
};

static void
make_control_tables(Modelled *modelled)
{
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_assert_true(tu_control_plan(modelled->db, statements, &error));
    for (guint i = 0; i < statements->len; i++)
        scratch_run(&modelled->scratch, g_ptr_array_index(statements, i));
    g_autofree char *spec = g_strdup_printf(
        "INSERT INTO trueup_spec(digest, version, applied_at) VALUES ('%s', '', '')",
        modelled->model->digest);
    scratch_run(&modelled->scratch, spec);
}

static void
test_due(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    Modelled modelled;
    g_auto(TuKeeper) keeper = {0};
    g_autoptr(GError) error = NULL;
    const TuAnswer *answer = NULL;
    char at[TU_INSTANT_TEXT_BYTES];
    modelled_init(&modelled, schema, yaml);
    g_assert_nonnull(modelled.model);
    scratch_run(&modelled.scratch, log_table);
    make_control_tables(&modelled);
    tu_instant_format(tu_instant_now_us() + pending[index].ahead_us, at);
    g_autofree char *row = g_strdup_printf(
        "INSERT INTO trueup_pending(source, summary, tenant_key, bucket, attempts, "
        "next_attempt_at, "
        "error, noted_at) VALUES ('sale', 'days', '', '2024-03-01', 1, '%s', 'odd', '%s')",
        at, at);
    scratch_run(&modelled.scratch, row);
    tu_keeper_init(&keeper, modelled.db, modelled.model);
    g_autoptr(TuQuestion) question = tu_question_new(&keeper);
    g_assert_true(tu_question_ask(question, &answer, &error));
    g_assert_true(answer->is_applied);
    g_assert_cmpint(answer->groups[0], ==, pending[index].is_due);
    modelled_clear(&modelled);
}

/* ---- how many changes wait? ---- */

static void
test_count(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    Modelled modelled;
    g_auto(TuKeeper) keeper = {0};
    g_autoptr(GError) error = NULL;
    gint64 changes = -1;
    modelled_init(&modelled, schema, yaml);
    g_assert_nonnull(modelled.model);
    const TuGroup *group = g_ptr_array_index(modelled.model->groups, 0);
    scratch_run(&modelled.scratch, log_table);
    if (rows[index].entries != NULL) {
        g_autofree char *sql = g_strdup_printf(
            "INSERT INTO trueup_change_sale(trueup_weight) VALUES %s", rows[index].entries);
        scratch_run(&modelled.scratch, sql);
    }
    tu_keeper_init(&keeper, modelled.db, modelled.model);
    g_assert_true(tu_question_count(&keeper, group, MOST, &changes, &error));
    g_assert_cmpint(MIN(changes, MOST + 1), ==, MIN(rows[index].changes, MOST + 1));
    modelled_clear(&modelled);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/question/count/", rows[i].label, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_count);
    }
    for (guint i = 0; i < G_N_ELEMENTS(pending); i++) {
        g_autofree char *path = g_strconcat("/question/due/", pending[i].label, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_due);
    }
    return g_test_run();
}
