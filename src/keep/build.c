#include "keep/build.h"

#include "db/sql.h"
#include "db/stop.h"
#include "keep/rows.h"
#include "keep/stretch.h"
#include "keep/tenants_sync.h"
#include "time/instant.h"

/* What was learned about how much fits; kept from chunk to chunk. */
typedef struct {
    gint32 span_days; /* 0: all at once */
    TuDate oldest;    /* of the rows when the span was found */
    TuDate newest;    /* where this began; G_MININT32: not known yet */
    TuDate reached;   /* from here on all is written */
    guint n_slices;
    /* Of builds that are cut into pieces: */
    gboolean has_begun;
    gint32 most_days;    /* no longer spans are tried */
    TuDate first, last;  /* of what is stored, about: for telling how far it is */
} Pace;

/* ---- asking ---- */

static gboolean
insert_run(TuKeeper *keeper, const char *kind, const char *summary, const char *tenant,
           TuDate from, TuDate to, gint64 *ret_id, GError **error)
{
    TuValue now = tu_keeper_now();
    gboolean found = FALSE;
    TuValue values[] = {
        tu_value_text(kind),
        tu_value_text(summary),
        tu_value_text(tenant),
        now,
        tu_value_text(keeper->worker),
        from != G_MININT32 ? tu_value_time(TU_TYPE_DATE, from) : TU_NULL_VALUE,
        to != G_MAXINT32 ? tu_value_time(TU_TYPE_DATE, to - 1) : TU_NULL_VALUE,
    };
    return tu_database_integer(keeper->db,
                               "INSERT INTO trueup_run(kind, summary, tenant, status, started_at, "
                               "worker, range_from, range_to) "
                               "VALUES (?1, ?2, ?3, 'STARTED', ?4, ?5, ?6, ?7) RETURNING id",
                               values, G_N_ELEMENTS(values), &found, ret_id, error);
}

static gboolean
is_asked(TuKeeper *keeper, const char *summary, const TuValue *tenant, gboolean is_dropping,
         gboolean *ret_asked, GError **error)
{
    gint64 one = 0;
    g_autofree char *tenant_key = tu_tenant_key(tenant);
    TuValue values[] = {tu_value_text(summary), tu_value_text(tenant_key),
                        tu_value_integer(is_dropping)};
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_build b WHERE b.summary = ?1 AND "
                               "b.tenant_key = ?2 AND b.is_dropping >= ?3 AND NOT EXISTS (SELECT 1 "
                               "FROM trueup_run r WHERE r.id = b.run_id AND r.range_from IS NOT NULL)",
                               values, G_N_ELEMENTS(values), ret_asked, &one, error);
}

