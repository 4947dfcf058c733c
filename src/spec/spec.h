/*
 * The spec: trueup.yaml as plain data, checked.
 *
 *   TuSpec ── sources ──▶ TuSource (tables joined, tenant, time, where)
 *          └─ summaries ▶ TuSummary (tables a grain, key columns) ── series ▶ TuSeries (source,
 *                                                                    where, dimensions, measures)
 *
 * A wide summary is one series without a name; a long one has a name a series. Everything after the
 * spec reads series and does not ask which kind it was. SQL expressions are kept as text: the
 * database evaluates them. What only the database knows (do the columns exist?) is checked later.
 *
 * All strings belong to the spec. Nothing changes after tu_spec_load.
 */
#pragma once

#include "spec/measure.h"
#include "time/calendar.h"

/* A place in the file, from 1; 0 = nowhere. */
typedef struct {
    guint line;
    guint column;
} TuMark;

typedef struct {
    char *table;
    char *key;         /* column */
    char *time_zone;   /* column */
    char *where;       /* SQL, or NULL */
    gboolean captures; /* FALSE: capture: none */
    TuMark mark;
} TuTenants;

/* One table of a source: `carrier c ON c.code = flight.carrier`. */
typedef struct {
    char *table; /* as the database names it, without quotes */
    char *alias; /* never NULL: the table's name when none is given */
    char *on;    /* SQL after ON; NULL for the first table */
    gboolean is_left;
    TuMark mark;
} TuSourceTable;

typedef enum {
    TU_TIME_TEXT_OR_TIMESTAMP, /* no time_unit: the database's own timestamps, or ISO text */
    TU_TIME_SECONDS,
    TU_TIME_MILLISECONDS,
    TU_TIME_MICROSECONDS,
    TU_TIME_DATE, /* a local date already: no zone is applied, no grain below day */
} TuTimeUnit;

typedef struct {
    char *name;
    guint index;       /* in TuSpec.sources */
    GPtrArray *tables; /* of TuSourceTable, the `from` first */
    char *tenant;      /* SQL, or NULL: one tenant for all */
    char *time;        /* SQL */
    TuTimeUnit time_unit;
    char *time_zone;   /* of timestamps that name none; "UTC" by default */
    char *where;       /* SQL, or NULL */
    gboolean captures; /* FALSE: capture: none */
    TuMark mark;
    TuMark tenant_mark, time_mark, where_mark;
} TuSource;

typedef struct {
    char *name; /* the label in the series column; NULL in a wide summary */
    const TuSource *source;
    char *where;           /* SQL, or NULL: summary's and series' own, ANDed, each in parentheses */
    GPtrArray *dimensions; /* of char *: SQL, one for each TuSummary.dimensions; "NULL" for null */
    GPtrArray *measures;   /* of TuMeasure *, one for each TuSummary.measures */
    TuMark mark;
} TuSeries;

/* Durations are microseconds; months and years are calendar units, so both are kept. */
typedef struct {
    gint64 us;
    int months;
} TuDuration;

typedef struct {
    gint64 settle_us;
    guint batch_min, batch_max; /* changes in one transaction */
    gboolean has_nightly;
    guint nightly_minute; /* minute of the day */
    char *nightly_zone;   /* "tenant" or an IANA name */
    guint nightly_days;
    gint64 every_us;                    /* periodic repair, only for capture: none */
    TuDuration window[TU_GRAINS];       /* how far back it looks */
    guint windows;                      /* bits 1 << TuGrain: those that the file names */
    TuDuration keep[TU_GRAINS];         /* older buckets are removed; nothing: never */
    TuDuration sealed_after[TU_GRAINS]; /* older buckets are frozen; nothing: never */
    guint attempts;
    gsize memory_bytes;
    gint64 grace_us;     /* a night that is not done by then is an alarm */
    guint load_percent;  /* of the time, that rebuilds may work */
    gint64 keep_runs_us; /* of the file, not of a summary: runs and jobs are kept so long */
} TuRefresh;

typedef struct {
    char *name;
    guint index;            /* in TuSpec.summaries */
    gboolean is_long;       /* has a series column */
    guint grains;           /* bits 1 << TuGrain */
    char *table[TU_GRAINS]; /* NULL where the grain is not kept */
    char *tenant_column;    /* there even when no source has a tenant: see has_tenant */
    gboolean has_tenant; /* FALSE: no series' source has a `tenant`; the table has no such column */
    char *series_column; /* NULL in a wide summary */
    char *bucket_column[TU_GRAINS];
    GPtrArray *dimensions; /* of char *: column names */
    GPtrArray *measures;   /* of char *: column names */
    GPtrArray *series;     /* of TuSeries; one in a wide summary */
    TuRefresh refresh;
    TuMark mark;
} TuSummary;

/* A summary of the keyed kind: spec/keyed.h. */
typedef struct TuKeyed TuKeyed;

typedef struct {
    char *path;           /* of the file */
    char *directory;      /* of the file: relative database paths start here */
    char *text;           /* the file as read, after ${NAME} was replaced: may hold passwords */
    char *database_url;   /* as written; NULL if the file has none */
    char *control_schema; /* NULL: where unqualified names lead */
    TuTenants *tenants;   /* NULL: one zone for all */
    char *time_zone;      /* used without tenants; "UTC" by default */
    gint64 keep_runs_us;  /* how long runs and jobs that ended are kept */
    GPtrArray *sources;   /* of TuSource */
    GPtrArray *summaries; /* of TuSummary */
    GPtrArray *keyed;     /* of TuKeyed */
} TuSpec;

/* A complaint about the file. */
typedef struct {
    TuMark mark;
    char *message; /* what, and what would be right; one line, without the place */
} TuProblem;

/* Reads and checks the file. On mistakes: NULL, CONFIG, and the error's message holds ALL of them,
 * sorted by place, one a line, as `file:line:column: what, and what would be right`. A file that
 * cannot be read is CONFIG too (exit 2). `ret_problems` (may be NULL) gets them as an array of
 * TuProblem, also where the answer is a spec (then it is empty). */
TuSpec *tu_spec_load(const char *path, GPtrArray **ret_problems,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from memory, for tests and the fuzzer; `path` is only named. */
TuSpec *tu_spec_parse(const char *text, gsize length, const char *path, GPtrArray **ret_problems,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_spec_free(TuSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuSpec, tu_spec_free)

/* By name; NULL if there is none. */
const TuSummary *tu_spec_summary(const TuSpec *spec, const char *name);

/* The grain's bit is set in summary->grains. */
gboolean tu_summary_has_grain(const TuSummary *summary, TuGrain grain);
