/*
 * Writing what a turn found out about keys: the rows that differ, and the states.
 */
#include "db/bulk.h"
#include "db/sql.h"
#include "keep/keyed/keyed.h"
#include "time/instant.h"

/* A failed key is tried again after 1 s, 2 s, 4 s, ... as often as `refresh: attempts` says; then
 * it is tried once in this time. */
#define LONGEST_PAUSE_S 3600
#define MOST_DOUBLINGS 11

void
tu_keyed_change_free(gpointer data)
{
    TuKeyedChange *change = data;
    tu_key_list_free(change->named);
    tu_key_list_free(change->computed);
    g_free(change);
}

/* ---- states ---- */

/* The columns of a state that a writer gives, behind the key. */
typedef struct {
    const char *name;
    TuPut put;
} StateColumn;

/* States of keys that are there, or come with this turn. */
static TuBulk *
open_states(TuDatabase *db, const TuKeyedModel *keyed, const StateColumn *given, guint n_given)
{
    TuBulkColumn columns[TU_KEY_MOST_COLUMNS + 8];
    guint n = tu_keyed_key_columns(keyed);
    g_assert(n_given <= 8);
    tu_keyed_bulk_key(keyed, columns);
    for (guint i = 0; i < n_given; i++)
        columns[n + i] = (TuBulkColumn){given[i].name, given[i].put, FALSE, NULL};
    return tu_bulk_new(db, keyed->state, columns, n + n_given, TU_BULK_ANY);
}

/* `given`: the values behind the key. */
static gboolean
add_state(TuBulk *states, const TuKeyList *list, const TuKeyRow *row, const TuValue *given,
          guint n_given, GError **error)
{
    TuValue values[TU_KEY_MOST_COLUMNS + 8];
    guint n = tu_keyed_key_columns(list->keyed);
    for (guint i = 0; i < n; i++)
        values[i] = row->key[i];
    for (guint i = 0; i < n_given; i++)
        values[n + i] = given[i];
    return tu_bulk_add(states, values, error);
}

/* The first invalidation counts; one that failed is tried again at once. */
static gboolean
write_named(TuDatabase *db, const TuKeyList *list, GError **error)
{
    static const StateColumn columns[] = {{"trueup_key", TU_PUT_KEEP},
                                          {"trueup_invalid_since", TU_PUT_IF_NULL},
                                          {"trueup_next_attempt_at", TU_PUT_NEW}};
    g_autoptr(TuBulk) states = open_states(db, list->keyed, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        g_autofree char *text = tu_key_row_text(list, row);
        TuValue since = tu_keeper_now();
        if (row->since_us != G_MAXINT64)
            since.integer = MIN(since.integer, row->since_us);
        TuValue given[] = {tu_value_text(text), since, TU_NULL_VALUE};
        if (!add_state(states, list, row, given, G_N_ELEMENTS(given), error))
            return FALSE;
    }
    return tu_bulk_finish(states, error);
}

/* Has its row in the summary's table, after this turn. */
static gboolean
is_kept(const TuKeyRow *row)
{
    return row->problem == NULL && row->right != NULL;
}

/* Right as of this turn: what invalidated it is settled. */
static gboolean
write_computed(TuDatabase *db, const TuKeyList *list, GError **error)
{
    static const StateColumn columns[] = {{"trueup_key", TU_PUT_KEEP},
                                          {"trueup_computed_at", TU_PUT_NEW},
                                          {"trueup_invalid_since", TU_PUT_NEW},
                                          {"trueup_attempts", TU_PUT_NEW},
                                          {"trueup_next_attempt_at", TU_PUT_NEW},
                                          {"trueup_error", TU_PUT_NEW}};
    g_autoptr(TuBulk) states = open_states(db, list->keyed, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        g_autofree char *text = tu_key_row_text(list, row);
        TuValue given[] = {tu_value_text(text), tu_keeper_now(), TU_NULL_VALUE,
                           tu_value_integer(0), TU_NULL_VALUE,   TU_NULL_VALUE};
        if (is_kept(row) && !add_state(states, list, row, given, G_N_ELEMENTS(given), error))
            return FALSE;
    }
    return tu_bulk_finish(states, error);
}

/* A key that has no row, and should have none, has nothing to say: whatever changes that names it
 * anew (K-6). Else keys that came and went would stay here for ever. */
static gboolean
remove_vanished(TuDatabase *db, const TuKeyList *list, GError **error)
{
    TuBulkColumn columns[TU_KEY_MOST_COLUMNS];
    tu_keyed_bulk_key(list->keyed, columns);
    g_autoptr(TuBulk) states = tu_bulk_new(db, list->keyed->state, columns,
                                           tu_keyed_key_columns(list->keyed), TU_BULK_GONE);
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        if (row->problem == NULL && row->right == NULL && !tu_bulk_add(states, row->key, error))
            return FALSE;
    }
    return tu_bulk_finish(states, error);
}

/* When it may be tried again. */
static TuValue
next_attempt(const TuKeyedModel *keyed, gint64 attempts)
{
    TuValue next = tu_keeper_now();
    gint64 most = MIN(keyed->spec->refresh.attempts, MOST_DOUBLINGS);
    gint64 pause_s = attempts < most ? G_GINT64_CONSTANT(1) << attempts : LONGEST_PAUSE_S;
    next.integer += pause_s * TU_SECOND_US;
    return next;
}

