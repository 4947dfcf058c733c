#include "cli/freshness.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "keep/tenants/tenants.h"
#include "schema/capture.h"
#include "time/instant.h"

gboolean
tu_summary_has_uncaptured(const TuSummaryModel *summary)
{
    for (guint i = 0; i < summary->series->len; i++)
        if (!((const TuSeriesModel *)g_ptr_array_index(summary->series, i))->source->captures)
            return TRUE;
    return FALSE;
}

/* The tables whose changes reach the summary, as TuCaptured, each once. */
static GPtrArray *
captured_tables(const TuSummaryModel *summary)
{
    GPtrArray *tables = g_ptr_array_new();
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        for (guint t = 0; series->source->captures && t < series->source->tables->len; t++) {
            TuCaptured *captured = g_ptr_array_index(series->source->tables, t);
            if (!g_ptr_array_find(tables, captured, NULL))
                g_ptr_array_add(tables, captured);
        }
    }
    return tables;
}

/* The first row's value as an instant; *ret_found FALSE if there is none. */
typedef struct {
    gboolean found;
    gint64 at_us;
} FoundInstant;

static gboolean
take_instant(const TuValue *row, gpointer data, GError **error)
{
    FoundInstant *instant = data;
    instant->found = tu_value_read_instant(&row[0], &instant->at_us);
    return TRUE;
}

/* ---- what is waiting ---- */

/* A log that is gone has no entries; that its table is unguarded is said elsewhere. */
static gboolean
count_entries(TuDatabase *db, const TuCaptured *captured, gint64 *n_entries, GError **error)
{
    gboolean is_there = FALSE;
    gboolean found = FALSE;
    gint64 n = 0;
    if (!tu_database_has_table(db, captured->log, &is_there, error))
        return FALSE;
    if (!is_there)
        return TRUE;
    g_autofree char *sql = tu_sql_format("SELECT count(*) FROM %Q", captured->log);
    if (!tu_database_integer(db, sql, NULL, 0, &found, &n, error))
        return FALSE;
    *n_entries += n;
    return TRUE;
}

static gboolean
take_buckets(const TuValue *row, gpointer data, GError **error)
{
    TuWaiting *waiting = data;
    waiting->n_buckets = row[0].integer;
    waiting->n_parked = row[1].integer;
    waiting->has_oldest = tu_value_read_instant(&row[2], &waiting->oldest_us);
    return TRUE;
}

/* Entries of a log came after the last settling, or it would have taken them. */
static gboolean
limit_by_settling(TuDatabase *db, TuWaiting *waiting, GError **error)
{
    FoundInstant settled = {0};
    if (!tu_rows_each(db,
                      "SELECT max(r.at) FROM (SELECT finished_at AS at FROM trueup_run "
                      "WHERE kind = 'settle' AND status = 'COMPLETED' "
                      "UNION ALL SELECT applied_at FROM trueup_spec) AS r",
                      NULL, 0, FALSE, take_instant, &settled, error))
        return FALSE;
    if (settled.found)
        waiting->oldest_us =
            waiting->has_oldest ? MIN(waiting->oldest_us, settled.at_us) : settled.at_us;
    waiting->has_oldest = waiting->has_oldest || settled.found;
    return TRUE;
}

gboolean
tu_waiting_read(TuDatabase *db, const TuSummaryModel *summary, TuWaiting *ret_waiting,
                GError **error)
{
    TuWaiting waiting = {0};
    g_autoptr(GPtrArray) tables = captured_tables(summary);
    TuValue name = tu_value_text(summary->spec->name);
    for (guint i = 0; i < tables->len; i++)
        if (!count_entries(db, g_ptr_array_index(tables, i), &waiting.n_entries, error))
            return FALSE;
    if (!tu_rows_each(db,
                      "SELECT count(*), count(error), min(noted_at) FROM trueup_pending "
                      "WHERE summary = ?1",
                      &name, 1, FALSE, take_buckets, &waiting, error))
        return FALSE;
    if (waiting.n_entries > 0 && !limit_by_settling(db, &waiting, error))
        return FALSE;
    *ret_waiting = waiting;
    return TRUE;
}

/* ---- who guards it ---- */

static void
guard_clear(gpointer data)
{
    g_free(((TuTableGuard *)data)->problem);
}

static gboolean
take_guard(const TuValue *row, gpointer data, GError **error)
{
    TuTableGuard *guard = data;
    guard->is_released = row[1].type != TU_TYPE_NULL;
    guard->is_unguarded = !guard->is_released && row[0].type != TU_TYPE_NULL;
    if (row[0].type != TU_TYPE_NULL || guard->is_released)
        guard->has_since =
            tu_value_read_instant(&row[guard->is_released ? 1 : 0], &guard->since_us);
    if (row[2].type == TU_TYPE_TEXT)
        guard->problem = g_utf8_make_valid(row[2].text, row[2].bytes);
    return TRUE;
}

/* What the control row says, and what the triggers say that were read just now: a loss is seen here
 * before any worker has noted it. */