/* A first build starts over, whatever was asked for; a rebuild goes on where one was left. */
static gboolean
ask_for(TuKeeper *keeper, const char *summary, const TuValue *tenant, gboolean is_dropping,
        gint64 run_id, GError **error)
{
    g_autofree char *tenant_key = tu_tenant_key(tenant);
    TuValue values[] = {tu_value_text(summary), tu_value_text(tenant_key), *tenant,
                        tu_value_integer(G_MAXINT32), tu_value_integer(is_dropping),
                        tu_value_integer(run_id)};
    return tu_database_run(keeper->db,
                           "DELETE FROM trueup_build WHERE summary = ?1 AND tenant_key = ?2",
                           values, 2, NULL, error) &&
           tu_database_run(keeper->db,
                           "INSERT INTO trueup_build(summary, tenant_key, tenant, below, "
                           "is_dropping, run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

gboolean
tu_build_ask(TuKeeper *keeper, GPtrArray *summaries, const TuValue *tenant, gboolean is_dropping,
             const char *kind, GError **error)
{
    gint64 run_id = 0;
    const TuSummaryModel *only = summaries->len == 1 ? g_ptr_array_index(summaries, 0) : NULL;
    g_autofree char *tenant_text =
        tenant->type != TU_TYPE_NULL ? tu_value_to_text(tenant) : NULL;
    for (guint i = 0; i < summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        gboolean asked = FALSE;
        if (!is_dropping &&
            !is_asked(keeper, summary->spec->name, tenant, FALSE, &asked, error))
            return FALSE;
        if (asked)
            continue;
        if (run_id == 0 && !insert_run(keeper, kind, only != NULL ? only->spec->name : NULL,
                                       tenant_text, G_MININT32, G_MAXINT32, &run_id, error))
            return FALSE;
        if (!ask_for(keeper, summary->spec->name, tenant, is_dropping, run_id, error))
            return FALSE;
    }
    return run_id == 0 ||
           tu_database_execute(keeper->db,
                               "UPDATE trueup_run SET status = 'FAILED', error = 'asked for anew' "
                               "WHERE status = 'STARTED' AND kind IN ('build', 'rebuild') AND id NOT IN "
                               "(SELECT run_id FROM trueup_build WHERE run_id IS NOT NULL)",
                               error);
}

gboolean
tu_build_ask_range(TuKeeper *keeper, const TuSummaryModel *summary, TuDate from, TuDate to,
                   GError **error)
{
    gint64 run_id = 0;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(""),
                        tu_value_integer(to), TU_NULL_VALUE};
    /* Without a first date it would be all history. */
    from = MAX(from, TU_DATE_LEAST);
    if (!insert_run(keeper, "rebuild", summary->spec->name, NULL, from, to, &run_id, error))
        return FALSE;
    values[3] = tu_value_integer(run_id);
    return tu_database_run(keeper->db,
                           "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping, "
                           "run_id) VALUES (?1, ?2, ?3, 0, ?4)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* ---- one chunk ---- */

typedef struct {
    const TuSnapshot *snapshot;
    GArray *builds; /* of TuBuild: those that this chunk is of */
    TuDate from;    /* that of `since`: it is the last */
    TuResult *result;
    gint64 rows_before, written_before, drifted_before;
} Chunk;

/* Several tenants' work is one pass too: what is read for one of them serves all. */
static gboolean
same_work(const TuBuild *a, const TuBuild *b)
{
    return a->below == b->below && a->since == b->since && a->is_dropping == b->is_dropping &&
           a->is_first == b->is_first && a->is_of_tenant == b->is_of_tenant;
}

/* The work that reaches furthest to today, and all that can be done with it in one pass. What is paused
 * waits. */
static GArray *
choose_builds(const TuSnapshot *snapshot)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    const TuBuild *first = NULL;
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (!tu_snapshot_is_paused(snapshot, build->summary) &&
            (first == NULL || build->below > first->below))
            first = build;
    }
    for (guint i = 0; first != NULL && i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (same_work(build, first) && !tu_snapshot_is_paused(snapshot, build->summary))
            g_array_append_vals(chosen, build, 1);
    }
    return chosen;
}

static void
note_run(TuChanges *changes, const Chunk *chunk, gint64 run_id)
{
    TuValue now = tu_keeper_now();
    const GPtrArray *failures = chunk->result->failures;
    const TuFailure *failure =
        failures != NULL && failures->len > 0 ? g_ptr_array_index(failures, 0) : NULL;
    TuValue values[] = {
        tu_value_integer(run_id),
        tu_value_integer(chunk->result->rows_read - chunk->rows_before),
        tu_value_integer(chunk->result->cells_written + changes->n_to_write -
                         chunk->written_before),
        tu_value_integer(chunk->result->cells_drifted - chunk->drifted_before),
        tu_value_text(failure != NULL ? failure->line : NULL),
    };
    tu_changes_add(changes,
                   "UPDATE trueup_run SET rows_read = rows_read + ?2, "
                   "cells_written = cells_written + ?3, cells_drifted = cells_drifted + ?4, "
                   "error = coalesce(?5, error) WHERE id = ?1",
                   values, G_N_ELEMENTS(values));
    tu_changes_add(changes,
                   "UPDATE trueup_run SET finished_at = ?2, "
                   "status = CASE WHEN error IS NULL THEN 'COMPLETED' ELSE 'FAILED' END "
                   "WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM trueup_build WHERE run_id = ?1)",
                   (TuValue[]){values[0], now}, 2);
}

static void
note_progress(TuChanges *changes, gpointer data)
{
    const Chunk *chunk = data;
    gint64 last_run = 0;
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        TuValue values[] = {tu_value_integer(build->id), tu_value_integer(chunk->from)};
        if (chunk->from == build->since)
            tu_changes_add(changes, "DELETE FROM trueup_build WHERE id = ?1", values, 1);
        else
            tu_changes_add(changes, "UPDATE trueup_build SET below = ?2 WHERE id = ?1", values, 2);
    }
    for (guint i = 0; i < chunk->builds->len; i++) {
        const TuBuild *build = &g_array_index(chunk->builds, TuBuild, i);
        if (build->run_id != 0 && build->run_id != last_run)
            note_run(changes, chunk, build->run_id);
        last_run = build->run_id;
    }
}

