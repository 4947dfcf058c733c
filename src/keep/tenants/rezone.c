#include "keep/tenants/rezone.h"

#include "keep/build/build.h"
#include "keep/rows.h"
#include "time/zonerules.h"

/* Every database has dates from here on. */
#define FIRST_YEAR 1

/* Rows whose own timestamps are read in a zone move by its rules, on whatever clock their tenant
 * is: by less than this. */
#define MOVED_DAYS 2

/* ---- asking ---- */

/* TRUE if the cells of some tenant were cut by that zone. */
static gboolean
is_of_tenants(TuKeeper *keeper, const char *name, gboolean *ret_is, GError **error)
{
    const TuSpec *spec = keeper->model->spec;
    TuValue value = tu_value_text(name);
    gint64 one = 0;
    if (spec->tenants == NULL) {
        *ret_is = g_str_equal(spec->time_zone, name);
        return TRUE;
    }
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_tenant WHERE time_zone = ?1 LIMIT 1", &value,
                               1, ret_is, &one, error);
}

/* TRUE if the summary counts rows whose timestamps are read in that zone. */
static gboolean
reads_clock(const TuSummaryModel *summary, const char *name)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (series->source->naive_zone != NULL &&
            g_str_equal(series->source->spec->time_zone, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
ask_for_summary(TuKeeper *keeper, const TuSummaryModel *summary, const char *name,
                const char *before, TuDate from, TuDate to, GError **error)
{
    gint64 run_id = 0;
    if (!tu_build_ask_range(keeper, summary, from, to, &run_id, error))
        return FALSE;
    TuValue values[] = {tu_value_integer(run_id), tu_value_text(name), tu_value_text(before)};
    return tu_database_run(keeper->db,
                           "INSERT INTO trueup_rezone(id, zone, rules) VALUES (?1, ?2, ?3)", values,
                           G_N_ELEMENTS(values), NULL, error);
}

/* Those whose build has come to its end, or was replaced. */
static gboolean
forget_done(TuKeeper *keeper, GError **error)
{
    return tu_database_execute(keeper->db,
                               "DELETE FROM trueup_rezone WHERE id NOT IN "
                               "(SELECT run_id FROM trueup_build WHERE run_id IS NOT NULL)",
                               error);
}

gboolean
tu_rezone_ask(TuKeeper *keeper, const TuZone *zone, const char *before, GError **error)
{
    const char *name = tu_zone_name(zone);
    g_autoptr(TuZone) old = tu_zone_of_rules(name, before);
    gboolean has_tenants = FALSE;
    TuDate from = 0;
    TuDate to = 0;
    if (old == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE,
                    "trueup_rules does not hold the rules of time zone %s", name);
        return FALSE;
    }
    g_autoptr(TuZoneDiff) moved = tu_zone_diff_new(old, zone);
    if (!forget_done(keeper, error) || !is_of_tenants(keeper, name, &has_tenants, error))
        return FALSE;
    if (!tu_zone_diff_dates(moved, &from, &to))
        return TRUE;
    from = MAX(from, tu_date_from_civil(FIRST_YEAR, 1, 1));
    for (guint i = 0; i < keeper->model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(keeper->model->summaries, i);
        if (reads_clock(summary, name)
                ? !tu_build_ask_range(keeper, summary, MAX(from - MOVED_DAYS, TU_DATE_LEAST),
                                      MIN(to + MOVED_DAYS, TU_DATE_GREATEST + 1), NULL, error)
                : has_tenants && !ask_for_summary(keeper, summary, name, before, from, to, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- doing ---- */

static gboolean
take_texts(const TuValue *row, gpointer data, GError **error)
{
    char **texts = data;
    for (guint i = 0; i < 2; i++)
        texts[i] = g_strndup(row[i].text, row[i].bytes);
    return TRUE;
}

static void
find_tenants(const TuTenantSet *all, const char *zone, GArray *tenants)
{
    for (guint i = 0; i < tu_tenants_count(all); i++) {
        const TuTenant *tenant = tu_tenants_at(all, i);
        if (g_strcmp0(tenant->zone_name, zone) == 0)
            g_array_append_val(tenants, tenant->key);
    }
}

gboolean
tu_rezone_read(const TuSnapshot *snapshot, gint64 run_id, TuRezone *rezone, GArray *tenants,
               GError **error)
{
    TuKeeper *keeper = snapshot->keeper;
    TuValue id = tu_value_integer(run_id);
    char *texts[2] = {NULL, NULL};
    gboolean is_ok = tu_rows_each(keeper->db, "SELECT zone, rules FROM trueup_rezone WHERE id = ?1",
                                  &id, 1, FALSE, take_texts, texts, error);
    g_autofree char *name = texts[0];
    g_autofree char *rules = texts[1];
    *rezone = (TuRezone){NULL, FALSE};
    if (!is_ok || name == NULL)
        return is_ok;
    g_autoptr(TuZone) before = tu_zone_of_rules(name, rules);
    const TuZone *now = tu_keeper_zone(keeper, name, error);
    if (now == NULL || before == NULL) {
        if (now != NULL)
            g_set_error(error, TU_ERROR, TU_ERROR_DATABASE,
                        "trueup_rezone does not hold the rules of time zone %s", name);
        return FALSE;
    }
    rezone->moved = tu_zone_diff_new(before, now);
    rezone->is_of_some = tu_tenants_are_listed(snapshot->tenants);
    g_array_set_size(tenants, 0);
    find_tenants(snapshot->tenants, name, tenants);
    return TRUE;
}

void
tu_rezone_clear(TuRezone *rezone)
{
    g_clear_pointer(&rezone->moved, tu_zone_diff_free);
}
