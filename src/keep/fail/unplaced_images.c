#include "keep/fail/unplaced_images.h"

#include "db/sql.h"
#include "keep/fail/bisect.h"

/* Each is some dozens of statements in a turn that others wait for; there is another way. */
#define ADDRESSES_MOST 20

/* The query's parameters, then the addresses that were found. */
static TuValue *
values_of(const TuUnplacedImages *images, const GArray *found)
{
    TuValue *values = g_new(TuValue, found->len + 2);
    values[0] = images->range[0];
    values[1] = images->range[1];
    for (guint i = 0; i < found->len; i++)
        values[i + 2] = tu_value_integer(g_array_index(found, gint64, i));
    return values;
}

static gboolean
give_others(TuTally *tally, const TuUnplacedImages *images, const TuPlacePart *part,
            const char *from, const GArray *found, TuRowVisit visit, gpointer data, GError **error)
{
    const TuLeftOut left_out = {part->address, found->len};
    g_autofree char *asked = tu_place_part_asked(images->source, part);
    g_autofree TuValue *values = values_of(images, found);
    g_autoptr(GString) sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT %s, 0 FROM %s WHERE CASE WHEN ", asked, from);
    tu_source_append_left_out(sql, 3, &left_out, 1);
    g_string_append(sql, " THEN 0 ELSE 1 END = 1");
    return tu_rows_each(tally->snapshot->keeper->db, sql->str, values, found->len + 2, FALSE, visit,
                        data, error);
}

/* What was so and is mended is no news: it left images of weight -1 alone. */
static gboolean
tell(TuTally *tally, const TuUnplacedImages *images, const TuPlacePart *part, const GArray *found,
     GError **error)
{
    TuDatabase *db = tally->snapshot->keeper->db;
    const TuLeftOut left_out = {part->address, found->len};
    gboolean is_there = FALSE;
    gint64 one = 0;
    if (tally->unplaced != NULL || images->from_images != 1u << images->batch)
        return TRUE;
    g_autofree TuValue *values = values_of(images, found);
    g_autofree char *from = tu_source_from_new_images(images->source, tu_database_dialect(db),
                                                      images->from_images, images->batch);
    g_autoptr(GString) sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT 1 FROM %s WHERE ", from);
    tu_source_append_left_out(sql, 3, &left_out, 1);
    g_string_append(sql, " LIMIT 1");
    if (!tu_database_integer(db, sql->str, values, found->len + 2, &is_there, &one, error))
        return FALSE;
    if (is_there)
        tu_tally_note_unplaced(tally, images->source, images->why);
    return TRUE;
}

gboolean
tu_unplaced_images_each(TuTally *tally, const TuUnplacedImages *images, TuRowVisit visit,
                        gpointer data, gboolean *ret_is_found, GError **error)
{
    const TuDialect *dialect = tu_database_dialect(tally->snapshot->keeper->db);
    g_autoptr(TuPlacePart) part = tu_place_part_joined(images->source, dialect);
    g_autofree char *from =
        tu_source_from_images(images->source, dialect, images->from_images, images->batch);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GError) local = NULL;
    gint64 n_rows = 0;
    const TuUnplacedSearch search = {.snapshot = tally->snapshot,
                                     .source = images->source,
                                     .part = part,
                                     .from = from,
                                     .fixed = images->range,
                                     .n_fixed = 2,
                                     .why = images->why,
                                     .most = ADDRESSES_MOST};
    *ret_is_found = part != NULL && tu_unplaced_search(&search, found, &n_rows, &local);
    if (local != NULL && !tu_bisect_may_help(local) && !tu_error_is(local, TU_ERROR_ROWS)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    *ret_is_found = *ret_is_found && found->len > 0;
    if (!tu_transaction_back(&tally->snapshot->txn, error))
        return FALSE;
    return !*ret_is_found || (give_others(tally, images, part, from, found, visit, data, error) &&
                              tell(tally, images, part, found, error));
}
