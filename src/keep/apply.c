#include "keep/apply.h"

#include <stdlib.h>

#include "db/sql.h"
#include "db/stop.h"
#include "time/instant.h"

/* Cells in one transaction when they may be split: some 50 ms of the write lock. */
#define SPLIT_CELLS 20000
/* Writers poll for SQLite's lock at most 100 ms apart; after this much holding they get their turn. */
#define HOLD_LIMIT_US (1500 * 1000)
#define BREATHE_US (150 * 1000)

/* Where a cell to be written is, and what it is sorted by: whole tenants together, then the key. */
typedef struct {
    guint32 tenant_rank;
    guint32 target;
    TuBucket bucket;
    TuCell *cell;
} Place;

/* The cells to write of one table, in order, and how far writing has come. */
typedef struct {
    const TuSummaryTable *table;
    GArray *places;
    guint next;
    guint n_values;
    TuStatement *upsert, *remove;
} TableWriter;

typedef struct {
    TuSnapshot *snapshot;
    TuChanges *changes;
    TuTally *tally;
    GArray *writers; /* of TableWriter */
    guint32 *ranks;  /* of the dictionary's numbers; NULL: their own order */
    TuValue *values;
    gint64 n_in_transaction, n_written;
    gint64 held_us;
} Writing;

/* Beyond this many values sorting them costs more than the order of writing gains. */
#define RANKED_VALUES 300000

static guint32
rank_of(const Writing *writing, guint32 id)
{
    return writing->ranks != NULL ? writing->ranks[id] : id;
}

static int
compare_places(gconstpointer a, gconstpointer b, gpointer data)
{
    const Place *left = a;
    const Place *right = b;
    const Writing *writing = data;
    if (left->tenant_rank != right->tenant_rank)
        return left->tenant_rank < right->tenant_rank ? -1 : 1;
    if (left->target != right->target)
        return left->target < right->target ? -1 : 1;
    if (left->bucket != right->bucket)
        return left->bucket < right->bucket ? -1 : 1;
    const TuTarget *target = &writing->snapshot->group->targets[left->target];
    for (guint i = 0; i < target->series->layout->n_dimensions; i++) {
        guint32 l = rank_of(writing, left->cell->dimensions[i]);
        guint32 r = rank_of(writing, right->cell->dimensions[i]);
        if (l != r)
            return l < r ? -1 : 1;
    }
    return 0;
}

static gboolean
is_written(const TuCell *cell)
{
    return cell->mark == TU_MARK_NEW || cell->mark == TU_MARK_WRITE || cell->mark == TU_MARK_GONE;
}

static void
add_places(Writing *writing, GArray *places, guint target)
{
    const TuCellTable *cells = tu_cells_table(writing->tally->cells, target);
    for (guint32 i = 0; i < tu_cell_table_size(cells); i++) {
        TuCell *cell = tu_cell_table_cell(cells, i);
        Place place = {rank_of(writing, cell->tenant), target, cell->bucket, cell};
        if (is_written(cell))
            g_array_append_val(places, place);
    }
}

static void
writer_clear(gpointer data)
{
    TableWriter *writer = data;
    g_array_unref(writer->places);
    tu_statement_free(writer->upsert);
    tu_statement_free(writer->remove);
}

static void
writing_clear(Writing *writing)
{
    g_array_unref(writing->writers);
    g_free(writing->ranks);
    g_free(writing->values);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writing, writing_clear)

static gboolean
add_writer(Writing *writing, const TuSummaryTable *table, GError **error)
{
    TableWriter writer = {.table = table,
                          .places = g_array_new(FALSE, FALSE, sizeof(Place)),
                          .n_values = tu_summary_table_values(table)};
    const TuSummaryModel *summary = table->summary;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        add_places(writing, writer.places, (guint)series->target[table->grain]);
    }
    g_array_append_val(writing->writers, writer);
    TableWriter *kept = &g_array_index(writing->writers, TableWriter, writing->writers->len - 1);
    g_autofree char *upsert = tu_summary_table_upsert(table);
    TuDatabase *db = writing->snapshot->keeper->db;
    g_autofree char *remove = tu_summary_table_delete(table, tu_database_dialect(db)->same);
    return tu_database_prepare(db, upsert, &kept->upsert, error) &&
           tu_database_prepare(db, remove, &kept->remove, error);
}

typedef struct {
    Writing *writing;
    GArray *places;
} Sorting;

static gpointer
sort_places(gpointer data)
{
    const Sorting *sorting = data;
    g_qsort_with_data(sorting->places->data, (gint)sorting->places->len, sizeof(Place),
                      compare_places, sorting->writing);
    return NULL;
}