static TuStretch
stretch_of(GArray *builds, const Pace *pace, GPtrArray *summaries, GArray *tenants)
{
    const TuBuild *first = &g_array_index(builds, TuBuild, 0);
    gboolean is_of_range = first->since != G_MININT32;
    TuStretch stretch = {.summaries = summaries,
                         .oldest = pace->oldest,
                         .newest = first->below != G_MAXINT32 ? first->below - 1 : G_MAXINT32 - 1,
                         .tenants = first->is_of_tenant ? tenants : NULL,
                         .range = {.from = G_MININT32, .to = first->below},
                         .n_slices = pace->n_slices,
                         .writes_sealed = first->is_first,
                         .counts_drift = !first->is_dropping && !is_of_range};
    if (pace->span_days > 0 && first->below != G_MAXINT32)
        stretch.range.from = first->below - pace->span_days;
    /* The last chunk has no lower bound: it takes what came later and lies earlier, too. */
    if (stretch.range.from <= MAX(pace->oldest, first->since))
        stretch.range.from = first->since;
    /* Some dates: longer periods that they lie in are made from stored cells, not from all rows. */
    stretch.range.overlapping = stretch.range.rolls_up = is_of_range;
    for (guint i = 0; i < builds->len; i++) {
        const TuBuild *build = &g_array_index(builds, TuBuild, i);
        if (!g_ptr_array_find(summaries, build->summary, NULL))
            g_ptr_array_add(summaries, build->summary);
        g_array_append_val(tenants, build->tenant);
    }
    return stretch;
}

/* ---- in pieces that do not take long ---- */

/* The first piece reaches so far back; the others by how long the one before took. */
#define FIRST_PIECE_DAYS 31
/* Behind a piece of so many days without a row there are none, as a rule: the rest is one piece. */
#define EMPTY_PIECE_DAYS 366

/* A piece is read through an index, or each would go through the whole table. */
static gboolean
may_cut(const TuSnapshot *snapshot, const TuStretch *stretch)
{
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        for (guint s = 0; s < summary->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            if (!series->source->has_time_index)
                return FALSE;
        }
    }
    return snapshot->keeper->piece_us > 0;
}

typedef struct {
    TuDatabase *db;
    TuGrain grain;
    Pace *pace;
} Extent;

static gboolean
take_extent(const TuValue *row, gpointer data, GError **error)
{
    const Extent *extent = data;
    TuBucket buckets[2];
    for (guint i = 0; i < G_N_ELEMENTS(buckets); i++) {
        if (row[i].type == TU_TYPE_NULL ||
            !tu_database_bucket_parse(extent->db, extent->grain, &row[i], &buckets[i]))
            return TRUE;
        if (!tu_grain_is_dated(extent->grain))
            buckets[i] = tu_instant_local_date(buckets[i]);
    }
    extent->pace->first = MIN(extent->pace->first, (TuDate)buckets[0]);
    extent->pace->last = MAX(extent->pace->last, (TuDate)buckets[1]);
    return TRUE;
}

