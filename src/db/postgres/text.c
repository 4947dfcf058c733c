/*
 * Values as PostgreSQL's text: of parameters and literals, whose types the server infers.
 */
#include "db/postgres/postgres.h"

#include <math.h>
#include <string.h>

#include "time/instant.h"

/* The fewest digits that give the same double again, as PostgreSQL itself prints it. */
static void
append_real(GString *text, double real)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(real)) {
        g_string_append(text, isnan(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", precision);
        g_ascii_formatd(digits, sizeof digits, format, real);
        if (g_ascii_strtod(digits, NULL) == real)
            break;
    }
    g_string_append(text, digits);
}

/* "0044-03-15 BC": there is no year 0 in PostgreSQL's calendar, year 0 of ISO 8601 is 1 BC. */
static void
append_date(GString *text, gint64 days, gboolean *ret_is_bc)
{
    int year = 0;
    int month = 0;
    int day = 0;
    tu_date_to_civil((TuDate)days, &year, &month, &day);
    *ret_is_bc = year <= 0;
    g_string_append_printf(text, "%04d-%02d-%02d", year <= 0 ? 1 - year : year, month, day);
}

/* "2026-11-22", "2026-11-22 04:00:00.500000", the latter with "+00" where it is an instant. */
static void
append_time(GString *text, const TuValue *value)
{
    gboolean is_bc = FALSE;
    if (value->integer == TU_TIME_BEFORE_ALL || value->integer == TU_TIME_AFTER_ALL) {
        g_string_append(text, value->integer == TU_TIME_BEFORE_ALL ? "-infinity" : "infinity");
        return;
    }
    if (value->type == TU_TYPE_DATE) {
        append_date(text, value->integer, &is_bc);
    } else {
        gint64 midnight_us = tu_instant_floor_us(value->integer, TU_DAY_US);
        gint64 rest_us = value->integer - midnight_us;
        append_date(text, midnight_us / TU_DAY_US, &is_bc);
        g_string_append_printf(text, " %02d:%02d:%02d.%06d", (int)(rest_us / TU_HOUR_US),
                               (int)(rest_us % TU_HOUR_US / TU_MINUTE_US),
                               (int)(rest_us % TU_MINUTE_US / TU_SECOND_US),
                               (int)(rest_us % TU_SECOND_US));
        g_string_append(text, value->type == TU_TYPE_INSTANT ? "+00" : "");
    }
    g_string_append(text, is_bc ? " BC" : "");
}

void
tu_postgres_append_text(GString *text, const TuValue *value)
{
    char digits[TU_DECIMAL_TEXT_BYTES];
    switch (value->type) {
    case TU_TYPE_INTEGER:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, value->integer);
        return;
    case TU_TYPE_REAL:
        append_real(text, value->real);
        return;
    case TU_TYPE_DECIMAL:
        g_string_append_len(text, digits,
                            (gssize)tu_decimal_format(value->integer, value->scale, digits));
        return;
    case TU_TYPE_TEXT:
    case TU_TYPE_LONG_DECIMAL:
        g_string_append_len(text, value->text, value->bytes);
        return;
    case TU_TYPE_DATE:
    case TU_TYPE_TIMESTAMP:
    case TU_TYPE_INSTANT:
        append_time(text, value);
        return;
    case TU_TYPE_NULL:
    case TU_TYPE_BLOB:
        break;
    }
    g_assert_not_reached();
}

gboolean
tu_postgres_check_text(const TuValue *value, GError **error)
{
    if (value->type != TU_TYPE_TEXT || value->bytes == 0 ||
        memchr(value->text, '\0', value->bytes) == NULL)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_DATA,
                        "postgresql: a text with a NUL byte in it cannot be stored");
    return FALSE;
}
