#include "keep/compare/read_source.h"

#include "keep/compare/read_ranges.h"
#include "schema/source_sql.h"

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    GHashTable *tenants; /* only these tenants' rows are wanted; NULL: everybody's */
} Scan;

static Scan
scan_new(TuTally *tally, const TuSourceModel *source)
{
    return (Scan){tally, source, source->tenant >= 0 ? g_hash_table_new(NULL, NULL) : NULL};
}

static void
scan_clear(Scan *scan)
{
    g_clear_pointer(&scan->tenants, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

/* ---- rows ---- */

/* A column's collation may find more tenants equal than there are ('JFK' and 'jfk' under NOCASE):
 * each is read for itself. */
static gboolean
is_others(const Scan *scan, const TuValue *row)
{
    if (scan->tenants == NULL)
        return FALSE;
    guint32 id =
        tu_dictionary_intern(tu_cells_dictionary(scan->tally->cells), row[scan->source->tenant]);
    return !g_hash_table_contains(scan->tenants, GUINT_TO_POINTER(id));
}

static gboolean
add_row(const TuValue *row, gpointer data, GError **error)
{
    const Scan *scan = data;
    return is_others(scan, row) ||
           tu_tally_add(scan->tally, scan->source, row, 1, NULL, NULL, error);
}

/* The same for many rows: those of other tenants lie between. */
static gboolean
add_rows(const TuRows *rows, gpointer data, GError **error)
{
    const Scan *scan = data;
    tu_keeper_beat(scan->tally->snapshot->keeper);
    if (scan->tenants == NULL)
        return tu_tally_add_rows(scan->tally, scan->source, rows, error);
    for (guint i = 0; i < rows->n; i++) {
        TuRows own = {tu_rows_at(rows, i), 0, rows->n_columns};
        for (; i < rows->n && !is_others(scan, tu_rows_at(rows, i)); i++)
            own.n++;
        if (own.n > 0 && !tu_tally_add_rows(scan->tally, scan->source, &own, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- what a statement is given ---- */

static TuValue
tenant_of(const Scan *scan, const TuReadRange *range)
{
    return tu_dictionary_value(tu_cells_dictionary(scan->tally->cells), range->tenant);
}

/* The parameters for the ranges of `n` tenants, all of one time; a tenant more than there are is
 * the last once more. The bounds' texts are in `bounds`. Gives how many parameters there are. */
static guint
give_ranges(Scan *scan, const TuReadRange *ranges, guint n, TuScanFilter filter,
            TuTimeBounds *bounds, TuValue *parameters)
{
    guint n_parameters = 0;
    if (scan->tenants != NULL)
        g_hash_table_remove_all(scan->tenants);
    for (guint i = 0; filter.by_tenant && i < filter.n_tenants; i++) {
        const TuReadRange *range = &ranges[MIN(i, n - 1)];
        parameters[n_parameters++] = tenant_of(scan, range);
        g_hash_table_add(scan->tenants, GUINT_TO_POINTER(range->tenant));
    }
    if (!filter.by_time)
        return n_parameters;
    tu_source_time_bounds(scan->source, &ranges[0].time, bounds);
    parameters[n_parameters++] = bounds->from;
    parameters[n_parameters++] = bounds->to;
    return n_parameters;
}

/* Two bounds. */
#define TIME_PARAMETERS 2

/* ---- one range ---- */

/* It goes by the driver's scan, which may be a COPY of millions of rows. */
static gboolean
read_whole_range(TuTally *tally, const TuSourceModel *source, const TuReadRange *range,
                 GError **error)
{
    TuTimeBounds bounds;
    TuValue parameters[1 + TIME_PARAMETERS];
    gboolean is_bounded = range->time.from_us != G_MININT64 || range->time.to_us != G_MAXINT64;
    TuScanFilter filter = {.by_tenant = range->has_tenant && source->tenant >= 0,
                           .by_time = is_bounded,
                           .n_tenants = 1};
    g_autofree char *sql = tu_source_select_rows(source, filter);
    g_auto(Scan) scan = scan_new(tally, source);
    if (!filter.by_tenant)
        scan_clear(&scan);
    guint n = give_ranges(&scan, range, 1, filter, &bounds, parameters);
    return tu_rows_scan(tally->snapshot->keeper->db, sql, parameters, n, add_rows, &scan, error);
}

/* ---- one after the other ---- */

static gboolean
read_each(TuTally *tally, const TuSourceModel *source, const GArray *ranges, GError **error)
{
    TuScanFilter filter = {.by_tenant = source->tenant >= 0, .by_time = TRUE, .n_tenants = 1};
    g_autofree char *sql = tu_source_select_rows(source, filter);
    g_autoptr(TuStatement) statement = NULL;
    g_auto(Scan) scan = scan_new(tally, source);
    if (!tu_database_prepare(tally->snapshot->keeper->db, sql, &statement, error))
        return FALSE;
    for (guint i = 0; i < ranges->len; i++) {
        TuTimeBounds bounds;
        TuValue parameters[1 + TIME_PARAMETERS];
        guint n = give_ranges(&scan, &g_array_index(ranges, TuReadRange, i), 1, filter, &bounds,
                              parameters);
        if (!tu_rows_each_of(statement, parameters, n, add_row, &scan, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- many tenants of one clock ---- */

/* How many times fewer the statements must become: each is a scan of its own, in a thread. */
#define FEWER 2

static int
compare_times(gconstpointer a, gconstpointer b)
{
    const TuTimeRange *left = &((const TuReadRange *)a)->time;
    const TuTimeRange *right = &((const TuReadRange *)b)->time;
    if (left->from_us != right->from_us)
        return left->from_us < right->from_us ? -1 : 1;
    if (left->to_us != right->to_us)
        return left->to_us < right->to_us ? -1 : 1;
    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return (left->to > right->to) - (left->to < right->to);
}

/* How many of the ranges from `first` on one statement reads: those of the same time, `most` of
 * them. */
static guint
count_together(const GArray *ranges, guint first, guint most)
{
    const TuReadRange *range = &g_array_index(ranges, TuReadRange, first);
    guint n = 1;
    while (n < most && first + n < ranges->len && compare_times(range, range + n) == 0)
        n++;
    return n;
}

/* Sorts them. Gives the statements that read all of them, and the most ranges that one has. */
static guint
count_statements(GArray *ranges, guint most, guint *ret_widest)
{
    guint n_statements = 0;
    guint widest = 0;
    g_array_sort(ranges, compare_times);
    for (guint i = 0; i < ranges->len; n_statements++) {
        guint n = count_together(ranges, i, most);
        widest = MAX(widest, n);
        i += n;
    }
    *ret_widest = widest;
    return n_statements;
}

/* Rows come while others are counted, and a statement is planned once for all its tenants. */
static gboolean
read_together(TuTally *tally, const TuSourceModel *source, const GArray *ranges, guint most,
              GError **error)
{
    TuScanFilter filter = {.by_tenant = TRUE, .by_time = TRUE, .n_tenants = most};
    g_autofree char *sql = tu_source_select_rows(source, filter);
    g_autofree TuValue *parameters = g_new(TuValue, most + TIME_PARAMETERS);
    g_autoptr(TuStatement) statement = NULL;
    g_auto(Scan) scan = scan_new(tally, source);
    if (!tu_database_prepare_scan(tally->snapshot->keeper->db, sql, &statement, error))
        return FALSE;
    for (guint i = 0; i < ranges->len;) {
        TuTimeBounds bounds;
        guint n = count_together(ranges, i, most);
        guint n_parameters = give_ranges(&scan, &g_array_index(ranges, TuReadRange, i), n, filter,
                                         &bounds, parameters);
        if (!tu_rows_scan_of(statement, parameters, n_parameters, add_rows, &scan, error))
            return FALSE;
        i += n;
    }
    return TRUE;
}

gboolean
tu_read_source(TuTally *tally, const TuSourceModel *source, GArray *ranges, GError **error)
{
    guint most = tu_database_dialect(tally->snapshot->keeper->db)->tenants_per_scan;
    guint widest = 0;
    if (ranges->len == 0)
        return TRUE;
    if (ranges->len == 1)
        return read_whole_range(tally, source, &g_array_index(ranges, TuReadRange, 0), error);
    if (source->tenant < 0 || most <= 1 ||
        count_statements(ranges, most, &widest) * FEWER > ranges->len)
        return read_each(tally, source, ranges, error);
    return read_together(tally, source, ranges, widest, error);
}
