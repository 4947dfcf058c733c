/* A tally: rows added many at a time make the cells that rows added one by one make. */
#include "keep/compare/tally.h"
#include "modelled.h"
#include "schema/source_sql.h"
#include "value_rows.h"

/* Rows with new cells next to each other, the same ones again, texts as extremes, what is no
 * number, and rows that count nowhere. */
static const char schema[] =
    "CREATE TABLE shop(id TEXT PRIMARY KEY, tz TEXT);"
    "INSERT INTO shop VALUES ('a', 'UTC'), ('b', 'Asia/Kolkata'), ('c', 'Nowhere/Else');"
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, shop TEXT, at TEXT, kind, amount);"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
    "INSERT INTO sale SELECT i, "
    "CASE i % 31 WHEN 30 THEN NULL WHEN 29 THEN 'd' WHEN 28 THEN 'c' "
    "ELSE substr('ab', 1 + i % 2, 1) END, "
    "CASE WHEN i % 37 = 36 THEN NULL ELSE datetime('2024-01-01', (i * 131 % 4000) || ' minutes') "
    "END, CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN 'x' || (i % 7) ELSE i % 3 END, "
    "CASE WHEN i IN (40, 41, 7777) THEN 'text ' || i WHEN i % 4 = 0 THEN i / 4.0 ELSE i % 9 END "
    "FROM n;";

static const char spec[] =
    "tenants: {table: shop, key: id, time_zone: tz}\n"
    "sources: {sale: {from: sale, tenant: shop, time: at}}\n"
    "summaries:\n"
    "  few:\n"
    "    source: sale\n"
    "    grains: [hour, day]\n"
    "    dimensions: {kind: kind}\n"
    "    measures: {n: count, total: sum(amount), least: min(kind), most: max(amount), "
    "kinds: count_distinct(kind)}\n"
    "  many:\n"
    "    source: sale\n"
    "    grains: [hour]\n"
    "    columns: {series: which}\n"
    "    dimensions: {a: null}\n"
    "    measures: {n: count, mean: avg(id)}\n"
    "    series:\n"
    "      all: {dimensions: {a: kind}}\n"
    "      odd: {where: id % 2 = 1, dimensions: {a: id % 50}}\n"
    "      third: {where: id % 3 = 0, dimensions: {a: kind}}\n";

typedef struct {
    Modelled modelled;
    TuKeeper keeper;
    TuSnapshot snapshot;
    GArray *rows; /* of TuValue, texts kept in `texts` */
    GStringChunk *texts;
    guint n_columns;
} World;

static gboolean
keep_rows(const TuRows *rows, gpointer data, GError **error)
{
    World *world = data;
    world->n_columns = rows->n_columns;
    for (guint i = 0; i < rows->n * rows->n_columns; i++) {
        TuValue value = rows->values[i];
        if (tu_value_has_bytes(&value))
            value.text = g_string_chunk_insert_len(world->texts, value.text, value.bytes);
        g_array_append_val(world->rows, value);
    }
    return TRUE;
}

static const TuSourceModel *
source_of(const World *world)
{
    return g_ptr_array_index(world->snapshot.group->sources, 0);
}

static void
world_init(World *world)
{
    g_autoptr(GError) error = NULL;
    *world = (World){0};
    modelled_init(&world->modelled, schema, spec);
    g_assert_nonnull(world->modelled.model);
    tu_keeper_init(&world->keeper, world->modelled.db, world->modelled.model);
    world->snapshot.keeper = &world->keeper;
    world->snapshot.group = g_ptr_array_index(world->modelled.model->groups, 0);
    world->snapshot.txn = TU_TRANSACTION_INIT;
    world->snapshot.builds = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    g_assert_true(tu_tenants_read(&world->keeper, &world->snapshot.tenants, &error));
    world->rows = g_array_new(FALSE, FALSE, sizeof(TuValue));
    world->texts = g_string_chunk_new(4096);
    g_autofree char *sql = tu_source_select_rows(source_of(world), (TuScanFilter){0});
    g_assert_true(tu_rows_scan(world->modelled.db, sql, NULL, 0, keep_rows, world, &error));
    g_assert_no_error(error);
}

