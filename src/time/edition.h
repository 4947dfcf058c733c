/*
 * Editions of tzdata: which of two is the newer one, on hosts that may not tell alike.
 *
 *   release    "2025b", as tzdata.zi or +VERSION beside the zones say; where neither is, unknown
 *   dated_us   when the zone's file was made
 *
 * All editions stand in one order, so that of any hosts that meet the same one wins, and wins once:
 * by the release, counted as the first days of its year; one without is as new as its file; then by
 * the file.
 */
#pragma once

#include <glib.h>

/* The release of this machine's tzdata; NULL: it does not say. Free with g_free. */
char *tu_edition_release(void);

typedef struct {
    const char *release; /* NULL: unknown */
    gint64 dated_us;
} TuEdition;

/* Below 0: `a` is the older one; 0: neither. */
int tu_edition_compare(const TuEdition *a, const TuEdition *b);

/* "2025b (file of 2025-03-24)", or without the release. Free with g_free. */
char *tu_edition_text(const TuEdition *edition);
