#include "keep/unplaced.h"

#include <string.h>

#include "db/sql.h"
#include "keep/bisect.h"
#include "keep/rows.h"
#include "schema/source_sql.h"

/* Looked for by a digest, every probe reads the whole table: more would take longer than a turn
 * may. */
#define DIGEST_PROBES 200

typedef struct {
    TuTally *tally;
    TuUnplaced *unplaced;
    char *sql;        /* the places of the rows with addresses from ?1 to ?2 */
    char *extent_sql; /* the least, the greatest and the number of those addresses */
    guint n_probes;
} Search;

void
tu_unplaced_free(TuUnplaced *unplaced)
{
    if (unplaced == NULL)
        return;
    g_free(unplaced->address);
    g_free(unplaced->why);
    g_array_unref(unplaced->rows);
    g_free(unplaced);
}

/* ---- what addresses a row ---- */

/* A whole number alone: between two of them lie no others, so halving them ends. */
static const char *
key_column(const TuTableInfo *info)
{
    const TuColumnInfo *key = NULL;
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (column->key_position == 0)
            continue;
        if (key != NULL || column->kind != TU_TYPE_INTEGER)
            return NULL;
        key = column;
    }
    return key != NULL ? key->name : NULL;
}

static void
append_column(GString *sql, guint index, const char *alias, const char *column)
{
    tu_sql_append(sql, "%s, coalesce(HEX(CONCAT(%I.%I, '')), '-')",
                  index == 0 ? "concat_ws('|'" : "", alias, column);
}

/* SQL of a text that no two rows have: the columns of the first key that is of columns alone. They
 * may be NULL: that there is only one such row is seen when it is found. FALSE: there is no key. */
static gboolean
append_key(GString *sql, const TuTableInfo *info, const char *alias)
{
    for (guint k = 0; k < info->unique->len; k++) {
        const TuUniqueKey *key = g_ptr_array_index(info->unique, k);
        guint n = 0;
        while (n < key->columns->len && g_ptr_array_index(key->columns, n) != NULL)
            n++;
        if (n == 0 || n < key->columns->len)
            continue;
        for (guint i = 0; i < n; i++)
            append_column(sql, i, alias, g_ptr_array_index(key->columns, i));
        g_string_append_c(sql, ')');
        return TRUE;
    }
    return FALSE;
}

/* Where no number addresses a row: a digest of what does. A scan of a part of them is one of all,
 * so it is the dearer way. NULL: there is none. */
static char *
digest_of(const TuTableInfo *info, const char *alias, const TuDialect *dialect)
{
    g_autoptr(GString) sql = g_string_new(dialect->digest_head);
    if (dialect->digest_head == NULL)
        return NULL;
    if (!dialect->has_entry_column)
        tu_sql_append(sql, "concat(%I.tableoid, %I.%s)", alias, alias, dialect->entry_id);
    else if (!append_key(sql, info, alias))
        return NULL;
    g_string_append(sql, dialect->digest_tail);
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

/* The same number for entries of a log and rows of a table, where both are addressed by their
 * place; a place is a row's in one table only, so not in one with parts. NULL: there is none. */
static char *
address_of(const TuSourceModel *source, const TuDialect *dialect, gboolean *ret_is_digest)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    const char *alias = g_ptr_array_index(source->aliases, 0);
    const TuTableInfo *info = table->info;
    *ret_is_digest = FALSE;
    if (source->is_joined)
        return NULL;
    if (info->parts->len > 0) {
        *ret_is_digest = TRUE;
        return digest_of(info, alias, dialect);
    }
    if (!dialect->has_entry_column)
        return tu_sql_format("%I.%s", alias, dialect->entry_id);
    if (info->has_rowid && tu_table_info_column(info, "rowid") == NULL)
        return tu_sql_format("%I.rowid", alias);
    const char *key = key_column(info);
    if (key != NULL)
        return tu_sql_format("%I.%I", alias, key);
    *ret_is_digest = TRUE;
    return digest_of(info, alias, dialect);
}

static TuValue
address_value(const TuUnplaced *unplaced, const TuDatabase *db, gint64 address, char *text)
{
    return unplaced->is_digest ? tu_value_integer(address)
                               : tu_database_entry_value(db, address, text);
}

void
tu_unplaced_values(const TuUnplaced *unplaced, const TuDatabase *db,
                   char (*texts)[TU_ENTRY_TEXT_BYTES], TuValue *ret_values)
{
    for (guint i = 0; i < unplaced->rows->len; i++)
        ret_values[i] =
            address_value(unplaced, db, g_array_index(unplaced->rows, gint64, i), texts[i]);
}

/* ---- looking for them ---- */

/* It only matters whether the statement fails. */
static gboolean
pass_by(const TuValue *row, gpointer data, GError **error)
{
    return TRUE;
}

static gboolean
read_places(const Search *search, gint64 from, gint64 to, GError **error)
{
    TuDatabase *db = search->tally->snapshot->keeper->db;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue range[] = {address_value(search->unplaced, db, from, texts[0]),
                       address_value(search->unplaced, db, to, texts[1])};
    return tu_rows_each(db, search->sql, range, G_N_ELEMENTS(range), FALSE, pass_by, NULL, error);
}

/* Many bad rows are not to be searched one by one: a person looks at the expression. */
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

