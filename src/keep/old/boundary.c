#include "keep/old/boundary.h"

#include "keep/rows.h"
#include "spec/duration.h"
#include "time/bucket.h"
#include "time/period.h"

static const TuBoundary no_boundary = {G_MININT32, G_MININT32, G_MININT32};

struct TuBoundaries {
    const TuModel *model;
    TuBoundary (*of)[TU_GRAINS]; /* by the summary's place in the spec */
};

/* ---- reading ---- */

TuValue
tu_boundary_value(TuDate below)
{
    return below == G_MININT32 ? TU_NULL_VALUE : tu_value_integer(below);
}

TuDate
tu_boundary_read_value(const TuValue *value)
{
    return value->type == TU_TYPE_INTEGER
               ? (TuDate)CLAMP(value->integer, TU_DATE_LEAST, TU_DATE_GREATEST)
               : G_MININT32;
}

static TuBoundaries *
boundaries_new(const TuModel *model)
{
    TuBoundaries *boundaries = g_new0(TuBoundaries, 1);
    boundaries->model = model;
    boundaries->of = g_malloc_n(model->summaries->len, sizeof *boundaries->of);
    for (guint i = 0; i < model->summaries->len; i++)
        for (int grain = 0; grain < TU_GRAINS; grain++)
            boundaries->of[i][grain] = no_boundary;
    return boundaries;
}

void
tu_boundaries_free(TuBoundaries *boundaries)
{
    if (boundaries == NULL)
        return;
    g_free(boundaries->of);
    g_free(boundaries);
}

/* A row of a summary or grain that the spec no longer has is nobody's matter. */
static gboolean
take_boundary(const TuValue *row, gpointer data, GError **error)
{
    TuBoundaries *boundaries = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    g_autofree char *grain_name = g_strndup(row[1].text, row[1].bytes);
    const TuSummaryModel *summary = tu_model_summary(boundaries->model, name);
    TuGrain grain;
    if (summary == NULL || !tu_grain_parse(grain_name, &grain))
        return TRUE;
    boundaries->of[summary->spec->index][grain] =
        (TuBoundary){tu_boundary_read_value(&row[2]), tu_boundary_read_value(&row[3]),
                     tu_boundary_read_value(&row[4])};
    return TRUE;
}

gboolean
tu_boundaries_read(const TuKeeper *keeper, TuBoundaries **ret_boundaries, GError **error)
{
    g_autoptr(TuBoundaries) boundaries = boundaries_new(keeper->model);
    if (!tu_rows_each(keeper->db,
                      "SELECT summary, grain, removed_below, cleared_below, sealed_below "
                      "FROM trueup_boundary",
                      NULL, 0, FALSE, take_boundary, boundaries, error))
        return FALSE;
    *ret_boundaries = g_steal_pointer(&boundaries);
    return TRUE;
}

/* ---- asking ---- */

TuBoundary
tu_boundary_of(const TuBoundaries *boundaries, const TuSummaryModel *summary, TuGrain grain)
{
    return boundaries != NULL ? boundaries->of[summary->spec->index][grain] : no_boundary;
}

TuDate
tu_boundary_written_from(const TuBoundaries *boundaries, const TuSummaryModel *summary,
                         TuGrain grain)
{
    TuBoundary boundary = tu_boundary_of(boundaries, summary, grain);
    return MAX(boundary.removed_below, boundary.sealed_below);
}

gboolean
tu_boundaries_has(const TuBoundaries *boundaries, const TuSummaryModel *summary)
{
    for (int grain = 0; grain < TU_GRAINS && boundaries != NULL; grain++)
        if (tu_boundary_written_from(boundaries, summary, (TuGrain)grain) != G_MININT32)
            return TRUE;
    return FALSE;
}

/* ---- where they should be ---- */

TuDate
tu_boundary_wanted(const TuDuration *back, TuGrain grain, const TuTenantSet *tenants, gint64 now_us)
{
    TuDate wanted = G_MAXINT32;
    if (!tu_duration_is_set(back))
        return G_MININT32;
    for (guint i = 0; i < tu_tenants_count(tenants); i++) {
        const TuTenant *tenant = tu_tenants_at(tenants, i);
        if (tenant->zone != NULL)
            wanted = MIN(wanted,
                         (TuDate)tu_bucket_of(tenant->zone, TU_GRAIN_DAY, now_us - back->us, NULL));
    }
    return wanted != G_MAXINT32 ? tu_period_back(grain, wanted, back->months) : G_MININT32;
}
