/*
 * A dictionary: every distinct value of a run once, with a small number that stands for it.
 *
 * Cells hold numbers instead of values, so that a key is a few integers and "same value" is one
 * comparison. Number 0 is NULL. Values are normalised (db/value.h); text, blobs and long decimals
 * are copied.
 */
#pragma once

#include "db/value.h"

typedef struct TuDictionary TuDictionary;

TuDictionary *tu_dictionary_new(void);
void tu_dictionary_free(TuDictionary *dictionary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuDictionary, tu_dictionary_free)

/* The value's number; it is normalised and added when it is new. */
guint32 tu_dictionary_intern(TuDictionary *dictionary, TuValue value);

/* The value with that number. Text lives as long as the dictionary. */
TuValue tu_dictionary_value(const TuDictionary *dictionary, guint32 id);

/* How many numbers are given out, NULL's among them: the next new value gets this one. */
guint32 tu_dictionary_size(const TuDictionary *dictionary);

/* rank[id] orders the numbers as tu_value_compare orders their values. Free with g_free. */
guint32 *tu_dictionary_ranks(const TuDictionary *dictionary);

gsize tu_dictionary_bytes(const TuDictionary *dictionary);
