/* The SQLite driver: opening, statements, transactions, what it tells about a database, locks. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "value_rows.h"

#define WAL "PRAGMA journal_mode = WAL;"

static void
must(gboolean is_ok, const GError *error)
{
    if (!is_ok)
        g_error("%s", error->message);
}

static void
execute(TuDatabase *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    must(tu_database_execute(db, sql, &error), error);
}

static gint64
ask(TuDatabase *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    gint64 integer = 0;
    must(tu_database_integer(db, sql, NULL, 0, &found, &integer, &error), error);
    g_assert_true(found);
    return integer;
}

/* The error's code, and that its message has `part`. */
static void
assert_error(const GError *error, TuErrorCode code, const char *part)
{
    g_assert_nonnull(error);
    if (!tu_error_is(error, code) || strstr(error->message, part) == NULL)
        g_error("code %d: %s; wanted code %d with: %s", error->code, error->message, (int)code,
                part);
}

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
    {"another database", "postgresql://u:secret@h/d", TU_ERROR_CONFIG, "`postgresql:...`"},
    {"no database", "nonsense", TU_ERROR_CONFIG, "write `database: sqlite:PATH`"},
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

static void
test_warning(void)
{
    Scratch scratch;
    scratch_init(&scratch, "PRAGMA journal_mode = DELETE; CREATE TABLE t(a)");
    TuDatabase *db = scratch_open(&scratch, TU_OPEN_WRITE);
    g_autofree char *warning = tu_database_warning(db);
    g_assert_nonnull(strstr(warning, "the journal mode is delete"));
    execute(db, "PRAGMA journal_mode = WAL");
    g_assert_null(tu_database_warning(db));
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
    volatile int is_cancelled = 0;
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
        must(tu_transaction_begin_read(&txn, db, &error), error);
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
        must(tu_transaction_begin_read(&txn, db, &error), error);
    }
    {
        g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
        must(tu_transaction_begin_write(&txn, db, &error), error);
    }
    g_clear_pointer(&db, tu_database_close);
    g_clear_pointer(&holder, tu_database_close);
    scratch_clear(&scratch);
}

/* ---- describe ---- */

static const char described[] =
    WAL "CREATE TABLE plain(id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x' "
        "COLLATE NOCASE, n BIGINT, price DOUBLE, money DECIMAL(10,2), raw BLOB, bare, "
        "day DATE, twice INTEGER AS (n * 2), kept INTEGER AS (n * 3) STORED, "
        "UNIQUE (name, n), UNIQUE (price));"
        "CREATE UNIQUE INDEX by_lower ON plain(lower(name), n);"
        "CREATE UNIQUE INDEX by_rtrim ON plain(day COLLATE RTRIM);"
        "CREATE INDEX not_unique ON plain(bare);"
        "CREATE TRIGGER b BEFORE UPDATE ON plain BEGIN SELECT 1; END;"
        "CREATE TRIGGER a AFTER INSERT ON Plain BEGIN SELECT 2; END;"
        "CREATE TABLE no_rowid(b TEXT, a INT, v ANY, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "CREATE TABLE strict_one(a INT, b ANY, c TEXT PRIMARY KEY) STRICT;"
        "CREATE TABLE no_key(a);"
        "CREATE VIEW seen AS SELECT 1 AS one;"
        "CREATE VIRTUAL TABLE words USING fts5(text);";

typedef struct {
    const char *table, *column;
    TuType kind;
    const char *log_type;
    gboolean is_nullable, has_default, is_generated;
    guint key_position;
} ColumnRow;

static const ColumnRow described_columns[] = {
    {"plain", "id", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, FALSE, 1},
    {"plain", "name", TU_TYPE_TEXT, "TEXT COLLATE NOCASE", FALSE, TRUE, FALSE, 0},
    {"plain", "n", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, FALSE, 0},
    {"plain", "price", TU_TYPE_REAL, "REAL", TRUE, FALSE, FALSE, 0},
    {"plain", "money", TU_TYPE_NULL, "NUMERIC", TRUE, FALSE, FALSE, 0},
    {"plain", "raw", TU_TYPE_BLOB, "", TRUE, FALSE, FALSE, 0},
    {"plain", "bare", TU_TYPE_BLOB, "", TRUE, FALSE, FALSE, 0},
    {"plain", "day", TU_TYPE_NULL, "NUMERIC", TRUE, FALSE, FALSE, 0},
    {"plain", "twice", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, TRUE, 0},
    {"plain", "kept", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, TRUE, 0},
    {"PLAIN", "ID", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, FALSE, 1},
    {"no_rowid", "a", TU_TYPE_INTEGER, "INTEGER", FALSE, FALSE, FALSE, 1},
    {"no_rowid", "b", TU_TYPE_TEXT, "TEXT", FALSE, FALSE, FALSE, 2},
    {"no_rowid", "v", TU_TYPE_NULL, "NUMERIC", TRUE, FALSE, FALSE, 0},
    {"strict_one", "a", TU_TYPE_INTEGER, "INTEGER", TRUE, FALSE, FALSE, 0},
    {"strict_one", "b", TU_TYPE_BLOB, "", TRUE, FALSE, FALSE, 0},
};

