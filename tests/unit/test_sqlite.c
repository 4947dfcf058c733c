/* The SQLite driver: opening, statements, transactions, what it tells about a database, locks. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driving.h"
#include "scratch.h"
#include "value_rows.h"

/* ---- opening ---- */

typedef struct {
    const char *label;
    const char *url; /* %s: the folder */
    TuErrorCode code;
    const char *part;
} OpenRow;

static const OpenRow opens[] = {
    {"missing", "sqlite:%s/none.db", TU_ERROR_CONNECT, "none.db: there is no such database file"},
    {"missing folder", "sqlite:%s/no/a.db", TU_ERROR_CONNECT, "there is no such database file"},
    {"a folder", "sqlite:%s", TU_ERROR_CONNECT, "there is no such database file"},
    {"not a database", "sqlite:%s/text.db", TU_ERROR_CONNECT, "this is not an SQLite database"},
    {"nothing after the colon", "sqlite:", TU_ERROR_CONNECT, "there is no such database file"},
    {"no PostgreSQL server", "postgresql://u:secret@127.0.0.1:1/d", TU_ERROR_CONNECT, "127.0.0.1"},
    {"no MariaDB server", "mariadb://u:secret@127.0.0.1:1/d", TU_ERROR_CONNECT, "127.0.0.1"},
    {"no MySQL server", "mysql://u:secret@127.0.0.1:1/d", TU_ERROR_CONNECT, "127.0.0.1"},
    {"another database", "oracle://u:secret@h/d", TU_ERROR_CONFIG, "`oracle:...`"},
    {"no database", "nonsense", TU_ERROR_CONFIG,
     "write sqlite:PATH, postgresql://... or mariadb://..."},
};

static void
test_open_error(gconstpointer data)
{
    const OpenRow *row = data;
    Scratch scratch;
    TuDatabase *db = NULL;
    g_autoptr(GError) error = NULL;
    scratch_init(&scratch, "CREATE TABLE t(a)");
    g_autofree char *text = g_build_filename(scratch.directory, "text.db", NULL);
    g_autofree char *long_text = g_strnfill(5000, 'x');
    g_assert_true(g_file_set_contents(text, long_text, -1, NULL));
    g_auto(GStrv) parts = g_strsplit(row->url, "%s", 2);
    g_autofree char *url = g_strjoinv(scratch.directory, parts);
    g_assert_false(tu_database_open(url, NULL, TU_OPEN_WRITE, &db, &error));
    g_assert_null(db);
    assert_error(error, row->code, row->part);
    g_assert_null(strstr(error->message, "secret"));
    g_assert_false(g_file_test(url + strlen("sqlite:"), G_FILE_TEST_IS_REGULAR) &&
                   g_str_equal(row->label, "missing"));
    (void)g_unlink(text);
    scratch_clear(&scratch);
}

/* A relative path starts at the spec's folder. */
static void
test_open_relative(void)
{
    static const char *const urls[] = {"sqlite:a.db", "sqlite://a.db"};
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a); INSERT INTO t VALUES (42)");
    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(TuDatabase) db = NULL;
        g_autoptr(GError) error = NULL;
        must(tu_database_open(urls[i], scratch.directory, TU_OPEN_READ, &db, &error), error);
        g_assert_cmpint(ask(db, "SELECT a FROM t"), ==, 42);
        g_assert_cmpstr(tu_database_label(db), ==, scratch.url);
        g_assert_cmpstr(tu_database_dialect(db)->name, ==, "sqlite");
    }
    scratch_clear(&scratch);
}

static void
test_read_only_session(void)
{
    Scratch scratch;
    g_autoptr(GError) error = NULL;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    TuDatabase *db = scratch_open(&scratch, TU_OPEN_READ);
    g_assert_cmpint(ask(db, "SELECT count(*) FROM t"), ==, 0);
    g_assert_false(tu_database_execute(db, "INSERT INTO t VALUES (1)", &error));
    assert_error(error, TU_ERROR_SYSTEM, "readonly");
    tu_database_close(db);
    scratch_clear(&scratch);
}

