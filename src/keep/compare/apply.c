#include "keep/compare/apply.h"

#include "db/given.h"
#include "db/sql.h"
#include "db/stop.h"
#include "keep/keyed/keyed.h"
#include "keep/compare/order.h"
#include "time/instant.h"

/* Writers poll for SQLite's lock at most 100 ms apart; after this much holding they get their
 * turn. Where a server keeps a queue, a commit is enough. */
#define HOLD_LIMIT_US (1500 * 1000)
#define BREATHE_US (150 * 1000)

/* The cells to write of one table, in order, and how far writing has come. */
typedef struct {
    const TuSummaryTable *table;
    GArray *cells; /* of TuOrdered */
    guint next;
    guint n_committed;            /* of them; the others are lost if the transaction is */
    TuBulk *fresh, *known, *gone; /* rows that are not there yet; that are; that are to go */
    TuGiven *placed;              /* rows whose place is known; NULL: none was written yet */
} TableWriter;

typedef struct {
    TuSnapshot *snapshot;
    TuChanges *changes;
    TuTally *tally;
    GArray *writers; /* of TableWriter */
    TuOrder order;
    TuValue *values;
    gint64 n_written;
    gint64 held_us;
    gboolean knows_places; /* in the transaction that read them (TuChanges) */
} Writing;

static void
writer_clear(gpointer data)
{
    TableWriter *writer = data;
    g_array_unref(writer->cells);
    tu_bulk_free(writer->fresh);
    tu_bulk_free(writer->known);
    tu_bulk_free(writer->gone);
    tu_given_free(writer->placed);
}

static void
writing_clear(Writing *writing)
{
    g_array_unref(writing->writers);
    tu_order_clear(&writing->order);
    g_free(writing->values);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writing, writing_clear)

/* The bulks share the table's columns: what goes needs its key only. */
static void
add_writer(Writing *writing, const TuSummaryTable *table)
{
    TuDatabase *db = writing->snapshot->keeper->db;
    const TuSummaryModel *summary = table->summary;
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    const TuBulkColumn *first = &g_array_index(columns, TuBulkColumn, 0);
    TableWriter writer = {
        .table = table,
        .cells = g_array_new(FALSE, FALSE, sizeof(TuOrdered)),
        .fresh = tu_bulk_new(db, table->name, first, columns->len, TU_BULK_NEW),
        .known = tu_bulk_new(db, table->name, first, columns->len, TU_BULK_KNOWN),
        .gone =
            tu_bulk_new(db, table->name, first, tu_summary_table_key_values(table), TU_BULK_GONE),
    };
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        tu_order_add_target(&writing->order, (guint)series->target[table->grain], writer.cells);
    }
    g_array_append_val(writing->writers, writer);
}

static void
sort_all(Writing *writing)
{
    g_autoptr(GPtrArray) lists = g_ptr_array_new();
    for (guint w = 0; w < writing->writers->len; w++)
        g_ptr_array_add(lists, g_array_index(writing->writers, TableWriter, w).cells);
    tu_order_sort(&writing->order, lists);
}

/* A table of which nothing is known to change has no writer, and its bulks are never prepared. */
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

/* Sorting comes before the transaction: while it runs, nobody waits for a lock. */
static void
writing_init(Writing *writing, TuSnapshot *snapshot, TuChanges *changes)
{
    const TuGroup *group = snapshot->group;
    guint most_values = 0;
    *writing = (Writing){.snapshot = snapshot, .changes = changes, .tally = changes->tally};
    writing->writers = g_array_new(FALSE, TRUE, sizeof(TableWriter));
    g_array_set_clear_func(writing->writers, writer_clear);
    tu_order_init(&writing->order, changes->tally);
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            const TuSummaryTable *table = summary->tables[grain];
            if (table == NULL || !table_is_touched(writing, table))
                continue;
            most_values = MAX(most_values, tu_summary_table_values(table));
            add_writer(writing, table);
        }
    }
    sort_all(writing);
    writing->values = g_new(TuValue, most_values + 1);
}

/* ---- statements of one transaction ---- */

