/*
 * A small world for fault tests: a shop's database, specs over it, and the truth in plain SQL.
 */
#pragma once

#include <sqlite3.h>

#include "fault_database.h"
#include "keep/build/repair.h"
#include "keep/settle/settle.h"

/* The summaries of a spec, by name; bits. */
typedef enum {
    WORLD_SALES = 1 << 0,    /* counts and sums over one table: folds */
    WORLD_EXTREMES = 1 << 1, /* max, count_distinct, a sum of reals: recomputed */
    WORLD_LINES = 1 << 2,    /* joined: recomputed where it is looked up */
    WORLD_PRODUCTS = 1 << 3, /* keyed: one row a product, by a query */
} WorldSummaries;

/* A database file in a folder of its own. */
typedef struct {
    char *directory;
    char *path;
    TuSpec *spec;
    WorldSummaries summaries;
    FaultManner manner;
    char *image; /* of the file, see world_keep */
    gsize image_bytes;
} World;

/* Makes the folder, and in it the shop with some weeks of sales. */
void world_init(World *world, WorldSummaries summaries, const FaultManner *manner);
void world_clear(World *world);

/* Keeps the file as it is; world_restore brings it back. */
void world_keep(World *world);
void world_restore(const World *world);

/* Runs SQL as an application would, with a connection of its own. */
void world_write(const World *world, const char *sql);

/* What is parked is tried again later; for the test it is later now. */
void world_pass_time(const World *world);

/* A connection and a model over it. */
typedef struct {
    TuDatabase *db;
    GPtrArray *findings;
    TuModel *model;
    TuKeeper keeper;
} Session;

/* Opens through a fault database, which fails nothing yet. */
TuDatabase *world_open(const World *world);

/* Reads the model; FALSE with the error. The session does not own `db`. */
gboolean session_init(Session *session, const World *world, TuDatabase *db, GError **error);
void session_clear(Session *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* NULL if every summary table is what GROUP BY gives, the logs and the pending list are empty and
 * no build is left; else what is wrong. */
char *world_difference(const World *world);

/* Cells and rows that verify finds drifted; those for which something is pending are none. */
gint64 world_verify(const World *world);
