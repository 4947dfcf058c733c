/*
 * The keys that entries name. As for places of joined sources (places.h): each table stands
 * for its rows and all its images still in the log, and every combination with an image of the
 * batch names a key.
 */
#include "keep/keyed/keyed.h"

#include "db/sql.h"
#include "keep/settle/places.h"
#include "keep/rows.h"

/* Which log ids a query is bounded by. */
typedef struct {
    TuSnapshot *snapshot;
    const TuKeyedModel *keyed;
    const gint64 *after, *up_to;
    TuKeyList *list;
    gboolean has_images[TU_SPEC_MOST_TABLES]; /* by the table's place in keyed->tables */
} Naming;

static gboolean
take_named(const TuValue *row, gpointer data, GError **error)
{
    TuKeyList *list = data;
    TuKeyRow *key = tu_key_list_add(list, row);
    gint64 since_us = 0;
    if (key != NULL && tu_value_read_instant(&row[tu_keyed_key_columns(list->keyed)], &since_us))
        key->since_us = MIN(key->since_us, since_us);
    return TRUE;
}

/* The batch's bounds of a table; FALSE: it has no entries in it. */
static gboolean
bounds_of(const Naming *naming, const TuCaptured *captured, gint64 *ret_from, gint64 *ret_to)
{
    guint position = tu_captured_position(captured);
    *ret_from = (naming->after != NULL ? naming->after[position] : 0) + 1;
    *ret_to = naming->up_to[position];
    return *ret_to > 0;
}

static gboolean
ask(const Naming *naming, const TuDependencyModel *dependency, guint chosen, int batch,
    GError **error)
{
    TuDatabase *db = naming->snapshot->keeper->db;
    const TuCaptured *captured = batch == TU_BATCH_OF_ROW || batch == TU_BATCH_NONE
                                     ? dependency->captured
                                     : g_ptr_array_index(dependency->others, (guint)batch);
    char texts[2][TU_ENTRY_TEXT_BYTES];
    gint64 from = 0;
    gint64 to = 0;
    if (batch != TU_BATCH_NONE && !bounds_of(naming, captured, &from, &to))
        return TRUE;
    TuValue range[] = {tu_database_entry_value(db, from, texts[0]),
                       tu_database_entry_value(db, to, texts[1])};
    g_autofree char *sql =
        tu_keyed_select_named(naming->keyed, dependency, tu_database_dialect(db), chosen, batch);
    gboolean is_bounded = batch == TU_BATCH_OF_ROW ||
                          (batch >= 0 && !tu_dependency_is_twice(dependency, (guint)batch));
    return tu_rows_each(db, sql, range, is_bounded ? 2 : 0, FALSE, take_named, naming->list, error);
}

static gboolean
take_logs(const TuValue *row, gpointer data, GError **error)
{
    Naming *naming = data;
    for (guint i = 0; i < naming->keyed->tables->len; i++)
        naming->has_images[i] = row[i].type != TU_TYPE_NULL;
    return TRUE;
}

/* Which logs hold anything at this snapshot: in one question. */
static gboolean
find_logs(Naming *naming, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (guint i = 0; i < naming->keyed->tables->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(naming->keyed->tables, i);
        tu_sql_append(sql, "%s(SELECT 1 FROM %Q LIMIT 1)", i == 0 ? "" : ", ", captured->log);
    }
    return tu_rows_each(naming->snapshot->keeper->db, sql->str, NULL, 0, FALSE, take_logs, naming,
                        error);
}

static gboolean
has_images(const Naming *naming, const TuCaptured *captured)
{
    guint place = 0;
    return g_ptr_array_find(naming->keyed->tables, captured, &place) && naming->has_images[place];
}

/* Every choice of rows or images in which one table is bounded by the batch. */
static gboolean
each_choice(const Naming *naming, const TuDependencyModel *dependency, GError **error)
{
    gboolean has_row = has_images(naming, dependency->captured);
    guint with_images = 0;
    for (guint i = 0; i < dependency->others->len; i++)
        if (has_images(naming, g_ptr_array_index(dependency->others, i)))
            with_images |= 1u << i;
    for (guint chosen = 0; has_row && chosen < 1u << dependency->others->len; chosen++) {
        if ((chosen & ~with_images) != 0)
            continue;
        if (!ask(naming, dependency, chosen,
                 naming->up_to != NULL ? TU_BATCH_OF_ROW : TU_BATCH_NONE, error))
            return FALSE;
        for (guint i = 0; naming->up_to != NULL && i < dependency->others->len; i++)
            if ((chosen & 1u << i) != 0 && !ask(naming, dependency, chosen, (int)i, error))
                return FALSE;
    }
    return TRUE;
}

/* TRUE if an entry among those says only that something changed (weight 2). */
static gboolean
is_unclear(const Naming *naming, const TuCaptured *captured, gboolean *ret_is, GError **error)
{
    TuDatabase *db = naming->snapshot->keeper->db;
    const char *id = tu_database_dialect(db)->entry_id;
    char texts[2][TU_ENTRY_TEXT_BYTES];
    gint64 from = 0;
    gint64 to = G_MAXINT64;
    gint64 one = 0;
    *ret_is = FALSE;
    if (naming->up_to != NULL && !bounds_of(naming, captured, &from, &to))
        return TRUE;
    TuValue range[] = {tu_database_entry_value(db, from, texts[0]),
                       tu_database_entry_value(db, to, texts[1])};
    g_autofree char *sql =
        tu_sql_format("SELECT 1 FROM %Q WHERE trueup_weight = 2 AND %s >= ?1 AND %s <= ?2 LIMIT 1",
                      captured->log, id, id);
    return tu_database_integer(db, sql, range, G_N_ELEMENTS(range), ret_is, &one, error);
}

gboolean
tu_keyed_find_named(TuSnapshot *snapshot, const TuKeyedModel *keyed, const gint64 *after,
                    const gint64 *up_to, TuKeyList *list, gboolean *ret_unclear, GError **error)
{
    Naming naming = {snapshot, keyed, after, up_to, list, {FALSE}};
    g_autoptr(GError) local = NULL;
    *ret_unclear = FALSE;
    if (!find_logs(&naming, error))
        return FALSE;
    for (guint i = 0; i < keyed->tables->len && !*ret_unclear; i++)
        if (naming.has_images[i] &&
            !is_unclear(&naming, g_ptr_array_index(keyed->tables, i), ret_unclear, error))
            return FALSE;
    if (!tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    gboolean is_ok = TRUE;
    for (guint i = 0; i < keyed->dependencies->len && is_ok && !*ret_unclear; i++)
        is_ok = each_choice(&naming, g_ptr_array_index(keyed->dependencies, i), &local);
    if (is_ok)
        return TRUE;
    /* A row for which the query cannot be evaluated may name any key. */
    if (tu_error_is(local, TU_ERROR_DATABASE) || tu_error_is(local, TU_ERROR_DATA)) {
        *ret_unclear = TRUE;
        return tu_transaction_back(&snapshot->txn, error);
    }
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}
