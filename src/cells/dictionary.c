#include "cells/dictionary.h"

#include <string.h>

#define FIRST_SLOTS 1024
/* Texts are copied into blocks; a longer one gets a block of its own. */
#define ARENA_BYTES (64 * 1024)

typedef struct {
    guint32 hash;
    guint32 id; /* 0: free (NULL is never looked up) */
} Slot;

struct TuDictionary {
    GArray *values; /* of TuValue */
    Slot *slots;
    guint32 n_slots; /* a power of two */
    GPtrArray *arenas;
    gsize arena_used, arena_bytes;
    gsize text_bytes;
};

TuDictionary *
tu_dictionary_new(void)
{
    TuDictionary *dictionary = g_new0(TuDictionary, 1);
    dictionary->values = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_array_append_val(dictionary->values, TU_NULL_VALUE);
    dictionary->n_slots = FIRST_SLOTS;
    dictionary->slots = g_new0(Slot, dictionary->n_slots);
    dictionary->arenas = g_ptr_array_new_with_free_func(g_free);
    return dictionary;
}

void
tu_dictionary_free(TuDictionary *dictionary)
{
    if (dictionary == NULL)
        return;
    g_array_unref(dictionary->values);
    g_ptr_array_unref(dictionary->arenas);
    g_free(dictionary->slots);
    g_free(dictionary);
}

static const char *
keep_bytes(TuDictionary *dictionary, const char *bytes, guint32 n)
{
    if (n > dictionary->arena_bytes - dictionary->arena_used) {
        dictionary->arena_bytes = MAX(ARENA_BYTES, n);
        dictionary->arena_used = 0;
        g_ptr_array_add(dictionary->arenas, g_malloc(dictionary->arena_bytes));
        dictionary->text_bytes += dictionary->arena_bytes;
    }
    char *arena = g_ptr_array_index(dictionary->arenas, dictionary->arenas->len - 1);
    char *copy = arena + dictionary->arena_used;
    memcpy(copy, bytes, n);
    dictionary->arena_used += n;
    return copy;
}

static void
grow(TuDictionary *dictionary)
{
    Slot *old = dictionary->slots;
    guint32 n_old = dictionary->n_slots;
    dictionary->n_slots *= 2;
    dictionary->slots = g_new0(Slot, dictionary->n_slots);
    for (guint32 i = 0; i < n_old; i++) {
        if (old[i].id == 0)
            continue;
        guint32 at = old[i].hash & (dictionary->n_slots - 1);
        while (dictionary->slots[at].id != 0)
            at = (at + 1) & (dictionary->n_slots - 1);
        dictionary->slots[at] = old[i];
    }
    g_free(old);
}

guint32
tu_dictionary_intern(TuDictionary *dictionary, TuValue value)
{
    value = tu_value_normalise(value);
    if (value.type == TU_TYPE_NULL)
        return 0;
    guint32 hash = (guint32)tu_value_hash(&value);
    guint32 at = hash & (dictionary->n_slots - 1);
    for (; dictionary->slots[at].id != 0; at = (at + 1) & (dictionary->n_slots - 1)) {
        const Slot *slot = &dictionary->slots[at];
        if (slot->hash == hash &&
            tu_value_equal(&g_array_index(dictionary->values, TuValue, slot->id), &value))
            return slot->id;
    }
    if (tu_value_has_bytes(&value))
        value.text = value.bytes > 0 ? keep_bytes(dictionary, value.text, value.bytes) : "";
    guint32 id = dictionary->values->len;
    g_array_append_val(dictionary->values, value);
    dictionary->slots[at] = (Slot){hash, id};
    if (id > dictionary->n_slots / 2)
        grow(dictionary);
    return id;
}

TuValue
tu_dictionary_value(const TuDictionary *dictionary, guint32 id)
{
    return g_array_index(dictionary->values, TuValue, id);
}

guint32
tu_dictionary_size(const TuDictionary *dictionary)
{
    return dictionary->values->len;
}

static int
compare_ids(gconstpointer a, gconstpointer b, gpointer data)
{
    const GArray *values = data;
    return tu_value_compare(&g_array_index(values, TuValue, *(const guint32 *)a),
                            &g_array_index(values, TuValue, *(const guint32 *)b));
}

guint32 *
tu_dictionary_ranks(const TuDictionary *dictionary)
{
    guint32 n = dictionary->values->len;
    g_autofree guint32 *order = g_new(guint32, n);
    guint32 *ranks = g_new(guint32, n);
    for (guint32 i = 0; i < n; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)n, sizeof *order, compare_ids, dictionary->values);
    for (guint32 i = 0; i < n; i++)
        ranks[order[i]] = i;
    return ranks;
}

gsize
tu_dictionary_bytes(const TuDictionary *dictionary)
{
    return dictionary->values->len * sizeof(TuValue) + dictionary->n_slots * sizeof(Slot) +
           dictionary->text_bytes;
}