/* Root may write any file, so the file system's rights are tried as somebody else. */
static void
test_read_only_file(void)
{
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a)");
    g_assert_cmpint(g_chmod(scratch.path, 0444), ==, 0);
    g_assert_cmpint(g_chmod(scratch.directory, 0555), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        TuDatabase *db = NULL;
        g_autoptr(GError) error = NULL;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(2);
        gboolean is_open = tu_database_open(scratch.url, NULL, TU_OPEN_WRITE, &db, &error);
        _exit(!is_open && tu_error_is(error, TU_ERROR_SYSTEM) &&
                      strstr(error->message, "read-only") != NULL
                  ? 0
                  : 1);
    }
    int status = -1;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(g_chmod(scratch.directory, 0755), ==, 0);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    scratch_clear(&scratch);
}

/* What is to be said about the database as a whole. */
static char *
hazards_text(TuDatabase *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) hazards = tu_hazards_new();
    GString *text = g_string_new(NULL);
    must(tu_database_hazards(db, hazards, &error), error);
    for (guint i = 0; i < hazards->len; i++) {
        const TuHazard *hazard = g_ptr_array_index(hazards, i);
        g_assert_false(hazard->is_of_capture);
        g_string_append_printf(text, "%s: %s: %s", hazard->is_error ? "error" : "warning",
                               hazard->message, hazard->help);
    }
    return g_string_free(text, FALSE);
}

static void
test_hazards(void)
{
    Scratch scratch;
    scratch_init(&scratch, "PRAGMA journal_mode = DELETE; CREATE TABLE t(a)");
    TuDatabase *db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autofree char *warning = hazards_text(db);
    g_assert_cmpstr(warning, ==,
                    "warning: the journal mode is delete: writers wait while trueup reads: run "
                    "`PRAGMA journal_mode = WAL` once");
    execute(db, "PRAGMA journal_mode = WAL");
    g_autofree char *none = hazards_text(db);
    g_assert_cmpstr(none, ==, "");
    tu_database_close(db);
    scratch_clear(&scratch);
}

/* ---- statements ---- */

static const struct {
    const char *label;
    TuValue value;
} values[] = {
    {"null", NIL},
    {"integer", I(-5)},
    {"largest integer", I(G_MAXINT64)},
    {"least integer", I(G_MININT64)},
    {"real", R(0.1)},
    {"integral real", R(3.0)},
    {"infinity", R(-INFINITY)},
    {"least real", R(5e-324)},
    {"text", T("JFK")},
    {"empty text", T("")},
    {"text with a NUL", T("a\0b")},
    {"bytes that are no text", T("\xff\xfe")},
    {"blob", B("x\0y")},
    {"empty blob", B("")},
};

/* Goes in, is of its type there, comes out the same. */
static void
test_values(void)
{
    static const char *const types[] = {"null", "integer", "real", "text", "blob"};
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(TuStatement) statement = NULL;
    must(tu_database_prepare(db, "SELECT ?1, typeof(?1), ?2", &statement, &error), error);
    g_assert_cmpuint(tu_statement_columns(statement), ==, 3);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        TuValue parameters[] = {values[i].value, I((gint64)i)};
        gboolean has_row = FALSE;
        must(tu_statement_bind(statement, parameters, 2, &error), error);
        must(tu_statement_step(statement, &has_row, &error), error);
        g_assert_true(has_row);
        assert_value(values[i].label, tu_statement_value(statement, 0), values[i].value);
        assert_value(values[i].label, tu_statement_value(statement, 1),
                     tu_value_text(types[values[i].value.type]));
        assert_value(values[i].label, tu_statement_value(statement, 2), I((gint64)i));
        must(tu_statement_step(statement, &has_row, &error), error);
        g_assert_false(has_row);
    }
    g_clear_pointer(&statement, tu_statement_free);
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

