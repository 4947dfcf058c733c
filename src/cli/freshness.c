#include "cli/freshness.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "schema/capture.h"
#include "time/instant.h"

gboolean
tu_instant_of(const TuValue *value, gint64 *ret_at_us)
{
    return value->type == TU_TYPE_TEXT &&
           tu_instant_parse(value->text, value->bytes, NULL, ret_at_us);
}

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
    instant->found = tu_instant_of(&row[0], &instant->at_us);
    return TRUE;
}

/* ---- what is waiting ---- */

/* A log that is gone has no entries; that its table is unguarded is said elsewhere. */
static gboolean
count_entries(TuDatabase *db, const TuCaptured *captured, gint64 *n_entries, GError **error)
{
    g_autoptr(TuTableInfo) log = NULL;
    gboolean found = FALSE;
    gint64 n = 0;
    if (!tu_database_describe(db, captured->log, &log, error))
        return FALSE;
    if (log == NULL)
        return TRUE;
    g_autofree char *sql = tu_sql_format("SELECT count(*) FROM %I", captured->log);
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
    waiting->has_oldest = tu_instant_of(&row[2], &waiting->oldest_us);
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
                      "WHERE summary = ?",
                      &name, 1, FALSE, take_buckets, &waiting, error))
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
    guard->is_released = row[1].type == TU_TYPE_TEXT;
    guard->is_unguarded = !guard->is_released && row[0].type == TU_TYPE_TEXT;
    if (row[0].type == TU_TYPE_TEXT || guard->is_released)
        guard->has_since = tu_instant_of(&row[guard->is_released ? 1 : 0], &guard->since_us);
    if (row[2].type == TU_TYPE_TEXT)
        guard->problem = g_utf8_make_valid(row[2].text, row[2].bytes);
    return TRUE;
}

/* What the control row says, and what the triggers say that were read just now: a loss is seen here
 * before any worker has noted it. */
static gboolean
read_guard(TuDatabase *db, TuTableGuard *guard, GError **error)
{
    g_autoptr(TuTableInfo) log = NULL;
    TuValue name = tu_value_text(guard->captured->name);
    if (!tu_rows_each(db,
                      "SELECT unguarded_since, released_at, problem FROM trueup_table "
                      "WHERE name = ?",
                      &name, 1, FALSE, take_guard, guard, error) ||
        !tu_database_describe(db, guard->captured->log, &log, error))
        return FALSE;
    if (guard->is_released || guard->is_unguarded)
        return TRUE;
    g_free(guard->problem);
    guard->problem = log == NULL
                         ? g_strdup_printf("its change log %s is gone", guard->captured->log)
                         : tu_capture_problem(guard->captured);
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
    return TRUE;
}

gboolean
tu_history_read(TuDatabase *db, const TuSummaryModel *summary, const TuValue *tenant,
                TuHistory *ret_history, GError **error)
{
    TuHistory history = {.right_from = G_MININT32};
    TuValue values[] = {tu_value_text(summary->spec->name),
                        tenant != NULL ? *tenant : TU_NULL_VALUE};
    if (!tu_rows_each(db,
                      "SELECT below, is_dropping, is_dropping = 0 OR EXISTS (SELECT 1 FROM "
                      "trueup_run r WHERE r.id = run_id AND r.kind = 'rebuild') "
                      "FROM trueup_build WHERE summary = ?1 "
                      "AND (?2 IS NULL OR tenant IS NULL OR tenant = ?2)",
                      values, G_N_ELEMENTS(values), FALSE, take_build, &history, error))
        return FALSE;
    history.has_right_from = (history.is_building || history.is_rebuilding) &&
                             history.right_from > TU_DATE_LEAST &&
                             history.right_from <= TU_DATE_GREATEST;
    *ret_history = history;
    return TRUE;
}

/* ---- as of when it is right ---- */

/* What the statement finds replaces *as_of_us if it is earlier; nothing found is "not known". */
static gboolean
limit_by(TuDatabase *db, const char *sql, const TuSummaryModel *summary, gint64 *as_of_us,
         GError **error)
{
    FoundInstant last = {0};
    TuValue name = tu_value_text(summary->spec->name);
    if (!tu_rows_each(db, sql, &name, 1, FALSE, take_instant, &last, error))
        return FALSE;
    *as_of_us = MIN(*as_of_us, last.found ? last.at_us : TU_AS_OF_UNKNOWN);
    return TRUE;
}

gboolean
tu_as_of(TuDatabase *db, const TuSummaryModel *summary, const TuWaiting *waiting,
         gint64 *ret_as_of_us, GError **error)
{
    gint64 as_of_us = waiting->has_oldest ? waiting->oldest_us : TU_AS_OF_NOW;
    g_autoptr(GArray) guards = NULL;
    if (waiting->n_entries > 0 &&
        !limit_by(db,
                  "SELECT max(at) FROM (SELECT finished_at AS at FROM trueup_run "
                  "WHERE kind = 'settle' AND status = 'COMPLETED' AND ?1 = ?1 "
                  "UNION ALL SELECT applied_at FROM trueup_spec)",
                  summary, &as_of_us, error))
        return FALSE;
    if (tu_summary_has_uncaptured(summary) &&
        !limit_by(db,
                  "SELECT max(started_at) FROM trueup_run WHERE kind <> 'settle' "
                  "AND status = 'COMPLETED' AND tenant IS NULL "
                  "AND (summary = ?1 OR summary IS NULL) "
                  "AND (range_to IS NULL OR range_to >= substr(started_at, 1, 10))",
                  summary, &as_of_us, error))
        return FALSE;
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
