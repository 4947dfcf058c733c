#include "cli/keyed_status.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "time/instant.h"

void
tu_keyed_status_clear(gpointer data)
{
    TuKeyedStatus *status = data;
    g_free(status->last_run.kind);
    g_free(status->last_run.status);
    g_free(status->last_run.started_at);
    g_free(status->last_run.finished_at);
    g_free(status->last_run.error);
}

static void
note_oldest(TuKeyedStatus *status, const TuValue *at)
{
    gint64 at_us = 0;
    if (!tu_value_read_instant(at, &at_us))
        return;
    status->oldest_us = status->has_oldest ? MIN(status->oldest_us, at_us) : at_us;
    status->has_oldest = TRUE;
}

static gboolean
take_keys(const TuValue *row, gpointer data, GError **error)
{
    TuKeyedStatus *status = data;
    status->n_invalid = row[0].integer;
    status->n_parked = row[1].integer;
    if (row[3].integer > 0)
        status->state = TU_STATE_BUILDING;
    note_oldest(status, &row[2]);
    return TRUE;
}

/* Keys that were never computed are history that is not built yet. */
static gboolean
read_keys(TuDatabase *db, TuKeyedStatus *status, GError **error)
{
    g_autofree char *sql = tu_sql_format(
        "SELECT count(*), count(trueup_error), min(trueup_invalid_since), "
        "sum(CASE WHEN trueup_computed_at IS NULL AND trueup_error IS NULL THEN 1 ELSE 0 END) "
        "FROM %Q WHERE trueup_invalid_since IS NOT NULL",
        status->keyed->state);
    return tu_rows_each(db, sql, NULL, 0, FALSE, take_keys, status, error);
}

static gboolean
take_entries(const TuValue *row, gpointer data, GError **error)
{
    TuKeyedStatus *status = data;
    status->n_entries += row[0].integer;
    note_oldest(status, &row[1]);
    return TRUE;
}

static gboolean
take_guard(const TuValue *row, gpointer data, GError **error)
{
    TuKeyedStatus *status = data;
    gint64 since_us = 0;
    if (row[1].type != TU_TYPE_NULL)
        status->state = MAX(status->state, TU_STATE_RELEASED);
    else if (tu_value_read_instant(&row[0], &since_us)) {
        status->state = MAX(status->state, TU_STATE_UNGUARDED);
        status->unguarded_us =
            status->has_unguarded ? MIN(status->unguarded_us, since_us) : since_us;
        status->has_unguarded = TRUE;
    }
    return TRUE;
}

static gboolean
read_tables(TuDatabase *db, TuKeyedStatus *status, GError **error)
{
    for (guint i = 0; i < status->keyed->tables->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(status->keyed->tables, i);
        TuValue name = tu_value_text(captured->name);
        g_autofree char *sql =
            tu_sql_format("SELECT count(*), min(trueup_at) FROM %Q", captured->log);
        if (!tu_rows_each(db, sql, NULL, 0, FALSE, take_entries, status, error) ||
            !tu_rows_each(db,
                          "SELECT unguarded_since, released_at FROM trueup_table WHERE name = ?1",
                          &name, 1, FALSE, take_guard, status, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_one(TuSession *session, const TuStatus *all, TuKeyedStatus *status, GError **error)
{
    TuDatabase *db = session->db;
    const char *summary = status->keyed->spec->name;
    TuValue name = tu_value_text(summary);
    gboolean found = FALSE;
    gint64 one = 0;
    if (!read_keys(db, status, error) ||
        !tu_database_integer(db,
                             "SELECT 1 FROM trueup_keyed WHERE name = ?1 AND listing_since IS NOT "
                             "NULL",
                             &name, 1, &found, &one, error))
        return FALSE;
    if (found)
        status->state = TU_STATE_BUILDING;
    if (status->n_parked > 0 || status->keyed->problem != NULL)
        status->state = MAX(status->state, TU_STATE_FAILING);
    if (!read_tables(db, status, error) ||
        !tu_last_run_read(db, summary, &status->last_run, error) ||
        !tu_database_integer(db, "SELECT drift FROM trueup_summary WHERE name = ?1", &name, 1,
                             &found, &status->drift, error))
        return FALSE;
    if (tu_pauses_find(all->pauses, summary) != NULL)
        status->state = TU_STATE_PAUSED;
    return TRUE;
}

gboolean
tu_keyed_status_read(TuSession *session, TuStatus *status, GError **error)
{
    for (guint i = 0; i < session->model->keyed->len; i++) {
        TuKeyedStatus one = {.keyed = g_ptr_array_index(session->model->keyed, i)};
        g_array_append_val(status->keyed, one);
        if (!read_one(session, status, &g_array_index(status->keyed, TuKeyedStatus, i), error))
            return FALSE;
    }
    return TRUE;
}