/* A table that is worth it is sorted in a thread of its own. */
#define THREAD_PLACES 50000

static void
sort_all(Writing *writing)
{
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    g_autofree Sorting *sortings = g_new(Sorting, writing->writers->len + 1);
    for (guint w = 0; w < writing->writers->len; w++) {
        sortings[w] =
            (Sorting){writing, g_array_index(writing->writers, TableWriter, w).places};
        if (sortings[w].places->len > THREAD_PLACES)
            g_ptr_array_add(threads, g_thread_new("sort", sort_places, &sortings[w]));
        else
            sort_places(&sortings[w]);
    }
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
}

static gboolean
table_is_touched(const Writing *writing, const TuSummaryTable *table)
{
    for (guint s = 0; s < table->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(table->summary->series, s);
        guint target = (guint)series->target[table->grain];
        if (tu_cell_table_size(tu_cells_table(writing->tally->cells, target)) > 0)
            return TRUE;
    }
    for (guint i = 0; i < writing->changes->deletes->len; i++)
        if (g_array_index(writing->changes->deletes, TuDelete, i).table == table)
            return TRUE;
    return FALSE;
}

static gboolean
writing_init(Writing *writing, TuSnapshot *snapshot, TuChanges *changes, GError **error)
{
    const TuGroup *group = snapshot->group;
    guint most_values = 0;
    *writing = (Writing){.snapshot = snapshot, .changes = changes, .tally = changes->tally};
    writing->writers = g_array_new(FALSE, TRUE, sizeof(TableWriter));
    g_array_set_clear_func(writing->writers, writer_clear);
    TuDictionary *dictionary = tu_cells_dictionary(changes->tally->cells);
    if (tu_dictionary_size(dictionary) <= RANKED_VALUES)
        writing->ranks = tu_dictionary_ranks(dictionary);
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            const TuSummaryTable *table = summary->tables[grain];
            if (table == NULL || !table_is_touched(writing, table))
                continue;
            most_values = MAX(most_values, tu_summary_table_values(table));
            if (!add_writer(writing, table, error))
                return FALSE;
        }
    }
    sort_all(writing);
    writing->values = g_new(TuValue, most_values + 1);
    return TRUE;
}

/* ---- statements of one transaction ---- */

static gboolean
take_turn(TuSnapshot *snapshot, GError **error)
{
    gint64 n = 0;
    TuValue values[] = {tu_value_text(snapshot->group->name), tu_value_integer(snapshot->turn)};
    if (!tu_database_run(snapshot->keeper->db,
                         "UPDATE trueup_group SET turn = turn + 1 WHERE name = ? AND turn = ?",
                         values, G_N_ELEMENTS(values), &n, error))
        return FALSE;
    if (n != 1) {
        g_set_error(error, TU_ERROR, TU_ERROR_BUSY,
                    "another worker settled %s meanwhile: this work is thrown away",
                    snapshot->group->name);
        return FALSE;
    }
    return tu_stop("turn.taken", error);
}

static gboolean
begin(TuTransaction *txn, Writing *writing, GError **error)
{
    return tu_transaction_begin_write(txn, writing->snapshot->keeper->db, error) &&
           take_turn(writing->snapshot, error);
}

static gboolean
commit(TuTransaction *txn, Writing *writing, GError **error)
{
    if (!tu_stop("apply.before_commit", error) ||
        !tu_keeper_may_go_on(writing->snapshot->keeper, error) ||
        !tu_transaction_commit(txn, error))
        return FALSE;
    writing->snapshot->turn++;
    writing->n_in_transaction = 0;
    return tu_stop("apply.after_commit", error);
}

static gboolean
run(TuStatement *statement, const TuValue *values, guint n, GError **error)
{
    gboolean has_row = FALSE;
    return tu_statement_bind(statement, values, n, error) &&
           tu_statement_step(statement, &has_row, error);
}

static gboolean
write_cell(Writing *writing, TableWriter *writer, const Place *place, GError **error)
{
    char text[TU_INSTANT_TEXT_BYTES];
    writing->n_in_transaction++;
    writing->n_written++;
    if (place->cell->mark == TU_MARK_GONE) {
        guint n = tu_stored_key(writing->tally, place->target, place->cell, text, writing->values);
        return run(writer->remove, writing->values, n, error);
    }
    tu_stored_values(writing->tally, place->target, place->cell, text, writing->values);
    return run(writer->upsert, writing->values, writer->n_values, error);
}

