#include "keep/settle/recompute.h"

#include "keep/compare/apply.h"
#include "keep/fail/bisect.h"
#include "keep/known.h"
#include "keep/rows.h"
#include "keep/compare/truth.h"
#include "time/backoff.h"
#include "time/instant.h"

/* Buckets recomputed in one turn: as many as take about this long, since a snapshot holds up
 * whoever would alter a source. Their cells fit into the memory allowed. */
#define TURN_US (TU_SECOND_US / 2)
#define FIRST_BATCH 200
#define LARGEST_BATCH 2000

typedef struct {
    gint64 id;
    const TuSourceModel *source; /* NULL: the spec no longer has it */
    const TuSummaryModel *summary;
    TuValue tenant; /* text belongs to the snapshot */
    TuBucket unit;
    gint64 attempts;
    gint64 noted_us;  /* when it came onto the list */
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
    (void)tu_value_read_instant(&row[6], &bucket.noted_us);
    const TuModel *model = snapshot->keeper->model;
    g_autofree char *name = g_strndup(row[2].text, row[2].bytes);
    if (bucket.summary == NULL && tu_model_summary(model, name) != NULL)
        return TRUE; /* another group's */
    bucket.tenant = tu_tenant_read(model, snapshot->values, &row[3]);
    bucket.is_kept =
        bucket.source != NULL && bucket.summary != NULL &&
        tu_bucket_parse(bucket.summary->unit, row[4].text, row[4].bytes, &bucket.unit) &&
        is_still_kept(snapshot, &bucket);
    g_array_append_val(listing->buckets, bucket);
    return TRUE;
}

static gboolean
list_due(TuSnapshot *snapshot, const TuGoal *goal, GArray *buckets, GError **error)
{
    Listing listing = {snapshot, buckets};
    TuValue now = tu_keeper_now();
    TuValue values[] = {now,
                        tu_value_integer(goal->batch),
                        tu_value_text(snapshot->group->name),
                        tu_value_integer(goal->pending_done),
                        tu_value_integer(goal->pending),
                        tu_keeper_latest_attempt()};
    return tu_rows_each(
        snapshot->keeper->db,
        "SELECT id, source, summary, tenant, bucket, attempts, noted_at "
        "FROM trueup_pending WHERE (next_attempt_at IS NULL OR next_attempt_at <= ?1 "
        "OR next_attempt_at > ?6) "
        "AND id > ?4 AND id <= ?5 AND summary IN "
        "(SELECT name FROM trueup_summary WHERE group_name = ?3) "
        "AND NOT EXISTS (SELECT 1 FROM trueup_pause p "
        "WHERE p.summary = '' OR p.summary = trueup_pending.summary) "
        "ORDER BY id LIMIT ?2",
        values, G_N_ELEMENTS(values), FALSE, take_bucket, &listing, error);
}

/* What is on the list now is what this settling ends with. */
static void
find_goal(const TuSnapshot *snapshot, TuGoal *goal)
{
    if (!goal->has_pending)
        goal->pending = snapshot->last_pending;
    if (goal->batch == 0)
        goal->batch = FIRST_BATCH;
    goal->has_pending = TRUE;
}

/* ---- what becomes of a bucket ---- */

/* A summary that begins to fail is a row of the run log (`told`: the models of those that are, in
 * this turn); what fails in it from then on stands in trueup_parked. */
static gboolean
note_run(TuChanges *changes, const PendingBucket *bucket, const char *tenant, const char *problem,
         GHashTable *told, GError **error)
{
    TuValue name = tu_value_text(bucket->summary->spec->name);
    gboolean is_failing = FALSE;
    gint64 one = 0;
    if (!g_hash_table_add(told, (gpointer)(gsize)bucket->summary))
        return TRUE;
    if (!tu_database_integer(changes->tally->snapshot->keeper->db,
                             "SELECT 1 FROM trueup_pending WHERE summary = ?1 AND attempts > 0 "
                             "LIMIT 1",
                             &name, 1, &is_failing, &one, error))
        return FALSE;
    if (!is_failing)
        tu_changes_add_failed_run(changes, bucket->summary->spec->name, tenant, problem);
    return TRUE;
}

/* A tenant whose rows change all the time has its bad bucket tried each time, and must not be out
 * of attempts in a moment: those are counted by time. */
