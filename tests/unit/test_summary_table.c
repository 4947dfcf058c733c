/* Summary tables in SQL: how they are made, read and written; existing ones completed or
 * refused. */
#include "golden.h"
#include "modelled.h"
#include "schema/summary_table.h"
#include "table_statements.h"

static const char source_schema[] =
    "CREATE TABLE t(at INTEGER, shop TEXT, k TEXT, v INTEGER, w INTEGER NOT NULL, r REAL, x);"
    "CREATE TABLE shop(id TEXT, tz TEXT);";

#define SOURCES                                                                                    \
    "tenants: {table: shop, key: id, time_zone: tz}\n"                                             \
    "sources: {t: {from: t, tenant: shop, time: at, time_unit: seconds}}\n"
#define NO_TENANT "sources: {t: {from: t, time: at, time_unit: seconds}}\n"

typedef struct {
    const char *label;
    const char *yaml;
} Row;

static const Row rows[] = {
    {"wide, folding",
     SOURCES "summaries: {s: {source: t, grains: [hour, month], columns: "
             "{tenant: shop, bucket: {hour: at, month: month}}, "
             "dimensions: {kind: k, other: w}, measures: {n: count, big: count "
             "where v > 5, total: sum(v), sure: sum(w), any: sum(x), mean: avg(v)}}}\n"},
    {"wide, recomputed", SOURCES "summaries: {s: {source: t, grains: [day], dimensions: {kind: k}, "
                                 "measures: {n: count, low: min(v), high: max(k), price: sum(r), "
                                 "kinds: count_distinct(k)}}}\n"},
    {"no tenant, no dimension", NO_TENANT "summaries: {s: {source: t, grains: [day], "
                                          "measures: {n: count}}}\n"},
    {"long", SOURCES "summaries: {s: {table: long_table, grains: [day], columns: {series: what}, "
                     "measures: {value: count}, dimensions: {kind: null}, series: {"
                     "rows: {source: t}, sums: {source: t, where: v > 0, measures: "
                     "{value: sum(v)}, dimensions: {kind: k}}}}}\n"},
    {"names that need quotes",
     NO_TENANT "summaries: {s: {source: t, table: '\"my table\"', grains: [day], columns: {bucket: "
               "from}, dimensions: {group: k}, measures: {order: count, 'a b': sum(v)}}}\n"},
};

static TuSummaryTable *
table_of(const Modelled *modelled, guint index)
{
    if (modelled->model == NULL) {
        g_autofree char *text = findings_text(modelled->findings);
        g_error("%s", text);
    }
    const TuSummaryModel *summary = g_ptr_array_index(modelled->model->summaries, 0);
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (summary->tables[grain] != NULL && index-- == 0)
            return summary->tables[grain];
    return NULL;
}

/* The plan of all tables; what does not fit goes into `findings`. */
static GPtrArray *
plan(const Modelled *modelled, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    TuSummaryTable *table;
    for (guint i = 0; (table = table_of(modelled, i)) != NULL; i++)
        if (!tu_summary_table_plan(modelled->db, table, statements, findings, &error))
            g_error("%s", error->message);
    return statements;
}

/* Every statement over the table, as one text; SQLite must take each. */
static char *
statements_text(const Modelled *modelled, const TuSummaryTable *table)
{
    g_autoptr(GPtrArray) statements = table_statements(modelled->db, table);
    for (guint i = 0; i < statements->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TuStatement) statement = NULL;
        if (!tu_database_prepare(modelled->db, g_ptr_array_index(statements, i), &statement,
                                 &error))
            g_error("%s", error->message);
    }
    return golden_text(statements);
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    Modelled modelled;
    modelled_init(&modelled, source_schema, row->yaml);
    g_autoptr(GPtrArray) statements = plan(&modelled, modelled.findings);
    g_assert_cmpuint(modelled.findings->len, ==, 0);
    run_statements(modelled.db, statements);
    g_autofree char *made = golden_text(statements);
    g_autofree char *used = statements_text(&modelled, table_of(&modelled, 0));
    g_autofree char *text = g_strconcat(made, used, NULL);
    golden_check("summary_table.sql", row->label, text);
    modelled_again(&modelled);
    g_autoptr(GPtrArray) again = plan(&modelled, modelled.findings);
    g_assert_cmpuint(again->len, ==, 0);
    modelled_clear(&modelled);
}

