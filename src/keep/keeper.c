#include "keep/keeper.h"

#include <string.h>
#include <unistd.h>

#include "keep/rows.h"
#include "time/instant.h"

static void
zone_free(gpointer zone)
{
    tu_zone_free(zone);
}

void
tu_keeper_init(TuKeeper *keeper, TuDatabase *db, const TuModel *model)
{
    *keeper = (TuKeeper){.db = db, .model = model};
    keeper->zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, zone_free);
    keeper->zone_problems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    keeper->worker = g_strdup_printf("%s:%d", g_get_host_name(), (int)getpid());
    keeper->batch_most = G_MAXUINT;
    keeper->memory_bytes = G_MAXSIZE;
    for (guint i = 0; i < model->spec->summaries->len; i++) {
        const TuSummary *summary = g_ptr_array_index(model->spec->summaries, i);
        keeper->memory_bytes = MIN(keeper->memory_bytes, summary->refresh.memory_bytes);
        keeper->batch_most = MIN(keeper->batch_most, summary->refresh.batch_max);
    }
    /* A keyed summary's `batch` is of keys; their entries are small beside what a query costs. */
    if (model->spec->keyed->len > 0)
        keeper->batch_most = MIN(keeper->batch_most, TU_KEYED_ENTRIES);
}

void
tu_keeper_clear(TuKeeper *keeper)
{
    g_clear_pointer(&keeper->zones, g_hash_table_unref);
    g_clear_pointer(&keeper->zone_problems, g_hash_table_unref);
    g_clear_pointer(&keeper->known, g_hash_table_unref);
    g_clear_pointer(&keeper->key_paces, g_hash_table_unref);
    g_clear_pointer(&keeper->worker, g_free);
}

const TuZone *
tu_keeper_zone(TuKeeper *keeper, const char *name, GError **error)
{
    gpointer zone = NULL;
    if (name == NULL) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, "no time zone is given");
        return NULL;
    }
    if (g_hash_table_lookup_extended(keeper->zones, name, NULL, &zone)) {
        if (zone == NULL)
            g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                                g_hash_table_lookup(keeper->zone_problems, name));
        return zone;
    }
    g_autoptr(GError) local = NULL;
    zone = tu_zone_new(name, &local);
    g_hash_table_insert(keeper->zones, g_strdup(name), zone);
    if (zone == NULL) {
        g_hash_table_insert(keeper->zone_problems, g_strdup(name), g_strdup(local->message));
        g_propagate_error(error, g_steal_pointer(&local));
    }
    return zone;
}

/* Turns that others take go by in milliseconds. A lock that another process holds has been waited
 * for by the database already (its busy time-out is as long), so that one is tried once more. */
#define RETRY_LIMIT_US (5 * TU_SECOND_US)
#define RETRY_PAUSE_US 20000

gboolean
tu_keeper_may_retry(const GError *error, gint64 *since_us)
{
    gint64 now_us = g_get_monotonic_time();
    if (!tu_error_is(error, TU_ERROR_BUSY))
        return FALSE;
    if (*since_us == 0)
        *since_us = now_us;
    if (now_us - *since_us > RETRY_LIMIT_US)
        return FALSE;
    g_usleep(RETRY_PAUSE_US);
    return TRUE;
}

gboolean
tu_keeper_is_cancelled(const TuKeeper *keeper)
{
    return keeper->is_cancelled != NULL && *keeper->is_cancelled != 0;
}

gboolean
tu_keeper_yield(const TuKeeper *keeper, gboolean may_leave, GError **error)
{
    return keeper->yield == NULL || keeper->yield(keeper->yield_data, may_leave, error);
}

void
tu_keeper_beat(const TuKeeper *keeper)
{
    if (keeper->beat != NULL)
        keeper->beat(keeper->yield_data);
}

gboolean
tu_keeper_between(const TuKeeper *keeper, TuDate reached, double share, GError **error)
{
    return keeper->between == NULL || keeper->between(keeper->between_data, reached, share, error);
}

gboolean
tu_keeper_may_go_on(const TuKeeper *keeper, GError **error)
{
    if (!tu_keeper_is_cancelled(keeper))
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
    return FALSE;
}

/* An eighth is left for the index while it grows. What sorts cells in their order of writing is
 * beside `memory`: 24 bytes for each that is written (keep/compare/order.h). */
gsize
tu_keeper_cells_bytes(const TuKeeper *keeper)
{
    return keeper->memory_bytes / 8 * 7;
}

TuValue
tu_keeper_now(void)
{
    return tu_value_time(TU_TYPE_INSTANT, tu_instant_now_us());
}

/* Twice the longest back-off of a bucket or a key: clocks of several hosts differ a little. */
TuValue
tu_keeper_latest_attempt(void)
{
    TuValue latest = tu_keeper_now();
    latest.integer += 2 * TU_HOUR_US;
    return latest;
}

static gboolean
take_text(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_TEXT)
        *(char **)data = g_strndup(row[0].text, row[0].bytes);
    return TRUE;
}

/* Some databases do not say who holds a lock: the holder writes it down. It is only for people, so
 * it does no harm if that cannot be done. */
void
tu_keeper_note_holder(const TuKeeper *keeper, const TuGroup *group, char **holder)
{
    TuValue values[] = {tu_value_text(keeper->worker), tu_value_text(group->name)};
    char *worker = NULL;
    if (tu_database_dialect(keeper->db)->names_lock_holder)
        return;
    if (*holder == NULL) {
        (void)!tu_database_run(keeper->db, "UPDATE trueup_group SET worker = ?1 WHERE name = ?2",
                               values, G_N_ELEMENTS(values), NULL, NULL);
        return;
    }
    (void)!tu_rows_each(keeper->db, "SELECT worker FROM trueup_group WHERE name = ?1", values + 1,
                        1, FALSE, take_text, &worker, NULL);
    const char *colon = worker != NULL ? strrchr(worker, ':') : NULL;
    if (colon != NULL) {
        g_free(*holder);
        *holder = g_strdup_printf("%.*s, pid %s", (int)(colon - worker), worker, colon + 1);
    }
    g_free(worker);
}
