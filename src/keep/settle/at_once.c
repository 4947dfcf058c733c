#include "keep/settle/at_once.h"

#include <string.h>

#include "time/instant.h"

/* More are worth a turn of their own, which is measured (keep/settle/recompute.c). */
#define FEW_UNITS 200

/* ---- units, each once ---- */

static guint
unit_hash(gconstpointer data)
{
    const TuUnit *unit = data;
    TuNamedBucket named = {unit->tenant, unit->unit};
    return tu_named_bucket_hash(&named) ^ g_direct_hash(unit->source) * 31 ^
           g_direct_hash(unit->summary);
}

static gboolean
unit_equal(gconstpointer a, gconstpointer b)
{
    const TuUnit *left = a;
    const TuUnit *right = b;
    return left->source == right->source && left->summary == right->summary &&
           left->tenant == right->tenant && left->unit == right->unit;
}

void
tu_units_init(TuUnits *units)
{
    units->units = g_array_new(FALSE, FALSE, sizeof(TuUnit));
    units->known = g_hash_table_new_full(unit_hash, unit_equal, g_free, NULL);
}

void
tu_units_clear(TuUnits *units)
{
    g_clear_pointer(&units->units, g_array_unref);
    g_clear_pointer(&units->known, g_hash_table_unref);
}

void
tu_units_add(TuUnits *units, const TuUnit *unit)
{
    if (g_hash_table_contains(units->known, unit))
        return;
    g_hash_table_add(units->known, g_memdup2(unit, sizeof *unit));
    g_array_append_vals(units->units, unit, 1);
}

gboolean
tu_units_are_few(const TuUnits *units)
{
    return units->units->len <= FEW_UNITS;
}

static TuValue
tenant_of(const TuChanges *changes, const TuUnit *unit)
{
    return tu_dictionary_value(tu_cells_dictionary(changes->tally->cells), unit->tenant);
}

void
tu_units_to_list(TuChanges *changes, const TuUnits *units)
{
    for (guint i = 0; i < units->units->len; i++) {
        const TuUnit *unit = &g_array_index(units->units, TuUnit, i);
        TuValue tenant = tenant_of(changes, unit);
        tu_changes_add_pending(changes, unit->source, unit->summary, &tenant, unit->unit, NULL);
    }
}

/* ---- counting them ---- */

/* What was counted is all that was wanted: what is folded next wants other targets. */
static void
want_nothing(TuTally *tally)
{
    for (guint target = 0; target < tally->snapshot->group->n_targets; target++) {
        g_clear_pointer(&tally->wanted[target].set, g_hash_table_unref);
        tally->wanted[target] = (TuWanted){0};
    }
}

static gboolean
some_cell_failed(TuTally *tally)
{
    for (guint target = 0; target < tally->snapshot->group->n_targets; target++)
        if (tu_tally_failures(tally, target) != NULL)
            return TRUE;
    return FALSE;
}

/* The unit may be on the list from before; where it also has series that fold, it stays there for
 * their sake, and where it had failed for that of its neighbours: the list tries it next, and
 * them. */
static void
take_off_list(TuChanges *changes, const TuUnit *unit)
{
    TuValue tenant = tenant_of(changes, unit);
    g_autofree char *tenant_key = tu_tenant_key(&tenant);
    char bucket[TU_INSTANT_TEXT_BYTES];
    for (guint s = 0; s < unit->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(unit->summary->series, s);
        if (series->source == unit->source && series->is_foldable)
            return;
    }
    tu_bucket_format(unit->summary->unit, unit->unit, bucket);
    TuValue values[] = {tu_value_text(unit->source->spec->name),
                        tu_value_text(unit->summary->spec->name), tu_value_text(tenant_key),
                        tu_value_text(bucket)};
    tu_changes_add(changes,
                   "DELETE FROM trueup_pending WHERE source = ?1 AND summary = ?2 "
                   "AND tenant_key = ?3 AND bucket = ?4 AND attempts = 0",
                   values, G_N_ELEMENTS(values));
    tu_changes_add(changes,
                   "UPDATE trueup_pending SET next_attempt_at = NULL WHERE source = ?1 "
                   "AND summary = ?2 AND tenant_key = ?3 AND bucket = ?4",
                   values, G_N_ELEMENTS(values));
}

gboolean
tu_at_once(TuChanges *changes, const TuUnits *units, gboolean *ret_is_done, GError **error)
{
    TuTally *tally = changes->tally;
    TuUnitManner manner = {.only_unfolded = TRUE};
    guint n_sources = tally->snapshot->group->model->sources->len;
    gboolean cannot_roll_up = FALSE;
    *ret_is_done = units->units->len == 0;
    if (*ret_is_done)
        return TRUE;
    g_autofree TuUncounted *uncounted = g_memdup2(tally->uncounted, n_sources * sizeof *uncounted);
    for (guint i = 0; i < units->units->len; i++)
        tu_truth_want_unit(tally, &g_array_index(units->units, TuUnit, i), manner);
    tally->limit_bytes = tu_keeper_cells_bytes(tally->snapshot->keeper);
    if (!tu_truth_count(tally, &cannot_roll_up, error))
        return FALSE;
    tally->limit_bytes = 0;
    memcpy(tally->uncounted, uncounted, n_sources * sizeof *uncounted);
    if (cannot_roll_up || some_cell_failed(tally))
        return TRUE;
    if (!tu_changes_compare(changes, error))
        return FALSE;
    want_nothing(tally);
    for (guint i = 0; tally->snapshot->last_pending > 0 && i < units->units->len; i++)
        take_off_list(changes, &g_array_index(units->units, TuUnit, i));
    *ret_is_done = TRUE;
    return TRUE;
}