/* The first statement of each transaction that writes, and what makes it exact: whoever read an
 * older turn changes no row here and has decided for nothing (I-2). Its lock keeps others out until
 * the commit. */
static gboolean
take_turn(TuSnapshot *snapshot, GError **error)
{
    gint64 n = 0;
    TuValue values[] = {tu_value_text(snapshot->group->name), tu_value_integer(snapshot->turn)};
    if (!tu_database_run(snapshot->keeper->db,
                         "UPDATE trueup_group SET turn = turn + 1 WHERE name = ?1 AND turn = ?2",
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

/* What was read is written in the transaction that read it where the database must (entries of the
 * log have no lasting name there), else in a short one of its own. */
static gboolean
begin(TuTransaction *txn, Writing *writing, GError **error)
{
    TuSnapshot *snapshot = writing->snapshot;
    TuDatabase *db = snapshot->keeper->db;
    gboolean goes_on = snapshot->txn.db != NULL && !writing->changes->may_split &&
                       tu_database_dialect(db)->applies_at_snapshot;
    writing->knows_places = goes_on;
    if (goes_on) {
        *txn = snapshot->txn;
        snapshot->txn = TU_TRANSACTION_INIT;
    } else {
        tu_snapshot_end(snapshot);
    }
    const char *begin_writing = tu_database_dialect(db)->begin_writing;
    gboolean is_ready = !goes_on                ? tu_transaction_begin_write(txn, db, error)
                        : begin_writing != NULL ? tu_database_execute(db, begin_writing, error)
                                                : TRUE;
    return is_ready && take_turn(snapshot, error);
}

/* What is written for good is not written again, if a later part cannot be and the changes are
 * applied once more without some of its cells (keep/fail/unwritable.h). */
static void
note_committed(Writing *writing)
{
    for (guint w = 0; w < writing->writers->len; w++) {
        TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
        for (; writer->n_committed < writer->next; writer->n_committed++)
            tu_order_cell(&writing->order, writer->cells, writer->n_committed)->mark = TU_MARK_SAME;
    }
    writing->changes->n_written += writing->n_written;
    writing->n_written = 0;
}

/* A commit whose answer is lost may have happened: the next snapshot sees which, by the turn. */
static gboolean
commit(TuTransaction *txn, Writing *writing, GError **error)
{
    if (!tu_stop("apply.before_commit", error) ||
        !tu_keeper_may_go_on(writing->snapshot->keeper, error) ||
        !tu_transaction_commit(txn, error))
        return FALSE;
    writing->snapshot->turn++;
    note_committed(writing);
    return tu_stop("apply.after_commit", error);
}

/* ---- removing rows ---- */

/* By the key as it is stored, a bucket's own text included where it names none (a row that somebody
 * else wrote). */
static gboolean
delete_row(Writing *writing, TableWriter *writer, const TuDelete *row, GError **error)
{
    const TuDictionary *dictionary = tu_cells_dictionary(writing->tally->cells);
    const TuSummary *spec = row->table->summary->spec;
    char text[TU_INSTANT_TEXT_BYTES];
    guint n = 0;
    writing->n_written++;
    if (spec->series_column != NULL)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[0]);
    if (spec->has_tenant)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[1]);
    writing->values[n++] = row->has_bucket
                               ? tu_database_bucket_value(writing->snapshot->keeper->db,
                                                          row->table->grain, row->bucket, text)
                               : tu_dictionary_value(dictionary, row->key[2]);
    for (guint i = 0; i < spec->dimensions->len; i++)
        writing->values[n++] = tu_dictionary_value(dictionary, row->key[3 + i]);
    return tu_bulk_add(writer->gone, writing->values, error);
}

/* Through the writer of the row's table: one prepared statement each. */
static gboolean
delete_rows(Writing *writing, GError **error)
{
    const GArray *deletes = writing->changes->deletes;
    for (guint w = 0; w < writing->writers->len; w++) {
        TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
        for (guint i = 0; i < deletes->len; i++) {
            const TuDelete *row = &g_array_index(deletes, TuDelete, i);
            if (writer->table == row->table && !delete_row(writing, writer, row, error))
                return FALSE;
        }
        if (!tu_bulk_finish(writer->gone, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- writing cells ---- */

static gboolean
add_cell(Writing *writing, TuBulk *bulk, guint target, TuCell *cell, GError **error)
{
    char text[TU_INSTANT_TEXT_BYTES];
    tu_stored_values(writing->tally, target, cell, text, writing->values);
    writing->n_written++;
    return tu_bulk_add(bulk, writing->values, error);
}

/* Leaves NULL where a column's type cannot be given. */
static gboolean
prepare_placed(Writing *writing, TableWriter *writer, GError **error)
{
    if (writer->placed != NULL)
        return TRUE;
    g_autoptr(GArray) columns = tu_summary_table_columns(writer->table);
    return tu_given_new(writing->snapshot->keeper->db, TU_GIVEN_CHANGE_AT, writer->table->name,
                        &g_array_index(columns, TuBulkColumn, 0), columns->len, 0, NULL,
                        &writer->placed, error);
}

/* A row that lies where the snapshot found it is not looked for again. */
static gboolean
change_cell(Writing *writing, TableWriter *writer, const TuOrdered *ordered, TuCell *cell,
            GError **error)
{
    gint64 place = tu_changes_place(writing->changes, ordered->target, ordered->cell);
    char text[TU_INSTANT_TEXT_BYTES];
    if (place == 0 || !writing->knows_places)
        return add_cell(writing, writer->known, ordered->target, cell, error);
    if (!prepare_placed(writing, writer, error))
        return FALSE;
    if (writer->placed == NULL)
        return add_cell(writing, writer->known, ordered->target, cell, error);
    tu_stored_values(writing->tally, ordered->target, cell, text, writing->values);
    writing->n_written++;
    return tu_given_add_at(writer->placed, place, writing->values, error) &&
           (!tu_given_is_full(writer->placed) || tu_given_run(writer->placed, error));
}

static gboolean
take_cell_away(Writing *writing, TableWriter *writer, guint target, const TuCell *cell,
               GError **error)
{
    char text[TU_INSTANT_TEXT_BYTES];
    tu_stored_key(writing->tally, target, cell, text, writing->values);
    writing->n_written++;
    return tu_bulk_add(writer->gone, writing->values, error);
}

/* The cells of the tenants up to `rank`: the new ones first, which some databases copy in. */
static gboolean
write_table(Writing *writing, TableWriter *writer, guint32 rank, GError **error)
{
    guint end = writer->next;
    guint n_others = 0;
    for (; end < writer->cells->len; end++) {
        const TuOrdered *ordered = &g_array_index(writer->cells, TuOrdered, end);
        if (ordered->tenant_rank > rank)
            break;
        TuCell *cell = tu_order_cell(&writing->order, writer->cells, end);
        n_others += cell->mark != TU_MARK_NEW;
        if (cell->mark == TU_MARK_NEW &&
            !add_cell(writing, writer->fresh, ordered->target, cell, error))
            return FALSE;
    }
    if (!tu_bulk_finish(writer->fresh, error))
        return FALSE;
    for (; n_others > 0 && writer->next < end; writer->next++) {
        const TuOrdered *ordered = &g_array_index(writer->cells, TuOrdered, writer->next);
        TuCell *cell = tu_order_cell(&writing->order, writer->cells, writer->next);
        if (cell->mark == TU_MARK_WRITE && !change_cell(writing, writer, ordered, cell, error))
            return FALSE;
        if (cell->mark == TU_MARK_GONE &&
            !take_cell_away(writing, writer, ordered->target, cell, error))
            return FALSE;
    }
    writer->next = end;
    return (writer->placed == NULL || tu_given_run(writer->placed, error)) &&
           tu_bulk_finish(writer->known, error) && tu_bulk_finish(writer->gone, error);
}

/* ---- the log, and trueup's own tables ---- */

/* In the transaction that writes what they say: an entry is never both settled and there (I-1). */
static gboolean
delete_entries(Writing *writing, GError **error)
{
    const GArray *settled = writing->changes->settled;
    for (guint i = 0; i < settled->len; i++) {
        const TuSettledLog *log = &g_array_index(settled, TuSettledLog, i);
        if (!tu_database_delete_entries(writing->snapshot->keeper->db, log->captured->log,
                                        log->after, log->up_to, log->ids, error))
            return FALSE;
    }
    return TRUE;
}

/* `n_changed` is that of the statement before: an INSERT may be meant for where an UPDATE found
 * none. */
static gboolean
run_statements(Writing *writing, gboolean are_shared, GError **error)
{
    const GArray *statements = writing->changes->statements;
    gint64 n_changed = 0;
    for (guint i = 0; i < statements->len; i++) {
        const TuBoundStatement *statement = &g_array_index(statements, TuBoundStatement, i);
        if (statement->is_shared != are_shared || (statement->only_if_none && n_changed > 0))
            continue;
        if (!tu_database_run(writing->snapshot->keeper->db, statement->sql, statement->values,
                             statement->n_values, &n_changed, error))
            return FALSE;
    }
    return TRUE;
}

/* Rows that other groups' workers write as well: in a transaction that began with its snapshot, one
 * of the two would have to be thrown away. They are sums for people, so they come after it, and may
 * be lost in a crash. */
static gboolean
write_shared(Writing *writing, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    return tu_transaction_begin_write(&txn, writing->snapshot->keeper->db, error) &&
           run_statements(writing, TRUE, error) && tu_transaction_commit(&txn, error);
}

/* What was recomputed leaves the pending list. */
static gboolean
delete_done(Writing *writing, GError **error)
{
    static const TuBulkColumn columns[] = {{"id", TU_PUT_KEY, FALSE, NULL}};
    const GArray *done = writing->changes->done;
    TuDatabase *db = writing->snapshot->keeper->db;
    g_autofree char *name = tu_database_control_name(db, "trueup_pending");
    g_autoptr(TuBulk) bulk = tu_bulk_new(db, name, columns, G_N_ELEMENTS(columns), TU_BULK_GONE);
    for (guint i = 0; i < done->len; i++) {
        TuValue id = tu_value_integer(g_array_index(done, gint64, i));
        if (!tu_bulk_add(bulk, &id, error))
            return FALSE;
    }
    return tu_bulk_finish(bulk, error);
}

/* A row that is there already keeps its attempts, and its error unless there is one now. */
static gboolean
write_pending(Writing *writing, GError **error)
{
    static const TuBulkColumn columns[] = {
        {"source", TU_PUT_KEY, FALSE, NULL},     {"summary", TU_PUT_KEY, FALSE, NULL},
        {"tenant_key", TU_PUT_KEY, FALSE, NULL}, {"bucket", TU_PUT_KEY, FALSE, NULL},
        {"tenant", TU_PUT_KEEP, FALSE, NULL},    {"next_attempt_at", TU_PUT_NEW, FALSE, NULL},
        {"error", TU_PUT_IF_GIVEN, FALSE, NULL}, {"noted_at", TU_PUT_KEEP, FALSE, NULL},
    };
    TuDatabase *db = writing->snapshot->keeper->db;
    g_autofree char *name = tu_database_control_name(db, "trueup_pending");
    g_autoptr(TuBulk) bulk = tu_bulk_new(db, name, columns, G_N_ELEMENTS(columns), TU_BULK_ANY);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, writing->changes->pending);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TuPendingRow *row = key;
        TuValue values[] = {tu_value_text(row->source->spec->name),
                            tu_value_text(row->summary->spec->name),
                            tu_value_text(row->tenant_key),
                            tu_value_text(row->bucket),
                            row->tenant,
                            TU_NULL_VALUE,
                            tu_value_text(row->problem),
                            tu_keeper_now()};
        if (!tu_bulk_add(bulk, values, error))
            return FALSE;
    }
    return tu_bulk_finish(bulk, error);
}

/* ---- the whole ---- */

/* The lowest tenant that is still to be written; FALSE: none. */
static gboolean
next_tenant(const Writing *writing, const guint *next, guint32 *ret_rank)
{
    gboolean found = FALSE;
    for (guint w = 0; w < writing->writers->len; w++) {
        const TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
        if (next[w] >= writer->cells->len)
            continue;
        guint32 rank = g_array_index(writer->cells, TuOrdered, next[w]).tenant_rank;
        *ret_rank = found ? MIN(*ret_rank, rank) : rank;
        found = TRUE;
    }
    return found;
}

/* Which tenants the next transaction writes: whole ones, as many as it should hold. FALSE: all are
 * written. */
static gboolean
next_part(const Writing *writing, guint32 *ret_rank)
{
    guint most = writing->changes->may_split
                     ? tu_database_dialect(writing->snapshot->keeper->db)->cells_per_transaction
                     : G_MAXUINT;
    g_autofree guint *next = g_new(guint, writing->writers->len + 1);
    guint n = 0;
    guint32 rank = 0;
    for (guint w = 0; w < writing->writers->len; w++)
        next[w] = g_array_index(writing->writers, TableWriter, w).next;
    while (n < most && next_tenant(writing, next, &rank)) {
        *ret_rank = rank;
        for (guint w = 0; w < writing->writers->len; w++) {
            const TableWriter *writer = &g_array_index(writing->writers, TableWriter, w);
            for (; next[w] < writer->cells->len &&
                   g_array_index(writer->cells, TuOrdered, next[w]).tenant_rank == rank;
                 next[w]++)
                n++;
        }
    }
    return n > 0;
}

/* Ends the transaction, lets other writers in when they may have waited long, begins the next. */
static gboolean
split(TuTransaction *txn, Writing *writing, gint64 *began_us, GError **error)
{
    if (!commit(txn, writing, error))
        return FALSE;
    writing->held_us += g_get_monotonic_time() - *began_us;
    gboolean have_queue = tu_database_dialect(writing->snapshot->keeper->db)->is_served;
    if (writing->held_us > HOLD_LIMIT_US && !have_queue) {
        g_usleep(BREATHE_US);
        writing->held_us = 0;
    }
    *began_us = g_get_monotonic_time();
    return tu_keeper_may_go_on(writing->snapshot->keeper, error) && begin(txn, writing, error);
}

/* Rows that go are deleted in the last part, together with whatever the caller writes beside
 * cells. */
static gboolean
write_cells(TuTransaction *txn, Writing *writing, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    guint32 rank = 0;
    for (gboolean is_first = TRUE; next_part(writing, &rank); is_first = FALSE) {
        if (!is_first && !split(txn, writing, &began_us, error))
            return FALSE;
        for (guint w = 0; w < writing->writers->len; w++)
            if (!write_table(writing, &g_array_index(writing->writers, TableWriter, w), rank,
                             error))
                return FALSE;
    }
    return delete_rows(writing, error) && tu_stop("cells.written", error);
}

static gboolean
write_keyed(Writing *writing, GError **error)
{
    const GPtrArray *changes = writing->changes->keyed;
    for (guint i = 0; i < changes->len; i++)
        if (!tu_keyed_write(writing->snapshot->keeper, g_ptr_array_index(changes, i),
                            &writing->n_written, error))
            return FALSE;
    return TRUE;
}

static gboolean
has_shared(const TuChanges *changes)
{
    for (guint i = 0; i < changes->statements->len; i++)
        if (g_array_index(changes->statements, TuBoundStatement, i).is_shared)
            return TRUE;
    return FALSE;
}

/* One transaction, unless the cells may be split: then each part takes a turn of its own, and the
 * last one has all that is not cells, so that a crash between them only leaves work to do again. */
gboolean
tu_apply(TuSnapshot *snapshot, TuChanges *changes, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_auto(Writing) writing = {0};
    gboolean is_later = tu_database_dialect(snapshot->keeper->db)->applies_at_snapshot;
    writing_init(&writing, snapshot, changes);
    if (!begin(&txn, &writing, error) || !write_cells(&txn, &writing, error) ||
        !write_keyed(&writing, error) || !delete_entries(&writing, error) ||
        !run_statements(&writing, FALSE, error) || !delete_done(&writing, error) ||
        !write_pending(&writing, error) || (!is_later && !run_statements(&writing, TRUE, error)) ||
        !commit(&txn, &writing, error))
        return FALSE;
    return !is_later || !has_shared(changes) || write_shared(&writing, error);
}
