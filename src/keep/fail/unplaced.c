#include "keep/fail/unplaced.h"

#include "keep/fail/bisect.h"

/* Where more fail, the expression does not fit the column, and is an error. */
#define ADDRESSES_MOST 200

struct TuUnplaced {
    const TuSourceModel *source;
    GPtrArray *parts; /* of TuPlacePart: those that some row fails in */
    GPtrArray *found; /* of GArray of gint64: the addresses in each */
    GArray *left_out; /* of TuLeftOut: the same for a statement */
    gint64 n_rows;    /* of tables or, where a part reads several, of those joined */
    char *why;        /* what the database said of one of them */
};

void
tu_unplaced_free(TuUnplaced *unplaced)
{
    if (unplaced == NULL)
        return;
    g_ptr_array_unref(unplaced->parts);
    g_ptr_array_unref(unplaced->found);
    g_array_unref(unplaced->left_out);
    g_free(unplaced->why);
    g_free(unplaced);
}

static TuUnplaced *
unplaced_new(const TuSourceModel *source, const char *why)
{
    TuUnplaced *unplaced = g_new0(TuUnplaced, 1);
    unplaced->source = source;
    unplaced->parts = g_ptr_array_new_with_free_func((GDestroyNotify)tu_place_part_free);
    unplaced->found = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    unplaced->left_out = g_array_new(FALSE, FALSE, sizeof(TuLeftOut));
    unplaced->why = g_strdup(why);
    return unplaced;
}

const TuSourceModel *
tu_unplaced_source(const TuUnplaced *unplaced)
{
    return unplaced->source;
}

const TuLeftOut *
tu_unplaced_left_out(const TuUnplaced *unplaced, guint *ret_n)
{
    *ret_n = unplaced->left_out->len;
    return &g_array_index(unplaced->left_out, TuLeftOut, 0);
}

guint
tu_unplaced_size(const TuUnplaced *unplaced)
{
    guint n = 0;
    for (guint i = 0; i < unplaced->found->len; i++)
        n += ((const GArray *)g_ptr_array_index(unplaced->found, i))->len;
    return n;
}

void
tu_unplaced_values(const TuUnplaced *unplaced, const TuDatabase *db,
                   char (*texts)[TU_ENTRY_TEXT_BYTES], TuValue *ret_values)
{
    guint n = 0;
    for (guint p = 0; p < unplaced->parts->len; p++) {
        const GArray *found = g_ptr_array_index(unplaced->found, p);
        for (guint i = 0; i < found->len; i++, n++)
            ret_values[n] = tu_unplaced_address(g_ptr_array_index(unplaced->parts, p), db,
                                                g_array_index(found, gint64, i), texts[n]);
    }
}

/* ---- finding them ---- */

/* Takes the part over. */
static gboolean
find_in_part(TuSnapshot *snapshot, TuUnplaced *unplaced, TuPlacePart *taken, GError **error)
{
    g_autoptr(TuPlacePart) part = taken;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gint64));
    const TuUnplacedSearch search = {.snapshot = snapshot,
                                     .source = unplaced->source,
                                     .part = part,
                                     .from = part->from,
                                     .why = unplaced->why,
                                     .most = ADDRESSES_MOST};
    if (!tu_unplaced_search(&search, found, &unplaced->n_rows, error))
        return FALSE;
    if (found->len == 0)
        return TRUE;
    TuLeftOut left_out = {part->address, found->len};
    g_array_append_val(unplaced->left_out, left_out);
    g_ptr_array_add(unplaced->parts, g_steal_pointer(&part));
    g_ptr_array_add(unplaced->found, g_steal_pointer(&found));
    return TRUE;
}

/* Where so many cannot be evaluated, a person looks at the expression. */
static gboolean
find_all(TuSnapshot *snapshot, TuUnplaced *unplaced, GError **error)
{
    const TuDialect *dialect = tu_database_dialect(snapshot->keeper->db);
    g_autoptr(GPtrArray) parts = tu_place_parts(unplaced->source, dialect);
    while (parts->len > 0)
        if (!find_in_part(snapshot, unplaced, g_ptr_array_steal_index(parts, 0), error))
            return FALSE;
    return TRUE;
}

/* Of one table it was another expression's, of the series; of a join it is an ON that cannot be
 * evaluated: nothing of the source can be read. FALSE always. */
static gboolean
give_up(const TuSourceModel *source, GError *why, GError **error)
{
    if (source->is_joined)
        why->code = TU_ERROR_ROWS;
    g_propagate_error(error, why);
    return FALSE;
}

gboolean
tu_unplaced_find(TuTally *tally, const TuSourceModel *source, GError *why,
                 TuUnplaced **ret_unplaced, GError **error)
{
    g_autoptr(GError) own = why;
    if (!tu_bisect_may_help(own)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return FALSE;
    }
    g_autoptr(TuUnplaced) unplaced = unplaced_new(source, own->message);
    g_autoptr(GError) local = NULL;
    if (!tu_transaction_back(&tally->snapshot->txn, error))
        return FALSE;
    gboolean is_found = find_all(tally->snapshot, unplaced, &local);
    if (!is_found && !tu_bisect_may_help(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!is_found && !tu_transaction_back(&tally->snapshot->txn, error))
        return FALSE;
    if (!is_found || unplaced->parts->len == 0)
        return give_up(source, g_steal_pointer(&own), error);
    *ret_unplaced = g_steal_pointer(&unplaced);
    return TRUE;
}

/* In every summary of the source, since a count is too small wherever the row belonged. */
void
tu_unplaced_tell(const TuUnplaced *unplaced, TuResult *result)
{
    gboolean is_one = unplaced->n_rows == 1;
    g_autofree char *text =
        g_strdup_printf("%" G_GINT64_FORMAT " row%s whose tenant or time cannot be evaluated "
                        "count%s nowhere until corrected: %s",
                        unplaced->n_rows, is_one ? "" : "s", is_one ? "s" : "", unplaced->why);
    tu_result_fail_source(result, unplaced->source, text);
}
