#include "keep/unplaced.h"

#include <string.h>

#include "db/sql.h"
#include "keep/bisect.h"
#include "keep/rows.h"
#include "schema/source_sql.h"

typedef struct {
    TuTally *tally;
    TuUnplaced *unplaced;
    char *sql; /* the places of the rows with addresses from ?1 to ?2 */
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

/* The same number for entries of a log and rows of a table, where both are addressed by their
 * place; a place is a row's in one table only, so not in one with parts. NULL: there is none. */
static char *
address_of(const TuSourceModel *source, const TuDialect *dialect)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    const char *alias = g_ptr_array_index(source->aliases, 0);
    const TuTableInfo *info = table->info;
    if (source->is_joined || info->parts->len > 0)
        return NULL;
    if (!dialect->has_entry_column)
        return tu_sql_format("%I.%s", alias, dialect->entry_id);
    if (info->has_rowid && tu_table_info_column(info, "rowid") == NULL)
        return tu_sql_format("%I.rowid", alias);
    const char *key = key_column(info);
    return key != NULL ? tu_sql_format("%I.%I", alias, key) : NULL;
}

void
tu_unplaced_values(const TuUnplaced *unplaced, const TuDatabase *db,
                   char (*texts)[TU_ENTRY_TEXT_BYTES], TuValue *ret_values)
{
    for (guint i = 0; i < unplaced->rows->len; i++)
        ret_values[i] =
            tu_database_entry_value(db, g_array_index(unplaced->rows, gint64, i), texts[i]);
}

/* ---- looking for them ---- */

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
    TuValue range[] = {tu_database_entry_value(db, from, texts[0]),
                       tu_database_entry_value(db, to, texts[1])};
    return tu_rows_each(db, search->sql, range, G_N_ELEMENTS(range), FALSE, pass_by, NULL, error);
}

static gboolean
is_too_much(const Search *search)
{
    return search->unplaced->rows->len >= TU_UNPLACED_MOST || search->n_probes >= TU_BISECT_PROBES;
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
    if (from == to) {
        g_array_append_val(search->unplaced->rows, from);
        return TRUE;
    }
    gint64 middle = from / 2 + to / 2 + (from % 2 + to % 2) / 2;
    middle = middle >= to ? to - 1 : MAX(middle, from);
    return look(search, from, middle, error) && look(search, middle + 1, to, error);
}

typedef struct {
    gboolean has_rows;
    gint64 least, most;
} Extent;

static gboolean
take_extent(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_INTEGER && row[1].type == TU_TYPE_INTEGER)
        *(Extent *)data = (Extent){TRUE, row[0].integer, row[1].integer};
    return TRUE;
}

static gboolean
search_all(Search *search, const TuSourceModel *source, GError **error)
{
    Extent extent = {0};
    const char *address = search->unplaced->address;
    g_autofree char *from = tu_source_from(source);
    g_autofree char *ends =
        g_strdup_printf("SELECT min(%s), max(%s) FROM %s", address, address, from);
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
                                                     : "rows of a table without an integer key";
    g_prefix_error(
        why,
        "the tenant or time of some row cannot be evaluated, and %s cannot be left out one "
        "by one: correct the row, or write an expression that is NULL for it (then it "
        "counts nowhere): ",
        rows);
}

gboolean
tu_unplaced_find(TuTally *tally, const TuSourceModel *source, GError *why,
                 TuUnplaced **ret_unplaced, GError **error)
{
    g_autoptr(GError) own = why;
    char *address = address_of(source, tu_database_dialect(tally->snapshot->keeper->db));
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
                             .rows = g_array_new(FALSE, FALSE, sizeof(gint64)),
                             .why = g_strdup(own->message)};
    Search search = {tally, unplaced, NULL, 0};
    if (!tu_transaction_back(&tally->snapshot->txn, error) || !search_all(&search, source, error))
        return FALSE;
    if (unplaced->rows->len == 0) {
        g_propagate_error(error, g_steal_pointer(&own)); /* another expression's */
        return FALSE;
    }
    *ret_unplaced = g_steal_pointer(&unplaced);
    return TRUE;
}

void
tu_unplaced_tell(const TuUnplaced *unplaced, TuResult *result)
{
    guint n = unplaced->rows->len;
    g_autofree char *text = g_strdup_printf(
        "%u row%s whose tenant or time cannot be evaluated count%s nowhere until corrected: %s", n,
        n == 1 ? "" : "s", n == 1 ? "s" : "", unplaced->why);
    tu_result_fail_source(result, unplaced->source, text);
}
