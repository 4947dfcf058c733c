/*
 * Result: what a piece of work did, and what of it failed without stopping the rest.
 */
#pragma once

#include "schema/model.h"

/* What was done; added to, never reset. */
typedef struct {
    gint64 rows_read;
    gint64 changes;
    gint64 entries; /* of the logs, that were settled */
    gint64 settled; /* the changes that those are of: an update has two entries */
    gint64 cells_checked, cells_drifted, cells_written, cells_pending;
    gint64 cells_unbuilt; /* of the pending ones */
    gint64 cells_removed; /* by `keep` */
    gint64 cells_sealed;  /* not compared */
    GPtrArray *failures;  /* of TuFailure */
} TuResult;

typedef struct {
    char *summary; /* NULL: not about one */
    char *tenant;  /* NULL likewise */
    char *error;
    char *line; /* the same with the tenant's name: what a run or a job says */
    /* Of a table that is unguarded (then it is about no one summary and no tenant): the names of
     * those that its changes keep; else NULL. */
    char **readers;
} TuFailure;

void tu_result_init(TuResult *result);
void tu_result_clear(TuResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuResult, tu_result_clear)
/* Adds what another one counted, and its failures. */
void tu_result_add(TuResult *result, const TuResult *other);

/* Takes back the counts of a step that failed; its failures stay. */
void tu_result_restore(TuResult *result, const TuResult *before);

/* Notes a failure once. */
void tu_result_fail(TuResult *result, const char *summary, const char *tenant, const char *error);

/* The same of a table whose changes are not seen any more: once, and a matter of those summaries
 * alone that are kept by them. */
void tu_result_fail_table(TuResult *result, const TuGroup *group, const TuCaptured *table,
                          const char *error);

/* TRUE if the failure is what the guard found of a table. */
gboolean tu_failure_is_of_table(const TuFailure *failure);

/* The same of every summary over the source. */
void tu_result_fail_source(TuResult *result, const TuSourceModel *source, const char *error);

/* The same of one bucket, which the error begins with. */
void tu_result_fail_bucket(TuResult *result, const TuSummaryModel *summary, const TuValue *tenant,
                           TuGrain grain, TuBucket bucket, const char *error);

/* What failed of that summary (NULL: of any), failures about none included: others that the same
 * work met are not its matter. The first one, which the result keeps; NULL: there is none. */
const char *tu_result_problem(const TuResult *result, const char *summary);

/* All of those summaries (up to a NULL; without any: of all) and of that tenant (NULL: of any) in
 * one text, the first dozen; NULL: there are none. Where there are several summaries each is named.
 * Free with g_free. */
char *tu_result_failures(const TuResult *result, const char *const *summaries, const char *tenant);

/* Takes out what is not of that summary (NULL: nothing) and that tenant (NULL: likewise): who was
 * asked for one says nothing of the others that the same work met. */
void tu_result_keep_failures(TuResult *result, const char *summary, const char *tenant);
