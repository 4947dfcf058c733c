/* The SQL of keyed summaries for each database: their tables, the view for people, and the
 * questions that settling asks. Without a server: only the texts. */
#include "db/sqlite/sqlite.h"
#include "golden.h"
#include "modelled.h"
#include "schema/keyed.h"
#include "typed_database.h"

static const char source_schema[] =
    "CREATE TABLE detector(pass INTEGER, run INTEGER, det INTEGER);"
    "CREATE TABLE flag(id INTEGER PRIMARY KEY, run INTEGER, bad INTEGER, note TEXT);"
    "CREATE TABLE link(pass INTEGER, flag INTEGER);"
    "CREATE TABLE friend(a TEXT, b TEXT);";

typedef struct {
    const char *label;
    const char *yaml;
} Row;

static const Row rows[] = {
    {"rows and images of two tables",
     "summaries: {gaq: {key: {pass: integer, run: integer}, "
     "keys: 'SELECT DISTINCT pass, run FROM detector', "
     "query: 'WITH wanted AS (SELECT k.pass, k.run FROM {keys} k) SELECT w.pass, w.run, "
     "count(f.id) "
     "AS flags FROM wanted w LEFT JOIN link l ON l.pass = w.pass LEFT JOIN flag f ON f.id = l.flag "
     "GROUP BY w.pass, w.run', depends_on: {"
     "detector: {keys: 'SELECT r.pass, r.run FROM {row} r'}, "
     "flag: {columns: [run, bad], keys: 'SELECT l.pass, r.run FROM {row} r JOIN {link} l ON l.flag "
     "= r.id'}, link: {keys: 'SELECT r.pass, flag.run FROM {row} r JOIN {flag} ON flag.id = "
     "r.flag'}}}}\n"},
    {"a text for a key, a table twice, a query that does not tell the time",
     "summaries: {circle: {table: '\"my circle\"', key: {who: text}, "
     "keys: 'SELECT a FROM friend UNION SELECT b FROM friend', "
     "query: 'SELECT k.who, count(*) AS n FROM {keys} k JOIN friend f ON f.a = k.who GROUP BY "
     "k.who', depends_on: {friend: {keys: 'SELECT y.b FROM {row} r JOIN {friend} x ON x.a = r.b "
     "JOIN {friend} y ON y.a = x.b GROUP BY y.b'}}}}\n"},
    {"every type of a key",
     "summaries: {s: {key: {id: uuid, day: date, note: text, n: integer}, "
     "keys: 'SELECT NULL, NULL, note, run FROM flag', "
     "query: 'SELECT k.id, k.day, k.note, k.n, 1 AS one FROM {keys} k', "
     "depends_on: {flag: {keys: 'SELECT NULL, NULL, r.note, r.run FROM {row} AS r'}}}}\n"},
};

static void
add(GPtrArray *statements, char *sql)
{
    g_ptr_array_add(statements, sql);
}

/* Each choice of rows or images, and each table that the batch bounds. */
static void
add_named(GPtrArray *statements, const TuKeyedModel *keyed, const TuDialect *dialect)
{
    for (guint d = 0; d < keyed->dependencies->len; d++) {
        const TuDependencyModel *dependency = g_ptr_array_index(keyed->dependencies, d);
        for (guint chosen = 0; chosen < 1u << dependency->others->len; chosen++)
            for (int batch = TU_BATCH_OF_ROW; batch < (int)dependency->others->len; batch++)
                if (batch < 0 || (chosen >> batch & 1) != 0)
                    add(statements,
                        tu_keyed_select_named(keyed, dependency, dialect, chosen, batch));
    }
}

static GPtrArray *
statements_of(TuDatabase *db, const TuKeyedModel *keyed, GPtrArray *findings)
{
    static const char keyset[] = "the keys that are asked for";
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    const TuDialect *dialect = tu_database_dialect(db);
    g_autoptr(GError) error = NULL;
    g_assert_true(tu_keyed_plan_tables(db, keyed, statements, findings, &error));
    g_assert_no_error(error);
    add(statements, tu_keyed_view_sql(db, keyed));
    add(statements, tu_keyed_select_keys(keyed, dialect));
    add(statements, tu_keyed_probe_query(keyed, dialect));
    add_named(statements, keyed, dialect);
    add(statements, tu_keyed_select_truth(keyed, keyset));
    add(statements, tu_keyed_select_stored(keyed, keyset));
    add(statements, tu_keyed_select_states(keyed, keyset));
    return statements;
}

static void
check(TuDatabase *db, const TuKeyedModel *keyed, GPtrArray *findings, const char *label)
{
    g_autoptr(GPtrArray) statements = statements_of(db, keyed, findings);
    g_autofree char *section = g_strdup_printf("%s, %s", tu_database_dialect(db)->name, label);
    g_autofree char *text = golden_text(statements);
    golden_check("keyed.sql", section, text);
}

/* SQLite's columns have no types; the servers' tables are shown with integers. */
static void
give_types(TuKeyedModel *keyed)
{
    for (guint i = 0; i < keyed->value_types->len; i++) {
        TuSqlType *type = &g_array_index(keyed->value_types, TuSqlType, i);
        tu_sql_type_clear(type);
        *type = (TuSqlType){.kind = TU_TYPE_INTEGER, .scale = -1, .column = g_strdup("bigint")};
    }
}

static void
test_row(gconstpointer data)
{
    static const TuDriver *const drivers[] = {&tu_postgres_driver, &tu_mariadb_driver};
    const Row *row = data;
    Modelled modelled;
    modelled_init(&modelled, source_schema, row->yaml);
    if (modelled.model == NULL) {
        g_autofree char *text = findings_text(modelled.findings);
        g_error("%s", text);
    }
    TuKeyedModel *keyed = g_ptr_array_index(modelled.model->keyed, 0);
    check(modelled.db, keyed, modelled.findings, row->label);
    give_types(keyed);
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        TypedDatabase db = {0};
        typed_init(&db, drivers[i]);
        check(&db.base, keyed, modelled.findings, row->label);
        typed_clear(&db);
    }
    modelled_clear(&modelled);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/keyed_sql/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    return g_test_run();
}
