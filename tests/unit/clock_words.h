/* Zones, instants and dates as tests of clocks write them. */
#pragma once

#include <string.h>

#include "time/instant.h"
#include "time/zone.h"

static inline TuZone *
zone_named(const char *name)
{
    GError *error = NULL;
    TuZone *zone = tu_zone_new(name, &error);

    g_assert_no_error(error);
    return zone;
}

static inline gint64
at(const char *text)
{
    gint64 at_us;

    g_assert_true(tu_instant_parse(text, strlen(text), NULL, &at_us));
    return at_us;
}

static inline TuDate
date(const char *text)
{
    TuDate value;

    g_assert_true(tu_date_parse(text, strlen(text), &value));
    return value;
}
