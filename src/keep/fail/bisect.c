#include "keep/fail/bisect.h"

#include <string.h>

#include "time/instant.h"

/* One statement names no more tenants, or times: a list that is longer is cut first. */
#define NAMED_LIMIT 500

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    char *why; /* the last error */
} Bisecting;

static void
bisecting_clear(Bisecting *work)
{
    g_clear_pointer(&work->why, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bisecting, bisecting_clear)

/* What is read by one statement. */
typedef struct {
    TuDate from, to;             /* local dates */
    const TuSeriesModel *series; /* only its expressions; NULL: all that are wanted */
    const guint32 *tenants;      /* numbers in the dictionary, sorted */
    guint n_tenants;             /* 0: all */
    const guint32 *times;        /* of one tenant's day: the only values, likewise */
    guint n_times;
} Piece;

gboolean
tu_bisect_may_help(const GError *error)
{
    return tu_error_is(error, TU_ERROR_DATABASE) || tu_error_is(error, TU_ERROR_DATA);
}

/* ---- what is asked ---- */

static gboolean
is_wanted(const TuTally *tally, const TuSeriesModel *series)
{
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (series->target[grain] >= 0 && tally->wanted[series->target[grain]].kind != TU_WANT_NONE)
            return TRUE;
    return FALSE;
}

static gboolean
is_of(const TuSeriesModel *series, const TuSeriesModel *only)
{
    return only == NULL || series == only;
}

static void
ask_for(gboolean *is_asked, int expression)
{
    if (expression >= 0)
        is_asked[expression] = TRUE;
}

gboolean *
tu_bisect_asked(const TuTally *tally, const TuSourceModel *source, const TuSeriesModel *only)
{
    gboolean *is_asked = g_new0(gboolean, source->expressions->len);
    ask_for(is_asked, source->tenant);
    ask_for(is_asked, source->time);
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        if (!is_of(series, only) || !is_wanted(tally, series))
            continue;
        ask_for(is_asked, series->filter);
        for (guint d = 0; d < series->layout->n_dimensions; d++)
            ask_for(is_asked, series->dimensions[d]);
        for (guint m = 0; m < series->layout->n_measures; m++)
            ask_for(is_asked, series->inputs[m]);
    }
    return is_asked;
}

/* Only where a row is. */
static gboolean *
asked_of_place(const TuSourceModel *source)
{
    gboolean *is_asked = g_new0(gboolean, source->expressions->len);
    ask_for(is_asked, source->tenant);
    ask_for(is_asked, source->time);
    return is_asked;
}

GPtrArray *
tu_bisect_series(const TuTally *tally, const TuSourceModel *source, const TuSeriesModel *only)
{
    GPtrArray *wanted = g_ptr_array_new();
    for (guint i = 0; i < source->series->len; i++) {
        TuSeriesModel *series = g_ptr_array_index(source->series, i);
        if (is_of(series, only) && is_wanted(tally, series))
            g_ptr_array_add(wanted, series);
    }
    return wanted;
}

/* ---- reading a piece ---- */

typedef gboolean (*Visit)(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data,
                          GError **error);

typedef struct {
    const Bisecting *work;
    const Piece *piece;
    Visit visit; /* NULL: it is only tried */
    gpointer data;
} Reading;

static int
compare_ids(gconstpointer a, gconstpointer b)
{
    const guint32 *left = a;
    const guint32 *right = b;
    return (*left > *right) - (*left < *right);
}

static gboolean
has_id(const guint32 *ids, guint n, guint32 id)
{
    return n == 0 || bsearch(&id, ids, n, sizeof *ids, compare_ids) != NULL;
}

static guint32
time_id(const Bisecting *work, const TuValue *row)
{
    return tu_dictionary_intern(tu_cells_dictionary(work->tally->cells), row[work->source->time]);
}

/* The statement may have given more: it compares instants, and tenants as the column does. */
static gboolean
is_in_piece(const Bisecting *work, const Piece *piece, const TuValue *row, TuPlace *place)
{
    TuDate date = (TuDate)tu_place_bucket(place, work->source, TU_GRAIN_DAY);
    return date >= piece->from && date < piece->to &&
           has_id(piece->tenants, piece->n_tenants, place->tenant_id) &&
           (piece->n_times == 0 || has_id(piece->times, piece->n_times, time_id(work, row)));
}