/* The longest grain has the fewest cells. */
static gboolean
find_stored(TuSnapshot *snapshot, const TuStretch *stretch, Pace *pace, GError **error)
{
    pace->first = G_MAXINT32;
    pace->last = G_MININT32;
    for (guint i = 0; i < stretch->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(stretch->summaries, i);
        int grain = TU_GRAINS - 1;
        while (grain > 0 && summary->tables[grain] == NULL)
            grain--;
        const TuSummaryTable *table = summary->tables[grain];
        Extent extent = {snapshot->keeper->db, (TuGrain)grain, pace};
        g_autofree char *sql = tu_sql_format("SELECT min(%I), max(%I) FROM %Q", table->bucket_column,
                                             table->bucket_column, table->name);
        if (!tu_rows_each(extent.db, sql, NULL, 0, FALSE, take_extent, &extent, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
begin_in_pieces(TuSnapshot *snapshot, Pace *pace, TuStretch *stretch, GError **error)
{
    TuDate newest = stretch->range.to != G_MAXINT32
                        ? stretch->range.to - 1
                        : tu_instant_local_date(tu_instant_now_us());
    pace->has_begun = TRUE;
    if (!may_cut(snapshot, stretch))
        return TRUE;
    if (!find_stored(snapshot, stretch, pace, error))
        return FALSE;
    /* Work that is left after every piece, for others, ends nevertheless: each piece takes some of what
     * is stored, and what lies before that is one. */
    if (pace->first > pace->last || newest < pace->first)
        return TRUE;
    TuDate from = MIN(newest, pace->last) + 1 - FIRST_PIECE_DAYS;
    if (from <= stretch->range.from)
        return TRUE;
    stretch->range.from = from;
    stretch->newest = newest;
    pace->most_days = G_MAXINT32;
    return TRUE;
}

/* A piece that took long makes the next one shorter, one that did not longer. */
static void
note_piece(const TuSnapshot *snapshot, Pace *pace, const TuStretch *stretch, gint64 took_us,
           gint64 rows_read)
{
    gint64 piece_us = snapshot->keeper->piece_us;
    if (!may_cut(snapshot, stretch) || stretch->range.from == G_MININT32 || pace->span_days <= 0)
        return;
    if (took_us > piece_us)
        pace->span_days = (gint32)MAX(pace->span_days * piece_us / took_us, 1);
    else if (rows_read == 0 && pace->span_days >= EMPTY_PIECE_DAYS)
        pace->span_days = 0;
    else if (took_us < piece_us / 2 && pace->span_days <= pace->most_days / 2)
        pace->span_days *= 2;
}

/* One chunk that fits into memory: shrunk until it does. The first chunk has no upper bound, so its
 * span is taken from where the newest rows are. */
static gboolean
write_chunk(TuSnapshot *snapshot, Pace *pace, TuResult *result, gboolean *ret_is_done,
            GError **error)
{
    g_autoptr(GArray) builds = choose_builds(snapshot);
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(TuValue));
    *ret_is_done = builds->len == 0;
    if (*ret_is_done)
        return TRUE;
    TuStretch stretch = stretch_of(builds, pace, summaries, tenants);
    gint64 began_us = g_get_monotonic_time();
    if (!pace->has_begun && !begin_in_pieces(snapshot, pace, &stretch, error))
        return FALSE;
    Chunk chunk = {snapshot, builds, stretch.range.from, result, result->rows_read,
                   result->cells_written, result->cells_drifted};
    for (;;) {
        g_autoptr(GError) local = NULL;
        chunk.from = stretch.range.from;
        if (tu_stretch_write(snapshot, &stretch, note_progress, &chunk, result, &local))
            break;
        /* A later slice was too large: all of them again, smaller. */
        if (tu_error_is(local, TU_ERROR_LIMIT) && snapshot->txn.db == NULL) {
            pace->n_slices = stretch.n_slices * 2;
            return TRUE;
        }
        if (!tu_error_is(local, TU_ERROR_LIMIT)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_stretch_shrink(snapshot, &stretch, error))
            return FALSE;
        pace->most_days = 0; /* memory says how much: it is not tried again */
    }
    pace->n_slices = stretch.n_slices;
    pace->oldest = stretch.oldest;
    pace->reached = stretch.range.from;
    if (pace->newest == G_MININT32 && stretch.oldest != G_MININT32)
        pace->newest = stretch.newest;
    if (stretch.range.from != G_MININT32)
        pace->span_days = MIN(stretch.range.to, stretch.newest + 1) - stretch.range.from;
    note_piece(snapshot, pace, &stretch, g_get_monotonic_time() - began_us,
               result->rows_read - chunk.rows_before);
    return tu_stop("build.chunk_done", error);
}

/* How much of the dates that have rows is written; 0 where that is not known. */
static double
share_of(const Pace *pace)
{
    gboolean is_known = pace->newest != G_MININT32 && pace->oldest != G_MININT32;
    double oldest = is_known ? pace->oldest : pace->first;
    double newest = is_known ? pace->newest : pace->last;
    if (oldest > newest || oldest <= G_MININT32)
        return 0;
    return CLAMP((newest + 1 - pace->reached) / (newest - oldest + 1), 0, 1);
}

/* Asked without a snapshot: most of the time there is none. */
static gboolean
has_builds(TuKeeper *keeper, const TuGroup *group, gboolean *ret_has, GError **error)
{
    gint64 one = 0;
    TuValue name = tu_value_text(group->name);
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_build b JOIN trueup_summary s "
                               "ON s.name = b.summary WHERE s.group_name = ?1 LIMIT 1",
                               &name, 1, ret_has, &one, error);
}

gboolean
tu_build_group(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    Pace pace = {.oldest = G_MININT32,
                 .newest = G_MININT32,
                 .n_slices = 1,
                 .first = G_MAXINT32,
                 .last = G_MININT32};
    gint64 busy_since_us = 0;
    gboolean has = FALSE;
    if (!has_builds(keeper, group, &has, error))
        return FALSE;
    for (gboolean is_done = !has; !is_done;) {
        g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
        g_autoptr(GError) local = NULL;
        g_auto(TuResult) ignored = {0}; /* whoever settles tells of tenants without a zone */
        gboolean has_synced = FALSE;
        TuResult before = *result;
        /* Cells of tenants that are not as they were noted would be taken for nobody's (I-3). */
        if (tu_snapshot_begin(&snapshot, keeper, group, &local) &&
            tu_tenants_sync(&snapshot, &ignored, &has_synced, &local) &&
            (has_synced || write_chunk(&snapshot, &pace, result, &is_done, &local))) {
            busy_since_us = 0;
            tu_snapshot_end(&snapshot);
            if (!is_done && (!tu_settle_group(keeper, group, result, error) ||
                             !tu_keeper_between(keeper, pace.reached, share_of(&pace), error) ||
                             !tu_keeper_yield(keeper, TRUE, error)))
                return FALSE;
            continue;
        }
        tu_result_restore(result, &before);
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return TRUE;
}