/* ---- what the statements do ---- */

static void
run_with(TuDatabase *db, const char *sql, const TuValue *values, guint n)
{
    g_autoptr(GError) error = NULL;
    if (!tu_database_run(db, sql, values, n, NULL, &error))
        g_error("%s", error->message);
}

static gint64
ask(TuDatabase *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    gint64 integer = -1;
    if (!tu_database_integer(db, sql, NULL, 0, &found, &integer, &error))
        g_error("%s", error->message);
    return integer;
}

/* NULL, 0, '' and '0' are four keys; the same key twice is one row. */
static void
test_keys(void)
{
    static const TuValue kinds[] = {{.type = TU_TYPE_NULL},
                                    {.type = TU_TYPE_INTEGER, .integer = 0},
                                    {.type = TU_TYPE_TEXT, .bytes = 0, .text = ""},
                                    {.type = TU_TYPE_TEXT, .bytes = 1, .text = "0"}};
    Modelled modelled;
    modelled_init(&modelled, source_schema,
                  SOURCES "summaries: {s: {source: t, grains: [day], dimensions: {kind: k}, "
                          "measures: {n: count}}}\n");
    const TuSummaryTable *table = table_of(&modelled, 0);
    g_autoptr(GPtrArray) statements = plan(&modelled, modelled.findings);
    run_statements(modelled.db, statements);
    g_autofree char *upsert = upsert_text(modelled.db, table, 1);
    g_assert_cmpuint(tu_summary_table_key_values(table), ==, 3);
    g_assert_cmpuint(tu_summary_table_values(table), ==, 5);
    for (guint round = 1; round <= 2; round++)
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
            TuValue values[] = {tu_value_text("JFK"), tu_value_text("2024-01-01"), kinds[i],
                                tu_value_integer(round), tu_value_integer(round)};
            run_with(modelled.db, upsert, values, G_N_ELEMENTS(values));
        }
    g_assert_cmpint(ask(modelled.db, "SELECT count(*) FROM s_day"), ==, 4);
    g_assert_cmpint(ask(modelled.db, "SELECT sum(n) FROM s_day"), ==, 8);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        TuValue key[] = {tu_value_text("JFK"), tu_value_text("2024-01-01"), kinds[i]};
        gboolean is_null = kinds[i].type == TU_TYPE_NULL;
        g_autoptr(GArray) columns = tu_summary_table_columns(table);
        guint64 nulls =
            tu_bulk_nulls((const TuBulkColumn *)(gpointer)columns->data, G_N_ELEMENTS(key), key);
        g_autofree char *remove = delete_text(modelled.db, table, nulls, 1);
        g_assert_cmpuint(nulls, ==, is_null ? 1 << 2 : 0);
        run_with(modelled.db, remove, key, is_null ? 2 : 3);
        g_assert_cmpint(ask(modelled.db, "SELECT count(*) FROM s_day"), ==, 3 - i);
    }
    modelled_clear(&modelled);
}

/* Where the columns of a SELECT are, in words of the table. */
static void
test_stored_columns(void)
{
    Modelled modelled;
    modelled_init(&modelled, source_schema, rows[0].yaml);
    const TuSummaryTable *table = table_of(&modelled, 0);
    g_assert_cmpuint(tu_stored_rows_column(table), ==, 5);
    g_assert_cmpuint(tu_stored_measure_column(table, 0), ==, 6);
    g_assert_cmpuint(tu_stored_measure_column(table, 2), ==, 12);
    modelled_clear(&modelled);
}

/* ---- tables that exist ---- */

typedef struct {
    const char *label;
    const char *table;    /* CREATE ... */
    const char *findings; /* "" if it is taken */
} ExistingRow;

#define KEY "shop, bucket TEXT, kind, "

