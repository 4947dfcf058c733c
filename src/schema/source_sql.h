/*
 * SELECTs over a source: its rows, or the images of its rows in the change logs, in the same shape.
 *
 * The result's columns are the source's expressions in their order; over one table's log, one more:
 * trueup_weight.
 */
#pragma once

#include "schema/model.h"

/* "a" AS "a" JOIN "b" AS "x" ON (...), the tables as they are. */
char *tu_source_from(const TuSourceModel *source);

typedef struct {
    gboolean by_tenant; /* first parameter: the tenant */
    gboolean by_time;   /* then two: from (included), to (excluded), see tu_source_time_bounds */
    guint n_tenants;    /* by_tenant: so many first parameters, one tenant each; 0: one */
} TuScanFilter;

/* The rows that pass the source's `where`. */
char *tu_source_select_rows(const TuSourceModel *source, TuScanFilter filter);

/* Rows that are left out before anything of them is evaluated: those with one of `n` addresses, an
 * SQL expression's values. */
typedef struct {
    const char *address;
    guint n;
} TuLeftOut;

/* Appends "address IN (?4, ?5) OR ...", with the parameters from number `first` on. */
void tu_source_append_left_out(GString *sql, guint first, const TuLeftOut *left_out, guint n);

/* Some of the rows, for whoever looks for those that cannot be evaluated: an expression for which
 * `is_asked` is FALSE is NULL. Parameters: with `by_time` the two bounds, then the tenants, then
 * the times, then the addresses of those that are left out. */
typedef struct {
    const gboolean *is_asked; /* one an expression */
    gboolean by_time;
    guint n_tenants;      /* only these; 0: all */
    guint n_times;        /* likewise */
    gboolean is_anywhere; /* those that do not pass `where`, too: it is not evaluated */
    const TuLeftOut *left_out;
    guint n_left_out; /* of those; 0: no rows are left out */
} TuSomeRows;
char *tu_source_select_some(const TuSourceModel *source, const TuSomeRows *some);

/* The same of the images in the log: a one-table source's, as tu_source_select_images. */
char *tu_source_select_some_images(const TuSourceModel *source, const TuDialect *dialect,
                                   const gboolean *is_asked);

/* One-table sources: the entries of the log with weight +1 or -1 whose image passes `where`, with
 * an entry id between the two parameters, both included. One more column: weight. */
char *tu_source_select_images(const TuSourceModel *source, const TuDialect *dialect);

/* Joined sources: the places (tenant, time) that images name. `from_images` has a bit for each
 * table of the source that stands for its images, `batch` is the one of those whose images are
 * bounded by the parameters (entry id from ?1 to ?2); the others' are all that the log has. `where`
 * is left out: more places do no harm. Columns: tenant, time, 0. */
char *tu_source_select_places(const TuSourceModel *source, const TuDialect *dialect,
                              guint from_images, guint batch);

/* What that selects from: parameters as there, no WHERE. */
char *tu_source_from_images(const TuSourceModel *source, const TuDialect *dialect,
                            guint from_images, guint batch);

/* The same, if of the batch only images that are not gone again are taken: weight -1 is not. */
char *tu_source_from_new_images(const TuSourceModel *source, const TuDialect *dialect,
                                guint from_images, guint batch);

/* Which entries of a one-table source are asked for their place. */
typedef enum {
    TU_ENTRIES_ALL,
    TU_ENTRIES_LOOK_AGAIN, /* weight 0 only */
    TU_ENTRIES_ANY_PLACE,  /* all, and `where`, which may fail, is not evaluated */
} TuEntries;

/* One-table sources: tenant, time and weight of the entries with an id from ?1 to ?2; weight 0
 * where the image does not pass `where`. */
char *tu_source_select_entries(const TuSourceModel *source, const TuDialect *dialect,
                               TuEntries entries);

/* The two parameters of by_time for instants [from_us, to_us), or local dates [from, to) where the
 * time is a date. The range read is that or wider. `text` holds what the values point to. */
typedef struct {
    gint64 from_us, to_us; /* G_MININT64, G_MAXINT64: without bound */
    TuDate from, to;       /* G_MININT32, G_MAXINT32: likewise */
} TuTimeRange;

typedef struct {
    TuValue from, to;
    char from_text[TU_DATE_TEXT_BYTES], to_text[TU_DATE_TEXT_BYTES];
} TuTimeBounds;
void tu_source_time_bounds(const TuSourceModel *source, const TuTimeRange *range,
                           TuTimeBounds *ret_bounds);

/* What a row's time says. FALSE: NULL or unreadable. For a date source *ret_at_us is the date's
 * midnight in UTC and *ret_date the date; else *ret_date is untouched. */
gboolean tu_source_read_time(const TuSourceModel *source, const TuValue *value, gint64 *ret_at_us,
                             TuDate *ret_date);
