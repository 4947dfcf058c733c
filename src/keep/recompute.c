#include "keep/recompute.h"

#include "keep/apply.h"
#include "keep/rows.h"
#include "keep/truth.h"
#include "time/instant.h"

/* Buckets recomputed in one turn: their cells are written while others wait for the lock. */
#define BATCH_BUCKETS 2000

/* A failed bucket is tried again after 1 s, 2 s, 4 s, ... as often as `refresh: attempts` says; then
 * it is parked and tried once in this time. */
#define LONGEST_PAUSE_S 3600

typedef struct {
    gint64 id;
    const TuSourceModel *source; /* NULL: the spec no longer has it */
    const TuSummaryModel *summary;
    TuValue tenant; /* text belongs to the snapshot */
    TuBucket unit;
    gint64 attempts;
    gboolean is_kept; /* FALSE: nothing to do, the row only goes */
} PendingBucket;

/* ---- the list ---- */

typedef struct {
    TuSnapshot *snapshot;
    GArray *buckets;
} Listing;

static const TuSourceModel *
source_named(const TuGroup *group, const TuValue *name)
{
    for (guint i = 0; i < group->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        TuValue own = tu_value_text(source->spec->name);
        if (tu_value_equal(&own, name))
            return source;
    }
    return NULL;
}

static const TuSummaryModel *
summary_named(const TuGroup *group, const TuValue *name)
{
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        TuValue own = tu_value_text(summary->spec->name);
        if (tu_value_equal(&own, name))
            return summary;
    }
    return NULL;
}

/* FALSE: the bucket's tenant is gone or its history is not built yet; the build will read it. */
static gboolean
is_still_kept(const TuSnapshot *snapshot, const PendingBucket *bucket)
{
    const TuTenant *tenant = tu_tenants_find(snapshot->tenants, &bucket->tenant);
    if (tenant == NULL)
        return FALSE;
    if (tenant->zone == NULL)
        return TRUE;
    TuDate date = tu_grain_is_dated(bucket->summary->unit)
                      ? (TuDate)bucket->unit
                      : tu_bucket_date(tenant->zone, bucket->summary->unit, bucket->unit);
    return !tu_snapshot_is_unbuilt(snapshot, bucket->summary, &bucket->tenant, date);
}

static gboolean
take_bucket(const TuValue *row, gpointer data, GError **error)
{
    Listing *listing = data;
    TuSnapshot *snapshot = listing->snapshot;
    PendingBucket bucket = {.id = row[0].integer,
                            .source = source_named(snapshot->group, &row[1]),
                            .summary = summary_named(snapshot->group, &row[2]),
                            .attempts = row[5].integer};
    const TuModel *model = snapshot->keeper->model;
    g_autofree char *name = g_strndup(row[2].text, row[2].bytes);
    if (bucket.summary == NULL && tu_model_summary(model, name) != NULL)
        return TRUE; /* another group's */
    bucket.tenant = tu_tenant_read(model, snapshot->values, &row[3]);
    bucket.is_kept = bucket.source != NULL && bucket.summary != NULL &&
                     tu_bucket_parse(bucket.summary->unit, row[4].text, row[4].bytes,
                                     &bucket.unit) &&
                     is_still_kept(snapshot, &bucket);
    g_array_append_val(listing->buckets, bucket);
    return TRUE;
}

static gboolean
list_due(TuSnapshot *snapshot, const TuGoal *goal, GArray *buckets, GError **error)
{
    Listing listing = {snapshot, buckets};
    TuValue now = tu_keeper_now();
    TuValue values[] = {now, tu_value_integer(BATCH_BUCKETS),
                        tu_value_text(snapshot->group->name), tu_value_integer(goal->pending_done),
                        tu_value_integer(goal->pending)};
    return tu_rows_each(snapshot->keeper->db,
                        "SELECT id, source, summary, tenant, bucket, attempts FROM trueup_pending "
                        "WHERE (next_attempt_at IS NULL OR next_attempt_at <= ?1) "
                        "AND id > ?4 AND id <= ?5 AND summary IN "
                        "(SELECT name FROM trueup_summary WHERE group_name = ?3) "
                        "ORDER BY id LIMIT ?2",
                        values, G_N_ELEMENTS(values), FALSE, take_bucket, &listing, error);
}

