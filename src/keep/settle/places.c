#include "keep/settle/places.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "keep/fail/unplaced_images.h"
#include "schema/source_sql.h"

guint
tu_captured_position(const TuCaptured *captured)
{
    guint position = 0;
    gboolean found = g_ptr_array_find(captured->group->captured, captured, &position);
    g_assert(found);
    return position;
}

/* An update leaves two images. */
#define ENTRIES_PER_CHANGE 2

/* The last of the first entries, how many those are, and how many of them say what came. Where they
 * are addressed by their place, they come in its order without being sorted (F15). */
static char *
batch_sql(const TuSnapshot *snapshot, const TuCaptured *table)
{
    const TuDialect *dialect = tu_database_dialect(snapshot->keeper->db);
    const char *id = dialect->entry_id;
    g_autofree char *order =
        dialect->has_entry_column ? g_strdup_printf(" ORDER BY %s", id) : g_strdup("");
    return tu_sql_format(
        "SELECT max(e.id), count(*), count(CASE WHEN e.weight > 0 THEN 1 END) "
        "FROM (SELECT %s AS id, trueup_weight AS weight FROM %Q WHERE %s > ?2%s LIMIT ?1) AS e",
        id, table->log, id, order);
}

typedef struct {
    gint64 up_to, n, n_changes;
} Taken;

/* A change has one image or two; which there are more of says how many changes it is at least. */
static gboolean
take_end(const TuValue *row, gpointer data, GError **error)
{
    gint64 n = row[1].integer;
    gint64 n_new = row[2].integer;
    *(Taken *)data =
        (Taken){row[0].type == TU_TYPE_INTEGER ? row[0].integer : 0, n, MAX(n_new, n - n_new)};
    return TRUE;
}

/* The entries of at most `limit` changes: twice as many, if they are updates'. */
static gboolean
take_from(const TuSnapshot *snapshot, const TuCaptured *table, gint64 after, guint limit,
          Taken *ret_taken, GError **error)
{
    TuDatabase *db = snapshot->keeper->db;
    char text[TU_ENTRY_TEXT_BYTES];
    TuValue values[] = {tu_value_integer((gint64)limit * ENTRIES_PER_CHANGE),
                        tu_database_entry_value(db, after, text)};
    g_autofree char *sql = batch_sql(snapshot, table);
    if (!tu_rows_each(db, sql, values, G_N_ELEMENTS(values), FALSE, take_end, ret_taken, error))
        return FALSE;
    if (ret_taken->n_changes <= (gint64)limit)
        return TRUE;
    values[0] = tu_value_integer(limit);
    return tu_rows_each(db, sql, values, G_N_ELEMENTS(values), FALSE, take_end, ret_taken, error);
}

gint64
tu_batch_after(const TuBatch *batch, guint position)
{
    return batch->after != NULL ? batch->after[position] : 0;
}

gboolean
tu_batch_take(const TuSnapshot *snapshot, const gint64 *after, guint limit, TuBatch *ret_batch,
              GError **error)
{
    const GPtrArray *captured = snapshot->group->captured;
    g_autofree gint64 *up_to = g_new0(gint64, captured->len);
    *ret_batch = (TuBatch){.after = after, .is_empty = TRUE};
    for (guint i = 0; i < captured->len; i++) {
        const TuCaptured *table = g_ptr_array_index(captured, i);
        Taken taken = {0};
        if (!table->is_captured)
            continue;
        if (!take_from(snapshot, table, tu_batch_after(ret_batch, i), limit, &taken, error))
            return FALSE;
        up_to[i] = taken.up_to;
        ret_batch->n_entries += taken.n;
        ret_batch->n_changes += taken.n_changes;
        if (taken.n > 0)
            ret_batch->is_empty = FALSE;
    }
    ret_batch->up_to = g_steal_pointer(&up_to);
    return TRUE;
}

