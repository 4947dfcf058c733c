/* Capture: the texts of logs and triggers, what they log, and when they are no longer right. */
#include "golden.h"
#include "modelled.h"
#include "schema/capture.h"

/* Time, tenant and one value: what the spec uses of the table `t`. */
#define SPEC(extra)                                                                                \
    "sources: {t: {from: t, time: at, time_unit: seconds" extra "}}\n"                             \
    "summaries: {s: {source: t, grains: [day], dimensions: {k: k}, "                               \
    "measures: {n: count, total: sum(v)}}}\n"
#define PLAIN_SPEC SPEC("")

typedef struct {
    const char *label;
    const char *schema;
    const char *writes; /* after the log is there */
    const char *log;    /* "weight at k v" an entry, what they leave */
} Row;

static const Row rows[] = {
    {"rowid", "CREATE TABLE t(at INTEGER, k TEXT, v INTEGER, other TEXT);",
     "INSERT INTO t VALUES (1, 'a', 5, 'x'); UPDATE t SET v = 6; UPDATE t SET other = 'y', v = 6; "
     "INSERT OR REPLACE INTO t(rowid, at, k, v) VALUES (1, 2, 'b', 7); DELETE FROM t;",
     "1 1 a 5|-1 1 a 5|1 1 a 6|0 1 a 6|1 2 b 7|-1 2 b 7"},
    {"integer primary key",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, k TEXT, v REAL);",
     "INSERT INTO t VALUES (1, 1, 'a', 0.5), (2, 1, 'b', 1); UPDATE t SET k = 'A' WHERE id = 1; "
     "UPDATE OR REPLACE t SET id = 2 WHERE id = 1; INSERT OR IGNORE INTO t VALUES (2, 9, 'c', 9); "
     "INSERT INTO t VALUES (2, 9, 'c', 9) ON CONFLICT (id) DO UPDATE SET v = excluded.v;",
     "1 1 a 0.5|1 1 b 1.0|-1 1 a 0.5|1 1 A 0.5|0 1 b 1.0|0 1 A 0.5|0 1 A 0.5|-1 1 A 0.5|1 1 A 9.0"},
    {"without rowid",
     "CREATE TABLE t(k TEXT, at INTEGER, v INTEGER, PRIMARY KEY (k, at)) WITHOUT ROWID;",
     "INSERT INTO t VALUES ('a', 1, 5); INSERT OR REPLACE INTO t VALUES ('a', 1, 6); "
     "UPDATE OR REPLACE t SET at = 1 WHERE at = 2; DELETE FROM t;",
     "1 1 a 5|0 1 a 5|1 1 a 6|-1 1 a 6"},
    {"several unique keys",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, at INTEGER, k TEXT COLLATE NOCASE, v INTEGER, "
     "code TEXT NOT NULL DEFAULT 'none', UNIQUE (k), UNIQUE (code, at)); "
     "CREATE UNIQUE INDEX by_value ON t(v DESC);",
     "INSERT INTO t VALUES (1, 1, 'a', 5, 'x'), (2, 1, 'b', 6, 'y'); "
     "INSERT OR REPLACE INTO t VALUES (3, 1, 'A', 6, 'z');",
     "1 1 a 5|1 1 b 6|0 1 b 6|0 1 a 5|1 1 A 6"},
    {"a key on an expression",
     "CREATE TABLE t(at INTEGER, k TEXT, v INTEGER, code TEXT, PRIMARY KEY (at, v)) WITHOUT ROWID; "
     "CREATE UNIQUE INDEX u ON t(lower(code), v % 10 DESC);",
     "INSERT INTO t VALUES (1, 'a', 5, 'X'), (1, 'b', 6, 'y'); "
     "INSERT OR REPLACE INTO t VALUES (2, 'c', 15, 'x'); "
     "UPDATE OR REPLACE t SET v = 26, code = 'Y' WHERE k = 'c';",
     "1 1 a 5|1 1 b 6|0 1 a 5|1 2 c 15|0 1 b 6|-1 2 c 15|1 2 c 26"},
    {"nocase bytes", "CREATE TABLE t(at INTEGER, k TEXT COLLATE NOCASE, v INTEGER);",
     "INSERT INTO t VALUES (1, 'a', 5); UPDATE t SET k = 'A'; UPDATE t SET k = 'A';",
     "1 1 a 5|-1 1 a 5|1 1 A 5"},
    {"a before trigger of the user",
     "CREATE TABLE t(at INTEGER, k TEXT, v INTEGER); CREATE TRIGGER mine BEFORE UPDATE ON t "
     "BEGIN UPDATE t SET v = 100 WHERE rowid = OLD.rowid; END;",
     "INSERT INTO t VALUES (1, 'a', 5); UPDATE t SET k = 'b'; DELETE FROM t;",
     "0 1 a 5|0 1 a 5|0 1 a 100|0 1 a 5|0 1 b 100|0 1 b 100"},
    {"an after trigger of the user",
     "CREATE TABLE t(at INTEGER, k TEXT, v INTEGER); CREATE TRIGGER mine AFTER UPDATE ON t "
     "BEGIN SELECT 1; END;",
     "INSERT INTO t VALUES (1, 'a', 5); DELETE FROM t;", "1 1 a 5|-1 1 a 5"},
    {"no conversion", "CREATE TABLE t(at, k, v);",
     "INSERT INTO t VALUES (1, 'a', 1); UPDATE t SET v = 1.0; UPDATE t SET v = '1';",
     "1 1 a 1|-1 1 a 1|1 1 a 1.0|-1 1 a 1.0|1 1 a 1"},
    {"names that need quotes",
     "CREATE TABLE \"my t\"(at INTEGER, k TEXT, v INTEGER, \"order\" INTEGER UNIQUE);", "", ""},
};

