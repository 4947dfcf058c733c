/*
 * Values as databases give and take them: one of five storage types, 16 bytes.
 *
 * A value does not own its bytes. Text and blobs point into whatever produced them: a statement's
 * current row, a batch, a dictionary.
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_TYPE_NULL,
    TU_TYPE_INTEGER,
    TU_TYPE_REAL,
    TU_TYPE_TEXT,
    TU_TYPE_BLOB,
} TuType;

typedef struct {
    TuType type;
    guint32 bytes; /* length of text or blob */
    union {
        gint64 integer;
        double real;
        const char *text;
    };
} TuValue;

#define TU_NULL_VALUE ((TuValue){.type = TU_TYPE_NULL})

static inline TuValue
tu_value_integer(gint64 integer)
{
    return (TuValue){.type = TU_TYPE_INTEGER, .integer = integer};
}

static inline TuValue
tu_value_real(double real)
{
    return (TuValue){.type = TU_TYPE_REAL, .real = real};
}

/* NUL-terminated text, not copied; NULL gives the NULL value. */
TuValue tu_value_text(const char *text);

/* The one form of equal values: an integral real that fits 64 bits becomes an integer, -0
 * becomes 0, NaN becomes NULL. */
TuValue tu_value_normalise(TuValue value);

/* Equality as GROUP BY has it with a binary collation, NULLs equal; both normalised. */
gboolean tu_value_equal(const TuValue *a, const TuValue *b);

/* The order of SQLite: NULL, numbers, text by bytes, blobs. Negative, 0 or positive. */
int tu_value_compare(const TuValue *a, const TuValue *b);

guint64 tu_value_hash(const TuValue *value);

/* For people: 12, 1.5, text as it is (cut after 60 bytes with an ellipsis), NULL, x'..'. */
char *tu_value_to_text(const TuValue *value);
