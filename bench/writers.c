/*
 * The application's writers: rows of `flight` written with prepared statements, ROWS_A_TRANSACTION
 * a transaction, and the time it took. The same program runs on a database without capture, on one
 * with hand-written triggers, and on one that trueup captures; the difference is what capture
 * costs.
 *
 *   writers DATABASE insert COUNT          the newest COUNT flights again, two days later: live
 * traffic writers DATABASE change COUNT SEED     a third inserts, a third updates (one in four
 * moves the flight by up to two days), a third deletes, of random flights
 *
 * prints: seconds. What is written is worked out before the clock starts and depends on nothing but
 * the rows and the seed, so every database gets the same. No flight is changed twice.
 */
#include <glib.h>
#include <sqlite3.h>
#include <stdlib.h>

#define ROWS_A_TRANSACTION 100
#define DAY_S 86400

typedef enum { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_KINDS } ChangeKind;

typedef struct {
    ChangeKind kind;
    gint64 id;
    gint64 departed_at;
    const char *origin;
    const char *destination;
    gint64 distance;
    gint64 delay;
} Change;

/* Parameters are numbered as the columns are, whichever of them a statement uses. */
static const char *const CHANGE_SQL[CHANGE_KINDS] = {
    [CHANGE_INSERT] = "INSERT INTO flight VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [CHANGE_UPDATE] = "UPDATE flight SET departed_at = ?2, delay = ?6 WHERE id = ?1",
    [CHANGE_DELETE] = "DELETE FROM flight WHERE id = ?1",
};

static void
require(sqlite3 *db, gboolean is_well)
{
    if (is_well)
        return;
    g_printerr("writers: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    require(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

static gint64
one_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = prepare(db, sql);
    require(db, sqlite3_step(stmt) == SQLITE_ROW);
    gint64 number = sqlite3_column_int64(stmt, 0);
    require(db, sqlite3_finalize(stmt) == SQLITE_OK);
    return number;
}

/* The next number of splitmix64: small, and the same on every machine. */
static guint64
next_random(guint64 *state)
{
    guint64 z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static Change
read_flight(sqlite3_stmt *stmt, GStringChunk *texts)
{
    return (Change){
        .kind = CHANGE_INSERT,
        .id = sqlite3_column_int64(stmt, 0),
        .departed_at = sqlite3_column_int64(stmt, 1),
        .origin = g_string_chunk_insert_const(texts, (const char *)sqlite3_column_text(stmt, 2)),
        .destination =
            g_string_chunk_insert_const(texts, (const char *)sqlite3_column_text(stmt, 3)),
        .distance = sqlite3_column_int64(stmt, 4),
        .delay = sqlite3_column_int64(stmt, 5),
    };
}

static GArray *
plan_inserts(sqlite3 *db, gint64 count, GStringChunk *texts)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(Change));
    gint64 id = one_number(db, "SELECT max(id) FROM flight");
    sqlite3_stmt *stmt =
        prepare(db, "SELECT id, departed_at, origin, destination, distance, delay FROM flight "
                    "WHERE id > ?1 ORDER BY id");

    sqlite3_bind_int64(stmt, 1, id - count);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        Change change = read_flight(stmt, texts);
        change.id = ++id;
        change.departed_at += 2 * DAY_S;
        g_array_append_val(changes, change);
    }
    require(db, sqlite3_finalize(stmt) == SQLITE_OK && changes->len > 0);
    return changes;
}

/* Makes an insert (under a new id), an update or a delete of this flight. */
static void
vary(Change *change, gint64 *last_id, guint64 *random)
{
    change->kind = (ChangeKind)(next_random(random) % CHANGE_KINDS);
    if (change->kind == CHANGE_INSERT)
        change->id = ++*last_id;
    if (change->kind != CHANGE_UPDATE)
        return;
    change->delay += (gint64)(next_random(random) % 60) + 1;
    if (next_random(random) % 4 == 0)
        change->departed_at += (gint64)(next_random(random) % (4 * DAY_S)) - 2 * DAY_S;
}

static GArray *
plan_changes(sqlite3 *db, gint64 count, guint64 random, GStringChunk *texts)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(Change));
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    gint64 last_id = one_number(db, "SELECT max(id) FROM flight");
    gint64 flights = last_id;
    sqlite3_stmt *stmt =
        prepare(db, "SELECT id, departed_at, origin, destination, distance, delay FROM flight "
                    "WHERE id = ?1");

    while (changes->len < count) {
        gint64 id = (gint64)(next_random(&random) % (guint64)flights) + 1;
        sqlite3_bind_int64(stmt, 1, id);
        if (sqlite3_step(stmt) == SQLITE_ROW && g_hash_table_add(used, g_memdup2(&id, sizeof id))) {
            Change change = read_flight(stmt, texts);
            vary(&change, &last_id, &random);
            g_array_append_val(changes, change);
        }
        sqlite3_reset(stmt);
    }
    require(db, sqlite3_finalize(stmt) == SQLITE_OK);
    return changes;
}

static void
write_change(sqlite3 *db, sqlite3_stmt *stmt, const Change *change)
{
    sqlite3_bind_int64(stmt, 1, change->id);
    if (change->kind != CHANGE_DELETE) {
        sqlite3_bind_int64(stmt, 2, change->departed_at);
        sqlite3_bind_int64(stmt, 6, change->delay);
    }
    if (change->kind == CHANGE_INSERT) {
        sqlite3_bind_text(stmt, 3, change->origin, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 4, change->destination, -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 5, change->distance);
    }
    require(db, sqlite3_step(stmt) == SQLITE_DONE && sqlite3_changes(db) == 1);
    sqlite3_reset(stmt);
}

static void
write_all(sqlite3 *db, const GArray *changes)
{
    sqlite3_stmt *stmts[CHANGE_KINDS];

    for (int kind = 0; kind < CHANGE_KINDS; kind++)
        stmts[kind] = prepare(db, CHANGE_SQL[kind]);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        if (i % ROWS_A_TRANSACTION == 0)
            require(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        write_change(db, stmts[change->kind], change);
        if ((i + 1) % ROWS_A_TRANSACTION == 0 || i + 1 == changes->len)
            require(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    for (int kind = 0; kind < CHANGE_KINDS; kind++)
        require(db, sqlite3_finalize(stmts[kind]) == SQLITE_OK);
}

int
main(int argc, char **argv)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(4096);
    sqlite3 *db = NULL;
    gboolean is_change = argc == 5 && g_str_equal(argv[2], "change");

    if (!is_change && !(argc == 4 && g_str_equal(argv[2], "insert"))) {
        g_printerr("usage: writers DATABASE insert COUNT | writers DATABASE change COUNT SEED\n");
        return 2;
    }

    gint64 count = g_ascii_strtoll(argv[3], NULL, 10);
    require(db, sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    require(db, sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL,
                             NULL, NULL) == SQLITE_OK);
    g_autoptr(GArray) changes =
        is_change ? plan_changes(db, count, g_ascii_strtoull(argv[4], NULL, 10), texts)
                  : plan_inserts(db, count, texts);

    gint64 begun_us = g_get_monotonic_time();
    write_all(db, changes);
    g_print("%.3f\n", (double)(g_get_monotonic_time() - begun_us) / 1e6);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
