#include "keep/compare/look_up.h"

#include <string.h>

#include "db/given.h"
#include "keep/rows.h"
#include "time/instant.h"

/* So many cells are one statement that names each: given rows would have types to be asked for. */
#define FEW 16
/* The same where there are no given rows. */
#define NAMED_AT_ONCE 64

typedef struct {
    TuTally *tally;
    const TuSummaryTable *table;
    GArray *columns; /* of TuBulkColumn */
    TuLookUpVisit visit;
    gpointer data;
    guint64 nulls;      /* of the keys that are looked up now */
    guint place_column; /* of what is found; 0: it has none */
    TuGiven *given;     /* for those; NULL: not yet, or they cannot be given */
    TuStatement *named; /* of n_named cells */
    guint n_named;
    const TuSought *cells; /* the first of those in the statement that runs */
    guint n_cells;
    GByteArray *is_found; /* which of those */
} LookUp;

static void
look_up_clear(LookUp *look_up)
{
    tu_given_free(look_up->given);
    tu_statement_free(look_up->named);
    g_byte_array_unref(look_up->is_found);
    g_array_unref(look_up->columns);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LookUp, look_up_clear)

/* Series, tenant, bucket, dimensions, like the key; numbers of the dictionary put equal values
 * together, which is all that matters. */
static int
compare_sought(gconstpointer a, gconstpointer b, gpointer data)
{
    const TuSought *left = a;
    const TuSought *right = b;
    const TuTally *tally = data;
    if (left->target != right->target)
        return left->target < right->target ? -1 : 1;
    if (left->cell->tenant != right->cell->tenant)
        return left->cell->tenant < right->cell->tenant ? -1 : 1;
    if (left->cell->bucket != right->cell->bucket)
        return left->cell->bucket < right->cell->bucket ? -1 : 1;
    const TuSeriesModel *series = tally->snapshot->group->targets[left->target].series;
    for (guint i = 0; i < series->layout->n_dimensions; i++)
        if (left->cell->dimensions[i] != right->cell->dimensions[i])
            return left->cell->dimensions[i] < right->cell->dimensions[i] ? -1 : 1;
    return 0;
}

/* ---- what is found ---- */

static gboolean
take_found(const TuValue *row, gpointer data, GError **error)
{
    LookUp *look_up = data;
    const TuValue *place = look_up->place_column > 0 ? &row[look_up->place_column] : NULL;
    g_assert(row[TU_STORED_NUMBER].type == TU_TYPE_INTEGER);
    gint64 number = row[TU_STORED_NUMBER].integer - 1;
    g_assert(number >= 0 && number < look_up->n_cells);
    look_up->is_found->data[number] = 1;
    return look_up->visit(&look_up->cells[number], row,
                          place != NULL && place->type == TU_TYPE_INTEGER ? place->integer : 0,
                          look_up->data, error);
}

static void
begin_statement(LookUp *look_up, const TuSought *cells, guint n)
{
    look_up->cells = cells;
    look_up->n_cells = n;
    g_byte_array_set_size(look_up->is_found, n);
    memset(look_up->is_found->data, 0, n);
}

static gboolean
visit_missing(LookUp *look_up, GError **error)
{
    for (guint i = 0; i < look_up->n_cells; i++)
        if (!look_up->is_found->data[i] &&
            !look_up->visit(&look_up->cells[i], NULL, 0, look_up->data, error))
            return FALSE;
    return TRUE;
}

/* ---- few: each is named ---- */

static gboolean
prepare_named(LookUp *look_up, guint n, GError **error)
{
    TuDatabase *db = look_up->tally->snapshot->keeper->db;
    if (look_up->named != NULL && look_up->n_named == n)
        return TRUE;
    g_autofree char *sql = tu_summary_table_select_cells(db, look_up->table, look_up->nulls, n);
    g_clear_pointer(&look_up->named, tu_statement_free);
    look_up->n_named = n;
    return tu_database_prepare(db, sql, &look_up->named, error);
}

static gboolean
look_up_named(LookUp *look_up, const TuSought *cells, guint n, GError **error)
{
    char texts[NAMED_AT_ONCE][TU_INSTANT_TEXT_BYTES];
    TuValue parameters[NAMED_AT_ONCE * (TU_DIMENSIONS_LIMIT + 3)];
    guint n_parameters = 0;
    begin_statement(look_up, cells, n);
    for (guint i = 0; i < n; i++) {
        TuValue key[TU_DIMENSIONS_LIMIT + 3];
        guint n_key = tu_stored_key(look_up->tally, cells[i].target, cells[i].cell, texts[i], key);
        for (guint k = 0; k < n_key; k++)
            if (key[k].type != TU_TYPE_NULL)
                parameters[n_parameters++] = key[k];
    }
    return prepare_named(look_up, n, error) &&
           tu_rows_each_of(look_up->named, parameters, n_parameters, take_found, look_up, error) &&
           visit_missing(look_up, error);
}

