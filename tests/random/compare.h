/*
 * Comparing every summary table of an SQLite file with the oracle: also two rows of one key.
 */
#pragma once

#include "compared.h"
#include "oracle.h"

/* `db` is the connection of the oracle. An SQL error counts as wrong and is reported. */
void rt_compare(sqlite3 *db, const RtPlan *plan, const RtOracle *oracle, RtRetention *retention,
                RtComparison *ret_comparison);
