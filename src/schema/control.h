/*
 * Control tables: what trueup remembers, in the database that it keeps.
 *
 *   trueup_spec      the digest of the spec that was applied last
 *   trueup_group     one row a group: its turn
 *   trueup_table     captured tables: what capture should look like, when it was lost or released
 *   trueup_part      the partitions of those tables, as `apply` left them
 *   trueup_summary   summaries: definition, drift found
 *   trueup_kept      the tables of summaries: their keys, and whether trueup made them
 *   trueup_source    sources: rows that count nowhere
 *   trueup_build     history still to be built or rebuilt: newest first, down to `below`
 *   trueup_tenant    tenants as last seen, with their zones
 *   trueup_zone      digests of the zones' rules in use
 *   trueup_rules     those rules, and whose they are: of which tzdata
 *   trueup_rezone    rules that a build is to compare with those in force (keep/tenants/rezone.h)
 *   trueup_notice    how often the tenants table changed, and up to where each group has looked
 *   trueup_pending   buckets to recompute: looked up, doubtful, failed
 *   trueup_night     the last night of each zone that was repaired
 *   trueup_run       the run log (contract); trueup_parked: a view of what failed (contract)
 *   trueup_job       the queue (contract; the columns behind `error` are trueup's own)
 *   trueup_worked    of a job: workers that died at it, cells that they compared
 *   trueup_boundary  which buckets `keep` removed and `sealed_after` froze, and how many changes
 *                    came to those
 *   trueup_keyed     keyed summaries: their tables of states (schema/keyed.h), and whether all keys
 *                    are to be put on them
 *   trueup_pause     the summaries that nobody may work on; '' stands for all
 */
#pragma once

#include "db/database.h"

/* Appends the statements that create what is missing. */
gboolean tu_control_plan(TuDatabase *db, GPtrArray *statements, GError **error);

/* Appends the statements that make one of the views anew, with `more` behind its own SELECT. */
void tu_control_plan_view(TuDatabase *db, const char *name, const char *more,
                          GPtrArray *statements);

/* How many are not there. *ret_is_older: only such that came with a later version of trueup than
 * was applied. */
gboolean tu_control_missing(TuDatabase *db, guint *ret_missing, gboolean *ret_is_older,
                            GError **error);

/* TRUE if `apply` was ever run on this database. */
gboolean tu_control_exists(TuDatabase *db, gboolean *ret_exists, GError **error);

/* Adds their names, with the control schema's. */
void tu_control_names(TuDatabase *db, GPtrArray *names);

/* Appends the statements that drop all of them. */
void tu_control_plan_drop(TuDatabase *db, GPtrArray *statements);
