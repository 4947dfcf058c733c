#include "keep/build.h"

#include "db/stop.h"
#include "keep/stretch.h"
#include "time/instant.h"

/* What was learned about how much fits; kept from chunk to chunk. */
typedef struct {
    gint32 span_days; /* 0: all at once */
    TuDate oldest;    /* of the rows when the span was found */
    guint n_slices;
} Pace;

/* ---- asking ---- */

static gboolean
insert_run(TuKeeper *keeper, const char *kind, const char *summary, const char *tenant,
           gint64 *ret_id, GError **error)
{
    TuValue now = tu_keeper_now();
    gboolean found = FALSE;
    TuValue values[] = {tu_value_text(kind), tu_value_text(summary), tu_value_text(tenant), now,
                        tu_value_text(keeper->worker)};
    return tu_database_integer(keeper->db,
                               "INSERT INTO trueup_run(kind, summary, tenant, status, started_at, "
                               "worker) VALUES (?1, ?2, ?3, 'STARTED', ?4, ?5) RETURNING id",
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
                               "SELECT 1 FROM trueup_build WHERE summary = ?1 AND tenant_key = ?2 "
                               "AND is_dropping >= ?3",
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
                                       tenant_text, &run_id, error))
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

/* ---- one chunk ---- */

typedef struct {
    const TuSnapshot *snapshot;
    GArray *builds; /* of TuBuild: those that this chunk is of */
    TuDate from;    /* G_MININT32: it is the last */
    TuResult *result;
    gint64 rows_before, written_before, drifted_before;
} Chunk;

/* Several tenants' work is one pass too: what is read for one of them serves all. */
static gboolean
same_work(const TuBuild *a, const TuBuild *b)
{
    return a->below == b->below && a->is_dropping == b->is_dropping &&
           a->is_of_tenant == b->is_of_tenant;
}

/* The work that reaches furthest to today, and all that can be done with it in one pass. */
static GArray *
choose_builds(const TuSnapshot *snapshot)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(TuBuild));
    const TuBuild *first = NULL;
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (first == NULL || build->below > first->below)
            first = build;
    }
    for (guint i = 0; first != NULL && i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        if (same_work(build, first))
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
        tu_value_text(failure != NULL ? failure->error : NULL),
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
        if (chunk->from == G_MININT32)
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
    TuStretch stretch = {.summaries = summaries,
                         .oldest = pace->oldest,
                         .newest = first->below != G_MAXINT32 ? first->below - 1 : G_MAXINT32 - 1,
                         .tenants = first->is_of_tenant ? tenants : NULL,
                         .range = {G_MININT32, first->below, FALSE},
                         .n_slices = pace->n_slices,
                         .counts_drift = !first->is_dropping};
    if (pace->span_days > 0 && first->below != G_MAXINT32)
        stretch.range.from = first->below - pace->span_days;
    /* The last chunk has no lower bound: it takes what came later and lies earlier, too. */
    if (stretch.range.from <= pace->oldest)
        stretch.range.from = G_MININT32;
    for (guint i = 0; i < builds->len; i++) {
        const TuBuild *build = &g_array_index(builds, TuBuild, i);
        if (!g_ptr_array_find(summaries, build->summary, NULL))
            g_ptr_array_add(summaries, build->summary);
        g_array_append_val(tenants, build->tenant);
    }
    return stretch;
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
    }
    pace->n_slices = stretch.n_slices;
    pace->oldest = stretch.oldest;
    if (stretch.range.from != G_MININT32)
        pace->span_days = MIN(stretch.range.to, stretch.newest + 1) - stretch.range.from;
    return tu_stop("build.chunk_done", error);
}

gboolean
tu_build_group(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    Pace pace = {0, G_MININT32, 1};
    gint64 busy_since_us = 0;
    for (gboolean is_done = FALSE; !is_done;) {
        g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
        g_autoptr(GError) local = NULL;
        TuResult before = *result;
        if (tu_snapshot_begin(&snapshot, keeper, group, &local) &&
            write_chunk(&snapshot, &pace, result, &is_done, &local)) {
            busy_since_us = 0;
            tu_snapshot_end(&snapshot);
            if (!is_done && !tu_settle_group(keeper, group, result, error))
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
