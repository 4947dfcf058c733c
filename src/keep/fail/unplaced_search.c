#include "keep/fail/unplaced_search.h"

#include "db/sql.h"
#include "keep/fail/bisect.h"
#include "keep/rows.h"

/* Looked for by a digest, every probe reads all rows: so many may be read, a minute's work or so,
 * and so many probes are always allowed. */
#define DIGEST_ROWS ((gint64)200 * 1000 * 1000)
#define DIGEST_PROBES 200

/* A person has to look, then the error. */
#define WHAT_HELPS                                                                                 \
    ": correct them, or write an expression that is NULL for them (then they count nowhere): %s"

typedef struct {
    const TuUnplacedSearch *wanted;
    char *places_sql; /* of the rows with addresses from ?a to ?a+1 */
    char *extent_sql; /* the least, the greatest and the number of those addresses */
    char *same_sql;   /* how many different rows have the address ?a, and how many rows */
    GArray *addresses;
    gint64 *n_rows;
    guint n_probes;
    guint most_probes;
} Search;

static void
search_clear(Search *search)
{
    g_clear_pointer(&search->places_sql, g_free);
    g_clear_pointer(&search->extent_sql, g_free);
    g_clear_pointer(&search->same_sql, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

TuValue
tu_unplaced_address(const TuPlacePart *part, const TuDatabase *db, gint64 address, char *text)
{
    return part->is_digest ? tu_value_integer(address) : tu_database_entry_value(db, address, text);
}

/* ---- one question ---- */

/* It only matters whether the statement fails. */
static gboolean
pass_by(const TuValue *row, gpointer data, GError **error)
{
    return TRUE;
}

/* Asks with the fixed parameters, then the addresses. */
static gboolean
ask(const Search *search, const char *sql, const gint64 *addresses, guint n, TuRowVisit visit,
    gpointer data, GError **error)
{
    const TuUnplacedSearch *wanted = search->wanted;
    TuDatabase *db = wanted->snapshot->keeper->db;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    g_autofree TuValue *values = g_new(TuValue, wanted->n_fixed + G_N_ELEMENTS(texts));
    for (guint i = 0; i < wanted->n_fixed; i++)
        values[i] = wanted->fixed[i];
    for (guint i = 0; i < n; i++)
        values[wanted->n_fixed + i] = tu_unplaced_address(wanted->part, db, addresses[i], texts[i]);
    return tu_rows_each(db, sql, values, wanted->n_fixed + n, FALSE, visit, data, error);
}

typedef struct {
    gboolean has_rows;
    gint64 least, most;
    gint64 n;
} Extent;

static gboolean
take_extent(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_INTEGER && row[1].type == TU_TYPE_INTEGER)
        *(Extent *)data = (Extent){TRUE, row[0].integer, row[1].integer, row[2].integer};
    return TRUE;
}

/* ---- an address is found ---- */

typedef struct {
    gint64 n_rows;
    guint n_texts;
    gboolean is_one; /* all rows hold the same */
} Same;

static gboolean
take_same(const TuValue *row, gpointer data, GError **error)
{
    Same *same = data;
    same->n_rows = row[0].integer;
    same->is_one = TRUE;
    for (guint i = 1; i <= same->n_texts; i++)
        same->is_one = same->is_one && row[i].integer == 1;
    return TRUE;
}

/* Rows that are the same fail together. Should two that differ have one digest, nobody knows which
 * of them it is. */
static gboolean
leave_out(Search *search, gint64 address, GError **error)
{
    Same same = {1, search->wanted->part->exact->len, TRUE};
    if (search->wanted->part->is_digest &&
        !ask(search, search->same_sql, &address, 1, take_same, &same, error))
        return FALSE;
    if (!same.is_one) {
        g_set_error(error, TU_ERROR, TU_ERROR_ROWS,
                    "the tenant or time of some row cannot be evaluated, and which row it is "
                    "cannot be told" WHAT_HELPS,
                    search->wanted->why);
        return FALSE;
    }
    *search->n_rows += same.n_rows;
    g_array_append_val(search->addresses, address);
    return TRUE;
}

/* ---- halving ---- */

/* Many bad rows are not to be searched one by one: a person looks at the expression. */
static gboolean
is_too_much(const Search *search)
{
    return search->addresses->len > search->wanted->most || search->n_probes >= search->most_probes;
}

/* Draws a range in to where its rows are. */
static gboolean
tighten(const Search *search, gint64 *from, gint64 *to, GError **error)
{
    gint64 range[] = {*from, *to};
    Extent extent = {0};
    if (!search->wanted->part->is_digest || *from == *to)
        return TRUE;
    if (!ask(search, search->extent_sql, range, G_N_ELEMENTS(range), take_extent, &extent, error))
        return FALSE;
    g_assert(extent.has_rows); /* one of them failed, at this snapshot */
    *from = extent.least;
    *to = extent.most;
    return TRUE;
}

/* Adds those among the rows addressed from..to. */
static gboolean
look(Search *search, gint64 from, gint64 to, GError **error)
{
    g_autoptr(GError) problem = NULL;
    gint64 range[] = {from, to};
    if (is_too_much(search)) {
        g_set_error(error, TU_ERROR, TU_ERROR_ROWS,
                    "the tenant or time of very many rows cannot be evaluated" WHAT_HELPS,
                    search->wanted->why);
        return FALSE;
    }
    search->n_probes++;
    if (ask(search, search->places_sql, range, G_N_ELEMENTS(range), pass_by, NULL, &problem))
        return TRUE;
    if (!tu_bisect_may_help(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (!tu_transaction_back(&search->wanted->snapshot->txn, error) ||
        !tighten(search, &from, &to, error))
        return FALSE;
    if (from == to)
        return leave_out(search, from, error);
    gint64 middle = from / 2 + to / 2 + (from % 2 + to % 2) / 2;
    middle = middle >= to ? to - 1 : MAX(middle, from);
    return look(search, from, middle, error) && look(search, middle + 1, to, error);
}

/* ---- the statements ---- */

static void
write_statements(Search *search)
{
    const TuUnplacedSearch *wanted = search->wanted;
    const char *address = wanted->part->address;
    guint first = wanted->n_fixed + 1;
    g_autofree char *asked = tu_place_part_asked(wanted->source, wanted->part);
    g_autofree char *range = tu_sql_format("FROM %s WHERE %s >= ?%u AND %s <= ?%u", wanted->from,
                                           address, first, address, first + 1);
    g_autoptr(GString) same = g_string_new("SELECT count(*)");
    for (guint i = 0; i < wanted->part->exact->len; i++)
        tu_sql_append(same, ", count(DISTINCT %s)",
                      (const char *)g_ptr_array_index(wanted->part->exact, i));
    tu_sql_append(same, " FROM %s WHERE %s = ?%u", wanted->from, address, first);
    search->places_sql = tu_sql_format("SELECT %s %s", asked, range);
    search->extent_sql =
        tu_sql_format("SELECT min(%s), max(%s), count(*) %s", address, address, range);
    search->same_sql = g_strdup(same->str);
}

/* From the first address to the last, whatever lies between. */
gboolean
tu_unplaced_search(const TuUnplacedSearch *wanted, GArray *addresses, gint64 *n_rows,
                   GError **error)
{
    g_auto(Search) search = {.wanted = wanted,
                             .addresses = addresses,
                             .n_rows = n_rows,
                             .most_probes = TU_BISECT_PROBES};
    const char *address = wanted->part->address;
    g_autofree char *ends =
        tu_sql_format("SELECT min(%s), max(%s), count(*) FROM %s", address, address, wanted->from);
    Extent extent = {0};
    write_statements(&search);
    if (!tu_transaction_back(&wanted->snapshot->txn, error) ||
        !ask(&search, ends, NULL, 0, take_extent, &extent, error))
        return FALSE;
    if (wanted->part->is_digest)
        search.most_probes =
            (guint)CLAMP(DIGEST_ROWS / MAX(extent.n, 1), DIGEST_PROBES, TU_BISECT_PROBES);
    return !extent.has_rows || look(&search, extent.least, extent.most, error);
}
