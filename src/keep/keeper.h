/*
 * The keeper: what every piece of work needs at hand, for one connection and one model.
 */
#pragma once

#include "schema/model.h"

/* Entries of one log that are settled in one turn for keyed summaries. */
#define TU_KEYED_ENTRIES 10000

/* Asked between two pieces of a build or a repair, when what was done is committed: dates from
 * `reached` on are done, a `share` of the whole (0: not known). FALSE with an error ends the work
 * there. */
typedef gboolean (*TuBetween)(gpointer data, TuDate reached, double share, GError **error);

/* Asked there too, by whoever shares the work with others: gives the group's lock back for a while,
 * and rests. FALSE with CANCELLED: the work is to be left here, for whoever takes it up again;
 * `may_leave` FALSE: only if the process ends. */
typedef gboolean (*TuYield)(gpointer data, gboolean may_leave, GError **error);

/* Asked around a scan that takes long, by whoever shares the work with others: with `lets_go` TRUE
 * gives the group's lock back, with FALSE takes it again, and waits for that. FALSE with CANCELLED:
 * the process ends, nobody has the lock. */
typedef gboolean (*TuLetGo)(gpointer data, gboolean lets_go, GError **error);

/* Told now and then while rows are read: the worker lives. */
typedef void (*TuBeat)(gpointer data);

typedef struct {
    TuDatabase *db;
    const char *url, *directory; /* what opens another connection; url NULL: nothing does */
    const TuModel *model;
    GHashTable *zones;         /* name -> TuZone, or NULL where there is none; kept for all work */
    GHashTable *zone_problems; /* name -> why there is none */
    const volatile _Atomic int *is_cancelled;
    /* Summaries settle and build together, so the strictest of their bounds is everybody's. */
    gsize memory_bytes;
    guint batch_most; /* changes of one table settled in one turn */
    /* TuGroup -> what of it need not be asked again (keep/known.h); may be NULL */
    GHashTable *known;
    GHashTable *key_paces; /* TuKeyedModel -> keys that one turn does; may be NULL */
    char *worker;          /* "host:pid", for the run log */
    TuBetween between;     /* may be NULL */
    gpointer between_data;
    TuYield yield;       /* may be NULL */
    gpointer yield_data; /* of let_go and beat, too */
    TuLetGo let_go;      /* may be NULL: the lock is kept */
    TuBeat beat;         /* may be NULL */
    gboolean waits;      /* for another worker that builds, rather than leave it to that one */
    gboolean
        is_outdated; /* the tables were altered since the model was made: see again what fails */
    gint64 piece_us; /* builds are cut into pieces of about so long, where that can be; 0: not */
} TuKeeper;

void tu_keeper_init(TuKeeper *keeper, TuDatabase *db, const TuModel *model);
void tu_keeper_clear(TuKeeper *keeper);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuKeeper, tu_keeper_clear)

/* The zone by its name, kept; NULL with CONFIG if there is none. */
const TuZone *tu_keeper_zone(TuKeeper *keeper, const char *name, GError **error);

/* Asks keeper->yield, if there is one. */
gboolean tu_keeper_yield(const TuKeeper *keeper, gboolean may_leave,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tells keeper->beat, if there is one. */
void tu_keeper_beat(const TuKeeper *keeper);

/* Asks keeper->between, if there is one. */
gboolean tu_keeper_between(const TuKeeper *keeper, TuDate reached, double share,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CANCELLED if a signal asked to stop. */
gboolean tu_keeper_may_go_on(const TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean tu_keeper_is_cancelled(const TuKeeper *keeper);

/* After a BUSY error: waits a little and says TRUE while it is worth trying again. `since_us` (0 at
 * first, and again after a success) is when the first of a row of them came. Any other error:
 * FALSE. */
gboolean tu_keeper_may_retry(const GError *error, gint64 *since_us);

/* After a try for the group's lock: *holder NULL, it is this worker's: notes that, where the
 * database itself does not say who has it; else says it better: "host, pid 12". */
void tu_keeper_note_holder(const TuKeeper *keeper, const TuGroup *group, char **holder);

/* Of the memory allowed, what cells being counted may have; the rest is the database's cache, what
 * is being read and what is being sorted. */
gsize tu_keeper_cells_bytes(const TuKeeper *keeper);

/* Now, as trueup's tables write instants. */
TuValue tu_keeper_now(void);

/* No attempt is put off beyond this: what is to be tried again only later was put off by a clock
 * that was ahead, and is due. */
TuValue tu_keeper_latest_attempt(void);
