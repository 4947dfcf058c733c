/*
 * A tally: cells being counted at one snapshot, from rows of sources and images of the logs.
 *
 *   row ─▶ tenant (known? zone?) ─▶ instant ─▶ for each series that wants it: bucket ─▶ cell
 *
 * Which buckets a target wants is said beforehand; a row in another bucket costs a lookup and
 * nothing else. Coarser grains are made from finer cells afterwards (roll up).
 */
#pragma once

#include "cells/cells.h"
#include "keep/rows.h"
#include "keep/snapshot.h"
#include "time/zonediff.h"

typedef enum {
    TU_WANT_NONE,
    TU_WANT_RANGE, /* buckets whose local date is in [from, to) */
    TU_WANT_SET,   /* those that were named */
} TuWantKind;

typedef struct {
    TuWantKind kind;
    gboolean from_source; /* counted from rows; else made from the parent grain's cells */
    TuDate from, to;      /* G_MININT32, G_MAXINT32: without bound */
    GHashTable *set;      /* of TuNamedBucket */
} TuWanted;

/* One bucket of one tenant; `tenant` is a number in the tally's dictionary. */
typedef struct {
    guint32 tenant;
    TuBucket bucket;
} TuNamedBucket;
guint tu_named_bucket_hash(gconstpointer bucket);
gboolean tu_named_bucket_equal(gconstpointer a, gconstpointer b);

typedef struct {
    const TuTenant *tenant; /* NULL: unknown, its rows count nowhere */
    const TuZone *zone;     /* NULL: unknown */
    guint hint;             /* of zone lookups */
    gboolean is_looked_up;
    gboolean is_left_out; /* outside what this tally is about */
} TuTallyTenant;

/* The dictionary's number of a column's value in the row that was numbered last. */
typedef struct {
    gint64 row; /* rows_read of that row */
    guint32 id;
} TuTallyNumber;

/* Rows of a source that count nowhere, by reason. */
typedef struct {
    gint64 without_tenant, without_time, of_unknown_tenants;
    gboolean is_incomplete; /* a joined image's places could not all be told */
} TuUncounted;

typedef struct TuLate TuLate;
typedef struct TuHoles TuHoles;

typedef struct {
    TuSnapshot *snapshot;
    TuCells *cells;
    TuWanted *wanted;       /* one a target */
    GHashTable **failures;  /* one a target: TuNamedBucket -> message; NULL: none */
    GArray *tenants;        /* of TuTallyTenant, by dictionary number */
    GArray *numbers;        /* of TuTallyNumber, one a column */
    GHashTable *only;       /* dictionary numbers of the only tenants wanted; NULL: all */
    guint n_slices, slice;  /* of the tenants, only those whose hash falls in `slice` */
    gboolean writes_sealed; /* what is sealed is counted too (TuBuild.is_first) */
    /* of ranges only these buckets are wanted (keep/tenants/rezone.h); NULL: all */
    const TuZoneDiff *moved;
    TuLate *late; /* changes that are dropped (keep/old/late.h); NULL: there were none */
    /* rows that cannot be evaluated are left out (keep/fail/bisect.h); NULL: none may be */
    TuHoles *holes;
    gboolean has_weights; /* something was taken away: a count may be below zero */
    gsize limit_bytes;    /* 0: none */
    gint64 rows_read;
    TuUncounted *uncounted; /* one a source of the spec: rows that count nowhere */
    char *unplaced; /* why the tenant or time of an image could not be told; NULL: they could */
    const TuSourceModel *unplaced_source; /* whose image */
} TuTally;

/* Notes why an image of the source cannot be placed, the first time. */
void tu_tally_note_unplaced(TuTally *tally, const TuSourceModel *source, const char *why);

TuTally *tu_tally_new(TuSnapshot *snapshot);
void tu_tally_free(TuTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTally, tu_tally_free)

/* Wants a bucket of a target by name. */
void tu_tally_want(TuTally *tally, guint target, guint32 tenant, TuBucket bucket);

/* TRUE if the target wants that bucket. */
gboolean tu_tally_wants(TuTally *tally, guint target, guint32 tenant, TuBucket bucket);

/* The local date of a bucket, on its tenant's clock. Where that is unknown, since the tenant is
 * gone, the earliest that it may have been: what may be sealed is left. */
TuDate tu_tally_bucket_date(TuTally *tally, TuGrain grain, guint32 tenant, TuBucket bucket);

/* A unit bucket (TuSummaryModel.unit) that lies in the bucket: its first. */
TuBucket tu_tally_unit_in(TuTally *tally, guint target, guint32 tenant, TuBucket bucket);

/* The tenant with that dictionary number, looked up once. */
TuTallyTenant *tu_tally_tenant(TuTally *tally, guint32 id);

/* Where a row is. */
typedef struct {
    guint32 tenant_id;
    TuTallyTenant *tenant;
    gint64 at_us;
    TuDate date;
} TuPlace;

/* FALSE if the row counts nowhere (no tenant, no time, an unknown tenant); `weight` counts it. */
gboolean tu_tally_place(TuTally *tally, const TuSourceModel *source, const TuValue *tenant,
                        const TuValue *time, int weight, TuPlace *ret_place);

/* The bucket of a place. */
TuBucket tu_place_bucket(TuPlace *place, const TuSourceModel *source, TuGrain grain);

/* Adds a row of the source (its expressions' values) to every series that wants it, except those
 * for which `skip` says TRUE (may be NULL). LIMIT if the cells need more memory than allowed. */
typedef gboolean (*TuSkipSeries)(const TuSeriesModel *series, gpointer data);
gboolean tu_tally_add(TuTally *tally, const TuSourceModel *source, const TuValue *row, int weight,
                      TuSkipSeries skip, gpointer skip_data, GError **error);

/* Adds many rows, each once, to every series that wants it: as tu_tally_add one after the other,
 * but the memory of their cells is waited for together. */
gboolean tu_tally_add_rows(TuTally *tally, const TuSourceModel *source, const TuRows *rows,
                           GError **error);

/* Makes the wanted cells of every target that is not from its source from the finer cells at hand,
 * added to what is there (stored finer cells that were read, see truth.c). */
void tu_tally_roll_up(TuTally *tally);

/* The failure of a bucket whose cells cannot be told yet: part of a writer's entries is settled. */
#define TU_UNDER_WAY "changes of this bucket are still being settled"

/* Notes a failure in every cell whose result cannot be stored (an integer overflow), or was made
 * from a failed one. */
void tu_tally_check(TuTally *tally);

/* Notes that a bucket cannot be computed, unless something is noted already. What is noted: it
 * lives as long as the tally. */
const char *tu_tally_fail(TuTally *tally, guint target, guint32 tenant, TuBucket bucket,
                          const char *message);

/* TRUE if some cell of that target's bucket failed; *ret_message then says why. */
gboolean tu_tally_bucket_failed(TuTally *tally, guint target, guint32 tenant, TuBucket bucket,
                                const char **ret_message);

/* The failed buckets of a target: TuNamedBucket -> message. NULL: none. */
GHashTable *tu_tally_failures(TuTally *tally, guint target);