static void
world_clear(World *world)
{
    g_array_unref(world->rows);
    g_string_chunk_free(world->texts);
    tu_snapshot_clear(&world->snapshot);
    tu_keeper_clear(&world->keeper);
    modelled_clear(&world->modelled);
}

static TuTally *
tally_new(World *world)
{
    TuTally *tally = tu_tally_new(&world->snapshot);
    for (guint i = 0; i < world->snapshot.group->n_targets; i++) {
        const TuTarget *target = &world->snapshot.group->targets[i];
        tally->wanted[i] =
            (TuWanted){.kind = TU_WANT_RANGE,
                       .from_source = target->series->summary->parent[target->grain] < 0,
                       .from = G_MININT32,
                       .to = G_MAXINT32};
    }
    return tally;
}

/* Rows in batches; 0: one by one, by tu_tally_add. */
static gboolean
add_all(World *world, TuTally *tally, guint n_batch, GError **error)
{
    guint n = world->rows->len / world->n_columns;
    for (guint i = 0; i < n; i += MAX(n_batch, 1)) {
        const TuValue *first = &g_array_index(world->rows, TuValue, i * world->n_columns);
        TuRows rows = {first, MIN(n_batch, n - i), world->n_columns};
        if (!(n_batch > 0 ? tu_tally_add_rows(tally, source_of(world), &rows, error)
                          : tu_tally_add(tally, source_of(world), first, 1, NULL, NULL, error)))
            return FALSE;
    }
    return TRUE;
}

static void
show_value(GString *text, const TuValue *value)
{
    g_autofree char *shown = value_shown(*value);
    g_string_append_printf(text, " %s", shown);
}

static void
show_cell(TuTally *tally, guint target, TuCell *cell, GString *text)
{
    TuCellTable *table = tu_cells_table(tally->cells, target);
    const TuLayout *layout = tu_cell_table_layout(table);
    const TuDictionary *dictionary = tu_cells_dictionary(tally->cells);
    const char *failure = tu_cell_failure(table, cell);
    TuValue key = tu_dictionary_value(dictionary, cell->tenant);
    g_string_append_printf(text, "%u %" G_GINT64_FORMAT " x%" G_GINT64_FORMAT, target, cell->bucket,
                           cell->rows);
    show_value(text, &key);
    for (guint i = 0; i < layout->n_dimensions; i++) {
        key = tu_dictionary_value(dictionary, cell->dimensions[i]);
        show_value(text, &key);
    }
    for (guint i = 0; i < layout->n_measures; i++) {
        TuValue result;
        TuValue sum;
        gint64 n;
        g_assert_true(tu_cell_result(table, cell, i, &result, &sum, &n));
        show_value(text, &result);
    }
    g_string_append_printf(text, " %s\n", failure != NULL ? failure : "");
}

static char *
shown(World *world, TuTally *tally)
{
    GString *text = g_string_new(NULL);
    const TuUncounted *uncounted = &tally->uncounted[source_of(world)->spec->index];
    g_string_append_printf(text, "%d rows, %d %d %d\n", (int)tally->rows_read,
                           (int)uncounted->without_tenant, (int)uncounted->without_time,
                           (int)uncounted->of_unknown_tenants);
    for (guint target = 0; target < world->snapshot.group->n_targets; target++) {
        const TuCellTable *table = tu_cells_table(tally->cells, target);
        for (guint32 i = 0; i < tu_cell_table_size(table); i++)
            show_cell(tally, target, tu_cell_table_cell(table, i), text);
    }
    return g_string_free(text, FALSE);
}

static char *
tallied(World *world, guint n_batch)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TuTally) tally = tally_new(world);
    gboolean is_added = add_all(world, tally, n_batch, &error);
    g_assert_no_error(error);
    g_assert_true(is_added);
    tu_tally_roll_up(tally);
    return shown(world, tally);
}

