#include "keep/keyed/key_list.h"

#include <string.h>

#include "keep/rows.h"
#include "time/instant.h"

static guint
n_columns(const TuKeyList *list)
{
    return tu_keyed_key_columns(list->keyed);
}

/* ---- the index: rows by their keys ---- */

/* What the hash table has as its keys: it says how many columns there are. */
typedef struct {
    const TuValue *values;
    guint n;
} Entry;

static guint
entry_hash(gconstpointer data)
{
    const Entry *entry = data;
    guint64 hash = 0;
    for (guint i = 0; i < entry->n; i++)
        hash = hash * 31 + tu_value_hash(&entry->values[i]);
    return (guint)(hash ^ hash >> 32);
}

static gboolean
entry_equal(gconstpointer a, gconstpointer b)
{
    const Entry *left = a;
    const Entry *right = b;
    for (guint i = 0; i < left->n; i++)
        if (!tu_value_equal(&left->values[i], &right->values[i]))
            return FALSE;
    return TRUE;
}

static void
row_free(gpointer data)
{
    TuKeyRow *row = data;
    g_free(row->key);
    g_free(row->stored);
    g_free(row->right);
    g_free(row->problem);
    g_free(row);
}

TuKeyList *
tu_key_list_new(TuDatabase *db, const TuKeyedModel *keyed)
{
    TuKeyList *list = g_new0(TuKeyList, 1);
    list->keyed = keyed;
    list->db = db;
    list->rows = g_ptr_array_new_with_free_func(row_free);
    list->index = g_hash_table_new_full(entry_hash, entry_equal, g_free, NULL);
    list->bytes = g_string_chunk_new(4096);
    list->refused = g_ptr_array_new_with_free_func(g_free);
    return list;
}

void
tu_key_list_free(TuKeyList *list)
{
    if (list == NULL)
        return;
    g_hash_table_unref(list->index);
    g_ptr_array_unref(list->rows);
    g_string_chunk_free(list->bytes);
    g_ptr_array_unref(list->refused);
    g_free(list);
}

/* ---- the form of a key ---- */

static gboolean
read_uuid(const TuValue *value, char *text)
{
    if (value->type != TU_TYPE_TEXT || value->bytes != 36)
        return FALSE;
    for (guint i = 0; i < 36; i++) {
        gboolean is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? value->text[i] != '-' : !g_ascii_isxdigit(value->text[i]))
            return FALSE;
        text[i] = g_ascii_tolower(value->text[i]);
    }
    text[36] = '\0';
    return TRUE;
}

/* A date that no calendar has (infinity, 0000-00-00) stays what it is: only a database whose type
 * of dates has it gives one. */
static gboolean
read_date_key(TuDatabase *db, const TuValue *value, char *text, TuValue *ret_value)
{
    gint32 date = 0;
    gboolean is_real = tu_value_read_date(value, &date);
    *ret_value = is_real ? tu_database_bucket_value(db, TU_GRAIN_DAY, date, text) : *value;
    return is_real || value->type == TU_TYPE_DATE;
}

/* An integer that a query gives as a number of another kind is one all the same. */
gboolean
tu_key_value_convert(TuDatabase *db, TuKeyType type, const TuValue *value, char *text,
                     TuValue *ret_value)
{
    switch (type) {
    case TU_KEY_INTEGER:
        *ret_value = tu_value_normalise(*value);
        return ret_value->type == TU_TYPE_INTEGER;
    case TU_KEY_TEXT:
        *ret_value = *value;
        return value->type == TU_TYPE_TEXT;
    case TU_KEY_DATE:
        return read_date_key(db, value, text, ret_value);
    case TU_KEY_UUID:
        if (!read_uuid(value, text))
            return FALSE;
        *ret_value = tu_value_text(text);
        return TRUE;
    }
    g_assert_not_reached();
}

G_STATIC_ASSERT(TU_KEY_TEXT_BYTES >= TU_INSTANT_TEXT_BYTES);

/* Enough to tell what is the matter. */
#define MOST_REFUSED 12

/* `what` is why a value is none of the key's column. */
static char *
refusal(const TuKeyList *list, guint column, const TuValue *value, const char *what)
{
    g_autofree char *text = tu_value_to_text(value);
    return g_strdup_printf("key column %s: %s %s: it is no key, and left out",
                           tu_keyed_key_column(list->keyed, column)->name, text, what);
}

/* Why a text is too long for its column, or makes the key too long for an index; NULL: it is not.
 * What compresses well might fit all the same; which texts are keys should not depend on it. */
static char *
check_length(const TuKeyList *list, const TuValue *text, gsize key_bytes)
{
    const TuDialect *dialect = tu_database_dialect(list->db);
    glong n = g_utf8_strlen(text->text, (gssize)text->bytes);
    if (dialect->key_characters > 0 && n > (glong)dialect->key_characters)
        return g_strdup_printf("has %ld characters, and a key's text at most %u", n,
                               dialect->key_characters);
    if (dialect->key_bytes > 0 && key_bytes > dialect->key_bytes)
        return g_strdup_printf("makes a key of %" G_GSIZE_FORMAT
                               " bytes, and the texts of a key have at most %u",
                               key_bytes, dialect->key_bytes);
    return NULL;
}

