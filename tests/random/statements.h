/*
 * Statements of an application, by chance: every form of writing that SQLite knows, on the tables
 * of a world.
 */
#pragma once

#include "plan.h"

/* One statement, mostly on a table that a source of the plan reads. Free with g_free. */
char *rt_statement(const RtPlan *plan, RtRng *rng);

/* A change to the tenants: one comes, goes, moves to another zone, is switched off or on. */
char *rt_statement_on_tenants(const RtPlan *plan, RtRng *rng);

/* INSERT of `rows` rows with keys from `first_key` on, as an initial load does it. */
char *rt_statement_load(const RtPlan *plan, const RtTable *table, gint64 first_key, gint64 rows,
                        RtRng *rng);
