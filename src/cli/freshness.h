/*
 * Freshness: how far a summary can be trusted, read from the control tables.
 *
 *   logs of its tables, trueup_pending ─▶ what is waiting      trueup_build ─▶ what is built
 *   trueup_table, the triggers         ─▶ who guards it        all of it    ─▶ since when it is right
 *
 * Everything here is read in the caller's read transaction.
 */
#pragma once

#include "keep/keeper.h"

/* "Not known", and "right to this moment"; between the two is an instant. */
#define TU_AS_OF_UNKNOWN G_MININT64
#define TU_AS_OF_NOW G_MAXINT64

/* Changes that a summary does not show yet. */
typedef struct {
    gint64 n_entries; /* in the change logs of the tables its sources read */
    gint64 n_buckets; /* on the pending list */
    gint64 n_parked;  /* those of them that failed */
    gboolean has_oldest;
    gint64 oldest_us; /* of the pending list; entries of a log have no time: not before the last
                         settling */
} TuWaiting;

/* A captured table of a summary. */
typedef struct {
    const TuCaptured *captured;
    gboolean is_released, is_unguarded;
    char *problem; /* why it is unguarded */
    /* why that could not be looked at: only what workers noted is known; or NULL */
    const char *hidden;
    gboolean has_since;
    gint64 since_us; /* since when either is so, as far as it was noted */
} TuTableGuard;

/* History of a summary that is not written yet. */
typedef struct {
    gboolean is_building, is_rebuilding; /* it was never right; it is right until replaced */
    gboolean has_right_from;
    TuDate right_from; /* from here on all of it is right; without: nothing may be */
    gboolean is_stuck; /* nothing more of it can be written (keep/build/unfit.h) */
} TuHistory;

gboolean tu_waiting_read(TuDatabase *db, const TuSummaryModel *summary, TuWaiting *ret_waiting,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The captured tables that the summary's sources read, as TuTableGuard, each once. */
gboolean tu_guards_read(TuDatabase *db, const TuSummaryModel *summary, GArray **ret_guards,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of all tenants, or of the one (NULL: all). */
gboolean tu_history_read(TuDatabase *db, const TuSummaryModel *summary, const TuValue *tenant,
                         TuHistory *ret_history, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if some source of the summary has `capture: none`. */
gboolean tu_summary_has_uncaptured(const TuSummaryModel *summary);

/* The time up to which what is built is right: now if nothing is waiting and everything is guarded.
 * Else the oldest of
 *   - the oldest bucket on the pending list,
 *   - the last settling, where entries are in a log (before the first one: the last `apply`),
 *   - the moment a table was released or lost its triggers,
 *   - the start of the last complete repair or build of all tenants that reached to its own day,
 *     where a source has `capture: none`. */
gboolean tu_as_of(TuDatabase *db, const TuSummaryModel *summary, const TuWaiting *waiting,
                  gint64 *ret_as_of_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;
