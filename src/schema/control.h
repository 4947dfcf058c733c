/*
 * Control tables: what trueup remembers, in the database that it keeps.
 *
 *   trueup_spec      the digest of the spec that was applied last
 *   trueup_group     one row a group: its turn
 *   trueup_table     captured tables: what capture should look like, when it was lost or released
 *   trueup_summary   summaries: definition, drift found
 *   trueup_kept      the tables of summaries: their keys, and whether trueup made them
 *   trueup_source    sources: rows that count nowhere
 *   trueup_build     history still to be built or rebuilt: newest first, down to `below`
 *   trueup_tenant    tenants as last seen, with their zones
 *   trueup_zone      digests of the zones' rules in use
 *   trueup_pending   buckets to recompute: looked up, doubtful, failed
 *   trueup_night     the last night of each zone that was repaired
 *   trueup_run       the run log (contract); trueup_parked: a view of what failed (contract)
 */
#pragma once

#include "db/database.h"

/* Appends the statements that create what is missing. */
gboolean tu_control_plan(TuDatabase *db, GPtrArray *statements, GError **error);

/* TRUE if `apply` was ever run on this database. */
gboolean tu_control_exists(TuDatabase *db, gboolean *ret_exists, GError **error);

/* Adds their names, with the control schema's. */
void tu_control_names(TuDatabase *db, GPtrArray *names);

/* Appends the statements that drop all of them. */
void tu_control_plan_drop(TuDatabase *db, GPtrArray *statements);
