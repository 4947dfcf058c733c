/*
 * What `keep` removed and `sealed_after` froze, as people and programs are told.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/command.h"

/* Of one summary and grain. */
typedef struct {
    TuGrain grain;
    gboolean is_removed, is_sealed;
    TuDate removed_below, sealed_below;
    gint64 to_removed, to_sealed; /* changes that came later and were dropped */
    gboolean has_since;
    gint64 since_us; /* of the first of those to sealed buckets */
} TuSealed;

/* Of a summary, as TuSealed: the grains of which something is removed or sealed. */
gboolean tu_sealed_read(TuDatabase *db, const TuSummaryModel *summary, GArray **ret_sealed,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "days before 2024-11-22". Free with g_free. */
char *tu_sealed_text(TuGrain grain, TuDate below);

/* Says on stderr which buckets that were asked for, from a date on (G_MININT32: all), are sealed,
 * and what that means for them; of one summary (NULL: of all). */
gboolean tu_sealed_say(TuSession *session, const TuSummaryModel *summary, TuDate from,
                       const char *meaning, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What it means for work that writes. */
#define TU_SEALED_IS_LEFT "they are left as they are"

/* Adds "sealed": [{summary, grain, before}] of all summaries, or of one. */
gboolean tu_sealed_add_all(JsonBuilder *builder, TuSession *session, const TuSummaryModel *summary,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds "sealed": [{grain, before, changes, since}] and "removed": [{grain, before, changes}]. */
void tu_sealed_add(JsonBuilder *builder, const GArray *sealed);
