/*
 * Changes: everything that one turn will write, decided before it writes anything.
 *
 *   settle, repair, build, rebuild ──▶ TuChanges ──▶ apply (one short transaction)
 *   verify                         ──▶ TuChanges, counted and shown, never applied
 */
#pragma once

#include "keep/compare/stored.h"

/* What is to be done with a cell: TuCell.mark. */
enum {
    TU_MARK_NEW,   /* no stored row was seen */
    TU_MARK_SAME,  /* the stored row is right */
    TU_MARK_WRITE, /* the stored row differs, or a fold changed it */
    TU_MARK_GONE,  /* a fold emptied it: its row is deleted */
    TU_MARK_LEAVE, /* nothing, whatever is stored: it could not be computed */
};

/* A stored row that is to go; `key` holds numbers of the tally's dictionary, in the key's order. */
typedef struct {
    const TuSummaryTable *table;
    guint32 tenant;
    TuBucket bucket;
    gboolean has_bucket;
    guint32 *key; /* series label, tenant, bucket text (where has_bucket is FALSE), dimensions */
} TuDelete;

/* Entries of a log that are settled by this turn: all after an id and up to one. */
typedef struct {
    const TuCaptured *captured;
    gint64 after, up_to;
    GArray *ids; /* of gint64: which those are; NULL where that is clear (TuDialect) */
} TuSettledLog;

/* A statement with its values, run as it is. */
typedef struct {
    char *sql;
    TuValue *values; /* text is owned */
    guint n_values;
    gboolean only_if_none; /* only if the statement before it changed no row */
    gboolean is_shared;    /* writes a row that other groups' workers write too */
} TuBoundStatement;

/* A bucket for the pending list; texts are owned. */
typedef struct {
    const TuSourceModel *source;
    const TuSummaryModel *summary;
    TuValue tenant;
    char *tenant_key;
    char *bucket;
    char *problem; /* NULL: it is only to be recomputed */
} TuPendingRow;

/* A difference between what is stored and what should be. `cell` NULL: no such cell should be;
 * `stored` NULL: no row is there. */
typedef void (*TuOnDrift)(TuTally *tally, const TuSummaryTable *table, guint target, TuCell *cell,
                          const TuStoredCell *stored, gpointer data);

typedef struct {
    TuTally *tally;         /* owned; NULL: no cells are written */
    GArray *deletes;        /* of TuDelete */
    GArray *settled;        /* of TuSettledLog */
    GArray *statements;     /* of TuBoundStatement */
    GHashTable *pending;    /* set of TuPendingRow */
    GArray *done;           /* of gint64: ids of the pending list that go */
    GHashTable **uncertain; /* one a target, of TuNamedBucket: changes are pending there */
    gboolean *is_unclear;   /* by the summary's place in the spec: something
                             * changed, it is not known where */
    gboolean may_split;     /* cells may be written in several transactions (never when folding) */
    GHashTable **sealed;    /* one a target: numbers of tenants that have something sealed in it */
    GArray **places;        /* one a target, of gint64, by a cell's number: where its row lies, as
                             * the snapshot saw it; 0, or beyond the end: not known */
    GPtrArray *keyed;       /* of TuKeyedChange (keep/keyed/keyed.h) */
    gint64 n_checked, n_drifted, n_pending;
    gint64 n_unbuilt;             /* of the pending ones: their history is still to be built */
    gint64 n_to_write, n_written; /* found by comparing; done by applying */
    gint64 *drift_of;             /* n_drifted, by the summary's place in the spec */
    TuOnDrift on_drift;
    gpointer on_drift_data;
} TuChanges;

/* Takes the tally over. */
TuChanges *tu_changes_new(TuTally *tally);
void tu_changes_free(TuChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuChanges, tu_changes_free)

/* Adds a statement; texts are copied. */
void tu_changes_add(TuChanges *changes, const char *sql, const TuValue *values, guint n_values);

/* The same, run only if the one before it changed no row. */
void tu_changes_add_if_none(TuChanges *changes, const char *sql, const TuValue *values,
                            guint n_values);

/* Notes that a stored row is to go. */
void tu_changes_delete(TuChanges *changes, const TuStoredCell *stored);

/* Says that differences in this bucket are no drift: something is pending for it. */
void tu_changes_uncertain(TuChanges *changes, guint target, guint32 tenant, TuBucket bucket);

/* Says where the row of a cell lies that is to be written (db/given.h); 0: nobody knows. */
void tu_changes_note_place(TuChanges *changes, guint target, guint32 cell, gint64 place);
gint64 tu_changes_place(const TuChanges *changes, guint target, guint32 cell);

/* Compares the tally's cells with what is stored in every wanted bucket: marks cells, notes rows to
 * delete, counts. Failed buckets are left as they are. */
gboolean tu_changes_compare(TuChanges *changes, GError **error);

/* Adds to the run log's row of this hour: settling that succeeds is not a run of its own. */
void tu_changes_note_hour(TuChanges *changes, gint64 rows_read, gint64 cells_written);

/* Adds a row of the run log: settling something of the summary failed. `tenant` may be NULL. */
void tu_changes_add_failed_run(TuChanges *changes, const char *summary, const char *tenant,
                               const char *problem);

/* What failed in the group waits no longer: whoever repairs or rebuilds it may have mended the
 * rows. */
void tu_changes_retry_soon(TuChanges *changes);

/* Of one tenant, when a bucket that had failed is right: one bad row fails every bucket that shares
 * a coarser one with its own, and only its own is named when the row is mended. */
void tu_changes_retry_beside(TuChanges *changes, const TuSourceModel *source,
                             const TuSummaryModel *summary, const TuValue *tenant);

/* Adds one (source, summary, tenant, unit bucket) to the pending list; `problem` NULL: it is only
 * to be recomputed. A row that is there already keeps its attempts and error unless there is
 * one. */
void tu_changes_add_pending(TuChanges *changes, const TuSourceModel *source,
                            const TuSummaryModel *summary, const TuValue *tenant, TuBucket unit,
                            const char *problem);