static const char quoted_spec[] = "sources: {t: {from: '\"my t\"', time: at, time_unit: seconds}}\n"
                                  "summaries: {s: {source: t, grains: [day], dimensions: {k: k}, "
                                  "measures: {n: count, total: sum(v)}}}\n";

static const char *
spec_of(const Row *row)
{
    return strstr(row->schema, "my ") != NULL ? quoted_spec : PLAIN_SPEC;
}

static TuCaptured *
captured_of(const Modelled *modelled)
{
    if (modelled->model == NULL) {
        g_autofree char *text = findings_text(modelled->findings);
        g_error("%s", text);
    }
    g_assert_cmpuint(modelled->model->captured->len, ==, 1);
    return g_ptr_array_index(modelled->model->captured, 0);
}

static GPtrArray *
plan(const Modelled *modelled)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    if (!tu_capture_plan(modelled->db, captured_of(modelled), statements, &error))
        g_error("%s", error->message);
    return statements;
}

/* Plans, makes it, and reads the model again. */
static void
install(Modelled *modelled)
{
    g_autoptr(GPtrArray) statements = plan(modelled);
    run_statements(modelled->db, statements);
    modelled_again(modelled);
}

static char *
log_text(const Modelled *modelled, const char *log)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT group_concat(trueup_weight || ' ' || at || ' ' || k || ' ' || v, '|') "
        "FROM (SELECT * FROM \"%s\" ORDER BY trueup_id)",
        log);
    g_autoptr(TuStatement) statement = NULL;
    g_autoptr(GError) error = NULL;
    gboolean has_row = FALSE;
    if (!tu_database_prepare(modelled->db, sql, &statement, &error) ||
        !tu_statement_step(statement, &has_row, &error))
        g_error("%s", error->message);
    TuValue value = tu_statement_value(statement, 0);
    return value.type == TU_TYPE_TEXT ? g_strndup(value.text, value.bytes) : g_strdup("");
}

/* The texts; installed, nothing is left to do; and what is written lands in the log. */
static void
test_row(gconstpointer data)
{
    const Row *row = data;
    Modelled modelled;
    modelled_init(&modelled, row->schema, spec_of(row));
    g_autoptr(GPtrArray) statements = plan(&modelled);
    g_autofree char *text = golden_text(statements);
    golden_check("capture.sql", row->label, text);
    g_autofree char *missing = tu_capture_problem(modelled.db, captured_of(&modelled));
    g_assert_cmpstr(missing, !=, NULL);

    install(&modelled);
    g_autoptr(GPtrArray) again = plan(&modelled);
    g_assert_cmpuint(again->len, ==, 0);
    g_assert_null(tu_capture_problem(modelled.db, captured_of(&modelled)));
    g_autofree char *installed = tu_capture_digest(modelled.db, captured_of(&modelled), TRUE);
    g_autofree char *wanted = tu_capture_digest(modelled.db, captured_of(&modelled), FALSE);
    g_assert_cmpstr(installed, ==, wanted);

    if (row->writes[0] != '\0') {
        scratch_run(&modelled.scratch, row->writes);
        g_autofree char *log = log_text(&modelled, "trueup_change_t");
        g_assert_cmpstr(log, ==, row->log);
    }
    modelled_clear(&modelled);
}

/* ---- when it is no longer right ---- */

static const struct {
    const char *label;
    const char *change;
    const char *problem;
} changes[] = {
    {"dropped", "DROP TRIGGER trueup_update_t", "trigger trueup_update_t is gone"},
    {"another text",
     "DROP TRIGGER trueup_delete_t; CREATE TRIGGER trueup_delete_t AFTER DELETE ON t "
     "BEGIN SELECT 1; END",
     "trigger trueup_delete_t is not the one that table t needs now"},
    {"another unique key", "CREATE UNIQUE INDEX u ON t(k)",
     "trigger trueup_replace_insert_t is not the one that table t needs now"},
    {"a before trigger", "CREATE TRIGGER mine BEFORE DELETE ON t BEGIN SELECT 1; END",
     "trigger trueup_insert_t is not the one that table t needs now"},
};