static gboolean
delete_row(Writing *writing, TableWriter *writer, const TuDelete *row, GError **error)
{
    const TuDictionary *dictionary = tu_cells_dictionary(writing->tally->cells);
    const TuSummary *spec = row->table->summary->spec;
    char text[TU_INSTANT_TEXT_BYTES];
    guint n = 0;
    if (spec->series_column != NULL)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[0]);
    if (spec->has_tenant)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[1]);
    writing->values[n++] =
        row->has_bucket ? tu_database_bucket_value(writing->snapshot->keeper->db,
                                                   row->table->grain, row->bucket, text)
                        : tu_dictionary_value(dictionary, row->key[2]);
    for (guint i = 0; i < spec->dimensions->len; i++)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[3 + i]);
    writing->n_in_transaction++;
    writing->n_written++;
    return run(writer->remove, writing->values, n, error);
}

static gboolean
delete_rows(Writing *writing, GError **error)
{
    const GArray *deletes = writing->changes->deletes;
    for (guint i = 0; i < deletes->len; i++) {
        const TuDelete *row = &g_array_index(deletes, TuDelete, i);
        for (guint w = 0; w < writing->writers->len; w++) {
            TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
            if (writer->table == row->table && !delete_row(writing, writer, row, error))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean
delete_entries(Writing *writing, GError **error)
{
    const GArray *settled = writing->changes->settled;
    for (guint i = 0; i < settled->len; i++) {
        const TuSettledLog *log = &g_array_index(settled, TuSettledLog, i);
        g_autofree char *sql =
            tu_sql_format("DELETE FROM %I WHERE trueup_id <= ?", log->captured->log);
        TuValue up_to = tu_value_integer(log->up_to);
        if (!tu_database_run(writing->snapshot->keeper->db, sql, &up_to, 1, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
run_statements(Writing *writing, GError **error)
{
    const GArray *statements = writing->changes->statements;
    for (guint i = 0; i < statements->len; i++) {
        const TuBoundStatement *statement = &g_array_index(statements, TuBoundStatement, i);
        if (!tu_database_run(writing->snapshot->keeper->db, statement->sql, statement->values,
                             statement->n_values, NULL, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the whole ---- */

/* The lowest tenant that is still to be written; FALSE: none. */
static gboolean
next_tenant(const Writing *writing, guint32 *ret_rank)
{
    gboolean found = FALSE;
    for (guint w = 0; w < writing->writers->len; w++) {
        const TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
        if (writer->next >= writer->places->len)
            continue;
        guint32 rank = g_array_index(writer->places, Place, writer->next).tenant_rank;
        *ret_rank = found ? MIN(*ret_rank, rank) : rank;
        found = TRUE;
    }
    return found;
}

static gboolean
write_tenant(Writing *writing, guint32 rank, GError **error)
{
    for (guint w = 0; w < writing->writers->len; w++) {
        TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
        for (; writer->next < writer->places->len; writer->next++) {
            const Place *place = &g_array_index(writer->places, Place, writer->next);
            if (place->tenant_rank != rank)
                break;
            if (!write_cell(writing, writer, place, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* Ends the transaction, lets other writers in when they may have waited long, begins the next. */
static gboolean
split(TuTransaction *txn, Writing *writing, gint64 *began_us, GError **error)
{
    if (!commit(txn, writing, error))
        return FALSE;
    writing->held_us += g_get_monotonic_time() - *began_us;
    if (writing->held_us > HOLD_LIMIT_US) {
        g_usleep(BREATHE_US);
        writing->held_us = 0;
    }
    *began_us = g_get_monotonic_time();
    return tu_keeper_may_go_on(writing->snapshot->keeper, error) && begin(txn, writing, error);
}

gboolean
tu_apply(TuSnapshot *snapshot, TuChanges *changes, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_auto(Writing) writing = {0};
    guint32 rank = 0;
    gint64 began_us = g_get_monotonic_time();
    tu_snapshot_end(snapshot);
    if (!writing_init(&writing, snapshot, changes, error) || !begin(&txn, &writing, error))
        return FALSE;
    while (next_tenant(&writing, &rank)) {
        if (changes->may_split && writing.n_in_transaction >= SPLIT_CELLS &&
            !split(&txn, &writing, &began_us, error))
            return FALSE;
        if (!write_tenant(&writing, rank, error))
            return FALSE;
    }
    if (!delete_rows(&writing, error) || !tu_stop("cells.written", error) ||
        !delete_entries(&writing, error) || !run_statements(&writing, error) ||
        !commit(&txn, &writing, error))
        return FALSE;
    changes->n_written = writing.n_written;
    return TRUE;
}
