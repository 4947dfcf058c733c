/*
 * Parts of reading an answer, shared by query_plan.c and query_read.c only.
 */
#pragma once

#include "cli/query.h"
#include "cli/query_clocks.h"
#include "cli/query_sums.h"

/* What reading needs at hand. */
typedef struct {
    const TuQuery *query;
    TuSession *session;
    TuAnswer *answer;
    TuQueryClocks *clocks;
    const TuSummaryTable *table; /* the one read */
    gboolean has_tenant;         /* one was asked for */
    guint32 tenant;
    GHashTable *labels;    /* number of a series' label -> its place in query->series + 1 */
    gboolean *has_entry;   /* [series * measures + measure]: why it fails is said already */
    gboolean *has_measure; /* [series]: some measure can be read */
} TuReading;

/* The series with that place among those asked for; the number of a measure in the spec's list. */
const TuSeriesModel *tu_reading_series(const TuReading *reading, guint series);
guint tu_reading_measure(const TuReading *reading, guint measure);

/* An entry for a series and measure, once: the first reason stays. `message` is taken over. */
void tu_reading_fail(TuReading *reading, guint series, guint measure, char *message);

/* A tenant's key for people. Free with g_free. */
char *tu_reading_tenant_text(const TuReading *reading, guint32 tenant);

/* The zone of a tenant's clock. FALSE, with an entry, where it is not known. */
gboolean tu_reading_zone(TuReading *reading, guint32 tenant, const TuZone **ret_zone);

/* Adds the tenant asked for, if there is one, to a statement's parameters; and " AND series IN
 * (...)" with its parameters, if series were named. */
void tu_reading_append_tenant(const TuReading *reading, GArray *parameters);
void tu_reading_append_series(const TuReading *reading, GString *sql, GArray *parameters);

/* Decides range, grain and table, and which measures cannot be read. */
gboolean tu_reading_plan(TuReading *reading, GError **error) G_GNUC_WARN_UNUSED_RESULT;
