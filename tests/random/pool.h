/* Several histories at a time, each in a process of its own, so that a crash is one failed
 * history. */
#pragma once

#include "history.h"
#include "spread.h"

typedef struct {
    guint first, count; /* indexes of the histories */
    guint jobs;         /* at a time */
    gint64 seconds;     /* no new history after this; 0: no limit */
} RtPool;

/* Calls `ended` for each history as it ends, in any order. */
void rt_pool_run(const RtPool *pool, const RtOptions *options,
                 void (*ended)(gpointer data, const RtReport *report), gpointer data);