static const ExistingRow existing[] = {
    {"complete",
     "CREATE TABLE s_day(" KEY "n INTEGER, total INTEGER, trueup_rows INTEGER, trueup_n_total "
     "INTEGER)",
     ""},
    {"without hidden columns", "CREATE TABLE s_day(" KEY "n INTEGER, total INTEGER)", ""},
    {"without a measure", "CREATE TABLE s_day(" KEY "total BIGINT)", ""},
    {"in other letters", "CREATE TABLE S_DAY(SHOP, BUCKET TEXT, KIND, N INT, TOTAL INT)", ""},
    {"with more columns",
     "CREATE TABLE s_day(id INTEGER PRIMARY KEY, " KEY
     "n INTEGER, total INTEGER, note TEXT, made TEXT NOT NULL DEFAULT 'x', twice INTEGER AS (n * "
     "2))",
     ""},
    {"a column that must be filled",
     "CREATE TABLE s_day(" KEY "n INTEGER, total INTEGER, note TEXT NOT NULL)",
     "error s_day: column note is NOT NULL and has no default, and trueup does not fill it: make "
     "the "
     "table anew with `note ... DEFAULT ...`, or drop the column: ALTER TABLE s_day DROP COLUMN "
     "note"},
    {"no tenant column", "CREATE TABLE s_day(bucket TEXT, kind, n INTEGER, total INTEGER)",
     "error s_day: the table exists and has no column shop: name its columns under `columns`, or "
     "name "
     "a new table: a key cannot be changed in place"},
    {"no dimension", "CREATE TABLE s_day(shop, bucket TEXT, n INTEGER, total INTEGER)",
     "error s_day: the table exists and has no column kind: name its columns under `columns`, or "
     "name "
     "a new table: a key cannot be changed in place"},
    {"text for a number", "CREATE TABLE s_day(" KEY "n TEXT, total VARCHAR(9))",
     "error s_day: column n is TEXT: it must hold numbers: make the table anew with a numeric "
     "column, "
     "or name another table\nerror s_day: column total is VARCHAR(9): it must hold numbers: make "
     "the "
     "table anew with a numeric column, or name another table"},
    {"numbers for the keys of texts",
     "CREATE TABLE s_day(shop INTEGER, bucket TEXT, kind NUMERIC, n INTEGER, total INTEGER)",
     "error s_day: column shop is INTEGER, and the source gives text: the key would be converted "
     "('007' is not 7): make the table anew with a column of the source's type, or without a type\n"
     "error s_day: column kind is NUMERIC, and the source gives text: the key would be converted "
     "('007' is not 7): make the table anew with a column of the source's type, or without a type"},
    {"a key that merges",
     "CREATE TABLE s_day(" KEY "n INTEGER, total INTEGER, UNIQUE (shop, bucket))",
     "error s_day: its own unique key sqlite_autoindex_s_day_1 has not all columns of a cell's "
     "key: two cells would be one row: drop that key, or name another table"},
    {"a key over a measure", "CREATE TABLE s_day(" KEY "n INTEGER UNIQUE, total INTEGER)",
     "error s_day: its own unique key sqlite_autoindex_s_day_1 has not all columns of a cell's "
     "key: two cells would be one row: drop that key, or name another table"},
    {"a generated measure", "CREATE TABLE s_day(" KEY "n INTEGER, total INTEGER AS (n))",
     "error s_day: column total is generated: trueup must write it: name another column in the "
     "spec"},
    {"a view", "CREATE VIEW s_day AS SELECT 1 AS shop, '' AS bucket, 2 AS kind, 3 AS n, 4 AS total",
     "error s_day: it is a view: trueup cannot write into it: name another table"},
};