static void
test_changes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        Modelled modelled;
        g_test_message("%s", changes[i].label);
        modelled_init(&modelled, rows[0].schema, PLAIN_SPEC);
        install(&modelled);
        g_autofree char *before = tu_capture_digest(modelled.db, captured_of(&modelled), TRUE);
        scratch_run(&modelled.scratch, changes[i].change);
        modelled_again(&modelled);
        g_autofree char *problem = tu_capture_problem(modelled.db, captured_of(&modelled));
        g_autofree char *installed = tu_capture_digest(modelled.db, captured_of(&modelled), TRUE);
        g_autofree char *wanted = tu_capture_digest(modelled.db, captured_of(&modelled), FALSE);
        g_assert_cmpstr(problem, ==, changes[i].problem);
        g_assert_true(!g_str_equal(installed, before) || !g_str_equal(wanted, before));
        install(&modelled);
        g_assert_null(tu_capture_problem(modelled.db, captured_of(&modelled)));
        modelled_clear(&modelled);
    }
}

/* A column that is named rowid hides the rowid, which has other names: a REPLACE through one of
 * them removes a row like any other. */
static void
test_hidden_rowid(void)
{
    Modelled modelled;
    modelled_init(&modelled, "CREATE TABLE t(at INTEGER, k TEXT, v INTEGER, rowid TEXT);",
                  PLAIN_SPEC);
    install(&modelled);
    scratch_run(&modelled.scratch,
                "INSERT INTO t VALUES (1, 'a', 5, 'x');"
                "INSERT OR REPLACE INTO t(_rowid_, at, k, v) VALUES (1, 2, 'b', 7);");
    g_autofree char *log = log_text(&modelled, "trueup_change_t");
    g_assert_cmpstr(log, ==, "1 1 a 5|0 1 a 5|1 2 b 7");
    modelled_clear(&modelled);
}

/* A log that lacks a column gets it, and what it holds counts as "look again". */
static void
test_log_grows(void)
{
    Modelled modelled;
    gboolean exists = FALSE;
    gboolean lacks_column = FALSE;
    gboolean has_other_type = FALSE;
    g_autoptr(GError) error = NULL;
    modelled_init(&modelled, rows[0].schema, PLAIN_SPEC);
    install(&modelled);
    scratch_run(&modelled.scratch, "INSERT INTO t VALUES (1, 'a', 5, 'x')");
    modelled_change(&modelled, SPEC(", where: other IS NOT NULL"));
    g_assert_true(tu_capture_log_differs(modelled.db, captured_of(&modelled), &exists,
                                         &lacks_column, &has_other_type, &error));
    g_assert_true(exists && lacks_column && !has_other_type);
    g_autoptr(GPtrArray) statements = plan(&modelled);
    g_autofree char *text = golden_text(statements);
    golden_check("capture.sql", "a log that grows", text);
    install(&modelled);
    g_autofree char *log = log_text(&modelled, "trueup_change_t");
    g_assert_cmpstr(log, ==, "0 1 a 5");
    modelled_clear(&modelled);
}

/* One with a column of another type is made anew: its values may have been converted. */
static void
test_log_is_made_anew(void)
{
    Modelled modelled;
    modelled_init(&modelled, rows[0].schema, PLAIN_SPEC);
    install(&modelled);
    scratch_run(&modelled.scratch, "DROP TABLE t; CREATE TABLE t(at INTEGER, k TEXT, v TEXT, w);");
    modelled_change(&modelled, "sources: {t: {from: t, time: at, time_unit: seconds}}\n"
                               "summaries: {s: {source: t, grains: [day], measures: "
                               "{n: count, low: min(v), k: max(k)}}}\n");
    g_autoptr(GPtrArray) statements = plan(&modelled);
    g_autofree char *text = golden_text(statements);
    golden_check("capture.sql", "a log of another type", text);
    install(&modelled);
    g_assert_null(tu_capture_problem(modelled.db, captured_of(&modelled)));
    modelled_clear(&modelled);
}

static void
test_release(void)
{
    Modelled modelled;
    modelled_init(&modelled, rows[0].schema, PLAIN_SPEC);
    install(&modelled);
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    tu_capture_plan_release(modelled.db, captured_of(&modelled), statements);
    g_autofree char *text = golden_text(statements);
    golden_check("capture.sql", "release", text);
    run_statements(modelled.db, statements);
    modelled_again(&modelled);
    g_autoptr(GPtrArray) none = g_ptr_array_new_with_free_func(g_free);
    tu_capture_plan_release(modelled.db, captured_of(&modelled), none);
    g_assert_cmpuint(none->len, ==, 0);
    modelled_clear(&modelled);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/capture/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/capture/changes", test_changes);
    g_test_add_func("/capture/hidden-rowid", test_hidden_rowid);
    g_test_add_func("/capture/log-grows", test_log_grows);
    g_test_add_func("/capture/log-is-made-anew", test_log_is_made_anew);
    g_test_add_func("/capture/release", test_release);
    return g_test_run();
}
