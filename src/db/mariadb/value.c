/*
 * Values as MariaDB's binary protocol has them: a row of a table for each type of the protocol, and
 * parameters by the type of the value.
 */
#include "db/mariadb/mariadb.h"

#include <math.h>
#include <string.h>

#include "time/instant.h"

/* What a text's buffer starts with; it grows with the longest text that comes. */
#define TEXT_BYTES 256

/* The character set number of bytes that are no text. */
#define BINARY_CHARSET 63

/* ---- time ---- */

/* Whether the calendar has that day or not (0000-00-00, 2024-00-10): SQL counts and compares it as
 * it counts and compares others. */
static TuValue
read_time(const MYSQL_TIME *time, TuType type)
{
    gint64 rest_us = time->hour * TU_HOUR_US + time->minute * TU_MINUTE_US +
                     time->second * TU_SECOND_US + (gint64)time->second_part;
    return tu_value_from_written(type, &(TuWrittenTime){.year = (int)time->year,
                                                        .month = (int)time->month,
                                                        .day = (int)time->day,
                                                        .rest_us = rest_us});
}

/* ---- out ---- */

/* What the cell's buffer holds is taken as the column's type; nothing is converted on the way. */
static TuValue
take_signed(TuMariadbCell *cell)
{
    return tu_value_integer(cell->integer);
}

/* What does not fit 63 bits is a decimal without digits after the point. */
static TuValue
take_unsigned(TuMariadbCell *cell)
{
    if (cell->integer >= 0)
        return tu_value_integer(cell->integer);
    guint64 integer = (guint64)cell->integer;
    int bytes = g_snprintf(cell->text, sizeof cell->text, "%" G_GUINT64_FORMAT, integer);
    return (TuValue){.type = TU_TYPE_LONG_DECIMAL, .bytes = (guint32)bytes, .text = cell->text};
}

/* A BIT column's bytes, the highest first. */
static TuValue
take_bits(TuMariadbCell *cell)
{
    guint64 integer = 0;
    for (gulong i = 0; i < cell->length; i++)
        integer = integer << 8 | (guint8)cell->bytes[i];
    cell->integer = (gint64)integer;
    return take_unsigned(cell);
}

/* Not through its text: 0.1 as a float is 0.10000000149011612, which is what the server adds up. */
static TuValue
take_single(TuMariadbCell *cell)
{
    return tu_value_real((double)cell->single);
}

static TuValue
take_double(TuMariadbCell *cell)
{
    return tu_value_real(cell->real);
}

/* It lives until the next row: whoever keeps a text copies it. */
static TuValue
take_text(TuMariadbCell *cell)
{
    return (TuValue){.type = TU_TYPE_TEXT, .bytes = (guint32)cell->length, .text = cell->bytes};
}

static TuValue
take_blob(TuMariadbCell *cell)
{
    return (TuValue){.type = TU_TYPE_BLOB, .bytes = (guint32)cell->length, .text = cell->bytes};
}

/* The protocol sends decimals as their digits, so they stay exact. */
static TuValue
take_decimal(TuMariadbCell *cell)
{
    TuValue value = TU_NULL_VALUE;
    gboolean is_number = tu_decimal_parse(cell->bytes, cell->length, &value);
    g_assert(is_number);
    return value;
}

static TuValue
take_date(TuMariadbCell *cell)
{
    return read_time(&cell->time, TU_TYPE_DATE);
}

/* DATETIME names no zone: the spec says which one it is in. */
static TuValue
take_timestamp(TuMariadbCell *cell)
{
    return read_time(&cell->time, TU_TYPE_TIMESTAMP);
}

/* The session's zone is UTC. */
static TuValue
take_instant(TuMariadbCell *cell)
{
    return read_time(&cell->time, TU_TYPE_INSTANT);
}

/* Whatever is not here is text, or bytes where its character set says so. */
static const struct {
    enum enum_field_types field_type, buffer_type;
    TuValue (*take)(TuMariadbCell *cell);
} readings[] = {
    {MYSQL_TYPE_TINY, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_SHORT, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_YEAR, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_INT24, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_LONGLONG, MYSQL_TYPE_LONGLONG, take_signed},
    {MYSQL_TYPE_BIT, MYSQL_TYPE_BLOB, take_bits},
    {MYSQL_TYPE_FLOAT, MYSQL_TYPE_FLOAT, take_single},
    {MYSQL_TYPE_DOUBLE, MYSQL_TYPE_DOUBLE, take_double},
    {MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL, take_decimal},
    {MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_NEWDECIMAL, take_decimal},
    {MYSQL_TYPE_DATE, MYSQL_TYPE_DATE, take_date},
    {MYSQL_TYPE_NEWDATE, MYSQL_TYPE_DATE, take_date},
    {MYSQL_TYPE_DATETIME, MYSQL_TYPE_DATETIME, take_timestamp},
    {MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_TIMESTAMP, take_instant},
    {MYSQL_TYPE_TIME, MYSQL_TYPE_STRING, take_text},
};

/* Integers of every width are read as 64 bits; libmariadb widens them. */
void
tu_mariadb_cell_set(TuMariadbCell *cell, const MYSQL_FIELD *field)
{
    gboolean is_binary = field->charsetnr == BINARY_CHARSET;
    cell->field_type = field->type;
    cell->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    cell->buffer_type = is_binary ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    cell->take = is_binary ? take_blob : take_text;
    for (guint i = 0; i < G_N_ELEMENTS(readings); i++) {
        if (readings[i].field_type != field->type)
            continue;
        cell->buffer_type = readings[i].buffer_type;
        cell->take = readings[i].take;
    }
    if (cell->take == take_signed && cell->is_unsigned)
        cell->take = take_unsigned;
}

