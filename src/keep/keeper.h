/*
 * The keeper: what every piece of work needs at hand, for one connection and one model.
 */
#pragma once

#include "schema/model.h"

/* Something to tell a person while long work goes on; see cli/progress.h. */
typedef void (*TuProgress)(gpointer data, const char *what, double share);

typedef struct {
    TuDatabase *db;
    const TuModel *model;
    GHashTable *zones; /* name -> TuZone, or NULL where there is none; kept for all work */
    GHashTable *zone_problems; /* name -> why there is none */
    const volatile int *is_cancelled;
    /* Summaries settle and build together, so the strictest of their bounds is everybody's. */
    gsize memory_bytes;
    guint batch_most; /* log entries of one table settled in one turn */
    char *worker;        /* "host:pid", for the run log */
    TuProgress progress; /* may be NULL */
    gpointer progress_data;
} TuKeeper;

void tu_keeper_init(TuKeeper *keeper, TuDatabase *db, const TuModel *model);
void tu_keeper_clear(TuKeeper *keeper);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuKeeper, tu_keeper_clear)

/* The zone by its name, kept; NULL with CONFIG if there is none. */
const TuZone *tu_keeper_zone(TuKeeper *keeper, const char *name, GError **error);

/* CANCELLED if a signal asked to stop. */
gboolean tu_keeper_may_go_on(const TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean tu_keeper_is_cancelled(const TuKeeper *keeper);

/* After a BUSY error: waits a little and says TRUE while it is worth trying again. `since_us` (0 at
 * first, and again after a success) is when the first of a row of them came. Any other error: FALSE. */
gboolean tu_keeper_may_retry(const GError *error, gint64 *since_us);

/* Now, as trueup's tables write instants. */
TuValue tu_keeper_now(void);
