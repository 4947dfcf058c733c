#include "world.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- the shop ---- */

/* Amounts are integers, prices multiples of a quarter: their sums are the same in any order. */
static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE shop(id INTEGER PRIMARY KEY, tz TEXT NOT NULL);"
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, shop INTEGER, at INTEGER, kind TEXT, amount INTEGER,"
    " price REAL, buyer TEXT, code TEXT UNIQUE);"
    "CREATE TABLE line(id INTEGER PRIMARY KEY, sale INTEGER NOT NULL, product TEXT, "
    "quantity INTEGER);"
    "CREATE INDEX sale_at ON sale(shop, at); CREATE INDEX line_sale ON line(sale);"
    "INSERT INTO shop VALUES (1, 'UTC'), (2, 'UTC'), (3, 'Etc/UTC');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 18) "
    "INSERT INTO sale SELECT i, 1 + i % 3, 1714400000 + i * 23000, "
    "CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'cash' ELSE 'card' END, "
    "CASE WHEN i % 7 = 0 THEN NULL ELSE i * 3 - 20 END, i * 0.25, 'buyer ' || i % 5, 'c' || i "
    "FROM n;"
    "INSERT INTO line SELECT id * 2 + o.o, id, CASE id % 3 WHEN 0 THEN 'ink' ELSE 'pen' END, id % "
    "6 "
    "FROM sale, (SELECT 0 AS o UNION ALL SELECT 1) o WHERE id % 4 <> 0 OR o.o = 0;";

static const char spec_head[] = "database: sqlite:shop.db\n"
                                "tenants: {table: shop, key: id, time_zone: tz}\n"
                                "sources:\n"
                                "  sale: {from: sale, tenant: shop, time: at, time_unit: seconds}\n"
                                "%s"
                                "summaries:\n";

static const char line_source[] =
    "  line: {from: line l, join: [sale s ON s.id = l.sale], tenant: s.shop, time: s.at, "
    "time_unit: seconds}\n";

/* Any query, one row a product; one that is not sold any more has none. */
static const char products[] =
    "  products:\n"
    "    key: {product: text}\n"
    "    keys: SELECT DISTINCT product FROM line\n"
    "    query: SELECT k.product, count(*) AS n, sum(l.quantity * s.amount) AS spent, "
    "max(s.at) AS latest FROM {keys} k JOIN line l ON l.product = k.product "
    "JOIN sale s ON s.id = l.sale GROUP BY k.product\n"
    "    depends_on:\n"
    "      line: {keys: \"SELECT r.product FROM {row} r\"}\n"
    "      sale: {columns: [amount, at], "
    "keys: \"SELECT l.product FROM {row} r JOIN {line} l ON l.sale = r.id\"}\n"
    "    refresh: {batch: {min: 1, max: 2}}\n";

