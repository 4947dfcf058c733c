#include "cells/ahead.h"

#include <string.h>

#include "cells/cell_table.h"

void
tu_ahead_add(TuAhead *ahead, TuCellTable *table, guint32 tenant, TuBucket bucket,
             const guint32 *dimensions)
{
    g_assert(!tu_ahead_is_full(ahead));
    guint n = tu_cell_table_layout(table)->n_dimensions;
    guint32 hash = tu_cell_table_hash(table, tenant, bucket, dimensions);
    tu_cell_table_fetch_slot(table, hash);
    ahead->keys[ahead->n++] = (TuAheadKey){table, bucket, tenant, hash, ahead->n_dimensions};
    memcpy(ahead->dimensions + ahead->n_dimensions, dimensions, n * sizeof *dimensions);
    ahead->n_dimensions += n;
}

void
tu_ahead_fetch(const TuAhead *ahead)
{
    for (guint i = 0; i < ahead->n; i++)
        tu_cell_table_fetch_cell(ahead->keys[i].table, ahead->keys[i].hash);
}

TuCell *
tu_ahead_get(const TuAhead *ahead, guint i)
{
    const TuAheadKey *key = &ahead->keys[i];
    return tu_cell_table_get_hashed(key->table, key->hash, key->tenant, key->bucket,
                                    ahead->dimensions + key->dimensions);
}

TuCell *
tu_ahead_find(const TuAhead *ahead, guint i)
{
    const TuAheadKey *key = &ahead->keys[i];
    return tu_cell_table_find_hashed(key->table, key->hash, key->tenant, key->bucket,
                                     ahead->dimensions + key->dimensions);
}