static gboolean
take_ends(const TuValue *row, gpointer data, GError **error)
{
    GArray *ends = data;
    for (guint i = 0; i < ends->len; i++)
        if (row[i].type == TU_TYPE_INTEGER)
            g_array_index(ends, gint64, i) = row[i].integer;
    return TRUE;
}

/* Of all logs in one question. */
gboolean
tu_batch_ends(const TuSnapshot *snapshot, gint64 **ret_ends, GError **error)
{
    const GPtrArray *captured = snapshot->group->captured;
    const char *id = tu_database_dialect(snapshot->keeper->db)->entry_id;
    g_autoptr(GArray) ends = g_array_new(FALSE, TRUE, sizeof(gint64));
    g_autoptr(GString) sql = g_string_new("SELECT ");
    g_array_set_size(ends, captured->len);
    for (guint i = 0; i < captured->len; i++) {
        const TuCaptured *table = g_ptr_array_index(captured, i);
        g_string_append(sql, i > 0 ? ", " : "");
        if (table->is_captured)
            tu_sql_append(sql, "(SELECT max(%s) FROM %Q)", id, table->log);
        else
            g_string_append(sql, "NULL");
    }
    if (captured->len > 0 &&
        !tu_rows_each(snapshot->keeper->db, sql->str, NULL, 0, FALSE, take_ends, ends, error))
        return FALSE;
    *ret_ends = (gint64 *)(gpointer)g_array_free(g_steal_pointer(&ends), FALSE);
    return TRUE;
}

/* By any of its series, joined tables included. */
static gboolean
reads_table(const TuSummaryModel *summary, const TuCaptured *captured)
{
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (g_ptr_array_find(series->source->tables, captured, NULL))
            return TRUE;
    }
    return FALSE;
}

/* Weight 2: a trigger that could not say what changed, so every bucket may have (decision 0010). */
gboolean
tu_batch_is_unclear(const TuSnapshot *snapshot, const TuSummaryModel *summary, const TuBatch *batch,
                    gboolean *ret_is_unclear, GError **error)
{
    TuDatabase *db = snapshot->keeper->db;
    *ret_is_unclear = FALSE;
    for (guint i = 0; i < snapshot->group->captured->len && !*ret_is_unclear; i++) {
        const TuCaptured *captured = g_ptr_array_index(snapshot->group->captured, i);
        gint64 one = 0;
        char texts[2][TU_ENTRY_TEXT_BYTES];
        TuValue range[] = {tu_database_entry_value(db, batch->up_to[i], texts[0]),
                           tu_database_entry_value(db, tu_batch_after(batch, i), texts[1])};
        const char *id = tu_database_dialect(db)->entry_id;
        if (batch->up_to[i] == 0 || !reads_table(summary, captured))
            continue;
        g_autofree char *sql = tu_sql_format(
            "SELECT 1 FROM %Q WHERE trueup_weight = 2 AND %s <= ?1 AND %s > ?2 LIMIT 1",
            captured->log, id, id);
        if (!tu_database_integer(db, sql, range, G_N_ELEMENTS(range), ret_is_unclear, &one, error))
            return FALSE;
    }
    return TRUE;
}

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    TuPlaceVisit visit;
    gpointer data;
} Visiting;

/* An image without a place names no bucket, and is counted as such. */
static gboolean
take_place(const TuValue *row, gpointer data, GError **error)
{
    const Visiting *visiting = data;
    TuPlace place;
    if (!tu_tally_place(visiting->tally, visiting->source, &row[0], &row[1], (int)row[2].integer,
                        &place))
        return TRUE;
    return visiting->visit(&place, visiting->source, visiting->data, error);
}

/* Which logs hold anything at this snapshot: a table without images is its rows alone. */
static gboolean
find_logs(const TuTally *tally, const TuSourceModel *source, guint *ret_bits, GError **error)
{
    *ret_bits = 0;
    for (guint i = 0; i < source->tables->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(source->tables, i);
        gboolean found = FALSE;
        gint64 one = 0;
        if (!captured->is_captured)
            continue;
        g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q LIMIT 1", captured->log);
        if (!tu_database_integer(tally->snapshot->keeper->db, sql, NULL, 0, &found, &one, error))
            return FALSE;
        *ret_bits |= found ? 1u << i : 0;
    }
    return TRUE;
}

