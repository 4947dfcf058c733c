/* The statements that create a world's table on a server. */
#pragma once

#include "world.h"

/* Fills table->statements as rt_table_write_statements does on SQLite. */
void rt_server_table_write(const RtWorld *world, RtTable *table, RtRng *rng);

/* What must be there before any table: types, collations. Of const char *, ends with NULL. */
const char *const *rt_server_prelude(RtKind kind);
