/* What the SQLite driver tells about a database: tables, keys, what a query reads. */
#include "driving.h"
#include "scratch.h"

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

/* ---- inspect: over t, under the alias x too, and u ---- */

#define VOLATILE " gives another answer another time, so cells could not be kept exact"
#define SUBQUERY "a sub-query reads rows that would not be watched"
#define ROWID "a rowid is not the row's own"

static const struct {
    const char *expression;
    const char *columns; /* sorted, with "." for the newline */
    TuType kind;
    const char *fault; /* behind the expression; NULL: there is none */
} inspections[] = {
    {"t.a", "t.a", TU_TYPE_NULL, NULL},
    {"x.A + X.B > x.c", "t.a t.b t.c", TU_TYPE_NULL, NULL},
    {"1", "", TU_TYPE_INTEGER, NULL},
    {"1.5", "", TU_TYPE_NULL, NULL},
    {"0x1e", "", TU_TYPE_INTEGER, NULL},
    {"'1'", "", TU_TYPE_NULL, NULL},
    {"t.a = u.d", "t.a u.d", TU_TYPE_NULL, NULL},
    {"t.id", "t.id", TU_TYPE_INTEGER, NULL},
    {"t.\"id\"", "t.id", TU_TYPE_INTEGER, NULL},
    {"d", "u.d", TU_TYPE_TEXT, NULL},
    {"t.r", "t.r", TU_TYPE_REAL, NULL},
    {"t.id + 1", "t.id", TU_TYPE_INTEGER, NULL},
    {"t.id + t.r", "t.id t.r", TU_TYPE_NULL, NULL},
    {"t.id / 2.0", "t.id", TU_TYPE_NULL, NULL},
    {"CAST(t.id AS REAL)", "t.id", TU_TYPE_NULL, NULL},
    {"CASE WHEN t.r > 0 THEN t.id END", "t.id t.r", TU_TYPE_NULL, NULL},
    {"CASE WHEN abs(t.id) > 0 THEN coalesce(t.id, 7) END", "t.id", TU_TYPE_INTEGER, NULL},
    {"Lower(d)", "u.d", TU_TYPE_NULL, NULL},
    {"Lower(d) || RANDOM()", "u.d", TU_TYPE_NULL, "random" VOLATILE},
    {"last_insert_rowid()", "", TU_TYPE_NULL, "last_insert_rowid" VOLATILE},
    {"CURRENT_TIMESTAMP", "", TU_TYPE_INTEGER, "current_timestamp" VOLATILE},
    {"date(d)", "u.d", TU_TYPE_NULL, NULL},
    {"date()", "", TU_TYPE_NULL, "date()" VOLATILE},
    {"date(d) > Time ( )", "u.d", TU_TYPE_NULL, "Time()" VOLATILE},
    {"strftime('%Y', 'NOW')", "", TU_TYPE_NULL, "'NOW'" VOLATILE},
    {"datetime(d, 'localtime')", "u.d", TU_TYPE_NULL, "'localtime'" VOLATILE},
    {"d = 'now'", "u.d", TU_TYPE_NULL, NULL},
    {"t.a IN (SELECT d FROM u)", "t.a u.d", TU_TYPE_NULL, SUBQUERY},
    {"(SELECT max(d) FROM u)", "u.d", TU_TYPE_NULL, SUBQUERY},
    {"t.rowid", "t.ROWID", TU_TYPE_NULL, ROWID},
    {"x.[_rowid_] > 1", "t.ROWID", TU_TYPE_NULL, ROWID},
    {"u.oid", "u.oid", TU_TYPE_INTEGER, NULL},
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

/* The two tables, one of them twice. */
typedef struct {
    TuTableInfo *t, *u;
} Probed;

static void
probed_init(Probed *probed, TuDatabase *db)
{
    probed->t = describe(db, "t");
    probed->u = describe(db, "u");
}

static gboolean
inspect(const Probed *probed, TuDatabase *db, const char *expression, TuInspection *ret_inspection,
        GError **error)
{
    static const char *const aliases[] = {"t", "x", "u"};
    const TuTableInfo *tables[] = {probed->t, probed->t, probed->u};
    TuProbe probe = {expression, tables, aliases, G_N_ELEMENTS(aliases)};
    return tu_database_inspect(db, &probe, ret_inspection, error);
}

static void
probed_clear(Probed *probed)
{
    tu_table_info_free(probed->t);
    tu_table_info_free(probed->u);
}

static void
assert_inspection(guint row, const TuInspection *inspection)
{
    const char *expression = inspections[row].expression;
    g_autofree char *columns = sorted_keys(inspection->columns);
    g_autofree char *fault = inspections[row].fault != NULL
                                 ? g_strdup_printf("`%s`: %s", expression, inspections[row].fault)
                                 : NULL;
    g_test_message("%s", expression);
    g_assert_cmpstr(columns, ==, inspections[row].columns);
    g_assert_cmpstr(inspection->fault, ==, fault);
    g_assert_cmpint(inspection->help != NULL, ==, fault != NULL);
    g_assert_cmpint(inspection->type.kind, ==, inspections[row].kind);
    g_assert_null(inspection->type.column);
    g_assert_cmpint(inspection->type.scale, ==, -1);
}

static void
test_inspect(void)
{
    Scratch scratch;
    Probed probed;
    scratch_init(&scratch, "CREATE TABLE t(a, b, c, id INTEGER, r REAL);"
                           "CREATE TABLE u(d TEXT, oid INTEGER)");
    g_autoptr(TuDatabase) db = scratch_open(&scratch, TU_OPEN_READ);
    probed_init(&probed, db);
    for (guint i = 0; i < G_N_ELEMENTS(inspections); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TuInspection) inspection = {0};
        must(inspect(&probed, db, inspections[i].expression, &inspection, &error), error);
        assert_inspection(i, &inspection);
    }
    g_autoptr(GError) error = NULL;
    g_auto(TuInspection) inspection = {0};
    g_assert_false(inspect(&probed, db, "absent", &inspection, &error));
    assert_error(error, TU_ERROR_DATABASE, "no such column: absent");
    g_assert_null(inspection.columns);
    probed_clear(&probed);
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
        {"SELECT * FROM t WHERE a = ?1 AND b > ?2", TRUE},
        {"SELECT * FROM t WHERE b > ?1", FALSE},
        {"SELECT * FROM t", FALSE},
        {"SELECT * FROM t WHERE rowid = ?1", TRUE},
        {"SELECT * FROM t JOIN u ON u.c = t.b WHERE t.a = ?1", FALSE},
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
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    gint64 version = 0;
    g_ptr_array_add(tables, g_strdup("t"));
    must(tu_database_schema_version(db, tables, &version, &error), error);
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite-describe/columns", test_columns);
    g_test_add_func("/sqlite-describe/tables", test_tables);
    g_test_add_func("/sqlite-describe/keys", test_keys);
    g_test_add_func("/sqlite-describe/inspect", test_inspect);
    g_test_add_func("/sqlite-describe/uses-index", test_uses_index);
    g_test_add_func("/sqlite-describe/schema-version", test_schema_version);
    return g_test_run();
}