static void
test_existing(gconstpointer data)
{
    const ExistingRow *row = data;
    Modelled modelled;
    g_autofree char *schema = g_strconcat(source_schema, row->table, NULL);
    modelled_init(&modelled, schema,
                  SOURCES "summaries: {s: {source: t, grains: [day], columns: {tenant: shop}, "
                          "dimensions: {kind: k}, measures: {n: count, total: sum(v)}}}\n");
    g_assert_true(table_of(&modelled, 0)->exists);
    g_autoptr(GPtrArray) statements = plan(&modelled, modelled.findings);
    g_autofree char *findings = findings_text(modelled.findings);
    g_assert_cmpstr(findings, ==, row->findings);
    if (row->findings[0] == '\0') {
        g_autofree char *label = g_strdup_printf("existing, %s", row->label);
        g_autofree char *text = golden_text(statements);
        golden_check("summary_table.sql", label, text);
        run_statements(modelled.db, statements);
        g_autofree char *used = statements_text(&modelled, table_of(&modelled, 0));
        g_assert_cmpstr(used, !=, "");
        modelled_again(&modelled);
        g_autoptr(GPtrArray) again = plan(&modelled, modelled.findings);
        g_assert_cmpuint(again->len, ==, 0);
    }
    modelled_clear(&modelled);
}

/* Cells are told apart by bytes; a column that takes two texts for one is refused, or made to tell
 * them apart all the same. */
static void
test_existing_collation(void)
{
    static const char *const tables[] = {
        "CREATE TABLE s_day(shop TEXT COLLATE NOCASE, bucket TEXT, n INTEGER)",
        "CREATE TABLE s_day(shop TEXT COLLATE RTRIM, bucket TEXT, n INTEGER)",
    };
    static const char *const shops[][2] = {{"a", "A"}, {"a", "a "}};
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        Modelled modelled;
        g_autofree char *schema = g_strconcat(source_schema, tables[i], NULL);
        modelled_init(&modelled, schema,
                      SOURCES "summaries: {s: {source: t, grains: [day], columns: {tenant: shop}, "
                              "measures: {n: count}}}\n");
        const TuSummaryTable *table = table_of(&modelled, 0);
        g_autoptr(GPtrArray) statements = plan(&modelled, modelled.findings);
        g_autofree char *upsert = upsert_text(modelled.db, table, 1);
        if (!tu_findings_have_error(modelled.findings)) {
            run_statements(modelled.db, statements);
            for (guint k = 0; k < 2; k++) {
                TuValue values[] = {tu_value_text(shops[i][k]), tu_value_text("2024-01-01"),
                                    tu_value_integer(1), tu_value_integer(1)};
                run_with(modelled.db, upsert, values, G_N_ELEMENTS(values));
            }
            g_assert_cmpint(ask(modelled.db, "SELECT count(*) FROM s_day"), ==, 2);
        }
        modelled_clear(&modelled);
    }
}

/* Without dimensions any key of just these columns will do, and none is added to it. */
static void
test_existing_key(void)
{
    static const struct {
        const char *table;
        const char *text;
    } keys[] = {
        {"CREATE TABLE s_day(bucket TEXT PRIMARY KEY, n INTEGER, trueup_rows INTEGER)", ""},
        {"CREATE TABLE s_day(bucket TEXT, n INTEGER, trueup_rows INTEGER)",
         "CREATE UNIQUE INDEX \"trueup_key_s_day\" ON \"s_day\"(\"bucket\");\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        Modelled modelled;
        g_autofree char *schema = g_strconcat(source_schema, keys[i].table, NULL);
        modelled_init(&modelled, schema, rows[2].yaml);
        g_autoptr(GPtrArray) statements = plan(&modelled, modelled.findings);
        g_autofree char *text = golden_text(statements);
        g_assert_cmpstr(text, ==, keys[i].text);
        run_statements(modelled.db, statements);
        g_autofree char *used = statements_text(&modelled, table_of(&modelled, 0));
        g_assert_cmpstr(used, !=, "");
        modelled_clear(&modelled);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/summary-table/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/summary-table/keys", test_keys);
    g_test_add_func("/summary-table/stored-columns", test_stored_columns);
    for (guint i = 0; i < G_N_ELEMENTS(existing); i++) {
        g_autofree char *path = g_strdup_printf("/summary-table/existing/%s", existing[i].label);
        g_test_add_data_func(path, &existing[i], test_existing);
    }
    g_test_add_func("/summary-table/existing-key", test_existing_key);
    g_test_add_func("/summary-table/existing-collation", test_existing_collation);
    return g_test_run();
}