static void
test_rows_and_changes(void)
{
    Scratch scratch;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(GError) error = NULL;
    gint64 n = -1;
    gboolean found = TRUE;
    TuValue one = I(1);
    execute(db, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (3)");
    must(tu_database_run(db, "UPDATE t SET a = a + 10 WHERE a > ?", &one, 1, &n, &error), error);
    g_assert_cmpint(n, ==, 2);
    must(tu_database_run(db, "DELETE FROM t WHERE a = ?", &one, 1, &n, &error), error);
    g_assert_cmpint(n, ==, 1);
    must(tu_database_run(db, "DELETE FROM t WHERE a = ?", &one, 1, &n, &error), error);
    g_assert_cmpint(n, ==, 0);
    g_assert_cmpint(ask(db, "SELECT sum(a) FROM t"), ==, 25);
    must(tu_database_integer(db, "SELECT a FROM t WHERE a = ?", &one, 1, &found, &n, &error),
         error);
    g_assert_false(found);
    must(tu_database_integer(db, "SELECT NULL WHERE ? = 1", &one, 1, &found, &n, &error), error);
    g_assert_false(found);
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

static const struct {
    const char *sql;
    TuErrorCode code;
    const char *part;
} wrong[] = {
    {"SELECT absent FROM t", TU_ERROR_DATABASE, "no such column: absent"},
    {"SELECT \"absent\" FROM t", TU_ERROR_DATABASE, "no such column: absent"},
    {"SELEC 1", TU_ERROR_DATABASE, "syntax error"},
    {"SELECT * FROM u", TU_ERROR_DATABASE, "no such table: u"},
    {"INSERT INTO t VALUES (1)", TU_ERROR_DATABASE, "UNIQUE"},
    {"INSERT INTO t VALUES (9223372036854775807 + abs(-9223372036854775808))", TU_ERROR_DATABASE,
     "integer overflow"},
};

static void
test_wrong_statements(void)
{
    Scratch scratch;
    scratch_init(&scratch, WAL "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) run = NULL;
        g_autoptr(GError) executed = NULL;
        g_assert_false(tu_database_run(db, wrong[i].sql, NULL, 0, NULL, &run));
        assert_error(run, wrong[i].code, wrong[i].part);
        assert_error(run, wrong[i].code, wrong[i].sql);
        g_assert_false(tu_database_execute(db, wrong[i].sql, &executed));
        assert_error(executed, wrong[i].code, wrong[i].part);
    }
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

static void
test_cancel(void)
{
    Scratch scratch;
    volatile _Atomic int is_cancelled = 0;
    scratch_init(&scratch, "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(GError) error = NULL;
    tu_database_set_cancel(db, &is_cancelled);
    g_assert_cmpint(ask(db, "SELECT 1"), ==, 1);
    is_cancelled = 1;
    g_assert_false(tu_database_execute(
        db,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        &error));
    assert_error(error, TU_ERROR_CANCELLED, "stopped by a signal");
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

/* ---- transactions ---- */

static void
test_transactions(void)
{
    Scratch scratch;
    g_autoptr(GError) error = NULL;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(TuDatabase) other = scratch_open(&scratch, TU_OPEN_WRITE);
    {
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_write(&txn, db, &error), error);
        execute(db, "INSERT INTO t VALUES (1)");
        g_assert_cmpint(ask(other, "SELECT count(*) FROM t"), ==, 0);
    }
    g_assert_cmpint(ask(db, "SELECT count(*) FROM t"), ==, 0);
    {
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_write(&txn, db, &error), error);
        execute(db, "INSERT INTO t VALUES (1)");
        must(tu_transaction_commit(&txn, &error), error);
        g_assert_null(txn.db);
    }
    g_assert_cmpint(ask(other, "SELECT count(*) FROM t"), ==, 1);
    {
        /* The snapshot is taken at once, not with the first query. */
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_read(&txn, db, NULL, &error), error);
        execute(other, "INSERT INTO t VALUES (2)");
        g_assert_cmpint(ask(db, "SELECT count(*) FROM t"), ==, 1);
        tu_transaction_clear(&txn);
        g_assert_cmpint(ask(db, "SELECT count(*) FROM t"), ==, 2);
        tu_transaction_clear(&txn);
    }
    g_clear_pointer(&other, tu_database_close);
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

/* Waits out the busy time-out once: some seconds. */
static void
test_busy(void)
{
    Scratch scratch;
    g_autoptr(GError) error = NULL;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) holder = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    {
        g_auto(TuTransaction) held = TU_TRANSACTION_INIT;
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_write(&held, holder, &error), error);
        g_assert_false(tu_transaction_begin_write(&txn, db, &error));
        assert_error(error, TU_ERROR_BUSY, "another process held it too long");
        g_assert_null(txn.db);
        g_clear_error(&error);
        must(tu_transaction_begin_read(&txn, db, NULL, &error), error);
    }
    {
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_write(&txn, db, &error), error);
    }
    g_clear_pointer(&db, tu_database_close);
    g_clear_pointer(&holder, tu_database_close);
    scratch_clear(&scratch);
}

