/*
 * Values as tests write them, and how two are compared: type, number or bytes.
 */
#pragma once

#include <math.h>
#include <string.h>

#include "db/value.h"

#define NIL TU_NULL_VALUE
#define I(x) ((TuValue){.type = TU_TYPE_INTEGER, .integer = (x)})
#define R(x) ((TuValue){.type = TU_TYPE_REAL, .real = (x)})
#define T(x) ((TuValue){.type = TU_TYPE_TEXT, .bytes = sizeof(x) - 1, .text = (x)})
#define B(x) ((TuValue){.type = TU_TYPE_BLOB, .bytes = sizeof(x) - 1, .text = (x)})
#define D(x, s) ((TuValue){.type = TU_TYPE_DECIMAL, .scale = (s), .integer = (x)})
#define L(x) ((TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = sizeof(x) - 1, .text = (x)})
#define DATE(x) ((TuValue){.type = TU_TYPE_DATE, .integer = (x)})
#define STAMP(x) ((TuValue){.type = TU_TYPE_TIMESTAMP, .integer = (x)})
#define AT(x) ((TuValue){.type = TU_TYPE_INSTANT, .integer = (x)})

/* Bits of the double, so that -0 is not 0 and every digit counts. */
static inline guint64
bits_of(double x)
{
    guint64 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* For messages: the type, and all of the value. */
static inline char *
value_shown(TuValue value)
{
    switch (value.type) {
    case TU_TYPE_NULL:
        return g_strdup("NULL");
    case TU_TYPE_INTEGER:
        return g_strdup_printf("integer %" G_GINT64_FORMAT, value.integer);
    case TU_TYPE_REAL:
        return g_strdup_printf("real %a", value.real);
    case TU_TYPE_TEXT:
        return g_strdup_printf("text '%.*s'", (int)value.bytes, value.text);
    case TU_TYPE_BLOB:
        return g_strdup_printf("blob '%.*s'", (int)value.bytes, value.text);
    case TU_TYPE_DECIMAL:
        return g_strdup_printf("decimal %" G_GINT64_FORMAT "e-%u", value.integer, value.scale);
    case TU_TYPE_LONG_DECIMAL:
        return g_strdup_printf("long decimal %.*s", (int)value.bytes, value.text);
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        return g_strdup_printf("time %d %" G_GINT64_FORMAT, value.type, value.integer);
    }
    g_assert_not_reached();
}

static inline gboolean
value_is(TuValue value, TuValue wanted)
{
    if (value.type != wanted.type)
        return FALSE;
    switch (value.type) {
    case TU_TYPE_NULL:
        return TRUE;
    case TU_TYPE_INTEGER:
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        return value.integer == wanted.integer;
    case TU_TYPE_DECIMAL:
        return value.integer == wanted.integer && value.scale == wanted.scale;
    case TU_TYPE_REAL:
        return bits_of(value.real) == bits_of(wanted.real);
    case TU_TYPE_TEXT:
    case TU_TYPE_BLOB:
    case TU_TYPE_LONG_DECIMAL:
        return value.bytes == wanted.bytes && memcmp(value.text, wanted.text, value.bytes) == 0;
    }
    g_assert_not_reached();
}

static inline void
assert_value(const char *label, TuValue value, TuValue wanted)
{
    g_autofree char *is = value_shown(value);
    g_autofree char *should_be = value_shown(wanted);
    if (!value_is(value, wanted))
        g_error("%s: %s, should be %s", label, is, should_be);
}