static gboolean
look_up_few(LookUp *look_up, const TuSought *cells, guint n, GError **error)
{
    const TuDialect *dialect = tu_database_dialect(look_up->tally->snapshot->keeper->db);
    guint most = CLAMP(dialect->rows_per_statement, 1, NAMED_AT_ONCE);
    for (guint first = 0; first < n; first += most)
        if (!look_up_named(look_up, cells + first, MIN(most, n - first), error))
            return FALSE;
    return TRUE;
}

/* ---- many: they are given ---- */

static gboolean
look_up_given(LookUp *look_up, const TuSought *cells, guint n, GError **error)
{
    TuValue key[TU_DIMENSIONS_LIMIT + 3];
    char text[TU_INSTANT_TEXT_BYTES];
    guint first = 0;
    for (guint i = 0; i < n; i++) {
        tu_stored_key(look_up->tally, cells[i].target, cells[i].cell, text, key);
        if (!tu_given_add(look_up->given, key, error))
            return FALSE;
        if (i + 1 < n && !tu_given_is_full(look_up->given))
            continue;
        begin_statement(look_up, cells + first, i + 1 - first);
        first = i + 1;
        if (!tu_given_each(look_up->given, take_found, look_up, error) ||
            !visit_missing(look_up, error))
            return FALSE;
    }
    return TRUE;
}

/* What is found has its place last, where there is one. */
static gboolean
prepare_given(LookUp *look_up, GError **error)
{
    TuDatabase *db = look_up->tally->snapshot->keeper->db;
    const TuSummaryTable *table = look_up->table;
    g_autofree char *found = tu_summary_table_found_list(table);
    g_autofree char *place = tu_given_place(db, table->name);
    g_autofree char *list = g_strjoin(", ", found, place, NULL);
    if (!tu_given_new(
            db, TU_GIVEN_FIND, table->name, &g_array_index(look_up->columns, TuBulkColumn, 0),
            tu_summary_table_key_values(table), look_up->nulls, list, &look_up->given, error))
        return FALSE;
    if (look_up->given != NULL && place != NULL)
        look_up->place_column =
            tu_stored_measure_column(table, table->summary->spec->measures->len);
    return TRUE;
}

/* ---- those that have NULLs in the same columns ---- */

static gboolean
look_up_alike(LookUp *look_up, GArray *alike, GError **error)
{
    const TuSought *cells = &g_array_index(alike, TuSought, 0);
    g_clear_pointer(&look_up->given, tu_given_free);
    g_clear_pointer(&look_up->named, tu_statement_free);
    look_up->place_column = 0;
    if (alike->len > FEW && !prepare_given(look_up, error))
        return FALSE;
    return look_up->given != NULL ? look_up_given(look_up, cells, alike->len, error)
                                  : look_up_few(look_up, cells, alike->len, error);
}

static guint64
nulls_of(const LookUp *look_up, const TuSought *sought)
{
    TuValue key[TU_DIMENSIONS_LIMIT + 3];
    char text[TU_INSTANT_TEXT_BYTES];
    guint n = tu_stored_key(look_up->tally, sought->target, sought->cell, text, key);
    return tu_bulk_nulls(&g_array_index(look_up->columns, TuBulkColumn, 0), n, key);
}

/* Takes those that are like the first off `left`. */
static void
take_alike(LookUp *look_up, GArray *left, GArray *alike)
{
    guint n_left = 0;
    look_up->nulls = nulls_of(look_up, &g_array_index(left, TuSought, 0));
    g_array_set_size(alike, 0);
    for (guint i = 0; i < left->len; i++) {
        TuSought sought = g_array_index(left, TuSought, i);
        if (nulls_of(look_up, &sought) == look_up->nulls)
            g_array_append_val(alike, sought);
        else
            g_array_index(left, TuSought, n_left++) = sought;
    }
    g_array_set_size(left, n_left);
}

gboolean
tu_look_up(TuTally *tally, const TuSummaryTable *table, GArray *sought, TuLookUpVisit visit,
           gpointer data, GError **error)
{
    g_autoptr(GArray) alike = g_array_new(FALSE, FALSE, sizeof(TuSought));
    g_auto(LookUp) look_up = {
        .tally = tally,
        .table = table,
        .columns = tu_summary_table_columns(table),
        .visit = visit,
        .data = data,
        .is_found = g_byte_array_new(),
    };
    g_array_sort_with_data(sought, compare_sought, tally);
    while (sought->len > 0) {
        take_alike(&look_up, sought, alike);
        if (!look_up_alike(&look_up, alike, error))
            return FALSE;
    }
    return TRUE;
}
