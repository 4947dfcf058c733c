#include "daemon/due.h"

#include <string.h>

#include "keep/build/moments.h"
#include "keep/build/repair.h"
#include "keep/rows.h"
#include "time/backoff.h"
#include "time/instant.h"
#include "work/pause.h"

/* While it is read. */
typedef struct {
    TuKeeper *keeper;
    TuGroup *group;
    gint64 now_us;
    gboolean may_be_early;
    GPtrArray *pauses;
    GHashTable *unguarded; /* set of names of tables */
    GPtrArray *zones;      /* of char *: those of the tenants; NULL: not read yet */
    GArray *nights;        /* of TuScheduledNight */
    GArray *periods;       /* of TuScheduledPeriod */
} Reading;

static char *
text_of(const TuValue *value)
{
    return value->type == TU_TYPE_TEXT ? g_strndup(value->text, value->bytes) : g_strdup("");
}

static gboolean
take_text(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_TEXT)
        g_ptr_array_add(data, text_of(&row[0]));
    return TRUE;
}

/* ---- nightly ---- */

/* The zones whose clocks count. */
static gboolean
read_zones(Reading *reading, GError **error)
{
    TuValue group = tu_value_text(reading->group->name);
    const TuSpec *spec = reading->keeper->model->spec;
    if (reading->zones != NULL)
        return TRUE;
    reading->zones = g_ptr_array_new_with_free_func(g_free);
    if (spec->tenants == NULL) {
        g_ptr_array_add(reading->zones, g_strdup(spec->time_zone));
        return TRUE;
    }
    return tu_rows_each(reading->keeper->db,
                        "SELECT DISTINCT time_zone FROM trueup_tenant WHERE group_name = ?1 "
                        "AND error IS NULL",
                        &group, 1, FALSE, take_text, reading->zones, error);
}

static gboolean
take_night(const TuValue *row, gpointer data, GError **error)
{
    GHashTable *done = data;
    gint64 night = CLAMP(row[1].integer, TU_DATE_LEAST, TU_DATE_GREATEST);
    g_hash_table_insert(done, text_of(&row[0]), GINT_TO_POINTER((gint)night));
    return TRUE;
}

/* The last night done of each zone. */
static gboolean
read_done(const TuKeeper *keeper, const TuSummaryModel *summary, GHashTable **ret_done,
          GError **error)
{
    g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    TuValue name = tu_value_text(summary->spec->name);
    if (!tu_rows_each(keeper->db, "SELECT zone, night FROM trueup_night WHERE summary = ?1", &name,
                      1, FALSE, take_night, done, error))
        return FALSE;
    *ret_done = g_steal_pointer(&done);
    return TRUE;
}

static gboolean
add_zone(Reading *reading, guint index, const char *name, GHashTable *done)
{
    const TuSummaryModel *summary = g_ptr_array_index(reading->group->summaries, index);
    const TuRefresh *refresh = &summary->spec->refresh;
    gpointer night = NULL;
    gboolean is_known = g_hash_table_lookup_extended(done, name, NULL, &night);
    /* A zone that there is none of is its tenants' failure, which settling tells. */
    const TuZone *zone = tu_keeper_zone(reading->keeper, name, NULL);
    if (zone == NULL)
        return FALSE;
    TuScheduledNight scheduled = {
        index,
        zone,
        {refresh->nightly_minute, refresh->nightly_days, refresh->grace_us},
        is_known ? GPOINTER_TO_INT(night) : TU_NIGHT_NONE};
    g_array_append_val(reading->nights, scheduled);
    return TRUE;
}

static gboolean
read_nights(Reading *reading, guint index, GError **error)
{
    const TuSummaryModel *summary = g_ptr_array_index(reading->group->summaries, index);
    const TuRefresh *refresh = &summary->spec->refresh;
    g_autoptr(GHashTable) done = NULL;
    if (!read_done(reading->keeper, summary, &done, error))
        return FALSE;
    if (!g_str_equal(refresh->nightly_zone, "tenant")) {
        (void)add_zone(reading, index, refresh->nightly_zone, done);
        return TRUE;
    }
    if (!read_zones(reading, error))
        return FALSE;
    for (guint i = 0; i < reading->zones->len; i++)
        (void)add_zone(reading, index, g_ptr_array_index(reading->zones, i), done);
    return TRUE;
}