static gboolean
place_of(const Bisecting *work, const TuValue *row, TuPlace *ret_place)
{
    static const TuValue no_tenant = {.type = TU_TYPE_NULL};
    const TuSourceModel *source = work->source;
    return tu_tally_place(work->tally, source,
                          source->tenant >= 0 ? &row[source->tenant] : &no_tenant,
                          &row[source->time], 0, ret_place);
}

static gboolean
take_row(const TuValue *row, gpointer data, GError **error)
{
    const Reading *reading = data;
    TuPlace place;
    if (reading->visit == NULL || !place_of(reading->work, row, &place) ||
        !is_in_piece(reading->work, reading->piece, row, &place))
        return TRUE;
    return reading->visit(reading->work, row, &place, reading->data, error);
}

/* `is_place`: only the tenants and times, of all rows that a `where` might leave out, too. */
static gboolean
read_piece(const Bisecting *work, const Piece *piece, gboolean is_place, Visit visit, gpointer data,
           GError **error)
{
    Reading reading = {work, piece, visit, data};
    g_autofree gboolean *is_asked = is_place
                                        ? asked_of_place(work->source)
                                        : tu_bisect_asked(work->tally, work->source, piece->series);
    gboolean has_tenants = work->source->tenant >= 0;
    TuTimeRange time =
        tu_read_envelope(work->tally, piece->tenants, piece->n_tenants, piece->from, piece->to);
    TuTimeBounds bounds;
    TuSomeRows some = {.is_asked = is_asked,
                       .by_time = time.from_us != G_MININT64 || time.to_us != G_MAXINT64,
                       .n_tenants = has_tenants ? piece->n_tenants : 0,
                       .n_times = piece->n_times,
                       .is_anywhere = is_place};
    const TuUnplaced *unplaced = tu_holes_unplaced(work->tally->holes, work->source);
    guint n_addresses = unplaced != NULL ? tu_unplaced_size(unplaced) : 0;
    if (unplaced != NULL)
        some.left_out = tu_unplaced_left_out(unplaced, &some.n_left_out);
    g_autofree gpointer texts = g_malloc_n(n_addresses, TU_ENTRY_TEXT_BYTES);
    g_autofree char *sql = tu_source_select_some(work->source, &some);
    const TuDictionary *dictionary = tu_cells_dictionary(work->tally->cells);
    g_autofree TuValue *values =
        g_new(TuValue, piece->n_tenants + piece->n_times + n_addresses + 2);
    guint n = 0;
    tu_source_time_bounds(work->source, &time, &bounds);
    if (some.by_time) {
        values[n++] = bounds.from;
        values[n++] = bounds.to;
    }
    for (guint i = 0; i < some.n_tenants; i++)
        values[n++] = tu_dictionary_value(dictionary, piece->tenants[i]);
    for (guint i = 0; i < some.n_times; i++)
        values[n++] = tu_dictionary_value(dictionary, piece->times[i]);
    if (unplaced != NULL)
        tu_unplaced_values(unplaced, work->tally->snapshot->keeper->db, texts, values + n);
    n += n_addresses;
    return tu_rows_each(work->tally->snapshot->keeper->db, sql, values, n, TRUE, take_row, &reading,
                        error);
}

static gboolean
is_others(const TuSeriesModel *series, gpointer data)
{
    return !is_of(series, data);
}

static gboolean
count_row(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data, GError **error)
{
    return tu_tally_add(work->tally, work->source, row, 1, is_others, data, error);
}

/* ---- which tenants, times, dates ---- */

static gboolean
note_tenant(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data,
            GError **error)
{
    g_hash_table_add(data, GUINT_TO_POINTER(place->tenant_id));
    return TRUE;
}

static gboolean
note_time(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data, GError **error)
{
    g_hash_table_add(data, GUINT_TO_POINTER(time_id(work, row)));
    return TRUE;
}