/* Digests lie far apart: from where to where the rows between the two really are. */
static gboolean
tighten(const Search *search, gint64 from, gint64 to, Extent *ret_extent, GError **error)
{
    TuValue range[] = {tu_value_integer(from), tu_value_integer(to)};
    *ret_extent = (Extent){FALSE, 0, 0, 0};
    return tu_rows_each(search->tally->snapshot->keeper->db, search->extent_sql, range,
                        G_N_ELEMENTS(range), FALSE, take_extent, ret_extent, error);
}

static gboolean
is_too_much(const Search *search)
{
    guint most = search->unplaced->is_digest ? DIGEST_PROBES : TU_BISECT_PROBES;
    return search->unplaced->rows->len >= TU_UNPLACED_MOST || search->n_probes >= most;
}

/* The digest of two rows may be the same: then nobody knows which it is. */
static gboolean
leave_out(Search *search, gint64 address, GError **error)
{
    Extent extent = {TRUE, address, address, 1};
    if (search->unplaced->is_digest && !tighten(search, address, address, &extent, error))
        return FALSE;
    if (extent.n != 1) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE,
                    "a row has no tenant or time that can be told, and no key of its own: %s",
                    search->unplaced->why);
        return FALSE;
    }
    g_array_append_val(search->unplaced->rows, address);
    return TRUE;
}

/* Adds those among the rows addressed from..to. */
static gboolean
look(Search *search, gint64 from, gint64 to, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (is_too_much(search)) {
        g_set_error(error, TU_ERROR, TU_ERROR_DATABASE,
                    "very many rows have no tenant or time that can be told: %s",
                    search->unplaced->why);
        return FALSE;
    }
    search->n_probes++;
    if (read_places(search, from, to, &problem))
        return TRUE;
    if (!tu_bisect_may_help(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (!tu_transaction_back(&search->tally->snapshot->txn, error))
        return FALSE;
    if (search->unplaced->is_digest && from < to) {
        Extent extent;
        if (!tighten(search, from, to, &extent, error))
            return FALSE;
        from = extent.least;
        to = extent.most;
    }
    if (from == to)
        return leave_out(search, from, error);
    gint64 middle = from / 2 + to / 2 + (from % 2 + to % 2) / 2;
    middle = middle >= to ? to - 1 : MAX(middle, from);
    return look(search, from, middle, error) && look(search, middle + 1, to, error);
}

/* From the first address to the last, whatever lies between. */
static gboolean
search_all(Search *search, const TuSourceModel *source, GError **error)
{
    Extent extent = {0};
    const char *address = search->unplaced->address;
    g_autofree char *from = tu_source_from(source);
    g_autofree char *ends =
        g_strdup_printf("SELECT min(%s), max(%s), count(*) FROM %s", address, address, from);
    g_autofree char *part =
        g_strdup_printf("%s WHERE %s >= ?1 AND %s <= ?2", ends, address, address);
    search->extent_sql = part;
    if (!tu_rows_each(search->tally->snapshot->keeper->db, ends, NULL, 0, FALSE, take_extent,
                      &extent, error))
        return FALSE;
    g_autofree char *sql = tu_source_select_addressed(source, address);
    search->sql = sql;
    return !extent.has_rows || look(search, extent.least, extent.most, error);
}

/* Where no row can be told from the others by an address, a person has to. */
static void
say_what_helps(const TuSourceModel *source, GError **why)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    const char *rows = source->is_joined             ? "rows of joined tables"
                       : table->info->parts->len > 0 ? "rows of a table with partitions"
                                                     : "rows of a table without a key";
    g_prefix_error(
        why,
        "the tenant or time of some row cannot be evaluated, and %s cannot be left out one "
        "by one: correct the row, or write an expression that is NULL for it (then it "
        "counts nowhere): ",
        rows);
}

/* `why`: the error that started the search. Where no row is found to be at fault it was another
 * expression's. */
gboolean
tu_unplaced_find(TuTally *tally, const TuSourceModel *source, GError *why,
                 TuUnplaced **ret_unplaced, GError **error)
{
    g_autoptr(GError) own = why;
    gboolean is_digest = FALSE;
    char *address =
        address_of(source, tu_database_dialect(tally->snapshot->keeper->db), &is_digest);
    if (address == NULL || !tu_bisect_may_help(own)) {
        if (address == NULL && tu_bisect_may_help(own))
            say_what_helps(source, &own);
        g_free(address);
        g_propagate_error(error, g_steal_pointer(&own));
        return FALSE;
    }
    g_autoptr(TuUnplaced) unplaced = g_new0(TuUnplaced, 1);
    *unplaced = (TuUnplaced){.source = source,
                             .address = address,
                             .is_digest = is_digest,
                             .rows = g_array_new(FALSE, FALSE, sizeof(gint64)),
                             .why = g_strdup(own->message)};
    Search search = {tally, unplaced, NULL, NULL, 0};
    if (!tu_transaction_back(&tally->snapshot->txn, error) || !search_all(&search, source, error))
        return FALSE;
    if (unplaced->rows->len == 0) {
        g_propagate_error(error, g_steal_pointer(&own)); /* another expression's */
        return FALSE;
    }
    *ret_unplaced = g_steal_pointer(&unplaced);
    return TRUE;
}

/* In every summary of the source, since a count is too small wherever the row belonged. */
void
tu_unplaced_tell(const TuUnplaced *unplaced, TuResult *result)
{
    guint n = unplaced->rows->len;
    g_autofree char *text = g_strdup_printf(
        "%u row%s whose tenant or time cannot be evaluated count%s nowhere until corrected: %s", n,
        n == 1 ? "" : "s", n == 1 ? "s" : "", unplaced->why);
    tu_result_fail_source(result, unplaced->source, text);
}