static TuTableInfo *
describe(TuDatabase *db, const char *table)
{
    g_autoptr(GError) error = NULL;
    TuTableInfo *info = NULL;
    must(tu_database_describe(db, table, &info, &error), error);
    return info;
}

static void
test_columns(void)
{
    Scratch scratch;
    scratch_init(&scratch, described);
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(described_columns); i++) {
        const ColumnRow *row = &described_columns[i];
        g_autoptr(TuTableInfo) info = describe(db, row->table);
        const TuColumnInfo *column = tu_table_info_column(info, row->column);
        g_test_message("%s.%s", row->table, row->column);
        g_assert_nonnull(column);
        g_assert_cmpint(column->kind, ==, row->kind);
        g_assert_cmpstr(column->log_type, ==, row->log_type);
        g_assert_cmpint(column->is_nullable, ==, row->is_nullable);
        g_assert_cmpint(column->default_text != NULL, ==, row->has_default);
        g_assert_cmpint(column->is_generated, ==, row->is_generated);
        g_assert_cmpuint(column->key_position, ==, row->key_position);
    }
    g_autoptr(TuTableInfo) info = describe(db, "plain");
    g_assert_cmpuint(info->columns->len, ==, 10);
    g_assert_null(tu_table_info_column(info, "nothing"));
    g_assert_cmpstr(tu_table_info_column(info, "money")->declared_type, ==, "DECIMAL(10,2)");
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

typedef struct {
    const char *table;
    gboolean is_table, has_rowid;
    guint n_keys, n_triggers, n_indexes;
} TableRow;

static const TableRow described_tables[] = {
    {"plain", TRUE, TRUE, 5, 2, 5},      {"no_rowid", TRUE, FALSE, 1, 0, 1},
    {"strict_one", TRUE, TRUE, 1, 0, 1}, {"no_key", TRUE, TRUE, 0, 0, 0},
    {"seen", FALSE, TRUE, 0, 0, 0},      {"words", FALSE, TRUE, 0, 0, 0},
};

static void
test_tables(void)
{
    Scratch scratch;
    scratch_init(&scratch, described);
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(described_tables); i++) {
        const TableRow *row = &described_tables[i];
        g_autoptr(TuTableInfo) info = describe(db, row->table);
        g_test_message("%s", row->table);
        g_assert_cmpstr(info->name, ==, row->table);
        g_assert_cmpint(info->is_table, ==, row->is_table);
        if (row->is_table)
            g_assert_cmpint(info->has_rowid, ==, row->has_rowid);
        g_assert_cmpuint(info->unique->len, ==, row->n_keys);
        g_assert_cmpuint(info->triggers->len, ==, row->n_triggers);
        g_assert_cmpuint(info->indexes->len, ==, row->n_indexes);
        g_assert_true(g_str_has_prefix(info->create_text, "CREATE "));
    }
    g_assert_null(describe(db, "nothing"));
    g_autoptr(TuTableInfo) info = describe(db, "plain");
    const TuTriggerInfo *first = g_ptr_array_index(info->triggers, 0);
    g_assert_cmpstr(first->name, ==, "a");
    g_assert_cmpstr(first->text, ==, "CREATE TRIGGER a AFTER INSERT ON Plain BEGIN SELECT 2; END");
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

/* "column collation, ..." of a key; an expression is as it was written. */
static char *
key_text(const TuUniqueKey *key)
{
    GString *text = g_string_new(key->is_primary ? "primary: " : "");
    for (guint i = 0; i < key->columns->len; i++) {
        const char *column = g_ptr_array_index(key->columns, i);
        g_string_append_printf(
            text, "%s%s %s", i == 0 ? "" : ", ",
            column != NULL ? column : (const char *)g_ptr_array_index(key->expressions, i),
            (const char *)g_ptr_array_index(key->collations, i));
    }
    return g_string_free(text, FALSE);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
test_keys(void)
{
    static const struct {
        const char *table;
        const char *keys;
    } rows[] = {
        {"plain", "day RTRIM; lower(name) BINARY, n BINARY; name NOCASE, n BINARY; price BINARY; "
                  "primary: id BINARY"},
        {"no_rowid", "primary: a BINARY, b BINARY"},
        {"strict_one", "primary: c BINARY"},
        {"no_key", ""},
    };
    Scratch scratch;
    scratch_init(&scratch, described);
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TuTableInfo) info = describe(db, rows[i].table);
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        for (guint k = 0; k < info->unique->len; k++)
            g_ptr_array_add(keys, key_text(g_ptr_array_index(info->unique, k)));
        g_ptr_array_sort(keys, compare_texts);
        g_ptr_array_add(keys, NULL);
        g_autofree char *text = g_strjoinv("; ", (char **)keys->pdata);
        g_assert_cmpstr(text, ==, rows[i].keys);
    }
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

/* ---- inspect ---- */