/* Each summary: its part of the spec, and what its tables should hold, bucket by bucket. */
static const struct {
    WorldSummaries bit;
    const char *yaml;
    const char *tables[3];  /* a grain each */
    const char *buckets[3]; /* strftime formats, likewise */
    const char *columns;
    const char *truth; /* %s: the bucket */
} summaries[] = {
    {WORLD_SALES,
     "  sales:\n"
     "    source: sale\n"
     "    grains: [hour, day, month]\n"
     "    dimensions: {kind: kind}\n"
     "    measures: {n: count, big: count where amount >= 50, total: sum(amount), "
     "mean: avg(amount)}\n",
     {"sales_hour", "sales_day", "sales_month"},
     {"%Y-%m-%dT%H:00:00Z", "%Y-%m-%d", "%Y-%m-01"},
     "tenant, bucket, kind, n, big, total, mean",
     "SELECT shop, %s AS b, kind, count(*), count(CASE WHEN amount >= 50 THEN 1 END), sum(amount), "
     "avg(amount) FROM sale WHERE shop IN (SELECT id FROM shop) AND at IS NOT NULL "
     "GROUP BY shop, b, kind"},
    {WORLD_EXTREMES,
     "  extremes:\n"
     "    source: sale\n"
     "    grains: [day, month]\n"
     "    measures: {most: max(amount), buyers: count_distinct(buyer), turnover: sum(price)}\n",
     {"extremes_day", "extremes_month", NULL},
     {"%Y-%m-%d", "%Y-%m-01", NULL},
     "tenant, bucket, most, buyers, turnover",
     "SELECT shop, %s AS b, max(amount), count(DISTINCT buyer), sum(price) FROM sale "
     "WHERE shop IN (SELECT id FROM shop) AND at IS NOT NULL GROUP BY shop, b"},
    {WORLD_LINES,
     "  lines:\n"
     "    source: line\n"
     "    grains: [day]\n"
     "    dimensions: {product: l.product}\n"
     "    measures: {n: count, items: sum(l.quantity), spent: sum(l.quantity * s.amount)}\n",
     {"lines_day", NULL, NULL},
     {"%Y-%m-%d", NULL, NULL},
     "tenant, bucket, product, n, items, spent",
     "SELECT s.shop, %s AS b, l.product, count(*), sum(l.quantity), sum(l.quantity * s.amount) "
     "FROM line l JOIN sale s ON s.id = l.sale WHERE s.shop IN (SELECT id FROM shop) "
     "AND at IS NOT NULL GROUP BY s.shop, b, l.product"},
};

/* ---- plain SQLite ---- */

/* Nobody pulls the plug in a test: nothing waits for the disk. */
static const char no_waiting[] = "PRAGMA synchronous = OFF";

static void
plain_run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s, in: %s", message, sql);
}

static sqlite3 *
plain_open(const World *world)
{
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(world->path, &db), ==, SQLITE_OK);
    plain_run(db, no_waiting);
    return db;
}

/* The first column of the first row as text; NULL: there is none. */
static char *
plain_ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        g_error("%s, in: %s", sqlite3_errmsg(db), sql);
    char *text = NULL;
    if (sqlite3_step(statement) == SQLITE_ROW)
        text = g_strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

void
world_write(const World *world, const char *sql)
{
    sqlite3 *db = plain_open(world);
    plain_run(db, sql);
    sqlite3_close(db);
}

void
world_pass_time(const World *world)
{
    static const char *const parked[][2] = {
        {"SELECT 1 FROM sqlite_master WHERE name = 'trueup_pending'",
         "UPDATE trueup_pending SET next_attempt_at = NULL"},
        {"SELECT 1 FROM sqlite_master WHERE name = 'trueup_state_products'",
         "UPDATE trueup_state_products SET trueup_next_attempt_at = NULL"},
    };
    sqlite3 *db = plain_open(world);
    for (guint i = 0; i < G_N_ELEMENTS(parked); i++) {
        g_autofree char *is_there = plain_ask(db, parked[i][0]);
        if (is_there != NULL)
            plain_run(db, parked[i][1]);
    }
    sqlite3_close(db);
}

/* ---- life ---- */

static TuSpec *
parse_spec(WorldSummaries wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_string_append_printf(text, spec_head, wanted & WORLD_LINES ? line_source : "");
    for (guint i = 0; i < G_N_ELEMENTS(summaries); i++)
        if (wanted & summaries[i].bit)
            g_string_append(text, summaries[i].yaml);
    if (wanted & WORLD_PRODUCTS)
        g_string_append(text, products);
    TuSpec *spec = tu_spec_parse(text->str, text->len, "trueup.yaml", NULL, &error);
    g_assert_no_error(error);
    return spec;
}

void
world_init(World *world, WorldSummaries wanted, const FaultManner *manner)
{
    g_autoptr(GError) error = NULL;
    *world = (World){.summaries = wanted, .manner = *manner};
    world->directory = g_dir_make_tmp("trueup-faults-XXXXXX", &error);
    g_assert_no_error(error);
    world->path = g_build_filename(world->directory, "shop.db", NULL);
    world->spec = parse_spec(wanted);
    world_write(world, schema);
}

static void
remove_file(const World *world, const char *suffix)
{
    g_autofree char *path = g_strconcat(world->path, suffix, NULL);
    (void)g_unlink(path);
}

