/*
 * One value as text that is equal exactly when the contract says that two values are one group:
 * text by its bytes, numbers by their value (1 and 1.0 and -0 and 0), NULL like NULL.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

void rt_cell_append_value(GString *canonical, sqlite3_value *value);
