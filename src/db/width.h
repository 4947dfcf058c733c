/*
 * Widths: how many digits before the point a column of a declared type holds in any case; of a
 * float, how many digits it tells apart.
 */
#pragma once

#include "db/database.h"

typedef struct {
    TuType kind; /* INTEGER, DECIMAL or REAL */
    guint digits;
} TuWidth;

/* FALSE: it is no number's type, or columns of this database hold numbers of any width. */
gboolean tu_width_of(const TuDialect *dialect, const char *type, TuWidth *ret_width);