static void
remove_files(const World *world)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-trueup"};
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++)
        remove_file(world, suffixes[i]);
}

void
world_clear(World *world)
{
    remove_files(world);
    g_assert_cmpint(g_rmdir(world->directory), ==, 0);
    tu_spec_free(world->spec);
    g_free(world->directory);
    g_free(world->path);
    g_free(world->image);
}

void
world_keep(World *world)
{
    g_autoptr(GError) error = NULL;
    world_write(world, "PRAGMA wal_checkpoint(TRUNCATE)");
    g_clear_pointer(&world->image, g_free);
    g_file_get_contents(world->path, &world->image, &world->image_bytes, &error);
    g_assert_no_error(error);
}

void
world_restore(const World *world)
{
    g_autoptr(GError) error = NULL;
    remove_files(world);
    g_file_set_contents_full(world->path, world->image, (gssize)world->image_bytes,
                             G_FILE_SET_CONTENTS_NONE, 0666, &error);
    g_assert_no_error(error);
}

/* ---- trueup's side ---- */

TuDatabase *
world_open(const World *world)
{
    TuDatabase *inner = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(
        tu_database_open("sqlite:shop.db", world->directory, TU_OPEN_WRITE, &inner, &error));
    g_assert_no_error(error);
    g_assert_true(tu_database_execute(inner, no_waiting, &error));
    return fault_database_new(inner, &world->manner);
}

gboolean
session_init(Session *session, const World *world, TuDatabase *db, GError **error)
{
    *session = (Session){.db = db, .findings = tu_findings_new()};
    if (!tu_model_new(world->spec, db, session->findings, &session->model, error))
        return FALSE;
    if (session->model != NULL) {
        tu_keeper_init(&session->keeper, db, session->model);
        return TRUE;
    }
    /* A query that fails because the test says so is taken for a mistake of the spec. */
    const TuFinding *finding = g_ptr_array_index(session->findings, 0);
    if (!fault_database_has_failed(db))
        g_error("%s", finding->message);
    g_set_error_literal(error, TU_ERROR, TU_ERROR_DATABASE, finding->message);
    return FALSE;
}

void
session_clear(Session *session)
{
    tu_keeper_clear(&session->keeper);
    g_clear_pointer(&session->model, tu_model_free);
    g_clear_pointer(&session->findings, g_ptr_array_unref);
}

gint64
world_verify(const World *world)
{
    g_autoptr(TuDatabase) db = world_open(world);
    g_autoptr(GError) error = NULL;
    g_auto(TuResult) result = {0};
    g_auto(Session) session = {0};
    TuRepair everything = {.from = G_MININT32, .to = G_MAXINT32};
    g_assert_true(session_init(&session, world, db, &error));
    for (guint i = 0; i < session.model->groups->len; i++)
        if (!tu_verify_group(&session.keeper, g_ptr_array_index(session.model->groups, i),
                             &everything, NULL, NULL, &result, &error))
            g_error("verify: %s", error->message);
    for (guint i = 0; i < session.model->keyed->len; i++)
        if (!tu_keyed_verify(&session.keeper, g_ptr_array_index(session.model->keyed, i), NULL,
                             NULL, &result, &error))
            g_error("verify: %s", error->message);
    return result.cells_drifted;
}

/* ---- the truth ---- */

/* A row that is in one and not in the other, either way. */
static char *
table_difference(sqlite3 *db, guint summary, guint grain)
{
    static const char *const sides[][3] = {
        {"should be there", "truth", "kept"},
        {"should not be there", "kept", "truth"},
    };
    g_autofree char *bucket =
        g_strdup_printf("strftime('%s', at, 'unixepoch')", summaries[summary].buckets[grain]);
    g_auto(GStrv) parts = g_strsplit(summaries[summary].truth, "%s", 2);
    g_autofree char *truth = g_strconcat(parts[0], bucket, parts[1], NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        g_autofree char *sql = g_strdup_printf(
            "WITH truth(%s) AS (%s), kept(%s) AS (SELECT %s FROM %s) "
            "SELECT '%s: ' || group_concat(quote(tenant) || ' ' || bucket, ', ') FROM "
            "(SELECT * FROM %s EXCEPT SELECT * FROM %s) HAVING count(*) > 0",
            summaries[summary].columns, truth, summaries[summary].columns,
            summaries[summary].columns, summaries[summary].tables[grain], sides[i][0], sides[i][1],
            sides[i][2]);
        g_autofree char *found = plain_ask(db, sql);
        if (found != NULL)
            return g_strdup_printf("%s: %s", summaries[summary].tables[grain], found);
    }
    return NULL;
}