static gboolean
count_one(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data, GError **error)
{
    ++*(gint64 *)data;
    return TRUE;
}

/* The tenants or times that have rows in the piece, sorted: an array of guint32. */
static gboolean
find_ids(const Bisecting *work, const Piece *piece, Visit note, GArray *ids, GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer key;
    if (!read_piece(work, piece, TRUE, note, found, error))
        return FALSE;
    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        guint32 id = GPOINTER_TO_UINT(key);
        g_array_append_val(ids, id);
    }
    g_array_sort(ids, compare_ids);
    return TRUE;
}

static gboolean
note_date(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data, GError **error)
{
    Piece *extent = data;
    TuDate date = (TuDate)tu_place_bucket(place, work->source, TU_GRAIN_DAY);
    extent->from = MIN(extent->from, date);
    extent->to = MAX(extent->to, date + 1);
    return TRUE;
}

/* The dates that have rows. */
static gboolean
bound(const Bisecting *work, Piece *piece, GError **error)
{
    Piece extent = {.from = G_MAXINT32, .to = G_MININT32};
    if (!read_piece(work, piece, TRUE, note_date, &extent, error))
        return FALSE;
    piece->from = MAX(piece->from, extent.from);
    piece->to = MIN(piece->to, extent.to);
    return TRUE;
}

/* ---- what cannot be computed ---- */

typedef struct {
    const TuSeriesModel *series;
    GHashTable *units; /* set of TuNamedBucket */
} GivingUp;

static gboolean
give_up_row(const Bisecting *work, const TuValue *row, TuPlace *place, gpointer data,
            GError **error)
{
    const GivingUp *giving_up = data;
    TuNamedBucket named = {place->tenant_id,
                           tu_place_bucket(place, work->source, giving_up->series->summary->unit)};
    if (g_hash_table_contains(giving_up->units, &named))
        return TRUE;
    g_hash_table_add(giving_up->units, g_memdup2(&named, sizeof named));
    tu_holes_add(work->tally, giving_up->series, named.tenant, named.bucket, work->why);
    return TRUE;
}