/* ---- every ---- */

static gboolean
take_unguarded(const TuValue *row, gpointer data, GError **error)
{
    g_hash_table_add(data, text_of(&row[0]));
    return TRUE;
}

/* Changes of some table that it reads are not seen. */
static gboolean
is_blind(const Reading *reading, const TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSourceModel *source =
            ((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source;
        if (!source->captures)
            return TRUE;
        for (guint t = 0; t < source->tables->len; t++) {
            const TuCaptured *captured = g_ptr_array_index(source->tables, t);
            if (g_hash_table_contains(reading->unguarded, captured->name))
                return TRUE;
        }
    }
    return FALSE;
}

/* When the last one began that came to its end. */
static gboolean
read_period(Reading *reading, guint index, GError **error)
{
    const TuSummaryModel *summary = g_ptr_array_index(reading->group->summaries, index);
    gint64 every_us = summary->spec->refresh.every_us;
    gint64 early_us = reading->may_be_early ? tu_period_early_us(every_us) : 0;
    TuScheduledPeriod period = {index, every_us, TU_PERIOD_NEVER, early_us};
    if (!tu_moment_read(reading->keeper->db, TU_MOMENT_WINDOW, summary->spec->name, &period.last_us,
                        error))
        return FALSE;
    g_array_append_val(reading->periods, period);
    return TRUE;
}

/* Where the window of each grain begins; the earliest of those kept. */
static TuDate
window_starts(const TuSummaryModel *summary, gint64 now_us, TuDate *ret_since)
{
    TuDate earliest = tu_instant_local_date(now_us);
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuDuration *window = &summary->spec->refresh.window[grain];
        ret_since[grain] =
            tu_period_window_from((TuGrain)grain, window->us, window->months, now_us);
        if (summary->tables[grain] != NULL)
            earliest = MIN(earliest, ret_since[grain]);
    }
    return earliest;
}

/* TRUE if some changes of the summary are captured, or were: settling makes coarser cells of finer
 * ones then, so those have to be as right, and as far back. */