/* The row stays as it was, and the key invalid since it first was. */
static gboolean
write_failed(TuDatabase *db, const TuKeyList *list, GError **error)
{
    static const StateColumn columns[] = {{"trueup_key", TU_PUT_KEEP},
                                          {"trueup_invalid_since", TU_PUT_IF_NULL},
                                          {"trueup_attempts", TU_PUT_NEW},
                                          {"trueup_next_attempt_at", TU_PUT_NEW},
                                          {"trueup_error", TU_PUT_NEW}};
    g_autoptr(TuBulk) states = open_states(db, list->keyed, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        g_autofree char *text = tu_key_row_text(list, row);
        TuValue given[] = {tu_value_text(text), tu_keeper_now(),
                           tu_value_integer(row->attempts + 1),
                           next_attempt(list->keyed, row->attempts), tu_value_text(row->problem)};
        if (row->problem != NULL &&
            !add_state(states, list, row, given, G_N_ELEMENTS(given), error))
            return FALSE;
    }
    return tu_bulk_finish(states, error);
}

/* ---- rows ---- */

/* A deletion needs no more than the key. */
static TuBulk *
open_rows(TuDatabase *db, const TuKeyedModel *keyed, TuBulkRows rows)
{
    guint n = tu_keyed_key_columns(keyed);
    g_autofree TuBulkColumn *columns = g_new(TuBulkColumn, n + keyed->values->len);
    tu_keyed_bulk_key(keyed, columns);
    for (guint i = 0; i < keyed->values->len; i++)
        columns[n + i] =
            (TuBulkColumn){g_ptr_array_index(keyed->values, i), TU_PUT_NEW, FALSE, NULL};
    return tu_bulk_new(db, keyed->table, columns, rows == TU_BULK_GONE ? n : n + keyed->values->len,
                       rows);
}

/* What is to be done with a row. */
static gboolean
is_for(const TuKeyRow *row, TuBulkRows rows)
{
    return row->right == NULL    ? rows == TU_BULK_GONE
           : row->stored == NULL ? rows == TU_BULK_NEW
                                 : rows == TU_BULK_KNOWN;
}

/* Only rows that differ: who watches the table sees no write that changes nothing. */
static gboolean
write_rows(TuDatabase *db, const TuKeyList *list, TuBulkRows rows, gint64 *n_written,
           GError **error)
{
    guint n = tu_keyed_key_columns(list->keyed);
    g_autoptr(TuBulk) bulk = open_rows(db, list->keyed, rows);
    g_autofree TuValue *values = g_new0(TuValue, n + list->keyed->values->len);
    for (guint i = 0; i < list->rows->len; i++) {
        const TuKeyRow *row = tu_key_list_at(list, i);
        if (row->problem != NULL || !tu_key_row_differs(list, row) || !is_for(row, rows))
            continue;
        for (guint c = 0; c < n; c++)
            values[c] = row->key[c];
        for (guint c = 0; c < list->keyed->values->len && row->right != NULL; c++)
            values[n + c] = row->right[c];
        if (!tu_bulk_add(bulk, values, error))
            return FALSE;
        ++*n_written;
    }
    return tu_bulk_finish(bulk, error);
}

/* ---- the whole ---- */

/* All keys, when the queue comes to them; asked twice, it is one listing, and older. */
gboolean
tu_keyed_ask(TuDatabase *db, const char *name, GError **error)
{
    TuValue values[] = {tu_value_text(name), tu_keeper_now()};
    return tu_database_run(db,
                           "UPDATE trueup_keyed SET listing_since = coalesce(listing_since, ?2) "
                           "WHERE name = ?1",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* In the same turn as the keys that it found. */
static gboolean
write_listing(TuDatabase *db, const TuKeyedChange *change, GError **error)
{
    TuValue name = tu_value_text(change->keyed->spec->name);
    if (change->must_list)
        return tu_keyed_ask(db, change->keyed->spec->name, error);
    return !change->is_listed ||
           tu_database_run(db, "UPDATE trueup_keyed SET listing_since = NULL WHERE name = ?1",
                           &name, 1, NULL, error);
}

/* New rows, changed ones, those that go; then the states; then the keys that entries named,
 * which may be the same ones: invalid again. */
gboolean
tu_keyed_write(TuKeeper *keeper, const TuKeyedChange *change, gint64 *n_written, GError **error)
{
    TuDatabase *db = keeper->db;
    const TuKeyList *computed = change->computed;
    if (computed != NULL &&
        (!write_rows(db, computed, TU_BULK_NEW, n_written, error) ||
         !write_rows(db, computed, TU_BULK_KNOWN, n_written, error) ||
         !write_rows(db, computed, TU_BULK_GONE, n_written, error) ||
         !write_computed(db, computed, error) || !remove_vanished(db, computed, error) ||
         !write_failed(db, computed, error)))
        return FALSE;
    return (change->named == NULL || write_named(db, change->named, error)) &&
           write_listing(db, change, error);
}