/* `texts`: room for what the values may point to. NULL: all are what their columns hold; else why
 * one is not. */
static char *
convert_all(const TuKeyList *list, const TuValue *key, char (*texts)[TU_KEY_TEXT_BYTES],
            TuValue *ret_key)
{
    gsize key_bytes = 0;
    for (guint i = 0; i < n_columns(list); i++) {
        TuKeyType type = tu_keyed_key_column(list->keyed, i)->type;
        g_autofree char *problem = NULL;
        if (!tu_key_value_convert(list->db, type, &key[i], texts[i], &ret_key[i])) {
            problem = g_strdup_printf("is no %s", tu_key_type_names[type]);
        } else if (type == TU_KEY_TEXT) {
            key_bytes += key[i].bytes;
            problem = check_length(list, &key[i], key_bytes);
        }
        if (problem != NULL)
            return refusal(list, i, &key[i], problem);
    }
    return NULL;
}

static void
note_refused(TuKeyList *list, const char *problem)
{
    if (list->refused->len < MOST_REFUSED &&
        !g_ptr_array_find_with_equal_func(list->refused, problem, g_str_equal, NULL))
        g_ptr_array_add(list->refused, g_strdup(problem));
}

/* ---- keys ---- */

TuValue *
tu_key_list_keep(TuKeyList *list, const TuValue *values, guint n)
{
    TuValue *kept = g_memdup2(values, n * sizeof *values);
    for (guint i = 0; i < n; i++)
        if (tu_value_has_bytes(&kept[i]))
            kept[i].text =
                g_string_chunk_insert_len(list->bytes, values[i].text, (gssize)values[i].bytes);
    return kept;
}

TuKeyRow *
tu_key_list_add(TuKeyList *list, const TuValue *key)
{
    char texts[TU_KEY_MOST_COLUMNS][TU_KEY_TEXT_BYTES];
    TuValue values[TU_KEY_MOST_COLUMNS];
    g_autofree char *problem = convert_all(list, key, texts, values);
    if (problem != NULL) {
        note_refused(list, problem);
        return NULL;
    }
    Entry wanted = {values, n_columns(list)};
    TuKeyRow *row = g_hash_table_lookup(list->index, &wanted);
    if (row == NULL) {
        row = g_new0(TuKeyRow, 1);
        row->key = tu_key_list_keep(list, values, n_columns(list));
        row->since_us = G_MAXINT64;
        Entry *entry = g_new(Entry, 1);
        *entry = (Entry){row->key, n_columns(list)};
        g_ptr_array_add(list->rows, row);
        g_hash_table_insert(list->index, entry, row);
    }
    return row;
}

TuKeyRow *
tu_key_list_find(TuKeyList *list, const TuValue *key)
{
    char texts[TU_KEY_MOST_COLUMNS][TU_KEY_TEXT_BYTES];
    TuValue values[TU_KEY_MOST_COLUMNS];
    Entry wanted = {values, n_columns(list)};
    g_autofree char *problem = convert_all(list, key, texts, values);
    return problem == NULL ? g_hash_table_lookup(list->index, &wanted) : NULL;
}

static gboolean
take_key(const TuValue *row, gpointer data, GError **error)
{
    tu_key_list_add(data, row);
    return TRUE;
}

gboolean
tu_key_list_read(TuKeyList *list, const char *sql, const TuValue *values, guint n, GError **error)
{
    return tu_rows_each(list->db, sql, values, n, FALSE, take_key, list, error);
}

gboolean
tu_key_list_set(const TuKeyList *list, guint from, guint to, TuKeyset **ret_keyset, GError **error)
{
    const char *columns[TU_KEY_MOST_COLUMNS];
    g_autoptr(TuKeyset) keyset = NULL;
    for (guint i = 0; i < n_columns(list); i++)
        columns[i] = tu_keyed_key_column(list->keyed, i)->name;
    if (!tu_keyset_new(list->db, list->keyed->state, columns, n_columns(list), &keyset, error))
        return FALSE;
    for (guint i = from; i < MIN(to, from + TU_KEYSET_MOST); i++)
        if (!tu_keyset_add(keyset, tu_key_list_at(list, i)->key, error))
            return FALSE;
    *ret_keyset = g_steal_pointer(&keyset);
    return TRUE;
}

char *
tu_key_row_text(const TuKeyList *list, const TuKeyRow *row)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < n_columns(list); i++) {
        g_autofree char *value = tu_value_to_text(&row->key[i]);
        g_string_append_printf(text, "%s%s=%s", i == 0 ? "" : ",",
                               tu_keyed_key_column(list->keyed, i)->name, value);
    }
    return g_string_free(text, FALSE);
}