static void
put_off(TuChanges *changes, const PendingBucket *bucket, const char *problem)
{
    TuValue next = tu_keeper_now();
    TuBackoff backoff = tu_backoff_bucket(bucket->summary->spec->refresh.attempts);
    guint64 before = (guint64)MAX(bucket->attempts, 0);
    gint64 pause_us = 0;
    gboolean counts =
        before == 0 || tu_backoff_counts(&backoff, before + 1, next.integer - bucket->noted_us);
    gboolean goes_on = tu_backoff_next(&backoff, before + (counts ? 1 : 0), 0, &pause_us);
    g_assert(goes_on); /* a bucket is never given up */
    next.integer += pause_us;
    TuValue values[] = {tu_value_integer(bucket->id), next, tu_value_text(problem),
                        tu_value_integer(counts)};
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET attempts = attempts + ?4, next_attempt_at = ?2, "
                   "error = ?3 WHERE id = ?1",
                   values, G_N_ELEMENTS(values));
}

static gboolean
note_failed(TuChanges *changes, const PendingBucket *bucket, const char *problem, GHashTable *told,
            TuResult *result, GError **error)
{
    put_off(changes, bucket, problem);
    gboolean is_of_tenant = bucket->tenant.type != TU_TYPE_NULL;
    g_autofree char *tenant = is_of_tenant ? tu_value_to_text(&bucket->tenant) : NULL;
    char text[TU_INSTANT_TEXT_BYTES];
    tu_bucket_format(bucket->summary->unit, bucket->unit, text);
    g_autofree char *line = g_strdup_printf("%s: %s", text, problem);
    tu_result_fail(result, bucket->summary->spec->name, tenant, line);
    return note_run(changes, bucket, tenant, line, told, error);
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
count_truth(TuSnapshot *snapshot, const PendingBucket *buckets, guint n, gboolean has_holes,
            TuTally **ret_tally, GError **error)
{
    gboolean cannot_roll_up = FALSE;
    for (int attempt = 0; attempt < 2; attempt++) {
        g_autoptr(TuTally) tally = tu_tally_new(snapshot);
        TuUnitManner manner = {.all_from_source = attempt > 0};
        /* One alone must be counted, whatever it needs: the build had it as well. */
        tally->limit_bytes = n > 1 ? tu_keeper_cells_bytes(snapshot->keeper) : 0;
        if (has_holes)
            tally->holes = tu_holes_new();
        for (guint i = 0; i < n; i++) {
            guint32 tenant =
                tu_dictionary_intern(tu_cells_dictionary(tally->cells), buckets[i].tenant);
            TuUnit unit = {buckets[i].source, buckets[i].summary, tenant, buckets[i].unit};
            if (buckets[i].is_kept && tu_tally_tenant(tally, tenant)->zone != NULL)
                tu_truth_want_unit(tally, &unit, manner);
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

/* Once for each tenant of a summary, however many of its buckets were mended. */
static void
retry_beside(TuChanges *changes, const PendingBucket *bucket, GHashTable *mended)
{
    g_autofree char *tenant_key = tu_tenant_key(&bucket->tenant);
    char *of = g_strdup_printf("%s\n%s\n%s", bucket->source->spec->name,
                               bucket->summary->spec->name, tenant_key);
    if (g_hash_table_add(mended, of))
        tu_changes_retry_beside(changes, bucket->source, bucket->summary, &bucket->tenant);
}

/* Each bucket leaves the list, or waits for its next attempt. What is tried again for its
 * neighbours' sake comes first, so that those that failed in this very turn do wait. */
static gboolean
note_outcome(TuChanges *changes, const PendingBucket *buckets, guint n, TuResult *result,
             GError **error)
{
    g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) mended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree const char **problems = g_new0(const char *, n);
    for (guint i = 0; i < n; i++) {
        problems[i] = buckets[i].is_kept ? failure_of(changes->tally, &buckets[i]) : NULL;
        if (problems[i] != NULL)
            continue;
        g_array_append_val(changes->done, buckets[i].id);
        if (buckets[i].is_kept && buckets[i].attempts > 0)
            retry_beside(changes, &buckets[i], mended);
    }
    for (guint i = 0; i < n; i++)
        if (problems[i] != NULL && !g_str_equal(problems[i], TU_UNDER_WAY) &&
            !note_failed(changes, &buckets[i], problems[i], told, result, error))
            return FALSE;
    return TRUE;
}

static gboolean
recompute(TuSnapshot *snapshot, const PendingBucket *buckets, guint n, gboolean has_holes,
          TuResult *result, GError **error)
{
    TuTally *tally = NULL;
    if (!count_truth(snapshot, buckets, n, has_holes, &tally, error))
        return FALSE;
    g_autoptr(TuChanges) changes = tu_changes_new(tally);
    changes->may_split = FALSE;
    if (!tu_changes_compare(changes, error) || !note_outcome(changes, buckets, n, result, error))
        return FALSE;
    tu_holes_tell(tally->holes, result);
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
fail_bucket(TuSnapshot *snapshot, const PendingBucket *bucket, const GError *why, TuResult *result,
            GError **error)
{
    g_autoptr(TuChanges) changes = tu_changes_new(tu_tally_new(snapshot));
    g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
    return note_failed(changes, bucket, why->message, told, result, error) &&
           tu_apply(snapshot, changes, error);
}

/* The bucket that could not be written, alone, when the snapshot is gone. It is tried once more, at
 * a snapshot that sees what others may have written meanwhile; after that the next turn sets it
 * aside. */
static void
note_unwritable(TuGoal *goal, const PendingBucket *bucket, const GError *why)
{
    if (goal->refused != bucket->id) {
        goal->refused = bucket->id;
        return;
    }
    goal->unwritable = bucket->id;
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

/* TRUE if fewer buckets may get over it: a bad one is among them, or they need too much memory. */
static gboolean
is_of_some_bucket(const GError *error)
{
    return tu_error_is(error, TU_ERROR_DATABASE) || tu_error_is(error, TU_ERROR_DATA) ||
           tu_error_is(error, TU_ERROR_LIMIT);
}

/* The next batch is as large as what takes one turn's time. */
static void
note_pace(TuGoal *goal, guint n, gint64 took_us)
{
    if (took_us > 2 * TURN_US)
        goal->batch = MAX(n / 2, 1);
    else if (took_us < TURN_US / 2 && n >= goal->batch)
        goal->batch = MIN(goal->batch * 2, LARGEST_BATCH);
}

/* What is tried after a failure; FALSE: nothing is left. Read in parts, so that only the buckets of
 * bad rows fail; if that does not help, half of them, until one is alone. */
static gboolean
try_less(guint *n, gboolean *has_holes, const GError *why)
{
    if (!*has_holes && tu_bisect_may_help(why)) {
        *has_holes = TRUE;
        return TRUE;
    }
    if (*n == 1)
        return FALSE;
    *n /= 2;
    return TRUE;
}

/* The first `n` of the buckets, or as many of them as can be done together. *ret_done: how many; 0:
 * the snapshot is gone, and the goal knows how to go on. */
static gboolean
recompute_some(TuSnapshot *snapshot, TuGoal *goal, const PendingBucket *buckets, guint n,
               TuResult *result, guint *ret_done, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    gboolean has_holes = FALSE;
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    for (*ret_done = n;;) {
        g_autoptr(GError) local = NULL;
        if (recompute(snapshot, buckets, *ret_done, has_holes, result, &local)) {
            gint64 took_us = g_get_monotonic_time() - began_us;
            note_pace(goal, *ret_done, took_us);
            tu_known_note_pace(snapshot->keeper, snapshot->group, took_us);
            return TRUE;
        }
        if (!is_of_some_bucket(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        goal->batch = MAX(*ret_done / 2, 1);
        if (snapshot->txn.db == NULL) {
            if (*ret_done == 1)
                note_unwritable(goal, buckets, local);
            *ret_done = 0;
            return TRUE;
        }
        if (!tu_transaction_back(&snapshot->txn, error))
            return FALSE;
        if (!try_less(ret_done, &has_holes, local))
            return fail_bucket(snapshot, buckets, local, result, error);
    }
}

gboolean
tu_recompute_pending(TuSnapshot *snapshot, TuGoal *goal, TuResult *result, gboolean *ret_is_done,
                     GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(PendingBucket));
    guint n_done = 0;
    find_goal(snapshot, goal);
    guint most = goal->batch;
    if (!list_due(snapshot, goal, due, error))
        return FALSE;
    *ret_is_done = due->len == 0;
    if (due->len == 0)
        return TRUE;
    const PendingBucket *buckets = &g_array_index(due, PendingBucket, 0);
    if (buckets[0].id == goal->unwritable)
        return fail_unwritable(snapshot, goal, buckets, result, error);
    if (!recompute_some(snapshot, goal, buckets, due->len, result, &n_done, error))
        return FALSE;
    if (n_done > 0)
        goal->pending_done = buckets[n_done - 1].id;
    /* The list had no more, so another snapshot would find nothing. */
    *ret_is_done = n_done == due->len && due->len < most;
    return TRUE;
}
