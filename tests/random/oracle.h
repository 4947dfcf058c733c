/*
 * The oracle: what every summary should hold, by plain SQL over the sources.
 *
 *   SELECT tenant, rt_bucket(grain, source, tenant, time), dimensions, aggregates
 *   FROM joined tables WHERE wheres GROUP BY tenant, bucket, dimensions (COLLATE BINARY)
 *
 * rt_bucket (zones.c, buckets.c), rt_sum and rt_avg (exact.c) are SQL functions of the harness.
 */
#pragma once

#include "database.h"
#include "plan.h"

typedef struct RtOracle RtOracle;

/* Reads the tenants and registers the functions on `db`, which must live longer. */
RtOracle *rt_oracle_new(sqlite3 *db, const RtPlan *plan);
void rt_oracle_free(RtOracle *oracle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RtOracle, rt_oracle_free)

/* Rows of the tenants whose summed columns hold text count nowhere from now on; answers how many
 * tenants these are, -1 if rows without a tenant are among them, so that nothing can be told
 * apart. */
int rt_oracle_skip_bad_data(RtOracle *oracle);

/* Tenants whose zone does not exist. They are skipped. */
guint rt_oracle_bad_zones(const RtOracle *oracle);

/* TRUE if the cells of this tenant (a canonical value, values of compare.h) are not to be looked
 * at. */
gboolean rt_oracle_skips(const RtOracle *oracle, const char *tenant);

/* The clock of a tenant (a canonical value; NULL where sources have none); NULL if it has none. */
const RtZone *rt_oracle_zone(const RtOracle *oracle, const char *tenant);

/* One series at one grain: its key columns in the summary's order (series, tenant, bucket,
 * dimensions), then its measures. */
char *rt_oracle_query(const RtOracle *oracle, const RtSummary *summary, const RtSeries *series,
                      RtGrain grain);