/* What is on the list now is what this settling ends with. */
static gboolean
find_goal(TuSnapshot *snapshot, TuGoal *goal, GError **error)
{
    gboolean found = FALSE;
    if (goal->has_pending)
        return TRUE;
    goal->has_pending = TRUE;
    return tu_database_integer(snapshot->keeper->db, "SELECT max(id) FROM trueup_pending", NULL, 0,
                               &found, &goal->pending, error);
}

/* ---- what becomes of a bucket ---- */

static void
note_failed(TuChanges *changes, const PendingBucket *bucket, const char *problem,
            TuResult *result)
{
    TuValue next = tu_keeper_now();
    gint64 attempts = MIN(bucket->summary->spec->refresh.attempts, 11);
    gint64 pause_s = bucket->attempts < attempts ? G_GINT64_CONSTANT(1) << bucket->attempts
                                                 : LONGEST_PAUSE_S;
    next.integer += pause_s * TU_SECOND_US;
    TuValue values[] = {tu_value_integer(bucket->id), next, tu_value_text(problem)};
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET attempts = attempts + 1, next_attempt_at = ?2, "
                   "error = ?3 WHERE id = ?1",
                   values, G_N_ELEMENTS(values));
    g_autofree char *tenant = tu_value_to_text(&bucket->tenant);
    char text[TU_INSTANT_TEXT_BYTES];
    tu_bucket_format(bucket->summary->unit, bucket->unit, text);
    g_autofree char *error = g_strdup_printf("%s: %s", text, problem);
    tu_result_fail(result, bucket->summary->spec->name, tenant, error);
}

/* Why the bucket could not be computed; NULL: it was. */
static const char *
failure_of(TuTally *tally, const PendingBucket *bucket)
{
    guint32 tenant = tu_dictionary_intern(tu_cells_dictionary(tally->cells), bucket->tenant);
    const TuZone *zone = tu_tally_tenant(tally, tenant)->zone;
    if (zone == NULL)
        return "its tenant has no known time zone";
    for (guint s = 0; s < bucket->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(bucket->summary->series, s);
        for (int grain = 0; grain < TU_GRAINS && series->source == bucket->source; grain++) {
            const char *problem = NULL;
            if (series->target[grain] < 0)
                continue;
            TuBucket in_grain =
                tu_grain_is_dated(bucket->summary->unit)
                    ? tu_bucket_of_date((TuGrain)grain, (TuDate)bucket->unit)
                    : tu_bucket_parent(zone, bucket->summary->unit, bucket->unit, (TuGrain)grain);
            if (tu_tally_bucket_failed(tally, (guint)series->target[grain], tenant, in_grain,
                                       &problem))
                return problem;
        }
    }
    return NULL;
}

/* ---- a turn ---- */

static gboolean
count_truth(TuSnapshot *snapshot, const PendingBucket *buckets, guint n, TuTally **ret_tally,
            GError **error)
{
    gboolean cannot_roll_up = FALSE;
    for (int attempt = 0; attempt < 2; attempt++) {
        g_autoptr(TuTally) tally = tu_tally_new(snapshot);
        for (guint i = 0; i < n; i++) {
            guint32 tenant =
                tu_dictionary_intern(tu_cells_dictionary(tally->cells), buckets[i].tenant);
            if (buckets[i].is_kept && tu_tally_tenant(tally, tenant)->zone != NULL)
                tu_truth_want_unit(tally, buckets[i].source, buckets[i].summary, tenant,
                                   buckets[i].unit, attempt > 0);
        }
        if (!tu_truth_count(tally, &cannot_roll_up, error))
            return FALSE;
        if (!cannot_roll_up || attempt > 0) {
            *ret_tally = g_steal_pointer(&tally);
            return TRUE;
        }
    }
    g_assert_not_reached();
}

