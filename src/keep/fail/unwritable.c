#include "keep/fail/unwritable.h"

#include "db/bulk.h"
#include "keep/fail/bisect.h"
#include "time/instant.h"

typedef struct {
    guint target;
    TuCell *cell;
} Candidate;

typedef struct {
    TuChanges *changes;
    TuResult *result;
    const TuSummaryTable *table;
    GArray *candidates; /* of Candidate, all of the table's */
    const char *why;    /* of what was tried before it was halved */
    guint n_probes, n_found;
} Search;

/* Of very many cells that fail together a person reads a few; all their buckets are on the list. */
#define NAMED_LIMIT 200

static void
find_candidates(Search *search)
{
    const TuSummaryModel *summary = search->table->summary;
    g_array_set_size(search->candidates, 0);
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        Candidate candidate = {(guint)series->target[search->table->grain], NULL};
        const TuCellTable *cells = tu_cells_table(search->changes->tally->cells, candidate.target);
        for (guint32 i = 0; i < tu_cell_table_size(cells); i++) {
            candidate.cell = tu_cell_table_cell(cells, i);
            if (candidate.cell->mark == TU_MARK_NEW || candidate.cell->mark == TU_MARK_WRITE)
                g_array_append_val(search->candidates, candidate);
        }
    }
}

/* Writes some of them as they would be written; nothing of it stays. */
static gboolean
try_cells(const Search *search, guint first, guint n, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuTally *tally = search->changes->tally;
    TuDatabase *db = tally->snapshot->keeper->db;
    g_autoptr(GArray) columns = tu_summary_table_columns(search->table);
    const TuBulkColumn *column = &g_array_index(columns, TuBulkColumn, 0);
    g_autofree TuValue *values = g_new(TuValue, tu_summary_table_values(search->table) + 1);
    g_autoptr(TuBulk) fresh =
        tu_bulk_new(db, search->table->name, column, columns->len, TU_BULK_NEW);
    g_autoptr(TuBulk) known =
        tu_bulk_new(db, search->table->name, column, columns->len, TU_BULK_KNOWN);
    if (!tu_transaction_begin_write(&txn, db, error))
        return FALSE;
    for (guint i = first; i < first + n; i++) {
        const Candidate *candidate = &g_array_index(search->candidates, Candidate, i);
        char text[TU_INSTANT_TEXT_BYTES];
        tu_stored_values(tally, candidate->target, candidate->cell, text, values);
        if (!tu_bulk_add(candidate->cell->mark == TU_MARK_NEW ? fresh : known, values, error))
            return FALSE;
    }
    return tu_bulk_finish(fresh, error) && tu_bulk_finish(known, error);
}

static void
set_aside(Search *search, const Candidate *candidate)
{
    TuTally *tally = search->changes->tally;
    const TuSeriesModel *series = tally->snapshot->group->targets[candidate->target].series;
    TuCell *cell = candidate->cell;
    TuValue tenant = tu_dictionary_value(tu_cells_dictionary(tally->cells), cell->tenant);
    cell->mark = TU_MARK_LEAVE;
    tu_changes_add_pending(search->changes, series->source, series->summary, &tenant,
                           tu_tally_unit_in(tally, candidate->target, cell->tenant, cell->bucket),
                           search->why);
    if (search->n_found++ < NAMED_LIMIT)
        tu_result_fail_bucket(search->result, series->summary, &tenant, search->table->grain,
                              cell->bucket, search->why);
}

/* What is left when too much was tried is given up whole. */
static gboolean
look(Search *search, guint first, guint n, GError **error)
{
    g_autoptr(GError) problem = NULL;
    const char *before = search->why;
    gboolean may_try = before == NULL || search->n_probes++ < TU_BISECT_PROBES;
    if (n == 0 || (may_try && try_cells(search, first, n, &problem)))
        return TRUE;
    if (problem != NULL && !tu_bisect_may_help(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    gboolean is_ok = TRUE;
    search->why = problem != NULL ? problem->message : before;
    if (n > 1 && may_try)
        is_ok = look(search, first, n / 2, error) && look(search, first + n / 2, n - n / 2, error);
    else
        for (guint i = first; i < first + n; i++)
            set_aside(search, &g_array_index(search->candidates, Candidate, i));
    search->why = before; /* the message goes */
    return is_ok;
}

gboolean
tu_unwritable_set_aside(TuChanges *changes, TuResult *result, gboolean *ret_found, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    Search search = {changes, result, NULL, candidates, NULL, 0, 0};
    *ret_found = FALSE;
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        search.n_found = 0;
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            search.table = summary->tables[grain];
            if (search.table == NULL)
                continue;
            find_candidates(&search);
            if (!look(&search, 0, candidates->len, error))
                return FALSE;
        }
        if (search.n_found > NAMED_LIMIT) {
            g_autofree char *others =
                g_strdup_printf("%u more cells could not be written", search.n_found - NAMED_LIMIT);
            tu_result_fail(result, summary->spec->name, NULL, others);
        }
        *ret_found = *ret_found || search.n_found > 0;
    }
    return TRUE;
}
