#include "keep/old/boundary_apply.h"

#include "keep/rows.h"
#include "spec/duration.h"
#include "time/instant.h"

/* Where a boundary should be depends on the clocks of the tenants there are: one that came since
 * may be a day behind, and a year be another by that. Only more than this is another `keep`. */
#define CLOCKS_DIFFER_US (2 * TU_DAY_US)

typedef struct {
    TuKeeper *keeper;
    const TuSummaryModel *summary;
    TuBoundaries *boundaries;
    TuTenantSet *tenants;
    gint64 now_us;
} Looking;

static void
looking_clear(Looking *looking)
{
    g_clear_pointer(&looking->boundaries, tu_boundaries_free);
    g_clear_pointer(&looking->tenants, tu_tenant_set_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Looking, looking_clear)

/* An older version of trueup had no such table, so nothing was removed or sealed. */
static gboolean
look(TuKeeper *keeper, const TuSummaryModel *summary, Looking *ret_looking, GError **error)
{
    g_auto(Looking) looking = {.keeper = keeper, .summary = summary};
    g_autofree char *name = tu_database_control_name(keeper->db, "trueup_boundary");
    gboolean exists = FALSE;
    if (!tu_database_has_table(keeper->db, name, &exists, error) ||
        (exists && !tu_boundaries_read(keeper, &looking.boundaries, error)) ||
        !tu_tenants_read(keeper, &looking.tenants, error) ||
        !tu_database_now(keeper->db, &looking.now_us, error))
        return FALSE;
    *ret_looking = looking;
    looking = (Looking){0};
    return TRUE;
}

static TuDate
wanted_at(const Looking *looking, TuGrain grain, gint64 at_us)
{
    return tu_boundary_wanted(&looking->summary->spec->refresh.keep[grain], grain, looking->tenants,
                              at_us);
}

/* What is sealed is not built back. */
static gboolean
goes_back(const Looking *looking, TuGrain grain)
{
    TuBoundary now = tu_boundary_of(looking->boundaries, looking->summary, grain);
    TuDate wanted = wanted_at(looking, grain, looking->now_us + CLOCKS_DIFFER_US);
    return looking->summary->tables[grain] != NULL &&
           MAX(wanted, now.sealed_below) < now.removed_below;
}

gboolean
tu_boundary_look(TuKeeper *keeper, const TuSummaryModel *summary, gboolean *ret_goes_back,
                 GError **error)
{
    g_auto(Looking) looking = {0};
    if (!look(keeper, summary, &looking, error))
        return FALSE;
    *ret_goes_back = FALSE;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        *ret_goes_back = *ret_goes_back || goes_back(&looking, (TuGrain)grain);
    return TRUE;
}

/* ---- writing ---- */

/* TRUE if the grain's table has nothing of trueup's yet. */
static gboolean
is_anew(const Looking *looking, TuGrain grain, gboolean is_new, gboolean *ret_is_anew,
        GError **error)
{
    const TuSummaryTable *table = looking->summary->tables[grain];
    gboolean is_noted = FALSE;
    gint64 one = 0;
    TuValue name = tu_value_text(table->name);
    *ret_is_anew = is_new || !table->exists;
    if (*ret_is_anew)
        return TRUE;
    if (!tu_database_integer(looking->keeper->db, "SELECT 1 FROM trueup_kept WHERE name = ?1",
                             &name, 1, &is_noted, &one, error))
        return FALSE;
    *ret_is_anew = !is_noted;
    return TRUE;
}

static gboolean
write_grain(const Looking *looking, TuGrain grain, gboolean is_new, GError **error)
{
    TuDatabase *db = looking->keeper->db;
    TuDate wanted = wanted_at(looking, grain, looking->now_us);
    gboolean begins = FALSE;
    /* A table that was there may have old rows, which were another's and are removed like all
     * others. */
    TuDate cleared = looking->summary->tables[grain]->exists ? G_MININT32 : wanted;
    TuValue values[] = {tu_value_text(looking->summary->spec->name),
                        tu_value_text(tu_grain_name(grain)), tu_boundary_value(wanted),
                        tu_boundary_value(cleared)};
    if (!is_anew(looking, grain, is_new, &begins, error))
        return FALSE;
    if (begins)
        return tu_database_run(db, "DELETE FROM trueup_boundary WHERE summary = ?1 AND grain = ?2",
                               values, 2, NULL, error) &&
               (wanted == G_MININT32 ||
                tu_database_run(db,
                                "INSERT INTO trueup_boundary(summary, grain, removed_below, "
                                "cleared_below) VALUES (?1, ?2, ?3, ?4)",
                                values, G_N_ELEMENTS(values), NULL, error));
    return !goes_back(looking, grain) ||
           tu_database_run(db,
                           "UPDATE trueup_boundary SET removed_below = ?3, cleared_below = ?3 "
                           "WHERE summary = ?1 AND grain = ?2",
                           values, 3, NULL, error);
}

gboolean
tu_boundary_write(TuKeeper *keeper, const TuSummaryModel *summary, gboolean is_new, GError **error)
{
    g_auto(Looking) looking = {0};
    if (!look(keeper, summary, &looking, error))
        return FALSE;
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (summary->tables[grain] != NULL && !write_grain(&looking, (TuGrain)grain, is_new, error))
            return FALSE;
    return TRUE;
}