/* Bytes of unknown length begin with a small buffer that grows when one was cut; all else fits the
 * cell itself. */
void
tu_mariadb_cell_bind(TuMariadbCell *cell, MYSQL_BIND *ret_bind)
{
    gboolean has_bytes = cell->take == take_text || cell->take == take_blob ||
                         cell->take == take_decimal || cell->take == take_bits;
    if (has_bytes && cell->bytes == NULL) {
        cell->capacity = TEXT_BYTES;
        cell->bytes = g_malloc(cell->capacity);
    }
    /* One byte less than there is: room for a NUL. */
    *ret_bind = (MYSQL_BIND){
        .buffer_type = cell->buffer_type,
        .buffer = has_bytes ? cell->bytes : (char *)&cell->integer,
        .buffer_length = has_bytes ? cell->capacity - 1 : sizeof(MYSQL_TIME),
        .is_unsigned = cell->is_unsigned ? 1 : 0,
        .length = &cell->length,
        .is_null = &cell->is_null,
        .error = &cell->is_cut,
    };
}

void
tu_mariadb_cell_clear(TuMariadbCell *cell)
{
    g_free(cell->bytes);
}

/* ---- in ---- */

/* libmariadb does not write to a parameter's buffer, though its type would let it. */
static void
bind_bytes(MYSQL_BIND *bind, enum enum_field_types type, const char *bytes, gsize length)
{
    bind->buffer_type = type;
    bind->buffer = (void *)(guintptr)bytes;
    bind->buffer_length = length;
}

/* As digits, like the other way. */
static void
bind_decimal(TuMariadbParameter *parameter, MYSQL_BIND *bind)
{
    gsize length =
        tu_decimal_format(parameter->value.integer, parameter->value.scale, parameter->decimal);
    bind_bytes(bind, MYSQL_TYPE_NEWDECIMAL, parameter->decimal, length);
}

/* There is neither NaN nor infinity here. */
static void
bind_real(TuMariadbParameter *parameter, MYSQL_BIND *bind)
{
    bind->buffer_type = isfinite(parameter->value.real) ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_NULL;
    bind->buffer = &parameter->value.real;
}

TuWrittenTime
tu_mariadb_written(const TuValue *value)
{
    TuWrittenTime written = tu_value_written(value);
    gint64 last_us = value->type == TU_TYPE_DATE ? 0 : TU_DAY_US - 1;
    if (written.year < 0)
        return (TuWrittenTime){.year = 0, .month = 1, .day = 1};
    if (written.year > 9999)
        return (TuWrittenTime){.year = 9999, .month = 12, .day = 31, .rest_us = last_us};
    return written;
}

/* A time of day is the wall clock of UTC, which is the session's zone. */
static void
bind_time(TuMariadbParameter *parameter, MYSQL_BIND *bind)
{
    gboolean is_date = parameter->value.type == TU_TYPE_DATE;
    TuWrittenTime written = tu_mariadb_written(&parameter->value);
    parameter->time = (MYSQL_TIME){
        .year = (guint)written.year,
        .month = (guint)written.month,
        .day = (guint)written.day,
        .hour = (guint)(written.rest_us / TU_HOUR_US),
        .minute = (guint)(written.rest_us % TU_HOUR_US / TU_MINUTE_US),
        .second = (guint)(written.rest_us % TU_MINUTE_US / TU_SECOND_US),
        .second_part = (gulong)(written.rest_us % TU_SECOND_US),
        .time_type = is_date ? MYSQL_TIMESTAMP_DATE : MYSQL_TIMESTAMP_DATETIME,
    };
    bind->buffer_type = is_date ? MYSQL_TYPE_DATE : MYSQL_TYPE_DATETIME;
    bind->buffer = &parameter->time;
}

/* The bind points into `parameter` and into the value's bytes: both must live until the statement
 * ran. */
void
tu_mariadb_parameter_bind(TuMariadbParameter *parameter, const TuValue *value, MYSQL_BIND *ret_bind)
{
    parameter->value = *value;
    *ret_bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    switch (value->type) {
    case TU_TYPE_NULL:
        return;
    case TU_TYPE_INTEGER:
        ret_bind->buffer_type = MYSQL_TYPE_LONGLONG;
        ret_bind->buffer = &parameter->value.integer;
        return;
    case TU_TYPE_REAL:
        bind_real(parameter, ret_bind);
        return;
    case TU_TYPE_TEXT:
        bind_bytes(ret_bind, MYSQL_TYPE_STRING, value->text, value->bytes);
        return;
    case TU_TYPE_BLOB:
        bind_bytes(ret_bind, MYSQL_TYPE_BLOB, value->text, value->bytes);
        return;
    case TU_TYPE_DECIMAL:
        bind_decimal(parameter, ret_bind);
        return;
    case TU_TYPE_LONG_DECIMAL:
        bind_bytes(ret_bind, MYSQL_TYPE_NEWDECIMAL, value->text, value->bytes);
        return;
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        bind_time(parameter, ret_bind);
        return;
    }
    g_assert_not_reached();
}
