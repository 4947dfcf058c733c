/* Numbers are read digit by digit; nothing but reals passes through a double. */
#include "datum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* "[-]digits[.digits]"; zeros at the end say nothing. FALSE: NaN or an infinity. */
static gboolean
read_number(const char *text, gsize length, RtDatum *datum)
{
    gboolean is_negative = *text == '-', is_after = FALSE;
    __int128 number = 0;

    while (memchr(text, '.', length) != NULL && text[length - 1] == '0')
        length--;
    for (gsize i = is_negative; i < length; i++) {
        if (text[i] == '.') {
            is_after = TRUE;
            continue;
        }
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
        if (__builtin_mul_overflow(number, 10, &number))
            g_error("a number is too large: %s", text);
        number += text[i] - '0';
        datum->scale += is_after;
    }
    datum->number = is_negative ? -number : number;
    return TRUE;
}

__int128
rt_datum_scaled(const RtDatum *datum)
{
    __int128 number = datum->number;

    for (int scale = datum->scale; scale < RT_SCALE; scale++)
        if (__builtin_mul_overflow(number, 10, &number))
            g_error("the harness made a number that is too large");
    for (int scale = datum->scale; scale > RT_SCALE; scale--, number /= 10)
        if (number % 10 != 0)
            g_error("the harness made a number with too many digits");
    return number;
}

/* The part of a time that says something: without "+00" and without zeros at a fraction's end. */
static gsize
time_length(const char *bytes, gsize length)
{
    if (length > 3 && memcmp(bytes + length - 3, "+00", 3) == 0)
        length -= 3;
    if (memchr(bytes, '.', length) == NULL)
        return length;
    while (bytes[length - 1] == '0')
        length--;
    return bytes[length - 1] == '.' ? length - 1 : length;
}

static RtDatum
read_real(const char *text, gboolean is_float)
{
    return (RtDatum){.sort = RT_DATUM_REAL,
                     .real = is_float ? (double)strtof(text, NULL) : g_ascii_strtod(text, NULL)};
}

RtDatum
rt_datum_read(const RtField *field, const RtText *text)
{
    RtDatum datum = {.sort = RT_DATUM_TEXT, .bytes = text->bytes, .length = text->length};

    if (text->bytes == NULL)
        return (RtDatum){.sort = RT_DATUM_NULL};
    switch (field->type) {
    case RT_FIELD_BOOLEAN:
        return (RtDatum){.sort = RT_DATUM_NUMBER, .number = *text->bytes == 't'};
    case RT_FIELD_INTEGER:
    case RT_FIELD_DECIMAL:
        datum.sort = RT_DATUM_NUMBER;
        return read_number(text->bytes, text->length, &datum) ? datum
                                                              : read_real(text->bytes, FALSE);
    case RT_FIELD_REAL:
    case RT_FIELD_FLOAT:
        return read_real(text->bytes, field->type == RT_FIELD_FLOAT);
    case RT_FIELD_STAMP:
    case RT_FIELD_INSTANT:
        datum.length = time_length(text->bytes, text->length);
        return datum;
    case RT_FIELD_PADDED:
        while (datum.length > 0 && datum.bytes[datum.length - 1] == ' ')
            datum.length--;
        return datum;
    case RT_FIELD_DATE:
    case RT_FIELD_TEXT:
    case RT_FIELD_BLOB:
        return datum;
    }
    g_assert_not_reached();
}

/* ---- Order ---- */

static int
compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

int
rt_datum_compare(const RtDatum *a, const RtDatum *b)
{
    int order;

    if (a->sort == RT_DATUM_NUMBER && b->sort == RT_DATUM_NUMBER) {
        __int128 left = rt_datum_scaled(a), right = rt_datum_scaled(b);

        return (left > right) - (left < right);
    }
    if (a->sort == RT_DATUM_REAL && b->sort == RT_DATUM_REAL)
        return compare_reals(a->real, b->real);
    g_assert(a->sort == RT_DATUM_TEXT && b->sort == RT_DATUM_TEXT);
    order = memcmp(a->bytes, b->bytes, MIN(a->length, b->length));
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* ---- Canonical text ---- */

/* Writes the number without the zeros at its end; "I" if nothing is after the point. */
static void
append_number(GString *canonical, __int128 number, int scale)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    gboolean is_negative = number < 0;

    for (; scale > 0 && number % 10 == 0; scale--)
        number /= 10;
    for (; number != 0 || digits->len <= (gsize)scale; number /= 10)
        g_string_prepend_c(digits, (char)('0' + ABS((int)(number % 10))));
    if (scale > 0)
        g_string_insert_c(digits, (gssize)digits->len - scale, '.');
    g_string_append_printf(canonical, "%c%s%s", scale > 0 ? 'D' : 'I', is_negative ? "-" : "",
                           digits->str);
}

static void
append_real(GString *canonical, double real)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (trunc(real) == real && fabs(real) < 9.2e18)
        g_string_append_printf(canonical, "I%" G_GINT64_FORMAT, (gint64)real);
    else if (isnan(real))
        g_string_append(canonical, "Rnan");
    else
        g_string_append_printf(canonical, "R%s", g_ascii_dtostr(text, sizeof text, real));
}

void
rt_datum_append_text(GString *canonical, const char *bytes, gsize length)
{
    /* The length goes first, so that no text can look like the end of one value and another. */
    g_string_append_printf(canonical, "T%u:", (guint)length);
    g_string_append_len(canonical, bytes, (gssize)length);
}

void
rt_datum_append(GString *canonical, const RtDatum *datum)
{
    switch (datum->sort) {
    case RT_DATUM_NULL:
        g_string_append_c(canonical, 'N');
        break;
    case RT_DATUM_NUMBER:
        append_number(canonical, datum->number, datum->scale);
        break;
    case RT_DATUM_REAL:
        append_real(canonical, datum->real);
        break;
    case RT_DATUM_TEXT:
        rt_datum_append_text(canonical, datum->bytes, datum->length);
        break;
    }
}

double
rt_datum_to_real(const RtDatum *datum)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (datum->sort == RT_DATUM_REAL)
        return datum->real;
    append_number(text, datum->number, datum->scale);
    return g_ascii_strtod(text->str + 1, NULL);
}
