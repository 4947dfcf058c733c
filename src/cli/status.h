/*
 * Status: how each summary is, read in one snapshot.
 *
 *   right < not captured < rebuilding < building < unguarded < released < paused     the last is
 * shown
 */
#pragma once

#include "cli/command.h"
#include "cli/freshness.h"
#include "cli/sealed.h"
#include "work/pause.h"
#include "work/present.h"

typedef enum {
    TU_STATE_RIGHT,        /* built, and its tables are guarded */
    TU_STATE_NOT_CAPTURED, /* `capture: none`: as right as its last repair */
    TU_STATE_FAILING,    /* some buckets or keys are parked, or a series fails: all else is right */
    TU_STATE_REBUILDING, /* right so far, and being counted anew */
    TU_STATE_BUILDING,   /* history is being written: it is right from a date on */
    TU_STATE_UNGUARDED,  /* some table lost its triggers */
    TU_STATE_RELEASED,   /* `trueup release` took them off */
    TU_STATE_PAUSED,     /* `trueup pause`: nothing is written into it */
} TuState;

/* "right" .. "paused". */
const char *tu_state_name(TuState state);

/* A run of the run log. */
typedef struct {
    gboolean found;
    char *kind, *status, *started_at, *finished_at, *error;
} TuLastRun;

typedef struct {
    const TuSummaryModel *summary;
    TuState state;
    TuHistory history;
    TuWaiting waiting;
    GArray *guards; /* of TuTableGuard */
    GArray *sealed; /* of TuSealed */
    TuLastRun last_run;
    gint64 drift;
    gint64 as_of_us; /* see tu_as_of; TU_AS_OF_NOW, TU_AS_OF_UNKNOWN */
} TuSummaryStatus;

/* Rows of a source that count nowhere. */
typedef struct {
    char *source;
    gint64 without_tenant, without_time, of_unknown_tenants;
} TuSourceStatus;

typedef struct {
    char *tenant; /* for people */
    TuValue key;  /* its text belongs to `values` */
    char *error;
} TuTenantStatus;

typedef struct {
    char *summary;
    char *tenant;
    char *bucket; /* or, of a keyed summary: */
    char *key;
    gint64 attempts;
    char *error;
} TuParkedBucket;

/* A night that was not done within its grace. */
typedef struct {
    char *summary, *zone;
    gint64 since_us;
} TuNightStatus;

/* A series or a keyed summary that cannot be evaluated now (keep/fail/failing.h). */
typedef struct {
    char *summary, *series, *error, *since;
} TuFailingStatus;

/* cli/keyed_status.h */
typedef struct TuKeyedStatus TuKeyedStatus;

typedef struct {
    gint64 now_us;
    GArray *keyed;     /* of TuKeyedStatus, in the spec's order */
    GArray *summaries; /* of TuSummaryStatus, in the spec's order */
    GArray *sources;   /* of TuSourceStatus */
    GArray *tenants;   /* of TuTenantStatus: those with an error */
    GArray *parked;    /* of TuParkedBucket: the first TU_PARKED_SHOWN */
    GPtrArray *pauses; /* of TuPause */
    GArray *nights;    /* of TuNightStatus */
    GArray *failing;   /* of TuFailingStatus */
    gint64 n_jobs_pending, n_jobs_running;
    GPtrArray *workers; /* of TuPresent */
    TuDictionary *values;
} TuStatus;

/* Parked buckets are listed up to here; beyond, their number says enough. */
#define TU_PARKED_SHOWN 20

/* The run that something was heard of last. */
gboolean tu_last_run_read(TuDatabase *db, const char *summary, TuLastRun *ret_run,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

void tu_status_clear(TuStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuStatus, tu_status_clear)

/* Reads it, in one read transaction. */
gboolean tu_status_read(TuSession *session, TuStatus *ret_status,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if somebody should look: an unguarded table, a failing series, a parked bucket, a tenant
 * with an error, a last run that failed, a night that is late. Being built is no alarm, nor is
 * drift that was mended, nor a release. */
gboolean tu_status_is_alarming(const TuStatus *status);

void tu_status_print(const TuStatus *status, gboolean as_json);
