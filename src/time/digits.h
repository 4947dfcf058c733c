/*
 * Digits: decimal fields of a fixed width, as ISO 8601 is made of them. Dates and instants are read
 * and written for every row, so this is neither sscanf nor snprintf, and no locale has a say.
 */
#pragma once

#include <glib.h>

/* Reads exactly `digits` digits (at most 9) at `text`. FALSE if one of them is not a digit. */
static inline gboolean
tu_digits_read(const char *text, guint digits, int *ret_value)
{
    int value = 0;

    for (guint i = 0; i < digits; i++) {
        guint digit = (guint)(guchar)text[i] - '0';

        if (digit > 9)
            return FALSE;
        value = value * 10 + (int)digit;
    }
    *ret_value = value;
    return TRUE;
}

/* Writes the last `digits` digits of `value` (not negative) at `ret_text`, without a NUL. */
static inline void
tu_digits_write(char *ret_text, guint digits, int value)
{
    for (guint i = digits; i-- > 0; value /= 10)
        ret_text[i] = (char)('0' + value % 10);
}
