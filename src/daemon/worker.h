/*
 * Workers: the threads of a daemon, each with a session of its own, and the crew that they are.
 *
 *   main thread   signals, the spec's file, the service manager        daemon.c, reload.c
 *   settler       settles                                              settler.c
 *   upkeep        jobs, nights, builds, forgetting                     upkeep.c
 *
 * Threads share the crew and nothing else. A group is worked on by whoever has its lock, and that
 * is held for a piece of work at a time: other threads, processes and hosts come in between.
 */
#pragma once

#include "daemon/alarms.h"
#include "daemon/log.h"
#include "keep/session.h"
#include "keep/settle/settle.h"

typedef struct {
    TuLog *log;
    const char *spec_path, *database_url;
    GMutex mutex;
    GCond has_changed;
    /* Under the mutex: */
    GBytes *spec;       /* the text that sessions are opened with */
    guint generation;   /* of it: a session of an older one is opened anew */
    gboolean is_ending; /* no new piece is begun */
    gboolean is_unfit;  /* a worker found that its spec does not fit the database (any more) */
    gboolean has_builds, has_jobs; /* as the settler saw it last */
    guint n_told;                  /* how often there came some where were none */
    gboolean looks_at_due;         /* nights and periods are others than upkeep thinks */
    gint64 n_entries;              /* settled since the start */
    GHashTable *groups;            /* set of names: those that a thread of this process has */
} TuCrew;

void tu_crew_init(TuCrew *crew, TuLog *log, const char *spec_path, const char *database_url);
void tu_crew_clear(TuCrew *crew);

/* Sessions are opened with that text from now on. */
void tu_crew_set_spec(TuCrew *crew, GBytes *spec);

/* What the settler has seen. */
void tu_crew_tell(TuCrew *crew, gboolean has_builds, gboolean has_jobs);

/* No new piece is begun. */
void tu_crew_end(TuCrew *crew);

typedef struct {
    TuCrew *crew;
    const char *name;
    gboolean is_told;            /* its wait ends when builds or jobs come */
    guint n_told;                /* of the crew, as this one saw it last */
    volatile _Atomic int cancel; /* ends what is in hand, set by the main thread */
    GThread *thread;
    TuSession session;
    gboolean is_open; /* the session is good, as far as is known */
    gint64 zones_us;  /* monotonic: when zones' files are looked at again; 0: the session is new */
    TuDoor door;
    GBytes *text; /* that the door shows */
    guint generation;
    TuAlarms *alarms;
    gboolean has_said_lost;
    gint64 failing_us;    /* when a session that leaves series out is opened anew; 0: it leaves none
                             out */
    guint64 n_lost;       /* connections in a row that brought nothing */
    const TuGroup *taken; /* the group whose lock this worker has */
    GHashTable *noted;    /* group's name -> when its holder was written down (monotonic) */
    /* Under the crew's mutex: */
    gint64 beat_us; /* monotonic: when it was heard of last */
    gboolean is_at_work, has_ended;
} TuWorker;

void tu_worker_init(TuWorker *worker, TuCrew *crew, const char *name);
void tu_worker_clear(TuWorker *worker);

/* ---- its session ---- */

/* The session is open, with the crew's spec; *ret_is_new: since the last call it was opened anew,
 * so model and keeper are others. Tries for ever. FALSE: the daemon ends. */
gboolean tu_worker_open(TuWorker *worker, gboolean *ret_is_new);

/* What is to be done about an error of its work, which is logged here if it is new. */
typedef enum {
    TU_TROUBLE_OF_GROUP,   /* try again later; other groups go on */
    TU_TROUBLE_OF_SESSION, /* nothing more can be done with this session: see tu_worker_open */
} TuTrouble;
TuTrouble tu_worker_trouble(TuWorker *worker, const TuGroup *group, const GError *why);

/* The spec is not the one that was applied. */
void tu_worker_is_unfit(TuWorker *worker, const char *why);

/* Logs failures that are new. */
void tu_worker_tell(TuWorker *worker, const TuGroup *group, const TuResult *result);

/* The guard was asked, and all of the group's tables are captured: logged if it was said that one
 * is not, in whatever session. Capture that is lost once more is said at once. */
void tu_worker_is_guarded(TuWorker *worker, const TuGroup *group);

/* ---- its time ---- */

/* It gets on. */
void tu_worker_beat(TuWorker *worker);

/* Sleeps, until there is something for it to do that it is told of. FALSE: the daemon ends. */
gboolean tu_worker_wait(TuWorker *worker, gint64 wait_us);
gboolean tu_worker_is_ending(const TuWorker *worker);

/* The daemon ends, and the worker has some last statement to do: that is in hand from now on, and
 * no longer cancelled because it waited. It still is when it is late. */
void tu_worker_begin_leaving(TuWorker *worker);

/* ---- groups ---- */

/* Tries to get the group's lock, in this process and in the database. */
gboolean tu_worker_take(TuWorker *worker, const TuGroup *group, gboolean *ret_is_taken,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives back what it has, if anything. */
void tu_worker_give_back(TuWorker *worker);
