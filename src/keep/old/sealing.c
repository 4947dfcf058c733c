#include "keep/old/sealing.h"

#include "keep/compare/changes.h"
#include "keep/install/guard.h"
#include "keep/settle/places.h"
#include "keep/rows.h"
#include "keep/tenants/tenants_sync.h"

typedef struct {
    TuSnapshot *snapshot;
    TuTally *tally;
    TuDate (*wanted)[TU_GRAINS];
    guint place; /* of the summary that is looked at, in the group */
} Sealing;

static const TuSummaryModel *
summary_of(const Sealing *sealing)
{
    return g_ptr_array_index(sealing->snapshot->group->summaries, sealing->place);
}

static TuDate
sealed_below(const Sealing *sealing, TuGrain grain)
{
    return tu_boundary_of(sealing->snapshot->boundaries, summary_of(sealing), grain).sealed_below;
}

static gboolean
moves(const Sealing *sealing)
{
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (sealing->wanted[sealing->place][grain] > sealed_below(sealing, (TuGrain)grain))
            return TRUE;
    return FALSE;
}

static void
hold_grain(const Sealing *sealing, TuGrain grain)
{
    sealing->wanted[sealing->place][grain] = sealed_below(sealing, grain);
}

static void
hold_summary(const Sealing *sealing)
{
    for (int grain = 0; grain < TU_GRAINS; grain++)
        hold_grain(sealing, (TuGrain)grain);
}

/* Something is pending on that local date: its buckets may not be passed. What is sealed already
 * does not matter. */
static void
hold_date(const Sealing *sealing, TuDate date)
{
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        TuDate begins =
            tu_grain_is_dated((TuGrain)grain) ? tu_date_floor((TuGrain)grain, date) : date;
        if (begins >= sealed_below(sealing, (TuGrain)grain) &&
            begins < sealing->wanted[sealing->place][grain])
            hold_grain(sealing, (TuGrain)grain);
    }
}

/* ---- history that is not built ---- */

static void
check_builds(const Sealing *sealing)
{
    const GArray *builds = sealing->snapshot->builds;
    for (guint i = 0; i < builds->len; i++)
        if (g_array_index(builds, TuBuild, i).summary == summary_of(sealing))
            hold_summary(sealing);
}

/* ---- tenants without a clock ---- */

/* The changes of one whose zone is unknown are read when it is right again (tenants_sync.h):
 * what was sealed by then would keep what it had before. */
static gboolean
lacks_clock(const TuSnapshot *snapshot)
{
    for (guint i = 0; i < tu_tenants_count(snapshot->tenants); i++)
        if (tu_tenants_at(snapshot->tenants, i)->zone == NULL)
            return TRUE;
    return FALSE;
}

/* ---- series that cannot be evaluated ---- */

static gboolean
take_failing(const TuValue *row, gpointer data, GError **error)
{
    const Sealing *sealing = data;
    TuValue name = tu_value_text(summary_of(sealing)->spec->name);
    if (tu_value_equal(&row[0], &name))
        hold_summary(sealing);
    return TRUE;
}

/* Their changes are consumed without them (failing.h); the rebuild that is asked for when they
 * can be evaluated again would leave what was sealed meanwhile. */
static gboolean
check_failing(Sealing *sealing, GError **error)
{
    const TuSummaryModel *summary = summary_of(sealing);
    for (guint i = 0; i < summary->series->len; i++)
        if (((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->problem != NULL)
            hold_summary(sealing);
    return tu_rows_each(sealing->snapshot->keeper->db, "SELECT summary FROM trueup_failing", NULL,
                        0, FALSE, take_failing, sealing, error);
}

/* ---- tables that are not guarded ---- */

static gboolean
reads_table(const TuSummaryModel *summary, const TuCaptured *captured)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (g_ptr_array_find(series->source->tables, captured, NULL))
            return TRUE;
    }
    return FALSE;
}

static void
check_guards(const Sealing *sealing, const GArray *states)
{
    for (guint i = 0; i < states->len; i++) {
        const TuGuardState *state = &g_array_index(states, TuGuardState, i);
        if ((state->problem != NULL || state->is_released) &&
            reads_table(summary_of(sealing), state->captured))
            hold_summary(sealing);
    }
}

/* ---- the pending list ---- */

static gboolean
take_pending(const TuValue *row, gpointer data, GError **error)
{
    const Sealing *sealing = data;
    const TuSummaryModel *summary = summary_of(sealing);
    const TuSnapshot *snapshot = sealing->snapshot;
    TuValue key = tu_tenant_read(snapshot->keeper->model, snapshot->values, &row[0]);
    const TuTenant *tenant = tu_tenants_find(snapshot->tenants, &key);
    TuBucket unit = 0;
    gboolean is_parked = row[2].integer >= summary->spec->refresh.attempts;
    if (is_parked || tenant == NULL || tenant->zone == NULL ||
        !tu_bucket_parse(summary->unit, row[1].text, row[1].bytes, &unit))
        return TRUE;
    hold_date(sealing, tu_bucket_date(tenant->zone, summary->unit, unit));
    return TRUE;
}

