/* Bisecting the log: the images of rows that the database cannot evaluate. */
#include "keep/fail/bisect.h"
#include "keep/settle/places.h"

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    const TuSeriesModel *series; /* NULL: all */
    const GArray *ids;           /* of the log's entries, sorted */
    const char *why;             /* of what was tried before it was halved */
} Log;

/* ---- one statement ---- */

/* Only series that fold have images taken away. */
static gboolean
is_left_out(const TuSeriesModel *series, gpointer data)
{
    const Log *log = data;
    return !series->is_foldable || (log->series != NULL && series != log->series);
}

/* What is pending is no part of what is stored: hence the weight turned round. */
static gboolean
take_away(const TuValue *row, gpointer data, GError **error)
{
    const Log *log = data;
    guint weight_column = log->source->expressions->len;
    return tu_tally_add(log->tally, log->source, row, -(int)row[weight_column].integer, is_left_out,
                        data, error);
}

/* A statement may fail after it gave rows; so it is run to its end before anything is counted. */
static gboolean
only_try(const TuValue *row, gpointer data, GError **error)
{
    return TRUE;
}

/* The snapshot has no entries between two of the list but the list's own: a range of ids will
 * do. */
static gboolean
read_images(Log *log, guint first, guint n, TuRowVisit visit, GError **error)
{
    TuDatabase *db = log->tally->snapshot->keeper->db;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue range[] = {
        tu_database_entry_value(db, g_array_index(log->ids, gint64, first), texts[0]),
        tu_database_entry_value(db, g_array_index(log->ids, gint64, first + n - 1), texts[1])};
    g_autofree gboolean *is_asked = tu_bisect_asked(log->tally, log->source, log->series);
    g_autofree char *sql =
        tu_source_select_some_images(log->source, tu_database_dialect(db), is_asked);
    return tu_rows_each(db, sql, range, G_N_ELEMENTS(range), FALSE, visit, log, error);
}

/* ---- what cannot be evaluated ---- */

/* In the summary's own unit, which is what the pending list has. */
static gboolean
note_hole(TuPlace *place, const TuSourceModel *source, gpointer data, GError **error)
{
    const Log *log = data;
    g_autoptr(GPtrArray) wanted = tu_bisect_series(log->tally, source, log->series);
    for (guint i = 0; i < wanted->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(wanted, i);
        tu_holes_add(log->tally, series, place->tenant_id,
                     tu_place_bucket(place, source, series->summary->unit), log->why);
    }
    return TRUE;
}

/* The buckets that the entries name, where that can be told: an image without a place counts
 * nowhere. */
static gboolean
give_up(Log *log, guint first, guint n, GError **error)
{
    const TuCaptured *captured = g_ptr_array_index(log->source->tables, 0);
    guint position = tu_captured_position(captured);
    guint n_logs = log->tally->snapshot->group->captured->len;
    g_autofree gint64 *up_to = g_new0(gint64, n_logs);
    g_autofree gint64 *after = g_new0(gint64, n_logs);
    up_to[position] = g_array_index(log->ids, gint64, first + n - 1);
    after[position] = g_array_index(log->ids, gint64, first) - 1;
    TuBatch batch = {.up_to = up_to, .after = after};
    return tu_places_each(log->tally, log->source, &batch, TU_ENTRIES_ANY_PLACE, note_hole, log,
                          error);
}

static gboolean subtract(Log *log, guint first, guint n, GError **error);

/* One entry spoils one series as a rule: the others take it away. */
static gboolean
by_series(Log *log, guint first, GError **error)
{
    g_autoptr(GPtrArray) wanted = tu_bisect_series(log->tally, log->source, NULL);
    for (guint i = 0; i < wanted->len; i++) {
        Log part = *log;
        part.series = g_ptr_array_index(wanted, i);
        if (!subtract(&part, first, 1, error))
            return FALSE;
    }
    return TRUE;
}

/* By entries first: most of them are good for all series. */
static gboolean
split(Log *log, guint first, guint n, GError **error)
{
    if (n > 1)
        return subtract(log, first, n / 2, error) && subtract(log, first + n / 2, n - n / 2, error);
    return log->series == NULL ? by_series(log, first, error) : give_up(log, first, n, error);
}

/* All of it, or half and half, until what fails is alone or there were enough tries. */
static gboolean
subtract(Log *log, guint first, guint n, GError **error)
{
    g_autoptr(GError) problem = NULL;
    const char *before = log->why;
    if (before != NULL && log->tally->holes->n_probes >= TU_BISECT_PROBES)
        return give_up(log, first, n, error);
    log->tally->holes->n_probes++;
    if (read_images(log, first, n, only_try, &problem))
        return read_images(log, first, n, take_away, error);
    if (!tu_bisect_may_help(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_prefix_error(&problem, "source %s: ", log->source->spec->name);
    log->why = problem->message;
    gboolean is_ok =
        tu_transaction_back(&log->tally->snapshot->txn, error) && split(log, first, n, error);
    log->why = before; /* the message goes */
    return is_ok;
}

static int
compare_entries(gconstpointer a, gconstpointer b)
{
    const gint64 *left = a;
    const gint64 *right = b;
    return (*left > *right) - (*left < *right);
}

/* In the order of the log, so that a half is a range of it. */
gboolean
tu_bisect_images(TuTally *tally, const TuSourceModel *source, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    const TuCaptured *captured = g_ptr_array_index(source->tables, 0);
    Log log = {tally, source, NULL, ids, NULL};
    if (!captured->is_captured)
        return TRUE;
    if (!tu_batch_ids(tally->snapshot, captured, 0, G_MAXINT64, ids, error))
        return FALSE;
    g_array_sort(ids, compare_entries);
    return ids->len == 0 || subtract(&log, 0, ids->len, error);
}
