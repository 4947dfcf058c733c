/*
 * The numbers of PostgreSQL's wire: whole numbers in network byte order, and where its calendar
 * begins.
 */
#pragma once

#include <string.h>

#include "time/instant.h"

/* 2000-01-01 */
#define TU_POSTGRES_EPOCH_DAYS 10957
#define TU_POSTGRES_EPOCH_US (TU_POSTGRES_EPOCH_DAYS * TU_DAY_US)

/* `data` need not be aligned. */
static inline guint16
tu_wire_read_16(const char *data)
{
    guint16 value;
    memcpy(&value, data, sizeof value);
    return GUINT16_FROM_BE(value);
}

static inline guint32
tu_wire_read_32(const char *data)
{
    guint32 value;
    memcpy(&value, data, sizeof value);
    return GUINT32_FROM_BE(value);
}

static inline gint64
tu_wire_read_64(const char *data)
{
    guint64 value;
    memcpy(&value, data, sizeof value);
    return (gint64)GUINT64_FROM_BE(value);
}

static inline void
tu_wire_append_16(GByteArray *bytes, int value)
{
    guint16 wire = GUINT16_TO_BE((guint16)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}

static inline void
tu_wire_append_32(GByteArray *bytes, gint64 value)
{
    guint32 wire = GUINT32_TO_BE((guint32)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}

static inline void
tu_wire_append_64(GByteArray *bytes, gint64 value)
{
    guint64 wire = GUINT64_TO_BE((guint64)value);
    g_byte_array_append(bytes, (const guint8 *)&wire, sizeof wire);
}
