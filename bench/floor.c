/*
 * The floor: what any rebuild of the five tables has to do, and nothing else.
 *
 *   step once through the source columns   +   insert the finished cells, in key order
 *
 * The finished cells are read beforehand from the tables that sql/rebuild.sql filled, so no time
 * goes into grouping. What trueup needs above this is the price of working out the cells.
 *
 *   floor DATABASE      prints: scan_s insert_s cells
 *
 * Both parts run in one transaction, WAL, synchronous NORMAL, into empty tables with the same keys.
 */
#include <glib.h>
#include <sqlite3.h>
#include <stdlib.h>

#define MEASURES 5
#define KEYS_MAX 3

static const char SCAN_SQL[] =
    "SELECT origin, departed_at, destination, distance, delay FROM flight";

static const struct {
    const char *name;
    int keys; /* columns of the key, before the measures */
} TABLES[] = {
    {"departures_hour", 2}, {"departures_day", 2}, {"departures_month", 2},
    {"routes_day", 3},      {"routes_month", 3},
};

typedef struct {
    const char *key[KEYS_MAX];
    gint64 measure[MEASURES];
} Cell;

/* A bench has nobody to hand an error to: it says what SQLite said and stops. */
static void
require(sqlite3 *db, gboolean is_well)
{
    if (is_well)
        return;
    g_printerr("floor: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
    require(db, sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    require(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

/* The finished cells of one table, in the order of its key. */
static GArray *
read_cells(sqlite3 *db, const char *table, int keys, GStringChunk *texts)
{
    GArray *cells = g_array_new(FALSE, TRUE, sizeof(Cell));
    g_autofree char *sql =
        g_strdup_printf("SELECT %s, flights, miles, delay, late, worst FROM hand_%s ORDER BY %s",
                        keys == 3 ? "origin, bucket, destination" : "origin, bucket", table,
                        keys == 3 ? "1, 2, 3" : "1, 2");
    sqlite3_stmt *stmt = prepare(db, sql);

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        Cell cell = {0};
        for (int i = 0; i < keys; i++)
            cell.key[i] =
                g_string_chunk_insert_const(texts, (const char *)sqlite3_column_text(stmt, i));
        for (int i = 0; i < MEASURES; i++)
            cell.measure[i] = sqlite3_column_int64(stmt, keys + i);
        g_array_append_val(cells, cell);
    }
    require(db, sqlite3_finalize(stmt) == SQLITE_OK && cells->len > 0);
    return cells;
}

/* An empty floor_TABLE, made by the very DDL of hand_TABLE. */
static void
create_empty_copy(sqlite3 *db, const char *table)
{
    g_autoptr(GPtrArray) ddl = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *drop = g_strdup_printf("DROP TABLE IF EXISTS floor_%s", table);
    g_autofree char *sql =
        g_strdup_printf("SELECT replace(sql, 'hand_', 'floor_') FROM sqlite_schema WHERE tbl_name "
                        "= 'hand_%s' ORDER BY type DESC",
                        table);
    sqlite3_stmt *stmt = prepare(db, sql);

    while (sqlite3_step(stmt) == SQLITE_ROW)
        g_ptr_array_add(ddl, g_strdup((const char *)sqlite3_column_text(stmt, 0)));
    require(db, sqlite3_finalize(stmt) == SQLITE_OK && ddl->len == 2);
    run(db, drop);
    for (guint i = 0; i < ddl->len; i++)
        run(db, ddl->pdata[i]);
}

/* Every column of every row is fetched, as a program that groups would. Returns a sum, so that the
 * compiler keeps the reads. */
static gint64
scan(sqlite3 *db)
{
    sqlite3_stmt *stmt = prepare(db, SCAN_SQL);
    gint64 sum = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        sum += sqlite3_column_text(stmt, 0)[0] + sqlite3_column_int64(stmt, 1);
        sum += sqlite3_column_text(stmt, 2)[0] + sqlite3_column_int64(stmt, 3);
        sum += sqlite3_column_int64(stmt, 4);
    }
    require(db, sqlite3_finalize(stmt) == SQLITE_OK);
    return sum;
}

static void
insert_cells(sqlite3 *db, const char *table, int keys, const GArray *cells)
{
    g_autofree char *sql = g_strdup_printf("INSERT INTO floor_%s VALUES (?, ?, ?, ?, ?, ?, ?%s)",
                                           table, keys == 3 ? ", ?" : "");
    sqlite3_stmt *stmt = prepare(db, sql);

    for (guint row = 0; row < cells->len; row++) {
        const Cell *cell = &g_array_index(cells, Cell, row);
        for (int i = 0; i < keys; i++)
            sqlite3_bind_text(stmt, i + 1, cell->key[i], -1, SQLITE_STATIC);
        for (int i = 0; i < MEASURES; i++)
            sqlite3_bind_int64(stmt, keys + i + 1, cell->measure[i]);
        require(db, sqlite3_step(stmt) == SQLITE_DONE);
        sqlite3_reset(stmt);
    }
    require(db, sqlite3_finalize(stmt) == SQLITE_OK);
}

int
main(int argc, char **argv)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(1 << 20);
    GArray *cells[G_N_ELEMENTS(TABLES)];
    sqlite3 *db = NULL;
    guint total = 0;

    if (argc != 2) {
        g_printerr("usage: floor DATABASE\n");
        return 2;
    }
    require(db, sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    for (gsize i = 0; i < G_N_ELEMENTS(TABLES); i++) {
        cells[i] = read_cells(db, TABLES[i].name, TABLES[i].keys, texts);
        create_empty_copy(db, TABLES[i].name);
    }
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");

    gint64 begun_us = g_get_monotonic_time();
    run(db, "BEGIN IMMEDIATE");
    require(db, scan(db) != 0);
    gint64 scanned_us = g_get_monotonic_time();
    for (gsize i = 0; i < G_N_ELEMENTS(TABLES); i++) {
        insert_cells(db, TABLES[i].name, TABLES[i].keys, cells[i]);
        total += cells[i]->len;
        g_array_unref(cells[i]);
    }
    run(db, "COMMIT");
    gint64 done_us = g_get_monotonic_time();

    g_print("%.3f %.3f %u\n", (double)(scanned_us - begun_us) / 1e6,
            (double)(done_us - scanned_us) / 1e6, total);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
