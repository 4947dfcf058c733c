/*
 * Sessions: what every piece of work begins with. The spec, a connection to its database, the model
 * of both, and a keeper.
 *
 *   door ─▶ spec ─▶ connection ─▶ model ─▶ is it what `apply` left? ─▶ keeper
 *     ▲                 │ lost
 *     └──── again ◀─────┘           everything is read anew; nothing of before is written after
 */
#pragma once

#include "keep/keeper.h"

/* What a session is opened by. It must outlive the session. */
typedef struct {
    const char *spec_path;
    /* what it holds; NULL: the file is read whenever the session is opened */
    const char *spec_text;
    gsize spec_bytes;
    const char *database_url;                 /* NULL: the spec's */
    const volatile _Atomic int *is_cancelled; /* NULL: nobody can end it */
    /* Told once when a connection is tried again, and why; may be NULL. */
    void (*say_trying)(const char *what, const char *why);
} TuDoor;

/* Everything is freed together. */
typedef struct {
    TuSpec *spec;
    TuDatabase *db;
    TuModel *model;
    GPtrArray *findings;
    TuKeeper keeper;
    /* How it was opened, to open it again. */
    const TuDoor *door;
    TuOpenMode mode;
    gboolean needs_apply;
    char *name;      /* the database's own for this session; NULL: it has none */
    char *lost_name; /* of the one before it, while the server may still have that */
    guint n_lost;    /* connections lost since something was done */
    gint64 lost_us;  /* when the last was made anew; 0: none was lost */
    gboolean has_said_so;
} TuSession;

/* Loads the spec, opens the database, resolves the model. With errors among the findings: CONFIG,
 * one line each. `needs_apply`: CONFIG if apply was never run, or the spec changed since. A server
 * that is starting or full is waited for a little. */
gboolean tu_session_open(TuSession *session, const TuDoor *door, TuOpenMode mode,
                         gboolean needs_apply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* After a piece of work failed and was thrown away: if its connection was lost (CONNECT), opens the
 * session again, with back-off, for `limit_us` (tu_patience_limit_us; G_MAXINT64: for ever), ends
 * what the server still has of the old one, and says TRUE: the piece may be done again. The model
 * and all that points into it are new then. Else, or if too many were lost in a row (n_lost is set
 * to 0 by whoever gets on): FALSE with the error. Takes `lost`. */
gboolean tu_session_survive(TuSession *session, gint64 limit_us, GError *lost,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One try of that. After FALSE the session is closed, and may be tried again or cleared. */
gboolean tu_session_reopen(TuSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_session_clear(TuSession *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuSession, tu_session_clear)

/* The summary named with --summary, or NULL for all, and for a keyed one (tu_model_keyed); USAGE
 * with a suggestion if there is none. */
gboolean tu_session_summary(const TuSession *session, const char *name,
                            TuSummaryModel **ret_summary, GError **error);
