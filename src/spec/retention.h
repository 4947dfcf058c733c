/*
 * Retention: how long buckets are kept, and from when on they are frozen, must fit what else is
 * asked for.
 *
 *   now ◀── nightly, window ──▶                 what is repaired is kept
 *       ◀────────── sealed_after ──────▶        what is removed was sealed before
 *       ◀───────────────── keep ─────────────▶
 */
#pragma once

#include "spec/section.h"

/* Complains about what does not fit, in the map that was just read. */
void tu_check_retention(const TuSection *refresh, const TuRefresh *values);
