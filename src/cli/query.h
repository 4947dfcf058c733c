/*
 * A query: a piece of one summary, as a series of buckets.
 *
 *   command line ─▶ TuQuery ─▶ plan (grain, table) ─▶ stored rows ─▶ TuQuerySums ─▶ rows, errors
 *
 * Only what is stored is read, never a source. What the tables cannot give exactly (the distinct
 * values of two cells together) is an error entry of its measure; the other measures are given.
 */
#pragma once

#include "cli/command.h"

typedef enum { TU_FORMAT_TABLE, TU_FORMAT_CSV, TU_FORMAT_JSON } TuFormat;

/* What was asked for, checked against the model. */
typedef struct {
    const TuSummaryModel *summary;
    GPtrArray *series;   /* of TuSeriesModel *, by their labels */
    gboolean has_series; /* they were named */
    GArray *measures;    /* of guint: numbers in the spec's list */
    GArray *by;          /* of guint: numbers of dimensions, in the order asked for */
    gboolean has_grain;
    TuGrain grain;
    char *tenant; /* as written; NULL: all */
    gboolean has_from, has_to;
    TuDate from, to; /* local dates, both included */
    gboolean fills;
    TuFormat format;
} TuQuery;

void tu_query_clear(TuQuery *query);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuQuery, tu_query_clear)

/* Reads the command line of `query`. USAGE, with a suggestion where a name is misspelt. */
gboolean tu_query_parse(TuQuery *ret_query, const TuModel *model, gboolean as_json, int argc,
                        char **argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- which grain, from which table ---- */

/* The stored grain (bits 1 << TuGrain) that `wanted` is read from: itself, or the next finer one
 * that nests in it. FALSE if there is none. */
gboolean tu_query_base_grain(guint stored, TuGrain wanted, TuGrain *ret_base);

/* The grain of a range of `n_days` for which none was named: day up to 14 days, week up to 62, else
 * month; where that cannot be made of what is stored, the nearest that can, the finer of two. */
TuGrain tu_query_default_grain(guint stored, gint64 n_days);

/* ---- buckets of a range ---- */

/* Every bucket of `grain` that holds a local date of [from, to], in order, as TuBucket. `zone` may
 * be NULL for day and longer; with it, days that its clock never had are left out. */
GArray *tu_query_buckets(const TuZone *zone, TuGrain grain, TuDate from, TuDate to);

/* ---- the answer ---- */

/* What cannot be given, and why. */
typedef struct {
    char *series;  /* NULL: a wide summary, or about none */
    char *measure; /* NULL: about none */
    char *error;
} TuQueryError;

typedef struct TuQuerySums TuQuerySums;

typedef struct {
    TuGrain grain, base;  /* shown, read */
    gboolean has_range;   /* FALSE: nothing is stored and no dates were given */
    TuDate from, to;      /* whole buckets of `grain`, both ends included */
    TuDate removed_below; /* what lies before is no longer kept, and was asked for; G_MININT32: not
                             so */
    gboolean is_built;
    gint64 as_of_us;         /* G_MININT64: not known */
    gboolean has_tenant;     /* the tenant is a column */
    GArray *shown;           /* of guint: places in TuQuery.measures; some series has them */
    gboolean *is_unreadable; /* [series * measures + measure]: not given for that series */
    TuQuerySums *sums;
    GPtrArray *errors; /* of TuQueryError */
} TuAnswer;

void tu_answer_clear(TuAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuAnswer, tu_answer_clear)
/* Adds an entry once; `message` is taken over. */
void tu_answer_fail(TuAnswer *answer, const char *series, const char *measure, char *message);

/* Reads it, in one read transaction. */
gboolean tu_query_read(const TuQuery *query, TuSession *session, TuAnswer *ret_answer,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Prints it in the format asked for; errors of a table or CSV go to stderr. */
void tu_query_print(const TuQuery *query, TuAnswer *answer);
