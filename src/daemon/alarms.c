#include "daemon/alarms.h"

/* What lasts is said again so often: a log that is looked at in the morning has it. */
#define AGAIN_US (3600 * G_GINT64_CONSTANT(1000000))

/* Of a flood of different ones, older ones are said again: memory has a bound. */
#define MOST_KEPT 10000

struct TuAlarms {
    GHashTable *said; /* what -> when, monotonic */
};

TuAlarms *
tu_alarms_new(void)
{
    TuAlarms *alarms = g_new0(TuAlarms, 1);
    alarms->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return alarms;
}

void
tu_alarms_free(TuAlarms *alarms)
{
    if (alarms == NULL)
        return;
    g_hash_table_unref(alarms->said);
    g_free(alarms);
}

/* Of `now_us` only differences count, so any clock that does not go back will do. */
gboolean
tu_alarms_raise(TuAlarms *alarms, const char *what, gint64 now_us)
{
    const gint64 *said_us = g_hash_table_lookup(alarms->said, what);
    if (said_us != NULL && now_us - *said_us < AGAIN_US)
        return FALSE;
    if (g_hash_table_size(alarms->said) >= MOST_KEPT)
        g_hash_table_remove_all(alarms->said);
    g_hash_table_insert(alarms->said, g_strdup(what), g_memdup2(&now_us, sizeof now_us));
    return TRUE;
}

gboolean
tu_alarms_end(TuAlarms *alarms, const char *what)
{
    return g_hash_table_remove(alarms->said, what);
}

gboolean
tu_alarms_end_all(TuAlarms *alarms, const char *prefix)
{
    gboolean was_said = FALSE;
    gpointer what;
    GHashTableIter iter;
    g_hash_table_iter_init(&iter, alarms->said);
    while (g_hash_table_iter_next(&iter, &what, NULL))
        if (g_str_has_prefix(what, prefix)) {
            g_hash_table_iter_remove(&iter);
            was_said = TRUE;
        }
    return was_said;
}