static guint
count_of(const char *text, const char *part)
{
    guint n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

/* The same cells in the same order, with the same failures, whatever comes at a time. */
static void
test_batches(void)
{
    static const guint batches[] = {1, 2, 64, 1000, 10000};
    World world;
    world_init(&world);
    g_autofree char *wanted = tallied(&world, 0);
    g_assert_true(g_str_has_prefix(wanted, "10000 rows, 322 "));
    g_assert_cmpuint(count_of(wanted, "which is no number"), >=, 3);
    g_assert_cmpuint(count_of(wanted, "\n"), >, 1000);
    for (guint i = 0; i < G_N_ELEMENTS(batches); i++) {
        g_autofree char *text = tallied(&world, batches[i]);
        g_assert_cmpstr(text, ==, wanted);
    }
    world_clear(&world);
}

/* A row is there as soon as it was added: who takes rows one by one may look at its cell. */
static void
test_at_once(void)
{
    g_autoptr(GError) error = NULL;
    World world;
    world_init(&world);
    g_autoptr(TuTally) tally = tally_new(&world);
    const TuValue *row = &g_array_index(world.rows, TuValue, 0);
    for (int i = 1; i <= 3; i++) {
        g_assert_true(tu_tally_add(tally, source_of(&world), row, 1, NULL, NULL, &error));
        g_assert_cmpint(tu_cell_table_cell(tu_cells_table(tally->cells, 0), 0)->rows, ==, i);
    }
    g_assert_false(tally->has_weights);
    g_clear_pointer(&tally, tu_tally_free);
    world_clear(&world);
}

static gboolean
is_many(const TuSeriesModel *series, gpointer data)
{
    g_assert_true(data == series->source);
    return g_str_equal(series->summary->spec->name, "many");
}

/* Rows taken away again, but not from the series that are skipped. */
static void
test_weights(void)
{
    g_autoptr(GError) error = NULL;
    World world;
    world_init(&world);
    g_autoptr(TuTally) tally = tally_new(&world);
    const TuSourceModel *source = source_of(&world);
    for (guint i = 0; i < world.snapshot.group->n_targets; i++)
        if (!g_str_equal(world.snapshot.group->targets[i].series->summary->spec->name, "many"))
            tally->wanted[i].kind = TU_WANT_NONE;
    g_assert_true(add_all(&world, tally, 64, &error));
    for (guint i = 0; i < world.rows->len; i += world.n_columns)
        g_assert_true(tu_tally_add(tally, source, &g_array_index(world.rows, TuValue, i), -1,
                                   i % 2 == 0 ? is_many : NULL, (gpointer)(gsize)source, &error));
    g_assert_true(tally->has_weights);
    gint64 rows = 0;
    for (guint target = 0; target < world.snapshot.group->n_targets; target++) {
        const TuCellTable *table = tu_cells_table(tally->cells, target);
        for (guint32 i = 0; i < tu_cell_table_size(table); i++)
            rows += tu_cell_table_cell(table, i)->rows;
    }
    g_assert_cmpint(rows, >, 0);
    g_assert_cmpint(rows, <, 20000);
    g_clear_pointer(&tally, tu_tally_free);
    world_clear(&world);
}

/* The bound is looked at within 4096 rows and the batch in which they end, and nothing that was
 * asked for is left out before. */
static void
test_limit(void)
{
    static const struct {
        guint n_batch;
        int rows_read;
    } rows[] = {{0, 4096}, {1, 4096}, {64, 4096}, {1000, 5000}};
    World world;
    world_init(&world);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TuTally) tally = tally_new(&world);
        g_autoptr(TuTally) free_tally = tally_new(&world);
        tally->limit_bytes = 1024;
        g_assert_false(add_all(&world, tally, rows[i].n_batch, &error));
        g_assert_true(tu_error_is(error, TU_ERROR_LIMIT));
        g_assert_cmpint(tally->rows_read, ==, rows[i].rows_read);
        for (int r = 0; r < rows[i].rows_read; r++)
            g_assert_true(tu_tally_add(free_tally, source_of(&world),
                                       &g_array_index(world.rows, TuValue, r * world.n_columns), 1,
                                       NULL, NULL, NULL));
        g_autofree char *text = shown(&world, tally);
        g_autofree char *wanted = shown(&world, free_tally);
        g_assert_cmpstr(text, ==, wanted);
    }
    world_clear(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tally/batches", test_batches);
    g_test_add_func("/tally/at_once", test_at_once);
    g_test_add_func("/tally/weights", test_weights);
    g_test_add_func("/tally/limit", test_limit);
    return g_test_run();
}