/* Every bucket that has rows in the piece becomes a hole. */
static gboolean
give_up(const Bisecting *work, const Piece *piece, GError **error)
{
    g_autoptr(GPtrArray) wanted = tu_bisect_series(work->tally, work->source, piece->series);
    for (guint i = 0; i < wanted->len; i++) {
        g_autoptr(GHashTable) units =
            g_hash_table_new_full(tu_named_bucket_hash, tu_named_bucket_equal, g_free, NULL);
        GivingUp giving_up = {g_ptr_array_index(wanted, i), units};
        if (!read_piece(work, piece, TRUE, give_up_row, &giving_up, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- halving ---- */

static gboolean count(Bisecting *work, const Piece *piece, GError **error);
static gboolean attempt(Bisecting *work, const Piece *piece, GError **error);

static gboolean
halve_dates(Bisecting *work, const Piece *piece, GError **error)
{
    Piece whole = *piece;
    if ((piece->from == G_MININT32 || piece->to == G_MAXINT32) && !bound(work, &whole, error))
        return FALSE;
    if (whole.from >= whole.to)
        return TRUE; /* what cannot be evaluated counts nowhere */
    Piece older = whole;
    Piece newer = whole;
    older.to = newer.from = whole.to - (whole.to - whole.from) / 2;
    return count(work, &older, error) && (newer.from >= newer.to || count(work, &newer, error));
}

/* Each series is tried whole, however many statements others have taken: only those that fail are
 * cut. */
static gboolean
by_series(Bisecting *work, const Piece *piece, GError **error)
{
    g_autoptr(GPtrArray) wanted = tu_bisect_series(work->tally, work->source, NULL);
    for (guint i = 0; i < wanted->len; i++) {
        Piece part = *piece;
        part.series = g_ptr_array_index(wanted, i);
        if (!attempt(work, &part, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
halve_tenants(Bisecting *work, const Piece *piece, GError **error)
{
    Piece first = *piece;
    Piece second = *piece;
    first.n_tenants = piece->n_tenants / 2;
    second.n_tenants -= first.n_tenants;
    second.tenants += first.n_tenants;
    return (first.n_tenants == 0 || count(work, &first, error)) && count(work, &second, error);
}

static gboolean
by_tenant(Bisecting *work, const Piece *piece, GError **error)
{
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(guint32));
    Piece part = *piece;
    if (!find_ids(work, piece, note_tenant, tenants, error))
        return FALSE;
    part.tenants = (const guint32 *)(gpointer)tenants->data;
    part.n_tenants = tenants->len;
    return tenants->len == 0 || halve_tenants(work, &part, error);
}

static gboolean
halve_times(Bisecting *work, const Piece *piece, GError **error)
{
    Piece first = *piece;
    Piece second = *piece;
    first.n_times = piece->n_times / 2;
    second.n_times -= first.n_times;
    second.times += first.n_times;
    return (first.n_times == 0 || count(work, &first, error)) && count(work, &second, error);
}

/* TRUE if each of the piece's rows is found again by its time: a number that a column holds
 * approximately may not equal itself. */
static gboolean
are_found(const Bisecting *work, const Piece *piece, const Piece *named, gboolean *ret_are_found,
          GError **error)
{
    gint64 n_all = 0;
    gint64 n_named = 0;
    if (!read_piece(work, piece, TRUE, count_one, &n_all, error))
        return FALSE;
    for (guint first = 0; first < named->n_times; first += NAMED_LIMIT) {
        Piece part = *named;
        part.times += first;
        part.n_times = MIN(named->n_times - first, NAMED_LIMIT);
        if (!read_piece(work, &part, TRUE, count_one, &n_named, error))
            return FALSE;
    }
    *ret_are_found = n_all == n_named;
    return TRUE;
}

/* One tenant's day. A bound on the time may reach further than the day (texts, whole units), so the
 * times themselves are named. */
static gboolean
by_time(Bisecting *work, const Piece *piece, GError **error)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(guint32));
    Piece part = *piece;
    gboolean are_all = FALSE;
    if (!find_ids(work, piece, note_time, times, error))
        return FALSE;
    part.times = (const guint32 *)(gpointer)times->data;
    part.n_times = times->len;
    if (times->len == 0)
        return TRUE;
    if (!are_found(work, piece, &part, &are_all, error))
        return FALSE;
    return are_all ? halve_times(work, &part, error) : give_up(work, piece, error);
}

static gboolean
split(Bisecting *work, const Piece *piece, GError **error)
{
    if (piece->series == NULL)
        return by_series(work, piece, error);
    if (piece->from == G_MININT32 || piece->to == G_MAXINT32 || piece->to - piece->from > 1)
        return halve_dates(work, piece, error);
    if (piece->n_tenants == 0)
        return by_tenant(work, piece, error);
    if (piece->n_tenants > 1)
        return halve_tenants(work, piece, error);
    if (piece->n_times == 0)
        return by_time(work, piece, error);
    return piece->n_times > 1 ? halve_times(work, piece, error) : give_up(work, piece, error);
}

/* Notes why something could not be read; FALSE, with the error, if it was not for a row. */
static gboolean
take_error(Bisecting *work, GError *problem, GError **error)
{
    if (!tu_bisect_may_help(problem)) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    g_prefix_error(&problem, "source %s: ", work->source->spec->name);
    g_free(work->why);
    work->why = g_strdup(problem->message);
    g_error_free(problem);
    return tu_transaction_back(&work->tally->snapshot->txn, error);
}

static gboolean
attempt(Bisecting *work, const Piece *piece, GError **error)
{
    GError *problem = NULL;
    work->tally->holes->n_probes++;
    if (read_piece(work, piece, FALSE, NULL, NULL, &problem))
        return read_piece(work, piece, FALSE, count_row, (gpointer)(gsize)piece->series, error);
    return take_error(work, problem, error) && split(work, piece, error);
}

static gboolean
count(Bisecting *work, const Piece *piece, GError **error)
{
    if (piece->n_tenants > NAMED_LIMIT)
        return halve_tenants(work, piece, error);
    if (piece->n_times > NAMED_LIMIT)
        return halve_times(work, piece, error);
    if (work->why != NULL && work->tally->holes->n_probes >= TU_BISECT_PROBES)
        return give_up(work, piece, error);
    return attempt(work, piece, error);
}

/* Rows that have no place are looked for first: without one, no other can be told from the rest. */
static gboolean
leave_unplaced_out(const Bisecting *work, const Piece *piece, GError **error)
{
    TuTally *tally = work->tally;
    TuUnplaced *unplaced = NULL;
    GError *problem = NULL;
    if (tu_holes_unplaced(tally->holes, work->source) != NULL ||
        read_piece(work, piece, TRUE, NULL, NULL, &problem))
        return TRUE;
    if (!tu_unplaced_find(tally, work->source, problem, &unplaced, error))
        return FALSE;
    g_ptr_array_add(tally->holes->unplaced, unplaced);
    return TRUE;
}

/* Rows that can neither be read nor left out fail what was named of the source, and no more. */
static gboolean
give_up_source(TuTally *tally, const TuSourceModel *source, GError *why, GError **error)
{
    g_prefix_error(&why, "source %s: ", source->spec->name);
    if (tu_error_is(why, TU_ERROR_ROWS) && tu_holes_give_up(tally, source, why->message)) {
        g_error_free(why);
        return TRUE;
    }
    g_propagate_error(error, why);
    return FALSE;
}

static gboolean
read_range(TuTally *tally, const TuSourceModel *source, const TuReadRange *range, GError **error)
{
    g_auto(Bisecting) work = {tally, source, NULL};
    GError *local = NULL;
    Piece piece = {.from = range->time.from,
                   .to = range->time.to,
                   .tenants = range->has_tenant ? &range->tenant : NULL,
                   .n_tenants = range->has_tenant ? 1 : 0};
    return tu_holes_gave_up(tally->holes, source) ||
           (leave_unplaced_out(&work, &piece, &local) && count(&work, &piece, &local)) ||
           give_up_source(tally, source, local, error);
}

static int
compare_ranges(gconstpointer a, gconstpointer b)
{
    const TuReadRange *left = a;
    const TuReadRange *right = b;
    if (left->tenant != right->tenant)
        return left->tenant < right->tenant ? -1 : 1;
    return (left->time.from > right->time.from) - (left->time.from < right->time.from);
}

/* Pieces are of whole dates, so two hours of a day are one: else its rows would be counted twice.
 */
gboolean
tu_bisect_rows(TuTally *tally, const TuSourceModel *source, GArray *ranges, GError **error)
{
    g_array_sort(ranges, compare_ranges);
    for (guint i = 0; i < ranges->len;) {
        TuReadRange range = g_array_index(ranges, TuReadRange, i++);
        for (; i < ranges->len; i++) {
            const TuReadRange *next = &g_array_index(ranges, TuReadRange, i);
            if (next->tenant != range.tenant || next->time.from > range.time.to)
                break;
            range.time.to = MAX(range.time.to, next->time.to);
        }
        if (!read_range(tally, source, &range, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tu_bisect_extent(TuTally *tally, const TuSourceModel *source, TuDate *oldest, TuDate *newest,
                 GError **error)
{
    g_auto(Bisecting) work = {tally, source, NULL};
    g_autoptr(GError) local = NULL;
    const Piece all = {.from = G_MININT32, .to = G_MAXINT32};
    Piece extent = {.from = G_MAXINT32, .to = G_MININT32};
    if (!tu_transaction_mark(&tally->snapshot->txn, error))
        return FALSE;
    if (!read_piece(&work, &all, TRUE, note_date, &extent, &local)) {
        if (!tu_bisect_may_help(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_transaction_back(&tally->snapshot->txn, error))
            return FALSE;
        if (!leave_unplaced_out(&work, &all, error)) {
            g_prefix_error(error, "source %s: ", source->spec->name);
            return FALSE;
        }
        if (!read_piece(&work, &all, TRUE, note_date, &extent, error))
            return FALSE;
    }
    if (extent.from < extent.to) {
        *oldest = MIN(*oldest, extent.from);
        *newest = MAX(*newest, extent.to - 1);
    }
    return TRUE;
}