static gboolean
settles(const TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->series->len; i++)
        if (((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source->captures)
            return TRUE;
    return FALSE;
}

/* ---- reading ---- */

static gboolean
read_summary(Reading *reading, guint index, GError **error)
{
    const TuSummaryModel *summary = g_ptr_array_index(reading->group->summaries, index);
    if (tu_pauses_find(reading->pauses, summary->spec->name) != NULL)
        return TRUE; /* its nights are caught up when it is resumed */
    return (!is_blind(reading, summary) || read_period(reading, index, error)) &&
           (!summary->spec->refresh.has_nightly || read_nights(reading, index, error));
}

static gboolean
read_all(Reading *reading, GError **error)
{
    if (!tu_pauses_read(reading->keeper->db, &reading->pauses, error) ||
        !tu_rows_each(reading->keeper->db,
                      "SELECT name FROM trueup_table WHERE problem IS NOT NULL "
                      "AND released_at IS NULL",
                      NULL, 0, FALSE, take_unguarded, reading->unguarded, error))
        return FALSE;
    for (guint i = 0; i < reading->group->summaries->len; i++)
        if (!read_summary(reading, i, error))
            return FALSE;
    return TRUE;
}

static void
reading_clear(Reading *reading)
{
    g_clear_pointer(&reading->pauses, g_ptr_array_unref);
    g_clear_pointer(&reading->unguarded, g_hash_table_unref);
    g_clear_pointer(&reading->zones, g_ptr_array_unref);
    g_clear_pointer(&reading->nights, g_array_unref);
    g_clear_pointer(&reading->periods, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

gboolean
tu_due_read(TuKeeper *keeper, TuGroup *group, gboolean may_be_early, TuDue **ret_due,
            GError **error)
{
    g_auto(Reading) reading = {
        .keeper = keeper,
        .group = group,
        .now_us = tu_instant_now_us(),
        .may_be_early = may_be_early,
        .unguarded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .nights = g_array_new(FALSE, FALSE, sizeof(TuScheduledNight)),
        .periods = g_array_new(FALSE, FALSE, sizeof(TuScheduledPeriod)),
    };
    if (!read_all(&reading, error))
        return FALSE;
    TuDue *due = g_new0(TuDue, 1);
    due->group = group;
    due->now_us = reading.now_us;
    due->agenda =
        tu_agenda_new((const TuScheduledNight *)(gpointer)reading.nights->data, reading.nights->len,
                      (const TuScheduledPeriod *)(gpointer)reading.periods->data,
                      reading.periods->len, reading.now_us);
    *ret_due = due;
    return TRUE;
}

void
tu_due_free(TuDue *due)
{
    if (due == NULL)
        return;
    tu_agenda_free(due->agenda);
    g_free(due);
}

const char *
tu_due_summary(const TuDue *due, guint summary)
{
    return ((const TuSummaryModel *)g_ptr_array_index(due->group->summaries, summary))->spec->name;
}

/* ---- what failed ---- */

/* A night that failed is tried again after this, and later each time. */
static const TuBackoff due_backoff = {
    .first_us = TU_MINUTE_US, .longest_us = 10 * TU_MINUTE_US, .retries = G_MAXUINT};

typedef struct {
    guint64 n_failures; /* in a row */
    gint64 next_us;     /* monotonic */
} Retry;

struct TuRetries {
    GHashTable *of; /* "night FROM TO NAME", "window NAME" -> Retry */
};

TuRetries *
tu_retries_new(void)
{
    TuRetries *retries = g_new0(TuRetries, 1);
    retries->of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return retries;
}

void
tu_retries_free(TuRetries *retries)
{
    if (retries == NULL)
        return;
    g_hash_table_unref(retries->of);
    g_free(retries);
}

static char *
retry_key(const TuDue *due, const TuNightlyRun *run, guint summary)
{
    const char *name = tu_due_summary(due, summary);
    return run != NULL ? g_strdup_printf("night %d %d %s", run->from, run->to, name)
                       : g_strdup_printf("window %s", name);
}

/* How long it is left alone; 0: not any more. */
static gint64
retry_wait_us(const TuRetries *retries, const TuDue *due, const TuNightlyRun *run, guint summary)
{
    g_autofree char *key = retry_key(due, run, summary);
    const Retry *retry = retries != NULL ? g_hash_table_lookup(retries->of, key) : NULL;
    return retry != NULL ? MAX(retry->next_us - g_get_monotonic_time(), 0) : 0;
}

static void
note_try(TuRetries *retries, const TuDue *due, const TuNightlyRun *run, guint summary,
         gboolean is_done)
{
    gint64 pause_us = 0;
    if (retries == NULL)
        return;
    char *key = retry_key(due, run, summary);
    const Retry *before = g_hash_table_lookup(retries->of, key);
    Retry retry = {.n_failures = (before != NULL ? before->n_failures : 0) + 1};
    if (is_done) {
        g_hash_table_remove(retries->of, key);
        g_free(key);
        return;
    }
    (void)tu_backoff_next(&due_backoff, retry.n_failures, 0, &pause_us);
    retry.next_us = g_get_monotonic_time() + pause_us;
    g_hash_table_insert(retries->of, key, g_memdup2(&retry, sizeof retry));
}

gint64
tu_due_sleep_us(const TuDue *due, const TuRetries *retries)
{
    const TuAgenda *agenda = due->agenda;
    gint64 sleep_us = CLAMP(agenda->next_us - due->now_us, 0, TU_SCHEDULE_LONGEST_SLEEP_US);
    for (guint i = 0; i < agenda->nightly->len; i++) {
        const TuNightlyRun *run = &g_array_index(agenda->nightly, TuNightlyRun, i);
        sleep_us = MIN(sleep_us, retry_wait_us(retries, due, run, run->summary));
    }
    for (guint i = 0; i < agenda->periodic->len; i++)
        sleep_us = MIN(
            sleep_us, retry_wait_us(retries, due, NULL, g_array_index(agenda->periodic, guint, i)));
    return sleep_us;
}

gboolean
tu_due_is_now(const TuDue *due, const TuRetries *retries)
{
    gboolean is_any = due->agenda->nightly->len > 0 || due->agenda->periodic->len > 0;
    return is_any && tu_due_sleep_us(due, retries) == 0;
}

/* ---- doing ---- */

/* While one is done. */
typedef struct {
    const TuSummaryModel *summary;
    const TuNightlyRun *run; /* NULL: a period */
    gint64 began_us;
} Doing;

/* In the turn that writes the last cells: the nights of its zones are done. */
static void
note_nights(TuChanges *changes, gpointer data)
{
    const Doing *doing = data;
    for (guint i = 0; i < doing->run->zones->len; i++) {
        const TuZoneNight *night = &g_array_index(doing->run->zones, TuZoneNight, i);
        TuValue values[] = {tu_value_text(doing->summary->spec->name),
                            tu_value_text(tu_zone_name(night->zone)),
                            tu_value_integer(night->night)};
        tu_changes_add(changes, "DELETE FROM trueup_night WHERE summary = ?1 AND zone = ?2", values,
                       2);
        tu_changes_add(changes,
                       "INSERT INTO trueup_night(summary, zone, night) VALUES (?1, ?2, ?3)", values,
                       G_N_ELEMENTS(values));
    }
}

static void
note_period(TuChanges *changes, gpointer data)
{
    const Doing *doing = data;
    tu_moment_add(changes, TU_MOMENT_WINDOW, doing->summary->spec->name, doing->began_us);
}

/* Somebody may pause it in the middle: that is no failure, and it stays due. */
static gboolean
is_period_wanted(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error)
{
    const Doing *doing = data;
    *ret_is_wanted = !tu_snapshot_is_paused(now, doing->summary);
    return TRUE;
}

/* The same; or another worker did the nights of all its zones. */
static gboolean
is_night_wanted(TuSnapshot *now, gpointer data, gboolean *ret_is_wanted, GError **error)
{
    const Doing *doing = data;
    g_autoptr(GHashTable) done = NULL;
    *ret_is_wanted = FALSE;
    if (tu_snapshot_is_paused(now, doing->summary))
        return TRUE;
    if (!read_done(now->keeper, doing->summary, &done, error))
        return FALSE;
    for (guint i = 0; i < doing->run->zones->len; i++) {
        const TuZoneNight *night = &g_array_index(doing->run->zones, TuZoneNight, i);
        gpointer last = NULL;
        gboolean is_done =
            g_hash_table_lookup_extended(done, tu_zone_name(night->zone), NULL, &last) &&
            GPOINTER_TO_INT(last) >= night->night;
        *ret_is_wanted = *ret_is_wanted || !is_done;
    }
    return TRUE;
}

/* One scan for all zones whose nights ask for the same days. */
static gboolean
do_night(TuKeeper *keeper, const TuDue *due, const TuNightlyRun *run, TuResult *result,
         gboolean *ret_is_done, GError **error)
{
    TuSummaryModel *summary = g_ptr_array_index(due->group->summaries, run->summary);
    gboolean is_of_tenants = g_str_equal(summary->spec->refresh.nightly_zone, "tenant");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    Doing doing = {summary, run, 0};
    for (guint i = 0; i < run->zones->len; i++) {
        const TuZoneNight *night = &g_array_index(run->zones, TuZoneNight, i);
        g_ptr_array_add(names, (gpointer)(gsize)tu_zone_name(night->zone));
    }
    g_ptr_array_add(names, NULL);
    TuRepair repair = {.kind = "nightly",
                       .summary = summary,
                       .zones = is_of_tenants ? (const char *const *)names->pdata : NULL,
                       .from = run->from,
                       .to = run->to,
                       .is_wanted = is_night_wanted,
                       .finish = note_nights,
                       .data = &doing};
    gboolean is_ok = tu_repair_group(keeper, due->group, &repair, result, error);
    *ret_is_done = is_ok && !repair.is_unfit;
    return is_ok;
}

static gboolean
do_period(TuKeeper *keeper, const TuDue *due, guint index, TuResult *result, gboolean *ret_is_done,
          GError **error)
{
    TuSummaryModel *summary = g_ptr_array_index(due->group->summaries, index);
    Doing doing = {summary, NULL, tu_instant_now_us()};
    TuDate since[TU_GRAINS];
    TuRepair repair = {.kind = "window",
                       .summary = summary,
                       .from = window_starts(summary, doing.began_us, since),
                       .since = settles(summary) ? NULL : since,
                       .to = tu_period_window_to(doing.began_us),
                       .is_wanted = is_period_wanted,
                       .finish = note_period,
                       .data = &doing};
    gboolean is_ok = tu_repair_group(keeper, due->group, &repair, result, error);
    *ret_is_done = is_ok && !repair.is_unfit;
    return is_ok;
}

/* TRUE if it concerns one summary, and the others go on. Takes `why`. */
static gboolean
is_its_own(const TuDue *due, guint summary, GError *why, TuResult *result, GError **error)
{
    static const TuErrorCode own[] = {TU_ERROR_DATABASE, TU_ERROR_DATA,  TU_ERROR_ROWS,
                                      TU_ERROR_LIMIT,    TU_ERROR_USAGE, TU_ERROR_SYSTEM};
    gboolean is_own = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(own); i++)
        is_own = is_own || tu_error_is(why, own[i]);
    if (!is_own) {
        g_propagate_error(error, why);
        return FALSE;
    }
    tu_result_fail(result, tu_due_summary(due, summary), NULL, why->message);
    g_error_free(why);
    return TRUE;
}

/* FALSE: the worker cannot go on. */
static gboolean
try_one(TuKeeper *keeper, const TuDue *due, const TuNightlyRun *run, guint summary,
        TuRetries *retries, TuResult *result, GError **error)
{
    GError *local = NULL;
    if (retry_wait_us(retries, due, run, summary) > 0)
        return TRUE;
    gboolean is_done = FALSE;
    gboolean is_ok = run != NULL ? do_night(keeper, due, run, result, &is_done, &local)
                                 : do_period(keeper, due, summary, result, &is_done, &local);
    if (!is_ok && !is_its_own(due, summary, local, result, error))
        return FALSE;
    note_try(retries, due, run, summary, is_done);
    return TRUE;
}

static gboolean
do_all(TuKeeper *keeper, const TuDue *due, TuRetries *retries, TuResult *result, GError **error)
{
    for (guint i = 0; i < due->agenda->nightly->len; i++) {
        const TuNightlyRun *run = &g_array_index(due->agenda->nightly, TuNightlyRun, i);
        if (!try_one(keeper, due, run, run->summary, retries, result, error))
            return FALSE;
    }
    for (guint i = 0; i < due->agenda->periodic->len; i++)
        if (!try_one(keeper, due, NULL, g_array_index(due->agenda->periodic, guint, i), retries,
                     result, error))
            return FALSE;
    return TRUE;
}

/* Between two pieces the group's lock is others' too: a second lock, held throughout, keeps them
 * from beginning the same. Where there are none, a worker that comes second finds the nights
 * noted. */
gboolean
tu_due_do(TuKeeper *keeper, TuGroup *group, TuRetries *retries, TuResult *result, gboolean *ret_did,
          GError **error)
{
    g_autoptr(TuDue) due = NULL;
    g_autofree char *holder = NULL;
    g_autofree char *lock = g_strconcat("due ", group->name, NULL);
    *ret_did = FALSE;
    if (!tu_database_try_lock(keeper->db, lock, &holder, error))
        return FALSE;
    if (holder != NULL)
        return TRUE;
    gboolean is_ok = tu_due_read(keeper, group, retries == NULL, &due, error) &&
                     do_all(keeper, due, retries, result, error);
    *ret_did = is_ok;
    tu_database_unlock(keeper->db, lock);
    return is_ok;
}
