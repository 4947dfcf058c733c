/*
 * What is stored for keys, and what should be: the query is asked for many at once, and key by key
 * when that fails.
 */
#include "keep/keyed/keyed.h"

#include <math.h>

#include "keep/rows.h"

/* ---- comparing ---- */

static gboolean
is_decimal(const TuValue *value)
{
    return value->type == TU_TYPE_DECIMAL || value->type == TU_TYPE_LONG_DECIMAL;
}

/* A column of reals holds the double nearest to a decimal; where there is no NaN it is NULL. */
static gboolean
are_same(const TuKeyList *list, TuValue a, TuValue b)
{
    gboolean has_nan = tu_database_dialect(list->db)->has_nan;
    a = tu_value_normalise(a);
    b = tu_value_normalise(b);
    if (!has_nan && a.type == TU_TYPE_REAL && isnan(a.real))
        a = TU_NULL_VALUE;
    if (!has_nan && b.type == TU_TYPE_REAL && isnan(b.real))
        b = TU_NULL_VALUE;
    gboolean is_mixed =
        (a.type == TU_TYPE_REAL && is_decimal(&b)) || (b.type == TU_TYPE_REAL && is_decimal(&a));
    if (!is_mixed)
        return tu_value_equal(&a, &b);
    g_autofree char *left = tu_value_to_text(is_decimal(&a) ? &a : &b);
    return g_ascii_strtod(left, NULL) == (a.type == TU_TYPE_REAL ? a.real : b.real);
}

gboolean
tu_key_row_differs(const TuKeyList *list, const TuKeyRow *row)
{
    if (row->stored == NULL || row->right == NULL)
        return row->stored != row->right;
    for (guint i = 0; i < list->keyed->values->len; i++)
        if (!are_same(list, row->stored[i], row->right[i]))
            return TRUE;
    return FALSE;
}

/* ---- reading ---- */

/* A row of a key that was not asked for is nobody's: the query does not use {keys} there. */
static gboolean
take_right(const TuValue *values, gpointer data, GError **error)
{
    TuKeyList *list = data;
    TuKeyRow *row = tu_key_list_find(list, values);
    if (row == NULL)
        return TRUE;
    row->n_right++;
    if (row->right == NULL)
        row->right = tu_key_list_keep(list, values + tu_keyed_key_columns(list->keyed),
                                      list->keyed->values->len);
    return TRUE;
}

static gboolean
take_stored(const TuValue *values, gpointer data, GError **error)
{
    TuKeyList *list = data;
    TuKeyRow *row = tu_key_list_find(list, values);
    if (row != NULL && row->stored == NULL)
        row->stored = tu_key_list_keep(list, values + tu_keyed_key_columns(list->keyed),
                                       list->keyed->values->len);
    return TRUE;
}

static gboolean
take_state(const TuValue *values, gpointer data, GError **error)
{
    TuKeyList *list = data;
    guint n = tu_keyed_key_columns(list->keyed);
    TuKeyRow *row = tu_key_list_find(list, values);
    if (row == NULL)
        return TRUE;
    row->attempts = values[n + 1].integer;
    row->is_named = row->is_named || values[n].type != TU_TYPE_NULL;
    return TRUE;
}

typedef char *(*Select)(const TuKeyedModel *keyed, const char *keyset);

static gboolean
read_some(TuKeyList *list, guint from, guint to, Select select, TuRowVisit visit, GError **error)
{
    g_autoptr(TuKeyset) keyset = NULL;
    guint n = 0;
    if (!tu_key_list_set(list, from, to, &keyset, error))
        return FALSE;
    g_autofree char *keys = tu_keyset_select(keyset);
    g_autofree char *sql = select(list->keyed, keys);
    const TuValue *values = tu_keyset_values(keyset, &n);
    return tu_rows_each(list->db, sql, values, n, FALSE, visit, list, error);
}

/* ---- what should be ---- */

static void
forget_right(TuKeyList *list, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        TuKeyRow *row = tu_key_list_at(list, i);
        g_clear_pointer(&row->right, g_free);
        row->n_right = 0;
    }
}

static void
note_doubled(TuKeyList *list, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        TuKeyRow *row = tu_key_list_at(list, i);
        if (row->n_right < 2 || row->problem != NULL)
            continue;
        row->problem = g_strdup_printf("its query gives %u rows", row->n_right);
        g_clear_pointer(&row->right, g_free);
    }
}

/* TRUE if fewer keys may get over it. */
static gboolean
is_of_some_key(const GError *error)
{
    return tu_error_is(error, TU_ERROR_DATABASE) || tu_error_is(error, TU_ERROR_DATA);
}

/* Many at once; after a failure half of them each, so that a bad one is found after a few
 * attempts. */
static gboolean
read_right(TuSnapshot *snapshot, TuKeyList *list, guint from, guint to, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!tu_keeper_may_go_on(snapshot->keeper, error) ||
        !tu_transaction_mark(&snapshot->txn, error))
        return FALSE;
    if (read_some(list, from, to, tu_keyed_select_truth, take_right, &local))
        return TRUE;
    forget_right(list, from, to);
    if (!is_of_some_key(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!tu_transaction_back(&snapshot->txn, error))
        return FALSE;
    if (to - from == 1) {
        tu_key_list_at(list, from)->problem = g_strdup(local->message);
        return TRUE;
    }
    guint middle = from + (to - from) / 2;
    return read_right(snapshot, list, from, middle, error) &&
           read_right(snapshot, list, middle, to, error);
}

gboolean
tu_keyed_compute(TuSnapshot *snapshot, TuKeyList *list, guint from, guint to, GError **error)
{
    for (guint at = from; at < to; at += TU_KEYSET_MOST) {
        guint end = MIN(to, at + TU_KEYSET_MOST);
        if (!read_some(list, at, end, tu_keyed_select_stored, take_stored, error) ||
            !read_some(list, at, end, tu_keyed_select_states, take_state, error) ||
            !read_right(snapshot, list, at, end, error))
            return FALSE;
        note_doubled(list, at, end);
    }
    return TRUE;
}