/* The entries of one log; of a joined source: which tables stand for their images, and whose are
 * the batch's (tu_source_select_places). */
typedef struct {
    const char *sql;
    guint from_images, batch;
} Query;

/* One SELECT over the images of one log with ids from..to. */
static gboolean
each_image(Visiting *visiting, const char *sql, gint64 from, gint64 to, GError **error)
{
    TuDatabase *db = visiting->tally->snapshot->keeper->db;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue range[] = {tu_database_entry_value(db, from, texts[0]),
                       tu_database_entry_value(db, to, texts[1])};
    return tu_rows_each(db, sql, range, G_N_ELEMENTS(range), FALSE, take_place, visiting, error);
}

/* All ids first: each image is then tried behind a mark of its own. */
static gboolean
take_id(const TuValue *row, gpointer data, GError **error)
{
    g_array_append_val(data, row[0].integer);
    return TRUE;
}

gboolean
tu_batch_ids(const TuSnapshot *snapshot, const TuCaptured *captured, gint64 after, gint64 up_to,
             GArray *ids, GError **error)
{
    TuDatabase *db = snapshot->keeper->db;
    const char *id = tu_database_dialect(db)->entry_id;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue range[] = {tu_database_entry_value(db, after, texts[0]),
                       tu_database_entry_value(db, up_to, texts[1])};
    g_autofree char *sql =
        tu_sql_format("SELECT %s FROM %Q WHERE %s > ?1 AND %s <= ?2", id, captured->log, id, id);
    return tu_rows_each(db, sql, range, G_N_ELEMENTS(range), FALSE, take_id, ids, error);
}

/* An image without a place that can be told: in a joined source the broken row may be another
 * table's, and the image's own places stay unknown; alone, a row that cannot be evaluated counts
 * nowhere. What was is no news. */
static gboolean
note_unplaced(Visiting *visiting, const TuCaptured *captured, gint64 id, const char *why,
              GError **error)
{
    TuTally *tally = visiting->tally;
    TuDatabase *db = tally->snapshot->keeper->db;
    TuUncounted *uncounted = &tally->uncounted[visiting->source->spec->index];
    const char *column = tu_database_dialect(db)->entry_id;
    char text[TU_ENTRY_TEXT_BYTES];
    TuValue entry = tu_database_entry_value(db, id, text);
    gboolean found = FALSE;
    gint64 weight = 0;
    if (visiting->source->is_joined) {
        uncounted->is_incomplete = TRUE;
        return TRUE;
    }
    g_autofree char *sql =
        tu_sql_format("SELECT trueup_weight FROM %Q WHERE %s = ?1", captured->log, column);
    if (!tu_database_integer(db, sql, &entry, 1, &found, &weight, error))
        return FALSE;
    uncounted->without_time += weight;
    if (weight >= 0)
        tu_tally_note_unplaced(tally, visiting->source, why);
    return TRUE;
}

/* The same image by image, leaving out those that the database cannot evaluate. */
static gboolean
each_sound_image(Visiting *visiting, const TuCaptured *captured, const char *sql, gint64 after,
                 gint64 up_to, GError **error)
{
    TuSnapshot *snapshot = visiting->tally->snapshot;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!tu_batch_ids(snapshot, captured, after, up_to, ids, error))
        return FALSE;
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) local = NULL;
        gint64 id = g_array_index(ids, gint64, i);
        if (!tu_transaction_mark(&snapshot->txn, error))
            return FALSE;
        if (each_image(visiting, sql, id, id, &local))
            continue;
        if (!tu_error_is(local, TU_ERROR_DATABASE)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (!tu_transaction_back(&snapshot->txn, error))
            return FALSE;
        if (!note_unplaced(visiting, captured, id, local->message, error))
            return FALSE;
    }
    return TRUE;
}

