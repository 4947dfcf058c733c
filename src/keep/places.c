#include "keep/places.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "schema/source_sql.h"

guint
tu_captured_position(const TuCaptured *captured)
{
    guint position = 0;
    gboolean found = g_ptr_array_find(captured->group->captured, captured, &position);
    g_assert(found);
    return position;
}

gboolean
tu_batch_take(const TuSnapshot *snapshot, guint limit, TuBatch *ret_batch, GError **error)
{
    const GPtrArray *captured = snapshot->group->captured;
    g_autofree gint64 *up_to = g_new0(gint64, captured->len);
    TuValue value = tu_value_integer(limit);
    ret_batch->is_empty = TRUE;
    for (guint i = 0; i < captured->len; i++) {
        const TuCaptured *table = g_ptr_array_index(captured, i);
        gboolean found = FALSE;
        if (!table->is_captured)
            continue;
        g_autofree char *sql = tu_sql_format("SELECT max(trueup_id) FROM (SELECT trueup_id FROM %I "
                                             "ORDER BY trueup_id LIMIT ?)",
                                             table->log);
        if (!tu_database_integer(snapshot->keeper->db, sql, &value, 1, &found, &up_to[i], error))
            return FALSE;
        if (found)
            ret_batch->is_empty = FALSE;
    }
    ret_batch->up_to = g_steal_pointer(&up_to);
    return TRUE;
}

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    TuPlaceVisit visit;
    gpointer data;
} Visiting;

static gboolean
take_place(const TuValue *row, gpointer data, GError **error)
{
    const Visiting *visiting = data;
    TuPlace place;
    if (!tu_tally_place(visiting->tally, visiting->source, &row[0], &row[1],
                        (int)row[2].integer, &place))
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
        g_autofree char *sql = tu_sql_format("SELECT 1 FROM %I LIMIT 1", captured->log);
        if (!tu_database_integer(tally->snapshot->keeper->db, sql, NULL, 0, &found, &one, error))
            return FALSE;
        *ret_bits |= found ? 1u << i : 0;
    }
    return TRUE;
}

static gboolean
each_entry(Visiting *visiting, const TuBatch *batch, gboolean only_weight_0, GError **error)
{
    const TuCaptured *captured = g_ptr_array_index(visiting->source->tables, 0);
    TuValue up_to = tu_value_integer(batch->up_to[tu_captured_position(captured)]);
    g_autofree char *sql = tu_source_select_entries(visiting->source, only_weight_0);
    return up_to.integer == 0 || tu_rows_each(visiting->tally->snapshot->keeper->db, sql, &up_to, 1,
                                              FALSE, take_place, visiting, error);
}

static gboolean
each_combination(Visiting *visiting, const TuBatch *batch, GError **error)
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
            TuValue up_to = tu_value_integer(
                captured->is_captured ? batch->up_to[tu_captured_position(captured)] : 0);
            if ((chosen & 1u << i) == 0 || up_to.integer == 0)
                continue;
            g_autofree char *sql = tu_source_select_places(source, chosen, i);
            if (!tu_rows_each(visiting->tally->snapshot->keeper->db, sql, &up_to, 1, FALSE,
                              take_place, visiting, error))
                return FALSE;
        }
    }
    return TRUE;
}

gboolean
tu_places_each(TuTally *tally, const TuSourceModel *source, const TuBatch *batch,
               gboolean only_weight_0, TuPlaceVisit visit, gpointer data, GError **error)
{
    Visiting visiting = {tally, source, visit, data};
    gboolean is_ok = source->is_joined ? each_combination(&visiting, batch, error)
                                       : each_entry(&visiting, batch, only_weight_0, error);
    if (!is_ok)
        g_prefix_error(error, "source %s: ", source->spec->name);
    return is_ok;
}