static gboolean
recompute(TuSnapshot *snapshot, const PendingBucket *buckets, guint n, TuResult *result,
          GError **error)
{
    TuTally *tally = NULL;
    if (!count_truth(snapshot, buckets, n, &tally, error))
        return FALSE;
    g_autoptr(TuChanges) changes = tu_changes_new(tally);
    changes->may_split = FALSE;
    if (!tu_changes_compare(changes, error))
        return FALSE;
    for (guint i = 0; i < n; i++) {
        const char *problem = buckets[i].is_kept ? failure_of(tally, &buckets[i]) : NULL;
        if (problem == NULL)
            g_array_append_val(changes->done, buckets[i].id);
        else if (!g_str_equal(problem, TU_UNDER_WAY))
            note_failed(changes, &buckets[i], problem, result);
    }
    tu_changes_note_hour(changes, tally->rows_read, changes->n_to_write);
    if (!tu_apply(snapshot, changes, error))
        return FALSE;
    result->rows_read += tally->rows_read;
    result->cells_checked += changes->n_checked;
    result->cells_written += changes->n_written;
    return TRUE;
}

/* A bucket whose rows the database itself cannot evaluate: noted, without touching its cells. */
static gboolean
fail_bucket(TuSnapshot *snapshot, const PendingBucket *bucket, const GError *why,
            TuResult *result, GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    note_failed(changes, bucket, why->message, result);
    return tu_apply(snapshot, changes, error);
}

/* Writing failed, and the snapshot is gone with it: the next turns go on one bucket at a time, and the
 * one that fails alone is set aside. */
static void
note_unwritable(TuGoal *goal, const PendingBucket *buckets, guint n, const GError *why)
{
    goal->only_one = TRUE;
    if (n > 1)
        return;
    goal->unwritable = buckets[0].id;
    g_free(goal->why);
    goal->why = g_strdup(why->message);
}

static gboolean
fail_unwritable(TuSnapshot *snapshot, TuGoal *goal, const PendingBucket *bucket, TuResult *result,
                GError **error)
{
    g_autoptr(GError) why = g_error_new_literal(TU_ERROR, TU_ERROR_DATA, goal->why);
    goal->unwritable = 0;
    goal->pending_done = bucket->id;
    return fail_bucket(snapshot, bucket, why, result, error);
}

gboolean
tu_recompute_pending(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_done,
                     GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(PendingBucket));
    g_autoptr(GError) local = NULL;
    if (!find_goal(snapshot, goal, error) || !list_due(snapshot, goal, due, error))
        return FALSE;
    *ret_is_done = due->len == 0;
    if (due->len == 0)
        return TRUE;
    /* When the batch fails as a whole, its first bucket is tried alone, so that a bad one is found
     * and set aside after at most as many turns as there are buckets. */
    const PendingBucket *buckets = &g_array_index(due, PendingBucket, 0);
    if (buckets[0].id == goal->unwritable)
        return fail_unwritable(snapshot, goal, buckets, result, error);
    if (goal->only_one)
        g_array_set_size(due, 1);
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (recompute(snapshot, buckets, due->len, result, &local)) {
        goal->pending_done = buckets[due->len - 1].id;
        return TRUE;
    }
    gboolean is_of_a_row = tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA);
    if (is_of_a_row && snapshot->txn.db == NULL) {
        note_unwritable(goal, buckets, due->len, local);
        return TRUE;
    }
    if (!is_of_a_row) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_clear_error(&local);
    if (!tu_transaction_back(&snapshot->txn, error))
        return FALSE;
    if (recompute(snapshot, buckets, 1, result, &local)) {
        goal->pending_done = buckets[0].id;
        return TRUE;
    }
    gboolean is_data = tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA);
    if (snapshot->txn.db == NULL && is_data) {
        note_unwritable(goal, buckets, 1, local);
        return TRUE;
    }
    if (snapshot->txn.db == NULL || !tu_error_is(local, TU_ERROR_DATABASE)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    goal->pending_done = buckets[0].id;
    return tu_transaction_back(&snapshot->txn, error) && fail_bucket(snapshot, buckets, local, result, error);
}