static gboolean
read_guard(TuDatabase *db, TuTableGuard *guard, GError **error)
{
    gboolean has_log = FALSE;
    TuValue name = tu_value_text(guard->captured->name);
    if (!tu_rows_each(db,
                      "SELECT unguarded_since, released_at, problem FROM trueup_table "
                      "WHERE name = ?1",
                      &name, 1, FALSE, take_guard, guard, error) ||
        !tu_database_has_table(db, guard->captured->log, &has_log, error))
        return FALSE;
    if (guard->is_released || guard->is_unguarded)
        return TRUE;
    guard->hidden = guard->captured->info->hidden;
    if (guard->hidden != NULL)
        return TRUE;
    g_free(guard->problem);
    guard->problem = guard->captured->gone != NULL ? g_strdup(guard->captured->gone)
                     : !has_log ? g_strdup_printf("its change log %s is gone", guard->captured->log)
                                : tu_capture_problem(db, guard->captured);
    guard->is_unguarded = guard->problem != NULL;
    return TRUE;
}

gboolean
tu_guards_read(TuDatabase *db, const TuSummaryModel *summary, GArray **ret_guards, GError **error)
{
    g_autoptr(GPtrArray) tables = captured_tables(summary);
    g_autoptr(GArray) guards = g_array_new(FALSE, TRUE, sizeof(TuTableGuard));
    g_array_set_clear_func(guards, guard_clear);
    g_array_set_size(guards, tables->len);
    for (guint i = 0; i < tables->len; i++) {
        TuTableGuard *guard = &g_array_index(guards, TuTableGuard, i);
        guard->captured = g_ptr_array_index(tables, i);
        if (!read_guard(db, guard, error))
            return FALSE;
    }
    *ret_guards = g_steal_pointer(&guards);
    return TRUE;
}

/* ---- what is built ---- */

static gboolean
take_build(const TuValue *row, gpointer data, GError **error)
{
    TuHistory *history = data;
    TuDate below = (TuDate)row[0].integer;
    history->is_building = history->is_building || row[1].integer != 0;
    history->is_rebuilding = history->is_rebuilding || row[2].integer != 0;
    history->right_from = MAX(history->right_from, below);
    history->is_stuck = history->is_stuck || row[3].integer != 0;
    return TRUE;
}

gboolean
tu_history_read(TuDatabase *db, const TuSummaryModel *summary, const TuValue *tenant,
                TuHistory *ret_history, GError **error)
{
    TuHistory history = {.right_from = G_MININT32};
    g_autofree char *tenant_key = tenant != NULL ? tu_tenant_key(tenant) : NULL;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(tenant_key)};
    g_autofree char *sql =
        g_strconcat("SELECT b.below, b.is_dropping, "
                    "CASE WHEN b.is_dropping = 0 OR r.kind = 'rebuild' THEN 1 ELSE 0 END, "
                    "CASE WHEN r.status = 'FAILED' THEN 1 ELSE 0 END FROM trueup_build b "
                    "LEFT JOIN trueup_run r ON r.id = b.run_id WHERE b.summary = ?1",
                    tenant != NULL ? " AND b.tenant_key IN ('', ?2)" : "", NULL);
    if (!tu_rows_each(db, sql, values, tenant != NULL ? 2 : 1, FALSE, take_build, &history, error))
        return FALSE;
    history.has_right_from = (history.is_building || history.is_rebuilding) &&
                             history.right_from > TU_DATE_LEAST &&
                             history.right_from <= TU_DATE_GREATEST;
    *ret_history = history;
    return TRUE;
}

/* ---- as of when it is right ---- */

/* The start of a run that looked at all days up to the one on which it ran. */
static gboolean
take_periodic(const TuValue *row, gpointer data, GError **error)
{
    FoundInstant *last = data;
    gint64 started_us = 0;
    gint32 range_to = 0;
    if (!tu_value_read_instant(&row[0], &started_us))
        return TRUE;
    if (row[1].type != TU_TYPE_NULL &&
        (!tu_value_read_date(&row[1], &range_to) || range_to < tu_instant_local_date(started_us)))
        return TRUE;
    last->at_us = last->found ? MAX(last->at_us, started_us) : started_us;
    last->found = TRUE;
    return TRUE;
}

/* What was found replaces *as_of_us if it is earlier; nothing found is "not known". */
static void
limit_by(const FoundInstant *last, gint64 *as_of_us)
{
    *as_of_us = MIN(*as_of_us, last->found ? last->at_us : TU_AS_OF_UNKNOWN);
}

gboolean
tu_as_of(TuDatabase *db, const TuSummaryModel *summary, const TuWaiting *waiting,
         gint64 *ret_as_of_us, GError **error)
{
    gint64 as_of_us = waiting->has_oldest      ? waiting->oldest_us
                      : waiting->n_entries > 0 ? TU_AS_OF_UNKNOWN
                                               : TU_AS_OF_NOW;
    g_autoptr(GArray) guards = NULL;
    FoundInstant periodic = {0};
    TuValue name = tu_value_text(summary->spec->name);
    if (tu_summary_has_uncaptured(summary)) {
        if (!tu_rows_each(db,
                          "SELECT started_at, range_to FROM trueup_run WHERE kind <> 'settle' "
                          "AND status = 'COMPLETED' AND tenant IS NULL "
                          "AND (summary = ?1 OR summary IS NULL)",
                          &name, 1, FALSE, take_periodic, &periodic, error))
            return FALSE;
        limit_by(&periodic, &as_of_us);
    }
    if (!tu_guards_read(db, summary, &guards, error))
        return FALSE;
    for (guint i = 0; i < guards->len; i++) {
        const TuTableGuard *guard = &g_array_index(guards, TuTableGuard, i);
        if (guard->is_released || guard->is_unguarded)
            as_of_us = MIN(as_of_us, guard->has_since ? guard->since_us : TU_AS_OF_UNKNOWN);
    }
    *ret_as_of_us = as_of_us;
    return TRUE;
}
