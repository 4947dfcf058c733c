#include "keep/due.h"

#include "keep/repair.h"
#include "keep/rows.h"
#include "time/instant.h"

/* A night missed longer ago than this is `repair`'s or `rebuild`'s, not caught up by itself. */
#define CATCH_UP_DAYS 31

static TuDate
today_of(const TuZone *zone, gint64 now_us)
{
    return (TuDate)tu_bucket_of(zone, TU_GRAIN_DAY, now_us, NULL);
}

/* ---- every ---- */

static gboolean
is_uncaptured(const TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->series->len; i++)
        if (!((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source->captures)
            return TRUE;
    return FALSE;
}

/* The longest window of the grains kept, in whole days, a day over. */
static TuDate
window_start(const TuSummaryModel *summary, TuDate today)
{
    TuDate earliest = today;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuDuration *window = &summary->spec->refresh.window[grain];
        if (summary->tables[grain] == NULL)
            continue;
        int year;
        int month;
        int day;
        tu_date_to_civil(today - (TuDate)(window->us / TU_DAY_US) - 1, &year, &month, &day);
        int months = year * 12 + month - 1 - window->months;
        TuDate start = tu_date_from_civil(months / 12, months % 12 + 1, MIN(day, 28));
        earliest = MIN(earliest, start);
    }
    return earliest;
}

static gboolean
last_periodic(TuKeeper *keeper, const TuSummaryModel *summary, gint64 since_us,
              gboolean *ret_is_recent, GError **error)
{
    gint64 one = 0;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_time(TU_TYPE_INSTANT, since_us)};
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_run WHERE kind = 'window' AND summary = ?1 "
                               "AND status <> 'STARTED' AND started_at > ?2",
                               values, G_N_ELEMENTS(values), ret_is_recent, &one, error);
}

static gboolean
repair_window(TuKeeper *keeper, TuSummaryModel *summary, TuResult *result, GError **error)
{
    gint64 now_us = tu_instant_now_us();
    TuDate today = (TuDate)tu_instant_local_date(now_us);
    gboolean is_recent = FALSE;
    if (!last_periodic(keeper, summary, now_us - summary->spec->refresh.every_us, &is_recent,
                       error))
        return FALSE;
    TuRepair repair = {.kind = "window",
                       .summary = summary,
                       .from = window_start(summary, today),
                       .to = today + 2};
    return is_recent || tu_repair_group(keeper, summary->group, &repair, result, error);
}

/* ---- nightly ---- */

/* The last date whose night is over on that clock: its time of day `minute` has passed. */
static TuDate
night_due(const TuZone *zone, guint minute, gint64 now_us)
{
    TuDate today = today_of(zone, now_us);
    gint64 at_us = tu_zone_from_local_us(zone, today * TU_DAY_US + minute * TU_MINUTE_US);
    return now_us >= at_us ? today : today - 1;
}

static gboolean
night_done(TuKeeper *keeper, const TuSummaryModel *summary, const char *tenant, TuDate night,
           TuDate *ret_done, GError **error)
{
    gboolean found = FALSE;
    gint64 done = 0;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(tenant)};
    if (!tu_database_integer(keeper->db,
                             "SELECT max(night) FROM trueup_night WHERE summary = ?1 "
                             "AND zone = ?2",
                             values, G_N_ELEMENTS(values), &found, &done, error))
        return FALSE;
    *ret_done = found ? (TuDate)done : night - 1;
    return TRUE;
}

static gboolean
note_night(TuKeeper *keeper, const TuSummaryModel *summary, const char *zone, TuDate night,
           GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(zone),
                        tu_value_integer(night)};
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_database_run(keeper->db,
                           "DELETE FROM trueup_night WHERE summary = ?1 AND zone = ?2", values, 2,
                           NULL, error) &&
           tu_database_run(keeper->db,
                           "INSERT INTO trueup_night(summary, zone, night) VALUES (?1, ?2, ?3)",
                           values, G_N_ELEMENTS(values), NULL, error) &&
           tu_transaction_commit(&txn, error);
}

/* The days of all nights since the last one that was done. */
static gboolean
repair_nights(TuKeeper *keeper, TuSummaryModel *summary, const char *zone_name, TuResult *result,
              GError **error)
{
    const TuRefresh *refresh = &summary->spec->refresh;
    const TuZone *zone = tu_keeper_zone(keeper, zone_name, error);
    TuDate done = 0;
    if (zone == NULL)
        return FALSE;
    TuDate night = night_due(zone, refresh->nightly_minute, tu_instant_now_us());
    if (!night_done(keeper, summary, zone_name, night, &done, error))
        return FALSE;
    if (done >= night)
        return TRUE;
    done = MAX(done, night - CATCH_UP_DAYS);
    TuRepair repair = {.kind = "nightly",
                       .summary = summary,
                       .zone = g_str_equal(refresh->nightly_zone, "tenant") ? zone_name : NULL,
                       .from = done + 1 - (TuDate)refresh->nightly_days,
                       .to = night};
    return tu_repair_group(keeper, summary->group, &repair, result, error) &&
           note_night(keeper, summary, zone_name, night, error);
}

static gboolean
take_zone(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_TEXT)
        g_ptr_array_add(data, g_strndup(row[0].text, row[0].bytes));
    return TRUE;
}

static gboolean
repair_nightly(TuKeeper *keeper, TuSummaryModel *summary, TuResult *result, GError **error)
{
    const TuRefresh *refresh = &summary->spec->refresh;
    const TuSpec *spec = keeper->model->spec;
    g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(g_free);
    TuValue group = tu_value_text(summary->group->name);
    if (!g_str_equal(refresh->nightly_zone, "tenant"))
        return repair_nights(keeper, summary, refresh->nightly_zone, result, error);
    if (spec->tenants == NULL)
        return repair_nights(keeper, summary, spec->time_zone, result, error);
    if (!tu_rows_each(keeper->db,
                      "SELECT DISTINCT time_zone FROM trueup_tenant WHERE group_name = ?1 "
                      "AND error IS NULL",
                      &group, 1, FALSE, take_zone, zones, error))
        return FALSE;
    for (guint i = 0; i < zones->len; i++)
        if (!repair_nights(keeper, summary, g_ptr_array_index(zones, i), result, error))
            return FALSE;
    return TRUE;
}

gboolean
tu_due_repairs(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    for (guint i = 0; i < group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        if (is_uncaptured(summary) && !repair_window(keeper, summary, result, error))
            return FALSE;
        if (summary->spec->refresh.has_nightly && !repair_nightly(keeper, summary, result, error))
            return FALSE;
    }
    return TRUE;
}