/* EXCEPT does not count: a key twice would not show. */
static char *
count_difference(sqlite3 *db, guint summary, guint grain)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT 'a key is there twice' WHERE (SELECT count(*) FROM "
                        "(SELECT DISTINCT %s FROM %s)) <> (SELECT count(*) FROM %s)",
                        summaries[summary].columns, summaries[summary].tables[grain],
                        summaries[summary].tables[grain]);
    return plain_ask(db, sql);
}

/* Rows of the keyed summary that are not the query's, and keys that are not known to be right. */
static char *
product_difference(sqlite3 *db)
{
    static const char truth[] =
        "WITH truth AS (SELECT l.product AS product, count(*) AS n, sum(l.quantity * s.amount) AS "
        "spent, max(s.at) AS latest FROM line l JOIN sale s ON s.id = l.sale "
        "WHERE l.product IS NOT NULL GROUP BY l.product), "
        "kept AS (SELECT product, n, spent, latest FROM products), "
        "valid AS (SELECT product FROM trueup_state_products WHERE trueup_invalid_since IS NULL), "
        "wrong AS (SELECT * FROM (SELECT product FROM kept EXCEPT SELECT product FROM valid) "
        "UNION ALL SELECT product FROM (SELECT * FROM truth EXCEPT SELECT * FROM kept) "
        "UNION ALL SELECT product FROM (SELECT * FROM kept EXCEPT SELECT * FROM truth) "
        "UNION ALL SELECT * FROM (SELECT product FROM trueup_state_products EXCEPT SELECT product "
        "FROM kept)) "
        "SELECT 'products: ' || group_concat(product, ', ') FROM wrong HAVING count(*) > 0";
    return plain_ask(db, truth);
}

/* What must be empty when all is settled. */
static char *
leftovers(sqlite3 *db, const World *world)
{
    static const struct {
        guint summaries; /* asked if one of them is there */
        const char *sql;
    } queries[] = {
        {~0u, "SELECT 'log of sale: ' || count(*) FROM trueup_change_sale HAVING count(*) > 0"},
        {~0u,
         "SELECT 'pending: ' || group_concat(source || ' ' || bucket || ' ' || ifnull(error, '')) "
         "FROM trueup_pending HAVING count(*) > 0"},
        {~0u, "SELECT 'to build: ' || count(*) FROM trueup_build HAVING count(*) > 0"},
        {WORLD_LINES | WORLD_PRODUCTS,
         "SELECT 'log of line: ' || count(*) FROM trueup_change_line HAVING count(*) > 0"},
        {WORLD_PRODUCTS, "SELECT 'a listing: ' || name FROM trueup_keyed "
                         "WHERE listing_since IS NOT NULL"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
        char *found =
            (queries[i].summaries & world->summaries) != 0 ? plain_ask(db, queries[i].sql) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

char *
world_difference(const World *world)
{
    sqlite3 *db = plain_open(world);
    char *found = leftovers(db, world);
    if (found == NULL && (world->summaries & WORLD_PRODUCTS) != 0)
        found = product_difference(db);
    for (guint i = 0; i < G_N_ELEMENTS(summaries); i++)
        for (guint grain = 0; grain < 3 && found == NULL; grain++) {
            if (!(world->summaries & summaries[i].bit) || summaries[i].tables[grain] == NULL)
                continue;
            found = table_difference(db, i, grain);
            if (found == NULL)
                found = count_difference(db, i, grain);
        }
    sqlite3_close(db);
    return found;
}
