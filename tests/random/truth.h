/*
 * The truth on servers: the rows of every series, read with one SELECT without GROUP BY, grouped
 * and added up here.
 *
 *   rows ──▶ tenant, instant ──▶ bucket (zones.c, buckets.c) ──▶ cell ──▶ tallies
 */
#pragma once

#include "plan.h"
#include "server.h"

typedef struct RtTruth RtTruth;

/* Reads tenants and rows in whatever transaction `server` is in. */
RtTruth *rt_truth_read(RtServer *server, const RtPlan *plan);
void rt_truth_free(RtTruth *truth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtTruth, rt_truth_free)

/* Tenants whose zone does not exist; their cells are not looked at. */
guint rt_truth_bad_zones(const RtTruth *truth);
gboolean rt_truth_skips(const RtTruth *truth, const char *tenant);

/* The clock of a tenant (a canonical value; NULL where sources have none); NULL if it has none. */
const RtZone *rt_truth_zone(const RtTruth *truth, const char *tenant);

/* A cell's measures, in the summary's order. */
typedef struct {
    guint measures;
    char *canonical[];
} RtCell;

RtCell *rt_cell_new(guint measures);
void rt_cell_free(gpointer cell);

/* The cells of one summary at one grain: canonical key -> RtCell. Free with g_hash_table_unref. */
GHashTable *rt_truth_cells(const RtTruth *truth, const RtSummary *summary, RtGrain grain);