/* Of a joined source what fails is left out; where that cannot be told, and of one table, each
 * image is tried for itself. */
static gboolean
each_sound(Visiting *visiting, const TuCaptured *captured, const Query *query, gint64 after,
           gint64 up_to, const char *why, GError **error)
{
    TuDatabase *db = visiting->tally->snapshot->keeper->db;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    TuValue range[] = {tu_database_entry_value(db, after + 1, texts[0]),
                       tu_database_entry_value(db, up_to, texts[1])};
    const TuUnplacedImages images = {visiting->source, query->from_images, query->batch, range,
                                     why};
    gboolean is_given = FALSE;
    if (visiting->source->is_joined &&
        !tu_unplaced_images_each(visiting->tally, &images, take_place, visiting, &is_given, error))
        return FALSE;
    return is_given || each_sound_image(visiting, captured, query->sql, after, up_to, error);
}

/* All in one scan as long as the database can evaluate it; where it cannot, the error has spoilt
 * the transaction up to the mark. */
static gboolean
each_of_batch(Visiting *visiting, const TuCaptured *captured, const TuBatch *batch,
              const Query *query, gboolean is_tolerant, GError **error)
{
    g_autoptr(GError) local = NULL;
    guint position = captured->is_captured ? tu_captured_position(captured) : 0;
    gint64 up_to = captured->is_captured ? batch->up_to[position] : 0;
    gint64 after = tu_batch_after(batch, position);
    TuSnapshot *snapshot = visiting->tally->snapshot;
    if (is_tolerant && !tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (up_to == 0 || each_image(visiting, query->sql, after + 1, up_to, &local))
        return TRUE;
    if (is_tolerant && tu_error_is(local, TU_ERROR_DATABASE))
        return tu_transaction_back(&snapshot->txn, error) &&
               each_sound(visiting, captured, query, after, up_to, local->message, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* Each choice of "the table or its images" that holds an image: a change of one table meets the
 * rows of the others as they are and as they were (I-3). A table whose log is empty is never
 * chosen. */
static gboolean
each_combination(Visiting *visiting, const TuBatch *batch, gboolean is_tolerant, GError **error)
{
    const TuSourceModel *source = visiting->source;
    guint with_images = 0;
    if (!find_logs(visiting->tally, source, &with_images, error))
        return FALSE;
    for (guint chosen = 1; chosen < 1u << source->tables->len; chosen++) {
        if ((chosen & ~with_images) != 0)
            continue;
        for (guint i = 0; i < source->tables->len; i++) {
            const TuCaptured *captured = g_ptr_array_index(source->tables, i);
            if ((chosen & 1u << i) == 0)
                continue;
            g_autofree char *sql = tu_source_select_places(
                source, tu_database_dialect(visiting->tally->snapshot->keeper->db), chosen, i);
            const Query query = {sql, chosen, i};
            if (!each_of_batch(visiting, captured, batch, &query, is_tolerant, error))
                return FALSE;
        }
    }
    return TRUE;
}

gboolean
tu_places_each(TuTally *tally, const TuSourceModel *source, const TuBatch *batch, TuEntries entries,
               TuPlaceVisit visit, gpointer data, GError **error)
{
    Visiting visiting = {tally, source, visit, data};
    gboolean is_tolerant = entries == TU_ENTRIES_ANY_PLACE;
    gboolean is_ok = FALSE;
    if (source->problem != NULL)
        return TRUE; /* it is all of its series': keep/fail/failing.h */
    if (source->is_joined) {
        is_ok = each_combination(&visiting, batch, is_tolerant, error);
    } else {
        g_autofree char *sql = tu_source_select_entries(
            source, tu_database_dialect(tally->snapshot->keeper->db), entries);
        const Query query = {.sql = sql};
        is_ok = each_of_batch(&visiting, g_ptr_array_index(source->tables, 0), batch, &query,
                              is_tolerant, error);
    }
    if (!is_ok)
        g_prefix_error(error, "source %s: ", source->spec->name);
    return is_ok;
}