/* ---- locks ---- */

static char *
try_lock(TuDatabase *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    char *holder = NULL;
    must(tu_database_try_lock(db, name, &holder, &error), error);
    return holder;
}

static void
test_lock(void)
{
    Scratch scratch;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) a = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autoptr(TuDatabase) b = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autofree char *me = g_strdup_printf("%s, pid %d", g_get_host_name(), (int)getpid());
    g_assert_null(try_lock(a, "flight"));
    g_autofree char *holder = try_lock(b, "flight");
    g_assert_cmpstr(holder, ==, me);
    g_assert_null(try_lock(b, "bill"));
    g_assert_null(try_lock(a, "flight"));
    tu_database_unlock(a, "flight");
    g_assert_null(try_lock(b, "flight"));
    /* It goes with its connection. */
    g_clear_pointer(&b, tu_database_close);
    g_assert_null(try_lock(a, "flight"));
    g_clear_pointer(&a, tu_database_close);
    scratch_clear(&scratch);
}

/* A process that is killed cannot clean up; its lock goes all the same. */
static void
test_lock_of_the_dead(void)
{
    Scratch scratch;
    int ready[2];
    char byte = 0;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_assert_cmpint(pipe(ready), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        TuDatabase *own = scratch_open(&scratch, TU_OPEN_WRITE);
        g_autofree char *holder = try_lock(own, "flight");
        if (holder != NULL || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    close(ready[0]);
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autofree char *holder = try_lock(db, "flight");
    g_autofree char *wanted = g_strdup_printf("%s, pid %d", g_get_host_name(), (int)child);
    g_assert_cmpstr(holder, ==, wanted);
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    g_assert_null(try_lock(db, "flight"));
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

/* ---- buckets ---- */

static void
test_buckets(void)
{
    char text[64];
    TuBucket bucket = 0;
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    assert_value("day", tu_database_bucket_value(db, TU_GRAIN_DAY, 19000, text), T("2022-01-08"));
    TuValue day = T("2022-01-08");
    g_assert_true(tu_database_bucket_parse(db, TU_GRAIN_DAY, &day, &bucket));
    g_assert_cmpint(bucket, ==, 19000);
    TuValue hour = T("2022-01-08T10:00:00Z");
    g_assert_true(tu_database_bucket_parse(db, TU_GRAIN_HOUR, &hour, &bucket));
    g_assert_cmpint(bucket, ==, (19000 * 24 + 10) * G_GINT64_CONSTANT(3600000000));
    g_assert_false(tu_database_bucket_parse(db, TU_GRAIN_DAY, &hour, &bucket));
    TuValue number = I(19000);
    g_assert_false(tu_database_bucket_parse(db, TU_GRAIN_DAY, &number, &bucket));
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(opens); i++) {
        g_autofree char *path = g_strdup_printf("/sqlite/open/%s", opens[i].label);
        g_test_add_data_func(path, &opens[i], test_open_error);
    }
    g_test_add_func("/sqlite/open/relative", test_open_relative);
    g_test_add_func("/sqlite/open/read-only-session", test_read_only_session);
    g_test_add_func("/sqlite/open/read-only-file", test_read_only_file);
    g_test_add_func("/sqlite/hazards", test_hazards);
    g_test_add_func("/sqlite/values", test_values);
    g_test_add_func("/sqlite/rows-and-changes", test_rows_and_changes);
    g_test_add_func("/sqlite/wrong-statements", test_wrong_statements);
    g_test_add_func("/sqlite/cancel", test_cancel);
    g_test_add_func("/sqlite/transactions", test_transactions);
    g_test_add_func("/sqlite/busy", test_busy);
    g_test_add_func("/sqlite/lock", test_lock);
    g_test_add_func("/sqlite/lock-of-the-dead", test_lock_of_the_dead);
    g_test_add_func("/sqlite/buckets", test_buckets);
    return g_test_run();
}