static const struct {
    const char *sql;
    const char *columns; /* sorted, with "." for the newline */
    const char *functions;
    guint selects;
} inspections[] = {
    {"SELECT a FROM t", "t.a", "", 1},
    {"SELECT x.a + X.B FROM t AS x WHERE x.c > 1", "t.a t.b t.c", "", 1},
    {"SELECT 1 FROM t", "", "", 1},
    {"SELECT t.a FROM t JOIN u ON u.d = t.a", "t.a u.d", "", 1},
    {"SELECT Lower(a), RANDOM() FROM t", "t.a", "lower random", 1},
    {"SELECT a FROM t WHERE a IN (SELECT d FROM u)", "t.a u.d", "", 2},
    {"SELECT (SELECT max(d) FROM u) FROM t", "u.d", "max", 2},
    {"SELECT rowid FROM t", "t.ROWID", "", 1},
    {"SELECT id FROM t", "t.id", "", 1},
};

static char *
sorted_keys(GHashTable *set)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_ptr_array_add(keys, key);
    g_ptr_array_sort(keys, compare_texts);
    g_ptr_array_add(keys, NULL);
    return g_strdelimit(g_strjoinv(" ", (char **)keys->pdata), "\n", '.');
}

static void
test_inspect(void)
{
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a, b, c, id INTEGER); CREATE TABLE u(d)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(inspections); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuInspection) inspection = {0};
        g_test_message("%s", inspections[i].sql);
        must(tu_database_inspect(db, inspections[i].sql, &inspection, &error), error);
        g_autofree char *columns = sorted_keys(inspection.columns);
        g_autofree char *functions = sorted_keys(inspection.functions);
        g_assert_cmpstr(columns, ==, inspections[i].columns);
        g_assert_cmpstr(functions, ==, inspections[i].functions);
        g_assert_cmpuint(inspection.selects, ==, inspections[i].selects);
    }
    g_autoptr(GError) error = NULL;
    g_auto(TuInspection) inspection = {0};
    g_assert_false(tu_database_inspect(db, "SELECT absent FROM t", &inspection, &error));
    assert_error(error, TU_ERROR_DATABASE, "no such column: absent");
    g_assert_null(inspection.columns);
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

static void
test_uses_index(void)
{
    static const struct {
        const char *sql;
        gboolean uses;
    } rows[] = {
        {"SELECT * FROM t WHERE a = ? AND b > ?", TRUE},
        {"SELECT * FROM t WHERE b > ?", FALSE},
        {"SELECT * FROM t", FALSE},
        {"SELECT * FROM t WHERE rowid = ?", TRUE},
        {"SELECT * FROM t JOIN u ON u.c = t.b WHERE t.a = ?", FALSE},
    };
    Scratch scratch;
    scratch_init(&scratch, "CREATE TABLE t(a, b); CREATE INDEX i ON t(a, b); CREATE TABLE u(c)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gboolean uses = FALSE;
        g_test_message("%s", rows[i].sql);
        must(tu_database_uses_index(db, rows[i].sql, &uses, &error), error);
        g_assert_cmpint(uses, ==, rows[i].uses);
    }
    g_clear_pointer(&db, tu_database_close);
    scratch_clear(&scratch);
}

static gint64
schema_version(TuDatabase *db)
{
    g_autoptr(GError) error = NULL;
    gint64 version = 0;
    must(tu_database_schema_version(db, &version, &error), error);
    return version;
}

static void
test_schema_version(void)
{
    static const char *const changes[] = {"CREATE TABLE u(a)", "CREATE INDEX i ON t(a)",
                                          "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
                                          "ALTER TABLE t ADD COLUMN b", "DROP TRIGGER g"};
    Scratch scratch;
    scratch_init(&scratch, WAL "CREATE TABLE t(a)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    gint64 before = schema_version(db);
    scratch_run(&scratch, "INSERT INTO t VALUES (1)");
    g_assert_cmpint(schema_version(db), ==, before);
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        scratch_run(&scratch, changes[i]);
        gint64 after = schema_version(db);
        g_assert_cmpint(after, !=, before);
        before = after;
    }
    g_clear_pointer(&db, tu_database_close);
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
    g_test_add_func("/sqlite/warning", test_warning);
    g_test_add_func("/sqlite/values", test_values);
    g_test_add_func("/sqlite/rows-and-changes", test_rows_and_changes);
    g_test_add_func("/sqlite/wrong-statements", test_wrong_statements);
    g_test_add_func("/sqlite/cancel", test_cancel);
    g_test_add_func("/sqlite/transactions", test_transactions);
    g_test_add_func("/sqlite/busy", test_busy);
    g_test_add_func("/sqlite/describe/columns", test_columns);
    g_test_add_func("/sqlite/describe/tables", test_tables);
    g_test_add_func("/sqlite/describe/keys", test_keys);
    g_test_add_func("/sqlite/inspect", test_inspect);
    g_test_add_func("/sqlite/uses-index", test_uses_index);
    g_test_add_func("/sqlite/schema-version", test_schema_version);
    g_test_add_func("/sqlite/lock", test_lock);
    g_test_add_func("/sqlite/lock-of-the-dead", test_lock_of_the_dead);
    g_test_add_func("/sqlite/buckets", test_buckets);
    return g_test_run();
}
