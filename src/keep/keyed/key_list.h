/*
 * Key lists: keys of a keyed summary in memory, each once, and what is found out about them.
 *
 *   named by entries, due, asked for ─▶ TuKeyList ─▶ what is stored · what should be · which fail
 */
#pragma once

#include "db/keyset.h"
#include "schema/keyed.h"

typedef struct {
    TuValue *key;
    gint64 since_us; /* since when it is invalid, as far as the list was told; G_MAXINT64: not */
    gint64 attempts;
    gboolean is_due;   /* it is settled, not only looked at: `attempts` are known */
    TuValue *stored;   /* values of the row that is there; NULL: there is none */
    TuValue *right;    /* values of the row that should be; NULL: none should */
    guint n_right;     /* rows that the query gave: two are an error */
    char *problem;     /* why it could not be computed; NULL: it was */
    gboolean is_named; /* something is pending for it: a difference is no drift */
} TuKeyRow;

typedef struct {
    const TuKeyedModel *keyed;
    TuDatabase *db;
    GPtrArray *rows; /* of TuKeyRow, in the order in which they came */
    GHashTable *index;
    GStringChunk *bytes;
    GPtrArray *refused; /* of char *: why something was no key, the first few */
} TuKeyList;

TuKeyList *tu_key_list_new(TuDatabase *db, const TuKeyedModel *keyed);
void tu_key_list_free(TuKeyList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuKeyList, tu_key_list_free)

/* The row of a key, which is added if it is not there yet. Values are brought into the form in
 * which the key's columns hold them; NULL if one cannot be, or is too long: that is no key, nobody
 * else's affair, and noted in `refused`. */
TuKeyRow *tu_key_list_add(TuKeyList *list, const TuValue *key);

/* The form in which a key's column holds a value; FALSE: it cannot. `text` (TU_KEY_TEXT_BYTES) may
 * be pointed to. */
#define TU_KEY_TEXT_BYTES 48
gboolean tu_key_value_convert(TuDatabase *db, TuKeyType type, const TuValue *value, char *text,
                              TuValue *ret_value);

/* NULL: it is not there, or is no key of the summary. */
TuKeyRow *tu_key_list_find(TuKeyList *list, const TuValue *key);

static inline TuKeyRow *
tu_key_list_at(const TuKeyList *list, guint i)
{
    return g_ptr_array_index(list->rows, i);
}

/* Values that live as long as the list. */
TuValue *tu_key_list_keep(TuKeyList *list, const TuValue *values, guint n);

/* Adds the keys that a SELECT gives, in its first columns. */
gboolean tu_key_list_read(TuKeyList *list, const char *sql, const TuValue *values, guint n,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The rows from `from` on, at most TU_KEYSET_MOST and before `to`, as a set for a query. */
gboolean tu_key_list_set(const TuKeyList *list, guint from, guint to, TuKeyset **ret_keyset,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "run_number=106,data_pass_id=1", for people. Free with g_free. */
char *tu_key_row_text(const TuKeyList *list, const TuKeyRow *row);
