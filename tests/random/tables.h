/* The statements that create a world's table: its key, constraints, indexes and the application's
 * own triggers. */
#pragma once

#include "world.h"

/* Draws the key's form and fills table->statements. The columns must be there, and the tables that
 * they refer to. */
void rt_table_write_statements(const RtWorld *world, RtTable *table, RtRng *rng);

/* The table without its quotes, for names that are made from it. */
char *rt_table_plain_name(const RtTable *table);