static gboolean
check_pending(Sealing *sealing, GError **error)
{
    TuValue name = tu_value_text(summary_of(sealing)->spec->name);
    return tu_rows_each(sealing->snapshot->keeper->db,
                        "SELECT tenant, bucket, attempts FROM trueup_pending WHERE summary = ?1",
                        &name, 1, FALSE, take_pending, sealing, error);
}

/* ---- entries in the logs ---- */

static gboolean
take_place(TuPlace *place, const TuSourceModel *source, gpointer data, GError **error)
{
    hold_date(data, (TuDate)tu_place_bucket(place, source, TU_GRAIN_DAY));
    return TRUE;
}

static gboolean
check_source(Sealing *sealing, const TuSourceModel *source, const TuBatch *everything,
             GError **error)
{
    TuUncounted *uncounted = &sealing->tally->uncounted[source->spec->index];
    if (!tu_places_each(sealing->tally, source, everything, TU_ENTRIES_ANY_PLACE, take_place,
                        sealing, error))
        return FALSE;
    if (uncounted->is_incomplete)
        hold_summary(sealing);
    uncounted->is_incomplete = FALSE;
    return TRUE;
}

static gboolean
check_entries(Sealing *sealing, GError **error)
{
    const TuGroup *group = sealing->snapshot->group;
    const TuSummaryModel *summary = summary_of(sealing);
    g_autofree gint64 *up_to = g_new(gint64, group->captured->len);
    TuBatch everything = {.up_to = up_to};
    gboolean is_unclear = FALSE;
    for (guint i = 0; i < group->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(group->captured, i);
        up_to[i] = captured->is_captured ? G_MAXINT64 : 0;
    }
    if (!tu_batch_is_unclear(sealing->snapshot, summary, &everything, &is_unclear, error))
        return FALSE;
    if (is_unclear)
        hold_summary(sealing);
    for (guint i = 0; i < group->sources->len && moves(sealing); i++) {
        const TuSourceModel *source = g_ptr_array_index(group->sources, i);
        gboolean is_its = FALSE;
        for (guint s = 0; s < source->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(source->series, s);
            is_its = is_its || series->summary == summary;
        }
        if (is_its && source->captures && !check_source(sealing, source, &everything, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- all of it ---- */

void
tu_sealing_add_move(TuChanges *changes, const TuSummaryModel *summary, TuGrain grain,
                    TuDate removed, TuDate sealed)
{
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(tu_grain_name(grain)),
                        tu_boundary_value(removed), tu_boundary_value(sealed)};
    tu_changes_add(changes,
                   "UPDATE trueup_boundary SET removed_below = ?3, sealed_below = ?4 "
                   "WHERE summary = ?1 AND grain = ?2",
                   values, G_N_ELEMENTS(values));
    tu_changes_add_if_none(
        changes,
        "INSERT INTO trueup_boundary(summary, grain, removed_below, sealed_below) "
        "VALUES (?1, ?2, ?3, ?4)",
        values, G_N_ELEMENTS(values));
}

gboolean
tu_sealing_check(TuSnapshot *snapshot, TuDate (*wanted)[TU_GRAINS], GError **error)
{
    Sealing sealing = {snapshot, NULL, wanted, 0};
    gboolean some_moves = FALSE;
    gboolean has_changed = FALSE;
    g_autoptr(GArray) states = NULL;
    for (sealing.place = 0; sealing.place < snapshot->group->summaries->len; sealing.place++)
        some_moves = some_moves || moves(&sealing);
    if (!some_moves)
        return TRUE;
    g_autoptr(TuTally) tally = tu_tally_new(snapshot);
    sealing.tally = tally;
    /* A tenant that came or changed its clock since is to be built. */
    if (!tu_tenants_hold_unsynced(snapshot, error) ||
        !tu_guard_check(snapshot, &states, &has_changed, error))
        return FALSE;
    for (sealing.place = 0; sealing.place < snapshot->group->summaries->len; sealing.place++) {
        check_builds(&sealing);
        if (lacks_clock(snapshot))
            hold_summary(&sealing);
        check_guards(&sealing, states);
        if (moves(&sealing) && !check_failing(&sealing, error))
            return FALSE;
        if (moves(&sealing) && !check_pending(&sealing, error))
            return FALSE;
        if (moves(&sealing) && !check_entries(&sealing, error))
            return FALSE;
    }
    return TRUE;
}
